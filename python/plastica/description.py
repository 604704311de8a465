"""What a network is made of as a text, and back: everything that Python knows of it and the engine does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import coerce, losses
from .controller import Controller, ControllerRecord
from .drive import DriveRecord
from .errors import CheckpointError
from .guard import GuardRecord
from .modifier import ModifierRecord
from .modulator import Modulator, ModulatorRecord
from .population import Neurons, PopulationRecord
from .projection import Projection, ProjectionRecord
from .recorders import Recordable, RecorderRecord
from .recording import Stream
from .rewiring import Rewiring, RewiringRecord
from .saving import Get, Put, Restoring, Sides, index_of, require, text

if TYPE_CHECKING:
    from .contents import Contents
    from .handle import NamedRecord

_DESCRIBED = 1 << 25  # bytes that recording.json may have where a checkpoint does not say it

# Where a file lists things, in an order in which each refers to earlier ones only, and what they can be.
_PLACES: dict[str, tuple[type[NamedRecord[Any]], ...]] = {
    "populations": (PopulationRecord,),
    "modulators": (ModulatorRecord,),
    "projections": (ProjectionRecord,),
    "drives": (DriveRecord,),
    "controllers": (RewiringRecord, ControllerRecord),
    "modifiers": (ModifierRecord,),
    "guards": (GuardRecord,),
}
_BY_NUMBER = ("populations", "modulators", "projections", "drives", "guards")  # by which the engine knows them, all

_RECORDABLE: tuple[type[Recordable], ...] = (Neurons, Projection, Modulator, Controller, Rewiring)
_RECORDERS = {kind.kind: kind for thing in _RECORDABLE for kind in thing._kinds_of_recorders}


def describe(network: Contents, put: Put) -> dict[str, Any]:
    """The network's populations, projections and so on, in the order they were made."""
    core, registries = network.engine(), network._registries()
    things = {place: [thing.state(put, core) for thing in registries[place].values()] for place in _PLACES}
    return {**things, "recorders": [recorder.state(put, core) for recorder in network._recorders]}


def compare(saved: Mapping[str, Any], engine: Mapping[str, Any]) -> None:
    """What Python is told of a network must be what the engine was told."""
    sides = Sides(saved, engine)
    for place in _BY_NUMBER:
        sides.same(place, len(saved[place]), engine[place])
    for place in _PLACES:
        for number, told in enumerate(saved[place]):
            _kind_of(place, told).compare(number, told, sides)
    for told in saved["recorders"]:
        _RECORDERS[told["kind"]].compare(told, sides)


def check_sides(saved: Mapping[str, Any], engine: Mapping[str, Any]) -> None:
    """What Python and the engine of one network know of it must be the same.

    Raises
    ------
    RuntimeError
        If it is not.
    """
    try:
        compare(saved, engine)
        told, has = len(saved["controllers"]), engine["controllers"] + engine["rewirings"]
        require(told == has, f"controllers is {told} here and {has} there")
    except (CheckpointError, LookupError) as error:
        raise RuntimeError(
            f"this network cannot be saved: the engine has other parts than Python knows of ({error}), and the file "
            "could not be loaded; load the last file that was saved, or build the network again"
        ) from None


def restore(network: Contents, saved: Mapping[str, Any], get: Get) -> None:
    """Gives an engine that has been loaded its parts; the reverse of `describe`."""
    registries = network._registries()
    known = Restoring({place.removesuffix("s"): things for place, things in registries.items()}, get)
    for place in _PLACES:
        for number, told in enumerate(saved[place]):
            record = _kind_of(place, told).restored(number, told, known)
            registries[place][record.name] = record
    for told in saved["recorders"]:
        recorder = _RECORDERS[told["kind"]].restored(told, known)
        recorder.stream = _stream(told["stream"], recorder)
        network._recorders.append(recorder)


def _kind_of(place: str, told: Mapping[str, Any]) -> type[NamedRecord[Any]]:
    """What a thing is of which a file tells."""
    return next(kind for kind in _PLACES[place] if kind.is_of(told))


def _stream(saved: Any, recorder: RecorderRecord) -> Stream | None:
    """The recording that a recorder had begun, if it is still there: a file can name any folder."""
    if saved is None:
        return None
    known = {
        "folder": text(saved["folder"]),
        "identity": text(saved["identity"]),
        "chunks": index_of(saved["chunks"]),
        # files of earlier versions say nothing of what follows
        "described": index_of(saved.get("described", _DESCRIBED)),
        "digest": None if saved.get("digest") is None else text(saved["digest"]),
        "writes": coerce.flag(saved.get("writes", True), "writes"),
    }
    stream = Stream.found(known, f"{recorder.what} of {recorder.target}")
    if stream is None:
        losses.warn(
            f"the recording of {recorder.what} of {recorder.target} in '{known['folder']}' is not there any more, is "
            "damaged, or has been changed since: the recorder goes on in memory, with what it had not written yet. To "
            "go on on disk, give the recorder a new folder: recorder.write_to(folder)"
        )
    return stream
