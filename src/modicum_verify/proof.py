"""A proof in one file that an entry is in a log: its index, the hashes up to the root, the signed checkpoint.

Source: C2SP tlog-proof.
"""

import re
from dataclasses import dataclass
from typing import Final

from modicum_verify import base64c
from modicum_verify.checkpoint import MAX_SIZE, Checkpoint, parse_checkpoint
from modicum_verify.errors import EvidenceError
from modicum_verify.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from modicum_verify.note import MAX_NOTE_BYTES, Verifier

_HEADER: Final = "c2sp.org/tlog-proof@v1"
START: Final = b"c2sp.org/tlog-proof@"
"""How a proof begins, of whichever version."""

_PLACE: Final = "proof"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_MAX_HASHES: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """Where an entry stands, how it leads to the root, and who signed that root. `extra` is covered by nothing."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def format(self) -> bytes:
        """Write the file."""
        extra = [] if self.extra is None else [f"extra {base64c.encode(self.extra)}"]
        lines = [_HEADER, *extra, f"index {self.index}", *map(base64c.encode, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint_note


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof in its one spelling; nothing in it is believed yet.

    Raises EvidenceError: another form.
    """
    head, blank, note = data.partition(b"\n\n")
    if head.count(b"\n") > _MAX_HASHES + 2:  # header, extra, index, hashes
        raise EvidenceError(place=_PLACE, cause="holds more than an index and the hashes of one path")
    try:
        lines = head.decode("ascii").split("\n")
        has_extra = len(lines) > 1 and lines[1].startswith("extra ")
        extra = base64c.decode(lines.pop(1).removeprefix("extra ")) if has_extra else None
        hashes = tuple(base64c.decode(line) for line in lines[2:])
    except ValueError as error:
        raise EvidenceError(place=_PLACE, cause="a line is not canonical base64") from error
    index = lines[1].removeprefix("index ") if len(lines) > 1 else ""
    if not blank or lines[0] != _HEADER or not _NUMBER.fullmatch(index) or f"index {index}" != lines[1]:
        raise EvidenceError(place=_PLACE, cause="is not a tlog-proof of version 1")
    if len(hashes) > _MAX_HASHES or any(len(each) != HASH_BYTES for each in hashes) or int(index) > MAX_SIZE:
        raise EvidenceError(place=_PLACE, cause="holds more than an index and the hashes of one path")
    if len(note) > MAX_NOTE_BYTES:
        raise EvidenceError(place=_PLACE, cause="its checkpoint is too long")
    return TlogProof(index=int(index), hashes=hashes, checkpoint_note=note, extra=extra)


def verify_proof(proof: bytes, leaf: bytes, vkey: str, *, strict: bool = True) -> Checkpoint:
    """Check that the entry with these leaf bytes is in the log of `vkey`; gives the checkpoint that says so.

    strict: refuse what nothing signs: `extra`, and signatures by other keys (cosignatures are read elsewhere).
    Raises EvidenceError: it is not proved.
    """
    found = parse_proof(proof)
    if strict and found.extra is not None:
        raise EvidenceError(place=_PLACE, cause="holds extra data that nothing signs")
    checkpoint = parse_checkpoint(found.checkpoint_note, Verifier.parse(vkey), strict=strict)
    verify_inclusion(
        index=found.index, size=checkpoint.size, leaf=leaf_hash(leaf), proof=found.hashes, root=checkpoint.root
    )
    return checkpoint
