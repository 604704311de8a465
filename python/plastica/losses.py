"""What gets lost between a value and what the engine can hold: said when the value is given."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce
from .schedule import Schedule
from .schema import schemas

if TYPE_CHECKING:
    from . import _native

_LEAST = float(np.finfo(np.float32).tiny)  # the engine takes smaller numbers of single precision for 0
_RATE_LOST = 0.01  # the share of a rate that may be lost without a word
_DRAWN = 1000  # numbers that stand for a distribution
_HERE = str(Path(__file__).parent) + os.sep


def of_weights(core: _native.Core, what: str, values: Any) -> None:
    """Refuses weights of which nothing is left in the precision of the network, and warns if some of them become 0.

    `values` is a number, an array, or the name and the parameters of a distribution.

    Raises
    ------
    ValueError
        If all weights that are not 0 become 0.
    """
    if core.precision == "double":
        return
    if isinstance(values, tuple):
        distribution, options = values
        values = core.draw(distribution, options, 0, 0, _DRAWN)
    numbers = np.atleast_1d(values)
    size = np.abs(numbers)
    lost = (size < _LEAST) & (numbers != 0)
    if not lost.any():
        return
    first, count = coerce.shown(float(numbers[np.argmax(lost)])), int(np.count_nonzero(lost))
    share = "" if len(numbers) == 1 else f" ({count} of {len(numbers)} values)"
    message = f"{what} = {first}{share} would be 0: single precision holds no number below {_LEAST:.2g} in magnitude"
    if count == np.count_nonzero(numbers):
        raise ValueError(f'{message}; give larger weights, or make the network with precision="double"')
    warn(f'{message}; make the network with precision="double" if they matter, or give them as 0')


def of_rate(core: _native.Core, part: str, field: str, values: Any) -> None:
    """Warns where neurons that emit one spike in a step at most fall short of their rate."""
    parameters = schemas()[part].parameters
    if field not in parameters or not parameters[field].once_a_step:
        return
    rates = values.values if isinstance(values, Schedule) else np.atleast_1d(values)
    highest, most = float(np.max(rates, initial=0.0)), 1000 / core.dt
    if highest < _RATE_LOST * most:  # then half as much of it is lost
        return
    emitted = -most * float(np.expm1(-highest / most))
    lost = highest - emitted
    if lost > _RATE_LOST * highest:
        warn(
            f"{part}.{field} = {highest:.10g} Hz: as a neuron spikes once in a step of {core.dt:g} ms at most, "
            f"{emitted:.4g} Hz come out and {lost:.4g} Hz ({100 * lost / highest:.2g} %) are lost; "
            "PoissonInput delivers any number of spikes in a step, and a smaller dt loses less"
        )


def warn(message: str) -> None:
    """A warning that points at the line of the user, outside this package."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
