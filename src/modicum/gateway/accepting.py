"""Log and store in step: what the store accepted and the log lacks is entered; what the store lacks is taken in.

The log is right. An entry of the store that differs from the log's at the same place is broken evidence. What goes
beyond the log was cut off by a crash: it is entered if the gateway signed the position that it led to, and the fold
takes it. All else in the store is a projection, and is made again where it is not what the log gives at this position.
"""

from collections.abc import Callable, Sequence

from modicum.ledger import Ledger
from modicum.model.errors import EvidenceError
from modicum.storage import Folder
from modicum.store import (
    CASE_TABLES,
    CURE,
    EntryRow,
    OpenStore,
    Position,
    Sketch,
    Store,
    differences,
    leaf_of,
    rows_of_case,
    rows_of_docket,
)
from modicum_verify.case_state import CaseState
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket, fold
from modicum_verify.merkle import leaf_hash, root

Bodies = Callable[[Entry], bytes]


def body_path(commitment: str) -> str:
    """Where a body lies in a home."""
    return f"bodies/{commitment}.json"


class Acceptance:
    """One home's store beside its log."""

    def __init__(self, folder: Folder, ledger: Ledger, *, store: Store, origin: str, key: Ed25519PrivateKey) -> None:
        """`key` is the log's; it signs each position."""
        self._folder, self._ledger, self._origin, self._key = folder, ledger, origin, key
        self.store = store
        self._sketch = Sketch()
        self._have = 0  # entries of the log that the store was seen to have

    def place(self, entries: Sequence[Entry], docket: Docket, *, new: Sequence[EntryRow] = ()) -> Position:
        """The position of a store that holds just these entries; `new` are those of them that the log lacks."""
        return Position(
            origin=self._origin,
            size=len(entries),
            root=self._ledger.root_with([row.leaf for row in new]).hex(),
            sha256=self._sketch.digest(entries, docket),
        ).signed(self._key)

    def pending(self, store: OpenStore, entries: Sequence[Entry], docket: Docket) -> list[EntryRow]:
        """What the store accepted and the log lacks, in order; compares what both have.

        Raises EvidenceError (place: the store and the entry): it differs, or was not accepted by this gateway.
        """
        there, leaves = store.position(), store.leaves()
        self._compare(store, leaves, entries)
        self._have = min(len(leaves), len(entries))
        if len(leaves) <= len(entries):
            return []
        rows = store.entries(len(entries))
        place = (len(leaves), self._ledger.root_with([row.leaf for row in rows]).hex())
        accepted = there is not None and (there.size, there.root) == place and there.is_signed_by(self._key)
        if not accepted:
            raise _wrong(store, len(entries), "was not accepted by this gateway, and the log does not have it")
        try:
            fold([row.entry for row in rows], docket)
        except EvidenceError as error:
            raise _wrong(store, len(entries), f"cannot follow in the log ({error.cause})") from error
        return rows

    def integrate(self, rows: Sequence[EntryRow]) -> None:
        """Enter in the log what the store accepted: bodies first, then the leaves; the append is all or none."""
        self._folder.replace_all({body_path(row.entry.body): row.body for row in rows})
        self._ledger.append([row.leaf for row in rows], at_size=rows[0].entry.index)

    def bring_in_step(self, store: OpenStore, entries: Sequence[Entry], docket: Docket, *, bodies: Bodies) -> Position:
        """Take in what the log has and the store lacks; gives the position that both then have."""
        log, there = self.place(entries, docket), store.position()
        if self._have < len(entries) or there is None or not there.says(log):
            self.remake(store, entries, docket, bodies=bodies, start=self._have)
        return log

    def remake(
        self, store: OpenStore, entries: Sequence[Entry], docket: Docket, *, bodies: Bodies, start: int = 0
    ) -> Position:
        """Make the tables again from log and bodies, and the entries from `start` on; in one transaction."""
        rows = [EntryRow(entry=entry, leaf=leaf_of(entry), body=bodies(entry)) for entry in entries[start:]]
        position = self.place(entries, docket)
        store.remake(rows, rows_of_docket(docket), start=start, position=position)
        return position

    def _compare(self, store: OpenStore, leaves: Sequence[bytes], entries: Sequence[Entry]) -> None:
        known = leaves[: len(entries)]
        if len(known) == len(entries) and root(list(map(leaf_hash, known))) == self._ledger.root_with(()):
            return
        for entry, leaf in zip(entries, known, strict=False):
            if leaf != leaf_of(entry):
                raise _wrong(store, entry.index, "is not the entry that the log has there")

    def check_rows(self, store: OpenStore, case: CaseState) -> None:
        """Hold the rows of one case against what the log gives.

        Raises EvidenceError: somebody wrote to the tables; place: the table and the row.
        """
        for each in differences(rows_of_case(case), store.rows_of(case.id), tables=CASE_TABLES):
            raise EvidenceError(
                place=f"{store.name}, {each}", cause=f"case {case.id} is otherwise in the log", cure=CURE
            )


def _wrong(store: OpenStore, index: int, cause: str) -> EvidenceError:
    return EvidenceError(place=f"{store.name}, entry {index}", cause=cause, cure=CURE)
