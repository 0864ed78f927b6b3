"""Open a database so that a commit is durable and a fault is an answer within five seconds.

What durability needs is set, then read back: a database that does not keep it is refused. SQLite: write-ahead log,
`synchronous=FULL`, foreign keys, a write takes its lock at once (`BEGIN IMMEDIATE`). PostgreSQL: serializable,
`synchronous_commit` and `fsync` not off.

Source: sqlite.org, "PRAGMA Statements" and "Write-Ahead Logging"; PostgreSQL 15 manual, 20.5 and 13.2.3.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pg8000.exceptions
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from modicum.model.errors import ConflictError, EvidenceError, LogUnavailableError
from modicum.store.address import Address, Server
from modicum.store.cure import CURE

WAIT_S: Final = 3.0  # a clean refusal within five seconds, with room for one step that is begun before it
ISOLATION: Final = "SERIALIZABLE"
SQLITE_SET: Final = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")
_SQLITE_MUST: Final[Mapping[str, object]] = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
_POSTGRES_MUST_NOT: Final[Mapping[str, object]] = {"fsync": "off", "synchronous_commit": "off"}
_OTHER_WAS_FIRST: Final = ("40001", "40P01", "23505")  # not serializable, a deadlock, a key that is there by now
_OF_THE_TABLES: Final = (
    "22",
    "23",
    "42",
    "44",
    "P0",
)  # PostgreSQL's: data, constraints, names, checks, `RAISE`
_NO_RIGHTS: Final = "42501"
_NO_TEXT: Final = "Could not decode to UTF-8"


def engine_of(address: Address) -> Engine:
    """An engine that opens one connection at a time, and asserts each; nothing is opened yet."""
    if address.server is not None:
        return _postgres(address.server)
    engine = create_engine(
        URL.create("sqlite", database=str(address.file)),
        poolclass=NullPool,
        connect_args={"timeout": WAIT_S, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


@contextmanager
def connected(engine: Engine, address: Address) -> Iterator[Connection]:
    """One asserted connection; makes the file of a new SQLite store.

    Raises LogUnavailableError: the database is down, busy, or does not keep what it must for a commit to be durable.
    """
    if address.file is not None:
        _make_file(address.file)
    with translated(address.name):
        connection = engine.connect()
    try:
        with translated(address.name, connection):
            (_assert_sqlite if address.server is None else _assert_postgres)(connection, address.name)
        yield connection
    finally:
        with suppress(Exception):  # What was to be kept is committed; a bad good-bye changes nothing.
            connection.close()


@contextmanager
def translated(name: str, connection: Connection | None = None, *, committing: bool = False) -> Iterator[None]:
    """Turn a database's fault into ours, without the database's own words, which may quote a row or an address.

    Raises ConflictError: somebody else wrote first. EvidenceError: the tables are not those that this program makes, or
    something in the database forbids what they must take. LogUnavailableError: anything else. `connection`
    is then given up, so that nobody waits for a database that hangs to say good-bye. committing: whether it took effect
    is then unknown.
    """
    try:
        yield
    except (SQLAlchemyError, pg8000.exceptions.Error, sqlite3.Error, OSError) as error:
        if connection is not None:
            with suppress(Exception):
                connection.invalidate()
        raise _fault(name, error, committing=committing) from error


def _fault(name: str, error: Exception, *, committing: bool) -> ConflictError | EvidenceError | LogUnavailableError:
    original = error.orig if isinstance(error, DBAPIError) else error
    if _sqlstate(original) in _OTHER_WAS_FIRST:
        return ConflictError(
            cause=f"{name}: another process entered something first", cure="look at the case again, then try again"
        )
    if isinstance(error, IntegrityError) or _is_of_the_tables(original):
        return EvidenceError(
            place=name,
            cause="does not take or give what its tables are for, so somebody changed them or put something in the way",
            cure=CURE,
        )
    if isinstance(original, sqlite3.DatabaseError) and _corrupt(original):
        return LogUnavailableError(
            cause=f"{name} cannot be read as a database",
            cure=f"move {name} away; the next command makes it again from log and bodies",
        )
    word = getattr(original, "sqlite_errorname", None) or _sqlstate(original) or type(original).__name__
    if committing:
        return LogUnavailableError(
            cause=f"{name} did not say whether it took what was to be recorded ({word})",
            cure="see that the database runs, then look before you try again: the next writing enters what was taken",
        )
    return LogUnavailableError(
        cause=f"{name} does not take or give entries ({word}), so nothing was recorded",
        cure="see that the database runs, is not locked by another program and has room; then try again",
    )


def _sqlstate(error: object) -> str | None:
    detail = error.args[0] if isinstance(error, pg8000.exceptions.Error) and error.args else None
    return detail.get("C") if isinstance(detail, dict) else None


def _is_of_the_tables(error: object) -> bool:
    """Whether the tables are to blame. SQLite holds its lock while it writes: there nobody else can have been first."""
    if isinstance(error, sqlite3.OperationalError):
        no_text = str(error).startswith(_NO_TEXT)  # Python's own error, without a code of SQLite's
        return no_text or getattr(error, "sqlite_errorcode", 0) & 0xFF in {
            sqlite3.SQLITE_ERROR,
            sqlite3.SQLITE_MISMATCH,
        }
    state = _sqlstate(error)
    return state is not None and state != _NO_RIGHTS and state[:2] in _OF_THE_TABLES


def _corrupt(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _make_file(file: Path) -> None:
    # Before SQLite does, which would let others read it; its -wal and -shm take the mode of the file.
    with suppress(OSError):  # SQLite says what is wrong.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _postgres(server: Server) -> Engine:
    url = URL.create(
        "postgresql+pg8000",
        username=server.user,
        password=server.password,
        host=server.host,
        port=server.port,
        database=server.database,
    )
    arguments: dict[str, Any] = {"timeout": WAIT_S, "application_name": "modicum"}
    tls = server.tls()
    if tls is not None:
        arguments["ssl_context"] = tls
    return create_engine(url, poolclass=NullPool, isolation_level=ISOLATION, connect_args=arguments)


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    for statement in SQLITE_SET:
        connection.execute(statement).close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _assert_sqlite(connection: Connection, name: str) -> None:
    for pragma, must in _SQLITE_MUST.items():
        found = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
        if found != must:
            raise _not_durable(name, f"{pragma} is {found} and not {must}")
    connection.rollback()


def _assert_postgres(connection: Connection, name: str) -> None:
    for setting, must_not in _POSTGRES_MUST_NOT.items():
        if connection.exec_driver_sql(f"SHOW {setting}").scalar() == must_not:
            raise _not_durable(name, f"{setting} is {must_not}")
    found = connection.exec_driver_sql("SHOW transaction_isolation").scalar()
    if found != "serializable":
        raise _not_durable(name, f"transaction_isolation is {found}")
    connection.rollback()


def _not_durable(name: str, what: str) -> LogUnavailableError:
    return LogUnavailableError(
        cause=f"{name}: {what}, so what it accepts could be lost",
        cure="mend that setting of the database; nothing is recorded without it",
    )
