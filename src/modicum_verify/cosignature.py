"""Cosignatures: a witness says that, as of a time, it saw this checkpoint as the continuation of all it had seen.

Ed25519, version 1. The time is the witness's own and is part of what it signs, so cosignatures of several organisations
bound when a checkpoint existed.

Source: C2SP tlog-cosignature, "Ed25519 signed message"; C2SP signed-note.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from modicum_verify import base64c
from modicum_verify.ed25519 import (
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Ed25519PrivateKey,
    Ed25519PublicKey,
    is_signed,
    public_bytes,
    read_public,
)
from modicum_verify.errors import EvidenceError
from modicum_verify.note import SignatureLine, is_name, split_note

MAX_TIME: Final = 2**63 - 1
_ALGORITHM: Final = b"\x04"
_TIME_BYTES: Final = 8
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)", re.DOTALL)


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
        match = _VKEY.fullmatch(vkey)
        if not match or not is_name(match[1]):
            raise EvidenceError(place="witness key", cause="is not of the form NAME+ID+KEY")
        try:
            found = cls(match[1], read_public(_ed25519(base64c.decode(match[3]))))
        except ValueError as error:
            raise EvidenceError(
                place="witness key", cause="does not hold an Ed25519 key for cosignatures (algorithm byte 0x04)"
            ) from error
        if found.key_id.hex() != match[2]:
            raise EvidenceError(place="witness key", cause="its id is not that of its name and key")
        return found

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys apart; no protection against a forger."""
        return _key_id(self.name, self.key)

    def vkey(self) -> str:
        """The verifier key that a log, or a reader, is given."""
        return f"{self.name}+{self.key_id.hex()}+{base64c.encode(_ALGORITHM + public_bytes(self.key))}"


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


def _ed25519(typed_key: bytes) -> bytes:
    if typed_key[:1] != _ALGORITHM or len(typed_key) != 1 + PUBLIC_KEY_BYTES:
        raise ValueError("another algorithm")
    return typed_key[1:]


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _key_id(name: str, key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ALGORITHM + public_bytes(key)).digest()[:4]
