"""The marks of verdicts: P in a circle, C in a diamond, F in a hatched square; a shape, a colour and a letter each.

Where a court order is among the reasons, F stands in a solid octagon, and P and C carry a small one at a corner.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from modicum.model.decision import Verdict
from modicum.paper.colours import ALARM, INK, LETTER, PAPER, VERDICT
from modicum.paper.svg import advance, element, words
from modicum.paper.words import VERDICTS

HALF = 13
"""Half the side of a mark."""


class Mark(NamedTuple):
    """What one cell shows: its verdict, and whether a court order is among the reasons."""

    verdict: Verdict
    ordered: bool = False


_MARKS: Final = tuple(Mark(verdict, ordered) for verdict in Verdict for ordered in (False, True))


def hatch(key: str) -> str:
    """The hatch of what is forbidden, as a pattern that marks of the same picture refer to."""
    return element(
        "pattern",
        element("rect", width=6, height=6, fill="#f9ecee"),
        element("path", d="M-1 1L1 -1M0 6L6 0M5 7L7 5", stroke=ALARM, stroke_width=1.3),
        id=f"{key}-hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
    )


def _hatched() -> str:
    """Slanted lines that fill the square of a mark. Drawn out, since printers turn patterns into large images."""
    side = 2 * HALF
    path = ""
    for offset in range(5, 2 * side, 6):  # the line x + y = offset, within the square from 0 to `side`
        low, high = max(0, offset - side), min(side, offset)
        path += f"M{low - HALF} {high - HALF}L{high - HALF} {low - HALF}"
    return path


_HATCHED: Final = _hatched()


def definitions(key: str, used: Iterable[Mark] = tuple(map(Mark, Verdict))) -> str:
    """The marks that a picture uses, to be placed with `placed`."""
    wanted = set(used)
    return element("defs", *(_symbol(mark, key) for mark in _MARKS if mark in wanted))


def _octagon(half: float, *, x: float = 0, y: float = 0) -> str:
    cut = round(half * 0.586, 1)
    side = round(2 * (half - cut), 1)
    return (
        f"M{x - half + cut:g} {y - half:g}h{side:g}l{cut:g} {cut:g}v{side:g}l-{cut:g} {cut:g}h-{side:g}"
        f"l-{cut:g} -{cut:g}v-{side:g}z"
    )


def _symbol(mark: Mark, key: str) -> str:
    """One mark around the origin."""
    verdict, ordered = mark
    colour = VERDICT[verdict]
    if verdict is Verdict.PERMITTED:
        shape, ink = element("circle", r=HALF, fill=colour), "#ffffff"
    elif verdict is Verdict.CONDITIONAL:
        diamond = f"M0 {-HALF - 2}L{HALF + 2} 0L0 {HALF + 2}L{-HALF - 2} 0Z"
        shape, ink = element("path", d=diamond, fill=colour, stroke=INK, stroke_width=1), INK
    elif ordered:
        shape, ink = element("path", d=_octagon(HALF + 1), fill=colour), "#ffffff"
    else:
        square = element("rect", x=-HALF, y=-HALF, width=2 * HALF, height=2 * HALF, fill="#f9ecee", stroke=colour)
        lines = element("path", d=_HATCHED, stroke=colour, stroke_width=1.3)
        shape = square + lines + element("rect", x=-6.5, y=-8, width=13, height=16, rx=2, fill=PAPER)
        ink = colour
    letter = words(LETTER[verdict], x=0, y=5, size=14, bold=True, text_anchor="middle", fill=ink)
    small = element("path", d=_octagon(5, x=HALF - 4, y=4 - HALF), fill=ALARM, stroke=PAPER, stroke_width=1.5)
    corner = small if ordered and verdict is not Verdict.FORBIDDEN else ""
    return element("g", shape, letter, corner, id=_name(mark, key))


def _name(mark: Mark, key: str) -> str:
    return f"{key}-{'order-' if mark.ordered else ''}{LETTER[mark.verdict]}"


def placed(mark: Mark | Verdict, key: str, *, x: float, y: float) -> str:
    """A mark with its centre at (x, y)."""
    return element("use", href=f"#{_name(mark if isinstance(mark, Mark) else Mark(mark), key)}", x=x, y=y)


def legend_marks(used: Iterable[Mark]) -> list[Mark]:
    """What a legend explains: the three verdicts, and each mark with an order that the picture uses."""
    wanted = {*map(Mark, Verdict), *used}
    return [mark for mark in _MARKS if mark in wanted]


def legend(key: str, marks: Iterable[Mark], *, x: float, y: float, width: float) -> tuple[str, float]:
    """Each mark beside its words, in lines from (x, y) that are `width` long; gives the last line's y too."""
    given = list(marks)
    orders = any(mark.ordered for mark in given)
    parts: list[str] = []
    left = x
    for mark in given:
        text = _meaning(mark, orders=orders)
        room = 2 * HALF + 9 + advance(text, size=14)
        if left > x and left + room > x + width:
            left, y = x, y + 34
        parts += [
            placed(mark, key, x=left + HALF, y=y),
            words(text, x=left + 2 * HALF + 9, y=y + 5, size=14),
        ]
        left += room + 22
    return "".join(parts), y


def _meaning(mark: Mark, *, orders: bool) -> str:
    if mark.verdict is not Verdict.FORBIDDEN:
        return f"{VERDICTS[mark.verdict]}{', a court order named' if mark.ordered else ''}"
    if mark.ordered:
        return "a court order forbids it, or may"
    return "other law forbids it" if orders else VERDICTS[Verdict.FORBIDDEN]
