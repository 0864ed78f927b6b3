"""Rows stream from engine to sink; whichever end fails, both end, nothing hangs and no value is told."""

import gc
import io
import random
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answer_worlds import CANARY, TRANSFORMATIONS, World, decision, request, world

from modicum.answer.plan import plan
from modicum.answer.pseudonym import class_key, pseudonymiser, recipients_key
from modicum.answer.records import release_records
from modicum.answer.selection import released_rows
from modicum.answer.stream import stream
from modicum.model.errors import InternalError, InvalidInputError
from modicum.model.forms import Form

MASTER = b"the master key of this test, 32b"
KEY = recipients_key(MASTER, ["asker"])
MANY = "SELECT range AS number, repeat('x', 50) || range AS words FROM range(500000)"
BROKEN = f"SELECT CAST('{CANARY}' || range AS INTEGER) AS number FROM range(10)"
LATE = (
    f"SELECT CASE WHEN range < 400000 THEN range ELSE CAST('{CANARY}' || range AS INTEGER) END AS n FROM range(500000)"
)
pytestmark = pytest.mark.timeout(30)


def made() -> World:
    return world(random.Random(3), persons=20, strata=2)


def read_all(_: str, reader: BinaryIO) -> None:
    while reader.read(65_536):
        pass


def open_files() -> int:
    gc.collect()
    table = Path("/proc/self/fd")
    return len(list(table.iterdir())) if table.exists() else 0


@pytest.mark.parametrize("statement", [BROKEN, LATE])
def test_a_failing_engine_ends_the_reader_with_our_words_alone(statement: str, tmp_path: Path) -> None:
    with made().engine(tmp_path) as engine:
        before = open_files()
        with pytest.raises(InternalError) as failure:
            stream(engine, statement, name="t", sink=read_all)
        assert CANARY not in f"{failure.value!r} {failure.value.__cause__!r} {failure.value.__context__!r}"
        assert open_files() == before
        assert stream(engine, "SELECT 1 AS one", name="t", sink=read_all) == 1


class DiskFullError(Exception):
    pass


def test_a_failing_sink_stops_the_engine_and_comes_back_as_raised(tmp_path: Path) -> None:
    def sink(_: str, reader: BinaryIO) -> None:
        reader.read(10)
        raise DiskFullError

    with made().engine(tmp_path) as engine:
        before = open_files()
        with pytest.raises(DiskFullError):
            stream(engine, MANY, name="t", sink=sink)
        assert open_files() == before
        assert not [thread for thread in threading.enumerate() if thread.name == "modicum-rows"]
        assert stream(engine, MANY, name="t", sink=read_all) == 500_000


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_sink_that_stops_early_is_a_failure(size: int, tmp_path: Path) -> None:
    def sink(_: str, reader: BinaryIO) -> None:
        reader.read(size)

    with made().engine(tmp_path) as engine, pytest.raises(InternalError):
        stream(engine, MANY, name="t", sink=sink)


def test_nothing_plain_is_written_to_the_home(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def sink(_: str, reader: BinaryIO) -> None:
        reader.read(1)
        seen.append(sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()))
        read_all("", reader)

    data = made()
    question = request(columns=["elig.STATE"])
    with data.engine(tmp_path) as engine:
        before = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
        planned = plan(question, decision(question, data.dataset), Form.IDENTIFIED, TRANSFORMATIONS)
        release_records(engine, planned, recipient_key=None, sink=sink)
    assert seen == [before]


def secrets() -> list[str]:
    forms = [KEY, MASTER]
    return [text for key in forms for text in (key.hex(), key.hex().upper(), repr(key)[2:-1], re.escape(str(key)))]


def test_the_key_shows_in_no_statement_plan_or_profile(tmp_path: Path) -> None:
    data = made()
    question = request(columns=["elig.ID", "claims.SSN"])
    planned = plan(question, decision(question, data.dataset), Form.PSEUDONYMISED, TRANSFORMATIONS)
    with data.engine(tmp_path) as engine:
        statements: list[str] = []
        copied = engine.copy_sql

        def noted(statement: str, target: int) -> int:
            statements.append(statement)
            return copied(statement, target)

        engine.copy_sql = noted  # type: ignore[method-assign, assignment]
        release_records(engine, planned, recipient_key=KEY, sink=read_all)
        shown = [*statements]
        for statement in statements:
            for explain in ("EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN (FORMAT json)"):
                shown += [str(row) for row in engine.run(f"{explain} {statement}")]
        shown += [str(row) for row in engine.run("SELECT * FROM duckdb_functions() WHERE function_name LIKE 'keyed%'")]
        shown += [str(row) for row in engine.run("SELECT * FROM duckdb_settings()")]
        shown += [str(row) for row in engine.run("SELECT * FROM duckdb_variables()")]
    everything = "\n".join(shown)
    assert len(statements) == 2
    assert "keyed_pseudonym" in everything
    assert not [secret for secret in secrets() if secret in everything]


def test_a_pseudonym_needs_a_key(tmp_path: Path) -> None:
    data = made()
    question = request(columns=["elig.ID"])
    planned = plan(question, decision(question, data.dataset), Form.PSEUDONYMISED, TRANSFORMATIONS)
    with data.engine(tmp_path) as engine, pytest.raises(InvalidInputError):
        release_records(engine, planned, recipient_key=None, sink=read_all)
    with data.engine(tmp_path) as engine, pytest.raises(ValueError, match="pseudonym"):
        released_rows(engine, planned, planned.tables[0], keyed=None)


def test_rows_that_are_not_accounted_are_not_released(tmp_path: Path) -> None:
    """A person without a key in `persons` would leave without a pseudonym, so the counts differ and nothing is answered."""
    data = made()
    short = World(dataset=data.dataset, rows=data.rows, person_keys=data.person_keys[:-1])
    question = request(columns=["elig.STATE"])
    planned = plan(question, decision(question, data.dataset), Form.PSEUDONYMISED, TRANSFORMATIONS)
    with short.engine(tmp_path) as engine, pytest.raises(InternalError):
        release_records(engine, planned, recipient_key=KEY, sink=read_all)


@pytest.mark.parametrize("own_column", [True, False])
def test_a_person_has_one_pseudonym_in_every_table_however_it_is_found(own_column: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """A table that holds the person's key needs no join to `persons`; the pseudonyms are the same."""
    data = made()
    for row in data.rows["elig"]:
        row["ID"] = None if row["_modicum_person"] is None else data.person_keys[row["_modicum_person"]]
    if own_column:
        tables = tuple(
            replace(each, person_column="ID" if each.name == "elig" else None) for each in data.dataset.tables
        )
        data = World(dataset=replace(data.dataset, tables=tables), rows=data.rows, person_keys=data.person_keys)
    files: dict[str, set[str]] = {}

    def sink(name: str, reader: BinaryIO) -> None:
        files[name] = set(pq.read_table(io.BytesIO(reader.read()))["person_pseudonym"].to_pylist())

    question = request(columns=["elig.STATE", "claims.KIND"])
    planned = plan(question, decision(question, data.dataset), Form.PSEUDONYMISED, TRANSFORMATIONS)
    with data.engine(tmp_path) as engine:
        release_records(engine, planned, recipient_key=KEY, sink=sink)
    function = pseudonymiser(class_key(KEY, "person"))
    assert files["elig"] == set(function(pa.array(data.person_keys)).to_pylist())
    assert files["claims"] <= files["elig"]
