"""Each drug of the panel moves one quantity, more with every dose, and AP5 abolishes potentiation.

Blockade of NMDA receptors and plasticity: Collingridge, Kehl and McLennan (1983), J Physiol 334:33,
doi:10.1113/jphysiol.1983.sp014478; Sjöström, Turrigiano and Nelson (2001), Neuron 32:1149,
doi:10.1016/S0896-6273(01)00542-6. The drugs are those of `plastica.drugs`: one factor on one parameter each.

1. Panel: ten quantities are measured in a small preparation, from peaks and decays of conductances to potentiation,
   depression and proteins, under each of eleven drugs at seven doses. A drug must change one of them by its factor and
   leave the others as they are.
2. Network: 320 excitatory and 80 inhibitory neurons with AMPA, NMDA and GABA receptors. The mean rate of the excitatory
   ones must follow the dose monotonically, in the direction that the drug is known for.
3. AP5 in the protocols of `triplet` (60 pairs at 10 to 50 Hz, drug on A3_plus) and of `graupner2012` (cortical slices,
   75 pairs; drug on C_pre, the calcium of presynaptic spikes, or on gamma_p, the rate of potentiation).

``quick`` measures the network for 0.5 s at four doses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl
from plastica import drugs
from plastica.protocols import pairing

from . import graupner2012, triplet
from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P27", "P03", "P05")
PRECISION = "double"  # factors are compared with measured quantities to a millionth

DOSES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, np.inf)  # in units of the concentration of half effect
QUANTITIES = {
    "ttx": "spikes",
    "gabazine": "GABA peak",
    "bicuculline": "GABA peak",
    "diazepam": "GABA decay",
    "nbqx": "AMPA peak",
    "ap5": "NMDA peak, E",
    "ketamine": "NMDA peak, I",
    "four_ap": "release",
    "isoproterenol": "LTP",
    "carbachol": "LTD",
    "anisomycin": "protein",
}
NAMES = list(dict.fromkeys(QUANTITIES.values()))
# what more of the drug does to the rate of excitatory neurons
NETWORK = {"gabazine": 1, "diazepam": -1, "nbqx": -1, "ap5": -1, "ketamine": 1, "four_ap": 1}
PAIR_RATES = (10, 20, 40, 50)  # Hz


# ---- the preparation


def receptors() -> dict[str, pl.Receptor]:
    """AMPA, NMDA and GABA_A."""
    return {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=8, E_rev=-75), "nmda": pl.NMDA()}


class Preparation:
    """Two quiet neurons with one synapse of each kind, a firing one, and synapses that learn."""

    def __init__(self, context: Context) -> None:
        self.net = pl.Network(dt=0.1, seed=context.seed, threads=1, precision=context.precision)
        self.excitatory = self.net.population(1, pl.LIF(receptors=receptors()))
        self.inhibitory = self.net.population(1, pl.LIF(receptors=receptors()))
        self.firing = self.net.population(1, pl.LIF(I_e=500))
        self.spikes = self.net.record(self.firing, "spikes")
        stimulus = self.net.population(1, pl.SpikeSource([20.0]))
        for cell in (self.excitatory, self.inhibitory):
            for receptor in receptors():
                self.net.connect(stimulus, cell, pl.OneToOne(), receptor=receptor, weight=0.1, delay=1.0)
        terminal = self.net.population(1, pl.LIF(receptors={"ampa": pl.ConductanceExp(tau=5)}))
        self.release = self.net.connect(
            stimulus, terminal, pl.OneToOne(), weight=0.1, delay=1.0, plasticity=pl.TsodyksMarkram(U=0.4)
        )
        names = [f"{receptor}.g" for receptor in receptors()]
        self.states = [self.net.record(cell, names, interval=0.1) for cell in (self.excitatory, self.inhibitory)]
        self.transmitted = self.net.record(terminal, ["ampa.g"], interval=0.1)
        self._learn()

    def _learn(self) -> None:
        """Twenty pairs, pre before post at one synapse and after it at another; a third one makes proteins."""
        onsets = np.arange(10.0, 400.0, 20.0)
        pre = self.net.population(2, pl.SpikeSource([onsets, onsets + 10.0]))
        post = self.net.population(2, pl.Relay())
        teacher = self.net.population(1, pl.SpikeSource([onsets + 6.0]))
        self.net.connect(teacher, post, pl.AllToAll(), weight=1e6, delay=0.1)
        window = pl.STDP(learning_rate=1e-3, A_plus=1, A_minus=1, w_max=1.0)
        ends = pl.OneToOne()
        # one lobe at each synapse, so that each agonist has a quantity of its own
        self.potentiated = self.net.connect(pre[:1], post[:1], ends, weight=-0.5, plasticity=window)
        self.depressed = self.net.connect(pre[1:], post[1:], ends, weight=-0.5, plasticity=window)
        for lobe, synapse in (("A_minus", self.potentiated), ("A_plus", self.depressed)):
            synapse.set({lobe: 0.0})
        tagging = pl.TaggingTrigger(theta_pro=0.5, P_plus=1e6, interval=10.0)
        self.tagged = self.net.connect(
            pre[:1], post[:1], ends, weight=-1.0, plasticity=[pl.STDP(learning_rate=1e-3, A_minus=0, w_max=8), tagging]
        )

    def target(self, drug: drugs.Drug) -> tuple[drugs.Drug, Any]:
        """The drug and whom it is given to."""
        if drug.name == "anisomycin":
            return drugs.anisomycin(drug.dose, acts_on="1.synthesis"), self.tagged
        places = {
            "ttx": self.firing, "ketamine": self.inhibitory, "four_ap": self.release, "carbachol": self.depressed,
            "isoproterenol": self.potentiated,
        }  # fmt: skip
        return drug, places.get(drug.name, self.excitatory)

    def measured(self) -> Array:
        """All quantities after 500 ms, in the order of `NAMES`."""
        self.net.run(500.0)
        exc, inh = self.states
        gaba = exc["gaba.g"][:, 0]
        peak = int(gaba.argmax())
        fading = gaba[peak + 100] / gaba[peak] if gaba[peak] > 0 else np.nan  # over 10 ms
        found = {
            "spikes": self.spikes.count,
            # the first sample after the arrival has decayed for a step
            "GABA peak": gaba[peak] / fading**0.01 if gaba[peak] > 0 else 0.0,
            "GABA decay": -10 / np.log(fading),
            "AMPA peak": exc["ampa.g"].max(),
            "NMDA peak, E": exc["nmda.g"].max(),
            "NMDA peak, I": inh["nmda.g"].max(),
            "release": self.transmitted["ampa.g"].max(),
            "LTP": abs(self.potentiated.weights[0]) - 0.5,
            "LTD": 0.5 - abs(self.depressed.weights[0]),
            # synthesis slows down as the protein approaches 1
            "protein": -np.log1p(-np.ravel(self.tagged.get("1.protein"))[0]),
        }
        return np.array([found[name] for name in NAMES], dtype=float)


def make(name: str, dose: float) -> drugs.Drug:
    """A drug at a dose; tetrodotoxin has none."""
    return drugs.ttx() if name == "ttx" else getattr(drugs, name)(dose)


def panel(context: Context) -> tuple[dict[str, Array], dict[str, Array]]:
    """What each drug leaves of all quantities, shape (doses, quantities), and its documented factors."""
    control = Preparation(context).measured()
    left, factors = {}, {}
    for name in QUANTITIES:
        rows, documented = [], []
        for dose in (np.inf,) if name == "ttx" else DOSES:
            preparation = Preparation(context)
            drug, target = preparation.target(make(name, dose))
            preparation.net.apply(drug, target)
            rows.append(preparation.measured() / control)
            documented.append(drug.factor)
        left[name], factors[name] = np.array(rows), np.array(documented)
    return left, factors


# ---- the network


def network(context: Context) -> pl.Network:
    """A recurrent network that is active by itself, settled."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision="single")
    neuron = pl.LIF(
        C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, receptors=receptors()
    )  # fmt: skip
    initial = {"V": pl.Uniform(-60, -50)}
    exc = net.population(320, neuron, name="exc", initial=initial)
    inh = net.population(80, neuron, name="inh", initial=initial)
    for cells in (exc, inh):
        net.drive(cells, pl.PoissonInput(rate=800.0), receptor="ampa", weight=0.5)
    sparse = pl.FixedProbability(0.1)
    depressing = pl.TsodyksMarkram(U=0.3, tau_rec=200)
    for pre, post in ((exc, exc), (exc, inh)):
        net.connect(
            pre, post, sparse, receptor="ampa", weight=1.0, plasticity=depressing, name=f"{pre.name} {post.name}"
        )
        net.connect(pre, post, sparse, receptor="nmda", weight=0.04)
    for post in (exc, inh):
        net.connect(inh, post, sparse, receptor="gaba", weight=3.0)
    net.run(500.0)
    return net


def responses(context: Context, doses: tuple[float, ...], duration: float) -> dict[str, Array]:
    """Mean rate of the excitatory neurons in Hz at each dose."""
    settled = network(context)
    found = {}
    for name in NETWORK:
        rates = []
        for dose in doses:
            net = settled.copy()
            exc, inh = net.populations["exc"], net.populations["inh"]
            targets: dict[str, Any] = {"ketamine": inh, "four_ap": net.projections["exc exc"]}
            net.apply(make(name, dose), targets.get(name, [exc, inh]))
            net.run(200.0)
            before = exc.spike_count
            net.run(duration)
            rates.append((exc.spike_count - before) / len(exc) / duration * 1e3)
        found[name] = np.array(rates)
    return found


# ---- AP5


def triplet_changes(context: Context, dose: float) -> Array:
    """Change of a weight of 1 by 60 pairs, shape (intervals, rates), under AP5 on A3_plus."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    protocols = [pairing(interval, rate) for interval in triplet.INTERVALS for rate in PAIR_RATES]
    before = pl.SpikeSource([protocol.pre - net.dt for protocol in protocols])
    after = pl.SpikeSource([protocol.post - 2 * net.dt for protocol in protocols])
    rules = triplet.visual_cortex()
    synapses = triplet.connect(net, before, after, len(protocols), rules)[("all", "full")]
    net.apply(drugs.ap5(dose, acts_on="A3_plus"), synapses)
    net.run(max(times[-1] for protocol in protocols for times in protocol) + 2)
    return (synapses.weights - 1).reshape(2, -1)


def calcium_changes(context: Context, dose: float, acts_on: str) -> Array:
    """Change of the strength by 75 pairs, shape (intervals, rates), under AP5."""
    conditions = [graupner2012.pairs(rate, interval, 75) for interval in triplet.INTERVALS for rate in PAIR_RATES]
    rules = {"cortex": pl.CalciumSTDP.cortical_slices()}
    drug = drugs.ap5(dose, acts_on=acts_on)
    found = graupner2012.simulated(context, rules, conditions, drug=drug)["cortex"]
    return np.array([transitions.change - 1 for transitions in found]).reshape(2, -1)


def run(context: Context) -> dict[str, Any]:
    """The panel, the network, and AP5."""
    doses = DOSES[::2] if context.quick else DOSES
    duration = 500.0 if context.quick else 2000.0
    context.compression = "quick: 0.5 s and four doses in the network" if context.quick else "none"

    context.stage("eleven drugs, ten quantities, seven doses")
    left, factors = panel(context)
    judge_panel(context, left, factors)

    context.stage("a network under six drugs")
    network_rates = responses(context, doses, duration)
    judge_network(context, network_rates)

    context.stage("AP5 in the protocols of pairs")
    arms: dict[str, Callable[[float], Array]] = {
        "triplet, A3_plus": lambda dose: triplet_changes(context, dose),
        "calcium, C_pre": lambda dose: calcium_changes(context, dose, "C_pre"),
        "calcium, gamma_p": lambda dose: calcium_changes(context, dose, "gamma_p"),
    }
    blocked = {name: [arm(dose) for dose in (0.0, 1.0, np.inf)] for name, arm in arms.items()}
    judge_ap5(context, blocked)
    return {
        "left": left, "factors": factors, "doses": doses, "network": network_rates, "blocked": blocked,
    }  # fmt: skip


def judge_panel(context: Context, left: dict[str, Array], factors: dict[str, Array]) -> None:
    """Errors of the factors, and what else a drug changes."""
    errors, others, steps = [], [], []
    for name, quantity in QUANTITIES.items():
        own = NAMES.index(quantity)
        errors.append(np.abs(left[name][:, own] - factors[name]).max())
        # a conductance that is blocked altogether has no decay
        rest = np.nan_to_num(np.delete(left[name], own, axis=1), nan=1.0)
        others.append(int(np.count_nonzero(np.abs(rest - 1).max(axis=0) > 1e-9)))
        if name != "ttx":
            course = np.diff(left[name][:, own])
            steps.append(np.all(course > 0) or np.all(course < 0))
    context.record("panel: largest error of a factor", max(errors), below(1e-6), provenance="P27; documented factors")
    context.record("panel: quantities that a drug changes besides its own", sum(others), between(0, 0),
                   provenance="P27: each maps to exactly one multiplier; all drugs and doses")  # fmt: skip
    context.record("panel: part of the drugs whose effect grows with every dose", float(np.mean(steps)), between(1, 1),
                   provenance="P27: dose-response monotone")  # fmt: skip


def judge_network(context: Context, rates: dict[str, Array]) -> None:
    """Whether the network's rate follows the dose."""
    for name, course in rates.items():
        up = NETWORK[name]
        context.record(
            f"network, {name}: part of the steps of the dose without a rate that goes {'down' if up > 0 else 'up'}",
            float(np.mean(up * np.diff(course) >= 0)), between(1, 1), provenance="P27: dose-response monotone",
        )  # fmt: skip
        context.record(f"network, {name}: rate at dose 0", course[0], unit="Hz", provenance="not judged")
        context.record(f"network, {name}: rate at the largest dose", course[-1], unit="Hz", provenance="not judged")


def judge_ap5(context: Context, blocked: dict[str, list[Array]]) -> None:
    """The largest potentiation that is left, relative to that without the drug."""
    for name, (control, half, whole) in blocked.items():
        largest = control.max()
        context.record(
            f"{name}: potentiation without the drug", largest, above(0.1), provenance="P27; largest of all pairs"
        )
        context.record(
            f"{name}: potentiation left by full blockade", max(whole.max(), 0) / largest, below(0.01),
            provenance="P27: AP5 abolishes LTP; 1 % is a threshold of ours",
        )  # fmt: skip
        context.record(
            f"{name}: potentiation left at a dose of 1", max(half.max(), 0) / largest, provenance="not judged"
        )
        context.record(f"{name}: largest depression under full blockade", whole.min(), provenance="not judged")


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """What each drug changes, the network's rates, and pairs under AP5."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, LIGHT, SECOND, THIRD, letter

    picture = Figure(figsize=(10.5, 6.6), layout="constrained")
    grid = picture.subplot_mosaic("AABB;CDEF")

    axes = grid["A"]
    table = np.array([results["left"][name][0 if name == "ttx" else 3] for name in QUANTITIES])
    axes.imshow(table, cmap="RdBu", vmin=0, vmax=2, aspect="auto")
    axes.set_xticks(range(len(NAMES)), NAMES, rotation=40, ha="right")
    axes.set_yticks(range(len(QUANTITIES)), list(QUANTITIES))
    for (row, column), value in np.ndenumerate(table):
        if value != 1:
            axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=7)
    letter(axes, "A", "what is left at a dose of 1")

    axes = grid["B"]
    colors = (INHIBITORY, EXCITATORY, INK, FIRST, SECOND, THIRD)
    labels = [f"{dose:g}" if np.isfinite(dose) else "∞" for dose in results["doses"]]
    for (name, course), color in zip(results["network"].items(), colors, strict=True):
        axes.plot(range(len(course)), course, "o-", ms=3, color=color, label=name)
    axes.set_xticks(range(len(labels)), labels)
    axes.set(xlabel="dose (half effect at 1)", ylabel="excitatory rate (Hz)", yscale="log")
    axes.legend(ncol=2)
    letter(axes, "B", "a network")

    axes = grid["C"]
    for name, quantity in QUANTITIES.items():
        if name != "ttx":
            axes.plot(range(len(DOSES)), results["left"][name][:, NAMES.index(quantity)], ".-", color=GREY, lw=0.8)
    axes.set_xticks(range(len(DOSES)), [f"{dose:g}" if np.isfinite(dose) else "∞" for dose in DOSES])
    axes.set(xlabel="dose", ylabel="own quantity / control")
    letter(axes, "C", "own quantities")

    for panel_name, (name, courses) in zip("DEF", results["blocked"].items(), strict=True):
        axes = grid[panel_name]
        for course, dose, color in zip(
            courses, ("no drug", "dose 1", "blocked"), (INK, FIRST, INHIBITORY), strict=True
        ):
            axes.plot(PAIR_RATES, course[0], "o-", ms=3, color=color, label=dose)
            axes.plot(PAIR_RATES, course[1], "o--", ms=3, color=color)
        axes.axhline(0, color=LIGHT, lw=0.8)
        axes.set(xlabel="pairs per second (Hz)", ylabel="change")
        letter(axes, panel_name, f"AP5: {name}")
    grid["D"].legend()
    return picture
