"""Where the engine spills: a private folder under the home, and the promise that a crash leaves no rows in it for long.

A folder is locked while its engine lives. What a killed engine left is wiped by whatever opens the home next with the
right to write, be it only to look at a case, and at the latest by the next engine.
"""

import os
import secrets
import shutil
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

SPILL: Final = "state/spill"
_LOCK: Final = "lock"


class Spill:
    """A private folder for what one engine spills, locked while in use, so that leftovers of a crash can be told."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        wipe_unused(parent)
        self.path = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
        self.path.mkdir(mode=0o700)
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        flock(self._lock, LOCK_EX | LOCK_NB)

    def wipe(self) -> None:
        """Remove the folder; safe to call twice."""
        if self._lock < 0:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = -1


def wipe_unused(parent: Path) -> None:
    """Remove what engines that were killed left below `parent`; what a living one uses stays."""
    with suppress(FileNotFoundError):
        for leftover in parent.iterdir():
            _wipe_if_unused(leftover)


def _wipe_if_unused(leftover: Path) -> None:
    try:
        lock = os.open(leftover / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # another engine is between making its folder and its lock
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        # The lock goes last: were this cut short, what is left could not be told from a folder that is being made.
        for inside in leftover.iterdir():
            if inside.name != _LOCK:
                shutil.rmtree(inside) if inside.is_dir() and not inside.is_symlink() else inside.unlink()
        shutil.rmtree(leftover)
    except OSError:
        return  # in use, or another process is at it
    finally:
        os.close(lock)
