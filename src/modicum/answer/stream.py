"""Rows on their way out: the engine writes one end of a pipe, the caller reads the other; no plaintext file anywhere.

A pipe without a name stands in for a FIFO: nobody else can open it, and nothing has to be removed. Whichever end fails,
the other ends too: a reader that is gone breaks the writer's pipe and interrupts the engine, an engine that failed
raises from the reader's next `read`, since an early end of file would pass for the end of the data. Ctrl-C ends both.
"""

import contextlib
import fcntl
import io
import os
import select
from collections.abc import Callable
from threading import Thread
from typing import BinaryIO, Final, TypeAlias, cast

from modicum.custody import interruption
from modicum.custody.engine import Engine
from modicum.custody.interruption import Interruption
from modicum.model.errors import InternalError, ModicumError

Sink: TypeAlias = Callable[[str, BinaryIO], None]

_PIPE_BYTES: Final = 1024 * 1024


def stream(engine: Engine, statement: str, *, name: str, sink: Sink) -> int:
    """Run a statement and hand its rows to `sink(name, reader)` as Parquet; gives the rows written.

    The sink must read to the end. Raises what the sink raises; InternalError or LogUnavailableError where the engine
    failed; InternalError where the sink stopped early.
    """
    with interruption.held() as ctrl_c:
        out, into = os.pipe()
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        writer = _Writer(engine, statement, into)
        source = _Source(out, writer, ctrl_c)
        writer.start()
        try:
            with contextlib.closing(io.BufferedReader(source, _PIPE_BYTES)) as reader:
                sink(name, cast("BinaryIO", reader))
        finally:
            writer.stop()
    if not source.ended:
        raise InternalError(cause=f"the rows of {name} were not taken to their end", cure="run the release again")
    return writer.rows


class _Writer(Thread):
    """The engine at work in a thread of its own; keeps its failure for the reader."""

    def __init__(self, engine: Engine, statement: str, into: int) -> None:
        super().__init__(name="modicum-rows", daemon=True)
        self._engine, self._statement, self._into = engine, statement, into
        self.rows = 0
        self.failure: ModicumError | None = InternalError(cause="the engine did not finish", cure="run it again")

    def run(self) -> None:
        try:
            self.rows = self._engine.copy_sql(self._statement, self._into)
            self.failure = None
        except ModicumError as error:
            error.__context__ = None  # the engine's own words, which may quote a row
            self.failure = error
        finally:
            os.close(self._into)

    def stop(self) -> None:
        """Wait for its end, which is near: what has not begun yet does not hear the first interruption."""
        while self.is_alive():
            self._engine.interrupt()
            self.join(interruption.NOTICED)


class _Source(io.RawIOBase):
    """The reading end; raises where the writer failed, and where Ctrl-C was pressed."""

    def __init__(self, out: int, writer: _Writer, ctrl_c: Interruption) -> None:
        super().__init__()
        self._out, self._writer, self._ctrl_c, self.ended = out, writer, ctrl_c, False
        self._readable = select.poll()
        self._readable.register(out, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        while not self._readable.poll(interruption.NOTICED * 1000):
            self._heed()
        self._heed()
        count = os.readv(self._out, [cast("bytearray", buffer)])
        if count == 0:
            self._writer.join()
            self.ended = True
            if self._writer.failure is not None:
                raise self._writer.failure
        return count

    def _heed(self) -> None:
        if self._ctrl_c.pressed:
            raise KeyboardInterrupt

    def close(self) -> None:
        if not self.closed:
            os.close(self._out)
        super().close()
