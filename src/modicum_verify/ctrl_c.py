"""Ctrl-C from the first moment of a command to its last: two lines and exit status 130, never a traceback.

While modules load it ends the process at once; while the command runs it is KeyboardInterrupt; once that is caught, or
the command has ended, it is ignored, so that nothing cuts short what is said. What comes before this module is loaded
is Python's own, so it imports next to nothing.
"""

import os
import signal
import sys

INTERRUPTED = 130
CAUSE = "interrupted"
CURE = "run it again; nothing is left half done"

_TALK = f"error: {CAUSE}\nhint: {CURE}\n"
_DOCUMENT = f"""\
{{
  "schema": "modicum.error/1",
  "code": "{CAUSE}",
  "cause": "{CAUSE}",
  "cure": "{CURE}",
  "exit": {INTERRUPTED}
}}
"""


def leave_at_once() -> None:
    """From now on Ctrl-C ends the process, as long as modules load; a shell's background job ignores it as before."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def _leave(_: int, __: object) -> None:
    # No exception: modules that load catch what they please, and nothing is begun that wants tidying up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for handle, text in ((1, _DOCUMENT if "--json" in sys.argv else ""), (2, _TALK)):
        try:
            os.write(handle, text.encode())
        except OSError:
            continue
    os._exit(INTERRUPTED)


class Pressable:
    """Within the block Ctrl-C is KeyboardInterrupt, until `hush`.

    At its end Ctrl-C is what it was before; in a process that began with `leave_at_once` it stays ignored.
    """

    def __enter__(self) -> None:
        """Let Ctrl-C raise where it ended the process."""
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is _leave:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(self, *_: object) -> None:
        """Put back what callers within a longer process had."""
        if self._before is signal.default_int_handler and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._before)


def hush() -> None:
    """Ignore Ctrl-C from now on, where it was an exception or ended the process."""
    while signal.getsignal(signal.SIGINT) in {signal.default_int_handler, _leave}:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:  # A press that was waiting to be heard.
            continue
        except ValueError:  # Another thread than the main one: there it is no exception.
            return
