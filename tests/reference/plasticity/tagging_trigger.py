"""Tags that other rules set, and proteins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .calcium import relaxed
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(
        w_rest=Weight(0.3, 0.5),
        w_plus=(0.5, 1),
        w_minus=(0.2, 0.6),
        w_late=(0.5, 2),
        tau_z=(20, 100),
        gamma=(0.1, 0.5),
        theta_pro=(0.5, 3.5),
        tau_rise=(20, 100),
        tau_p=(20, 100),
        synthesis=1.0,
        interval=(2, 9),
    ),
    without_chance={"P_plus": 1e12, "P_minus": 1e12, "tau_plus": 1e18, "tau_minus": 1e18},
)
@dataclass(kw_only=True)
class TaggingTrigger(Rule):
    """Every change of the rules before it sets a tag, and no tag fades: probabilities are 1 and 0."""

    w_rest: float
    w_plus: float
    w_minus: float
    w_late: float
    tau_z: float
    gamma: float
    theta_pro: float
    tau_rise: float
    tau_p: float
    synthesis: float
    interval: float
    settable = False

    def tagged(self, own: Variables) -> float:
        return own["tag"] * (self.w_plus if own["tag"] > 0 else self.w_minus)

    def initial(self, w: float) -> Variables:
        return {"tag": 0.0, "late": (w / self.w_rest - 1) / self.w_late}

    def adopt(self, w: float, own: Variables) -> None:
        own["late"] = (w / self.w_rest - 1 - self.tagged(own)) / self.w_late

    def express(self, w: float, own: Variables) -> float:
        return self.w_rest * max(1 + self.tagged(own) + self.w_late * own["late"], 0.0)

    def induced(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if own["tag"] == 0:
            own["tag"] = float((change > 0) - (change < 0))
        return min(self.express(w, own), history.w_max)

    after_backprop = induced
    after_arrival = induced

    def initial_neuron(self) -> Variables:
        return {"protein": 0.0}

    def contribution(self, w: float, own: Variables) -> float:
        return abs(own["tag"])

    def neuron_tick(self, neuron: Variables, total: float) -> None:
        rise = self.synthesis / self.tau_rise if total > self.theta_pro else 0.0
        rate = rise + 1 / self.tau_p
        neuron["protein"] = relaxed(neuron["protein"], rise / rate, rate, self.interval)

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        """One classical Runge-Kutta step."""
        step = self.interval / self.tau_z

        def slope(z: float) -> float:
            return z * (1 - z) * (z - 0.5) + self.gamma * own["tag"] * history.neuron["protein"]

        z = own["late"]
        k1 = slope(z)
        k2 = slope(z + step / 2 * k1)
        k3 = slope(z + step / 2 * k2)
        k4 = slope(z + step * k3)
        own["late"] = z + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return min(self.express(w, own), history.w_max)
