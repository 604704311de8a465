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


# ---- what else is refused, and what is suggested instead

CELLS = {"receptors": {"a": pl.CurrentExp(), "b": pl.CurrentExp()}}


def two_receptors(net: pl.Network) -> Any:
    return net.population(3, pl.LIF(receptors=CELLS["receptors"]), name="c")


def source(net: pl.Network) -> Any:
    return net.population(2, pl.PoissonSource(5), name="s")


HINTS: dict[str, tuple[Callable[[pl.Network], Any], tuple[str, ...]]] = {
    "reset": (lambda n: n.reset(), ("net.copy()", "no going back yet")),
    "plasticity": (lambda n: n.projections["synapses"].plasticity, ("did you mean 'rules'?",)),
    "tc_plus": (lambda n: pl.RewardSTDP("dopamine", tc_plus=20), ("did you mean 'tau_plus'?",)),
    "u and U": (lambda n: pl.TsodyksMarkram(u=0.5), ("projection.set(u=...)", "'U' is a parameter")),
    "the scale of SciPy": (lambda n: pl.LogNormal(scale=1), ("mu = log(scale)",)),
    "spikes in brackets": (lambda n: n.populations["cells"]["spikes"], ("net.record(population, 'spikes')", "spike_count")),
    "a gain in brackets": (lambda n: n.populations["cells"]["ampa.gain"], ("set({'ampa.gain': ...})",)),
    "a dotted name set in brackets": (lambda n: n.populations["cells"].__setitem__("ampa.g", 1), ("population.set({'ampa.g': ...})",)),
    "a dotted name as an attribute": (lambda n: n.populations["cells"].tau_ampa, ("has no attribute 'tau_ampa'",)),
    "nothing recorded": (lambda n: n.record(n.populations["cells"]), ("does not say what is recorded", "'V'", "'spikes'", "'rate'")),
    "nothing recorded of synapses": (lambda n: n.record(n.projections["synapses"]), ("'weights'", "'structure'")),
    "nothing recorded of a law": (lambda n: n.record(n.controllers["scaling"]), ("'factor'",)),
    "a parameter recorded": (lambda n: n.record(n.populations["cells"], "V_th"), ("'V_th' is a parameter", "effective('V_th')")),
    "a parameter recorded at an interval": (lambda n: n.record(n.populations["cells"], "V_th", interval=1), ("'V_th' is a parameter", "effective('V_th')")),
    "a parameter of a rule recorded": (lambda n: n.record(n.projections["synapses"], "w_max", interval=1), ("'w_max' is a parameter",)),
    "a matrix as connector": (lambda n: n.connect(source(n), two_receptors(n), np.ones((2, 3))), ("FromSparse(scipy.sparse.csr_array(matrix))",)),
    "lists as connector": (lambda n: n.connect(source(n), two_receptors(n), [[1, 2, 3], [1, 2, 3]]), ("FromSparse(",)),
    "a connector's class": (lambda n: n.connect(source(n), two_receptors(n), pl.AllToAll), ("make one, AllToAll()",)),
    "a model's class": (lambda n: n.population(3, pl.LIF), ("make one, LIF()",)),
    "a rule's class": (lambda n: n.connect(source(n), two_receptors(n), pl.AllToAll(), receptor="a", plasticity=pl.STDP), ("make one, STDP()",)),
    "a stimulus's class": (lambda n: n.drive(n.populations["cells"], pl.PoissonInput), ("make one, PoissonInput()",)),
    "a law's class": (lambda n: n.control(n.populations["cells"], pl.SynapticScaling), ("make one, SynapticScaling()",)),
    "a source as stimulus": (lambda n: n.drive(n.populations["cells"], pl.PoissonSource(5)), ("net.population(n, PoissonSource(...))",)),
    "the weight modified": (lambda n: n.modify(n.projections["synapses"], {"weight": 2}), ("did you mean 'gain'?",)),
    "lr modified": (lambda n: n.modify(n.projections["synapses"], {"lr": 2}), ("did you mean 'learning_rate'?",)),
    "a law modified": (lambda n: n.modify(n.controllers["scaling"], {"target": 2}), ("did you mean 'target_rate'?",)),
    "a drive modified": (lambda n: n.modify(n.drives["drive"], {"I": 2}), ("did you mean 'amplitude'?",)),
    "a matrix of times": (lambda n: pl.SpikeSource(np.ones((3, 2))), ("list(times)",)),
    "totals of neurons": (lambda n: n.control(n.projections["synapses"], pl.WeightNormalization(total=[1, 2, 3])), ("total has 3 values", "it is one number")),
    "one of two receptors": (lambda n: two_receptors(n).set(tau_syn=3), ("'a.tau', 'b.tau'", "set({'a.tau': ...})")),
    "an attribute of a drive": (lambda n: n.drives["drive"].amplitude, ("get('amplitude'), set(amplitude=...)",)),
    "an attribute of a projection": (lambda n: n.projections["synapses"].learning_rate, ("get('learning_rate'), set(learning_rate=...)",)),
    "an attribute of a controller": (lambda n: n.controllers["scaling"].factor, ("get('factor'), set(factor=...)",)),
    "resolution": (lambda n: pl.Network(resolution=0.1), ("did you mean 'dt'?",)),
    "num_threads": (lambda n: pl.Network(num_threads=1), ("did you mean 'threads'?",)),
    "rng_seed": (lambda n: pl.Network(rng_seed=1), ("did you mean 'seed'?",)),
    "a variable of a recorder": (lambda n: n.recorders[2].V, ("recorder['V']",)),
    "rows that are targets": (lambda n: n.connect(source(n), two_receptors(n), pl.AllToAll(), receptor="a", weight=np.ones((3, 2))), ("rows are targets", "matrix.T")),
    "a population that there is not": (lambda n: n.populations["cell"], ("did you mean 'cells'? (cells)",)),
    "a population as an attribute": (lambda n: n.populations.cells, ("net.populations['cells']",)),
    "a drive that there is not": (lambda n: n.drives["driv"], ("UnknownName: the network has no drive 'driv'; did you mean 'drive'?",)),
}  # fmt: skip


@pytest.mark.parametrize("case", HINTS)
def test_a_hint_is_given_where_one_is_due(case: str) -> None:
    call, expected = HINTS[case]
    message = said(call)
    for words_of_it in expected:
        assert words_of_it in message


@pytest.mark.parametrize(
    ("part", "word"), [("Izhikevich", "Vt"), ("Izhikevich", "Vr"), ("LogNormal", "loc"), ("Exponential", "loc")]
)
def test_a_word_of_another_formulation_is_not_explained(part: str, word: str) -> None:
    with pytest.raises(TypeError) as caught:
        PARTS[part](**{word: 1.0})
    assert str(caught.value) == f"{part} has no parameter '{word}'; ({', '.join(PARTS[part]._defaults)})"


def test_what_other_parts_have_is_no_slip() -> None:
    """Oracle: the registry; a name of one part is taken for a slip of another's only if one is the plural of the other."""
    every = {name for names in NAMES.values() for name in names}
    for part, cls in PARTS.items():
        for word in every - set(NAMES[part]):
            with pytest.raises(TypeError) as caught:
                cls(**{word: 1.0})
            meant = re.findall(r"did you mean '([\w.]+)'\?", str(caught.value))
            if meant and words.folded(word) not in words.PARAMETERS:
                assert meant[0].rstrip("s") == word.rstrip("s"), (part, word)


def test_a_first_piece_is_not_exchanged() -> None:
    for word, name in (
        ("tc_plus", "A_plus"),
        ("mu_plus", "tau_plus"),
        ("w_plus", "mu_plus"),
        ("A2_plus", "A_plus"),
        ("u2", "U"),
        ("late", "rate"),
    ):
        assert not words.close(word, name)
        assert words.close(name, name)


BASES = [pl.Rule, pl.Model, pl.Source, pl.Receptor, pl.Connector, pl.Stimulus, pl.Law, pl.StructuralLaw, pl.Distribution]  # fmt: skip


@pytest.mark.parametrize("base", BASES)
def test_a_base_of_parts_is_no_part(base: type) -> None:
    """Oracle: the parts that it names are parts of its kind."""
    with pytest.raises(TypeError, match=f"^{base.__name__} is what parts have in common; make one of them: ") as caught:
        base()
    named = re.findall(r"(\w+)\(\.\.\.\)", str(caught.value))
    assert named
    assert all(issubclass(getattr(pl, name), base) for name in named)


def test_a_name_with_a_dot_is_never_written_as_a_keyword() -> None:
    net = network()
    cells = net.populations["cells"]
    for name in cells.variables:
        for message in (said(lambda n, name=name: n.populations["cells"][name]), words.setting("population", name)):
            assert ("." in name) == (f"set({{'{name}': ...}})" in message)


def test_what_can_be_recorded_is_all_that_is_listed() -> None:
    """Oracle: recording it."""
    net = network()
    for target in (net.populations["cells"], net.projections["synapses"], net.controllers["scaling"]):
        with pytest.raises(ValueError) as caught:
            net.record(target, "nonsense", interval=1)
        for name in str(caught.value).rpartition("(")[2].rstrip(")").split(", "):
            interval = {} if name in ("spikes", "structure") else {"interval": 1}
            net.record(target, name, **interval)


def test_a_recorder_of_several_variables_has_no_values() -> None:
    net = network()
    recorder = net.record(net.populations["cells"], ["V", "ampa.g"], interval=1)
    assert not hasattr(recorder, "values")
    with pytest.raises(ValueError, match=r"recorder\['V'\], recorder\['ampa.g'\]"):
        recorder.values  # noqa: B018
    assert hasattr(net.record(net.populations["cells"], "V", interval=1), "values")


def test_parts_that_are_listed_by_name_are_still_a_mapping() -> None:
    net = network()
    assert net.populations.get("nobody") is None
    assert "nobody" not in net.populations
    assert not hasattr(net.populations, "nobody")
    with pytest.raises(KeyError):
        net.populations["nobody"]


def test_a_view_is_called_by_its_number_of_neurons() -> None:
    cells = network().populations["cells"]
    assert cells[:3].name == "3 of cells"
    assert "'3 of cells'" in said(lambda n: n.populations["cells"][:3].nonsense)


def test_first_sentences_of_parts_are_whole() -> None:
    """Oracle: the declaration; its text and that of the docstring are the same, but for where a sentence ends."""

    def letters(text: str) -> str:
        return re.sub(r"[\s.;]+", " ", text).lower().strip()

    for name, part in PARTS.items():
        declared = letters(schemas()[name].sentence)
        assert letters((part.__doc__ or "").replace("\n", " ")).startswith(declared), name


# ---- what is in force


def test_what_is_shown_of_a_drive_is_in_force(tmp_path: Any) -> None:
    """Oracle: the sequence of values that were set."""
    net = pl.Network(threads=1)
    cells = two_receptors(net)
    course = pl.Schedule([0, 5], [5, 6])
    drives = [
        net.drive(cells, pl.ConstantCurrent(course), name="schedule"),
        net.drive(cells, pl.StepCurrent([0, 5], [5, 6]), name="steps"),
        net.drive(cells, pl.ConstantCurrent(1), name="number"),
    ]
    for drive in drives:
        for value, shown in ((7.0, "amplitude=7)"), (course, f"amplitude={course!r})"), (8.0, "amplitude=8)")):
            drive.set(amplitude=value)
            net.save(tmp_path / "n")
            for each in (net, net.copy(), pl.load(tmp_path / "n")):
                assert shown in repr(each.drives[drive.name])
                assert f"ConstantCurrent({shown}" in str(each)
        with pytest.raises(ValueError):
            drive.set(amplitude=[1.0, 2.0])
        assert "amplitude=8)" in repr(drive)


def test_a_law_of_structure_takes_a_schedule_for_its_rate(tmp_path: Any) -> None:
    """Oracle: the same law that was given the schedule when it was made."""
    course = pl.Schedule([0, 100], [50.0, 0.0])

    def grown(law: Any, change: Callable[[Any], None]) -> Any:
        net = pl.Network(threads=1, seed=3)
        cells = net.population(20, pl.LIF(receptors={"a": pl.CurrentDelta()}))
        projection = net.connect(cells, cells, pl.FixedProbability(0.05))
        control = net.control(projection, law)
        change(control)
        net.run(100)
        net.save(tmp_path / "n")
        loaded = pl.load(tmp_path / "n", threads=1)
        assert str(loaded) == str(net)
        loaded.run(300)
        net.run(300)
        assert len(loaded.projections["projection_0"]) == len(projection)
        return projection.sources.tolist(), projection.targets.tolist(), str(net)

    def law(rate: Any) -> Any:
        return pl.Creation(rate=rate, weight=1, delay=1, interval=10)

    made = grown(law(course), lambda control: None)
    assert grown(law(1.0), lambda control: control.set(rate=course)) == made
    assert grown(law(pl.Schedule([0], [3.0])), lambda control: control.set(rate=course)) == made
    assert repr(course) in made[2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pl.Schedule([0], [-1.0]), "Creation.rate"),
        (pl.Schedule([0], [[1.0, 2.0]]), "Creation.rate is one number"),
    ],
)
def test_a_schedule_that_a_law_cannot_follow_changes_nothing(given: pl.Schedule, message: str) -> None:
    net = network()
    control = net.control(net.projections["synapses"], pl.Creation(rate=2, weight=1, delay=1, interval=10))
    before = str(net)
    with pytest.raises(ValueError, match=message):
        control.set(weight=3, rate=given)
    assert (control.get("rate"), control.get("weight"), str(net)) == (2, 1, before)
    pruning = net.controllers["pruning"]
    with pytest.raises(TypeError, match="follows no Schedule"):
        pruning.set(rate=pl.Schedule([0], [1.0]))


@pytest.mark.parametrize("dt", [0.1, 0.05, 0.25, 1.0, 1 / 3, 0.3])
@pytest.mark.parametrize("offset", [0.0, 0.25, 0.5, 0.75])
def test_moments_one_step_apart_never_fall_into_one_step(dt: float, offset: float) -> None:
    """Oracle: counting the steps; a half rounds upward."""
    from plastica.clock import Clock

    steps = np.arange(100_000)
    for moments in ((steps + offset) * dt, np.round((steps + offset) * dt, 12), steps * dt + offset * dt):
        assert np.array_equal(Clock(dt).nearest(moments, "moments"), steps + (offset >= 0.5))


def test_spikes_one_step_apart_are_two_spikes() -> None:
    net = pl.Network(dt=0.1, threads=1)
    recorder = net.record(net.population(1, pl.SpikeSource([[1.05, 1.15]])), "spikes")
    net.run(2)
    assert recorder.times.tolist() == [1.1, 1.2]
