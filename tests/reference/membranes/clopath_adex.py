"""The adaptive exponential neuron of Clopath and colleagues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from reference.receptors import Channel, Receptor, Values
from reference.registry import membrane, per_neuron

from .membrane import Membrane, States, mean_conductances, mean_current, round_half_up, runge_kutta

Currents = Callable[
    [float, np.ndarray, np.ndarray], np.ndarray
]  # of the time in the step, V and w: all but that of the spike


@membrane(
    per_neuron(
        C_m=(100, 300),
        g_L=(8, 30),
        E_L=(-72, -65),
        V_th_rest=(-55, -50),
        V_th_max=(-45, -30),
        tau_V_th=(10, 80),
        Delta_T=(1, 3),
        V_peak=(-20, 25),
        V_clamp=(20, 40),
        t_clamp=(0, 3),
        V_reset=(-72, -48),
        t_ref=(0, 3),
        a=(-2, 5),
        b=(0, 100),
        tau_w=(20, 150),
        I_sp=(0, 400),
        tau_z=(10, 50),
        I_e=(-50, 1200),
    )
)
@dataclass(kw_only=True)
class ClopathAdEx(Membrane):
    """AdEx with a threshold and a depolarising current of its spikes, which are V_clamp high and t_clamp long."""

    C_m: Values
    g_L: Values
    E_L: Values
    V_th_rest: Values
    V_th_max: Values
    tau_V_th: Values
    Delta_T: Values
    V_peak: Values
    V_clamp: Values
    t_clamp: Values
    V_reset: Values
    t_ref: Values
    a: Values
    b: Values
    tau_w: Values
    I_sp: Values
    tau_z: Values
    I_e: Values = 0.0
    receptors: Mapping[str, Receptor] = field(default_factory=dict)

    beginning = {"V": (-70, -59), "w": (-20, 50)}  # noqa: RUF012

    def initial(self) -> States:
        n = len(self.E_L)
        zeros = {"w": np.zeros(n), "z": np.zeros(n), "refractory": np.zeros(n, dtype=int)}
        return {"V": self.E_L.copy(), "V_th": self.V_th_rest.copy(), **zeros}

    def threshold(self, V_th: np.ndarray, t: float) -> np.ndarray:
        return self.V_th_rest + (V_th - self.V_th_rest) * np.exp(-t / self.tau_V_th)

    def update(
        self, states: States, channels: list[Channel], kick: np.ndarray, injected: np.ndarray, dt: float
    ) -> np.ndarray:
        clamp_steps, reset_steps = round_half_up(self.t_clamp / dt), round_half_up(self.t_ref / dt)
        left = states["refractory"]
        held, spiking = left > 0, left > reset_steps
        V, w = np.where(held, self.V_reset, states["V"] + kick), states["w"]
        V_th, z = states["V_th"], states["z"]
        current = mean_current(channels, self.I_e + injected)
        g, g_E = mean_conductances(channels, V)

        def others(t: float, V: np.ndarray, w: np.ndarray) -> np.ndarray:
            return -self.g_L * (V - self.E_L) - w + z * np.exp(-t / self.tau_z) + g_E - g * V + current

        smooth = self.smooth_step(V, w, V_th, others, held, dt)
        swinging = ~held & np.greater(V, V_th + 2 * self.Delta_T)
        steep = self.step_of_upswing(np.where(swinging, V, V_th), w, V_th, others, dt)
        V, w = (np.where(swinging, *both) for both in zip(steep, smooth, strict=True))

        fired = ~held & np.greater_equal(V, self.V_peak)
        left = np.where(fired, clamp_steps + reset_steps, np.maximum(left - 1, 0))
        states["refractory"] = left
        states["V"] = np.where(left > reset_steps, self.V_clamp, np.where(fired, self.V_reset, V))
        # while the spike lasts, everything but V stands still
        states["w"] = np.where(fired, w + self.b, np.where(spiking, states["w"], w))
        states["z"] = np.where(fired, self.I_sp, np.where(spiking, z, z * np.exp(-dt / self.tau_z)))
        states["V_th"] = np.where(fired, self.V_th_max, np.where(spiking, V_th, self.threshold(V_th, dt)))
        return fired

    def smooth_step(
        self, V: np.ndarray, w: np.ndarray, V_th: np.ndarray, others: Currents, held: np.ndarray, dt: float
    ) -> tuple[np.ndarray, np.ndarray]:
        def slope(t: float, V: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = np.minimum(V, self.V_peak)
            exponent = np.minimum((V - self.threshold(V_th, t)) / self.Delta_T, 20)
            dV = (others(t, V, w) + self.g_L * self.Delta_T * np.exp(exponent)) / self.C_m
            return np.where(held, 0, dV), (self.a * (V - self.E_L) - w) / self.tau_w

        return runge_kutta(slope, V, w, dt)

    def step_of_upswing(
        self, V: np.ndarray, w: np.ndarray, V_th: np.ndarray, others: Currents, dt: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """In the upswing of a spike: the same method in u = exp(-(V - V_th) / Delta_T), V_th as the step starts."""
        u_peak = np.maximum(np.exp(-(self.V_peak - V_th) / self.Delta_T), 1e-30)

        def potential(u: np.ndarray) -> np.ndarray:
            return V_th - self.Delta_T * np.log(np.maximum(u, u_peak))

        def slope(t: float, u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = potential(u)
            spike = self.g_L * np.exp((V_th - self.threshold(V_th, t)) / self.Delta_T)
            du = -(spike + np.maximum(u, u_peak) * others(t, V, w) / self.Delta_T) / self.C_m
            return du, (self.a * (V - self.E_L) - w) / self.tau_w

        u, w = runge_kutta(slope, np.exp(-(V - V_th) / self.Delta_T), w, dt)
        return np.where(u > u_peak, potential(u), self.V_peak), w

    def sensitivity(self, states: States) -> np.ndarray:
        return np.exp(np.clip((states["V"] - states["V_th"]) / self.Delta_T, 0, 20))
