"""Exact figures of a question with noise, computed where the rows are: per person first, then per group.

A person's rows become one row per person and group, each amount bounded (`bounds`); at most `groups` of these are kept
of each person; then the groups are added up. So each person's contribution is what `sensitivity` says, and leaving a
person out changes nobody else's. What comes out is exact and never leaves: `private_answer` adds the noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pyarrow as pa

from modicum.answer.bounds import bin_of, contributed, first_of_each, held_in, in_units, key, scaled_down
from modicum.answer.figures import MAGNITUDES, Counted, Figure
from modicum.answer.questions import PrivateQuestion
from modicum.answer.selection import meets, population_rows
from modicum.answer.sensitivity import bins_of, middle, reach, total_bounds
from modicum.custody.engine import PERSON, Engine, Expression, clamped

Key: TypeAlias = tuple[str | None, ...]
Row: TypeAlias = dict[str, Any]
Exact: TypeAlias = dict[Key, list[int]]
"""The numbers of one figure in each group that has rows: one, or one a bin."""

_KEY: Final = "_key_"
_BIN: Final = "_bin"
_VALUE: Final = "_modicum_value"
_PLACE: Final = "_modicum_place"
_PEOPLE: Final = "_people"
_ROWS: Final = "_rows"
_THEIRS: Final = "_modicum_theirs"
_SUMMED: Final = "decimal(18, 0)"  # of one person; their sum then has 38 digits, which no number of people fills
_SMALL: Final = 2**31  # fewer than 2^32 addends below it add up to less than 2^63 in any engine
_WITH_MEMBERS: Final = frozenset(
    {Counted.PERSONS, Counted.ROWS, Counted.TOTAL, Counted.VALUES, Counted.CENTRED, Counted.TESTED}
)


@dataclass(frozen=True, slots=True)
class _Members:
    """One row per person and group: the person, the keys, the rows there, and what was added up of each figure."""

    rows: Expression
    keys: tuple[str, ...]


def exact_figures(engine: Engine, question: PrivateQuestion) -> list[Exact]:
    """The exact numbers of each figure, in their order; a group without rows is not there."""
    parts = engine.by_persons(queries(engine, question))
    return collected(question, [summed(each).to_pylist() for each in zip(*parts, strict=True)])


def queries(engine: Engine, question: PrivateQuestion) -> list[Expression]:
    """What the engine computes for a question: one query for all figures of single numbers, one for each in bins."""
    binned = [each for each in question.figures if each.counted is Counted.BINNED]
    single = [_added_up(engine, question)] if len(binned) < len(question.figures) else []
    return single + [_bins(engine, question, each) for each in binned]


def summed(parts: Sequence[pa.Table]) -> pa.Table:
    """One query's answers over several parts of the persons, added up by group."""
    whole = pa.concat_tables(parts)
    keys = [name for name in whole.column_names if name.startswith(_KEY) or name == _BIN]
    figures = [name for name in whole.column_names if name not in keys]
    return whole.group_by(keys).aggregate([(name, "sum") for name in figures]).rename_columns([*keys, *figures])


def collected(question: PrivateQuestion, answers: list[list[Row]]) -> list[Exact]:
    """The numbers of each figure from what the engine gave for `queries`."""
    found: list[Exact] = [{} for _ in question.figures]
    rest = list(answers)
    if _single(question):
        for row in rest.pop(0):
            for place, _ in _single(question):
                found[place][_group(question, row)] = [int(row[f"_f{place}"] or 0)]
    for place, figure in enumerate(question.figures):
        if figure.counted is Counted.BINNED:
            for row in rest.pop(0):
                bins = found[place].setdefault(_group(question, row), [0] * figure.bins)
                bins[int(row[_BIN])] = int(row[_PEOPLE])
    return found


def magnitudes_query(engine: Engine, question: PrivateQuestion, figure: Figure) -> Expression:
    """What the engine computes for people by the size of their largest value."""
    rows = population_rows(engine, question.plan, figure.column.table if figure.column else "")
    column = figure.column.name if figure.column else ""
    units = clamped(in_units(rows[column], figure.digits), 0, 2 ** (MAGNITUDES - 1))
    each = rows.select(PERSON, _units=units)
    each = each.filter(each["_units"].notnull()).group_by(PERSON).aggregate(_largest=each["_units"].max())
    bins = sum((each["_largest"] >= 2**power).cast("int64") for power in range(MAGNITUDES - 1))
    placed = each.select(**{_BIN: bins})
    return placed.group_by(_BIN).aggregate(**{_PEOPLE: placed.count()})


def collected_magnitudes(answer: list[Row]) -> list[int]:
    """People by size: bin 0 below one smallest unit, bin k below 2^k, the last the rest."""
    found = [0] * MAGNITUDES
    for row in answer:
        found[int(row[_BIN])] = int(row[_PEOPLE])
    return found


def members(engine: Engine, question: PrivateQuestion, figures: list[tuple[int, Figure]]) -> _Members:
    """Each person once in each of at most `groups` groups, with the bounded amounts of the figures (`_f`, a place)."""
    base = _base(engine, question, figures)
    keys = [f"{_KEY}{place}" for place in range(len(question.axes))]
    sums: dict[str, Expression] = {_ROWS: base.count()}
    for place, figure in figures:
        if table_of(figure) in {None, question.plan.base}:
            sums |= _gathered(base, place, figure)
    each = base.group_by([PERSON, *keys]).aggregate(**sums)
    if keys and question.groups != question.public_groups:
        each = first_of_each(each, within=[], order=keys, most=question.groups)
    for table in dict.fromkeys(table_of(figure) for _, figure in figures):
        if table is not None and table != question.plan.base:
            each = _joined(engine, question, each, table, [pair for pair in figures if table_of(pair[1]) == table])
    bounded = {f"_f{place}": _contribution(each, place, figure, question) for place, figure in figures}
    return _Members(rows=each.select(PERSON, *keys, **bounded), keys=tuple(keys))


def _single(question: PrivateQuestion) -> list[tuple[int, Figure]]:
    return [(place, each) for place, each in enumerate(question.figures) if each.counted in _WITH_MEMBERS]


def _added_up(engine: Engine, question: PrivateQuestion) -> Expression:
    figures = _single(question)
    each = members(engine, question, figures)
    sums = {f"_f{place}": _total(each.rows[f"_f{place}"], figure.sensitivity.most) for place, figure in figures}
    return _grouped(each.rows, list(each.keys), sums)


def _base(engine: Engine, question: PrivateQuestion, figures: list[tuple[int, Figure]]) -> Expression:
    """The rows of the table by which people are grouped: the person, the keys, a value or a test of each figure."""
    rows = population_rows(engine, question.plan, question.plan.base or "")
    columns: dict[str, Expression] = {}
    for place, figure in figures:
        if table_of(figure) == question.plan.base:
            columns |= _looked_at(rows, place, figure)
    return _keyed(engine, question, rows, columns)


def _keyed(engine: Engine, question: PrivateQuestion, rows: Expression, columns: dict[str, Expression]) -> Expression:
    """Rows of the base with their person, the engine's key on each axis, and some columns.

    A list of groups is joined, since to compare each row with each value of it takes far longer.
    """
    named = {f"{_KEY}{place}": key(rows, axis) for place, axis in enumerate(question.axes)}
    keyed = rows.select(rows[PERSON], **named, **columns)
    for place, axis in enumerate(question.axes):
        if axis.listed is not None:
            name = f"{_KEY}{place}"
            table = pa.table({_VALUE: pa.array(axis.listed), _PLACE: pa.array(range(len(axis.listed)), pa.int32())})
            listed = engine.memory_table(f"_modicum_groups_{place}", table)
            joined = keyed.view().left_join(listed, [(name, _VALUE)])  # a view: what is computed is a column of it
            keyed = joined.mutate(**{name: joined[_PLACE]}).drop(_VALUE, _PLACE)
    return keyed


def table_of(figure: Figure) -> str | None:
    """The table whose rows a figure looks at; None where it only counts people or rows."""
    if figure.test is not None:
        return figure.test.column.table
    return None if figure.column is None else figure.column.table


def _looked_at(rows: Expression, place: int, figure: Figure) -> dict[str, Expression]:
    """Of each row, the clamped value of a figure (null where there is none), or 1 where it meets the test, else 0."""
    if figure.test is not None:
        return {f"_v{place}": meets(rows, figure.test).fill_null(False).cast("int64")}
    units = in_units(rows[figure.column.name if figure.column else ""], figure.digits)
    if figure.counted is Counted.VALUES:
        return {f"_v{place}": units}
    return {f"_v{place}": clamped(units, figure.lower, figure.upper)}


def _gathered(rows: Expression, place: int, figure: Figure) -> dict[str, Expression]:
    """What is gathered of a figure from one person's rows in one group, not yet bounded."""
    value = f"_v{place}"
    match figure.counted:
        case Counted.TESTED:
            return {f"_g{place}": rows[value].max()}
        case Counted.VALUES:
            return {f"_g{place}": rows[value].count()}
        case Counted.TOTAL:
            return {f"_g{place}": _total(rows[value], max(-figure.lower, figure.upper))}
        case Counted.CENTRED:
            centre = middle(lower=figure.lower, upper=figure.upper)
            far = reach(lower=figure.lower, upper=figure.upper)
            return {f"_g{place}": _total(rows[value] - centre, far), f"_n{place}": rows[value].count()}
        case _:
            return {}


def _total(value: Expression, most: int) -> Expression:
    """The sum of whole numbers no farther from zero than `most`; as decimals only where 64 bits might not hold it."""
    return (value if most < _SMALL else value.cast(_SUMMED)).sum()


def _joined(
    engine: Engine, question: PrivateQuestion, each: Expression, table: str, figures: list[tuple[int, Figure]]
) -> Expression:
    """The members with what another table holds of each person, the same in each of their groups."""
    rows = population_rows(engine, question.plan, table)
    columns: dict[str, Expression] = {}
    sums: dict[str, Expression] = {}
    for place, figure in figures:
        columns |= _looked_at(rows, place, figure)
    looked = rows.select(rows[PERSON], **columns)
    for place, figure in figures:
        sums |= _gathered(looked, place, figure)
    theirs = looked.group_by(PERSON).aggregate(**sums).rename(**{_THEIRS: PERSON})
    return each.left_join(theirs, each[PERSON] == theirs[_THEIRS]).drop(_THEIRS)


def _contribution(each: Expression, place: int, figure: Figure, question: PrivateQuestion) -> Expression:
    """What one person adds to one group: whole, bounded as `sensitivity` says; none where there is nothing to add."""
    most = question.max_rows
    match figure.counted:
        case Counted.PERSONS:
            return each[PERSON].notnull().cast("int64")
        case Counted.ROWS:
            return contributed(each[_ROWS], 0, most)
        case Counted.TESTED:
            return contributed(each[f"_g{place}"], 0, 1)
        case Counted.VALUES:
            return contributed(each[f"_g{place}"], 0, most)
        case Counted.TOTAL:
            least, largest = total_bounds(lower=figure.lower, upper=figure.upper, max_rows=most)
            return contributed(each[f"_g{place}"], least, largest).cast("int64")
        case _:
            far = reach(lower=figure.lower, upper=figure.upper)
            held = contributed(each[f"_g{place}"], -(2**52), 2**52).cast("int64")
            return scaled_down(held, contributed(each[f"_n{place}"], 1, 2**40), most_rows=most, reach=far)


def _bins(engine: Engine, question: PrivateQuestion, figure: Figure) -> Expression:
    """People in each bin of each group; a person with values in several bins in the first ones of each group."""
    own = figure.column is not None and figure.column.table == question.plan.base
    keys = [f"{_KEY}{place}" for place in range(len(question.axes))]
    column = figure.column.name if figure.column else ""
    rows = population_rows(engine, question.plan, figure.column.table if figure.column else "")
    binned = {_BIN: bin_of(held_in(in_units(rows[column], figure.digits), figure.edges), figure.edges)}
    placed = (_keyed(engine, question, rows, binned) if own else rows.select(rows[PERSON], **binned)).distinct()
    placed = placed.filter(placed[_BIN].notnull())
    groups = members(engine, question, []).rows
    if own:
        placed = _within_groups(placed, groups, keys)
    else:
        placed = placed.join(groups.rename(_member=PERSON), placed[PERSON] == groups.rename(_member=PERSON)["_member"])
    kept = bins_of(max_rows=question.max_rows, bins=figure.bins)
    if kept < figure.bins:
        placed = first_of_each(placed.select(PERSON, *keys, _BIN), within=keys, order=[_BIN], most=kept)
    return _grouped(placed, [*keys, _BIN], {_PEOPLE: placed.count()})


def _within_groups(placed: Expression, groups: Expression, keys: list[str]) -> Expression:
    """The rows that are in one of the groups that were kept of their person; two nulls are the same group."""
    agree = [placed[PERSON] == groups[PERSON], *(placed[name].identical_to(groups[name]) for name in keys)]
    return placed.semi_join(groups, agree)


def _grouped(rows: Expression, keys: list[str], sums: dict[str, Expression]) -> Expression:
    return rows.group_by(keys).aggregate(**sums) if keys else rows.aggregate(**sums)


def _group(question: PrivateQuestion, row: Row) -> Key:
    return tuple(axis.group(row[f"{_KEY}{place}"]) for place, axis in enumerate(question.axes))
