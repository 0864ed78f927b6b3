"""Verify a package, a log or a home, offline, under a trust root that the reader brings.

Without one, only inner consistency is checked, and the verdict says so. A log is called complete only against a
checkpoint that the reader kept (`--seen`) and that is as new as what is shown; otherwise it is valid as of its time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.gateway.logbook import check_entries
from modicum.gateway.progress import Report, silent
from modicum.model.errors import EvidenceError, InvalidInputError, NotFoundError
from modicum_verify.checkpoint import Checkpoint, parse_checkpoint
from modicum_verify.entry import read_entry
from modicum_verify.logdir import VerifiedLog, read_log
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.note import Verifier
from modicum_verify.package import PackageReport, verify_package
from modicum_verify.trust import Trust, parse_trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A verdict that held: for people as lines, for machines as a document."""

    document: dict[str, Any]
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return self.document


def verify_anything(
    path: Path, *, trust_file: Path | None, seen_file: Path | None = None, report: Report = silent
) -> Verification:
    """Verify what `path` is: a package file, a log folder, or a folder that holds `log/` (a home, an export).

    Raises NotFoundError, InvalidInputError (nothing to verify there), EvidenceError (place and cause).
    """
    trust = None if trust_file is None else read_trust(trust_file)
    if path.is_file():
        report("reading the package", None)
        return _package(verify_package(path, trust=trust))
    if not path.exists():
        raise NotFoundError(cause=f"there is nothing at {path}", cure="check the path")
    directory = path if (path / "checkpoint").is_file() else path / "log"
    if not directory.is_dir():
        raise InvalidInputError(
            cause=f"{path} is neither a package, nor a log folder, nor a home", cure="name one of these"
        )
    report("recomputing the log from its entries", None)
    return _log(path, directory, trust=trust, seen_file=seen_file)


def read_trust(path: Path) -> Trust:
    """Read the trust root that a reader brings."""
    try:
        return parse_trust(path.read_bytes())
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no trust root {path}", cure="ask the custodian for trust.json") from None
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None


def _package(found: PackageReport) -> Verification:
    lines = (
        f"verified: case {found.case}, form {found.form}, {found.predicate['rows']:,} rows, entry {found.entry}",
        f"log {found.log_origin}, size {found.log_size}, entered {found.logged_at}, {found.witnesses}",
        *(f"  {each.sha256}  {each.name}" for each in found.files),
    )
    notes = () if found.trusted else ("no --trust was given: whole in itself, but nobody vouches for whose it is",)
    return Verification(document=found.as_document(), lines=lines, notes=notes)


def _log(path: Path, directory: Path, *, trust: Trust | None, seen_file: Path | None) -> Verification:
    log = read_log(directory, trust.log_vkey if trust is not None else _own_key(directory))
    if trust is not None and (not log.leaves or leaf_hash(log.leaves[0]).hex() != trust.genesis_sha256):
        raise EvidenceError(place="log entry 0", cause="is not the genesis that the trust root names")
    bodies = directory.parent / "bodies"
    cases = None
    if bodies.is_dir() and path != directory:
        genesis = trust.genesis_sha256 if trust is not None else leaf_hash(log.leaves[0]).hex()
        cases = len(check_entries(log, bodies=bodies, genesis_sha256=genesis).cases)
    extent = _extent(log, directory, trust=trust, seen_file=seen_file)
    lines = [
        f"verified: {len(log.leaves)} entries of {log.checkpoint.origin}, root {log.checkpoint.root.hex()}",
        extent,
    ]
    if cases is not None:
        lines.append(f"bodies, signatures and moves of {cases} cases hold")
    document = {
        "schema": "modicum.verification/1",
        "trusted": trust is not None,
        "log": {"origin": log.checkpoint.origin, "size": len(log.leaves), "root": log.checkpoint.root.hex()},
        "extent": extent,
        "cases": cases,
        "witnesses": "unwitnessed",
    }
    notes = () if trust is not None else ("no --trust was given: checked under the log's own key only",)
    return Verification(document=document, lines=tuple(lines), notes=notes)


def _extent(log: VerifiedLog, directory: Path, *, trust: Trust | None, seen_file: Path | None) -> str:
    at = _last_time(log)
    if seen_file is None:
        return f"valid as of {at}; without a checkpoint of your own (--seen) or a witness nobody can say complete"
    key = trust.log_vkey if trust is not None else _own_key(directory)
    seen = _seen(seen_file, key)
    if seen.size > len(log.leaves):
        raise EvidenceError(
            place="checkpoint",
            cause=f"the log shows {len(log.leaves)} entries, you have seen {seen.size}: its tail was cut",
        )
    if root([leaf_hash(leaf) for leaf in log.leaves[: seen.size]]) != seen.root:
        raise EvidenceError(
            place="checkpoint", cause=f"the first {seen.size} entries are not those that you have seen: another history"
        )
    if seen.size == len(log.leaves):
        return f"complete up to the checkpoint that you have seen ({seen.size} entries)"
    return f"valid as of {at}; consistent with the {seen.size} entries that you have seen"


def _seen(path: Path, key: str) -> Checkpoint:
    try:
        return parse_checkpoint(path.read_bytes(), Verifier.parse(key), strict=False)  # it may be cosigned
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no checkpoint {path}", cure="check the path") from None
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None


def _own_key(directory: Path) -> str:
    try:
        return (directory / "log.vkey").read_text("utf-8").strip()
    except (OSError, ValueError):
        raise EvidenceError(place="log.vkey", cause="is missing or cannot be read") from None


def _last_time(log: VerifiedLog) -> str:
    return read_entry(len(log.leaves) - 1, log.leaves[-1], None).at if log.leaves else "its first checkpoint"
