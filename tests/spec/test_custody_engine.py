"""The engine's doorway: it streams, it keeps keys and values to itself, it reaches nothing outside, it tidies up."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from custody_world import DATA, add

from modicum.custody.engine import Engine
from modicum.custody.spill import SPILL
from modicum.model.errors import InternalError, LogUnavailableError, NotFoundError
from modicum.storage import Folder

CANARY = "zq-canary-7731"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine.open(Folder(tmp_path), None) as opened:
        yield opened


def small(engine: Engine) -> ibis.Table:
    return engine.memory_table("small", pa.table({"a": ["1", CANARY, None], "n": [1, 2, 3]}))


def test_no_error_of_the_engine_quotes_a_value(engine: Engine) -> None:
    table = small(engine)
    with pytest.raises(InternalError) as caught:
        engine.arrow(table.mutate(b=table.a.cast("int64")))
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_failing_function_tells_nothing(engine: Engine) -> None:
    table = small(engine)

    def failing(values: pa.ChunkedArray) -> pa.Array:
        raise ValueError(values.to_pylist())

    call = engine.udf_binary("failing", failing)
    with pytest.raises(InternalError) as caught:
        engine.arrow(table.mutate(b=call(table.a.cast("binary"))))
    assert CANARY not in str(caught.value)


def test_a_key_shows_in_no_statement(engine: Engine) -> None:
    table, key = small(engine), os.urandom(16)

    def keyed(values: pa.ChunkedArray) -> pa.Array:
        return pa.array([(key + value).hex() for value in values.to_pylist()], pa.string())

    call = engine.udf_binary("keyed", keyed)
    expression = table.mutate(b=call(table.a.cast("binary")))
    found = engine.arrow(expression).column("b").to_pylist()
    assert found == [(key + b"1").hex(), (key + CANARY.encode()).hex(), None]
    plans = engine.sql(expression) + str(engine.run(f"EXPLAIN {engine.sql(expression)}"))
    assert key.hex() not in plans


def test_rows_stream_into_a_pipe_and_a_descriptor(engine: Engine, tmp_path: Path) -> None:
    table = small(engine).order_by(ibis.desc("n"))
    os.mkfifo(engine.spill / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((engine.spill / "pipe").read_bytes()))
    reader.start()
    assert engine.copy_parquet(table, engine.spill / "pipe") == 3
    reader.join()
    assert pq.read_table(pa.BufferReader(read[0])).column("n").to_pylist() == [3, 2, 1]
    with (tmp_path / "file").open("wb") as file:
        engine.copy_parquet(table, file.fileno())
    assert pq.read_table(tmp_path / "file").column("a").to_pylist() == [None, CANARY, "1"]
    assert sum(batch.num_rows for batch in engine.batches(table, rows=2)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '90GB'",
        "SET lock_configuration = false",
        "RESET temp_directory",
    ],
)
def test_it_reaches_nothing_outside_and_keeps_its_settings(engine: Engine, statement: str) -> None:
    with pytest.raises(InternalError):
        engine.run(statement)


def test_what_it_spilled_is_gone_at_the_end_and_after_a_crash(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    crashed = tmp_path / SPILL / "1-dead"
    crashed.mkdir(parents=True)
    (crashed / "lock").touch()
    (crashed / "rows.tmp").write_text(CANARY)
    with Engine.open(folder, None) as first:
        assert not crashed.exists()
        with Engine.open(folder, None) as second:
            assert first.spill.exists()  # an engine in use is left alone
            assert second.spill != first.spill
    assert list((tmp_path / SPILL).iterdir()) == []


def test_ctrl_c_stops_it_and_leaves_it_usable(engine: Engine) -> None:
    def pressed_meanwhile() -> None:
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        engine.run("SELECT count(*) FROM range(30000000000) AS many(n) WHERE (n * 7) % 11 = 3")

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        pressed_meanwhile()
    assert time.monotonic() - started < 5
    assert engine.run("SELECT 1") == [(1,)]


def test_another_thread_stops_it(engine: Engine) -> None:
    ended = threading.Event()

    def stop() -> None:
        while not ended.wait(0.3):  # what has not begun yet does not hear it
            engine.interrupt()

    stopping = threading.Thread(target=stop)
    stopping.start()
    try:
        with pytest.raises(InternalError):
            engine.run("SELECT count(*) FROM range(30000000000) AS many(n) WHERE (n * 7) % 11 = 3")
    finally:
        ended.set()
        stopping.join()


def test_a_disk_that_takes_nothing_is_an_answer(engine: Engine) -> None:
    with pytest.raises(LogUnavailableError, match="the disk cannot take"):
        engine.copy_parquet(ibis.range(0, 3_000_000).unnest().name("n").as_table(), Path("/dev/full"))


def test_registered_tables_and_no_others(tmp_path: Path) -> None:
    dataset = add(tmp_path, DATA / "synthea_claims_small").dataset
    with Engine.open(Folder(tmp_path), dataset, memory="256MiB", threads=1) as engine:
        claims = engine.table("claims")
        assert engine.arrow(claims.count()).to_pylist() == [{"CountStar(registered claims)": 1_267}]
        assert engine.arrow(engine.persons()).num_rows == 27
        with pytest.raises(NotFoundError):
            engine.table("persons")
