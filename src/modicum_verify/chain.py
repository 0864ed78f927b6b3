"""Follow a log back to those that it continues, each from its own folder.

The successor's genesis fixes the checkpoint with which the log before it ended. That log is verified in full up to it:
a longer one grew after its end, a shorter one was cut, another root is another history. One that was frozen may be
damaged; then whatever that checkpoint still proves is told from what it no longer does.

A succession is no way around the rules: custodian, witnesses, pack and rules of review stay as they were, people of two
founding organisations of the old log, with the keys that stood there, must have signed the new one's genesis, and what
statistics told of people goes over: budgets, populations, exact tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from modicum_verify.checkpoint import Checkpoint, parse_checkpoint
from modicum_verify.cosigned import check_checkpoints
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError, InvalidInputError
from modicum_verify.evidence import entries_of
from modicum_verify.files import read_plain
from modicum_verify.fold import Docket, fold
from modicum_verify.logdir import CHECKPOINT, VerifiedLog, read_log
from modicum_verify.merkle import leaf_hash
from modicum_verify.note import MAX_NOTE_BYTES, Verifier
from modicum_verify.roster import Roster, sponsors
from modicum_verify.salvage import lost_of, salvage, whole_entries
from modicum_verify.succession import Predecessor
from modicum_verify.trust import Trust
from modicum_verify.witness_set import SignedBy, read_cosigned

_STAY: Final = {
    "custodian": "another custodian",
    "witnesses": "other witnesses",
    "pack": "another pack",
    "reviews": "other rules of review",
}
_TWO: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A log that was verified, as its successor, or its predecessor, must see it."""

    log_vkey: str
    genesis_sha256: str
    genesis: Entry
    docket: Docket


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A log that another continues, as far as its folder proves it.

    size: its entries under the checkpoint with which it ended. verified: how many a checkpoint still proves.
    folded: how many from the start hold in full: leaf, body, signatures, moves.
    damaged: entries that the folder no longer holds as they were signed. unchecked: `budgets` or `tables` where it
    can no longer tell what was spent, or which exact tables left, and its successor goes on as if nothing were lost:
    damage may be younger than the succession, so that is no fault by itself, and a whole copy can tell.
    """

    origin: str
    frozen: bool
    text: str
    size: int
    verified: int
    folded: int
    damaged: tuple[int, ...]
    cosigned_by: tuple[SignedBy, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing of it is lost."""
        return self.folded == self.size

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "origin": self.origin,
            "reason": "frozen" if self.frozen else "rotated",
            "text": self.text,
            "size": self.size,
            "verified": self.verified,
            "folded": self.folded,
            "damaged": list(self.damaged),
            "unchecked": list(self.unchecked),
            "cosigned_by": [each.as_document() for each in self.cosigned_by],
        }


def follow(newest: Shown, folders: Sequence[Path], *, trust: Trust | None) -> list[Link]:
    """Verify the logs before `newest`, each in its folder (with `log/` and `bodies/`), newest first.

    trust: the root that the reader brought; one of the logs shown must be its. None: nobody vouches for any.
    Raises EvidenceError: a log is not what its successor names; place and cause. InvalidInputError: more folders than
    logs to be shown.
    """
    links, newer, anchored = [], newest, _is_of(trust, newest)
    for folder in folders:
        predecessor = newer.docket.roster.predecessor
        if predecessor is None:
            raise InvalidInputError(
                cause=f"the log {newer.docket.roster.origin} continues no other", cure="leave --before out"
            )
        link, newer = _link(newer, predecessor, folder)
        links.append(link)
        anchored = anchored or _is_of(trust, newer)
    if not anchored:
        raise EvidenceError(place="trust file", cause="names none of the logs that are shown")
    return links


def _is_of(trust: Trust | None, shown: Shown) -> bool:
    if trust is None:
        return True
    if trust.origin != shown.docket.roster.origin:
        return False
    if (trust.log_vkey, trust.genesis_sha256) != (shown.log_vkey, shown.genesis_sha256):
        raise EvidenceError(place="log entry 0", cause="is not the genesis that the trust root names")
    return True


def _link(newer: Shown, named: Predecessor, folder: Path) -> tuple[Link, Shown]:
    try:
        if named.frozen:
            return _frozen(newer, named, folder)
        return _rotated(newer, named, folder)
    except EvidenceError as error:
        raise EvidenceError(
            place=f"{named.origin}: {error.place}", cause=error.cause.removeprefix(f"{error.place}: ")
        ) from error


def _rotated(newer: Shown, named: Predecessor, folder: Path) -> tuple[Link, Shown]:
    log = read_log(folder / "log", named.log_vkey)
    _compare(log.checkpoint, named.checkpoint)
    _check_genesis(log.leaves, named)
    entries = entries_of(log, folder / "bodies")
    docket = fold(entries)
    check_checkpoints(log, docket.cases.values(), log_vkey=named.log_vkey)
    if docket.successor is None:
        raise EvidenceError(place=f"log entry {docket.size - 1}", cause="does not end the log, as its successor says")
    shown = _shown(named, entries[0], docket)
    _check_succession(newer, shown)
    by = _cosigned(newer, named, docket.roster)
    size = named.checkpoint.size
    return _told(named, verified=size, folded=size, damaged=(), by=by), shown


def _frozen(newer: Shown, named: Predecessor, folder: Path) -> tuple[Link, Shown]:
    own = _own_checkpoint(folder, named.log_vkey)
    if own is not None:
        _compare(own, named.checkpoint)
    found = salvage(folder, named.checkpoint, named.log_vkey)
    _check_genesis(found.leaves, named)
    entries = whole_entries(found, folder / "bodies")
    if not entries:
        raise EvidenceError(place="log entry 0", cause="has no body that it commits to, so that nobody is known")
    docket = fold(entries)
    whole = VerifiedLog(checkpoint=found.checkpoint, note=named.note.encode(), leaves=found.leaves)
    check_checkpoints(whole, docket.cases.values(), log_vkey=named.log_vkey)
    shown = _shown(named, entries[0], docket)
    _check_succession(newer, shown)
    try:
        by = _cosigned(newer, named, docket.roster)
    except EvidenceError:
        by = ()  # its witnesses may be as far away as the log is damaged; the verdict says so
    link = _told(named, verified=found.checkpoint.size, folded=len(entries), damaged=found.damaged, by=by)
    lost = lost_of(found, folded=len(entries), size=named.checkpoint.size)
    return replace(link, unchecked=tuple(sorted(lost - newer.docket.disclosed.lost))), shown


def _shown(named: Predecessor, genesis: Entry, docket: Docket) -> Shown:
    return Shown(log_vkey=named.log_vkey, genesis_sha256=named.genesis_sha256, genesis=genesis, docket=docket)


def _told(
    named: Predecessor, *, verified: int, folded: int, damaged: tuple[int, ...], by: tuple[SignedBy, ...]
) -> Link:
    return Link(
        origin=named.origin,
        frozen=named.frozen,
        text=named.text,
        size=named.checkpoint.size,
        verified=verified,
        folded=folded,
        damaged=damaged,
        cosigned_by=by,
    )


def _compare(shown: Checkpoint, named: Checkpoint) -> None:
    if shown.size > named.size:
        cause = f"shows {shown.size} entries, and its successor took over at {named.size}: it grew after its end"
        raise EvidenceError(place="checkpoint", cause=cause)
    if shown.size < named.size:
        cause = f"shows {shown.size} entries, and its successor took over at {named.size}: its tail was cut"
        raise EvidenceError(place="checkpoint", cause=cause)
    if shown.root != named.root:
        raise EvidenceError(place="checkpoint", cause="is of another history than its successor names")


def _own_checkpoint(folder: Path, log_vkey: str) -> Checkpoint | None:
    """The checkpoint that lies in the folder of a frozen log; None where it is damaged itself."""
    try:
        note = read_plain(folder / "log" / CHECKPOINT, place=CHECKPOINT, most_bytes=MAX_NOTE_BYTES)
        return parse_checkpoint(note, Verifier.parse(log_vkey))
    except EvidenceError:
        return None


def _check_genesis(leaves: Sequence[bytes], named: Predecessor) -> None:
    if not leaves or leaf_hash(leaves[0]).hex() != named.genesis_sha256:
        raise EvidenceError(place="log entry 0", cause="is not the genesis that its successor names")


def _check_succession(newer: Shown, older: Shown) -> None:
    """What a succession may not change, and who must have signed it."""
    old, new, to = older.docket.roster, newer.docket.roster, older.docket.successor
    if to is not None and (to.origin, to.log_vkey) != (new.origin, newer.log_vkey):
        raise EvidenceError(place=f"log entry {to.index}", cause="names another successor than the log that is shown")
    for name, what in _STAY.items():
        if getattr(old, name) != getattr(new, name):
            raise EvidenceError(place="log entry 0", cause=f"its successor has {what}")
    _check_carried(newer.docket, older.docket)
    given_up = old.retired | {each.public_key for each in old.people.values() if not each.active}
    if not given_up <= new.retired:
        raise EvidenceError(place="log entry 0", cause="its successor forgets keys that were given up")
    if len(_founding(newer.genesis.content or {}, old)) < _TWO:
        raise EvidenceError(
            place="log entry 0", cause="its successor is not signed by people of two of its founding organisations"
        )


def _check_carried(new: Docket, old: Docket) -> None:
    """Nothing that statistics told of people is forgotten; of what the successor calls lost, it tells no more."""
    told, before = new.disclosed, old.disclosed
    if not before.lost <= told.lost:
        raise EvidenceError(place="log entry 0", cause="its successor goes on with what was lost before")
    if "budgets" not in told.lost:
        for population, budget in before.budgets.items():
            opened = told.budgets.get(population)
            if opened is None or not budget.covers(rho=opened.rho, delta=opened.delta):
                raise EvidenceError(place="log entry 0", cause="its successor refills a budget of privacy loss")
    if "tables" not in told.lost and not before.tables_left(old.cases) <= set(told.tables):
        raise EvidenceError(place="log entry 0", cause="its successor forgets an exact table that left")
    if not _to_bind(old, told.lost).items() <= told.bound.items():
        raise EvidenceError(place="log entry 0", cause="its successor frees a data set from its population")


def _to_bind(old: Docket, lost: frozenset[str]) -> Mapping[str, str]:
    """The data sets whose populations a successor must know, though the damage that it tells of may hide some."""
    before = old.disclosed
    if lost == before.lost:
        return before.bound
    charged = {each.dataset for budget in before.budgets.values() for each in budget.spendings}
    tabled = {dataset for dataset, _ in before.tables_left(old.cases)}
    needed = (charged if "budgets" not in lost else set()) | (tabled if "tables" not in lost else set())
    return {each: before.bound[each] for each in needed}


def _founding(genesis: Mapping[str, Any], old: Roster) -> set[str]:
    signed = {(each["person"], each["public_key"]) for each in genesis["signatures"]}
    active = [each for each in old.people.values() if each.active and (each.handle, each.public_key) in signed]
    return sponsors(active, old)


def _cosigned(newer: Shown, named: Predecessor, roster: Roster) -> tuple[SignedBy, ...]:
    if roster.witnesses is None:
        return ()
    at = int(datetime.fromisoformat(newer.genesis.at).timestamp())
    return read_cosigned(named.note.encode(), roster.witnesses, origin=named.origin, not_after=at).by
