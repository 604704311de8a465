"""From what a user says about connections to what the engine takes; nothing is created before all of it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _native, coerce, losses, order, words
from .changes import Change, added
from .handle import free_name
from .modulator import modulators_of
from .part import Connector, Distribution, Rule
from .population import own_neurons
from .projection import ProjectionRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .faces import NetworkFace
    from .modulator import ModulatorRecord
    from .population import Neurons


class Plan(NamedTuple):
    """A connector as the engine takes it, and the order of the user's arrays of weights and delays."""

    connector: str
    options: dict[str, Any]
    ends: tuple[Neurons, Neurons]
    listed: NDArray[np.intp] | None  # where each connection stands in the user's list, where there is one
    weights: NDArray[np.float64] | None  # those that come with the connector, in the user's order

    @property
    def ids(self) -> tuple[NDArray[np.uint32] | None, NDArray[np.uint32] | None]:
        """Sources and targets as the engine takes them; a list of connections names those of the populations."""
        return (None, None) if self.listed is not None else (self.ends[0].native_ids, self.ends[1].native_ids)

    def order(self, connections: _native.Connections) -> NDArray[np.intp] | None:
        """Where each connection stands in the user's arrays; None: they are in the engine's order."""
        if self.listed is not None:
            return self.listed
        return order.of_connections(*self.ends, connections)


def no_connector(value: Any) -> str:
    """The sentence that refuses what is no connector."""
    sentence = f"connector = {coerce.shown(value)} must be a connector, such as FixedProbability(0.1)"
    shape = _shape(value)
    if len(shape) == 2 or hasattr(value, "tocsr"):
        matrix = "matrix" if hasattr(value, "tocsr") else "scipy.sparse.csr_array(matrix)"
        return (
            f"{sentence}; a matrix with a row for each source and a column for each target makes one: "
            f"FromSparse({matrix})"
        )
    return sentence + words.remedy(value)


def _shape(value: Any) -> tuple[int, ...]:
    """The shape of an array, or of lists within a list; of nothing else."""
    shape = getattr(value, "shape", ())
    if isinstance(value, (list, tuple)) and any(isinstance(row, (list, tuple, np.ndarray)) for row in value):
        try:
            shape = np.shape(value)
        except ValueError:  # rows of different lengths
            shape = ()
    return shape if isinstance(shape, tuple) else ()


def plan(pre: Neurons, post: Neurons, connector: Connector, with_distances: bool) -> Plan:
    """Everything about the connector that can be said before connections exist."""
    schema, options = connector.schema(), connector.options()
    if with_distances or schema.declared.by_distance:
        options |= _places(pre, post, connector)
    listed = _listed_connections(pre, post, connector)
    if listed is None:
        return Plan(schema.engine_name, options, (pre, post), None, None)
    sources, targets, weights = listed
    places = np.lexsort((targets, sources))
    options |= {"sources": sources[places], "targets": targets[places]}
    return Plan(schema.engine_name, options, (pre, post), places, weights)


def _listed_connections(
    pre: Neurons, post: Neurons, connector: Connector
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64] | None] | None:
    """Sources, targets (of the populations) and weights of a connector that lists its connections; else None."""
    part, given = type(connector).__name__, connector.parameters
    weights = None
    if "matrix" in given:
        matrix = given["matrix"]
        if matrix.shape != (len(pre), len(post)):
            turned = "; its rows are targets: give matrix.T" if matrix.shape == (len(post), len(pre)) else ""
            raise ValueError(
                f"FromSparse.matrix has the shape {matrix.shape}; it must be ({len(pre)}, {len(post)}){turned}"
            )
        entries = matrix.tocoo()
        sources, targets = entries.row, entries.col
        weights = coerce.array(entries.data, "FromSparse.matrix.data")
    elif "sources" in given:
        sources, targets = given["sources"], given["targets"]
        if len(sources) != len(targets):
            raise ValueError(f"Explicit has {len(sources)} sources but {len(targets)} targets")
    else:
        return None
    sources = coerce.indices(sources, f"{part}.sources", len(pre))
    targets = coerce.indices(targets, f"{part}.targets", len(post))
    return pre.ids[sources], post.ids[targets], weights


def _places(pre: Neurons, post: Neurons, connector: Connector) -> dict[str, NDArray[np.float64]]:
    """Positions of whole populations, and the periodic box, if there is one."""
    places = {}
    for side, neurons in (("pre", pre), ("post", post)):
        positions = neurons.population.positions
        if positions is None:
            name = neurons.population.name
            raise ValueError(f"distances need positions; give population '{name}' some: positions=...")
        places[f"{side}_positions"] = positions
    first, second = (value.shape[1] for value in places.values())
    if first != second:
        names = f"'{pre.population.name}' and '{post.population.name}'"
        raise ValueError(f"positions of {names} have {first} and {second} dimensions; distances need as many")
    extent = connector.parameters.get("extent")
    if extent is not None:
        if len(extent) != first:
            raise ValueError(f"DistanceDependent.extent has {len(extent)} lengths for positions of {first} dimensions")
        places["extent"] = extent
    return places


class SynapseValue:
    """A weight or a delay as given; checked at once, made into what the engine takes when connections exist."""

    def __init__(self, value: Any, what: str, unit: str, dt: float = 0.0, sizes: tuple[int, int] | None = None) -> None:
        self.what, self.unit, self.dt = what, unit, dt
        self.value: Any = value
        self.by_distance = coerce.is_function(value)
        self._given: NDArray[np.float64] | None = None  # what a function of distance gave: it is called once
        if not self.by_distance and not isinstance(value, Distribution):
            _check_no_matrix(value, what, sizes)
            self.value = coerce.number_or_array(value, what, unit)
            self._check(self.value)

    @property
    def needs_distances(self) -> bool:
        """Whether the value is a function of distance."""
        return self.by_distance

    def expect(self, count: int) -> None:
        """Refuses an array of another length."""
        if isinstance(self.value, np.ndarray) and len(self.value) != count:
            raise ValueError(f"{self.what} has {len(self.value)} values for {count} connections")

    def native(self, connections: _native.Connections, plan: Plan) -> Any:
        """A number, an array in the engine's order, or a distribution's name and parameters."""
        if isinstance(self.value, Distribution):
            return type(self.value).__name__, self.value.options()
        if isinstance(self.value, float):
            return self.value
        self.expect(connections.count)
        places = plan.order(connections)
        if self.by_distance:
            distances = connections.distances()
            values = self._of_distance(distances if places is None else distances[order.inverse(places)])
        else:
            values = self.value
        return values if places is None else values[places]

    def __str__(self) -> str:
        if isinstance(self.value, np.ndarray):
            low, high = (float(self.value.min()), float(self.value.max())) if self.value.size else (0.0, 0.0)
            return f"{low:g} {self.unit}" if low == high else f"{low:g} to {high:g} {self.unit}"
        if isinstance(self.value, Distribution):
            return repr(self.value)
        return "by distance" if self.by_distance else f"{self.value:g} {self.unit}"

    def _of_distance(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._given is not None:
            return self._given
        values = coerce.array(self.value(distances), f"{self.what} as a function of distance", self.unit)
        if len(values) != len(distances):
            numbers = f"{len(values)} values for {len(distances)} distances"
            raise ValueError(f"{self.what} as a function of distance gave {numbers}")
        self._check(values)
        self._given = values
        return values

    def _check(self, values: Any) -> None:
        """A delay is at least one step; a weight has no bound here."""
        limit = self.dt * (1 - 1e-9)
        if not self.dt or np.all(np.greater_equal(values, limit)):
            return
        where = int(np.argmax(values < limit)) if isinstance(values, np.ndarray) else None
        name, value = (self.what, values) if where is None else (f"{self.what}[{where}]", values[where])
        raise ValueError(f"{name} = {coerce.shown(value, 'ms')} must be at least the step dt = {self.dt:g} ms")


def _check_no_matrix(value: Any, what: str, sizes: tuple[int, int] | None) -> None:
    """Refuses a matrix of numbers, which connectors take, and arrays of connections do not.

    `sizes`: numbers of sources and targets, by which a matrix that lies the other way round is known.
    """
    shape = getattr(value, "shape", None)
    if shape is None and isinstance(value, (list, tuple)) and any(isinstance(row, (list, tuple)) for row in value):
        shape = coerce.raw_array(value, what).shape
    if isinstance(shape, tuple) and len(shape) == 2 and sizes and shape == sizes[::-1] != sizes:
        raise ValueError(
            f"{what} is a matrix of shape {shape}: its rows are targets, and here rows are sources. matrix.T goes into "
            "the connector, as weights: FromSparse(scipy.sparse.csr_array(matrix.T)); with AllToAll() give "
            "matrix.T.ravel()"
        )
    if isinstance(shape, tuple) and len(shape) == 2:
        raise ValueError(
            f"{what} is a matrix of shape {shape}; an array has one value for each connection. A matrix with a row for "
            f"each source and a column for each target goes into the connector, as weights: "
            "FromSparse(scipy.sparse.csr_array(matrix)); with AllToAll() give matrix.ravel()"
        )


def native_rule(
    rule: Rule, modulators: Mapping[str, ModulatorRecord]
) -> tuple[str, dict[str, Any], NDArray[np.float64]]:
    """A rule as the engine takes it: its part, its numbers and the arrays it was given."""
    return type(rule).__name__, rule.options() | modulators_of(rule, modulators), rule.samples()


def rules_of(plasticity: Any) -> tuple[Rule, ...]:
    """One rule, several or none, as a tuple."""
    if plasticity is None:
        return ()
    rules = (plasticity,) if isinstance(plasticity, Rule) else plasticity
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        raise TypeError(
            f"plasticity = {coerce.shown(plasticity)} must be a rule such as STDP(), or a list of rules"
            f"{words.remedy(plasticity)}"
        )
    for rule in rules:
        if not isinstance(rule, Rule):
            raise TypeError(f"plasticity = {coerce.shown(rule)} must be a rule such as STDP(){words.remedy(rule)}")
    return tuple(rules)


def planned(
    network: NetworkFace,
    projections: dict[str, ProjectionRecord],
    modulators: Mapping[str, ModulatorRecord],
    pre: Any,
    post: Any,
    connector: Any,
    *,
    receptor: str | None,
    weight: Any,
    delay: Any,
    dendritic_fraction: float,
    plasticity: Any,
    name: str | None,
) -> Callable[[], tuple[ProjectionRecord, list[Change]]]:
    """What makes connections, and then gives their projection and the changes that add it: see `Network.connect`."""
    core = network.engine()
    pre, post = _living(pre, network, "pre"), _living(post, network, "post")
    if not isinstance(connector, Connector):
        raise TypeError(no_connector(connector))
    number = post.population.receptor_index(receptor)
    fraction = coerce.number(dendritic_fraction, "dendritic_fraction")
    if not 0 <= fraction <= 1:
        raise ValueError(f"dendritic_fraction = {fraction:g} must be at least 0 and at most 1")
    rules = rules_of(plasticity)
    described = [native_rule(rule, modulators) for rule in rules]
    numbers = pre.population.index, post.population.index
    found, weights, delays = _with_values(pre, post, connector, weight, delay, network.dt)

    def build() -> tuple[ProjectionRecord, list[Change]]:
        connections = core.connect(*numbers, *found.ids, found.connector, found.options)
        native = weights.native(connections, found), delays.native(connections, found)
        losses.of_weights(core, "weight", native[0])
        # functions of distance are the user's, and may have added projections
        free = free_name(name, "projection", projections)
        ends, of = (pre._record, post._record), post.population.receptors[number]
        record = ProjectionRecord(-1, free, ends, of, fraction, rules, str(delays))
        add = partial(core.add_projection, connections, number, *native, fraction, described)
        return record, added(projections, record, add)

    return build


def _living(neurons: Any, network: NetworkFace, what: str) -> Neurons:
    """Neurons of the network, all of them alive."""
    own = own_neurons(neurons, network, what)
    if dead := int(np.count_nonzero(~own.alive)):
        name_of = own.population.name
        raise ValueError(f"{dead} neurons of '{name_of}' are dead; connect those that live: {name_of}[{name_of}.alive]")
    return own


def _with_values(
    pre: Neurons, post: Neurons, connector: Connector, weight: Any, delay: Any, dt: float
) -> tuple[Plan, SynapseValue, SynapseValue]:
    """The plan of the connections, their weights and their delays."""
    sizes = len(pre), len(post)
    delays = SynapseValue(delay, "delay", "ms", dt, sizes)
    given = None if weight is None else SynapseValue(weight, "weight", "", sizes=sizes)
    by_distance = delays.needs_distances or (given is not None and given.needs_distances)
    found = plan(pre, post, connector, by_distance)
    weights = given or SynapseValue(1.0 if found.weights is None else found.weights, "weight", "")
    if found.listed is not None:
        weights.expect(len(found.listed))
        delays.expect(len(found.listed))
    return found, weights, delays
