"""Izhikevich's quadratic neuron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reference.receptors import Channel, Receptor, Values
from reference.registry import membrane, per_neuron

from .membrane import Membrane, States, mean_conductances, mean_current


@membrane(per_neuron(a=(0.01, 0.03), b=(0.15, 0.25), c=(-68, -55), d=(1, 8), V_peak=(25, 40), I_e=(-2, 15)))
@dataclass(kw_only=True)
class Izhikevich(Membrane):
    a: Values
    b: Values
    c: Values
    d: Values
    V_peak: Values
    I_e: Values = 0.0
    receptors: Mapping[str, Receptor] = field(default_factory=dict)

    beginning = {"V": (-70, -59), "u": (-15, -8)}  # noqa: RUF012
    strong_current = 5.0
    strong_conductance = 0.05
    # Euler steps overshoot V_peak by a hundred mV; u takes that up, so that every spike multiplies rounding. One step is
    # compared to 1e-12 in tests/conformance.
    tolerance = 1e-8

    def initial(self) -> States:
        """At the reset value; the page names no resting state, so tests should give V and u."""
        return {"V": self.c.copy(), "u": self.b * self.c}

    def update(
        self, states: States, channels: list[Channel], kick: np.ndarray, injected: np.ndarray, dt: float
    ) -> np.ndarray:
        V, u = states["V"] + kick, states["u"]
        current = mean_current(channels, self.I_e + injected)
        g, g_E = mean_conductances(channels, V)
        for _ in range(2):
            V = V + dt / 2 * (0.04 * V**2 + 5 * V + 140 - u + g_E - g * V + current)
        u = u + dt * self.a * (self.b * V - u)

        fired = np.greater_equal(V, self.V_peak)
        states["V"] = np.where(fired, self.c, V)
        states["u"] = np.where(fired, u + self.d, u)
        return fired

    def sensitivity(self, states: States) -> np.ndarray:
        return np.maximum(0.04 * states["V"] ** 2 + 5 * states["V"] + 140, 1)
