"""The foundation's one doorway to Ed25519 (pyca/cryptography): keys, signatures, checks.

Formats above it (note, sshsig, dsse) say what is signed; this module only signs and checks.

Source: RFC 8032.
"""

import re
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = [
    "PUBLIC_KEY_BYTES",
    "SIGNATURE_BYTES",
    "Ed25519PrivateKey",
    "Ed25519PublicKey",
    "is_signed",
    "public_bytes",
    "read_public",
]

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_HEX: Final = re.compile(r"[0-9a-f]{64}")


def public_bytes(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """Give the 32 bytes of a public key, also of a private one."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes_raw()


def read_public(key: bytes | str | Ed25519PublicKey) -> Ed25519PublicKey:
    """Take a public key as 32 bytes, as 64 lower-case hex digits, or as it is.

    Raises ValueError: of another length, not hex, or no point of the curve.
    """
    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, str):
        if not _HEX.fullmatch(key):
            raise ValueError("a public key is 64 lower-case hex digits")
        key = bytes.fromhex(key)
    return Ed25519PublicKey.from_public_bytes(key)


def is_signed(message: bytes, *, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether `key` made `signature` over exactly these bytes."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
