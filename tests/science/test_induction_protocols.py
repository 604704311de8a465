"""The experiment `induction-protocols`: its arithmetic, and a reduced run."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import plastica as pl
from plastica.cli import main
from plastica.experiments import induction_protocols as induction


def test_the_crossover_is_where_a_line_over_the_logarithm_of_the_rate_crosses_zero():
    """Oracle: -1 at 4 Hz and 1 at 16 Hz cross at 8 Hz; the last change of sign counts; without one there is none."""
    assert induction.crossover((1, 4, 16), [-1.0, -1.0, 1.0]) == pytest.approx(8.0)
    assert induction.crossover((1, 2, 4, 16), [-1.0, 0.5, -1.0, 1.0]) == pytest.approx(8.0)
    assert math.isnan(induction.crossover((1, 2), [-1.0, -0.5]))
    assert math.isnan(induction.crossover((1, 2), [0.5, 1.0]))


@pytest.mark.parametrize("peak", [0.5, 0.95])
def test_the_bundle_takes_the_mean_potential_as_far_as_it_says(peak):
    """Oracle: the largest V of a neuron without noise, in units of the way from rest to threshold."""
    net = pl.Network(dt=0.1, threads=1, precision="double")
    model = pl.LIF(
        C_m=induction.C_M, tau_m=induction.TAU_M, E_L=induction.REST, V_th=0.0, V_reset=induction.REST,
        receptors={"synapse": pl.CurrentExp(tau=induction.TAU_SYN)},
    )  # fmt: skip
    cell = net.population(1, model)
    bundle = net.population(1, pl.SpikeSource([5.0]))
    net.connect(bundle, cell, pl.OneToOne(), receptor="synapse", weight=induction.bundle_weight(peak), delay=1.0)
    V = net.record(cell, "V", interval=0.1)
    net.run(60.0)
    assert (np.max(V.values) - induction.REST) / 15.0 == pytest.approx(peak, rel=1e-4)


@pytest.mark.science
def test_slow_stimulation_depresses_and_fast_stimulation_potentiates_the_stimulated_pathway_only(tmp_path) -> None:
    assert main(["run", "induction-protocols", "--quick", "--out", str(tmp_path)]) == 0
    records = json.loads((tmp_path / "induction-protocols" / "result.json").read_text(encoding="utf-8"))["records"]
    judged = [record for record in records if record["criterion"] is not None]
    assert len(judged) == 8
    assert [record["metric"] for record in judged if not record["pass"]] == []
