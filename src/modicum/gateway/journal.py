"""The journal: cases above, bytes below. Writes one event as one entry, reads entries back as the docket.

An event is folded before it is written: what the fold would refuse never enters the log. Body first, leaf second; the
log's checkpoint is the commit, so a body without a leaf is only litter.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from modicum.gateway.freezing import require_thawed
from modicum.ledger import Ledger
from modicum.model.errors import LogUnavailableError, ModicumError
from modicum.storage import Folder
from modicum_verify.entry import SALT_BYTES, Entry, body_file, leaf_bytes, read_entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import Docket, fold

Clock = Callable[[], datetime]
GATEWAY = "gateway"
_AT = "%Y-%m-%dT%H:%M:%SZ"


class Journal:
    """One home's log as entries; holds what it has read, and reads on when the log has grown."""

    def __init__(self, folder: Folder, ledger: Ledger, clock: Clock) -> None:
        """Nothing is read until somebody asks."""
        self._folder, self._ledger, self._clock = folder, ledger, clock
        self._entries: list[Entry] = []
        self._docket = Docket()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for one writer. Raises ConflictError after five seconds of waiting."""
        with self._folder.lock("home", timeout_s=5.0):
            self._ledger.refresh()
            yield

    def entries(self) -> list[Entry]:
        """All entries with their bodies, each body checked against its leaf."""
        known = len(self._entries)
        if self._ledger.size > known:
            for index, leaf in enumerate(self._ledger.leaves()[known:], start=known):
                self._entries.append(read_entry(index, leaf, self._body(index, leaf)))
        return self._entries

    def docket(self) -> Docket:
        """The state of all cases: the fold of all entries."""
        self._docket = fold(self.entries()[self._docket.size :], self._docket)
        return self._docket

    def record(self, kind: str, content: Mapping[str, Any], *, case: str | None, actor: str) -> Entry:
        """Write one event durably; on return it is in the log and under a signed checkpoint.

        Raises EvidenceError: the fold refuses it. LogUnavailableError: the clock runs backwards, or the disk refuses.
        """
        self.require_open()
        before = self.docket()
        commitment, body = body_file(dict(content), salt=secrets.token_bytes(SALT_BYTES))
        leaf = leaf_bytes(kind=kind, at=self.timestamp(), case=case, actor=actor, body=commitment)
        entry = read_entry(before.size, leaf, body)
        after = fold([entry], before)
        path = f"bodies/{commitment}.json"
        try:
            self._folder.write_new(path, body)
            self._ledger.append([leaf], at_size=before.size)
        except BaseException:
            self._tidy(path, before.size)
            raise
        self._entries.append(entry)
        self._docket = after
        return entry

    def _tidy(self, body: str, size: int) -> None:
        """Clear what an append that failed left, unless its entry stands after all; where the disk lets us."""
        with suppress(ModicumError):
            if self._ledger.refresh() == size:
                self._folder.discard([body])

    def require_open(self) -> None:
        """Raises LogUnavailableError: the home is frozen, or its log has ended in favour of another."""
        require_thawed(self._folder)
        successor = self.docket().successor
        if successor is not None:
            raise LogUnavailableError(
                cause=f"this log has ended with entry {successor.index}, in favour of {successor.origin}",
                cure="go on in the home of that log; objections are entered there",
            )

    def timestamp(self) -> str:
        """Now, in whole seconds of UTC; never before the last entry."""
        at = self._clock().astimezone(UTC).strftime(_AT)
        last = self._entries[-1].at if self._entries else at
        if at < last:
            raise LogUnavailableError(
                cause=f"this machine's clock says {at}, but the last entry of the log was made at {last}",
                cure="set the clock right; nothing is written or released while it runs backwards",
            )
        return at

    def now(self) -> datetime:
        """The clock as it stands, in UTC."""
        return self._clock().astimezone(UTC)

    def _body(self, index: int, leaf: bytes) -> bytes:
        path = f"bodies/{read_entry(index, leaf, None).body}.json"
        if not self._folder.exists(path):
            raise EvidenceError(
                place=path, cause=f"the body of log entry {index} is missing", cure="restore it from a backup"
            )
        return self._folder.read(path)
