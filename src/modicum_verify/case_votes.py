"""Votes: sealed while first reviews are due, in the open from then on."""

from dataclasses import replace
from typing import Any

from modicum_verify.case_parts import Content, Said, Vote
from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.statement import Verb


def reviewed(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    """Take in a sealed first review. Raises EvidenceError: none is due, a second one, or of another decision."""
    if not case.blind:
        raise EvidenceError(place=entry.place, cause="is a sealed first review, and these are over, or were never due")
    if said.person in {each.person for each in case.votes if each.round == case.round}:
        raise EvidenceError(place=entry.place, cause="is a second first review by one person")
    changed = _with_vote(case, entry, content, said, approves=content["verdict"] == Verb.APPROVE)
    return changed, f"reviewed round {case.round}; how, is told when all first reviews are in"


def voted(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    """Take in a vote in the open. Raises EvidenceError: first reviews are sealed still, or of another decision."""
    if case.blind:
        raise EvidenceError(place=entry.place, cause="votes in the open while first reviews are sealed")
    changed = _with_vote(case, entry, content, said, approves=entry.kind == "approved")
    return changed, f"{entry.kind} round {case.round}"


def _with_vote(case: CaseState, entry: Entry, content: Content, said: Said, *, approves: bool) -> CaseState:
    if content["round"] != case.round or content["decision_sha256"] != case.decision_sha256:
        raise EvidenceError(place=entry.place, cause="votes on another decision than that of the present round")
    vote = Vote(
        **said_fields(said), round=content["round"], decision_sha256=content["decision_sha256"], approves=approves
    )
    return replace(case, votes=(*case.votes, vote))


def said_fields(said: Said) -> dict[str, Any]:
    """The fields of a signed act, for the kinds of act that add their own."""
    return {name: getattr(said, name) for name in ("index", "at", "person", "roles", "log_size", "text")}
