"""The experiment lesion: what is exact, at small durations, and its criteria, reduced."""

from __future__ import annotations

import json

import numpy as np
import pytest

from plastica.cli import main
from plastica.experiments import Context
from plastica.experiments import lesion as experiment


@pytest.fixture(scope="module")
def followed():
    net = experiment.settled(Context(threads=1), balance=2e3, settle=3e3)
    return net, experiment.follow(net, before=4e3, after=20e3)


def test_no_synapse_of_a_dead_afferent_is_left_and_all_others_are(followed) -> None:
    """Oracle: geometry; one afferent for each neuron, and those of the disc are gone."""
    net, _ = followed
    for name in ("exc", "inh"):
        cells, afferents = net.populations[name], net.projections[f"afferents {name}"]
        alive = np.hypot(*(cells.positions - 15.0).T) >= 8.5
        assert afferents.targets.tolist() == np.flatnonzero(alive).tolist()
        assert net.populations[f"afferents {name}"].alive.tolist() == alive.tolist()


def test_every_synapse_is_accounted_for_by_the_log_and_by_an_element_on_either_side(followed) -> None:
    """Oracle: what there was, plus what was made, minus what broke; conservation of elements."""
    net, found = followed
    assert found["log"]["created"].sum() > 1000
    assert (~found["log"]["created"]).sum() > 1000
    assert experiment.unaccounted(found) == 0
    axonal, dendritic = found["bound"]
    assert axonal.sum() == dendritic.sum() == len(net.projections["wired"])
    assert axonal.tolist() == np.bincount(net.projections["wired"].sources, minlength=900).tolist()


def test_an_unlogged_synapse_would_be_noticed(followed) -> None:
    """Oracle: one synapse left out of the list afterwards is missed once there and once on either side of the elements."""
    _, found = followed
    synapses = found["synapses"] | {"after": found["synapses"]["after"][1:]}
    assert experiment.unaccounted(found | {"synapses": synapses}) == 3


def test_axons_of_silent_neurons_retract_as_the_growth_curve_says(followed) -> None:
    """Oracle: calcium decays by exp(-t/10 s); its gaussian curve in closed form, at the highest calcium of 4 s."""
    net, found = followed
    assert found["rates"][4:, found["lpz"]].mean() < 0.1 * found["rates"][4:, ~found["lpz"]].mean()
    silent = found["lpz"] & (found["rates"][-6:].sum(axis=0) == 0) & (found["axonal"][-1] > 0)
    assert silent.sum() > 100
    # the last three samples are from 6 s to 2 s before the end
    highest = net.controllers["growth"].get("axonal.Ca")[silent] * np.exp(0.6)
    eps, eta = 6.0, 6.0 * 0.4 / 0.7
    zeta = (eps - eta) / (2 * np.sqrt(np.log(2)))
    least = 1e-3 * 4e3 * (1 - 2 * np.exp(-(((highest - (eta + eps) / 2) / zeta) ** 2)))
    assert (least > 3).all()
    assert (found["axonal"][-3, silent] - found["axonal"][-1, silent] >= least - 1e-3).all()


def test_a_front_that_moves_at_constant_speed_has_rank_correlation_one() -> None:
    """Oracle: neurons at depth d fire again from 20 d s on; half of the baseline is there half a window later."""
    depth, samples = np.arange(1.0, 7.0), 80
    begins = (10 * depth).astype(int)
    rates = np.where(np.arange(samples)[:, None] >= begins, 6.0, 0.0)
    times = experiment.recovery_times(rates, np.full(6, 6.0))
    # three of five samples of 2 s: the window whose middle is 1 s after the first of them
    assert times.tolist() == (20 * depth + 1).tolist()
    assert experiment.rank_correlation(depth, times) == pytest.approx(1)
    assert experiment.rank_correlation(depth, -times) == pytest.approx(-1)
    assert np.isinf(experiment.recovery_times(0 * rates, np.full(6, 6.0))).all()


def test_ranks_of_equal_values_are_their_mean() -> None:
    """Oracle: by hand; ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: rho = 4.5/sqrt(4.5 * 5)."""
    rho = experiment.rank_correlation(np.array([1.0, 2.0, 2.0, 5.0]), np.array([0.0, 1.0, 2.0, np.inf]))
    assert rho == pytest.approx(4.5 / np.sqrt(4.5 * 5))


@pytest.mark.science
def test_intact_axons_bring_the_patch_back_from_its_border_inward(tmp_path) -> None:
    """Oracle: every criterion."""
    assert main(["run", "lesion", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "lesion" / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) == 8
    assert [record["metric"] for record in judged if not record["pass"]] == []
