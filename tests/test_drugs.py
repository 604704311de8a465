"""The pharmacology panel: each drug is one documented factor on one parameter, and more of it never does less (P27)."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica import drugs

RECEPTORS = {name: pl.ConductanceExp(tau=5.0) for name in ("ampa", "gaba", "nmda")}

# name: what it multiplies, the factor at doses 0, 1 and infinity
PANEL = {
    "gabazine": ("gaba.gain", 1.0, 0.5, 0.0),
    "bicuculline": ("gaba.gain", 1.0, 0.5, 0.0),
    "nbqx": ("ampa.gain", 1.0, 0.5, 0.0),
    "ap5": ("nmda.gain", 1.0, 0.5, 0.0),
    "ketamine": ("nmda.gain", 1.0, 0.5, 0.0),
    "diazepam": ("gaba.tau", 1.0, 1.35, 1.7),
    "four_ap": ("U", 1.0, 1.5, 2.0),
    "anisomycin": ("synthesis", 1.0, 0.5, 0.0),
    "carbachol": ("A_minus", 1.0, 1.5, 2.0),
    "isoproterenol": ("A_plus", 1.0, 1.5, 2.0),
}


@pytest.mark.parametrize("name", PANEL)
def test_a_dose_of_one_has_half_of_the_greatest_effect_and_more_never_less(name):
    """Oracle: Hill's equation with an exponent of 1, and its limits."""
    acts_on, *factors = PANEL[name]
    make = getattr(drugs, name)
    assert [make(dose).factor for dose in (0.0, 1.0, float("inf"))] == pytest.approx(factors)
    assert make(1.0).acts_on == acts_on
    steps = np.diff([make(dose).factor for dose in np.logspace(-3, 3, 50)])
    assert np.all(steps > 0) or np.all(steps < 0)


def host() -> tuple[pl.Network, pl.Population, pl.Projection]:
    net = pl.Network(0.1, seed=1, threads=1)
    cells = net.population(30, pl.LIF(receptors=RECEPTORS), name="cells")
    pre = net.population(20, pl.PoissonSource(rate=50.0))
    rules = {
        "U": pl.TsodyksMarkram(U=0.4),
        "synthesis": pl.TaggingTrigger(),
        "A_plus": pl.STDP(w_max=1.0),
    }
    synapses = [
        net.connect(pre, cells, pl.AllToAll(), receptor="ampa", weight=0.5, plasticity=rule, name=name)
        for name, rule in rules.items()
        if name != "synthesis"
    ]
    tagged = [pl.STDP(w_max=8.0), rules["synthesis"]]
    synapses.append(net.connect(pre, cells, pl.AllToAll(), receptor="nmda", weight=1.0, plasticity=tagged, name="tags"))
    return net, cells, synapses[0]


@pytest.mark.parametrize("name", PANEL)
def test_every_drug_of_the_panel_finds_its_parameter_in_a_network_and_leaves_it_as_it_was(name):
    """Oracle: the effective value is the value times the factor while it acts, and the value itself afterwards."""
    net, cells, _ = host()
    drug = getattr(drugs, name)(0.5)
    target: pl.Population | pl.Projection = cells
    parameter = drug.acts_on
    if "." not in parameter:
        target = net.projections[{"U": "U", "synthesis": "tags"}.get(parameter, "A_plus")]
        parameter = "1.synthesis" if parameter == "synthesis" else parameter
        drug = getattr(drugs, name)(0.5, acts_on=parameter)
    before = np.atleast_1d(target.effective(parameter))[0]
    with net.apply(drug, target, stop=50.0) as modifier:
        assert modifier.name == name
        assert net.modifiers == {name: modifier}
        np.testing.assert_allclose(target.effective(parameter), before * drug.factor, rtol=1e-6)
        net.run(60.0)
        assert not modifier.in_force
        np.testing.assert_array_equal(target.effective(parameter), before)


def test_under_tetrodotoxin_no_spike_leaves_the_neurons():
    """Oracle: no spikes are seen while it acts; the others' spikes go on."""
    net, cells, _ = host()
    cells.set(I_e=600.0)
    spikes = net.record(cells, "spikes")
    net.apply(drugs.ttx(), cells[:15], start=50.0, stop=100.0)
    net.run(150.0)
    during = (spikes.times > 50.0) & (spikes.times <= 100.0)
    assert np.all(spikes.ids[during] >= 15)
    assert np.any(spikes.ids[during] >= 15)
    assert np.any(spikes.ids[spikes.times > 100.0] < 15)
    assert not np.any(cells.silent)


@pytest.mark.parametrize("dose", [0.0, 1.0, float("inf")])
def test_ap5_abolishes_potentiation_by_triplets_with_its_dose(dose):
    """Oracle: the potentiation of the triplet rule without A2_plus is proportional to A3_plus, here times 1/(1 + dose)."""

    def potentiation(given: float) -> np.ndarray:
        net = pl.Network(0.1, threads=1, precision="double")
        cells = net.population(1, pl.Relay())
        pre = net.population(1, pl.SpikeSource(np.arange(10.0, 200.0, 20.0)))
        driver = net.population(1, pl.SpikeSource(np.arange(13.0, 200.0, 20.0)))
        net.connect(driver, cells, pl.AllToAll(), weight=1.0, delay=0.1)
        rule = pl.TripletSTDP(A2_plus=0.0, A2_minus=0.0, A3_minus=0.0, w_max=1e6, learning_rate=1.0)
        synapses = net.connect(pre, cells, pl.AllToAll(), weight=0.0, delay=1.0, plasticity=rule)
        net.apply(drugs.ap5(given, acts_on="A3_plus"), synapses)
        net.run(250.0)
        return synapses.weights

    np.testing.assert_allclose(potentiation(dose), potentiation(0.0) * drugs.ap5(dose).factor, rtol=1e-9)
    assert potentiation(0.0)[0] > 0


def test_a_second_dose_of_a_drug_has_a_name_of_its_own_and_multiplies():
    net, cells, _ = host()
    net.apply(drugs.nbqx(1.0), cells)
    net.apply(drugs.nbqx(1.0), [cells[:10], cells[10:20]])
    assert list(net.modifiers) == ["nbqx", "nbqx_1"]
    np.testing.assert_array_equal(cells.effective("ampa.gain")[[0, 19, 20]], [0.25, 0.25, 0.5])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n, c: drugs.nbqx(-1.0), ValueError, "nbqx: dose = -1 must be at least 0"),
        (lambda n, c: drugs.nbqx("much"), TypeError, "nbqx: dose"),
        (lambda n, c: n.apply("aspirin", c), TypeError, r"one of plastica\.drugs"),
        (lambda n, c: n.apply(drugs.nbqx(acts_on="ampa.tau_x"), c), pl.UnknownName, r"ampa\.tau"),
        (lambda n, c: n.apply(drugs.nbqx(), n.projections["U"]), ValueError, r"ampa\.gain"),
        (lambda n, c: n.modify(c, {"spikes": 0.5}), ValueError, "spikes = 0.5 must be 1 or 0"),
    ],
)
def test_what_a_drug_cannot_be_is_refused_by_name(call, error, message):
    net, cells, _ = host()
    with pytest.raises(error, match=message):
        call(net, cells)
    assert not net.modifiers
