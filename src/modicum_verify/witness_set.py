"""The witnesses of a log, as genesis and `trust.json` name them: whose they are, their keys, how many must agree.

They are fixed with the log, and changed only by a case in it. Its checkpoint counts as cosigned by those in force at
its size and by nobody else, and organisations are counted, not machines.

Source: C2SP tlog-cosignature; signed-note.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from modicum_verify.checkpoint import Checkpoint, read_text
from modicum_verify.cosignature import Cosignature, WitnessKey, cosignatures
from modicum_verify.errors import EvidenceError
from modicum_verify.note import split_note
from modicum_verify.witnessing import WitnessPolicy

MOST_WITNESSES: Final = 32
MOST_AHEAD_S: Final = 60
"""How far a witness's clock may be ahead of the reader's, in seconds."""

_MOST_VKEY: Final = 300
_HANDLE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class NamedWitness:
    """One witness: the handle of the organisation that runs it, and its verifier key."""

    organisation: str
    vkey: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessSet:
    """Witnesses, and of how many different organisations cosignatures are needed. Made by `parse_witness_set`."""

    organisations: int
    witnesses: tuple[NamedWitness, ...]

    @property
    def keys(self) -> tuple[WitnessKey, ...]:
        """Their keys, in order."""
        return tuple(WitnessKey.parse(each.vkey) for each in self.witnesses)

    @property
    def policy(self) -> WitnessPolicy:
        """The policy by the witnesses' names."""
        by_name = {key.name: each.organisation for key, each in zip(self.keys, self.witnesses, strict=True)}
        return WitnessPolicy(organisations=self.organisations, witnesses=by_name)

    def as_document(self) -> dict[str, Any]:
        """The published JSON, as `parse_witness_set` reads it."""
        return {
            "organisations": self.organisations,
            "witnesses": [{"organisation": each.organisation, "vkey": each.vkey} for each in self.witnesses],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerWitnesses:
    """Witnesses that a change of the rules replaced. They count for checkpoints of up to `until_size` entries."""

    witnesses: WitnessSet
    until_size: int

    def as_document(self) -> dict[str, Any]:
        """The published JSON, as `parse_former` reads it."""
        return {"until_size": self.until_size, "witnesses": self.witnesses.as_document()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBy:
    """One cosignature that was checked: whose witness, its name, its time (UTC, whole seconds, RFC 3339)."""

    organisation: str
    name: str
    at: str

    def as_document(self) -> dict[str, str]:
        """As published JSON."""
        return {"organisation": self.organisation, "name": self.name, "at": self.at}


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignedCheckpoint:
    """A checkpoint that enough organisations cosigned; by whom; and the note with the log's own signature alone."""

    checkpoint: Checkpoint
    by: tuple[SignedBy, ...]
    own_note: bytes


def parse_witness_set(document: Any, *, place: str) -> WitnessSet:  # noqa: ANN401 - any JSON value
    """Read the witnesses of a genesis or a trust root, strictly.

    Raises EvidenceError: another form, a key that is none, a name or a key that stands twice, or witnesses of fewer
    organisations than are needed.
    """
    if not isinstance(document, Mapping) or set(document) != {"organisations", "witnesses"}:
        raise EvidenceError(place=place, cause="does not name its witnesses as `organisations` and `witnesses` alone")
    needed, listed = document["organisations"], document["witnesses"]
    if isinstance(needed, bool) or not isinstance(needed, int) or needed < 1:
        raise EvidenceError(place=place, cause="does not ask for a number of organisations, at least 1")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_WITNESSES or not all(map(_is_named, listed)):
        raise EvidenceError(place=place, cause=f"does not list 1 to {MOST_WITNESSES} witnesses by organisation and key")
    found = WitnessSet(
        organisations=needed, witnesses=tuple(NamedWitness(each["organisation"], each["vkey"]) for each in listed)
    )
    try:
        keys = found.keys
    except EvidenceError as error:
        raise EvidenceError(place=place, cause=f"a witness key {error.cause}") from None
    names, bare = {key.name for key in keys}, {key.key.public_bytes_raw() for key in keys}
    if len(names) < len(keys) or len(bare) < len(keys):
        raise EvidenceError(place=place, cause="names a witness, or a key of one, twice")
    if len({each.organisation for each in found.witnesses}) < needed:
        raise EvidenceError(place=place, cause="asks for more organisations than its witnesses have")
    return found


def parse_former(document: Any, *, place: str) -> tuple[FormerWitnesses, ...]:  # noqa: ANN401 - any JSON value
    """Read the witnesses that were replaced, oldest first, each until a larger size than the one before.

    Raises EvidenceError: another form.
    """
    if not isinstance(document, list) or not document:
        raise EvidenceError(place=place, cause="does not list former witnesses")
    found: list[FormerWitnesses] = []
    for each in document:
        size = (
            each.get("until_size") if isinstance(each, Mapping) and set(each) == {"until_size", "witnesses"} else None
        )
        last = found[-1].until_size if found else 0
        if isinstance(size, bool) or not isinstance(size, int) or size <= last:
            raise EvidenceError(place=place, cause="does not say in order until which size former witnesses count")
        witnesses = parse_witness_set(each["witnesses"], place=place)
        found.append(FormerWitnesses(witnesses=witnesses, until_size=size))
    return tuple(found)


def read_cosigned(note: bytes, witnesses: WitnessSet, *, origin: str, not_after: int) -> CosignedCheckpoint:
    """Check a cosigned checkpoint: one line by the log, all others by these witnesses, once each, of enough of them.

    The log's own line is only counted here; whoever has the log's key checks it in `own_note`. not_after: seconds since
    1970; a cosignature of a later time, by more than a minute, is refused.
    Raises EvidenceError: another log, an unknown line, a false or doubled cosignature, too few organisations.
    """
    text, lines = split_note(note)
    checkpoint = read_text(text)
    if checkpoint.origin != origin or checkpoint.extensions:
        raise EvidenceError(place="checkpoint", cause="is of another log, or says more than a checkpoint does")
    known = {(key.name, key.key_id) for key in witnesses.keys}
    own = [each for each in lines if (each.name, each.key_id) not in known]
    if [each.name for each in own] != [origin]:
        raise EvidenceError(place="checkpoint", cause="is signed by others than its log and the witnesses of the log")
    if len({(each.name, each.key_id) for each in lines}) < len(lines):
        raise EvidenceError(place="checkpoint", cause="is cosigned twice by one witness")
    found = cosignatures(note, witnesses.keys, not_after=not_after + MOST_AHEAD_S)
    policy = witnesses.policy
    if not policy.met_by([each.name for each in found]):
        organisations = len({policy.witnesses[each.name] for each in found})
        raise EvidenceError(
            place="checkpoint",
            cause=f"is cosigned by {organisations} of the {policy.organisations} organisations that must agree",
        )
    return CosignedCheckpoint(
        checkpoint=checkpoint,
        by=tuple(_signed_by(each, policy) for each in found),
        own_note=f"{text}\n".encode() + own[0].format(),
    )


def _is_named(each: Any) -> bool:  # noqa: ANN401 - any JSON value
    return (
        isinstance(each, Mapping)
        and set(each) == {"organisation", "vkey"}
        and all(isinstance(value, str) and len(value) <= _MOST_VKEY for value in each.values())
        and bool(_HANDLE.fullmatch(each["organisation"]))
    )


def _signed_by(found: Cosignature, policy: WitnessPolicy) -> SignedBy:
    try:
        at = f"{datetime.fromtimestamp(found.time, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        raise EvidenceError(place="checkpoint", cause="is cosigned at a time that no calendar has") from None
    return SignedBy(organisation=policy.witnesses[found.name], name=found.name, at=at)
