"""Read a log as entries: leaves that check, with their bodies where these were disclosed.

Bodies lie beside the log as `COMMITMENT.json`. A body that no leaf names is not evidence of anything and is not read.
"""

from pathlib import Path
from typing import Final

from modicum_verify.entry import Entry, read_entry
from modicum_verify.errors import EvidenceError
from modicum_verify.files import read_plain
from modicum_verify.logdir import VerifiedLog, read_log

MAX_BODY_BYTES: Final = 16 << 20


def read_evidence(log_dir: Path, bodies_dir: Path | None, vkey: str, *, missing_ok: bool = False) -> list[Entry]:
    """Read and check a whole log directory, and the bodies of its entries.

    bodies_dir: None reads the leaves alone. missing_ok: a body that was not disclosed leaves its content None.
    Raises EvidenceError: see `read_log` and `read_entry`; or a body is missing.
    """
    return entries_of(read_log(log_dir, vkey), bodies_dir, missing_ok=missing_ok)


def entries_of(log: VerifiedLog, bodies_dir: Path | None, *, missing_ok: bool = False) -> list[Entry]:
    """Join the leaves of a log that was checked with their bodies; as `read_evidence`."""
    return [_entry(index, leaf, bodies_dir, missing_ok=missing_ok) for index, leaf in enumerate(log.leaves)]


def _entry(index: int, leaf: bytes, bodies_dir: Path | None, *, missing_ok: bool) -> Entry:
    entry = read_entry(index, leaf, None)
    if bodies_dir is None:
        return entry
    if missing_ok and _is_digest(entry.body) and not (bodies_dir / f"{entry.body}.json").exists():
        return entry
    return read_entry(index, leaf, body_of(entry, bodies_dir))


def body_of(entry: Entry, bodies_dir: Path) -> bytes:
    """The body file that an entry commits to, unchecked. Raises EvidenceError: it is missing, or no plain file."""
    place = f"{entry.place}, body {entry.body[:12]}"
    if not _is_digest(entry.body):
        raise EvidenceError(place=place, cause="its commitment is not a SHA-256 digest")
    return read_plain(bodies_dir / f"{entry.body}.json", place=place, most_bytes=MAX_BODY_BYTES)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004 - hex digits of 32 bytes
