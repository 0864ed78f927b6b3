"""A case, and the docket, as published JSON: what `docket show --json` and `docket list --json` print."""

from typing import Any, Final

from modicum_verify.case_state import CaseState, Decided, Objection, Said, Vote
from modicum_verify.fold import Docket

CASE_SCHEMA: Final = "modicum.case/1"
DOCKET_SCHEMA: Final = "modicum.docket/1"


def case_document(case: CaseState) -> dict[str, Any]:
    """One case, whole."""
    return {
        "schema": CASE_SCHEMA,
        **_line(case),
        "request": dict(case.request),
        "decision": None if case.decision is None else _decision(case.decision),
        "facts": [{"fact": name, **_said(fact)} for name, fact in sorted(case.facts.items())],
        "votes": [_vote(vote) for vote in case.votes],
        "approvals": [vote.index for vote in case.approvals],
        "objections": [_objection(each) for each in case.objections],
        "directives": [{**_said(each), "deadline": each.deadline} for each in case.directives],
        "refusal": None
        if case.refusal is None
        else {"entry": case.refusal.index, "because": [dict(each) for each in case.refusal.because]},
        "releases": [
            {
                "entry": each.index,
                "at": each.at,
                "form": each.content["form"],
                "manifest_sha256": each.content["manifest_sha256"],
                "rows": each.content["rows"],
                "package_sha256": None if each.delivered is None else each.delivered["package_sha256"],
                "aborted": each.aborted,
                "accounted": each.accounted,
            }
            for each in case.releases
        ],
        "timeline": [
            {"entry": item.index, "at": item.at, "kind": item.kind, "actor": item.actor, "summary": item.summary}
            for item in case.timeline
        ],
    }


def docket_document(docket: Docket) -> dict[str, Any]:
    """All cases, a line each, in the order of their numbers."""
    return {
        "schema": DOCKET_SCHEMA,
        "custodian": docket.roster.custodian,
        "entries": docket.size,
        "cases": [_line(case) for _, case in sorted(docket.cases.items())],
    }


def _line(case: CaseState) -> dict[str, Any]:
    return {
        "case": case.id,
        "state": str(case.state),
        "title": case.request.get("title"),
        "requester": case.requester,
        "filed_at": case.filed_at,
        "request_sha256": case.request_sha256,
        "round": case.round,
        "agreed": case.agreed,
        "why_not_agreed": list(case.why_not_agreed),
        "whose_turn": case.whose_turn,
    }


def _decision(decision: Decided) -> dict[str, Any]:
    return {
        "entry": decision.index,
        "round": decision.round,
        "decision_sha256": decision.decision_sha256,
        "as_of": decision.as_of,
        "hypothetical": decision.hypothetical,
        "pack": dict(decision.pack),
        "lowest_form": decision.lowest_form,
        "form": decision.form,
        "verdict": decision.verdict,
        "missing": [list(facts) for facts in decision.missing],
        "because": [dict(each) for each in decision.because],
        "releasable": {"strata": [dict(each) for each in decision.strata], "columns": list(decision.columns)},
        "quorum": {
            "roles": list(decision.quorum.roles),
            "organisations": decision.quorum.organisations,
            "approvals": decision.quorum.approvals,
        },
    }


def _said(said: Said) -> dict[str, Any]:
    return {"entry": said.index, "at": said.at, "person": said.person, "roles": sorted(said.roles), "text": said.text}


def _vote(vote: Vote) -> dict[str, Any]:
    return {**_said(vote), "round": vote.round, "decision_sha256": vote.decision_sha256, "approves": vote.approves}


def _objection(objection: Objection) -> dict[str, Any]:
    return {
        **_said(objection),
        "grounds": objection.grounds,
        "strata": None if objection.strata is None else dict(objection.strata),
        "blocking": objection.blocking,
        "answer": None if objection.answer is None else _said(objection.answer),
    }
