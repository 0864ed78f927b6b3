"""Records that leave: one Parquet stream a table, and the persons whose rows are in it, for their accounts.

Rules it keeps: plaintext exists in memory and in a pipe only; the rows that were accounted are those that were written,
or nothing is answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

from modicum.answer.plan import PSEUDONYM_COLUMN, Plan, PlannedTable
from modicum.answer.pseudonym import class_key, pseudonymiser
from modicum.answer.selection import masked_rows, persons_in, released_rows, touched
from modicum.answer.stream import Sink, stream
from modicum.answer.treatments import Keyed, Treatment
from modicum.custody.engine import Engine, Expression
from modicum.model.errors import InternalError, InvalidInputError
from modicum.model.forms import RECORD_FORMS, Form

_FUNCTION: Final = "keyed_pseudonym"  # a serial number follows: an engine takes each name once
_SERIAL: Final = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedColumn:
    """A column of a released file: its name there, its kind (text, integer, decimal, date), what was done to it."""

    name: str
    kind: str
    treatment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedTable:
    """One released file: the table it comes from, its columns in order, its rows, and how many persons they are of."""

    table: str
    columns: tuple[ReleasedColumn, ...]
    rows: int
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedRecords:
    """All released files. `persons` flags by person number everybody who has a row in one of them."""

    tables: tuple[ReleasedTable, ...]
    persons: np.ndarray

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(table.rows for table in self.tables)


def release_records(engine: Engine, plan: Plan, *, recipient_key: bytes | None, sink: Sink) -> ReleasedRecords:
    """Hand each table of a plan to `sink(table name, reader of Parquet bytes)`, one after the other.

    recipient_key: 32 bytes of `recipients_key`; may be None where the plan holds no pseudonym.
    Raises InvalidInputError (no form of records), InternalError, LogUnavailableError, or what the sink raises; what the
    sink has taken by then must be thrown away.
    """
    if plan.form not in RECORD_FORMS:
        raise InvalidInputError(cause=f"{plan.form} is no form of records", cure="answer it as what it is")
    keyed = _keyed(engine, recipient_key)
    everybody = np.zeros(persons_in(engine), dtype=bool)
    tables = []
    for table in plan.tables:
        statement = engine.sql(released_rows(engine, plan, table, keyed=keyed))
        persons, expected = touched(engine, masked_rows(engine, plan, table))
        rows = stream(engine, statement, name=table.name, sink=sink)
        if rows != expected:
            raise InternalError(
                cause=f"{table.name}: {rows} rows were written, {expected} accounted", cure="register the data anew"
            )
        everybody |= persons
        tables.append(_described(plan, table, rows=rows, persons=int(persons.sum())))
    return ReleasedRecords(tables=tuple(tables), persons=everybody)


def _keyed(engine: Engine, key: bytes | None) -> Keyed:
    """Make for each class its pseudonyms; the functions are registered when first asked for."""
    made: dict[str, Callable[[Expression], Expression]] = {}

    def keyed(words: Expression, data_class: str) -> Expression:
        if key is None:
            raise InvalidInputError(cause="a pseudonym needs the recipients' key", cure="derive it with recipients_key")
        if data_class not in made:
            # The class is in the key, not in the text: one number in two classes must not look like one thing.
            function = pseudonymiser(class_key(key, data_class))
            made[data_class] = engine.udf_text(f"{_FUNCTION}_{next(_SERIAL)}", function)
        return made[data_class](words)

    return keyed


def _described(plan: Plan, table: PlannedTable, *, rows: int, persons: int) -> ReleasedTable:
    columns = [
        ReleasedColumn(
            name=each.column.name,
            kind=each.column.kind if each.treatment is Treatment.KEEP else "text",
            treatment=str(each.treatment),
        )
        for each in table.columns
    ]
    if plan.form is Form.PSEUDONYMISED:
        columns.insert(0, ReleasedColumn(name=PSEUDONYM_COLUMN, kind="text", treatment=str(Treatment.PSEUDONYM)))
    return ReleasedTable(table=table.name, columns=tuple(columns), rows=rows, persons=persons)
