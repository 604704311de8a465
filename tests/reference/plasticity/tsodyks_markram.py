"""Short-term plasticity: what a spike transmits, from the intervals between spikes."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .relaxation import left
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        f"{rest}, {per}, {inactivation}": drawn(
            U=(0.1, 0.8), tau_rec=(5, 100), tau_facil=(5, 100), tau_I=tau_I, rest=rest, per=per
        )
        for rest in ("zero", "U")
        for per in ("axon", "synapse")
        for inactivation, tau_I in (("at once", 0.0), ("slowly", (1, 4)))
    }
)
@dataclass(kw_only=True)
class TsodyksMarkram(Rule):
    """x' = (1 - x - y)/tau_rec, y' = -y/tau_I, u' = -u/tau_facil or (U - u)/tau_facil.

    At a spike u += U (1 - u), then y += u x and x -= u x; the same u x is transmitted. U and the time constants are among
    the variables, so that synapses can differ in them.
    """

    U: float
    tau_rec: float
    tau_facil: float
    tau_I: float
    rest: str  # zero | U
    per: str = "axon"  # axon | synapse
    goes_on = ("u", "x", "y", "_sent")

    def __post_init__(self) -> None:
        if self.rest not in ("zero", "U"):
            raise ValueError(f"unknown rest {self.rest!r}")

    @property
    def of_axon(self) -> bool:
        return self.per == "axon"

    def initial(self, w: float) -> Variables:
        own = {"u": self.u_at_rest(self.U), "x": 1.0, "_sent": 0.0}
        own |= {"_U": self.U, "_tau_rec": self.tau_rec, "_tau_facil": self.tau_facil}
        return own | ({"y": 0.0} if self.tau_I > 0 else {})

    def u_at_rest(self, U: float) -> float:
        return U if self.rest == "U" else 0.0

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        gap, rest = (end - begin) * history.dt, self.u_at_rest(own["_U"])
        own["u"] = rest + (own["u"] - rest) * left(gap, own["_tau_facil"])
        recovered = 1 - (1 - own["x"]) * exp(-gap / own["_tau_rec"])
        if self.tau_I > 0:
            # recovery waits for y: the solution for different time constants, and the one for equal ones
            r, i = own["_tau_rec"], self.tau_I
            if r == i:
                recovered -= own["y"] * gap / r * exp(-gap / r)
            else:
                recovered -= own["y"] * i / (i - r) * (exp(-gap / i) - exp(-gap / r))
            own["y"] *= exp(-gap / i)
        own["x"] = recovered
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if own["_tau_facil"] > 0:
            own["u"] += own["_U"] * (1 - own["u"])
        else:
            own["u"] = own["_U"]
        own["_sent"] = own["u"] * own["x"]
        own["x"] -= own["_sent"]
        if self.tau_I > 0:
            own["y"] += own["_sent"]
        return w

    def efficacy(self, own: Variables, now: int, history: History) -> float:
        return own["_sent"]
