"""Error against epsilon: how far an answer with noise may be from the truth, for each size of the price.

Both axes are logarithmic: ten times the epsilon, about a tenth of the error. Lines are told apart by the words at their
ends and by their dashes, not by colour alone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from modicum.paper.colours import ACCENT, ALARM, HAIR, INK, LINE, QUIET
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.scale import finite
from modicum.paper.svg import drawing, element, number, shorten, words

_STROKES: Final = ((ACCENT, None), (ALARM, "7 4"), (INK, "2 4"), (LINE, "12 4 2 4"))
_At: TypeAlias = Callable[[tuple[float, float]], tuple[float, float]]
MOST_LINES: Final = len(_STROKES) * 2


@dataclass(frozen=True, slots=True)
class AccuracyLine:
    """One question: by epsilon, ascending, how many percent off the truth 95 of 100 answers are at most."""

    label: str
    points: tuple[tuple[float, float], ...]


def accuracy_picture(lines: Sequence[AccuracyLine], *, caption: str) -> Picture:
    """Draw the lines, all over the same epsilons. Raises ValueError: no line, too many, or a figure not above zero."""
    _check(lines)
    epsilons = [epsilon for epsilon, _ in lines[0].points]
    table = Table(
        caption,
        ("Epsilon", *(each.label for each in lines)),
        tuple(
            (f"{epsilon:g}", *(percent_words(each.points[place][1]) for each in lines))
            for place, epsilon in enumerate(epsilons)
        ),
    )
    last = [percent_words(each.points[-1][1]) for each in (lines[0], lines[-1])]
    finding = (
        f"At epsilon {epsilons[-1]:g}, 95 of 100 answers are within {last[0]} of the truth for {lines[0].label}, "
        f"and within {last[1]} for {lines[-1].label}."
    )
    alt = f"{len(lines)} lines that fall as epsilon grows, both axes in steps of ten. {finding}"
    key = key_of("accuracy", table)
    return Picture(
        svg=_draw(lines, finding=finding, alt=alt, key=key, width=960),
        narrow=_draw(lines, finding=finding, alt=alt, key=f"{key}n", width=300),
        table=table,
        finding=finding,
        alt=alt,
    )


def percent_words(percent: float) -> str:
    """A percentage with two digits that count; beyond 1,000 as what it is: no answer."""
    if percent >= 1000:  # noqa: PLR2004 - ten times the truth
        return "over 1,000 %"
    return f"{float(f'{percent:.2g}'):g} %"


def _check(lines: Sequence[AccuracyLine]) -> None:
    if not 1 <= len(lines) <= MOST_LINES:
        raise ValueError("no line, or more than can be told apart")
    epsilons = [epsilon for epsilon, _ in lines[0].points]
    for each in lines:
        finite(*(value for point in each.points for value in point))
        if [epsilon for epsilon, _ in each.points] != epsilons or epsilons != sorted(set(epsilons)) or not epsilons:
            raise ValueError("lines are not over the same ascending epsilons")
        if any(value <= 0 for point in each.points for value in point):
            raise ValueError("a figure is not above zero")


def _draw(lines: Sequence[AccuracyLine], *, finding: str, alt: str, key: str, width: int) -> str:
    wide = width > 600  # noqa: PLR2004 - two layouts
    left, right, top, bottom = (76.0, 640.0, 16.0, 356.0) if wide else (70.0, 288.0, 16.0, 236.0)
    points = [point for each in lines for point in each.points]
    low_x, high_x = math.log10(min(x for x, _ in points)), math.log10(max(x for x, _ in points))
    low_y, high_y = math.floor(math.log10(min(y for _, y in points))), math.ceil(math.log10(max(y for _, y in points)))
    high_x, high_y = max(high_x, low_x + 0.1), max(high_y, low_y + 1)

    def at(point: tuple[float, float]) -> tuple[float, float]:
        x = left + (right - left) * (math.log10(point[0]) - low_x) / (high_x - low_x)
        return x, bottom - (bottom - top) * (math.log10(point[1]) - low_y) / (high_y - low_y)

    parts = [_upright(power, at((10**low_x, 10.0**power))[1], left, right) for power in range(low_y, high_y + 1)]
    parts += _along([x for x, _ in lines[0].points], at, bottom=bottom, y=10.0**low_y)
    parts.append(words("epsilon of one question", x=left, y=bottom + 38, size=12, fill=QUIET))
    ends = _spread([at(each.points[-1])[1] for each in lines], step=20)
    for place, each in enumerate(lines):
        colour, dash = _STROKES[place % len(_STROKES)]
        stroke: dict[str, float | str | None] = {
            "stroke": colour,
            "stroke_width": 2.5 if place < len(_STROKES) else 1.2,
            "stroke_dasharray": dash,
        }
        path = "L".join(f"{number(x)} {number(y)}" for x, y in map(at, each.points))
        parts.append(element("path", d=f"M{path}", fill="none", **stroke))
        if wide:
            y, end = at(each.points[-1])[1], ends[place]
            parts.append(
                element("path", d=f"M{number(right)} {number(y)}L{number(right + 14)} {number(end)}", stroke=LINE)
            )
            parts.append(words(shorten(each.label, size=13.5, limit=290), x=right + 20, y=end + 4, size=13.5))
        else:
            y = bottom + 64 + 22 * place
            parts.append(element("path", d=f"M4 {number(y - 4)}h34", **stroke))
            parts.append(words(shorten(each.label, size=13, limit=250), x=46, y=y, size=13))
    height = bottom + (52 if wide else 72 + 22 * len(lines))
    return drawing(*parts, width=width, height=height, title=finding, description=alt, key=key)


def _upright(power: int, y: float, left: float, right: float) -> str:
    return element("path", d=f"M{number(left)} {number(y)}H{number(right)}", stroke=HAIR) + words(
        f"{10.0**power:,g} %", x=left - 8, y=y + 4, size=12, fill=QUIET, text_anchor="end"
    )


def _along(epsilons: Sequence[float], at: _At, *, bottom: float, y: float) -> list[str]:
    parts, edge = [], -math.inf
    for epsilon in epsilons:
        x, _ = at((epsilon, y))
        said = f"{epsilon:g}"
        parts.append(element("path", d=f"M{number(x)} {number(bottom)}v5", stroke=LINE))
        if x - 3.8 * len(said) > edge:
            parts.append(words(said, x=x, y=bottom + 19, size=12, fill=QUIET, text_anchor="middle"))
            edge = x + 3.8 * len(said) + 6
    return parts


def _spread(places: Sequence[float], *, step: float) -> list[float]:
    """Heights for words at the ends of lines, as near to them as may be, and none nearer to another than a step."""
    order = sorted(range(len(places)), key=lambda each: places[each])
    found = [0.0] * len(places)
    free = -math.inf
    for each in order:
        found[each] = max(places[each], free)
        free = found[each] + step
    return found
