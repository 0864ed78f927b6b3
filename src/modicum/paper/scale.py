"""Axes of numbers: round steps, places on paper, and figures in the words of the reader."""

import math
from typing import Final

from modicum.paper.colours import HAIR, QUIET
from modicum.paper.svg import advance, element, number, words

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_GOOD: Final = 1e15


def figure_words(value: float) -> str:
    """A figure as people write it: whole with thousands, else with three digits that count."""
    if value == int(value) or abs(value) >= 1000:  # noqa: PLR2004 - beyond a thousand fractions say nothing
        return f"{round(value):,}"
    return f"{float(f'{value:.3g}'):,}"


def finite(*values: float) -> None:
    """Check that a picture can place figures. Raises ValueError: not a number, or beyond 10 to the 15."""
    if any(not math.isfinite(value) or abs(value) > _GOOD for value in values):
        raise ValueError("a figure is not a number that can be drawn")


def ticks(low: float, high: float, *, many: int = 5) -> list[float]:
    """Round figures from at most `low` to at least `high`, about `many` of them, ascending."""
    span = max(high - low, 1e-9)
    rough = span / many
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in _STEPS if each * power >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(place * step, 9) for place in range(first, last + 1)]


def placed_on(value: float, *, low: float, high: float, begin: float, end: float) -> float:
    """Where a figure stands between two places on paper."""
    return begin + (end - begin) * (value - low) / (high - low)


def axis(marks: list[float], *, begin: float, end: float, top: float, bottom: float, width: float) -> str:
    """Upright lines at round figures, their words beneath within the paper; one that would meet another is left out."""
    parts: list[str] = []
    edge = -math.inf
    for mark in marks:
        x = placed_on(mark, low=marks[0], high=marks[-1], begin=begin, end=end)
        parts.append(element("path", d=f"M{number(x)} {number(top)}V{number(bottom)}", stroke=HAIR))
        said = figure_words(mark)
        half = advance(said, size=12) / 2
        middle = min(max(x, half + 2), width - half - 2)
        if middle - half > edge:
            parts.append(words(said, x=middle, y=bottom + 16, size=12, fill=QUIET, text_anchor="middle"))
            edge = middle + half + 8
    return "".join(parts)
