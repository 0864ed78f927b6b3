"""An open store: what it holds, and the few transactions that change it; each is durable on return, or did nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, delete, insert, select, update

from modicum.model.errors import ConflictError, EvidenceError
from modicum.store.dump import Tables, entry_digests
from modicum.store.engine import translated
from modicum.store.position import Position
from modicum.store.rows import PROJECTIONS, Change, EntryRow, Row
from modicum.store.tables import ENTRIES, OF_CASES, POSITION, TABLES
from modicum_verify.entry import read_entry

_AT_ONCE: Final = 500  # rows in memory while a table is read


class Database:
    """One connection to a store whose tables are of the present version."""

    def __init__(self, connection: Connection, *, name: str, origin: str) -> None:
        """Use `Store.opened`."""
        self._connection, self.name, self._origin = connection, name, origin

    def position(self) -> Position | None:
        """Where it stands; None where it never accepted anything. Raises EvidenceError: it is another log's store."""
        with self._transaction():
            found = self._connection.execute(select(POSITION)).mappings().all()
        if any(row["origin"] != self._origin for row in found):
            raise EvidenceError(
                place=self.name,
                cause=f"is the store of the log {found[0]['origin']} and not of {self._origin}",
                cure="put this home's own store back, or move that one away: the next command makes it again",
            )
        return Position(**found[0]) if found else None

    def leaves(self) -> list[bytes]:
        """The leaves that it holds, in order. Raises EvidenceError: they leave out an index."""
        query = select(ENTRIES.c.index, ENTRIES.c.leaf).order_by(ENTRIES.c.index)
        with self._transaction():
            found = self._connection.execute(query).all()
        for place, (index, _) in enumerate(found):
            if index != place:
                raise EvidenceError(place=f"{self.name}, entry {place}", cause="is missing, and a later one is there")
        return [bytes(leaf) for _, leaf in found]

    def entries(self, start: int) -> list[EntryRow]:
        """The entries from an index on, each with its body. Raises EvidenceError: one does not hold together."""
        query = select(ENTRIES).where(ENTRIES.c.index >= start).order_by(ENTRIES.c.index)
        with self._transaction():
            found = self._connection.execute(query).mappings().all()
        return [self._entry(row) for row in found]

    def tables(self) -> dict[str, list[Row]]:
        """All rows of all tables, as the dump shows them."""
        with self._transaction():
            found: dict[str, list[Row]] = {name: self._rows(table) for name, table in TABLES.items()}
            entries = self._connection.execute(select(ENTRIES).execution_options(yield_per=_AT_ONCE)).mappings()
            found["entries"] = [_shown(row) for row in entries]
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
        """
        with self._transaction():
            self._move(onto, position)
            self._connection.execute(insert(ENTRIES), list(map(_values, entries)))
            self._apply(changes)

    def take_back(self, changes: Sequence[Change], *, onto: Position, position: Position) -> None:
        """Undo an `accept` whose entries the log could not take."""
        with self._transaction():
            self._move(onto, position)
            self._apply(changes)
            self._connection.execute(delete(ENTRIES).where(ENTRIES.c.index >= position.size))

    def remake(self, entries: Sequence[EntryRow], tables: Tables, *, start: int, position: Position) -> None:
        """Put the entries from `start` on, and all rows of all other tables, in place of what is there."""
        with self._transaction():
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
        query = select(table) if case is None else select(table).where(table.c.case == case)
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def _entry(self, row: RowMapping) -> EntryRow:
        place = f"{self.name}, entry {row['index']}"
        leaf, body = bytes(row["leaf"]), bytes(row["body"])
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


def _shown(row: RowMapping) -> Row:
    shown = {name: row[name] for name in ("index", "kind", "at", "case", "actor", "commitment")}
    return {**shown, **entry_digests(bytes(row["leaf"]), bytes(row["body"]))}
