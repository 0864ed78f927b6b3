"""Ctrl-C at many lines of a wait for the engine: it is always heard, and nothing computes any more when it is raised."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

import duckdb
import pytest

from modicum.answer import stream as streaming
from modicum.custody import engine as engines
from modicum.custody import interruption
from modicum.custody.engine import Engine
from modicum.storage import Folder

LONG = "SELECT count(*) AS n FROM range(30000000000) AS many(n) WHERE (n * 7) % 11 = 3"
ROWS = "SELECT range AS number, repeat('x', 50) || range AS words FROM range(30000000)"
MODULES = {engines.__file__, interruption.__file__, streaming.__file__, ThreadPoolExecutor.submit.__code__.co_filename}
pytestmark = pytest.mark.timeout(120)


class Pressed:
    """Presses Ctrl-C at the n-th line that the main thread runs in the modules that wait; 0: at none."""

    def __init__(self, at: int, *, more: int = 0) -> None:
        self.lines, self._at, self._more = 0, at, more

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in MODULES:
            return None
        if event == "line":
            self.lines += 1
            if self._at <= self.lines <= self._at + self._more:
                signal.raise_signal(signal.SIGINT)
        return self


@contextmanager
def tracing(pressed: Pressed) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(pressed)
    try:
        yield
    finally:
        sys.settrace(before)


def computing() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith(("ThreadPoolExecutor", "modicum-rows"))]


def ends_well(work: Callable[[Engine], object], home: Path, pressed: Pressed) -> bool:
    """Whether Ctrl-C was raised, with nothing left at work and an engine that can be used and closed."""
    with Engine.open(Folder(home), None, expressions=False) as engine:
        try:
            with tracing(pressed):
                work(engine)
        except KeyboardInterrupt:
            return not computing() and engine.run("SELECT 1") == [(1,)]
    return False


def run(engine: Engine) -> None:
    engine.run(LONG)


def read_all(_: str, reader: BinaryIO) -> None:
    while reader.read(65_536):
        pass


def streamed(engine: Engine) -> None:
    streaming.stream(engine, ROWS, name="t", sink=read_all)


@pytest.mark.parametrize("work", [run, streamed])
def test_ctrl_c_at_many_lines_of_a_wait_is_heard_and_stops_what_computes(
    work: Callable[[Engine], object], tmp_path: Path
) -> None:
    assert [n for n in range(1, 60, 2) if not ends_well(work, tmp_path, Pressed(n))] == []


@pytest.mark.parametrize("work", [run, streamed])
def test_who_presses_it_again_and_again_is_heard_as_well(work: Callable[[Engine], object], tmp_path: Path) -> None:
    assert [n for n in range(1, 60, 5) if not ends_well(work, tmp_path, Pressed(n, more=20))] == []


def test_control_a_wait_that_does_not_hold_ctrl_c_back_leaves_a_query_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was once: what comes between start and wait ends the wait alone. (Struck in a pool it would keep a lock.)"""
    out, into = os.pipe()
    engine = Engine.open(Folder(tmp_path), None, expressions=False)

    def naive(_: Engine, work: Callable[[], object]) -> None:
        def quietly() -> None:
            with suppress(duckdb.Error):
                work()

        thread = threading.Thread(target=quietly, name="modicum-rows", daemon=True)
        thread.start()
        assert os.read(out, 1)  # the query runs, and waits for who reads its rows
        signal.raise_signal(signal.SIGINT)
        thread.join()

    monkeypatch.setattr(Engine, "_watched", naive)
    try:
        with pytest.raises(KeyboardInterrupt):
            engine.copy_sql(ROWS, into)
        assert len(computing()) == 1
        with pytest.raises(duckdb.Error, match="busy"):
            engine.close()
    finally:
        os.close(out)
        for each in computing():
            each.join()
        os.close(into)
        engine.close()


def test_a_handler_of_somebody_else_stays(tmp_path: Path) -> None:
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with Engine.open(Folder(tmp_path), None, expressions=False) as engine:
            assert engine.run("SELECT 1") == [(1,)]
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert heard == [signal.SIGINT]


def test_it_is_raised_whatever_else_fails() -> None:
    def failing() -> None:
        with interruption.held():
            signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(KeyboardInterrupt) as caught:
        failing()
    assert caught.value.__suppress_context__
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
