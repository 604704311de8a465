"""What modules see of a network and of its neurons without knowing their classes, which are made of these modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from . import _native
    from .clock import Clock
    from .saving import Put


class NetworkFace(Protocol):
    """A network, as its parts see it."""

    clock: Clock
    _modifiers: dict[str, Any]
    _recorders: list[Any]

    @property
    def time(self) -> float:
        """The moment the network is at, in ms."""

    @property
    def dt(self) -> float:
        """The step of time in ms."""

    @property
    def populations(self) -> Mapping[str, Any]:
        """Populations by name."""

    def engine(self) -> _native.Core:
        """The native network."""


class PopulationFace(Protocol):
    """A population, as whoever keeps values of its neurons sees it."""

    @property
    def index(self) -> int:
        """The number by which the engine knows the population."""

    @property
    def name(self) -> str:
        """Name of the population."""

    @property
    def size(self) -> int:
        """Number of neurons."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """Every variable of the neurons."""

    @property
    def states(self) -> tuple[str, ...]:
        """Names of those variables that change by themselves."""


class NeuronsFace(Protocol):
    """A population or a view of one, as whoever keeps values of its neurons sees it."""

    _network: NetworkFace
    _record: Any

    @property
    def name(self) -> str:
        """Name of the population; a view adds how many neurons it has."""

    @property
    def _recordable(self) -> tuple[str, ...]:
        """Names of what can be recorded."""

    @property
    def native_ids(self) -> NDArray[np.uint32] | None:
        """Indices of the neurons as the engine takes them: None for all."""

    @property
    def population(self) -> PopulationFace:
        """The population the neurons belong to."""

    def __len__(self) -> int:
        """Number of neurons."""

    def __getitem__(self, key: Any) -> NeuronsFace:
        """A view of some of the neurons."""


class NeuronsRecordFace(Protocol):
    """What a network knows of a population or a view of one, as whoever refers to the neurons sees it."""

    @property
    def size(self) -> int:
        """Number of neurons."""

    def handle(self, network: NetworkFace) -> Any:
        """The neurons as users see them."""

    def reference(self, put: Put) -> dict[str, Any]:
        """What a file says where another part refers to them."""
