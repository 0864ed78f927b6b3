"""The answer with its intervals: for each group a dot where the answer stands, and a bar where the truth likely is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modicum.model.forms import Form
from modicum.paper.colours import ACCENT, INK, PAPER, QUIET, RUNG
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.scale import axis, figure_words, finite, placed_on, ticks
from modicum.paper.svg import drawing, element, shorten, words, wrap

MOST_DRAWN: Final = 100
_BARELY: Final = 0.03  # of the axis: what is so little below zero may stand a little left of it
_BEGIN, _END = 292.0, 700.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure of a noisy answer.

    low, high: the interval that holds the truth in `sure` of 100 answers, ends included.
    """

    label: str
    value: float
    low: float
    high: float


def estimates(given: Sequence[Estimate], *, unit: str = "people", sure: int = 95) -> Picture:
    """Draw the figures in their order from zero, the first 100 of them; the table holds all.

    Raises ValueError: a figure that is not finite, or an answer outside its interval.
    """
    for each in given:
        finite(each.value, each.low, each.high)
        if not each.low <= each.value <= each.high:
            raise ValueError("an answer stands outside its interval")
    table = Table(
        f"The answer in {unit}, with intervals that hold the true figure in {sure} of 100 answers",
        ("Group", "Answer", "From", "To"),
        tuple((each.label, *map(figure_words, (each.value, each.low, each.high))) for each in given),
    )
    finding = _finding(given, unit, sure)
    alt = f"{len(given)} figures, each a dot on a bar; the bar is where the true figure likely is. {finding}"
    key = key_of("estimates", table)
    return Picture(
        svg=_draw(given, finding=finding, alt=alt, key=key, width=960),
        narrow=_draw(given, finding=finding, alt=alt, key=f"{key}n", width=300),
        table=table,
        finding=finding,
        alt=alt,
    )


def _finding(given: Sequence[Estimate], unit: str, sure: int) -> str:
    if not given:
        return "The answer holds no group."
    if len(given) == 1:
        only = given[0]
        low, high = figure_words(only.low), figure_words(only.high)
        return f"About {figure_words(only.value)} {unit}: the true figure is likely between {low} and {high}."
    widest = max(each.high - each.low for each in given)
    return (
        f"{len(given):,} groups, each figure {unit}: in {sure} of 100 answers the truth lies on the bar, "
        f"which is {figure_words(widest)} wide at most."
    )


def _draw(given: Sequence[Estimate], *, finding: str, alt: str, key: str, width: int) -> str:
    shown = given[:MOST_DRAWN]
    high = max([1.0, *(each.high for each in shown)])
    low = min([0.0, *(each.low for each in shown)])
    marks = ticks(low if low < -_BARELY * high else 0.0, high)
    wide = width > 600  # noqa: PLR2004 - two layouts
    begin, end, step = (_BEGIN, _END, 40.0) if wide else (14.0, 286.0, 74.0)
    bottom = 18 + step * len(shown)
    parts = [axis(marks, begin=begin, end=end, top=8, bottom=bottom, width=width)]
    for place, each in enumerate(shown):
        middle = 18 + step * place + (step / 2 if wide else step - 18)
        low, dot, high = (
            placed_on(value, low=marks[0], high=marks[-1], begin=begin, end=end)
            for value in (each.low, each.value, each.high)
        )
        parts += [_bar(low, dot, high, middle), _wide_words(each, middle) if wide else _slim_words(each, middle)]
    last = bottom + 26
    if len(given) > len(shown):
        last += 20
        parts.append(
            words(f"{len(given) - len(shown):,} more stand in the table", x=2, y=last - 4, size=13, fill=QUIET)
        )
    return drawing(*parts, width=width, height=last + 8, title=finding, description=alt, key=key)


def _bar(low: float, dot: float, high: float, middle: float) -> str:
    wide = max(high - low, 3.0)
    rail = element("rect", x=low, y=middle - 7, width=wide, height=14, rx=3, fill=RUNG[Form.STATISTICS], stroke=ACCENT)
    return rail + element("circle", cx=dot, cy=middle, r=5, fill=INK, stroke=PAPER, stroke_width=1.5)


def _wide_words(each: Estimate, middle: float) -> str:
    lines = wrap(each.label, size=14, limit=276, lines=2)
    name = "".join(
        words(line, x=2, y=middle + 5 - 8 * (len(lines) - 1) + 16 * place, size=14) for place, line in enumerate(lines)
    )
    return name + _said(each, x=714, y=middle, room=244)


def _slim_words(each: Estimate, middle: float) -> str:
    return words(shorten(each.label, size=13.5, limit=290), x=2, y=middle - 36, size=13.5) + _said(
        each, x=2, y=middle - 22, room=296
    )


def _said(each: Estimate, *, x: float, y: float, room: float) -> str:
    value, between = figure_words(each.value), f"{figure_words(each.low)} to {figure_words(each.high)}"
    if room > 250:  # noqa: PLR2004 - one line on a phone
        return words(
            shorten(f"{value} ({between})", size=12.5, limit=room, bold=True), x=x, y=y + 4, size=12.5, bold=True
        )
    return words(shorten(value, size=14, limit=room, bold=True), x=x, y=y - 2, size=14, bold=True) + words(
        shorten(between, size=12, limit=room), x=x, y=y + 14, size=12, fill=QUIET
    )
