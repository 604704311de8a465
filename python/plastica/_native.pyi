"""
The C++ core of Plastica.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "Connections",
    "Core",
    "GuardError",
    "SimulationError",
    "check",
    "check_memory",
    "growth",
    "info",
    "parts",
]

class SimulationError(RuntimeError):
    pass

class GuardError(RuntimeError):
    pass

class Connections:
    """
    Connections that have been made but not added yet, by source, then target.
    """
    def distances(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def sources(self) -> numpy.typing.NDArray[numpy.uint32]: ...
    def targets(self) -> numpy.typing.NDArray[numpy.uint32]: ...
    @property
    def count(self) -> int: ...

class Core:
    """
    One network.
    """
    def __init__(
        self,
        dt: typing.SupportsFloat | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
        precision: str,
    ) -> None: ...
    def add_controller(
        self,
        name: str,
        owner: str,
        target: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Any,
        acts_on: str,
        part: str,
        params: dict,
    ) -> int: ...
    def add_drive(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Any,
        stimulus: str,
        params: dict,
        receptor: typing.SupportsInt | typing.SupportsIndex,
        weight: typing.Any,
    ) -> int: ...
    def add_guard(
        self,
        owner: str,
        target: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Any,
        low: typing.SupportsFloat | typing.SupportsIndex,
        high: typing.SupportsFloat | typing.SupportsIndex,
        window: typing.SupportsInt | typing.SupportsIndex,
        stop: bool,
    ) -> int: ...
    def add_modifier(
        self,
        name: str,
        changes: list,
        start: typing.SupportsInt | typing.SupportsIndex,
        stop: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> int: ...
    def add_modulator(
        self, tau: typing.SupportsFloat | typing.SupportsIndex, baseline: typing.SupportsFloat | typing.SupportsIndex
    ) -> int: ...
    def add_population(
        self, size: typing.SupportsInt | typing.SupportsIndex, model: str, params: dict, receptors: list
    ) -> int: ...
    def add_projection(
        self,
        connections: Connections,
        receptor: typing.SupportsInt | typing.SupportsIndex,
        weight: typing.Any,
        delay: typing.Any,
        dendritic_fraction: typing.SupportsFloat | typing.SupportsIndex,
        rules: list,
    ) -> int: ...
    def add_rewiring(
        self,
        name: str,
        projs: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        specs: list,
        places: dict,
    ) -> int: ...
    def add_synapses(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        sources: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        targets: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        weights: typing.Any,
        delays: typing.Any,
    ) -> None: ...
    def alive(self, pop: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.bool]: ...
    def begin_rows(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        sources: typing.SupportsInt | typing.SupportsIndex,
        rows: typing.SupportsInt | typing.SupportsIndex,
        synapses: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def births(self, proj: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]: ...
    def check_rule_set(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        k: typing.SupportsInt | typing.SupportsIndex,
        values: dict,
    ) -> None: ...
    def clear_recorder(self, rec: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def connect(
        self,
        pre: typing.SupportsInt | typing.SupportsIndex,
        post: typing.SupportsInt | typing.SupportsIndex,
        pre_ids: typing.Any,
        post_ids: typing.Any,
        connector: str,
        options: dict,
    ) -> Connections: ...
    def controller_get(
        self, ctl: typing.SupportsInt | typing.SupportsIndex, name: str
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def controller_set(self, ctl: typing.SupportsInt | typing.SupportsIndex, name: str, value: typing.Any) -> None: ...
    def copy(self) -> Core: ...
    def delays(self, proj: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]: ...
    def disconnect(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    ) -> None: ...
    def draw(
        self,
        distribution: str,
        params: dict,
        entity: typing.SupportsInt | typing.SupportsIndex,
        purpose: typing.SupportsInt | typing.SupportsIndex,
        count: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def drive_get(
        self, id: typing.SupportsInt | typing.SupportsIndex, name: str
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def drive_set(self, id: typing.SupportsInt | typing.SupportsIndex, name: str, value: typing.Any) -> None: ...
    def drop_recorded(self, recorder: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def effective(
        self, owner: str, target: typing.SupportsInt | typing.SupportsIndex, name: str
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def elements_get(
        self,
        rew: typing.SupportsInt | typing.SupportsIndex,
        column: typing.SupportsInt | typing.SupportsIndex,
        name: str,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def elements_set(
        self,
        rew: typing.SupportsInt | typing.SupportsIndex,
        column: typing.SupportsInt | typing.SupportsIndex,
        name: str,
        value: typing.Any,
    ) -> None: ...
    def end_loading(self) -> None: ...
    def end_rows(self) -> None: ...
    def freeze(self, on: bool) -> None: ...
    def frozen(self) -> bool: ...
    def get(self, pop: typing.SupportsInt | typing.SupportsIndex, name: str) -> numpy.typing.NDArray[numpy.float64]: ...
    def give_birth(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    ) -> None: ...
    def guard_events(self, guard: typing.SupportsInt | typing.SupportsIndex) -> list[tuple[int, float]]: ...
    def kill(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    ) -> None: ...
    def learns(self, proj: typing.SupportsInt | typing.SupportsIndex) -> bool: ...
    def load(self, tree: dict) -> None: ...
    def load_rows(self, tree: dict) -> None: ...
    def memory(self, proj: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def memory_steps(self) -> int: ...
    def modifier_acts(self, mod: typing.SupportsInt | typing.SupportsIndex) -> bool: ...
    def modulator_baseline(self, mod: typing.SupportsInt | typing.SupportsIndex) -> float: ...
    def modulator_level(self, mod: typing.SupportsInt | typing.SupportsIndex) -> float: ...
    def neuron_births(self, pop: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]: ...
    def plastic(self, proj: typing.SupportsInt | typing.SupportsIndex) -> bool: ...
    def profile(self, on: bool) -> None: ...
    def record_controller(
        self,
        ctl: typing.SupportsInt | typing.SupportsIndex,
        name: str,
        ids: typing.Any,
        interval_steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def record_elements(
        self,
        rew: typing.SupportsInt | typing.SupportsIndex,
        column: typing.SupportsInt | typing.SupportsIndex,
        name: str,
        interval_steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def record_modulator(
        self, mod: typing.SupportsInt | typing.SupportsIndex, interval_steps: typing.SupportsInt | typing.SupportsIndex
    ) -> int: ...
    def record_rate(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Any,
        interval_steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def record_spikes(self, pop: typing.SupportsInt | typing.SupportsIndex, ids: typing.Any) -> int: ...
    def record_states(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        name: str,
        ids: typing.Any,
        interval_steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def record_structure(self, proj: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def record_synapses(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        state: typing.SupportsInt | typing.SupportsIndex | None,
        indices: typing.Any,
        interval_steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def recorded_bytes(self, recorder: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def release(
        self,
        mod: typing.SupportsInt | typing.SupportsIndex,
        steps: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        amounts: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...
    def release_by(
        self,
        mod: typing.SupportsInt | typing.SupportsIndex,
        pop: typing.SupportsInt | typing.SupportsIndex,
        ids: typing.Any,
        amount: typing.SupportsFloat | typing.SupportsIndex,
        delay: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def remove_modifier(self, mod: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def remove_synapses(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        indices: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    ) -> None: ...
    def rest(self, steps: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def rewired(self, rew: typing.SupportsInt | typing.SupportsIndex) -> tuple[int, int]: ...
    def rewiring_get(self, rew: typing.SupportsInt | typing.SupportsIndex, name: str) -> float: ...
    def rewiring_set(
        self,
        rew: typing.SupportsInt | typing.SupportsIndex,
        name: str,
        value: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...
    def rewiring_timings(self, rew: typing.SupportsInt | typing.SupportsIndex) -> dict[str, float]: ...
    def row_blocks(self, proj: typing.SupportsInt | typing.SupportsIndex) -> list[int]: ...
    def rule_get(
        self, proj: typing.SupportsInt | typing.SupportsIndex, k: typing.SupportsInt | typing.SupportsIndex, name: str
    ) -> float: ...
    def rule_set(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        k: typing.SupportsInt | typing.SupportsIndex,
        name: str,
        value: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...
    def rule_states(self, proj: typing.SupportsInt | typing.SupportsIndex) -> list[tuple[int, str, str]]: ...
    def run(self, steps: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def save(self) -> dict: ...
    def save_rows(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        first: typing.SupportsInt | typing.SupportsIndex,
        last: typing.SupportsInt | typing.SupportsIndex,
    ) -> dict: ...
    def set(
        self, pop: typing.SupportsInt | typing.SupportsIndex, name: str, ids: typing.Any, value: typing.Any
    ) -> None: ...
    def set_controller_active(self, ctl: typing.SupportsInt | typing.SupportsIndex, active: bool) -> None: ...
    def set_drive_active(self, id: typing.SupportsInt | typing.SupportsIndex, active: bool) -> None: ...
    def set_guard_active(self, guard: typing.SupportsInt | typing.SupportsIndex, active: bool) -> None: ...
    def set_modifier_active(self, mod: typing.SupportsInt | typing.SupportsIndex, active: bool) -> None: ...
    def set_modulator_baseline(
        self, mod: typing.SupportsInt | typing.SupportsIndex, baseline: typing.SupportsFloat | typing.SupportsIndex
    ) -> None: ...
    def set_plastic(self, proj: typing.SupportsInt | typing.SupportsIndex, plastic: bool) -> None: ...
    def set_rewiring_active(self, rew: typing.SupportsInt | typing.SupportsIndex, active: bool) -> None: ...
    def set_rewiring_schedule(
        self,
        rew: typing.SupportsInt | typing.SupportsIndex,
        steps: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...
    def set_schedule(
        self,
        kind: str,
        id: typing.SupportsInt | typing.SupportsIndex,
        field: str,
        steps: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...
    def set_spike_times(
        self,
        pop: typing.SupportsInt | typing.SupportsIndex,
        steps: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        ids: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    ) -> None: ...
    def set_weights(self, proj: typing.SupportsInt | typing.SupportsIndex, weights: typing.Any) -> None: ...
    def silence(self, pop: typing.SupportsInt | typing.SupportsIndex, ids: typing.Any, on: bool) -> None: ...
    def silent(self, pop: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.bool]: ...
    def sources(self, proj: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint32]: ...
    def spike_count(self, pop: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def spike_counts(
        self, rec: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.int64]]: ...
    def spikes(
        self, rec: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.uint32]]: ...
    def state_get(
        self, proj: typing.SupportsInt | typing.SupportsIndex, state: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def state_set(
        self,
        proj: typing.SupportsInt | typing.SupportsIndex,
        state: typing.SupportsInt | typing.SupportsIndex,
        values: typing.Any,
    ) -> None: ...
    def states(
        self, rec: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64]]: ...
    def structure_log(
        self, rec: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.bool],
    ]: ...
    def synapse_count(self, proj: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def targets(self, proj: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint32]: ...
    def timings(self) -> dict: ...
    def variables(self, pop: typing.SupportsInt | typing.SupportsIndex) -> list[str]: ...
    def weight_samples(
        self, rec: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.float64]]: ...
    def weights(self, proj: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]: ...
    def withdraw_drive(self) -> None: ...
    def withdraw_population(self) -> None: ...
    @property
    def dt(self) -> float: ...
    @property
    def isa(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def time_step(self) -> int: ...

def check(part: str, field: str, value: typing.Any) -> None: ...
def check_memory(bytes: typing.SupportsFloat | typing.SupportsIndex, what: str, remedy: str) -> None: ...
def growth(
    params: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    calcium: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[numpy.float64]: ...
def info() -> dict: ...
def parts() -> list: ...
