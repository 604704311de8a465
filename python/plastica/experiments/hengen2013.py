"""Rates that deprivation lowers return to each neuron's own set point, if neurons sense their own rate.

Hengen, Lambo, Van Hooser, Katz and Turrigiano (2013), Neuron 80:335, doi:10.1016/j.neuron.2013.08.038: rates in visual
cortex fall in the first two days of monocular deprivation and return within the next two to three; Hengen, Torrado
Pacheco, McGregor, Van Hooser and Turrigiano (2016), Cell 165:180, doi:10.1016/j.cell.2016.01.046: each to its own.

Eight hundred excitatory and 200 inhibitory LIF neurons, connected at random; static synapses. Drives differ between
neurons (10 %). Synaptic scaling on the AMPA receptors, faster in inhibitory neurons. A day is 10 s. At day 0 drives
fall by 40 % in the mean, by 0 to 80 % in single neurons, for neurons depend on the closed eye to various degrees.

* cell: each neuron senses its own rate, and has its own target (log-normal, 5 Hz, spread 0.4);
* population: all go by the mean rate, with one target;
* none: factors stand still from day 0 on.

``quick`` has 200 and 50 neurons, and settles for 6 days instead of 12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P17",)

DAY = 10_000.0  # ms
DAYS, WINDOW = 8, 2  # days of deprivation; days over which the rates of single neurons are taken
TARGET, INHIBITORY_TARGET = 5.0, 8.0  # Hz
BETA = {"exc": 5e-3, "inh": 1e-2}  # 1/(s Hz)
TAU = 1000.0  # ms
DRIVE = 2000.0  # Hz
BIN = 500.0  # ms
ARMS = ("cell", "population", "none")


def network(context: Context, arm: str) -> dict[str, Any]:
    """Populations, drives, controllers and recorders of one arm."""
    size = 200 if context.quick else 800
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    receptors = {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)}
    neuron = pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, receptors=receptors)
    draws = np.random.default_rng([context.seed, 17])
    parts: dict[str, Any] = {"net": net}
    for name, number, target in (("exc", size, TARGET), ("inh", size // 4, INHIBITORY_TARGET)):
        cells = net.population(number, neuron, name=name, initial={"V": pl.Uniform(-60, -50)})
        rates = DRIVE * np.exp(0.1 * draws.standard_normal(number))
        law = pl.SynapticScaling(
            receptor="ampa", target_rate=target, tau=TAU, beta=BETA[name], gamma=0.0,
            sensor="population" if arm == "population" else "cell", low=0.05, high=20.0,
        )  # fmt: skip
        control = net.control(cells, law)
        if arm != "population":
            control.set(target_rate=target * np.exp(0.4 * draws.standard_normal(number) - 0.08))
        parts[name] = {
            "cells": cells, "rates": rates, "loss": draws.uniform(0, 0.8, number), "control": control,
            "drive": net.drive(cells, pl.PoissonInput(rate=rates), receptor="ampa", weight=0.4),
            "spikes": net.record(cells, "spikes"), "rate": net.record(cells, "rate", interval=BIN),
        }  # fmt: skip
    for source, receptor, weight in (("exc", "ampa", 0.15), ("inh", "gaba", 1.0)):
        for target_name in ("exc", "inh"):
            degree = 40 if source == "exc" else 10
            net.connect(
                parts[source]["cells"], parts[target_name]["cells"], pl.FixedInDegree(degree), receptor=receptor,
                weight=weight, delay=1.5,
            )  # fmt: skip
    return parts


def cell_rates(part: dict[str, Any], begin: float, end: float) -> Array:
    """Rates (Hz) of all neurons between two times (ms)."""
    spikes = part["spikes"]
    inside = (spikes.times > begin) & (spikes.times <= end)
    return np.bincount(spikes.ids[inside], minlength=len(part["rates"])) / (end - begin) * 1e3


def deprived(context: Context, arm: str) -> dict[str, Any]:
    """Rates of one arm, relative to the two days before deprivation; time in days after it."""
    settle = (6 if context.quick else 12) * DAY
    parts = network(context, arm)
    net = parts["net"]
    net.run(settle)
    for name in ("exc", "inh"):
        part = parts[name]
        part["drive"].set(rate=part["rates"] * (1 - part["loss"]))
        part["control"].active = arm != "none"
    net.run(DAYS * DAY)
    found: dict[str, Any] = {}
    for name in ("exc", "inh"):
        part = parts[name]
        times = (part["rate"].times - settle) / DAY
        before = part["rate"].rates[(times > -WINDOW) & (times <= 0)].mean()
        found[name] = (times, part["rate"].rates / before)
        found[f"{name} rate"] = before
    exc = parts["exc"]
    end = settle + DAYS * DAY
    found["cells"] = cell_rates(exc, settle - WINDOW * DAY, settle), cell_rates(exc, end - WINDOW * DAY, end)
    found["set point"] = float(np.corrcoef(*found["cells"])[0, 1])
    return found


def daily(course: tuple[Array, Array]) -> Array:
    """Mean relative rate of each day of deprivation."""
    times, rates = course
    return np.array([rates[(times > day) & (times <= day + 1)].mean() for day in range(DAYS)])


def run(context: Context) -> dict[str, Any]:
    """Deprivation under three controllers."""
    context.compression = "a day is 10 s" + ("; quick: 250 neurons, 6 days to settle" if context.quick else "")
    results = {}
    for arm in ARMS:
        context.stage(f"deprivation: {arm}")
        results[arm] = deprived(context, arm)
    course = results["cell"]["exc"]
    days = {arm: daily(results[arm]["exc"]) for arm in ARMS}
    after = course[0] > 0
    smooth = np.convolve(course[1], np.ones(4) / 4, "same")
    nadir = float(course[0][after][np.argmin(smooth[after])])
    source = "P17; Hengen et al. 2013"
    context.record("cell: time of the lowest rate", nadir, between(1, 2), unit="d", provenance=source)
    context.record("cell: rate on the first day / before", days["cell"][0], provenance="not judged; what was seen")
    context.record("cell: lowest rate / before", smooth[after].min(), below(0.9),
                   provenance="deprivation lowers rates; threshold of ours")  # fmt: skip
    for arm in ("cell", "population"):
        context.record(f"{arm}: rate on day 5 / before", days[arm][4], between(0.9, 1.1), provenance=source)
    context.record("none: rate on day 5 / before", days["none"][4], below(0.9),
                   provenance="without scaling rates stay low; threshold of ours")  # fmt: skip
    context.record("cell: inhibitory rate on day 5 / before", daily(results["cell"]["inh"])[4],
                   provenance="not judged; what was seen")  # fmt: skip
    context.record("cell: correlation of rates before and after", results["cell"]["set point"], above(0.8),
                   provenance="P17; Hengen et al. 2016")  # fmt: skip
    context.record("population: correlation of rates before and after", results["population"]["set point"], below(0.5),
                   provenance="P17: a common controller keeps no set points")  # fmt: skip
    for arm in ARMS:
        context.record(f"{arm}: rate before", results[arm]["exc rate"], unit="Hz", provenance="not judged")
    return results


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rates over the days, and rates of single neurons before and after."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.4), layout="constrained")
    grid = picture.subplot_mosaic("AABC")
    axes = grid["A"]
    for arm, color in zip(ARMS, (INK, EXCITATORY, GREY), strict=True):
        axes.plot(*results[arm]["exc"], color=color, lw=1, label=arm)
    axes.plot(*results["cell"]["inh"], color=INHIBITORY, lw=0.8, label="cell, inhibitory")
    axes.axvline(0, color=FIRST, lw=0.8, ls=(0, (4, 3)))
    axes.axhline(1, color=LIGHT, lw=0.8)
    axes.set(xlim=(-2, DAYS), ylim=(0, 1.6), xlabel="days of deprivation", ylabel="rate / rate before")
    axes.legend(ncols=2)
    letter(axes, "A", "rates return")
    for name, arm in zip("BC", ("cell", "population"), strict=True):
        axes = grid[name]
        axes.plot(*results[arm]["cells"], ".", ms=2, color=INK)
        top = max(rates.max() for rates in results[arm]["cells"])
        axes.plot([0, top], [0, top], color=LIGHT, lw=0.8)
        axes.set(xlabel="rate before (Hz)", ylabel="rate on days 7 and 8 (Hz)")
        letter(axes, name, f"sensor: {arm}")
    return picture
