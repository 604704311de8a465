"""What there is in a network: the engine, the clock, and populations, projections and so on by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from . import _native, coerce
from .changes import Change, perform
from .clock import LEAST_DT, MOST_DT, Clock
from .handle import ByName, Guided, InOrder, Record

if TYPE_CHECKING:
    from .controller import Controller, ControllerRecord
    from .drive import Drive, DriveRecord
    from .guard import Guard, GuardRecord
    from .modifier import Modifier, ModifierRecord
    from .modulator import Modulator, ModulatorRecord
    from .population import Population, PopulationRecord
    from .projection import Projection, ProjectionRecord
    from .recorders import Recorder, RecorderRecord
    from .rewiring import Rewiring, RewiringRecord

H = TypeVar("H")


class Contents(Guided):
    """What a network holds. It holds records, not handles: what a network holds must not hold the network."""

    def __init__(
        self,
        dt: float = 0.1,
        *,
        seed: int = 1,
        threads: int | None = None,
        precision: Literal["single", "double"] = "single",
    ) -> None:
        step = coerce.number(dt, "dt", "ms")
        if not LEAST_DT <= step <= MOST_DT:
            bounds = f"at least {LEAST_DT:g} ms and at most {MOST_DT:g} ms"
            raise ValueError(f"dt = {coerce.shown(dt, 'ms')} must be above 0 ms: {bounds}")
        number = 0 if threads is None else coerce.integer(threads, "threads", low=1, high=1024)
        seed = coerce.integer(seed, "seed", low=0, high=2**64 - 1)
        coerce.choice(precision, "precision", ("single", "double"))
        self._core = _native.Core(step, seed, number, precision)
        self.clock = Clock(step)
        self._populations: dict[str, PopulationRecord] = {}
        self._projections: dict[str, ProjectionRecord] = {}
        self._drives: dict[str, DriveRecord] = {}
        self._modulators: dict[str, ModulatorRecord] = {}
        self._controllers: dict[str, ControllerRecord | RewiringRecord] = {}
        self._modifiers: dict[str, ModifierRecord] = {}
        self._guards: dict[str, GuardRecord] = {}
        self._recorders: list[RecorderRecord] = []

    @property
    def time(self) -> float:
        """The moment the network is at, in ms."""
        return self.clock.ms(self._core.time_step)

    @property
    def dt(self) -> float:
        """The step of time in ms."""
        return self.clock.dt

    @property
    def seed(self) -> int:
        """The seed of all random numbers."""
        return self._core.seed

    @property
    def threads(self) -> int:
        """The most threads that the network runs on."""
        return self._core.threads

    @property
    def precision(self) -> str:
        """``"single"`` or ``"double"``."""
        return self._core.precision

    @property
    def populations(self) -> Mapping[str, Population]:
        """Populations by name, in the order they were made."""
        return ByName(self, self._populations, "populations")

    @property
    def projections(self) -> Mapping[str, Projection]:
        """Projections by name, in the order they were made."""
        return ByName(self, self._projections, "projections")

    @property
    def drives(self) -> Mapping[str, Drive]:
        """Drives by name, in the order they were made."""
        return ByName(self, self._drives, "drives")

    @property
    def modulators(self) -> Mapping[str, Modulator]:
        """Modulators by name, in the order they were made."""
        return ByName(self, self._modulators, "modulators")

    @property
    def controllers(self) -> Mapping[str, Controller | Rewiring]:
        """Controllers by name, in the order they were made."""
        return ByName(self, self._controllers, "controllers")

    @property
    def modifiers(self) -> Mapping[str, Modifier]:
        """Modifiers by name, in the order they were made; without those that have been removed."""
        return ByName(self, self._modifiers, "modifiers")

    @property
    def guards(self) -> Mapping[str, Guard]:
        """Guards by name, in the order they were made."""
        return ByName(self, self._guards, "guards")

    @property
    def recorders(self) -> Sequence[Recorder]:
        """Recorders in the order they were made."""
        return InOrder(self, self._recorders)

    def engine(self) -> _native.Core:
        """The native network, for the parts of this package. It refuses calls while another thread uses it."""
        return self._core

    def _registries(self) -> dict[str, dict[str, Any]]:
        """Records by name, by what the network calls them, for the parts of this package."""
        return {
            "populations": self._populations,
            "projections": self._projections,
            "drives": self._drives,
            "modulators": self._modulators,
            "controllers": self._controllers,
            "modifiers": self._modifiers,
            "guards": self._guards,
        }

    def _made(self, record: Record[H], changes: Sequence[Change]) -> H:
        """The handle of a thing that the changes make."""
        perform(changes)
        return record.handle(self)
