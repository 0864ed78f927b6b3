"""Where the parts of a decision matrix go: panels of columns, lines of marks, rule ids beneath each line.

Columns that do not fit beside one another continue in a further panel below. Beyond a few thousand cells the marks are
drawn as runs of one colour with a letter in each cell, so that the picture stays small enough to send.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from modicum.model.decision import Verdict
from modicum.paper.colours import HAIR, INK, LETTER, PAPER, QUIET, VERDICT
from modicum.paper.marks import HALF, Mark, definitions, hatch, legend, legend_marks, placed
from modicum.paper.svg import advance, drawing, element, number, shorten, words, wrap

_DENSE_BEYOND: Final = 1500
_WIDE: Final = 600
_PITCH: Final = 32.5  # a mark is 30 units wide
_HEAD_SIZE: Final = 13.0
_CITE_SIZE: Final = 11.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the picture: whom it is about, a mark per column, the rules that decided.

    orders, others: the ids of court orders, and of other rules.
    """

    label: str
    note: str
    marks: tuple[Mark, ...]
    orders: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is drawn: two lines of words per column, then the rows."""

    heads: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Measures of one drawing, in its own units. `left` is where the marks begin."""

    width: float
    left: float
    pitch: float
    per_panel: int
    key: str
    dense: bool

    @property
    def above(self) -> bool:
        """Whether a row's words stand above its marks (narrow paper) rather than beside them."""
        return self.width < _WIDE


def draw(grid: Grid, *, width: int, key: str, finding: str, alt: str) -> str:
    """Draw a grid `width` units wide, as tall as it needs to be."""
    layout = _layout(grid, width=width, key=key)
    used = {mark for line in grid.lines for mark in line.marks}
    shown, bottom = legend(key, legend_marks(used), x=3, y=18, width=width - 6)
    parts = [definitions(key, legend_marks(used)), element("defs", hatch(key)) if layout.dense else "", shown]
    top = bottom + 22
    count = len(grid.heads)
    for start in range(0, count, layout.per_panel):
        drawn, top = _panel(grid, range(start, min(count, start + layout.per_panel)), layout, top)
        parts.append(drawn)
    if not count or not grid.lines:
        parts.append(words("Nothing was asked about anybody.", x=2, y=top + 20, fill=QUIET))
        top += 40
    return drawing(*parts, width=width, height=top + 4, title=finding, description=alt, key=key)


def _layout(grid: Grid, *, width: int, key: str) -> _Layout:
    cells = len(grid.heads) * len(grid.lines)
    left = 214.0 if width > _WIDE else 2.0
    room = width - left - (130 if width > _WIDE else 2)
    count = max(1, len(grid.heads))
    panels = math.ceil(count * _PITCH / room)
    per_panel = math.ceil(count / panels)  # panels of like width, none with a column left over
    pitch = min(64.0, room / per_panel)
    return _Layout(width=width, left=left, pitch=pitch, per_panel=per_panel, key=key, dense=cells > _DENSE_BEYOND)


def _panel(grid: Grid, columns: range, layout: _Layout, top: float) -> tuple[str, float]:
    head = _head_room(grid, columns, layout)
    parts = [_heads(grid, columns, layout, base=top + head)]
    y = top + head + 8
    for place, line in enumerate(grid.lines):
        drawn, height = _line(line, columns, layout, y)
        parts.append(element("g", drawn, data_row=place, data_from=columns.start))
        y += height
    return "".join(parts), y + 16


def _head_room(grid: Grid, columns: range, layout: _Layout) -> float:
    longest = max(_head_length(grid.heads[column]) for column in columns)
    return longest * (1.0 if layout.above else 0.72) + 26


def _head_length(head: tuple[str, str]) -> float:
    first, second = _head_words(head)
    return max(advance(first, size=_HEAD_SIZE, bold=True), advance(second, size=_CITE_SIZE))


def _head_words(head: tuple[str, str]) -> tuple[str, str]:
    return (
        shorten(head[0], size=_HEAD_SIZE, limit=186, bold=True),
        shorten(head[1], size=_CITE_SIZE, limit=186),
    )


def _heads(grid: Grid, columns: range, layout: _Layout, *, base: float) -> str:
    """Column names, slanted where there is room beside them, upright where there is none."""
    parts: list[str] = []
    turn = -90 if layout.above else -45
    for place, column in enumerate(columns):
        x = layout.left + layout.pitch * (place + 0.5)
        first, second = _head_words(grid.heads[column])
        at = f"translate({number(x + (0 if layout.above else 2))} {number(base - 4)}) rotate({turn})"
        parts.append(
            element(
                "g",
                words(first, x=0, y=0 if not layout.above else -2, size=_HEAD_SIZE, bold=True),
                words(second, x=0, y=14 if not layout.above else 12, size=_CITE_SIZE, fill=QUIET),
                transform=at,
            )
        )
    return "".join(parts)


def _line(line: Line, columns: range, layout: _Layout, top: float) -> tuple[str, float]:
    room = layout.width - 4 if layout.above else layout.left - 16
    labels = wrap(line.label, size=14, limit=room, lines=3, bold=True)
    notes = wrap(line.note, size=13, limit=room, lines=4)
    block = 19 * len(labels) + 17 * len(notes)
    begin = top + 8
    middle = begin + HALF + 4 + (block + 2 if layout.above else 0)
    cites = _cite_words(line, layout) if columns.start == 0 else []
    height = max(block + 20 if not layout.above else 0, middle - top + HALF + 10 + 15 * len(cites) + 8)
    parts = [
        element("path", d=f"M2 {number(top)}H{number(layout.width - 2)}", stroke=HAIR),
        *(words(text, x=2, y=begin + 15 + 19 * place, bold=True) for place, text in enumerate(labels)),
        *(
            words(text, x=2, y=begin + 14 + 19 * len(labels) + 17 * place, size=13, fill=QUIET)
            for place, text in enumerate(notes)
        ),
        _marks([line.marks[column] for column in columns], layout, middle),
        *(
            words(text, x=layout.left, y=middle + HALF + 17 + 15 * place, size=_CITE_SIZE, fill=QUIET)
            for place, text in enumerate(cites)
        ),
    ]
    return "".join(parts), height


def _cite_words(line: Line, layout: _Layout) -> list[str]:
    """Court orders first, then as many of the other rules as fit in the row's two lines."""
    orders = f"court order {', '.join(line.orders)}; " if line.orders else ""
    room, most = layout.width - layout.left - 4, 1 if not layout.above else 2
    for kept in range(len(line.others), -1, -1):
        rest = len(line.others) - kept
        more = f" and {rest} more" if rest and kept else f"{rest} other rules" if rest else ""
        lines = wrap(f"{orders}{', '.join(line.others[:kept])}{more}".strip("; "), size=_CITE_SIZE, limit=room, lines=9)
        if len(lines) <= most:
            return lines
    return wrap(orders, size=_CITE_SIZE, limit=room, lines=most)


def _marks(marks: Sequence[Mark], layout: _Layout, middle: float) -> str:
    if layout.dense:
        return _runs(marks, layout, middle)
    return "".join(
        placed(mark, layout.key, x=layout.left + layout.pitch * (place + 0.5), y=middle)
        for place, mark in enumerate(marks)
    )


def _runs(marks: Sequence[Mark], layout: _Layout, middle: float) -> str:
    """Neighbours of one mark as one band; its height is its shape, and a bar above it stands for a court order."""
    bands: dict[tuple[Verdict, bool], str] = {}
    start = 0
    for (verdict, ordered), run in groupby(marks):
        count = len(list(run))
        x, half = layout.left + layout.pitch * start + 1, _BAND[verdict]
        wide = layout.pitch * count - 2
        bar = f"M{number(x)} {number(middle - 17)}h{number(wide)}v3h-{number(wide)}z" if ordered else ""
        bands[verdict, ordered] = bands.get((verdict, ordered), "") + (
            f"{bar}M{number(x)} {number(middle - half)}h{number(wide)}v{2 * half}h-{number(wide)}z"
        )
        start += count
    hatch = f"url(#{layout.key}-hatch)"
    shapes = (
        element("path", d=path, fill=hatch if verdict is Verdict.FORBIDDEN and not ordered else VERDICT[verdict])
        for (verdict, ordered), path in bands.items()
    )
    places = " ".join(number(layout.left + layout.pitch * (place + 0.5)) for place in range(len(marks)))
    letters = element(
        "text",
        "".join(LETTER[mark.verdict] for mark in marks),
        x=places,
        y=middle + 5,
        font_size=13,
        font_weight="600",
        text_anchor="middle",
        fill=INK,
        stroke=PAPER,
        stroke_width=3,
        paint_order="stroke",
    )
    return "".join(shapes) + letters


_BAND: Final = {Verdict.PERMITTED: 11, Verdict.CONDITIONAL: 8, Verdict.FORBIDDEN: 13}
