"""Read every source file once, into raw tables: text columns in the order of the source, numbered rows, nothing joined.

Rules it keeps: rows in = rows registered + rows reported as unreadable, checked per file against lines counted apart
from the parser and against what the written file says; memory is that of one batch; raw tables stand in the engine's
private folder and are gone with it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from modicum.custody.delimited import Tally, read_delimited, unique_names
from modicum.custody.engine import ROW, Engine, quoted, quoted_text, spoken
from modicum.custody.fhir import Row, declared_columns
from modicum.custody.resources import NO_RESOURCE, read_resources
from modicum.custody.sources import Ignored, Shape, SourceFile, Unreadable, opened
from modicum.model.errors import InternalError, InvalidInputError

Progress: TypeAlias = Callable[[str, float | None], None]

CHUNK_ROWS: Final = 20_000
RAW: Final = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCount:
    """What became of one file: rows in = registered + unreadable; blank lines are no rows."""

    file: str
    rows_in: int
    registered: int
    unreadable: int
    blank_lines: int


@dataclass(slots=True, kw_only=True)
class RawTable:
    """One table as read: its Parquet parts in order, its columns, its rows. `native`: a Parquet file, read in place."""

    name: str
    parts: list[Path] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # how a native source calls them, where two differ in case alone
    rows: int = 0
    unreadable: int = 0
    native: bool = False

    def view(self) -> str:
        """The view under which the engine knows it: its columns and `_modicum_row`."""
        return quoted(f"{RAW} {self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """All raw tables, by name in the order of their names, and everything there is to report."""

    tables: Mapping[str, RawTable]
    counts: tuple[FileCount, ...]
    unreadable: tuple[Unreadable, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[str, ...]


def stage(engine: Engine, files: Sequence[SourceFile], ignored: Sequence[Ignored], progress: Progress) -> Staged:
    """Read all files into raw tables that the engine can see as views.

    Raises InvalidInputError: a file that cannot be a table, two files that give one table, or no table at all.
    """
    work = _Stage(engine.spill / RAW)
    left = list(ignored)
    for place, source in enumerate(files):
        progress(f"reading {source.label}", place / len(files))
        with spoken(f"reading {source.label}"):
            reason = work.read(source)
        if reason:
            left.append(Ignored(source.label, reason))
    work.finish()
    tables = {name: work.tables[name] for name in sorted(work.tables)}
    if not tables:
        raise InvalidInputError(cause="no file held a table", cure="give CSV, Parquet or FHIR NDJSON files")
    for table in tables.values():
        make_view(engine, table)
    return Staged(
        tables=tables,
        counts=tuple(work.counts),
        unreadable=tuple(work.unreadable),
        ignored=tuple(left),
        notes=tuple(work.notes),
    )


def make_view(engine: Engine, table: RawTable) -> None:
    """Let the engine see a raw table; checks that it holds the rows that were counted. Names and paths are quoted."""
    parts = "[" + ", ".join(quoted_text(str(part)) for part in table.parts) + "]"
    if table.native:
        pairs = zip(table.names, table.columns, strict=True)
        columns = ", ".join(f"{quoted(name)} AS {quoted(column)}" for name, column in pairs)
        body = f"SELECT {columns}, file_row_number AS {ROW} FROM read_parquet({parts}, file_row_number = true)"  # noqa: S608
    else:
        body = f"SELECT * FROM read_parquet({parts}, union_by_name = true)"  # noqa: S608
    engine.run(f"CREATE VIEW {table.view()} AS {body}")
    rows = engine.run(f"SELECT count(*) FROM {table.view()}")[0][0]  # noqa: S608
    if rows != table.rows:
        raise InternalError(
            cause=f"{table.name}: {table.rows} rows were read and {rows} written",
            cure="report it; nothing was registered",
        )


def sample(engine: Engine, table: RawTable, *, rows: int, values: int) -> dict[str, list[str]]:
    """For each column the values, as text and without nulls, among a table's first rows; not more than so many."""
    texts = ", ".join(f"CAST({quoted(column)} AS VARCHAR) AS {quoted(column)}" for column in table.columns)
    statement = f"SELECT {texts} FROM {table.view()} LIMIT {rows}"  # noqa: S608 - quoted
    first = list(engine.stream(statement, rows=rows)) if table.columns else []
    found: dict[str, list[str]] = {column: [] for column in table.columns}
    for batch in first:
        for column in table.columns:
            found[column] += batch.column(column).drop_null().to_pylist()
    return {column: sampled[:values] for column, sampled in found.items()}


class _Stage:
    """The raw tables while files are read, one after another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._buffers: dict[str, list[Row]] = {}
        self.tables: dict[str, RawTable] = {}
        self.counts: list[FileCount] = []
        self.unreadable: list[Unreadable] = []
        self.notes: list[str] = []

    def read(self, source: SourceFile) -> str | None:
        """Read one file; gives the reason where it is left out as no data file."""
        tally, unreadable = Tally(), list[Unreadable]()
        with opened(source) as stream:
            match source.shape:
                case Shape.PARQUET:
                    self._native(source, tally)
                case Shape.DELIMITED:
                    self._new_table(source)
                    header, batches = read_delimited(source, stream, tally, unreadable)
                    self._delimited(source, header.names, batches)
                    self.notes.extend(header.notes)
                    self.tables[source.table].unreadable = tally.unreadable
                case Shape.NDJSON | Shape.JSON:
                    first = self._resources(source, read_resources(source, stream, tally, unreadable))
                    if not tally.registered and all(each.reason == NO_RESOURCE for each in unreadable):
                        return "holds no FHIR resource"
                    if first is None:
                        raise InvalidInputError(
                            cause=f"{source.label}: no line is a FHIR resource", cure="give FHIR R4 NDJSON or JSON"
                        )
                    self.tables[first].unreadable += tally.unreadable
        tally.check(source.label)
        self.unreadable.extend(unreadable)
        self.counts.append(
            FileCount(
                file=source.label,
                rows_in=tally.rows_in,
                registered=tally.registered,
                unreadable=tally.unreadable,
                blank_lines=tally.blank,
            )
        )
        return None

    def finish(self) -> None:
        """Write what is still buffered."""
        for name in list(self._buffers):
            self._flush(name)

    def _new_table(self, source: SourceFile) -> RawTable:
        if source.table in self.tables:
            raise InvalidInputError(
                cause=f"{source.label}: another file gives the table {source.table} too",
                cure="rename one of the two files, or register them apart",
            )
        self.tables[source.table] = RawTable(name=source.table)
        return self.tables[source.table]

    def _native(self, source: SourceFile, tally: Tally) -> None:
        try:
            schema, rows = pq.read_schema(source.path), pq.read_metadata(source.path).num_rows
        except (pa.ArrowException, OSError):
            raise InvalidInputError(cause=f"{source.label} is not a Parquet file", cure="give it anew") from None
        columns, notes = unique_names(source.label, [name.strip() for name in schema.names])
        table = self._new_table(source)
        table.parts, table.rows, table.native = [source.path], rows, True
        table.columns, table.names = columns, tuple(schema.names)
        if len(set(map(str.lower, schema.names))) != len(schema.names):
            raise InvalidInputError(
                cause=f"{source.label}: two columns have one name", cure="rename one of them in the Parquet file"
            )
        self.notes.extend(notes)
        tally.registered = rows

    def _delimited(self, source: SourceFile, names: tuple[str, ...], batches: Iterator[pa.RecordBatch]) -> None:
        table = self.tables[source.table]
        schema = pa.schema([*((name, pa.string()) for name in names), (ROW, pa.int64())])
        path = self._folder / f"{table.name}.parquet"
        table.columns, table.parts = names, [path]
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            for batch in batches:
                writer.write_batch(_numbered(batch, table.rows, schema))
                table.rows += batch.num_rows

    def _resources(self, source: SourceFile, rows: Iterator[tuple[str, Row]]) -> str | None:
        first = None
        for name, row in rows:
            if name not in self.tables:
                self.tables[name] = RawTable(name=name, columns=declared_columns(name) or ())
                self._buffers[name] = []
            elif name not in self._buffers:
                raise InvalidInputError(
                    cause=f"{source.label}: another file gives the table {name} too", cure="rename that file"
                )
            first = first or name
            self._buffers[name].append(row)
            if len(self._buffers[name]) >= CHUNK_ROWS:
                self._flush(name)
        return first

    def _flush(self, name: str) -> None:
        rows, table = self._buffers[name], self.tables[name]
        if not rows and table.parts:
            return
        columns = declared_columns(name) or tuple(sorted({column for row in rows for column in row}))
        table.columns = tuple(dict.fromkeys([*table.columns, *columns]))
        schema = pa.schema([*((column, pa.string()) for column in columns), (ROW, pa.int64())])
        arrays = [pa.array([row.get(column) for row in rows], pa.string()) for column in columns]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(columns))
        path = self._folder / f"{name}-{len(table.parts):06d}.parquet"
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            writer.write_batch(_numbered(batch, table.rows, schema))
        table.parts.append(path)
        table.rows += len(rows)
        self._buffers[name] = []


def _numbered(batch: pa.RecordBatch, start: int, schema: pa.Schema) -> pa.RecordBatch:
    numbers = pa.array(np.arange(start, start + batch.num_rows, dtype=np.int64))
    return pa.RecordBatch.from_arrays([*batch.columns, numbers], schema=schema)
