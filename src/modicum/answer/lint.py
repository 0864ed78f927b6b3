"""Check a table that people bring from elsewhere before it is shared: what in it could tell about somebody. Pure.

Findings name a place and a rule and never show what stands in a cell. No finding is no proof: the sums that the table
itself shows are followed one by one, and earlier tables are compared cell by cell; what joins of several tables tell is
asked of the gateway, which knows what it released.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from modicum.answer.lint_derive import derivable
from modicum.answer.lint_earlier import unlike
from modicum.answer.shared_table import Role, SharedTable, counts_of, digits, is_bounded, is_hidden, number, role_of
from modicum.answer.suppression import is_small
from modicum.custody.classify import IDENTIFIERS, classify
from modicum.custody.shapes import shape_of

SCHEMA: Final = "modicum.lint/1"
RULES: Final = {
    "small-cell": "a count of 1 to 10 people",
    "derivable": "a hidden count that sums or percentages give back",
    "figure-of-few": "a figure about people whose count is small or hidden",
    "telling-mark": "marks that tell which hidden cells are small",
    "unrounded": "more digits than the figure carries",
    "no-denominator": "percentages of nobody knows what",
    "undescribed": "a column that does not say what it holds, or in which unit",
    "identifier": "a column that says who somebody is",
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
        findings += (
            Finding(
                line=table.lines[row],
                column=table.headers[column],
                rule="too-like",
                cause=f"beside the earlier table {each.name}, this cell tells about a few people: {why}",
                cure="share one version of the table, or wait until more has changed and share no cell in between",
            )
            for row, column, why in unlike(table, each, roles)
        )
    return tuple(sorted(findings, key=lambda each: (each.line, table.headers.index(each.column), each.rule)))


def _small(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for row, column in _cells(table, counts_of(roles)):
        shown = number(table.rows[row][column])
        if shown is not None and is_small(int(shown)):
            yield _at(table, row, column, "small-cell", "the count is of 1 to 10", "hide it, and what gives it back")


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
        count = table.rows[row][counts[0]]
        shown = number(count)
        small = shown is not None and is_small(int(shown))
        if (small or is_hidden(count)) and number(table.rows[row][column]) is not None:
            yield _at(
                table, row, column, "figure-of-few", "the figure is about people whose count is small or hidden",
                "hide it as well",
            )  # fmt: skip


def _telling(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column in counts_of(roles):
        hidden = [(row, cell) for row, cell in enumerate(table.column(column)) if is_hidden(cell)]
        bounded = [row for row, cell in hidden if is_bounded(cell)]
        if bounded and len(bounded) < len(hidden):
            yield _at(
                table, bounded[0], column, "telling-mark", "one mark says that the count is small, another does not",
                "give every hidden cell the same mark",
            )  # fmt: skip


def _unrounded(table: SharedTable, roles: Sequence[Role]) -> Iterator[Finding]:
    for column, role in enumerate(roles):
        if role not in {Role.PERCENT, Role.FIGURE}:
            continue
        shown = [(row, cell) for row, cell in enumerate(table.column(column)) if cell and number(cell) is not None]
        proportion = role is Role.PERCENT and all((number(cell) or 0) <= 1 and "%" not in cell for _, cell in shown)
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
        cells = [cell for cell in table.column(column) if cell and not is_hidden(cell)]
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
    _small, _derivable, _of_few, _telling, _unrounded, _no_denominator, _identifier,
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
        shown = number(table.rows[row][column])
        if shown is not None and shown % base:
            yield _at(table, row, column, "unrounded", f"the count is no multiple of {base}", f"round counts to {base}")


def _cells(table: SharedTable, columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(len(table.rows)) for column in columns)


def _at(table: SharedTable, row: int, column: int, rule: str, cause: str, cure: str) -> Finding:
    return Finding(line=table.lines[row], column=table.headers[column], rule=rule, cause=cause, cure=cure)


def _whole(table: SharedTable, column: int, rule: str, cause: str, cure: str) -> Finding:
    return Finding(line=1, column=table.headers[column], rule=rule, cause=cause, cure=cure)
