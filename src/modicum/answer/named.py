"""Find the persons whom a list names, by exact match inside the engine. Values pass as tables in memory, never as text.

A line finds a person where *every* identifying field that it fills is held, exactly, by some row of that person: one
number right and the name wrong is somebody else. A line that fits nobody, or more than one, finds nobody. Names compare
as `model.names` says, days as days, all else as text without blanks around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeAlias

import pyarrow as pa

from modicum.answer.treatments import iso_date, text
from modicum.custody.engine import PERSON, Engine, Expression
from modicum.model.dataset import Column
from modicum.model.lines import Line
from modicum.model.names import name_key

NAME: Final = "name"
Pairs: TypeAlias = set[tuple[int, int]]
"""(number of a line, number of a person)."""

_SOUGHT: Final = "_modicum_sought"
_AMONG: Final = "_modicum_among"
_FUNCTION: Final = "name_key"  # a serial number follows: an engine takes each name once
_SERIAL: Final = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A field of a list, the data class that it holds, and the columns of the records that hold the same.

    dated: the pack says that the class is a day, so values compare as days however they are written.
    """

    field: str
    data_class: str
    columns: tuple[Column, ...]
    dated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whom the lines of a list found: the number of a person by the number of a line; and how many found nobody."""

    by_line: Mapping[int, int] = field(repr=False)
    not_found: int
    ambiguous: int

    @property
    def persons(self) -> tuple[int, ...]:
        """The persons found, each once, in order."""
        return tuple(sorted(set(self.by_line.values())))


def find_persons(
    engine: Engine, lines: Sequence[Line], *, identifiers: Sequence[Identifier], anchors: Sequence[Sequence[str]]
) -> Found:
    """Find the person of each line.

    anchors: fields that together identify, the surest first; a line is looked for by its first complete one, and what
    that gives is held against all its other fields.
    """
    known = {each.field: each for each in identifiers}
    by_anchor: dict[str, dict[int, str]] = {}
    for line in lines:
        if (name := _anchor(line, anchors, known)) is not None:
            by_anchor.setdefault(name, {})[line.number] = line.text(name)
    pairs: Pairs = set()
    for name, sought in by_anchor.items():
        pairs |= _pairs(engine, known[name], sought)
    for identifier in identifiers:
        asked = {line.number: line.text(identifier.field) for line in lines if line.text(identifier.field)}
        held = _pairs(engine, identifier, asked, among={person for _, person in pairs})
        pairs = {pair for pair in pairs if pair[0] not in asked or pair in held}
    return _found(lines, pairs)


def _anchor(line: Line, anchors: Sequence[Sequence[str]], known: Mapping[str, Identifier]) -> str | None:
    """The field by which a line is looked for first: of its first complete anchor, no name if there is another."""
    for together in anchors:
        if all(line.text(name) and name in known for name in together):
            return min(together, key=lambda name: known[name].data_class == NAME)
    return None


def _pairs(engine: Engine, identifier: Identifier, asked: Mapping[int, str], *, among: set[int] | None = None) -> Pairs:
    """Which lines and persons hold the same in a field; `among` bounds the persons looked at."""
    if not asked or (among is not None and not among):
        return set()
    keys = [name_key(value) if identifier.data_class == NAME else value for value in asked.values()]
    sought = pa.table({"line": pa.array(asked, pa.uint32()), "sought": pa.array(keys, pa.string())})
    found: Pairs = set()
    for column in identifier.columns:
        rows = engine.table(column.table)
        rows = rows.filter(rows[PERSON].notnull())
        if among is not None:
            some = pa.table({PERSON: pa.array(sorted(among), pa.uint32())})
            # (Ibis 12 loses track of the columns of a semi-join that is joined once more.)
            rows = rows.filter(rows[PERSON].isin(engine.memory_table(_AMONG, some)[PERSON]))
        held = rows.select(**{PERSON: rows[PERSON], "sought": _held(engine, rows[column.name], column, identifier)})
        small = engine.memory_table(_SOUGHT, sought)
        for batch in engine.batches(held.join(small, "sought").select("line", PERSON).distinct()):
            found |= set(zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True))
    return found


def _held(engine: Engine, value: Expression, column: Column, identifier: Identifier) -> Expression:
    """What a row holds, in the form in which a list's field is compared with it."""
    if column.kind == "date" or identifier.dated:
        return iso_date(value)
    if identifier.data_class == NAME:
        return engine.udf_text(f"{_FUNCTION}_{next(_SERIAL)}", _name_keys)(text(value))
    return text(value).strip()


def _name_keys(values: pa.ChunkedArray) -> pa.Array:
    return pa.array([None if each is None else name_key(each) for each in values.to_pylist()], pa.string())


def _found(lines: Sequence[Line], pairs: Pairs) -> Found:
    fitting: dict[int, set[int]] = {line.number: set() for line in lines}
    for line, person in pairs:
        fitting[line].add(person)
    return Found(
        by_line={line: next(iter(persons)) for line, persons in fitting.items() if len(persons) == 1},
        not_found=sum(not persons for persons in fitting.values()),
        ambiguous=sum(len(persons) > 1 for persons in fitting.values()),
    )
