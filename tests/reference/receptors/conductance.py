"""Receptors whose arrivals are conductances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.registry import per_neuron, receptor

from .receptor import Kernel, Receptor, Values, alpha_kernel, biexponential_kernel, exponential_kernel


@receptor(per_neuron(tau=(0.5, 10), E_rev=(-90, 10)))
@dataclass(kw_only=True)
class ConductanceExp(Receptor):
    tau: Values
    E_rev: Values

    kind = "conductance"
    changeable = ("tau",)

    def kernel(self) -> Kernel:
        return exponential_kernel(self.tau)


@receptor(per_neuron(tau=(0.5, 10), E_rev=(-90, 10)))
@dataclass(kw_only=True)
class ConductanceAlpha(Receptor):
    tau: Values
    E_rev: Values

    kind = "conductance"
    changeable = ("tau",)

    def kernel(self) -> Kernel:
        return alpha_kernel(self.tau)


@receptor(per_neuron(tau_rise=(0.3, 2), tau_decay=(3, 50), E_rev=(-90, 10)))
@dataclass(kw_only=True)
class ConductanceBiExp(Receptor):
    tau_rise: Values
    tau_decay: Values
    E_rev: Values

    kind = "conductance"

    def kernel(self) -> Kernel:
        return biexponential_kernel(self.tau_rise, self.tau_decay)


@receptor(per_neuron(tau_rise=(0.3, 2), tau_decay=(3, 50), E_rev=(-90, 10), Mg=(0, 2)))
@dataclass(kw_only=True)
class NMDA(Receptor):
    tau_rise: Values
    tau_decay: Values
    E_rev: Values
    Mg: Values

    kind = "conductance"

    def kernel(self) -> Kernel:
        return biexponential_kernel(self.tau_rise, self.tau_decay)

    def open_fraction(self, V: np.ndarray) -> np.ndarray:
        """The part that magnesium does not block."""
        return 1 / (1 + self.Mg / 3.57 * np.exp(-0.062 * V))
