"""The log for those who look at it: latest checkpoint, one entry's proof, the full check, a copy to hand on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.accounting.record import check as check_record
from modicum.gateway.home import Home
from modicum.gateway.leaving import follow
from modicum.gateway.progress import Report, silent
from modicum.model.errors import ConflictError
from modicum.storage import Folder
from modicum_verify.verdict import check_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The latest checkpoint, as signed."""

    origin: str
    size: int
    root: str
    note: str

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.checkpoint/1",
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "note": self.note,
            "witnesses": "unwitnessed",
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
    """Give the latest checkpoint of a home."""
    note = home.ledger.checkpoint_note.decode("utf-8")
    origin, size, root = note.splitlines()[:3]
    return Latest(origin=origin, size=int(size), root=root, note=note)


def prove(home: Home, entry: int, *, out: Path | None = None) -> str:
    """Give the tlog-proof of one entry, and write it to a new file where asked. Raises NotFoundError, ConflictError."""
    proof = home.ledger.prove(entry)
    if out is not None:
        Folder(out.absolute().parent).write_new(out.name, proof)
    return proof.decode("utf-8")


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
    """Copy log and trust root, with the bodies where asked, to a new folder; gives the number of files."""
    if out.exists():
        raise ConflictError(cause=f"{out} is there already", cure="name a new folder")
    follow(home, home.journal.docket())
    target = Folder(out)
    names = ["trust.json", *home.folder.list("log"), *(home.folder.list("bodies") if bodies else [])]
    for name in names:
        target.write_new(name, home.folder.read(name))
    return len(names)
