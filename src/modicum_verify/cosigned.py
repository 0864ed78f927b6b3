"""Log before leave: in a home with witnesses a release is logged, then cosigned, and only then delivered.

In an evaluation home nobody cosigns, and no entry may say that somebody did.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from modicum_verify.case_state import CaseState
from modicum_verify.checkpoint import parse_checkpoint, read_text
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import COSIGNED, UNWITNESSED
from modicum_verify.logdir import VerifiedLog
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.moves import State
from modicum_verify.note import Verifier, split_note
from modicum_verify.roster import Roster
from modicum_verify.witness_set import CosignedCheckpoint, WitnessSet, read_cosigned


def said_of(witnesses: WitnessSet | None) -> str:
    """What the releases of a home say of its witnesses: `cosigned`, or `unwitnessed` where it has none."""
    return UNWITNESSED if witnesses is None else COSIGNED


def check_witnessed(entry: Entry, content: Mapping[str, Any], roster: Roster, case: CaseState) -> None:
    """Hold an event of a release against the witnesses that genesis names; other events pass.

    Raises EvidenceError: a release that says another thing of its witnesses than genesis, a delivery before the
    cosigning, or a checkpoint that is not one of this log, over the release, cosigned by then as genesis demands.
    """
    if entry.kind == "released" and content["witnesses"] != said_of(roster.witnesses):
        raise EvidenceError(place=entry.place, cause="says another thing of its witnesses than genesis does")
    if entry.kind == "delivered" and roster.witnesses is not None and case.state is not State.COSIGNED:
        raise EvidenceError(place=entry.place, cause="is delivered before the witnesses cosigned its release")
    if entry.kind == "cosigned":
        found = cosigned_in(entry, content["checkpoint"], roster)
        if not case.releases[-1].index < found.checkpoint.size <= entry.index:
            raise EvidenceError(place=entry.place, cause="its checkpoint does not cover the release, or is none yet")


def check_checkpoints(log: VerifiedLog, cases: Iterable[CaseState], *, log_vkey: str) -> int:
    """Hold each cosigned checkpoint of folded cases against the log: its signature, its root; gives how many there are.

    Raises EvidenceError: witnesses cosigned another history than the one that is shown.
    """
    notes = [note for case in cases for note in case.checkpoints]
    hashes = [leaf_hash(leaf) for leaf in log.leaves]
    for note in notes:
        text, lines = split_note(note.encode())
        size = read_text(text).size
        own = [each.format() for each in lines if each.name == log.checkpoint.origin]
        found = parse_checkpoint(f"{text}\n".encode() + b"".join(own), Verifier.parse(log_vkey))
        if size > len(hashes) or root(hashes[:size]) != found.root:
            raise EvidenceError(place="checkpoint", cause=f"what was cosigned at {size} entries is another history")
    return len(notes)


def cosigned_in(entry: Entry, note: str, roster: Roster) -> CosignedCheckpoint:
    """Check a cosigned checkpoint that an entry carries, against the witnesses in force there.

    Raises EvidenceError naming the entry: no witnesses here, or `witness_set.read_cosigned` refuses it.
    """
    if roster.witnesses is None:
        raise EvidenceError(place=entry.place, cause="is cosigned in a home that has no witnesses")
    now = int(datetime.fromisoformat(entry.at).timestamp())
    try:
        return read_cosigned(note.encode(), roster.witnesses, origin=roster.origin, not_after=now)
    except UnicodeEncodeError:
        raise EvidenceError(place=entry.place, cause="its checkpoint is not text") from None
    except EvidenceError as error:
        raise EvidenceError(place=entry.place, cause=f"{error.place} {error.cause}") from None
