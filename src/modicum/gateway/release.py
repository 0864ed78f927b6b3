"""The only state machine of a release: agreed -> staged -> logged -> cosigned -> published -> delivered -> accounted.

0. where the rules ask for a wait, have the end of its time-lock cosigned, under no lock
1. decide again as of today; a matrix that changed resets the votes
2. stream the answer into sealed, staged files; the one-time key is in memory only
3. make manifest, papers and key.age, in memory
4. write the accounting records, durably
5. enter `released`: durable, under a signed checkpoint
6. where genesis names witnesses: have that checkpoint cosigned, under no lock, and enter `cosigned`; where too few
   organisations cosign within five seconds, enter `aborted`
7. write the package with key.age in it into the outbox; its rename is the point of no return
8. enter `delivered` and `accounted`, hand out a copy

A crash before 7 leaves staged ciphertext to a key that no longer exists: `recover` removes it and enters `aborted`, and
the case can be released anew. A crash after 7 leaves a whole package: `recover` enters what is missing. There is no
third outcome.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from modicum.accounting.record import discard, record
from modicum.docket import gateway_events
from modicum.docket.permissions import find_case, find_request
from modicum.gateway.answering import STAGED, Answered, compute
from modicum.gateway.case import decide_case, decided_now, enter
from modicum.gateway.catalogued import check_tables, logged_dataset
from modicum.gateway.deciding import Decided, matrix_sha256
from modicum.gateway.finding import outcome_path
from modicum.gateway.grounds import check_keys, check_quorum
from modicum.gateway.home import Home
from modicum.gateway.keys import MANIFEST_KEY, read_key
from modicum.gateway.leaving import Cosigned, as_it_stands, have_cosigned, own_witnesses
from modicum.gateway.lookback import release_name
from modicum.gateway.manifests import line_of, manifest_of
from modicum.gateway.outbox import copy_out, measure, outbox_path
from modicum.gateway.outside import check_out
from modicum.gateway.progress import Report, silent
from modicum.gateway.proving import prove_with_entry
from modicum.gateway.released_tables import fixed, kept_path
from modicum.gateway.stored import read_decision
from modicum.gateway.waiting import finish_notice, waited
from modicum.gateway.witnessing import Witnesses
from modicum.ledger import Ledger
from modicum.model.decision import Because, Verdict
from modicum.model.errors import (
    ConflictError,
    EvidenceError,
    InternalError,
    LogUnavailableError,
    ModicumError,
    OutstandingError,
)
from modicum.seal.age import OneTimeIdentity
from modicum.seal.package import Prepared, prepare, write_package
from modicum_verify.canonical import canonical
from modicum_verify.case_state import CaseState
from modicum_verify.case_time import outdated
from modicum_verify.entry import Entry
from modicum_verify.moves import State
from modicum_verify.package import verify_package

_INTERRUPTED: Final = "interrupted before its key was written"
_NO_WITNESSES: Final = "too few witnesses cosigned it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing leaves, and why: an answer, not an error."""

    case: str
    decision_sha256: str
    because: tuple[Because, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.refusal/1",
            "case": self.case,
            "decision_sha256": self.decision_sha256,
            "because": [each.as_document() for each in self.because],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A package that left, and where. `again` where it had left before and was only handed out once more."""

    case: str
    form: str
    rows: int
    entry: int
    package_sha256: str
    out: Path
    again: bool
    witnesses: str

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.released/1",
            "case": self.case,
            "form": self.form,
            "rows": self.rows,
            "entry": self.entry,
            "package_sha256": self.package_sha256,
            "out": str(self.out),
            "again": self.again,
            "witnesses": self.witnesses,
        }


def release_case(home: Home, case_id: str, *, out: Path, report: Report = silent) -> Released | Refused:
    """Carry one agreed case to a published package at `out`, or to the reason why nothing leaves.

    Raises OutstandingError (exit 4): not agreed, or facts missing. ConflictError (9): `out` is there, or another
    process is at it. LogUnavailableError (6): the log or the disk cannot take an entry, or too few witnesses cosign it.
    """
    home.require_writable()
    check_out(out)
    find_request(home.journal.docket(), case_id)
    with releasing(home):
        _anew_under_new_rules(home, case_id)
        unlocked = waited(home, case_id)
        with home.journal.locked():
            home.journal.check_rows(find_case(home.journal.docket(), case_id))
            settle_all(home)
            case = find_case(home.journal.docket(), case_id)
            if case.release is not None and case.release.delivered is not None:
                return _hand_out(home, case, out=out, again=True)
            report("deciding again, as of today", 0.02)
            docket = home.journal.docket()
            check_keys(home, docket)
            own_witnesses(home, docket)
            check_tables(home, logged_dataset(home, docket, case.request["population"]["dataset"]))
            decided = decided_now(home, case, docket, agreed_on=_agreed_on(case))
            if case.state is State.REFUSED or decided.verdict is Verdict.FORBIDDEN:
                return _refuse(home, case, decided)
            _require_agreed(home, case, decided)
        _publish(home, case_id, decided, unlocked=unlocked, report=report)
        return _hand_out(home, find_case(home.journal.docket(), case_id), out=out, again=False)


def recover(home: Home) -> list[str]:
    """Finish or abort what a crash left. Gives a line per release that was settled.

    Raises ConflictError: a release is under way, so nothing was left yet.
    """
    with releasing(home, timeout_s=0.2), home.journal.locked():
        return settle_all(home)


def releasing(home: Home, *, timeout_s: float = 5.0) -> AbstractContextManager[None]:
    """Hold releases for one at a time, under a lock of their own: while rows stream, people can still object.

    A change of the rules holds it too, so that no release is half done under the old ones.
    """
    return home.folder.lock("release", timeout_s=timeout_s)


def settle_all(home: Home) -> list[str]:
    """Finish or abort what a crash left, under both locks; gives a line for each."""
    settled = []
    for case in home.journal.docket().cases.values():
        if case.state in {State.LOGGED, State.COSIGNED}:
            settled.append(_settle(home, case))
        elif case.state is State.FILED and case.named_persons_sha256 is not None and case.lines is None:
            decide_case(home, case.id)
            settled.append(f"case {case.id}: its list of persons was recorded, and it was decided")
        elif finish_notice(home, case):
            settled.append(f"case {case.id}: its origins have their notice")
        elif case.state is State.DELIVERED:
            enter(home, gateway_events.accounted(home.journal.docket(), case.id))
            settled.append(f"case {case.id}: accounted")
    home.folder.discard(home.folder.list(STAGED))
    return settled


def _settle(home: Home, case: CaseState) -> str:
    package = outbox_path(case)
    release = case.releases[-1]
    if home.folder.exists(package):
        found = verify_package(home.folder.path(package), trust=home.trust)
        if found.entry != release.index:
            raise EvidenceError(place=package, cause="is not the package of the last release of its case")
        _deliver(home, case.id)
        return f"case {case.id}: its package was whole, delivered"
    # The package may lie half or wholly written under its staged name, key.age in it.
    home.folder.sweep(older_than_s=0)
    _abort(home, case, reason=_INTERRUPTED)
    return f"case {case.id}: {_INTERRUPTED}, aborted; it can be released anew"


def _abort(home: Home, case: CaseState, *, reason: str) -> None:
    """Remove what was staged, and say so: first it goes, then the entry.

    What is kept of a table stays: whoever can no longer read that entry must hold the next one against it.
    """
    name = release_name(case.id, len(case.releases))
    home.folder.discard([*home.folder.list(STAGED), outcome_path(name)])
    discard(home.folder, dataset_name=case.request["population"]["dataset"], release=name)
    enter(home, gateway_events.aborted(home.journal.docket(), case.id, reason=reason))


def _refuse(home: Home, case: CaseState, decided: Decided) -> Refused:
    """Enter the refusal, once; say what it rests on."""
    overall = decided.overall()
    if case.state in {State.DECIDED, State.IN_REVIEW}:
        if case.decision is None or case.decision.verdict != str(Verdict.FORBIDDEN):
            decide_case(home, case.id)
        enter(home, gateway_events.refused(home.journal.docket(), case.id, because=overall.because))
    return Refused(
        case=case.id, decision_sha256=case.decision_sha256 or decided.decision.sha256, because=overall.because
    )


def _anew_under_new_rules(home: Home, case_id: str) -> None:
    """Decide an agreed case anew where the rules were changed since. Raises OutstandingError: so it was."""
    with home.journal.locked():
        docket = home.journal.docket()
        case = find_case(docket, case_id)
        if not case.agreed or not outdated(case, docket.roster):
            return
        decide_case(home, case_id)
    raise OutstandingError(
        cause=f"the rules were changed since case {case_id} was agreed, so every vote has fallen",
        cure=f"look at it again: modicum docket show {case_id}",
    )


def _agreed_on(case: CaseState) -> date | None:
    return None if case.decision is None else date.fromisoformat(case.decision.as_of)


def _require_agreed(home: Home, case: CaseState, decided: Decided) -> None:
    if not decided.dataset.confirmed:
        name = decided.dataset.name
        raise OutstandingError(
            cause=f"the dictionary of {name} is still a proposal",
            cure=f"look at it, then: modicum data classify {name} --confirm",
        )
    gateway_events.require_agreed(case)
    check_quorum(case, decided.pack, decided.form, decided.request.purpose)
    if not _still_says(home, case, decided):
        decide_case(home, case.id)
        raise OutstandingError(
            cause=f"what the law says of case {case.id} has changed since it was agreed, so every vote has fallen",
            cure=f"look at it again: modicum docket show {case.id}",
        )


def _require_unchanged(home: Home, case: CaseState, decided: Decided) -> None:
    if not _still_says(home, case, decided):
        raise ConflictError(cause=f"case {case.id} was decided anew meanwhile", cure="release it again")


def _still_says(home: Home, case: CaseState, decided: Decided) -> bool:
    """Whether the votes were given to just what this decision says."""
    return matrix_sha256(read_decision(home, case.decision_sha256)) == matrix_sha256(decided.decision.as_document())


def _publish(home: Home, case_id: str, decided: Decided, *, unlocked: bytes | None, report: Report) -> None:
    """Steps 2 to 8; whatever fails before the entry leaves nothing but what `recover` removes."""
    identity = OneTimeIdentity.generate()
    try:
        answered = compute(home, decided, case=case_id, identity=identity, report=report)
    except BaseException:
        home.folder.discard(home.folder.list(STAGED))
        raise
    with home.journal.locked():
        report("making the manifest", 0.8)
        prepared, entry = _log(home, case_id, decided, answered, identity, unlocked=unlocked)
        witnesses, log = own_witnesses(home, home.journal.docket()), as_it_stands(home)
        if witnesses is None:
            report("writing the package", 0.9)
            _write(home, case_id, prepared, proof=prove_with_entry(home, entry.index))
    if witnesses is not None:
        report("asking the witnesses", 0.85)
        _write_cosigned(home, case_id, prepared, _asked(home, case_id, entry, witnesses, log=log), report=report)
    home.folder.discard(home.folder.list(STAGED))


def _asked(home: Home, case_id: str, entry: Entry, witnesses: Witnesses, *, log: Ledger) -> Cosigned:
    """The witnesses' word on a release that is logged. Nobody waits for it but the release: no lock is held."""
    try:
        return have_cosigned(home, entry.index, witnesses, log=log)
    except LogUnavailableError:
        with home.journal.locked():
            _abort(home, find_case(home.journal.docket(), case_id), reason=_NO_WITNESSES)
        raise


def _write_cosigned(home: Home, case_id: str, prepared: Prepared, found: Cosigned, *, report: Report) -> None:
    with home.journal.locked():
        enter(home, gateway_events.cosigned(home.journal.docket(), case_id, checkpoint=found.note))
        report("writing the package", 0.9)
        _write(home, case_id, prepared, proof=found.proof)


def _log(
    home: Home,
    case_id: str,
    decided: Decided,
    answered: Answered,
    identity: OneTimeIdentity,
    *,
    unlocked: bytes | None,
) -> tuple[Prepared, Entry]:
    """Steps 3 to 5, on the case as it stands now: an objection that came while rows streamed still stops it."""
    case = find_case(home.journal.docket(), case_id)
    name = release_name(case_id, len(case.releases) + 1)
    try:
        gateway_events.require_agreed(case)
        _require_unchanged(home, case, decided)
        manifest = manifest_of(home, case, decided, answered)
        prepared = prepare(manifest, answered.files, identity=identity, signing_key=read_key(home.folder, MANIFEST_KEY))
        accounting = record(
            home.folder,
            release=name,
            dataset_name=decided.dataset.name,
            dataset_version=decided.dataset.version,
            persons=answered.persons,
            document=line_of(manifest, decided),
        )
        if answered.outcome is not None:
            home.folder.replace(outcome_path(name), canonical(answered.outcome.as_document()))
        if answered.kept_table is not None:
            home.folder.replace(kept_path(name), answered.kept_table.data)
        content = {
            **prepared.released_content(accounting_sha256=accounting),
            **gateway_events.shown_over(unlocked),
            **fixed(home, decided.dataset.name, answered.kept_table),
        }
        entry = home.journal.record("released", content, case=case_id, actor="gateway")
    except BaseException:
        _withdraw(home, case_id, decided.dataset.name, name)
        raise
    return prepared, entry


def _withdraw(home: Home, case_id: str, dataset: str, name: str) -> None:
    """Remove what was staged, unless the entry made it into the log after all: then `recover` has the word."""
    try:
        home.ledger.refresh()
        if find_case(home.journal.docket(), case_id).state is not State.LOGGED:
            home.folder.discard([*home.folder.list(STAGED), outcome_path(name), kept_path(name)])
            discard(home.folder, dataset_name=dataset, release=name)
    except (OSError, ModicumError):
        return  # The first error is the one to tell; the next release or the doctor settles the rest.


def _write(home: Home, case_id: str, prepared: Prepared, *, proof: bytes) -> None:
    """Steps 7 and 8: key.age is written for the first time, in the package; then the log says that it left."""
    case = find_case(home.journal.docket(), case_id)
    with home.folder.stage(outbox_path(case)) as sink:
        write_package(
            sink,
            prepared,
            staged=lambda name: home.folder.path(f"{STAGED}/{name}").open("rb"),
            proof=proof,
        )
    _deliver(home, case_id)


def _deliver(home: Home, case_id: str) -> None:
    docket = home.journal.docket()
    package = home.folder.path(outbox_path(find_case(docket, case_id)))
    sha256, size = measure(package)
    enter(home, gateway_events.delivered(docket, case_id, package_sha256=sha256, size_bytes=size))
    enter(home, gateway_events.accounted(home.journal.docket(), case_id))


def _hand_out(home: Home, case: CaseState, *, out: Path, again: bool) -> Released:
    """Copy the package out of the outbox; the copy appears whole or not at all."""
    release = case.releases[-1]
    if release.delivered is None:
        raise InternalError(cause=f"case {case.id} has no delivered release", cure="run `modicum doctor`")
    copy_out(home, case, sha256=str(release.delivered["package_sha256"]), out=out)
    return Released(
        case=case.id,
        form=str(release.content["form"]),
        rows=int(release.content["rows"]),
        entry=release.index,
        package_sha256=str(release.delivered["package_sha256"]),
        out=out,
        again=again,
        witnesses=str(release.content["witnesses"]),
    )
