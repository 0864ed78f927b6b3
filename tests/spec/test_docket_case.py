"""One whole case, and each promise of the docket in a worked example."""

from datetime import date

import pytest
from docket_world import CASE, FACT_ROLES, PEOPLE, World, by, genesis, key, person_row, released, request

from modicum.docket import gateway_events
from modicum.docket.commands import KeySigner, answer, approve, attest, direct, enrol, file_request, object_, reject
from modicum.model.dataset import Dataset
from modicum.model.decision import Verdict
from modicum.model.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    OutstandingError,
)
from modicum_verify.case_state import Quorum
from modicum_verify.fold import Docket, fold
from modicum_verify.moves import State


@pytest.fixture
def world() -> World:
    made = World()
    made.file()
    return made


def test_a_case_from_filing_to_accounting() -> None:
    world = World()
    assert world.file() == CASE
    assert world.case().state is State.FILED
    assert world.case().whose_turn == "gateway: decide"
    assert world.case().why_not_agreed == ("No decision has been made yet.",)
    world.decide()
    assert world.case().state is State.DECIDED
    assert world.case().why_not_agreed == (
        "0 of 2 approvals, from 0 of 2 organisations.",
        "Approval is missing by: privacy_officer.",
    )
    assert world.case().whose_turn == "privacy_officer: approve, reject or object"
    world.approve("cms/privacy")
    assert world.case().state is State.IN_REVIEW
    world.approve("il-hfs/origin")
    assert world.case().state is State.AGREED
    assert world.case().agreed
    assert world.case().why_not_agreed == ()
    assert [vote.person for vote in world.case().approvals] == ["cms/privacy", "il-hfs/origin"]
    at = world.release()
    assert world.case().state is State.LOGGED
    assert not world.case().agreed
    world.do(gateway_events.delivered(world.docket, CASE, package_sha256="55" * 32, size_bytes=2000))
    world.do(gateway_events.accounted(world.docket, CASE))
    case = world.case()
    assert case.state is State.ACCOUNTED
    assert case.release is not None
    assert (case.release.index, case.release.accounted) == (at, True)
    assert case.why_not_agreed == (f"The case was released in entry {at}.",)
    assert [item.kind for item in case.timeline] == [
        "filed",
        "decided",
        "approved",
        "approved",
        "released",
        "delivered",
        "accounted",
    ]
    assert fold(world.entries) == world.docket


def test_folding_on_gives_what_folding_at_once_gives(world: World) -> None:
    world.agreed()
    for cut in range(len(world.entries)):
        assert fold(world.entries[cut:], fold(world.entries[:cut])) == world.docket


def test_an_empty_log_gives_an_empty_docket() -> None:
    assert fold([]) == Docket()


def test_case_numbers_run_within_the_year(world: World) -> None:
    assert world.file("another") == "2026-0002"
    assert world.file("a third", "ca-dhcs/origin") == "2026-0003"
    event = file_request(world.docket, request("next year"), by=by("hhs-oig/analyst"), year=2027)
    assert event.case == "2027-0001"


def test_the_same_request_is_filed_once(world: World) -> None:
    with pytest.raises(ConflictError, match=CASE):
        file_request(world.docket, request(), by=by("hhs-oig/analyst"), year=2026)


def test_only_the_named_requester_files() -> None:
    world = World()
    with pytest.raises(NotPermittedError, match="may not file a request of"):
        file_request(world.docket, request(), by=by("ca-dhcs/origin"), year=2026)
    with pytest.raises(NotPermittedError, match="only requester"):
        file_request(world.docket, request(requester="cms/counsel"), by=by("cms/counsel"), year=2026)
    with pytest.raises(NotPermittedError, match="not enrolled"):
        file_request(world.docket, request(requester="hhs-oig/nobody"), by=by("hhs-oig/nobody"), year=2026)
    impostor = KeySigner("hhs-oig/analyst", key("somebody else"))
    with pytest.raises(NotPermittedError, match="key given is not"):
        file_request(world.docket, request(), by=impostor, year=2026)


def test_one_organisation_alone_never_agrees(world: World) -> None:
    world.decide()
    world.approve("cms/privacy")
    world.approve("cms/counsel")
    assert world.case().state is State.IN_REVIEW
    assert world.case().why_not_agreed == ("2 of 2 approvals, from 1 of 2 organisations.",)
    assert world.case().whose_turn == "reviewers of another organisation: approve, reject or object"
    world.approve("il-hfs/origin")
    assert world.case().agreed


def test_every_role_of_the_quorum_must_be_among_those_who_approve(world: World) -> None:
    world.decide(quorum=Quorum(roles=("privacy_officer", "counsel"), organisations=2, approvals=2))
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert world.case().why_not_agreed == ("Approval is missing by: counsel.",)
    world.approve("ca-dhcs/counsel")
    assert world.case().agreed
    world.decide(quorum=Quorum(roles=("privacy_officer",), organisations=2, approvals=3))
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert world.case().why_not_agreed == ("2 of 3 approvals, from 2 of 2 organisations.",)
    world.approve("cms/counsel")
    assert world.case().agreed
    world.decide(quorum=Quorum(roles=("privacy_officer",), organisations=3, approvals=2))
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert not world.case().agreed
    world.approve("ca-dhcs/counsel")
    assert world.case().agreed


def test_the_askers_organisation_never_counts(world: World) -> None:
    world.decide()
    with pytest.raises(NotPermittedError, match="asker's own organisation"):
        approve(world.docket, CASE, by=by("hhs-oig/counsel"))
    with pytest.raises(NotPermittedError, match="only"):
        approve(world.docket, CASE, by=by("hhs-oig/analyst"))


def test_who_does_not_review_this_case_does_not_vote(world: World) -> None:
    world.decide()
    with pytest.raises(NotPermittedError, match="does not review"):
        approve(world.docket, CASE, by=by("cms/steward"))


def test_a_vote_can_change_but_not_repeat(world: World) -> None:
    world.decide()
    world.approve("cms/privacy")
    with pytest.raises(ConflictError, match="already"):
        approve(world.docket, CASE, by=by("cms/privacy"))
    world.do(reject(world.docket, CASE, by=by("cms/privacy"), text="too wide"))
    assert world.case().approvals == ()
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert world.case().agreed
    world.do(reject(world.docket, CASE, by=by("ca-dhcs/counsel"), text="on reflection"))
    assert world.case().state is State.IN_REVIEW
    assert world.case().why_not_agreed == (f"ca-dhcs/counsel rejects it (entry {len(world.entries) - 1}).",)
    with pytest.raises(InvalidInputError, match="reason"):
        reject(world.docket, CASE, by=by("cms/counsel"), text=" ")


def test_a_new_decision_resets_the_votes(world: World) -> None:
    world.agreed()
    world.decide()
    assert world.case().state is State.DECIDED
    assert world.case().approvals == ()
    assert len(world.case().votes) == 2
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert world.case().agreed


def test_a_fact_waits_for_a_new_decision_and_resets_the_votes(world: World) -> None:
    world.decide(verdict=Verdict.CONDITIONAL)
    assert world.case().why_not_agreed[0] == "Conditions are outstanding: agreement-in-force."
    with pytest.raises(OutstandingError, match="agreement-in-force"):
        approve(world.docket, CASE, by=by("cms/privacy"))
    fact = {"fact": "agreement-in-force", "roles": FACT_ROLES}
    with pytest.raises(NotPermittedError, match="policy pack names"):
        attest(world.docket, CASE, by=by("il-hfs/origin"), **fact)
    with pytest.raises(NotFoundError, match="knows no fact"):
        attest(world.docket, CASE, by=by("cms/counsel"), fact="whatever", roles=FACT_ROLES)
    at = world.do(attest(world.docket, CASE, by=by("cms/counsel"), text="signed 2026-11-01", **fact))
    case = world.case()
    assert case.state is State.FILED
    assert (case.facts["agreement-in-force"].person, case.facts["agreement-in-force"].index) == ("cms/counsel", at)
    assert case.why_not_agreed == ("A fact was attested since the last decision; a new one is due.",)
    with pytest.raises(ConflictError, match="was attested by"):
        attest(world.docket, CASE, by=by("cms/privacy"), **fact)
    with pytest.raises(ConflictError, match="is filed"):
        approve(world.docket, CASE, by=by("cms/privacy"))
    world.agreed()
    assert world.case().agreed
    world.do(attest(world.docket, CASE, by=by("cms/privacy"), fact="notice-published", roles=FACT_ROLES))
    assert world.case().approvals == ()


def test_an_objection_by_an_origin_blocks_until_answered_and_voted_on_afresh(world: World) -> None:
    world.agreed()
    at = world.do(
        object_(
            world.docket,
            CASE,
            by=by("ca-dhcs/origin"),
            grounds="42 CFR 431.300",
            text="No.",
            strata={"origin_state": "CA"},
        )
    )
    assert world.case().state is State.IN_REVIEW
    assert world.case().objections[0].blocking
    assert world.case().why_not_agreed == (f"The objection of ca-dhcs/origin (entry {at}) is not answered.",)
    assert world.case().whose_turn == "counsel or privacy_officer of the custodian: answer the objection"
    with pytest.raises(OutstandingError, match="is not answered"):
        released(world.docket)
    with pytest.raises(NotPermittedError, match="people of the custodian"):
        answer(world.docket, CASE, by=by("ca-dhcs/counsel"), objection=at, text="fine")
    with pytest.raises(NotPermittedError):
        answer(world.docket, CASE, by=by("cms/official"), objection=at, text="fine")
    with pytest.raises(NotFoundError, match=f"its objections are: {at}"):
        answer(world.docket, CASE, by=by("cms/counsel"), objection=1, text="fine")
    world.do(answer(world.docket, CASE, by=by("cms/counsel"), objection=at, text="Counts only; no person is shown."))
    assert world.case().approvals == ()
    assert not world.case().agreed
    with pytest.raises(ConflictError, match="was answered"):
        answer(world.docket, CASE, by=by("cms/privacy"), objection=at, text="again")
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert world.case().agreed
    world.release()
    assert world.case().releases[0].content["objections"] == [at]


def test_an_approval_made_before_the_answer_does_not_count(world: World) -> None:
    world.decide()
    at = world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No."))
    world.approve("cms/privacy")
    world.approve("il-hfs/origin")
    assert not world.case().agreed
    held = approve(world.docket, CASE, by=by("cms/counsel"))  # signed now, entered after the answer
    world.do(answer(world.docket, CASE, by=by("cms/privacy"), objection=at, text="Counts only."))
    world.do(held)
    assert world.case().approvals == ()
    world.approve("il-hfs/origin")
    world.approve("cms/privacy")
    assert world.case().agreed


def test_an_objection_by_others_is_recorded_only(world: World) -> None:
    world.agreed()
    world.do(object_(world.docket, CASE, by=by("hhs-oig/inspector"), grounds="note", text="For the record."))
    assert world.case().agreed
    assert not world.case().objections[0].blocking


def test_a_directive_is_recorded_and_lifts_nothing(world: World) -> None:
    world.decide(verdict=Verdict.FORBIDDEN)
    before = world.case()
    world.do(
        direct(world.docket, CASE, by=by("cms/official"), text="Release by 17:54.", deadline="2026-11-23T17:54:00Z")
    )
    after = world.case()
    assert (after.state, after.why_not_agreed) == (before.state, before.why_not_agreed)
    assert after.directives[0].person == "cms/official"
    with pytest.raises(NotPermittedError, match="only accountable_official"):
        direct(world.docket, CASE, by=by("cms/counsel"), text="Release.")
    with pytest.raises(NotPermittedError, match="no approval can lift"):
        approve(world.docket, CASE, by=by("cms/privacy"))


def test_a_refused_case_still_hears_objections_and_directives(world: World) -> None:
    world.decide(verdict=Verdict.FORBIDDEN)
    world.do(gateway_events.refused(world.docket, CASE))
    assert world.case().state is State.REFUSED
    assert world.case().refusal is not None
    at = world.do(
        object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="It should not have been asked.")
    )
    world.do(answer(world.docket, CASE, by=by("cms/counsel"), objection=at, text="It was refused."))
    world.do(direct(world.docket, CASE, by=by("cms/official"), text="Release all the same."))
    assert world.case().state is State.REFUSED
    assert world.case().why_not_agreed == ("The case was refused.",)
    for event in (approve, gateway_events.delivered):
        with pytest.raises(ConflictError, match="has ended"):
            event(
                world.docket,
                CASE,
                **({"by": by("cms/privacy")} if event is approve else {"package_sha256": "", "size_bytes": 1}),
            )
    with pytest.raises(ConflictError, match="cannot be released"):
        released(world.docket)
    with pytest.raises(ConflictError):
        attest(world.docket, CASE, by=by("cms/counsel"), fact="agreement-in-force", roles=FACT_ROLES)


def test_what_is_permitted_is_refused_only_when_somebody_rejects_it(world: World) -> None:
    world.decide()
    with pytest.raises(ConflictError, match="does not refuse"):
        gateway_events.refused(world.docket, CASE)
    world.do(reject(world.docket, CASE, by=by("cms/privacy"), text="too wide"))
    world.do(gateway_events.refused(world.docket, CASE))
    assert world.case().ended


def test_a_hypothetical_decision_agrees_to_nothing_and_refuses_nothing(world: World) -> None:
    world.decide(day=date(2025, 6, 10))
    assert world.case().decision is not None
    assert world.case().decision.hypothetical
    with pytest.raises(ConflictError, match="hypothetical"):
        approve(world.docket, CASE, by=by("cms/privacy"))
    world.decide(verdict=Verdict.FORBIDDEN, day=date(2025, 8, 13))
    with pytest.raises(ConflictError, match="does not refuse"):
        gateway_events.refused(world.docket, CASE)


def test_an_aborted_release_can_be_made_anew(world: World) -> None:
    world.agreed()
    with pytest.raises(ConflictError, match="cannot be aborted"):
        gateway_events.aborted(world.docket, CASE, reason="crash")
    world.release()
    with pytest.raises(ConflictError, match="cannot be released"):
        released(world.docket)
    world.do(gateway_events.aborted(world.docket, CASE, reason="the disk was full"))
    assert world.case().agreed
    assert world.case().release is None
    world.release()
    world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="Late, but no."))
    world.do(gateway_events.aborted(world.docket, CASE, reason="interrupted"))
    assert world.case().state is State.IN_REVIEW
    assert len(world.case().releases) == 2


def test_a_person_and_an_organisation_join_by_two_founding_organisations_and_their_own_key(world: World) -> None:
    organisation = {"id": "wa-hca", "kind": "state_medicaid_agency", "name": "Washington", "state": "WA"}
    person = person_row("wa-hca/origin", ["origin"])
    sponsors = [by("cms/counsel"), by("ca-dhcs/origin")]
    new = by("wa-hca/origin")
    for lacking in ([*sponsors], [sponsors[0], by("cms/privacy"), new], [sponsors[0], by("il-hfs/origin"), new]):
        with pytest.raises(NotPermittedError, match="two founding organisations"):
            enrol(world.docket, person=person, organisation=organisation, signers=lacking)
    with pytest.raises(InvalidInputError, match="not enrolled"):
        enrol(world.docket, person=person, signers=[*sponsors, new])
    world.do(enrol(world.docket, person=person, organisation=organisation, signers=[*sponsors, new]))
    assert world.docket.roster.organisations["wa-hca"].state == "WA"
    assert world.docket.roster.people["wa-hca/origin"].roles == {"origin"}
    with pytest.raises(ConflictError, match="enrolled already"):
        enrol(world.docket, person=person, signers=[*sponsors, new])
    world.decide()
    world.approve("cms/privacy")
    world.approve("wa-hca/origin")
    assert world.case().agreed


def test_one_key_stands_for_one_person(world: World) -> None:
    person = {**person_row("il-hfs/second", ["counsel"]), "public_key": person_row("cms/privacy", [])["public_key"]}
    twin = KeySigner("il-hfs/second", key("cms/privacy"))
    with pytest.raises(InvalidInputError, match="stands, or stood, for somebody"):
        enrol(world.docket, person=person, signers=[by("cms/counsel"), by("ca-dhcs/origin"), twin])


def test_genesis_needs_founders_of_two_organisations() -> None:
    with pytest.raises(InvalidInputError, match="two organisations"):
        genesis(founders={person: key(person) for person in ("cms/privacy", "cms/counsel")})
    with pytest.raises(InvalidInputError, match="custodian"):
        genesis(custodian="nobody")
    with pytest.raises(InvalidInputError, match=r"people\[0\].roles"):
        genesis(people=[person_row("cms/privacy", ["king"]), person_row("ca-dhcs/origin", ["origin"])])


def test_a_key_line_may_carry_a_comment() -> None:
    people = [person_row(handle, roles) for handle, roles in PEOPLE.items()]
    people[0]["public_key"] += " privacy@cms"
    event = genesis(people=people)
    assert event.content["people"][0]["public_key"] == person_row("cms/privacy", [])["public_key"]


@pytest.mark.parametrize(("persons", "told"), [(0, 0), (99, 0), (100, 100), (20_001, 10_000), (9_999_999, 1_000_000)])
def test_a_data_set_is_recorded_without_its_exact_size(persons: int, told: int) -> None:
    world = World()
    registered = Dataset(
        name="enrolment",
        version="1",
        confirmed=True,
        tables=(),
        columns=(),
        strata_sources=(),
        strata=(),
        persons=persons,
    )
    world.do(gateway_events.dataset(registered))
    assert world.docket.datasets["enrolment"].persons_at_least == told


def test_unknown_cases_and_malformed_texts(world: World) -> None:
    with pytest.raises(NotFoundError, match="2026-0009"):
        approve(world.docket, "2026-0009", by=by("cms/privacy"))
    with pytest.raises(InvalidInputError, match=r"objected\.grounds"):
        object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="two\nlines", text="No.")
    with pytest.raises(InvalidInputError, match=r"objected\.text"):
        object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="  ")


def test_a_signer_does_not_show_its_key() -> None:
    assert repr(by("cms/privacy")) == "KeySigner('cms/privacy')"
