"""Which cells of which tables each person is in: atoms, counted where the rows are.

A label says one table and one finest group of it; a person's labels, sorted and joined, are their signature. Labels
tell their own length, so that no text in a group can pass for another.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import pyarrow as pa

from modicum.answer.plan import Plan
from modicum.answer.selection import population_rows
from modicum.answer.tables.joint import MOST_ATOMS
from modicum.answer.tables.primary import SMALL_CELLS
from modicum.answer.treatments import text, treated
from modicum.custody.engine import PERSON, Engine, Expression
from modicum.model.errors import DisclosureControlError

MOST_CARRIED: Final = 5_000_000  # persons whose signatures are carried from one version of the data to another
_KEY: Final = "person_key"
_SIGNATURE: Final = "signature"


Label: TypeAlias = tuple[int, tuple[str | None, ...]]
"""A finest group of a table: the table's number, and the values of its columns."""


def signature_counts(
    engine: Engine, tables: Mapping[int, Plan], *, columns: Mapping[int, int], carried: Sequence[pa.Table] = ()
) -> dict[frozenset[Label], int]:
    """How many people have which labels. tables: plans on the engine's own data, by number. columns: of every table.

    carried: `person_key` and `signature` from other versions of the data; whose key is the same is the same person.
    Raises DisclosureControlError: more kinds of people than can be audited.
    """
    own = _signatures(engine, tables)
    if carried:
        own = _keyed(engine, own)
        for number, each in enumerate(carried):
            own = own.union(engine.memory_table(f"_modicum_carried_{number}", each))
        own = own.group_by(_KEY).agg(**{_SIGNATURE: own[_SIGNATURE].group_concat(sep="", order_by=own[_SIGNATURE])})
    counted = own.group_by(_SIGNATURE).agg(people=own.count()).limit(MOST_ATOMS + 1)
    found: Counter[frozenset[Label]] = Counter()
    for row in engine.arrow(counted).to_pylist():
        found[frozenset(_read(row[_SIGNATURE], columns))] += row["people"]
    if len(found) > MOST_ATOMS:
        raise DisclosureControlError(
            cause=f"this table and those released before tell more than {MOST_ATOMS:,} groups of these people apart, "
            "and so many cannot be audited",
            cure="ask for coarser groups, for fewer dimensions, or with noise",
            basis=SMALL_CELLS,
        )
    return dict(found)


def carried_signatures(engine: Engine, tables: Mapping[int, Plan]) -> pa.Table:
    """The signatures of people in tables on this engine's data, by their key, to be joined with another version's.

    Raises DisclosureControlError: more people than can be carried.
    """
    found: pa.Table = engine.arrow(_keyed(engine, _signatures(engine, tables)).limit(MOST_CARRIED + 1))
    if found.num_rows > MOST_CARRIED:
        raise DisclosureControlError(
            cause=f"tables were released from another version of the data, about more than {MOST_CARRIED:,} people, "
            "and so many cannot be compared from one version to the next",
            cure="ask with noise",
            basis=SMALL_CELLS,
        )
    return found


def _signatures(engine: Engine, tables: Mapping[int, Plan]) -> Expression:
    """One row a person who is in any of the tables."""
    labelled = None
    for number, planned in sorted(tables.items()):
        rows = _labelled(engine, number, planned)
        labelled = rows if labelled is None else labelled.union(rows)
    if labelled is None:
        raise ValueError("no table")
    joined = labelled["label"].group_concat(sep="", order_by=labelled["label"])
    return labelled.group_by(PERSON).agg(**{_SIGNATURE: joined})


def _labelled(engine: Engine, number: int, planned: Plan) -> Expression:
    rows = population_rows(engine, planned, planned.base or "")
    label = None
    for each in planned.by:
        value = text(
            treated(
                rows[each.column.name],
                each.treatment,
                data_class=each.column.data_class,
                as_of=planned.as_of,
                keyed=None,
            )
        )
        part = (value.length().cast("string") + ":" + value).fill_null("-")
        label = part if label is None else label + part
    start = f"{number};"
    # Without groups the label is a constant; it is made of a column, so that every engine types it alike.
    whole = rows[PERSON].cast("string").substr(0, 0) + start if label is None else start + label
    return rows.select(rows[PERSON], label=whole).distinct()


def _keyed(engine: Engine, signatures: Expression) -> Expression:
    persons = engine.persons()
    joined = signatures.join(persons, signatures[PERSON] == persons["ordinal"])
    return joined.select(**{_KEY: persons[_KEY], _SIGNATURE: signatures[_SIGNATURE]})


def _read(signature: str, columns: Mapping[int, int]) -> Iterator[Label]:
    place = 0
    while place < len(signature):
        end = signature.index(";", place)
        number, place = int(signature[place:end]), end + 1
        values: list[str | None] = []
        for _ in range(columns[number]):
            if signature[place] == "-":
                values.append(None)
                place += 1
                continue
            colon = signature.index(":", place)
            length = int(signature[place:colon])
            values.append(signature[colon + 1 : colon + 1 + length])
            place = colon + 1 + length
        yield number, tuple(values)
