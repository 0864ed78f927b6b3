"""The people asked about, and their rows, as Ibis expressions over the registered tables. See `plan` for who they are.

A small table says for each stratum which columns may leave; joining it drops the rows of strata that may not leave and
gives the mask of those that do. (A CASE over the strata in each column was tried: slower, and grows with the strata.)
"""

from typing import Final

import numpy as np
import pyarrow as pa

from modicum.answer.plan import PSEUDONYM_COLUMN, Bound, Plan, PlannedTable
from modicum.answer.pseudonym import PERSON_CLASS
from modicum.answer.treatments import AMOUNT_TYPE, Keyed, amount, iso_date, text, treated
from modicum.custody.engine import PERSON, STRATUM, Engine, Expression
from modicum.model.errors import InternalError
from modicum.model.forms import Form
from modicum.model.request import Operator

MASK: Final = "_modicum_mask_"
_MASK_STRATUM: Final = f"{MASK}stratum"
_NAMED: Final = "_modicum_named"
_PERSON_KEY: Final = "_modicum_person_key"
_ORDINAL: Final = "_modicum_ordinal"
_ANEW: Final = "register the data set again, and report this if it comes back"
_NUMBERS: Final = frozenset({"integer", "decimal"})


def population_rows(engine: Engine, plan: Plan, table: str) -> Expression:
    """The rows of a table that belong to the people asked about and may be looked at; all its columns."""
    rows = _looked_at(engine, plan, table)
    if plan.persons is not None:
        named = pa.table({PERSON: pa.array(plan.persons, pa.uint32())})
        rows = rows.semi_join(engine.memory_table(_NAMED, named), PERSON)
    for condition in plan.conditions:
        if condition.column.table == table:
            rows = rows.filter(meets(rows, condition))
        else:
            other = _looked_at(engine, plan, condition.column.table)
            meeting = other.filter(meets(other, condition)).select(PERSON).distinct()
            rows = rows.semi_join(meeting, PERSON)
    return rows


def masked_rows(engine: Engine, plan: Plan, table: PlannedTable) -> Expression:
    """The rows of a table that leave, with a mask column (`mask_of`) for each column that not all of them may show."""
    rows = population_rows(engine, plan, table.name)
    leaving = sorted(table.strata)
    masks = {_MASK_STRATUM: pa.array(leaving, pa.uint16())}
    for place, planned in enumerate(table.columns):
        if planned.strata != table.strata:
            masks[f"{MASK}{place}"] = pa.array([stratum in planned.strata for stratum in leaving], pa.bool_())
    small = engine.memory_table(f"{MASK}{table.name}", pa.table(masks))
    return rows.join(small, rows[STRATUM] == small[_MASK_STRATUM])


def released_rows(engine: Engine, plan: Plan, table: PlannedTable, *, keyed: Keyed | None) -> Expression:
    """The rows of a table as they leave: columns in the order asked for, masked cells null.

    keyed: makes pseudonyms; needed where the plan asks for one, and for the form pseudonymised, whose first
    column is the pseudonym of the row's person.
    """
    rows = masked_rows(engine, plan, table)
    leaving = {}
    if plan.form is Form.PSEUDONYMISED and keyed is not None:
        rows, key = _with_person_key(engine, rows, table.name)
        leaving[PSEUDONYM_COLUMN] = keyed(key, PERSON_CLASS)
    for place, planned in enumerate(table.columns):
        column = planned.column
        value = treated(
            rows[column.name], planned.treatment, data_class=column.data_class, as_of=plan.as_of, keyed=keyed
        )
        hidden = planned.strata != table.strata
        leaving[column.name] = rows[f"{MASK}{place}"].ifelse(value, None) if hidden else value
    return rows.select(**leaving)


def _with_person_key(engine: Engine, rows: Expression, table: str) -> tuple[Expression, Expression]:
    """The rows, and the key of each row's person: a column of their own, or of `persons`, joined to them."""
    own = engine.person_column(table)
    if own is not None:
        return rows, text(rows[own])
    persons = engine.persons().select(**{_PERSON_KEY: "person_key", _ORDINAL: "ordinal"})
    joined = rows.join(persons, rows[PERSON] == persons[_ORDINAL])
    return joined, joined[_PERSON_KEY]


def meets(rows: Expression, condition: Bound) -> Expression:
    """Whether each row meets a condition; null, which is no, where it has no readable value."""
    value = rows[condition.column.name]
    if condition.column.kind == "date":
        return _compare(iso_date(value), condition.operator, condition.values)
    if condition.operator in {Operator.EQ, Operator.NE, Operator.IN} or condition.column.kind not in _NUMBERS:
        return _compare(text(value), condition.operator, condition.values)
    # The bound is cast from its text: Ibis writes a Decimal with three digits after the point.
    bound = value.notnull().ifelse(condition.values[0], None).try_cast(AMOUNT_TYPE)
    return _ordered(amount(value), condition.operator, bound)


def touched(engine: Engine, rows: Expression) -> tuple[np.ndarray, int]:
    """The persons whose rows these are (a flag for each person number), and how many rows there are."""
    found = np.zeros(persons_in(engine), dtype=bool)
    count = 0
    for batch in engine.batches(rows.select(PERSON)):
        numbers = batch.column(0).to_numpy(zero_copy_only=False)
        if numbers.max(initial=0) >= len(found):
            raise InternalError(cause="a row belongs to a person whom the data set does not number", cure=_ANEW)
        count += batch.num_rows
        found[numbers] = True
    return found, count


def persons_in(engine: Engine) -> int:
    """How many persons the data set numbers."""
    return int(engine.arrow(engine.persons().count().name("persons"))["persons"][0].as_py())


def _looked_at(engine: Engine, plan: Plan, table: str) -> Expression:
    rows = engine.table(table)
    return rows.filter(rows[PERSON].notnull(), rows[STRATUM].isin(sorted(plan.eligible)))


def _compare(value: Expression, operator: Operator, values: tuple[str, ...]) -> Expression:
    match operator:
        case Operator.EQ:
            return value == values[0]
        case Operator.NE:
            return value != values[0]
        case Operator.IN:
            return value.isin(list(values))
        case _:
            return _ordered(value, operator, values[0])


def _ordered(value: Expression, operator: Operator, bound: Expression) -> Expression:
    match operator:
        case Operator.LT:
            return value < bound
        case Operator.LE:
            return value <= bound
        case Operator.GT:
            return value > bound
        case Operator.GE:
            return value >= bound
        case _:
            raise ValueError(f"{operator} does not order")
