"""Rows stream from engine to sink; whichever end fails, both end, nothing hangs and no value is told."""

import gc
import random
import re
import threading
from pathlib import Path
from typing import BinaryIO

import pytest
from answer_worlds import CANARY, TRANSFORMATIONS, World, decision, request, world

from modicum.answer.plan import plan
from modicum.answer.pseudonym import recipients_key
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
