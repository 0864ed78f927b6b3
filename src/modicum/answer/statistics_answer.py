"""A statistics answer as it leaves: JSON, and a CSV that no spreadsheet runs.

Whatever is hidden has one mark: null in JSON, `*` in the CSV. Which hidden figures were small is not told.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any, Final

from modicum.answer.tables.system import REACH, SPAN
from modicum.model.dataset import Stratum
from modicum.model.decision import Because
from modicum_verify.canonical import canonical

STATISTICS_SCHEMA: Final = "modicum.statistics/1"
MECHANISM: Final = "exact with suppression of 1 to 10"
FEWER: Final = "fewer than 11"
MARK: Final = "*"
TOTAL: Final = "total"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group, a margin, or the total: what may be shown of it; None where it is hidden or was not asked for.

    over: the columns, by number, that a margin is taken over; its key has None there.
    """

    key: tuple[str | None, ...]
    persons: int | None
    sums: tuple[str | None, ...]
    suppressed: bool
    over: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was proved of the hidden counts: each may be 11 or more, and its range spans 10 or more.

    But for those of people who had been said to be fewer than 11 (within_few): what they were is as vague as then.

    cells: hidden counts of this table that were audited. earlier: tables about the same people that this one was held
    against. method: how cells beyond the small ones were chosen. gap_percent: it hides at most so much more than any
    safe choice must.
    """

    cells: int
    earlier: int
    within_few: int
    method: str
    gap_percent: int

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "cells": self.cells,
            "reaches_at_least": REACH,
            "spans_at_least": SPAN,
            "earlier_tables": self.earlier,
            "within_fewer_than_11": self.within_few,
            "method": self.method,
            "solver": "HiGHS; witnesses checked in whole numbers",
            "gap_percent": self.gap_percent,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsAnswer:
    """Figures fit to leave. With `fewer_than_11` there are no lines and no total, whether it is ten people or none."""

    question: str
    by: tuple[str, ...]
    summed: tuple[str, ...]
    count_persons: bool
    fewer_than_11: bool
    lines: tuple[Line, ...]
    total: Line | None
    excluded_strata: tuple[Stratum, ...]
    rules: tuple[Because, ...]
    entry: int | None = None  # of the log; the hall fills it in
    audit: Audit | None = None

    @property
    def tells(self) -> bool:
        """Whether it says anything but which groups there are: a figure, or "fewer than 11"."""
        shown = [*self.lines, *([] if self.total is None else [self.total])]
        return self.fewer_than_11 or any(figure is not None for each in shown for figure in (each.persons, *each.sums))

    @property
    def suppressed(self) -> int:
        """How many groups are hidden."""
        return sum(line.suppressed for line in self.lines)

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/statistics.json)."""
        return {
            "schema": STATISTICS_SCHEMA,
            "question": self.question,
            "rows": [self._line(line) for line in self.lines],
            "total": FEWER if self.fewer_than_11 else None if self.total is None else self._line(self.total),
            "mechanism": MECHANISM,
            "interval": None,
            "suppressed": self.suppressed,
            "audit": None if self.audit is None else self.audit.as_document(),
            "excluded_strata": [dict(stratum) for stratum in self.excluded_strata],
            "rules": [rule.as_document() for rule in self.rules],
            "entry": self.entry,
        }

    def as_json(self) -> bytes:
        """The document in canonical form."""
        return canonical(self.as_document())

    def as_csv(self) -> bytes:
        """`answer.csv`: a line a group and one for the total; UTF-8, RFC 4180. No text can be a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        counted = ["persons"] if self.count_persons else []
        writer.writerow([safe_cell(name) for name in (*self.by, *counted, *self.summed)])
        if self.total is None:
            writer.writerow([TOTAL] * len(self.by) + [FEWER] * (len(counted) + len(self.summed)))
        for line in (*self.lines, *([] if self.total is None else [self.total])):
            whole = range(len(self.by)) if line is self.total else line.over
            parts = line.key or [None] * len(self.by)
            key = [TOTAL if place in whole else safe_cell(part or "") for place, part in enumerate(parts)]
            figures = ([line.persons] if self.count_persons else []) + list(line.sums)
            writer.writerow([*key, *(MARK if figure is None else figure for figure in figures)])
        return out.getvalue().encode("utf-8")

    def _line(self, line: Line) -> dict[str, Any]:
        return {
            "group": {
                name: part
                for place, (name, part) in enumerate(zip(self.by, line.key, strict=False))
                if place not in line.over
            },
            "persons": line.persons,
            "sums": dict(zip(self.summed, line.sums, strict=True)),
            "suppressed": line.suppressed,
        }


def safe_cell(words: str) -> str:
    """Text that a spreadsheet shows and does not run. Source: OWASP, CSV injection."""
    return f"'{words}" if words.startswith(_FORMULA_STARTS) else words
