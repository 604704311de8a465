"""The published sets of the calcium rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plastica import coerce
from plastica.part import Rule

if TYPE_CHECKING:
    from typing import Self


class _Row(NamedTuple):
    """A row of the paper's tables: times of calcium in ms, tau in s, and b, the ratio of a strong to a weak synapse."""

    tau_Ca: float
    C_pre: float
    C_post: float
    theta_p: float
    gamma_d: float
    gamma_p: float
    sigma: float
    tau: float
    delay_Ca: float
    b: float


_SETS = {
    "DP": _Row(20, 1, 2, 1.3, 200, 321.808, 2.8284, 150, 13.7, 5),
    "DPD": _Row(20, 0.9, 0.9, 1.3, 250, 550, 2.8284, 150, 4.6, 5),
    "DPD'": _Row(20, 1, 2, 2.5, 50, 600, 2.8284, 150, 2.2, 5),
    "P": _Row(20, 2, 2, 1.3, 160, 257.447, 2.8284, 150, 0, 5),
    "D": _Row(20, 0.6, 0.6, 1.3, 500, 550, 5.6568, 150, 0, 5),
    "D'": _Row(20, 1, 2, 3.5, 60, 600, 2.8284, 150, 0, 5),
    "hippocampal slices": _Row(48.8373, 1, 0.275865, 1.3, 313.0965, 1645.59, 9.1844, 688.355, 18.8008, 5.28145),
    "hippocampal cultures": _Row(11.9536, 0.58156, 1.76444, 1.3, 61.141, 113.6545, 2.5654, 33.7596, 10, 36.0263),
    "cortical slices": _Row(22.6936, 0.5617539, 1.23964, 1.3, 331.909, 725.085, 3.3501, 346.3615, 4.6098, 5.40988),
}


class CalciumSTDPSets(Rule):
    """The nine sets of Graupner and Brunel (2012); in all of them theta_d is 1 and rho_star 0.5.

    Each takes `w_0`, the weight of a weak synapse (efficacy 0) in the unit of the receptor; a strong one (efficacy 1)
    has the published multiple of it. The part of synapses that are weak at first belongs to the experiment: 0.7 in
    hippocampal slices, else 0.5.
    """

    @classmethod
    def _published(cls, name: str, w_0: float) -> Self:
        row, w_0 = _SETS[name], coerce.number(w_0, "CalciumSTDP.w_0")
        return cls(
            tau_Ca=row.tau_Ca, C_pre=row.C_pre, C_post=row.C_post, theta_p=row.theta_p, theta_d=1.0,
            gamma_p=row.gamma_p, gamma_d=row.gamma_d, sigma=row.sigma, tau=1000 * row.tau, rho_star=0.5,
            delay_Ca=row.delay_Ca, w_0=w_0, w_1=row.b * w_0,
        )  # fmt: skip

    @classmethod
    def DP(cls, *, w_0: float = 1.0) -> Self:
        """Depression, then potentiation, as the postsynaptic spike comes later: the classical window."""
        return cls._published("DP", w_0)

    @classmethod
    def DPD(cls, *, w_0: float = 1.0) -> Self:
        """Potentiation between two windows of depression."""
        return cls._published("DPD", w_0)

    @classmethod
    def DPD_prime(cls, *, w_0: float = 1.0) -> Self:
        """Potentiation at short intervals; postsynaptic spikes alone depress."""
        return cls._published("DPD'", w_0)

    @classmethod
    def P(cls, *, w_0: float = 1.0) -> Self:
        """Potentiation in either order."""
        return cls._published("P", w_0)

    @classmethod
    def D(cls, *, w_0: float = 1.0) -> Self:
        """Depression at short intervals in either order."""
        return cls._published("D", w_0)

    @classmethod
    def D_prime(cls, *, w_0: float = 1.0) -> Self:
        """Depression in either order; postsynaptic spikes alone depress."""
        return cls._published("D'", w_0)

    @classmethod
    def hippocampal_slices(cls, *, w_0: float = 1.0) -> Self:
        """Fitted to Wittenberg and Wang (2006), J Neurosci 26:6610."""
        return cls._published("hippocampal slices", w_0)

    @classmethod
    def hippocampal_cultures(cls, *, w_0: float = 1.0) -> Self:
        """Fitted to Wang, Gerkin, Nauen and Bi (2005), Nat Neurosci 8:187."""
        return cls._published("hippocampal cultures", w_0)

    @classmethod
    def cortical_slices(cls, *, w_0: float = 1.0) -> Self:
        """Fitted to Sjoestroem, Turrigiano and Nelson (2001), Neuron 32:1149."""
        return cls._published("cortical slices", w_0)
