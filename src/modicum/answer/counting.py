"""How many persons of each stratum a request is about: those who meet its conditions, whatever the law says of them.

For the custodian's own reviewers. A person counts in the first of the strata in which they have rows, so that the
numbers add up to persons.
"""

from collections.abc import Sequence
from functools import reduce

from modicum.answer.plan import Bound
from modicum.answer.selection import meets
from modicum.custody.engine import PERSON, STRATUM, Engine, Expression
from modicum.model.dataset import Dataset

_FIRST = "first_stratum"
_PERSONS = "persons"


def persons_meeting(engine: Engine, dataset: Dataset, conditions: Sequence[Bound]) -> dict[int, int]:
    """Persons by the index of their stratum; for each condition they have a row of its table that meets it."""
    if not dataset.tables:
        return {}
    rows = reduce(lambda one, two: one.union(two), (_theirs(engine, table.name) for table in dataset.tables))
    first = rows.group_by(PERSON).aggregate(**{_FIRST: rows[STRATUM].min()})
    for condition in conditions:
        theirs = engine.table(condition.column.table)
        theirs = theirs.filter(theirs[PERSON].notnull())
        first = first.semi_join(theirs.filter(meets(theirs, condition)).select(PERSON).distinct(), PERSON)
    counted = first.group_by(_FIRST).aggregate(**{_PERSONS: first.count()})
    return {int(row[_FIRST]): int(row[_PERSONS]) for row in engine.arrow(counted).to_pylist()}


def _theirs(engine: Engine, table: str) -> Expression:
    rows = engine.table(table)
    return rows.filter(rows[PERSON].notnull()).select(PERSON, STRATUM).distinct()
