"""Hebb's rule diverges, Oja's finds the principal component, covariance ignores means, and BCM becomes selective.

Hebb (1949), The Organization of Behavior; Oja (1982), J Math Biol 15:267, doi:10.1007/BF00275687; Bienenstock, Cooper
and Munro (1982), J Neurosci 2:32, doi:10.1523/JNEUROSCI.02-01-00032.1982.

These rules speak of rates, not of spikes: they are no parts of the engine, whose synapses see spikes, but a few lines
of NumPy on linear units, y = w x. Their spiking relatives are parts: TripletSTDP with a sliding threshold for BCM,
Heterosynaptic for the loss term of Oja's rule.

1. Hebb, dw = eta x y: inputs of mean 0 with the covariance [[2, 1], [1, 1]]; eta 1e-3; 400 units.
2. Covariance, dw = eta (x - <x>) (y - <y>): the same inputs on a mean of (3, -3), running means over 1,000 steps.
3. Oja, dw = eta y (x - y w): the inputs of 1; eta 5e-4; 400 units, 40,000 steps.
4. BCM, dw = eta x y (y - theta), tau d(theta)/dt = y^2/y_0 - theta with y_0 = 1: the vectors (1, 0.2) and (0.2, 1) in
   random order; eta 1e-3; tau of 0.01, 0.1, 0.3, 1 and 3 in units of 1/eta; 100 units, 50,000 steps.

``quick`` simulates a quarter of the units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._framework import Context, below, between
from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, SECOND, THIRD, letter

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P01",)

COVARIANCE = np.array([[2.0, 1.0], [1.0, 1.0]])
LARGEST = (3 + 5**0.5) / 2  # eigenvalue
PRINCIPAL = np.array([1.0, LARGEST - 2]) / np.hypot(1.0, LARGEST - 2)
MEAN = np.array([3.0, -3.0])
PATTERNS = np.array([[1.0, 0.2], [0.2, 1.0]])
THRESHOLD_TIMES = (0.01, 0.1, 0.3, 1.0, 3.0)  # units of 1/eta
SLOW = 1e-3


def inputs(draws: np.random.Generator, units: int) -> Array:
    """One Gaussian input vector for each unit, shape (units, 2), with COVARIANCE and mean 0."""
    return draws.standard_normal((units, 2)) @ np.linalg.cholesky(COVARIANCE).T


def hebb(draws: np.random.Generator, units: int, length: int) -> Array:
    """Mean logarithm of |w| at every step, shape (length,)."""
    w = 0.1 * draws.standard_normal((units, 2))
    norms = np.empty(length)
    for step in range(length):
        norms[step] = np.log(np.hypot(*w.T)).mean()
        x = inputs(draws, units)
        w += SLOW * x * (w * x).sum(axis=1, keepdims=True)
    return norms


def covariance(draws: np.random.Generator, units: int, length: int) -> tuple[Array, Array]:
    """The same for the covariance rule on inputs with a mean; and the weights at the end."""
    w = 0.1 * draws.standard_normal((units, 2))
    norms, mean_x = np.empty(length), np.tile(MEAN, (units, 1))
    mean_y = w @ MEAN
    for step in range(length):
        norms[step] = np.log(np.hypot(*w.T)).mean()
        x = MEAN + inputs(draws, units)
        y = (w * x).sum(axis=1)
        w += SLOW * (x - mean_x) * (y - mean_y)[:, None]
        mean_x += SLOW * (x - mean_x)
        mean_y += SLOW * (y - mean_y)
    return norms, w


def oja(draws: np.random.Generator, units: int, length: int) -> tuple[Array, Array]:
    """Mean angle to the principal component in degrees and mean |w|, every 50 steps, shape (length / 50,)."""
    w = 0.3 * draws.standard_normal((units, 2))
    angles, norms = [], []
    for step in range(length):
        if step % 50 == 0:
            norm = np.hypot(*w.T)
            angles.append(np.degrees(np.arccos(np.minimum(np.abs(w @ PRINCIPAL) / norm, 1))).mean())
            norms.append(norm.mean())
        x = inputs(draws, units)
        y = (w * x).sum(axis=1, keepdims=True)
        w += 0.5 * SLOW * y * (x - y * w)
    return np.array(angles), np.array(norms)


def bcm(draws: np.random.Generator, units: int, length: int, threshold_time: float) -> tuple[Array, Array]:
    """Responses to the selected and to the other pattern every 50 steps.

    Returns their mean over units, shape (length / 50, 2), and the largest response of every unit, shape (units,).
    """
    w, theta = 0.5 + 0.1 * draws.standard_normal((units, 2)), np.ones(units)
    course = []
    for step in range(length):
        if step % 50 == 0:
            course.append(w @ PATTERNS.T)
        x = PATTERNS[draws.integers(0, 2, units)]
        y = (w * x).sum(axis=1)
        w += SLOW * (y * (y - theta))[:, None] * x
        theta += SLOW / threshold_time * (y**2 - theta)
    responses = np.array(course)
    # which pattern a unit selects is chance
    swap = responses[-1, :, 0] < responses[-1, :, 1]
    responses[:, swap] = responses[:, swap, ::-1]
    return responses.mean(axis=1), responses[:, :, 0].max(axis=0)


def growth(norms: Array, first: int) -> float:
    """Rate of exponential growth per step, from the step `first` on, in units of eta times the largest eigenvalue."""
    steps = np.arange(first, len(norms))
    return float(np.polyfit(steps, norms[first:], 1)[0] / (SLOW * LARGEST))


def run(context: Context) -> dict[str, Any]:
    """All four rules."""
    share = 4 if context.quick else 1
    context.compression = "quick: a quarter of the units" if context.quick else "none"
    draws = np.random.default_rng(context.seed)
    source = "P01; rate units in NumPy, not parts of the engine"

    context.stage("Hebb and covariance")
    # the other eigenvector has faded after 2,000 steps: the eigenvalues differ by 2.24, exp(-4.5) = 0.01
    free = hebb(draws, 400 // share, 6000)
    context.record("Hebb: growth rate / (eta lambda_max)", growth(free, 2000), between(0.98, 1.02), provenance=source)
    centred, weights = covariance(draws, 400 // share, 6000)
    context.record(
        "covariance: growth rate / (eta lambda_max), inputs with a mean", growth(centred, 2000), between(0.98, 1.02),
        provenance=f"{source}; the closed form of Hebb without the mean",
    )  # fmt: skip
    cosine = np.abs(weights @ PRINCIPAL) / np.hypot(*weights.T)
    context.record(
        "covariance: mean angle to the principal component", np.degrees(np.arccos(np.minimum(cosine, 1))).mean(),
        unit="degrees", provenance="not judged; what was seen",
    )  # fmt: skip

    context.stage("Oja")
    angles, norms = oja(draws, 400 // share, 40_000)
    late = len(angles) // 2
    context.record(
        "Oja: angle to the principal component", angles[late:].mean(), below(2), unit="degrees", provenance=source
    )
    context.record("Oja: |w|", norms[late:].mean(), between(0.98, 1.02), provenance=source)

    context.stage("BCM")
    courses = {tau: bcm(draws, 100 // share, 50_000, tau) for tau in THRESHOLD_TIMES}
    judge_bcm(context, courses, source)
    return {"hebb": free, "covariance": centred, "weights": weights, "angles": angles, "norms": norms, "bcm": courses}


def judge_bcm(context: Context, courses: dict[float, tuple[Array, Array]], source: str) -> None:
    """Records what BCM selects when its threshold is fast, slow, and in between."""
    for tau, (course, peaks) in courses.items():
        end = course[-len(course) // 5 :].mean(axis=0)
        selected, other, largest = float(end[0]), float(end[1]), float(peaks.mean())
        name = f"BCM, eta tau = {tau:g}"
        fixed = f"{source}; fixed point (1/p, 0) = (2, 0), +-0.05"
        if tau < 1:
            context.record(f"{name}: response selected", selected, between(1.95, 2.05), provenance=fixed)
            context.record(f"{name}: other response", other, between(-0.05, 0.05), provenance=fixed)
            context.record(f"{name}: largest response", largest, provenance="not judged; what was seen")
        elif tau == 1:
            context.record(
                f"{name}: largest response", largest, between(2.15, 2.35),
                provenance=f"{source}; oscillates around 2, up to 2.25 in an independent simulation, +-0.1",
            )  # fmt: skip
            context.record(f"{name}: response selected", selected, provenance="not judged; what was seen")
        else:
            context.record(
                f"{name}: response selected",
                selected,
                below(0.5),
                provenance=f"{source}; no stable selectivity: collapse",
            )
            context.record(f"{name}: largest response", largest, provenance="not judged; what was seen")


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Growth, directions, Oja's norm and angle, and BCM for five speeds of the threshold."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10.5, 6.4), layout="constrained")
    (one, two), (three, four) = picture.subplots(2, 2)

    steps = np.arange(len(results["hebb"]))
    for name, label, color in (
        ("hebb", "Hebb, mean 0", EXCITATORY),
        ("covariance", "covariance, inputs with a mean", INHIBITORY),
    ):
        norms = results[name]
        one.semilogy(steps, np.exp(norms), color=color, label=label)
    line = results["hebb"][2000] + SLOW * LARGEST * (steps - 2000)
    one.semilogy(steps, np.exp(line), color=INK, lw=0.8, ls=(0, (4, 3)), label="exp(eta lambda_max t)")
    one.set(xlabel="step", ylabel="|w|", xlim=(0, len(steps)))
    one.legend(loc="upper left")
    letter(one, "A", "without a limit, weights grow exponentially")

    draw_directions(two, results["weights"])

    steps = 50 * np.arange(len(results["norms"]))
    three.plot(steps, results["norms"], color=THIRD)
    three.axhline(1, color=GREY, lw=0.7, ls=(0, (4, 3)))
    three.set(xlabel="step", ylabel="|w|", xlim=(0, steps[-1]), ylim=(0, 1.2))
    three.yaxis.label.set_color(THIRD)
    right = three.twinx()
    right.plot(steps, results["angles"], color=SECOND)
    right.set(ylabel="angle (degrees)", ylim=(0, 60))
    right.yaxis.label.set_color(SECOND)
    right.spines["right"].set_visible(True)
    letter(three, "C", "Oja's rule: length 1, along the principal component")

    colors = (EXCITATORY, THIRD, SECOND, FIRST, INHIBITORY)
    for (tau, (course, _)), color in zip(results["bcm"].items(), colors, strict=True):
        moments = 50e-3 * np.arange(len(course))
        four.plot(moments, course[:, 0], color=color, label=f"{tau:g}")
        four.plot(moments, course[:, 1], color=color, lw=0.7, ls=(0, (3, 2)))
    four.axhline(2, color=GREY, lw=0.6, zorder=0)
    four.set(xlabel="step (1/eta)", ylabel="response", xlim=(0, moments[-1]), ylim=(-0.3, 3.2))
    four.legend(title="threshold time (1/eta)", ncols=5, loc="upper right")
    letter(four, "D", "BCM: selected (full) and other pattern (dashed)")
    return picture


def draw_directions(axes: Any, weights: Array) -> None:
    """Where weights point."""
    directions = weights / np.hypot(*weights.T)[:, None]
    axes.plot([-PRINCIPAL[0], PRINCIPAL[0]], [-PRINCIPAL[1], PRINCIPAL[1]], color=INK, lw=0.8, ls=(0, (4, 3)))
    axes.plot(*directions.T, ".", ms=3, color=INHIBITORY, label="covariance rule, direction of w")
    mean = MEAN / np.hypot(*MEAN)
    axes.annotate("", mean, (0, 0), arrowprops={"arrowstyle": "->", "color": GREY})
    axes.text(*mean * 1.08, "mean input", color=GREY, ha="center", va="top")
    axes.text(*PRINCIPAL * 1.08, "principal component", ha="left", va="bottom")
    axes.set(xlim=(-2.4, 2.4), ylim=(-1.2, 1.2), aspect="equal", xlabel="w_1 / |w|", ylabel="w_2 / |w|")
    axes.legend(loc="upper left")
    letter(axes, "B", "the covariance rule does not see the mean")
