"""What people do to a case: each command asks permission, then gives one signed event for the journal.

Commands take the docket as it stands and change nothing; recording the event is the journal's work, and the fold checks
it again there. `found` and `enrol` are in `founding`, and offered here too.
"""

from collections.abc import Collection, Mapping
from typing import Any

from modicum.docket.founding import enrol, found, revoke, rotate
from modicum.docket.permissions import ask, find_case
from modicum.docket.signing import Event, KeySigner, Signer, in_case, shaped, signed
from modicum.model.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    OutstandingError,
)
from modicum.model.request import Request
from modicum_verify.amendment import amended_roster
from modicum_verify.case_state import CaseState, Decided
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import REVIEW
from modicum_verify.fold import Docket, next_case_id
from modicum_verify.holds import LIFTING, why_not_lifting
from modicum_verify.statement import Verb

__all__ = [
    "Event",
    "KeySigner",
    "Signer",
    "amend",
    "answer",
    "approve",
    "attest",
    "direct",
    "enrol",
    "file_request",
    "found",
    "object_",
    "recall",
    "reject",
    "revoke",
    "rotate",
    "serve",
    "withdraw",
]


def file_request(docket: Docket, request: Request, *, by: Signer, year: int) -> Event:
    """File a request under the next number of the year; the signer is the requester whom it names.

    Raises ConflictError: this very request was filed before. InvalidInputError: another custodian's.
    NotPermittedError: not the requester, or without that role.
    """
    if request.custodian != docket.roster.custodian:
        raise InvalidInputError(
            cause=f"the request is addressed to {request.custodian}, not to {docket.roster.custodian}",
            cure="file it with that custodian, or mend the field custodian",
        )
    if by.person != request.requester.handle:
        raise NotPermittedError(
            cause=f"{by.person} may not file a request of {request.requester.handle}",
            cure="let the requester file it, or name yourself as requester",
        )
    ask(docket, Verb.FILE, by=by)
    sha256 = request.sha256
    for case in docket.cases.values():
        if case.request_sha256 == sha256:
            raise ConflictError(
                cause=f"this very request was filed as case {case.id}",
                cure=f"look at it: modicum docket show {case.id}",
            )
    case_id = next_case_id(docket.cases, year)
    content = {"request": request.as_document(), "request_sha256": sha256}
    signature = signed("filed", content, case=case_id, log_size=docket.size, by=by)
    return shaped("filed", {**content, "signature": signature}, case=case_id)


def attest(
    docket: Docket, case_id: str, *, by: Signer, fact: str, roles: Mapping[str, Collection[str]], text: str = ""
) -> Event:
    """Attest that a fact holds, under one's name.

    roles: which roles may attest each fact, from the policy pack.

    Raises NotFoundError: the pack knows no such fact. NotPermittedError: it names other roles. ConflictError: the fact
    holds already.
    """
    case = find_case(docket, case_id)
    member = ask(docket, Verb.ATTEST, by=by, case=case)
    if fact not in roles:
        raise NotFoundError(cause=f"the policy pack knows no fact {fact}", cure="name one that the decision misses")
    if not member.roles & set(roles[fact]):
        raise NotPermittedError(
            cause=f"{member.handle} may not attest {fact}: the policy pack names {' or '.join(sorted(roles[fact]))}",
            cure="ask somebody who holds that role",
        )
    reason = why_not_lifting(
        fact,
        roles=member.roles,
        organisation=member.organisation,
        custodian=docket.roster.custodian,
        parties=case.parties,
    )
    if reason is not None:
        raise NotPermittedError(
            cause=f"{member.handle} may not attest {fact}: {reason}", cure="see docs/reference/lines.md"
        )
    if fact in LIFTING and not case.held:
        raise ConflictError(cause=f"case {case_id} is not held", cure="nothing to do; there is no hold to lift")
    if fact in case.facts:
        raise ConflictError(
            cause=f"{fact} was attested by {case.facts[fact].person} (entry {case.facts[fact].index})",
            cure="nothing to do; the fact holds",
        )
    return in_case("fact", {"fact": fact, "value": True, "text": text}, case=case, log_size=docket.size, by=by)


def approve(docket: Docket, case_id: str, *, by: Signer, text: str = "") -> Event:
    """Approve the decision of the present round.

    Raises NotPermittedError: no reviewer of this case, the asker's own organisation, or the law forbids it.
    OutstandingError: conditions are outstanding. ConflictError: approved already, or there is nothing to vote on.
    """
    case = find_case(docket, case_id)
    decision = _may_vote(docket, case, Verb.APPROVE, by)
    if decision.hypothetical:
        raise ConflictError(
            cause=f"the decision of case {case_id} is as of {decision.as_of}: hypothetical",
            cure="have it decided as of today, then approve",
        )
    if decision.verdict == "forbidden":
        raise NotPermittedError(
            cause=f"the law forbids what case {case_id} asks, and no approval can lift that",
            cure="see the basis in the decision; a smaller form of answer may be permitted",
        )
    if decision.verdict != "permitted":
        ways = "; or ".join(" and ".join(facts) for facts in decision.missing)
        raise OutstandingError(
            cause=f"conditions of case {case_id} are outstanding: {ways}", cure="attest them first; votes follow"
        )
    if case.held:
        raise OutstandingError(
            cause=f"the list of persons of case {case_id} raised a hold that is not lifted",
            cure=f"next: {case.whose_turn}",
        )
    return _vote("approved", docket, case, decision, by=by, text=text)


def reject(docket: Docket, case_id: str, *, by: Signer, text: str) -> Event:
    """Reject the decision of the present round, saying why; holds the case until its maker votes otherwise.

    Raises NotPermittedError, ConflictError: as for `approve`. InvalidInputError: no reason given.
    """
    case = find_case(docket, case_id)
    decision = _may_vote(docket, case, Verb.REJECT, by)
    if not text.strip():
        raise InvalidInputError(cause="a rejection needs a reason", cure="give the reason as text")
    return _vote("rejected", docket, case, decision, by=by, text=text)


def object_(
    docket: Docket, case_id: str, *, by: Signer, grounds: str, text: str, strata: Mapping[str, str] | None = None
) -> Event:
    """Object to a case, in any state; it stays for ever.

    grounds: one line. strata: row attributes and values of the people that it is about, or None for everybody.
    """
    case = find_case(docket, case_id)
    ask(docket, Verb.OBJECT, by=by, case=case)
    content = {"grounds": grounds, "text": text, "strata": None if strata is None else dict(strata)}
    return in_case("objected", content, case=case, log_size=docket.size, by=by)


def answer(docket: Docket, case_id: str, *, by: Signer, objection: int, text: str) -> Event:
    """Answer an objection, named by its entry; votes given before the answer no longer count if it blocked.

    Raises NotFoundError: no such objection in this case. ConflictError: answered already.
    """
    case = find_case(docket, case_id)
    ask(docket, Verb.ANSWER, by=by, case=case)
    found = next((each for each in case.objections if each.index == objection), None)
    if found is None:
        listed = ", ".join(str(each.index) for each in case.objections) or "none"
        raise NotFoundError(
            cause=f"case {case_id} has no objection in entry {objection}", cure=f"its objections are: {listed}"
        )
    if found.answer is not None:
        raise ConflictError(
            cause=f"the objection of entry {objection} was answered in entry {found.answer.index}",
            cure="an answer stands; say more in a new vote or objection",
        )
    return in_case("answered", {"objection": objection, "text": text}, case=case, log_size=docket.size, by=by)


def direct(docket: Docket, case_id: str, *, by: Signer, text: str, deadline: str | None = None) -> Event:
    """Order a release, under one's name. It lifts nothing.

    deadline: where it is a time (2026-11-26T12:00:00Z) and the signer the custodian's own accountable official, a
    discretionary wait ends then; a statutory one never does.
    """
    case = find_case(docket, case_id)
    ask(docket, Verb.DIRECT, by=by, case=case)
    content = {"text": text} if deadline is None else {"text": text, "deadline": deadline}
    return in_case("directed", content, case=case, log_size=docket.size, by=by)


def withdraw(docket: Docket, case_id: str, *, by: Signer, text: str) -> Event:
    """Withdraw a request, by a requester of the organisation that asked, saying why; the case ends, its record stays.

    Raises NotPermittedError: somebody of another organisation. ConflictError: released, refused or withdrawn already.
    InvalidInputError: no reason given.
    """
    case = find_case(docket, case_id)
    ask(docket, Verb.WITHDRAW, by=by, case=case)
    return in_case("withdrawn", {"text": text}, case=case, log_size=docket.size, by=by)


def serve(docket: Docket, case_id: str, *, by: Signer, state: str, text: str) -> Event:
    """Record how a state of origin was told of a case, beside the notice in the log.

    Raises NotFoundError: no enrolled organisation answers for that state.
    """
    case = find_case(docket, case_id)
    ask(docket, Verb.NOTIFY, by=by, case=case)
    states = sorted({each.state for each in docket.roster.organisations.values() if each.state is not None})
    if state not in states:
        raise NotFoundError(
            cause=f"no enrolled organisation answers for {state}", cure=f"the states are: {', '.join(states) or 'none'}"
        )
    return in_case("served", {"state": state, "text": text}, case=case, log_size=docket.size, by=by)


def recall(docket: Docket, case_id: str, *, by: Signer, text: str, notice_sha256: str | None = None) -> Event:
    """Recall the release of a case: its recipients are told to give it back or destroy it.

    notice_sha256: the digest of the notice that they get. Raises ConflictError: nothing was delivered.
    """
    case = find_case(docket, case_id)
    ask(docket, Verb.RECALL, by=by, case=case)
    content = {"release": case.releases[-1].index, "text": text}
    if notice_sha256 is not None:
        content["notice_sha256"] = notice_sha256
    return in_case("recalled", content, case=case, log_size=docket.size, by=by)


def amend(docket: Docket, change: Mapping[str, Any], *, by: Signer, text: str, year: int) -> Event:
    """Propose a change of the rules, as a case of its own that waits as long as the old rules wait at most.

    change: `pack`, `reviews`, `witnesses`, each as genesis names it; what is left out stays.

    Raises NotPermittedError: somebody of no founding organisation. ConflictError: a log from before genesis had rules
    of review. InvalidInputError: it changes nothing, or is malformed.
    """
    member = ask(docket, Verb.AMEND, by=by)
    if not docket.roster.organisations[member.organisation].founder:
        raise NotPermittedError(
            cause=f"{member.handle} is of no founding organisation", cure="let somebody of one propose it"
        )
    _check_change(docket, change, by=by)
    case_id = next_case_id(docket.cases, year)
    content = {"change": dict(change), "text": text}
    signature = signed("amendment", content, case=case_id, log_size=docket.size, by=by)
    return shaped("amendment", {**content, "signature": signature}, case=case_id)


def _check_change(docket: Docket, change: Mapping[str, Any], *, by: Signer) -> None:
    """Check a change as the fold will, before anybody signs it."""
    if docket.roster.reviews is None:
        raise ConflictError(
            cause="this log is from before rules of review were in genesis, and has none to change",
            cure="make a new home; its genesis fixes them",
        )
    place = Entry(
        index=docket.size, kind="amendment", at=docket.last_at, case=None, actor=by.person, body="", content=None
    )
    try:
        amended_roster(place, change, docket.roster)
    except EvidenceError as error:
        raise InvalidInputError(cause=f"the change {error.cause}", cure="see docs/how-to/change-the-rules.md") from None


def _may_vote(docket: Docket, case: CaseState, verb: Verb, by: Signer) -> Decided:
    member = ask(docket, verb, by=by, case=case)
    decision = case.decision
    if case.change is not None and by.person == case.requester:
        raise NotPermittedError(
            cause=f"{by.person} proposes the change of case {case.id}",
            cure="let others vote; its proposer never counts",
        )
    if decision is None:
        raise ConflictError(cause=f"case {case.id} has no decision yet", cure="have it decided, then vote")
    if not member.roles & case.reviewers:
        raise NotPermittedError(
            cause=f"{member.handle} does not review case {case.id}: that is for {' or '.join(sorted(case.reviewers))}",
            cure="object instead; an objection is recorded whoever makes it",
        )
    return decision


def _vote(kind: str, docket: Docket, case: CaseState, decision: Decided, *, by: Signer, text: str) -> Event:
    for vote in () if case.blind else case.standing_votes:
        if vote.person == by.person and vote.approves == (kind == "approved"):
            raise ConflictError(
                cause=f"{by.person} {kind} round {case.round} already (entry {vote.index})", cure="nothing to do"
            )
    content: dict[str, Any] = {"decision_sha256": decision.decision_sha256, "round": decision.round, "text": text}
    if case.blind:
        if by.person in {each.person for each in case.first_reviews}:
            raise ConflictError(
                cause=f"{by.person} has reviewed round {case.round}; first reviews are sealed until all are in",
                cure="wait for the others; then a vote can be changed in the open",
            )
        verdict = str(Verb.APPROVE if kind == "approved" else Verb.REJECT)
        return in_case(REVIEW, {**content, "verdict": verdict}, case=case, log_size=docket.size, by=by)
    return in_case(kind, content, case=case, log_size=docket.size, by=by)
