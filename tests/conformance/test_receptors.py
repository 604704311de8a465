"""What one spike does through every receptor, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import plastica as pl
from conformance.setups import (
    DT,
    PRECISION,
    QUIET,
    alpha,
    biexponential,
    exponential,
    one_spike,
    psp_alpha,
    psp_exponential,
    recorded,
)

ARRIVAL = 8


def relative_error(values, expected):
    """The largest deviation, as a fraction of the largest value."""
    return np.max(np.abs(values - expected)) / np.max(np.abs(expected))


# ------------------------------------------------------------------------------------------------ currents on LIF


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    "tau", [0.07, 1.3, 7.0, 17.3, 17.3 * (1 + 1e-9), 17.3 * (1 + 1e-5), 17.3 * (1 - 1e-3), 17.8, 190.0]
)
@pytest.mark.parametrize(("part", "psp"), [(pl.CurrentExp, psp_exponential), (pl.CurrentAlpha, psp_alpha)])
def test_psp_of_a_current_receptor_follows_its_closed_form(part, psp, tau, precision):
    """Oracle: the convolution of the kernel with exp(-t/tau_m)/C_m; also where tau is tau_m or close to it."""
    net, post = one_spike(pl.LIF(**QUIET, receptors={"r": part(tau=tau)}), 90.0, precision=precision)
    (V,) = recorded(net, post, ["V"], 1500)
    t = np.maximum(np.arange(1500) - ARRIVAL, 0) * DT
    expected = QUIET["E_L"] + 90.0 * psp(t, tau, QUIET["tau_m"], QUIET["C_m"])
    assert relative_error(V, expected) < PRECISION[precision]
    assert np.ptp(expected) > 0.02


@pytest.mark.parametrize("precision", ["double", "single"])
def test_psp_of_a_delta_receptor_follows_its_closed_form(precision):
    """Oracle: w exp(-t/tau_m); the value at the arrival is the left limit."""
    net, post = one_spike(pl.LIF(**QUIET, receptors={"r": pl.CurrentDelta()}), 1.5, precision=precision)
    (V,) = recorded(net, post, ["V"], 1500)
    t = (np.arange(1500) - ARRIVAL) * DT
    expected = QUIET["E_L"] + np.where(t > 0, 1.5 * np.exp(-t / QUIET["tau_m"]), 0)
    assert relative_error(V, expected) < PRECISION[precision]


@pytest.mark.parametrize("precision", ["double", "single"])
def test_psps_of_all_current_receptors_and_of_a_constant_current_add_up(precision):
    """Oracle: superposition in a linear neuron."""
    receptors = {"d": pl.CurrentDelta(), "e": pl.CurrentExp(tau=2.2), "a": pl.CurrentAlpha(tau=4.1)}
    net = pl.Network(DT, precision=precision, threads=1)
    post = net.population(1, pl.LIF(**QUIET, I_e=31.0, receptors=receptors))
    for receptor, weight, delay in (("d", 0.7, 0.5), ("e", 60.0, 1.1), ("a", -40.0, 2.3)):
        pre = net.population(1, pl.SpikeSource([0.5, 6.4]))
        net.connect(pre, post, pl.OneToOne(), receptor=receptor, weight=weight, delay=delay)
    (V,) = recorded(net, post, ["V"], 800)
    t = np.arange(800) * DT
    tau_m, C_m = QUIET["tau_m"], QUIET["C_m"]
    expected = QUIET["E_L"] - 31.0 * tau_m / C_m * np.expm1(-t / tau_m)
    for spike in (0.5, 6.4):
        since = t - spike - 0.5
        expected = expected + np.where(since > 1e-9, 0.7 * np.exp(-since / tau_m), 0)
        expected = expected + 60.0 * psp_exponential(np.maximum(t - spike - 1.1, 0), 2.2, tau_m, C_m)
        expected = expected - 40.0 * psp_alpha(np.maximum(t - spike - 2.3, 0), 4.1, tau_m, C_m)
    assert relative_error(V, expected) < PRECISION[precision]


# ------------------------------------------------------------------------------------------------ kernels

KERNELS = {
    "CurrentExp": (pl.CurrentExp(tau=3.1), "I", lambda t: exponential(t, 3.1)),
    "CurrentAlpha": (pl.CurrentAlpha(tau=2.3), "I", lambda t: alpha(t, 2.3)),
    "ConductanceExp": (pl.ConductanceExp(tau=5.3, E_rev=0.0), "g", lambda t: exponential(t, 5.3)),
    "ConductanceAlpha": (pl.ConductanceAlpha(tau=4.1, E_rev=-80.0), "g", lambda t: alpha(t, 4.1)),
    "ConductanceBiExp": (
        pl.ConductanceBiExp(tau_rise=0.7, tau_decay=6.1, E_rev=0.0),
        "g",
        lambda t: biexponential(t, 0.7, 6.1),
    ),
    "NMDA": (pl.NMDA(tau_rise=2.1, tau_decay=80.0, E_rev=0.0, Mg=1.2), "g", lambda t: biexponential(t, 2.1, 80.0)),
}


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("membrane", [pl.LIF(**QUIET), pl.AdEx(), pl.Izhikevich()])
@pytest.mark.parametrize("name", KERNELS)
def test_the_state_of_a_receptor_is_its_kernel_on_every_point_of_the_grid(name, membrane, precision):
    """Oracle: the kernel; the jump acts at the arrival and is not in the value there."""
    receptor, variable, kernel = KERNELS[name]
    net, post = one_spike(membrane.replace(receptors={"r": receptor}), 0.1, precision=precision)
    (values,) = recorded(net, post, [f"r.{variable}"], 1500)
    t = (np.arange(1500) - ARRIVAL) * DT
    expected = np.where(t > 0, 0.1 * kernel(np.maximum(t, 0)), 0)
    assert relative_error(values, expected) < PRECISION[precision]


@pytest.mark.parametrize("receptor", [pl.CurrentAlpha(), pl.ConductanceAlpha(), pl.ConductanceBiExp(), pl.NMDA()])
def test_the_peak_of_a_kernel_that_rises_is_the_weight(receptor):
    """Oracle: the definition of the weight."""
    net, post = one_spike(pl.LIF(**QUIET, receptors={"r": receptor}), 2.5, dt=0.001)
    (values,) = recorded(net, post, ["r.I" if isinstance(receptor, pl.CurrentAlpha) else "r.g"], 12_000)
    assert np.max(values) == pytest.approx(2.5, rel=1e-6)


@pytest.mark.parametrize("difference", [0.0, 1e-9, 1e-7, 1e-6, 1e-5])
def test_a_biexponential_of_nearly_equal_time_constants_is_an_alpha_function(difference):
    """Oracle: `ConductanceAlpha`, from which tau (1 -+ difference) deviates by about difference squared."""
    traces = []
    for receptor in (
        pl.ConductanceAlpha(tau=3.3, E_rev=0.0),
        pl.ConductanceBiExp(tau_rise=3.3 * (1 - difference), tau_decay=3.3 * (1 + difference), E_rev=0.0),
    ):
        net, post = one_spike(pl.LIF(**QUIET, receptors={"r": receptor}), 7.0)
        traces.append(recorded(net, post, ["r.g", "V"], 400))
    (g_alpha, V_alpha), (g, V) = traces
    assert relative_error(g, g_alpha) < 1e-9
    assert np.max(np.abs(V - V_alpha)) < 1e-9 * np.ptp(V_alpha)


# ------------------------------------------------------------------------------------------------ conductances

NMDA_BLOCK = 1.2 / 3.57


def exact_potential(name, weight, times):
    """V after the arrival of one spike in a neuron at rest, by SciPy."""
    receptor, _, kernel = KERNELS[name]
    g_L = QUIET["C_m"] / QUIET["tau_m"]

    def slope(t, V):
        g = weight * kernel(t)
        if name == "NMDA":
            g = g / (1 + NMDA_BLOCK * np.exp(-0.062 * V))
        return (-g_L * (V - QUIET["E_L"]) + g * (receptor.E_rev - V)) / QUIET["C_m"]

    return solve_ivp(slope, (0, times[-1]), [QUIET["E_L"]], rtol=1e-12, atol=1e-12, t_eval=times).y[0]


def conductance_error(name, dt, weight=12.0):
    """The largest deviation from SciPy at whole milliseconds."""
    receptor, _, _ = KERNELS[name]
    arrival = round(1 / dt)
    net, post = one_spike(pl.LIF(**QUIET, receptors={"r": receptor}), weight, dt=dt, arrival=max(arrival, 4))
    start = max(arrival, 4)
    (V,) = recorded(net, post, ["V"], start + round(40 / dt) + 1)
    times = np.arange(0.0, 41.0)
    return np.max(np.abs(V[start :: round(1 / dt)][:41] - exact_potential(name, weight, times)))


@pytest.mark.parametrize("name", ["ConductanceExp", "ConductanceAlpha", "ConductanceBiExp"])
def test_psp_of_a_conductance_converges_to_the_exact_one_with_second_order(name):
    """Oracle: SciPy at rtol 1e-12; halving the step divides the error by four."""
    errors = [conductance_error(name, dt) for dt in (0.2, 0.1, 0.05)]
    assert errors[1] < 2e-3
    assert errors[0] / errors[1] == pytest.approx(4, abs=0.4)
    assert errors[1] / errors[2] == pytest.approx(4, abs=0.4)


def test_psp_through_nmda_converges_to_the_exact_one():
    """Oracle: SciPy at rtol 1e-12; the block is taken at the start of a step, which leaves first order."""
    errors = [conductance_error("NMDA", dt) for dt in (0.2, 0.1, 0.05)]
    assert errors[1] < 2e-2
    assert errors[0] / errors[1] > 1.8
    assert errors[1] / errors[2] > 1.8


@pytest.mark.parametrize("membrane", ["LIF", "AdEx", "Izhikevich"])
@pytest.mark.parametrize("name", ["ConductanceExp", "ConductanceAlpha", "ConductanceBiExp", "NMDA"])
def test_one_step_takes_the_mean_conductance_and_the_block_at_its_start(membrane, name):
    """Oracle: the step of docs/semantics.md in NumPy, from the state recorded at its start."""
    receptor, _, kernel = KERNELS[name]
    membranes = {"LIF": pl.LIF(**QUIET), "AdEx": pl.AdEx(V_th=-20.0), "Izhikevich": pl.Izhikevich(c=-65.0)}
    weight = 0.03 if membrane == "Izhikevich" else 12.0
    net, post = one_spike(membranes[membrane].replace(receptors={"r": receptor}), weight)
    other = {"AdEx": ["w"], "Izhikevich": ["u"]}.get(membrane, [])
    V, *rest = recorded(net, post, ["V", *other], 200)
    nodes, node_weights = np.polynomial.legendre.leggauss(12)
    for k in range(ARRIVAL, 199):
        t = (k - ARRIVAL + (nodes + 1) / 2) * DT
        g = weight * np.sum(node_weights * kernel(t)) / 2
        if name == "NMDA":
            g /= 1 + NMDA_BLOCK * np.exp(-0.062 * V[k])
        step = {"LIF": lif_step, "AdEx": adex_step, "Izhikevich": izhikevich_step}[membrane]
        expected = step(V[k], rest[0][k] if rest else 0.0, g, g * receptor.E_rev)
        assert V[k + 1] == pytest.approx(expected, rel=1e-12), k
    assert np.ptp(V[ARRIVAL:]) > 0.1


def lif_step(V, _, g, g_E):
    g_L = QUIET["C_m"] / QUIET["tau_m"]
    V_inf = (g_L * QUIET["E_L"] + g_E) / (g_L + g)
    return V_inf + (V - V_inf) * np.exp(-DT * (g_L + g) / QUIET["C_m"])


def adex_step(V, w, g, g_E):
    p = pl.AdEx(V_th=-20.0)

    def slope(V, w):
        V = min(V, p.V_peak)
        spike = p.g_L * p.Delta_T * np.exp(min((V - p.V_th) / p.Delta_T, 20))
        return (-p.g_L * (V - p.E_L) + spike - w + g_E - g * V) / p.C_m, (p.a * (V - p.E_L) - w) / p.tau_w

    V1, w1 = slope(V, w)
    V2, w2 = slope(V + DT / 2 * V1, w + DT / 2 * w1)
    V3, w3 = slope(V + DT / 2 * V2, w + DT / 2 * w2)
    V4, _ = slope(V + DT * V3, w + DT * w3)
    return V + DT / 6 * (V1 + 2 * V2 + 2 * V3 + V4)


def izhikevich_step(V, u, g, g_E):
    for _ in range(2):
        V += DT / 2 * (0.04 * V**2 + 5 * V + 140 - u + g_E - g * V)
    return V


@pytest.mark.parametrize("Mg", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("V", [-90.0, -61.7, -30.0, 0.5, 40.0])
def test_magnesium_blocks_nmda_as_jahr_and_stevens_measured(V, Mg):
    """Oracle: the step of a neuron held at V with g = 5 nS: its mean current is g E_rev / (1 + Mg/3.57 exp(-0.062 V))."""
    receptor = pl.NMDA(tau_rise=1.0, tau_decay=1e6, E_rev=20.0, Mg=Mg)
    neuron = {**QUIET, "E_L": V, "tau_m": 50.0}
    net = pl.Network(0.001, precision="double", threads=1)
    post = net.population(1, pl.LIF(**neuron, receptors={"r": receptor}), initial={"V": V, "r.g": 5.0, "r.rise": 0.0})
    net.run(0.001)
    current = (post.get("V")[0] - V) / 0.001 * QUIET["C_m"]
    expected = 5.0 * (20.0 - V) / (1 + Mg / 3.57 * np.exp(-0.062 * V))
    assert current == pytest.approx(expected, rel=1e-4)
