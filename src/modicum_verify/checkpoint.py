"""Checkpoints: what a log says that it is, at one size, in a signed note.

Source: C2SP tlog-checkpoint.
"""

import re
from dataclasses import dataclass
from typing import Final

from modicum_verify import base64c
from modicum_verify.errors import EvidenceError
from modicum_verify.merkle import HASH_BYTES
from modicum_verify.note import Verifier, open_note

MAX_SIZE: Final = 2**63 - 1
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's name, its number of entries, the root over them; extension lines say more, and nobody audits them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Write the text that is signed."""
        lines = (self.origin, str(self.size), base64c.encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(note: bytes, verifier: Verifier, *, strict: bool = True) -> Checkpoint:
    """Read a checkpoint signed by the log's key, whose name must be the origin.

    strict: refuse extension lines and signatures by other keys, so that no byte is left uncovered.
    Raises EvidenceError: not signed by that key, another origin, or another form.
    """
    found = read_text(open_note(note, [verifier], strict=strict).text)
    if found.origin != verifier.name:
        raise EvidenceError(place="checkpoint", cause="is of another log")
    if strict and found.extensions:
        raise EvidenceError(place="checkpoint", cause="has lines that this version does not know")
    return found


def read_text(text: str) -> Checkpoint:
    """Read the text of a checkpoint, whoever signed it.

    Raises EvidenceError: not three non-empty lines, a size beyond 2^63-1, or a root that is not 32 bytes.
    """
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines) or not text.endswith("\n"):  # noqa: PLR2004 - origin, size, root
        raise EvidenceError(place="checkpoint", cause="does not have its three lines")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise EvidenceError(place="checkpoint", cause="its size is not a number of entries")
    try:
        found = base64c.decode(root)
    except ValueError as error:
        raise EvidenceError(place="checkpoint", cause="its root is not canonical base64") from error
    if len(found) != HASH_BYTES:
        raise EvidenceError(place="checkpoint", cause=f"its root does not have {HASH_BYTES} bytes")
    return Checkpoint(origin=origin, size=int(size), root=found, extensions=tuple(extensions))
