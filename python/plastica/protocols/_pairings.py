"""Spike times of protocols that pair a presynaptic with a postsynaptic neuron."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plastica import coerce

from ._stimulation import LONGEST, check_pulses, positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Pairing(NamedTuple):
    """When the two neurons of a protocol spike.

    Attributes
    ----------
    pre, post : ndarray, shape (spikes,)
        Spike times in ms, rising.
    """

    pre: NDArray[np.float64]
    post: NDArray[np.float64]

    def shifted(self, by: float) -> Pairing:
        """The same `by` ms later."""
        by = coerce.number(by, "by", "ms")
        return Pairing(self.pre + by, self.post + by)


def pairing(interval: float, frequency: float = 1.0, repetitions: int = 60, start: float = 100.0) -> Pairing:
    """Pairs of spikes at one frequency, without a pause.

    Parameters
    ----------
    interval : float
        Postsynaptic minus presynaptic spike of a pair, in ms.
    frequency : float
        Pairs per second (Hz).
    repetitions : int
        Number of pairs.
    start : float
        The first spike, in ms.

    Returns
    -------
    Pairing
    """
    interval = coerce.number(interval, "interval", "ms")
    onsets = _repeated(frequency, repetitions, "repetitions")
    return _from(start, onsets, onsets + interval)


def bursts_of_pairs(
    interval: float, frequency: float, pairs: int = 5, bursts: int = 15, period: float = 10_000.0, start: float = 100.0
) -> Pairing:
    """Bursts of pairs of spikes: Sjöström, Turrigiano and Nelson (2001), doi:10.1016/S0896-6273(01)00542-6.

    Parameters
    ----------
    interval : float
        Postsynaptic minus presynaptic spike of a pair, in ms.
    frequency : float
        Pairs per second within a burst (Hz).
    pairs : int
        Pairs of a burst.
    bursts : int
        Number of bursts.
    period : float
        From the start of one burst to that of the next, in ms.
    start : float
        The first spike, in ms.

    Returns
    -------
    Pairing

    Raises
    ------
    ValueError
        If a burst is longer than the period.
    """
    interval, period = coerce.number(interval, "interval", "ms"), coerce.number(period, "period", "ms")
    bursts = coerce.integer(bursts, "bursts", low=1, high=2**31)
    burst = _repeated(frequency, pairs, "pairs")
    check_pulses("bursts times pairs", bursts, len(burst))
    if not burst[-1] + abs(interval) < period < LONGEST:
        raise ValueError(
            f"period = {period:g} ms must be below {LONGEST:g} ms and longer than {pairs} pairs at frequency = "
            f"{frequency:g} Hz with an interval of {interval:g} ms"
        )
    onsets = (period * np.arange(bursts)[:, None] + burst).ravel()
    return _from(start, onsets, onsets + interval)


def triplets(
    first: float, second: float, frequency: float = 1.0, repetitions: int = 60, start: float = 100.0
) -> Pairing:
    """Triplets of spikes: Wang, Gerkin, Nauen and Bi (2005), Nat Neurosci 8:187, doi:10.1038/nn1387.

    The two intervals are postsynaptic minus presynaptic spike, of the first and of the last two spikes. Their signs say
    which triplet it is: (5, -15) is a presynaptic spike, a postsynaptic one after 5 ms, and a presynaptic one after
    another 15 ms; (-5, 15) is a postsynaptic, a presynaptic and a postsynaptic spike.

    Parameters
    ----------
    first, second : float
        The intervals in ms, of opposite sign.
    frequency : float
        Triplets per second (Hz).
    repetitions : int
        Number of triplets.
    start : float
        The first spike, in ms.

    Returns
    -------
    Pairing

    Raises
    ------
    ValueError
        If the intervals have the same sign or are 0.
    """
    first, second = coerce.number(first, "first", "ms"), coerce.number(second, "second", "ms")
    if not (min(first, second) < 0 < max(first, second)):
        raise ValueError(
            f"the intervals of a triplet must have opposite signs, not first = {first:g} and second = {second:g} ms"
        )
    onsets = _repeated(frequency, repetitions, "repetitions")
    around = (onsets[:, None] + [-abs(first), abs(second)]).ravel()
    return _from(start, around, onsets) if first > 0 else _from(start, onsets, around)


def quadruplets(
    interval: float, between: float, frequency: float = 1.0, repetitions: int = 60, start: float = 100.0
) -> Pairing:
    """Two pairs of opposite order: Wang, Gerkin, Nauen and Bi (2005), Nat Neurosci 8:187, doi:10.1038/nn1387.

    Parameters
    ----------
    interval : float
        Between the two spikes of each pair, in ms.
    between : float
        From the middle of the post-pre pair to the middle of the pre-post pair, in ms; negative: pre-post comes first.
        Its magnitude is larger than `interval`.
    frequency : float
        Quadruplets per second (Hz).
    repetitions : int
        Number of quadruplets.
    start : float
        The first spike, in ms.

    Returns
    -------
    Pairing

    Raises
    ------
    ValueError
        If the pairs overlap.
    """
    interval, between = coerce.number(interval, "interval", "ms"), coerce.number(between, "between", "ms")
    if not 0 < interval < abs(between):
        raise ValueError(
            f"interval = {interval:g} ms must be above 0 and below the magnitude of between = {between:g} ms"
        )
    onsets = _repeated(frequency, repetitions, "repetitions")[:, None]
    pre = onsets + np.sort([interval / 2, between - interval / 2])
    post = onsets + np.sort([-interval / 2, between + interval / 2])
    return _from(start, pre.ravel(), post.ravel())


def _repeated(frequency: float, count: int, what: str) -> NDArray[np.float64]:
    number = coerce.integer(count, what, low=1, high=2**31)
    check_pulses(what, number)
    return np.arange(number, dtype=np.float64) * (1000.0 / positive(frequency, "frequency", "Hz"))


def _from(start: float, pre: ArrayLike, post: ArrayLike) -> Pairing:
    start = coerce.number(start, "start", "ms")
    pre, post = np.sort(np.asarray(pre, dtype=float)), np.sort(np.asarray(post, dtype=float))
    if not (start >= 0 and np.isfinite([*pre, *post]).all()):
        raise ValueError(f"intervals must be finite, frequency not so low, and start = {start:g} ms at least 0")
    return Pairing(pre, post).shifted(start - min(pre[0], post[0]))
