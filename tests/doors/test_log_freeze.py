"""`log freeze`, then `log rotate`: a damaged log is left as it is, continued, and what it still proves is told apart."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_world import CASE, RECORDS, SECOND, STATISTICS, World, command, tree
from rotation_world import (
    SIGNERS,
    append,
    before,
    body_of,
    flip,
    follow,
    frozen,
    newest,
    rewrite,
    rotate,
    rotated,
    successor,
)

from modicum.gateway.home import Home

EVERYTHING = {"docket", "member", "data", "fact", "release"}


@pytest.fixture(scope="session")
def busy_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home with an open case, a withdrawn one and an objection."""
    world = template.copy_to(tmp_path_factory.mktemp("busy"))
    world.file(STATISTICS)
    world.ok("docket", "object", CASE, "--text", "Ours.", "--as", "wa-hca/data-officer")
    world.ok("docket", "withdraw", CASE, "--text", "later", "--as", "hhs-oig/analyst")
    world.agreed(RECORDS)
    return world


@pytest.fixture
def busy(busy_template: World, tmp_path: Path) -> World:
    return busy_template.copy_to(tmp_path)


def test_nothing_is_recorded_in_a_frozen_home_and_nothing_leaves(busy: World) -> None:
    said = busy.json("log", "freeze", "--reason", "its key may be in other hands")
    assert said["reason"] == "its key may be in other hands"
    kept = tree(busy.home)
    for refused in (
        ("docket", "object", CASE, "--text", "late", "--as", "cms/counsel"),
        ("docket", "file", busy.request(STATISTICS, title="Another"), "--as", "hhs-oig/analyst"),
        ("docket", "approve", SECOND, "--as", "cms/official"),
        ("member", "revoke", "cms/counsel", "--text", "x", *SIGNERS),
        ("data", "add", "more", busy.folder / "population"),
        ("release", SECOND, "--out", busy.folder / "answer.modicum"),
    ):
        ran = busy.run(*refused)
        assert ran.exit == 6, ran
        assert "its key may be in other hands" in ran.err
        assert "objections are entered there" in ran.err
    assert tree(busy.home) == kept
    assert busy.run("log", "freeze", "--reason", "again").exit == 9
    busy.holds()
    (writable,) = [each for each in busy.run("doctor", "--json").document["findings"] if each["check"] == "writable"]
    assert not writable["good"]


@pytest.mark.parametrize(("reason", "exit_code"), [("", 2), ("two\nlines", 2), ("x" * 400, 2)])
def test_a_freeze_needs_a_reason(busy: World, reason: str, exit_code: int) -> None:
    assert busy.run("log", "freeze", "--reason", reason).exit == exit_code
    busy.holds()
    busy.ok("docket", "object", CASE, "--text", "still here", "--as", "cms/counsel")
    assert command("log", "freeze", "--reason", "x", home=busy.folder / "nowhere").exit == 8


def objection(world: World) -> int:
    return next(each.index for each in Home.open(world.home).journal.entries() if each.kind == "objected")


def in_the_objection(world: World) -> None:
    """A bit of the objection's leaf, in its bundle."""
    path = newest(world, "entries")
    flip(path, at=path.read_bytes().index(b'"kind":"objected"'))


DAMAGE: dict[str, tuple[Callable[[World], None], bool]] = {
    "a hash tile": (lambda world: flip(newest(world, "0")), True),
    "the checkpoint": (lambda world: flip(world.home / "log" / "checkpoint"), True),
    "the verifier key": (lambda world: flip(world.home / "log" / "log.vkey", at=3), True),
    "an entry": (in_the_objection, False),
    "a length in the bundle": (lambda world: flip(newest(world, "entries"), at=0), True),
    "a body": (lambda world: flip(body_of(world, objection(world))), False),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_one_flipped_bit_is_frozen_succeeded_and_told(busy: World, what: str) -> None:
    damage, whole = DAMAGE[what]
    size, hurt = Home.open(busy.home).ledger.size, objection(busy)
    frozen(busy, damage)
    kept = tree(busy.home)
    done = rotate(busy, "--json")
    assert done.exit == 0, done
    assert tree(busy.home) == kept
    assert done.document["file_anew"] == [SECOND]
    said = follow(busy, "--json")
    assert said.exit == 0, said
    link = before(said)
    assert (link["reason"], link["size"], link["verified"]) == ("frozen", size, size)
    assert link["text"].endswith(": a flipped bit")
    assert link["folded"] == (size if whole else hurt)
    assert link["damaged"] == ([hurt] if what == "an entry" else [])
    told = follow(busy)
    assert ("all hold" in told.out) is whole
    assert ("damaged" in told.err) is not whole
    assert follow(busy, trust=busy.trust).exit == 0
    successor(busy).holds()


def test_where_more_is_lost_the_last_checkpoint_that_verifies_counts(busy: World) -> None:
    """A checkpoint that was kept in the home proves what is before it, whatever happened behind."""
    kept = (busy.home / "log" / "checkpoint").read_bytes()
    size, leaf = Home.open(busy.home).ledger.size, Home.open(busy.home).ledger.leaves()[-1]
    revoke = ("member", "revoke", "cms/steward", "--text", "left", "--as", "cms/counsel", *SIGNERS[2:])
    busy.ok(*revoke)
    for number in range(5):
        busy.ok("docket", "object", CASE, "--text", f"no {number}", "--as", "cms/counsel")
    (busy.home / "state" / "cosigned").write_bytes(kept)
    frozen(busy)
    rotated(busy)
    tile, bundle = newest(busy, "0"), newest(busy, "entries")
    for index in range(size, size + 6):
        flip(tile, at=index * 32)
    start = bundle.read_bytes().index(leaf) + len(leaf)
    tail = bundle.read_bytes()[start:]
    bundle.write_bytes(bundle.read_bytes()[:start] + tail.replace(b'"actor":"cms', b'"actor":"smc'))
    said = follow(busy, "--json")
    assert said.exit == 0, said
    assert (before(said)["size"], before(said)["verified"], before(said)["folded"]) == (size + 6, size, size)
    assert f"nothing proves its entries from {size} to {size + 5}" in follow(busy).err
    (busy.home / "state" / "cosigned").unlink()
    assert follow(busy).exit == 5


def test_without_its_first_entry_nobody_can_follow_a_log(busy: World) -> None:
    frozen(busy, lambda world: flip(newest(world, "entries"), at=9))
    ran = rotate(busy)
    assert ran.exit == 5
    assert not successor(busy).home.exists()


def test_a_frozen_log_that_goes_on_is_caught(busy: World) -> None:
    frozen(busy)
    leaf = Home.open(busy.home).ledger.leaf(1)
    rotated(busy)
    append(busy.home, leaf)
    assert "it grew after its end" in follow(busy).err
    assert follow(busy).exit == 5


def test_a_frozen_log_that_is_cut_or_written_anew_is_caught(busy: World) -> None:
    frozen(busy)
    leaves = Home.open(busy.home).ledger.leaves()
    rotated(busy)
    rewrite(busy.home, leaves[:-2])
    assert "its tail was cut" in follow(busy).err
    rewrite(busy.home, [*leaves[:-1], leaves[0]])
    assert "is of another history" in follow(busy).err


def test_random_damage_never_passes_as_whole(busy_template: World, tmp_path: Path) -> None:
    """Whatever bits flip after the succession: the verifier fails, or tells what is lost; `all hold` only where all do."""
    world = busy_template.copy_to(tmp_path)
    frozen(world)
    rotated(world)
    leaves = Home.open(world.home).ledger.leaves()
    entries = newest(world, "entries")
    files = [entries, newest(world, "0"), *sorted((world.home / "bodies").iterdir())]
    rng, told = random.Random(5), set()
    for number in range(30):
        hurt = (files[1:2], files[:2], rng.sample(files, rng.choice([1, 1, 2, 3])))[number % 3]
        saved = {path: path.read_bytes() for path in hurt}
        for path in hurt:
            for _ in range(8 if number % 3 == 1 else rng.choice([1, 1, 6])):
                flip(path, at=rng.randrange(len(saved[path])), bit=rng.randrange(8))
        held = all(leaf in entries.read_bytes() for leaf in leaves)
        held &= all(path.read_bytes() == saved[path] for path in hurt if path.parent.name == "bodies")
        ran = follow(world, "--json")
        assert ran.exit in {0, 5}
        if ran.exit == 0:
            link = before(ran)
            whole = link["folded"] == link["size"] == len(leaves)
            assert held or not whole
            told.add("whole" if whole else "told")
        else:
            told.add("failed")
        for path, data in saved.items():
            path.write_bytes(data)
    assert told == {"whole", "told", "failed"}
    assert follow(world).exit == 0
