"""Statistics: people and sums by group, exact, under the rule of eleven.

A group is one combination of values, as released, of the `by` columns, all of one table, the base. A person with rows
in several groups counts in each. Sums of a column of the base are over the rows in the group; sums of a column of
another table are over that table's rows of the people in the group. What is no number is not added, nor what has more
than 18 digits before the point.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, TypeAlias

import numpy as np

from modicum.answer.differencing import NEW, Held, Known, Signatures, about_the_same, hold, hold_few
from modicum.answer.memberships import signature_counts
from modicum.answer.plan import Plan, PlannedColumn
from modicum.answer.selection import population_rows, touched
from modicum.answer.statistics_answer import Audit, Line, StatisticsAnswer
from modicum.answer.tables.amounts import hidden_sums
from modicum.answer.tables.earlier import KeptTable
from modicum.answer.tables.model import Key
from modicum.answer.tables.primary import LARGE_PARTS, SMALL_CELLS, Contributions, SumRule, is_small
from modicum.answer.tables.protection import nothing_helps
from modicum.answer.tables.shape import FLAT
from modicum.answer.treatments import addend, text, treated
from modicum.custody.engine import PERSON, Engine, Expression, row_number, window
from modicum.model.errors import DisclosureControlError, InvalidInputError
from modicum.model.forms import Form

MOST_GROUPS: Final = 10_000
_COUNT: Final = "persons"
_AMOUNT: Final = "amount"
SUM_RULE: Final = SumRule()
NOBODY: Final = Contributions(amount=Decimal(0), persons=0, largest=())

GroupValues: TypeAlias = tuple[str | None, ...]
"""The values of one group, in the order of the columns that make it; empty for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """An answer, whose rows it was computed from (a flag for each person number), and which of its cells are hidden."""

    answer: StatisticsAnswer
    persons: np.ndarray
    hidden: frozenset[Key]

    @property
    def rows(self) -> int:
        """Lines of the answer."""
        return len(self.answer.lines)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earlier:
    """Tables released before about the same people, by number from 1: of this data, and carried from other versions."""

    tables: Mapping[int, KeptTable] = field(default_factory=dict)
    carried: Sequence[tuple[frozenset[int], Any]] = ()  # the numbers of tables, and the signatures of people in them


@dataclass(frozen=True, slots=True)
class _Group:
    """Exact figures of one group, never shown as such."""

    kept: tuple[int, ...]  # the columns that make the group, by number
    values: GroupValues
    persons: int
    sums: tuple[Contributions, ...]


def answer_statistics(engine: Engine, plan: Plan, earlier: Earlier | None = None) -> Answered:
    """Compute a plan of statistics, held against the tables released before.

    A population of fewer than 11, none included, is answered by the words "fewer than 11" alone.
    Raises InvalidInputError: another form, or more than 10,000 groups. DisclosureControlError: too much would follow,
    from figures or from those words, or no figure would be left.
    """
    if plan.form is not Form.STATISTICS or plan.base is None:
        raise InvalidInputError(cause=f"{plan.form} is no form of statistics", cure="answer it as what it is")
    base = _base(engine, plan, plan.base)
    persons, _ = touched(engine, base)
    groups: dict[Key, _Group] = {}
    for kept in plan.shape.levels(len(plan.by)):
        found = _groups(engine, plan, base, kept=kept)
        groups |= {plan.shape.key(each.kept, each.values): each for each in found}
    whole, before = groups.get(plan.shape.key((), ())), earlier or Earlier()
    if whole is None or is_small(whole.persons):
        if before.tables:
            few = replace(plan, by=(), shape=FLAT)
            hold_few(_signatures(engine, few, before), _known(before))
        return Answered(answer=assembled(plan, []), persons=persons, hidden=frozenset())
    held = _held(engine, plan, groups, before)
    answer = _guarded(plan, groups, held)
    if not answer.tells:
        raise nothing_helps(SMALL_CELLS)
    return Answered(answer=answer, persons=persons, hidden=held.hidden)


def _held(engine: Engine, plan: Plan, groups: Mapping[Key, _Group], earlier: Earlier) -> Held:
    """What is hidden of the counts. Where nobody is in two groups and nothing was released, groups are atoms."""
    new = Known(shape=plan.shape, columns=len(plan.by), hidden=frozenset())
    counts = {key: group.persons for key, group in groups.items()}
    finest = [group for group in groups.values() if len(group.kept) == len(plan.by)]
    if not earlier.tables and sum(group.persons for group in finest) == counts[plan.shape.key((), ())]:
        return hold(new, counts, {frozenset({(NEW, group.values)}): group.persons for group in finest})
    signatures = _signatures(engine, plan, earlier)
    held = hold(new, counts, signatures, _known(earlier))
    _check_sums(plan, held, signatures, earlier)
    return held


def _signatures(engine: Engine, plan: Plan, earlier: Earlier) -> Signatures:
    """Who is in which cells of the new table and of those released before."""
    carried = frozenset[int]().union(*(numbers for numbers, _ in earlier.carried))
    plans = {NEW: plan, **{number: each.told for number, each in earlier.tables.items() if number not in carried}}
    columns = {NEW: len(plan.by), **{number: len(each.told.by) for number, each in earlier.tables.items()}}
    return signature_counts(engine, plans, columns=columns, carried=[table for _, table in earlier.carried])


def _known(earlier: Earlier) -> list[Known]:
    """The tables released before, by number, as the audit sees them."""
    return [
        Known(shape=each.told.shape, columns=len(each.told.by), hidden=each.hidden, few=each.few)
        for _, each in sorted(earlier.tables.items())
    ]


def _check_sums(plan: Plan, held: Held, signatures: Signatures, earlier: Earlier) -> None:
    """Two exact sums of one column about some of the same people tell what the others hold: one leaves, and no second.

    Counts are audited together (`hold`). Sums are not: what a few large amounts come to would follow from two sums of
    which each is safe. The same question again, which hides the same, tells nothing new.
    """
    for each in plan.sums:
        name = each.column.qualified
        before = [
            number
            for number, kept in earlier.tables.items()
            if name in kept.sums and not kept.few and not (kept.asks_the_same(plan) and kept.hidden == held.hidden)
        ]
        if about_the_same(signatures, before):
            raise DisclosureControlError(
                cause=f"an exact sum of {name} has left about some of these people, and what one of them holds could"
                " follow from two",
                cure="use the table that left, count people alone, or ask for the sum with noise",
                basis=LARGE_PARTS,
            )


def _guarded(plan: Plan, groups: Mapping[Key, _Group], held: Held) -> StatisticsAnswer:
    sums = list(plan.shape.sums(list(groups)))
    columns = [
        hidden_sums(
            {key: group.sums[place] for key, group in groups.items() if group.sums[place].persons},
            hidden_counts=held.hidden,
            sums=sums,
            rule=SUM_RULE,
        )
        for place in range(len(plan.sums))
    ]
    lines = [
        Line(
            key=tuple(dict(zip(group.kept, group.values, strict=True)).get(place) for place in range(len(plan.by))),
            over=frozenset(range(len(plan.by))) - set(group.kept),
            persons=group.persons if plan.count_persons and key not in held.hidden else None,
            sums=tuple(
                None if key in held.hidden or key in columns[place] else written(planned, group.sums[place].amount)
                for place, planned in enumerate(plan.sums)
            ),
            suppressed=key in held.hidden,
        )
        for key, group in groups.items()
    ]
    return assembled(plan, lines, _audit(held))


def _audit(held: Held) -> Audit:
    cells = len(held.hidden)
    return Audit(
        cells=cells,
        earlier=held.earlier,
        within_few=held.within_few,
        method="integer programme" if held.exact else "heuristic",
        gap_percent=0 if held.exact or not cells else max(0, -(-100 * (cells - held.least) // max(held.least, 1))),
    )


def assembled(plan: Plan, lines: Sequence[Line], audit: Audit | None = None) -> StatisticsAnswer:
    """The answer of these lines, the whole among them; without any it says "fewer than 11"."""
    columns = len(plan.by)
    whole = next((line for line in lines if len(line.over) == columns), None)
    return StatisticsAnswer(
        question=plan.question,
        by=tuple(each.column.qualified for each in plan.by),
        summed=tuple(each.column.qualified for each in plan.sums),
        count_persons=plan.count_persons,
        fewer_than_11=whole is None,
        lines=tuple(line for line in lines if line is not whole),
        total=None if whole is None else replace(whole, key=(), over=frozenset()),
        excluded_strata=plan.excluded_strata,
        rules=plan.rules,
        audit=audit,
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
        f"_sum_{place}": addend(rows[each.column.name])
        for place, each in enumerate(plan.sums)
        if each.column.table == table
    }
    return rows.select(rows[PERSON], **keys, **sums)


def _groups(engine: Engine, plan: Plan, base: Expression, *, kept: tuple[int, ...]) -> list[_Group]:
    """Group the base by some columns, one group of everybody where there are none; sorted by key, nulls last."""
    keys = tuple(f"_key_{place}" for place in kept)
    people = base.select(PERSON, *keys).distinct()
    counted = _fetched(engine, _grouped(people, keys, **{_COUNT: people.count()}), keys)
    if len(counted) > MOST_GROUPS:
        raise InvalidInputError(cause=f"the answer would have more than {MOST_GROUPS:,} groups", cure="group coarser")
    sums = [
        _sums(engine, plan, each, place, base=base, people=people, keys=keys) for place, each in enumerate(plan.sums)
    ]
    groups = [
        _Group(kept, values, row[_COUNT], tuple(_held_by(row[_COUNT], found.get(values, NOBODY)) for found in sums))
        for values, row in counted.items()
        if row[_COUNT]
    ]
    return sorted(groups, key=lambda group: [(part is None, part or "") for part in group.values])


def _sums(
    engine: Engine,
    plan: Plan,
    planned: PlannedColumn,
    place: int,
    *,
    base: Expression,
    people: Expression,
    keys: tuple[str, ...],
) -> dict[GroupValues, Contributions]:
    """What each group holds of one column: its amount, and the people in it with the largest single amounts."""
    if planned.column.table == plan.base:
        amounts = base.mutate(**{_AMOUNT: base[f"_sum_{place}"]})
    else:
        rows = population_rows(engine, plan, planned.column.table)
        single = rows.select(rows[PERSON], **{_AMOUNT: addend(rows[planned.column.name])})
        amounts = people.join(_grouped(single, (PERSON,), **{_AMOUNT: single[_AMOUNT].sum()}), PERSON)
    amounts = amounts.filter(amounts[_AMOUNT].notnull())
    each = _grouped(amounts, (*keys, PERSON), **{_AMOUNT: amounts[_AMOUNT].sum()})
    figures = _grouped(each, keys, total=each[_AMOUNT].sum(), people=(each[_AMOUNT] != 0).sum())
    found = {key: row for key, row in _fetched(engine, figures, keys).items() if row["people"]}
    largest = _largest(engine, each, keys)
    return {
        key: Contributions(amount=row["total"], persons=row["people"], largest=tuple(largest.get(key, ())))
        for key, row in found.items()
    }


def _held_by(people: int, found: Contributions) -> Contributions:
    return replace(found, others=people - found.persons)


def _largest(engine: Engine, each: Expression, keys: tuple[str, ...]) -> dict[GroupValues, list[Decimal]]:
    """For each group the largest amounts of one person, without their signs, largest first."""
    most = max(2, SUM_RULE.largest)
    sized = each.mutate(_size=each[_AMOUNT].abs())
    within = window(group_by=[sized[key] for key in keys], order_by=[sized["_size"].desc()])
    ranked = sized.mutate(_rank=row_number().over(within))
    rows = engine.arrow(ranked.filter(ranked["_rank"] < most).select(*keys, "_size").limit(most * MOST_GROUPS))
    found: dict[GroupValues, list[Decimal]] = defaultdict(list)
    for row in rows.to_pylist():
        found[tuple(row[key] for key in keys)].append(row["_size"])
    return {key: sorted(sizes, reverse=True) for key, sizes in found.items()}


def _grouped(rows: Expression, keys: tuple[str, ...], **figures: Expression) -> Expression:
    return rows.group_by(list(keys)).agg(**figures) if keys else rows.agg(**figures)


def _fetched(engine: Engine, expr: Expression, keys: tuple[str, ...]) -> dict[GroupValues, dict[str, Any]]:
    rows = engine.arrow(expr.limit(MOST_GROUPS + 1)).to_pylist()
    return {tuple(row[key] for key in keys): row for row in rows}
