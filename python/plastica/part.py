"""Parts are immutable values: what a network is made of, before there is a network.

The classes users see (`LIF`, `STDP`, ...) are generated into `parts.py` from the schemas of the native module; this
module is what they have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from . import _native, coerce, words
from .errors import suggestion
from .schedule import Schedule
from .schema import Field, Schema, not_followed, schemas

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

_P = TypeVar("_P")

_made: dict[str, Any] = {}  # classes by name, as they are made


class PartType(type):
    """Names an unknown parameter, and the nearest valid one, before Python complains."""

    _defaults: dict[str, Any]  # every parameter in order; a required one has the value REQUIRED
    _declared: tuple[str, ...]  # every parameter, in the order in which the class declares them

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        if "__init__" in namespace:
            cls._defaults = _defaults_of(namespace["__init__"])
            cls._declared = tuple(namespace.get("__annotations__", ()))  # its own, and not those of a base
            _made[name] = cls

    def __call__(cls: type[_P], *args: Any, **parameters: Any) -> _P:
        _check_complete(cls)
        _check_names(cls, len(args), parameters)
        return super().__call__(*args, **parameters)  # type: ignore[misc,no-any-return]


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()


def _defaults_of(function: Any) -> dict[str, Any]:
    code = function.__code__
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    positional = names[: code.co_argcount - 1]
    given = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True))
    defaults |= function.__kwdefaults__ or {}
    return {name: defaults.get(name, REQUIRED) for name in names}


def _check_complete(cls: Any) -> None:
    """Refuses a part of no kind in particular, and names some of those there are."""
    found = schemas()
    if cls.__name__ not in found:
        of = next((each.__name__ for each in cls.__subclasses__() if each.__name__ in found), "")
        kinds = {each.kind for each in (cls, *cls.__subclasses__()) if each.kind}
        parts = [name for name, schema in found.items() if schema.kind in kinds or not kinds or name == of]
        shown = ", ".join(f"{name}(...)" for name in parts[:6])
        more = ", ..." if len(parts) > 6 else ""
        raise TypeError(f"{cls.__name__} is what parts have in common; make one of them: {shown}{more}")


def _check_names(cls: Any, positional: int, parameters: Mapping[str, Any]) -> None:
    if positional > cls.__init__.__code__.co_argcount - 1:
        raise TypeError(f"{cls.__name__} takes its parameters by name: ({', '.join(cls._defaults)})")
    for name in parameters:
        if name not in cls._defaults:
            raise TypeError(f"{cls.__name__} has no parameter '{name}'; {_instead(cls, name)}")


def _instead(cls: Any, name: str) -> str:
    """What was meant by a parameter that a part has not: another one, a state, or nothing that is known."""
    states = schemas()[cls.__name__].states if cls.__name__ in schemas() else {}
    state = next((each for each in (name, words.meant(name, states)) if each in states), None)
    parameter = words.meant(name, cls._defaults)
    if state is None or (parameter and state != name):
        others = [n for n in cls._defaults if n.rstrip("s") != name.rstrip("s")]
        elsewhere = any(name in each.parameters or name in each.states for each in schemas().values())
        if elsewhere and not words.meaning(name, cls._defaults, words.PARAMETERS) and len(others) == len(cls._defaults):
            return f"({', '.join(others)})"  # another thing, and no slip of one of these
        return suggestion(name, cls._defaults, words.PARAMETERS)
    also = f"; '{parameter}' is a parameter" if parameter else ""
    return f"'{state}' is a state: {_setting_of_state(cls, state)}{also} ({', '.join(cls._defaults)})"


def _setting_of_state(cls: Any, state: str) -> str:
    """How a state of a part is set."""
    if cls.kind == "membrane":
        return f"net.population(..., initial={{'{state}': ...}}) or population.set({state}=...)"
    if cls.kind == "receptor":
        return f"initial={{'ampa.{state}': ...}}, with the receptor's name"
    if cls.kind in ("rule", "controller"):
        owner = "projection" if cls.kind == "rule" else "controller"
        return f"its initial value is given by {words.setting(owner, state)}"
    return f"set({state}=...) of what {cls.__name__} is given to"


_OTHERWISE = "For other values of an existing part make a function that returns it, or use its replace()"
_REMEDY = {
    "rule": "Rules combine in a list, plasticity=[TsodyksMarkram(), STDP()], and net.run(..., callback=function, "
    "every=10) may read and set projection.weights",
    "connector": "Explicit(sources, targets) and FromSparse(matrix) take any connections",
    "stimulus": "StepCurrent, and a Schedule of ConstantCurrent or PoissonInput, take any course in time",
    "source": "SpikeSource(times) takes any spikes",
    "controller": "net.run(..., callback=function, every=10) may read and set anything",
    "structure": "net.run(..., callback=function, every=10) may call projection.add and remove",
    "distribution": "An array of numbers can be given instead",
}


class Part(metaclass=PartType):
    """The base of all parts: named parameters, checked against the schema, that never change.

    Two parts are equal when their types and parameters are; `replace` makes a changed copy; arrays are copied and
    read-only.
    """

    kind: ClassVar[str] = ""
    per_neuron: ClassVar[bool] = False  # whether numbers may also be arrays and distributions
    _defaults: ClassVar[dict[str, Any]]
    _declared: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.partition(".")[0] != __name__.partition(".")[0]:
            page = f"Adding a {'rule' if cls.kind == 'rule' else 'part'}"
            raise TypeError(
                f"class {cls.__name__}: a part cannot be made by deriving from {cls.__mro__[1].__name__}; parts are "
                f"written in C++, as the page '{page}' tells. {_REMEDY.get(cls.kind, _OTHERWISE)}"
            )

    def __init__(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            object.__setattr__(self, name, self._checked(name, value))

    def replace(self, **changes: Any) -> Self:
        """A copy with some parameters changed.

        Raises
        ------
        TypeError
            If there is no such parameter.
        ValueError
            If a value is out of bounds.
        """
        return type(self)(**{**self.parameters, **changes})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The part itself: it never changes."""
        return self

    @property
    def parameters(self) -> dict[str, Any]:
        """Name and value of every parameter."""
        return {name: getattr(self, name) for name in self._declared}

    def schema(self) -> Schema:
        """The declaration of this part in the native module."""
        return schemas()[type(self).__name__]

    def options(self) -> dict[str, Any]:
        """The parameters that are numbers, names or flags: those that the schema declares."""
        declared = self.schema().parameters
        return {
            name: float(value) if declared[name].is_count else value
            for name, value in self.parameters.items()
            if name in declared
        }

    def _checked(self, name: str, value: Any) -> Any:
        part, schema = type(self).__name__, self.schema()
        if name in schema.objects:
            return schema.objects[name].convert(f"{part}.{name}", value)
        field = schema.parameters[name]
        if field.is_modulator:
            return coerce.name_of_modulator(value, f"{part}.{name}")
        if field.is_flag:
            return coerce.flag(value, f"{part}.{name}")
        if field.choices:
            return coerce.choice(value, f"{part}.{name}", field.choices)
        return self._checked_number(field, value)

    def _checked_number(self, field: Field, value: Any) -> Any:
        part, what = type(self).__name__, f"{type(self).__name__}.{field.name}"
        if isinstance(value, Schedule) and field.follows_schedule:
            _native.check(part, field.name, value.values.ravel())
            return value
        if isinstance(value, Distribution) and self.per_neuron:
            return value
        if isinstance(value, Schedule):
            raise TypeError(not_followed(part, field.name))
        if isinstance(value, Part):
            raise TypeError(f"{what} = {coerce.shown(value)} must be a number")
        convert = coerce.number_or_array if self.per_neuron else coerce.number
        checked = convert(value, what, field.unit, infinite=field.infinite)
        _native.check(part, field.name, checked)
        if field.is_count and checked != int(checked):
            raise ValueError(f"{what} = {coerce.shown(value)} must be a whole number")
        return int(checked) if field.is_count else checked

    def __setattr__(self, name: str, value: object) -> None:
        if name not in self._defaults:
            raise AttributeError(f"{type(self).__name__} has no parameter '{name}'; {_instead(type(self), name)}")
        raise AttributeError(f"{type(self).__name__} cannot be changed; use .replace({name}={coerce.shown(value)})")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_equal(value, getattr(other, name)) for name, value in self.parameters.items())

    def __hash__(self) -> int:
        return hash((type(self).__name__, *map(_hashed, self.parameters.values())))

    def __repr__(self) -> str:
        default = {name: value for name, value in self._defaults.items() if value is not None and value is not REQUIRED}
        changed = (
            f"{name}={_shown(value)}"
            for name, value in self.parameters.items()
            if not (name in default and _equal(value, default[name])) and not _is_empty(value)
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    def __reduce__(self) -> tuple[Any, ...]:
        values = {k: dict(v) if isinstance(v, Mapping) else v for k, v in self.parameters.items()}
        return _remade, (type(self), values)


def part_named(name: object) -> type[Part] | None:
    """The class of a part by its name; None where there is no such part."""
    return _made[name] if isinstance(name, str) and name in schemas() else None


def _remade(cls: type[Part], values: dict[str, Any]) -> Part:
    return cls(**values)


class Model(Part):
    """What the neurons of a population are: a membrane with named receptors."""

    kind = "membrane"
    per_neuron = True
    receptors: Mapping[str, Receptor] = {}

    @property
    def receptor_names(self) -> tuple[str, ...]:
        """Names of the receptors, in order, also of those that are built in."""
        return tuple(self.schema().declared.receptors or self.receptors)


class Source(Model):
    """A model without membrane that only emits spikes."""

    kind = "source"


class Receptor(Part):
    """What arriving spikes do to a membrane."""

    kind = "receptor"
    per_neuron = True


class Rule(Part):
    """How the weights of a projection learn."""

    kind = "rule"

    def samples(self) -> NDArray[np.float64]:
        """The arrays that the rule was given, one after the other; the engine takes them beside its numbers."""
        arrays = [value for value in self.parameters.values() if isinstance(value, np.ndarray)]
        return np.concatenate(arrays) if arrays else np.empty(0)


class Connector(Part):
    """Which neurons are connected."""

    kind = "connector"


class Stimulus(Part):
    """What drives neurons without being a neuron."""

    kind = "stimulus"
    per_neuron = True


class Law(Part):
    """What a controller does."""

    kind = "controller"
    per_neuron = True


class StructuralLaw(Part):
    """Which synapses of a projection go, and where new ones form."""

    kind = "structure"


class Elements(Part):
    """What neurons offer to synapses."""

    kind = "elements"

    def growth_rate(self, calcium: ArrayLike) -> NDArray[np.float64]:
        """How fast elements grow at some calcium, in elements per ms; an array of the shape of `calcium`."""
        options = self.options()
        order = [options[name] for name in self.schema().parameters]
        choices = self.schema().parameters["growth"].choices
        numbers = [float(choices.index(v)) if isinstance(v, str) else float(v) for v in order]
        levels = coerce.array(calcium, "calcium", dimensions=range(8))
        rates: NDArray[np.float64] = _native.growth(self.schema().name, numbers, levels.ravel()).reshape(levels.shape)
        return rates * float(options["nu"])


class Distribution(Part):
    """Random numbers, wherever a value is taken."""

    kind = "distribution"


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.shape(a) == np.shape(b) and bool(np.array_equal(a, b))
    if hasattr(a, "tocsr") and hasattr(b, "tocsr"):
        return bool(a.shape == b.shape and (a != b).nnz == 0 and np.array_equal(a.indptr, b.indptr))
    return bool(a == b)


def _hashed(value: Any) -> int:
    if isinstance(value, Mapping):
        return hash(tuple((name, hash(item)) for name, item in sorted(value.items())))
    if isinstance(value, tuple):
        return hash(tuple(map(_hashed, value)))
    if isinstance(value, np.ndarray):
        return hash((value.shape, value.tobytes()))
    return hash(value.shape) if hasattr(value, "tocsr") else hash(value)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and not value)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, np.ndarray):
        return f"<{len(value)} values>" if value.size > 6 else str(value.tolist())
    if isinstance(value, tuple):
        return f"<{len(value)} arrays>"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name!r}: {item!r}" for name, item in value.items()) + "}"
    if hasattr(value, "tocsr"):
        return f"<{value.shape[0]} x {value.shape[1]} matrix, {value.nnz} entries>"
    return repr(value)
