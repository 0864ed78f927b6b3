"""A log ends and another continues it: nothing that statistics told of people is forgotten on the way.

What is left of a budget, which data sets it is about and which exact tables left go over. A successor that forgets
one is refused by whoever verifies both. Where a damaged log can no longer tell, nothing is left to be told.
"""

import errno
import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cli_world import NOISY, SECOND, STATISTICS, Ran, World, command
from rotation_world import before, body_of, carrying, caught, flip, follow, frozen, rotate, rotated, successor

from modicum.cli.exits import Exit
from modicum.gateway import carrying as carrying_module
from modicum.gateway import ended, release, rotating
from modicum.gateway.budget import population_of, standing, standings
from modicum.gateway.home import Home
from modicum.model.errors import LogUnavailableError

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
    world.ok("docket", "withdraw", SECOND, "--text", "later", "--as", "hhs-oig/analyst")
    world.ok("release", world.agreed(NOISY), "--out", world.folder / "noisy.modicum")
    return world


@pytest.fixture(scope="session")
def noised_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home from which one answer with noise left, and nothing else."""
    world = template.copy_to(tmp_path_factory.mktemp("noised"))
    world.ok("release", world.agreed(NOISY), "--out", world.folder / "noisy.modicum")
    return world


@pytest.fixture
def noised(noised_template: World, tmp_path: Path) -> World:
    return noised_template.copy_to(tmp_path)


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


def refused(world: World, words: str, *, title: str = "Once more", exit_code: Exit = Exit.VERIFICATION_FAILED) -> None:
    """No exact table leaves, and the reason is said."""
    ran = world.run("release", world.agreed(STATISTICS, title=title), "--out", world.folder / "never.modicum")
    assert ran.exit == exit_code, ran
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
    with carrying(monkeypatch, lambda docket: docket.disclosed):  # and not its cases, whose tables they are
        new = rotated(told)
    assert asked_again(new)["audit"]["earlier_tables"] == 0  # what a broken build would do
    caught(told, "forgets an exact table that left")


def test_a_data_set_keeps_the_population_that_an_exact_table_told_of(released: World) -> None:
    """Moved to another population, it would not be held against the tables of the one that it was of."""
    (released.home / "budget.toml").write_text(OTHERS)
    assert population_of(Home.open(released.home), "medicaid").name == "persons"


def test_data_that_a_table_was_made_of_and_that_was_altered_since_is_noticed(told: World) -> None:
    """An older version of the data, cut down, would make an earlier table seem to be about fewer people."""
    (version,) = {path.parent for path in (told.home / "data" / "medicaid").glob("*/*.parquet")}
    dictionary = told.home / "data" / "medicaid" / "dictionary.toml"
    column = 'name = "FED_PD_AMT"\ndata_class = "payment"\nkind = "decimal"\n'
    assert column in dictionary.read_text()
    dictionary.write_text(dictionary.read_text().replace(column, f"{column}lower = 0\nupper = 1000\n"))
    told.ok("data", "classify", "medicaid", "--confirm")
    assert len({path.parent for path in (told.home / "data" / "medicaid").glob("*/*.parquet")}) == 2
    new = rotated(told)
    refused(new, "(rule: dominance and p % rules", title="The data whole", exit_code=Exit.REFUSED)
    for name in ("eligibility", "persons"):
        (old,) = (new.home / "data" / "medicaid" / version.name).glob(f"*{name}.parquet")
        whole = old.read_bytes()
        flip(old)
        refused(new, "is not what it was when a table that left was made of it", title=f"Without some {name}")
        old.write_bytes(whole)


def test_a_data_set_keeps_its_population_through_a_rotation(told: World) -> None:
    left = standing(Home.open(told.home)).rho_left
    assert left < standing(Home.open(told.home)).rho_total
    new = rotated(told)
    (new.home / "budget.toml").write_text(OTHERS)
    home = Home.open(new.home)
    assert population_of(home, "medicaid").name == "persons"
    assert standing(home, "persons").rho_left == left


def test_a_successor_that_frees_a_data_set_is_caught(noised: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with carrying(monkeypatch, lambda docket: replace(docket.disclosed, bound={})):
        new = rotated(noised)
    (new.home / "budget.toml").write_text(OTHERS)
    assert population_of(Home.open(new.home), "medicaid").name == "others"  # what a broken build would do
    caught(noised, "frees a data set from its population")


def test_a_population_that_is_declared_no_more_is_still_known(released: World) -> None:
    """An exact table left about it; nothing was spent, so what the operator writes for all others holds for it."""
    (released.home / "budget.toml").write_text(
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "everyone"\nepsilon = 2\ndelta = 1e-9\n'
    )
    home = Home.open(released.home)
    assert population_of(home, "medicaid").name == "persons"
    assert [(each.population, each.declared_epsilon) for each in standings(home)] == [("everyone", 2), ("persons", 2)]
    assert len(standing(home, "persons").not_covered) == 1
    released.ok("release", released.agreed(NOISY), "--out", released.folder / "noisy.modicum")
    assert standing(Home.open(released.home), "persons").epsilon_spent > 0


@pytest.mark.parametrize("step", ["carry_disclosed", "carry_data", "_rename"])
def test_a_rotation_that_was_cut_goes_on_and_forgets_nothing(
    told: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = standing(Home.open(told.home)).rho_left
    work = getattr(rotating, step)

    def cut_after(*given: object) -> None:
        if step != "_rename":
            work(*given)
        raise LogUnavailableError(cause="the power went", cure="try again")

    with monkeypatch.context() as patch:
        patch.setattr(rotating, step, cut_after)
        assert rotate(told).exit == Exit.LOG_UNAVAILABLE
    new = rotated(told)
    assert follow(told).exit == Exit.DONE
    assert standing(Home.open(new.home)).rho_left == left
    assert asked_again(new)["audit"]["earlier_tables"] == 1


def test_a_table_that_was_logged_and_not_delivered_when_the_log_was_frozen_goes_over(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can be sure that it did not leave."""

    def cut(*_: object, **__: object) -> None:
        raise LogUnavailableError(cause="the power went", cure="try again")

    case = told.agreed(STATISTICS, title="Cut off")
    with monkeypatch.context() as patch:
        patch.setattr(release, "_write", cut)
        assert told.run("release", case, "--out", told.folder / "cut.modicum").exit == Exit.LOG_UNAVAILABLE
    told.ok("log", "freeze", "--reason", "the power went")
    new = rotated(told)
    assert follow(told).exit == Exit.DONE
    assert asked_again(new)["audit"]["earlier_tables"] == 2


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


def damaged(world: World, kind: str) -> Path:
    """Freeze a log in which the body of the first entry of a kind is damaged; gives a whole copy of it."""
    copy = whole_copy(world)
    frozen(world, lambda _: flip(body_of(world, entry_of(world, kind))))
    return copy


@pytest.mark.parametrize("kind", ["dataset", "spent"])
def test_where_nobody_knows_what_was_spent_nothing_is_left(told: World, kind: str) -> None:
    """Wherever the damage is: also where the data set itself is no longer known, and another population is declared."""
    copy = damaged(told, kind)
    new = rotated(told)
    (new.home / "budget.toml").write_text(OTHERS)
    if kind == "dataset":
        new.ok("data", "add", "medicaid", told.folder / "population")
        new.ok("data", "classify", "medicaid", "--confirm")
    assert unchecked(told) == []
    assert with_the_copy(told, copy).exit == Exit.DONE
    for found in standings(Home.open(new.home)):
        assert (found.rho_left, found.delta_left, found.lost) == (Decimal(0), Decimal(0), True)
    said = new.ok("budget", "show").said
    assert ": 0.0 % of its budget is left" in said or ": 0 % of its budget is left" in said
    assert "what was spent before is lost" in said
    ran = new.run("release", new.agreed(NOISY), "--out", new.folder / "never.modicum")
    assert ran.exit == Exit.REFUSED, ran


def test_a_successor_that_makes_use_of_the_damage_is_caught(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage done on purpose is no way to a fresh budget: it is told, and whoever kept a whole copy proves it."""
    spent, copy = standing(Home.open(told.home)).rho_spent, damaged(told, "spent")
    monkeypatch.setattr(ended, "lost_of", lambda *_, **__: frozenset())
    new = rotated(told)
    assert standing(Home.open(new.home)).rho_left > spent  # what a broken build would do
    assert unchecked(told) == ["budgets", "tables"]
    ran = with_the_copy(told, copy)
    assert (ran.exit, "refills a budget" in ran.err) == (Exit.VERIFICATION_FAILED, True)


def test_where_nobody_knows_which_tables_left_no_other_leaves_in_any_log_after_it(told: World) -> None:
    copy = damaged(told, "released")
    new = rotated(told)
    assert unchecked(told) == []
    assert with_the_copy(told, copy).exit == Exit.DONE
    assert new.run("doctor").exit == Exit.DONE
    third = rotated(new)
    assert follow(new, "--before", copy).exit == Exit.DONE
    for world in (new, third):
        assert Home.open(world.home).journal.docket().disclosed.lost == {"budgets", "tables"}
    refused(third, "nobody knows any more which exact tables left", exit_code=Exit.REFUSED)


def test_where_tables_alone_are_lost_budgets_go_on(told: World) -> None:
    copy = whole_copy(told)
    last = max(each.index for each in Home.open(told.home).journal.entries() if each.kind == "released")
    frozen(told, lambda world: flip(body_of(world, last)))  # that of the answer with noise; who knows?
    left = standing(Home.open(copy)).rho_left
    new = rotated(told)
    assert Home.open(new.home).journal.docket().disclosed.lost == {"tables"}
    assert unchecked(told) == []
    assert with_the_copy(told, copy).exit == Exit.DONE
    (new.home / "budget.toml").write_text(OTHERS)
    assert population_of(Home.open(new.home), "medicaid").name == "persons"
    assert standing(Home.open(new.home), "persons").rho_left == left
    refused(new, "nobody knows any more which exact tables left", exit_code=Exit.REFUSED)


def test_where_tables_alone_are_lost_and_nothing_was_ever_spent_no_honest_home_is_accused(released: World) -> None:
    released.ok("docket", "withdraw", SECOND, "--text", "later", "--as", "hhs-oig/analyst")
    again = released.agreed(STATISTICS, title="Once more")
    released.ok("release", again, "--out", released.folder / "again.modicum")
    copy = whole_copy(released)
    last = max(each.index for each in Home.open(released.home).journal.entries() if each.kind == "released")
    frozen(released, lambda world: flip(body_of(world, last)))
    new = rotated(released)
    assert Home.open(new.home).journal.docket().disclosed.lost == {"tables"}
    assert follow(released).exit == Exit.DONE
    assert with_the_copy(released, copy).exit == Exit.DONE
    assert Home.open(new.home).journal.docket().disclosed.bound == {"medicaid": "persons"}


def test_a_successor_that_makes_use_of_a_damaged_release_is_caught(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = damaged(told, "released")
    monkeypatch.setattr(ended, "lost_of", lambda *_, **__: frozenset({"budgets"}))
    rotated(told)
    assert unchecked(told) == ["tables"]
    ran = with_the_copy(told, copy)
    assert (ran.exit, "forgets an exact table that left" in ran.err) == (Exit.VERIFICATION_FAILED, True)


def test_what_was_lost_once_is_not_found_again(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged(told, "released")
    new = rotated(told)
    honest = rotating.carry_disclosed
    monkeypatch.setattr(
        rotating, "carry_disclosed", lambda old, home, given: honest(old, home, replace(given, lost=frozenset()))
    )
    rotated(new)
    caught(new, "goes on with what was lost before")


def test_damage_after_a_rotation_is_told_and_is_no_fault_of_the_successor(told: World) -> None:
    place = body_of(told, entry_of(told, "spent"))
    told.ok("log", "freeze", "--reason", "to be sure")
    new = rotated(told)
    left = standing(Home.open(new.home)).rho_left
    assert 0 < left < standing(Home.open(told.home)).rho_total
    assert unchecked(told) == []
    flip(place)
    assert unchecked(told) == ["budgets", "tables"]


def test_a_disk_that_cannot_be_read_to_the_end_of_a_file_ends_no_rotation(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data set is to be registered anew, and its other files come along."""
    copy = carrying_module.shutil.copyfileobj

    def faulty(source: Any, target: Any) -> None:
        if source.name.endswith("claims.parquet"):
            target.write(source.read(100))
            raise OSError(errno.EIO, "the disk")
        copy(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(carrying_module.shutil, "copyfileobj", faulty)
        done = rotate(told, "--json")
    assert (done.exit, done.document["register_anew"]) == (Exit.DONE, ["medicaid"])
    names = {path.name for path in (successor(told).home / "data" / "medicaid").rglob("*.parquet")}
    assert "eligibility.parquet" in names
    assert "claims.parquet" not in names
    assert follow(told).exit == Exit.DONE
