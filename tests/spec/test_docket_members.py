"""Withdrawal, new keys and revocation: who may, what stands, and what nobody can do with an old key."""

from dataclasses import replace

import pytest
from docket_world import CASE, World, by, key, person_row

from modicum.docket.commands import KeySigner, approve, enrol, object_, revoke, rotate, withdraw
from modicum.model.errors import ConflictError, InvalidInputError, NotFoundError, NotPermittedError
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import fold
from modicum_verify.moves import State

NEW = key("a new key")
SPONSORS = ("cms/privacy", "ca-dhcs/origin")


@pytest.fixture
def world() -> World:
    world = World()
    world.file()
    return world


def renewed(world: World, person: str = "cms/privacy") -> KeySigner:
    signer = KeySigner(person, NEW)
    world.do(rotate(world.docket, person, new=signer, others=[by(person)], text="the old laptop is gone"))
    return signer


@pytest.mark.parametrize("until", ["filed", "decided", "in_review", "agreed"])
def test_the_asker_withdraws_in_every_open_state_and_the_record_stays(world: World, until: str) -> None:
    if until != "filed":
        world.decide()
    if until == "in_review":
        world.approve("cms/privacy")
    if until == "agreed":
        world.agreed()
    assert str(world.case().state) == until
    world.do(withdraw(world.docket, CASE, by=by("hhs-oig/analyst"), text="a smaller request follows"))
    case = world.case()
    assert (case.state, case.ended, case.agreed, case.whose_turn) == (State.WITHDRAWN, True, False, "")
    assert case.why_not_agreed == ("The asker has withdrawn it.",)
    assert case.withdrawal is not None
    assert case.withdrawal.person == "hhs-oig/analyst"
    world.do(object_(world.docket, CASE, by=by("il-hfs/origin"), grounds="still", text="we object all the same"))
    with pytest.raises(ConflictError):
        approve(world.docket, CASE, by=by("cms/privacy"))
    with pytest.raises(ConflictError):
        withdraw(world.docket, CASE, by=by("hhs-oig/analyst"), text="again")


@pytest.mark.parametrize("person", ["ca-dhcs/origin", "cms/official", "hhs-oig/counsel"])
def test_nobody_else_withdraws(world: World, person: str) -> None:
    with pytest.raises(NotPermittedError):
        withdraw(world.docket, CASE, by=by(person), text="away with it")


def test_a_withdrawal_says_why_and_never_follows_a_release(world: World) -> None:
    with pytest.raises(InvalidInputError):
        withdraw(world.docket, CASE, by=by("hhs-oig/analyst"), text=" ")
    world.agreed()
    world.release()
    with pytest.raises(ConflictError):
        withdraw(world.docket, CASE, by=by("hhs-oig/analyst"), text="too late")


def test_the_new_key_signs_and_the_old_one_no_more_while_its_votes_stand(world: World) -> None:
    world.decide()
    world.approve("cms/privacy")
    new = renewed(world)
    assert [vote.person for vote in world.case().approvals] == ["cms/privacy"]
    with pytest.raises(NotPermittedError, match="not the one enrolled"):
        object_(world.docket, CASE, by=by("cms/privacy"), grounds="x", text="with the old key")
    world.do(object_(world.docket, CASE, by=new, grounds="x", text="with the new key"))


def test_an_event_signed_with_a_replaced_key_is_broken_evidence(world: World) -> None:
    stale = object_(world.docket, CASE, by=by("cms/privacy"), grounds="x", text="kept back")
    renewed(world)
    with pytest.raises(EvidenceError, match="key that is not the signer's"):
        world.do(stale)


def test_a_lost_key_is_replaced_by_two_founding_organisations(world: World) -> None:
    new = KeySigner("il-hfs/origin", NEW)
    with pytest.raises(NotPermittedError):
        rotate(world.docket, "il-hfs/origin", new=new, others=[by("cms/privacy")])
    with pytest.raises(NotPermittedError):
        rotate(world.docket, "il-hfs/origin", new=new, others=[by("cms/privacy"), by("cms/counsel")])
    world.do(rotate(world.docket, "il-hfs/origin", new=new, others=[by(each) for each in SPONSORS]))
    assert world.docket.roster.people["il-hfs/origin"].public_key == NEW.public_key


def test_nobody_is_a_sponsor_of_their_own_lost_key(world: World) -> None:
    new = KeySigner("cms/privacy", NEW)
    with pytest.raises(NotPermittedError):
        rotate(world.docket, "cms/privacy", new=new, others=[by("ca-dhcs/origin"), by("ca-dhcs/counsel")])


@pytest.mark.parametrize("taken", ["cms/counsel", "cms/privacy"])
def test_a_key_that_stands_or_stood_for_somebody_is_nobodys_new_key(world: World, taken: str) -> None:
    renewed(world)  # the old key of cms/privacy stood for them
    with pytest.raises(ConflictError):
        rotate(world.docket, "il-hfs/origin", new=KeySigner("il-hfs/origin", key(taken)), others=[by("il-hfs/origin")])
    row = {**person_row("il-hfs/scholar", ["requester"]), "public_key": key(taken).public_key}
    signers = [KeySigner("cms/privacy", NEW), by("ca-dhcs/origin"), KeySigner("il-hfs/scholar", key(taken))]
    with pytest.raises(InvalidInputError, match="stands, or stood"):
        enrol(world.docket, person=row, signers=signers)


@pytest.mark.parametrize(
    "change", ["no new signature", "no old signature", "another key", "another person", "twice the new"]
)
def test_a_forged_rotation_is_refused_by_the_fold(world: World, change: str) -> None:
    """Whoever writes the log, without the people's keys, cannot put a key of their own in somebody's place."""
    event = rotate(world.docket, "cms/counsel", new=KeySigner("cms/counsel", NEW), others=[by("cms/counsel")])
    old, new = event.content["signatures"]
    content = dict(event.content)
    match change:
        case "no new signature":
            content["signatures"] = [old, old]
        case "no old signature":
            content["signatures"] = [new, {**new, "person": "cms/counsel"}]
        case "another key":
            content["public_key"] = key("the thief").public_key
        case "another person":
            content["person"] = "cms/official"
        case "twice the new":
            content["signatures"] = [new, new]
    with pytest.raises(EvidenceError):
        fold([replace(world.entry(event), content=content)], world.docket)
    fold([world.entry(event)], world.docket)  # the control


def test_a_revoked_person_signs_nothing_and_what_they_signed_stands(world: World) -> None:
    world.decide()
    world.approve("il-hfs/origin")
    world.do(revoke(world.docket, "il-hfs/origin", signers=[by(each) for each in SPONSORS], text="left"))
    assert not world.docket.roster.people["il-hfs/origin"].active
    assert [vote.person for vote in world.case().approvals] == ["il-hfs/origin"]
    with pytest.raises(NotPermittedError, match="not enrolled"):
        object_(world.docket, CASE, by=by("il-hfs/origin"), grounds="x", text="still here")
    with pytest.raises(NotFoundError):
        revoke(world.docket, "il-hfs/origin", signers=[by(each) for each in SPONSORS], text="again")


@pytest.mark.parametrize(
    "signers",
    [
        ("cms/privacy",),
        ("cms/privacy", "cms/counsel"),
        ("cms/privacy", "il-hfs/origin"),
        ("cms/privacy", "hhs-oig/counsel"),
    ],
)
def test_one_organisation_or_one_that_did_not_found_revokes_nobody(world: World, signers: tuple[str, ...]) -> None:
    with pytest.raises(NotPermittedError):
        revoke(world.docket, "cms/steward", signers=[by(each) for each in signers], text="away")


def test_nobody_helps_to_revoke_themselves_and_founders_are_never_too_few(world: World) -> None:
    with pytest.raises(NotPermittedError):
        revoke(world.docket, "ca-dhcs/origin", signers=[by("ca-dhcs/origin"), by("cms/privacy")], text="me")
    two = [by("cms/privacy"), by("ca-dhcs/origin")]
    world.do(revoke(world.docket, "ca-dhcs/counsel", signers=two, text="left"))
    others = [by("cms/counsel"), by("cms/privacy")]
    with pytest.raises(NotPermittedError):
        revoke(world.docket, "ca-dhcs/origin", signers=others, text="the last of California")
    for person in ("cms/counsel", "cms/official"):
        world.do(revoke(world.docket, person, signers=two, text="left"))
    with pytest.raises(NotPermittedError):  # it would take cms/privacy, who cannot count against themselves
        revoke(world.docket, "cms/privacy", signers=two, text="left")


def test_a_forged_revocation_is_refused_by_the_fold(world: World) -> None:
    event = revoke(world.docket, "cms/steward", signers=[by(each) for each in SPONSORS], text="left")
    first, second = event.content["signatures"]
    for content in (
        {**event.content, "person": "cms/counsel"},
        {**event.content, "text": "another reason"},
        {**event.content, "signatures": [first, first]},
        {**event.content, "signatures": [second, {**first, "person": "cms/counsel"}]},
    ):
        with pytest.raises(EvidenceError):
            fold([replace(world.entry(event), content=content)], world.docket)
    fold([world.entry(event)], world.docket)  # the control
