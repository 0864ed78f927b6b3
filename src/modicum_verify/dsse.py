"""DSSE: a payload with its type, signed together, in one spelling.

The envelope is canonical JSON with one Ed25519 signature, so every byte of it is covered: by the signature, or by the
rule that there is only one way to write the rest.

Source: DSSE v1.0, protocol and envelope (github.com/secure-systems-lab/dsse).
"""

from hashlib import sha256
from typing import Any, Final

from modicum_verify import base64c
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.ed25519 import Ed25519PrivateKey, Ed25519PublicKey, is_signed, public_bytes, read_public
from modicum_verify.errors import EvidenceError

_PLACE: Final = "signed envelope"


def sign(payload: bytes, payload_type: str, key: Ed25519PrivateKey) -> bytes:
    """Sign a payload of a type; gives the envelope, canonical JSON."""
    signature = {"keyid": key_id(key), "sig": base64c.encode(key.sign(_pae(payload_type, payload)))}
    return canonical({"payload": base64c.encode(payload), "payloadType": payload_type, "signatures": [signature]})


def verify(envelope: bytes, public_key: str | Ed25519PublicKey, payload_type: str) -> bytes:
    """Give the payload, once its type and its one signature by `public_key` (or its hex) are checked.

    Raises EvidenceError: another form, type or key, or a false signature.
    """
    try:
        key = read_public(public_key)
    except ValueError as error:
        raise EvidenceError(place="key of a signed envelope", cause=str(error)) from error
    payload, found_type, signer, signature = _read(envelope)
    if found_type != payload_type:
        raise EvidenceError(place=_PLACE, cause="holds a payload of another type")
    if signer != key_id(key):
        raise EvidenceError(place=_PLACE, cause="was signed by another key")
    if not is_signed(_pae(payload_type, payload), signature=signature, key=key):
        raise EvidenceError(place=_PLACE, cause="signature does not match the payload")
    return payload


def key_id(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Name a key: hex SHA-256 of its 32 public bytes. A hint for people; the check uses the whole key."""
    return sha256(public_bytes(key)).hexdigest()


def _read(envelope: bytes) -> tuple[bytes, str, str, bytes]:
    try:
        fields: Any = parse_canonical(envelope)
        (signature,) = fields["signatures"]
        known = set(fields) == {"payload", "payloadType", "signatures"} and set(signature) == {"keyid", "sig"}
        payload, sig = base64c.decode(fields["payload"]), base64c.decode(signature["sig"])
        payload_type, signer = fields["payloadType"], signature["keyid"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(place=_PLACE, cause="is not a DSSE envelope in canonical form") from error
    if not known:
        raise EvidenceError(place=_PLACE, cause="has fields that this version does not know")
    return payload, payload_type, signer, sig


def _pae(payload_type: str, payload: bytes) -> bytes:
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
