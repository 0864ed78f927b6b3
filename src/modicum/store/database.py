"""An open store: what it holds, and the few transactions that change it; each is durable on return, or did nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    RowMapping,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from modicum.model.errors import ConflictError, EvidenceError
from modicum.store.cure import CURE
from modicum.store.dump import Tables, entry_digests
from modicum.store.engine import translated
from modicum.store.position import Position
from modicum.store.rows import PROJECTIONS, Change, EntryRow, Row
from modicum.store.schema import make_again
from modicum.store.tables import ENTRIES, OF_CASES, POSITION, TABLES
from modicum_verify.canonical import MAX_SAFE_INTEGER
from modicum_verify.entry import read_entry

_AT_ONCE: Final = 500  # rows in memory while a table is read


class Database:
    """One connection to a store whose tables are of the present version."""

    def __init__(self, connection: Connection, *, name: str, origin: str, repairing: bool = False) -> None:
        """Use `Store.opened`."""
        self._connection, self.name, self._origin, self._repairing = connection, name, origin, repairing

    def position(self) -> Position | None:
        """Where it stands; None where it never accepted anything.

        Raises EvidenceError: it is another log's store, or says of another log where that stands.
        """
        with self._transaction():
            found = self._rows(POSITION)
        self._require_own([str(row["origin"]) for row in found])
        if len(found) > 1:
            other = next(str(row["origin"]) for row in found if row["origin"] != self._origin)
            raise EvidenceError(
                place=f"{self.name}, position", cause=f"holds a row of the log {other} beside its own", cure=CURE
            )
        return Position(**found[0]) if found else None  # type: ignore[arg-type]  # seen by `_typed`

    def check_own(self) -> None:
        """Raises EvidenceError: it is another log's store. Where nobody can read whose it is, it is taken for ours."""
        try:
            with self._transaction():
                origins = [str(each) for each in self._connection.execute(select(POSITION.c.origin)).scalars()]
        except EvidenceError:
            return
        self._require_own(origins)

    def beyond(self, size: int) -> int:
        """How many entries it holds from the index `size` on."""
        query = select(func.count()).select_from(ENTRIES).where(ENTRIES.c.index >= size)
        with self._transaction():
            return int(self._connection.execute(query).scalar_one())

    def leaves(self) -> list[bytes]:
        """The leaves that it holds, in order. Raises EvidenceError: they leave out an index."""
        query = select(ENTRIES.c.index, ENTRIES.c.leaf).order_by(ENTRIES.c.index)
        with self._transaction():
            found = self._connection.execute(query).all()
        for place, (index, leaf) in enumerate(found):
            if index != place:
                raise EvidenceError(place=f"{self.name}, entry {place}", cause="is missing, and a later one is there")
            if not isinstance(leaf, bytes):
                raise _of_another_type(f"{self.name}, entry {place}", ENTRIES.c.leaf)
        return [leaf for _, leaf in found]

    def entries(self, start: int) -> list[EntryRow]:
        """The entries from an index on, each with its body. Raises EvidenceError: one does not hold together."""
        query = _query(ENTRIES).where(ENTRIES.c.index >= start).order_by(ENTRIES.c.index)
        with self._transaction():
            found = self._connection.execute(query).mappings().all()
        return [self._entry(_typed(self.name, ENTRIES, row)) for row in found]

    def tables(self) -> dict[str, list[Row]]:
        """All rows of all tables, as the dump shows them."""
        with self._transaction():
            found: dict[str, list[Row]] = {name: self._rows(table) for name, table in TABLES.items()}
            entries = self._connection.execute(_query(ENTRIES).execution_options(yield_per=_AT_ONCE)).mappings()
            found["entries"] = [_shown(_typed(self.name, ENTRIES, row)) for row in entries]
        return found

    def rows_of(self, case: str) -> dict[str, list[Row]]:
        """The rows of one case, table by table."""
        with self._transaction():
            return {name: self._rows(table, case) for name, table in OF_CASES.items()}

    def accept(
        self, entries: Sequence[EntryRow], changes: Sequence[Change], *, onto: Position, position: Position
    ) -> None:
        """Take in new entries with the rows that they change, as one transaction.

        Raises ConflictError: the store no longer stands at `onto`. LogUnavailableError: it cannot, or nobody knows.
        EvidenceError: something in the database keeps or alters them.
        """
        with self._transaction():
            self._move(onto, position)
            self._connection.execute(insert(ENTRIES), list(map(_values, entries)))
            self._apply(changes)
            self._check_kept(entries, start=onto.size)

    def take_back(self, changes: Sequence[Change], *, onto: Position, position: Position) -> None:
        """Undo an `accept` whose entries the log could not take."""
        with self._transaction():
            self._move(onto, position)
            self._apply(changes)
            self._connection.execute(delete(ENTRIES).where(ENTRIES.c.index >= position.size))

    def remake(self, entries: Sequence[EntryRow], tables: Tables, *, start: int, position: Position) -> None:
        """Put the entries from `start` on, and all rows of all other tables, in place of what is there.

        Opened for repair, it first drops what is foreign and makes tables that somebody changed again; start is then 0.
        """
        with self._foreign_keys_off() if self._repairing else nullcontext(), self._transaction():
            if self._repairing:
                make_again(self._connection)
            for name in reversed(PROJECTIONS):
                self._connection.execute(delete(TABLES[name]))
            self._connection.execute(delete(ENTRIES).where(ENTRIES.c.index >= start))
            self._connection.execute(delete(POSITION))
            self._connection.execute(insert(POSITION), [_position_values(position)])
            for low in range(0, len(entries), _AT_ONCE):
                self._connection.execute(insert(ENTRIES), list(map(_values, entries[low : low + _AT_ONCE])))
            for name in PROJECTIONS:
                self._insert(TABLES[name], tables.get(name, ()))

    def clear(self) -> None:
        """Forget everything: for a home that never came to be."""
        with self._transaction():
            for table in (*(TABLES[name] for name in reversed(PROJECTIONS)), ENTRIES, POSITION):
                self._connection.execute(delete(table))

    @contextmanager
    def _foreign_keys_off(self) -> Iterator[None]:
        """SQLite drops no table that another points at, and takes this setting outside a transaction alone."""
        if self._connection.dialect.name != "sqlite":
            yield
            return
        self._set_foreign_keys("OFF")
        yield
        self._set_foreign_keys("ON")

    def _set_foreign_keys(self, setting: str) -> None:
        with translated(self.name, self._connection):
            self._connection.connection.cursor().execute(f"PRAGMA foreign_keys={setting}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated(self.name, self._connection):
            transaction = self._connection.begin()
        try:
            with translated(self.name, self._connection):
                yield
        except BaseException:
            with suppress(Exception):  # A database that is gone has rolled back already.
                transaction.rollback()
            raise
        with translated(self.name, self._connection, committing=True):
            transaction.commit()

    def _move(self, onto: Position, position: Position) -> None:
        query = (
            update(POSITION)
            .where(POSITION.c.origin == onto.origin, POSITION.c.size == onto.size, POSITION.c.root == onto.root)
            .values(**_position_values(position))
        )
        if self._connection.execute(query).rowcount != 1:
            raise ConflictError(
                cause=f"{self.name} no longer stands at entry {onto.size}: somebody else wrote to it",
                cure="look at the case again, then try again",
            )

    def _check_kept(self, entries: Sequence[EntryRow], *, start: int) -> None:
        query = select(ENTRIES.c.leaf, ENTRIES.c.body).where(ENTRIES.c.index >= start).order_by(ENTRIES.c.index)
        kept = [(leaf, body) for leaf, body in self._connection.execute(query)]
        if kept != [(row.leaf, row.body) for row in entries]:
            raise EvidenceError(
                place=f"{self.name}, entry {start}", cause="is not kept as it was given: something alters it", cure=CURE
            )

    def _require_own(self, origins: Sequence[str]) -> None:
        if origins and self._origin not in origins:
            raise EvidenceError(
                place=self.name,
                cause=f"is the store of the log {origins[0]} and not of {self._origin}",
                cure="put this home's own store back, or move that one away: the next command makes it again",
            )

    def _apply(self, changes: Sequence[Change]) -> None:
        # A row that another points at comes before it, and goes after it.
        in_order = sorted(changes, key=lambda each: PROJECTIONS.index(each.table))
        for change in reversed(in_order):
            table = TABLES[change.table]
            chosen = delete(table)
            self._connection.execute(chosen if change.case is None else chosen.where(table.c.case == change.case))
        for change in in_order:
            self._insert(TABLES[change.table], change.rows)

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._connection.execute(insert(table), [dict(row) for row in rows])

    def _rows(self, table: Table, case: str | None = None) -> list[Row]:
        query = _query(table) if case is None else _query(table).where(table.c.case == case)
        return [_typed(self.name, table, row) for row in self._connection.execute(query).mappings()]

    def _entry(self, row: Mapping[str, Any]) -> EntryRow:
        place = f"{self.name}, entry {row['index']}"
        leaf, body = row["leaf"], row["body"]
        try:
            entry = read_entry(row["index"], leaf, body)
        except EvidenceError as error:
            raise EvidenceError(place=place, cause=error.cause, cure=error.cure) from error
        return EntryRow(entry=entry, leaf=leaf, body=body)


def _values(row: EntryRow) -> dict[str, Any]:
    entry = row.entry
    return {
        "index": entry.index,
        "kind": entry.kind,
        "at": entry.at,
        "case": entry.case,
        "actor": entry.actor,
        "commitment": entry.body,
        "leaf": row.leaf,
        "body": row.body,
    }


def _position_values(position: Position) -> Mapping[str, Any]:
    return {name: getattr(position, name) for name in ("origin", "size", "root", "sha256", "accepted")}


def _shown(row: Mapping[str, Any]) -> Row:
    shown = {name: row[name] for name in ("index", "kind", "at", "case", "actor", "commitment")}
    return {**shown, **entry_digests(row["leaf"], row["body"])}


def _query(table: Table) -> Select[Any]:
    """All columns as the database has them: SQLAlchemy would take any value at all for a flag."""
    return select(
        *(type_coerce(each, Integer).label(each.name) if isinstance(each.type, Boolean) else each for each in table.c)
    )


def _typed(name: str, table: Table, row: RowMapping) -> dict[str, Any]:
    """A row whose values are of the types of their columns, which SQLite does not see to. Raises EvidenceError."""
    found = {}
    for column in table.columns:
        value = row[column.name]
        if not _is_of_type(column, value):
            place = f"{name}, entry {row['index']}" if table is ENTRIES else f"{name}, {table.name}"
            raise _of_another_type(place, column)
        found[column.name] = bool(value) if isinstance(column.type, Boolean) and value is not None else value
    return found


def _is_of_type(column: Column[Any], value: object) -> bool:
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, Boolean):
        return isinstance(value, int) and value in {0, 1}
    if isinstance(column.type, Integer):
        return type(value) is int and abs(value) <= MAX_SAFE_INTEGER
    return isinstance(value, bytes if isinstance(column.type, LargeBinary) else str)


def _of_another_type(place: str, column: Column[Any]) -> EvidenceError:
    return EvidenceError(place=place, cause=f"holds in {column.name} a value of another type", cure=CURE)
