"""P9, the suppression view: which cells of an exact table are hidden, and how much the shown ones leave open.

Every hidden cell has one mark, whatever hid it: the view tells no more than the table that leaves. The ranges are what
anybody could work out from the shown cells; they come from the audit, and are shown to those who check.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from modicum.paper.colours import ALARM, HAIR, LINE, PAPER, QUIET
from modicum.paper.marks import hatch
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.svg import drawing, element, shorten, words

MARK: Final = "*"
_MOST_ROWS: Final = 60
_MOST_COLUMNS: Final = 12
_TALL: Final = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedTable:
    """An exact table as it leaves: a figure, or None where it is hidden.

    ranges: of hidden cells, by row and column from 0, the least and the most that the shown cells leave open.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]
    ranges: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a table that is none, and a range of a cell that is shown (ValueError)."""
        if len(self.cells) != len(self.rows) or any(len(row) != len(self.columns) for row in self.cells):
            raise ValueError("the cells are not as many as rows times columns")
        if any(self.cells[row][column] is not None for row, column in self.ranges):
            raise ValueError("a range of a cell that is shown")


def suppressed(given: SuppressedTable) -> Picture:
    """Draw the table as a grid, up to 60 rows and 12 columns of it; the table beside it holds all."""
    table = Table(
        given.title,
        ("", *given.columns),
        tuple(
            (name, *(_said(given, row, column) for column in range(len(given.columns))))
            for row, name in enumerate(given.rows)
        ),
    )
    finding = _finding(given)
    alt = f"A grid of {len(given.rows):,} rows and {len(given.columns):,} columns; hidden cells are hatched. {finding}"
    key = key_of("suppressed", table)
    return Picture(
        svg=_draw(given, finding=finding, alt=alt, key=key, width=960, label=220, panel=6),
        narrow=_draw(given, finding=finding, alt=alt, key=f"{key}n", width=300, label=96, panel=2),
        table=table,
        finding=finding,
        alt=alt,
    )


def _said(given: SuppressedTable, row: int, column: int) -> str | int:
    cell = given.cells[row][column]
    if cell is not None:
        return cell
    found = given.ranges.get((row, column))
    return MARK if found is None else f"{MARK} ({found[0]:,} to {found[1]:,})"


def _finding(given: SuppressedTable) -> str:
    hidden = sum(cell is None for row in given.cells for cell in row)
    every = sum(len(row) for row in given.cells)
    if not hidden:
        return f"All {every:,} cells are shown."
    said = f"{hidden:,} of {every:,} cells {'is' if hidden == 1 else 'are'} hidden, all with one mark"
    if not given.ranges:
        return f"{said}: which of them were small is not told."
    narrowest = min(high - low + 1 for low, high in given.ranges.values())
    return f"{said}; what is shown leaves {narrowest:,} numbers open for each of them, or more."


def _draw(given: SuppressedTable, *, finding: str, alt: str, key: str, width: float, label: float, panel: int) -> str:
    """Panels of some columns each, one below another, so that no figure is cramped."""
    parts = [element("defs", hatch(key))]
    top = 6.0
    columns = range(min(len(given.columns), _MOST_COLUMNS))
    for begin in range(0, max(1, len(columns)), panel):
        drawn, height = _panel(
            given, columns[begin : begin + panel], key=key, top=top, width=width, label=label, of=panel
        )
        parts.append(drawn)
        top += height + 18
    over = len(given.rows) > _MOST_ROWS or len(given.columns) > _MOST_COLUMNS
    if over:
        parts.append(words("More stands in the table.", x=2, y=top + 6, size=13, fill=QUIET))
    return drawing(*parts, width=width, height=top + (18 if over else 0), title=finding, description=alt, key=key)


def _panel(
    given: SuppressedTable, columns: Sequence[int], *, key: str, top: float, width: float, label: float, of: int
) -> tuple[str, float]:
    room = (width - label - 4) / of
    shown = given.rows[:_MOST_ROWS]
    parts = [
        words(
            shorten(given.columns[column], size=12.5, limit=room - 10, bold=True),
            x=label + room * (place + 1) - 8, y=top + 16, size=12.5, bold=True, text_anchor="end",
        )
        for place, column in enumerate(columns)
    ]  # fmt: skip
    for row, name in enumerate(shown):
        y = top + 26 + _TALL * row
        parts.append(element("path", d=f"M2 {y:g}H{width - 2:g}", stroke=HAIR))
        parts.append(words(shorten(name, size=13.5, limit=label - 8), x=2, y=y + 25, size=13.5))
        parts += [
            _cell(given, row, column, key=key, x=label + room * place, y=y, room=room)
            for place, column in enumerate(columns)
        ]
    return "".join(parts), 26 + _TALL * len(shown)


def _cell(given: SuppressedTable, row: int, column: int, *, key: str, x: float, y: float, room: float) -> str:
    cell = given.cells[row][column]
    if cell is not None:
        said = shorten(f"{cell:,}", size=14, limit=room - 12)
        return words(said, x=x + room - 8, y=y + 25, size=14, text_anchor="end")
    box = element(
        "rect", x=x + 4, y=y + 3, width=room - 8, height=_TALL - 6, rx=3, fill=f"url(#{key}-hatch)", stroke=ALARM
    )
    found = given.ranges.get((row, column))
    if found is None:
        return box + _plate(MARK, x=x + room / 2, y=y + 12, size=16, room=room)
    said = shorten(f"{found[0]:,} to {found[1]:,}", size=11.5, limit=room - 24)
    return box + _plate(f"{MARK} {said}", x=x + room / 2, y=y + 12, size=11.5, room=room)


def _plate(said: str, *, x: float, y: float, size: float, room: float) -> str:
    wide = min(room - 14, 0.62 * size * len(said) + 14)
    plate = element("rect", x=x - wide / 2, y=y - 2, width=wide, height=20, rx=3, fill=PAPER, stroke=LINE)
    return plate + words(said, x=x, y=y + 12.5, size=size, bold=size > 14, text_anchor="middle")  # noqa: PLR2004
