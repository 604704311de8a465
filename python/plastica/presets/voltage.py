"""Published sets of voltage-based plasticity."""

from __future__ import annotations

from typing import Self

from plastica.part import Rule


class VoltageSTDPSets(Rule):
    """The sets of Clopath et al. (2010), Nat Neurosci 13:344, doi:10.1038/nn.2479."""

    @classmethod
    def visual_cortex(cls) -> Self:
        """Visual cortex: the fit to the pairs of Sjoestroem et al. (2001), as in the authors' code (ModelDB 144566).

        For weights that start at 0.5 of an arbitrary unit; multiply `learning_rate` by the unit's size in the
        projection's own, and choose `w_max`. With `homeostasis`, the reference is u_ref^2 = 60 mV^2 over 1.2 s.
        """
        return cls(
            A_LTD=14e-5, A_LTP=8e-5, theta_minus=-70.6, theta_plus=-45.3, tau_minus=10.0, tau_plus=7.0, tau_x=15.0,
            delay_u=3.0, u_ref=60.0**0.5, tau_homeo=1200.0, V_mean=-70.6,
        )  # fmt: skip
