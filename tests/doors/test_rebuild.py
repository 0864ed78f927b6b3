"""The store at the doors: tables that lie are named and release nothing, and are made again from log and bodies."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from cli_world import CASE, SECOND, STATISTICS, World, command
from rotation_world import follow, rotate, successor

from modicum.cli.exits import Exit
from modicum.gateway.home import Home
from postgres_server import PASSWORD, postgres_server

LIES = {
    "agreed": ("cases", CASE, "UPDATE cases SET state = 'agreed', next = 'steward: release'"),
    "a form that nobody decided": ("cases", CASE, "UPDATE cases SET form = 'identified'"),
    "a vote inserted": (
        "votes",
        f"{CASE} 0",
        f"""INSERT INTO votes VALUES ('{CASE}', 0, '2026-01-01T00:00:00Z', 'cms/counsel', 'cms', 1, true, true)""",
    ),
    "a vote turned": ("votes", CASE, "UPDATE votes SET approves = NOT approves"),
    "an objection removed": ("objections", CASE, "DELETE FROM objections"),
    "an objection answered": ("objections", CASE, "UPDATE objections SET answer = 1"),
    "a fact invented": (
        "facts",
        f"{CASE} dua-in-force",
        f"""INSERT INTO facts VALUES ('{CASE}', 'dua-in-force', 1, '2026-01-01T00:00:00Z', 'cms/counsel')""",
    ),
    "a directive removed": ("directives", CASE, "DELETE FROM directives"),
    "back-dated": ("cases", CASE, "UPDATE cases SET filed_at = '2025-01-01T00:00:00Z'"),
    "a release invented": (
        "releases",
        f"{CASE} 2",
        f"""INSERT INTO releases VALUES ('{CASE}', 2, '2026-01-01T00:00:00Z', 1, 'identified', 9, true, true, true, NULL)""",
    ),
}


@pytest.fixture(scope="module")
def objected(agreed_template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A case that is agreed but for an objection, with a directive."""
    world = agreed_template.copy_to(tmp_path_factory.mktemp("objected"))
    world.ok("docket", "object", CASE, "--text", "Wait.", "--as", "cms/counsel")
    world.ok("docket", "direct", CASE, "--text", "Now.", "--as", "cms/official")
    return world


@pytest.fixture
def copied(objected: World, tmp_path: Path) -> World:
    return objected.copy_to(tmp_path)


def write(world: World, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(world.home / "store.db")) as database:
        database.execute(statement)
        database.commit()


def release(world: World) -> int:
    ran = world.run("release", CASE, "--out", world.folder / "answer.modicum")
    assert not (world.folder / "answer.modicum").exists() or ran.exit == Exit.DONE
    return ran.exit


@pytest.mark.parametrize("lie", LIES)
def test_a_table_that_lies_is_named_and_nothing_is_released(copied: World, lie: str) -> None:
    table, key, statement = LIES[lie]
    write(copied, statement)
    checked = copied.run("rebuild", "--check", "--json")
    assert checked.exit == Exit.VERIFICATION_FAILED
    assert not checked.document["equal"]
    assert checked.document["log_sha256"] != checked.document["store_sha256"]
    named = {(each["table"], each["key"]) for each in checked.document["differences"]}
    assert any(at == table and where.startswith(key) for at, where in named), named
    ran = copied.run("release", CASE, "--out", copied.folder / "answer.modicum", "--json")
    assert (ran.exit, ran.document["code"]) == (Exit.VERIFICATION_FAILED, "evidence-broken")
    assert f"store.db, {table} " in ran.document["cause"]
    assert CASE in ran.document["cause"]
    assert "modicum rebuild" in ran.document["cure"]
    assert not (copied.folder / "answer.modicum").exists()
    shown = copied.json("docket", "show", CASE)
    assert shown["state"] == "in_review", "readers believe the log"
    copied.ok("rebuild")
    assert copied.json("rebuild", "--check")["equal"]
    assert release(copied) == Exit.OUTSTANDING


def test_control_the_same_case_without_a_lie_is_outstanding_and_then_released(copied: World) -> None:
    assert copied.json("rebuild", "--check")["differences"] == []
    assert release(copied) == Exit.OUTSTANDING
    entry = copied.json("docket", "show", CASE)["objections"][0]["entry"]
    copied.ok("docket", "answer", CASE, "--objection", str(entry), "--text", "Done.", "--as", "cms/privacy-officer")
    copied.agree(CASE)
    assert release(copied) == Exit.DONE
    checked = copied.json("rebuild", "--check")
    assert checked["equal"]
    assert checked["rows"]["releases"] == 1


def test_a_roster_or_a_position_that_lies_is_named_by_check_and_doctor(copied: World) -> None:
    write(copied, "UPDATE people SET roles = 'counsel,privacy_officer' WHERE person = 'dhs/adviser'")
    write(copied, "DELETE FROM datasets")
    write(copied, "UPDATE position SET size = size - 1")
    found = copied.run("rebuild", "--check")
    assert found.exit == Exit.VERIFICATION_FAILED
    for line in ("people dhs/adviser differs in roles", "datasets medicaid is missing", "position"):
        assert line in found.out
    assert copied.run("rebuild").exit == Exit.DONE
    write(copied, "UPDATE people SET active = false")
    doctor = copied.run("doctor", "--json")
    assert doctor.exit == Exit.VERIFICATION_FAILED
    [bad] = [each for each in doctor.document["findings"] if not each["good"]]
    assert bad["check"] == "store"
    assert "people" in bad["detail"]


DAMAGED = {
    "a trigger against objections": (
        "CREATE TRIGGER t BEFORE INSERT ON entries WHEN new.kind = 'objected' BEGIN SELECT raise(ignore); END",
        "the trigger t is foreign",
    ),
    "a trigger that aborts": (
        "CREATE TRIGGER t BEFORE INSERT ON entries BEGIN SELECT raise(abort, 'no'); END",
        "the trigger t is foreign",
    ),
    "a table dropped": ("DROP TABLE votes", "the table votes is missing"),
    "no version": ("DELETE FROM alembic_version", "the table alembic_version names no version"),
    "a view": ("CREATE VIEW v AS SELECT * FROM votes", "the view v is foreign"),
    "a text where bytes belong": (
        """UPDATE entries SET leaf = 'x' WHERE "index" = 7""",
        "entry 7: holds in leaf a value",
    ),
    "a second position": (
        "INSERT INTO position SELECT 'evil', size, root, sha256, accepted FROM position",
        "holds a row of the log evil beside its own",
    ),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_to_the_store_stops_releases_as_it_stops_objections_and_is_told_with_its_cure(
    agreed: World, damage: str
) -> None:
    statement, told = DAMAGED[damage]
    write(agreed, statement)
    for words in (
        ("rebuild", "--check"),
        ("docket", "object", CASE, "--text", "Wait.", "--as", "cms/counsel"),
        ("release", CASE, "--out", agreed.folder / "answer.modicum"),
    ):
        ran = agreed.run(*words, "--json")
        assert (ran.exit, ran.document["code"]) == (Exit.VERIFICATION_FAILED, "evidence-broken"), ran
        assert told in ran.document["cause"]
        assert "run `modicum rebuild`" in ran.document["cure"]
    assert not (agreed.folder / "answer.modicum").exists()
    doctor = agreed.run("doctor", "--json")
    assert doctor.exit == Exit.VERIFICATION_FAILED
    [bad] = [each for each in doctor.document["findings"] if each["check"] == "store"]
    assert told in bad["detail"]
    assert "run `modicum rebuild`" in bad["cure"]
    agreed.ok("rebuild")
    agreed.ok("rebuild", "--check")
    agreed.ok("doctor")
    agreed.ok("docket", "object", CASE, "--text", "Wait.", "--as", "cms/counsel")
    agreed.holds()


def test_a_position_that_nobody_signed_is_named(copied: World) -> None:
    write(copied, "UPDATE position SET accepted = '00'")
    assert copied.run("rebuild", "--check").exit == Exit.VERIFICATION_FAILED
    copied.ok("rebuild")
    copied.ok("rebuild", "--check")


def test_the_doctor_sees_what_would_stop_a_release(copied: World) -> None:
    settings, key = copied.home / "modicum.toml", copied.home / "keys" / "manifest.key"
    written, own = settings.read_text(), key.read_bytes()
    settings.write_text(written.replace('custodian = "cms"', 'custodian = "ca-dhcs"'))
    found = bad_settings(copied)
    assert found["detail"] == "modicum.toml: says custodian ca-dhcs, and the log says cms"
    settings.write_text(written)
    key.write_bytes((copied.home / "keys" / "log.key").read_bytes())
    found = bad_settings(copied)
    assert found["detail"] == "keys/manifest.key: is not the key that genesis names"
    assert "restore" in found["cure"]
    key.write_bytes(own)
    copied.ok("doctor")


def bad_settings(world: World) -> dict[str, str]:
    doctor = world.run("doctor", "--json")
    assert doctor.exit == Exit.VERIFICATION_FAILED
    [bad] = [each for each in doctor.document["findings"] if each["check"] == "settings and keys"]
    assert not bad["good"]
    return bad


def test_an_entry_or_a_body_that_lies_is_named(copied: World) -> None:
    write(copied, """UPDATE entries SET body = x'00' WHERE "index" = 3""")
    checked = copied.run("rebuild", "--check", "--json").document
    assert checked["differences"] == [{"table": "entries", "key": "3", "what": "differs", "columns": ["body_sha256"]}]
    write(copied, """UPDATE entries SET leaf = x'00' WHERE "index" = 3""")
    ran = copied.run("docket", "approve", CASE, "--as", "wa-hca/data-officer", "--json")
    assert (ran.exit, ran.document["code"]) == (Exit.VERIFICATION_FAILED, "evidence-broken")
    assert ran.document["cause"].startswith("store.db, entry 3: ")
    copied.ok("rebuild")
    copied.ok("rebuild", "--check")
    copied.holds()


def test_a_home_without_a_store_or_with_an_older_one_goes_on(copied: World, tmp_path: Path) -> None:
    shutil.copy(copied.home / "store.db", tmp_path / "older.db")
    (copied.home / "store.db").unlink()
    assert copied.run("docket", "list").exit == Exit.DONE
    assert not (copied.home / "store.db").exists(), "readers make none"
    missing = copied.run("rebuild", "--check", "--json")
    assert missing.exit == Exit.VERIFICATION_FAILED
    assert not (copied.home / "store.db").exists()
    assert missing.document["rows"]["entries"] == 0
    copied.ok("docket", "approve", CASE, "--as", "ca-dhcs/data-officer")
    copied.ok("rebuild", "--check")
    shutil.copy(tmp_path / "older.db", copied.home / "store.db")
    older = copied.run("rebuild", "--check", "--json").document
    assert {"entries", "votes", "position"} <= {each["table"] for each in older["differences"]}
    copied.ok("docket", "direct", CASE, "--text", "Again.", "--as", "cms/official")
    copied.ok("rebuild", "--check")
    copied.ok("doctor")


def test_the_store_of_another_home_is_refused(copied: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert command("init", "--evaluation", home=other).exit == Exit.DONE
    shutil.copy(other / "store.db", copied.home / "store.db")
    for words in (("docket", "approve", CASE, "--as", "wa-hca/data-officer"), ("rebuild",), ("rebuild", "--check")):
        ran = copied.run(*words, "--json")
        assert (ran.exit, ran.document["code"]) == (Exit.VERIFICATION_FAILED, "evidence-broken")
        assert ran.document["cause"].startswith("store.db: is the store of the log ")
    copied.holds()


def test_a_home_moves_to_postgresql_and_goes_on_there_and_no_password_is_said(agreed: World, tmp_path: Path) -> None:
    server, world = postgres_server(), agreed
    url = server.database()
    with (world.home / "modicum.toml").open("a") as settings:
        settings.write(f'store = "{url}"\n')
    world.ok("rebuild")
    (world.home / "store.db").unlink()
    server.execute("UPDATE votes SET approves = false", database=url.rsplit("/", 1)[1])
    assert release(world) == Exit.VERIFICATION_FAILED
    world.ok("rebuild")
    assert release(world) == Exit.DONE
    assert world.json("rebuild", "--check")["rows"]["releases"] == 1
    assert not (world.home / "store.db").exists()
    taken = command("init", "--evaluation", "--store", url, home=tmp_path / "second")
    assert taken.exit == Exit.CONFLICT
    assert not (tmp_path / "second").exists()
    server.stop()
    try:
        down = world.run("docket", "direct", CASE, "--text", "Now.", "--as", "cms/official", "--json")
        assert (down.exit, down.document["code"]) == (Exit.LOG_UNAVAILABLE, "log-unavailable")
        world.ok("docket", "list")
    finally:
        server.start()
    world.ok("doctor")
    assert PASSWORD not in taken.said + "".join(ran.said for ran in world.heard)
    world.holds()


def test_the_successor_of_a_home_on_a_server_needs_a_database_of_its_own(copied: World) -> None:
    server, world = postgres_server(), copied
    own, next_ = server.database(), server.database()
    with (world.home / "modicum.toml").open("a") as settings:
        settings.write(f'store = "{own}"\n')
    world.ok("rebuild")
    for case in world.json("docket", "list")["cases"]:
        world.ok("docket", "withdraw", case["case"], "--text", "later", "--as", "hhs-oig/analyst")
    size = Home.open(world.home).ledger.size
    without = rotate(world)
    assert (without.exit, "--store" in without.err) == (Exit.USAGE, True)
    taken = rotate(world, "--store", own)
    assert (taken.exit, "is the store of another home" in taken.err) == (Exit.CONFLICT, True)
    assert Home.open(world.home).ledger.size == size
    assert rotate(world, "--store", next_).exit == Exit.DONE
    new = successor(world)
    new.ok("rebuild", "--check")
    assert not (new.home / "store.db").exists()
    new.file(STATISTICS)
    assert follow(world).exit == Exit.DONE
    assert PASSWORD not in "".join(ran.said for ran in (without, taken, *new.heard))


def test_an_init_that_fails_leaves_its_database_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres_server().database()
    with monkeypatch.context() as patch:
        patch.setattr("modicum.gateway.founding.Trust", lambda **_: (_ for _ in ()).throw(OSError(28, "full")))
        assert command("init", "--evaluation", "--store", url, home=tmp_path / "first").exit == Exit.LOG_UNAVAILABLE
    assert not (tmp_path / "first").exists()
    assert command("init", "--evaluation", "--store", url, home=tmp_path / "first").exit == Exit.DONE


def test_cases_are_listed_by_state_requester_and_day_and_by_no_table(copied: World) -> None:
    write(copied, LIES["agreed"][2])

    def listed(*words: str) -> list[str]:
        return [each["case"] for each in copied.json("docket", "list", *words)["cases"]]

    both = [CASE, SECOND]
    assert listed() == both
    assert listed("--state", "agreed") == [SECOND]
    assert listed("--state", "in_review") == [CASE]
    assert listed("--requester", "hhs-oig") == listed("--requester", "hhs-oig/analyst") == both
    assert listed("--requester", "dhs") == []
    today = copied.json("docket", "list")["cases"][0]["filed_at"][:10]
    assert listed("--since", today) == both
    assert listed("--since", "2999-01-01") == []
    for words, told in ((("--state", "lost"), "no state lost"), (("--since", "today"), "--since is not a date")):
        ran = copied.run("docket", "list", *words, "--json")
        assert ran.exit == Exit.USAGE
        assert told in ran.document["cause"]
