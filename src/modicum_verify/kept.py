"""How far a log is known: what a checkpoint that the reader kept, perhaps cosigned, adds to a log that checks.

A log alone is valid as of its last entry: whoever holds its key can cut its tail and sign again. It is *complete* only
against a checkpoint as new as what is shown. One that witnesses cosigned also says as of when: their clocks, not the
log's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from modicum_verify.checkpoint import Checkpoint, parse_checkpoint, read_text
from modicum_verify.cosignature import cosignatures
from modicum_verify.entry import Entry, read_entry
from modicum_verify.errors import EvidenceError, InvalidInputError
from modicum_verify.files import read_small
from modicum_verify.logdir import VerifiedLog
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.note import MAX_NOTE_BYTES, Verifier, split_note
from modicum_verify.witness_file import Directory

CLOCKS_DIFFER: Final = timedelta(seconds=120)
"""How far the clocks of a log and of its witnesses may be apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """How many organisations cosigned, and a time (UTC): as many as the policy asks for signed at it or later."""

    at: str
    organisations: int

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {"at": self.at, "organisations": self.organisations}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A checkpoint that the reader kept; `cosigned` where witnesses were brought, and enough of them signed it."""

    checkpoint: Checkpoint
    cosigned: Cosigned | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much of the history is shown, in words; `complete` where nothing that was kept is missing behind the end."""

    text: str
    complete: bool
    cosigned: Cosigned | None = None

    def as_fields(self) -> dict[str, Any]:
        """Its part of the published JSON."""
        found: dict[str, Any] = {"extent": self.text, "complete": self.complete}
        if self.cosigned is not None:
            found["cosigned"] = self.cosigned.as_document()
        return {**found, "witnesses": "unwitnessed" if self.cosigned is None else "cosigned"}


def read_kept(path: Path, *, log_vkey: str, directory: Directory | None, now: int) -> Kept:
    """Read a kept checkpoint under the log's key and, where a directory of witnesses was brought, their cosignatures.

    now: the reader's clock, in seconds since 1970; a cosignature from later is refused.
    Raises NotFoundError, InvalidInputError: no such file, or it is no checkpoint. EvidenceError: not signed by the log,
    a false cosignature, or too few organisations.
    """
    note = read_small(path, what="checkpoint", most_bytes=MAX_NOTE_BYTES)
    _check_form(note, path)
    try:
        checkpoint = parse_checkpoint(note, Verifier.parse(log_vkey), strict=False)
    except EvidenceError as error:
        raise EvidenceError(place=str(path), cause=error.cause, cure=error.cure) from error
    if directory is None:
        return Kept(checkpoint=checkpoint)
    return Kept(checkpoint=checkpoint, cosigned=cosigned_as(note, directory, now=now))


def _check_form(note: bytes, path: Path) -> None:
    """What is no checkpoint of any log is a wrong file, and says nothing about this one."""
    try:
        read_text(split_note(note)[0])
    except EvidenceError as error:
        raise InvalidInputError(
            cause=f"{path} is no checkpoint: {error.cause}",
            cure="name a file that holds what `modicum log checkpoint` printed",
        ) from None


def extent_of(log: VerifiedLog, kept: Kept | None) -> Extent:
    """Hold a log against what the reader kept.

    Raises EvidenceError: the log is shorter, or of another history.
    """
    at = _last_time(log)
    if kept is None:
        text = f"valid as of {at}; without a checkpoint of your own (--seen) or a witness nobody can say complete"
        return Extent(text=text, complete=False)
    seen = kept.checkpoint
    if seen.size > len(log.leaves):
        raise EvidenceError(
            place="checkpoint",
            cause=f"the log shows {len(log.leaves)} entries, you have seen {seen.size}: its tail was cut",
        )
    if root([leaf_hash(leaf) for leaf in log.leaves[: seen.size]]) != seen.root:
        raise EvidenceError(
            place="checkpoint", cause=f"the first {seen.size} entries are not those that you have seen: another history"
        )
    if kept.cosigned is not None and seen.size:
        check_date(read_entry(seen.size - 1, log.leaves[seen.size - 1], None), kept.cosigned)
    whole = seen.size == len(log.leaves)
    return Extent(text=_words(kept, at=at, whole=whole), complete=whole, cosigned=kept.cosigned)


def check_date(entry: Entry, by: Cosigned) -> None:
    """What witnesses cosigned was written before they did. Raises EvidenceError: an entry of a later date."""
    try:
        ahead = datetime.fromisoformat(entry.at) - datetime.fromisoformat(by.at)
    except (ValueError, TypeError):
        raise EvidenceError(place=entry.place, cause="has a time that is not UTC in whole seconds") from None
    if ahead > CLOCKS_DIFFER:
        raise EvidenceError(place=entry.place, cause=f"is dated after {by.at}, when witnesses had cosigned it already")


def _words(kept: Kept, *, at: str, whole: bool) -> str:
    size, by = kept.checkpoint.size, kept.cosigned
    if by is None:
        if whole:
            return f"complete up to the checkpoint that you have seen ({size} entries)"
        return f"valid as of {at}; consistent with the {size} entries that you have seen"
    known = f"complete as of {by.at}, cosigned by {by.organisations} organisation{'s' * (by.organisations > 1)}"
    return f"{known} ({size} entries)" if whole else f"valid as of {at}; its first {size} entries are {known}"


def cosigned_as(note: bytes, directory: Directory, *, now: int) -> Cosigned:
    """What the reader's own witnesses say of a checkpoint. Raises EvidenceError: a false word, or too few of them."""
    latest: dict[str, int] = {}
    for each in cosignatures(note, directory.keys, not_after=now):
        organisation = directory.policy.witnesses[each.name]
        latest[organisation] = max(each.time, latest.get(organisation, 0))
    needed = directory.policy.organisations
    if len(latest) < needed:
        raise EvidenceError(
            place="checkpoint",
            cause=f"is cosigned by {len(latest)} of the {needed} organisations that you ask for",
            cure="ask the custodian, or the witnesses, for one that more of them cosigned",
        )
    # The policy's number of organisations signed at this time or later: no single clock decides it.
    time = sorted(latest.values(), reverse=True)[needed - 1]
    return Cosigned(at=f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}", organisations=len(latest))


def _last_time(log: VerifiedLog) -> str:
    return read_entry(len(log.leaves) - 1, log.leaves[-1], None).at if log.leaves else "its first checkpoint"


def need_kept(seen_file: Path | None) -> Path:
    """The kept checkpoint that witnesses are asked about. Raises InvalidInputError: none was named."""
    if seen_file is None:
        raise InvalidInputError(
            cause="--witnesses says who must have cosigned a checkpoint, and none was given",
            cure="add --seen with the cosigned checkpoint that you kept",
        )
    return seen_file
