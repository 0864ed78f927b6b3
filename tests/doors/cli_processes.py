"""Commands in processes of their own, forked from one that has imported everything and done nothing."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from cli_world import command

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["modicum.cli", "cli_world", "test_release_crash"])

Prepare = Callable[[], None]


def _child(arguments: Sequence[str], home: str, told: str, prepare: Prepare | None) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if prepare is not None:
        prepare()
    ran = command(*arguments, home=Path(home))
    Path(told).write_text(ran.said)
    os._exit(ran.exit)


class Child:
    """One command, running."""

    def __init__(self, *arguments: str | Path, home: Path, told: Path, prepare: Prepare | None = None) -> None:
        self.told = told
        self.process: BaseProcess = FORKS.Process(
            target=_child, args=([str(each) for each in arguments], str(home), str(told), prepare)
        )
        self.process.start()

    def end(self) -> tuple[int, str]:
        """Wait for it; its exit status (negative: the signal that killed it), and what it said."""
        self.process.join(60)
        if self.process.exitcode is None:
            self.process.kill()
            raise TimeoutError
        return self.process.exitcode, self.told.read_text() if self.told.exists() else ""
