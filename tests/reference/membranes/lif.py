"""Leaky integrate and fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reference.receptors import Channel, Receptor, Values
from reference.registry import Numbers, Random, membrane

from .membrane import Membrane, States, mean_conductances, mean_current, round_half_up


def numbers(random: Random, n: int) -> Numbers:
    """Some are driven to spike, others are held back."""

    def draw(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, n)

    found = {"C_m": draw(100, 300), "tau_m": draw(5, 25), "E_L": draw(-72, -65), "V_th": draw(-58, -50)}
    rheobase = (found["V_th"] - found["E_L"]) * found["C_m"] / found["tau_m"]
    return found | {"V_reset": draw(-75, -60), "t_ref": draw(0, 3), "I_e": rheobase * draw(-0.2, 2.5)}


@membrane(numbers)
@dataclass(kw_only=True)
class LIF(Membrane):
    C_m: Values
    tau_m: Values
    E_L: Values
    V_th: Values
    V_reset: Values
    t_ref: Values
    I_e: Values = 0.0
    receptors: Mapping[str, Receptor] = field(default_factory=dict)

    def initial(self) -> States:
        return {"V": self.E_L.copy(), "refractory": np.zeros(len(self.E_L), dtype=int)}

    def update(
        self, states: States, channels: list[Channel], kick: np.ndarray, injected: np.ndarray, dt: float
    ) -> np.ndarray:
        V, refractory = states["V"] + kick, states["refractory"]
        current = self.I_e + injected
        if any(channel.receptor.kind == "conductance" for channel in channels):
            V = self.step_with_conductances(V, channels, current, dt)
        else:
            V = self.step_exactly(V, channels, current, dt)
        held = refractory > 0
        fired = ~held & np.greater_equal(V, self.V_th)
        states["V"] = np.where(held | fired, self.V_reset, V)
        states["refractory"] = np.where(fired, round_half_up(self.t_ref / dt), np.maximum(refractory - 1, 0))
        return fired

    def step_exactly(self, V: np.ndarray, channels: list[Channel], current: np.ndarray, dt: float) -> np.ndarray:
        """Decay, constant current and the filtered integral of every current receptor add up."""
        decay = np.exp(-dt / self.tau_m)
        V = self.E_L + (V - self.E_L) * decay + current * self.tau_m / self.C_m * (1 - decay)
        for channel in channels:
            V = V + channel.filtered(1 / self.tau_m) / self.C_m
        return V

    def step_with_conductances(
        self, V: np.ndarray, channels: list[Channel], current: np.ndarray, dt: float
    ) -> np.ndarray:
        """C_m V' = -g_L (V - E_L) + sum g (E_rev - V) + I with the means g and I as constants."""
        g_L = self.C_m / self.tau_m
        g, g_E = mean_conductances(channels, V)
        total = g_L + g
        V_inf = (g_L * self.E_L + g_E + mean_current(channels, current)) / total
        return V_inf + (V - V_inf) * np.exp(-dt * total / self.C_m)
