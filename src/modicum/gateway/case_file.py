"""All that the printable page of a case rests on: the case as its log has made it, its decision, what was cosigned.

Read from log, roster and stored decision alone, without a clock: the same log gives the same file. Persons in the
records do not stand in it; officials who are enrolled do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modicum.docket.permissions import find_case
from modicum.gateway.case_document import case_document
from modicum.gateway.home import Home
from modicum.gateway.request_file import parse_request
from modicum.gateway.stored import decision_of, read_decision
from modicum.law.packs import Pack
from modicum.model.decision import Decision
from modicum.model.forms import Form
from modicum.model.request import Request
from modicum_verify.case_state import CaseState
from modicum_verify.checkpoint import read_text
from modicum_verify.cosignature import MAX_TIME
from modicum_verify.fold import Docket
from modicum_verify.note import split_note
from modicum_verify.roster import Roster
from modicum_verify.witness_set import CosignedCheckpoint, read_cosigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A checkpoint that witnesses cosigned: the entry of the log that carries it, what for, by whom."""

    entry: int
    case: str
    purpose: str
    found: CosignedCheckpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One case, whole. facts: as in `case_document`; seen: of every case of the log, in its order.

    form: the one that was decided, or the one asked for. decision: None before the first one.
    """

    case: CaseState
    request: Request
    roster: Roster
    pack: Pack
    decision: Decision | None
    form: Form
    facts: Mapping[str, Mapping[str, Any]]
    seen: tuple[Seen, ...]
    origin: str
    log_size: int
    log_root: str


def case_file(home: Home, case_id: str) -> CaseFile:
    """Gather a case.

    Raises NotFoundError: no such case. EvidenceError: its stored decision is missing, or not the one the log names.
    """
    docket = home.journal.docket()
    case = find_case(docket, case_id)
    decision = None
    if case.decision is not None:
        stored = read_decision(home, case.decision_sha256)
        decision = decision_of(stored, place=f"decisions/{case.decision_sha256}.json")
    request = parse_request(dict(case.request))
    asked = None if case.decision is None else case.decision.form
    return CaseFile(
        case=case,
        request=request,
        roster=docket.roster,
        pack=home.pack(),
        decision=decision,
        form=Form(asked) if asked else request.form or request.question.asks.needs,
        facts=case_document(home, case_id)["facts"],
        seen=seen_by_witnesses(docket),
        origin=home.origin,
        log_size=home.ledger.size,
        log_root=read_text(split_note(home.ledger.checkpoint_note)[0]).root.hex(),
    )


def seen_by_witnesses(docket: Docket) -> tuple[Seen, ...]:
    """What witnesses cosigned, as the log carries it; the fold has checked each when it was entered."""
    witnesses = docket.roster.witnesses
    if witnesses is None:
        return ()
    found = []
    for case in docket.cases.values():
        for entry, purpose, note in _notes(case):
            read = read_cosigned(note.encode(), witnesses, origin=docket.roster.origin, not_after=MAX_TIME)
            found.append(Seen(entry=entry, case=case.id, purpose=purpose, found=read))
    return tuple(sorted(found, key=lambda each: each.entry))


def _notes(case: CaseState) -> list[tuple[int, str, str]]:
    """The cosigned checkpoints of a case: entry, what for, note."""
    cosigned = [each.index for each in case.timeline if each.kind == "cosigned"]
    releases = [release for release in case.releases if release.cosigned is not None]
    return [(entry, "the release", release.cosigned or "") for entry, release in zip(cosigned, releases, strict=True)]
