"""P14, noise in words: how sure one figure is, told by the answers that could have been given.

Each dot is one in forty of the answers that fresh noise would give, by the law of the mechanism: 38 of 40, which is 95
of 100, stand within the range that the sentence names.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import log
from statistics import NormalDist
from typing import Final

from modicum.paper.colours import ACCENT, ALARM, INK, PAPER, QUIET
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.scale import axis, figure_words, finite, placed_on, ticks
from modicum.paper.svg import drawing, element, number, words, wrap

REPEATS: Final = 100
_INSIDE: Final = 95
DOTS: Final = 40


class NoiseLaw(StrEnum):
    """By which law noise is drawn."""

    GAUSSIAN = "gaussian"
    LAPLACE = "laplace"


def offsets(law: NoiseLaw, scale: float) -> list[float]:
    """Forty amounts of noise, each standing for one in forty; ascending, and even around none.

    scale: the standard deviation of a Gaussian; of a Laplace the mean distance from none.
    """
    shares = [(place + 0.5) / DOTS for place in range(DOTS)]
    if law is NoiseLaw.GAUSSIAN:
        return [NormalDist(0, scale).inv_cdf(share) for share in shares]
    return [scale * (log(2 * s) if s < 0.5 else -log(2 * (1 - s))) for s in shares]  # noqa: PLR2004 - the middle


def within(law: NoiseLaw, scale: float) -> float:
    """How far 95 of 100 amounts of noise are from none at most."""
    if law is NoiseLaw.GAUSSIAN:
        return NormalDist(0, scale).inv_cdf(0.975)
    return scale * log(20)


def noise(answer: float, *, law: NoiseLaw, scale: float, unit: str = "people", what: str = "The answer") -> Picture:
    """Draw one answer with the noise around it, and say in words how sure it is.

    Raises ValueError: a figure that is not finite, or a scale that is not above zero.
    """
    finite(answer, scale)
    if scale <= 0:
        raise ValueError("noise has no scale")
    reach = within(law, scale)
    low, high = figure_words(round(answer - reach)), figure_words(round(answer + reach))
    finding = f"{what} is {figure_words(answer)} {unit}; the true figure is likely between {low} and {high}."
    told = (
        f"Noise was added once, so that nobody can tell whether one person is counted. Imagine the question answered "
        f"{REPEATS} times with fresh noise: {_INSIDE} of the answers lie within {figure_words(round(reach))} of the "
        f"true figure, {REPEATS - _INSIDE} beyond. Asking again gives this same answer."
    )
    table = Table(
        "How sure the answer is",
        ("Answer", "Unit", f"Likely from ({_INSIDE} in {REPEATS})", "Likely to", "Law of the noise", "Scale"),
        ((figure_words(answer), unit, low, high, str(law), figure_words(scale)),),
    )
    alt = f"{DOTS} dots in a heap around the answer, each one in {DOTS} of what noise gives; 38 are filled. {told}"
    key = key_of("noise", table)
    points = [answer + each for each in offsets(law, scale)]
    return Picture(
        svg=_draw(points, answer, reach, told, finding=finding, alt=alt, key=key, width=960),
        narrow=_draw(points, answer, reach, told, finding=finding, alt=alt, key=f"{key}n", width=300),
        table=table,
        finding=finding,
        alt=alt,
    )


def _draw(
    points: Sequence[float],
    answer: float,
    reach: float,
    told: str,
    *,
    finding: str,
    alt: str,
    key: str,
    width: int,
) -> str:
    begin, end, radius = (30.0, 930.0, 7.0) if width > 600 else (14.0, 286.0, 4.0)  # noqa: PLR2004 - two layouts
    marks = ticks(min(points), max(points), many=6 if width > 600 else 3)  # noqa: PLR2004
    heap = _heaped([placed_on(p, low=marks[0], high=marks[-1], begin=begin, end=end) for p in points], radius)
    ground = 34 + max(level for _, level in heap) * 2.1 * radius + 2 * radius
    low, middle, high = (
        placed_on(each, low=marks[0], high=marks[-1], begin=begin, end=end)
        for each in (answer - reach, answer, answer + reach)
    )
    parts = [
        axis(marks, begin=begin, end=end, top=24, bottom=ground + 4, width=width),
        *(
            _dot(x, ground - radius - 2.1 * radius * level, radius, inside=abs(point - answer) <= reach)
            for (x, level), point in zip(heap, points, strict=True)
        ),
        element("path", d=f"M{number(middle)} 16V{number(ground + 4)}", stroke=INK, stroke_width=1.5),
        words(figure_words(answer), x=middle, y=12, size=13.5, bold=True, text_anchor="middle"),
        element("path", d=_bracket(low, high, ground + 34), fill="none", stroke=ACCENT, stroke_width=2),
        words(
            f"{_INSIDE} in {REPEATS}", x=middle, y=ground + 54, size=13.5, bold=True, text_anchor="middle", fill=ACCENT
        ),
    ]
    lines = wrap(told, size=14, limit=width - 8, lines=14)
    parts += [words(line, x=2, y=ground + 84 + 20 * place, size=14, fill=QUIET) for place, line in enumerate(lines)]
    return drawing(*parts, width=width, height=ground + 84 + 20 * len(lines), title=finding, description=alt, key=key)


def _bracket(low: float, high: float, y: float) -> str:
    return f"M{number(low)} {number(y - 8)}V{number(y)}H{number(high)}V{number(y - 8)}"


def _heaped(places: Sequence[float], radius: float) -> list[tuple[float, int]]:
    """Each dot on the lowest level where it meets no other."""
    ends: list[float] = []
    found: list[tuple[float, int]] = []
    for x in places:
        level = next((each for each, end in enumerate(ends) if x - end >= 2.05 * radius), len(ends))
        if level == len(ends):
            ends.append(x)
        ends[level] = x
        found.append((x, level))
    return found


def _dot(x: float, y: float, radius: float, *, inside: bool) -> str:
    fill, stroke = (ACCENT, ACCENT) if inside else (PAPER, ALARM)
    return element("circle", cx=x, cy=y, r=radius - 0.75, fill=fill, stroke=stroke, stroke_width=1.5)
