"""Which hidden counts of a shared table follow from what it shows: sums of rows and columns, and percentages. Pure.

Each hidden count is an interval of whole numbers from 1 up. Every sum narrows its cells, again and again until nothing
moves. What is found can be derived; what is not found may still be, by solving all sums at once: that is the gateway's
own audit, over all that it released.

Source: CMS cell size suppression policy (ResDAC, 2024), the half that forbids derivation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, TypeAlias

from modicum.answer.lint_cells import (
    MOST,
    NARROWEST,
    Bound,
    bound,
    count,
    digits,
    is_hidden,
    is_mark,
    is_percent,
    number,
)
from modicum.answer.shared_table import Role, SharedTable, counts_of, is_total, keys_of
from modicum.answer.tables.primary import FEWEST

Place: TypeAlias = tuple[int, int]
"""Row and column of a cell, from 0."""

ROUNDS: Final = 100


@dataclass(slots=True)
class Range:
    """What a count can be, both ends included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Sum:
    """One cell that is the sum of others."""

    total: Place
    parts: tuple[Place, ...]


def derivable(table: SharedTable, roles: Sequence[Role]) -> list[Place]:
    """The hidden counts that what is shown pins to fewer than 11 numbers, or to at most 10; sorted."""
    ranges = _ranges(table, roles)
    hidden = {place for place, each in ranges.items() if each.low != each.high or _is_hidden(table, place)}
    sums = [each for each in _sums(table, roles) if _adds_up(each, ranges)]
    _by_percentages(table, roles, ranges, sums)
    for _ in range(ROUNDS):
        moved = [_narrowed(each, ranges) for each in sums]  # all of them, each round
        if not any(moved):
            break
    return sorted(place for place in hidden if _is_pinned(ranges[place], mark=bound(_cell(table, place))))


def _is_pinned(found: Range, *, mark: Bound | None) -> bool:
    """Whether too little is left open; of a cell whose mark says how much that is, less than the mark leaves."""
    width = found.high - found.low
    if mark is None:
        return found.high < FEWEST or width < NARROWEST
    if mark.high < FEWEST:
        return width < min(NARROWEST - 1, mark.high - mark.low)
    return mark.low < FEWEST and (found.high < FEWEST or width < min(NARROWEST, mark.high - mark.low))


def _cell(table: SharedTable, place: Place) -> str | None:
    return table.rows[place[0]][place[1]]


def _is_hidden(table: SharedTable, place: Place) -> bool:
    return is_hidden(_cell(table, place))


def _ranges(table: SharedTable, roles: Sequence[Role]) -> dict[Place, Range]:
    found: dict[Place, Range] = {}
    for column in counts_of(roles):
        for row, cell in enumerate(table.column(column)):
            shown, left = count(cell), bound(cell)
            if shown is not None and 0 <= shown <= MOST and shown == int(shown):
                found[row, column] = Range(int(shown), int(shown))
            elif left is not None and not left.is_figure:
                found[row, column] = Range(left.low, left.high)
            elif is_mark(cell):
                found[row, column] = Range(1, MOST)
    return found


def _sums(table: SharedTable, roles: Sequence[Role]) -> Iterator[Sum]:
    """Rows that a key calls a total, over each key; and a column that its header calls a total, over the others."""
    counts = counts_of(roles)
    for whole, parts in _rows_of_totals(table, keys_of(roles)):
        yield from (Sum((whole, column), tuple((part, column) for part in parts)) for column in counts)
    wholes = [place for place in counts if is_total(table.headers[place])]
    others = [place for place in counts if place not in wholes]
    if len(wholes) == 1 and len(others) > 1:
        for index in range(len(table.rows)):
            yield Sum((index, wholes[0]), tuple((index, place) for place in others))


def _rows_of_totals(table: SharedTable, keys: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Each row of a total, and the rows that it is of: like it in all other keys that it fills in."""
    indexes: dict[tuple[int, ...], dict[tuple[str | None, ...], list[int]]] = {}
    for whole, row in enumerate(table.rows):
        for key in (key for key in keys if is_total(row[key])):
            fixed = tuple(other for other in keys if other != key and (row[other] or "").strip())
            if fixed not in indexes:
                indexes[fixed] = {}
                for index, each in enumerate(table.rows):
                    indexes[fixed].setdefault(tuple(_plain(each[other]) for other in fixed), []).append(index)
            same = indexes[fixed][tuple(_plain(row[other]) for other in fixed)]
            parts = [index for index in same if (table.rows[index][key] or "").strip()]
            parts = [index for index in parts if not is_total(table.rows[index][key])]
            if parts:
                yield whole, parts


def _plain(cell: str | None) -> str | None:
    return "total" if is_total(cell) else cell


def _adds_up(each: Sum, ranges: dict[Place, Range]) -> bool:
    """Whether it can be a sum at all: people in several groups, or a column of another kind, make it none."""
    if each.total not in ranges or any(part not in ranges for part in each.parts):
        return False
    whole = ranges[each.total]
    low, high = (sum(getattr(ranges[part], end) for part in each.parts) for end in ("low", "high"))
    return bool(low <= whole.high and whole.low <= high)


def _narrowed(each: Sum, ranges: dict[Place, Range]) -> bool:
    """Narrow the cells of one sum by one another; whether anything moved."""
    whole, parts = ranges[each.total], [ranges[part] for part in each.parts]
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    moved = _cut(whole, low, high)
    for part in parts:
        moved |= _cut(part, whole.low - (high - part.high), whole.high - (low - part.low))
    return moved


def _cut(cell: Range, low: int, high: int) -> bool:
    low, high = max(cell.low, low), min(cell.high, high)
    if low > high or (low, high) == (cell.low, cell.high):  # a contradiction proves nothing about anybody
        return False
    cell.low, cell.high = low, high
    return True


def _by_percentages(table: SharedTable, roles: Sequence[Role], ranges: dict[Place, Range], sums: Sequence[Sum]) -> None:
    """A percentage beside a hidden count, of a total that is shown, gives the count back up to its rounding."""
    percents = [place for place, role in enumerate(roles) if role is Role.PERCENT]
    counts = counts_of(roles)
    if len(percents) != 1 or len(counts) != 1:  # whose percentage it is cannot be told
        return
    for each in sums:
        base = ranges[each.total]
        for row, column in each.parts if base.low == base.high else ():
            cell = table.rows[row][percents[0]]
            share = number(cell)
            if cell is not None and share is not None and _is_hidden(table, (row, column)):
                half = Decimal(5) / Decimal(10) ** (digits(cell) + 1)
                scale = Decimal(base.low) / (100 if is_percent(cell) or not _is_proportion(table, percents[0]) else 1)
                low = ((share - half) * scale).to_integral_value(ROUND_CEILING)
                high = ((share + half) * scale).to_integral_value(ROUND_FLOOR)
                _cut(ranges[row, column], int(low), int(high))


def _is_proportion(table: SharedTable, column: int) -> bool:
    shown = [number(cell) for cell in table.column(column)]
    return all(each is None or each <= 1 for each in shown)
