"""Building a network: populations, projections, modulators and drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plastica import connecting, populating
from plastica import drive as drives
from plastica import modulator as modulators
from plastica.changes import claiming
from plastica.contents import Contents
from plastica.memory import making_room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from plastica.drive import Drive
    from plastica.modulator import Modulator
    from plastica.part import Connector, Model, Rule, Stimulus
    from plastica.population import Neurons, Population
    from plastica.positions import Positions
    from plastica.projection import Projection
    from plastica.values import Value


class Building(Contents):
    """Adds what a network is made of."""

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
        plan = populating.planned(self, self._populations, size, model, name=name, positions=positions, initial=initial)
        return self._made(*plan)

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
        build = connecting.planned(
            self,
            self._projections,
            self._modulators,
            pre,
            post,
            connector,
            receptor=receptor,
            weight=weight,
            delay=delay,
            dendritic_fraction=dendritic_fraction,
            plasticity=plasticity,
            name=name,
        )
        return making_room(lambda: self._made(*build()))()

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
        return self._made(*modulators.planned(self, self._modulators, name, tau, baseline))

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
        plan = drives.planned(self, self._drives, target, stimulus, receptor=receptor, weight=weight, name=name)
        return self._made(*plan)
