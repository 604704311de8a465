"""What a network is made of as a text, and back: everything that Python knows of it and the engine does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _native, coerce, losses, recorders
from .controller import ControllerRecord
from .drive import DriveRecord
from .errors import CheckpointError
from .guard import GuardRecord
from .modifier import ModifierRecord
from .modulator import ModulatorRecord
from .population import PopulationRecord
from .projection import ProjectionRecord
from .recording import Stream
from .rewiring import RewiringRecord
from .saving import Get, Put, Restoring
from .saving import index_of as _index
from .saving import require as _require
from .saving import text as _text

if TYPE_CHECKING:
    from .network import Network

_DESCRIBED = 1 << 25  # bytes that recording.json may have where a checkpoint does not say it
_RECORDERS: dict[str, type[recorders.RecorderRecord]] = {
    "SpikeRecorder": recorders.SpikesRecord,
    "StateRecorder": recorders.StatesRecord,
    "SynapseRecorder": recorders.SynapsesRecord,
    "ModulatorRecorder": recorders.LevelRecord,
    "StructureRecorder": recorders.StructureRecord,
    "ControllerRecorder": recorders.MovedRecord,
    "RateRecorder": recorders.RateRecord,
}
_NAMES_OF_RECORDERS = {record: name for name, record in _RECORDERS.items()}


def describe(network: Network, put: Put) -> dict[str, Any]:
    """The network's populations, projections and so on, in the order they were made."""
    core = network.engine()
    return {
        "populations": [p.state(put) for p in network._populations.values()],
        "modulators": [m.state(put) for m in network._modulators.values()],
        "projections": [p.state(put) for p in network._projections.values()],
        "drives": [d.state(put) | {"active": core.drive_active(d.index)} for d in network._drives.values()],
        "controllers": [c.state(put) | {"active": _acts(core, c)} for c in network._controllers.values()],
        "modifiers": [m.state(put) | {"active": core.modifier_active(m.index)} for m in network._modifiers.values()],
        "guards": [g.state(put) | {"active": core.guard_active(g.index)} for g in network._guards.values()],
        "recorders": [
            {
                "kind": _NAMES_OF_RECORDERS[type(r)],
                **r.state(put),
                "engine": list(r.engine),
                "stream": None if r.stream is None else r.stream.saved(),
            }
            for r in network._recorders
        ],
    }


# What the engine calls the kinds of recorders, and of what controllers and guards act on.
_KINDS = {
    "SpikeRecorder": {0},
    "StateRecorder": {1},
    "RateRecorder": {2},
    "SynapseRecorder": {3},
    "ModulatorRecorder": {4},
    "StructureRecorder": {5},
    "ControllerRecorder": {6, 7},
}
_OWNERS = ("population", "projection", "drive", "controller")


def compare(saved: Mapping[str, Any], engine: Mapping[str, Any]) -> None:
    """What Python is told of a network must be what the engine was told."""

    def same(what: str, told: Any, has: Any) -> None:
        _require(told == has, f"{what} is {coerce.shown(told)} here and {coerce.shown(has)} there")

    places = {
        kind: {entry["name"]: index for index, entry in enumerate(saved[f"{kind}s"])}
        for kind in ("population", "projection", "drive")
    }
    places["controller"] = {entry["name"]: _index(entry["index"]) for entry in saved["controllers"]}
    for kind in ("populations", "modulators", "projections", "drives", "guards"):
        same(kind, len(saved[kind]), engine[kind])
    for index, p in enumerate(saved["populations"]):
        same(
            f"population {index}",
            [p["size"], p["model"]["part"]],
            [engine[f"population/{index}/{k}"] for k in ("size", "model")],
        )
    for index, p in enumerate(saved["projections"]):
        ends = [places["population"][end["population"]] for end in p["ends"]]
        same(f"projection {index}", ends, [engine[f"projection/{index}/{end}"] for end in ("pre", "post")])
        rules = [engine[f"projection/{index}/rule/{k}/part"] for k in range(engine[f"projection/{index}/rules"])]
        same(f"rules of projection {index}", [rule["part"] for rule in p["rules"]], rules)
    for index, d in enumerate(saved["drives"]):
        told = [places["population"][d["target"]["population"]], d["part"]]
        same(f"drive {index}", told, [engine[f"drive/{index}/{k}"] for k in ("population", "part")])
    for c in saved["controllers"]:
        index, part = _index(c["index"]), c["law"]["part"]
        if "projections" in c:
            told = [part, *(places["projection"][name] for name in c["projections"])]
            same(
                f"law {index}",
                told,
                [engine[f"rewiring/{index}/law"], *engine[f"rewiring/{index}/projections"].tolist()],
            )
        else:
            same(
                f"controller {index}",
                [part, *_address(c["target"], places)],
                _addressed(engine, f"controller/{index}", "part"),
            )
    for m in saved["modifiers"]:
        _require(_index(m["index"]) < engine["modifiers"], "a modifier is not one of the engine's")
    for index, g in enumerate(saved["guards"]):
        same(f"guard {index}", _address(g["target"], places), _addressed(engine, f"guard/{index}"))
    for r in saved["recorders"]:
        for index in r["engine"]:
            _require(
                engine[f"recorder/{_index(index)}/kind"] in _KINDS[r["kind"]],
                "a recorder is of another kind than it is told to be",
            )
            if "neurons" in r:
                place = places["population"][r["neurons"]["population"]]
                same("a recorder's population", place, engine[f"recorder/{index}/target"])
            if r["kind"] == "ControllerRecorder":
                same("a recorder's size", r["size"], engine[f"recorder/{index}/width"])
            if r["kind"] == "RateRecorder":
                same("a recorder's interval", r["interval"], engine[f"recorder/{index}/interval"])


def _acts(core: _native.Core, controller: ControllerRecord | RewiringRecord) -> bool:
    if isinstance(controller, RewiringRecord):
        return core.rewiring_active(controller.index)
    return core.controller_active(controller.index)


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
        _require(told == has, f"controllers is {told} here and {has} there")
    except (CheckpointError, LookupError) as error:
        raise RuntimeError(
            f"this network cannot be saved: the engine has other parts than Python knows of ({error}), and the file "
            "could not be loaded; load the last file that was saved, or build the network again"
        ) from None


def _address(target: Mapping[str, Any], places: Mapping[str, Mapping[str, int]]) -> list[int]:
    owner = next(kind for kind in _OWNERS if kind in target)
    return [_OWNERS.index(owner), places[owner][target[owner]]]


def _addressed(engine: Mapping[str, Any], name: str, *fields: str) -> list[Any]:
    return [engine[f"{name}/{field}"] for field in (*fields, "owner", "target")]


def restore(network: Network, saved: Mapping[str, Any], get: Get) -> None:
    """Gives an engine that has been loaded its parts; the reverse of `describe`."""
    known = Restoring(network, get)
    for number, p in enumerate(saved["populations"]):
        population = PopulationRecord.restored(number, p, known)
        network._populations[population.name] = population
    for number, m in enumerate(saved["modulators"]):
        modulator = ModulatorRecord.restored(number, m, known)
        network._modulators[modulator.name] = modulator
    for number, p in enumerate(saved["projections"]):
        projection = ProjectionRecord.restored(number, p, known)
        network._projections[projection.name] = projection
    for number, d in enumerate(saved["drives"]):
        drive = DriveRecord.restored(number, d, known)
        network._drives[drive.name] = drive
    for c in saved["controllers"]:
        controller = (RewiringRecord if "projections" in c else ControllerRecord).restored(c, known)
        network._controllers[controller.name] = controller
    for m in saved["modifiers"]:
        modifier = ModifierRecord.restored(m, known)
        network._modifiers[modifier.name] = modifier
    for number, g in enumerate(saved["guards"]):
        guard = GuardRecord.restored(number, g, known)
        network._guards[guard.name] = guard
    for r in saved["recorders"]:
        recorder = _RECORDERS[r["kind"]].restored(r, known)
        recorder.stream = _stream(r["stream"], recorder)
        network._recorders.append(recorder)


def _stream(saved: Any, recorder: recorders.RecorderRecord) -> Stream | None:
    """The recording that a recorder had begun, if it is still there: a file can name any folder."""
    if saved is None:
        return None
    known = {
        "folder": _text(saved["folder"]),
        "identity": _text(saved["identity"]),
        "chunks": _index(saved["chunks"]),
        # files of earlier versions say nothing of what follows
        "described": _index(saved.get("described", _DESCRIBED)),
        "digest": None if saved.get("digest") is None else _text(saved["digest"]),
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
