"""The network: populations, projections, drives and recorders, and time that runs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO
from os import PathLike
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np

from . import _native, coerce, connecting, endings, journal, losses, order, summary, words
from . import checkpoint as files_of_networks
from .changes import Change, Scope, assigned, claiming, listed, perform
from .clock import LEAST_DT, MOST_DT, MOST_STEPS, Clock
from .controller import (
    Controller,
    ControllerRecord,
    acts_on,
    address_of,
    check_modifiable,
    check_one_number,
    neurons_of,
)
from .description import describe, restore
from .drive import Drive, DriveRecord, spread_schedule
from .drugs import Drug
from .errors import CheckpointError, GuardError, UnknownName, named, suggestion
from .files import opened, replacing
from .guard import Guard, GuardRecord, band_of
from .handle import ByName, Guided, InOrder
from .memory import making_room
from .modifier import Modifier, ModifierRecord, factors_of
from .modulator import Modulator, ModulatorRecord
from .part import Connector, Distribution, Law, Model, Rule, Source, Stimulus, StructuralLaw
from .population import Neurons, Population, PopulationRecord, spikes_of, states_of
from .positions import positions_of
from .progress import Progress
from .projection import Projection, ProjectionRecord
from .recorders import (
    ControllerRecorder,
    LevelRecord,
    ModulatorRecorder,
    MovedRecord,
    Planned,
    RateRecord,
    RateRecorder,
    Recorder,
    RecorderRecord,
    SpikeRecorder,
    SpikesRecord,
    StateRecorder,
    StatesRecord,
    StructureRecord,
    StructureRecorder,
    SynapseRecorder,
    SynapsesRecord,
    sample_of,
)
from .recording import CHUNK_BYTES, Stream
from .rewiring import Rewiring, RewiringRecord
from .rewiring import plan as plan_of_structure
from .schedule import Schedule
from .structure import BUILT_IN_RECEPTORS
from .values import Draws, Value, check_columns, checked, drawn_for, per_neuron, resolve, schedule_settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import ArrayLike, NDArray

    from .positions import Positions

    PathName = str | PathLike[str]

_FIRST_CHUNK = 100  # steps of the first native call; the next ones aim at CHUNK_SECONDS
_CHUNK_SECONDS = 0.1
_BYTES_OF_A_NEURON = 32  # at the least


class _NetworkType(type):
    """Says what an argument of other simulators is called here, before Python complains."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        names = ("dt", "seed", "threads", "precision")
        for name in options:
            if name not in names:
                hint = suggestion(name, names, words.ARGUMENTS)
                raise TypeError(f"{cls.__name__} has no argument '{name}'; {hint}")
        return super().__call__(*args, **options)


class Network(Guided, metaclass=_NetworkType):
    """A network of spiking neurons.

    Several can exist at once, also in several threads. One network is used by one thread at a time: while a thread runs
    it, changes it or reads from it, whatever another thread asks of it is a RuntimeError, except for its `time`. A call
    that is interrupted, as by Ctrl-C, has happened as a whole or not at all; a run stops at a step.

    A network lives as long as somebody holds it or one of its parts, such as a population or a recorder.

    Parameters
    ----------
    dt : float
        The step of time in ms, from 1e-6 to 1e9.
    seed : int
        Every random number follows from it, whatever the number of threads and the order of calls; 0 to 2**64 - 1.
    threads : int, optional
        The most threads that it runs on; None: all cores. More threads than cores are not started. Results do not
        depend on it.
    precision : {"single", "double"}
        Precision of states and weights.

    Raises
    ------
    ValueError
        If a value is out of bounds.
    """

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
        self._profiling = False
        self.clock = Clock(step)
        # records, not handles: what the network holds must not hold the network
        self._populations: dict[str, PopulationRecord] = {}
        self._projections: dict[str, ProjectionRecord] = {}
        self._drives: dict[str, DriveRecord] = {}
        self._modulators: dict[str, ModulatorRecord] = {}
        self._controllers: dict[str, ControllerRecord | RewiringRecord] = {}
        self._modifiers: dict[str, ModifierRecord] = {}
        self._guards: dict[str, GuardRecord] = {}
        self._recorders: list[RecorderRecord] = []
        self._chunk = _FIRST_CHUNK
        self._journal = journal.of_new_network()

    # ---- what there is

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

    # ---- copies

    @claiming
    def copy(self) -> Network:
        """An independent network in the same state, with everything that there is under the same names.

        Going on with the copy gives, bit for bit, what going on with the original would have given; the original is not
        touched. Recorders are copied with what they have recorded; those that write to a folder go on in memory.

        Returns
        -------
        Network

        Raises
        ------
        RuntimeError
            If the network is running in another thread, or has stopped with an error.
        """
        core = making_room(self.engine().copy)()
        twin = Network(core.dt, seed=core.seed, precision="double" if core.precision == "double" else "single")
        twin._core = core
        twin._profiling, twin._chunk = self._profiling, self._chunk
        arrays: list[NDArray[Any]] = []

        def put(values: NDArray[Any]) -> dict[str, Any]:
            arrays.append(values)
            return {"array": len(arrays) - 1}

        restore(twin, describe(self, put), lambda number: arrays[int(number)])
        return twin._only_reading()

    def _only_reading(self) -> Network:
        """Makes this network one that writes to no folder of another one; returns it."""
        for recorder in self.recorders:
            recorder.only_read()
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Network:
        """See `copy`; copying a population or another handle copies its network, too."""
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        """A network is pickled as the contents of its file. What comes of the pickle is a copy: see `copy`."""
        file = BytesIO()
        self.save(file)
        return _unpickled, (file.getvalue(),)

    # ---- files

    @claiming
    def save(self, path: PathName | IO[bytes]) -> None:
        """Writes the network to a file, with everything that it needs to go on, bit for bit: see `plastica.load`.

        Structure, states, spikes on their way, histories, random numbers, and what recorders hold. The file takes the
        place of one that is there only when it is complete: whatever happens, one of the two is whole. The new file
        keeps the mode and the owner of the old one. If the path is a link, the file that the link names is replaced.

        Parameters
        ----------
        path : path or binary file
            Where to. A name that ends in ``.plastica`` tells people what it is; any will do. An open file is written to
            as it is.

        Raises
        ------
        OSError
            If the file cannot be written; the one that was there before is whole, and the network can go on. Folders,
            devices, FIFOs, sockets and files without permission to write are refused.
        RuntimeError
            If the network is running in another thread; or if the engine has other parts than Python knows of, so that
            the file could not be loaded.
        ValueError
            If the network has stopped with an error.
        """
        if callable(getattr(path, "write", None)):
            files_of_networks.write(self, cast("IO[bytes]", path))
        else:
            self._write(coerce.file(path, "path"))

    @claiming
    def frozen(self) -> AbstractContextManager[Network]:
        """Within the block nothing learns: a test leaves no mark on the network.

        Weights, the variables that they follow from, synapses, and what controllers sense, keep and do stand still.
        Membranes, receptors, traces, short-term plasticity, modulators and modifiers go on. The page on what stands
        still lists the side of every state. When the block ends, everything goes on from where it stood, as if no time
        had passed; what has been switched off before (`Projection.plastic`, `Controller.active`) stays off. Blocks may
        lie within each other. Controllers discard the spikes that they have sensed since their last control step, if
        they have had one since they last went on: ``probe`` loses none.

        A copy or a file that is made inside the block holds everything but the block: what comes of it learns, unless
        it runs inside a block of its own, where it goes on bit for bit as the original does. A frozen copy is a
        `probe`, which also keeps the spikes of a test away from the network.

        Returns
        -------
        context manager
            The block gets this network.

        Raises
        ------
        RuntimeError
            If another thread uses the network when the block begins. One that ends meanwhile ends with the next call.
        """
        freeze = self.engine().freeze
        block = Scope([Change(partial(freeze, True), partial(freeze, False))], self)
        return cast("AbstractContextManager[Network]", block)

    def probe(self) -> Network:
        """A frozen copy: for asking what the network does, without changing it.

        ``probe = net.probe(); probe.drives["stimulus"].set(rate=50); probe.run(500)``

        Returns
        -------
        Network
            A copy in which ``plastic`` of every projection and ``active`` of every controller is False. Throw it away
            after use.
        """
        twin = self.copy()
        for projection in twin.projections.values():
            projection.plastic = False
        for controller in twin.controllers.values():
            controller.active = False
        return twin

    # ---- building

    @claiming
    @making_room
    def population(
        self,
        size: int,
        model: Model,
        *,
        name: str | None = None,
        positions: ArrayLike | Positions | None = None,
        initial: Mapping[str, Value] | None = None,
    ) -> Population:
        """Adds neurons.

        Parameters
        ----------
        size : int
            Number of neurons, at least 1.
        model : Model
            What they are, such as ``LIF(tau_m=20)``. Arrays among its parameters have one value per neuron.
        name : str, optional
            By default ``"population_0"`` and so on.
        positions : array_like of shape (size, dimensions) or Positions, optional
            Where they are, in 1 to 3 dimensions.
        initial : mapping from names of states to values, optional
            State at the start: ``{"V": Uniform(-60, -50), "ampa.g": 2}``.

        Returns
        -------
        Population

        Raises
        ------
        TypeError, ValueError
            If a value is refused; the network is then unchanged.
        """
        core = self.engine()
        size = coerce.integer(size, "size of a population", low=1, high=2**31 - 1)
        if not isinstance(model, Model):
            raise TypeError(f"model = {coerce.shown(model)} must be a model, such as LIF(){words.remedy(model)}")
        coerce.check_memory(size, _BYTES_OF_A_NEURON, f"size of a population = {size}: so many neurons", "lower it")
        name = _free_name(name, "population", self._populations)
        draws = Draws(core, len(self._populations))
        places = positions_of(positions, size, draws)
        parameters = resolve(draws, model, size)
        receptors = [
            (receptor, type(part).__name__, resolve(draws, part, size, f"{receptor}.").numbers)
            for receptor, part in model.receptors.items()
        ]
        built_in = BUILT_IN_RECEPTORS.get(type(model).__name__, {})
        receptors += [(receptor, kind, {}) for receptor, kind in built_in.items()]
        states = _initial_states(model, {} if initial is None else initial, draws, size)
        spikes = spikes_of(model, size, self.clock, core.time_step) if isinstance(model, Source) else None
        record = PopulationRecord(-1, name, size, model, places)
        add = partial(core.add_population, size, type(model).__name__, parameters.numbers, receptors)
        keep: list[Callable[[int], None]] = [
            partial(setattr, record, "index"),
            *schedule_settings(core, self.clock, "population", parameters.schedules),
            *(partial(core.set, name=variable, ids=None, value=values) for variable, values in states.items()),
        ]
        if spikes is not None:
            keep.append(partial(core.set_spike_times, steps=spikes[0], ids=spikes[1]))
        perform([listed(self._populations, name, record), Change(add, core.withdraw_population, keep)])
        return record.handle(self)

    @claiming
    def connect(
        self,
        pre: Neurons,
        post: Neurons,
        connector: Connector,
        *,
        receptor: str | None = None,
        weight: Value | Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
        delay: Value | Callable[[NDArray[np.float64]], NDArray[np.float64]] = 1.0,
        dendritic_fraction: float = 0.0,
        plasticity: Rule | Sequence[Rule] | None = None,
        name: str | None = None,
    ) -> Projection:
        """Adds synapses.

        Parameters
        ----------
        pre, post : Population or View
            The neurons they come from and go to. Connectors see the neurons of a view as 0, 1, ...
        connector : Connector
            Who is connected to whom, such as ``FixedProbability(0.02)``.
        receptor : str, optional
            Name of a receptor of `post`; needed where there are several.
        weight : number, array_like, Distribution or function, optional
            In the unit of the receptor; by default 1, or the entries of a `FromSparse` matrix. An array has one value
            for each connection: in the order of `Explicit` connections, else by source, then target, in the order in
            which `pre` and `post` list their neurons. A function gets the distances of all connections, shape (n,), in
            the same order, and returns their weights.
        delay : number, array_like, Distribution or function
            From the presynaptic spike to its effect, in ms, at least dt; rounded to the grid.
        dendritic_fraction : float
            The part of the delay, 0 to 1, that is dendritic: it delays the postsynaptic spike on its way to the
            synapse.
        plasticity : Rule or sequence of Rule, optional
            How the weights learn.
        name : str, optional
            By default ``"projection_0"`` and so on.

        Returns
        -------
        Projection

        Raises
        ------
        TypeError, ValueError
            If a value is refused; the network is then unchanged.
        """
        core = self.engine()
        pre, post = self.own_neurons(pre, "pre"), self.own_neurons(post, "post")
        for neurons in (pre, post):
            if dead := int(np.count_nonzero(~neurons.alive)):
                name_of = neurons.population.name
                raise ValueError(
                    f"{dead} neurons of '{name_of}' are dead; connect those that live: {name_of}[{name_of}.alive]"
                )
        if not isinstance(connector, Connector):
            raise TypeError(connecting.no_connector(connector))
        number = post.population.receptor_index(receptor)
        fraction = coerce.number(dendritic_fraction, "dendritic_fraction")
        if not 0 <= fraction <= 1:
            raise ValueError(f"dendritic_fraction = {fraction:g} must be at least 0 and at most 1")
        rules = connecting.rules_of(plasticity)
        described = [connecting.native_rule(rule, self._modulators) for rule in rules]
        sizes = len(pre), len(post)
        delays = connecting.SynapseValue(delay, "delay", "ms", self.dt, sizes)
        given = None
        if weight is not None:
            given = connecting.SynapseValue(weight, "weight", "", sizes=sizes)
        by_distance = delays.needs_distances or (given is not None and given.needs_distances)
        plan = connecting.plan(pre, post, connector, by_distance)
        weights = given or connecting.SynapseValue(1.0 if plan.weights is None else plan.weights, "weight", "")
        if plan.listed is not None:
            weights.expect(len(plan.listed))
            delays.expect(len(plan.listed))

        ends = (pre.population.index, post.population.index)

        receptor_name = post.population.receptors[number]

        @making_room
        def build() -> ProjectionRecord:
            connections = core.connect(*ends, *plan.ids, plan.connector, plan.options)
            native = weights.native(connections, plan), delays.native(connections, plan)
            losses.of_weights(core, "weight", native[0])
            # functions of distance are the user's, and may have added projections
            free = _free_name(name, "projection", self._projections)
            ends_of = pre._record, post._record
            record = ProjectionRecord(-1, free, ends_of, receptor_name, fraction, rules, str(delays))
            add = partial(core.add_projection, connections, number, *native, fraction, described)
            self._add(self._projections, record, add)
            return record

        return build().handle(self)

    def _add(self, registry: dict[str, Any], thing: Any, add: Callable[[], int]) -> None:
        """Adds a thing to the engine, and to those that Python knows of."""
        perform([listed(registry, thing.name, thing), Change(add, keep=[partial(setattr, thing, "index")])])

    @claiming
    def modulator(self, name: str, *, tau: float = 200.0, baseline: float = 0.0) -> Modulator:
        """Adds a signal that rules of plasticity can read, such as dopamine.

        Parameters
        ----------
        name : str
            What rules refer to it by.
        tau : float
            Time constant in ms with which its level falls to the baseline, above 0.
        baseline : float
            The level without any release.

        Returns
        -------
        Modulator

        Raises
        ------
        TypeError, ValueError
            If the name is taken, or a value is refused.
        """
        core = self.engine()
        name = _free_name(coerce.name_of_modulator(name, "name of a modulator"), "modulator", self._modulators)
        decay, level = coerce.number(tau, "Modulator.tau", "ms"), coerce.number(baseline, "Modulator.baseline")
        record = ModulatorRecord(-1, name, decay)
        self._add(self._modulators, record, partial(core.add_modulator, decay, level))
        return record.handle(self)

    @claiming
    @making_room
    def drive(
        self,
        target: Neurons,
        stimulus: Stimulus,
        *,
        receptor: str | None = None,
        weight: Value | None = None,
        name: str | None = None,
    ) -> Drive:
        """Adds a stimulus that acts on neurons.

        Parameters
        ----------
        target : Population or View
            The neurons.
        stimulus : Stimulus
            Such as ``PoissonInput(rate=1000)`` or ``ConstantCurrent(amplitude=200)``. Arrays have one value per neuron
            of `target`.
        receptor : str, optional
            The receptor that the spikes of a `PoissonInput` go to; needed where there are several.
        weight : number, array_like of shape (n,) or Distribution, optional
            The weight of those spikes, in the unit of the receptor; by default 1.
        name : str, optional
            By default ``"drive_0"`` and so on.

        Returns
        -------
        Drive

        Raises
        ------
        TypeError, ValueError
            If a value is refused; the network is then unchanged.
        """
        core, neurons = self.engine(), self.own_neurons(target, "target")
        if not isinstance(stimulus, Stimulus):
            raise TypeError(
                f"stimulus = {coerce.shown(stimulus)} must be a stimulus, such as PoissonInput(rate=1000)"
                f"{_of_no_stimulus(stimulus)}"
            )
        name = _free_name(name, "drive", self._drives)
        part, own = type(stimulus).__name__, neurons.population
        if isinstance(own.model, Source):
            raise ValueError(f"population '{own.name}' ({type(own.model).__name__}) has no membrane to drive")
        into_receptor = part == "PoissonInput"
        if not into_receptor and (receptor is not None or weight is not None):
            raise ValueError(f"{part} acts on the membrane: it takes no receptor and no weight")
        receptor_index = own.receptor_index(receptor) if into_receptor else -1
        variable = f"drive {len(self._drives)}."
        draws = Draws(core, own.index)
        strength = _drive_weight(1.0 if weight is None else weight, draws, variable + "weight", neurons)
        part, numbers, schedules = _stimulus_parameters(stimulus, draws, neurons, variable)
        numbers = {key: order.of_population(neurons, value) for key, value in numbers.items()}
        schedules = {key: spread_schedule(neurons, value) for key, value in schedules.items()}
        strength = order.of_population(neurons, strength)
        record = DriveRecord(-1, name, neurons._record, stimulus, part)
        add = partial(core.add_drive, own.index, neurons.native_ids, part, numbers, receptor_index, strength)
        keep: list[Callable[[int], None]] = [partial(setattr, record, "index")]
        keep += schedule_settings(core, self.clock, "drive", schedules)
        perform([listed(self._drives, name, record), Change(add, core.withdraw_drive, keep)])
        return record.handle(self)

    @overload
    def control(
        self, target: Neurons | Projection | Drive | Controller, law: Law, *, name: str | None = None
    ) -> Controller: ...

    @overload
    def control(
        self, target: Projection | Sequence[Projection], law: StructuralLaw, *, name: str | None = None
    ) -> Rewiring: ...

    @claiming
    @making_room
    def control(
        self,
        target: Neurons | Projection | Drive | Controller | Sequence[Projection],
        law: Law | StructuralLaw,
        *,
        name: str | None = None,
    ) -> Controller | Rewiring:
        """Adds a slow loop that senses what neurons do, or a modulator, and moves something.

        Parameters
        ----------
        target : Population, View, Projection, Drive or Controller
            What is sensed and adjusted, as the law allows. For `StructuralPlasticity` also a list of projections from
            one population, whose axonal elements they share.
        law : Law or StructuralLaw
            Such as ``SynapticScaling("ampa", target_rate=5)`` or ``Pruning(below=0.1)``. Arrays have one value per
            neuron of `target`.
        name : str, optional
            By default ``"controller_0"`` and so on.

        Returns
        -------
        Controller or Rewiring

        Raises
        ------
        TypeError, ValueError
            If a value is refused; the network is then unchanged.
        """
        core = self.engine()
        if isinstance(law, StructuralLaw):
            return self._rewire(target, law, name)
        address = address_of(target, self, "target")
        if not isinstance(law, Law):
            raise TypeError(
                f"law = {coerce.shown(law)} must be what a controller does, such as SynapticScaling()"
                f"{words.remedy(law)}"
            )
        name = _free_name(name, "controller", self._controllers)
        adjusted, neurons, part = acts_on(law, target, address.owner), neurons_of(target), type(law).__name__
        if neurons is not None and isinstance(neurons.model, Source) and part != "Modulation":
            own = neurons.population
            raise ValueError(f"{part} cannot act on population '{own.name}' ({type(own.model).__name__})")
        draws = Draws(core, address.number)
        whom = 1 if neurons is None else neurons
        if neurons is None:
            check_one_number(law, target)
        numbers = resolve(draws, law, whom, f"controller {len(self._controllers)}.").numbers
        numbers |= connecting.modulators_of(law, self._modulators)
        if neurons is not None:
            numbers = {key: order.of_population(neurons, value) for key, value in numbers.items()}
        record = ControllerRecord(-1, name, cast("Any", target)._record, law, adjusted)
        self._add(self._controllers, record, partial(core.add_controller, name, *address, adjusted, part, numbers))
        return record.handle(self)

    def _rewire(self, target: Any, law: StructuralLaw, name: str | None) -> Rewiring:
        core = self.engine()
        name = _free_name(name, "controller", self._controllers)
        projections, planned = plan_of_structure(law, target, self)
        record = RewiringRecord(-1, name, tuple(p._record for p in projections), law)
        keep: list[Callable[[int], None]] = [partial(setattr, record, "index")]
        if planned.schedule is not None:
            steps = self.clock.nearest(planned.schedule.times, "Schedule.times")
            keep.append(partial(core.set_rewiring_schedule, steps=steps, values=planned.schedule.values))
        add = partial(core.add_rewiring, name, [p.index for p in projections], planned.specs, planned.places)
        perform([listed(self._controllers, name, record), Change(add, keep=keep)])
        return record.handle(self)

    @claiming
    def modify(
        self,
        target: Neurons | Projection | Drive | Controller,
        factors: Mapping[str, float],
        *,
        name: str | None = None,
        start: float | None = None,
        stop: float | None = None,
    ) -> Modifier:
        """Multiplies parameters by factors for a time, reversibly.

        Parameters
        ----------
        target : Population, View, Projection, Drive or Controller
            Whose parameters.
        factors : mapping from names to numbers
            Of neurons: parameters such as ``"I_e"`` or ``"gaba.tau"``, ``"gaba.gain"`` for all that arrives at a
            receptor, and ``"spikes"``, 0 for neurons whose spikes do not leave them. Of a projection: ``"gain"`` for
            what it transmits, and parameters of its rules, such as ``"learning_rate"`` or ``"0.U"``. Of a drive: its
            first parameter. Of a controller: those of its law.
        name : str, optional
            By default ``"modifier_0"`` and so on.
        start, stop : float, optional
            From when, and until when, in ms; by default from now on, and without end.

        Returns
        -------
        Modifier

        Raises
        ------
        TypeError, ValueError
            If a name or a value is refused; the network is then unchanged.
        """
        return self._modify([(target, factors)], name, start, stop)

    @claiming
    def apply(
        self,
        drug: Drug,
        targets: Any,
        *,
        name: str | None = None,
        start: float | None = None,
        stop: float | None = None,
    ) -> Modifier:
        """Gives a drug of `plastica.drugs` for a time: ``net.apply(pl.drugs.gabazine(dose=2), exc, stop=5000)``.

        Parameters
        ----------
        drug : Drug
            What, and how much.
        targets : Population, View, Projection or a sequence of them
            On whom it acts; they have the parameter that it multiplies, ``drug.acts_on``.
        name : str, optional
            By default the drug's, with a number if there is already such a modifier.
        start, stop : float, optional
            From when, and until when, in ms; by default from now on, and without end.

        Returns
        -------
        Modifier

        Raises
        ------
        TypeError, ValueError
            If a target has no such parameter; the network is then unchanged.
        """
        if not isinstance(drug, Drug):
            raise TypeError(f"drug = {coerce.shown(drug)} must be one of plastica.drugs, such as drugs.gabazine()")
        every = targets if isinstance(targets, Sequence) and not isinstance(targets, str) else [targets]
        if not every:
            raise ValueError("targets is empty; name at least one population, view or projection")
        if name is None and drug.name in self._modifiers:
            name = next(n for i in range(1, 10**9) if (n := f"{drug.name}_{i}") not in self._modifiers)
        factors = {drug.acts_on: drug.factor}
        return self._modify([(target, factors) for target in every], drug.name if name is None else name, start, stop)

    def _modify(self, targets: Sequence[tuple[Any, Any]], name: Any, start: Any, stop: Any) -> Modifier:
        core = self.engine()
        name = _free_name(name, "modifier", self._modifiers)
        changes: list[tuple[Any, ...]] = []
        every: dict[str, float] = {}
        for target, factors in targets:
            address = address_of(target, self, "target")
            numbers = factors_of(factors, f"modifier '{name}'")
            every |= numbers
            for parameter, factor in numbers.items():
                check_modifiable(target, parameter, f"modifier '{name}'")
                changes.append((*address, parameter, factor))
        begin = core.time_step if start is None else int(self._moment(start, f"modifier '{name}': start"))
        end = None if stop is None else int(self._moment(stop, f"modifier '{name}': stop"))
        span = self.clock.ms(begin), None if end is None else self.clock.ms(end)
        record = ModifierRecord(-1, name, every, *span)
        self._add(self._modifiers, record, partial(core.add_modifier, name, changes, begin, end))
        return record.handle(self)

    def _moment(self, value: Any, what: str) -> int:
        return int(self.clock.nearest(np.array([coerce.number(value, what, "ms")]), what)[0])

    @claiming
    def guard(
        self,
        target: Neurons | Projection,
        *,
        rate: tuple[float, float] | None = None,
        weight: tuple[float, float] | None = None,
        window: float = 1000.0,
        action: Literal["stop", "report"] = "stop",
        name: str | None = None,
    ) -> Guard:
        """Watches for runaway and silence.

        Parameters
        ----------
        target : Population, View or Projection
            What is watched.
        rate : tuple of float, optional
            Band of the mean rate of neurons in Hz, over every `window`.
        weight : tuple of float, optional
            Band that no weight of a projection may leave; looked at every `window`.
        window : float
            In ms, a multiple of dt. A guard looks at every multiple of it.
        action : {"stop", "report"}
            What happens when a value is out of the band: the run ends at that moment with a `GuardError`, after which
            it can be continued; or `Guard.events` gets an entry, the first time with a warning.
        name : str, optional
            By default ``"guard_0"`` and so on.

        Returns
        -------
        Guard

        Raises
        ------
        TypeError, ValueError
            If a value is refused.
        """
        core = self.engine()
        address = address_of(target, self, "target")
        what = {"population": "rate", "projection": "weight"}.get(address.owner)
        band = {"rate": rate, "weight": weight}.get(what or "")
        if band is None or (rate is not None and weight is not None):
            raise TypeError("a guard watches the rate=(low, high) of neurons or the weight=(low, high) of a projection")
        name = _free_name(name, "guard", self._guards)
        low, high = band_of(band, f"guard '{name}': {what}")
        coerce.choice(action, "action", ("stop", "report"))
        steps = self.clock.steps(window, "window", minimum=1)
        record = GuardRecord(-1, name, target._record, str(what), (low, high))
        self._add(self._guards, record, partial(core.add_guard, *address, low, high, steps, action == "stop"))
        return record.handle(self)

    def _report_guards(self) -> None:
        """Warns of what guards have seen, once each."""
        for record in self._guards.values():
            guard = record.handle(self)
            events = [] if record.warned else guard.events
            if events:
                record.warned = True
                warnings.warn(guard.message(events[0]), stacklevel=3)

    @overload
    def record(self, target: Neurons, what: Literal["spikes"], *, to: PathName | None = None) -> SpikeRecorder: ...

    @overload
    def record(  # type: ignore[overload-overlap]
        self, target: Neurons, what: Literal["rate"], *, interval: float, to: PathName | None = None
    ) -> RateRecorder: ...

    @overload
    def record(
        self, target: Projection, what: Literal["structure"], *, to: PathName | None = None
    ) -> StructureRecorder: ...

    @overload
    def record(
        self,
        target: Projection,
        what: str,
        *,
        interval: float,
        sample: int | ArrayLike | None = None,
        to: PathName | None = None,
    ) -> SynapseRecorder: ...

    @overload
    def record(
        self, target: Modulator, what: Literal["level"] = "level", *, interval: float, to: PathName | None = None
    ) -> ModulatorRecorder: ...

    @overload
    def record(
        self, target: Controller | Rewiring, what: str, *, interval: float, to: PathName | None = None
    ) -> ControllerRecorder: ...

    @overload
    def record(
        self,
        target: Neurons,
        what: str | Sequence[str],
        *,
        interval: float,
        sample: int | ArrayLike | None = None,
        to: PathName | None = None,
    ) -> StateRecorder: ...

    @claiming
    @making_room
    def record(
        self,
        target: Neurons | Projection | Modulator | Controller | Rewiring,
        what: str | Sequence[str] | None = None,
        *,
        interval: float | None = None,
        sample: int | ArrayLike | None = None,
        to: PathName | None = None,
    ) -> Any:
        """Records something from now on.

        Parameters
        ----------
        target : Population, View, Projection, Modulator or Controller
            Of whom.
        what : str or sequence of str
            ``"spikes"``, ``"rate"``, or names of variables such as ``"V"`` or ``["V", "ampa.g"]`` of neurons;
            ``"weights"`` of a projection, a state that its rules keep, such as ``"u"``, or ``"structure"``: which
            synapses come and go; ``"level"`` of a modulator, where it need not be said; a state of a
            controller, such as ``"factor"``.
        interval : float
            Time between samples in ms, a multiple of dt; for everything but spikes and structure.
        sample : int or array_like of int, optional
            Of variables and weights: a number of neurons or connections, spread evenly, or their indices.
        to : path, optional
            A folder of its own, to which the recording is written while the network runs, so that memory does not grow:
            see `Recording`. None: it stays in memory.

        Returns
        -------
        SpikeRecorder, RateRecorder, StateRecorder, SynapseRecorder, StructureRecorder, ModulatorRecorder or
        ControllerRecorder

        Raises
        ------
        TypeError, ValueError
            If there is no such variable, or an argument is missing or out of place.
        OSError
            If the folder cannot be written to, or is not empty.
        """
        what = _what_to_record(target) if what is None else what
        coerce.check_names(what, "what")
        place = None if to is None else coerce.path(to, "to")
        record, begins = self._recorder_of(target, what, interval, sample)
        recorder: Recorder = record.handle(self)
        core, stream = self.engine(), None
        changes = [Change(partial(self._recorders.append, record), self._recorders.pop)]
        changes += [Change(begin, core.withdraw_recorder, [record.engine.append]) for begin in begins]
        try:
            if place is not None:
                stream = Stream.begin(place, recorder._about())
                endings.watch(self)
                changes.append(assigned(record, "stream", stream))
            perform(changes)
            if stream is not None:
                stream.upto = recorder.extent()  # nothing yet: a recording that never runs gets no chunk
        except BaseException:
            if stream is not None and record not in self._recorders:
                stream.withdraw()
            raise
        return recorder

    def _recorder_of(self, target: Any, what: Any, interval: Any, sample: Any) -> Planned:
        """A recorder, and the calls that begin its recording in the engine and give their numbers."""
        if what == "spikes" and (interval is not None or sample is not None):
            raise ValueError("recording spikes takes no interval and no sample; record a view instead")
        if isinstance(target, Projection):
            return self._record_synapses(target, what, interval, sample)
        if isinstance(target, Modulator):
            return self._record_level(target, what, interval, sample)
        if isinstance(target, Controller | Rewiring):
            return self._record_controller(target, what, interval, sample)
        return self._record_neurons(self.own_neurons(target, "target"), what, interval, sample)

    def _record_synapses(self, projection: Projection, what: Any, interval: Any, sample: Any) -> Planned:
        if projection.network is not self:
            raise ValueError(f"target: projection '{projection.name}' belongs to another network")
        if what == "structure":
            if interval is not None or sample is not None:
                raise ValueError("recording structure takes no interval and no sample")
            return StructureRecord.planned(self, projection)
        _check_one(what, f"projection '{projection.name}'")
        if what != "weights" and what not in projection.states:
            hint = suggestion(what, _recordable(projection), words.ATTRIBUTES)
            if what in projection._rule_fields():
                hint = f"{_of_a_parameter(what, 'projection')} ({', '.join(_recordable(projection))})"
            raise ValueError(f"projection '{projection.name}' cannot record {what!r}; {hint}")
        return SynapsesRecord.planned(self, projection, what, self._interval(interval, what), sample)

    def _record_level(self, modulator: Modulator, what: Any, interval: Any, sample: Any) -> Planned:
        if modulator.network is not self:
            raise ValueError(f"target: modulator '{modulator.name}' belongs to another network")
        if what != "level" or sample is not None:
            raise ValueError(f"a modulator can record its 'level', without a sample, not {what!r}")
        return LevelRecord.planned(self, modulator, self._interval(interval, "the level"))

    def _record_controller(self, controller: Controller | Rewiring, what: Any, interval: Any, sample: Any) -> Planned:
        if controller.network is not self:
            raise ValueError(f"target: controller '{controller.name}' belongs to another network")
        _check_one(what, f"controller '{controller.name}'")
        if what not in controller.states or sample is not None:
            known = suggestion(str(what), controller.states)
            if what in controller.parameters:
                known = f"{_of_a_parameter(what, 'controller')} ({', '.join(controller.states)})"
            raise ValueError(
                f"controller '{controller.name}' can record a state, without a sample, not {what!r}; {known}"
            )
        return MovedRecord.planned(self, controller, what, self._interval(interval, what))

    def _record_neurons(self, neurons: Neurons, what: Any, interval: Any, sample: Any) -> Planned:
        if what == "spikes":
            return SpikesRecord.planned(self, neurons)
        if what == "rate":
            if sample is not None:
                raise ValueError("recording the rate takes no sample; record a view of the population instead")
            return RateRecord.planned(self, neurons, self._interval(interval, "rate"))
        names = _recorded_variables(what, neurons)
        if sample is not None:
            neurons = neurons[sample_of(sample, len(neurons), "neurons")]
        return StatesRecord.planned(self, neurons, names, self._interval(interval, ", ".join(names)))

    def _interval(self, interval: Any, what: str) -> int:
        if interval is None:
            raise ValueError(f"recording {what} needs an interval in ms, such as interval=1.0")
        return self.clock.steps(interval, "interval", minimum=1)

    def own_neurons(self, neurons: Any, what: str) -> Neurons:
        """Neurons of this network, for the parts of this package; raises TypeError or ValueError for anything else."""
        if not isinstance(neurons, Neurons):
            raise TypeError(f"{what} = {coerce.shown(neurons)} must be a population or a view of one")
        if neurons.network is not self:
            raise ValueError(f"{what}: population '{neurons.population.name}' belongs to another network")
        if len(neurons) == 0:
            raise ValueError(f"{what}: the view of population '{neurons.population.name}' has no neurons")
        return neurons

    # ---- running

    def run(
        self,
        duration: float,
        *,
        progress: bool | None = None,
        callback: Callable[[Network], None] | None = None,
        every: float | None = None,
        checkpoint: PathName | None = None,
        checkpoint_every: float | None = None,
    ) -> None:
        """Lets time run.

        Ctrl-C stops between two chunks of steps (about 0.1 s of wall time); the network can go on after it.

        Parameters
        ----------
        duration : float
            In ms, a multiple of dt to within 1e-6 of a step.
        progress : bool, optional
            Whether to show a progress bar; None: on a terminal, if tqdm is installed.
        callback : callable, optional
            Called with the network after every `every` ms of this run; it may read and set anything, but not run.
        every : float, optional
            In ms, a multiple of dt; goes with `callback`.
        checkpoint : path, optional
            The file to which the network is saved, as by `save`, after every `checkpoint_every` ms of this run, behind
            the callback of that moment; at its end; and when Ctrl-C stops it. After a crash `plastica.load` has the
            network as it was then.
        checkpoint_every : float, optional
            In ms, a multiple of dt; goes with `checkpoint`.

        Raises
        ------
        ValueError
            If a time is not on the grid; the message says the nearest that is.
        OSError
            If a checkpoint or a recording cannot be written; the network can go on, and nothing is lost.
        SimulationError
            If a state or a weight is no longer a finite number.
        GuardError
            If a guard stopped the run; the network can go on.
        RuntimeError
            If the network is already running.
        """
        steps = self._steps_ahead(duration, "duration")
        if callback is not None and not callable(callback):
            raise TypeError(f"callback = {coerce.shown(callback)} must be a function that takes the network")
        wanted = None if progress is None else coerce.flag(progress, "progress")
        if (callback is None) != (every is None):
            raise ValueError("callback and every go together: run(1000, callback=function, every=100)")
        if (checkpoint is None) != (checkpoint_every is None):
            raise ValueError(
                "checkpoint and checkpoint_every go together: run(1e6, checkpoint=p, checkpoint_every=1e4)"
            )
        actions: list[tuple[int, Callable[[], None]]] = []
        if callback is not None:
            actions.append((self.clock.steps(every, "every", minimum=1), lambda: callback(self)))
        saving = None
        if checkpoint is not None:
            place = coerce.file(checkpoint, "checkpoint")
            interval = self.clock.steps(checkpoint_every, "checkpoint_every", minimum=1)
            actions.append((interval, lambda: self._write(place)))
            saving = place, interval
        resumable = callback is None
        run = partial(self._run, steps, wanted, actions, saving, resumable)
        self._core.claim("run", partial(self._recorded, run), runs=True)
        self._report_guards()

    def _run(
        self,
        steps: int,
        progress: bool | None = False,
        actions: Sequence[tuple[int, Callable[[], None]]] = (),
        saving: tuple[Path, int] | None = None,
        resumable: bool = True,
    ) -> None:
        """Lets time run in a network that this thread holds. `saving`: to which file, and after how many steps."""
        entries = self._journal if resumable else None
        if entries is not None:
            steps -= entries.catch_up(self, steps)
            actions = [*actions, (0, entries.note)]
        try:
            if steps <= self._chunk and not progress and not actions:
                self._advance(self._core.run, steps)
            else:
                self._run_in_chunks(steps, progress, actions)
        except KeyboardInterrupt:
            if saving is not None:
                self._write(saving[0])
            if entries is not None:
                entries.save()
            raise
        if saving is not None and (steps == 0 or steps % saving[1]):
            self._write(saving[0])
        if entries is not None:
            entries.complete()
        self._spill(finished=True)

    def put_state(self, path: Path) -> None:
        """Saves the network while it is busy, for the parts of this package."""
        self._write(path)

    def take_state(self, path: Path, steps: int) -> int:
        """Takes the state from a file of this network, at most so many steps on; how many it is.

        For the parts of this package.

        Raises
        ------
        CheckpointError
            If it is a file of another network.
        """
        with journal.unnoticed():
            saved = load(path, threads=self.threads)
        made = saved._core.time_step - self._core.time_step
        same = (saved.dt, saved.seed, saved.precision) == (self.dt, self.seed, self.precision)
        if not same or list(saved._populations) != list(self._populations) or not 0 <= made <= steps:
            raise CheckpointError(f"'{path}' is not of this network; run without --resume")
        self._core.exchange(saved._core)
        return made

    def _write(self, path: Path) -> None:
        with replacing(path) as file:
            files_of_networks.write(self, file)

    def _spill(self, *, finished: bool) -> None:
        """Takes what streaming recorders hold out of memory."""
        for record in self._recorders:
            if record.stream is not None:
                record.handle(self).spill(at_least=CHUNK_BYTES, now=finished)

    def _recorded(self, run: Callable[[], None]) -> None:
        """Lets time run; if an error or Ctrl-C ends it, what has been recorded until then is written at once."""
        try:
            run()
        except BaseException as reason:
            try:
                self.finish_recordings()
            except Exception as error:  # what ended the run matters more, and may be the same
                if not isinstance(reason, OSError):
                    with suppress(Warning):
                        losses.warn(f"the end of a recording has not been written, and stays in memory: {error}")
            raise

    def finish_recordings(self, *, folder: Path | None = None) -> None:
        """Writes what streaming recorders hold, for the parts of this package.

        `folder`: only of the recording that this network writes there.
        """
        failed: Exception | None = None
        for record in self._recorders:
            stream = record.stream
            if stream is None or (folder is not None and not (stream.owns and stream.folder.resolve() == folder)):
                continue
            try:
                record.handle(self).finish()
            except Exception as error:  # the others are written nevertheless
                failed = failed or error
        if failed is not None:
            raise failed

    def end_recordings(self) -> None:
        """Writes the end of the recordings when the network goes or the program ends; it never raises."""
        with suppress(Exception):
            for record in self._recorders:
                stream = record.stream
                if stream is not None and stream.owns and stream.is_there:
                    self._end_recording(record)

    def _end_recording(self, record: RecorderRecord) -> None:
        with suppress(Exception):
            try:
                record.handle(self).finish()
            except OSError as error:
                losses.warn(f"the end of the recording of {record.what} of {record.target} is lost: {error}")

    def __del__(self) -> None:
        self.end_recordings()
        with suppress(Exception):
            for record in self._recorders:
                if record.stream is not None:
                    record.stream.leave()

    def _steps_ahead(self, duration: Any, what: str) -> int:
        """The number of steps in a duration from now on; time as a whole is counted in steps, too."""
        steps = self.clock.steps(duration, what)
        if self._core.time_step + steps >= MOST_STEPS:
            shown, most = coerce.shown(duration, "ms"), coerce.shown(self.clock.ms(MOST_STEPS), "ms")
            raise ValueError(f"{what} = {shown} would lead beyond {most}, the longest time that steps can count")
        return steps

    def _advance(self, advance: Callable[[int], None], steps: int) -> None:
        """Lets the engine work; its errors get names."""
        try:
            advance(steps)
        except _native.SimulationError as error:
            raise named(error, list(self._populations)) from None
        except _native.GuardError as error:
            raise self._guard_error(error) from None

    def rest(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Lets a quiet period pass, in which only what is slow moves: in closed form, however long it is.

        Neurons and sources are silenced and drives are off until it is over. The network first runs step by step until
        what is fast has faded (40 of the longest time constant of traces, eligibilities and modulators); what is left
        passes at once: weights that decay or consolidate, short-term plasticity, rules with intervals tick by tick,
        modulators, controllers, modifiers. The result is that of running the silent network step by step, up to
        rounding and to the realisation of noise. Variables of neurons must come to rest without drives; then they stay.
        Recorders take no samples while time passes at once.

        Parameters
        ----------
        hours, minutes, seconds : float
            How long, together; on the grid of dt.

        Raises
        ------
        ValueError
            If the time is not on the grid.
        RuntimeError
            If the network is already running; or if a neuron's variable does not come to rest, such as V of neurons
            whose I_e is above threshold. The time until then has passed.
        """
        wanted = 3.6e6 * coerce.number(hours, "hours") + 6e4 * coerce.number(minutes, "minutes")
        steps = self._steps_ahead(wanted + 1e3 * coerce.number(seconds, "seconds"), "the duration of the rest")
        self._core.claim("rest", partial(self._recorded, partial(self._rest, steps)), runs=True)
        self._report_guards()

    def _rest(self, steps: int) -> None:
        core, changes = self._core, []
        for drive in self._drives.values():
            if core.drive_active(drive.index):
                switch = partial(core.set_drive_active, drive.index)
                changes.append(Change(partial(switch, False), partial(switch, True)))
        for population in self._populations.values():
            awake = np.flatnonzero(~core.silent(population.index)).astype(np.uint32)
            silence = partial(core.silence, population.index, awake)
            changes.append(Change(partial(silence, True), partial(silence, False)))
        _native.within(changes, partial(self._sleep, steps))

    def _sleep(self, steps: int) -> None:
        """Lets time pass in a network that is silent."""
        fading = min(steps, self._core.memory_steps())
        self._run(fading)
        fading += self._relax(steps - fading)
        self._advance(self._core.rest, steps - fading)

    def _relax(self, most: int) -> int:
        """Runs until the neurons' variables stand still, at most so many steps; how many it were."""
        second, passed, before, largest = round(1e3 / self.dt), 0, self._all_states(), np.inf
        while passed < most:
            steps = min(second, most - passed)
            self._run(steps)
            passed += steps
            now = self._all_states()
            moving = {
                name: float(np.abs(values - before[name]).max())
                for name, values in now.items()
                if not np.allclose(before[name], values, rtol=1e-7, atol=1e-7)
            }
            if not moving:
                break
            fastest = max(moving, key=lambda name: moving[name])
            if passed > 5 * second and moving[fastest] > 0.999 * largest:
                raise RuntimeError(
                    f"{fastest} does not come to rest without drives, which a rest needs: lower I_e of neurons "
                    f"that are above their threshold, or run the time step by step"
                )
            before, largest = now, moving[fastest]
        return passed

    def _all_states(self) -> dict[str, NDArray[np.float64]]:
        """The variables of all neurons."""
        return {
            f"{name} of population '{population.name}'": population.get(name)
            for population in self.populations.values()
            if not isinstance(population.model, Source)
            for name in states_of(population.model)
        }

    def _guard_error(self, error: _native.GuardError) -> GuardError:
        moment, index, value = error.args
        record = next(record for record in self._guards.values() if record.index == index)
        record.warned = True
        return GuardError(moment, f"{record.what} of '{record.handle(self).target.name}'", value, record.band)

    def _run_in_chunks(
        self, steps: int, progress: bool | None, actions: Sequence[tuple[int, Callable[[], None]]]
    ) -> None:
        """`actions` happen after every so many steps; those of 0 steps, after every chunk."""
        done = 0
        with Progress(progress, self, steps) as bar:
            while done < steps:
                chunk = min(self._chunk, steps - done, *(every - done % every for every, _ in actions if every))
                started = perf_counter()
                self._advance(self._core.run, chunk)
                self._adapt(chunk, perf_counter() - started)
                done += chunk
                bar.update(done)
                self._spill(finished=False)
                for every, action in actions:
                    if every == 0 or done % every == 0:
                        action()

    def _adapt(self, chunk: int, seconds: float) -> None:
        """Chooses the next chunk; one that was cut short says nothing unless it was slow."""
        if chunk == self._chunk or seconds > _CHUNK_SECONDS:
            factor = min(max(_CHUNK_SECONDS / max(seconds, 1e-9), 0.25), 4.0)
            self._chunk = min(max(int(chunk * factor), 1), 2**31)

    @property
    def profiling(self) -> bool:
        """Whether the time spent in each phase of the step is measured; setting it starts `timings` at 0."""
        return self._profiling

    @profiling.setter
    def profiling(self, on: bool) -> None:
        wanted = coerce.flag(on, "profiling")
        perform([assigned(self, "_profiling", wanted), Change(partial(self.engine().profile, wanted))])

    @property
    def timings(self) -> dict[str, float]:
        """Seconds spent in each phase of the step since `profiling` was set, summed over the threads."""
        return self.engine().timings()

    def __str__(self) -> str:
        return summary.text(self)

    def __repr__(self) -> str:
        return (
            f"<Network at {self.time:g} ms: {len(self._populations)} populations, {len(self._projections)} projections>"
        )

    def _repr_html_(self) -> str:
        return summary.html(self)


def load(path: PathName | IO[bytes], *, threads: int | None = None) -> Network:
    """The network in a file that `Network.save` wrote, at the moment it was saved.

    Going on with it gives, bit for bit, what going on without interruption would have given, on any number of threads
    and any machine. Files of strangers are safe to load: nothing in them is executed.

    Parameters
    ----------
    path : path or binary file
        The file.
    threads : int, optional
        Number of threads; None: all cores. Results do not depend on it.

    Returns
    -------
    Network
        Its parts are found by name: ``net.populations["exc"]``, ``net.recorders[0]``.

    Raises
    ------
    CheckpointError
        If the file is damaged, cut off, of a later version of Plastica, or no file of a network, or if the network
        needs more memory than there is.
    OSError
        If there is no such file, it cannot be read, or it is a folder, a device or a FIFO.
    """
    if threads is not None:
        coerce.integer(threads, "threads", low=1, high=1024)
    entries = journal.of_new_network()
    with journal.unnoticed():  # it is one network, however often the file is tried
        network = _from_file(path, threads)
    network._journal = entries
    return network


def _from_file(path: PathName | IO[bytes], threads: int | None) -> Network:
    if callable(getattr(path, "read", None)):
        return files_of_networks.read(cast("IO[bytes]", path), Network, threads)
    with opened(coerce.file(path, "path")) as file:
        try:
            return files_of_networks.read(file, Network, threads)
        except CheckpointError as error:
            raise CheckpointError(f"cannot load '{path}': {error}") from error.__cause__


def _unpickled(data: bytes) -> Network:
    return load(BytesIO(data))._only_reading()


def _recorded_variables(what: str | Sequence[str], neurons: Neurons) -> list[str]:
    """The names of variables to be recorded together; spikes and the rate are recorded by calls of their own."""
    names = [what] if isinstance(what, str) else list(what)
    for own, call in (("spikes", "'spikes'"), ("rate", "'rate', interval=...")):
        if own in names:
            rest = [name for name in names if name not in ("spikes", "rate")]
            beside = f", beside record(neurons, {rest!r}, interval=...)" if rest else ""
            raise ValueError(f"{what!r}: {own!r} is recorded by a call of its own, record(neurons, {call}){beside}")
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{what!r} must be names of variables, each once")
    population = neurons.population
    parameters = [name for name in population.fields if name not in population.states]
    can = f"({', '.join(_recordable(neurons))})"
    for name in names:
        what = f"population '{population.name}' cannot record {name!r}"
        if name in parameters:
            raise ValueError(f"{what}; {_of_a_parameter(name, 'population')} {can}")
        if name not in population.states:
            hint = words.suggestion(name, (*population.fields, "spikes", "rate"), words.PARAMETERS)
            hint = hint or words.of_receptors(name, population.states)
            of_parameters = any(f"'{each}'" in hint for each in parameters)
            also = "; parameters are not recorded, but read by get and effective" if of_parameters else ""
            raise UnknownName(f"{what}; {hint}{also}{' ' if hint else ''}{can}")
    return names


def _of_a_parameter(name: str, owner: str) -> str:
    """The sentence about a parameter that somebody wants to record."""
    return (
        f"'{name}' is a parameter, which changes only when it is set, or adjusted by controllers and modifiers: read "
        f"it by {owner}.get('{name}') and {owner}.effective('{name}'), as in a callback of run"
    )


def _recordable(target: Any) -> tuple[str, ...]:
    """Names of what can be recorded of something."""
    if isinstance(target, Neurons):
        return (*target.population.states, "spikes", "rate")
    if isinstance(target, Projection):
        return ("weights", "structure", *target.states)
    return ("level",) if isinstance(target, Modulator) else tuple(target.states)


def _what_to_record(target: Any) -> str:
    """What is recorded of something if nothing is said: the level of a modulator.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if isinstance(target, Modulator):
        return "level"
    if not isinstance(target, Neurons | Projection | Controller | Rewiring):
        raise TypeError(f"target = {coerce.shown(target)} must be a population, a view, a projection or a controller")
    names = _recordable(target)
    can = f"say what: one of {', '.join(map(repr, names))}" if names else "there is nothing to record of it"
    raise TypeError(f"record({target.name!r}) does not say what is recorded; {can}")


def _check_one(what: Any, owner: str) -> None:
    """Refuses several names where one is recorded at a time."""
    if not isinstance(what, str):
        raise ValueError(f"{owner} records one thing at a time, not {coerce.shown(what)}; call record for each")


def _free_name(name: Any, what: str, taken: Mapping[str, object]) -> str:
    """The name given, or the first free one such as population_0."""
    if name is None:
        number = len(taken)
        while f"{what}_{number}" in taken:
            number += 1
        return f"{what}_{number}"
    chosen = coerce.text(name, f"name of a {what}")
    if chosen in taken:
        raise ValueError(f"there is already a {what} with the name '{chosen}'")
    return chosen


def _initial_states(
    model: Model, initial: Mapping[str, Value], draws: Draws, size: int
) -> dict[str, float | NDArray[np.float64]]:
    """Checked initial values by the name of the state."""
    states = states_of(model)
    values = {}
    for name, value in coerce.mapping(initial, "initial").items():
        part, field = states[coerce.variable(name, states, f"initial: {type(model).__name__} has no state")]
        number = checked(part, field.name, value, field.unit)
        values[name] = per_neuron(draws, number, part, field.name, name, size)
    return values


def _of_no_stimulus(value: Any) -> str:
    """The end of the sentence that refuses what is no stimulus."""
    if isinstance(value, Source):
        source = type(value).__name__
        return (
            f"; {source} makes neurons of their own: population = net.population(n, {source}(...)), and then "
            "net.connect(population, neurons, ...)"
        )
    return words.remedy(value)


def _stimulus_parameters(
    stimulus: Stimulus, draws: Draws, neurons: Neurons, variable: str
) -> tuple[str, dict[str, Any], dict[str, Schedule]]:
    """What the engine calls the stimulus, its numbers and its schedules."""
    steps = stimulus.parameters
    if "amplitudes" in steps:  # a StepCurrent is a ConstantCurrent that follows a schedule
        schedule = Schedule(steps["times"], steps["amplitudes"])
        check_columns(schedule, "StepCurrent.amplitudes", len(neurons))
        return "ConstantCurrent", {"amplitude": 0.0}, {"amplitude": schedule}
    return type(stimulus).__name__, *resolve(draws, stimulus, neurons, variable)


def _drive_weight(weight: Any, draws: Draws, variable: str, neurons: Neurons) -> float | NDArray[np.float64]:
    """The weight of a drive: a number, or one for each neuron."""
    if isinstance(weight, Distribution):
        weight = drawn_for(draws, weight, variable, neurons)
    strength = coerce.number_or_array(weight, "weight")
    if isinstance(strength, np.ndarray) and len(strength) != len(neurons):
        raise ValueError(f"weight has {len(strength)} values for {len(neurons)} neurons")
    losses.of_weights(draws.core, "weight", strength)
    return strength
