"""What users of other simulators call things, and what they are here: for messages about names that nobody knows.

A suggestion is made by meaning where the name is in one of these tables; by spelling only where it is close; and else
not at all, as a wrong suggestion is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple


class Sense(NamedTuple):
    """A thing that a word may stand for.

    A suggestion is made where all the names exist and none of those in `without` does; ``{0}``, ``{1}``, ... in the
    sentence are the names. Without a sentence it asks whether the first one was meant.
    """

    names: tuple[str, ...]
    sentence: str = ""
    without: tuple[str, ...] = ()


def setting(owner: str, name: str, value: str = "...") -> str:
    """How a variable is set: a name with a dot cannot be written as a keyword."""
    given = f"{name}={value}" if name.isidentifier() else f"{{'{name}': {value}}}"
    return f"{owner}{'.' if owner else ''}set({given})"


def _is(*names: str) -> tuple[Sense, ...]:
    """A word that has one meaning, which has one of these names wherever it exists."""
    return tuple(Sense((name,)) for name in names)


def _table(*rows: tuple[tuple[str, ...], tuple[Sense, ...]]) -> dict[str, tuple[Sense, ...]]:
    """The senses of each word, in order; a word may stand in several rows."""
    table: dict[str, tuple[Sense, ...]] = {}
    for words, senses in rows:
        for word in words:
            table[word] = table.get(word, ()) + senses
    return table


_RECEPTORS = Sense(
    ("receptors",), "it belongs to a receptor: {0}={{'ampa': CurrentExp(tau=5)}}, or ConductanceExp(tau=5, E_rev=0)"
)
_ELIGIBILITY = Sense(("modulator", "tau"), "'{1}' is the time constant of eligibility")
_PLUS_AND_MINUS = "there are two: '{0}' and '{1}'"
_LOGARITHM = ("mu", "sigma")

# Parameters and variables, in lower case and without underscores.
PARAMETERS = _table(
    # membranes
    (("vm", "v", "vinit", "v0", "membranepotential", "voltage"), _is("V")),
    (("cm", "c", "cap", "capacitance", "membranecapacitance"), _is("C_m")),
    (
        ("taum", "taumem", "tau", "tcdecay", "membranetimeconstant"),
        (
            Sense(("tau_m",)),
            Sense(("C_m", "g_L"), "the membrane time constant follows from '{0}' and '{1}': tau_m = C_m / g_L"),
        ),
    ),
    (
        ("gl", "gleak", "leakconductance"),
        (
            Sense(("g_L",)),
            Sense(("C_m", "tau_m"), "the leak conductance follows from '{0}' and '{1}': tau_m = C_m / g_L"),
        ),
    ),
    (
        ("rm", "r", "membraneresistance"),
        (
            Sense(("C_m", "tau_m"), "the membrane resistance follows from '{0}' and '{1}': R = tau_m / C_m"),
            Sense(("g_L",), "the membrane resistance follows from '{0}': R = 1 / g_L"),
        ),
    ),
    (("el", "eleak", "vrest", "erest", "vl", "restingpotential", "rest"), _is("E_L")),
    (
        ("vth", "vthr", "vthresh", "vthreshold", "thresh", "thr", "threshold"),
        _is("V_th", "V_th_rest", "V_peak"),
    ),
    (("vt", "theta"), _is("V_th", "V_th_rest")),  # not V_peak: Izhikevich's vt and vr are of another formulation
    (("vr",), _is("V_reset")),
    (("vreset", "vres", "reset"), (*_is("V_reset"), Sense(("c", "d"), "'{0}' is the reset of V"))),
    (("vspike", "vcut", "vpeak", "vmax"), _is("V_peak")),
    (("tref", "trefrac", "taurefrac", "tauref", "refractory", "refractoryperiod", "refrac"), _is("t_ref")),
    (
        ("ioffset", "iext", "i", "ibias", "idc", "iapp", "iinj", "ie", "istim", "current"),
        _is("I_e", "amplitude"),
    ),
    (("delta", "deltat", "slope", "slopefactor", "vtslope", "vslope"), _is("Delta_T")),
    (("tauadapt", "tauadaptation"), _is("tau_w")),
    # receptors
    (
        (
            *("tausyn", "tausynapse", "taus", "tausynex", "tausynexc", "tausyne", "tausynin", "tausyninh", "tausyni"),
            *("tauex", "tauin", "taue", "taui", "tauexc", "tauinh", "tauampa", "taugaba", "taunmda"),
        ),
        (Sense(("tau",), without=("learning_rate", "target_rate", "interval", "sigma", "baseline", "w_0")), _RECEPTORS),
    ),
    (
        (
            *("erev", "esyn", "vrev", "reversal", "reversalpotential", "ee", "ei", "eex", "ein", "eexc", "einh"),
            *("erevex", "erevin", "erevexc", "erevinh", "ereve", "erevi"),
        ),
        (Sense(("E_rev",)), _RECEPTORS),
    ),
    (("tau1", "taur", "taurise"), _is("tau_rise")),
    (("tau2", "taud"), _is("tau_decay", "tau_rec")),
    # rules
    (("eta", "lr", "learningrate", "nu"), _is("learning_rate")),
    (
        ("lambda",),
        (
            Sense(("learning_rate", "A_plus", "A_minus"), "NEST's lambda is '{0}', with {1} = 1 and {2} = alpha"),
            *_is("learning_rate"),
        ),
    ),
    (
        ("alpha",),
        (
            Sense(("A_plus", "A_minus"), "it is the ratio {1} / {0}"),
            Sense(
                ("target_rate", "tau", "learning_rate"), "it follows from '{0}' and '{1}': alpha = 2 target_rate tau"
            ),
        ),
    ),
    (("mu",), (Sense(("mu_plus", "mu_minus"), _PLUS_AND_MINUS), Sense(("mean", "std")))),
    (("tau",), (Sense(("tau_plus", "tau_minus"), _PLUS_AND_MINUS),)),
    (("wmax", "gmax", "weightmax", "maxweight", "ubound", "whigh"), _is("w_max", "w_high", "w_1")),
    (
        ("wmin", "gmin", "weightmin", "minweight", "lbound", "wlow"),
        (*_is("w_min", "w_low"), Sense(("w_max",), "weights lie between 0 and '{0}'; there is no other lower bound")),
    ),
    (
        ("aplus", "ap", "apre", "altp", "dapre"),
        (
            Sense(("A_plus",)),
            Sense(("A2_plus", "A3_plus"), "it has two parts here: '{0}' of pairs and '{1}' of triplets"),
            *_is("A_LTP", "c_plus", "c_p"),
        ),
    ),
    (
        ("aminus", "am", "apost", "altd", "dapost"),
        (
            Sense(("A_minus",), "did you mean '{0}'? It is positive here: the rule subtracts"),
            Sense(
                ("A2_minus", "A3_minus"), "it has two parts here: '{0}' of pairs and '{1}' of triplets, both positive"
            ),
            *_is("A_LTD", "c_minus", "c_d"),
        ),
    ),
    (("a2p", "aplus2"), _is("A2_plus")),
    (("a3p", "aplus3", "aplustriplet"), _is("A3_plus")),
    (("a2m", "aminus2"), _is("A2_minus")),
    (("a3m", "aminus3", "aminustriplet"), _is("A3_minus")),
    (("taupre", "taup", "tauplus", "taultp", "tctrace", "tcplus", "tcpre"), _is("tau_plus")),
    (("taupost", "tauminus", "taultd", "tcminus", "tcpost"), _is("tau_minus")),
    (("tauplustriplet",), _is("tau_x")),
    (("tauminustriplet",), _is("tau_y")),
    (("rho", "rho0", "r0", "targetrate", "ratetarget", "target", "rate"), _is("target_rate", "target")),
    (("dopamine", "da", "reward", "volumetransmitter", "neuromodulator"), _is("modulator")),
    (("tauc", "tauelig", "taueligibility", "tautrace"), (_ELIGIBILITY,)),
    (
        ("taun", "taudopamine", "taudop", "tauda"),
        (Sense(("modulator",), "it belongs to the modulator: net.modulator(name, tau=200)"),),
    ),
    (("use", "u0", "usyn", "u"), _is("U")),
    (("taufac", "tauf", "taufacilitation"), _is("tau_facil")),
    (("taurecovery", "taudep", "taudepression"), _is("tau_rec")),
    (("taupsc", "tauinact"), _is("tau_I")),
    # connectors
    (("p", "prob", "pconnect", "connectionprobability"), _is("probability")),
    (("indegree", "outdegree", "k", "fanin", "fanout"), _is("degree")),
    (("n", "ntotal"), _is("number", "degree")),
    (("autapses", "allowautapses", "selfconnections", "allowselfconnections"), _is("allow_autapses", "autapses")),
    (("multapses", "allowmultapses", "withreplacement"), _is("allow_multapses", "multapses")),
    (("i", "pre", "source", "presynaptic"), _is("sources")),
    (("j", "post", "target", "postsynaptic"), _is("targets")),
    (("radius", "maxdist"), _is("max_distance")),
    # sources, stimuli and distributions
    (("rates", "freq", "firingrate", "frequency", "f"), _is("rate", "frequency")),
    (("spiketimes", "t", "spikes"), _is("times")),
    (("indices", "senders", "neuronids"), _is("ids")),
    (("amp", "ampl", "dc"), _is("amplitude")),
    (("amplitudevalues", "amplitude"), _is("amplitudes")),
    (("amplitudetimes",), _is("times")),
    (
        ("std", "sd", "stdev", "stddev", "sigma"),
        (Sense(_LOGARITHM, "'{1}' is the standard deviation of the logarithm"), *_is("std", "sigma")),
    ),
    (("mean",), (Sense(_LOGARITHM, "'{0}' is the mean of the logarithm"),)),
    (("loc",), (Sense(("mean", "std"), "did you mean '{0}'?"),)),
    (
        ("scale",),
        (
            Sense(("std",)),
            Sense(_LOGARITHM, "in SciPy it is the exponential of '{0}': mu = log(scale)"),
            Sense(("mean",), without=("std", "sigma", "tau")),
        ),
    ),
    (("min", "lower"), _is("low")),
    (("max", "upper"), _is("high")),
    # controllers
    (("wsum", "weightsum"), _is("total")),
    (("dt", "updateinterval", "period", "every"), _is("interval")),
)

# Words for the parts of a handle: what stands on the left, on the right what says how it is done here.
ATTRIBUTES = _table(
    (("weight", "w", "strength"), _is("weights")),
    (("delay", "d"), _is("delays")),
    (("source", "i", "presynaptic"), _is("sources", "pre")),
    (("target", "j", "postsynaptic"), _is("targets", "post")),
    (("n", "nneurons"), _is("size")),
    (("id", "indices", "globalid", "gids", "senders", "allcells", "i"), _is("ids")),
    (("t", "spiketimes", "spiketrains", "spikes"), _is("times")),
    (("data", "getdata", "events"), _is("values")),
    (("initialize", "tset", "rset", "setparameters", "setstatus"), _is("set")),
    (("getparameters", "getstatus"), _is("get")),
    (("plasticity", "synapsetype", "synapticmechanism"), _is("rules")),
    (("learn", "learning"), _is("plastic", "rules")),
    (
        ("reset", "resetstatevariables", "reinit", "restore", "resetnetwork"),
        (
            Sense(
                ("copy", "run"),
                "there is no going back yet: keep a copy of the pristine network, pristine = net.copy(), and go on "
                "with copies of that",
            ),
        ),
    ),
    (("simulate",), _is("run")),
    (("record",), (Sense(("network", "size"), "recorders are made by the network: net.record(population, 'spikes')"),)),
)

# Arguments of a network.
ARGUMENTS = _table(
    (("resolution", "timestep", "step", "defaultclock", "h", "deltat"), _is("dt")),
    (
        ("numthreads", "localnumthreads", "totalnumvirtualprocs", "nthreads", "ncores", "cores", "numprocesses"),
        _is("threads"),
    ),
    (("rngseed", "rngseeds", "grngseed", "randomseed", "rng", "randomstate"), _is("seed")),
    (("dtype", "float", "floattype"), _is("precision")),
)

# What modifiers multiply; the words are those of other things that somebody may want to scale.
FACTORS = _table(
    (("weight", "weights", "w", "strength", "conductance", "g"), _is("gain")),
    (("spike", "output", "firing"), _is("spikes")),
)

# Functions and classes of other simulators; on the right an attribute of `plastica`, and how it is used.
FUNCTIONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("Create", "NeuronGroup", "PopulationView", "IFGroup"),
        ("Network.population", "net = Network(); net.population(100, LIF())"),
    ),
    **dict.fromkeys(
        ("Connect", "Synapses", "Connection", "CGConnect"),
        ("Network.connect", "net.connect(pre, post, FixedProbability(0.1), weight=1, delay=1)"),
    ),
    **dict.fromkeys(("Simulate", "run", "Run", "Prepare", "run_for", "run_until"), ("Network.run", "net.run(1000)")),
    **dict.fromkeys(
        ("setup", "ResetKernel", "SetKernelStatus", "reset", "end", "start_scope", "defaultclock", "kernel"),
        ("Network", "Network(dt=0.1, seed=1); each network is one of its own"),
    ),
    **dict.fromkeys(("SetStatus", "set"), ("Population.set", "population.set(I_e=100), projection.set(...)")),
    **dict.fromkeys(("GetStatus",), ("Population.get", "population.get('V'), projection.weights")),
    **dict.fromkeys(("GetConnections",), ("Projection.sources", "projection.sources, .targets, .weights, .delays")),
    **dict.fromkeys(
        ("SpikeMonitor", "spike_recorder", "spike_detector"),
        ("Network.record", "net.record(population, 'spikes')"),
    ),
    **dict.fromkeys(
        ("StateMonitor", "multimeter", "voltmeter", "record", "VoltageMonitor", "Monitor"),
        ("Network.record", "net.record(population, 'V', interval=1)"),
    ),
    **dict.fromkeys(
        ("PopulationRateMonitor", "RateChecker"), ("Network.record", "net.record(exc, 'rate', interval=10)")
    ),
    **dict.fromkeys(
        ("WeightMonitor", "weight_recorder"), ("Network.record", "net.record(projection, 'weights', interval=10)")
    ),
    **dict.fromkeys(("volume_transmitter",), ("Network.modulator", "net.modulator('dopamine', tau=200)")),
    **dict.fromkeys(("network_operation",), ("Network.run", "net.run(1000, callback=function, every=10)")),
    **dict.fromkeys(("TimedArray",), ("Schedule", "Schedule(times, values)")),
    # neurons
    **dict.fromkeys(
        (
            "iaf_psc_exp",
            "IF_curr_exp",
            "LIFNodes",
            "IFNodes",
            "iaf_cond_exp",
            "IF_cond_exp",
            "iaf_psc_alpha",
            "iaf_cond_alpha",
            "iaf_psc_delta",
            "IF_curr_alpha",
            "IF_cond_alpha",
            "IF_curr_delta",
        ),
        ("LIF", "LIF(receptors={'ampa': CurrentExp(tau=5)}), or ConductanceExp, CurrentAlpha, CurrentDelta"),
    ),
    **dict.fromkeys(
        (
            "aeif_cond_exp",
            "aeif_cond_alpha",
            "aeif_psc_exp",
            "EIF_cond_exp_isfa_ista",
            "EIF_cond_alpha_isfa_ista",
            "AdExGroup",
        ),
        ("AdEx", "AdEx(receptors={...})"),
    ),
    **dict.fromkeys(
        ("izhikevich", "IzhikevichNodes", "IzhikevichGroup"), ("Izhikevich", "Izhikevich(a=0.02, b=0.2, c=-65, d=8)")
    ),
    **dict.fromkeys(("parrot_neuron",), ("Relay", "Relay()")),
    **dict.fromkeys(("aeif_psc_delta_clopath",), ("ClopathAdEx", "ClopathAdEx(...)")),
    # sources and stimuli
    **dict.fromkeys(
        ("PoissonGroup", "SpikeSourcePoisson", "inhomogeneous_poisson_generator"),
        ("PoissonSource", "PoissonSource(rate=10): neurons of their own"),
    ),
    **dict.fromkeys(
        ("poisson_generator",), ("PoissonInput", "net.drive(population, PoissonInput(rate=1000), weight=1)")
    ),
    **dict.fromkeys(
        ("SpikeGeneratorGroup", "SpikeSourceArray", "spike_generator", "FileInputGroup"),
        ("SpikeSource", "SpikeSource([times of each neuron])"),
    ),
    **dict.fromkeys(
        ("dc_generator", "DCSource", "CurrentInjector"),
        ("ConstantCurrent", "net.drive(population, ConstantCurrent(100))"),
    ),
    **dict.fromkeys(("ac_generator", "ACSource"), ("SineCurrent", "net.drive(population, SineCurrent(...))")),
    **dict.fromkeys(
        ("noise_generator", "NoisyCurrentSource", "ou_noise_generator"),
        ("OUCurrent", "net.drive(population, OUCurrent(...))"),
    ),
    **dict.fromkeys(
        ("step_current_generator", "StepCurrentSource"), ("StepCurrent", "net.drive(population, StepCurrent(...))")
    ),
    # connectors
    **dict.fromkeys(("all_to_all", "AllToAllConnector"), ("AllToAll", "AllToAll()")),
    **dict.fromkeys(("one_to_one", "OneToOneConnector"), ("OneToOne", "OneToOne()")),
    **dict.fromkeys(
        ("pairwise_bernoulli", "FixedProbabilityConnector", "SparseConnection"),
        ("FixedProbability", "FixedProbability(0.1)"),
    ),
    **dict.fromkeys(("fixed_indegree", "FixedNumberPreConnector"), ("FixedInDegree", "FixedInDegree(100)")),
    **dict.fromkeys(("fixed_outdegree", "FixedNumberPostConnector"), ("FixedOutDegree", "FixedOutDegree(100)")),
    **dict.fromkeys(
        ("fixed_total_number", "FixedTotalNumberConnector"), ("FixedTotalNumber", "FixedTotalNumber(1000)")
    ),
    **dict.fromkeys(("FromListConnector", "FromFileConnector"), ("Explicit", "Explicit(sources, targets)")),
    **dict.fromkeys(("ArrayConnector",), ("FromSparse", "FromSparse(scipy.sparse.csr_array(matrix))")),
    **dict.fromkeys(("DistanceDependentProbabilityConnector",), ("DistanceDependent", "DistanceDependent(...)")),
    # rules
    **dict.fromkeys(
        (
            "stdp_synapse",
            "stdp_synapse_hom",
            "STDPMechanism",
            "SpikePairRule",
            "STDPConnection",
            "SymmetricSTDPConnection",
            "PostPre",
        ),
        ("STDP", "net.connect(..., plasticity=STDP(w_max=1))"),
    ),
    **dict.fromkeys(("stdp_pl_synapse_hom",), ("PowerLawSTDP", "net.connect(..., plasticity=PowerLawSTDP(...))")),
    **dict.fromkeys(
        ("stdp_triplet_synapse", "TripletConnection"), ("TripletSTDP", "net.connect(..., plasticity=TripletSTDP(...))")
    ),
    **dict.fromkeys(
        ("vogels_sprekeler_synapse",), ("InhibitorySTDP", "net.connect(..., plasticity=InhibitorySTDP(...))")
    ),
    **dict.fromkeys(("clopath_synapse",), ("VoltageSTDP", "net.connect(..., plasticity=VoltageSTDP(...))")),
    **dict.fromkeys(
        ("stdp_dopamine_synapse", "MSTDPET", "MSTDP"),
        ("RewardSTDP", "net.connect(..., plasticity=RewardSTDP('dopamine'))"),
    ),
    **dict.fromkeys(
        ("tsodyks_synapse", "tsodyks2_synapse", "TsodyksMarkramSynapse", "STPConnection"),
        ("TsodyksMarkram", "net.connect(..., plasticity=TsodyksMarkram(...))"),
    ),
    **dict.fromkeys(("static_synapse", "StaticSynapse"), ("Network.connect", "net.connect(...) without plasticity")),
    # numbers
    **dict.fromkeys(
        ("RandomDistribution", "NumpyRNG", "random"), ("Distribution", "Uniform(low, high), Normal(mean, std), ...")
    ),
    "lognormal": ("LogNormal", "LogNormal(mu, sigma)"),
    **dict.fromkeys(
        ("ms", "second", "us", "mV", "volt", "pA", "nA", "nS", "uS", "pF", "Hz", "kHz", "siemens", "amp", "farad"),
        ("Network", "plain numbers, in ms, mV, pA, nS, pF and Hz"),
    ),
}

# What handles have and do not let be set, and how it is changed.
FIXED: dict[tuple[str, str], str] = {
    ("Projection", "delays"): "remove the synapses and add them anew with another delay",
    ("Projection", "sources"): "use add and remove",
    ("Projection", "targets"): "use add and remove",
    ("Projection", "rules"): "their parameters are set by set(learning_rate=...)",
    ("Projection", "effective_weights"): "set weights, or the gain through net.modify",
    ("Population", "model"): "its parameters are set by set(tau_m=...)",
    ("Drive", "stimulus"): "its parameters are set by set(...)",
    ("Controller", "law"): "its parameters are set by set(...)",
    ("Rewiring", "law"): "its parameters are set by set(...)",
    ("Modifier", "factors"): "remove it and make another one",
    ("Guard", "band"): "make another guard, and set active = False of this one",
    ("Modulator", "level"): "use release(amount)",
    ("Network", "time"): "time passes by run",
    ("Network", "dt"): "make a network with another one",
    ("Network", "seed"): "make a network with another one",
    ("Network", "threads"): "make a network with another number; results do not depend on it",
    ("Network", "precision"): "make a network with another one",
}


def instead(name: object) -> str:
    """The end of a sentence that says what a function or a class of another simulator is here; empty for others."""
    ours, example = FUNCTIONS.get(name, ("", "")) if isinstance(name, str) else ("", "")
    return f"; what does that here is {ours}: {example}" if ours else ""


def remedy(value: object) -> str:
    """The end of a sentence that refuses a value where a part is taken; empty where nothing is known of it."""
    if isinstance(value, type):
        return f"; {value.__name__} is a class: make one, {value.__name__}()"
    return instead(value)


def folded(name: str) -> str:
    """A name without what differs between simulators: case and underscores."""
    return re.sub(r"[_\W]", "", name).lower()


def suggestion(name: object, names: Collection[str], table: Mapping[str, tuple[Sense, ...]]) -> str:
    """A sentence about what was meant by a name that is none of these, by meaning or by spelling; or nothing."""
    word = str(name)
    same = [
        each for each in names if len(word) > 1 and (folded(each) == folded(word) or _pieces(each) == _pieces(word))
    ]
    if same:
        return f"did you mean '{same[0]}'?"
    if folded(word) in table:
        return meaning(word, names, table)
    near = sorted((distance(word.lower(), each.lower()), each) for each in names if close(word, each))
    alone = len(near) == 1 or (len(near) > 1 and near[0][0] < near[1][0])
    return f"did you mean '{near[0][1]}'?" if alone else ""


def meaning(word: str, names: Collection[str], table: Mapping[str, tuple[Sense, ...]]) -> str:
    """What a word of another simulator means among these names; or nothing."""
    for sense in table.get(folded(word), ()):
        found = [_found(each, names) for each in sense.names]
        if all(found) and not any(each in names for each in sense.without):
            return (sense.sentence or "did you mean '{0}'?").format(*found)
    return ""


def of_receptors(word: str, names: Collection[str]) -> str:
    """The variables of several receptors that a word may stand for, such as ``'ampa.tau'`` and ``'gaba.tau'``."""
    wanted = [sense.names[0] for sense in PARAMETERS.get(folded(word), ()) if len(sense.names) == 1]
    dotted = [name for name in names if "." in name and name.rpartition(".")[2] in (word, *wanted)]
    if len(dotted) < 2 or any(name in names for name in wanted):
        return ""
    return f"each receptor has its own: {', '.join(map(repr, dotted))}; {setting('', dotted[0])}"


def meant(word: str, names: Collection[str]) -> str:
    """The name that a word of another simulator stands for, where it stands for one; else an empty string."""
    senses = PARAMETERS.get(folded(word), ())
    return next((sense.names[0] for sense in senses if len(sense.names) == 1 and sense.names[0] in names), "")


def _found(name: str, names: Collection[str]) -> str:
    """A name, or that of the only receptor or rule that has it, as in ``ampa.tau``."""
    if name in names:
        return name
    dotted = [each for each in names if each.rpartition(".")[2] == name]
    return dotted[0] if len(dotted) == 1 else ""


def _pieces(name: str) -> list[str]:
    """What a name consists of, in any order: ``g_ampa`` is ``ampa.g``."""
    return sorted(re.split(r"[_.]+", name.lower()))


def close(word: str, name: str) -> bool:
    """Whether a word is a slip of a name, piece by piece: ``A_plus`` and ``tau_plus`` are different things."""
    one, other = (re.split(r"[_.]", each.lower()) for each in (word, name))
    if len(one) == len(other):
        strays = len(word) - len(name) if len(name) > 4 and word.lower().startswith(name.lower()) else 0
        return 0 < strays <= 2 or all(map(_slipped, one, other))
    if set(one) < set(other) or set(other) < set(one):
        return False  # ``delay`` is not ``delay_u``
    return min(len(one), len(other)) == 1 and _slipped("".join(one), "".join(other))


def _slipped(word: str, name: str) -> bool:
    """Whether a word without underscores is a name, or a slip of it; short ones keep to the letters of the name."""
    longest = max(len(word), len(name))
    stray = len(name) > 1 and word[:-1] == name  # a letter too many at the end
    if min(len(word), len(name)) <= 3 and not stray and not set(word) <= set(name):
        return False
    if longest > 2 and word[:1] != name[:1] and len(word) == len(name) and word[:2] != name[1::-1]:
        return False  # ``late`` is not ``rate``
    return distance(word, name) <= (2 if longest > 8 else 1)


def distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out, replaced, or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        last, before, row = before, row, [i + 1]
        for j, b in enumerate(other):
            row.append(min(before[j + 1] + 1, row[j] + 1, before[j] + (a != b)))
            if i and j and a == other[j - 1] and b == one[i - 1]:
                row[-1] = min(row[-1], last[j - 1] + 1)
    return row[-1]
