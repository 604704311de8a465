"""Receptors: linear systems that a spike kicks and that decay on their own.

Every receptor but `CurrentDelta` is `dx/dt = rates @ x`, an arrival of weight w does `x += w * jump`, and what the
membrane sees is `output @ x`. The exact step, the exact mean over a step and the exact low-pass filtered integral over
a step are all matrix exponentials, which need no special case for equal time constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

Values = float | np.ndarray  # a scalar or one value per neuron, shape (n,)


class Receptor:
    """A receptor is a dataclass of its parameters with a kernel."""

    kind: ClassVar[str]  # delta | current | conductance
    strength: ClassVar[float] = (
        1.0  # of a weight that matters: in units of the membrane's strong current or conductance, or mV
    )
    changeable: ClassVar[tuple[str, ...]] = ()  # parameters of which no state of the engine depends

    def kernel(self) -> Kernel:
        raise NotImplementedError

    def open_fraction(self, V: np.ndarray) -> np.ndarray:
        """Of a conductance, the part of it that lets current through at V."""
        return np.ones_like(V)


@dataclass
class Kernel:
    """The linear system of a receptor in n neurons: rates (n, m, m) in 1/ms, jump (n, m), output (m,)."""

    rates: np.ndarray
    jump: np.ndarray
    output: np.ndarray


def exponential_kernel(tau: np.ndarray) -> Kernel:
    """w exp(-t/tau)."""
    n = len(tau)
    rates = np.zeros((n, 1, 1))
    rates[:, 0, 0] = -1 / tau
    return Kernel(rates, np.ones((n, 1)), np.array([1.0]))


def alpha_kernel(tau: np.ndarray) -> Kernel:
    """w (t/tau) exp(1 - t/tau), as the pair g' = -g/tau + j, j' = -j/tau in which a spike does j += w e/tau."""
    n = len(tau)
    rates = np.zeros((n, 2, 2))
    rates[:, 0, 0] = -1 / tau
    rates[:, 0, 1] = 1
    rates[:, 1, 1] = -1 / tau
    jump = np.zeros((n, 2))
    jump[:, 1] = np.e / tau
    return Kernel(rates, jump, np.array([1.0, 0.0]))


def biexponential_kernel(tau_rise: np.ndarray, tau_decay: np.ndarray) -> Kernel:
    """w n (exp(-t/tau_decay) - exp(-t/tau_rise)), with n such that the peak is w."""
    if np.any(tau_rise == tau_decay):
        raise ValueError("tau_rise and tau_decay must differ")
    peak_time = tau_rise * tau_decay / (tau_decay - tau_rise) * np.log(tau_decay / tau_rise)
    norm = 1 / (np.exp(-peak_time / tau_decay) - np.exp(-peak_time / tau_rise))
    n = len(tau_rise)
    rates = np.zeros((n, 2, 2))
    rates[:, 0, 0] = -1 / tau_decay
    rates[:, 1, 1] = -1 / tau_rise
    return Kernel(rates, np.stack([norm, norm], axis=1), np.array([1.0, -1.0]))


class Channel:
    """A receptor other than `CurrentDelta` in the neurons of one population, with its state x of shape (n, m)."""

    def __init__(self, receptor: Receptor, dt: float) -> None:
        self.receptor = receptor
        self.dt = dt
        self.x = np.zeros_like(receptor.kernel().jump)
        self.parameters_changed()

    def parameters_changed(self) -> None:
        """Works the fixed matrices out again; the state stays."""
        self.kernel = self.receptor.kernel()
        self.propagator = matrix_exponential(self.kernel.rates * self.dt)
        self.integral = filtered_integral(self.kernel, self.dt, np.zeros(len(self.x)))
        self.filters: dict[bytes, np.ndarray] = {}

    def receive(self, neuron: int, weight: float) -> None:
        self.x[neuron] += weight * self.kernel.jump[neuron]

    def value(self) -> np.ndarray:
        """The conductance (nS) or current (pA) now, shape (n,)."""
        return self.x @ self.kernel.output

    def mean(self) -> np.ndarray:
        """Its exact mean over the step that starts now."""
        return np.sum(self.integral * self.x, axis=1) / self.dt

    def filtered(self, rate: np.ndarray) -> np.ndarray:
        """The exact integral over the step that starts now of exp(-rate (dt - s)) times the value at s."""
        if rate.tobytes() not in self.filters:
            self.filters[rate.tobytes()] = filtered_integral(self.kernel, self.dt, rate)
        return np.sum(self.filters[rate.tobytes()] * self.x, axis=1)

    def advance(self) -> None:
        self.x = np.einsum("nij,nj->ni", self.propagator, self.x)

    def set_value(self, values: Values) -> None:
        if self.x.shape[1] != 1:
            raise ValueError("only a receptor with one state can be set")
        self.x[:, 0] = values


def filtered_integral(kernel: Kernel, dt: float, rate: np.ndarray) -> np.ndarray:
    """The row r, shape (n, m), with r @ x = integral over s in (0, dt) of exp(-rate (dt - s)) output @ x(s).

    It is what z holds after dt when z' = -rate z + output @ x starts from 0: the last row of one matrix exponential.
    """
    n, m = kernel.jump.shape
    system = np.zeros((n, m + 1, m + 1))
    system[:, :m, :m] = kernel.rates
    system[:, m, :m] = kernel.output
    system[:, m, m] = -rate
    return matrix_exponential(system * dt)[:, m, :m]


def matrix_exponential(matrices: np.ndarray) -> np.ndarray:
    """exp of every matrix of a stack (n, m, m): the Taylor series of a halved matrix, squared back."""
    norm = np.max(np.sum(np.abs(matrices), axis=2))
    halvings = max(0, int(np.ceil(np.log2(norm))) + 1) if norm > 0 else 0
    scaled = matrices / 2.0**halvings
    result = term = np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape)
    for order in range(1, 20):
        term = term @ scaled / order
        result = result + term
    for _ in range(halvings):
        result = result @ result
    return result
