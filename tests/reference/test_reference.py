"""The oracle's own oracles: closed forms, SciPy's integrator and recursions written in another way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

import reference

DT = 0.1
QUIET = {"C_m": 200.0, "tau_m": 20.0, "E_L": -60.0, "V_th": 1e3, "V_reset": -60.0, "t_ref": 0.0}
ADEX = {
    "C_m": 281.0,
    "t_ref": 2.0,
    "V_reset": -60.0,
    "g_L": 30.0,
    "E_L": -70.6,
    "a": 4.0,
    "b": 80.5,
    "Delta_T": 2.0,
    "tau_w": 144.0,
    "V_th": -50.4,
    "V_peak": 0.0,
}
IZHIKEVICH = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "V_peak": 30.0}


def one_spike(receptor, weight, *, dt=DT, delay=3, stamp=5, fraction=0.0, model=None):
    """A source whose spike stamped `stamp` reaches one neuron after `delay` steps."""
    net = reference.Network(dt=dt)
    model = model or reference.LIF(**QUIET, receptors={"r": receptor})
    post = net.population(1, model)
    pre = net.sources(1, spikes={0: [stamp]})
    net.connect(pre, post, [0], [0], weight, delay, receptor="r", dendritic_fraction=fraction)
    return net, post


def recorded(net, population, name, steps):
    values = []
    for _ in range(steps):
        values.append(population.state(name)[0])
        net.step()
    return np.array(values)


# ---------------------------------------------------------------------------------------------------- receptors


def exponential(t, tau):
    return np.exp(-t / tau)


def alpha(t, tau):
    return t / tau * np.exp(1 - t / tau)


def biexponential(t, tau_rise, tau_decay):
    peak = tau_rise * tau_decay / (tau_decay - tau_rise) * math.log(tau_decay / tau_rise)
    norm = 1 / (math.exp(-peak / tau_decay) - math.exp(-peak / tau_rise))
    return norm * (np.exp(-t / tau_decay) - np.exp(-t / tau_rise))


RECEPTORS = {
    "I_exp": (reference.CurrentExp(tau=3.0), "I", lambda t: exponential(t, 3.0)),
    "I_alpha": (reference.CurrentAlpha(tau=2.0), "I", lambda t: alpha(t, 2.0)),
    "g_exp": (reference.ConductanceExp(tau=5.0, E_rev=0.0), "g", lambda t: exponential(t, 5.0)),
    "g_alpha": (reference.ConductanceAlpha(tau=4.0, E_rev=-80.0), "g", lambda t: alpha(t, 4.0)),
    "g_biexp": (
        reference.ConductanceBiExp(tau_rise=0.5, tau_decay=6.0, E_rev=0.0),
        "g",
        lambda t: biexponential(t, 0.5, 6.0),
    ),
    "nmda": (
        reference.NMDA(tau_rise=2.0, tau_decay=80.0, E_rev=0.0, Mg=1.2),
        "g",
        lambda t: biexponential(t, 2.0, 80.0),
    ),
}


@pytest.mark.parametrize("fraction", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("name", RECEPTORS)
def test_a_receptor_follows_its_kernel_from_stamp_plus_delay_on(name, fraction):
    receptor, variable, kernel = RECEPTORS[name]
    net, post = one_spike(receptor, 1.7, fraction=fraction)
    values = recorded(net, post, f"r.{variable}", 1500)
    assert np.all(values[:9] == 0)  # the jump acts at 8 and is not in the left limit there
    t = np.arange(1, 1500 - 8) * DT
    np.testing.assert_allclose(values[9:], 1.7 * kernel(t), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["g_biexp", "nmda", "g_alpha", "I_alpha"])
def test_the_peak_of_a_second_order_kernel_is_the_weight(name):
    receptor, variable, _ = RECEPTORS[name]
    net, post = one_spike(receptor, 2.5, dt=0.001, delay=1, stamp=1)
    assert max(recorded(net, post, f"r.{variable}", 10_000)) == pytest.approx(2.5, rel=1e-6)


def test_equal_time_constants_of_a_biexponential_are_refused():
    with pytest.raises(ValueError, match="must differ"):
        one_spike(reference.ConductanceBiExp(tau_rise=2.0, tau_decay=2.0, E_rev=0.0), 1.0)


# ---------------------------------------------------------------------------------------------------- PSP on LIF


def psp_of_current_exp(t, w, tau, tau_m, C_m):
    if tau == tau_m:
        return w * t / C_m * np.exp(-t / tau)
    return w / C_m * tau * tau_m / (tau - tau_m) * (np.exp(-t / tau) - np.exp(-t / tau_m))


def psp_of_current_alpha(t, w, tau, tau_m, C_m):
    b = 1 / tau - 1 / tau_m
    integral = t**2 / 2 if b == 0 else (1 - np.exp(-b * t) * (1 + b * t)) / b**2
    return w * math.e / (tau * C_m) * np.exp(-t / tau_m) * integral


@pytest.mark.parametrize("tau", [1.3, 7.0, 20.0, 60.0])
@pytest.mark.parametrize(
    ("part", "psp"),
    [(reference.CurrentExp, psp_of_current_exp), (reference.CurrentAlpha, psp_of_current_alpha)],
)
def test_psp_of_a_current_receptor_is_exact(part, psp, tau):
    net, post = one_spike(part(tau=tau), 90.0)
    V = recorded(net, post, "V", 1000)
    t = np.arange(1000 - 8) * DT
    assert np.all(V[:9] == -60)
    np.testing.assert_allclose(V[8:], -60 + psp(t, 90.0, tau, 20.0, 200.0), rtol=0, atol=1e-12 * 60)


def test_psp_of_a_delta_receptor_is_exact():
    net, post = one_spike(reference.CurrentDelta(), 1.5)
    V = recorded(net, post, "V", 500)
    expected = -60 + 1.5 * np.exp(-np.arange(1, 500 - 8) * DT / 20.0)
    assert np.all(V[:9] == -60)
    np.testing.assert_allclose(V[9:], expected, rtol=0, atol=1e-12 * 60)


def test_current_receptors_and_constant_current_add_up():
    net = reference.Network(dt=DT)
    receptors = {"a": reference.CurrentExp(tau=2.0), "b": reference.CurrentAlpha(tau=5.0)}
    post = net.population(1, reference.LIF(**QUIET, I_e=40.0, receptors=receptors))
    pre = net.sources(1, spikes={0: [1, 30]})
    net.connect(pre, post, [0], [0], 50.0, 4, receptor="a")
    net.connect(pre, post, [0], [0], -30.0, 9, receptor="b")
    net.inject(post, lambda k: [25.0 if k < 100 else 0.0])
    V = recorded(net, post, "V", 400)
    t = np.arange(400) * DT
    expected = -60 + 4.0 * (1 - np.exp(-t / 20))
    expected += 2.5 * np.where(t < 10, 1 - np.exp(-t / 20), (1 - np.exp(-10 / 20)) * np.exp(-(t - 10) / 20))
    for psp, w, tau, starts in [
        (psp_of_current_exp, 50.0, 2.0, (5, 34)),
        (psp_of_current_alpha, -30.0, 5.0, (10, 39)),
    ]:
        for start in starts:
            expected += psp(np.maximum(t - start * DT, 0), w, tau, 20.0, 200.0)
    np.testing.assert_allclose(V, expected, rtol=0, atol=1e-12 * 60)


@pytest.mark.parametrize("name", ["g_exp", "g_alpha", "g_biexp", "nmda"])
def test_psp_of_a_conductance_is_the_linear_step_with_the_mean_of_its_kernel(name):
    receptor, _, kernel = RECEPTORS[name]
    net, post = one_spike(receptor, 12.0)
    V = recorded(net, post, "V", 300)
    expected = -60.0
    for j in range(300 - 8):
        assert V[8 + j] == pytest.approx(expected, rel=0, abs=1e-11)
        g = 12.0 * quad(kernel, j * DT, (j + 1) * DT, epsabs=0, epsrel=1e-13)[0] / DT
        if name == "nmda":
            g /= 1 + 1.2 / 3.57 * math.exp(-0.062 * expected)
        rate = (10.0 + g) / 200.0
        V_inf = (10.0 * -60.0 + g * float(receptor.E_rev)) / (10.0 + g)
        expected = V_inf + (expected - V_inf) * math.exp(-rate * DT)


def conductance_error(dt):
    """Largest error against SciPy at whole milliseconds, of two conductances and a current."""
    net = reference.Network(dt=dt)
    receptors = {
        "e": reference.ConductanceAlpha(tau=2.0, E_rev=0.0),
        "i": reference.ConductanceExp(tau=8.0, E_rev=-80.0),
        "n": reference.CurrentExp(tau=4.0),
    }
    post = net.population(1, reference.LIF(**QUIET, receptors=receptors))
    pre = net.sources(1, spikes={0: [round(1 / dt)]})
    for receptor, weight in (("e", 20.0), ("i", 15.0), ("n", 100.0)):
        net.connect(pre, post, [0], [0], weight, round(1 / dt), receptor=receptor)

    def slope(t, V):
        current = 20 * alpha(t, 2.0) * (0 - V) + 15 * exponential(t, 8.0) * (-80 - V) + 100 * exponential(t, 4.0)
        return (-10 * (V + 60) + current) / 200

    exact = solve_ivp(slope, (0, 30), [-60.0], rtol=1e-12, atol=1e-12, t_eval=np.arange(0.0, 31)).y[0]
    V = recorded(net, post, "V", round(32.5 / dt))
    return max(abs(V[round((2 + j) / dt)] - exact[j]) for j in range(31))


def test_the_conductance_scheme_converges_with_second_order():
    errors = [conductance_error(dt) for dt in (0.5, 0.25, 0.125)]
    assert errors[0] < 0.02
    assert errors[0] / errors[1] == pytest.approx(4, abs=0.3)
    assert errors[1] / errors[2] == pytest.approx(4, abs=0.3)


# ---------------------------------------------------------------------------------------------------- LIF spikes


@pytest.mark.parametrize("current", [101.0, 150.0, 400.0, 3000.0])
@pytest.mark.parametrize("t_ref", [0.0, 0.1, 2.0])
def test_lif_fires_at_the_intervals_of_its_f_I_curve(current, t_ref):
    neuron = {"C_m": 200.0, "tau_m": 20.0, "E_L": -60.0, "V_th": -50.0, "V_reset": -60.0, "t_ref": t_ref}
    net = reference.Network(dt=DT)
    post = net.population(1, reference.LIF(**neuron, I_e=current))
    net.run(2000)
    rise = math.ceil(20.0 * math.log(current / (current - 100.0)) / DT)
    expected = list(range(rise, 2001, rise + round(t_ref / DT)))
    assert [step for step, _ in post.spikes] == expected


def test_refractoriness_holds_the_reset_for_its_steps_and_loses_delta_input():
    def membrane(arrivals):
        net = reference.Network(dt=DT)
        neuron = {**QUIET, "V_th": -50.0, "V_reset": -58.0, "t_ref": 0.5}
        post = net.population(1, reference.LIF(**neuron, receptors={"r": reference.CurrentDelta()}))
        pre = net.sources(1, spikes={0: arrivals})
        net.connect(pre, post, [0], [0], 20.0, 1, receptor="r")
        return recorded(net, post, "V", 40), post.spikes

    V, spikes = membrane([9])  # arrives at 10, so the spike is stamped 11
    assert spikes == [(11, 0)]
    assert np.all(V[11:17] == -58)
    np.testing.assert_allclose(V[17:], -60 + 2 * np.exp(-np.arange(1, 24) * DT / 20), atol=1e-12 * 60)
    lost, spikes = membrane([9, 10, 12, 14])  # arrive at 11 to 15, whose updates are held
    assert spikes == [(11, 0)]
    assert np.array_equal(lost, V)
    assert membrane([9, 15])[1] == [(11, 0), (17, 0)]  # 16 is the first free update


def test_synaptic_current_flows_on_while_refractory():
    net, post = one_spike(reference.CurrentExp(tau=3.0), 5000.0)
    post.set("V_th", -55.0)
    post.set("t_ref", 2.0)
    current = recorded(net, post, "r.I", 60)
    assert len(post.spikes) > 0
    np.testing.assert_allclose(current[9:], 5000 * np.exp(-np.arange(1, 52) * DT / 3.0), rtol=1e-13)


def test_parameters_and_initial_states_may_differ_between_neurons():
    net = reference.Network(dt=DT)
    tau_m = np.array([10.0, 20.0, 30.0])
    model = reference.LIF(**{**QUIET, "tau_m": tau_m}, receptors={"r": reference.CurrentExp(tau=np.array([2.0, 3, 4]))})
    post = net.population(3, model, initial={"V": np.array([-61.0, -50, -60]), "r.I": np.array([0.0, 10.0, 20.0])})
    net.run(100)
    for i, (start, tau, w) in enumerate([(-1.0, 2.0, 0.0), (10.0, 3.0, 10.0), (0.0, 4.0, 20.0)]):
        expected = -60 + start * math.exp(-10 / tau_m[i]) + psp_of_current_exp(10.0, w, tau, tau_m[i], 200.0)
        assert post.V[i] == pytest.approx(expected, rel=0, abs=1e-10)


def test_injected_currents_hold_from_the_start_of_their_step():
    net = reference.Network(dt=DT)
    post = net.population(2, reference.LIF(**QUIET))
    currents = np.zeros((50, 2))
    currents[20, 1] = 100.0
    net.inject(post, currents)
    net.run(20)
    assert np.all(post.V == -60)
    net.step()
    np.testing.assert_allclose(post.V, [-60, -60 + 10 * (1 - math.exp(-DT / 20))], rtol=0, atol=1e-12)


# ------------------------------------------------------------------------------------------- AdEx, Izhikevich, relay


def adex_slope(current, p):
    def slope(t, y):
        V, w = y
        spike = p["g_L"] * p["Delta_T"] * np.exp(min((V - p["V_th"]) / p["Delta_T"], 20))
        return [
            (-p["g_L"] * (V - p["E_L"]) + spike - w + current) / p["C_m"],
            (p["a"] * (V - p["E_L"]) - w) / p["tau_w"],
        ]

    return slope


def test_adex_follows_scipy_up_to_its_first_spike_and_spikes_within_a_step_of_it():
    def peak(t, y):
        return y[0] - ADEX["V_peak"]

    peak.terminal = True
    exact = solve_ivp(
        adex_slope(800.0, ADEX), (0, 200), [-70.6, 0.0], rtol=1e-10, atol=1e-10, events=peak, dense_output=True
    )
    spike_time = exact.t_events[0][0]
    net = reference.Network(dt=DT)
    post = net.population(1, reference.AdEx(**ADEX, I_e=800.0))
    V, w = [], []
    while not post.spikes:
        V.append(post.V[0])
        w.append(post.state("w")[0])
        net.step()
    assert abs(post.spikes[0][0] * DT - spike_time) <= DT
    smooth = int((spike_time - 1.0) / DT)
    solution = exact.sol(np.arange(smooth) * DT)
    np.testing.assert_allclose(V[:smooth], solution[0], rtol=1e-6)
    np.testing.assert_allclose(w[:smooth], solution[1], rtol=1e-6, atol=1e-6)


def test_adex_resets_holds_V_and_relaxes_w():
    net = reference.Network(dt=DT)
    post = net.population(1, reference.AdEx(**ADEX, I_e=3000.0, receptors={"r": reference.CurrentDelta()}))
    pre = net.sources(1, spikes={0: [200]})
    net.connect(pre, post, [0], [0], 30.0, 1, receptor="r")
    while not post.spikes:
        w_before = post.state("w")[0]
        net.step()
    assert post.V[0] == ADEX["V_reset"]
    w = post.state("w")[0]
    assert w > w_before + ADEX["b"] - 1
    w_inf = ADEX["a"] * (ADEX["V_reset"] - ADEX["E_L"])
    for j in range(1, 21):
        net.step()
        assert post.V[0] == ADEX["V_reset"]
        assert post.state("w")[0] == pytest.approx(w_inf + (w - w_inf) * math.exp(-j * DT / 144), rel=1e-12)
    net.step()
    assert post.V[0] != ADEX["V_reset"]


def adex_conductance_error(dt):
    """Largest error against SciPy over 20 ms after an arrival of 10 nS at 1 ms, from the state there."""
    model = reference.AdEx(**ADEX, receptors={"r": reference.ConductanceExp(tau=5.0, E_rev=0.0)})
    net, post = one_spike(None, 10.0, dt=dt, delay=1, stamp=round(1 / dt) - 1, model=model)
    net.run(round(1 / dt))

    def slope(t, y):
        dV, dw = adex_slope(0.0, ADEX)(t, y)
        return [dV + 10 * math.exp(-t / 5) * (0 - y[0]) / ADEX["C_m"], dw]

    start = [post.V[0], post.state("w")[0]]
    exact = solve_ivp(slope, (0, 20), start, rtol=1e-12, atol=1e-12, t_eval=np.arange(0.0, 21)).y[0]
    V = recorded(net, post, "V", round(20.5 / dt))
    return max(abs(V[round(j / dt)] - exact[j]) for j in range(21))


def test_adex_with_a_conductance_converges_with_second_order():
    errors = [adex_conductance_error(dt) for dt in (0.5, 0.25, 0.125)]
    assert errors[0] < 0.02
    assert errors[0] / errors[1] == pytest.approx(4, abs=0.3)
    assert errors[1] / errors[2] == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("dt", [0.1, 0.5, 1.0])
def test_izhikevich_takes_the_published_steps(dt):
    net = reference.Network(dt=dt)
    post = net.population(1, reference.Izhikevich(**IZHIKEVICH, I_e=10.0), initial={"V": -65.0, "u": -13.0})
    spikes = []
    for k in range(round(300 / dt)):
        # from the state reached, because a spike's overshoot amplifies rounding
        V, u = post.V[0], post.state("u")[0]
        for _ in range(2):
            V += dt / 2 * ((0.04 * V + 5) * V + 140 - u + 10)
        u += dt * 0.02 * (0.2 * V - u)
        if V >= 30:
            spikes.append((k + 1, 0))
            V, u = -65.0, u + 8
        net.step()
        assert post.V[0] == pytest.approx(V, rel=1e-12, abs=1e-12)
        assert post.state("u")[0] == pytest.approx(u, rel=1e-12, abs=1e-12)
    assert post.spikes == spikes
    assert len(spikes) > 3


def test_izhikevich_takes_the_mean_conductance_and_current():
    receptors = {"e": reference.ConductanceExp(tau=5.0, E_rev=0.0), "c": reference.CurrentExp(tau=3.0)}
    initial = {"V": -65.0, "u": -13.0, "e.g": 2.0, "c.I": 4.0}
    net = reference.Network(dt=DT)
    post = net.population(1, reference.Izhikevich(**IZHIKEVICH, receptors=receptors), initial=initial)
    net.step()
    g, current = (w * tau / DT * (1 - math.exp(-DT / tau)) for w, tau in ((2.0, 5.0), (4.0, 3.0)))
    V = -65.0
    for _ in range(2):
        V += DT / 2 * (0.04 * V**2 + 5 * V + 140 + 13 - g * V + current)
    assert post.V[0] == pytest.approx(V, rel=1e-13)
    assert post.state("u")[0] == pytest.approx(-13 + DT * 0.02 * (0.2 * V + 13), rel=1e-13)


def test_a_relay_spikes_once_one_step_after_arrivals_that_sum_to_more_than_zero():
    net = reference.Network(dt=DT)
    pre = net.sources(3, spikes={0: [4, 20], 1: [4, 30], 2: [4, 40]})
    relay = net.population(1, reference.Relay())
    net.connect(pre, relay, [0, 1, 2], [0, 0, 0], np.array([5.0, -5.0, 0.3]), 3)
    more = net.sources(2, spikes={0: [50], 1: [50]})
    net.connect(more, relay, [0, 1], [0, 0], np.array([1.0, -1.0]), 3)  # a sum of exactly 0
    net.run(60)
    assert relay.spikes == [(8, 0), (24, 0), (44, 0)]


def test_spikes_are_listed_by_step_then_neuron():
    net = reference.Network(dt=DT)
    pre = net.sources(3, spikes={2: [7, 3], 0: [7]})
    net.run(10)
    assert pre.spikes == [(3, 2), (7, 0), (7, 2)]


# ---------------------------------------------------------------------------------------------------- plasticity


def plastic_synapse(pre_stamps, post_stamps, rules, *, weight=0.5, delay=1, fraction=0.0, receptor=None, steps=None):
    """One plastic synapse, too weak to matter, onto a neuron that spikes exactly at the stamps given.

    After `steps`, or after everything has happened.
    """
    net = reference.Network(dt=DT)
    receptors = {"kick": reference.CurrentDelta(), "r": receptor or reference.CurrentExp(tau=2.0)}
    post = net.population(1, reference.LIF(**QUIET, receptors=receptors))
    kicks = net.sources(1, spikes={0: [stamp - 2 for stamp in post_stamps]})
    net.connect(kicks, post, [0], [0], 1e6, 1, receptor="kick")
    pre = net.sources(1, spikes={0: pre_stamps})
    synapse = net.connect(pre, post, [0], [0], weight, delay, receptor="r", dendritic_fraction=fraction, rules=rules)
    net.run(max([*pre_stamps, *post_stamps]) + delay + 2 if steps is None else steps)
    assert [step for step, _ in post.spikes] == [stamp for stamp in sorted(post_stamps) if stamp <= net.k]
    return net, synapse


PAIR = {"learning_rate": 0.01, "A_plus": 1.0, "A_minus": 1.2, "tau_plus": 17.0, "tau_minus": 34.0, "w_max": 2.0}


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("pairing", ["all", "nearest", "presynaptic"])
@pytest.mark.parametrize("dependence", ["additive", "multiplicative", "power"])
@pytest.mark.parametrize("difference", [-300, -30, -1, 0, 1, 30, 300])
def test_an_isolated_pair_changes_the_weight_by_the_exponential_window(difference, dependence, pairing, fraction):
    rule = reference.STDP(**PAIR, mu_plus=0.4, mu_minus=0.6, pairing=pairing, dependence=dependence)
    delay, dendritic = 10, {0.0: 0, 0.25: 3, 0.5: 5, 0.75: 8, 1.0: 10}[fraction]
    _, synapse = plastic_synapse([400], [400 + difference], [rule], delay=delay, fraction=fraction)
    at_synapse = (difference + dendritic - (delay - dendritic)) * DT
    mu_plus, mu_minus = {"additive": (0, 0), "multiplicative": (1, 1), "power": (0.4, 0.6)}[dependence]
    if at_synapse > 0:
        change = 0.01 * 1.0 * 2.0 * 0.75**mu_plus * math.exp(-at_synapse / 17.0)
    elif at_synapse < 0:
        change = -0.01 * 1.2 * 2.0 * 0.25**mu_minus * math.exp(at_synapse / 34.0)
    else:
        change = 0.0  # they meet and do not pair
    assert synapse.weights[0] == pytest.approx(0.5 + change, rel=0, abs=1e-14)


def pairs_of(pairing, arrivals, backprops):
    """The (arrival, backprop) pairs that potentiate and that depress, enumerated from their definition."""
    before = {a: [b for b in backprops if b < a] for a in arrivals}
    after = {a: [b for b in backprops if b > a] for a in arrivals}
    if pairing == "all":
        plus = [(a, b) for a in arrivals for b in after[a]]
        minus = [(a, b) for a in arrivals for b in before[a]]
    elif pairing == "nearest":
        plus = [(max(a for a in arrivals if a < b), b) for b in backprops if any(a < b for a in arrivals)]
        minus = [(a, max(before[a])) for a in arrivals if before[a]]
    else:
        plus = [(a, min(after[a])) for a in arrivals if after[a]]
        minus = [(a, max(before[a])) for a in arrivals if before[a]]
    return plus, minus


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("pairing", ["all", "nearest", "presynaptic"])
def test_additive_changes_of_two_trains_with_coincidences_are_the_sum_over_pairs(pairing, fraction, seed):
    random = np.random.default_rng(seed)
    pre = np.flatnonzero(random.random(200) < 0.2) + 3
    post = np.flatnonzero(random.random(200) < 0.2) + 3
    rule = reference.STDP(**{**PAIR, "learning_rate": 1e-5}, pairing=pairing)
    _, synapse = plastic_synapse(pre.tolist(), post.tolist(), [rule], weight=1.0, delay=4, fraction=fraction)
    dendritic = {0.0: 0, 0.5: 2, 1.0: 4}[fraction]
    arrivals, backprops = set(pre + 4 - dendritic), set(post + dendritic)
    assert arrivals & backprops
    plus, minus = pairs_of(pairing, arrivals, backprops)
    change = sum(1.0 * math.exp((a - b) * DT / 17.0) for a, b in plus)
    change -= sum(1.2 * math.exp((b - a) * DT / 34.0) for a, b in minus)
    assert synapse.weights[0] == pytest.approx(1.0 + 1e-5 * 2.0 * change, rel=0, abs=1e-13)


@pytest.mark.parametrize("pairing", ["all", "nearest", "presynaptic"])
def test_changes_of_a_power_law_rule_equal_those_of_running_traces(pairing):
    random = np.random.default_rng(7)
    pre = (np.flatnonzero(random.random(300) < 0.2) + 3).tolist()
    post = (np.flatnonzero(random.random(300) < 0.2) + 3).tolist()
    rule = reference.STDP(
        **{**PAIR, "learning_rate": 0.1}, mu_plus=0.3, mu_minus=0.7, pairing=pairing, dependence="power"
    )
    _, synapse = plastic_synapse(pre, post, [rule], delay=5, fraction=0.4)
    w, x, y = 0.5, 0.0, 0.0
    for k in range(400):
        x_before, y_before = x, y
        if k - 2 in post:
            w = min(max(w + 0.1 * 1.0 * 2.0 * (1 - w / 2) ** 0.3 * x_before, 0), 2)
            y = 1 if pairing != "all" else y + 1
            x = 0 if pairing == "presynaptic" else x
        if k - 3 in pre:
            w = min(max(w - 0.1 * 1.2 * 2.0 * (w / 2) ** 0.7 * y_before, 0), 2)
            x = 1 if pairing == "nearest" else x + 1
        x *= math.exp(-DT / 17.0)
        y *= math.exp(-DT / 34.0)
    assert synapse.weights[0] == pytest.approx(w, rel=0, abs=1e-12)


@pytest.mark.parametrize("difference", [-100, -1, 0, 1, 100])
def test_an_isolated_pair_of_inhibitory_stdp(difference):
    rule = reference.InhibitorySTDP(target_rate=5.0, tau=20.0, learning_rate=0.01, w_max=10.0)
    _, synapse = plastic_synapse([200], [201 + difference], [rule], weight=1.0)
    pair = math.exp(-abs(difference) * DT / 20.0) if difference else 0.0
    assert synapse.weights[0] == pytest.approx(1.0 + 0.01 * (pair - 2 * 0.005 * 20.0), rel=0, abs=1e-14)


POWER_LAW = {"learning_rate": 0.1, "alpha": 0.2, "mu": 0.4, "w_0": 2.0, "tau_plus": 17.0, "tau_minus": 34.0}


@pytest.mark.parametrize("difference", [-100, -1, 0, 1, 100])
def test_an_isolated_pair_of_the_power_law_potentiates_by_a_power_and_depresses_in_proportion(difference):
    rule = reference.PowerLawSTDP(**POWER_LAW)
    _, synapse = plastic_synapse([200], [201 + difference], [rule], weight=32.0)
    if difference > 0:
        change = 0.1 * 2.0**0.6 * 4.0 * math.exp(-difference * DT / 17.0)  # 32^0.4 = 4
    else:
        change = -0.2 * 0.1 * 32.0 * math.exp(difference * DT / 34.0) if difference else 0.0
    assert synapse.weights[0] == pytest.approx(32.0 + change, rel=0, abs=1e-13)


@pytest.mark.parametrize("pairing", ["all", "nearest"])
def test_changes_of_the_power_law_equal_those_of_running_traces(pairing):
    random = np.random.default_rng(7)
    pre = (np.flatnonzero(random.random(300) < 0.2) + 3).tolist()
    post = (np.flatnonzero(random.random(300) < 0.2) + 3).tolist()
    rule = reference.PowerLawSTDP(**POWER_LAW, pairing=pairing)
    _, synapse = plastic_synapse(pre, post, [rule], delay=5, fraction=0.4)
    w, x, y = 0.5, 0.0, 0.0
    for k in range(400):
        x_before, y_before = x, y
        if k - 2 in post:
            w += 0.1 * 2.0**0.6 * w**0.4 * x_before
            y = y + 1 if pairing == "all" else 1
        if k - 3 in pre:
            w = max(w - 0.2 * 0.1 * w * y_before, 0)
            x = x + 1 if pairing == "all" else 1
        x *= math.exp(-DT / 17.0)
        y *= math.exp(-DT / 34.0)
    assert synapse.weights[0] == pytest.approx(w, rel=1e-12, abs=0)


@pytest.mark.parametrize("trace", [reference.plasticity.trace_of_all, reference.plasticity.trace_of_last])
def test_a_trace_older_than_forty_tau_is_zero(trace):
    assert trace(401, [1], 1.0, DT) == pytest.approx(math.exp(-40), rel=1e-9, abs=0)
    assert trace(402, [1], 1.0, DT) == 0


def test_weights_are_bounded_after_every_single_change():
    up = reference.STDP(**{**PAIR, "learning_rate": 5.0, "A_minus": 0.0})
    _, synapse = plastic_synapse([50], [60, 70], [up], weight=1.9)
    assert synapse.weights[0] == 2.0
    down = reference.STDP(**{**PAIR, "learning_rate": 5.0})
    _, synapse = plastic_synapse([50], [40, 60], [down], weight=0.1)  # to 0, then up from 0
    assert synapse.weights[0] == pytest.approx(min(5 * 2 * math.exp(-0.9 / 17), 2))


def test_rules_act_in_the_order_of_the_list_and_each_clips_to_its_own_bound():
    big = reference.STDP(**{**PAIR, "w_max": 2.0, "learning_rate": 1.0, "A_minus": 0.0})
    small = reference.STDP(**{**PAIR, "w_max": 1.0, "learning_rate": 0.1, "A_minus": 0.0})
    for rules, expected in (
        ([big, small], 1.0),
        ([small, big], min(0.5 + 0.1 * math.exp(-0.9 / 17) + 2 * math.exp(-0.9 / 17), 2.0)),
    ):
        _, synapse = plastic_synapse([50], [60], rules)
        assert synapse.weights[0] == pytest.approx(expected, abs=1e-14)


def test_multiplicative_rules_of_a_list_see_the_weight_the_one_before_left():
    first = reference.STDP(**PAIR, dependence="multiplicative")
    second = reference.InhibitorySTDP(target_rate=10.0, tau=20.0, learning_rate=0.05, w_max=5.0)
    for rules, order in (([first, second], 0), ([second, first], 1)):
        _, synapse = plastic_synapse([20, 50], [40], rules)
        w = 0.5
        for event, gap in (("arrival", None), ("backprop", 1.9), ("arrival", 1.1)):
            for which in (order, 1 - order):
                if event == "backprop" and which == 0:
                    w += 0.01 * 1.0 * 2.0 * (1 - w / 2) * math.exp(-gap / 17)
                elif event == "backprop":
                    w += 0.05 * math.exp(-gap / 20)
                elif which == 0:
                    w -= 0.01 * 1.2 * w * (math.exp(-gap / 34) if gap else 0)
                else:
                    w += 0.05 * ((math.exp(-gap / 20) if gap else 0) - 2 * 0.01 * 20)
        assert synapse.weights[0] == pytest.approx(w, abs=1e-14)


@pytest.mark.parametrize("dependence", ["additive", "multiplicative", "power"])
def test_negative_weights_learn_on_their_magnitudes(dependence):
    random = np.random.default_rng(3)
    pre = (np.flatnonzero(random.random(200) < 0.1) + 3).tolist()
    post = (np.flatnonzero(random.random(200) < 0.1) + 3).tolist()
    rules = [
        reference.STDP(**{**PAIR, "learning_rate": 0.2}, mu_plus=0.5, mu_minus=0.5, dependence=dependence),
        reference.InhibitorySTDP(target_rate=5.0, tau=20.0, learning_rate=0.1, w_max=1.5),
    ]
    _, positive = plastic_synapse(pre, post, rules, weight=0.5, delay=3, fraction=0.5)
    _, negative = plastic_synapse(pre, post, rules, weight=-0.5, delay=3, fraction=0.5)
    assert positive.weights[0] != 0.5
    assert negative.weights[0] == -positive.weights[0]


def test_a_frozen_projection_keeps_its_weights_while_its_traces_go_on():
    rule = reference.STDP(**PAIR)
    net = reference.Network(dt=DT)
    post = net.population(1, reference.LIF(**QUIET, receptors={"kick": reference.CurrentDelta()}))
    kicks = net.sources(1, spikes={0: [38, 78]})  # stamped 40 and 80
    net.connect(kicks, post, [0], [0], 1e6, 1, receptor="kick")
    pre = net.sources(1, spikes={0: [20, 50, 90]})
    synapse = net.connect(pre, post, [0], [0], 0.5, 1, receptor="kick", rules=[rule])
    synapse.plastic = False
    net.run(60)
    assert synapse.weights[0] == 0.5
    synapse.plastic = True
    net.run(50)
    x = math.exp(-5.9 / 17) + math.exp(-2.9 / 17)  # arrivals at 21 and 51, before the spike stamped 80
    y = math.exp(-5.1 / 34) + math.exp(-1.1 / 34)  # spikes stamped 40 and 80, before the arrival at 91
    assert synapse.weights[0] == pytest.approx(0.5 + 0.01 * 2.0 * (x - 1.2 * y), abs=1e-14)


def test_weights_read_between_steps_are_the_left_limit():
    net = reference.Network(dt=DT)
    post = net.population(1, reference.LIF(**QUIET, receptors={"r": reference.CurrentExp(tau=2.0)}))
    pre = net.sources(1, spikes={0: [10]})
    rule = reference.InhibitorySTDP(target_rate=5.0, tau=20.0, learning_rate=0.01, w_max=10.0)
    synapse = net.connect(pre, post, [0], [0], 1.0, 8, receptor="r", dendritic_fraction=0.75, rules=[rule])
    net.run(12)  # the arrival at 12 has not acted
    assert synapse.weights[0] == 1.0
    net.step()
    assert synapse.weights[0] == pytest.approx(1.0 - 0.01 * 0.2)
    assert post.state("r.I")[0] == 0  # the spike is still in the dendrite


def test_the_weight_after_the_arrivals_own_change_is_transmitted_a_dendritic_delay_later():
    rule = reference.InhibitorySTDP(target_rate=5.0, tau=20.0, learning_rate=0.01, w_max=10.0)
    net = reference.Network(dt=DT)
    receptors = {"r": reference.CurrentExp(tau=2.0), "kick": reference.CurrentDelta()}
    post = net.population(1, reference.LIF(**QUIET, receptors=receptors))
    kicks = net.sources(1, spikes={0: [8]})  # spike stamped 10, at the synapse at 16
    net.connect(kicks, post, [0], [0], 1e6, 1, receptor="kick")
    pre = net.sources(1, spikes={0: [11]})  # at the synapse at 13, at the soma at 19
    synapse = net.connect(pre, post, [0], [0], 1.0, 8, receptor="r", dendritic_fraction=0.75, rules=[rule])
    net.run(20)
    assert post.spikes == [(10, 0)]
    at_arrival = 1.0 - 0.01 * 0.2
    assert synapse.weights[0] == pytest.approx(at_arrival + 0.01 * math.exp(-0.3 / 20), abs=1e-14)
    assert post.state("r.I")[0] == pytest.approx(at_arrival * math.exp(-0.1 / 2.0), abs=1e-14)


@pytest.mark.parametrize(
    ("delay", "fraction", "dendritic"), [(1, 0.5, 1), (1, 0.49, 0), (5, 0.3, 2), (5, 0.5, 3), (7, 1.0, 7), (7, 0.0, 0)]
)
def test_the_dendritic_part_of_a_delay_is_rounded_halves_upward(delay, fraction, dendritic):
    net = reference.Network()
    pre = net.sources(1, spikes={})
    post = net.population(1, reference.Relay())
    projection = net.connect(pre, post, [0], [0], 1.0, delay, dendritic_fraction=fraction)
    assert projection.synapses[0].dendritic == dendritic
    assert projection.synapses[0].axonal == delay - dendritic


def test_delays_differ_from_synapse_to_synapse():
    rule = reference.STDP(**PAIR)
    net = reference.Network(dt=DT)
    receptors = {"kick": reference.CurrentDelta(), "r": reference.CurrentExp(tau=2.0)}
    post = net.population(1, reference.LIF(**QUIET, receptors=receptors))
    net.connect(net.sources(1, spikes={0: [98]}), post, [0], [0], 1e6, 1, receptor="kick")
    pre = net.sources(1, spikes={0: [95]})
    delays = np.arange(1, 13)
    synapses = net.connect(
        pre, post, np.zeros(12, int), np.zeros(12, int), 0.5, delays, receptor="r", dendritic_fraction=0.5, rules=[rule]
    )
    net.run(140)
    for delay, weight in zip(delays, synapses.weights, strict=True):
        dendritic = (delay + 1) // 2
        gap = (100 + dendritic) - (95 + delay - dendritic)
        assert gap > 0
        assert weight == pytest.approx(0.5 + 0.02 * math.exp(-gap * DT / 17), abs=1e-14)


# ---------------------------------------------------------------------------------------------------- networks


def random_network():
    random = np.random.default_rng(11)
    net = reference.Network(dt=DT)
    receptors = {
        "e": reference.ConductanceExp(tau=5.0, E_rev=0.0),
        "i": reference.ConductanceAlpha(tau=4.0, E_rev=-80.0),
    }
    neuron = {**QUIET, "V_th": -50.0, "t_ref": 2.0}
    cells = net.population(8, reference.LIF(**neuron, receptors=receptors), initial={"V": random.uniform(-60, -50, 8)})
    trains = {i: (np.flatnonzero(random.random(400) < 0.05) + 1).tolist() for i in range(6)}
    pre = net.sources(6, spikes=trains)
    net.connect(
        pre,
        cells,
        np.repeat(np.arange(6), 8),
        np.tile(np.arange(8), 6),
        random.uniform(0.5, 6, 48),
        random.integers(1, 20, 48),
        receptor="e",
        dendritic_fraction=0.3,
        rules=[reference.STDP(**{**PAIR, "w_max": 6.0})],
    )
    net.connect(
        cells,
        cells,
        np.repeat(np.arange(8), 8),
        np.tile(np.arange(8), 8),
        1.0,
        random.integers(1, 30, 64),
        receptor="i",
        dendritic_fraction=0.5,
        rules=[reference.InhibitorySTDP(target_rate=5.0, tau=20.0, learning_rate=0.1, w_max=9.0)],
    )
    return net


def test_many_short_runs_with_readings_equal_one_run():
    once, chunked = random_network(), random_network()
    once.run(400)
    for steps in (1, 0, 7, 92, 100, 200):
        chunked.run(steps)
        _ = [projection.weights for projection in chunked.projections], chunked.populations[0].V
    assert len(once.populations[0].spikes) > 20
    assert once.populations[0].spikes == chunked.populations[0].spikes
    for one, other in zip(once.projections, chunked.projections, strict=True):
        assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(once.populations[0].V, chunked.populations[0].V)


@pytest.mark.parametrize("stamps", [[0], [3, 3]])
def test_source_spikes_must_be_distinct_and_later_than_now(stamps):
    with pytest.raises(ValueError, match="later than 0"):
        reference.Network().sources(1, spikes={0: stamps})


# ------------------------------------------------------------------------------------------- what comes and goes


def test_spikes_of_silent_and_dead_neurons_are_seen_by_nobody():
    net = reference.Network(dt=DT)
    pre = net.sources(3, spikes={i: [5, 15, 25] for i in range(3)})
    post = net.population(1, reference.LIF(**QUIET, receptors={"r": reference.CurrentExp(tau=2.0)}))
    synapses = net.connect(pre, post, [0, 1, 2], [0, 0, 0], [1.0, 10.0, 100.0], 2, receptor="r")
    net.run(10)
    pre.silent[0] = True
    net.kill(pre, [1])
    assert [synapse.source for synapse in synapses.synapses] == [0, 2]
    net.run(10)
    pre.silent[0] = False
    net.run(6)
    assert pre.spikes == [(5, 0), (5, 1), (5, 2), (15, 2), (25, 0), (25, 2)]
    net.run(2)  # arrivals at 7, 17 and 27
    expected = sum(w * math.exp(-(28 - at) * DT / 2) for w, at in ((111, 7), (100, 17), (101, 27)))
    assert post.state("r.I")[0] == pytest.approx(expected, rel=1e-14)


def test_a_newborn_neuron_has_no_synapses_and_no_past():
    net = reference.Network(dt=DT)
    post = net.population(2, reference.LIF(**QUIET, receptors={"r": reference.CurrentExp(tau=2.0)}))
    pre = net.sources(1, spikes={0: [10, 60]})
    synapses = net.connect(pre, post, [0, 0], [0, 1], 500.0, 1, receptor="r", rules=[reference.STDP(**PAIR)])
    net.run(20)
    post.emit(20, 1)
    net.kill(post, [1])
    with pytest.raises(ValueError, match="only where one is dead"):
        net.birth(post, [0])
    net.birth(post, [1])
    assert len(synapses.synapses) == 1
    assert post.V[1] == QUIET["E_L"] != post.V[0]
    assert post.state("r.I")[1] == 0 != post.state("r.I")[0]
    synapses.add([0], [1], [0.5], [1])
    net.run(50)
    assert synapses.weights[1] == 0.5  # the spike at 20 was another one's


def test_what_is_made_late_knows_nothing_of_what_was_before():
    """A pair after the projection was made changes the weight by the window; spikes before it, and on their way then, do not."""
    net = reference.Network(dt=DT)
    post = net.population(1, reference.LIF(**QUIET, receptors={"kick": reference.CurrentDelta()}))
    kicks = net.sources(1, spikes={0: [10, 27, 57]})  # the neuron's are stamped 13, 30 and 60
    net.connect(kicks, post, [0], [0], 1e6, 2, receptor="kick")
    net.run(31)
    with pytest.raises(ValueError, match="later than 31"):
        net.sources(1, spikes={0: [31]})
    pre = net.sources(1, spikes={0: [40]})
    synapse = net.connect(
        pre, post, [0], [0], 0.5, 8, receptor="kick", dendritic_fraction=1.0, rules=[reference.STDP(**PAIR)]
    )
    net.run(60)
    x = math.exp(-2.8 / 17)  # the arrival at 40, before the spike stamped 60 that is there at 68; y is 0
    assert synapse.weights[0] == pytest.approx(0.5 + 0.01 * 2.0 * x, abs=1e-14)


# ------------------------------------------------------------------------------------------- rules with variables


class Leak(reference.Rule):
    """One variable that decays, and pulls the weight down while it lasts; every spike adds to it."""

    w_max = 5.0
    goes_on = ("trace",)

    def __init__(self, tau, rate=0.0):
        self.tau, self.rate = tau, rate

    def initial(self, w):
        return {"trace": 2 * w}

    def between(self, w, own, begin, end, history):
        decay = math.exp(-(end - begin) * history.dt / self.tau)
        w -= self.rate * self.tau * own["trace"] * (1 - decay)
        own["trace"] *= decay
        return w

    def after_arrival(self, w, own, now, history, change):
        own["trace"] += 1
        return w

    def after_backprop(self, w, own, now, history, change):
        own["trace"] += 10
        return w

    def adopt(self, w, own):
        own["trace"] = 2 * w

    def express(self, w, own):
        return own["trace"] / 2


def sum_of_decays(k, jumps, tau):
    return sum(size * math.exp(-(k - at) * DT / tau) for at, size in jumps if at < k)


def test_a_decaying_variable_starts_at_creation_and_can_be_read_at_any_step():
    """Arrivals at 23 (20 and the axonal 3 steps), postsynaptic spikes at the synapse at 35 (33 and 2)."""
    net, synapse = plastic_synapse([20], [33], [Leak(9.0)], delay=5, fraction=0.4, steps=0)
    jumps = [(0, 1.0), (23, 1.0), (35, 10.0)]
    for k in range(60):
        expected = sum_of_decays(k, jumps, 9.0) if k else 1.0
        assert synapse.state("trace") == pytest.approx([expected], rel=1e-13)
        net.step()


def test_a_drifting_weight_is_the_integral_of_its_drift_at_any_step_and_stands_while_frozen():
    jumps = [(0, 1.0), (23, 1.0), (35, 10.0)]

    def drift(begin, end):
        points = [at * DT for at, _ in jumps if begin < at < end] or None
        return -0.01 * quad(lambda t: sum_of_decays(t / DT, jumps, 9.0), begin * DT, end * DT, points=points)[0]

    net, synapse = plastic_synapse([20], [33], [Leak(9.0, rate=0.01)], delay=5, fraction=0.4, steps=0)
    for k in range(40):
        assert synapse.weights == pytest.approx([0.5 + drift(0, k)], rel=1e-10)
        net.step()
    synapse.plastic = False
    net.run(7)
    assert synapse.weights == pytest.approx([0.5 + drift(0, 40)], rel=1e-10)
    assert synapse.state("trace") == pytest.approx([sum_of_decays(47, jumps, 9.0)], rel=1e-13)
    synapse.plastic = True
    net.run(10)
    assert synapse.weights == pytest.approx([0.5 + drift(0, 40) + drift(47, 57)], rel=1e-10)


def test_reading_moves_nothing():
    read, unread = (plastic_synapse([20], [33], [Leak(9.0, rate=0.01)], steps=0) for _ in range(2))
    for _ in range(50):
        _ = read[1].weights, read[1].state("trace")
        read[0].step()
    unread[0].run(50)
    assert read[1].synapses[0].last == 33 == unread[1].synapses[0].last
    assert np.array_equal(read[1].weights, unread[1].weights)


def test_variables_follow_weights_that_are_set_and_weights_follow_variables():
    net, synapse = plastic_synapse([20], [33], [Leak(9.0)], steps=10)
    synapse.weights = 0.75
    assert synapse.state("trace") == 1.5
    net.run(4)
    assert synapse.state("trace") == pytest.approx(1.5 * math.exp(-0.4 / 9))
    synapse.set_state("0.trace", 3.0)
    assert synapse.weights == 1.5
    net.run(4)
    assert synapse.state("Leak.trace") == pytest.approx(3 * math.exp(-0.4 / 9))


def test_a_parameter_that_is_set_holds_from_then_on():
    net, synapse = plastic_synapse([200], [333], [Leak(9.0)], steps=10)
    synapse.set_parameter(0, "tau", 2.0)
    net.run(7)
    assert synapse.state("trace") == pytest.approx(math.exp(-1.0 / 9 - 0.7 / 2))


class Bump(reference.Rule):
    """Adds something at every event."""

    def __init__(self, arrival, backprop, **attributes):
        self.arrival, self.backprop = arrival, backprop
        self.__dict__.update(attributes)

    def after_arrival(self, w, own, now, history, change):
        return w + self.arrival

    def after_backprop(self, w, own, now, history, change):
        return w + self.backprop


class Witness(reference.Rule):
    """Writes down what it is told, undoes every change before it, and drifts."""

    def __init__(self, drift=0.0, **attributes):
        self.drift, self.seen = drift, []
        self.__dict__.update(attributes)

    def initial(self, w):
        return {"age": 0.0}

    def between(self, w, own, begin, end, history):
        own["age"] += end - begin
        return w + self.drift * (end - begin)

    def after_arrival(self, w, own, now, history, change):
        self.seen.append(("arrival", now, round(change, 12), list(history.arrivals), list(history.backprops)))
        return w - change

    def after_backprop(self, w, own, now, history, change):
        self.seen.append(("backprop", now, round(change, 12), list(history.arrivals), list(history.backprops)))
        return w - change


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_rule_sees_the_change_of_the_rules_before_it_at_this_event_without_their_drift(sign):
    first, second, last = Bump(0.1, 0.2), Witness(drift=0.01), Witness()
    _, synapse = plastic_synapse([20, 40], [30], [first, second, last], weight=sign * 0.5)
    assert [seen[:3] for seen in second.seen] == [("arrival", 21, 0.1), ("backprop", 30, 0.2), ("arrival", 41, 0.1)]
    assert [seen[2] for seen in last.seen] == [0, 0, 0]
    assert synapse.weights == pytest.approx([sign * (0.5 + 0.01 * synapse.net.k)], rel=1e-12)
    assert synapse.state("1.age") == synapse.net.k


def test_the_events_of_one_step_do_not_know_each_other_and_the_postsynaptic_one_is_first():
    witness = Witness()
    plastic_synapse([20, 29], [30, 31], [witness])
    assert witness.seen == [
        ("arrival", 21, 0, [], []),
        ("backprop", 30, 0, [21], []),
        ("arrival", 30, 0, [21], []),
        ("backprop", 31, 0, [21, 30], [30]),
    ]


def test_a_lag_delays_the_arrivals_of_its_rule_and_of_no_other():
    """Arrivals at 21 and 40; a lag of 1.9 ms, so that the first comes at 40, after the arrival there, and the second at 59."""
    late, prompt = Witness(lag=1.9), Witness()
    _, synapse = plastic_synapse([20, 39], [40], [Bump(0.1, 0.0, lag=1.9), late, Bump(0.3, 0.0), prompt], steps=60)
    assert late.seen == [
        ("backprop", 40, 0, [], []),
        ("arrival", 40, 0.1, [], []),
        ("arrival", 59, 0.1, [40], [40]),
    ]
    assert [seen[:4] for seen in prompt.seen] == [
        ("arrival", 21, 0.3, []),
        ("backprop", 40, 0, [21]),
        ("arrival", 40, 0.3, [21]),
    ]
    assert synapse.weights == 0.5


def test_a_spike_does_not_transmit_what_a_late_event_of_its_own_step_adds():
    net = reference.Network(dt=DT)
    post = net.population(1, reference.LIF(**QUIET, receptors={"r": reference.CurrentExp(tau=2.0)}))
    pre = net.sources(1, spikes={0: [20, 39]})
    synapse = net.connect(pre, post, [0], [0], 0.5, 1, receptor="r", rules=[Bump(0.25, 0.0, lag=1.9)])
    net.run(41)
    assert synapse.weights == 0.75
    assert post.state("r.I") == pytest.approx(0.5 * (math.exp(-2.0 / 2) + math.exp(-0.1 / 2)))


class Sums(reference.Rule):
    """Every neuron sums the weights of its synapses at ticks; every synapse takes its share."""

    interval = 1.5

    def __init__(self):
        self.ticks = []

    def initial(self, w):
        return {"ticks": 0.0}

    def initial_neuron(self):
        return {"total": 0.0}

    def contribution(self, w, own):
        return w

    def neuron_tick(self, neuron, total):
        neuron["total"] = total

    def tick(self, w, own, now, history):
        self.ticks.append(now)
        own["ticks"] += 1
        return w / history.neuron["total"]


def test_ticks_come_at_all_multiples_of_their_interval_before_the_events_of_their_step():
    net = reference.Network(dt=DT)
    pre = net.sources(2, spikes={0: [5], 1: [14]})  # at the synapses at 6 and 15: the second with the first tick
    post = net.population(2, reference.Relay())
    sums = Sums()
    synapses = net.connect(
        pre, post, [0, 1, 0], [0, 0, 1], [0.2, 0.3, 0.6], 1, rules=[Bump(0.1, 0.0), sums, Witness(drift=0.01)]
    )
    net.run(15)
    assert np.array_equal(synapses.state("total"), [0, 0])  # the left limit
    first, second, third = 0.2 + 0.1 + 0.15, 0.3 + 0.15, 0.6 + 0.1 + 0.15
    assert synapses.weights == pytest.approx([first - 0.1, second, third - 0.1])  # the witness undoes the bump
    net.step()
    first, second = 0.35 / 0.8, 0.45 / 0.8
    assert synapses.state("total") == pytest.approx([0.8, 0.75])
    assert synapses.weights == pytest.approx([first + 0.01, second + 0.01, 1.01])
    net.run(30)
    assert sums.ticks == 3 * [15] + 3 * [30] + 3 * [45]
    assert np.array_equal(synapses.state("ticks"), [3, 3, 3])
    assert synapses.state("1.total") == pytest.approx([1.3, 1.15])


class Fading(reference.Rule):
    """Transmits half of what it transmitted before."""

    def initial(self, w):
        return {"left": 1.0}

    def efficacy(self, own, now, history):
        own["left"] /= 2
        return own["left"]


def test_what_a_spike_transmits_is_the_weight_times_all_efficacies():
    net = reference.Network(dt=DT)
    post = net.population(1, reference.LIF(**QUIET, receptors={"r": reference.CurrentExp(tau=2.0)}))
    pre = net.sources(1, spikes={0: [10, 20]})
    rules = [Fading(), Bump(0.25, 0.0), Fading()]
    synapse = net.connect(pre, post, [0], [0], 1.0, 8, receptor="r", dendritic_fraction=0.5, rules=rules)
    net.run(14)
    assert synapse.state("0.left") == 1
    net.run(15)
    assert np.array_equal(synapse.state("2.left"), [0.25])
    expected = 1.25 / 4 * math.exp(-1.1 / 2) + 1.5 / 16 * math.exp(-0.1 / 2)
    assert post.state("r.I")[0] == pytest.approx(expected, rel=1e-13)


class Reader(reference.Rule):
    def __init__(self):
        self.read = {}

    def after_step(self, w, own, now, history, change):
        self.read[now] = history.voltage(now - history.synapse.dendritic), list(history.post_spikes)
        return w


def test_a_rule_that_reads_the_membrane_potential_sees_every_step_a_dendritic_delay_later():
    reader = Reader()
    net = reference.Network(dt=DT)
    neuron = {**QUIET, "V_th": -50.0, "I_e": 900.0}
    post = net.population(1, reference.LIF(**neuron, receptors={"r": reference.CurrentExp(tau=2.0)}))
    pre = net.sources(1, spikes={})
    net.connect(pre, post, [0], [0], 1.0, 8, receptor="r", dendritic_fraction=0.5, rules=[reader])
    V = recorded(net, post, "V", 100)
    assert [reader.read[k][0] for k in range(4, 100)] == V[:96].tolist()
    assert [reader.read[k][0] for k in range(1, 4)] == 3 * [V[0]]
    assert reader.read[99][1] == [step for step, _ in post.spikes if step < 100]
    assert len(post.spikes) > 1


# ------------------------------------------------------------------------------------------------ modulators


def modulated():
    net = reference.Network(dt=DT)
    dopamine = net.modulator("dopamine", 20.0, baseline=0.3)
    spikes = net.sources(2, spikes={0: [30, 90], 1: [50]})
    dopamine.release(10, 2.0)
    dopamine.release(100, -0.5)
    dopamine.release_by(spikes, 0.7, 4)
    dopamine.release_by(spikes, 0.1, 1, neurons=[1])
    dopamine.set_baseline(60, 0.8)
    net.run(150)
    return dopamine, [(10, 2.0), (100, -0.5), (34, 0.7), (54, 0.7), (94, 0.7), (51, 0.1)]


def test_a_release_acts_from_its_step_on_and_is_not_in_the_left_limit():
    dopamine, releases = modulated()
    for k in range(150):
        baseline = 0.3 if k < 60 else 0.8
        before = baseline + sum(a * math.exp(-(k - at) * DT / 20) for at, a in releases if at < k)
        assert dopamine.left_limit(k) == pytest.approx(before, rel=1e-13)
        assert dopamine.level(k) == pytest.approx(before + sum(a for at, a in releases if at == k), rel=1e-13)


@pytest.mark.parametrize("tau", [3.0, 20.0, 1000.0, math.inf])
@pytest.mark.parametrize(("begin", "end"), [(0, 150), (10, 11), (34, 94), (59, 61), (120, 150), (70, 70)])
def test_the_integral_of_a_modulator_is_the_one_of_scipy(tau, begin, end):
    dopamine, releases = modulated()

    def level(t):
        baseline = 0.3 if t < 6.0 else 0.8
        return baseline + sum(a * math.exp(-(t - at * DT) / 20) for at, a in releases if at * DT <= t)

    inside = [step * DT for step in (60, *(at for at, _ in releases)) if begin < step < end]
    expected, _ = quad(
        lambda t: level(t) * math.exp(-(t - begin * DT) / tau),
        begin * DT,
        end * DT,
        points=inside or None,
        epsabs=1e-14,
    )
    assert dopamine.integral(tau, begin, end) == pytest.approx(expected, rel=1e-10, abs=1e-12)


class Gate(reference.Rule):
    """The change before it waits in an eligibility; the modulator turns it into weight."""

    def __init__(self, tau):
        self.tau = tau

    def initial(self, w):
        return {"eligibility": 0.0}

    def between(self, w, own, begin, end, history):
        w += own["eligibility"] * history.integral("dopamine", self.tau, begin, end)
        own["eligibility"] *= math.exp(-(end - begin) * history.dt / self.tau)
        return w

    def after_arrival(self, w, own, now, history, change):
        own["eligibility"] += change
        return w - change


def test_a_change_that_waits_for_a_modulator_is_a_double_integral():
    net = reference.Network(dt=DT)
    post = net.population(1, reference.Relay())
    pre = net.sources(1, spikes={0: [10, 40]})
    dopamine = net.modulator("dopamine", 5.0)
    synapse = net.connect(pre, post, [0], [0], 0.5, 1, rules=[Bump(0.1, 0.0), Gate(30.0)])
    dopamine.release(60, 0.02)
    net.run(60)
    assert synapse.weights == 0.5
    net.run(140)
    rate = 1 / 5 + 1 / 30
    eligible = 0.1 * (math.exp(-4.9 / 30) + math.exp(-1.9 / 30))
    assert synapse.weights == pytest.approx([0.5 + 0.02 * eligible * (1 - math.exp(-14 * rate)) / rate], rel=1e-13)
