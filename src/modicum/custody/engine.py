"""The engine: the one doorway to Ibis and DuckDB. Everybody else says what to compute in Ibis expressions.

Rules it keeps. The engine never loads an extension and never reaches the network; its settings are locked once it is
open; it spills only into a folder of its own under the home (spill.py), which is gone when it closes and wiped at the
next opening of the home after a crash. Its error texts quote row values, so none is passed on: ours say what was being
done, and no more. A key reaches a function only through its closure, because literals and parameters show in plans and
profiles.

sqlglot stays below 30.18 (pyproject.toml): later releases print statements of Ibis 12 without the table's name.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, Final, Self, TypeAlias, TypeVar

import duckdb
import pyarrow as pa
from duckdb.func import ARROW as UDF_ARROW

from modicum.custody import interruption
from modicum.custody.parts import parts_of
from modicum.custody.sources import PERSONS
from modicum.custody.spill import SPILL, Spill
from modicum.model.dataset import Dataset
from modicum.model.errors import InternalError, LogUnavailableError, ModicumError, NotFoundError
from modicum.storage import Folder

Expression: TypeAlias = Any  # an ibis.Table or ibis.Value; Ibis ships no types
Result = TypeVar("Result")
BinaryFunction: TypeAlias = Callable[[pa.ChunkedArray], pa.Array]

ROW: Final = "_modicum_row"
PERSON: Final = "_modicum_person"
STRATUM: Final = "_modicum_stratum"
OWN_COLUMNS: Final = (ROW, PERSON, STRATUM)

DISK_TROUBLE: Final = ("no space left", "read-only file system", "permission denied", "disk quota", "max_temp_dir")


def table_path(dataset: str, version: str, table: str) -> str:
    """Where a registered table stands in the home."""
    return f"data/{dataset}/{version}/{table}.parquet"


class Engine:
    """An open engine over the registered tables of one data set. Use as a context manager, in one thread."""

    def __init__(
        self, folder: Folder, dataset: Dataset | None, *, memory: str, threads: int | None, expressions: bool
    ) -> None:
        self._folder, self._dataset = folder, dataset
        self._spill = Spill(folder.path(SPILL))
        with spoken("opening the engine"):
            self._connection = _connect(self._spill.path, memory=memory, threads=threads)
            if expressions:
                self._backend = _ibis().duckdb.from_connection(self._connection)
            self._connection.execute("SET enable_progress_bar = false")  # stdout is for data
            self._connection.execute("SET parquet_metadata_cache = true")  # parts read the same files again and again
            self._connection.execute("SET lock_configuration = true")
        self._tables: dict[str, Expression] = {}

    @classmethod
    def open(
        cls,
        folder: Folder,
        dataset: Dataset | None,
        *,
        memory: str = "1GiB",
        threads: int | None = None,
        expressions: bool = True,
    ) -> Self:
        """Open over a registered data set (None: no tables yet), within a bound of memory, on `threads` (None: all).

        expressions: False leaves Ibis out, which takes a third of a command's start; then only statements can be run.
        """
        return cls(folder, dataset, memory=memory, threads=threads, expressions=expressions)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine and wipe what it spilled; safe to call twice."""
        self._connection.close()
        self._spill.wipe()

    @property
    def spill(self) -> Path:
        """A private folder that lasts as long as the engine; the place for a FIFO."""
        return self._spill.path

    def table(self, name: str) -> Expression:
        """A registered table: its source columns, `_modicum_row`, `_modicum_person`, `_modicum_stratum`.

        Rows come in no order unless sorted by `_modicum_row`. Raises NotFoundError: the data set has no such table.
        """
        if self._dataset is None or name not in {table.name for table in self._dataset.tables}:
            raise NotFoundError(cause=f"there is no table {name}", cure="see `modicum data describe`")
        return self._registered(name)

    def persons(self) -> Expression:
        """One row per person: `person_key` (text), `ordinal` (the number that `_modicum_person` holds)."""
        return self._registered(PERSONS)

    def person_column(self, name: str) -> str | None:
        """The column of a registered table whose text is the person's key in every row that belongs to a person."""
        tables = () if self._dataset is None else self._dataset.tables
        return next((table.person_column for table in tables if table.name == name), None)

    def memory_table(self, name: str, table: pa.Table) -> Expression:
        """A small table held in memory, joined to others under a name; a second one of that name replaces it."""
        with spoken(f"reading the small table {name}"):
            self._connection.register(name, table)
            return self._backend.table(name)

    def udf_binary(self, name: str, function: BinaryFunction) -> Callable[[Expression], Expression]:
        """Register a vectorised function from BLOB to text; gives what to call on a binary Ibis column.

        function: gets an Arrow chunked array (binary, no nulls), gives a string array of that length. Nulls stay null.
        What it holds in its closure shows in no plan and no profile.
        """
        return self._function(name, function, takes="BLOB", python=bytes)

    def udf_text(self, name: str, function: BinaryFunction) -> Callable[[Expression], Expression]:
        """Register a vectorised function from text to text, as udf_binary does; it gets Arrow strings.

        (A cast of text to BLOB reads backslashes as escapes, and fails on some; so text needs its own way in.)
        """
        return self._function(name, function, takes="VARCHAR", python=str)

    def _function(
        self, name: str, function: BinaryFunction, *, takes: str, python: type
    ) -> Callable[[Expression], Expression]:
        with spoken(f"registering the function {name}"):
            self._connection.create_function(name, function, [takes], "VARCHAR", type=UDF_ARROW)

        def declared(value: Any) -> str: ...  # type: ignore[empty-body] # noqa: ANN401 - Ibis reads the types set below

        declared.__annotations__ = {"value": python, "return": str}
        called: Callable[[Expression], Expression] = _ibis().udf.scalar.builtin(declared, name=name)
        return called

    def sql(self, expr: Expression) -> str:
        """The statement that the engine would run. It may hold literals of the request; never a key."""
        with spoken("writing a statement"):
            return str(self._backend.compile(expr))

    def arrow(self, expr: Expression) -> pa.Table:
        """Compute an expression into memory; for small answers."""
        with spoken("computing an answer"):
            return self._watched(lambda: self._backend.to_pyarrow(expr.as_table()))

    def by_persons(self, expressions: Sequence[Expression]) -> Iterator[list[pa.Table]]:
        """Compute expressions over the rows of some persons at a time, until every person was in one part.

        For figures that are sums over persons: they add up to those of all of them. Rows of no person are in no part;
        nothing else may be computed here until the parts are spent.
        """
        statements = [self.sql(each) for each in expressions]
        tables = {name: self._path(name) for name in self._tables if name != PERSONS}
        persons = 0 if self._dataset is None else self._dataset.persons
        parts = parts_of(list(tables.values()), persons, column=PERSON)
        try:
            for part in parts:
                # The last part has no end: whoever has a number is in a part, were it none of the data set's.
                end = "" if part == parts[-1] else f" AND {PERSON} < {part.stop}"
                within = f"{PERSON} >= {part.start}{end}" if len(parts) > 1 else "TRUE"
                for name, path in tables.items():
                    self._show(name, path, within)
                with spoken("computing an answer"):
                    yield [self._watched(partial(self._fetched, each)) for each in statements]
        finally:
            for name, path in tables.items():
                self._show(name, path, "TRUE")

    def _fetched(self, statement: str) -> pa.Table:
        return self._connection.sql(statement).to_arrow_table()

    def _show(self, name: str, path: Path, within: str) -> None:
        """Have a table show some of its rows alone."""
        rows = f"SELECT * FROM read_parquet({quoted_text(str(path))}) WHERE {within}"  # noqa: S608 - quoted, numbers
        self._connection.execute(f"CREATE OR REPLACE TEMPORARY VIEW {quoted(_view(name))} AS {rows}")

    def batches(self, expr: Expression, *, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Compute an expression, a batch of rows at a time, in constant memory."""
        yield from self.stream(self.sql(expr), rows=rows)

    def stream(self, statement: str, *, rows: int) -> Iterator[pa.RecordBatch]:
        """Run a statement of ours, a batch of rows at a time; nothing else may run here until it is spent."""
        with spoken("computing rows"):
            reader = self._watched(lambda: self._connection.sql(statement).to_arrow_reader(rows))
            while (batch := self._watched(lambda: next(reader, None))) is not None:
                yield batch

    def copy_parquet(self, expr: Expression, target: Path | int) -> int:
        """Stream an expression as zstd Parquet into a FIFO, or into an open file descriptor; gives the rows written.

        Blocks until the reader has taken everything: read from another thread. A sorted expression keeps its order; an
        unsorted one has none.
        """
        return self.copy_sql(self.sql(expr), target)

    def copy_sql(self, statement: str, target: Path | int) -> int:
        """Stream a statement of ours as zstd Parquet; see copy_parquet."""
        place = f"/dev/fd/{target}" if isinstance(target, int) else str(target)
        options = (
            "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, USE_TMP_FILE false"  # sealed next: speed counts
        )
        with spoken("writing rows"):
            copy = f"COPY ({statement}) TO {quoted_text(place)} ({options})"
            done = self._watched(lambda: self._connection.execute(copy).fetchone())
        return int(done[0]) if done else 0

    def run(self, statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement of ours and fetch its few rows; parameters hold paths and numbers, never a key."""
        with spoken("running a statement"):
            return self._watched(lambda: list(self._connection.execute(statement, parameters).fetchall()))

    def interrupt(self) -> None:
        """Stop what another thread is computing here."""
        self._connection.interrupt()

    def _watched(self, work: Callable[[], Result]) -> Result:
        """Compute in a thread of its own, so that the main one hears Ctrl-C; it is raised once nothing runs here."""
        if current_thread() is not main_thread():
            return work()
        with interruption.held() as ctrl_c, ThreadPoolExecutor(max_workers=1) as pool:
            computing = pool.submit(work)
            while not wait([computing], timeout=interruption.NOTICED).done:
                if ctrl_c.pressed:  # and again: what has not begun yet does not hear it
                    self._connection.interrupt()
            return computing.result()

    def _path(self, name: str) -> Path:
        if self._dataset is None:
            raise NotFoundError(cause="no data set is open", cure="see `modicum data list`")
        return self._folder.path(table_path(self._dataset.name, self._dataset.version, name))

    def _registered(self, name: str) -> Expression:
        if name not in self._tables:
            path = self._path(name)
            with spoken(f"opening the table {name}"):
                self._tables[name] = self._backend.read_parquet(str(path), table_name=_view(name))
        return self._tables[name]


def _view(name: str) -> str:
    return f"registered {name}"


def between(value: Expression, lower: int, upper: int) -> Expression:
    """A whole number held between two. Only for what is never null: of a null some engines make one of the two."""
    return _ibis().least(_ibis().greatest(value, lower), upper)


def clamped(value: Expression, lower: int, upper: int) -> Expression:
    """A whole number held between two; null stays null, since it compares as neither."""
    return _ibis().cases((value < lower, lower), (value > upper, upper), else_=value)


def row_number() -> Expression:
    """The place of a row in its window, from 0; needs `.over` with an order."""
    return _ibis().row_number()


def window(*, group_by: list[Expression], order_by: list[Expression]) -> Any:  # noqa: ANN401 - Ibis ships no types
    """A window over the rows that agree in some columns, in an order."""
    return _ibis().window(group_by=group_by, order_by=order_by)


def quoted(name: str) -> str:
    """An SQL identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """An SQL text literal, quoted. For paths and column meanings; never for a person's value or a key."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def spoken(doing: str) -> Iterator[None]:
    """Speak our words where the engine fails; its own may quote a row.

    Raises LogUnavailableError: disk full or not writable; KeyboardInterrupt: where the engine makes of it an error of
    its own; InternalError: everything else.
    """
    try:
        yield
    except ModicumError:
        raise
    except _troubles() as error:
        if type(error) is RuntimeError and "interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise _ours(doing, str(error).lower()) from None


def _ours(doing: str, text: str) -> ModicumError:
    if any(sign in text for sign in DISK_TROUBLE):
        return LogUnavailableError(
            cause=f"the disk cannot take what the engine writes while {doing}",
            cure="free space under the home, or make it writable, and run the command again",
        )
    if "out of memory" in text:
        return InternalError(cause=f"the engine ran out of memory while {doing}", cure="give it more memory")
    return InternalError(cause=f"the engine failed while {doing}", cure="run `modicum doctor`; report it if it is well")


@cache
def _ibis() -> Any:  # noqa: ANN401 - Ibis ships no types
    # Imported where an engine for expressions is opened: it would take a third of every command's start.
    import ibis  # noqa: PLC0415

    return ibis


def _troubles() -> tuple[type[Exception], ...]:
    """The errors that the engine's libraries raise, of those that are loaded."""
    raised: tuple[type[Exception], ...] = (duckdb.Error, pa.ArrowException, RuntimeError)
    return (*raised, _ibis().common.exceptions.IbisError) if "ibis" in sys.modules else raised


def _connect(spill: Path, *, memory: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": threads or os.cpu_count() or 1,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "custom_extension_repository": str(spill / "none"),  # so that even an INSTALL stays off the network
    }
    return duckdb.connect(":memory:", config=settings)
