"""A docket that is kept: the small world of the docket tests, its events recorded in a real log and a real store.

The folder does not wait for the disk, since no test here cuts the power; databases keep their durable settings.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).parents[1]))

from docket_world import World, genesis

from modicum.docket.commands import Event
from modicum.gateway.accepting import Acceptance
from modicum.gateway.journal import Journal
from modicum.ledger import create_ledger, open_ledger
from modicum.storage import Folder
from modicum.store import Row, Store, parse_address
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket, fold
from modicum_verify.note import vkey
from postgres_server import postgres_server

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "cms.modicum.example/test"
DATABASES = ("sqlite", "postgresql")


class UnsyncedFolder(Folder):
    """A real folder that does not wait for the disk."""

    def _sync_file(self, file: BinaryIO) -> None:
        file.flush()

    def _sync_folder(self, directory: Path) -> None:
        os.scandir(directory).close()


class KeptWorld(World):
    """Like `World`, through a journal. `url` names a PostgreSQL database; `store.db` in the folder where there is none."""

    def __init__(self, path: Path, url: str | None = None, *, founded: bool = True, origin: str = ORIGIN) -> None:
        self.path, self.url, self.origin = path, url, origin
        self.folder = UnsyncedFolder(path)
        self.fresh = not (path / "log" / "checkpoint").exists()
        super().__init__(founded=False)
        if self.fresh:
            create_ledger(self.folder, origin=origin, key=KEY)
        self.open()
        if founded and self.fresh:
            self.do(genesis())

    def open(self) -> None:
        """Open the journal as another process would."""
        self.ledger = open_ledger(self.folder, key=KEY, vkey=vkey(self.origin, KEY.public_key()))
        self.store = Store(parse_address(self.path, self.url), origin=self.origin)
        self.acceptance = Acceptance(self.folder, self.ledger, store=self.store, origin=self.origin, key=KEY)
        self.journal = Journal(self.folder, self.ledger, lambda: datetime.fromisoformat(self.now), self.acceptance)
        self.entries = self.journal.entries()
        self.docket = self.journal.docket()
        self.minute = max(self.minute, len(self.entries))

    def do(self, event: Event) -> int:
        """Record an event under the lock, as the hall does."""
        self.minute += 1
        with self.journal.locked():
            entry = self.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
        self.look()
        return entry.index

    def look(self) -> None:
        """See what the log holds now."""
        self.entries, self.docket = self.journal.entries(), self.journal.docket()

    def tables(self) -> dict[str, list[Row]]:
        """What the tables hold, as the dump shows it."""
        with self.store.opened() as store:
            return store.tables()

    def execute(self, *statements: str) -> None:
        """Write to the database as somebody with full access to it."""
        execute(self.path, self.url, *statements)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database, past our own code."""
        with connection(self.path, self.url) as open_connection:
            cursor = open_connection.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]


@contextmanager
def connection(path: Path, url: str | None) -> Iterator[Any]:
    """A connection to the store's database, past our own code."""
    if url is None:
        with closing(sqlite3.connect(path / "store.db")) as opened:
            yield opened
        return
    import pg8000.dbapi
    from sqlalchemy import make_url

    at = make_url(url)
    with closing(
        pg8000.dbapi.connect(at.username, host=at.host, port=at.port, database=at.database, password=at.password)
    ) as opened:
        yield opened


def execute(path: Path, url: str | None, *statements: str) -> None:
    """Run statements in one transaction."""
    with connection(path, url) as opened:
        for statement in statements:
            opened.cursor().execute(statement)
        opened.commit()


def new_url(database: str) -> str | None:
    """The address of a new, empty store of this kind; None for the file in the home. Skips where there is no server."""
    return None if database == "sqlite" else postgres_server().database()


def folded(entries: list[Entry]) -> Docket:
    """The fold of all entries, from nothing."""
    return fold(entries)
