"""What is said about names that nobody knows here, and about what cannot be done.

Oracles: tables of what words mean, written by hand; the registry of parts, in which every suggestion exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica import words
from plastica.population import Neurons
from plastica.schema import schemas

PARTS = {name: getattr(pl, name) for name in schemas() if hasattr(pl, name)}
NAMES = {name: [*part._defaults, *schemas()[name].states] for name, part in PARTS.items()}


def network() -> pl.Network:
    net = pl.Network(seed=1, threads=1)
    receptors = {"ampa": pl.ConductanceExp(), "gaba": pl.CurrentExp()}
    cells = net.population(5, pl.LIF(receptors=receptors), name="cells", positions=pl.Grid(5))
    net.modulator("dopamine")
    rule = pl.STDP(w_max=2)
    synapses = net.connect(cells, cells, pl.AllToAll(), receptor="ampa", weight=1, plasticity=rule, name="synapses")
    net.drive(cells, pl.ConstantCurrent(3), name="drive")
    net.control(cells, pl.SynapticScaling(receptor="ampa"), name="scaling")
    net.control(synapses, pl.Pruning(below=0.01), name="pruning")
    net.modify(cells, {"ampa.gain": 1.0}, name="drug")
    net.guard(cells, rate=(0, 1000), name="guard")
    for target, what in ((cells, "spikes"), (synapses, "structure")):
        net.record(target, what)
    for target, what in ((cells, "V"), (cells, "rate"), (synapses, "weights"), (net.controllers["scaling"], "factor")):
        net.record(target, what, interval=1)
    net.record(net.modulators["dopamine"], "level", interval=1)
    return net


def handles(net: pl.Network) -> list[Any]:
    kinds = (net.populations, net.projections, net.drives, net.modulators, net.controllers, net.modifiers, net.guards)
    cells = net.populations["cells"]
    return [net, cells[:3], *(handle for kind in kinds for handle in kind.values()), *net.recorders]


# ---- parameters


@pytest.mark.parametrize("part", PARTS)
def test_every_suggestion_names_something_that_the_part_has(part: str) -> None:
    """Oracle: the registry. And what a part has is never explained away."""
    names = list(PARTS[part]._defaults)
    for word in words.PARAMETERS:
        if any(words.folded(name) == word for name in names):
            continue
        said = words.suggestion(word, names, words.PARAMETERS)
        assert set(re.findall(r"'(\w+)'(?!:)", said)) <= {*names, "ampa"}, said


def test_every_sense_of_every_word_is_a_thing_that_some_part_has() -> None:
    """Oracle: the registry, and the variables of neurons with receptors. The only exception is a lower bound of weights."""
    everything = [*NAMES.values(), list(network().populations["cells"].fields)]
    for word, senses in words.PARAMETERS.items():
        for sense in senses:
            if sense.names != ("w_min",):
                assert any(set(sense.names) <= set(names) for names in everything), (word, sense)
            sense.sentence.format(*sense.names)


MEANT = {
    ("LIF", "V_rest"): "'E_L'", ("LIF", "v_rest"): "'E_L'", ("LIF", "EL"): "'E_L'", ("LIF", "v_thresh"): "'V_th'",
    ("LIF", "V_T"): "'V_th'", ("LIF", "cm"): "'C_m'", ("LIF", "Cm"): "'C_m'", ("LIF", "tau_refrac"): "'t_ref'",
    ("LIF", "TauRefrac"): "'t_ref'", ("LIF", "refractory"): "'t_ref'", ("LIF", "i_offset"): "'I_e'", ("LIF", "Ioffset"): "'I_e'",
    ("LIF", "taum"): "'tau_m'", ("LIF", "tau_mem"): "'tau_m'", ("LIF", "g_L"): "tau_m = C_m / g_L",
    ("LIF", "g_leak"): "tau_m = C_m / g_L", ("AdEx", "g_leak"): "'g_L'", ("AdEx", "tau_m"): "tau_m = C_m / g_L",
    ("AdEx", "delta_T"): "'Delta_T'", ("AdEx", "v_spike"): "'V_peak'", ("LIF", "tau_syn"): "belongs to a receptor",
    ("LIF", "tau_syn_ex"): "belongs to a receptor", ("LIF", "tau_syn_E"): "belongs to a receptor", ("LIF", "E_ex"): "belongs to a receptor",
    ("LIF", "e_rev_I"): "belongs to a receptor", ("LIF", "V_m"): "'V' is a state", ("LIF", "V"): "'V' is a state",
    ("LIF", "v"): "'V' is a state", ("AdEx", "w"): "'w' is a state", ("Izhikevich", "u"): "'u' is a state",
    ("ConductanceExp", "g"): "'g' is a state", ("CurrentExp", "tau_syn"): "'tau'", ("ConductanceExp", "e_rev_E"): "'E_rev'",
    ("NMDA", "tau_d"): "'tau_decay'", ("STDP", "eta"): "'learning_rate'", ("STDP", "lr"): "'learning_rate'",
    ("InhibitorySTDP", "eta"): "'learning_rate'", ("STDP", "lambda"): "'learning_rate', with A_plus = 1 and A_minus = alpha",
    ("STDP", "alpha"): "A_minus / A_plus", ("InhibitorySTDP", "alpha"): "2 target_rate tau", ("InhibitorySTDP", "rho0"): "'target_rate'",
    ("STDP", "Wmax"): "'w_max'", ("STDP", "gmax"): "'w_max'", ("STDP", "w_min"): "no other lower bound", ("STDP", "Wmin"): "no other lower bound",
    ("STDP", "A_LTP"): "'A_plus'", ("STDP", "Aplus"): "'A_plus'", ("STDP", "Apost"): "'A_minus'", ("STDP", "tau_pre"): "'tau_plus'",
    ("STDP", "taupost"): "'tau_minus'", ("STDP", "mu"): "'mu_plus' and 'mu_minus'", ("STDP", "tau"): "'tau_plus' and 'tau_minus'",
    ("TripletSTDP", "A_plus"): "'A2_plus' of pairs and 'A3_plus' of triplets", ("VoltageSTDP", "A_minus"): "'A_LTD'",
    ("TsodyksMarkram", "u"): "'U'", ("TsodyksMarkram", "tau_fac"): "'tau_facil'", ("TsodyksMarkram", "tau_psc"): "'tau_I'",
    ("RewardSTDP", "tau_c"): "'tau' is the time constant of eligibility", ("RewardSTDP", "tau_n"): "belongs to the modulator",
    ("RewardSTDP", "nu"): "'learning_rate'", ("FixedProbability", "p"): "'probability'", ("FixedInDegree", "indegree"): "'degree'",
    ("AllToAll", "allow_self_connections"): "'allow_autapses'", ("SpikeSource", "spike_times"): "'times'", ("SpikeSource", "indices"): "'ids'",
    ("Explicit", "i"): "'sources'", ("PoissonSource", "rates"): "'rate'", ("PoissonInput", "freq"): "'rate'", ("ConstantCurrent", "I"): "'amplitude'",
    ("Normal", "mu"): "'mean'", ("Normal", "sigma"): "'std'", ("LogNormal", "mean"): "'mu' is the mean of the logarithm", ("Uniform", "max"): "'high'",
}  # fmt: skip


@pytest.mark.parametrize(("part", "word"), MEANT)
def test_a_word_of_another_simulator_is_understood(part: str, word: str) -> None:
    with pytest.raises(TypeError, match=f"^{part} has no parameter '{word}'; ") as caught:
        PARTS[part](**{word: 1.0})
    assert MEANT[part, word] in str(caught.value)


UNKNOWN = [
    ("LIF", "E_K"), ("LIF", "g_Na"), ("Izhikevich", "C"), ("SynapticScaling", "eta"), ("STDP", "theta_x"), ("LIF", "w_max"),
    ("InhibitorySTDP", "A_plus"), ("STDP", "delay"), ("ConstantCurrent", "rate"), ("TsodyksMarkram", "w_max"), ("CalciumSTDP", "theta_x"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "word"), UNKNOWN)
def test_where_nothing_is_meant_nothing_is_suggested(part: str, word: str) -> None:
    with pytest.raises(TypeError) as caught:
        PARTS[part](**{word: 1.0})
    assert str(caught.value) == f"{part} has no parameter '{word}'; ({', '.join(PARTS[part]._defaults)})"


def test_w_min_is_never_taken_for_w_max() -> None:
    for name, part in PARTS.items():
        if "w_min" not in part._defaults:
            with pytest.raises(TypeError) as caught:
                part(w_min=0.0)
            assert "did you mean 'w_max'" not in str(caught.value), name


def slips(name: str) -> set[str]:
    """What becomes of a name by a letter left out, doubled or swapped with the next one."""
    found = set()
    for i in range(len(name)):
        found |= {name[:i] + name[i + 1 :], name[: i + 1] + name[i:]}
        found |= {name[:i] + name[i + 1 : i + 2] + name[i] + name[i + 2 :]}
    return found - {name}


@pytest.mark.parametrize("part", [name for name in PARTS if PARTS[name]._defaults])
def test_a_slip_in_a_long_name_is_recognised(part: str) -> None:
    """Oracle: the name it was made from, unless it is one slip away from another one, too, or a word with a meaning."""
    names = list(PARTS[part]._defaults)
    for name in names:
        for slip in slips(name) if len(name) > 5 else ():
            near = [each for each in names if words.distance(slip.lower(), each.lower()) <= 1]
            if words.folded(slip) not in words.PARAMETERS and near == [name]:
                assert words.suggestion(slip, names, words.PARAMETERS) == f"did you mean '{name}'?", slip


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("", "abc", 3), ("tau_men", "tau_m", 2), ("V_tt", "V_th", 1), ("abcd", "acbd", 1), ("kitten", "sitting", 3)],
)
def test_the_distance_of_two_names(one: str, other: str, slips: int) -> None:
    """Oracle: counted by hand."""
    assert words.distance(one, other) == words.distance(other, one) == slips


VARIABLES = {
    "V_m": "'V'", "v": "'V'", "g_ampa": "'ampa.g'", "tau_ampa": "'ampa.tau'", "ampa_g": "'ampa.g'", "I_gaba": "'gaba.I'", "E_rev": "'ampa.E_rev'",
    "v_rest": "'E_L'", "tau_refrac": "'t_ref'", "g_L": "tau_m = C_m / g_L",
}  # fmt: skip


@pytest.mark.parametrize("word", VARIABLES)
def test_a_variable_of_neurons_is_understood_in_every_call(word: str) -> None:
    net = network()
    cells = net.populations["cells"]
    calls: list[Callable[[], Any]] = [
        lambda: cells.get(word),
        lambda: cells.set({word: 1.0}),
        lambda: cells[:2].effective(word),
        lambda: net.record(cells, word, interval=1),
    ]
    for call in calls:
        with pytest.raises(pl.UnknownName) as caught:
            call()
        assert VARIABLES[word] in str(caught.value)


# ---- functions and classes


@pytest.mark.parametrize("word", words.FUNCTIONS)
def test_a_function_of_another_simulator_leads_to_one_that_exists(word: str) -> None:
    """Oracle: the package."""
    ours: Any = pl
    for name in words.FUNCTIONS[word][0].split("."):
        ours = getattr(ours, name)
    with pytest.raises(AttributeError, match=re.escape(words.FUNCTIONS[word][0])):
        getattr(pl, word)


def test_other_names_that_the_package_has_not_are_refused_without_a_suggestion() -> None:
    with pytest.raises(AttributeError, match=r"^module 'plastica' has no attribute 'nonsense'$"):
        pl.nonsense  # noqa: B018


# ---- attributes of handles


def test_no_handle_takes_an_attribute_that_it_has_not() -> None:
    for handle in handles(network()):
        for name in ("weight", "V", "nonsense", "Active"):
            before = dict(vars(handle))
            with pytest.raises(AttributeError, match=f"has no attribute '{name}'; "):
                setattr(handle, name, 3)
            assert vars(handle) == before
            assert not hasattr(handle, name)


def test_what_a_handle_cannot_change_is_refused_and_what_it_can_is_set() -> None:
    """Oracle: properties with a setter are what can be set."""
    for handle in handles(network()):
        for name in (*dir(type(handle)), *vars(handle)):
            kind = getattr(type(handle), name, None)
            if name.startswith("_") or (isinstance(kind, property) and kind.fset is not None):
                continue
            with pytest.raises(AttributeError, match=f"^{name} of .* cannot be set"):
                setattr(handle, name, 3)
        for name in ("plastic", "active", "profiling"):
            if hasattr(type(handle), name):
                setattr(handle, name, False)
                assert getattr(handle, name) is False


def test_hints_are_about_what_exists_and_cannot_be_set() -> None:
    net = network()
    for cls, name in words.FIXED:
        (handle, *_) = [each for each in handles(net) if type(each).__name__ == cls]
        assert hasattr(handle, name)
        with pytest.raises(AttributeError, match=re.escape(words.FIXED[cls, name])):
            setattr(handle, name, 3)


def test_words_for_attributes_are_about_what_some_handle_has() -> None:
    every = handles(network())
    for word, senses in words.ATTRIBUTES.items():
        for sense in senses:
            assert any(all(hasattr(each, name) for name in sense.names) for each in every), word


def test_what_was_loaded_is_as_closed_as_what_was_made(tmp_path: Any) -> None:
    network().save(tmp_path / "n")
    for handle in handles(pl.load(tmp_path / "n")):
        with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
            handle.nonsense = 3


def test_an_error_inside_a_property_keeps_its_own_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Neurons) -> None:
        raise AttributeError("of its own")

    monkeypatch.setattr(Neurons, "variables", property(broken))
    with pytest.raises(AttributeError, match=r"^of its own$"):
        network().populations["cells"].variables  # noqa: B018


@pytest.mark.parametrize("name", ["delays", "sources", "targets", "ages"])
def test_what_cannot_be_set_is_given_as_arrays_that_cannot_be_written(name: str) -> None:
    synapses = network().projections["synapses"]
    with pytest.raises(ValueError, match="read-only"):
        getattr(synapses, name)[:] = 2
    synapses.weights *= 0.5  # of these a copy is changed, and set
    assert synapses.weights.tolist() == [0.5] * 25


# ---- calls


def said(call: Callable[[pl.Network], Any]) -> str:
    with pytest.raises(Exception) as caught:
        call(network())
    return f"{type(caught.value).__name__}: {caught.value}"


SENTENCES: dict[str, tuple[Callable[[pl.Network], Any], str]] = {
    "spikes beside variables": (lambda n: n.record(n.populations["cells"], ["spikes", "V"]), "ValueError: ['spikes', 'V']: 'spikes' is recorded by a call of its own, record(neurons, 'spikes'), beside record(neurons, ['V'], interval=...)"),
    "the rate in a list": (lambda n: n.record(n.populations["cells"], ["rate"], interval=1), "ValueError: ['rate']: 'rate' is recorded by a call of its own, record(neurons, 'rate', interval=...)"),
    "several of a projection": (lambda n: n.record(n.projections["synapses"], ["weights", "unpaired"], interval=1), "ValueError: projection 'synapses' records one thing at a time, not ['weights', 'unpaired']; call record for each"),
    "a weight recorded": (lambda n: n.record(n.projections["synapses"], "w", interval=1), "ValueError: projection 'synapses' cannot record 'w'; did you mean 'weights'? (weights, structure)"),
    "a variable in brackets": (lambda n: n.populations["cells"]["V"], "TypeError: 'cells'['V']: brackets choose neurons; variables are read by get('V') and set by set(V=...)"),
    "a variable set in brackets": (lambda n: n.populations["cells"].__setitem__("V", 3), "TypeError: 'cells'[...] cannot be assigned to; set variables: population.set(V=...)"),
    "neurons set in brackets": (lambda n: n.populations["cells"].__setitem__(slice(2), 3), "TypeError: 'cells'[...] cannot be assigned to; set variables: population[...].set(V=...)"),
    "a variable as an attribute": (lambda n: n.populations["cells"].v_rest, "AttributeError: population 'cells' has no attribute 'v_rest'; 'E_L' is a variable of its neurons: get('E_L'), set(E_L=...)"),
    "the weight of a projection": (lambda n: n.projections["synapses"].set(weight=1), "UnknownName: projection 'synapses' has no rule parameter 'weight'; weights are read and set as projection.weights, or by get_weights and set_weights; projection.delays are fixed when synapses are made"),
    "a current that follows a schedule": (lambda n: n.populations["cells"].set(I_e=pl.Schedule([0], [1])), "TypeError: LIF.I_e follows no Schedule; drive the neurons: net.drive(neurons, ConstantCurrent(amplitude=Schedule(...))) (ConstantCurrent.amplitude, Creation.rate, PoissonInput.rate, PoissonSource.rate follow one)"),
    "a model with a schedule": (lambda n: pl.LIF(tau_m=pl.Schedule([0], [1])), "TypeError: LIF.tau_m follows no Schedule; set it between runs, or in a callback of run (ConstantCurrent.amplitude, Creation.rate, PoissonInput.rate, PoissonSource.rate follow one)"),
    "a model by its name elsewhere": (lambda n: n.population(3, "iaf_psc_exp"), "TypeError: model = 'iaf_psc_exp' must be a model, such as LIF(); what does that here is LIF: LIF("),
    "a connector by its name elsewhere": (lambda n: n.connect(n.populations["cells"], n.populations["cells"], "all_to_all"), "FixedProbability(0.1); what does that here is AllToAll: AllToAll()"),
    "a stimulus by its name elsewhere": (lambda n: n.drive(n.populations["cells"], "dc_generator"), "PoissonInput(rate=1000); what does that here is ConstantCurrent: net.drive("),
    "a view for indices": (lambda n: n.projections["synapses"].get_weights(sources=n.populations["cells"][[3, 1]]), "TypeError: sources must be integers: of a population or a view give its .ids"),
    "a dense matrix": (lambda n: pl.FromSparse(np.ones((2, 2))), "must be a SciPy sparse matrix, such as scipy.sparse.csr_array(matrix), not ndarray"),
    "a drive with a schedule": (lambda n: n.drive(n.populations["cells"], pl.OUCurrent(mean=pl.Schedule([0], [1]))), "TypeError: OUCurrent.mean follows no Schedule; set it"),
}  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES)
def test_a_refusal_says_what_to_do_instead(case: str) -> None:
    call, expected = SENTENCES[case]
    assert expected in said(call)


@pytest.mark.parametrize("given", [np.ones((5, 5)), [[1, 2], [3, 4]], np.ones((1, 25))])
@pytest.mark.parametrize("what", ["weight", "delay"])
def test_a_matrix_of_values_is_sent_to_a_connector(what: str, given: Any) -> None:
    net = network()
    cells = net.populations["cells"]
    with pytest.raises(
        ValueError, match=rf"^{what} is a matrix of shape .*FromSparse.*with AllToAll\(\) give matrix.ravel\(\)"
    ):
        net.connect(cells, cells, pl.AllToAll(), receptor="ampa", **{what: given})


@pytest.mark.parametrize(
    "base",
    [
        pl.Rule,
        pl.Model,
        pl.Source,
        pl.Receptor,
        pl.Connector,
        pl.Stimulus,
        pl.Law,
        pl.StructuralLaw,
        pl.Distribution,
        pl.STDP,
        pl.LIF,
    ],
)
def test_a_class_derived_from_a_part_is_told_how_parts_are_made(base: type) -> None:
    with pytest.raises(
        TypeError, match=rf"^class Mine: .*deriving from {base.__name__}; parts are written in C\+\+, .*Adding a "
    ):
        type("Mine", (base,), {"__module__": "mine"})
