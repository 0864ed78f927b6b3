"""The log for those who look at it: latest checkpoint, one entry's proof, the full check, a copy to hand on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.accounting.record import check as check_record
from modicum.gateway.accepting import body_path
from modicum.gateway.home import Home
from modicum.gateway.kept_cosigned import covering, kept
from modicum.gateway.leaving import follow
from modicum.gateway.outside import check_new_folder, check_outside, write_out
from modicum.gateway.progress import Report, silent
from modicum.gateway.proving import prove_with_entry
from modicum.model.errors import (
    InternalError,
    InvalidInputError,
    ModicumError,
    NotPermittedError,
)
from modicum.storage import Folder
from modicum_verify.carried import MAX_CARRIED_BYTES
from modicum_verify.events import COSIGNED, UNWITNESSED
from modicum_verify.logdir import is_of_log
from modicum_verify.verdict import check_entries
from modicum_verify.witness_set import SignedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The latest checkpoint, as signed; cosigned where the newest that witnesses saw is the latest."""

    origin: str
    size: int
    root: str
    note: str
    cosigned_by: tuple[SignedBy, ...]
    cosigned_size: int | None  # how many entries the newest cosigned checkpoint covers; None where none is kept

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.checkpoint/1",
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "note": self.note,
            "witnesses": COSIGNED if self.cosigned_by else UNWITNESSED,
            "cosigned_by": [each.as_document() for each in self.cosigned_by],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a full check found, all of it good."""

    entries: int
    cases: int
    releases: int
    root: str

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.fsck/1",
            "entries": self.entries,
            "cases": self.cases,
            "releases": self.releases,
            "root": self.root,
        }


def latest(home: Home) -> Latest:
    """Give the latest checkpoint of a home, with the cosignatures that it has."""
    seen = kept(home)
    covered = seen is not None and seen.size == home.ledger.size
    note = (seen.note if seen is not None and covered else home.ledger.checkpoint_note).decode("utf-8")
    origin, size, root = note.splitlines()[:3]
    return Latest(
        origin=origin,
        size=int(size),
        root=root,
        note=note,
        cosigned_by=seen.by if seen is not None and covered else (),
        cosigned_size=None if seen is None else seen.size,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The tlog-proof of an entry, and the witnesses that cosigned the checkpoint under it, if any."""

    entry: int
    proof: str
    cosigned_by: tuple[SignedBy, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.proof/1",
            "entry": self.entry,
            "proof": self.proof,
            "witnesses": COSIGNED if self.cosigned_by else UNWITNESSED,
            "cosigned_by": [each.as_document() for each in self.cosigned_by],
        }


def prove(home: Home, entry: int, *, out: Path | None = None, body: bool = False) -> Proved:
    """Give the tlog-proof of one entry, under a cosigned checkpoint where one covers it; written to `out` where asked.

    It carries the entry and, with `body`, what the entry says. Raises NotFoundError, and what `write_out` raises;
    NotPermittedError: it is a first review, sealed still; InvalidInputError: the body is too large to be carried.
    """
    if out is not None:
        check_outside(out)
    if body:
        _check_told(home, entry)
    return _prove(home, entry, out=out, body=body)


def give_receipt(home: Home, entry: int, *, out: Path) -> None:
    """Write the proof of an entry that was just made, with its body, for whoever made it; see `outside.check_out`.

    Raises InternalError: it cannot be written. The entry stands all the same: the log did take it.
    """
    try:
        _prove(home, entry, out=out, body=True)
    except ModicumError as error:
        raise InternalError(
            cause=f"log entry {entry} was made and stands, and its receipt could not be written to {out}",
            cure=f"do not act again; ask for it with: modicum log prove {entry} --body --out FILE",
        ) from error


def _check_told(home: Home, entry: int) -> None:
    cases = home.journal.docket().cases.values()
    if any(case.blind and entry in {vote.index for vote in case.first_reviews} for case in cases):
        raise NotPermittedError(
            cause=f"entry {entry} is a first review, and these are sealed until all are in",
            cure="leave --body out, or wait until they are in",
        )


def _prove(home: Home, entry: int, *, out: Path | None, body: bool) -> Proved:
    seen = covering(home, entry)
    proof = prove_with_entry(home, entry, under=None if seen is None else seen.note, body=body)
    if len(proof) > MAX_CARRIED_BYTES:
        raise InvalidInputError(
            cause=f"the body of entry {entry} is too large for a proof to carry",
            cure="prove it without its body, and show a copy of the log: modicum log export --bodies",
        )
    if out is not None:
        write_out(out, proof)
    return Proved(entry=entry, proof=proof.decode("utf-8"), cosigned_by=() if seen is None else seen.by)


def fsck(root: Path, *, report: Report = silent) -> Checked:
    """Check a home's evidence in full: log from its entries up, bodies, signatures, moves, accounting records.

    Raises EvidenceError naming the file or entry at fault.
    """
    home = Home.open(root)
    report("recomputing the log from its entries", 0.0)
    log = home.ledger.fsck()
    report("checking bodies, signatures and moves", 0.4)
    docket = check_entries(
        log, bodies=root / "bodies", genesis_sha256=home.trust.genesis_sha256, log_vkey=home.ledger.vkey
    )
    released = [
        (case.request["population"]["dataset"], f"{case.id}-{number}", release)
        for case in docket.cases.values()
        for number, release in enumerate(case.releases, start=1)
        if release.delivered is not None
    ]
    for done, (dataset, name, release) in enumerate(released):
        report("checking accounting records", 0.7 + 0.3 * done / len(released))
        check_record(home.folder, dataset_name=dataset, release=name, digest=str(release.content["accounting_sha256"]))
    return Checked(
        entries=len(log.leaves), cases=len(docket.cases), releases=len(released), root=log.checkpoint.root.hex()
    )


def export(home: Home, *, out: Path, bodies: bool) -> int:
    """Copy log and trust root, with the bodies where asked, to a new folder; gives the number of files.

    Of the folder `log` only what is a file of a log, and of `bodies` only those of its entries: whatever else somebody
    put there stays. Raises InvalidInputError, ConflictError: as `check_new_folder`.
    """
    check_new_folder(out)
    follow(home, home.journal.docket())
    of_log = [name for name in home.folder.list("log") if is_of_log(name.removeprefix("log/"))]
    of_entries = [body_path(entry.body) for entry in home.journal.entries()] if bodies else []
    target = Folder(out)
    names = ["trust.json", *of_log, *of_entries]
    for name in names:
        target.write_new(name, home.folder.read(name))
    return len(names)
