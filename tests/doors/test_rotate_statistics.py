"""A log ends and another continues it: nothing that statistics told of people is forgotten on the way.

What is left of a budget, which data sets it is about and which exact tables left go over. A successor that forgets
one is refused by whoever verifies both. Where a damaged log can no longer tell, nothing is left to be told.
"""

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cli_world import NOISY, STATISTICS, Ran, World, command
from rotation_world import before, body_of, caught, flip, follow, frozen, rotated, successor

from modicum.cli.exits import Exit
from modicum.gateway import ended, rotating
from modicum.gateway.budget import population_of, standing
from modicum.gateway.home import Home
from modicum_verify.budget import Budget

OTHERS = """schema = "modicum.budgets/1"
[[populations]]
name = "others"
datasets = ["medicaid"]
epsilon = 4
delta = 1e-9
"""


@pytest.fixture(scope="session")
def told_template(released_template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home from which an exact table left, and then an answer with noise; no case is open."""
    world = released_template.copy_to(tmp_path_factory.mktemp("told"))
    world.ok("docket", "withdraw", "2026-0002", "--text", "later", "--as", "hhs-oig/analyst")
    world.ok("release", world.agreed(NOISY), "--out", world.folder / "noisy.modicum")
    return world


@pytest.fixture
def told(told_template: World, tmp_path: Path) -> World:
    return told_template.copy_to(tmp_path)


def entry_of(world: World, kind: str) -> int:
    """The first entry of a kind."""
    return next(each.index for each in Home.open(world.home).journal.entries() if each.kind == kind)


def kept(world: World) -> Path:
    (found,) = (world.home / "tables").iterdir()
    return found


def asked_again(world: World) -> dict[str, Any]:
    """The same table once more, opened."""
    case, package, out = (
        world.agreed(STATISTICS, title="Asked again"),
        world.folder / "again.modicum",
        world.folder / "again",
    )
    world.ok("release", case, "--out", package)
    world.ok("open", package, "--identity", world.identity("hhs-oig"), "--trust", world.trust, "--out", out)
    found: dict[str, Any] = json.loads((out / "answer.json").read_text())
    return found


def refused(world: World, words: str) -> None:
    """No exact table leaves, and the reason is said."""
    ran = world.run("release", world.agreed(STATISTICS, title="Asked again"), "--out", world.folder / "never.modicum")
    assert ran.exit == Exit.VERIFICATION_FAILED, ran
    assert words in ran.err, ran
    assert not (world.folder / "never.modicum").exists()


def test_a_table_after_the_rotation_is_held_against_one_before_it(told: World) -> None:
    new = rotated(told)
    new.holds()
    assert follow(told).exit == Exit.DONE
    assert kept(new).read_bytes() == kept(told).read_bytes()
    assert asked_again(new)["audit"]["earlier_tables"] == 1
    assert new.run("doctor").exit == Exit.DONE


def test_a_table_is_held_against_one_two_logs_before(told: World) -> None:
    second = rotated(told)
    third = rotated(second)
    assert follow(second, "--before", told.home).exit == Exit.DONE
    assert asked_again(third)["audit"]["earlier_tables"] == 1


@pytest.mark.parametrize("where", ["the home", "its successor"])
def test_what_is_kept_of_a_table_and_altered_is_noticed(told: World, where: str) -> None:
    """Who may write the home's files cannot make an earlier table seem to have told less than it did."""
    world = told if where == "the home" else rotated(told)
    document = json.loads(kept(world).read_text())
    document["fewer_than_11"] = True
    kept(world).write_text(json.dumps(document, sort_keys=True, separators=(",", ":")))
    refused(world, "is not what log entry")
    assert world.run("doctor").exit == Exit.VERIFICATION_FAILED


def test_what_is_gone_before_the_rotation_is_missed_after_it(told: World) -> None:
    kept(told).unlink()
    new = rotated(told)
    assert follow(told).exit == Exit.DONE
    refused(new, "is missing")


def test_a_successor_that_forgets_a_table_is_caught(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "carry_tables", lambda *_: None)
    new = rotated(told)
    assert asked_again(new)["audit"]["earlier_tables"] == 0  # what a broken build would do
    caught(told, "forgets an exact table that left")


def test_a_data_set_keeps_its_population_through_a_rotation(told: World) -> None:
    left = standing(Home.open(told.home)).rho_left
    assert left < standing(Home.open(told.home)).rho_total
    new = rotated(told)
    (new.home / "budget.toml").write_text(OTHERS)
    home = Home.open(new.home)
    assert population_of(home, "medicaid").name == "persons"
    assert standing(home, "persons").rho_left == left


def test_a_successor_that_frees_a_data_set_is_caught(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Budget(population="persons", index=0, at="", epsilon="4", at_delta="0", rho=0, delta=0)
    monkeypatch.setattr(Budget, "charged", opened.charged)
    new = rotated(told)
    monkeypatch.undo()
    (new.home / "budget.toml").write_text(OTHERS)
    assert population_of(Home.open(new.home), "medicaid").name == "others"  # what a broken build would do
    caught(told, "frees a data set from its population")


def whole_copy(world: World) -> Path:
    """What somebody outside kept of the old log before it was damaged."""
    return Path(shutil.copytree(world.home, world.folder / "kept-outside"))


def unchecked(world: World) -> list[str]:
    """What the damaged copy could tell more of than the successor took over."""
    ran = follow(world, "--json")
    assert ran.exit == Exit.DONE, ran
    found: list[str] = before(ran)["unchecked"]
    assert ("could tell more of" in follow(world).said) is bool(found)
    return found


def with_the_copy(world: World, copy: Path) -> Ran:
    new = successor(world)
    return command("verify", new.home, "--trust", new.trust, "--before", copy)


def test_where_nobody_knows_what_was_spent_nothing_is_left(told: World) -> None:
    copy = whole_copy(told)
    frozen(told, lambda world: flip(body_of(world, entry_of(world, "spent"))))
    new = rotated(told)
    assert unchecked(told) == []
    assert with_the_copy(told, copy).exit == Exit.DONE
    found = standing(Home.open(new.home))
    assert (found.rho_left, found.delta_left) == (Decimal(0), Decimal(0))
    assert "0 % of its budget is left" in new.ok("budget", "show").said
    ran = new.run("release", new.agreed(NOISY), "--out", new.folder / "never.modicum")
    assert ran.exit == Exit.REFUSED, ran


def test_a_successor_that_makes_use_of_the_damage_is_caught(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage done on purpose is no way to a fresh budget: it is told, and whoever kept a whole copy proves it."""
    spent, copy = standing(Home.open(told.home)).rho_spent, whole_copy(told)
    frozen(told, lambda world: flip(body_of(world, entry_of(world, "spent"))))
    monkeypatch.setattr(ended, "kinds_beyond", lambda *_, **__: frozenset())
    new = rotated(told)
    assert standing(Home.open(new.home)).rho_left > spent  # what a broken build would do
    assert unchecked(told) == ["budgets", "tables"]
    ran = with_the_copy(told, copy)
    assert (ran.exit, "refills a budget" in ran.err) == (Exit.VERIFICATION_FAILED, True)


def test_where_nobody_knows_which_tables_left_no_other_leaves(told: World) -> None:
    copy = whole_copy(told)
    frozen(told, lambda world: flip(body_of(world, entry_of(world, "released"))))
    new = rotated(told)
    assert unchecked(told) == []
    assert with_the_copy(told, copy).exit == Exit.DONE
    refused(new, "nobody knows which exact tables left")
    assert new.run("doctor").exit == Exit.VERIFICATION_FAILED


def test_a_successor_that_makes_use_of_a_damaged_release_is_caught(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = whole_copy(told)
    frozen(told, lambda world: flip(body_of(world, entry_of(world, "released"))))
    monkeypatch.setattr(rotating, "carry_tables", lambda *_: None)
    rotated(told)
    assert unchecked(told) == ["tables"]
    ran = with_the_copy(told, copy)
    assert (ran.exit, "forgets an exact table that left" in ran.err) == (Exit.VERIFICATION_FAILED, True)


def test_damage_after_a_rotation_is_told_and_is_no_fault_of_the_successor(told: World) -> None:
    place = body_of(told, entry_of(told, "spent"))
    told.ok("log", "freeze", "--reason", "to be sure")
    new = rotated(told)
    left = standing(Home.open(new.home)).rho_left
    assert 0 < left < standing(Home.open(told.home)).rho_total
    assert unchecked(told) == []
    flip(place)
    assert unchecked(told) == ["budgets", "tables"]
