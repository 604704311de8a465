"""What a network is made of as a text, and back: everything that Python knows of it and the engine does not."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce, parts, recorders
from .controller import Controller
from .drive import Drive
from .errors import CheckpointError
from .guard import Guard
from .modifier import Modifier
from .modulator import Modulator
from .part import Law, Model, Part, Rule, Stimulus, StructuralLaw
from .population import Neurons, Population, View
from .projection import Projection
from .recording import Stream
from .rewiring import Rewiring
from .schedule import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import Network

Put = Callable[["NDArray[Any]"], dict[str, Any]]
Get = Callable[[str], "NDArray[Any]"]

_PARTS = {name: getattr(parts, name) for name in parts.__all__}
_RECORDERS = {
    cls.__name__: cls
    for cls in (
        recorders.SpikeRecorder,
        recorders.StateRecorder,
        recorders.SynapseRecorder,
        recorders.ModulatorRecorder,
        recorders.StructureRecorder,
        recorders.ControllerRecorder,
        recorders.RateRecorder,
    )
}


# ---- values ---------------------------------------------------------------------------------------------------------


def _saved(value: Any, put: Put) -> Any:
    """A parameter of a part as JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return put(value)
    if isinstance(value, tuple):
        return [_saved(item, put) for item in value]
    if isinstance(value, Mapping):
        return {"mapping": {name: _saved(item, put) for name, item in value.items()}}
    if isinstance(value, Schedule):
        return {"schedule": [put(value.times), put(value.values)]}
    if isinstance(value, Part):
        return {"part": type(value).__name__, "parameters": {n: _saved(v, put) for n, v in value.parameters.items()}}
    raise TypeError(f"{type(value).__name__} cannot be saved")


def _value(saved: Any, get: Get) -> Any:
    if saved is None or isinstance(saved, bool | int | float | str):
        return saved
    if isinstance(saved, list):
        return tuple(_value(item, get) for item in saved)
    _require(isinstance(saved, dict), "a value of a part is not one")
    if "array" in saved:
        return get(saved["array"])
    if "mapping" in saved:
        return {name: _value(item, get) for name, item in saved["mapping"].items()}
    if "schedule" in saved:
        return Schedule(*(_value(item, get) for item in saved["schedule"]))
    return _part(saved, get, Part)


def _part(saved: Any, get: Get, kind: type[Part]) -> Any:
    """A part, checked as if the user had made it."""
    _require(isinstance(saved, dict) and saved.get("part") in _PARTS, "a part of a kind that is not known")
    part = _PARTS[saved["part"]](**{name: _value(value, get) for name, value in saved["parameters"].items()})
    _require(isinstance(part, kind), f"{saved['part']} is not a {kind.__name__.lower()}")
    return part


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckpointError(message)


def _text(value: Any) -> str:
    _require(isinstance(value, str), f"{coerce.shown(value)} is not a text")
    return str(value)


# ---- references -----------------------------------------------------------------------------------------------------


def _reference(target: Any, put: Put) -> Any:
    if isinstance(target, Neurons):
        ids = target.native_ids
        return {"population": target.population.name, "ids": None if ids is None else put(ids)}
    kinds: dict[type, str] = {Projection: "projection", Drive: "drive", Controller: "controller"}
    return {kinds[type(target)]: target.name}


def _neurons(saved: Any, network: Network, get: Get) -> Neurons:
    population = network._populations[saved["population"]]
    if saved["ids"] is None:
        return population
    ids = np.array(get(saved["ids"]["array"]))
    _require(
        ids.dtype == np.uint32 and ids.ndim == 1 and bool((ids < len(population)).all()),
        "a view is not of its population",
    )
    return View(population, ids)


def _target(saved: Any, network: Network, get: Get) -> Any:
    if "population" in saved:
        return _neurons(saved, network, get)
    known: dict[str, Mapping[str, Any]] = {
        "projection": network._projections,
        "drive": network._drives,
        "controller": network._controllers,
    }
    ((kind, name),) = saved.items()
    return known[kind][name]


# ---- the network ----------------------------------------------------------------------------------------------------


def describe(network: Network, put: Put) -> dict[str, Any]:
    """The network's populations, projections and so on, in the order they were made."""
    return {
        "populations": [
            {
                "name": p.name,
                "size": p.size,
                "model": _saved(p.model, put),
                "positions": None if p.positions is None else put(p.positions),
            }
            for p in network._populations.values()
        ],
        "modulators": [{"name": m.name, "tau": m.tau} for m in network._modulators.values()],
        "projections": [
            {
                "name": p.name,
                "ends": [_reference(neurons, put) for neurons in p._ends],
                "receptor": p.receptor,
                "dendritic_fraction": p.dendritic_fraction,
                "rules": [_saved(rule, put) for rule in p.rules],
                "delays": p.delay_text,
            }
            for p in network._projections.values()
        ],
        "drives": [
            {
                "name": d.name,
                "target": _reference(d.target, put),
                "stimulus": _saved(d.stimulus, put),
                "part": d._part,
                "active": d.active,
            }
            for d in network._drives.values()
        ],
        "controllers": [
            {
                "name": c.name,
                "index": c.index,
                "law": _saved(c.law, put),
                "active": c.active,
                **(
                    {"projections": [p.name for p in c.projections]}
                    if isinstance(c, Rewiring)
                    else {"target": _reference(c.target, put), "acts_on": c.acts_on}
                ),
            }
            for c in network._controllers.values()
        ],
        "modifiers": [
            {
                "name": m.name,
                "index": m.index,
                "factors": m.factors,
                "start": m.start,
                "stop": m.stop,
                "active": m.active,
            }
            for m in network._modifiers.values()
        ],
        "guards": [
            {
                "name": g.name,
                "target": _reference(g.target, put),
                "what": g.what,
                "band": list(g.band),
                "warned": g.warned,
                "active": g.active,
            }
            for g in network._guards.values()
        ],
        "recorders": [
            {
                "kind": type(r).__name__,
                **{
                    name.lstrip("_"): _reference(value, put) if isinstance(value, Neurons) else _saved(value, put)
                    for name, value in sorted(vars(r).items())
                    if name not in ("network", "_indices", "_stream")
                },
                "engine": list(r._indices),
                "stream": None
                if r._stream is None
                else {"folder": str(r._stream.folder), "identity": r._stream.identity, "chunks": r._stream.chunks},
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
    """Gives an engine that has been loaded its handles; the reverse of `describe`."""
    for index, p in enumerate(saved["populations"]):
        places = None if p["positions"] is None else get(p["positions"]["array"])
        size = coerce.integer(p["size"], "size of a population", low=1, high=2**31)
        _require(
            places is None or (places.ndim == 2 and len(places) == size), "positions are not those of a population"
        )
        name = _free(p["name"], network._populations)
        network._populations[name] = Population(network, index, name, size, _part(p["model"], get, Model), places)
    for index, m in enumerate(saved["modulators"]):
        name = _free(m["name"], network._modulators)
        network._modulators[name] = Modulator(network, index, name, coerce.number(m["tau"], "tau", "ms"))
    for index, p in enumerate(saved["projections"]):
        name = _free(p["name"], network._projections)
        pre, post = (_neurons(end, network, get) for end in p["ends"])
        rules = tuple(_part(rule, get, Rule) for rule in p["rules"])
        fraction = coerce.number(p["dendritic_fraction"], "dendritic_fraction")
        network._projections[name] = Projection(
            network, index, name, (pre, post), _text(p["receptor"]), fraction, rules, _text(p["delays"])
        )
    for index, d in enumerate(saved["drives"]):
        name = _free(d["name"], network._drives)
        stimulus = _part(d["stimulus"], get, Stimulus)
        target = _neurons(d["target"], network, get)
        network._drives[name] = Drive(network, index, name, target, stimulus, _text(d["part"]))
    for c in saved["controllers"]:
        _restore_controller(network, c, get)
    for m in saved["modifiers"]:
        name = _free(m["name"], network._modifiers)
        span = coerce.number(m["start"], "start"), None if m["stop"] is None else coerce.number(m["stop"], "stop")
        factors = {_text(key): coerce.number(value, "factor") for key, value in m["factors"].items()}
        network._modifiers[name] = Modifier(network, _index(m["index"]), name, factors, span)
    for index, g in enumerate(saved["guards"]):
        name = _free(g["name"], network._guards)
        low, high = (coerce.number(bound, "band", infinite=(-np.inf, np.inf)) for bound in g["band"])
        guard = Guard(network, index, name, _target(g["target"], network, get), _text(g["what"]), (low, high))
        guard.warned = coerce.flag(g["warned"], "warned")
        network._guards[name] = guard
    for r in saved["recorders"]:
        network._recorders.append(_recorder(network, r, get))


def _restore_controller(network: Network, saved: Mapping[str, Any], get: Get) -> None:
    name, index = _free(saved["name"], network._controllers), _index(saved["index"])
    controller: Controller | Rewiring
    if "projections" in saved:
        projections = tuple(network._projections[each] for each in saved["projections"])
        _require(len(projections) > 0, "a law of structure is without projections")
        controller = Rewiring(network, index, name, projections, _part(saved["law"], get, StructuralLaw))
    else:
        target = _target(saved["target"], network, get)
        controller = Controller(network, index, name, target, _part(saved["law"], get, Law), _text(saved["acts_on"]))
    network._controllers[name] = controller


def _recorder(network: Network, saved: Mapping[str, Any], get: Get) -> recorders.Recorder:
    cls = _RECORDERS[saved["kind"]]
    recorder = cls.__new__(cls)
    recorder.network = network
    recorder.what, recorder.target = _text(saved["what"]), _text(saved["target"])
    recorder._indices = [_index(each) for each in saved["engine"]]
    single = not isinstance(recorder, recorders.StateRecorder)
    _require(
        bool(recorder._indices) and (len(recorder._indices) == 1 or not single),
        "a recorder has not the columns of its kind",
    )
    recorder._start = _index(saved["start"])
    recorder._stream = _stream(saved["stream"], recorder)
    if isinstance(recorder, recorders.SpikeRecorder | recorders.StateRecorder):
        recorder._neurons = _neurons(saved["neurons"], network, get)
    if isinstance(recorder, recorders.StateRecorder):
        recorder._names = tuple(_text(each) for each in saved["names"])
        _require(len(recorder._names) == len(recorder._indices), "a recorder has not the variables that it names")
    if isinstance(recorder, recorders.SynapseRecorder):
        recorder.indices = np.array(get(saved["indices"]["array"]), np.int64)
    if isinstance(recorder, recorders.RateRecorder):
        recorder._interval = coerce.integer(saved["interval"], "interval", low=1, high=2**53)
    if isinstance(recorder, recorders.RateRecorder | recorders.ControllerRecorder):
        recorder._size = coerce.integer(saved["size"], "size", low=1, high=2**31)
    return recorder


def _stream(saved: Any, recorder: recorders.Recorder) -> Stream | None:
    """The recording that a recorder had begun, if it is still there: a file can name any folder."""
    if saved is None:
        return None
    stream = Stream(Path(_text(saved["folder"])), _text(saved["identity"]), _index(saved["chunks"]))
    if stream.is_there():
        return stream
    warnings.warn(
        f"the recording of {recorder.what} of {recorder.target} in '{stream.folder}' is not there any more, or "
        "has been begun anew: the recorder goes on in memory, with what it had not written yet",
        stacklevel=6,
    )
    return None


def _index(value: Any) -> int:
    return coerce.integer(value, "index", low=0, high=2**53)


def _free(name: Any, taken: Mapping[str, Any]) -> str:
    _require(
        isinstance(name, str) and bool(name) and name not in taken, f"{coerce.shown(name)} is not a name of its own"
    )
    return str(name)
