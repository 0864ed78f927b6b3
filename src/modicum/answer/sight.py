"""One form of answer, looked at through a decision: the cells that count for it, and the strata it may hold. Pure.

What counts: for records the columns asked for, and those by which people are chosen, since whoever sees who was chosen
sees what was compared. For the other forms all columns that the question is made of.
"""

from dataclasses import dataclass

from modicum.model.decision import Cell, Decision, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import RECORD_FORMS, Form
from modicum.model.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One form, looked at: the cells that count for it, stratum by stratum.

    cells: a row per stratum; for records the columns asked for, else those used. choosing: for records the columns by
    which they are chosen, of which each must be permitted, a row per stratum.
    """

    form: Form
    indexes: tuple[int, ...]
    cells: tuple[tuple[Cell, ...], ...]
    choosing: tuple[tuple[Cell, ...], ...]
    open_strata: tuple[int, ...]

    @classmethod
    def of(cls, request: Request, decision: Decision, form: Form) -> "Sight":
        """Look at a decision in one form."""
        records = form in RECORD_FORMS
        indexes = indexes_of(decision, request.columns if records else (used(request) or request.columns))
        chosen = indexes_of(decision, tuple(each.column for each in request.population.where)) if records else ()
        strata = range(len(decision.strata))
        cells = tuple(tuple(decision.cell(stratum, column, form) for column in indexes) for stratum in strata)
        choosing = tuple(tuple(decision.cell(stratum, column, form) for column in chosen) for stratum in strata)
        # A record lacks a column that may not leave; a count by that column cannot be made at all.
        enough = any if records else all
        opened = [
            index
            for index, row in enumerate(cells)
            if row
            and all(c.verdict is Verdict.PERMITTED for c in choosing[index])
            and enough(c.verdict is Verdict.PERMITTED for c in row)
        ]
        return cls(form=form, indexes=indexes, cells=cells, choosing=choosing, open_strata=tuple(opened))

    @property
    def verdict(self) -> Verdict:
        """Permitted where something may leave, else conditional where it could, else forbidden."""
        if self.open_strata:
            return Verdict.PERMITTED
        enough = any if self.form in RECORD_FORMS else all
        could = any(
            row
            and all(c.verdict is not Verdict.FORBIDDEN for c in chosen)
            and enough(c.verdict is not Verdict.FORBIDDEN for c in row)
            for row, chosen in zip(self.cells, self.choosing, strict=True)
        )
        return Verdict.CONDITIONAL if could else Verdict.FORBIDDEN

    @property
    def columns(self) -> int:
        """How many columns count."""
        return len(self.indexes)

    @property
    def permitted_columns(self) -> int:
        """How many of them may leave in some stratum."""
        return sum(any(c.verdict is Verdict.PERMITTED for c in column) for column in zip(*self.cells, strict=True))

    def distinct(self, verdict: Verdict) -> set[Cell]:
        """The different cells of one verdict."""
        # A decision holds each verdict once, so many cells are one object: by identity first, then each hashed once.
        found = {id(cell): cell for rows in (self.cells, self.choosing) for row in rows for cell in row}
        return {cell for cell in found.values() if cell.verdict is verdict}


def used(request: Request) -> tuple[str, ...]:
    """The columns of which a question is made: groups, sums, conditions; each once."""
    conditions = [condition.column for condition in request.population.where]
    return tuple(dict.fromkeys([*request.counted, *conditions]))


def indexes_of(decision: Decision, names: tuple[str, ...]) -> tuple[int, ...]:
    """The columns of a decision that are so called, each once. Raises InvalidInputError: it has no such column."""
    return tuple(dict.fromkeys(_index(decision, name) for name in names))


def _index(decision: Decision, name: str) -> int:
    exact = [index for index, column in enumerate(decision.columns) if column.qualified == name]
    bare = [index for index, column in enumerate(decision.columns) if column.name == name]
    if not exact and not bare:
        raise InvalidInputError(cause=f"the decision knows no column {name}", cure="see `modicum data describe`")
    return (exact or bare)[0]
