"""Verify a package, an account, a proof, a log, or log and bodies, under a trust root that the reader brings.

Without a trust root only inner consistency is checked, and the verdict says so. A log is called complete only against a
checkpoint that the reader kept and that is as new as what is shown; otherwise it is valid as of its time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from modicum_verify.account import MAX_ACCOUNT_BYTES, AccountedRelease, verify_account
from modicum_verify.carried import MAX_CARRIED_BYTES
from modicum_verify.chain import Link, Shown, follow
from modicum_verify.cosigned import check_checkpoints
from modicum_verify.entry import read_entry
from modicum_verify.errors import EvidenceError, InvalidInputError, NotFoundError
from modicum_verify.events import COSIGNED, UNWITNESSED
from modicum_verify.evidence import body_of, entries_of
from modicum_verify.files import read_plain, read_small
from modicum_verify.fold import Docket, fold
from modicum_verify.kept import Kept, extent_of, need_kept, read_kept
from modicum_verify.logdir import VKEY, VerifiedLog, read_log
from modicum_verify.merkle import leaf_hash
from modicum_verify.note import Verifier
from modicum_verify.package import REPORT_SCHEMA, PackageReport, verify_package
from modicum_verify.proof import START
from modicum_verify.proved import verify_entry_proof
from modicum_verify.trust import MAX_TRUST_BYTES, Trust, parse_trust
from modicum_verify.witness_file import Directory, read_directory

Report = Callable[[str, float | None], None]
"""What is being done, and the share that is done (0 to 1), or None where it cannot be known."""

_UNTRUSTED: Final = "no --trust was given: "
_NO_BODIES: Final = "no bodies are shown, so signatures, votes and objections were not checked"
_MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A verdict that held: for people as lines, for machines as a document."""

    document: dict[str, Any]
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return self.document


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a reader brings, by another way than the evidence: trust root, kept checkpoint, directory of witnesses.

    before: folders of the logs that the one shown continues, newest first; evidence too, held against its genesis.
    """

    trust_file: Path | None = None
    seen_file: Path | None = None
    witnesses_file: Path | None = None
    before: tuple[Path, ...] = ()
    clock: Callable[[], float] = time.time

    def trust(self) -> Trust | None:
        """The trust root, where one was brought."""
        return None if self.trust_file is None else read_trust(self.trust_file)

    def kept(self, log_vkey: str) -> Kept | None:
        """The kept checkpoint, checked under the log's key and, with a directory, for its cosignatures."""
        if self.witnesses_file is None and self.seen_file is None:
            return None
        seen = need_kept(self.seen_file)
        return read_kept(seen, log_vkey=log_vkey, directory=self.directory(), now=int(self.clock()))

    def directory(self) -> Directory | None:
        """The reader's own directory of witnesses, where one was brought."""
        return None if self.witnesses_file is None else read_directory(self.witnesses_file)


def _quiet(_what: str, _share: float | None) -> None:
    """Say nothing."""


def verify_anything(path: Path, *, brought: Brought, report: Report = _quiet) -> Verification:
    """Verify what `path` is: a package, an account or a proof (files), a log folder, or a folder that holds `log/`.

    Raises NotFoundError, InvalidInputError (nothing to verify there), EvidenceError (place and cause).
    """
    trust = brought.trust()
    if path.is_file():
        return _file(path, trust=trust, brought=brought, report=report)
    if not path.exists():
        raise NotFoundError(cause=f"there is nothing at {path}", cure="check the path")
    directory = path if (path / "checkpoint").is_file() else path / "log"
    if not directory.is_dir():
        raise InvalidInputError(
            cause=f"{path} is neither a file to verify, nor a log folder, nor a home", cure="name one of these"
        )
    report("recomputing the log from its entries", None)
    return _log(path, directory, trust=trust, brought=brought)


def read_trust(path: Path) -> Trust:
    """Read the trust root that a reader brings.

    Raises NotFoundError, InvalidInputError: no such file, or it is no trust root.
    """
    cure = "ask the custodian, by another way, for trust.json"
    data = read_small(path, what="trust root", most_bytes=MAX_TRUST_BYTES, cure=cure)
    try:
        trust = parse_trust(data)
        Verifier.parse(trust.log_vkey)
    except EvidenceError as error:
        # Nothing vouches for it but the reader, so what is wrong with it is no evidence against anybody.
        raise InvalidInputError(cause=f"{path} is no trust root: {error.cause}", cure=cure) from None
    return trust


def check_entries(log: VerifiedLog, *, bodies: Path, genesis_sha256: str, log_vkey: str) -> Docket:
    """Fold a log that was checked, with the bodies beside it, under the genesis that the reader trusts.

    What witnesses cosigned before each release must be this history too.
    """
    _check_genesis(log, genesis_sha256)
    docket = fold(entries_of(log, bodies))
    check_checkpoints(log, docket.cases.values(), log_vkey=log_vkey)
    return docket


def _file(path: Path, *, trust: Trust | None, brought: Brought, report: Report) -> Verification:
    try:
        with path.open("rb") as file:
            start = file.read(len(START))
        if start == START and not brought.before:
            report("checking the proof", None)
            return _proved(path, trust=trust, brought=brought)
        if brought.seen_file is not None or brought.witnesses_file is not None or brought.before:
            raise InvalidInputError(
                cause="a kept checkpoint, and a log before another, are held against a log, and this is a file",
                cure="verify a copy of the log with --seen or --before, and this file without",
            )
        if start[:1] == b"{":
            report("checking the proofs of the account", None)
            return _account(path, trust=trust)
        report("reading the package", None)
        return _package(verify_package(path, trust=trust))
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None


def _proved(path: Path, *, trust: Trust | None, brought: Brought) -> Verification:
    if trust is None:
        raise InvalidInputError(
            cause="a proof holds no key of its own to be checked under", cure="add --trust with the trust.json"
        )
    found = verify_entry_proof(
        read_small(path, what="proof", most_bytes=MAX_CARRIED_BYTES),
        trust=trust,
        directory=brought.directory(),
        now=int(brought.clock()),
        kept=None if brought.seen_file is None else brought.kept(trust.log_vkey),
    )
    document = {"schema": REPORT_SCHEMA, "trusted": True, **found.as_fields()}
    return Verification(document=document, lines=found.lines, notes=found.notes)


def _package(found: PackageReport) -> Verification:
    lines = (
        f"verified: case {found.case}, form {found.form}, {found.predicate['rows']:,} rows, entry {found.entry}",
        f"log {found.log_origin}, size {found.log_size}, entered {found.logged_at}, {found.witnesses}",
        *(f"  cosigned by {each.organisation} ({each.name}) at {each.at}" for each in found.cosigned_by),
        *(f"  {each.sha256}  {each.name}" for each in found.files),
    )
    notes = () if found.trusted else (f"{_UNTRUSTED}whole in itself, but nobody vouches for whose it is",)
    return Verification(document=found.as_document(), lines=lines, notes=notes)


def _account(path: Path, *, trust: Trust | None) -> Verification:
    if trust is None:
        raise InvalidInputError(
            cause="an account holds no key of its own to be checked under", cure="add --trust with the trust.json"
        )
    data = read_small(path, what="account", most_bytes=MAX_ACCOUNT_BYTES)
    found = verify_account(data, trust=trust)
    document = {
        "schema": REPORT_SCHEMA,
        "trusted": True,
        "log": {"origin": trust.origin},
        "releases": [
            {
                "case": each.case,
                "form": each.form,
                "entry": each.entry,
                "logged_at": each.logged_at,
                "cosigned_by": [who.as_document() for who in each.cosigned_by],
            }
            for each in found
        ],
        "witnesses": COSIGNED if found and all(each.cosigned_by for each in found) else UNWITNESSED,
    }
    lines = [
        f"verified: {len(found)} release{'s' * (len(found) != 1)}, each in the log {trust.origin}",
        *(
            f"  case {each.case}, form {each.form}, entry {each.entry}, entered {each.logged_at}, {_seen(each)}"
            for each in found
        ),
    ]
    note = "purpose, columns and authority are the custodian's record; that no release was left out cannot be seen here"
    return Verification(document=document, lines=tuple(lines), notes=(note,))


def _seen(line: AccountedRelease) -> str:
    if not line.cosigned_by:
        return UNWITNESSED
    return f"{COSIGNED} by {', '.join(f'{each.organisation} at {each.at}' for each in line.cosigned_by)}"


def _log(path: Path, directory: Path, *, trust: Trust | None, brought: Brought) -> Verification:
    own = trust is None or (bool(brought.before) and not _is_named(directory, trust))
    key = _own_key(directory) if own or trust is None else trust.log_vkey
    kept = brought.kept(key)
    log = read_log(directory, key)
    if trust is not None and not own:
        _check_genesis(log, trust.genesis_sha256)
    bodies, docket = directory.parent / "bodies", None
    notes: list[str] = []
    if path != directory and bodies.exists() and not bodies.is_dir():
        raise EvidenceError(place="bodies", cause="is no folder")
    if bodies.is_dir() and path != directory and log.leaves:
        docket = check_entries(log, bodies=bodies, genesis_sha256=leaf_hash(log.leaves[0]).hex(), log_vkey=key)
        if trust is not None and not own:
            notes += _check_witnesses(docket, trust)
    links = _links(log, docket, bodies, key=key, trust=trust, brought=brought)
    extent = extent_of(log, kept)
    root = log.checkpoint.root.hex()
    lines = [f"verified: {len(log.leaves)} entries of {log.checkpoint.origin}, root {root}", extent.text]
    if docket is not None:
        lines.append(f"bodies, signatures and moves of {len(docket.cases)} cases hold")
        lines += [*_amended_lines(docket), *_cosigned_lines(docket), *_succession_lines(docket, links)]
    document = {
        "schema": REPORT_SCHEMA,
        "trusted": trust is not None,
        "log": {"origin": log.checkpoint.origin, "size": len(log.leaves), "root": root},
        "cases": None if docket is None else len(docket.cases),
        **extent.as_fields(),
        **({"before": [each.as_document() for each in links]} if brought.before else {}),
    }
    notes += [] if trust is not None else [f"{_UNTRUSTED}checked under the log's own key only"]
    notes += [] if docket is not None else [_NO_BODIES]
    notes += _succession_notes(links)
    return Verification(document=document, lines=tuple(lines), notes=tuple(notes))


def _is_named(directory: Path, trust: Trust) -> bool:
    """Whether a log says that it is the one that the trust root names, so that it must be."""
    try:
        return _own_key(directory) == trust.log_vkey
    except EvidenceError:
        return True


def _links(
    log: VerifiedLog, docket: Docket | None, bodies: Path, *, key: str, trust: Trust | None, brought: Brought
) -> list[Link]:
    if not brought.before:
        return []
    if docket is None:
        raise InvalidInputError(
            cause="which log this one continues stands in the body of its entry 0, and no bodies are shown",
            cure="name the folder that holds `log` and `bodies`",
        )
    genesis = read_entry(0, log.leaves[0], body_of(read_entry(0, log.leaves[0], None), bodies))
    newest = Shown(log_vkey=key, genesis_sha256=leaf_hash(log.leaves[0]).hex(), genesis=genesis, docket=docket)
    return follow(newest, brought.before, trust=trust)


def _succession_lines(docket: Docket, links: list[Link]) -> list[str]:
    """What comes after this log and before it, and how much of that was shown."""
    lines = [] if docket.successor is None else [f"ended in favour of {docket.successor.origin}"]
    before = docket.roster.predecessor
    if before is not None and not links:
        lines.append(
            f"continues {before.origin} ({before.checkpoint.size} entries), not shown: --before names its folder"
        )
    for each in links:
        how = "frozen" if each.frozen else "rotated"
        held = "all hold" if each.whole else f"the first {each.folded} hold in full"
        by = f", cosigned by {', '.join(sorted({who.organisation for who in each.cosigned_by}))}" * bool(
            each.cosigned_by
        )
        lines.append(f"continues {each.origin}, {how} at {each.size} entries{by}: {held}")
    return lines


def _succession_notes(links: list[Link]) -> list[str]:
    notes = []
    for each in links:
        if each.damaged:
            listed = ", ".join(map(str, each.damaged[:_MOST_LISTED]))
            more = f" and {len(each.damaged) - _MOST_LISTED} more" * (len(each.damaged) > _MOST_LISTED)
            notes.append(f"{each.origin}: damaged entries, proved to have been there: {listed}{more}")
        elif each.verified < each.size:
            notes.append(f"{each.origin}: nothing proves its entries from {each.verified} to {each.size - 1} any more")
        elif not each.whole:
            notes.append(f"{each.origin}: the body of entry {each.folded} is missing or damaged")
        if each.unchecked:
            what = " and ".join(each.unchecked)
            notes.append(f"{each.origin}: what is lost could tell more of {what} than its successor took over")
    return notes


def _check_witnesses(docket: Docket, trust: Trust) -> list[str]:
    """Hold the witnesses of a log, and every change of them, against the trust root; gives what its reader should know.

    Raises EvidenceError: they differ in more than a change that one of the two is too old to know.
    """
    roster = docket.roster
    if not trust.fits(roster.former_witnesses, roster.witnesses, size=docket.size):
        raise EvidenceError(place="log entry 0", cause="names other witnesses than the trust root")
    if len(roster.former_witnesses) <= len(trust.former_witnesses):
        return []
    return ["the witnesses were changed since this trust root was given, by cases in this log: ask for the new one"]


def _cosigned_lines(docket: Docket) -> list[str]:
    """What the log itself says of its witnesses: each release that was delivered had been cosigned."""
    witnesses = docket.roster.witnesses
    if witnesses is None:
        return []
    done = sum(each.delivered is not None for case in docket.cases.values() for each in case.releases)
    count = f"{done} release{'s' * (done != 1)} delivered"
    return [f"{count}, each cosigned by at least {witnesses.organisations} organisation(s) before its key was written"]


def _amended_lines(docket: Docket) -> list[str]:
    """Each change of the rules that is in force, and the entry from which on it is."""
    return [
        f"entry {item.index}: {each.request['title'].lower()} in force (case {each.id})"
        for each in docket.cases.values()
        for item in each.timeline
        if item.kind == "amended"
    ]


def _check_genesis(log: VerifiedLog, genesis_sha256: str) -> None:
    if not log.leaves or leaf_hash(log.leaves[0]).hex() != genesis_sha256:
        raise EvidenceError(place="log entry 0", cause="is not the genesis that the trust root names")


def _own_key(directory: Path) -> str:
    try:
        return read_plain(directory / VKEY, place=VKEY, most_bytes=MAX_TRUST_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError:
        raise EvidenceError(place=VKEY, cause="is not text") from None
