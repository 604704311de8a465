"""Small networks that the conformance tests share, and closed forms in plain NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import plastica as pl

DT = 0.1

# A neuron with generic numbers that never spikes.
QUIET = {"C_m": 211.0, "tau_m": 17.3, "E_L": -61.7, "V_th": 1e4, "V_reset": -61.7, "t_ref": 0.0}

# Relative to the largest value of a trace.
PRECISION = {"double": 1e-12, "single": 1e-5}


def one_spike(
    model: pl.Model, weight: float, *, dt: float = DT, precision: str = "double", arrival: int = 8
) -> tuple[pl.Network, pl.Population]:
    """A network whose only spike reaches the receptor "r" of one neuron at the step `arrival`."""
    net = pl.Network(dt, precision=precision, threads=1)
    post = net.population(1, model)
    pre = net.population(1, pl.SpikeSource([(arrival - 3) * dt]))
    net.connect(pre, post, pl.AllToAll(), receptor="r", weight=weight, delay=3 * dt)
    return net, post


def recorded(net: pl.Network, population: pl.Population, names: Sequence[str], steps: int) -> list[np.ndarray]:
    """The values of variables of the first neuron at the steps 0, 1, ..., steps - 1."""
    recorder = net.record(population[:1], list(names), interval=net.dt)
    net.run(steps * net.dt)
    return [recorder[name][:, 0] for name in names]


def exponential(t: np.ndarray, tau: float) -> np.ndarray:
    return np.exp(-t / tau)


def alpha(t: np.ndarray, tau: float) -> np.ndarray:
    return t / tau * np.exp(1 - t / tau)


def biexponential(t: np.ndarray, tau_rise: float, tau_decay: float) -> np.ndarray:
    peak = tau_rise * tau_decay / (tau_decay - tau_rise) * math.log(tau_decay / tau_rise)
    norm = 1 / (math.exp(-peak / tau_decay) - math.exp(-peak / tau_rise))
    return norm * (np.exp(-t / tau_decay) - np.exp(-t / tau_rise))


def psp_exponential(t: np.ndarray, tau: float, tau_m: float, C_m: float) -> np.ndarray:
    """The response of a leaky membrane to exp(-t/tau), in mV per pA; stable where the time constants are close."""
    x = t * (1 / tau_m - 1 / tau)
    ratio = np.where(np.abs(x) < 1e-9, 1 + x / 2, np.expm1(x) / np.where(x == 0, 1, x))
    return t / C_m * np.exp(-t / tau_m) * ratio


def psp_alpha(t: np.ndarray, tau: float, tau_m: float, C_m: float) -> np.ndarray:
    """The response of a leaky membrane to (t/tau) exp(1 - t/tau), in mV per pA."""
    x = t * (1 / tau_m - 1 / tau)
    # the integral of s exp(x s) over s in (0, 1): a series where the closed form cancels
    series = sum(x**n / (math.factorial(n) * (n + 2)) for n in range(16))
    safe = np.where(np.abs(x) < 0.5, 1.0, x)
    closed = (np.exp(safe) * (safe - 1) + 1) / safe**2
    integral = np.where(np.abs(x) < 0.5, series, closed)
    return math.e / (tau * C_m) * np.exp(-t / tau_m) * t**2 * integral


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """The mean of independent values and its standard error."""
    values = np.asarray(values, dtype=float)
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))
