"""Receptors whose arrivals are currents or jumps."""

from __future__ import annotations

from dataclasses import dataclass

from reference.registry import per_neuron, receptor

from .receptor import Kernel, Receptor, Values, alpha_kernel, exponential_kernel


@receptor(per_neuron())
@dataclass(kw_only=True)
class CurrentDelta(Receptor):
    """V += w (mV)."""

    kind = "delta"
    strength = 3.0


@receptor(per_neuron(tau=(0.5, 10)))
@dataclass(kw_only=True)
class CurrentExp(Receptor):
    tau: Values

    kind = "current"
    strength = 0.75
    changeable = ("tau",)

    def kernel(self) -> Kernel:
        return exponential_kernel(self.tau)


@receptor(per_neuron(tau=(0.5, 10)))
@dataclass(kw_only=True)
class CurrentAlpha(Receptor):
    tau: Values

    kind = "current"
    strength = 0.6
    changeable = ("tau",)

    def kernel(self) -> Kernel:
        return alpha_kernel(self.tau)
