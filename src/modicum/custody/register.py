"""Register a data set: the story from the steward's files to tables that decisions and answers can use.

1. Find the files; what is no data file is reported. 2. Read each once into raw tables; every row that cannot be read is
reported by file and line. 3. Find who a row is about, and number the persons. 4. Propose a dictionary, or check the
one that is given. 5. Give every row its stratum. 6. Write the tables, then the description: with it the data set is
there; a crash before it leaves nothing that the next registration would trip over.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from modicum.custody.dictionary_file import FILE, Dictionary, Vocabulary, read_dictionary, write_dictionary
from modicum.custody.engine import PERSON, ROW, STRATUM, Engine, spoken, table_path
from modicum.custody.persons import find_person_columns, main_table, make_persons
from modicum.custody.places import checked_name, dataset_path, dictionary_path, unreadable_path
from modicum.custody.proposing import propose
from modicum.custody.sources import PERSONS, Ignored, Unreadable, find_files
from modicum.custody.staging import FileCount, Progress, RawTable, Staged, stage
from modicum.custody.strata import Assigned, assign
from modicum.custody.version import version_of
from modicum.model.dataset import Column, Dataset, Table
from modicum.model.errors import ConflictError, InternalError, NotFoundError
from modicum.storage import Folder
from modicum_verify.canonical import canonical

REPORT_SCHEMA: Final = "modicum.registration/1"
GROUP_ROWS: Final = 131_072
LEVEL: Final = 1  # zstd: 3 is a tenth smaller and half as fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a registration gives: the data set, and everything that a steward must hear about it."""

    dataset: Dataset
    unreadable: tuple[Unreadable, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[str, ...]
    files: tuple[FileCount, ...]

    @property
    def rows_in(self) -> Mapping[str, int]:
        """Records per file: those registered and those unreadable."""
        return {each.file: each.rows_in for each in self.files}


def register(
    folder: Folder,
    *,
    name: str,
    paths: Sequence[Path],
    dictionary: Path | None,
    vocabulary: Vocabulary,
    progress: Progress | None = None,
) -> Registration:
    """Register files under a name.

    A dictionary that is named counts as confirmed; else a folder may bring one, or one is proposed.

    Raises ConflictError: the name is taken. NotFoundError, InvalidInputError: the files or the dictionary.
    LogUnavailableError: the disk. Nothing is registered then.
    """
    report = progress or _silent
    checked_name(name)
    with folder.lock(f"data-{name}"):
        if folder.exists(dataset_path(name)):
            raise ConflictError(
                cause=f"there is a data set {name} already",
                cure="give another name, or edit and confirm its dictionary",
            )
        files, ignored = find_files(paths)
        with Engine.open(folder, None, expressions=False) as engine:
            staged = stage(engine, files, ignored, report)
            given = dictionary or _brought(paths)
            report("reading the dictionary" if given else "proposing a dictionary", None)
            words, text = _dictionary(engine, staged, given, vocabulary, name)
            words = replace(words, confirmed=words.confirmed or dictionary is not None)
            dataset = build(engine, folder, name, staged.tables, words, vocabulary, report)
        registration = Registration(
            dataset=dataset,
            unreadable=staged.unreadable,
            ignored=staged.ignored,
            notes=staged.notes,
            files=staged.counts,
        )
        folder.replace(dictionary_path(name), text.encode())
        folder.replace(unreadable_path(name), canonical(_report(registration)))
        folder.write_new(dataset_path(name), canonical(dataset.as_document()))
    return registration


def build(
    engine: Engine,
    folder: Folder,
    name: str,
    tables: Mapping[str, RawTable],
    dictionary: Dictionary,
    vocabulary: Vocabulary,
    progress: Progress,
) -> Dataset:
    """Number the persons, give every row its stratum, and write one version's tables into the home."""
    keys = main_table(engine, tables, {each: dictionary.person_columns.get(each) for each in tables})
    progress("numbering persons", None)
    persons = make_persons(engine, tables, keys)
    progress("evidencing strata", None)
    assigned = assign(engine, tables, dictionary, vocabulary)
    ready = engine.spill / "ready"
    ready.mkdir(mode=0o700)
    for place, table in enumerate(tables.values()):
        progress(f"writing {table.name}", place / len(tables))
        with spoken(f"writing the table {table.name}"):
            _write_table(engine, table, assigned, ready / f"{table.name}.parquet")
    with spoken("writing the table of persons"):
        _write_persons(engine, ready / f"{PERSONS}.parquet")
    sums = {each.stem: _sha256(each) for each in sorted(ready.iterdir())}
    columns = described(dictionary, tables)
    of_persons = {each.name: keys.columns[each.name] for each in tables.values()}
    version = version_of(sums, person_columns=of_persons, columns=columns, sources=dictionary.strata)
    for path in sorted(ready.iterdir()):
        with path.open("rb") as source, folder.stage(table_path(name, version, path.stem), replace=True) as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return Dataset(
        name=name,
        version=version,
        confirmed=dictionary.confirmed,
        tables=tuple(
            Table(
                name=each.name,
                rows=each.rows,
                unreadable=each.unreadable,
                person_column=keys.columns[each.name],
                sha256=sums[each.name],
            )
            for each in tables.values()
        ),
        columns=columns,
        strata_sources=dictionary.strata,
        strata=assigned.strata,
        persons=persons,
    )


def described(dictionary: Dictionary, tables: Mapping[str, RawTable]) -> tuple[Column, ...]:
    """The columns of the tables, as the dictionary describes them."""
    return tuple(
        Column(
            table=each.table,
            name=each.name,
            element=each.element,
            data_class=each.data_class,
            kind=each.kind,
            lower=each.lower,
            upper=each.upper,
        )
        for each in dictionary.meanings({name: table.columns for name, table in tables.items()})
    )


def _silent(_what: str, _share: float | None) -> None:
    return


def _brought(paths: Sequence[Path]) -> Path | None:
    """The dictionary that a folder brings along."""
    found = [path / FILE for path in paths if path.is_dir() and (path / FILE).is_file()]
    return found[0] if len(found) == 1 else None


def _dictionary(
    engine: Engine, staged: Staged, given: Path | None, vocabulary: Vocabulary, name: str
) -> tuple[Dictionary, str]:
    if given is None:
        proposed = propose(engine, staged.tables, find_person_columns(engine, staged.tables), vocabulary)
        return proposed, write_dictionary(proposed, name)
    try:
        data = given.read_bytes()
    except OSError:
        raise NotFoundError(cause=f"there is no dictionary {given}", cure="check the path") from None
    columns = {table.name: table.columns for table in staged.tables.values()}
    words = read_dictionary(data, vocabulary=vocabulary, tables=columns, label=given.name)
    return words, data.decode("utf-8")


def _write_table(engine: Engine, table: RawTable, assigned: Assigned, target: Path) -> None:
    rows = _raw_batches(table)
    joined = _Joined(engine, table, assigned)
    written = 0
    writer: pq.ParquetWriter | None = None
    try:
        for batch in rows:
            whole = pa.Table.from_batches([batch])
            for name, column in zip((ROW, PERSON, STRATUM), joined.take(batch.num_rows), strict=True):
                whole = whole.append_column(name, column)
            if writer is None:
                writer = pq.ParquetWriter(target, whole.schema, compression="zstd", compression_level=LEVEL)
            writer.write_table(whole)
            written += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    if written != table.rows:
        raise InternalError(
            cause=f"{table.name}: {table.rows} rows were read and {written} written", cure="report it; nothing was kept"
        )


def _raw_batches(table: RawTable) -> Iterator[pa.RecordBatch]:
    """The source columns of a raw table, in order; at least one batch, so that an empty table has its columns."""
    schemas = [pq.read_schema(part) for part in table.parts]
    names = table.names if table.native else table.columns
    types = {field.name: field.type for schema in schemas for field in schema}
    schema = pa.schema([(column, types[name]) for name, column in zip(names, table.columns, strict=True)])
    empty = True
    for part, found in zip(table.parts, schemas, strict=True):
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(GROUP_ROWS, columns=[name for name in names if name in found.names]):
                blank = pa.nulls(batch.num_rows, pa.string())
                columns = [batch.column(name) if name in found.names else blank for name in names]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
                empty = False
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=schema)


class _Joined:
    """The person and the stratum of every row, in the order of the rows, taken a few at a time."""

    def __init__(self, engine: Engine, table: RawTable, assigned: Assigned) -> None:
        statement = f"SELECT ordinal, code FROM {Assigned.joined(table.name)} ORDER BY {ROW}"  # noqa: S608 - quoted
        self._batches = engine.stream(statement, rows=GROUP_ROWS)
        self._codes = np.array(assigned.codes, dtype=np.int64)
        self._held = pa.table({"ordinal": pa.array([], pa.uint32()), "code": pa.array([], pa.uint32())})
        self._row = 0

    def take(self, rows: int) -> tuple[pa.Array, pa.Array, pa.Array]:
        """`_modicum_row`, `_modicum_person`, `_modicum_stratum` of the next rows."""
        while self._held.num_rows < rows:
            self._held = pa.concat_tables([self._held, pa.Table.from_batches([next(self._batches)])])
        taken, self._held = self._held.slice(0, rows), self._held.slice(rows)
        places = np.searchsorted(self._codes, taken.column("code").to_numpy())
        numbers = np.arange(self._row, self._row + rows, dtype=np.int64)
        self._row += rows
        return (
            pa.array(numbers),
            taken.column("ordinal").combine_chunks().cast(pa.uint32()),
            pa.array(places.astype(np.uint16)),
        )


def _write_persons(engine: Engine, target: Path) -> None:
    schema = pa.schema([("person_key", pa.string()), ("ordinal", pa.uint32())])
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=LEVEL) as writer:
        for batch in engine.stream("SELECT person_key, ordinal FROM persons ORDER BY ordinal", rows=GROUP_ROWS):
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _report(registration: Registration) -> dict[str, Any]:
    return {
        "schema": REPORT_SCHEMA,
        "name": registration.dataset.name,
        "version": registration.dataset.version,
        "files": [asdict(each) for each in registration.files],
        "unreadable": [asdict(each) for each in registration.unreadable],
        "ignored": [asdict(each) for each in registration.ignored],
        "notes": list(registration.notes),
    }
