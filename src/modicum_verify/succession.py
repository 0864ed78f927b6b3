"""One log after another: what genesis says of the log that it continues, and what a log's last entry says of the next.

A log that works ends with `succeeded`, and its successor's genesis names the checkpoint over that entry: each names the
other, and both are signed by founders of two organisations. A log that was frozen, because it is damaged or its key is
in doubt, ends without; then the genesis alone names the last checkpoint that it signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modicum_verify.checkpoint import Checkpoint, parse_checkpoint
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import FROZEN
from modicum_verify.note import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor:
    """The log that another continues. `note`: its last signed checkpoint, with the cosignatures that it had."""

    origin: str
    log_vkey: str
    genesis_sha256: str
    checkpoint: Checkpoint
    note: str = field(repr=False)
    frozen: bool
    text: str
    retired: frozenset[str]  # keys that may stand for nobody again


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """The log that continues this one, as its last entry names it."""

    index: int
    origin: str
    log_vkey: str


def read_predecessor(entry: Entry, genesis: Mapping[str, Any]) -> Predecessor | None:
    """What a genesis says of the log before it; None where it continues none.

    Raises EvidenceError: its checkpoint is not signed by the key that it names, is empty, or is of the log itself.
    """
    found = genesis.get("predecessor")
    if found is None:
        return None
    try:
        verifier = Verifier.parse(found["log_vkey"])
        checkpoint = parse_checkpoint(found["checkpoint"].encode(), verifier, strict=False)
    except EvidenceError as error:
        raise EvidenceError(place=entry.place, cause=f"its predecessor's {error.place} {error.cause}") from None
    if verifier.name != found["origin"] or checkpoint.extensions or checkpoint.size == 0:
        raise EvidenceError(place=entry.place, cause="its predecessor's checkpoint is empty, or of another log")
    if found["origin"] == genesis["origin"]:
        raise EvidenceError(place=entry.place, cause="names its own log as its predecessor")
    return Predecessor(
        origin=found["origin"],
        log_vkey=found["log_vkey"],
        genesis_sha256=found["genesis_sha256"],
        checkpoint=checkpoint,
        note=found["checkpoint"],
        frozen=found["reason"] == FROZEN,
        text=found["text"],
        retired=frozenset(found["retired"]),
    )
