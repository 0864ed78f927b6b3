"""The newest checkpoint that enough witnesses cosigned, kept in `state/cosigned` by whoever obtained it.

What it covers can be shown with their word and their times, long after they were asked. It proves nothing by lying
there: each use checks it against the home's witnesses and against the log.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from modicum.gateway.home import Home
from modicum.model.errors import EvidenceError, LogUnavailableError
from modicum_verify.checkpoint import parse_checkpoint
from modicum_verify.note import Verifier
from modicum_verify.witness_set import CosignedCheckpoint, SignedBy, WitnessSet, read_cosigned

COSIGNED_CHECKPOINT: Final = "state/cosigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCosigned:
    """A cosigned checkpoint of this log: the note, how many entries it covers, by whom and when."""

    note: bytes
    size: int
    by: tuple[SignedBy, ...]


def keep(home: Home, note: bytes) -> None:
    """Keep a checkpoint if it is cosigned as this home needs it and none that covers more is kept.

    What cannot be kept is left: a home that is read-only still shows what its witnesses said.
    """
    with suppress(EvidenceError, LogUnavailableError):
        witnesses = home.journal.docket().roster.witnesses
        if witnesses is None:
            return
        found, before = _read(home, note, witnesses), kept(home)
        if before is None or before.size <= found.checkpoint.size:
            home.folder.replace(COSIGNED_CHECKPOINT, note)


def kept(home: Home) -> KeptCosigned | None:
    """The kept checkpoint; None where there is none, or one that no longer checks.

    Raises EvidenceError: its witnesses cosigned another history than the log shows.
    """
    if not home.folder.exists(COSIGNED_CHECKPOINT):
        return None
    witnesses = home.journal.docket().roster.witnesses
    if witnesses is None:
        return None
    note = home.folder.read(COSIGNED_CHECKPOINT)
    try:
        found = _read(home, note, witnesses)
    except EvidenceError:
        return None
    at = found.checkpoint
    if at.size > home.ledger.size:
        home.ledger.refresh()  # another process may have appended, and asked, since
    if at.size > home.ledger.size or home.ledger.root_at(at.size) != at.root:
        raise EvidenceError(
            place=COSIGNED_CHECKPOINT,
            cause="is of another history than the log shows",
            cure="stop releasing, keep both as they are, tell the custodian",
        )
    return KeptCosigned(note=note, size=at.size, by=found.by)


def covering(home: Home, entry: int) -> KeptCosigned | None:
    """The kept checkpoint where it covers an entry."""
    found = kept(home)
    return found if found is not None and entry < found.size else None


def _read(home: Home, note: bytes, witnesses: WitnessSet) -> CosignedCheckpoint:
    """Raises EvidenceError: not signed by the log, or by too few of its witnesses."""
    found = read_cosigned(note, witnesses, origin=home.origin, not_after=int(home.journal.now().timestamp()))
    parse_checkpoint(found.own_note, Verifier.parse(home.ledger.vkey))
    return found
