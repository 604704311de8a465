"""A fast Hebbian factor times a slow homeostatic factor gives the time course of ocular dominance plasticity.

Toyoizumi, Kaneko, Stryker and Miller (2014), Neuron 84:497, doi:10.1016/j.neuron.2014.09.036; constants of the authors'
code (ModelDB 180791).

A rate model: one unit, y = mu . w, with 500 inputs, 62 % of them from the contralateral eye, w_i = rho_i H S_i with a
fixed arbor S. It is a few lines of NumPy, not a network of the engine; the law of H is the engine's controller
HomeostaticFactor.

    tau_rho drho_i/dt = [1 - rho_i]+ [C_i]+ - [rho_i - 0.7/sqrt(H)]+ [-C_i]+,   C = Q w - 0.6,   tau_rho = 0.2 days
    tau_h dh/dt = -h + f(H y_0/y),   H = max(1, h),   f(z) = 1 + tanh(z - 1) for z > 1.05, else 0,   tau_h = 4 days

Q is the covariance of the inputs, with noise that is drawn anew for every stage. 50 days to settle, 1 day of baseline,
7 days of monocular deprivation (the contralateral eye's activity x 0.5), 3 days of recovery; once more from the settled
state with H frozen at 1 (no TNF alpha).

``quick`` settles for 10 days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P16",)

INPUTS, CONTRALATERAL = 500, 310
BETWEEN_EYES, DEPRIVED, WIDTH = 0.5, 0.5, 0.2
THRESHOLD, TARGET = 0.6, 1.0
LEAST, MOST = 0.7, 1.0  # of rho
TAU_RHO, TAU_H = 0.2, 4.0  # days
BASELINE, DEPRIVATION, RECOVERY = 1.0, 7.0, 3.0  # days
STEP = 0.02  # days, of the integration
# An independent implementation of the same constants, one draw of the noise.
ORACLE = {
    "baseline ODI": 0.244,
    "closed eye, 1 day": 0.79,
    "closed eye, 3 days": 0.71,
    "closed eye, 7 days": 0.84,
    "open eye, 1 day": 0.99,
    "open eye, 3 days": 0.97,
    "open eye, 7 days": 1.30,
    "ODI, 3 days": 0.09,
    "ODI, 7 days": 0.03,
    "closed eye, 12 h of recovery": 1.23,
}
FROZEN_OPEN = 0.955  # open eye after 7 days with H frozen


def positions() -> Array:
    """Where the inputs of each eye lie in its receptive field, from 0 to 1."""
    return np.concatenate([np.linspace(0, 1, CONTRALATERAL), np.linspace(0, 1, INPUTS - CONTRALATERAL)])


def arbor() -> Array:
    """The fixed density of synapses, with sum 1."""
    density = 1 / (1 + np.exp(3 * ((positions() - 0.5) ** 2 / WIDTH**2 - 1)))
    return np.asarray(density / density.sum())


def statistics(draws: np.random.Generator, deprived: bool) -> tuple[Array, Array]:
    """Mean rates of the inputs and their covariance, with noise."""
    contralateral = np.arange(INPUTS) < CONTRALATERAL
    mean = np.where(contralateral & deprived, DEPRIVED, 1.0)
    distance = np.subtract.outer(positions(), positions())
    covariance = np.outer(mean, mean) * np.exp(-0.5 * distance**2 / WIDTH**2) / np.sqrt(2 * np.pi * WIDTH**2)
    covariance *= np.where(np.equal.outer(contralateral, contralateral), 1.0, BETWEEN_EYES)
    noise = draws.standard_normal((INPUTS, INPUTS))
    return mean, covariance + noise + noise.T


class Unit:
    """The unit, its factors and what it has done: `times` (days), `eyes` (both responses), `h`, `y`."""

    def __init__(self) -> None:
        central = np.abs(positions() - 0.5) < 0.25
        self.state = np.append(LEAST + (MOST - LEAST) * central, 0.0)
        self.density = arbor()
        self.time = 0.0
        self.times: list[float] = []
        self.eyes: list[list[float]] = []
        self.h: list[float] = []
        self.y: list[float] = []

    def weights(self, state: Array, frozen: bool) -> tuple[Array, float]:
        factor = 1.0 if frozen else max(1.0, float(state[-1]))
        return factor * state[:-1] * self.density, factor

    def change(self, state: Array, mean: Array, covariance: Array, frozen: bool) -> Array:
        """Time derivative of rho and h."""
        weights, factor = self.weights(state, frozen)
        rho, correlation = state[:-1], covariance @ weights - THRESHOLD
        hebbian = np.maximum(MOST - rho, 0) * np.maximum(correlation, 0)
        hebbian -= np.maximum(rho - LEAST / np.sqrt(factor), 0) * np.maximum(-correlation, 0)
        need = factor * TARGET / float(mean @ weights)
        wanted = 1 + np.tanh(need - 1) if need > 1.05 else 0.0
        return np.append(hebbian / TAU_RHO, (wanted - state[-1]) / TAU_H)

    def live(self, draws: np.random.Generator, days: float, deprived: bool = False, frozen: bool = False) -> None:
        """Integrates a stage (Runge-Kutta of order 4)."""
        mean, covariance = statistics(draws, deprived)
        given = (mean, covariance, frozen)
        for _ in range(round(days / STEP)):
            first = self.change(self.state, *given)
            second = self.change(self.state + STEP / 2 * first, *given)
            third = self.change(self.state + STEP / 2 * second, *given)
            last = self.change(self.state + STEP * third, *given)
            self.state = self.state + STEP / 6 * (first + 2 * second + 2 * third + last)
            self.time += STEP
            weights, factor = self.weights(self.state, frozen)
            self.times.append(self.time)
            self.eyes.append([weights[:CONTRALATERAL].sum(), weights[CONTRALATERAL:].sum()])
            self.h.append(factor)
            self.y.append(float(mean @ weights))


def course(seed: int, settling: float, frozen: bool) -> dict[str, Array]:
    """All stages; `times` in days from the beginning of deprivation, `eyes` relative to the day before it."""
    unit, draws = Unit(), np.random.default_rng(seed)
    unit.live(draws, settling)
    unit.live(draws, BASELINE, frozen=frozen)
    unit.live(draws, DEPRIVATION, deprived=True, frozen=frozen)
    unit.live(draws, RECOVERY, frozen=frozen)
    times, eyes = np.array(unit.times) - settling - BASELINE, np.array(unit.eyes)
    before = eyes[np.searchsorted(times, -1e-6)]
    return {
        "times": times, "eyes": eyes / before, "H": np.array(unit.h), "y": np.array(unit.y),
        "ODI": (eyes[:, 0] - eyes[:, 1]) / eyes.sum(axis=1),
    }  # fmt: skip


def run(context: Context) -> dict[str, Any]:
    """With H, and with H frozen."""
    settling = 10.0 if context.quick else 50.0
    context.compression = "quick: 10 days to settle instead of 50" if context.quick else "none"
    context.stage("deprivation and recovery, with the homeostatic factor and with the factor frozen")
    free, frozen = course(context.seed, settling, False), course(context.seed, settling, True)

    def at(found: dict[str, Array], name: str, day: float) -> Any:
        return found[name][np.searchsorted(found["times"], day - 1e-6)]

    found = {
        "baseline ODI": at(free, "ODI", 0), "ODI, 3 days": at(free, "ODI", 3), "ODI, 7 days": at(free, "ODI", 7),
        "closed eye, 12 h of recovery": at(free, "eyes", DEPRIVATION + 0.5)[0],
    }  # fmt: skip
    for index, eye in enumerate(("closed eye", "open eye")):
        for day in (1, 3, 7):
            found[f"{eye}, {day} day{'s' * (day > 1)}"] = at(free, "eyes", day)[index]
    source = "P16; independent implementation of the constants of ModelDB 180791, +- 0.03"
    for metric, asked in ORACLE.items():
        context.record(metric, found[metric], between(asked - 0.03, asked + 0.03), provenance=source)
    context.record(
        "closed eye, 2 days of recovery", at(free, "eyes", DEPRIVATION + 2)[0], between(0.95, 1.05),
        provenance="P16: baseline by 2 days; width of ours",
    )  # fmt: skip
    context.record("H frozen: open eye, 7 days", at(frozen, "eyes", 7)[1],
                   between(FROZEN_OPEN - 0.03, FROZEN_OPEN + 0.03), provenance=source)  # fmt: skip
    judge_sequence(context, free, frozen)
    return {"free": free, "frozen": frozen}


def judge_sequence(context: Context, free: dict[str, Array], frozen: dict[str, Array]) -> None:
    """Deprived depression first, open-eye potentiation later, overshoot on recovery, and neither without H."""
    source = "P16: the sequence of phases; thresholds of ours"
    times, during = free["times"], (free["times"] > 0) & (free["times"] <= DEPRIVATION)
    closed, opened = free["eyes"][:, 0], free["eyes"][:, 1]
    depressed = times[during][np.argmax(closed[during] < 0.9)]
    risen = times[during][np.argmax(opened[during] > 1.1)] if (opened[during] > 1.1).any() else np.inf
    context.record("day when the closed eye has lost 10 %", depressed, below(1), unit="days", provenance=source)
    context.record(
        "day when the open eye has gained 10 %", risen, between(depressed + 1, 7), unit="days", provenance=source
    )
    after = times > DEPRIVATION
    context.record("largest closed-eye response in recovery", closed[after].max(), above(1.1), provenance=source)
    largest = frozen["eyes"][:, 0][after].max()
    context.record("H frozen: largest closed-eye response in recovery", largest, below(1.03), provenance=source)


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Responses of both eyes, ocular dominance and the homeostatic factor, with and without H."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, letter

    picture = Figure(figsize=(10.5, 6.0), layout="constrained")
    grid = picture.subplot_mosaic("AB;CD")
    for name, which, title in (("A", "free", "both factors"), ("B", "frozen", "H frozen at 1")):
        axes, one = grid[name], results[which]
        axes.axvspan(0, DEPRIVATION, color="#fdf0dc", zorder=0)
        axes.axhline(1, color=GREY, lw=0.6)
        axes.plot(one["times"], one["eyes"][:, 0], color=INHIBITORY, label="contralateral (closed)")
        axes.plot(one["times"], one["eyes"][:, 1], color=EXCITATORY, label="ipsilateral (open)")
        axes.set(xlabel="time (days)", ylabel="response / baseline", ylim=(0.6, 1.4))
        axes.legend(loc="upper left")
        letter(axes, name, f"responses, {title}")
    grid["A"].plot([1, 3, 7, 7.5], [0.79, 0.71, 0.84, 1.23], "o", ms=4, mfc="none", color=INHIBITORY)
    grid["A"].plot([1, 3, 7], [0.99, 0.97, 1.30], "o", ms=4, mfc="none", color=EXCITATORY)

    axes = grid["C"]
    axes.axvspan(0, DEPRIVATION, color="#fdf0dc", zorder=0)
    axes.plot(results["free"]["times"], results["free"]["ODI"], color=INK, label="both factors")
    axes.plot(results["frozen"]["times"], results["frozen"]["ODI"], color=GREY, ls="--", label="H frozen")
    axes.set(xlabel="time (days)", ylabel="ocular dominance index", ylim=(0, 0.4))
    axes.legend()
    letter(axes, "C", "ocular dominance")

    axes = grid["D"]
    axes.axvspan(0, DEPRIVATION, color="#fdf0dc", zorder=0)
    axes.plot(results["free"]["times"], results["free"]["H"], color=INK, label="H")
    axes.plot(results["free"]["times"], results["free"]["y"], color=FIRST, label="y")
    axes.set(xlabel="time (days)", ylabel="H, y", ylim=(0.4, 1.6))
    axes.legend()
    letter(axes, "D", "homeostatic factor and activity")
    for axes in grid.values():
        axes.set_xlim(-BASELINE, DEPRIVATION + RECOVERY)
    return picture
