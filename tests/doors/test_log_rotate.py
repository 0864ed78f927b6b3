"""`log rotate`: a log ends, another continues it, and a verifier follows; what is forged in between is named."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from cli_world import CASE, RECORDS, STATISTICS, World, command, tree
from rotation_world import SIGNERS, append, before, carrying, caught, follow, rewrite, rotate, rotated, successor
from witnessed_world import Witnessed, make_witnessed

from modicum.answer.charge import Charge
from modicum.gateway import rotating
from modicum.gateway.budget import spend, standing
from modicum.gateway.ended import Ended
from modicum.gateway.home import Home
from modicum.model.decision import PackRef
from modicum.model.errors import LogUnavailableError
from modicum_verify.door import run as modicum_verify


@pytest.fixture(scope="session")
def ended_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home whose only case was objected to and withdrawn; one person is gone."""
    world = template.copy_to(tmp_path_factory.mktemp("ended"))
    world.file(STATISTICS)
    world.ok("docket", "object", CASE, "--text", "Ours.", "--as", "wa-hca/data-officer")
    world.ok("docket", "withdraw", CASE, "--text", "later", "--as", "hhs-oig/analyst")
    world.ok("member", "revoke", "cms/steward", "--text", "left", "--as", "cms/counsel", *SIGNERS[2:])
    return world


@pytest.fixture
def ended(ended_template: World, tmp_path: Path) -> World:
    return ended_template.copy_to(tmp_path)


def test_the_successor_goes_on_with_the_same_people_pack_and_data(ended: World) -> None:
    new = rotated(ended)
    for each in (ended, new):
        each.holds()
    said = follow(ended, "--json")
    assert said.exit == 0
    link = before(said)
    size = Home.open(ended.home).ledger.size
    assert (link["reason"], link["size"], link["verified"], link["folded"]) == ("rotated", size, size, size)
    assert (link["damaged"], link["cosigned_by"]) == ([], [])
    people = {each["person"]: each for each in new.json("member", "list")["people"]}
    assert set(people) == {each["person"] for each in ended.json("member", "list")["people"] if each["active"]}
    for name in ("data", "pack", "keys/people", "keys/pseudonym.key"):
        assert tree_of(new, name) == tree_of(ended, name)
    assert tree_of(new, "keys/log.key") != tree_of(ended, "keys/log.key")
    case = new.agreed(STATISTICS)
    new.ok("release", case, "--out", new.folder / "answer.modicum")
    assert command("verify", new.folder / "answer.modicum", "--trust", new.trust).exit == 0
    assert follow(ended).exit == 0


def test_a_new_log_refills_no_budget(ended: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is left of a budget goes over, to the last digit; a successor that opens it anew is caught."""
    charge = Charge(rho=Decimal("0.01"), delta=Decimal(0))
    spend(
        Home.open(ended.home),
        case=CASE,
        dataset="medicaid",
        dataset_version="1",
        question_sha256="0" * 64,
        charge=charge,
    )
    left = standing(Home.open(ended.home)).rho_left
    honest = rotated(ended.copy_to(tmp_path / "honest"))
    assert standing(Home.open(honest.home)).rho_total == left
    with carrying(monkeypatch, lambda docket: replace(docket.disclosed, budgets={})):
        rotated(ended)
    caught(ended, "refills a budget")


def tree_of(world: World, name: str) -> dict[str, str]:
    return {path: digest for path, digest in tree(world.home).items() if path.startswith(name)}


def test_the_old_log_takes_no_further_entry(ended: World) -> None:
    rotated(ended)
    size = Home.open(ended.home).ledger.size
    for refused in (
        ("docket", "object", CASE, "--text", "late", "--as", "cms/counsel"),
        ("docket", "file", ended.request(RECORDS), "--as", "hhs-oig/analyst"),
        ("member", "revoke", "cms/counsel", "--text", "x", *SIGNERS),
        ("data", "add", "more", ended.folder / "population"),
    ):
        ran = ended.run(*refused)
        assert (ran.exit, "has ended with entry" in ran.err) == (6, True), ran
    again = ended.run("log", "rotate", "--to", ended.folder / "third", *SIGNERS)
    assert (again.exit, "has ended in favour of" in again.err) == (9, True)
    assert Home.open(ended.home).ledger.size == size
    assert not (ended.home / "data" / "more").exists()
    assert f"ended in favour of {Home.open(successor(ended).home).origin}" in ended.ok("verify", ended.home).out


def test_open_cases_hold_the_log_and_are_listed(world: World) -> None:
    case = world.file(STATISTICS)
    other = world.file(RECORDS)
    before_ = tree(world.home)
    ran = rotate(world)
    assert ran.exit == 4
    assert f"{case} is decided" in ran.err
    assert other in ran.err
    assert tree(world.home) == before_
    assert not successor(world).home.exists()


def test_people_of_two_founding_organisations_must_sign(ended: World) -> None:
    before_ = tree(ended.home)
    for signers in (
        SIGNERS[:2],
        ("--as", "cms/counsel", *SIGNERS[:2]),
        (*SIGNERS[:2], "--as", "wa-hca/data-officer"),
        (),
    ):
        assert ended.run("log", "rotate", "--to", successor(ended).home, *signers).exit == 7
    assert ended.run("log", "rotate", "--to", ended.home, *SIGNERS).exit == 9
    assert tree(ended.home) == before_


def test_the_chain_is_followed_over_three_homes_from_any_trust_root(ended: World) -> None:
    second = rotated(ended)
    third = rotated(second)
    folders = ("--before", second.home, "--before", ended.home)
    for trust in (ended.trust, second.trust, third.trust):
        said = command("verify", third.home, "--trust", trust, *folders, "--json")
        assert said.exit == 0, said
        assert [each["origin"] for each in said.document["before"]] == [
            Home.open(each.home).origin for each in (second, ended)
        ]
    assert modicum_verify([str(third.home), "--trust", str(third.trust), *map(str, folders)]) == 0
    assert command("verify", third.home, "--trust", third.trust, "--before", ended.home).exit == 5
    assert command("verify", ended.home, "--trust", ended.trust, "--before", second.home).exit == 2
    assert command("verify", third.home / "log", "--trust", third.trust, "--before", second.home).exit == 2
    assert "not shown" in command("verify", third.home, "--trust", third.trust).out


def test_a_trust_root_of_neither_log_vouches_for_none(ended: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    rotated(ended)
    other = World(tmp_path_factory.mktemp("other"))
    other.ok("init", "--evaluation")
    assert follow(ended, trust=other.trust).exit == 5
    trust = json.loads(ended.trust.read_text())
    forged = other.folder / "trust.json"
    forged.write_text(json.dumps({**trust, "genesis_sha256": "00" * 32}))
    assert follow(ended, trust=forged).exit == 5


# What is forged


def test_an_old_log_that_grew_after_its_end_is_caught(ended: World) -> None:
    rotated(ended)
    append(ended.home, Home.open(ended.home).ledger.leaf(0))
    caught(ended, "it grew after its end")


def test_an_old_log_that_was_cut_is_caught(ended: World) -> None:
    rotated(ended)
    rewrite(ended.home, Home.open(ended.home).ledger.leaves()[:-1])
    caught(ended, "its tail was cut")


def test_an_old_log_of_another_history_is_caught(ended: World) -> None:
    rotated(ended)
    leaves = Home.open(ended.home).ledger.leaves()
    rewrite(ended.home, [*leaves[:3], leaves[2], *leaves[4:]])
    caught(ended, "is of another history")


def test_a_changed_body_of_the_old_log_is_caught(ended: World) -> None:
    rotated(ended)
    entry = Home.open(ended.home).journal.entries()[3]
    path = ended.home / "bodies" / f"{entry.body}.json"
    path.write_bytes(path.read_bytes().replace(b"later", b"never").replace(b"Ours.", b"Mine.") + b" ")
    caught(ended, "does not match its commitment")


@contextlib.contextmanager
def lying(monkeypatch: pytest.MonkeyPatch, **changes: object) -> Iterator[None]:
    """A gateway that says another thing of the old log in the new genesis, with the founders' signatures on it."""
    honest = Ended.as_predecessor
    with monkeypatch.context() as patched:
        patched.setattr(Ended, "as_predecessor", lambda self: {**honest(self), **changes})
        yield


def test_a_successor_that_names_another_checkpoint_is_caught(ended: World, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = (ended.home / "log" / "checkpoint").read_text()
    with lying(monkeypatch, checkpoint=earlier):
        rotated(ended)
    caught(ended, "it grew after its end")


def test_a_successor_that_says_frozen_of_a_log_that_ended_is_held_to_it(
    ended: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lying(monkeypatch, reason="frozen", checkpoint=(ended.home / "log" / "checkpoint").read_text()):
        rotated(ended)
    caught(ended, "it grew after its end")


def test_a_successor_that_forgets_who_was_revoked_is_caught(ended: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying(monkeypatch, retired=[]):
        rotated(ended)
    caught(ended, "forgets keys that were given up")


@pytest.mark.parametrize(
    ("what", "other", "words"),
    [
        ("custodian", "wa-hca", "another custodian"),
        ("reviews", None, "other rules of review"),
        ("pack", PackRef(name="us_medicaid", version="2020.1", sha256="ab" * 32), "another pack"),
    ],
)
def test_a_successor_under_other_rules_is_caught(
    ended: World, what: str, other: object, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The founders may sign it: a change of these is a case of its own, and a rotation is no way around."""
    honest = rotating.found
    monkeypatch.setattr(rotating, "found", lambda **given: honest(**{**given, what: other}))
    rotated(ended)
    caught(ended, f"its successor has {words}")


def test_a_successor_that_names_another_genesis_is_caught(ended: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying(monkeypatch, genesis_sha256="00" * 32):
        rotated(ended)
    assert follow(ended).exit == 5


def test_two_successors_of_one_log_are_not_both_believed(ended: World, tmp_path: Path) -> None:
    first = rotated(ended)
    state = tmp_path / "kept"
    first.home.rename(state)
    ended.ok("log", "freeze", "--reason", "the successor was lost, they say")
    ran = rotate(ended)
    assert (ran.exit, "has ended in favour of" in ran.err) == (9, True)
    state.rename(first.home)
    assert follow(ended).exit == 0


def test_a_successor_of_other_people_is_caught(ended: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody copies the public part of a log and makes a successor of their own under people of their own."""
    stranger = World(ended.folder / "stranger")
    stranger.folder.mkdir()
    stranger.ok("init", "--evaluation")
    ended.ok("log", "freeze", "--reason", "so they say")
    monkeypatch.setattr(rotating, "ended_frozen", lambda *_, **__: pretended(stranger, ended))
    monkeypatch.setattr(rotating, "frozen", lambda _: True)
    made = command("log", "rotate", "--to", successor(ended).home, *SIGNERS, home=stranger.home)
    assert made.exit == 0, made
    ran = follow(ended)
    assert ran.exit == 5
    assert "not signed by people of two of its founding organisations" in ran.err


def pretended(stranger: World, target: World) -> Ended:
    from modicum.gateway.ended import ended_frozen
    from modicum.gateway.home import system_clock

    mine, theirs = (Home.open(each.home) for each in (stranger, target))
    honest = ended_frozen(target.home, clock=system_clock)
    roster = replace(mine.journal.docket().roster, retired=honest.docket.roster.retired)
    given_up = {each.public_key for each in theirs.journal.docket().roster.people.values() if not each.active}
    docket = replace(mine.journal.docket(), roster=replace(roster, retired=roster.retired | given_up))
    return replace(honest, folder=mine.folder, docket=docket)


# What is interrupted

STEPS = ("_make", "carry_data", "_rename")


@pytest.mark.parametrize("step", STEPS)
def test_an_interrupted_rotation_goes_on(ended: World, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object, **__: object) -> None:
        raise LogUnavailableError(cause="the power went", cure="try again")

    with monkeypatch.context() as patched:
        patched.setattr(rotating, step, cut)
        assert rotate(ended).exit == 6
    assert not successor(ended).home.exists()
    found = Home.open(ended.home).journal.docket().successor
    assert found is not None
    other = ended.run("log", "rotate", "--to", ended.folder / "elsewhere", *SIGNERS)
    assert (other.exit, "keys are not beside" in other.err) == (9, True)
    new = rotated(ended)
    assert Home.open(new.home).origin == found.origin
    assert follow(ended).exit == 0
    assert [each.name for each in new.folder.iterdir() if each.name.startswith(".")] == []


def test_a_rotation_that_is_cut_before_the_old_log_ends_changes_nothing(
    ended: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise LogUnavailableError(cause="the power went", cure="try again")

    size = Home.open(ended.home).ledger.size
    with monkeypatch.context() as patched:
        patched.setattr(rotating, "succeed", cut)
        assert rotate(ended).exit == 6
    assert Home.open(ended.home).ledger.size == size
    ended.file(RECORDS)
    assert rotate(ended).exit == 4


# With witnesses


@pytest.fixture(scope="module")
def witnessed_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    world = make_witnessed(tmp_path_factory.mktemp("witnessed"), population=template.folder / "population")
    world.ok("docket", "withdraw", CASE, "--text", "later", "--as", "hhs-oig/analyst")
    return world


@pytest.fixture
def witnessed(witnessed_template: Witnessed, tmp_path: Path) -> Witnessed:
    return witnessed_template.copy_to(tmp_path)


def test_witnesses_cosign_the_end_of_a_log(witnessed: Witnessed) -> None:
    size = Home.open(witnessed.home).ledger.size
    assert rotate(witnessed).exit == 6
    assert Home.open(witnessed.home).ledger.size == size
    with witnessed.honest():
        assert rotate(witnessed).exit == 0
    said = follow(witnessed, "--json")
    assert said.exit == 0, said
    assert {each["organisation"] for each in before(said)["cosigned_by"]} == {"inspector", "court"}
    new = Home.open(successor(witnessed).home)
    assert new.trust.witnesses == Home.open(witnessed.home).trust.witnesses
    note = new.journal.entries()[0].content["predecessor"]["checkpoint"]  # type: ignore[index]
    assert note.count("\n— ") == 3


def test_a_successor_without_its_witnesses_is_caught(witnessed: Witnessed, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rotating.found
    monkeypatch.setattr(rotating, "found", lambda **given: honest(**{**given, "witnesses": None}))
    with witnessed.honest():
        assert rotate(witnessed).exit == 0
    assert "its successor has other witnesses" in follow(witnessed).err


def test_a_successor_of_a_log_whose_end_nobody_cosigned_is_caught(
    witnessed: Witnessed, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Ended.as_predecessor

    def bare(self: Ended) -> dict[str, object]:
        found = honest(self)
        return {**found, "checkpoint": found["checkpoint"].rpartition("— ")[0]}

    with witnessed.honest():
        monkeypatch.setattr(Ended, "as_predecessor", bare)
        assert rotate(witnessed).exit == 0
    assert "is cosigned by 1 of the 2 organisations" in follow(witnessed).err
