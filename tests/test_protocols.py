"""Protocols of stimulation: their times against the words of the papers, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica import protocols


def test_a_tetanus_is_three_trains_of_100_pulses_at_100_hz_ten_minutes_apart():
    """Oracle: the protocol in words."""
    times = protocols.tetanus(start=500.0)
    assert times.shape == (300,)
    assert times.dtype == np.float64
    np.testing.assert_allclose(times[:100], 500.0 + 10.0 * np.arange(100), rtol=1e-15)
    np.testing.assert_allclose(times[100:200] - times[:100], 600_000.0, rtol=1e-15)
    np.testing.assert_allclose(times[200:] - times[:100], 1_200_000.0, rtol=1e-15)


def test_a_weak_tetanus_is_21_pulses_at_100_hz():
    """Oracle: the protocol in words."""
    np.testing.assert_allclose(protocols.weak_tetanus(start=0.0), 10.0 * np.arange(21), rtol=1e-15)


@pytest.mark.parametrize(("rate", "last"), [(1.0, 899_000.0), (3.0, 899_000.0 / 3), (50.0, 17_980.0)])
def test_low_frequency_stimulation_is_900_pulses_at_its_rate(rate, last):
    """Oracle: the protocol in words."""
    times = protocols.low_frequency(rate=rate, start=1000.0)
    assert len(times) == 900
    assert times[-1] - times[0] == pytest.approx(last, rel=1e-15)
    np.testing.assert_allclose(np.diff(times), 1000 / rate, rtol=1e-9)


def test_strong_low_frequency_stimulation_is_900_bursts_of_3_pulses_at_20_hz_one_each_second():
    """Oracle: the protocol in words."""
    times = protocols.strong_low_frequency().reshape(900, 3)
    np.testing.assert_allclose(times[:, 0], 100.0 + 1000.0 * np.arange(900), rtol=1e-15)
    np.testing.assert_allclose(times - times[:, :1], np.broadcast_to([0.0, 50.0, 100.0], (900, 3)), atol=1e-9)


def test_theta_bursts_are_4_pulses_at_100_hz_every_200_ms():
    """Oracle: the protocol in words; a second train starts a pause after the first."""
    times = protocols.theta_burst(start=20.0).reshape(10, 4)
    np.testing.assert_allclose(times, 20.0 + 200.0 * np.arange(10)[:, None] + 10.0 * np.arange(4), rtol=1e-15)
    twice = protocols.theta_burst(trains=2, pause=5000.0, start=20.0)
    np.testing.assert_allclose(twice, np.concatenate([times.ravel(), times.ravel() + 5000.0]), rtol=1e-15)


@pytest.mark.parametrize(
    "protocol",
    [
        protocols.weak_tetanus(),
        protocols.tetanus(trains=2, pause=2000.0),
        protocols.low_frequency(pulses=30, rate=30.0),
        protocols.strong_low_frequency(count=3),
        protocols.theta_burst(),
    ],
)
def test_a_source_spikes_at_the_times_of_a_protocol_rounded_to_the_grid(protocol):
    """Oracle: the times themselves."""
    net = pl.Network(0.1, threads=1)
    source = net.population(1, pl.SpikeSource(protocol))
    spikes = net.record(source, "spikes")
    net.run(5000.0)
    np.testing.assert_allclose(spikes.times, protocol, atol=0.0501)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: protocols.tetanus(pulses=0), "pulses = 0 must be at least 1"),
        (lambda: protocols.tetanus(rate=0.0), "rate = 0 Hz must be above 0 Hz"),
        (lambda: protocols.tetanus(pause=990.0), "pause = 990 ms must be longer than a train, 990 ms"),
        (lambda: protocols.low_frequency(rate=float("nan")), "rate = nan Hz must be a finite number"),
        (lambda: protocols.low_frequency(start=-1.0), "start = -1 ms must be at least 0 ms"),
        (lambda: protocols.strong_low_frequency(repetition=-1.0), "repetition = -1 Hz must be above 0 Hz"),
        (
            lambda: protocols.strong_low_frequency(repetition=10.0),
            "repetition = 10 Hz must be below 10 Hz, or bursts of 100 ms",
        ),
        (lambda: protocols.theta_burst(interval=30.0), "interval = 30 ms must be longer than a burst, 30 ms"),
    ],
)
def test_a_protocol_that_makes_no_sense_is_refused_with_the_value_and_the_bound(call, message):
    """Oracle: the message."""
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", [True, "3", 2.0, None])
def test_numbers_of_pulses_are_integers(value):
    """Oracle: the message."""
    with pytest.raises(TypeError, match=r"pulses = .* must be an integer"):
        protocols.weak_tetanus(pulses=value)
