"""Drugs, as factors on one parameter each: for `Network.apply`.

A dose is in units of the concentration of half effect (IC50 or EC50), so that no unit of concentration is needed: a
dose of 1 has half of the greatest effect. Blockers leave 1/(1 + dose) of what they block, enhancers add their greatest
effect times dose/(1 + dose): Hill's equation with an exponent of 1, the form of binding one site. The factor follows
the dose monotonically from 1 at dose 0.
"""

from __future__ import annotations

from typing import NamedTuple

from . import coerce

__all__ = [
    "Drug",
    "anisomycin",
    "ap5",
    "bicuculline",
    "carbachol",
    "diazepam",
    "four_ap",
    "gabazine",
    "isoproterenol",
    "ketamine",
    "nbqx",
    "ttx",
]


class Drug(NamedTuple):
    """A drug at a dose: what it multiplies, and by how much."""

    name: str
    dose: float
    acts_on: str  # the parameter
    factor: float


def _blocker(name: str, dose: float, acts_on: str) -> Drug:
    amount, acts_on = _checked(name, dose), coerce.text(acts_on, f"{name}: acts_on")
    return Drug(name, amount, acts_on, 1 / (1 + amount))


def _enhancer(name: str, dose: float, acts_on: str, greatest: float) -> Drug:
    amount, acts_on = _checked(name, dose), coerce.text(acts_on, f"{name}: acts_on")
    share = 1.0 if amount == float("inf") else amount / (1 + amount)
    return Drug(name, amount, acts_on, 1 + greatest * share)


def _checked(name: str, dose: float) -> float:
    amount = coerce.number(dose, f"{name}: dose", infinite=[float("inf")])
    if amount < 0:
        raise ValueError(f"{name}: dose = {coerce.shown(amount)} must be at least 0")
    return amount


def ttx() -> Drug:
    """Tetrodotoxin blocks sodium channels: no spikes leave the neurons. Takes a population or a view."""
    return Drug("ttx", float("inf"), "spikes", 0.0)


def gabazine(dose: float = 1.0, *, acts_on: str = "gaba.gain") -> Drug:
    """Blocks GABA_A receptors, competitively: the gain of an inhibitory receptor times 1/(1 + dose)."""
    return _blocker("gabazine", dose, acts_on)


def bicuculline(dose: float = 1.0, *, acts_on: str = "gaba.gain") -> Drug:
    """Blocks GABA_A receptors, as gabazine does: the gain of an inhibitory receptor times 1/(1 + dose)."""
    return _blocker("bicuculline", dose, acts_on)


def nbqx(dose: float = 1.0, *, acts_on: str = "ampa.gain") -> Drug:
    """Blocks AMPA receptors: the gain of the receptor times 1/(1 + dose)."""
    return _blocker("nbqx", dose, acts_on)


def ap5(dose: float = 1.0, *, acts_on: str = "nmda.gain") -> Drug:
    """AP5 (APV) blocks NMDA receptors: their gain times 1/(1 + dose).

    Where a rule stands for them, give the projection and the parameter that needs them: ``acts_on="A3_plus"`` of
    `TripletSTDP`, ``"C_pre"`` or ``"gamma_p"`` of `CalciumSTDP`.
    """
    return _blocker("ap5", dose, acts_on)


def ketamine(dose: float = 1.0, *, acts_on: str = "nmda.gain") -> Drug:
    """Blocks NMDA receptors, of interneurons first: give it to these, their gain times 1/(1 + dose)."""
    return _blocker("ketamine", dose, acts_on)


def diazepam(dose: float = 1.0, *, acts_on: str = "gaba.tau") -> Drug:
    """Prolongs inhibitory currents: the time constant of the receptor times 1 + 0.7 dose/(1 + dose), 1.7 at most."""
    return _enhancer("diazepam", dose, acts_on, 0.7)


def four_ap(dose: float = 1.0, *, acts_on: str = "U") -> Drug:
    """4-aminopyridine broadens presynaptic spikes: the release probability of a projection times 1 + dose/(1 + dose).

    It doubles at most; where it would exceed 1, that is an error.
    """
    return _enhancer("four_ap", dose, acts_on, 1.0)


def anisomycin(dose: float = float("inf"), *, acts_on: str = "synthesis") -> Drug:
    """Blocks the synthesis of proteins: of `TaggingTrigger` and `TaggingCapture`, times 1/(1 + dose), by default 0."""
    return _blocker("anisomycin", dose, acts_on)


def carbachol(dose: float = 1.0, *, acts_on: str = "A_minus") -> Drug:
    """Cholinergic agonist, here as what promotes depression: its amplitude times 1 + dose/(1 + dose).

    In a network with a modulator for acetylcholine, raise its baseline instead.
    """
    return _enhancer("carbachol", dose, acts_on, 1.0)


def isoproterenol(dose: float = 1.0, *, acts_on: str = "A_plus") -> Drug:
    """Beta-adrenergic agonist, here as what promotes potentiation: its amplitude times 1 + dose/(1 + dose).

    In a network with a modulator for noradrenaline, raise its baseline instead.
    """
    return _enhancer("isoproterenol", dose, acts_on, 1.0)
