"""Guards: watchers that stop or report a run when activity or weights leave a band."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from . import coerce
from .adjusting import Adjustable, address_of
from .changes import Change, added
from .handle import NamedHandle, NamedRecord, Record, free_name
from .saving import Put, Restoring, Sides, text

if TYPE_CHECKING:
    from . import _native
    from .faces import NetworkFace


class GuardEvent(NamedTuple):
    """A moment at which a guard found its value out of the band."""

    time: float  # ms
    value: float


class GuardRecord(NamedRecord["Guard"]):
    """What a network knows of a guard."""

    __slots__ = ("band", "target", "warned", "what")

    kind = "guard"

    def __init__(
        self,
        index: int,
        name: str,
        target: Record[Any],
        what: str,
        band: tuple[float, float],
        warned: bool = False,
    ) -> None:
        super().__init__(index, name)
        self.target, self.what, self.band, self.warned = target, what, band, warned

    def _new_handle(self, network: NetworkFace) -> Guard:
        return Guard(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the guard."""
        return {
            "name": self.name,
            "target": self.target.reference(put),
            "what": self.what,
            "band": list(self.band),
            "warned": self.warned,
            "active": core.guard_active(self.index),
        }

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> GuardRecord:
        """The reverse of `state`."""
        name, target = known.free(told["name"], cls.kind), known.target(told["target"])
        low, high = (coerce.number(bound, "band", infinite=(-inf, inf)) for bound in told["band"])
        return cls(number, name, target, text(told["what"]), (low, high), coerce.flag(told["warned"], "warned"))

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the guard."""
        has = sides.listed(f"guard/{number}", "owner", "target")
        sides.same(f"guard {number}", sides.address(told["target"]), has)


class Guard(NamedHandle[GuardRecord]):
    """Watches the mean rate of neurons or the weights of a projection; made by `Network.guard`."""

    place = "guards"

    @property
    def target(self) -> Any:
        """What is watched: neurons or a projection."""
        return self._record.target.handle(self._network)

    @property
    def what(self) -> str:
        """``"rate"`` or ``"weight"``."""
        return self._record.what

    @property
    def band(self) -> tuple[float, float]:
        """The lowest and the highest value that are in order."""
        return self._record.band

    @property
    def warned(self) -> bool:
        """Whether there has been a warning, or an error, of what it saw."""
        return self._record.warned

    @property
    def active(self) -> bool:
        """Whether it watches."""
        return self._network.engine().guard_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        self._network.engine().set_guard_active(self.index, coerce.flag(value, f"active of guard '{self.name}'"))

    @property
    def events(self) -> list[GuardEvent]:
        """Every look that found the value out of the band, in the order of time."""
        events = self._network.engine().guard_events(self.index)
        return [GuardEvent(self._network.clock.ms(step), value) for step, value in events]

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


def planned(
    network: NetworkFace,
    guards: dict[str, GuardRecord],
    target: Any,
    bands: Mapping[str, Any],
    *,
    window: float,
    action: str,
    name: str | None,
) -> tuple[GuardRecord, list[Change]]:
    """A guard, and the changes that add it: see `Network.guard`. `bands`: by what is watched."""
    address = address_of(target, network, "target")
    what = cast("Adjustable", target)._watched
    given = [each for each, band in bands.items() if band is not None]
    if bands.get(what) is None or len(given) > 1:
        raise TypeError("a guard watches the rate=(low, high) of neurons or the weight=(low, high) of a projection")
    name = free_name(name, "guard", guards)
    low, high = _band_of(bands[what], f"guard '{name}': {what}")
    coerce.choice(action, "action", ("stop", "report"))
    steps = network.clock.steps(window, "window", minimum=1)
    record = GuardRecord(-1, name, target._record, what, (low, high))
    add = partial(network.engine().add_guard, *address, low, high, steps, action == "stop")
    return record, added(guards, record, add)


def _band_of(value: Any, what: str) -> tuple[float, float]:
    """A lower and a higher number; infinity is allowed."""
    try:
        first, last = value
    except (TypeError, ValueError):
        raise TypeError(f"{what} = {coerce.shown(value)} must be a band (low, high)") from None
    low, high = (coerce.number(bound, what, infinite=[-inf, inf]) for bound in (first, last))
    if not low < high:
        raise ValueError(f"{what} = ({low:g}, {high:g}) must go from a lower to a higher value")
    return low, high
