"""The journal: cases above, bytes below. Writes one event as one entry, reads entries back as the docket.

1. fold the event: what the fold would refuse is never accepted
2. the store accepts it, with the rows that it changes, in one transaction
3. its body is written, its leaf appended; the log's checkpoint makes it part of the docket

Readers see the log. A crash between 2 and 3 leaves an entry that is accepted and not yet in the log: whoever next takes
the lock enters it (`accepting`). Where the log refuses in 3, the store takes the entry back; where it cannot do that
either, the entry is entered later, and the error says so.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from modicum.gateway.accepting import Acceptance, body_path
from modicum.gateway.freezing import require_thawed
from modicum.ledger import Ledger
from modicum.model.errors import InternalError, LogUnavailableError, ModicumError
from modicum.storage import Folder
from modicum.store import EntryRow, OpenStore, Position, changes
from modicum_verify.case_state import CaseState
from modicum_verify.entry import SALT_BYTES, Entry, body_file, leaf_bytes, read_entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import Docket, fold

Clock = Callable[[], datetime]
GATEWAY = "gateway"
_AT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One event that is to be recorded."""

    kind: str
    content: Mapping[str, Any]
    case: str | None
    actor: str


class Journal:
    """One home's log as entries; holds what it has read, and reads on when the log has grown."""

    def __init__(self, folder: Folder, ledger: Ledger, clock: Clock, acceptance: Acceptance) -> None:
        """Nothing is read until somebody asks."""
        self._folder, self._ledger, self._clock, self._acceptance = folder, ledger, clock, acceptance
        self._entries: list[Entry] = []
        self._docket = Docket()
        self._held: OpenStore | None = None
        self._position: Position | None = None  # where the store stands; None where nobody knows

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for one writer, log and store in step. Raises ConflictError after five seconds of waiting.

        Raises LogUnavailableError: the store cannot be used. EvidenceError: it holds an entry that the log does not.
        """
        require_thawed(self._folder)
        with self.held() as store:
            self._settle(store)
            yield

    @contextmanager
    def held(self, *, repairing: bool = False) -> Iterator[OpenStore]:
        """Hold the home for one writer and give its store as it was found. repairing: as `Store.opened` takes it."""
        with self._folder.lock("home", timeout_s=5.0):
            self._ledger.refresh()
            with self._acceptance.store.opened(repairing=repairing) as store:
                self._held, self._position = store, None
                try:
                    yield store
                finally:
                    self._held, self._position = None, None

    def entries(self) -> list[Entry]:
        """All entries with their bodies, each body checked against its leaf."""
        known = len(self._entries)
        if self._ledger.size > known:
            for index, leaf in enumerate(self._ledger.leaves()[known:], start=known):
                self._entries.append(read_entry(index, leaf, self.body_of(read_entry(index, leaf, None))))
        return self._entries

    def docket(self) -> Docket:
        """The state of all cases: the fold of all entries."""
        self._docket = fold(self.entries()[self._docket.size :], self._docket)
        return self._docket

    def record(self, kind: str, content: Mapping[str, Any], *, case: str | None, actor: str) -> Entry:
        """Write one event durably; on return the store has accepted it, and a signed checkpoint of the log covers it.

        Raises EvidenceError: the fold refuses it. LogUnavailableError: the clock runs backwards, or disk or store
        refuse. ConflictError: somebody else wrote to the store first.
        """
        return self.record_many([Said(kind=kind, content=content, case=case, actor=actor)])[0]

    def record_many(self, events: Sequence[Said]) -> list[Entry]:
        """Write several events, all or none, as `record` writes one: one transaction, one append."""
        if not events:
            return []
        self.require_open()
        with nullcontext() if self._held is not None else self.locked():
            if self._held is None:
                raise InternalError(cause="the journal is not open for writing", cure="report this")
            return self._record(self._held, self._position or self._settle(self._held), events)

    def check_rows(self, case: CaseState) -> None:
        """Hold the store's rows of one case against the log, under the lock. Raises EvidenceError: they differ."""
        if self._held is not None:
            self._acceptance.check_rows(self._held, case)

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

    def body_of(self, entry: Entry) -> bytes:
        """The body file of an entry of the log. Raises EvidenceError: it is missing."""
        path = body_path(entry.body)
        if not self._folder.exists(path):
            raise EvidenceError(
                place=path, cause=f"the body of log entry {entry.index} is missing", cure="restore it from a backup"
            )
        return self._folder.read(path)

    def _settle(self, store: OpenStore) -> Position:
        while pending := self._acceptance.pending(store, self.entries(), self.docket()):
            self._acceptance.integrate(pending)
        self._position = self._acceptance.bring_in_step(store, self.entries(), self.docket(), bodies=self.body_of)
        return self._position

    def _record(self, store: OpenStore, onto: Position, events: Sequence[Said]) -> list[Entry]:
        before, at = self.docket(), self.timestamp()
        rows = [_row(said, at=at, index=before.size + place) for place, said in enumerate(events)]
        made = [row.entry for row in rows]
        after = fold(made, before)
        position = self._acceptance.place([*self.entries(), *made], after, new=rows)
        self._position = None
        store.accept(rows, changes(before, after), onto=onto, position=position)
        try:
            self._acceptance.integrate(rows)
        except BaseException as error:
            taken_back = self._take_back(
                rows, lambda: store.take_back(changes(after, before), onto=position, position=onto)
            )
            if not taken_back and isinstance(error, ModicumError):
                raise _entered_later(error) from error
            raise
        self._entries += made
        self._docket, self._position = after, position
        return made

    def _take_back(self, rows: Sequence[EntryRow], take_back: Callable[[], None]) -> bool:
        """Undo what the store accepted, unless the log has it after all; whether it is clear now what stands."""
        try:
            if self._ledger.refresh() == rows[0].entry.index:
                take_back()
                with suppress(ModicumError):  # A body without a leaf is only litter.
                    self._folder.discard([body_path(row.entry.body) for row in rows])
        except ModicumError:
            return False
        return True


def _row(said: Said, *, at: str, index: int) -> EntryRow:
    commitment, body = body_file(dict(said.content), salt=secrets.token_bytes(SALT_BYTES))
    leaf = leaf_bytes(kind=said.kind, at=at, case=said.case, actor=said.actor, body=commitment)
    return EntryRow(entry=read_entry(index, leaf, body), leaf=leaf, body=body)


def _entered_later(error: ModicumError) -> LogUnavailableError:
    return LogUnavailableError(
        cause=f"{error.cause}. The store had accepted it already and could not take it back",
        cure=f"{error.cure}; the next command enters it, so look at the case before you do it again",
    )
