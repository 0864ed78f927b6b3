"""Statistics: people and sums by group, exact, under the rule of eleven.

A group is one combination of values, as released, of the `by` columns, all of one table, the base. A person with rows
in several groups counts in each. Sums of a column of the base are over the rows in the group; sums of a column of
another table are over that table's rows of the people in the group. What is no number is not added.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

import numpy as np

from modicum.answer.plan import Plan, PlannedColumn
from modicum.answer.selection import population_rows, touched
from modicum.answer.statistics_answer import Line, StatisticsAnswer
from modicum.answer.suppression import is_small, suppress, suppress_sums
from modicum.answer.treatments import amount, text, treated
from modicum.custody.engine import PERSON, Engine, Expression
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form

MOST_GROUPS: Final = 10_000
_COUNT: Final = "persons"
_AMOUNT: Final = "amount"

Key: TypeAlias = tuple[str | None, ...]
"""The values of one group, in the order of `by`; empty for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """An answer, and whose rows it was computed from: a flag for each person number, for their accounts."""

    answer: StatisticsAnswer
    persons: np.ndarray

    @property
    def rows(self) -> int:
        """Lines of the answer."""
        return len(self.answer.lines)


@dataclass(frozen=True, slots=True)
class _Group:
    """Exact figures of one group, never shown as such."""

    key: Key
    persons: int
    sums: tuple[tuple[Decimal, int], ...]  # of each sum: the amount, and the people whose amounts are in it


def answer_statistics(engine: Engine, plan: Plan) -> Answered:
    """Compute a plan of statistics.

    A population of fewer than 11, none included, is answered by the words "fewer than 11" alone.
    Raises InvalidInputError: another form, or more than 10,000 groups.
    """
    if plan.form is not Form.STATISTICS or plan.base is None:
        raise InvalidInputError(cause=f"{plan.form} is no form of statistics", cure="answer it as what it is")
    base = _base(engine, plan, plan.base)
    persons, _ = touched(engine, base)
    everybody = _groups(engine, plan, base, keys=())
    total = everybody[0] if everybody else _Group((), 0, tuple((Decimal(0), 0) for _ in plan.sums))
    groups = _groups(engine, plan, base, keys=_keys(plan)) if plan.by else []
    return Answered(answer=_guarded(plan, groups, total), persons=persons)


def _guarded(plan: Plan, groups: list[_Group], total: _Group) -> StatisticsAnswer:
    few = total.persons == 0 or is_small(total.persons)
    counts = [group.persons for group in groups]
    cells = suppress(counts, total=total.persons)
    sums = [
        suppress_sums([group.sums[place][1] for group in groups], cells.hidden, total_shown=cells.total_shown)
        for place in range(len(plan.sums))
    ]
    shown_sums = [
        cells.total_shown and each.total_shown and not is_small(total.sums[place][1]) for place, each in enumerate(sums)
    ]
    lines = tuple(
        Line(
            key=group.key,
            persons=group.persons if plan.count_persons and index not in cells.hidden else None,
            sums=tuple(
                None if index in hiding.hidden else written(planned, group.sums[place][0])
                for place, (planned, hiding) in enumerate(zip(plan.sums, sums, strict=True))
            ),
            suppressed=index in cells.hidden,
        )
        for index, group in enumerate(groups)
    )
    whole = Line(
        key=(),
        persons=total.persons if plan.count_persons and cells.total_shown else None,
        sums=tuple(
            written(planned, total.sums[place][0]) if shown_sums[place] else None
            for place, planned in enumerate(plan.sums)
        ),
        suppressed=not cells.total_shown,
    )
    return StatisticsAnswer(
        question=plan.question,
        by=tuple(each.column.qualified for each in plan.by),
        summed=tuple(each.column.qualified for each in plan.sums),
        count_persons=plan.count_persons,
        fewer_than_11=few,
        lines=() if few else lines,
        total=None if few else whole,
        excluded_strata=plan.excluded_strata,
        rules=plan.rules,
    )


def written(planned: PlannedColumn, value: Decimal) -> str:
    """A sum as text: whole for integers, else with two digits after the point, or as many as it needs."""
    digits = format(value, "f")
    if "." not in digits:
        digits += "."
    whole, fraction = digits.split(".")
    fraction = fraction.rstrip("0")
    if planned.column.kind == "integer" and not fraction:
        return whole
    return f"{whole}.{fraction.ljust(2, '0')}"


def _base(engine: Engine, plan: Plan, table: str) -> Expression:
    """Rows of the base: `_modicum_person`, `_key_N` (text) of each group column, `_sum_N` of sums that are its own."""
    rows = population_rows(engine, plan, table)
    keys = {
        f"_key_{place}": text(
            treated(
                rows[each.column.name], each.treatment, data_class=each.column.data_class, as_of=plan.as_of, keyed=None
            )
        )
        for place, each in enumerate(plan.by)
    }
    sums = {
        f"_sum_{place}": amount(rows[each.column.name])
        for place, each in enumerate(plan.sums)
        if each.column.table == table
    }
    return rows.select(rows[PERSON], **keys, **sums)


def _keys(plan: Plan) -> tuple[str, ...]:
    return tuple(f"_key_{place}" for place in range(len(plan.by)))


def _groups(engine: Engine, plan: Plan, base: Expression, *, keys: tuple[str, ...]) -> list[_Group]:
    """Group the base by keys, one group of everybody where there are none; sorted by key, nulls last."""
    people = base.select(PERSON, *keys).distinct()
    counted = _fetched(engine, _grouped(people, keys, **{_COUNT: people.count()}), keys)
    if len(counted) > MOST_GROUPS:
        raise InvalidInputError(cause=f"the answer would have more than {MOST_GROUPS:,} groups", cure="group coarser")
    sums = [
        _sums(engine, plan, each, place, base=base, people=people, keys=keys) for place, each in enumerate(plan.sums)
    ]
    groups = [
        _Group(key, row[_COUNT], tuple(found.get(key, (Decimal(0), 0)) for found in sums))
        for key, row in counted.items()
        if row[_COUNT]
    ]
    return sorted(groups, key=lambda group: [(part is None, part or "") for part in group.key])


def _sums(
    engine: Engine,
    plan: Plan,
    planned: PlannedColumn,
    place: int,
    *,
    base: Expression,
    people: Expression,
    keys: tuple[str, ...],
) -> dict[Key, tuple[Decimal, int]]:
    if planned.column.table == plan.base:
        amounts = base.mutate(**{_AMOUNT: base[f"_sum_{place}"]})
    else:
        rows = population_rows(engine, plan, planned.column.table)
        single = rows.select(rows[PERSON], **{_AMOUNT: amount(rows[planned.column.name])})
        amounts = people.join(_grouped(single, (PERSON,), **{_AMOUNT: single[_AMOUNT].sum()}), PERSON)
    amounts = amounts.filter(amounts[_AMOUNT].notnull())
    figures = _grouped(amounts, keys, total=amounts[_AMOUNT].sum(), people=amounts[PERSON].nunique())
    found = _fetched(engine, figures, keys)
    return {key: (row["total"], row["people"]) for key, row in found.items() if row["people"]}


def _grouped(rows: Expression, keys: tuple[str, ...], **figures: Expression) -> Expression:
    return rows.group_by(list(keys)).agg(**figures) if keys else rows.agg(**figures)


def _fetched(engine: Engine, expr: Expression, keys: tuple[str, ...]) -> dict[Key, dict[str, Any]]:
    rows = engine.arrow(expr.limit(MOST_GROUPS + 1)).to_pylist()
    return {tuple(row[key] for key in keys): row for row in rows}
