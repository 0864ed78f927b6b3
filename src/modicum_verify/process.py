"""A command as a process: its streams and its exit status, whatever becomes of stdout.

Both doors run here. What a command says never cuts its work short: stdout and stderr take everything; what stdout
could not pass on is told at the end, when all else is done. A reader who goes away (`| head`) wanted no more, and is no
fault.
"""

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, Final, Never, TextIO

from modicum_verify.ctrl_c import CAUSE, CURE, INTERRUPTED, hush
from modicum_verify.harmless import harmless

DONE: Final = 0
UNANSWERED: Final = 1


def start(run: Callable[[Sequence[str]], int], arguments: Sequence[str] | None = None, *, unanswered: str) -> Never:
    """Run one command at a door, and end the process with its exit status.

    run: the arguments to the exit status. unanswered: what to do where the command did all and stdout could not take
    its answer; then the status is 1 instead of 0.
    """
    given = sys.argv[1:] if arguments is None else arguments
    for each in (sys.stdin, sys.stdout, sys.stderr):
        if each is None:  # Its number would go to the next file that is opened, as the store is.
            os.open(os.devnull, os.O_RDWR)
    out, err = _Unfailing(sys.stdout, 1), _Unfailing(sys.stderr, 2)
    with redirect_stdout(out.text), redirect_stderr(err.text):
        status = _status(run, given)
        hush()
        out.text.flush()
        if out.lost is not None and status == DONE:
            cause = f"all was done, but its answer could not be written to stdout: {out.lost}"
            status = say_error(machine=False, code="unanswered", cause=cause, cure=unanswered, status=UNANSWERED)
        elif out.lost is not None:
            sys.stderr.write(f"note: the answer could not be written to stdout: {out.lost}\n")
        err.text.flush()
    sys.exit(status)


def _status(run: Callable[[Sequence[str]], int], given: Sequence[str]) -> int:
    try:
        return run(given)
    except SystemExit as stop:  # As argparse ends with --help.
        return stop.code if isinstance(stop.code, int) else DONE
    except KeyboardInterrupt:  # Pressed again in the very moment in which the door caught the first.
        hush()
        return say_interrupted(machine="--json" in given)


def say_error(*, machine: bool, code: str, cause: str, cure: str, status: int) -> int:
    """Say an error as every door says it; gives its exit status.

    Two lines on stderr, cause and cure, a line each whatever a name in them holds; with `machine` also one document on
    stdout.
    """
    if machine:
        document = {"schema": "modicum.error/1", "code": code, "cause": cause, "cure": cure, "exit": int(status)}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    for word, text in (("error", cause), ("hint", cure)):
        sys.stderr.write(harmless(f"{word}: {' '.join(text.splitlines())}") + "\n")
    return status


def say_interrupted(*, machine: bool) -> int:
    """Say that Ctrl-C was pressed; gives the exit status for it."""
    return say_error(machine=machine, code="interrupted", cause=CAUSE, cure=CURE, status=INTERRUPTED)


class _Unfailing(io.RawIOBase):
    """What stands under stdout or stderr: it passes on what it can, and takes the rest without a word."""

    def __init__(self, real: TextIO | None, handle: int) -> None:
        """real: the stream in whose place `text` stands; None where the process was started without."""
        self._handle = None if real is None else handle
        self._fault = None if real is not None else errno.EBADF
        self._dropped = False
        if real is not None:
            real.flush()
        self.text = io.TextIOWrapper(
            io.BufferedWriter(self),
            encoding="utf-8" if real is None else real.encoding,
            errors="backslashreplace",  # A path may hold bytes that are no text.
            line_buffering=handle != 1 or self.isatty(),
        )

    @property
    def lost(self) -> str | None:
        """Why something was not passed on to a reader who wanted it; None where all was."""
        if not self._dropped or self._fault in {None, errno.EPIPE}:
            return None
        return "it is closed" if self._fault == errno.EBADF else os.strerror(self._fault or 0)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._handle is not None and os.isatty(self._handle)

    def fileno(self) -> int:
        if self._handle is None:
            raise io.UnsupportedOperation("fileno")
        return self._handle

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer; its type has no name before Python 3.12
        size = memoryview(data).nbytes
        if self._fault is None and self._handle is not None:
            try:
                return os.write(self._handle, data)
            except OSError as error:
                self._fault = error.errno or errno.EIO
        self._dropped = self._dropped or size > 0
        return size
