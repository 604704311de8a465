"""Arithmetic of one neuron's update: additions, multiplications and divisions of the equations in single precision.

Counted by hand in `cpp/parts/membranes` and `cpp/parts/receptors`, along with what a receptor adds to the membrane's
input. Comparisons, selections, loads and stores are not arithmetic. The instructions that are executed are counted by
`bench.kernels.instructions`.
"""

import plastica as pl

MEMBRANES = {"LIF": 5}
MEMBRANES_WITH_CONDUCTANCES = {"LIF": 23}  # 13 of them are the decay over a step: two polynomials and a division
RECEPTORS = {
    "CurrentDelta": 1,
    "CurrentExp": 4,
    "CurrentAlpha": 10,
    "ConductanceExp": 6,
    "ConductanceAlpha": 12,
    "ConductanceBiExp": 12,
}


def of_update(population: pl.Population) -> int | None:
    """Operations of one neuron and step; None where nobody has counted them."""
    receptors = [type(receptor).__name__ for receptor in population.model.receptors.values()]
    conductances = any(name.startswith("Conductance") for name in receptors)
    counts = MEMBRANES_WITH_CONDUCTANCES if conductances else MEMBRANES
    parts = [counts.get(type(population.model).__name__), *(RECEPTORS.get(name) for name in receptors)]
    return None if None in parts else sum(parts)
