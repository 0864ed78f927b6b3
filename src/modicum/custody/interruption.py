"""Ctrl-C while another thread computes: heard at once, raised when that thread has ended.

Python raises KeyboardInterrupt in the main thread between any two instructions, so also between starting a thread and
waiting for it, or while cleaning up after the first one; then the thread would go on computing in an engine that is
being closed. So the press is noted while such work lasts, whoever waits has the engine stop, and the exception comes
when nothing runs any more.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

NOTICED: Final = 0.05  # seconds between two looks at whether Ctrl-C was pressed


class Interruption:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.pressed = False

    def press(self, _: int, __: FrameType | None) -> None:
        """Note it; the handler of the signal."""
        self.pressed = True


@contextmanager
def held() -> Iterator[Interruption]:
    """Hold Ctrl-C back within the block and raise KeyboardInterrupt at its end, whatever else the block raises.

    Only where Ctrl-C is an exception in this thread: elsewhere nothing is ever pressed, and whoever set a handler of
    their own keeps it.
    """
    held_back = Interruption()
    if current_thread() is not main_thread() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield held_back
        return
    signal.signal(signal.SIGINT, held_back.press)
    try:
        yield held_back
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if held_back.pressed:
            raise KeyboardInterrupt from None
