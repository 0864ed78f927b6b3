"""What somebody who holds the database, or one key, might try; each attempt beside the honest act that passes.

The fold alone is attacked here: entries are written by hand, past the commands.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from docket_world import CASE, FACT_ROLES, QUORUM, World, by, decision, key, released

from modicum.docket import gateway_events
from modicum.docket.commands import Event, KeySigner, answer, approve, attest, direct, object_, reject
from modicum.docket.signing import in_case, signed
from modicum.model.decision import Verdict
from modicum_verify.canonical import digest
from modicum_verify.case_state import Quorum, obstacles
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import fold
from modicum_verify.moves import State
from modicum_verify.statement import Verb, namespace


@pytest.fixture
def world() -> World:
    made = World()
    made.file()
    made.decide()
    return made


def refused(world: World, entry: Entry, match: str) -> None:
    before = world.docket
    with pytest.raises(EvidenceError, match=match) as caught:
        fold([entry], before)
    assert caught.value.place == entry.place
    assert world.docket == before


def changed(event: Event, **changes: Any) -> Event:
    content = copy.deepcopy(event.content)
    content.update(changes)
    return event._replace(content=content)


def resigned(event: Event, **changes: Any) -> Event:
    content = copy.deepcopy(event.content)
    content["signature"].update(changes)
    return event._replace(content=content)


def an_approval(world: World, person: str = "cms/privacy") -> Event:
    return approve(world.docket, CASE, by=by(person), text="as asked")


# --- signatures -----------------------------------------------------------------------------------------------------


def test_control_an_honest_approval_passes(world: World) -> None:
    world.do(an_approval(world))
    assert len(world.case().approvals) == 1


@pytest.mark.parametrize(
    ("forge", "match"),
    [
        (lambda e: changed(e, text="with pleasure"), "does not match the message"),
        (lambda e: changed(e, decision_sha256="00" * 32), "another decision|does not match"),
        (lambda e: changed(e, round=2), "another decision|does not match"),
        (lambda e: changed(e, more=1), "does not know"),
        (lambda e: resigned(e, log_size=e.content["signature"]["log_size"] - 1), "signed before"),
        (lambda e: resigned(e, log_size=99), "longer than this place"),
        (lambda e: resigned(e, round=2), "signed for round 2"),
        (lambda e: resigned(e, person="il-hfs/origin"), "not the signer's"),
        (lambda e: resigned(e, person="cms/nobody"), "not enrolled"),
        (lambda e: resigned(e, public_key=by("il-hfs/origin").public_key), "not the signer's"),
        (lambda e: resigned(e, sshsig="-----BEGIN SSH SIGNATURE-----\n"), "signature of cms/privacy"),
        (lambda e: changed(e, signature=None), "not an object"),
        (lambda e: e._replace(kind="rejected"), "was not made for modicum-reject"),
        (lambda e: e._replace(case="2026-0002"), "never filed"),
    ],
)
def test_a_forged_approval_is_refused(world: World, forge: Callable[[Event], Event], match: str) -> None:
    honest = an_approval(world)
    forged = forge(honest)
    entry = world.entry(honest, kind=forged.kind, case=forged.case, content=forged.content)
    if forged.content["signature"]:
        entry = replace(entry, actor=forged.actor)
    refused(world, entry, match)
    world.do(honest)


def test_a_signature_by_somebody_elses_key_is_refused(world: World) -> None:
    thief = KeySigner("cms/privacy", key("a thief"))
    content = {name: value for name, value in an_approval(world).content.items() if name != "signature"}
    event = in_case("approved", content, case=world.case(), log_size=world.docket.size, by=thief)
    refused(world, world.entry(event), "not the signer's")
    claimed = resigned(event, public_key=by("cms/privacy").public_key)
    refused(world, world.entry(claimed), "another key")


def test_an_actor_who_did_not_sign_is_refused(world: World) -> None:
    refused(world, world.entry(an_approval(world), actor="il-hfs/origin"), "somebody else than its actor")
    refused(world, world.entry(an_approval(world), actor="gateway"), "somebody else than its actor")


# --- replay ---------------------------------------------------------------------------------------------------------


def test_an_approval_cannot_be_entered_again_after_a_rejection(world: World) -> None:
    approval = an_approval(world)
    world.do(approval)
    world.approve("il-hfs/origin")
    assert world.case().agreed
    world.do(reject(world.docket, CASE, by=by("cms/privacy"), text="on reflection"))
    refused(world, world.entry(approval), "signed before")
    world.do(an_approval(world))
    assert world.case().agreed


def test_an_approval_cannot_be_entered_in_another_round(world: World) -> None:
    approval = an_approval(world)
    world.do(approval)
    world.decide()
    refused(world, world.entry(approval), "signed for round 1")
    moved = resigned(changed(approval, round=2), round=2, log_size=world.docket.size)
    refused(world, world.entry(moved), "does not match the message")
    world.do(an_approval(world))


def test_an_approval_cannot_be_entered_in_another_case(world: World) -> None:
    approval = an_approval(world)
    other = world.file("Another question")
    world.decide(other)
    moved = changed(approval, decision_sha256=world.case(other).decision_sha256)
    moved = resigned(moved, log_size=world.docket.size)
    refused(world, world.entry(moved, case=other), "does not match the message")
    refused(world, world.entry(approval, case=other), "signed before")
    world.approve("cms/privacy", other)


def test_an_approval_signed_before_the_decision_was_logged_is_refused() -> None:
    world = World()
    world.file()
    made = decision(world.case().request_sha256, day=date(2026, 11, 23))
    content = {"decision_sha256": made.sha256, "round": 1, "text": ""}
    early = replace(world.case(), decision=None)
    signature = signed(
        "approved",
        content,
        case=early.id,
        round_number=1,
        decision_sha256=made.sha256,
        log_size=world.docket.size,
        by=by("cms/privacy"),
    )
    world.decide()
    assert world.case().decision_sha256 == made.sha256
    refused(world, world.entry(Event("approved", {**content, "signature": signature}, CASE)), "signed before")
    world.approve("cms/privacy")


def test_each_verb_has_its_own_namespace() -> None:
    assert len({namespace(verb) for verb in Verb}) == len(Verb)


# --- who counts -----------------------------------------------------------------------------------------------------


def by_hand(world: World, kind: str, content: dict[str, Any], person: str, case_id: str = CASE) -> Entry:
    """A truly signed event that the commands would not have made."""
    return world.entry(in_case(kind, content, case=world.case(case_id), log_size=world.docket.size, by=by(person)))


def vote_content(world: World, case_id: str = CASE) -> dict[str, Any]:
    case = world.case(case_id)
    return {"decision_sha256": case.decision_sha256, "round": case.round, "text": ""}


@pytest.mark.parametrize("person", ["hhs-oig/counsel", "hhs-oig/inspector"])
def test_the_askers_organisation_cannot_approve_even_with_true_signatures(world: World, person: str) -> None:
    refused(world, by_hand(world, "approved", vote_content(world), person), "asker's own organisation")
    refused(world, by_hand(world, "rejected", vote_content(world), person), "asker's own organisation")


def test_the_asker_cannot_approve_in_another_role() -> None:
    world = World()
    case = world.file("Our own people", "ca-dhcs/origin")
    world.decide(case)
    for person in ("ca-dhcs/origin", "ca-dhcs/counsel"):
        refused(world, by_hand(world, "approved", vote_content(world, case), person, case), "asker's own organisation")
    world.approve("cms/privacy", case)
    world.approve("il-hfs/origin", case)
    assert world.case(case).agreed


def test_a_person_without_the_role_cannot_sign(world: World) -> None:
    refused(world, by_hand(world, "approved", vote_content(world), "hhs-oig/analyst"), "may approve")
    refused(world, by_hand(world, "directed", {"text": "Release."}, "cms/counsel"), "may direct")
    at = world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No."))
    for person in ("ca-dhcs/counsel", "cms/official", "cms/steward"):
        refused(world, by_hand(world, "answered", {"objection": at, "text": "Fine."}, person), "may answer")
    world.do(answer(world.docket, CASE, by=by("cms/counsel"), objection=at, text="Counts only."))


def test_a_vote_by_a_role_that_does_not_review_is_recorded_and_does_not_count(world: World) -> None:
    world.enter(by_hand(world, "approved", vote_content(world), "cms/steward"))
    world.approve("il-hfs/origin")
    assert [vote.person for vote in world.case().approvals] == ["il-hfs/origin"]
    world.enter(by_hand(world, "rejected", vote_content(world), "cms/steward"))
    world.approve("cms/privacy")
    assert world.case().agreed


def test_one_organisation_twice_and_one_person_twice_are_no_quorum(world: World) -> None:
    world.approve("cms/privacy")
    world.enter(by_hand(world, "approved", vote_content(world), "cms/privacy"))
    assert len(world.case().approvals) == 1
    world.approve("cms/counsel")
    assert not world.case().agreed
    with pytest.raises(EvidenceError, match="cannot follow"):
        fold([released_by_hand(world)], world.docket)
    world.approve("ca-dhcs/counsel")
    world.enter(released_by_hand(world))


def test_a_quorum_of_one_organisation_cannot_be_recorded() -> None:
    for weak, match in (
        (Quorum(roles=("counsel",), organisations=1, approvals=1), "organisations"),
        (Quorum(roles=("requester",), organisations=2, approvals=2), "may not approve"),
    ):
        world = World()
        world.file()
        world.decide()
        entry = world.entries[-1]
        assert entry.content is not None
        quorum = {"roles": list(weak.roles), "organisations": weak.organisations, "approvals": weak.approvals}
        again = replace(entry, index=entry.index + 1, content={**entry.content, "round": 2, "quorum": quorum})
        refused(world, again, match)
        world.decide(quorum=QUORUM)


def test_a_vote_of_the_asker_would_not_count_even_if_it_stood_in_the_log(world: World) -> None:
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    case = world.case()
    assert len(case.approvals) == 2
    turned = replace(case, requester="il-hfs/analyst")
    assert [vote.person for vote in turned.approvals] == ["cms/privacy"]
    assert obstacles(turned) != ()


def test_a_truly_signed_vote_on_another_decision_is_refused(world: World) -> None:
    content = vote_content(world)
    refused(
        world, by_hand(world, "approved", {**content, "decision_sha256": "00" * 32}, "cms/privacy"), "another decision"
    )
    refused(world, by_hand(world, "approved", {**content, "round": 2}, "cms/privacy"), "another decision")
    world.enter(by_hand(world, "approved", content, "cms/privacy"))


def test_a_role_that_the_quorum_names_blocks_too(world: World) -> None:
    at = world.do(object_(world.docket, CASE, by=by("cms/steward"), grounds="note", text="No."))
    assert not world.case().objections[0].blocking
    world.decide(quorum=Quorum(roles=("counsel", "steward"), organisations=2, approvals=2))
    world.do(object_(world.docket, CASE, by=by("cms/steward"), grounds="note", text="No."))
    assert [each.blocking for each in world.case().objections] == [False, True]
    assert world.case().objections[0].index == at


# --- objections -----------------------------------------------------------------------------------------------------


def test_an_objection_cannot_be_left_out(world: World) -> None:
    world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No."))
    world.approve("cms/privacy")
    hidden = [entry for entry in world.entries if entry.kind != "objected"]
    with pytest.raises(EvidenceError, match="stands where entry"):
        fold(hidden)
    renumbered = [replace(entry, index=index) for index, entry in enumerate(hidden)]
    with pytest.raises(EvidenceError, match="longer than this place"):
        fold(renumbered)
    assert fold(world.entries) == world.docket


def test_an_answer_cannot_be_invented_or_turned(world: World) -> None:
    first = world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No."))
    honest = answer(world.docket, CASE, by=by("cms/counsel"), objection=first, text="Counts only.")
    second = world.do(object_(world.docket, CASE, by=by("il-hfs/origin"), grounds="scope", text="No."))
    refused(world, world.entry(changed(honest, objection=second)), "does not match the message")
    refused(world, by_hand(world, "answered", {"objection": 1, "text": "Fine."}, "cms/counsel"), "does not have")
    world.do(honest)
    again = by_hand(world, "answered", {"objection": first, "text": "Better."}, "cms/privacy")
    refused(world, again, "was answered")
    blind = {"objection": second, "text": "Fine."}
    event = in_case("answered", blind, case=world.case(), log_size=second, by=by("cms/privacy"))
    refused(world, world.entry(event), "signed before")
    world.do(answer(world.docket, CASE, by=by("cms/privacy"), objection=second, text="Counts only."))
    assert world.case().unanswered == ()


def released_by_hand(world: World, **changes: Any) -> Entry:
    """A release entered past the commands, as the gateway's operator could."""
    case = world.case()
    agreed = replace(case, state=State.AGREED)
    event = released(replace(world.docket, cases={CASE: agreed}))
    return world.entry(event._replace(content={**event.content, **changes}))


def test_nothing_is_released_before_agreement(world: World) -> None:
    refused(world, released_by_hand(world), "cannot follow")
    world.approve("cms/privacy")
    refused(world, released_by_hand(world), "cannot follow")
    world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No."))
    world.approve("il-hfs/origin")
    refused(world, released_by_hand(world), "cannot follow")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"round": 2}, "another decision"),
        ({"decision_sha256": "00" * 32}, "another decision"),
        ({"form": "identified"}, "another form"),
        ({"objections": []}, "every objection"),
        ({"objections": [3, 4]}, "every objection"),
        ({"recipients": [{"organisation": "dhs", "person": "adviser", "age_key": "age1other"}]}, "other recipients"),
        ({"witnesses": "witnessed"}, "known words"),
        ({"rows": 1.5}, "whole number"),
    ],
)
def test_a_release_is_what_was_agreed(world: World, changes: dict[str, Any], match: str) -> None:
    at = world.do(object_(world.docket, CASE, by=by("hhs-oig/inspector"), grounds="note", text="For the record."))
    assert at == 3
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    refused(world, released_by_hand(world, **changes), match)
    world.enter(released_by_hand(world))
    again = released_by_hand(world)
    refused(world, again, "cannot follow")


def test_the_accounting_is_that_of_the_release(world: World) -> None:
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    world.release()
    world.do(gateway_events.delivered(world.docket, CASE, package_sha256="55" * 32, size_bytes=2000))
    honest = gateway_events.accounted(world.docket, CASE)
    refused(world, world.entry(changed(honest, accounting_sha256="00" * 32)), "other persons")
    world.do(honest)


# --- the gateway's own entries --------------------------------------------------------------------------------------


def test_a_decision_by_another_pack_is_refused(world: World) -> None:
    made = replace(
        decision(world.case().request_sha256, day=world.today),
        pack=replace(decision("", day=world.today).pack, sha256="ff" * 32),
    )
    honest = world.entries[-1]
    assert honest.content is not None
    summary = {
        **honest.content["decision"],
        "pack": {"name": made.pack.name, "version": "1", "sha256": made.pack.sha256},
    }
    entry = replace(honest, index=world.docket.size, content={**honest.content, "round": 2, "decision": summary})
    refused(world, entry, "another policy pack")
    world.decide()


def test_a_decision_that_permits_names_its_form(world: World) -> None:
    honest = world.entries[-1]
    assert honest.content is not None
    for form in (None, "refusal"):
        summary = {**honest.content["decision"], "form": form}
        entry = replace(honest, index=world.docket.size, content={**honest.content, "round": 2, "decision": summary})
        refused(world, entry, "without a form")


def test_a_data_set_is_the_gateways_to_record(world: World) -> None:
    content = {"name": "n", "version": "1", "catalogue_sha256": "00" * 32, "persons_at_least": 0, "confirmed": True}
    honest = world.entry(Event("dataset", content, None))
    refused(world, replace(honest, actor="cms/steward"), "recorded by the gateway")
    refused(world, replace(honest, case=CASE), "recorded by the gateway")
    world.enter(honest)


def test_rounds_follow_one_another(world: World) -> None:
    honest = world.entries[-1]
    assert honest.content is not None
    for number in (1, 3):
        entry = replace(honest, index=world.docket.size, content={**honest.content, "round": number})
        refused(world, entry, "opens round")


def test_a_refusal_must_rest_on_the_present_real_decision(world: World) -> None:
    content = {"decision_sha256": world.case().decision_sha256, "because": []}
    event = Event("refused", content, CASE)
    refused(world, world.entry(event), "refuses what is permitted")
    world.decide(verdict=Verdict.FORBIDDEN, day=date(2025, 6, 10))
    content = {"decision_sha256": world.case().decision_sha256, "because": []}
    refused(world, world.entry(Event("refused", content, CASE)), "hypothetical")
    refused(world, world.entry(event), "another decision")
    world.decide(verdict=Verdict.FORBIDDEN)
    refused(world, world.entry(gateway_events.refused(world.docket, CASE), actor="cms/official"), "gateway's to write")
    world.do(gateway_events.refused(world.docket, CASE))


def test_a_hypothetical_decision_is_never_agreed_even_with_true_votes(world: World) -> None:
    world.decide(day=date(2026, 1, 7))
    for person in ("cms/privacy", "il-hfs/origin"):
        world.enter(by_hand(world, "approved", vote_content(world), person))
    assert len(world.case().approvals) == 2
    assert not world.case().agreed
    refused(world, released_by_hand(world), "cannot follow")


@pytest.mark.parametrize("verdict", [Verdict.FORBIDDEN, Verdict.CONDITIONAL])
def test_what_is_not_permitted_is_never_agreed_even_with_true_votes_and_a_directive(
    world: World, verdict: Verdict
) -> None:
    world.decide(verdict=verdict)
    world.do(direct(world.docket, CASE, by=by("cms/official"), text="Release."))
    for person in ("cms/privacy", "il-hfs/origin"):
        world.enter(by_hand(world, "approved", vote_content(world), person))
    assert not world.case().agreed


def test_a_fact_cannot_be_turned_into_another(world: World) -> None:
    honest = attest(world.docket, CASE, by=by("cms/privacy"), fact="notice-published", roles=FACT_ROLES)
    refused(world, world.entry(changed(honest, fact="agreement-in-force")), "does not match the message")
    refused(world, world.entry(changed(honest, value=False)), "not true")
    world.do(honest)
    again = by_hand(world, "fact", {"fact": "notice-published", "value": True, "text": ""}, "cms/counsel")
    refused(world, again, "holds already")


# --- the log as a whole ---------------------------------------------------------------------------------------------


def test_entries_are_numbered_and_time_runs_forward(world: World) -> None:
    honest = world.entry(an_approval(world), at=world.entries[-1].at)
    refused(world, replace(honest, index=honest.index + 1), "stands where entry")
    refused(world, replace(honest, at="2026-11-22T00:00:00Z"), "dated before")
    for time in ("2026-11-23", "2026-13-45T00:00:00Z", "2026-11-24T00:00:00+00:00", ""):
        refused(world, replace(honest, at=time), "not UTC in whole seconds")
    refused(world, replace(honest, content=None), "no body")
    world.enter(honest)


def test_a_filing_takes_the_next_number_and_its_own_signature(world: World) -> None:
    first = world.entries[1]
    assert first.content is not None
    refused(world, replace(first, index=world.docket.size, at=world.now), "number is next")
    refused(world, replace(first, index=world.docket.size, at=world.now, case="2026-0002"), "filed before")
    elsewhere = World()
    for change, match in (
        ({"request_sha256": "00" * 32}, "does not match its digest"),
        ({"request": {**first.content["request"], "title": "Everything"}}, "does not match its digest"),
    ):
        refused(elsewhere, replace(first, content={**first.content, **change}), match)
    for document, person, match in (
        ({**first.content["request"], "custodian": "ca-dhcs"}, "hhs-oig/analyst", "another custodian"),
        (first.content["request"], "ca-dhcs/origin", "requester whom the request names"),
        ({**first.content["request"], "requester": None}, "ca-dhcs/origin", "requester whom the request names"),
    ):
        content = {"request": document, "request_sha256": digest(document)}
        signature = signed("filed", content, case=CASE, log_size=1, by=by(person))
        refused(elsewhere, elsewhere.entry(Event("filed", {**content, "signature": signature}, CASE)), match)
    refused(elsewhere, replace(first, case="2026-0007"), "number is next")
    refused(elsewhere, replace(first, case=None), "names no case")
    elsewhere.enter(first)
