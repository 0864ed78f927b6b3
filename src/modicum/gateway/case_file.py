"""All that the printable page of a case rests on: the case as its log has made it, its decision, what was cosigned.

Read from log, roster and stored decision alone, without a clock: the same log gives the same file. Persons in the
records do not stand in it; officials who are enrolled do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

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
from modicum_verify.cosignature import MAX_TIME, cosignatures
from modicum_verify.entry import Entry
from modicum_verify.lock import text_of
from modicum_verify.note import split_note
from modicum_verify.roster import Roster

_CARRIES: Final = {
    "cosigned": "the release",
    "locked": "start of the lock",
    "released": "end of the lock",
    "amended": "end of the lock",
}
"""What a cosigned checkpoint is for, by the kind of the entry that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A checkpoint that witnesses cosigned: the entry of the log that carries it, what for, its size.

    at: when each witness cosigned it, by the witness's name (UTC).
    """

    entry: int
    case: str | None
    purpose: str
    size: int
    at: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One case, whole. facts: as in `case_document`; seen: of every case of the log, in its order.

    request: None where the case is about the rules themselves. form: the one that was decided, or the one asked for.
    decision: None before the first one, and of a case about the rules.
    """

    case: CaseState
    request: Request | None
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
    request = None if case.change is not None else parse_request(dict(case.request))
    return CaseFile(
        case=case,
        request=request,
        roster=docket.roster,
        pack=home.pack(),
        decision=_decision(home, case),
        form=_form(case, request),
        facts=case_document(home, case_id)["facts"],
        seen=seen_by_witnesses(home.journal.entries(), docket.roster),
        origin=home.origin,
        log_size=home.ledger.size,
        log_root=read_text(split_note(home.ledger.checkpoint_note)[0]).root.hex(),
    )


def _decision(home: Home, case: CaseState) -> Decision | None:
    if case.decision is None or case.change is not None:
        return None
    stored = read_decision(home, case.decision_sha256)
    return decision_of(stored, place=f"decisions/{case.decision_sha256}.json")


def _form(case: CaseState, request: Request | None) -> Form:
    if case.decision is not None and case.decision.form:
        return Form(case.decision.form)
    if request is None:
        return Form.REFUSAL
    return request.form or request.question.asks.needs


def seen_by_witnesses(entries: Iterable[Entry], roster: Roster) -> tuple[Seen, ...]:
    """What the present witnesses cosigned, as the log carries it; the fold has checked each where it was entered."""
    if roster.witnesses is None:
        return ()
    found = []
    for entry in entries:
        note = _note(entry)
        if note is not None:
            signed = cosignatures(note, roster.witnesses.keys, not_after=MAX_TIME)
            seen = Seen(
                entry=entry.index,
                case=entry.case,
                purpose=_CARRIES[entry.kind],
                size=read_text(split_note(note)[0]).size,
                at={each.name: text_of(each.time) for each in signed},
            )
            found.append(seen)
    return tuple(found)


def _note(entry: Entry) -> bytes | None:
    content = entry.content or {}
    carries = content.get("unlocked") or {} if entry.kind in {"released", "amended"} else content
    note = carries.get("checkpoint") if entry.kind in _CARRIES else None
    return note.encode() if isinstance(note, str) else None
