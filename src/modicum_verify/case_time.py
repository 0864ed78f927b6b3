"""Notices, locks and expiry: what a case must have told, and how long it must have waited, before anything leaves.

Sources of the times: a lock counts by cosignatures alone (`lock`); expiry by the log's own entries, since expiring a
case early lets nothing out.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from modicum_verify.case_parts import Notice
from modicum_verify.case_state import CaseState
from modicum_verify.cosigned import cosigned_in
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.lock import Lock, earliest_s, latest_s, seconds_of
from modicum_verify.roster import Roster

_Changed = tuple[CaseState, str]


def origins_of(case: CaseState, roster: Roster) -> frozenset[str]:
    """The states whose people a decision would let something leave about, and that have an enrolled organisation."""
    decision, reviews = case.decision, roster.reviews
    if decision is None or reviews is None or reviews.origin is None:
        return frozenset()
    named = {stratum.get(reviews.origin) for stratum in decision.strata}
    return frozenset(each.state for each in roster.organisations.values() if each.state is not None) & named


def untold(case: CaseState, roster: Roster) -> frozenset[str]:
    """The states that must be told of the present decision before it can unlock, and were not."""
    if case.decision is None or case.decision.rule is None or not case.decision.rule.notice:
        return frozenset()
    told = {state for each in case.notices if each.round == case.round for state in each.states}
    return origins_of(case, roster) - told


def notified(case: CaseState, entry: Entry, content: Mapping[str, Any], roster: Roster) -> _Changed:
    """Enter a notice to states of origin, of the present decision. Raises EvidenceError: another decision's."""
    if content["round"] != case.round or content["decision_sha256"] != case.decision_sha256:
        raise EvidenceError(place=entry.place, cause="gives notice of another decision than that of the present round")
    enrolled = {each.state for each in roster.organisations.values()}
    if not set(content["states"]) <= enrolled:
        raise EvidenceError(place=entry.place, cause="gives notice to a state that has no enrolled organisation")
    notice = Notice(index=entry.index, at=entry.at, round=content["round"], states=tuple(content["states"]))
    return replace(case, notices=(*case.notices, notice)), f"notice to {', '.join(notice.states)}"


def locked(case: CaseState, entry: Entry, content: Mapping[str, Any], roster: Roster) -> _Changed:
    """Start the lock of an agreed case, at the latest time at which a witness of the quorum saw the agreement.

    Raises EvidenceError: nothing to wait for, an origin that was not told, or a checkpoint that is not one of this log,
    over the agreement, cosigned as genesis demands.
    """
    if not case.must_wait or case.agreed_index is None:
        raise EvidenceError(place=entry.place, cause="locks a case that has nothing to wait for")
    if untold(case, roster):
        raise EvidenceError(place=entry.place, cause="locks before every origin had its notice")
    found = cosigned_in(entry, content["checkpoint"], roster)
    if not case.agreed_index < found.checkpoint.size <= entry.index:
        raise EvidenceError(place=entry.place, cause="its checkpoint does not cover the agreement, or is none yet")
    lock = Lock(index=entry.index, size=found.checkpoint.size, started_s=latest_s(found), waits=case.waits)
    changed = replace(case, lock=lock, checkpoints=(*case.checkpoints, content["checkpoint"]))
    return changed, f"locked from {lock.started_at}"


def may_leave(case: CaseState, entry: Entry, content: Mapping[str, Any], roster: Roster) -> CaseState:
    """Check that an agreed case need wait no more; gives it with the checkpoint that shows it.

    Raises EvidenceError: agreed under rules that are no longer in force, an origin that was not told, a lock that never
    started, or no cosigned checkpoint, later than its start, in which every time has passed its end.
    """
    check_rules(case, entry, roster)
    if untold(case, roster):
        raise EvidenceError(place=entry.place, cause="goes on before every origin had its notice")
    shown = content.get("unlocked")
    if not case.must_wait:
        if shown is not None:
            raise EvidenceError(place=entry.place, cause="shows the end of a lock that it does not have")
        return case
    if case.lock is None or case.unlocks_s is None or shown is None:
        raise EvidenceError(place=entry.place, cause="goes on without its time-lock having been seen to end")
    found = cosigned_in(entry, shown["checkpoint"], roster)
    if not case.lock.index < found.checkpoint.size <= entry.index:
        raise EvidenceError(place=entry.place, cause="shows the end of its lock by a checkpoint from before its start")
    if earliest_s(found) < case.unlocks_s:
        raise EvidenceError(place=entry.place, cause="goes on before its time-lock is over")
    return replace(case, checkpoints=(*case.checkpoints, shown["checkpoint"]))


def check_rules(case: CaseState, entry: Entry, roster: Roster) -> None:
    """Check that pack and rule of review are still those that the case was agreed under. Raises EvidenceError."""
    found = outdated(case, roster)
    if found:
        raise EvidenceError(place=entry.place, cause=f"was agreed under {found} no longer in force")


def outdated(case: CaseState, roster: Roster) -> str:
    """What a case was decided under that is no longer in force; empty where it still is.

    A change of the rules is held to it as well: one that waited by shorter locks, or asked for fewer people, than the
    rules in force now do, cannot be kept in a drawer until these are in the way.
    """
    decision, reviews = case.decision, roster.reviews
    if decision is None:
        return ""
    if roster.pack is not None and decision.pack != asdict(roster.pack):
        return "a policy pack that is"
    if reviews is None:
        return ""
    if case.change is not None:
        same = (decision.quorum, decision.waits.longest_s) == (reviews.changes, reviews.longest_s)
    else:
        same = decision.rule == reviews.rule(str(decision.form), str(case.request.get("purpose")))
    return "" if same else "a rule of review that is"


def expired(case: CaseState, entry: Entry, content: Mapping[str, Any], roster: Roster) -> _Changed:
    """End a case in which nothing was entered for as long as its rule allows, a running lock counted in.

    Raises EvidenceError: too early, or no rule lets it expire.
    """
    del roster
    if content["last"] != case.timeline[-1].index:
        raise EvidenceError(place=entry.place, cause="ends a case as if its last entry were another")
    due = expires_s(case)
    now = seconds_of(entry.at)
    if due is None or now is None or now < due:
        raise EvidenceError(place=entry.place, cause="ends a case that has not expired")
    return replace(case, expired_at=entry.at), "expired"


def expires_s(case: CaseState) -> int | None:
    """When a case that stays as it is expires, in seconds since 1970; None where it does not."""
    rule = None if case.decision is None else case.decision.rule
    last = seconds_of(case.timeline[-1].at) if case.timeline else None
    if case.ended or case.release is not None or rule is None or rule.expires_s is None or last is None:
        return None
    return max(last, case.unlocks_s or 0) + rule.expires_s
