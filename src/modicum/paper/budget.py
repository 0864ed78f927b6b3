"""P5, the budget's burn-down: what is left of a population's budget of privacy, and which question spent how much.

Spent is what adds up (rho of zero-concentrated differential privacy); it is drawn as a share of the whole. What the
budget does not cover, exact tables, matches and records, stands beside it and is never subtracted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modicum.paper.colours import ACCENT, ALARM, HAIR, INK, LINE, PAPER, QUIET, WASH
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.scale import finite
from modicum.paper.svg import drawing, element, number, shorten, words, wrap

_STEPS: Final = 400
_RECENT: Final = 10
_TALL: Final = 220.0
_MOST_LIKE: Final = 99_999


@dataclass(frozen=True, slots=True)
class Spend:
    """One question that was paid for. spent: in the unit of the whole budget; at: when, as the reader is told."""

    what: str
    who: str
    at: str
    spent: float


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A kind of answer that left without spending: in words, how many there were."""

    what: str
    many: int


def budget(
    spends: Sequence[Spend], *, whole: float, population: str, means: str = "", uncovered: Sequence[Uncovered] = ()
) -> Picture:
    """Draw what is left after each question, down to the floor at which every question is refused.

    whole: the budget for life, above zero, in the unit of `spent`. means: what is left, in words (as epsilon).
    Raises ValueError: a figure that is not finite or below zero, or more spent than there was.
    """
    finite(whole, *(each.spent for each in spends))
    if whole <= 0 or any(each.spent < 0 for each in spends) or sum(each.spent for each in spends) > whole * 1.000001:
        raise ValueError("a budget is above zero, and no more of it is spent than there was")
    left = _left(spends, whole)
    table = Table(
        f"The budget of {population}, by question",
        ("Question", "Asked by", "When", "Spent", "Left"),
        (
            *(
                (e.what, e.who, e.at, _share(e.spent / whole), _share(rest))
                for e, rest in zip(spends, left, strict=True)
            ),
            *((each.what, "-", "-", "not covered", f"{each.many:,} released") for each in uncovered),
        ),
    )
    finding = _finding(spends, left, whole, population)
    alt = f"A line that falls with each of {len(spends):,} questions towards the floor of the budget. {finding}"
    key = key_of("budget", table)
    drawn = {"finding": finding, "alt": alt, "means": means, "uncovered": uncovered}
    return Picture(
        svg=_wide(spends, left, whole, key=key, **drawn),  # type: ignore[arg-type]
        narrow=_slim(spends, left, whole, key=f"{key}n", **drawn),  # type: ignore[arg-type]
        table=table,
        finding=finding,
        alt=alt,
    )


def _left(spends: Sequence[Spend], whole: float) -> list[float]:
    """The share that is left after each question."""
    gone, found = 0.0, []
    for each in spends:
        gone += each.spent
        found.append(max(0.0, 1 - gone / whole))
    return found


def _share(share: float) -> str:
    """A share in percent; what is left or spent is never rounded to nothing."""
    percent = 100 * share
    if 0 < percent < 0.1:  # noqa: PLR2004 - a tenth of a percent
        return "under 0.1 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"  # noqa: PLR2004


def _more(spends: Sequence[Spend], left: Sequence[float], whole: float) -> int:
    """How many more questions as dear as the last ten on average would be answered."""
    recent = [each.spent for each in spends[-_RECENT:] if each.spent > 0]
    if not recent:
        return 0
    # The smaller of the two before it is a whole number: next to nothing a question, and it is beyond any.
    return int(min(_MOST_LIKE, left[-1] * whole / (sum(recent) / len(recent)) + 1e-9))


def _finding(spends: Sequence[Spend], left: Sequence[float], whole: float, population: str) -> str:
    if not spends:
        return f"Nothing of the budget of {population} has been spent."
    more = _more(spends, left, whole)
    said = f"{_share(left[-1])} of the budget of {population} is left after {_questions(len(spends))}"
    if left[-1] <= 0 or more == 0:
        return f"{said}; none like the last would be answered. It is never refilled."
    return f"{said}: about {more:,} more like the last would be answered. It is never refilled."


def _questions(count: int) -> str:
    return f"{count:,} question{'' if count == 1 else 's'}"


def _wide(
    spends: Sequence[Spend],
    left: Sequence[float],
    whole: float,
    *,
    key: str,
    finding: str,
    alt: str,
    means: str,
    uncovered: Sequence[Uncovered],
) -> str:
    plot = _plot(spends, left, whole, begin=64, end=640, top=24)
    beside, height = _beside(left, means, uncovered, x=676, y=24, room=280)
    return drawing(
        plot, beside, width=960, height=max(24 + _TALL + 48, 24 + height), title=finding, description=alt, key=key
    )


def _slim(
    spends: Sequence[Spend],
    left: Sequence[float],
    whole: float,
    *,
    key: str,
    finding: str,
    alt: str,
    means: str,
    uncovered: Sequence[Uncovered],
) -> str:
    plot = _plot(spends, left, whole, begin=52, end=288, top=24)
    below = 24 + _TALL + 56
    beside, height = _beside(left, means, uncovered, x=2, y=below, room=294)
    return drawing(plot, beside, width=300, height=below + height, title=finding, description=alt, key=key)


def _plot(spends: Sequence[Spend], left: Sequence[float], whole: float, *, begin: float, end: float, top: float) -> str:
    floor = top + _TALL
    many = len(left)
    ahead = min(_more(spends, left, whole), max(many, _RECENT)) if many else _RECENT
    width = (end - begin) / max(1, many + ahead)
    parts = [
        *(
            element("path", d=f"M{number(begin)} {number(y)}H{number(end)}", stroke=HAIR)
            + words(f"{share} %", x=begin - 8, y=y + 4, size=12, fill=QUIET, text_anchor="end")
            for share, y in ((100, top), (50, top + _TALL / 2), (0, floor))
        ),
        element("path", d=f"M{number(begin)} {number(floor)}H{number(end)}", stroke=ALARM, stroke_width=2.5),
        words("floor: nothing more is answered", x=end, y=floor - 8, size=12, bold=True, fill=ALARM, text_anchor="end"),
        words("questions, in order", x=begin, y=floor + 20, size=12, fill=QUIET),
    ]
    line, y = f"M{number(begin)} {number(top)}", top
    every = max(1, many // _STEPS)
    for place, share in enumerate(left):
        if place % every == 0 or place == many - 1:
            y = floor - _TALL * share
            line += f"H{number(begin + width * (place + 1))}V{number(y)}"
    now = begin + width * many
    ends = begin + width * (many + ahead)
    price = (left[-1] / max(1, _more(spends, left, whole))) if many else 0
    fall = floor - _TALL * max(0.0, left[-1] - price * ahead) if many else top
    parts += [
        element(
            "path",
            d=f"M{number(now)} {number(y)}L{number(ends)} {number(fall)}",
            stroke=LINE,
            stroke_width=2,
            stroke_dasharray="5 5",
        ),
        element("path", d=line, fill="none", stroke=ACCENT, stroke_width=2.5),
        element("circle", cx=now, cy=y, r=5, fill=INK, stroke=PAPER, stroke_width=1.5),
    ]
    return "".join(parts)


def _beside(
    left: Sequence[float], means: str, uncovered: Sequence[Uncovered], *, x: float, y: float, room: float
) -> tuple[str, float]:
    share = _share(left[-1] if left else 1.0)
    parts = [words(f"{share} left", x=x, y=y + 20, size=22, bold=True)]
    height = 32.0
    for line in wrap(means, size=13.5, limit=room, lines=4):
        height += 18
        parts.append(words(line, x=x, y=y + height, size=13.5, fill=QUIET))
    height += 18
    listed = [f"{each.many:,} {each.what}" for each in uncovered] or ["nothing else has been released"]
    lines = [line for each in listed for line in wrap(each, size=13.5, limit=room - 24, lines=2)][:12]
    box = 40 + 20 * len(lines)
    parts += [
        element("rect", x=x, y=y + height, width=room, height=box, rx=6, fill=WASH, stroke=LINE),
        words("Not covered by the budget", x=x + 12, y=y + height + 22, size=13.5, bold=True),
        *(
            words(shorten(line, size=13.5, limit=room - 24), x=x + 12, y=y + height + 44 + 20 * place, size=13.5)
            for place, line in enumerate(lines)
        ),
    ]
    return "".join(parts), height + box + 8
