"""A log ends with the entry that names its successor, signed by two founding organisations, when nothing is open."""

import copy
from typing import Any

import pytest
from docket_world import World, by, genesis, key, released

from modicum.docket import gateway_events
from modicum.docket.commands import Event, object_, revoke, withdraw
from modicum.docket.founding import succeed
from modicum.model.errors import InvalidInputError, NotPermittedError
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import fold
from modicum_verify.note import Signer, vkey

OLD, NEW = "cms.modicum.example/old", "cms.modicum.example/new"
OLD_KEY, NEW_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32), Ed25519PrivateKey.from_private_bytes(b"n" * 32)
SPONSORS = ("cms/privacy", "ca-dhcs/origin")


@pytest.fixture
def world() -> World:
    return World()


def named(world: World, *signers: str) -> Event:
    vkey_ = vkey(NEW, NEW_KEY.public_key())
    return succeed(world.docket, origin=NEW, log_vkey=vkey_, signers=[by(each) for each in signers or SPONSORS])


def refused(world: World, entry: Entry, match: str) -> None:
    before = world.docket
    with pytest.raises(EvidenceError, match=match):
        fold([entry], before)


def test_a_log_ends_with_its_successor(world: World) -> None:
    revocation = revoke(world.docket, "cms/steward", signers=[by(each) for each in SPONSORS], text="left")
    index = world.do(named(world))
    found = world.docket.successor
    assert found is not None
    assert (found.index, found.origin, found.log_vkey) == (index, NEW, vkey(NEW, NEW_KEY.public_key()))
    refused(world, world.entry(revocation), "after the entry with which the log has ended")
    refused(world, world.entry(named(World())), "after the entry with which the log has ended")


def test_it_ends_when_every_case_has(world: World) -> None:
    ending = named(world)
    case = world.file()
    refused(world, world.entry(ending), "cases are open")
    with pytest.raises(InvalidInputError, match="cases are open"):
        named(world)
    world.do(withdraw(world.docket, case, by=by("hhs-oig/analyst"), text="later"))
    world.do(object_(world.docket, case, by=by("il-hfs/origin"), grounds="x", text="still here"))
    world.do(named(world))
    with pytest.raises(EvidenceError):
        world.do(object_(world.docket, case, by=by("il-hfs/origin"), grounds="x", text="too late"))


def test_a_release_that_is_not_accounted_is_open(world: World) -> None:
    case = world.file()
    world.agreed(case)
    world.do(released(world.docket))
    with pytest.raises(InvalidInputError, match="cases are open"):
        named(world)
    world.do(gateway_events.delivered(world.docket, case, package_sha256="55" * 32, size_bytes=9))
    world.do(gateway_events.accounted(world.docket, case))
    world.do(named(world))


@pytest.mark.parametrize(
    "signers",
    [
        ("cms/privacy",),
        ("cms/privacy", "cms/counsel"),
        ("cms/privacy", "il-hfs/origin"),
        ("cms/steward", "hhs-oig/analyst"),
    ],
)
def test_one_organisation_or_others_name_no_successor(world: World, signers: tuple[str, ...]) -> None:
    with pytest.raises(NotPermittedError):
        named(world, *signers)
    honest = named(world)
    mine = [each for each in honest.content["signatures"] if each["person"] in signers]
    forged = {**honest.content, "signatures": (mine * 2)[:2] or honest.content["signatures"][:1]}
    with pytest.raises(EvidenceError):
        fold([world.entry(Event("succeeded", forged, None))], world.docket)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"origin": "cms.modicum.example/other"}, "itself|another log|match"),
        ({"log_vkey": vkey(OLD, OLD_KEY.public_key())}, "key of another log"),
        ({"text": "for another reason"}, "does not match the message"),
    ],
)
def test_what_was_signed_is_what_is_named(world: World, change: dict[str, str], match: str) -> None:
    honest = named(world)
    refused(world, world.entry(Event("succeeded", {**honest.content, **change}, None)), match)
    refused(world, world.entry(honest, actor="gateway"), "founders")


def test_no_log_succeeds_itself(world: World) -> None:
    origin = world.docket.roster.origin
    with pytest.raises(InvalidInputError, match="names itself"):
        succeed(
            world.docket,
            origin=origin,
            log_vkey=vkey(origin, NEW_KEY.public_key()),
            signers=[by(each) for each in SPONSORS],
        )


def before(**changes: Any) -> dict[str, Any]:
    note = Signer(OLD, OLD_KEY).sign(Checkpoint(origin=OLD, size=7, root=b"r" * 32).text())
    found = {
        "origin": OLD,
        "log_vkey": vkey(OLD, OLD_KEY.public_key()),
        "genesis_sha256": "ab" * 32,
        "checkpoint": note.decode(),
        "reason": "rotated",
        "text": "",
        "retired": [],
    }
    return {**found, **changes}


def test_genesis_names_the_log_before_it() -> None:
    world = World(founded=False)
    world.do(genesis(predecessor=before(reason="frozen", text="a flipped bit")))
    found = world.docket.roster.predecessor
    assert found is not None
    assert (found.origin, found.checkpoint.size, found.frozen, found.text) == (OLD, 7, True, "a flipped bit")
    assert World().docket.roster.predecessor is None


def note(key_: Ed25519PrivateKey = OLD_KEY, origin: str = OLD, size: int = 7, *more: str) -> str:
    checkpoint = Checkpoint(origin=origin, size=size, root=b"r" * 32, extensions=more)
    return Signer(origin, key_).sign(checkpoint.text()).decode()


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"checkpoint": note(NEW_KEY)}, "predecessor's"),
        ({"checkpoint": note(size=0)}, "empty"),
        ({"checkpoint": note(OLD_KEY, OLD, 7, "more")}, "empty, or of another log"),
        ({"checkpoint": "no note\n"}, "predecessor's"),
        ({"log_vkey": "no key"}, "predecessor's"),
        ({"origin": "cms.modicum.example/other"}, "another log"),
        ({"reason": "bored"}, "known words"),
        ({"retired": ["ssh-rsa AAAA"]}, "key line"),
        ({"genesis_sha256": "AB" * 32}, "hex"),
    ],
)
def test_a_predecessor_that_is_none_is_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidInputError, match=match):
        genesis(predecessor=before(**changes))


def test_no_log_continues_itself() -> None:
    with pytest.raises(InvalidInputError, match="its own log"):
        genesis(origin=OLD, predecessor=before())


def test_a_predecessor_is_under_the_founders_signatures() -> None:
    honest = genesis(predecessor=before())
    forged = copy.deepcopy(honest.content)
    forged["predecessor"]["text"] = "something else"
    world = World(founded=False)
    refused(world, world.entry(Event("genesis", forged, None)), "does not match the message")
    del forged["predecessor"]
    refused(world, world.entry(Event("genesis", forged, None)), "does not match the message")


def test_a_key_that_was_given_up_before_comes_back_for_nobody() -> None:
    given_up = key("cms/counsel").public_key
    with pytest.raises(InvalidInputError, match="stands, or stood"):
        genesis(predecessor=before(retired=[given_up]))


def table(**changes: Any) -> Event:
    content = {"dataset": "medicaid", "table_sha256": "ab" * 32}
    return gateway_events.shaped("table", {**content, **changes}, case=None)


def lost(*what: str) -> Event:
    return gateway_events.shaped("lost", {"of": list(what)}, case=None)


def bound(population: str, *datasets: str) -> Event:
    return gateway_events.shaped("bound", {"population": population, "datasets": list(datasets)}, case=None)


def budget(population: str) -> Event:
    amounts = {"epsilon": "4", "at_delta": "0.000000001", "rho": "0.05", "delta": "0"}
    return gateway_events.shaped("budget", {"population": population, **amounts}, case=None)


@pytest.fixture
def continued() -> World:
    world = World(founded=False)
    world.do(genesis(predecessor=before()))
    return world


def test_a_log_takes_over_what_was_disclosed_under_the_one_before(continued: World) -> None:
    continued.do(bound("persons", "medicaid", "claims"))
    continued.do(bound("births", "births"))
    continued.do(budget("persons"))
    continued.do(table())
    continued.do(table(dataset="claims"))
    told = continued.docket.disclosed
    assert list(told.tables) == [("medicaid", "ab" * 32), ("claims", "ab" * 32)]
    assert told.bound == {"medicaid": "persons", "claims": "persons", "births": "births"}
    assert fold(continued.entries) == continued.docket
    refused(continued, continued.entry(table()), "a second time")
    refused(continued, continued.entry(table(dataset="unheard-of")), "of no population")
    refused(continued, continued.entry(bound("others", "claims")), "another population")
    refused(continued, continued.entry(budget("persons")), "a second time")


def test_only_the_gateway_of_a_log_that_continues_another_takes_over(world: World, continued: World) -> None:
    for event in (table(), lost("tables"), bound("persons", "medicaid")):
        refused(world, world.entry(event), "continues no other")
        refused(continued, continued.entry(event, actor="cms/counsel"), "by the gateway")
        refused(continued, continued.entry(event, case="2026-0001"), "outside every case")


def test_of_what_is_lost_nothing_more_is_disclosed(continued: World) -> None:
    continued.do(lost("budgets"))
    refused(continued, continued.entry(budget("persons")), "what budgets told before is lost")
    continued.do(bound("persons", "medicaid"))
    continued.do(table())
    case = continued.file()
    continued.agreed(case)
    leaving = released(continued.docket)
    continued.do(lost("tables"))
    assert continued.docket.disclosed.lost == {"budgets", "tables"}
    refused(continued, continued.entry(leaving), "what tables told before is lost")
    refused(continued, continued.entry(table(dataset="others")), "what tables told before is lost")


def test_a_release_fixes_its_table_where_it_is_one(world: World) -> None:
    case = world.file()
    world.agreed(case)
    honest = released(world.docket)
    bare = {name: value for name, value in honest.content.items() if name != "table"}
    refused(world, world.entry(Event("released", bare, case)), "does not fix what is kept")
    world.do(honest)
    assert world.docket.disclosed.bound == {"enrolment": "persons"}
    assert world.docket.disclosed.tables_left(world.docket.cases) == {("enrolment", "66" * 32)}
