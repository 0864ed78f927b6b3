"""SSHSIG: a person's signature that `ssh-keygen -Y verify` checks too.

Signing gives the very bytes that `ssh-keygen -Y sign` gives. Only Ed25519 keys of OpenSSH are known here; the namespace
keeps a signature for one verb from passing as one for another.

Source: OpenSSH PROTOCOL.sshsig; PROTOCOL.key for the private key file.
"""

from hashlib import sha256, sha512
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

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
from modicum_verify.errors import EvidenceError, ModicumError

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = (1).to_bytes(4, "big")
_KEY_TYPE: Final = b"ssh-ed25519"
_HASHES: Final = {b"sha512": sha512, b"sha256": sha256}
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----\n"
_END: Final = "-----END SSH SIGNATURE-----\n"
_ARMOR_WIDTH: Final = 70
_PLACE: Final = "ssh signature"


class UnreadableKeyError(ModicumError):
    """A key file is not an Ed25519 key of OpenSSH without a passphrase."""

    code = "invalid-input"


def sign(private_key: Ed25519PrivateKey, namespace: str, message: bytes) -> str:
    """Sign a message, armored; byte-equal to `ssh-keygen -Y sign -n NAMESPACE`.

    Raises ValueError: an empty namespace.
    """
    return assembled(public_key_line(private_key), namespace, private_key.sign(to_be_signed(namespace, message)))


def to_be_signed(namespace: str, message: bytes) -> bytes:
    """The bytes that the key signs, for a key that is held elsewhere; `assembled` makes the SSHSIG of what it gives.

    Raises ValueError: an empty namespace.
    """
    if not namespace:
        raise ValueError("a namespace may not be empty")
    return _signed_bytes(namespace.encode(), b"sha512", message)


def assembled(public_key: str, namespace: str, signature: bytes) -> str:
    """Make the armored SSHSIG of a raw Ed25519 signature over `to_be_signed`; nothing is checked, `verify` does that.

    Raises UnreadableKeyError: `public_key` is not an Ed25519 key line.
    """
    inner = _string(_KEY_TYPE) + _string(signature)
    parts = (key_blob(public_key), namespace.encode(), b"", b"sha512", inner)
    return _armor(_MAGIC + _VERSION + b"".join(map(_string, parts)))


def verify(armored: str, public_key: str, namespace: str, message: bytes) -> None:
    """Check that the holder of `public_key` ("ssh-ed25519 AAAA...") signed this message in this namespace.

    Raises EvidenceError: not an SSHSIG in its one spelling, another key or namespace, or a false signature.
    Raises UnreadableKeyError: `public_key` is not an Ed25519 key line.
    """
    expected = read_public_key_line(public_key)
    blob = _unarmor(armored)
    if not blob.startswith(_MAGIC + _VERSION):
        raise EvidenceError(place=_PLACE, cause="is not an SSHSIG of version 1")
    parts = _strings(blob[len(_MAGIC) + len(_VERSION) :])
    if len(parts) != 5:  # noqa: PLR2004 - key, namespace, reserved, hash, signature
        raise EvidenceError(place=_PLACE, cause="does not have the five parts of an SSHSIG")
    key, tag, reserved, hash_name, signature = parts
    if key != _key_blob(expected):
        raise EvidenceError(place=_PLACE, cause="was made by another key")
    if tag != namespace.encode() or not tag:
        raise EvidenceError(place=_PLACE, cause=f"was not made for {namespace}")
    if reserved or hash_name not in _HASHES:
        raise EvidenceError(place=_PLACE, cause="uses a field or hash that is not known")
    inner = _strings(signature)
    if len(inner) != 2 or inner[0] != _KEY_TYPE or len(inner[1]) != SIGNATURE_BYTES:  # noqa: PLR2004 - type, bytes
        raise EvidenceError(place=_PLACE, cause="is not an Ed25519 signature")
    if not is_signed(_signed_bytes(tag, hash_name, message), signature=inner[1], key=expected):
        raise EvidenceError(place=_PLACE, cause="does not match the message")


def public_key_line(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Write the public half as OpenSSH does, without a comment: "ssh-ed25519 AAAA..."."""
    return f"{_KEY_TYPE.decode()} {base64c.encode(_key_blob(key))}"


def key_blob(public_key: str) -> bytes:
    """The bytes of a public key as OpenSSH sends them; their SHA-256 is the fingerprint.

    Raises UnreadableKeyError: not an Ed25519 key line.
    """
    return _key_blob(read_public_key_line(public_key))


def read_public_key_line(line: str) -> Ed25519PublicKey:
    """Read "ssh-ed25519 AAAA..." with or without a comment after it.

    Raises UnreadableKeyError: anything else.
    """
    fields = line.strip().split(" ", 2)
    try:
        parts = _strings(base64c.decode(fields[1])) if fields[0] == _KEY_TYPE.decode() else []
        if len(parts) == 2 and parts[0] == _KEY_TYPE and len(parts[1]) == PUBLIC_KEY_BYTES:  # noqa: PLR2004 - type, key
            return read_public(parts[1])
    except (ValueError, IndexError, EvidenceError):
        pass
    raise UnreadableKeyError(
        cause="a public key is not an ssh-ed25519 line", cure="give the one line of the .pub file: ssh-ed25519 AAAA..."
    )


def load_private_key(data: bytes) -> Ed25519PrivateKey:
    """Read an OpenSSH private key file that has no passphrase.

    Raises UnreadableKeyError: not such a file, of another type, or with a passphrase.
    """
    try:
        key = load_ssh_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # `from None`: the library's words may quote the file, and the file is a secret.
        raise UnreadableKeyError(
            cause="a private key file is not an OpenSSH key without a passphrase",
            cure="make one with: ssh-keygen -t ed25519 -N '' -f FILE",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnreadableKeyError(
            cause="a private key file is not of type Ed25519", cure="make one with: ssh-keygen -t ed25519 -N '' -f FILE"
        )
    return key


def _signed_bytes(namespace: bytes, hash_name: bytes, message: bytes) -> bytes:
    digest = _HASHES[hash_name](message).digest()
    return _MAGIC + b"".join(map(_string, (namespace, b"", hash_name, digest)))


def _key_blob(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    return _string(_KEY_TYPE) + _string(public_bytes(key))


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _strings(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        part = data[4 : 4 + size]
        if len(data) < 4 + size:
            raise EvidenceError(place=_PLACE, cause="ends early")
        found.append(part)
        data = data[4 + size :]
    return found


def _armor(blob: bytes) -> str:
    text = base64c.encode(blob)
    lines = (text[start : start + _ARMOR_WIDTH] + "\n" for start in range(0, len(text), _ARMOR_WIDTH))
    return _BEGIN + "".join(lines) + _END


def _unarmor(armored: str) -> bytes:
    if not (armored.startswith(_BEGIN) and armored.endswith(_END)):
        raise EvidenceError(place=_PLACE, cause="has no SSH SIGNATURE armor")
    try:
        blob = base64c.decode(armored[len(_BEGIN) : -len(_END)].replace("\n", ""))
    except ValueError as error:
        raise EvidenceError(place=_PLACE, cause="armor does not hold canonical base64") from error
    if _armor(blob) != armored:
        raise EvidenceError(place=_PLACE, cause="armor is not as ssh-keygen writes it")
    return blob
