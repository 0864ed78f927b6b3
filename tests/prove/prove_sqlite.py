"""The store's SQLite with a disk of ours under it: each open, write, sync, truncation and removal is a step like others.

SQLAlchemy drives apsw instead of the standard library's module, with the very statements that the store sends, and apsw
takes a file system in Python (a VFS over the system's own). It is a newer SQLite than the standard library's; the form
of the file, the write-ahead log and the order of its syncs are the same. The kills run on the standard library's.

Source: sqlite.org, "The SQLite OS Interface"; apsw, "Virtual File System".
"""

import contextlib
import errno
import functools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import apsw
from sqlalchemy import create_engine

import modicum.store.engine as store_engine

VFS: Final = "seen-from-below"
JOURNALS: Final = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
Before = Callable[[str, tuple[Any, ...]], None]
After = Callable[[str, tuple[Any, ...], Any], None]


class _Seen(apsw.VFSFile):
    """A file of SQLite's; `made`: it is a new journal, whose name SQLite syncs with its first bytes."""

    def __init__(self, name: Any, flags: list[int], before: Before, after: After | None) -> None:
        self.path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        self.made = not self.path.exists()
        self._before, self._after = before, after
        super().__init__("", name, flags)
        self._journal = bool(flags[0] & JOURNALS)
        self._tell("db open", self.made)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's names
        self._step("db write")
        super().xWrite(data, offset)
        self._tell("db write", (offset, bytes(data)))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._step("db sync")
        super().xSync(flags)
        self._tell("db sync", self.made and self._journal)
        self.made = False

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._step("db truncate")
        super().xTruncate(size)
        self._tell("db write", (size, None))

    def _step(self, step: str) -> None:
        with _as_sqlite():
            self._before(step, (self.path,))

    def _tell(self, step: str, given: Any) -> None:
        if self._after is not None:
            self._after(step, (self.path,), given)


class _Below(apsw.VFS):
    def __init__(self, before: Before, after: After | None) -> None:
        self._before, self._after = before, after
        super().__init__(VFS, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        with _as_sqlite():
            self._before("db open", (name,))
        return _Seen(name, flags, self._before, self._after)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802, FBT001
        with _as_sqlite():
            self._before("db remove", (Path(name),))
        super().xDelete(name, syncdir)
        if self._after is not None:
            self._after("db remove", (Path(name),), syncdir)


@contextlib.contextmanager
def _as_sqlite() -> Iterator[None]:
    """A fault that is injected, in the words of SQLite."""
    try:
        yield
    except OSError as error:
        raise (apsw.FullError if error.errno == errno.ENOSPC else apsw.IOError)("injected") from None


class _Cursor:
    arraysize = 1
    lastrowid = None

    def __init__(self, connection: "_Connection") -> None:
        self._connection, self._cursor = connection, connection.real.cursor()
        self.description: Any = None
        self.rowcount = -1

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "_Cursor":
        with _faults():
            before = self._connection.real.total_changes()
            self._cursor.exec_trace = self._described  # the one moment when a query without rows tells its columns
            self._cursor.execute(statement, tuple(values))
            self.rowcount = self._connection.real.total_changes() - before if self.description is None else -1
        return self

    def _described(self, cursor: apsw.Cursor, *_: Any) -> bool:
        self.description = [(name, None, None, None, None, None, None) for name, _ in cursor.get_description()] or None
        return True

    def executemany(self, statement: str, many: Sequence[Sequence[Any]]) -> "_Cursor":
        for values in many:
            self.execute(statement, values)
        return self

    def fetchone(self) -> Any:
        with _faults():
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        with _faults():
            return self._cursor.fetchall()

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows = (self.fetchone() for _ in range(size))
        return [row for row in rows if row is not None]

    def close(self) -> None:
        self._cursor.close(True)


class _Connection:
    isolation_level = None

    def __init__(self, file: str, *, timeout: float = 5.0, **_: Any) -> None:
        with _faults():
            self.real = apsw.Connection(file, vfs=VFS)
            self.real.set_busy_timeout(int(timeout * 1000))

    def cursor(self, *_: Any) -> _Cursor:
        return _Cursor(self)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> _Cursor:
        return self.cursor().execute(statement, values)

    def create_function(self, name: str, count: int, function: Any, **_: Any) -> None:
        self.real.create_scalar_function(name, function, count)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        with _faults():
            if self.real.in_transaction:
                self.real.execute(statement)

    def close(self) -> None:
        with _faults():
            self.real.close()


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """apsw's errors as those of the standard library's module, which the store knows."""
    try:
        yield
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except (apsw.Error, apsw.ExecutionCompleteError) as error:
        raise sqlite3.OperationalError(type(error).__name__) from error


MODULE: Final = SimpleNamespace(
    **{name: getattr(sqlite3, name) for name in dir(sqlite3) if name[0].isupper()},
    paramstyle="qmark",
    sqlite_version_info=tuple(map(int, apsw.sqlite_lib_version().split("."))),
    sqlite_version=apsw.sqlite_lib_version(),
    connect=_Connection,
)


@contextlib.contextmanager
def sqlite_seen(before: Before, after: After | None = None) -> Iterator[None]:
    """Let every store that is opened in the block stand on files that tell each of their steps."""
    real = store_engine.create_engine
    below = _Below(before, after)

    def made(url: Any, **named: Any) -> Any:
        return real(url, **named, module=MODULE)

    store_engine.create_engine = functools.wraps(create_engine)(made)
    try:
        yield
    finally:
        store_engine.create_engine = real
        below.unregister()
