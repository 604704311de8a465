"""What can be compared: the arguments of our network module, and which peers have the workload."""

from typing import NamedTuple


class Workload(NamedTuple):
    """One network on several simulators."""

    module: str  # below bench.networks
    arguments: tuple[str, ...]
    peers: tuple[str, ...]
    seconds: float
    warm_up: float


ALL = ("brian2", "nest", "annarchy")
WORKLOADS = {
    **{
        f"{kind}-{n // 1000}k": Workload(
            "vogels_abbott", ("--synapses", kind, "--n", str(n)), ALL, 10.0 if n < 64000 else 2.0, 0.5
        )
        for kind in ("current", "conductance")
        for n in (4000, 16000, 64000)
    },
    "vogels2011": Workload("vogels2011", (), ALL, 2.0, 2.0),
    "brunel-stdp": Workload("brunel_stdp", (), ALL, 2.0, 0.2),
    "brunel-static": Workload("brunel_stdp", ("--static",), ALL, 2.0, 0.2),
    "microcircuit": Workload("microcircuit", (), ("nest",), 1.0, 0.5),
    "hpc": Workload("hpc_benchmark", (), ("nest",), 0.1, 0.05),
}
