"""What a shared table tells beside an earlier one of the same shape: the few people by whom they differ. Pure."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

from modicum.answer.lint_cells import count, is_hidden, number
from modicum.answer.shared_table import Role, SharedTable, counts_of, keys_of
from modicum.answer.tables.primary import is_small

_Key: TypeAlias = tuple[str, ...]


def unlike(table: SharedTable, earlier: SharedTable, roles: Sequence[Role]) -> Iterator[tuple[int, int, str | None]]:
    """The cells (row, column) that tell about a few people beside the earlier table, and why.

    None for why: the earlier table's cell cannot be read, so that the two were not compared. Columns are paired by
    header, rows by their keys. Equal cells tell nothing new.
    """
    places = {_plain(header): place for place, header in enumerate(earlier.headers)}
    pairs = {
        column: places[_plain(table.headers[column])]
        for column in range(len(roles))
        if _plain(table.headers[column]) in places
    }
    keys = keys_of(roles)
    if any(key not in pairs for key in keys):
        return
    before = {_key(row, [pairs[key] for key in keys]): row for row in earlier.rows}
    counts = [column for column in counts_of(roles) if column in pairs]
    figures = [column for column, role in enumerate(roles) if role is Role.FIGURE and column in pairs]
    for index, row in enumerate(table.rows):
        then = before.get(_key(row, keys))
        if then is None:
            continue
        told = [(column, _of_count(row[column], then[pairs[column]])) for column in counts]
        yield from ((index, column, why) for column, why in told if why is not None)
        yield from ((index, column, None) for column in counts if _is_unread(then[pairs[column]], count))
        yield from ((index, column, None) for column in figures if _is_unread(then[pairs[column]], number))
        same = bool(counts) and all(_same(row[column], then[pairs[column]]) for column in counts)
        for column in figures if same else ():
            if _changed(row[column], then[pairs[column]]):
                yield index, column, "its people are as many as then, and the figure is not"


def _of_count(now: str | None, then: str | None) -> str | None:
    new, old = count(now), count(then)
    if new is not None and old is not None:
        return "the counts differ by 1 to 10" if is_small(abs(int(new) - int(old))) else None
    if is_hidden(now) and old is not None:
        return "it is hidden here and was shown there"
    return "it is shown here and was hidden there" if new is not None and is_hidden(then) else None


def _is_unread(then: str | None, reader: Callable[[str | None], Decimal | None]) -> bool:
    return reader(then) is None and not is_hidden(then)


def _same(now: str | None, then: str | None) -> bool:
    new: Decimal | None = count(now)
    return new is not None and new == count(then)


def _changed(now: str | None, then: str | None) -> bool:
    new, old = number(now), number(then)
    return new is not None and old is not None and new != old


def _plain(header: str) -> str:
    return " ".join(header.replace("_", " ").split()).casefold()


def _key(row: Sequence[str | None], places: Sequence[int]) -> _Key:
    return tuple((row[place] or "").strip().casefold() for place in places)
