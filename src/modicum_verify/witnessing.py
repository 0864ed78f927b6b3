"""What a log and a witness say to each other: `add-checkpoint`, both sides, as bytes; and what a witness decides.

Pure: a witness's record is a value here, and who keeps it must check and store in one step.

Source: C2SP tlog-witness, "add-checkpoint".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modicum_verify import base64c
from modicum_verify.checkpoint import MAX_SIZE, Checkpoint, read_text
from modicum_verify.errors import EvidenceError
from modicum_verify.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from modicum_verify.note import MAX_NOTE_BYTES, Verifier, open_note, split_note

MAX_PROOF: Final = 63
MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 64 * 64
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_PLACE: Final = "add-checkpoint request"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """A request: the size that the log thinks the witness saw last, the proof from it, the signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def format(self) -> bytes:
        """Write the body of the request."""
        lines = [f"old {self.old_size}", *map(base64c.encode, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.note


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a witness keeps of a log: the size and root that it cosigned last (0 and the empty root where none)."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a witness does not cosign: the HTTP status and a word for people; `size` goes with 409."""

    status: int
    why: str
    size: int | None = None


def parse_request(body: bytes) -> AddCheckpoint:
    """Read the body of a request in its one spelling; nothing in it is believed yet.

    Raises EvidenceError: another form, or more than 63 hashes.
    """
    head, blank, note = body.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        proof = tuple(base64c.decode(line) for line in lines[1:])
    except ValueError as error:
        raise EvidenceError(place=_PLACE, cause="a line is not canonical base64") from error
    match = _OLD.fullmatch(lines[0])
    if not blank or match is None or int(match[1]) > MAX_SIZE or len(body) > MAX_REQUEST_BYTES:
        raise EvidenceError(place=_PLACE, cause="is not an old size, a proof, an empty line and a checkpoint")
    if len(proof) > MAX_PROOF or any(len(each) != HASH_BYTES for each in proof):
        raise EvidenceError(place=_PLACE, cause=f"its proof is not of at most {MAX_PROOF} hashes of {HASH_BYTES} bytes")
    return AddCheckpoint(old_size=int(match[1]), proof=proof, note=note)


def origin_of(request: AddCheckpoint) -> str:
    """Which log a request claims to be of. Raises EvidenceError: its checkpoint is none."""
    return read_text(split_note(request.note)[0]).origin


def judge(request: AddCheckpoint, seen: Seen, keys: Sequence[Verifier]) -> Checkpoint | Refused:
    """Decide, in the order of the specification, whether a witness that saw `seen` may cosign.

    keys: those that the witness trusts for this origin (at least one). The checkpoint to cosign, or the refusal.
    """
    try:
        checkpoint = read_text(open_note(request.note, keys).text)
    except EvidenceError as error:
        return Refused(403, error.cause)
    if request.old_size > checkpoint.size:
        return Refused(400, "the old size is larger than the checkpoint's")
    if request.old_size != seen.size:
        return Refused(409, "the witness saw another size last", size=seen.size)
    why = _inconsistent(request, seen, checkpoint)
    return checkpoint if why is None else Refused(422, why)


def _inconsistent(request: AddCheckpoint, seen: Seen, checkpoint: Checkpoint) -> str | None:
    """Why the checkpoint does not continue what was seen; None where it does."""
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return "an empty log has another root"
    if seen.size == 0:
        return "a proof from nothing is empty" if request.proof else None
    try:
        verify_consistency(
            old_size=seen.size, size=checkpoint.size, old_root=seen.root, root=checkpoint.root, proof=request.proof
        )
    except EvidenceError as error:
        return error.cause
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """How many *organisations* must have cosigned: several witnesses of one count once.

    witnesses: the organisation that runs each witness, by the witness's name, from the verifier's own directory.
    """

    organisations: int
    witnesses: Mapping[str, str]

    def met_by(self, names: Sequence[str]) -> bool:
        """Whether witnesses of these names suffice."""
        return len({self.witnesses[name] for name in names if name in self.witnesses}) >= self.organisations
