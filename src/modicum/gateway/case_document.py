"""A case, the list of cases and the roster as published JSON, read from the docket; nothing here writes."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from modicum.docket.permissions import find_case
from modicum.gateway.attested import attested_on
from modicum.gateway.home import Home
from modicum.law.facts import counts_from, waiting
from modicum.model.errors import InvalidInputError
from modicum_verify.case_state import CaseState, Vote
from modicum_verify.lock import text_of
from modicum_verify.moves import State


def listed(
    home: Home, *, state: str | None = None, requester: str | None = None, since: date | None = None
) -> list[dict[str, Any]]:
    """Cases, oldest first, a summary each; all, or those in a state, of a requester, filed on a day (UTC) or later.

    requester: an organisation, or organisation/person. They come from the log, and so say nothing that a table says
    falsely. Raises InvalidInputError: no such state.
    """
    if state is not None and state not in set(State):
        raise InvalidInputError(cause=f"there is no state {state}", cure=f"name one of: {', '.join(State)}")
    return [
        _summary(case)
        for case in home.journal.docket().cases.values()
        if state in {None, str(case.state)}
        and requester in {None, case.requester, case.requester.split("/", 1)[0]}
        and (since is None or case.filed_at[:10] >= since.isoformat())
    ]


def case_document(home: Home, case_id: str) -> dict[str, Any]:
    """One case as published JSON (docs/reference/schemas/case.json)."""
    case = find_case(home.journal.docket(), case_id)
    decision = case.decision
    return {
        "schema": "modicum.case/1",
        **_summary(case),
        "round": case.round,
        "request": dict(case.request),
        "decision_sha256": case.decision_sha256,
        "lines": _lines(case),
        "because": [] if decision is None else [dict(each) for each in decision.because],
        "missing": [] if decision is None else [list(each) for each in decision.missing],
        "facts": _facts(home, case),
        "reviews": {
            "sealed": case.blind,
            "needed": 0 if decision is None else decision.quorum.approvals,
            "given": [{"by": vote.person, "entry": vote.index} for vote in case.first_reviews],
        },
        "approvals": [{"by": vote.person, "entry": vote.index} for vote in shown(case, case.approvals)],
        "rejections": [
            {"by": vote.person, "entry": vote.index, "text": vote.text} for vote in shown(case, case.rejections)
        ],
        "objections": [
            {
                "entry": each.index,
                "by": each.person,
                "grounds": each.grounds,
                "text": each.text,
                "blocking": each.blocking,
                "answered": each.answered,
            }
            for each in case.objections
        ],
        "directives": [
            {"entry": each.index, "by": each.person, "text": each.text, "deadline": each.deadline}
            for each in case.directives
        ],
        "notices": [{"entry": each.index, "at": each.at, "states": list(each.states)} for each in case.notices],
        "served": [
            {"entry": each.index, "by": each.person, "state": each.state, "text": each.text} for each in case.served
        ],
        "lock": _lock(case),
        "change": None if case.change is None else dict(case.change),
        "recall": None
        if case.recall is None
        else {"entry": case.recall.index, "by": case.recall.person, "text": case.recall.text},
        "why_not_agreed": list(case.why_not_agreed),
        "timeline": [
            {"entry": each.index, "at": each.at, "kind": each.kind, "actor": each.actor, "summary": each.summary}
            for each in case.timeline
        ],
    }


def shown(case: CaseState, votes: Sequence[Vote]) -> Sequence[Vote]:
    """Votes as far as anybody may be told of them: none while first reviews are sealed."""
    return () if case.blind else votes


def _lock(case: CaseState) -> dict[str, Any] | None:
    """The waits of a case in seconds, and its lock where one runs; None where nothing waits.

    `holds`: false in an evaluation home, where no witness could time it.
    """
    waits = case.waits
    if waits.longest_s == 0:
        return None
    lock, ends = case.lock, case.unlocks_s
    return {
        "statutory_s": waits.statutory_s,
        "discretionary_s": waits.discretionary_s,
        "holds": case.must_wait,
        "entry": None if lock is None else lock.index,
        "started_at": None if lock is None else lock.started_at,
        "ends_at": None if ends is None else text_of(ends),
    }


def _facts(home: Home, case: CaseState) -> dict[str, dict[str, Any]]:
    """The attested facts, with the day from which each counts and whether it still waits for it."""
    waits = home.pack().vocabulary.waits_days if case.facts else {}
    days = attested_on(case)
    late = waiting(days, waits, on=home.journal.now().date())
    return {
        fact: {
            "by": said.person,
            "entry": said.index,
            "text": said.text,
            "counts_from": counts_from(fact, days[fact], waits).isoformat(),
            "waits": fact in late,
        }
        for fact, said in case.facts.items()
    }


def people(home: Home) -> list[dict[str, Any]]:
    """All enrolled people with the kind of their organisation and their roles."""
    roster = home.journal.docket().roster
    return [
        {
            "person": member.handle,
            "kind": roster.organisations[member.organisation].kind,
            "state": roster.organisations[member.organisation].state,
            "roles": sorted(member.roles),
            "active": member.active,
            "public_key": member.public_key,
        }
        for member in roster.people.values()
    ]


def _summary(case: CaseState) -> dict[str, Any]:
    return {
        "case": case.id,
        "title": case.request["title"],
        "requester": case.requester,
        "purpose": case.request["purpose"],
        "state": str(case.state),
        "verdict": "undecided" if case.decision is None else case.decision.verdict,
        "form": "-" if case.decision is None else case.decision.form or "-",
        "next": case.whose_turn or "nobody",
        "filed_at": case.filed_at,
    }


def _lines(case: CaseState) -> dict[str, Any] | None:
    """The list of a case in counts, with its holds; None where it names nobody."""
    lines = case.lines
    if lines is None:
        return None
    return {
        "total": lines.total,
        "sufficient": lines.sufficient,
        "refused": lines.total - lines.sufficient,
        "as_of": lines.as_of,
        "holds": [{"because": dict(each["because"]), "reason": each["reason"]} for each in lines.holds],
        "held": case.held,
    }
