"""Membranes: what one step of `dt` does to the neurons of a population.

`update` changes the states in place and returns which neurons spike, with the stamp of the step's end. `channels` are
the receptors after the jumps of the step's start, not yet advanced; `kick` is the sum of the `CurrentDelta` arrivals
(mV); `injected` the current that is constant over the step (pA).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .receptors import Channel, Receptor, Values

States = dict[str, np.ndarray]


def round_half_up(x: np.ndarray) -> np.ndarray:
    return np.floor(np.asarray(x) + 0.5).astype(int)


def mean_current(channels: list[Channel], constant: np.ndarray) -> np.ndarray:
    """The mean over the step of every current that does not depend on V (pA)."""
    total = constant.copy()
    for channel in channels:
        if channel.receptor.kind == "current":
            total += channel.mean()
    return total


def mean_conductances(channels: list[Channel], V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the mean conductances (nS), unblocked at V, and the sum of them times their reversal (pA)."""
    conductance, reversal_current = np.zeros_like(V), np.zeros_like(V)
    for channel in channels:
        if channel.receptor.kind == "conductance":
            g = channel.mean() * channel.receptor.open_fraction(V)
            conductance += g
            reversal_current += g * channel.receptor.E_rev
    return conductance, reversal_current


@dataclass(kw_only=True)
class LIF:
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


@dataclass(kw_only=True)
class AdEx:
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

        def slope(V: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = np.minimum(V, self.V_peak)
            spike_current = self.g_L * self.Delta_T * np.exp(np.minimum((V - self.V_th) / self.Delta_T, 20))
            dV = (-self.g_L * (V - self.E_L) + spike_current - w + g_E - g * V + current) / self.C_m
            dw = (self.a * (V - self.E_L) - w) / self.tau_w
            return np.where(held, 0, dV), dw

        V1, w1 = slope(V, w)
        V2, w2 = slope(V + dt / 2 * V1, w + dt / 2 * w1)
        V3, w3 = slope(V + dt / 2 * V2, w + dt / 2 * w2)
        V4, w4 = slope(V + dt * V3, w + dt * w3)
        smooth_V = V + dt / 6 * (V1 + 2 * V2 + 2 * V3 + V4)
        smooth_w = w + dt / 6 * (w1 + 2 * w2 + 2 * w3 + w4)

        # In the upswing of a spike: the same method in u = exp(-(V - V_th) / Delta_T).
        u_peak = np.maximum(np.exp(-(self.V_peak - self.V_th) / self.Delta_T), 1e-30)

        def potential(u: np.ndarray) -> np.ndarray:
            return self.V_th - self.Delta_T * np.log(np.maximum(u, u_peak))

        def slope_of_u(u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = potential(u)
            others = -self.g_L * (V - self.E_L) - w + g_E - g * V + current
            du = (-self.g_L - np.maximum(u, u_peak) * others / self.Delta_T) / self.C_m
            return du, (self.a * (V - self.E_L) - w) / self.tau_w

        swinging = ~held & np.greater(V, self.V_th + 2 * self.Delta_T)
        u = np.exp(-(np.where(swinging, V, self.V_th) - self.V_th) / self.Delta_T)
        u1, w1 = slope_of_u(u, w)
        u2, w2 = slope_of_u(u + dt / 2 * u1, w + dt / 2 * w1)
        u3, w3 = slope_of_u(u + dt / 2 * u2, w + dt / 2 * w2)
        u4, w4 = slope_of_u(u + dt * u3, w + dt * w3)
        u = u + dt / 6 * (u1 + 2 * u2 + 2 * u3 + u4)
        steep_V = np.where(u > u_peak, potential(u), self.V_peak)
        steep_w = w + dt / 6 * (w1 + 2 * w2 + 2 * w3 + w4)
        V, w = np.where(swinging, steep_V, smooth_V), np.where(swinging, steep_w, smooth_w)

        fired = ~held & np.greater_equal(V, self.V_peak)
        states["V"] = np.where(fired, self.V_reset, V)
        states["w"] = np.where(fired, w + self.b, w)
        steps = round_half_up(self.t_ref / dt)
        states["refractory"] = np.where(fired, steps, np.maximum(states["refractory"] - 1, 0))
        return fired


@dataclass(kw_only=True)
class ClopathAdEx:
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

        def slope(t: float, V: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = np.minimum(V, self.V_peak)
            exponent = np.minimum((V - self.threshold(V_th, t)) / self.Delta_T, 20)
            others = -self.g_L * (V - self.E_L) - w + z * np.exp(-t / self.tau_z) + g_E - g * V + current
            dV = (others + self.g_L * self.Delta_T * np.exp(exponent)) / self.C_m
            return np.where(held, 0, dV), (self.a * (V - self.E_L) - w) / self.tau_w

        smooth_V, smooth_w = runge_kutta(slope, V, w, dt)

        # In the upswing of a spike: the same method in u = exp(-(V - V_th) / Delta_T), V_th as the step starts.
        u_peak = np.maximum(np.exp(-(self.V_peak - V_th) / self.Delta_T), 1e-30)

        def potential(u: np.ndarray) -> np.ndarray:
            return V_th - self.Delta_T * np.log(np.maximum(u, u_peak))

        def slope_of_u(t: float, u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            V = potential(u)
            others = -self.g_L * (V - self.E_L) - w + z * np.exp(-t / self.tau_z) + g_E - g * V + current
            spike = self.g_L * np.exp((V_th - self.threshold(V_th, t)) / self.Delta_T)
            du = -(spike + np.maximum(u, u_peak) * others / self.Delta_T) / self.C_m
            return du, (self.a * (V - self.E_L) - w) / self.tau_w

        swinging = ~held & np.greater(V, V_th + 2 * self.Delta_T)
        u = np.exp(-(np.where(swinging, V, V_th) - V_th) / self.Delta_T)
        u, steep_w = runge_kutta(slope_of_u, u, w, dt)
        steep_V = np.where(u > u_peak, potential(u), self.V_peak)
        V, w = np.where(swinging, steep_V, smooth_V), np.where(swinging, steep_w, smooth_w)

        fired = ~held & np.greater_equal(V, self.V_peak)
        left = np.where(fired, clamp_steps + reset_steps, np.maximum(left - 1, 0))
        states["refractory"] = left
        states["V"] = np.where(left > reset_steps, self.V_clamp, np.where(fired, self.V_reset, V))
        # while the spike lasts, everything but V stands still
        states["w"] = np.where(fired, w + self.b, np.where(spiking, states["w"], w))
        states["z"] = np.where(fired, self.I_sp, np.where(spiking, z, z * np.exp(-dt / self.tau_z)))
        states["V_th"] = np.where(fired, self.V_th_max, np.where(spiking, V_th, self.threshold(V_th, dt)))
        return fired


def runge_kutta(
    slope: Callable[[float, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    x: np.ndarray,
    y: np.ndarray,
    h: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One classical step of fourth order; `slope` takes the time since the start of the step."""
    x1, y1 = slope(0.0, x, y)
    x2, y2 = slope(h / 2, x + h / 2 * x1, y + h / 2 * y1)
    x3, y3 = slope(h / 2, x + h / 2 * x2, y + h / 2 * y2)
    x4, y4 = slope(h, x + h * x3, y + h * y3)
    return x + h / 6 * (x1 + 2 * x2 + 2 * x3 + x4), y + h / 6 * (y1 + 2 * y2 + 2 * y3 + y4)


@dataclass(kw_only=True)
class Izhikevich:
    a: Values
    b: Values
    c: Values
    d: Values
    V_peak: Values
    I_e: Values = 0.0
    receptors: Mapping[str, Receptor] = field(default_factory=dict)

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


@dataclass(kw_only=True)
class Relay:
    """Spikes one step after arrivals on its only receptor, "input", whose weights sum to more than 0.

    The simulator does it.
    """
