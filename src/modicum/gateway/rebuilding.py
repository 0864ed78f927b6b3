"""The tables held against log and bodies, and made from them again: `modicum rebuild`, `modicum rebuild --check`.

The check looks at the store as it is found, and writes nothing but the tables of a store that is older or new. Entries
that a crash kept out of the log, and that the next writing will enter, belong to what is expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modicum.gateway.home import Home
from modicum.model.errors import EvidenceError
from modicum.store import (
    DUMPED,
    Difference,
    EntryRow,
    OpenStore,
    Position,
    Row,
    differences,
    digest_of,
    logged_row,
    rows_of_docket,
)
from modicum_verify.fold import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What log and bodies give, and what the tables hold. `pending` entries are accepted and not yet in the log.

    `dropped`: entries that only the store had, and that this gateway had not accepted; a rebuilding leaves them out.
    """

    store: str
    checked: bool
    entries: int
    pending: int
    dropped: int
    log_sha256: str
    store_sha256: str
    rows: Mapping[str, int]
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether the tables hold just what log and bodies give."""
        return self.log_sha256 == self.store_sha256 and not self.differences

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.rebuild/1",
            "store": self.store,
            "checked": self.checked,
            "equal": self.equal,
            "entries": self.entries,
            "pending": self.pending,
            "dropped": self.dropped,
            "log_sha256": self.log_sha256,
            "store_sha256": self.store_sha256,
            "rows": dict(self.rows),
            "differences": [
                {"table": each.table, "key": each.key, "what": each.what, "columns": list(each.columns)}
                for each in self.differences
            ],
        }


def check_store(home: Home) -> Rebuilt:
    """Compare the canonical dump of what log and bodies give with that of the tables.

    Raises EvidenceError: log or bodies are broken, the store is another log's, or somebody changed its tables.
    LogUnavailableError: home or store cannot be opened for writing.
    """
    home.require_writable()
    if home.acceptance.store.is_absent():
        return _compared(home, [], {}, None, checked=True)
    with home.journal.held() as store:
        return _looked_at(home, store)


def rebuild_store(home: Home) -> Rebuilt:
    """Make all tables again from log and bodies, in one transaction, after what was accepted has entered the log.

    Tables that somebody dropped or changed are made anew, and what is foreign among them goes. Raises as `check_store`.
    """
    home.require_writable()
    with home.journal.held(repairing=True) as store:
        while pending := _pending(home, store):
            home.acceptance.integrate(pending)
        dropped = _beyond(store, len(home.journal.entries()))
        journal = home.journal
        home.acceptance.remake(store, journal.entries(), journal.docket(), bodies=journal.body_of)
        return _looked_at(home, store, checked=False, dropped=dropped)


def _looked_at(home: Home, store: OpenStore, *, checked: bool = True, dropped: int = 0) -> Rebuilt:
    position = store.position()
    return _compared(home, _pending(home, store), store.tables(), position, checked=checked, dropped=dropped)


def _pending(home: Home, store: OpenStore) -> list[EntryRow]:
    """What will enter the log with the next writing; nothing where the store's entries are not the log's."""
    store.check_own()  # Another log's store is an error, and not a difference.
    try:
        return home.acceptance.pending(store, home.journal.entries(), home.journal.docket())
    except EvidenceError:
        return []


def _beyond(store: OpenStore, size: int) -> int:
    try:
        return store.beyond(size)
    except EvidenceError:  # Its entries cannot be read, so nobody can count them.
        return 0


def _compared(
    home: Home,
    pending: list[EntryRow],
    found: Mapping[str, list[Row]],
    position: Position | None,
    *,
    checked: bool,
    dropped: int = 0,
) -> Rebuilt:
    entries = [*home.journal.entries(), *(row.entry for row in pending)]
    docket = fold([row.entry for row in pending], home.journal.docket())
    expected = {**rows_of_docket(docket), "entries": [logged_row(entry) for entry in entries]}
    other = list(differences(expected, found))
    wanted = home.acceptance.place(entries, docket, new=pending)
    if position != wanted:
        what = "missing" if position is None else "differs"
        other.append(Difference(table="position", key=wanted.origin, what=what))
    return Rebuilt(
        store=home.acceptance.store.name,
        checked=checked,
        entries=len(entries) - len(pending),
        pending=len(pending),
        dropped=dropped,
        log_sha256=digest_of(expected),
        store_sha256=digest_of(found),
        rows={name: len(found.get(name, ())) for name in DUMPED},
        differences=tuple(other),
    )
