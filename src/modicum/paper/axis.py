"""Time on a logarithmic axis, from one minute to years: where a minute stands, which lengths of time are named."""

import math
from typing import Final

TICKS: Final = (
    *((1.0, "1 minute"), (10.0, "10 minutes"), (60.0, "1 hour"), (360.0, "6 hours"), (1440.0, "1 day")),
    *((10_080.0, "1 week"), (43_200.0, "1 month"), (259_200.0, "6 months"), (1_555_200.0, "3 years")),
    (15_552_000.0, "30 years"),
)
"""Minutes and the name of each length of time that is marked."""

_STRIP: Final = 44.0


def position(minutes: float, *, last: float, begin: float, end: float) -> float:
    """Where a time stands: logarithmic from one minute to `last`; under a minute in a strip of its own before it."""
    if minutes < 1:
        return begin + _STRIP * minutes * 0.5
    return begin + _STRIP + (end - begin - _STRIP) * min(1.0, math.log(minutes) / math.log(last))


def reach(longest: float) -> float:
    """The first named length of time that is not shorter than `longest`, in minutes."""
    return next((minutes for minutes, _ in TICKS if minutes >= longest), longest)
