"""Where a store stands: the size and root of the log that it accepted, and the digest of all its rows.

The gateway signs each position with the log's key. So whoever can write to the database, but holds no key, cannot have
an entry of theirs taken into the log as one that a crash had cut off. Nobody can take the statement for a checkpoint: a
checkpoint begins with the origin of a log, this with `modicum.accepted/1`.
"""

from dataclasses import dataclass, replace
from typing import Final

from modicum_verify.canonical import canonical
from modicum_verify.ed25519 import SIGNATURE_BYTES, Ed25519PrivateKey, is_signed

_CONTEXT: Final = b"modicum.accepted/1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`root` and `sha256` are lower-case hex; `accepted` is the gateway's signature, hex."""

    origin: str
    size: int
    root: str
    sha256: str
    accepted: str = ""

    def signed(self, key: Ed25519PrivateKey) -> "Position":
        """The same, signed by the log's key."""
        return replace(self, accepted=key.sign(self._statement()).hex())

    def is_signed_by(self, key: Ed25519PrivateKey) -> bool:
        """Whether the log's key made its signature."""
        try:
            signature = bytes.fromhex(self.accepted)
        except ValueError:
            return False
        right = len(signature) == SIGNATURE_BYTES
        return right and is_signed(self._statement(), signature=signature, key=key.public_key())

    def says(self, other: "Position") -> bool:
        """Whether both stand at the same place with the same rows, whoever signed."""
        return replace(self, accepted="") == replace(other, accepted="")

    def _statement(self) -> bytes:
        return _CONTEXT + canonical(
            {"origin": self.origin, "size": self.size, "root": self.root, "sha256": self.sha256}
        )
