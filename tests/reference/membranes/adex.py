"""The adaptive exponential neuron."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from reference.receptors import Channel, Receptor, Values
from reference.registry import membrane, per_neuron

from .membrane import Membrane, States, mean_conductances, mean_current, round_half_up, runge_kutta

Currents = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of V and w: all but that of the spike


@membrane(
    per_neuron(
        C_m=(100, 300),
        g_L=(8, 30),
        E_L=(-72, -65),
        V_th=(-55, -50),
        Delta_T=(1, 3),
        V_peak=(-40, 10),
        V_reset=(-72, -60),
        t_ref=(0, 3),
        a=(-2, 5),
        b=(0, 100),
        tau_w=(20, 150),
        I_e=(-50, 1200),
    )
)
@dataclass(kw_only=True)
class AdEx(Membrane):
    C_m: Values
    t_ref: Values
    V_reset: Values
    g_L: Values
    E_L: Values
    a: Values
    b: Values
    Delta_T: Values
    tau_w: Values
    V_th: Values
    V_peak: Values
    I_e: Values = 0.0
    receptors: Mapping[str, Receptor] = field(default_factory=dict)

    beginning = {"V": (-70, -59), "w": (-20, 50)}  # noqa: RUF012

    def initial(self) -> States:
        n = len(self.E_L)
        return {"V": self.E_L.copy(), "w": np.zeros(n), "refractory": np.zeros(n, dtype=int)}

    def update(
        self, states: States, channels: list[Channel], kick: np.ndarray, injected: np.ndarray, dt: float
    ) -> np.ndarray:
        held = states["refractory"] > 0
        V, w = np.where(held, self.V_reset, states["V"] + kick), states["w"]
        current = mean_current(channels, self.I_e + injected)
        g, g_E = mean_conductances(channels, V)

        def others(V: np.ndarray, w: np.ndarray) -> np.ndarray:
            return -self.g_L * (V - self.E_L) - w + g_E - g * V + current

        smooth = self.smooth_step(V, w, others, held, dt)
        swinging = ~held & np.greater(V, self.V_th + 2 * self.Delta_T)
        steep = self.step_of_upswing(np.where(swinging, V, self.V_th), w, others, dt)
        V, w = (np.where(swinging, *both) for both in zip(steep, smooth, strict=True))

        fired = ~held & np.greater_equal(V, self.V_peak)
        states["V"] = np.where(fired, self.V_reset, V)
        states["w"] = np.where(fired, w + self.b, w)
        steps = round_half_up(self.t_ref / dt)
        states["refractory"] = np.where(fired, steps, np.maximum(states["refractory"] - 1, 0))
        return fired

    def smooth_step(
        self, V: np.ndarray, w: np.ndarray, others: Currents, held: np.ndarray, dt: float
    ) -> tuple[np.ndarray, np.ndarray]:
        def slope(t: float, V: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = np.minimum(V, self.V_peak)
            spike_current = self.g_L * self.Delta_T * np.exp(np.minimum((V - self.V_th) / self.Delta_T, 20))
            dV = (spike_current + others(V, w)) / self.C_m
            return np.where(held, 0, dV), (self.a * (V - self.E_L) - w) / self.tau_w

        return runge_kutta(slope, V, w, dt)

    def step_of_upswing(
        self, V: np.ndarray, w: np.ndarray, others: Currents, dt: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """In the upswing of a spike: the same method in u = exp(-(V - V_th) / Delta_T)."""
        u_peak = np.maximum(np.exp(-(self.V_peak - self.V_th) / self.Delta_T), 1e-30)

        def potential(u: np.ndarray) -> np.ndarray:
            return self.V_th - self.Delta_T * np.log(np.maximum(u, u_peak))

        def slope(t: float, u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = potential(u)
            du = (-self.g_L - np.maximum(u, u_peak) * others(V, w) / self.Delta_T) / self.C_m
            return du, (self.a * (V - self.E_L) - w) / self.tau_w

        u, w = runge_kutta(slope, np.exp(-(V - self.V_th) / self.Delta_T), w, dt)
        return np.where(u > u_peak, potential(u), self.V_peak), w

    def sensitivity(self, states: States) -> np.ndarray:
        return np.exp(np.clip((states["V"] - self.V_th) / self.Delta_T, 0, 20))
