"""Quiet periods that pass at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from plastica import _native, coerce
from plastica.changes import Change
from plastica.part import Source
from plastica.population import states_of

from .running import Running

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Resting(Running):
    """Lets quiet time pass."""

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
