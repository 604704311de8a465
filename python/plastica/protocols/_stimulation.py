"""Stimulation of one pathway: pulses, in bursts, in trains."""

from __future__ import annotations

from math import inf, prod
from typing import TYPE_CHECKING

import numpy as np

from plastica import coerce

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 100_000_000  # pulses in all
LONGEST = 1e15  # ms


def bursts(
    count: int, interval: float, *, pulses: int = 1, rate: float = 100.0, trains: int = 1, pause: float = 0.0,
    start: float = 100.0,
) -> NDArray[np.float64]:  # fmt: skip
    """Pulses in bursts, bursts in trains.

    Parameters
    ----------
    count : int
        Bursts of a train.
    interval : float
        ms from the onset of a burst to the onset of the next; must be longer than a burst.
    pulses : int
        Pulses of a burst.
    rate : float
        Pulses within a burst per second, Hz.
    trains : int
        Number of trains.
    pause : float
        ms from the onset of a train to the onset of the next; must be longer than a train if there are several.
    start : float
        ms of the first pulse. A SpikeSource refuses pulses at or before the time of its network.

    Returns
    -------
    numpy.ndarray, shape (trains * count * pulses,), float64
        Times of the pulses in ms, rising.

    Raises
    ------
    TypeError, ValueError
        If a value is no number or out of bounds, or if bursts or trains would overlap.
    """
    count = coerce.integer(count, "count", low=1, high=MOST)
    pulses = coerce.integer(pulses, "pulses", low=1, high=MOST)
    trains = coerce.integer(trains, "trains", low=1, high=MOST)
    check_pulses("count times pulses times trains", count, pulses, trains)
    period = 1000 / positive(rate, "rate", "Hz")
    start = coerce.number(start, "start", "ms")
    if start < 0:
        raise ValueError(f"start = {coerce.shown(start, 'ms')} must be at least 0 ms")
    burst = (pulses - 1) * period
    interval = _longer(interval, "interval", burst if count > 1 else -inf, "a burst", 1000 / period)
    train = (count - 1) * interval + burst
    pause = _longer(pause, "pause", train if trains > 1 else -inf, "a train", 1000 / period)
    end = start + (trains - 1) * pause + train
    if not end < LONGEST:
        raise ValueError(
            f"the pulses would end at {end:g} ms, which must be below {LONGEST:g} ms: lower start, interval or pause, "
            f"or raise the rate (or repetition)"
        )
    onsets = start + pause * np.arange(trains)[:, None, None] + interval * np.arange(count)[:, None]
    times: NDArray[np.float64] = (onsets + period * np.arange(pulses)).ravel()
    return times


def tetanus(
    *, pulses: int = 100, rate: float = 100.0, trains: int = 3, pause: float = 600_000.0, start: float = 100.0
) -> NDArray[np.float64]:
    """High-frequency stimulation: by default three trains of 100 pulses at 100 Hz, 10 min apart.

    A strong tetanus, after which potentiation lasts for hours: Frey and Morris (1997), Nature 385:533,
    doi:10.1038/385533a0; as simulated by Clopath et al. (2008), PLoS Comput Biol 4:e1000248,
    doi:10.1371/journal.pcbi.1000248.

    Parameters
    ----------
    pulses : int
        Pulses of a train.
    rate : float
        Pulses per second, Hz.
    trains : int
        Number of trains.
    pause : float
        ms from the onset of a train to the onset of the next.
    start : float
        ms of the first pulse.

    Returns
    -------
    numpy.ndarray, shape (trains * pulses,), float64
        Times of the pulses in ms, rising.

    Raises
    ------
    TypeError, ValueError
        If a value is no number or out of bounds, or if trains would overlap.
    """
    return bursts(1, 0, pulses=pulses, rate=rate, trains=trains, pause=pause, start=start)


def weak_tetanus(*, pulses: int = 21, rate: float = 100.0, start: float = 100.0) -> NDArray[np.float64]:
    """One short train: by default 21 pulses at 100 Hz, after which potentiation fades within hours.

    Frey and Morris (1997), Nature 385:533, doi:10.1038/385533a0; as simulated by Clopath et al. (2008), PLoS Comput
    Biol 4:e1000248, doi:10.1371/journal.pcbi.1000248.

    Parameters
    ----------
    pulses : int
        Number of pulses.
    rate : float
        Pulses per second, Hz.
    start : float
        ms of the first pulse.

    Returns
    -------
    numpy.ndarray, shape (pulses,), float64
        Times of the pulses in ms, rising.

    Raises
    ------
    TypeError, ValueError
        If a value is no number or out of bounds.
    """
    return bursts(1, 0, pulses=pulses, rate=rate, start=start)


def low_frequency(*, pulses: int = 900, rate: float = 1.0, start: float = 100.0) -> NDArray[np.float64]:
    """Low-frequency stimulation: by default 900 pulses at 1 Hz.

    Dudek and Bear (1992), Proc Natl Acad Sci USA 89:4363, doi:10.1073/pnas.89.10.4363, who gave 900 pulses at 0.5 to
    50 Hz.

    Parameters
    ----------
    pulses : int
        Number of pulses.
    rate : float
        Pulses per second, Hz.
    start : float
        ms of the first pulse.

    Returns
    -------
    numpy.ndarray, shape (pulses,), float64
        Times of the pulses in ms, rising.

    Raises
    ------
    TypeError, ValueError
        If a value is no number or out of bounds.
    """
    return bursts(1, 0, pulses=pulses, rate=rate, start=start)


def strong_low_frequency(
    *, count: int = 900, repetition: float = 1.0, pulses: int = 3, rate: float = 20.0, start: float = 100.0
) -> NDArray[np.float64]:
    """Strong low-frequency stimulation: by default 900 bursts of 3 pulses at 20 Hz, one burst per second.

    Sajikumar and Frey (2004), Neurobiol Learn Mem 82:12, doi:10.1016/j.nlm.2004.03.003; as simulated by Clopath et al.
    (2008), PLoS Comput Biol 4:e1000248, doi:10.1371/journal.pcbi.1000248.

    Parameters
    ----------
    count : int
        Number of bursts.
    repetition : float
        Bursts per second, Hz.
    pulses : int
        Pulses of a burst.
    rate : float
        Pulses within a burst per second, Hz.
    start : float
        ms of the first pulse.

    Returns
    -------
    numpy.ndarray, shape (count * pulses,), float64
        Times of the pulses in ms, rising.

    Raises
    ------
    TypeError, ValueError
        If a value is no number or out of bounds, or if bursts would overlap.
    """
    interval = 1000 / positive(repetition, "repetition", "Hz")
    duration = (coerce.integer(pulses, "pulses", low=1, high=MOST) - 1) * 1000 / positive(rate, "rate", "Hz")
    if interval <= duration:
        raise ValueError(
            f"repetition = {coerce.shown(repetition, 'Hz')} must be below {coerce.shown(1000 / duration, 'Hz')}, or "
            f"bursts of {coerce.shown(duration, 'ms')} at rate = {coerce.shown(rate, 'Hz')} would overlap"
        )
    return bursts(count, interval, pulses=pulses, rate=rate, start=start)


def theta_burst(
    *, count: int = 10, interval: float = 200.0, pulses: int = 4, rate: float = 100.0, trains: int = 1,
    pause: float = 10_000.0, start: float = 100.0,
) -> NDArray[np.float64]:  # fmt: skip
    """Theta-burst stimulation: by default ten bursts of 4 pulses at 100 Hz, one every 200 ms.

    Larson, Wong and Lynch (1986), Brain Res 368:347, doi:10.1016/0006-8993(86)90579-2.

    Parameters
    ----------
    count : int
        Bursts of a train.
    interval : float
        ms from the onset of a burst to the onset of the next: 200 ms is the period of the theta rhythm.
    pulses : int
        Pulses of a burst.
    rate : float
        Pulses within a burst per second, Hz.
    trains : int
        Number of trains.
    pause : float
        ms from the onset of a train to the onset of the next.
    start : float
        ms of the first pulse.

    Returns
    -------
    numpy.ndarray, shape (trains * count * pulses,), float64
        Times of the pulses in ms, rising.

    Raises
    ------
    TypeError, ValueError
        If a value is no number or out of bounds, or if bursts or trains would overlap.
    """
    return bursts(count, interval, pulses=pulses, rate=rate, trains=trains, pause=pause, start=start)


def check_pulses(what: str, *counts: int) -> None:
    """Refuses more pulses than anybody wants to keep, whose number is a product."""
    if prod(counts) > MOST:
        raise ValueError(f"{what} = {prod(counts)} must be at most {MOST}")


def positive(value: object, what: str, unit: str) -> float:
    """A finite number above 0, with a finite inverse in ms."""
    number = coerce.number(value, what, unit)
    if not (number > 0 and 1000 / number < inf):
        raise ValueError(f"{what} = {coerce.shown(number, unit)} must be above 0 {unit}")
    return number


def _longer(value: object, what: str, duration: float, of: str, rate: float) -> float:
    number = coerce.number(value, what, "ms")
    if number <= duration:
        raise ValueError(
            f"{what} = {coerce.shown(number, 'ms')} must be longer than {of}, {coerce.shown(duration, 'ms')} at "
            f"rate = {rate:g} Hz"
        )
    return number
