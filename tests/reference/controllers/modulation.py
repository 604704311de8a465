"""A modulator moves a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference.registry import Numbers, Random, controller

from .controller import PARAMETERS, REACH, Place, Slow

if TYPE_CHECKING:
    from reference.modulators import Modulator
    from reference.simulator import Network, Population


def numbers(random: Random, _: object) -> Numbers:
    """The modulator of the tests is called "signal"."""
    target, mode = str(random.choice(PARAMETERS)), str(random.choice(["multiply", "add"]))
    slope = (0.01 if target in ("V_th", "E_L") else 0.5) if mode == "multiply" else REACH[target] / 2
    return {"parameter": target, "modulator": "signal", "slope": slope, "mode": mode}


@controller(numbers)
class Modulation(Slow):
    """A factor 1 + slope level, or an addend slope level, from a modulator's level."""

    of_projection = False
    needs_rule = False
    whole = True

    @classmethod
    def put_on(cls, place: Place, interval: int, **numbers: Any) -> None:
        modulator = place.net.modulators[numbers.pop("modulator")]
        place.net.modulate(place.population, modulator=modulator, interval=interval, **numbers)

    def __init__(
        self,
        net: Network,
        population: Population,
        parameter: str,
        modulator: Modulator,
        slope: float,
        mode: str,
        interval: int,
    ) -> None:
        self.net, self.modulator, self.slope, self.interval, self.made = net, modulator, slope, interval, net.k
        self.adjustment = net.adjustment(population, parameter)
        self.contribution = self.adjustment.contribute("factor" if mode == "multiply" else "addend")
        self.mode, self.states = mode, {}
        self.tick(net.k)

    def is_due(self, k: int) -> bool:
        return k > self.made and k % self.interval == 0

    def tick(self, k: int) -> None:
        level = self.modulator.left_limit(k)
        effect = self.slope * level + (1.0 if self.mode == "multiply" else 0.0)
        self.adjustment.contributions[self.contribution][1][:] = effect
        self.adjustment.put_in_force()
