"""Where a log has ended, as its successor names it: the last checkpoint, and the docket that it proves."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from modicum.gateway.freezing import Frozen, frozen
from modicum.gateway.home import Home
from modicum.gateway.journal import Clock
from modicum.gateway.kept_cosigned import COSIGNED_CHECKPOINT
from modicum.gateway.leaving import WITNESSES, own_witnesses, too_few
from modicum.gateway.witnessing import ask_witnesses, read_witnesses
from modicum.ledger import open_ledger
from modicum.ledger.cosigning import ask_all, cosigned
from modicum.model.errors import EvidenceError, ModicumError
from modicum.storage import Folder
from modicum_verify.case_state import CaseState
from modicum_verify.checkpoint import Checkpoint, parse_checkpoint
from modicum_verify.entry import read_entry
from modicum_verify.events import FROZEN, ROTATED
from modicum_verify.fold import Docket, fold
from modicum_verify.moves import ENDS, MOVES
from modicum_verify.note import Verifier
from modicum_verify.salvage import Salvaged, lost_of, salvage, whole_entries
from modicum_verify.trust import Trust, parse_trust
from modicum_verify.witness_set import read_cosigned

_ENDING: Final = {kind for (state, kind), move in MOVES.items() if state not in ENDS and set(move.targets) <= ENDS}
_NOTES: Final = ("log/checkpoint", "state/checkpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An old home at its end. `note`: its last signed checkpoint, cosigned where that could be had.

    lost: of what statistics told, that which a damaged log can no longer tell (`budgets`, `tables`).
    """

    folder: Folder = field(repr=False)
    trust: Trust
    docket: Docket = field(repr=False)
    checkpoint: Checkpoint
    note: bytes
    frozen: Frozen | None
    text: str
    open_cases: tuple[str, ...]
    lost: frozenset[str]

    def as_predecessor(self) -> dict[str, Any]:
        """What the successor's genesis says of it."""
        roster = self.docket.roster
        given_up = roster.retired | {each.public_key for each in roster.people.values() if not each.active}
        return {
            "origin": self.trust.origin,
            "log_vkey": self.trust.log_vkey,
            "genesis_sha256": self.trust.genesis_sha256,
            "checkpoint": self.note.decode("utf-8"),
            "reason": ROTATED if self.frozen is None else FROZEN,
            "text": self.text,
            "retired": sorted(given_up),
        }


def open_cases(docket: Docket) -> list[CaseState]:
    """The cases that have not ended, oldest first."""
    return [case for case in docket.cases.values() if case.state not in ENDS]


def ended_now(home: Home) -> Ended:
    """A log whose last entry names its successor. Raises LogUnavailableError: too few witnesses cosign that."""
    docket = home.journal.docket()
    note = home.ledger.checkpoint_note
    witnesses = own_witnesses(home, docket)
    if witnesses is not None:
        outcome = ask_witnesses(home, witnesses)
        if not outcome.met:
            raise too_few(witnesses, outcome.asked)
        note = outcome.note
    return Ended(
        folder=home.folder,
        trust=home.trust,
        docket=docket,
        checkpoint=_parsed(note, home.trust),
        note=note,
        frozen=None,
        text=str((home.journal.entries()[-1].content or {}).get("text", "")),
        open_cases=(),
        lost=docket.disclosed.lost,
    )


def ended_frozen(root: Path, *, clock: Clock) -> Ended:
    """A frozen log, as far as its last checkpoint still proves it.

    Raises EvidenceError: no checkpoint in the home is signed by its log, or nothing verifies under the last one.
    """
    folder = Folder(root)
    trust, mark = parse_trust(folder.read("trust.json")), frozen(folder)
    checkpoint, note = _last_signed(folder, trust)
    found = salvage(root, checkpoint, trust.log_vkey)
    entries = whole_entries(found, root / "bodies")
    if not entries:
        raise EvidenceError(
            place="log entry 0",
            cause="is lost, and with it who the founders are",
            cure="look for a copy, perhaps a backup",
        )
    docket = fold(entries)
    return Ended(
        folder=folder,
        trust=trust,
        docket=docket,
        checkpoint=checkpoint,
        note=_cosigned_if(folder, trust, docket, note, now=int(clock().timestamp())),
        frozen=mark,
        text="" if mark is None else f"{mark.at}: {mark.reason}",
        open_cases=_open_in(docket, found),
        lost=docket.disclosed.lost | lost_of(found, folded=docket.size, size=checkpoint.size),
    )


def _open_in(docket: Docket, found: Salvaged) -> tuple[str, ...]:
    """The cases that had not ended. Of entries after the first lost one the leaves alone tell, and they suffice."""
    waiting = {case.id for case in open_cases(docket)}
    for index, leaf in enumerate(found.entries[docket.size :], start=docket.size):
        entry = None if leaf is None else read_entry(index, leaf, None)
        if entry is not None and entry.case is not None:
            ended = entry.kind in _ENDING or (entry.case in docket.cases and entry.case not in waiting)
            waiting = waiting - {entry.case} if ended else waiting | {entry.case}
    return tuple(sorted(waiting))


def _last_signed(folder: Folder, trust: Trust) -> tuple[Checkpoint, bytes]:
    found: list[tuple[Checkpoint, bytes]] = []
    for name in _NOTES:
        with suppress(ModicumError):
            note = folder.read(name)
            found.append((_parsed(note, trust), note))
    if not found:
        raise EvidenceError(
            place="log/checkpoint",
            cause="is not signed by the log",
            cure="restore it from a copy",
        )
    return max(found, key=lambda each: each[0].size)


def _cosigned_if(folder: Folder, trust: Trust, docket: Docket, note: bytes, *, now: int) -> bytes:
    """The checkpoint with cosignatures, where its witnesses still give them: a damaged log may be unable to ask."""
    witnesses = docket.roster.witnesses
    if witnesses is None:
        return note
    with suppress(ModicumError):
        seen = folder.read(COSIGNED_CHECKPOINT)
        read_cosigned(seen, witnesses, origin=trust.origin, not_after=now)
        if seen.startswith(note):
            return seen
    with suppress(ModicumError):
        ledger = open_ledger(folder, key=None, vkey=trust.log_vkey)
        listed = read_witnesses(folder.path(WITNESSES)).addresses
        whole = cosigned(ledger.checkpoint_note, ask_all(ledger, listed, now=now))
        read_cosigned(whole, witnesses, origin=trust.origin, not_after=now)
        if whole.startswith(note):
            return whole
    return note


def _parsed(note: bytes, trust: Trust) -> Checkpoint:
    return parse_checkpoint(note, Verifier.parse(trust.log_vkey), strict=False)
