"""Verifier keys, "NAME+ID+KEY": how a log or a witness is named to those who check it.

The byte of the algorithm tells what a key signs (0x01 notes, 0x04 cosignatures), and is part of its id: so a key of one
kind is never taken for the other.

Source: C2SP signed-note, "Verifier keys"; C2SP tlog-cosignature.
"""

import re
from hashlib import sha256
from typing import Final

from modicum_verify import base64c
from modicum_verify.ed25519 import (
    PUBLIC_KEY_BYTES,
    Ed25519PrivateKey,
    Ed25519PublicKey,
    public_bytes,
    read_public,
)
from modicum_verify.errors import EvidenceError

KEY_ID_BYTES: Final = 4
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


def is_name(name: str) -> bool:
    """Whether a text can be the name of a key: not empty, no blank, no plus sign, no control character."""
    return bool(name) and not any(each.isspace() or each == "+" for each in name) and not _CONTROL.search(name)


def key_id(name: str, key: Ed25519PrivateKey | Ed25519PublicKey, *, algorithm: bytes) -> bytes:
    """Four bytes that tell keys apart; no protection against a forger. algorithm: one byte."""
    return sha256(name.encode() + b"\n" + algorithm + public_bytes(key)).digest()[:KEY_ID_BYTES]


def write_vkey(name: str, key: Ed25519PublicKey, *, algorithm: bytes) -> str:
    """Write the verifier key of a name and a key. Raises ValueError: a name with blanks or plus signs."""
    if not is_name(name):
        raise ValueError("a key name may hold no blank and no plus sign")
    number = key_id(name, key, algorithm=algorithm).hex()
    return f"{name}+{number}+{base64c.encode(algorithm + public_bytes(key))}"


def read_vkey(text: str, *, algorithm: bytes, place: str, kind: str) -> tuple[str, Ed25519PublicKey]:
    """Read a verifier key of one algorithm; gives its name and key.

    place, kind: what an error calls the key, and what it should hold. Raises EvidenceError: another form, another
    algorithm, or an id that is not that of its name and key.
    """
    match = _VKEY.fullmatch(text)
    if not match or not is_name(match[1]):
        raise EvidenceError(place=place, cause="is not of the form NAME+ID+KEY")
    try:
        key = read_public(_untyped(base64c.decode(match[3]), algorithm))
    except ValueError as error:
        raise EvidenceError(place=place, cause=f"does not hold {kind}") from error
    if key_id(match[1], key, algorithm=algorithm).hex() != match[2]:
        raise EvidenceError(place=place, cause="its id is not that of its name and key")
    return match[1], key


def _untyped(typed_key: bytes, algorithm: bytes) -> bytes:
    if typed_key[:1] != algorithm or len(typed_key) != 1 + PUBLIC_KEY_BYTES:
        raise ValueError("a key of another algorithm")
    return typed_key[1:]
