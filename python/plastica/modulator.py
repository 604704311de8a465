"""Modulators: named signals of a network, such as dopamine, that rules of plasticity read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce
from .changes import Change, added, claiming
from .coerce import Signal
from .errors import UnknownName, suggestion
from .handle import NamedHandle, NamedRecord, free_name
from .population import own_neurons
from .recorders import LevelRecord, Recordable
from .saving import Put, Restoring

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from . import _native
    from .faces import NetworkFace
    from .part import Part
    from .population import Neurons


class ModulatorRecord(NamedRecord["Modulator"]):
    """What a network knows of a modulator."""

    __slots__ = ("tau",)

    kind = "modulator"

    def __init__(self, index: int, name: str, tau: float) -> None:
        super().__init__(index, name)
        self.tau = tau  # ms

    def _new_handle(self, network: NetworkFace) -> Modulator:
        return Modulator(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the modulator."""
        return {"name": self.name, "tau": self.tau}

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> ModulatorRecord:
        """The reverse of `state`."""
        return cls(number, known.free(told["name"], cls.kind), coerce.number(told["tau"], "tau", "ms"))


class Modulator(NamedHandle[ModulatorRecord], Recordable, Signal):
    """A signal that everything in a network can read; made by `Network.modulator`.

    Its level is the baseline and what has been released, which decays exponentially. A release at a moment acts from
    that step on; the level that is read or recorded at the same moment does not contain it yet.
    """

    place = "modulators"

    _kinds_of_recorders = (LevelRecord,)
    _recorded_unsaid = "level"

    @property
    def tau(self) -> float:
        """Time constant in ms with which the level falls to the baseline."""
        return self._record.tau

    @property
    def level(self) -> float:
        """The level at this moment."""
        return self._network.engine().modulator_level(self.index)

    @property
    def baseline(self) -> float:
        """What the level decays to; can be set, and then holds from now on."""
        return self._network.engine().modulator_baseline(self.index)

    @baseline.setter
    def baseline(self, value: float) -> None:
        number = coerce.number(value, f"baseline of modulator '{self.name}'")
        self._network.engine().set_modulator_baseline(self.index, number)

    @claiming
    def release(self, amount: float | ArrayLike, *, at: float | ArrayLike | None = None) -> None:
        """Raises the level, at once or at given moments.

        Parameters
        ----------
        amount : float or array_like of shape (n,)
            By how much; negative numbers lower it. An array has one for each moment.
        at : float or array_like of shape (n,), optional
            Moments in ms, not before now, rounded to the grid; None: now.

        Raises
        ------
        ValueError
            If a moment has passed, a number is not finite, or the numbers of amounts and moments differ.
        """
        core, what = self._network.engine(), f"release of modulator '{self.name}'"
        amounts = np.atleast_1d(coerce.number_or_array(amount, f"{what}: amount"))
        if at is None:
            steps = np.array([core.time_step], dtype=np.int64)
        else:
            steps = self._network.clock.nearest(
                np.atleast_1d(coerce.number_or_array(at, f"{what}: at", "ms")), f"{what}: at"
            )
        core.release(self.index, steps, amounts)

    @claiming
    def release_by(self, neurons: Neurons, amount: float, *, delay: float = 1.0) -> None:
        """Lets every spike of some neurons raise the level, from now on.

        Parameters
        ----------
        neurons : Population or View
            Whose spikes.
        amount : float
            By how much each of them.
        delay : float
            From a spike to its release in ms, a multiple of dt, at least dt. Threads meet at least that often: a short
            delay costs time where all synapses have longer ones.

        Raises
        ------
        ValueError
            If the neurons belong to another network, or a number is out of bounds.
        """
        core, what = self._network.engine(), f"release_by of modulator '{self.name}'"
        chosen = own_neurons(neurons, self._network, "neurons")
        number = coerce.number(amount, f"{what}: amount")
        steps = self._network.clock.steps(delay, f"{what}: delay", minimum=1)
        core.release_by(self.index, chosen.population.index, chosen.native_ids, number, steps)

    def __repr__(self) -> str:
        return f"<Modulator '{self.name}': {self.level:g}, tau = {self.tau:g} ms>"


def planned(
    network: NetworkFace, modulators: dict[str, ModulatorRecord], name: Any, tau: Any, baseline: Any
) -> tuple[ModulatorRecord, list[Change]]:
    """A modulator, and the changes that add it: see `Network.modulator`."""
    name = free_name(coerce.name_of_modulator(name, "name of a modulator"), "modulator", modulators)
    decay, level = coerce.number(tau, "Modulator.tau", "ms"), coerce.number(baseline, "Modulator.baseline")
    record = ModulatorRecord(-1, name, decay)
    return record, added(modulators, record, partial(network.engine().add_modulator, decay, level))


def modulators_of(part: Part, modulators: Mapping[str, ModulatorRecord]) -> dict[str, float]:
    """Those parameters of a part that name modulators of the network, as the engine takes them.

    Raises
    ------
    UnknownName
        If the network has no modulator of that name.
    """
    found = {}
    for name, field in part.schema().parameters.items():
        if field.is_modulator:
            wanted = part.parameters[name]
            if wanted not in modulators:
                what = f"{type(part).__name__}.{name}: the network has no modulator {wanted!r}"
                raise UnknownName(
                    f"{what}; {suggestion(wanted, modulators)}; make it with net.modulator({wanted!r}, ...)"
                )
            found[name] = float(modulators[wanted].index)
    return found
