"""Builds that are broken on purpose: a harness that does not catch them shows nothing.

Each is applied in a child, to the modules as they stand there. Each is right as long as nothing is cut off: left alone,
the home that it leaves is in order. Only a kill, or a power cut, at the right moment shows what is wrong with it.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import prove_work

from modicum.gateway import release as releasing
from modicum.gateway.answering import STAGED
from modicum.gateway.home import Home
from modicum.gateway.lookback import release_name
from modicum.gateway.proving import prove_with_entry
from modicum.seal.package import write_package
from modicum.storage.folder import Folder
from modicum.store import EntryRow, engine
from modicum.store.database import Database


def without_fsync() -> None:
    """A build that writes and renames, and never waits for the disk."""

    def sync_file(_: Folder, file: BinaryIO) -> None:
        file.flush()

    def sync_folder(_: Folder, directory: Path) -> None:
        os.scandir(directory).close()

    Folder._sync_file = sync_file  # type: ignore[method-assign]
    Folder._sync_folder = sync_folder  # type: ignore[method-assign]
    engine.SQLITE_SET = (*engine.SQLITE_SET, "PRAGMA synchronous=OFF")  # type: ignore[misc]
    engine._SQLITE_MUST = {**engine._SQLITE_MUST, "synchronous": 0}  # type: ignore[misc]


def publishes_before_it_logs() -> None:
    """A build that puts the package into the outbox first and enters it in the log then."""
    log, prepare = releasing._log, releasing.prepare
    at_work: list[tuple[Home, str]] = []

    def package(home: Home, case: str, prepared: Any, *, proof: bytes, attempt: int) -> None:
        with home.folder.stage(f"outbox/{release_name(case, attempt)}.modicum", replace=True) as sink:
            write_package(sink, prepared, staged=lambda n: home.folder.path(f"{STAGED}/{n}").open("rb"), proof=proof)

    def attempts(home: Home, case: str) -> int:
        return len(home.journal.docket().cases[case].releases)

    def logging(home: Home, case: str, *arguments: Any, **named: Any) -> Any:
        at_work.append((home, case))
        return log(home, case, *arguments, **named)

    def preparing(*arguments: Any, **named: Any) -> Any:
        prepared = prepare(*arguments, **named)
        home, case = at_work[-1]
        proof = prove_with_entry(home, home.ledger.size - 1)
        package(home, case, prepared, proof=proof, attempt=attempts(home, case) + 1)
        return prepared

    def writing(home: Home, case: str, prepared: Any, *, proof: bytes) -> None:
        package(home, case, prepared, proof=proof, attempt=attempts(home, case))
        releasing._deliver(home, case)

    releasing._log, releasing.prepare, releasing._write = logging, preparing, writing


def acknowledges_before_the_checkpoint() -> None:
    """A build that answers when it has made an entry, and makes it durable then."""
    accept = Database.accept

    def accepting(self: Database, entries: Sequence[EntryRow], *arguments: Any, **named: Any) -> None:
        for row in entries:
            prove_work.EARLY[0](row.entry)
        time.sleep(0.05)  # a slow disk; so that few kills show it
        accept(self, entries, *arguments, **named)

    Database.accept = accepting  # type: ignore[method-assign,assignment]


def leaves_what_it_spilled() -> None:
    """A build whose engine wipes nothing, neither when it closes nor when it opens."""
    from modicum.custody import spill
    from modicum.gateway import home

    spill.Spill.wipe = lambda _: None  # type: ignore[method-assign]
    spill.wipe_unused = lambda _: None  # type: ignore[assignment]
    home.wipe_unused = lambda _: None  # type: ignore[attr-defined]


KILLED: Final[dict[str, Callable[[], None]]] = {
    "publishes before it logs": publishes_before_it_logs,
    "acknowledges before the checkpoint": acknowledges_before_the_checkpoint,
}
POWER_CUT: Final[dict[str, Callable[[], None]]] = {"without fsync": without_fsync}
