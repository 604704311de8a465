"""Stimuli and sources: deterministic ones exactly, random ones within 3 standard errors of their moments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import plastica as pl
from conformance.setups import DT, PRECISION, QUIET, mean_and_error, psp_alpha, psp_exponential

TAU_M, C_M, E_L = QUIET["tau_m"], QUIET["C_m"], QUIET["E_L"]


def injected_currents(stimulus, *, count=1, steps=1000, seed=1, dt=DT, precision="double"):
    """The current into every neuron at the steps 0 to steps - 1, shape (steps, count), out of what V does over each."""
    net = pl.Network(dt, seed=seed, precision=precision, threads=1)
    cells = net.population(count, pl.LIF(**QUIET))
    net.drive(cells, stimulus)
    recorder = net.record(cells, "V", interval=dt)
    net.run((steps + 1) * dt)
    V = recorder.values - E_L
    decay = math.exp(-dt / TAU_M)
    return (V[1:] - V[:-1] * decay) * C_M / (TAU_M * (1 - decay))


# ------------------------------------------------------------------------------------------------ currents


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_sine_current_moves_the_membrane_as_its_value_at_the_start_of_each_step(precision):
    """Oracle: the recursion of the leaky membrane with offset + amplitude sin(2 pi f t + phase), held over each step."""
    numbers = {"amplitude": [120.0, 55.0], "frequency": [8.3, 141.0], "phase": [0.4, -2.0], "offset": [30.0, -12.0]}
    net = pl.Network(DT, precision=precision, threads=1)
    cells = net.population(2, pl.LIF(**QUIET))
    net.drive(cells, pl.SineCurrent(**numbers))
    recorder = net.record(cells, "V", interval=DT)
    net.run(500.0)
    amplitude, frequency, phase, offset = (np.array(values) for values in numbers.values())
    V = np.full(2, E_L)
    decay = math.exp(-DT / TAU_M)
    for k, value in enumerate(recorder.values):
        assert np.max(np.abs(value - V)) < PRECISION[precision] * 70, k
        current = offset + amplitude * np.sin(2e-3 * math.pi * frequency * (k * DT) + phase)
        V = E_L + (V - E_L) * decay + current * TAU_M / C_M * (1 - decay)
    assert np.all(np.ptp(recorder.values, axis=0) > 1)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("kind", ["StepCurrent", "Schedule"])
def test_a_step_current_moves_the_membrane_as_the_closed_form(kind, precision):
    """Oracle: a sum of exponential responses, one for each step of the amplitude, for each neuron."""
    times, amplitudes = [2.0, 10.0, 30.5], np.array([[100.0, -40.0], [0.0, 70.0], [55.0, 10.0]])
    stimulus = (
        pl.StepCurrent(times, amplitudes)
        if kind == "StepCurrent"
        else pl.ConstantCurrent(amplitude=pl.Schedule(times, amplitudes))
    )
    net = pl.Network(DT, precision=precision, threads=1)
    cells = net.population(2, pl.LIF(**QUIET))
    net.drive(cells, stimulus)
    recorder = net.record(cells, "V", interval=DT)
    net.run(80.0)
    t = recorder.times[:, None]
    expected = np.full((len(t), 2), E_L)
    before = np.zeros(2)
    for time, amplitude in zip(times, amplitudes, strict=True):
        since = np.maximum(t - time, 0)
        expected = expected - (amplitude - before) * TAU_M / C_M * np.expm1(-since / TAU_M)
        before = amplitude
    assert np.max(np.abs(recorder.values - expected)) < PRECISION[precision] * 70


def test_a_constant_current_acts_on_a_view_only_and_only_while_it_is_active():
    """Oracle: the closed form of charging and discharging."""
    net = pl.Network(DT, precision="double", threads=1)
    cells = net.population(3, pl.LIF(**QUIET))
    drive = net.drive(cells[1:], pl.ConstantCurrent(amplitude=[50.0, 80.0]))
    net.run(10.0)
    drive.active = False
    net.run(5.0)
    drive.active = True
    drive.set(amplitude=20.0)
    net.run(4.0)
    gain = TAU_M / C_M
    expected = np.array([0.0, 50.0, 80.0]) * gain * -math.expm1(-10.0 / TAU_M) * math.exp(-9.0 / TAU_M)
    expected[1:] += 20.0 * gain * -math.expm1(-4.0 / TAU_M)
    np.testing.assert_allclose(cells.get("V"), E_L + expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_an_ou_current_has_its_mean_variance_and_autocorrelation_from_its_start_on(seed, precision):
    """Oracle: the exact process: starts at mean, variance sigma^2 (1 - exp(-2t/tau)), correlation exp(-lag/tau)."""
    mean, sigma, tau, count = 30.0, 12.0, 4.0, 3000
    I = injected_currents(
        pl.OUCurrent(mean=mean, sigma=sigma, tau=tau), count=count, steps=400, seed=seed, precision=precision
    )
    rounding = 1e-9 if precision == "double" else 0.5
    np.testing.assert_allclose(I[0], mean, rtol=0, atol=rounding)
    for k in (1, 10, 40, 399):
        variance = -(sigma**2) * math.expm1(-2 * k * DT / tau)
        average, error = mean_and_error(I[k])
        assert abs(average - mean) < 3 * error
        # of a normal variable, the squared deviation has the standard deviation sqrt(2) variance
        spread = np.mean((I[k] - mean) ** 2) - (0.01 if precision == "single" and k == 1 else 0)
        assert abs(spread - variance) < 3 * variance * math.sqrt(2 / count) + (0.02 if precision == "single" else 0)
    late = I[200:] - mean
    for lag in (1, 20, 80):
        products = (late[:-lag] * late[lag:])[:: max(lag, 40)].mean(axis=0)
        average, error = mean_and_error(products)
        assert abs(average - sigma**2 * math.exp(-lag * DT / tau)) < 3 * error
    assert stats.kstest((I[399] - mean) / sigma, "norm").pvalue > 1e-3


def test_ou_currents_of_different_neurons_and_seeds_are_independent():
    """Oracle: the correlation of independent samples, 0 within 4 standard errors for 435 pairs."""
    I = injected_currents(pl.OUCurrent(mean=0.0, sigma=10.0, tau=0.5), count=30, steps=20_000)[::20]
    other = injected_currents(pl.OUCurrent(mean=0.0, sigma=10.0, tau=0.5), count=30, steps=20_000, seed=2)[::20]
    between = np.corrcoef(I.T)[np.triu_indices(30, 1)]
    across = [np.corrcoef(I[:, i], other[:, i])[0, 1] for i in range(30)]
    limit = 4.5 / math.sqrt(len(I))
    assert np.max(np.abs(between)) < limit
    assert np.max(np.abs(across)) < limit


# ------------------------------------------------------------------------------------------------ Poisson


def spikes_of(net, population, steps):
    """A boolean array (steps, neurons) of the spikes stamped 1 to `steps`."""
    recorder = net.record(population, "spikes")
    net.run(steps * net.dt)
    raster = np.zeros((steps, len(population)), dtype=bool)
    raster[np.rint(recorder.times / net.dt).astype(int) - 1, recorder.ids] = True
    assert raster.sum() == recorder.count  # at most one spike per step
    return raster


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_poisson_source_has_its_rates_and_geometric_intervals(seed):
    """Oracle: p = 1 - exp(-rate dt) in every step; CV sqrt(1 - p); intervals geometric by chi-square."""
    rates = np.repeat([0.0, 3.0, 40.0, 900.0], 100)
    net = pl.Network(0.2, seed=seed, threads=1)
    raster = spikes_of(net, net.population(400, pl.PoissonSource(rate=rates)), 10_000)
    counts = raster.sum(axis=0)
    assert np.all(counts[:100] == 0)
    for rate in (3.0, 40.0, 900.0):
        p = -math.expm1(-rate * 2e-4)
        own = raster[:, rates == rate]
        total = own.size
        assert abs(own.sum() - p * total) < 3 * math.sqrt(p * (1 - p) * total)
        # variance of counts of the 100 neurons: binomial
        dispersion = counts[rates == rate].var(ddof=1) / (10_000 * p * (1 - p))
        assert abs(dispersion - 1) < 3 * math.sqrt(2 / 99)
    intervals = np.concatenate([np.diff(np.flatnonzero(train)) for train in raster[:, rates == 900.0].T])
    p = -math.expm1(-0.18)
    cv = intervals.std() / intervals.mean()
    assert cv == pytest.approx(math.sqrt(1 - p), abs=3 / math.sqrt(len(intervals)))
    observed = np.bincount(np.minimum(intervals, 25), minlength=26)[1:]
    expected = stats.geom.pmf(np.arange(1, 26), p)
    expected[-1] = stats.geom.sf(24, p)
    assert stats.chisquare(observed, expected * observed.sum()).pvalue > 1e-3


def test_poisson_sources_are_independent_of_each_other_of_their_past_and_of_other_populations():
    """Oracle: correlations of independent samples, 0 within 4.5 standard errors."""
    net = pl.Network(0.5, seed=3, threads=1)
    first, second = (net.population(40, pl.PoissonSource(rate=200.0)) for _ in range(2))
    recorders = [net.record(population, "spikes") for population in (first, second)]
    net.run(20_000.0)
    rasters = []
    for recorder in recorders:
        raster = np.zeros((40_000, 40))
        raster[np.rint(recorder.times / 0.5).astype(int) - 1, recorder.ids] = 1
        rasters.append(raster)
    limit = 4.5 / math.sqrt(40_000)
    both = np.hstack(rasters)
    assert np.max(np.abs(np.corrcoef(both.T)[np.triu_indices(80, 1)])) < limit
    for lag in (1, 2, 4, 100):
        past = [np.corrcoef(both[:-lag, i], both[lag:, i])[0, 1] for i in range(80)]
        assert np.max(np.abs(past)) < limit


def test_the_rate_of_a_poisson_source_saturates_at_one_spike_per_step():
    """Oracle: p = 1 - exp(-rate dt): 1 - 1/e at a rate of 1/dt, every step far above it."""
    net = pl.Network(DT, seed=1, threads=1)
    raster = spikes_of(net, net.population(200, pl.PoissonSource(rate=np.repeat([1e4, 1e7], 100))), 2000)
    p = 1 - math.exp(-1)
    assert abs(raster[:, :100].sum() - p * 200_000) < 3 * math.sqrt(p * (1 - p) * 200_000)
    assert np.all(raster[:, 100:])


def test_a_schedule_gives_a_poisson_source_its_rate_at_the_start_of_each_step():
    """Oracle: silence before the first time, then the rate of each interval; a spike at k + 1 has the rate at k."""
    net = pl.Network(DT, seed=1, threads=1)
    rates = pl.Schedule([10.0, 20.0, 30.0], [1e7, 0.0, 500.0])
    raster = spikes_of(net, net.population(300, pl.PoissonSource(rate=rates)), 1300)
    assert not np.any(raster[:100])  # stamped 1 to 100
    assert np.all(raster[100:200])
    assert not np.any(raster[200:300])
    p = -math.expm1(-0.05)
    assert abs(raster[300:].sum() - p * 300_000) < 3 * math.sqrt(p * 300_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("mean", [0.002, 0.3, 4.0, 31.0, 150.0])
def test_a_poisson_input_delivers_poisson_numbers_of_spikes(mean, seed):
    """Oracle: the Poisson distribution by chi-square, out of the jumps of V in neurons that do not leak."""
    net = pl.Network(DT, seed=seed, precision="double", threads=1)
    cells = net.population(
        500, pl.LIF(C_m=1.0, tau_m=1e15, E_L=0.0, V_th=1e9, V_reset=0.0, receptors={"r": pl.CurrentDelta()})
    )
    net.drive(cells, pl.PoissonInput(rate=mean / DT * 1e3), receptor="r", weight=1.0)
    recorder = net.record(cells, "V", interval=DT)
    net.run(10.1)
    numbers = np.rint(np.diff(recorder.values, axis=0)).astype(int).ravel()
    assert abs(numbers.mean() - mean) < 3 * math.sqrt(mean / numbers.size)
    low, high = stats.poisson.ppf([2e-3, 1 - 2e-3], mean).astype(int)
    high = max(high, low + 1)
    observed = np.bincount(np.clip(numbers, low, high) - low, minlength=high - low + 1)
    expected = stats.poisson.pmf(np.arange(low, high + 1), mean)
    expected[0], expected[-1] = stats.poisson.cdf(low, mean), stats.poisson.sf(high - 1, mean)
    assert stats.chisquare(observed, expected * numbers.size).pvalue > 1e-3
    if mean == 4.0:
        raster = np.diff(recorder.values, axis=0)
        assert np.max(np.abs(np.corrcoef(raster[:, :40].T)[np.triu_indices(40, 1)])) < 0.5
        assert abs(np.corrcoef(raster[:-1].ravel(), raster[1:].ravel())[0, 1]) < 4 / math.sqrt(numbers.size)


# ------------------------------------------------------------------------------------------------ Campbell

RATE, DURATION = 800.0, 200.0  # about 11 membrane time constants
KERNELS = {
    "CurrentExp": (pl.CurrentExp(tau=6.3), 20.0, lambda t: psp_exponential(t, 6.3, TAU_M, C_M)),
    "CurrentAlpha": (pl.CurrentAlpha(tau=2.9), 20.0, lambda t: psp_alpha(t, 2.9, TAU_M, C_M)),
    "CurrentDelta": (pl.CurrentDelta(), 0.15, lambda t: np.exp(-t / TAU_M)),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("origin", ["PoissonInput", "PoissonSource"])
@pytest.mark.parametrize("receptor", KERNELS)
def test_the_free_potential_under_poisson_spikes_has_the_mean_and_variance_of_campbells_theorem(receptor, origin, seed):
    """Oracle: rate times the integrals of the PSP and of its square, as sums over the grid; within 3 standard errors."""
    part, weight, psp = KERNELS[receptor]
    count = 4000
    net = pl.Network(DT, seed=seed, precision="double", threads=1)
    cells = net.population(count, pl.LIF(**QUIET, receptors={"r": part}))
    if origin == "PoissonInput":
        net.drive(cells, pl.PoissonInput(rate=RATE), receptor="r", weight=weight)
        mean_number = variance = RATE * 1e-3 * DT
    else:
        source = net.population(count, pl.PoissonSource(rate=RATE))
        net.connect(source, cells, pl.OneToOne(), receptor="r", weight=weight, delay=DT)
        mean_number = -math.expm1(-RATE * 1e-3 * DT)
        variance = mean_number * (1 - mean_number)
    net.run(DURATION)
    arrivals = np.arange(1, round(DURATION / DT) + (1 if origin == "PoissonInput" else -1))
    responses = weight * psp(arrivals * DT)
    V = cells.get("V") - E_L
    average, error = mean_and_error(V)
    assert abs(average - mean_number * responses.sum()) < 3 * error
    squares, error = mean_and_error((V - mean_number * responses.sum()) ** 2)
    assert abs(squares - variance * np.sum(responses**2)) < 3 * error
    # Campbell's integrals, of which the sums are the grid's version
    t = np.linspace(0, 400, 400_001)
    assert mean_number * responses.sum() == pytest.approx(RATE * 1e-3 * weight * np.trapezoid(psp(t), t), rel=0.06)
    assert error < 0.04 * squares
