"""Time-locks: when an agreed case may go on, by the times that witnesses signed and by no other clock.

A lock starts at the latest time in the cosigned checkpoint that covers the agreement, and is over when the earliest
time in a later one has passed its end: so one bad witness shortens nothing. The statutory wait cannot be shortened; the
discretionary one ends at the deadline of a directive, where the custodian's accountable official gave one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from modicum_verify.reviews import Waits
from modicum_verify.witness_set import CosignedCheckpoint

AT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock that runs. `index`: the entry that started it; `size`: of the checkpoint that covers the agreement.

    `started_s`: seconds since 1970. Both waits run from there.
    """

    index: int
    size: int
    started_s: int
    waits: Waits

    def ends_s(self, deadlines: Iterable[int] = ()) -> int:
        """When it is over at the earliest, in seconds since 1970. deadlines: of the directives that count."""
        wanted = min([self.started_s + self.waits.discretionary_s, *deadlines])
        return max(self.started_s + self.waits.statutory_s, wanted)

    @property
    def started_at(self) -> str:
        """When it started, as text (UTC)."""
        return text_of(self.started_s)


def text_of(seconds: int) -> str:
    """Seconds since 1970 as text: 2026-11-26T12:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime(AT)


def seconds_of(text: str) -> int | None:
    """Seconds since 1970 of a time written like 2026-11-26T12:00:00Z; None where it is another text."""
    try:
        return int(datetime.strptime(text, AT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def latest_s(found: CosignedCheckpoint) -> int:
    """The latest time in a cosigned checkpoint: a lock starts no sooner."""
    return max(_seconds(found))


def earliest_s(found: CosignedCheckpoint) -> int:
    """The earliest time in a cosigned checkpoint: a lock is over no sooner."""
    return min(_seconds(found))


def _seconds(found: CosignedCheckpoint) -> list[int]:
    return [seconds_of(each.at) or 0 for each in found.by]
