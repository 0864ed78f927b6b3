"""Signed notes: text, a blank line, signature lines; Ed25519 alone.

A note is read in its one spelling (UTF-8, no control characters, canonical base64). Signatures by unknown keys are
ignored, as the format demands, unless the reader is strict: then every byte must be covered by a key that it brought.

Source: C2SP signed-note.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from modicum_verify import base64c
from modicum_verify.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
    is_signed,
)
from modicum_verify.errors import EvidenceError
from modicum_verify.vkey import KEY_ID_BYTES, is_name, key_id, read_vkey, write_vkey

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
_ALGORITHM: Final = b"\x01"
_DASH: Final = "\u2014 "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature that was checked: the key's name, its four-byte id, the bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """One signature line as it stands: a key's name and four-byte id, and bytes that nobody checked yet."""

    name: str
    key_id: bytes
    data: bytes

    def format(self) -> bytes:
        """Write the line, with its newline."""
        return f"{_DASH}{self.name} {base64c.encode(self.key_id + self.data)}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, with the signatures under it that were checked (at least one)."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that a reader trusts, by its name."""

    name: str
    key: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys apart; no protection against a forger."""
        return key_id(self.name, self.key, algorithm=_ALGORITHM)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key, "NAME+ID+KEY".

        Raises EvidenceError: another form, another algorithm, or an id that is not the key's.
        """
        return cls(*read_vkey(vkey, algorithm=_ALGORITHM, place="verifier key", kind="an Ed25519 key"))


@dataclass(frozen=True, slots=True)
class Signer:
    """A named key that signs notes."""

    name: str
    private_key: Ed25519PrivateKey

    def sign(self, text: str) -> bytes:
        """Sign a text that ends in a newline; gives the note.

        Raises ValueError: no final newline, control characters, or a key name with blanks or plus signs.
        """
        if not text.endswith("\n") or _CONTROL.search(text) or not is_name(self.name):
            raise ValueError("this text, or this key name, cannot stand in a note")
        own, signature = key_id(self.name, self.private_key, algorithm=_ALGORITHM), self.private_key.sign(text.encode())
        return f"{text}\n".encode() + SignatureLine(name=self.name, key_id=own, data=signature).format()


def vkey(name: str, public_key: Ed25519PublicKey) -> str:
    """Write the verifier key that a reader of our notes brings.

    Raises ValueError: a name with blanks or plus signs.
    """
    return write_vkey(name, public_key, algorithm=_ALGORITHM)


def open_note(data: bytes, verifiers: Sequence[Verifier], *, strict: bool = False) -> Note:
    """Give a note's text, once at least one known key is seen to have signed it.

    strict: refuse signatures by unknown keys and a second one by the same key; then no byte is left uncovered.
    Raises EvidenceError: another form, a false signature by a known key, or none by a known key.
    """
    text, lines = split_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    checked: dict[tuple[str, bytes], Signature] = {}
    for line in lines:
        place = (line.name, line.key_id)
        verifier = known.get(place)
        if strict and (verifier is None or place in checked):
            raise EvidenceError(place="signed note", cause="has a signature by an unknown key, or one too many")
        if verifier is None or place in checked:
            continue
        if not is_signed(text.encode(), signature=line.data, key=verifier.key):
            raise EvidenceError(place="signed note", cause="a signature does not match the text")
        checked[place] = Signature(name=line.name, key_id=line.key_id, signature=line.data)
    if not checked:
        raise EvidenceError(place="signed note", cause="is not signed by a known key")
    return Note(text=text, signatures=tuple(checked.values()))


def split_note(data: bytes) -> tuple[str, list[SignatureLine]]:
    """Take a note apart: the text that is signed, and its signature lines, none of them checked.

    Raises EvidenceError: another form, more than 1,000,000 bytes or 100 signatures.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise EvidenceError(place="signed note", cause="is too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError(place="signed note", cause="is not UTF-8") from error
    head, blank, tail = whole.rpartition("\n\n")
    if _CONTROL.search(whole) or not blank or not tail.endswith("\n"):
        raise EvidenceError(place="signed note", cause="is not text, a blank line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise EvidenceError(place="signed note", cause="has too many signatures")
    return head + "\n", [_signature_line(line) for line in lines]


def _signature_line(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        data = base64c.decode(encoded)
    except ValueError as error:
        raise EvidenceError(place="signed note", cause="a signature is not canonical base64") from error
    if not line.startswith(_DASH) or not is_name(name) or len(data) <= KEY_ID_BYTES:
        raise EvidenceError(place="signed note", cause="a signature line is malformed")
    return SignatureLine(name=name, key_id=data[:KEY_ID_BYTES], data=data[KEY_ID_BYTES:])
