"""Voltage-based plasticity: step by step, from the potential of the target neuron, of synapses at its soma."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, floor
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import W_MAX
from .rule import Rule, Variables, bounded, trace_of_all

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        form: drawn(
            homeostasis=bool(form),
            learning_rate=(0.5, 1.0),
            A_LTD=Weight(1e-3, 1e-2),
            A_LTP=Weight(1e-3, 1e-2),
            # the neurons of these tests rest near -65 mV and are driven to anything between -100 and 0 mV
            theta_minus=(-67, -63),
            theta_plus=(-63, -55),
            V_mean=(-70, -60),
            u_ref=(3, 10),
            tau_minus=(5, 20),
            tau_plus=(5, 20),
            tau_x=(5, 30),
            delay_u=(0, 4),
            tau_homeo=(20, 200),
            **W_MAX,
        )
        for form in ("", "homeostasis")
    }
)
@dataclass(kw_only=True)
class VoltageSTDP(Rule):
    A_LTD: float
    A_LTP: float
    theta_minus: float
    theta_plus: float
    tau_minus: float
    tau_plus: float
    tau_x: float
    delay_u: float
    w_max: float
    learning_rate: float = 1.0
    homeostasis: bool = False
    u_ref: float = 1.0
    tau_homeo: float = 1.0
    V_mean: float = 0.0

    def after_step(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        above = history.voltage(now) - self.theta_plus
        if above <= 0:
            return w
        above_before = max(self.u_plus(now, history) - self.theta_minus, 0)
        x = trace_of_all(now, history.arrivals, self.tau_x, history.dt) / self.tau_x
        return bounded(w + self.learning_rate * self.A_LTP * x * above * above_before * history.dt, history.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        amplitude = self.learning_rate * self.A_LTD
        if self.homeostasis:
            squares = [(V - self.V_mean) ** 2 for V in self.potentials(now, history)]
            amplitude *= filtered(squares, 0.0, self.tau_homeo, history.dt) / self.u_ref**2
        potentials = self.potentials(now, history)
        u_minus = filtered(potentials, history.voltage(history.beginning), self.tau_minus, history.dt)
        return bounded(w - amplitude * max(u_minus - self.theta_minus, 0), history.w_max)

    def u_plus(self, step: int, history: History) -> float:
        return filtered(self.potentials(step, history), history.voltage(history.beginning), self.tau_plus, history.dt)

    def potentials(self, step: int, history: History) -> list[float]:
        """What the filters have taken in at a step: the potentials of all steps since their beginning, delay_u late."""
        delay = floor(self.delay_u / history.dt + 0.5)
        return [history.voltage(earlier - delay) for earlier in range(history.beginning, step)]


def filtered(values: list[float], start: float, tau: float, dt: float) -> float:
    """tau u' = value - u, with each value held for one step."""
    u = start
    for value in values:
        u += (value - u) * (1 - exp(-dt / tau))
    return u
