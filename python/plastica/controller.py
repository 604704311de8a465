"""Controllers: slow loops that hold neurons in a working range, and what they have moved so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce
from .drive import spread_out
from .errors import UnknownName, suggestion
from .values import Draws, Value, checked, merged, per_neuron

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import Network
    from .part import Law
    from .population import Neurons
    from .schema import Field


class Controller:
    """A law at work on some neurons; made by `Network.control`.

    It updates at every multiple of its interval, before anything else of that step. What is read at that very moment
    does not contain the update yet.
    """

    def __init__(self, network: Network, index: int, name: str, target: Neurons, law: Law, acts_on: str) -> None:
        self.network, self.index, self.name, self.target, self.law, self.acts_on = (
            network,
            index,
            name,
            target,
            law,
            acts_on,
        )
        self._active = True

    @property
    def active(self) -> bool:
        """Whether it goes on moving what it acts on; when not, it senses on, and what it has done so far stays."""
        return self._active

    @active.setter
    def active(self, value: bool) -> None:
        self._active = coerce.flag(value, f"active of controller '{self.name}'")
        self.network.engine().set_controller_active(self.index, self._active)

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the variables that it keeps for every neuron."""
        return tuple(self.law.schema().states)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of its law."""
        return tuple(self.law.schema().parameters)

    def get(self, name: str) -> float | NDArray[np.float64]:
        """A state, an array of shape (n,) with a value for each neuron; or a parameter, a number or such an array.

        Raises
        ------
        UnknownName
            If there is neither.
        """
        field = self._field(name)
        values = self.network.engine().controller_get(self.index, name)
        if len(values) == 1 and name not in self.states:
            return field.choices[int(values[0])] if field.choices else float(values[0])  # type: ignore[return-value]
        return values[self.target.ids]

    def set(self, mapping: Mapping[str, Value] | None = None, /, **values: Value) -> None:
        """Sets states and parameters: ``set(target_rate=3)``, ``set(factor=1.0)``; nothing if any value is refused.

        Raises
        ------
        UnknownName
            If there is no such parameter or state.
        ValueError
            If a value is out of bounds, an array has another length, or the parameter is fixed when the controller is
            made.
        """
        core, ready = self.network.engine(), []
        draws = Draws(core, self.target.population.index)
        for name, value in merged(mapping, values):
            field, part = self._field(name), type(self.law).__name__
            if field.choices or name in ("interval", "tau"):
                raise ValueError(f"{part}.{name} is fixed when the controller is made")
            number = checked(part, name, value, field.unit)
            variable = f"controller {self.index}.{name}"
            ready.append((name, per_neuron(draws, number, part, name, variable, len(self.target))))
        for name, accepted in ready:
            core.controller_set(self.index, name, self._spread(name, accepted))

    def _spread(self, name: str, value: float | NDArray[np.float64]) -> Any:
        if self.target.native_ids is None or name not in self.states:
            return spread_out(self.target, value)
        whole = self.network.engine().controller_get(self.index, name)
        whole[self.target.ids] = value
        return whole

    def _field(self, name: str) -> Field:
        schema = self.law.schema()
        fields = {**schema.parameters, **schema.states}
        if name not in fields:
            raise UnknownName(
                f"controller '{self.name}' ({schema.name}) has no parameter or state {name!r}; "
                f"{suggestion(str(name), fields)}"
            )
        return fields[name]

    def __repr__(self) -> str:
        return f"<Controller '{self.name}': {self.law!r} on {self.target.name}>"


def acts_on(law: Law, neurons: Neurons) -> str:
    """The parameter of the neurons that a law moves, such as ``"V_th"`` or ``"ampa.gain"``."""
    population = neurons.population
    if "receptor" in law.parameters:
        number = population.receptor_index(law.parameters["receptor"])
        return f"{population.receptors[number]}.gain"
    name = str(law.parameters["parameter"])
    adjustable = [f"{receptor}.gain" for receptor in population.receptors]
    adjustable += [known for known, (_, field) in population.fields.items() if known not in population.states]
    if name not in adjustable:
        raise UnknownName(
            f"{type(law).__name__}.parameter: population '{population.name}' has no parameter {name!r} to adjust; "
            f"{suggestion(name, adjustable)}"
        )
    return name
