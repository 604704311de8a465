"""Recorders of what controllers and laws of structure keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from plastica import coerce
from plastica.changes import claiming
from plastica.errors import suggestion
from plastica.recording import Columns
from plastica.saving import Put, Restoring, Sides

from .base import (
    DataFrame,
    Planned,
    Recorder,
    RecorderRecord,
    check_one,
    common,
    interval_of,
    of_a_parameter,
    pandas,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace


class Moving(Protocol):
    """What is asked of a controller, or of a law of structure at work."""

    _network: NetworkFace

    @property
    def name(self) -> str: ...
    @property
    def states(self) -> tuple[str, ...]: ...
    @property
    def parameters(self) -> tuple[str, ...]: ...
    def get(self, name: str) -> Any: ...
    def _begin_recording(self, state: str, steps: int) -> Callable[[], int]: ...


class MovedRecord(RecorderRecord):
    """What a network knows of a recorder of a controller."""

    __slots__ = ("size",)

    kind: ClassVar = "ControllerRecorder"
    numbers: ClassVar = frozenset({6, 7})

    def __init__(self, what: str, target: str, engine: list[int], start: int, size: int) -> None:
        super().__init__(what, target, engine, start)
        self.size = size  # of a sample

    @classmethod
    def offered(cls, controller: Moving) -> tuple[str, ...]:
        """What it can record."""
        return controller.states

    @classmethod
    def planned(cls, controller: Moving, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        check_one(what, f"controller '{controller.name}'")
        if what not in controller.states or sample is not None:
            known = suggestion(str(what), controller.states)
            if what in controller.parameters:
                known = f"{of_a_parameter(what, 'controller')} ({', '.join(controller.states)})"
            raise ValueError(
                f"controller '{controller.name}' can record a state, without a sample, not {what!r}; {known}"
            )
        network = controller._network
        begin = controller._begin_recording(what, interval_of(interval, what, network))
        size = len(controller.get(what))
        return Planned(cls(what, controller.name, [], network.engine().time_step, size), [begin])

    def _new_handle(self, network: NetworkFace) -> ControllerRecorder:
        return ControllerRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"size": self.size, **super()._own(put)}

    @classmethod
    def _compare(cls, told: Mapping[str, Any], index: int, sides: Sides) -> None:
        sides.same("a recorder's size", told["size"], sides.engine[f"recorder/{index}/width"])

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> MovedRecord:
        """The reverse of `state`."""
        return cls(*common(told), coerce.integer(told["size"], "size", low=1, high=2**31))


class ControllerRecorder(Recorder):
    """A state of a controller, at an interval."""

    _record: MovedRecord

    @property
    def values(self) -> NDArray[np.float64]:
        """The state of each neuron, shape (T, n)."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self._network.engine().weight_samples(self._record.engine[0])
        return {"steps": steps, "values": values.reshape(len(steps), self._record.size)}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``index`` and the state's name."""
        times, values = self.times, self.values
        index = np.tile(np.arange(self._record.size), len(times))
        columns = {"time": np.repeat(times, self._record.size), "index": index, self.what: values.ravel()}
        return pandas().DataFrame(columns)
