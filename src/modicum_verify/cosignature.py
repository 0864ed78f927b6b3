"""Cosignatures: a witness says that, as of a time, it saw this checkpoint as the continuation of all it had seen.

Ed25519, version 1. The time is the witness's own and is part of what it signs, so cosignatures of several organisations
bound when a checkpoint existed.

Source: C2SP tlog-cosignature, "Ed25519 signed message"; C2SP signed-note.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from modicum_verify.ed25519 import (
    SIGNATURE_BYTES,
    Ed25519PrivateKey,
    Ed25519PublicKey,
    is_signed,
)
from modicum_verify.errors import EvidenceError
from modicum_verify.note import SignatureLine, split_note
from modicum_verify.vkey import is_name, key_id, read_vkey, write_vkey

MAX_TIME: Final = 2**63 - 1
_ALGORITHM: Final = b"\x04"
_TIME_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """One cosignature that was checked: the witness's name, and its time in seconds since 1970."""

    name: str
    time: int


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness, by its name."""

    name: str
    key: Ed25519PublicKey

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a witness's verifier key, "NAME+ID+KEY" with the algorithm byte 0x04.

        Raises EvidenceError: another form, another algorithm, or an id that is not the key's.
        """
        kind = "an Ed25519 key for cosignatures (algorithm byte 0x04)"
        return cls(*read_vkey(vkey, algorithm=_ALGORITHM, place="witness key", kind=kind))

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys apart; no protection against a forger."""
        return key_id(self.name, self.key, algorithm=_ALGORITHM)

    def vkey(self) -> str:
        """The verifier key that a log, or a reader, is given."""
        return write_vkey(self.name, self.key, algorithm=_ALGORITHM)


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A named key that cosigns checkpoints; a key serves one name, since the message does not say whose it is."""

    name: str
    private_key: Ed25519PrivateKey

    @property
    def public(self) -> WitnessKey:
        """What others know of it."""
        return WitnessKey(self.name, self.private_key.public_key())

    def cosign(self, text: str, *, time: int) -> bytes:
        """Cosign the text of a checkpoint at a time (seconds since 1970); gives one signature line, with its newline.

        Raises ValueError: a time of zero, before it or beyond 2^63-1, or a name with blanks or plus signs.
        """
        if not 0 < time <= MAX_TIME or not is_name(self.name):
            raise ValueError("a cosignature needs a time after 1970, and a name without blanks and plus signs")
        stamped = time.to_bytes(_TIME_BYTES, "big") + self.private_key.sign(_message(text, time))
        return SignatureLine(name=self.name, key_id=self.public.key_id, data=stamped).format()


def cosignatures(note: bytes, witnesses: Sequence[WitnessKey], *, not_after: int) -> tuple[Cosignature, ...]:
    """Check a note's cosignatures by known witnesses; lines by anybody else are passed over.

    One for each witness: of several by one key the earliest counts, since the later adds nothing that it had not said.
    not_after: a cosignature of a later time (seconds since 1970) is refused, for no clock is ahead of the reader's.
    Raises EvidenceError: not a note, a false cosignature by a known key, or one from the future.
    """
    text, lines = split_note(note)
    known = {(each.name, each.key_id): each for each in witnesses}
    found: dict[tuple[str, bytes], Cosignature] = {}
    for line in lines:
        place = (line.name, line.key_id)
        witness = known.get(place)
        if witness is None:
            continue
        cosignature = _checked(text, line, witness, not_after=not_after)
        if place not in found or cosignature.time < found[place].time:
            found[place] = cosignature
    return tuple(found.values())


def _checked(text: str, line: SignatureLine, witness: WitnessKey, *, not_after: int) -> Cosignature:
    stamp, signature = line.data[:_TIME_BYTES], line.data[_TIME_BYTES:]
    time = int.from_bytes(stamp, "big")
    if len(signature) != SIGNATURE_BYTES or not 0 < time <= MAX_TIME:
        raise EvidenceError(place=f"cosignature of {witness.name}", cause="is not a time and an Ed25519 signature")
    if not is_signed(_message(text, time), signature=signature, key=witness.key):
        raise EvidenceError(place=f"cosignature of {witness.name}", cause="does not match the checkpoint and its time")
    if time > not_after:
        raise EvidenceError(place=f"cosignature of {witness.name}", cause="is of a time that has not come yet")
    return Cosignature(name=witness.name, time=time)


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
