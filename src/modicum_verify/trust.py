"""`trust.json`: what a verifier brings. Nothing in a package or a log can stand in for it."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from modicum_verify.errors import EvidenceError
from modicum_verify.witness_set import FormerWitnesses, WitnessSet, parse_former, parse_witness_set

TRUST_SCHEMA: Final = "modicum.trust/1"
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS: Final = {"schema", "origin", "log_vkey", "genesis_sha256", "manifest_key"}
_OPTIONAL: Final = {"witnesses", "former_witnesses"}
MAX_TRUST_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A log's origin and verifier key, the leaf hash of its entry 0, the key that signs manifests, the witnesses."""

    origin: str
    log_vkey: str  # a signed-note verifier key
    genesis_sha256: str  # hex leaf hash of entry 0
    manifest_key: str  # hex Ed25519 public key
    witnesses: WitnessSet | None = None  # None: of an evaluation home
    former_witnesses: tuple[FormerWitnesses, ...] = ()  # replaced by a change of the rules, oldest first

    def witnesses_at(self, size: int) -> WitnessSet | None:
        """The witnesses that count for a checkpoint of so many entries."""
        return next((each.witnesses for each in self.former_witnesses if size <= each.until_size), self.witnesses)

    def fits(self, former: tuple[FormerWitnesses, ...], witnesses: WitnessSet | None, *, size: int) -> bool:
        """Whether a log of so many entries has these witnesses, one of the two perhaps knowing a later change.

        former, witnesses: as the log itself says. A change that only the log knows was made under the witnesses that
        this trust root names; one that only this trust root knows must lie beyond the log that is shown.
        """
        mine = [(each.witnesses, each.until_size) for each in self.former_witnesses]
        shown = [(each.witnesses, each.until_size) for each in former]
        if len(shown) > len(mine):
            return shown[: len(mine)] == mine and shown[len(mine)][0] == self.witnesses
        if len(shown) < len(mine):
            return mine[: len(shown)] == shown and mine[len(shown)][0] == witnesses and size <= mine[len(shown)][1]
        return mine == shown and self.witnesses == witnesses

    def as_document(self) -> dict[str, Any]:
        """The published JSON."""
        return {
            "schema": TRUST_SCHEMA,
            "origin": self.origin,
            "log_vkey": self.log_vkey,
            "genesis_sha256": self.genesis_sha256,
            "manifest_key": self.manifest_key,
            **({} if self.witnesses is None else {"witnesses": self.witnesses.as_document()}),
            **(
                {}
                if not self.former_witnesses
                else {"former_witnesses": [e.as_document() for e in self.former_witnesses]}
            ),
        }


def parse_trust(data: bytes) -> Trust:
    """Read a `trust.json`, in any spacing, with these fields and no others; those about witnesses may be absent.

    Raises EvidenceError: not JSON, an unknown, doubled or missing field, or a digest or key that is not one.
    """
    if len(data) > MAX_TRUST_BYTES:
        raise _broken("is larger than any trust file")
    try:
        fields = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _broken("is not JSON with each field once") from None
    if not isinstance(fields, dict) or set(fields) - _OPTIONAL != _FIELDS or fields["schema"] != TRUST_SCHEMA:
        raise _broken(f"does not have exactly the fields of {TRUST_SCHEMA}")
    if not all(isinstance(fields[name], str) and fields[name] for name in _FIELDS):
        raise _broken("has a field that is not text")
    for name in ("genesis_sha256", "manifest_key"):
        if not _HEX.fullmatch(fields[name]):
            raise _broken(f"field {name} is not 64 lower-case hex digits")
    if not fields["log_vkey"].startswith(f"{fields['origin']}+"):
        raise _broken("field log_vkey does not carry the name of the origin")
    named = parse_witness_set(fields["witnesses"], place="trust file") if "witnesses" in fields else None
    former = parse_former(fields["former_witnesses"], place="trust file") if "former_witnesses" in fields else ()
    if former and named is None:
        raise _broken("names former witnesses and none in force")
    texts = {name: fields[name] for name in _FIELDS - {"schema"}}
    return Trust(**texts, witnesses=named, former_witnesses=former)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("doubled field")
    return found


def _broken(cause: str) -> EvidenceError:
    return EvidenceError(place="trust file", cause=cause, cure="ask the custodian, by another way, for trust.json")
