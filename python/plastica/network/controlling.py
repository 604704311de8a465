"""What acts on a network while it runs: controllers, laws of structure, modifiers, drugs and guards."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from plastica import coerce, rewiring
from plastica import controller as controllers
from plastica import guard as guards
from plastica import modifier as modifiers
from plastica.changes import Change, Scope, claiming
from plastica.contents import Contents
from plastica.drugs import Drug
from plastica.errors import GuardError
from plastica.memory import making_room
from plastica.part import StructuralLaw

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Self

    from plastica import _native
    from plastica.controller import Controller
    from plastica.drive import Drive
    from plastica.guard import Guard
    from plastica.modifier import Modifier
    from plastica.part import Law
    from plastica.population import Neurons
    from plastica.projection import Projection
    from plastica.rewiring import Rewiring


class Controlling(Contents):
    """Adds what acts on a running network."""

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
        if isinstance(law, StructuralLaw):
            return self._made(*rewiring.planned(self, self._controllers, target, law, name))
        return self._made(*controllers.planned(self, self._controllers, self._modulators, target, law, name))

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

    def _modify(
        self, targets: Sequence[tuple[Any, Any]], name: str | None, start: float | None, stop: float | None
    ) -> Modifier:
        return self._made(*modifiers.planned(self, self._modifiers, targets, name=name, start=start, stop=stop))

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
        bands = {"rate": rate, "weight": weight}
        plan = guards.planned(self, self._guards, target, bands, window=window, action=action, name=name)
        return self._made(*plan)

    def _report_guards(self) -> None:
        """Warns of what guards have seen, once each."""
        for record in self._guards.values():
            guard = record.handle(self)
            events = [] if record.warned else guard.events
            if events:
                record.warned = True
                warnings.warn(guard.message(events[0]), stacklevel=3)

    def _guard_error(self, error: _native.GuardError) -> GuardError:
        moment, index, value = error.args
        record = next(record for record in self._guards.values() if record.index == index)
        record.warned = True
        return GuardError(moment, f"{record.what} of '{record.handle(self).target.name}'", value, record.band)

    @claiming
    def frozen(self) -> AbstractContextManager[Self]:
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
        return cast("AbstractContextManager[Self]", block)
