"""Rates and irregularity of spike trains: the same lines of code for every simulator that is compared."""

import numpy as np


def coefficient_of_variation(times, ids) -> float | None:
    """Mean over neurons of the CV of intervals between spikes, of neurons with at least 3 spikes; None without any."""
    order = np.lexsort((times, ids))
    neurons, moments = np.asarray(ids)[order].astype(np.int64), np.asarray(times, dtype=float)[order]
    same = neurons[1:] == neurons[:-1]
    owners, intervals = neurons[1:][same], np.diff(moments)[same]
    number = np.bincount(owners)
    enough = number >= 2
    if not enough.any():
        return None
    count = np.maximum(number, 1)
    mean = np.bincount(owners, intervals) / count
    variance = np.bincount(owners, (intervals - mean[owners]) ** 2) / count
    return float((np.sqrt(variance[enough]) / mean[enough]).mean())


def activity(size: int, times, ids, seconds: float) -> dict:
    """Rate in Hz and CV of `size` neurons that fired at `times` (any unit) in `seconds` of biology."""
    return {
        "neurons": size,
        "spikes": len(times),
        "rate_hz": len(times) / size / seconds,
        "cv": coefficient_of_variation(times, ids),
    }


def learned(weights) -> dict:
    """Mean and standard deviation of the magnitudes of plastic weights."""
    magnitudes = np.abs(np.asarray(weights, dtype=float))
    return {"mean": float(magnitudes.mean()), "std": float(magnitudes.std())}


def peak_memory_mib() -> float:
    """Highest resident memory of this process so far; ru_maxrss would carry over the parent's before an exec."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123
            for line in status:
                if line.startswith("VmHWM"):
                    return float(line.split()[1]) / 1024
    except OSError:
        pass
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
