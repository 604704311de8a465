"""The experiment disorders: its measures against closed forms, and its directions, reduced."""

from __future__ import annotations

import json

import numpy as np
import pytest

from plastica.cli import main
from plastica.experiments import Context
from plastica.experiments import disorders as experiment


def test_poisson_counts_have_fano_factor_one_and_common_noise_its_share_of_correlation() -> None:
    """Oracle: counts n + common, both Poisson of mean 4 and 2: Fano factor 1, correlation 2/(4 + 2)."""
    draws = np.random.default_rng(1)
    shown = np.arange(4000) % 2
    counts = (draws.poisson(4.0, (4000, 30)) + draws.poisson(2.0, (4000, 1))).astype(float)
    fano, correlation = experiment.variability(counts, shown)
    assert fano == pytest.approx(1, abs=0.05)
    assert correlation == pytest.approx(1 / 3, abs=0.03)


def test_the_decoder_finds_the_sum_of_what_independent_neurons_know() -> None:
    """Oracle: d'^2 is the sum of the neurons' own: 20 neurons of 0.5 each."""
    draws = np.random.default_rng(2)
    shown = np.arange(8000) % 2
    counts = draws.normal(10.0, 2.0, (8000, 20)) + np.where(shown == 1, 1.0, 0.0)[:, None]
    assert experiment.separation(counts, shown) == pytest.approx(0.5 * np.sqrt(20), rel=0.05)
    assert abs(experiment.separation(counts, draws.permutation(shown))) < 0.3


def test_the_spectrum_has_the_power_of_a_sine_at_its_frequency() -> None:
    """Oracle: Parseval; a sine of amplitude 2 has the variance 2, half of which is at its positive frequency."""
    power = experiment.spectrum(5 + 2 * np.sin(2 * np.pi * 40 * np.arange(10_000) * 1e-3))
    assert np.argmax(power) == 40
    assert power[35:46].sum() == pytest.approx(1, rel=0.01)
    assert power[:30].sum() < 1e-3


def test_every_disorder_multiplies_what_it_names_and_nothing_else() -> None:
    """Oracle: the table."""
    for disorder, changes in experiment.DISORDERS.items():
        net = experiment.build(Context(threads=1), trials=1)
        experiment.afflict(net, disorder)
        for name, population in net.populations.items():
            for receptor in ("ampa.gain", "nmda.gain", "gaba.gain"):
                parameter, factor = changes.get(name, ("", 1.0))
                wanted = factor if parameter == receptor else 1.0
                assert population.effective(receptor) == pytest.approx(wanted)
        for name in ("ampa", "nmda"):
            assert net.projections[name].effective("gain") == pytest.approx(changes.get(name, ("", 1.0))[1])


@pytest.mark.science
def test_disorders_go_in_their_directions_and_homeostasis_mends_the_rate(tmp_path) -> None:
    """With few stimuli d' and the Fano factor are noise: that takes the full run."""
    assert main(["run", "disorders", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "disorders" / "result.json").read_text(encoding="utf-8"))
    judged = {record["metric"]: record for record in content["records"] if record["criterion"] is not None}
    assert len(judged) == 11
    noisy = ("d' / intact", "Fano / intact", "E to E: correlation / intact")
    assert [name for name, record in judged.items() if not record["pass"] and not name.endswith(noisy)] == []
