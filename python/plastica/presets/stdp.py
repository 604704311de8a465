"""Sets of the rules that pair spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from plastica import coerce
from plastica.declarations import LONGEST_INTERVAL
from plastica.part import Rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from numpy.typing import ArrayLike, NDArray


MOST_POINTS = 10_000_000  # of either side of a window


class STDPSets(Rule):
    """Pair STDP with other signs."""

    @classmethod
    def symmetric(
        cls,
        *,
        learning_rate: float = 0.01,
        A: float = 1.0,
        tau: float = 20.0,
        w_max: float = 1.0,
        pairing: Literal["all", "nearest", "presynaptic"] = "all",
    ) -> Self:
        """Both lobes have the sign of `A`: the order of the two spikes does not matter. Additive.

        Parameters
        ----------
        learning_rate : float
            Step size, as a fraction of w_max.
        A : float
            Amplitude of both lobes; below 0 every pair depresses.
        tau : float
            Time constant of both traces (ms).
        w_max : float
            Upper bound of the weight's magnitude.
        pairing : {"all", "nearest", "presynaptic"}
            Which spikes pair.
        """
        A = coerce.number(A, "STDP.symmetric: A")
        return cls(
            learning_rate=learning_rate, A_plus=A, A_minus=-A, tau_plus=tau, tau_minus=tau, w_max=w_max,
            pairing=pairing, dependence="additive",
        )  # fmt: skip

    @classmethod
    def inhibitory_wilmes(cls, *, learning_rate: float = 0.015, w_max: float = 1.0, hebbian: bool = True) -> Self:
        """Inhibitory synapses of Wilmes and Clopath (2019), Nat Commun 10:5055, doi:10.1038/s41467-019-12972-2.

        Anti-symmetric, unlike `InhibitorySTDP`: pre before post strengthens inhibition (SST onto PV). With
        `hebbian=False` the signs are reversed (PV onto pyramidal cells, VIP onto SST).

        Parameters
        ----------
        learning_rate : float
            Potentiation by a pair without delay, in units of w_max; 0.015 nS at w_max = 1 nS in the paper.
        w_max : float
            Upper bound of the weight's magnitude (nS).
        hebbian : bool
            Whether pre before post strengthens.
        """
        sign = 1.0 if coerce.flag(hebbian, "STDP.inhibitory_wilmes: hebbian") else -1.0
        return cls(
            learning_rate=learning_rate, A_plus=sign, A_minus=1.05 * sign, tau_plus=20.0, tau_minus=20.0, w_max=w_max
        )

    @classmethod
    def anti_hebbian(
        cls,
        *,
        learning_rate: float = 0.01,
        A_pre_post: float = 1.0,
        A_post_pre: float = 1.0,
        tau_pre_post: float = 20.0,
        tau_post_pre: float = 20.0,
        w_max: float = 1.0,
        pairing: Literal["all", "nearest", "presynaptic"] = "all",
    ) -> Self:
        """A presynaptic spike before a postsynaptic one depresses, the opposite order potentiates. Additive.

        Bell, Han, Sugawara and Grant (1997), Nature 387:278, doi:10.1038/387278a0, for the sign; 0 for `A_post_pre`
        leaves depression alone.

        Parameters
        ----------
        learning_rate : float
            Step size, as a fraction of w_max.
        A_pre_post, A_post_pre : float
            Amplitudes of depression (post after pre) and of potentiation (pre after post).
        tau_pre_post, tau_post_pre : float
            Their time constants (ms).
        w_max : float
            Upper bound of the weight's magnitude.
        pairing : {"all", "nearest", "presynaptic"}
            Which spikes pair.
        """
        A_pre_post = coerce.number(A_pre_post, "STDP.anti_hebbian: A_pre_post")
        A_post_pre = coerce.number(A_post_pre, "STDP.anti_hebbian: A_post_pre")
        return cls(
            learning_rate=learning_rate, A_plus=-A_pre_post, A_minus=-A_post_pre, tau_plus=tau_pre_post,
            tau_minus=tau_post_pre, w_max=w_max, pairing=pairing, dependence="additive",
        )  # fmt: skip


class WindowSTDPSets(Rule):
    """A window from a function, and what a table must be."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        points, values = len(self.parameters["intervals"]), len(self.parameters["changes"])
        if points != values:
            raise ValueError(f"WindowSTDP has {points} intervals and {values} changes; they must be as many")

    @classmethod
    def from_function(
        cls,
        window: Callable[[NDArray[np.float64]], ArrayLike],
        *,
        reach: float = 100.0,
        step: float = 0.1,
        learning_rate: float = 0.01,
        w_max: float = 1.0,
    ) -> Self:
        """The window that a function gives.

        Parameters
        ----------
        window : callable
            Change for an array of intervals (postsynaptic minus presynaptic spike, ms), in units of
            learning_rate w_max.
        reach : float
            Longest interval (ms).
        step : float
            Distance of the points of the table (ms); the step of the network or less is exact. 0 is left out: spikes
            that meet do not pair, and a window may jump there.
        learning_rate : float
            Step size, as a fraction of w_max.
        w_max : float
            Upper bound of the weight's magnitude.
        """
        reach, step = coerce.number(reach, "reach", "ms"), coerce.number(step, "step", "ms")
        if not 0 < step <= reach:
            raise ValueError(f"step = {step:g} ms must be above 0 and at most reach = {reach:g} ms")
        if not coerce.is_function(window):
            raise TypeError(f"window = {coerce.shown(window)} must be a function of an array of intervals")
        if reach > LONGEST_INTERVAL or reach / step > MOST_POINTS:
            raise ValueError(
                f"reach = {reach:g} ms must be at most {LONGEST_INTERVAL:g} ms, and {MOST_POINTS:g} times step = "
                f"{step:g} ms"
            )
        side = step * np.arange(1, int(reach / step + 1e-6) + 1)
        intervals = np.concatenate([-side[::-1], side])
        given = coerce.array(window(intervals), "what window gives", dimensions=(0, 1))
        if given.ndim and given.shape != intervals.shape:
            raise ValueError(f"window gave {len(given)} changes for {len(intervals)} intervals")
        changes = np.broadcast_to(given, intervals.shape)
        return cls(intervals=intervals, changes=changes, learning_rate=learning_rate, w_max=w_max)


_TRIPLET_NAMES = ("A2_plus", "A3_plus", "A2_minus", "A3_minus", "tau_x", "tau_y")
# Without A3_minus there is no tau_x: 101 ms is the rule's default.
_TRIPLETS = {
    "visual_cortex": {
        ("all", "full"): (5e-10, 6.2e-3, 7e-3, 2.3e-4, 101, 125),
        ("nearest", "full"): (8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714, 40),
        ("all", "minimal"): (0, 6.5e-3, 7.1e-3, 0, 101, 114),
        ("nearest", "minimal"): (0, 5e-2, 8e-3, 0, 101, 40),
    },
    "hippocampus": {
        ("all", "full"): (6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946, 27),
        ("nearest", "full"): (4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575, 47),
        ("all", "minimal"): (5.3e-3, 8e-3, 3.5e-3, 0, 101, 40),
        ("nearest", "minimal"): (4.6e-3, 9.1e-3, 3e-3, 0, 101, 48),
    },
}


class TripletSTDPSets(Rule):
    """The eight sets of Pfister and Gerstner (2006), for a weight of 1."""

    @classmethod
    def visual_cortex(
        cls,
        *,
        pairing: Literal["all", "nearest"] = "all",
        form: Literal["full", "minimal"] = "full",
        learning_rate: float = 1.0,
        w_max: float = 2.0,
        threshold: Literal["fixed", "per neuron"] = "fixed",
    ) -> Self:
        """Fitted to Sjostrom, Turrigiano and Nelson (2001), visual cortex, with 60 pairs without a pause.

        Parameters
        ----------
        pairing : {"all", "nearest"}
            Which spikes interact.
        form : {"full", "minimal"}
            Whether all four amplitudes were fitted, or only A3_plus and A2_minus.
        learning_rate : float
            What the amplitudes are multiplied by: the weight that 1 stands for in the paper.
        w_max : float
            Upper bound of the weight's magnitude; the paper has none.
        threshold : {"fixed", "per neuron"}
            Whether each target neuron has a factor of depression.
        """
        return cls._set("visual_cortex", pairing, form, learning_rate, w_max, threshold)

    @classmethod
    def hippocampus(
        cls,
        *,
        pairing: Literal["all", "nearest"] = "all",
        form: Literal["full", "minimal"] = "full",
        learning_rate: float = 1.0,
        w_max: float = 2.0,
        threshold: Literal["fixed", "per neuron"] = "fixed",
    ) -> Self:
        """Fitted to Wang, Gerkin, Nauen and Bi (2005), hippocampal cultures.

        Parameters
        ----------
        pairing : {"all", "nearest"}
            Which spikes interact.
        form : {"full", "minimal"}
            Whether all four amplitudes were fitted, or all but A3_minus.
        learning_rate : float
            What the amplitudes are multiplied by: the weight that 1 stands for in the paper.
        w_max : float
            Upper bound of the weight's magnitude; the paper has none.
        threshold : {"fixed", "per neuron"}
            Whether each target neuron has a factor of depression.
        """
        return cls._set("hippocampus", pairing, form, learning_rate, w_max, threshold)

    @classmethod
    def _set(cls, tissue: str, pairing: str, form: str, learning_rate: float, w_max: float, threshold: str) -> Self:
        pairing = coerce.choice(pairing, f"TripletSTDP.{tissue}: pairing", ("all", "nearest"))
        form = coerce.choice(form, f"TripletSTDP.{tissue}: form", ("full", "minimal"))
        amplitudes = dict(zip(_TRIPLET_NAMES, _TRIPLETS[tissue][pairing, form], strict=True))
        return cls(
            **amplitudes, tau_plus=16.8, tau_minus=33.7, pairing=pairing, learning_rate=learning_rate, w_max=w_max,
            threshold=threshold,
        )  # fmt: skip
