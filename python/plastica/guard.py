"""Guards: watchers that stop or report a run when activity or weights leave a band."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from . import coerce
from .handle import Handle

if TYPE_CHECKING:
    from .network import Network


class GuardEvent(NamedTuple):
    """A moment at which a guard found its value out of the band."""

    time: float  # ms
    value: float


class Guard(Handle):
    """Watches the mean rate of neurons or the weights of a projection; made by `Network.guard`."""

    place = "guards"

    def __init__(
        self, network: Network, index: int, name: str, target: Any, what: str, band: tuple[float, float]
    ) -> None:
        self.network, self.index, self.name, self.target, self.what, self.band = (
            network,
            index,
            name,
            target,
            what,
            band,
        )
        self.warned = False

    @property
    def active(self) -> bool:
        """Whether it watches."""
        return self.network.engine().guard_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        self.network.engine().set_guard_active(self.index, coerce.flag(value, f"active of guard '{self.name}'"))

    @property
    def events(self) -> list[GuardEvent]:
        """Every look that found the value out of the band, in the order of time."""
        events = self.network.engine().guard_events(self.index)
        return [GuardEvent(self.network.clock.ms(step), value) for step, value in events]

    def message(self, event: GuardEvent) -> str:
        """An event in words."""
        unit = " Hz" if self.what == "rate" else ""
        low, high = self.band
        return (
            f"guard '{self.name}': the {self.what} of '{self.target.name}' is {event.value:.6g}{unit} at "
            f"{event.time:g} ms, out of the band from {low:g} to {high:g}{unit}"
        )

    def __repr__(self) -> str:
        return f"<Guard '{self.name}': {self.what} of {self.target.name} from {self.band[0]:g} to {self.band[1]:g}>"


def band_of(value: Any, what: str) -> tuple[float, float]:
    """A lower and a higher number; infinity is allowed."""
    try:
        first, last = value
    except (TypeError, ValueError):
        raise TypeError(f"{what} = {coerce.shown(value)} must be a band (low, high)") from None
    low, high = (coerce.number(bound, what, infinite=[-inf, inf]) for bound in (first, last))
    if not low < high:
        raise ValueError(f"{what} = ({low:g}, {high:g}) must go from a lower to a higher value")
    return low, high
