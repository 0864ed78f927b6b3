"""The marks of verdicts: P in a circle, C in a diamond, F in a hatched square; a shape, a colour and a letter each."""

from collections.abc import Sequence
from typing import Final

from modicum.model.decision import Verdict
from modicum.paper.colours import ALARM, INK, LETTER, PAPER, VERDICT
from modicum.paper.svg import element, words
from modicum.paper.words import VERDICTS

HALF = 13
"""Half the side of a mark."""


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


def definitions(key: str) -> str:
    """Hatch and marks, to be placed with `placed`."""
    return element("defs", *(_symbol(verdict, key) for verdict in Verdict))


def _symbol(verdict: Verdict, key: str) -> str:
    """One mark around the origin."""
    colour = VERDICT[verdict]
    if verdict is Verdict.PERMITTED:
        shape, ink = element("circle", r=HALF, fill=colour), "#ffffff"
    elif verdict is Verdict.CONDITIONAL:
        diamond = f"M0 {-HALF - 2}L{HALF + 2} 0L0 {HALF + 2}L{-HALF - 2} 0Z"
        shape, ink = element("path", d=diamond, fill=colour, stroke=INK, stroke_width=1), INK
    else:
        square = element("rect", x=-HALF, y=-HALF, width=2 * HALF, height=2 * HALF, fill="#f9ecee", stroke=colour)
        lines = element("path", d=_HATCHED, stroke=colour, stroke_width=1.3)
        shape = square + lines + element("rect", x=-6.5, y=-8, width=13, height=16, rx=2, fill=PAPER)
        ink = colour
    letter = words(LETTER[verdict], x=0, y=5, size=14, bold=True, text_anchor="middle", fill=ink)
    return element("g", shape, letter, id=f"{key}-{LETTER[verdict]}")


def placed(verdict: Verdict, key: str, *, x: float, y: float) -> str:
    """A mark with its centre at (x, y)."""
    return element("use", href=f"#{key}-{LETTER[verdict]}", x=x, y=y)


def legend(key: str, *, x: float, y: float, verdicts: Sequence[Verdict] = tuple(Verdict), stacked: bool = False) -> str:
    """Each mark beside its word, in a line that starts at (x, y), or one below the other."""
    parts: list[str] = []
    for place, verdict in enumerate(verdicts):
        left = x + HALF + (0 if stacked else sum(_LEGEND_WIDTH[each] for each in verdicts[:place]))
        middle = y + (34 * place if stacked else 0)
        parts += [
            placed(verdict, key, x=left, y=middle),
            words(VERDICTS[verdict], x=left + HALF + 9, y=middle + 5, size=14),
        ]
    return "".join(parts)


_LEGEND_WIDTH = {Verdict.PERMITTED: 140, Verdict.CONDITIONAL: 232, Verdict.FORBIDDEN: 130}
