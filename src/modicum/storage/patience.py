"""Wait for a disk, but not for ever: a step that hangs becomes an error with a cause, and the caller can refuse.

A hanging fsync(2) cannot be interrupted, so it runs in a thread that can be left behind. While that one still hangs,
further steps fail at once: nobody waits twice for a disk that does not answer.
"""

import errno
import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

LIMIT_S: Final = 3.0
"""Within the five seconds in which a release must be refused, with time left to say so."""


class _Hand(Thread):
    """A thread that does one step after the other and gives the error of each, or None."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="disk")
        self.asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.answered: SimpleQueue[BaseException | None] = SimpleQueue()
        self.start()

    def run(self) -> None:
        """Work until the process ends."""
        while True:
            try:
                self.asked.get()()
            except BaseException as error:  # noqa: BLE001 - it is raised where the step was asked for
                self.answered.put(error)
            else:
                self.answered.put(None)


_idle: list[_Hand] = []
os.register_at_fork(after_in_child=_idle.clear)  # threads do not survive a fork


class Patience:
    """How long one folder's disk is waited for."""

    def __init__(self) -> None:
        """Nothing hangs yet."""
        self._hanging: list[_Hand] = []

    def wait_for(self, step: Callable[[], None]) -> None:
        """Do one step on the disk. Raises what it raises; TimeoutError: it hangs, or one before it still does."""
        if any(hand.answered.empty() for hand in self._hanging):
            raise _late()
        while self._hanging:
            recovered = self._hanging.pop()
            recovered.answered.get()
            _idle.append(recovered)
        hand = _taken()
        hand.asked.put(step)
        try:
            error = hand.answered.get(timeout=LIMIT_S)
        except Empty:
            self._hanging.append(hand)
            raise _late() from None
        except BaseException:  # Ctrl-C: the step goes on, and its answer is for nobody
            self._hanging.append(hand)
            raise
        _idle.append(hand)
        if error is not None:
            raise error


def _taken() -> _Hand:
    try:
        return _idle.pop()
    except IndexError:
        return _Hand()


def _late() -> OSError:
    return TimeoutError(errno.ETIMEDOUT, "the disk does not answer")
