"""Check a table that people bring from elsewhere before it is shared: what in it could tell about somebody. Pure.

Findings name a place and a rule and never show what stands in a cell. No finding is no proof: the sums that the table
itself shows are followed one by one, and earlier tables are compared cell by cell; what joins of several tables tell is
asked of the gateway, which knows what it released.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from modicum.answer.lint_cells import (
    bound,
    count,
    digits,
    has_decimal_comma,
    is_bounded,
    is_hidden,
    is_mark,
    is_one_group,
    is_percent,
    number,
    tells_nearly,
)
from modicum.answer.lint_derive import derivable
from modicum.answer.lint_earlier import unlike
from modicum.answer.shared_table import Role, SharedTable, counts_of, role_of
from modicum.answer.tables.primary import FEWEST
from modicum.custody.classify import IDENTIFIERS, classify
from modicum.custody.shapes import shape_of

SCHEMA: Final = "modicum.lint/1"
RULES: Final = {
    "small-cell": "a count of 1 to 10 people",
    "derivable": "a hidden count that sums or percentages give back",
    "figure-of-few": "a figure about people whose count is small or hidden",
    "telling-mark": "marks that tell which hidden cells are small, or how small",
    "unrounded": "more digits than the figure carries",
    "no-denominator": "percentages of nobody knows what",
    "undescribed": "a column that does not say what it holds, or in which unit",
    "identifier": "a column that says who somebody is",
    "unreadable": "a cell that cannot be read as one number, so that nothing in it was checked",
    "too-like": "a table that differs from an earlier one by a few people",
}
"""Every rule, and what it finds."""

_OPAQUE: Final = re.compile(r"\s*((column|unnamed|field|var|v|f|x|c|col)[ _:]*\d*|\d+)?\s*", re.IGNORECASE)
_NAMING: Final = IDENTIFIERS | {"name", "address", "phone", "email", "geo_point"}
_LONG: Final = re.compile(r"\d{7,}")
_SAMPLE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend. line: in the file, the header's for a whole column. No value of a cell is in the words."""

    line: int
    column: str
    rule: str
    cause: str
    cure: str

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "line": self.line,
            "column": self.column,
            "rule": self.rule,
            "cause": self.cause,
            "cure": self.cure,
        }


_Rule: TypeAlias = Callable[[SharedTable, Sequence[Role]], Iterator[Finding]]


def lint(table: SharedTable, *, earlier: Sequence[SharedTable] = (), base: int = 1) -> tuple[Finding, ...]:
    """Find what in a table could tell about somebody, from its top.

    earlier: tables that were shared before. base: to what counts are rounded by the custodian's rule; 1 is not at all.
    """
    found = [role_of(table, place) for place in range(len(table.headers))]
    roles = [role for role, _ in found]
    said = [says for _, says in found]
    findings = [finding for rule in _RULES for finding in rule(table, roles)]
    findings += _undescribed(table, roles, said)
    findings += _off_base(table, roles, base)
    for each in earlier:
        findings += (_beside(table, each.name, row, column, why) for row, column, why in unlike(table, each, roles))
    return tuple(sorted(findings, key=lambda each: (each.line, table.headers.index(each.column), each.rule)))


def _beside(table: SharedTable, earlier: str, row: int, column: int, why: str | None) -> Finding:
    if why is None:
        return _at(
            table, row, column, "unreadable",
            f"this cell of the earlier table {earlier} cannot be read as one number, so that the two were not compared",
            "mend the copy of the earlier table as if it were to be shared, and compare again",
        )  # fmt: skip
    return _at(
        table, row, column, "too-like",
        f"beside the earlier table {earlier}, this cell tells about a few people: {why}",
        "share one version of the table, or wait until more has changed and share no cell in between",
    )  # fmt: skip


def _small(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for row, column in _cells(table, counts_of(roles)):
        if _is_small(table.rows[row][column]):
            yield _at(table, row, column, "small-cell", "the count is of 1 to 10", "hide it, and what gives it back")


def _is_small(cell: str | None) -> bool:
    """Whether a cell shows a small count; a negative one is a change by as many."""
    shown = count(cell)
    return shown is not None and 0 < abs(shown) < FEWEST


def _unreadable(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column, role in enumerate(roles):
        commas = role is Role.COUNT and any(has_decimal_comma(cell) for cell in table.column(column))
        for row, cell in enumerate(table.column(column) if role is not Role.KEY else ()):
            if not _is_readable(cell, role) or (commas and is_one_group(cell)):
                yield _at(
                    table, row, column, "unreadable",
                    "the cell cannot be read as one number or a mark, so that nothing in it was checked",
                    "write one plain number, such as 1200, or a mark such as *; what else it says, in another column",
                )  # fmt: skip


def _is_readable(cell: str | None, role: Role) -> bool:
    if role is not Role.COUNT:
        return number(cell) is not None or is_hidden(cell)
    left = bound(cell)
    return count(cell) is not None or is_mark(cell) or (left is not None and not left.is_figure)


def _derivable(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for row, column in derivable(table, roles):
        yield _at(
            table, row, column, "derivable", "what is shown gives this hidden count back, or nearly",
            "hide a second one in its row and column, or the total",
        )  # fmt: skip


def _of_few(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    counts = counts_of(roles)
    if len(counts) != 1:  # whose figure it is cannot be told
        return
    for row, column in _cells(table, [p for p, role in enumerate(roles) if role in {Role.PERCENT, Role.FIGURE}]):
        people = table.rows[row][counts[0]]
        if (_is_small(people) or is_hidden(people)) and _is_shown(table.rows[row][column]):
            yield _at(
                table, row, column, "figure-of-few", "the figure is about people whose count is small or hidden",
                "hide it as well",
            )  # fmt: skip


def _is_shown(figure: str | None) -> bool:
    """Whether a cell tells a figure: a number, or a range that is no mark of a small count (`<0.1 %`, `20-30`)."""
    return number(figure) is not None or (bound(figure) is not None and not is_bounded(figure))


def _telling(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column in counts_of(roles):
        hidden = [(row, cell) for row, cell in enumerate(table.column(column)) if is_hidden(cell)]
        bounded = [row for row, cell in hidden if is_bounded(cell)]
        if bounded and len(bounded) < len(hidden):
            yield _at(
                table, bounded[0], column, "telling-mark", "one mark says that the count is small, another does not",
                "give every hidden cell the same mark",
            )  # fmt: skip
        for row, cell in hidden:
            if tells_nearly(cell):
                yield _at(
                    table, row, column, "telling-mark", "what stands for the hidden count leaves few numbers open",
                    "give every hidden cell one mark that leaves 1 to 10 open, such as * or <11",
                )  # fmt: skip


def _unrounded(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column, role in enumerate(roles):
        if role not in {Role.PERCENT, Role.FIGURE}:
            continue
        shown = [(row, cell) for row, cell in enumerate(table.column(column)) if cell and number(cell) is not None]
        proportion = role is Role.PERCENT and all(
            (number(cell) or 0) <= 1 and not is_percent(cell) for _, cell in shown
        )
        most = (3 if proportion else 1) if role is Role.PERCENT else 2
        long = [row for row, cell in shown if digits(cell) > most]
        if long:
            yield _at(
                table, long[0], column, "unrounded",
                f"more than {most} after the point in {len(long)} cells of the column, from which counts can be found",
                f"round to {most} after the point",
            )  # fmt: skip


def _no_denominator(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column, role in enumerate(roles):
        if role is Role.PERCENT and not counts_of(roles) and not re.search(r"\bof\b|\bper\b", table.words(column)):
            yield _whole(
                table, column, "no-denominator", "percentages, and no column says of how many",
                "add the count that they are percentages of, or name it in the header",
            )  # fmt: skip


def _identifier(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column, role in enumerate(roles):
        cells = [cell for cell in table.column(column) if cell and not is_mark(cell) and not is_bounded(cell)]
        held = classify("", table.headers[column], cells[:_SAMPLE])
        births = held.data_class == "dob" and held.kind == "date"
        if held.data_class in _NAMING or births or (role is Role.KEY and _is_numbering(cells)):
            yield _whole(
                table, column, "identifier", "the column looks like one that says who somebody is",
                "leave the column out; a table of counts needs none",
            )  # fmt: skip


def _is_numbering(cells: Sequence[str]) -> bool:
    """Whether keys are long numbers or UUIDs that never come twice: somebody's, most likely."""
    if len(cells) < 2 or len(set(cells)) < len(cells):  # noqa: PLR2004 - one key is no numbering
        return False
    return all(_LONG.fullmatch(cell.strip()) for cell in cells) or shape_of(cells) in {"uuid", "ssn", "mbi", "a_number"}


_RULES: Final[tuple[_Rule, ...]] = (
    _small, _unreadable, _derivable, _of_few, _telling, _unrounded, _no_denominator, _identifier,
)  # fmt: skip


def _undescribed(table: SharedTable, roles: Sequence[Role], said: Sequence[bool]) -> Iterator[Finding]:
    for column, (role, says) in enumerate(zip(roles, said, strict=True)):
        described = bool(table.described.get(table.headers[column], "").strip())
        if _OPAQUE.fullmatch(table.headers[column]) and not described and (role is Role.KEY or not says):
            yield _whole(table, column, "undescribed", "the header says nothing", "name what the column holds")
        elif role is not Role.KEY and not says and not described:
            yield _whole(
                table, column, "undescribed", "the header does not say of what the figures are, or in which unit",
                'write it into the header, as in "persons" or "paid (USD)", or describe the column',
            )  # fmt: skip


def _off_base(table: SharedTable, roles: Sequence[Role], base: int) -> Iterator[Finding]:
    for row, column in _cells(table, counts_of(roles)) if base > 1 else ():
        shown = count(table.rows[row][column])
        if shown is not None and (shown != int(shown) or int(shown) % base):
            yield _at(table, row, column, "unrounded", f"the count is no multiple of {base}", f"round counts to {base}")


def _cells(table: SharedTable, columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(len(table.rows)) for column in columns)


def _at(table: SharedTable, row: int, column: int, rule: str, cause: str, cure: str) -> Finding:
    return Finding(line=table.lines[row], column=table.headers[column], rule=rule, cause=cause, cure=cure)


def _whole(table: SharedTable, column: int, rule: str, cause: str, cure: str) -> Finding:
    return Finding(line=1, column=table.headers[column], rule=rule, cause=cause, cure=cure)
