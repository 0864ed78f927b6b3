"""A store that is opened when somebody writes: the database's libraries are imported then, and not before."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from modicum.store.address import Address
from modicum.store.dump import Tables
from modicum.store.position import Position
from modicum.store.rows import Change, EntryRow, Row


class OpenStore(Protocol):
    """What an open store answers; `modicum.store.database.Database` says each in full."""

    name: str

    def position(self) -> Position | None:
        """Where it stands."""

    def leaves(self) -> list[bytes]:
        """The leaves that it holds, in order."""

    def entries(self, start: int) -> list[EntryRow]:
        """The entries from an index on, each with its body."""

    def tables(self) -> dict[str, list[Row]]:
        """All rows of all tables, as the dump shows them."""

    def rows_of(self, case: str) -> dict[str, list[Row]]:
        """The rows of one case."""

    def accept(
        self, entries: Sequence[EntryRow], changes: Sequence[Change], *, onto: Position, position: Position
    ) -> None:
        """Take in new entries with the rows that they change."""

    def take_back(self, changes: Sequence[Change], *, onto: Position, position: Position) -> None:
        """Undo an `accept` whose entries the log could not take."""

    def remake(self, entries: Sequence[EntryRow], tables: Tables, *, start: int, position: Position) -> None:
        """Put entries from `start` on, and all other rows, in place of what is there."""

    def check_own(self) -> None:
        """Raises EvidenceError where it is another log's store."""

    def beyond(self, size: int) -> int:
        """How many entries it holds from an index on."""

    def clear(self) -> None:
        """Forget everything."""


class Store:
    """One home's store: where it is, and of which log."""

    def __init__(self, address: Address, *, origin: str) -> None:
        """Nothing is opened yet."""
        self._address, self._origin = address, origin

    @property
    def name(self) -> str:
        """How errors call it; never with a password."""
        return self._address.name

    def is_absent(self) -> bool:
        """Whether its file is not there; a server is asked when it is opened."""
        return self._address.file is not None and not self._address.file.exists()

    @contextmanager
    def opened(self, *, repairing: bool = False) -> Iterator[OpenStore]:
        """Open it, made or migrated where that is due, and close it at the end.

        repairing: whatever was done to its tables; `remake` then makes them again, and reading may raise EvidenceError.
        Raises LogUnavailableError: the database cannot be used, is not durable, or is of a newer program.
        EvidenceError: somebody changed its tables, and it is not opened for repair.
        """
        from modicum.store.database import Database  # noqa: PLC0415 - a third of a second, for those who write
        from modicum.store.engine import connected, engine_of, translated  # noqa: PLC0415
        from modicum.store.schema import check_known, ensure_schema  # noqa: PLC0415

        with connected(engine_of(self._address), self._address) as connection:
            with translated(self.name, connection):
                (check_known if repairing else ensure_schema)(connection, self.name)
                connection.rollback()
            yield Database(connection, name=self.name, origin=self._origin, repairing=repairing)
