"""Populations of neurons, and views of some of their neurons."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import coerce, losses, order, words
from .adjusting import Address, Adjustable
from .changes import Change, assigned, claiming, perform, perform_settings
from .errors import UnknownName
from .handle import Handle, NamedRecord, Record, found
from .part import Model
from .recorders import RateRecord, Recordable, SpikesRecord, StatesRecord
from .saving import Put, Restoring, Sides, require, saved
from .schedule import Schedule
from .schema import Field, schemas
from .spike_lists import spikes_of
from .values import Draws, Value, as_given, check_columns, checked, merged, per_neuron, schedule_settings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from . import _native
    from .faces import NetworkFace


class Neurons(Handle["NeuronsRecord"], Recordable, Adjustable):
    """What a population and a view of one have in common."""

    _watched = "rate"
    _kinds_of_recorders = (StatesRecord, SpikesRecord, RateRecord)

    @property
    @abstractmethod
    def population(self) -> Population:
        """The population the neurons belong to."""

    @property
    @abstractmethod
    def ids(self) -> NDArray[np.int64]:
        """Indices of the neurons in their population, shape (n,)."""

    @property
    @abstractmethod
    def native_ids(self) -> NDArray[np.uint32] | None:
        """The ids as the engine takes them: None for all."""

    @property
    def name(self) -> str:
        """Name of the population; a view adds how many neurons it has."""
        return self.population.name

    @property
    def model(self) -> Model:
        """The model of the neurons, as it was given."""
        return self.population.model

    @property
    def variables(self) -> tuple[str, ...]:
        """Names that `get` knows: parameters and states of the model, and of its receptors as ``"ampa.g"``."""
        return tuple(self.population.fields)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self)

    @property
    def positions(self) -> NDArray[np.float64] | None:
        """Positions of shape (n, dimensions), or None."""
        places = self.population.positions
        return None if places is None else places[self.ids]

    def __getitem__(self, key: slice | ArrayLike) -> View:
        """A view: a slice, a boolean mask, or an array of indices without repetitions.

        Raises
        ------
        IndexError
            If an index is outside, or a mask has another length.
        """
        record = self.population._record.view(self.ids[_selection(key, len(self), self.name)])
        return record.handle(self._network)

    def __setitem__(self, key: object, value: object) -> NoReturn:
        """Refused: variables are set by `set`."""
        how = words.setting("population", key) if isinstance(key, str) else words.setting("population[...]", "V")
        raise TypeError(f"'{self.name}'[...] cannot be assigned to; set variables: {how}")

    def _title(self) -> str:
        return f"{type(self).__name__.lower()} '{self.name}'"

    def _unknown(self, name: str) -> str:
        fields = self.population.fields
        meant = words.meaning(name, fields, words.PARAMETERS)
        if name not in fields and not meant:
            return super()._unknown(name)
        variable = name if name in fields else next(each for each in fields if f"'{each}'" in meant)
        return (
            f"{self._title()} has no attribute '{name}'; '{variable}' is a variable of its neurons: "
            f"get('{variable}'), {words.setting('', variable)}"
        )

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Whether each neuron is silenced, shape (n,)."""
        return order.of_neurons(self, self._network.engine().silent(self.population.index))

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Whether each neuron is alive, shape (n,)."""
        return order.of_neurons(self, self._network.engine().alive(self.population.index))

    @property
    def ages(self) -> NDArray[np.float64]:
        """Time since each neuron was born in ms, shape (n,); those that were made with the population: since 0 ms."""
        return self._network.time - order.of_neurons(self, self._network.engine().neuron_births(self.population.index))

    def silence(self) -> None:
        """Spikes of these neurons are dropped before anything sees them, until `restore`: a reversible lesion."""
        self._network.engine().silence(self.population.index, self.native_ids, True)

    def restore(self) -> None:
        """Ends `silence`."""
        self._network.engine().silence(self.population.index, self.native_ids, False)

    def disconnect(self) -> None:
        """Removes all synapses from and to these neurons, in all projections."""
        self._network.engine().disconnect(self.population.index, self.ids)

    def kill(self) -> None:
        """These neurons die: their synapses go and they do not spike any more. Others can be born in their places."""
        self._network.engine().kill(self.population.index, self.ids)

    def get(self, name: str) -> NDArray[np.float64]:
        """The values of a variable at this moment, shape (n,), in the variable's unit; a copy.

        Raises
        ------
        UnknownName
            If the neurons have no such variable.
        """
        self.population.field(name)
        return order.of_neurons(self, self._network.engine().get(self.population.index, name))

    def effective(self, name: str) -> NDArray[np.float64]:
        """A parameter as controllers and modifiers adjust it, shape (n,); also ``"ampa.gain"`` of a receptor.

        `get` and `set` know the value that is adjusted.

        Raises
        ------
        UnknownName
            If the neurons have no such parameter.
        """
        gains = [f"{receptor}.gain" for receptor in self.population.receptors]
        if not coerce.is_name(name, "spikes", *gains):
            self.population.field(name)
        return order.of_neurons(self, self._network.engine().effective("population", self.population.index, name))

    @claiming
    def set(self, mapping: Mapping[str, Value | Schedule] | None = None, /, **values: Value | Schedule) -> None:
        """Sets variables: ``set(V=-60)``, ``set({"ampa.tau": 5})``. Nothing is set if any value is refused.

        Raises
        ------
        UnknownName
            If the neurons have no such variable.
        ValueError
            If a value is out of bounds or an array has another length.
        """
        perform_settings(self._settings(mapping, values))

    def _settings(self, mapping: Mapping[str, Value | Schedule] | None, values: dict[str, Any]) -> list[Change]:
        """The changes that set variables."""
        index, core = self.population.index, self._network.engine()
        ready = {name: self._ready(name, value) for name, value in merged(mapping, values)}

        def change(name: str, value: float | NDArray[np.float64] | Schedule) -> Change:
            if isinstance(value, Schedule):
                (put_schedule,) = schedule_settings(core, self._network.clock, "population", {name: value})
                return Change(partial(put_schedule, index))
            put = partial(core.set, index, name)
            if len(ready) == 1:
                return Change(partial(put, self.native_ids, value))
            return Change(partial(put, self.native_ids, value), partial(put, None, as_given(core.get(index, name))))

        return [change(name, value) for name, value in ready.items()]

    def _ready(self, name: str, value: Any) -> float | NDArray[np.float64] | Schedule:
        part, field = self.population.field(name)
        if isinstance(value, Schedule) and field.follows_schedule:
            if self.native_ids is not None:
                raise ValueError(
                    f"a Schedule sets {name} of a whole population, not of a view of '{self.population.name}'"
                )
            check_columns(value, f"{part}.{name}", len(self))
            losses.of_rate(self._network.engine(), part, name, value)
            return value
        number = checked(part, field.name, value, field.unit)
        draws = Draws(self._network.engine(), self.population.index)
        return per_neuron(draws, number, part, field.name, name, self)

    def _check_own(self, network: NetworkFace, what: str) -> None:
        if self._network is not network:
            raise ValueError(f"{what}: population '{self.population.name}' belongs to another network")
        if len(self) == 0:
            raise ValueError(f"{what}: the view of population '{self.population.name}' has no neurons")

    def _address(self) -> Address:
        return Address("population", self.population.index, self.native_ids)

    def _check_multiplied(self, name: str, what: str) -> None:
        self._check_adjustable(name, what, "spikes")

    def _check_adjustable(self, name: str, what: str, *others: str) -> None:
        """Refuses what is no parameter of the neurons and no gain of their receptors, nor any of the others."""
        population = self.population
        names = [*others, *(f"{receptor}.gain" for receptor in population.receptors)]
        names += [known for known in population.fields if known not in population.states]
        coerce.variable(name, names, f"{what}: population '{population.name}' has no adjustable parameter")


def own_neurons(neurons: Any, network: NetworkFace, what: str) -> Neurons:
    """Neurons of a network; raises TypeError or ValueError for anything else."""
    if not isinstance(neurons, Neurons):
        raise TypeError(f"{what} = {coerce.shown(neurons)} must be a population or a view of one")
    neurons._check_own(network, what)
    return neurons


class PopulationRecord(NamedRecord["Population"]):
    """What a network knows of a population."""

    __slots__ = ("fields", "model", "positions", "size")

    kind = "population"

    def __init__(self, index: int, name: str, size: int, model: Model, positions: NDArray[np.float64] | None) -> None:
        super().__init__(index, name)
        self.size, self.model, self.positions = size, model, positions
        self.fields = fields_of(model)

    def _new_handle(self, network: NetworkFace) -> Population:
        return Population(network, self)

    @property
    def population(self) -> PopulationRecord:
        """The record itself."""
        return self

    def view(self, ids: NDArray[np.integer[Any]]) -> ViewRecord:
        """Some of the neurons."""
        return ViewRecord(self, ids.astype(np.uint32))

    def reference(self, put: Put) -> dict[str, Any]:
        """The population's name; its neurons are all meant."""
        return {"population": self.name, "ids": None}

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the population."""
        return {
            "name": self.name,
            "size": self.size,
            "model": saved(self.model, put),
            "positions": None if self.positions is None else put(self.positions),
        }

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> PopulationRecord:
        """The reverse of `state`."""
        places = None if told["positions"] is None else known.get(told["positions"]["array"])
        size = coerce.integer(told["size"], "size of a population", low=1, high=2**31)
        require(places is None or (places.ndim == 2 and len(places) == size), "positions are not those of a population")
        return cls(number, known.free(told["name"], cls.kind), size, known.part(told["model"], Model), places)

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the population."""
        has = sides.listed(f"population/{number}", "size", "model")
        sides.same(f"population {number}", [told["size"], told["model"]["part"]], has)


class ViewRecord(Record["View"]):
    """Some neurons of a population, as other parts refer to them."""

    __slots__ = ("ids", "population")

    def __init__(self, population: PopulationRecord, ids: NDArray[np.uint32]) -> None:
        super().__init__()
        self.population, self.ids = population, ids
        self.ids.flags.writeable = False

    def _new_handle(self, network: NetworkFace) -> View:
        return View(self.population.handle(network), self)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.ids)

    def reference(self, put: Put) -> dict[str, Any]:
        """The population's name, and which of its neurons are meant."""
        return {"population": self.population.name, "ids": put(self.ids)}


NeuronsRecord = PopulationRecord | ViewRecord


class Population(Neurons):
    """Neurons of one model; made by `Network.population`."""

    _record: PopulationRecord

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self.network, "populations", self.name)

    @property
    def index(self) -> int:
        """The number by which the engine knows the population."""
        return self._record.index

    @property
    def name(self) -> str:
        """Name of the population."""
        return self._record.name

    @property
    def population(self) -> Population:
        """The population itself."""
        return self

    @property
    def fields(self) -> Mapping[str, tuple[str, Field]]:
        """Every variable of the neurons, with the part and the field it belongs to."""
        return self._record.fields

    @property
    def ids(self) -> NDArray[np.int64]:
        """Indices of the neurons: 0, 1, ..., n - 1."""
        return np.arange(self._record.size, dtype=np.int64)

    @property
    def native_ids(self) -> None:
        """None: all neurons."""
        return None

    @property
    def model(self) -> Model:
        """The model of the neurons, as it was given."""
        return self._record.model

    @property
    def positions(self) -> NDArray[np.float64] | None:
        """Positions of shape (n, dimensions), read-only, or None."""
        return self._record.positions

    @property
    def receptors(self) -> tuple[str, ...]:
        """Names of the receptors."""
        return self.model.receptor_names

    @property
    def states(self) -> tuple[str, ...]:
        """Names of those variables that change by themselves; the others are parameters."""
        return tuple(states_of(self.model))

    @property
    def spike_count(self) -> int:
        """Number of spikes of all neurons so far."""
        return self._network.engine().spike_count(self.index)

    @claiming
    def set_spikes(self, times: ArrayLike | Sequence[ArrayLike], ids: ArrayLike | None = None) -> None:
        """Gives a population of `SpikeSource` neurons other spikes to emit, in place of all that are still to come.

        Parameters
        ----------
        times, ids
            As of `SpikeSource`.

        Raises
        ------
        TypeError, ValueError
            If the population is not one of `SpikeSource`, or a time is not later than now; nothing is changed then.
        """
        if "times" not in self.model.parameters:
            raise TypeError(f"population '{self.name}' ({type(self.model).__name__}) does not emit a list of spikes")
        model = self.model.replace(times=times, ids=ids)
        core = self._network.engine()
        spikes = spikes_of(model, self.size, self._network.clock, core.time_step)
        changes = [assigned(self._record, "model", model)]
        if spikes is not None:
            changes.append(Change(partial(core.set_spike_times, self.index, *spikes)))
        perform(changes)

    @claiming
    def birth(self, number: int, **values: Value) -> View:
        """Neurons are born in places of dead ones, the lowest first.

        They begin in the initial state of their model, unconnected.

        Parameters
        ----------
        number : int
            How many.
        **values
            Parameters and states of the newborn, as in `set`.

        Returns
        -------
        View
            The newborn neurons.

        Raises
        ------
        ValueError
            If fewer places are free, or a value is refused.
        """
        number = coerce.integer(number, f"number of neurons to be born in '{self.name}'", low=1, high=self.size)
        free = np.flatnonzero(~self.alive)
        if len(free) < number:
            raise ValueError(
                f"population '{self.name}' has {len(free)} free places for {number} newborn neurons; kill some first"
            )
        newborn = self._record.view(free[:number]).handle(self._network)
        settings = newborn._settings(values, {})
        birth = Change(partial(self._network.engine().give_birth, self.index, newborn.ids))
        # first of the dead: what is refused is refused before anybody is born
        perform([*settings, birth, *settings])
        return newborn

    def __len__(self) -> int:
        return self._record.size

    def field(self, name: object) -> tuple[str, Field]:
        """The part and the field that a variable belongs to."""
        what = f"population '{self.name}' has no variable"
        meant = words.of_receptors(name, self.fields) if isinstance(name, str) and name not in self.fields else ""
        if meant:
            raise UnknownName(f"{what} {name!r}; {meant} ({', '.join(self.fields)})")
        return self.fields[coerce.variable(name, self.fields, what)]

    def receptor_index(self, receptor: str | None) -> int:
        """The number of a receptor; None stands for the only one.

        Raises
        ------
        UnknownName
            If there is no such receptor; the message names those that exist.
        ValueError
            If the name is missing although there are several, or there are none.
        """
        names = self.receptors
        if not names:
            raise ValueError(f"population '{self.name}' ({type(self.model).__name__}) has no receptors")
        if receptor is None:
            if len(names) > 1:
                raise ValueError(f"population '{self.name}' has several receptors; name one: {', '.join(names)}")
            return 0
        return names.index(coerce.known(receptor, names, f"population '{self.name}' has no receptor"))

    def __repr__(self) -> str:
        return f"<Population '{self.name}': {self.size} {type(self.model).__name__}>"


class View(Neurons):
    """Some neurons of a population: ``population[:100]``, ``population[mask]``, ``population[indices]``."""

    _record: ViewRecord

    def __init__(self, population: Population, record: ViewRecord) -> None:
        super().__init__(population.network, record)
        self._population = population

    def __reduce__(self) -> tuple[Any, ...]:
        return _view, (self._population, self._record.ids)

    @property
    def population(self) -> Population:
        """The population the neurons belong to."""
        return self._population

    @property
    def ids(self) -> NDArray[np.int64]:
        """Indices of the neurons in their population, in the order of the view; a copy."""
        return self._record.ids.astype(np.int64)

    @property
    def native_ids(self) -> NDArray[np.uint32]:
        """The same as `ids`, as the engine takes them."""
        return self._record.ids

    @property
    def name(self) -> str:
        """Number of neurons and name of the population, such as ``100 of exc``."""
        return f"{len(self)} of {self._population.name}"

    def __repr__(self) -> str:
        return f"<View of {len(self)} neurons of population '{self._population.name}'>"


def _view(population: Population, ids: NDArray[np.uint32]) -> View:
    return population._record.view(ids).handle(population.network)


def fields_of(model: Model) -> dict[str, tuple[str, Field]]:
    """Every variable of a model's neurons, with the part and the field it belongs to."""
    schema = model.schema()
    fields = {name: (schema.name, field) for name, field in {**schema.parameters, **schema.states}.items()}
    for receptor, part in model.receptors.items():
        own = part.schema()
        fields |= {f"{receptor}.{n}": (own.name, f) for n, f in {**own.parameters, **own.states}.items()}
    return fields


def states_of(model: Model) -> dict[str, tuple[str, Field]]:
    """The variables that have an initial state."""
    fields = fields_of(model)
    return {name: (part, field) for name, (part, field) in fields.items() if field.name in schemas()[part].states}


def _selection(key: Any, size: int, name: str) -> Any:
    if isinstance(key, slice):
        return key
    if isinstance(key, str):
        how = f"variables are read by get({key!r}) and set by {words.setting('', key)}"
        if key in ("spikes", "rate"):
            interval = "" if key == "spikes" else ", interval=..."
            how = f"spikes are recorded, net.record(population, '{key}'{interval}), and counted, population.spike_count"
        raise TypeError(f"'{name}'[{key!r}]: brackets choose neurons; {how}")
    chosen = coerce.raw_array(key, f"indices of '{name}'")
    if chosen.ndim == 0:
        raise TypeError(f"'{name}'[{coerce.shown(key)}]: take one neuron as a slice, [i : i + 1]")
    if chosen.dtype == bool:
        if chosen.shape != (size,):
            raise IndexError(f"the mask has shape {chosen.shape} but '{name}' has {size} neurons")
        return chosen
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
        raise TypeError(f"'{name}' takes a slice, a boolean mask or an array of integers")
    chosen = chosen.astype(np.int64)
    if chosen.size and not (-size <= chosen.min() and chosen.max() < size):
        raise IndexError(f"index outside '{name}', which has {size} neurons")
    chosen = np.where(chosen < 0, chosen + size, chosen)
    if len(np.unique(chosen)) != len(chosen):
        raise IndexError(f"the indices into '{name}' contain a neuron twice")
    return chosen
