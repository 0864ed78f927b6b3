"""`trust.json`: what a verifier brings. Nothing in a package or a log can stand in for it."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from modicum_verify.errors import EvidenceError
from modicum_verify.witness_set import WitnessSet, parse_witness_set

TRUST_SCHEMA: Final = "modicum.trust/1"
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS: Final = {"schema", "origin", "log_vkey", "genesis_sha256", "manifest_key"}
MAX_TRUST_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A log's origin and verifier key, the leaf hash of its entry 0, the key that signs manifests, the witnesses."""

    origin: str
    log_vkey: str  # a signed-note verifier key
    genesis_sha256: str  # hex leaf hash of entry 0
    manifest_key: str  # hex Ed25519 public key
    witnesses: WitnessSet | None = None  # None: of an evaluation home

    def as_document(self) -> dict[str, Any]:
        """The published JSON."""
        return {
            "schema": TRUST_SCHEMA,
            "origin": self.origin,
            "log_vkey": self.log_vkey,
            "genesis_sha256": self.genesis_sha256,
            "manifest_key": self.manifest_key,
            **({} if self.witnesses is None else {"witnesses": self.witnesses.as_document()}),
        }


def parse_trust(data: bytes) -> Trust:
    """Read a `trust.json`, in any spacing, with these fields and no others; `witnesses` may be absent.

    Raises EvidenceError: not JSON, an unknown, doubled or missing field, or a digest or key that is not one.
    """
    if len(data) > MAX_TRUST_BYTES:
        raise _broken("is larger than any trust file")
    try:
        fields = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _broken("is not JSON with each field once") from None
    if not isinstance(fields, dict) or set(fields) - {"witnesses"} != _FIELDS or fields["schema"] != TRUST_SCHEMA:
        raise _broken(f"does not have exactly the fields of {TRUST_SCHEMA}")
    if not all(isinstance(fields[name], str) and fields[name] for name in _FIELDS):
        raise _broken("has a field that is not text")
    for name in ("genesis_sha256", "manifest_key"):
        if not _HEX.fullmatch(fields[name]):
            raise _broken(f"field {name} is not 64 lower-case hex digits")
    if not fields["log_vkey"].startswith(f"{fields['origin']}+"):
        raise _broken("field log_vkey does not carry the name of the origin")
    named = parse_witness_set(fields["witnesses"], place="trust file") if "witnesses" in fields else None
    return Trust(**{name: fields[name] for name in _FIELDS - {"schema"}}, witnesses=named)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("doubled field")
    return found


def _broken(cause: str) -> EvidenceError:
    return EvidenceError(place="trust file", cause=cause, cure="ask the custodian, by another way, for trust.json")
