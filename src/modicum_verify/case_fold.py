"""What each kind of event does to a case: the rules behind the table of moves.

Each rule takes the case as it was and gives it as it becomes, or says why the event cannot be. The state itself is
moved in one place (`apply_to_case`), by the table alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from modicum_verify.canonical import digest
from modicum_verify.case_parts import (
    NO_WAITS,
    Content,
    Decided,
    Directive,
    Fact,
    Lines,
    Objection,
    Recall,
    Refusal,
    Release,
    Said,
    Served,
    TimelineItem,
)
from modicum_verify.case_state import CaseState, obstacles
from modicum_verify.case_time import expired, locked, may_leave, notified
from modicum_verify.case_votes import reviewed, said_fields, voted
from modicum_verify.cosigned import check_witnessed
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import GATEWAY, REVIEW, SIGNED_KINDS, text_sha256, verb_of
from modicum_verify.holds import LIFTING, why_not_lifting
from modicum_verify.moves import MOVES, PERMISSIONS, State
from modicum_verify.reviews import Quorum, ReviewRule
from modicum_verify.roster import Roster, check_signature
from modicum_verify.statement import Statement, Verb


def open_case(entry: Entry, content: Content, roster: Roster) -> CaseState:
    """Open a case from a filing, signed by the requester whom the request names.

    Raises EvidenceError: another custodian's request, a false digest, another signer, or a false signature.
    """
    request = content["request"]
    if digest(request) != content["request_sha256"]:
        raise EvidenceError(place=entry.place, cause="the request does not match its digest")
    if request.get("custodian") != roster.custodian:
        raise EvidenceError(place=entry.place, cause="the request is addressed to another custodian")
    asker = request.get("requester")
    named = asker if isinstance(asker, Mapping) else {}
    handle = f"{named.get('organisation')}/{named.get('person')}"
    if content["signature"]["person"] != handle:
        raise EvidenceError(place=entry.place, cause="is not signed by the requester whom the request names")
    case = CaseState(
        id=str(entry.case),
        state=State.FILED,
        filed_at=entry.at,
        request=request,
        request_sha256=content["request_sha256"],
        requester=handle,
        custodian=roster.custodian,
        pack=asdict(roster.pack) if roster.pack else {},
        opened=0,
        witnessed=roster.witnesses is not None,
    )
    return opened(case, entry, check_signed(entry, content, roster, case, asker=None))


def opened(case: CaseState, entry: Entry, said: Said) -> CaseState:
    """A case with the entry that opens it as its first, signed by whoever asks."""
    return replace(_noted(case, entry, entry.kind), opened=entry.index, signed={said.person: entry.index})


def apply_to_case(entry: Entry, content: Content, roster: Roster, case: CaseState) -> CaseState:
    """Give the case after one more event.

    Raises EvidenceError: the move is not in the table, the event is signed falsely or unsigned where it must be
    signed, or it contradicts the case.
    """
    move = MOVES.get((case.state, entry.kind))
    if move is None:
        raise EvidenceError(place=entry.place, cause=f"{entry.kind} cannot follow when a case is {case.state}")
    if entry.kind == "amended" if case.change is None else entry.kind in _OF_REQUESTS:
        raise EvidenceError(place=entry.place, cause=f"{entry.kind} is not for a case of this sort")
    if entry.kind in SIGNED_KINDS:
        # A change of the rules has no asker, but only those who proposed it may withdraw it.
        withdrawer = case.requester.split("/", 1)[0] if entry.kind == "withdrawn" else case.asker
        said = check_signed(entry, content, roster, case, asker=withdrawer)
        changed, summary = _SIGNED[entry.kind](case, entry, content, said)
        changed = replace(changed, signed={**case.signed, said.person: entry.index})
    else:
        if entry.actor != GATEWAY:
            raise EvidenceError(place=entry.place, cause=f"{entry.kind} is the gateway's to write")
        check_witnessed(entry, content, roster, case)
        changed, summary = _UNSIGNED[entry.kind](case, entry, content, roster)
    # The quorum is judged as if the case were open for votes; only then does the table pick the state.
    state = move.to
    if move.when_agreed is not move.to and not obstacles(replace(changed, state=move.to)):
        state = move.when_agreed
    return _noted(_settled(changed, state, entry), entry, summary)


def _settled(case: CaseState, state: State, entry: Entry) -> CaseState:
    """The case in its new state, with its lock: what takes the agreement away ends the lock; an abort does not."""
    if state is State.AGREED and case.lock is not None:
        return replace(case, state=State.LOCKED)
    if state is State.AGREED and case.agreed_index is None:
        return replace(case, state=state, agreed_index=entry.index)
    if state in {State.FILED, State.DECIDED, State.IN_REVIEW}:
        return replace(case, state=state, agreed_index=None, lock=None)
    return replace(case, state=state)


def check_signed(entry: Entry, content: Content, roster: Roster, case: CaseState, *, asker: str | None) -> Said:
    """Check the signature of an event of a case; gives who said it.

    Raises EvidenceError: another actor, another round, a signature that is older than what it speaks about, or false.
    """
    signature = content["signature"]
    person = signature["person"]
    if entry.actor != person:
        raise EvidenceError(place=entry.place, cause="is signed by somebody else than its actor")
    if signature["round"] != case.round:
        raise EvidenceError(place=entry.place, cause=f"is signed for round {signature['round']}, not {case.round}")
    # A signature must have seen what it speaks about, and everything its maker has said before: so nobody can enter
    # an older one of theirs again.
    if signature["log_size"] <= max(case.opened, case.signed.get(person, 0)):
        raise EvidenceError(place=entry.place, cause="is signed before what it speaks about was in the log")
    statement = Statement(
        verb=verb_of(entry.kind, content),
        case=case.id,
        round=case.round,
        decision_sha256=case.decision_sha256,
        organisation=person.split("/")[0],
        text_sha256=text_sha256(entry.kind, content),
        log_size=signature["log_size"],
    )
    member = check_signature(entry, roster, signature, statement, asker=asker)
    return Said(
        index=entry.index,
        at=entry.at,
        person=member.handle,
        roles=member.roles,
        log_size=signature["log_size"],
        text=content.get("text", ""),
    )


def _lines(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    del roster
    if case.lines is not None:
        raise EvidenceError(place=entry.place, cause="brings a second list of persons")
    if content["lines_sha256"] != case.named_persons_sha256:
        raise EvidenceError(place=entry.place, cause="brings another list of persons than the request names")
    if not case.filed_at[:10] <= content["as_of"] <= entry.at[:10]:
        raise EvidenceError(place=entry.place, cause="judges a list as of another day than its filing")
    if content["sufficient"] > content["total"]:
        raise EvidenceError(place=entry.place, cause="has more sufficient lines than lines")
    lines = Lines(**{**content, "holds": tuple(content["holds"])}, index=entry.index, at=entry.at)
    held = ", ".join(each["because"]["id"] for each in lines.holds)
    summary = f"{lines.sufficient} of {lines.total} lines sufficient" + (f"; held: {held}" if held else "")
    return replace(case, lines=lines), summary


def _decided(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    if case.named_persons_sha256 is not None and case.lines is None:
        raise EvidenceError(place=entry.place, cause="decides about named persons without their list")
    if content["round"] != case.round + 1:
        raise EvidenceError(place=entry.place, cause=f"opens round {content['round']} after round {case.round}")
    summary, quorum = content["decision"], content["quorum"]
    if roster.pack is None or summary["pack"] != asdict(roster.pack):
        raise EvidenceError(place=entry.place, cause="decides by another policy pack than the one in force")
    if summary["verdict"] == "permitted" and summary["form"] in {None, "refusal"}:
        raise EvidenceError(place=entry.place, cause="permits without a form of answer")
    if not set(quorum["roles"]) <= PERMISSIONS[Verb.APPROVE].roles:
        raise EvidenceError(place=entry.place, cause="names a role in its quorum that may not approve")
    asked = Quorum(roles=tuple(quorum["roles"]), organisations=quorum["organisations"], approvals=quorum["approvals"])
    rule = _rule(case, entry, summary["form"], asked, roster)
    decision = Decided(
        index=entry.index,
        at=entry.at,
        round=content["round"],
        decision_sha256=content["decision_sha256"],
        as_of=summary["as_of"],
        hypothetical=summary["as_of"] != entry.at[:10],
        pack=summary["pack"],
        lowest_form=summary["lowest_form"],
        form=summary["form"],
        verdict=summary["verdict"],
        missing=tuple(tuple(facts) for facts in summary["missing"]),
        because=tuple(summary["because"]),
        strata=tuple(summary["releasable"]["strata"]),
        columns=tuple(summary["releasable"]["columns"]),
        quorum=asked,
        rule=rule,
        waits=NO_WAITS if rule is None else rule.waits_with(case.facts),
    )
    mark = " (hypothetical)" if decision.hypothetical else ""
    form = f", {decision.form}" if decision.form else ""
    return (
        replace(case, decision=decision, opened=entry.index),
        f"round {decision.round}: {decision.verdict}{form}, as of {decision.as_of}{mark}",
    )


def _rule(case: CaseState, entry: Entry, form: str | None, asked: Quorum, roster: Roster) -> ReviewRule | None:
    """The rule of review in force for a decision; None where genesis fixes none, or no form is to leave.

    Raises EvidenceError: the decision asks for another quorum than the rule.
    """
    if roster.reviews is None or form in {None, "refusal"}:
        return None
    rule = roster.reviews.rule(str(form), str(case.request.get("purpose")))
    if rule is None or rule.quorum != asked:
        raise EvidenceError(place=entry.place, cause="asks for another quorum than the rules of review in force")
    return rule


def _fact(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    name = content["fact"]
    if name in case.facts:
        raise EvidenceError(place=entry.place, cause="attests a fact that holds already")
    if name in LIFTING and not case.held:
        raise EvidenceError(place=entry.place, cause="lifts a hold that does not stand")
    reason = why_not_lifting(
        name, roles=said.roles, organisation=said.organisation, custodian=case.custodian, parties=case.parties
    )
    if reason is not None:
        raise EvidenceError(place=entry.place, cause=f"lifts a hold, and {reason}")
    return replace(case, facts={**case.facts, name: Fact(**said_fields(said), fact=name)}), f"attested {name}"


def _objected(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    del entry
    blocking = bool(said.roles & case.reviewers)
    objection = Objection(**said_fields(said), grounds=content["grounds"], strata=content["strata"], blocking=blocking)
    summary = "objected; blocks until answered" if blocking else "objected; recorded"
    return replace(case, objections=(*case.objections, objection)), summary


def _answered(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    index = content["objection"]
    found = next((each for each in case.objections if each.index == index), None)
    if found is None:
        raise EvidenceError(place=entry.place, cause="answers an objection that this case does not have")
    if found.answered:
        raise EvidenceError(place=entry.place, cause="answers an objection that was answered")
    if said.log_size <= index:
        raise EvidenceError(place=entry.place, cause="is signed before what it speaks about was in the log")
    objections = tuple(replace(each, answer=said) if each is found else each for each in case.objections)
    return replace(case, objections=objections), f"answered the objection of entry {index}"


def _directed(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    del entry
    directive = Directive(**said_fields(said), deadline=content.get("deadline"))
    return replace(case, directives=(*case.directives, directive)), "directed; recorded, lifts nothing"


def _served(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    del entry
    served = Served(**said_fields(said), state=content["state"])
    return replace(case, served=(*case.served, served)), f"told {served.state}"


def _recalled(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    if content["release"] != case.releases[-1].index:
        raise EvidenceError(place=entry.place, cause="recalls another release than that of the case")
    recall = Recall(**said_fields(said), release=content["release"], notice_sha256=content.get("notice_sha256"))
    return replace(case, recall=recall), f"recalled the release of entry {recall.release}"


def _withdrawn(case: CaseState, entry: Entry, content: Content, said: Said) -> tuple[CaseState, str]:
    del entry, content
    return replace(case, withdrawal=said), "withdrawn by the asker"


def _refused(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    del roster
    decision = case.decision
    if decision is None or content["decision_sha256"] != decision.decision_sha256:
        raise EvidenceError(place=entry.place, cause="refuses by another decision than that of the present round")
    if decision.hypothetical:
        raise EvidenceError(place=entry.place, cause="refuses by a hypothetical decision")
    if decision.verdict == "permitted" and not case.rejections:
        raise EvidenceError(place=entry.place, cause="refuses what is permitted and nobody rejects")
    refusal = Refusal(
        index=entry.index,
        at=entry.at,
        decision_sha256=content["decision_sha256"],
        because=tuple(content["because"]),
    )
    return replace(case, refusal=refusal), f"refused in round {case.round}"


def _released(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    decision = case.decision
    if decision is None or (content["round"], content["decision_sha256"]) != (case.round, decision.decision_sha256):
        raise EvidenceError(place=entry.place, cause="releases another decision than the one agreed on")
    if content["form"] != decision.form:
        raise EvidenceError(place=entry.place, cause="releases another form of answer than the one agreed on")
    if content["objections"] != [each.index for each in case.objections]:
        raise EvidenceError(place=entry.place, cause="does not carry every objection of the case")
    if content["recipients"] != case.request.get("recipients"):
        raise EvidenceError(place=entry.place, cause="goes to other recipients than the request names")
    case = may_leave(case, entry, content, roster)
    release = Release(index=entry.index, at=entry.at, content=content)
    return replace(case, releases=(*case.releases, release)), f"released in round {case.round}: {decision.form}"


def _cosigned(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    del entry, roster
    changed = replace(case, checkpoints=(*case.checkpoints, content["checkpoint"]))
    return _last_release(changed, cosigned=content["checkpoint"]), "cosigned by the witnesses"


def _delivered(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    del entry, roster
    return _last_release(case, delivered=content), "delivered"


def _aborted(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    del entry, roster
    return _last_release(case, aborted=content["reason"]), "aborted; nothing left, can be released anew"


def _accounted(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    del roster
    if content["accounting_sha256"] != case.releases[-1].content["accounting_sha256"]:
        raise EvidenceError(place=entry.place, cause="accounts for other persons than the release did")
    return _last_release(case, accounted=True), "accounted"


def _amended(case: CaseState, entry: Entry, content: Content, roster: Roster) -> tuple[CaseState, str]:
    if content["decision_sha256"] != case.decision_sha256:
        raise EvidenceError(place=entry.place, cause="puts another change in force than the one agreed on")
    return may_leave(case, entry, content, roster), "in force from here on"


def _last_release(case: CaseState, **changes: Any) -> CaseState:  # noqa: ANN401 - fields of Release
    return replace(case, releases=(*case.releases[:-1], replace(case.releases[-1], **changes)))


def _noted(case: CaseState, entry: Entry, summary: str) -> CaseState:
    item = TimelineItem(index=entry.index, at=entry.at, kind=entry.kind, actor=entry.actor, summary=summary)
    return replace(case, timeline=(*case.timeline, item))


_SIGNED: Final[Mapping[str, Callable[[CaseState, Entry, Content, Said], tuple[CaseState, str]]]] = {
    "fact": _fact,
    REVIEW: reviewed,
    "approved": voted,
    "rejected": voted,
    "objected": _objected,
    "answered": _answered,
    "directed": _directed,
    "withdrawn": _withdrawn,
    "served": _served,
    "recalled": _recalled,
}
_UNSIGNED: Final[Mapping[str, Callable[[CaseState, Entry, Content, Roster], tuple[CaseState, str]]]] = {
    "lines": _lines,
    "decided": _decided,
    "refused": _refused,
    "released": _released,
    "cosigned": _cosigned,
    "delivered": _delivered,
    "aborted": _aborted,
    "accounted": _accounted,
    "notified": notified,
    "locked": locked,
    "amended": _amended,
    "expired": expired,
}
_OF_REQUESTS: Final = frozenset({"lines", "decided", "fact", "refused", "notified", "served", "released"})
"""What a case about the rules does not have."""
