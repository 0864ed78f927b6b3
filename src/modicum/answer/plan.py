"""The plan of an answer: which columns of which strata leave, in which shape, about which people. Pure.

Rules it keeps. A cell leaves only where its verdict is *permitted* in the form of the answer and its class is not
dropped in that form. A column that chooses people (`where`, `by`, `sums`) tells what it was compared with, so a stratum
where any such column may not leave is left out whole: none of its rows is chosen by, counted or released. Nothing here
reads a row.

Who is asked about: conditions choose *persons*. A person is in the population when for each condition they have at
least one row, of that column's table and of a stratum that is not left out, that meets it. A row leaves when it is of
such a person and meets the conditions on its own table itself. Rows that belong to nobody never leave.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from modicum.answer.tables.shape import FLAT, TableShape, shape_of
from modicum.answer.treatments import AMOUNT, COMPACT_DATE, ISO_DATE, Treatment
from modicum.model.dataset import Column, Stratum
from modicum.model.decision import Because, Decision, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import RECORD_FORMS, Form
from modicum.model.request import Condition, Operator, Request
from modicum.model.traits import ClassTraits

PSEUDONYM_COLUMN: Final = "person_pseudonym"
_ORDERING: Final = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})
_NUMBERS: Final = frozenset({"integer", "decimal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedColumn:
    """A column that leaves or chooses: what becomes of it, and the strata (by index) in which it may."""

    column: Column
    treatment: Treatment
    strata: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTable:
    """A table that leaves as records: its columns in the order asked for, each in at least one stratum."""

    name: str
    columns: tuple[PlannedColumn, ...]

    @property
    def strata(self) -> frozenset[int]:
        """The strata whose rows leave: at least one column may."""
        return frozenset[int]().union(*(each.strata for each in self.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A condition with its column and its values in the form in which they are compared.

    Dates compare as ISO text, numbers by order as decimals, everything else as text, byte by byte.
    """

    column: Column
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one answer holds. `tables` for forms of records; `base`, `by`, `sums`, `count_persons` for statistics.

    `eligible` are the strata that choosing leaves in; `rules` are those that permit what leaves. `persons`, where a
    list names them, are the numbers of the only persons in the answer; None where no list does. `shape`: which margins
    of a table are shown.
    """

    form: Form
    as_of: date
    question: str
    dataset_version: str
    all_strata: tuple[Stratum, ...]
    eligible: frozenset[int]
    conditions: tuple[Bound, ...]
    tables: tuple[PlannedTable, ...] = ()
    dropped: tuple[str, ...] = ()
    base: str | None = None
    by: tuple[PlannedColumn, ...] = ()
    sums: tuple[PlannedColumn, ...] = ()
    count_persons: bool = True
    rules: tuple[Because, ...] = ()
    persons: tuple[int, ...] | None = None
    shape: TableShape = FLAT

    @property
    def excluded_strata(self) -> tuple[Stratum, ...]:
        """The strata of which nothing leaves."""
        if self.form in RECORD_FORMS:
            leaving = frozenset[int]().union(*(table.strata for table in self.tables))
        else:
            leaving = self.eligible
        return tuple(stratum for index, stratum in enumerate(self.all_strata) if index not in leaving)

    @property
    def is_empty(self) -> bool:
        """Whether the law lets nothing leave: no stratum, or no column."""
        return not self.tables if self.form in RECORD_FORMS else not self.eligible


def plan(
    request: Request,
    decision: Decision,
    form: Form,
    transformations: Mapping[tuple[Form, str], str],
    traits: ClassTraits | None = None,
    *,
    identifying: Iterable[str] = (),
) -> Plan:
    """Plan the answer to a request in one form, from the decision on it.

    transformations: from (form, class) to keep, drop, year, zip3 or pseudonym; what it does not list is dropped.
    traits: what classes can do to a person; left out, what follows from the transformations alone. identifying: columns
    by which a list of named persons chooses; they count as columns of conditions do.
    Raises InvalidInputError: an unknown column, a condition or a group that this form cannot hold, or a form that holds
    neither statistics nor records.
    """
    known = traits or ClassTraits.of(transformations)
    scene = _Scene(decision=decision, form=form, transformations=transformations, traits=known)
    conditions = tuple(_bound(scene, condition) for condition in request.population.where)
    if form in RECORD_FORMS:
        return _records(scene, request, conditions, tuple(identifying))
    if form is Form.STATISTICS:
        return _statistics(scene, request, conditions)
    raise InvalidInputError(
        cause=f"an answer in the form {form} cannot be computed here", cure="ask for statistics or records"
    )


def check_conditions(
    request: Request,
    decision: Decision,
    form: Form,
    transformations: Mapping[tuple[Form, str], str],
    traits: ClassTraits | None = None,
) -> None:
    """Check that a request chooses nobody by name, nor by more than the answer may show.

    Under pseudonyms a name would tell whose each row is, and requests stand in the log. A condition compares what is
    stored: one on an exact day, where only the year leaves, would tell the day.
    Raises InvalidInputError naming the column, never the value.
    """
    naming = (traits or ClassTraits.of(transformations)).naming
    classes = {name: column.data_class for column in decision.columns for name in (column.qualified, column.name)}
    for condition in request.population.where:
        if classes.get(condition.column) in naming:
            raise InvalidInputError(
                cause=f"the condition on {condition.column} chooses people one by one, and requests stand in the log",
                cure="choose people by what many share, such as state, year or programme",
            )
        coarse = transformations.get((form, classes.get(condition.column) or ""))
        if coarse in {Treatment.YEAR, Treatment.ZIP3}:
            raise InvalidInputError(
                cause=f"the condition on {condition.column} tells more than the {coarse} that may leave as {form}",
                cure="leave the condition out, or choose people by a column that leaves as it is",
            )


def bounds(request: Request, decision: Decision) -> tuple[Bound, ...]:
    """The conditions of a request as they are compared. Raises InvalidInputError: one that its column cannot hold."""
    scene = _Scene(decision=decision, form=Form.STATISTICS, transformations={}, traits=ClassTraits.of({}))
    return tuple(_bound(scene, condition) for condition in request.population.where)


def leaving(
    request: Request, decision: Decision, form: Form, transformations: Mapping[tuple[Form, str], str]
) -> dict[str, frozenset[int]]:
    """Give the strata (by index) in which an answer tells something of a column, by `table.column`.

    It tells what it shows, and what it chose people by. Columns of which nothing leaves are not there. Needs no more
    of a column than its name and class, so a decision that was only stored will do.
    Raises InvalidInputError: a column that the decision does not know.
    """
    scene = _Scene(
        decision=decision, form=form, transformations=transformations, traits=ClassTraits.of(transformations)
    )
    choosing = [scene.column(each.column) for each in request.population.where]
    if form in RECORD_FORMS:
        eligible = scene.eligible(choosing)
        shown = [_within(scene.column(name), eligible) for name in request.columns]
        rows = frozenset[int]().union(*(each.strata for each in shown))
        told = [*((each, each.strata) for each in shown), *((each, rows) for each in choosing)]
    else:
        used = [*map(scene.column, request.counted), *choosing] or [scene.column(name) for name in request.columns]
        told = [(each, scene.eligible(used)) for each in used]
    found: dict[str, frozenset[int]] = {}
    for planned, strata in told:
        found[planned.column.qualified] = found.get(planned.column.qualified, frozenset()) | strata
    return {name: strata for name, strata in found.items() if strata}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    decision: Decision
    form: Form
    transformations: Mapping[tuple[Form, str], str]
    traits: ClassTraits

    def column(self, name: str) -> PlannedColumn:
        """A column of the decision, by `table.column` or a bare name that only one of them has."""
        columns = self.decision.columns
        exact = [index for index, column in enumerate(columns) if column.qualified == name]
        bare = sorted({column.qualified: i for i, column in enumerate(columns) if column.name == name}.values())
        if not exact and len(bare) != 1:
            raise InvalidInputError(cause=f"the decision knows no column {name}", cure="see `modicum data describe`")
        index = exact[0] if exact else bare[0]
        column, treatment = columns[index], self.treatment(columns[index])
        strata = frozenset(self.permitted(index)) if treatment is not Treatment.DROP else frozenset[int]()
        return PlannedColumn(column=column, treatment=treatment, strata=strata)

    def permitted(self, column: int) -> Iterable[int]:
        cell = self.decision.cell
        strata = range(len(self.decision.strata))
        return (s for s in strata if cell(s, column, self.form).verdict is Verdict.PERMITTED)

    def treatment(self, column: Column) -> Treatment:
        if column.data_class is None:
            return Treatment.DROP
        named = self.transformations.get((self.form, column.data_class), Treatment.DROP)
        try:
            return Treatment(named)
        except ValueError:
            raise InvalidInputError(
                cause=f"the pack asks for the transformation {named}, which is not known here",
                cure="use keep, drop, year, zip3 or pseudonym",
            ) from None

    def eligible(self, choosing: Iterable[PlannedColumn]) -> frozenset[int]:
        everything = frozenset(range(len(self.decision.strata)))
        return everything.intersection(*(each.strata for each in choosing))

    def rules(self, leaving: Iterable[PlannedColumn], strata: frozenset[int]) -> tuple[Because, ...]:
        indexes = {column.qualified: index for index, column in enumerate(self.decision.columns)}
        cells = {
            self.decision.cell(stratum, indexes[each.column.qualified], self.form)
            for each in leaving
            for stratum in each.strata & strata
        }
        return tuple(sorted({because for cell in cells for because in cell.because}))


def _records(scene: _Scene, request: Request, conditions: tuple[Bound, ...], identifying: tuple[str, ...]) -> Plan:
    names = [*(each.column for each in request.population.where), *identifying]
    choosing = [_choosing(scene, each) for each in names]
    eligible = scene.eligible(choosing)
    asked = list({each.column.qualified: each for each in map(scene.column, request.columns)}.values())
    kept = [_within(each, eligible) for each in asked]
    leaving = [each for each in kept if each.strata]
    tables = tuple(
        PlannedTable(name=name, columns=tuple(each for each in leaving if each.column.table == name))
        for name in dict.fromkeys(each.column.table for each in leaving)
    )
    if scene.form is Form.PSEUDONYMISED and any(each.column.name.lower() == PSEUDONYM_COLUMN for each in leaving):
        raise InvalidInputError(
            cause=f"a column is called {PSEUDONYM_COLUMN}, as our own is", cure="register it under another name"
        )
    return Plan(
        form=scene.form,
        as_of=scene.decision.as_of,
        question=request.question.text,
        dataset_version=scene.decision.dataset_version,
        all_strata=scene.decision.strata,
        eligible=eligible,
        conditions=conditions,
        tables=tables,
        dropped=tuple(each.column.qualified for each in kept if not each.strata),
        rules=scene.rules([*leaving, *choosing], eligible),
    )


def _statistics(scene: _Scene, request: Request, conditions: tuple[Bound, ...]) -> Plan:
    question = request.question
    by = tuple(_grouping(scene, name) for name in question.by)
    sums = tuple(_summed(scene, name) for name in question.sums)
    if len({each.column.table for each in by}) > 1:
        raise InvalidInputError(
            cause="the groups come from more than one table", cure="group by columns of one table only"
        )
    choosing = [_choosing(scene, each.column) for each in request.population.where]
    used = [*by, *sums, *choosing] or [scene.column(name) for name in request.columns]
    if not used:
        raise InvalidInputError(
            cause="the question uses no column", cure="name what to count, to add up or to group by"
        )
    if not question.count_persons and not sums:
        raise InvalidInputError(cause="the question counts nothing", cure="set count_persons, or name sums")
    eligible = scene.eligible(used)
    asked = [scene.column(name) for name in request.columns]
    return Plan(
        form=scene.form,
        as_of=scene.decision.as_of,
        question=question.text,
        dataset_version=scene.decision.dataset_version,
        all_strata=scene.decision.strata,
        eligible=eligible,
        conditions=conditions,
        base=[*by, *asked, *choosing, *sums][0].column.table,
        by=by,
        sums=sums,
        count_persons=question.count_persons,
        rules=scene.rules(used, eligible),
        shape=shape_of(len(by), margins=question.margins, within=question.within),
    )


def _choosing(scene: _Scene, name: str) -> PlannedColumn:
    found = scene.column(name)
    if found.treatment is Treatment.DROP:
        raise InvalidInputError(
            cause=f"people cannot be chosen by {found.column.qualified} in the form {scene.form}, which drops it",
            cure="leave the condition out, or ask for a form that may hold the column",
        )
    return found


def _grouping(scene: _Scene, name: str) -> PlannedColumn:
    found = _choosing(scene, name)
    exact = found.treatment is Treatment.KEEP
    if found.column.data_class in scene.traits.pointing or (exact and found.column.data_class in scene.traits.dated):
        raise InvalidInputError(
            cause=f"groups by {found.column.qualified} would list single people", cure="group by a coarser column"
        )
    if found.treatment is Treatment.PSEUDONYM:
        raise InvalidInputError(cause=f"{found.column.qualified} is no group", cure="group by a coarser column")
    return found


def _summed(scene: _Scene, name: str) -> PlannedColumn:
    found = _choosing(scene, name)
    if found.column.kind not in _NUMBERS or found.treatment is not Treatment.KEEP:
        raise InvalidInputError(
            cause=f"{found.column.qualified} cannot be added up", cure="sum columns of numbers; see the dictionary"
        )
    return found


def _within(planned: PlannedColumn, eligible: frozenset[int]) -> PlannedColumn:
    return PlannedColumn(column=planned.column, treatment=planned.treatment, strata=planned.strata & eligible)


def _bound(scene: _Scene, condition: Condition) -> Bound:
    column = scene.column(condition.column).column
    if not condition.values or (condition.operator is not Operator.IN and len(condition.values) != 1):
        raise _incomparable(column, "needs one value, or a list with `in`")
    values = condition.values
    if column.kind == "date":
        values = tuple(_iso(column, value) for value in values)
    elif condition.operator in _ORDERING:
        if column.kind not in _NUMBERS:
            raise _incomparable(column, "holds text, which has no order")
        values = tuple(_number(column, value) for value in values)
    return Bound(column=column, operator=condition.operator, values=values)


def _iso(column: Column, value: str) -> str:
    if re.fullmatch(ISO_DATE.strip("^$"), value):
        return value[:10]
    if re.fullmatch(COMPACT_DATE.strip("^$"), value):
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    raise _incomparable(column, "holds dates; give one as YYYY-MM-DD")


def _number(column: Column, value: str) -> str:
    if re.fullmatch(AMOUNT.strip("^$"), value):
        return format(Decimal(value), "f")
    raise _incomparable(column, "holds numbers; give one")


def _incomparable(column: Column, why: str) -> InvalidInputError:
    return InvalidInputError(cause=f"the condition on {column.qualified}: it {why}", cure="mend the request's `where`")
