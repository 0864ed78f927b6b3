"""What a store asks of its database, and what it says where the database cannot give it."""

import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

from docket_world import CASE, QUORUM, World, by
from store_world import DATABASES, KeptWorld, connection, new_url
from test_store_contract import approval, in_step, play

from modicum.docket.commands import approve
from modicum.model.errors import InvalidInputError, LogUnavailableError
from modicum.store import Sketch, digest_of, parse_address, rows_of_case, rows_of_docket
from modicum.store.dump import dump, logged_row
from modicum_verify.canonical import canonical
from modicum_verify.reviews import ReviewRule
from postgres_server import PASSWORD, postgres_server

WITHIN_S = 5.0


@pytest.fixture(params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> KeptWorld:
    return KeptWorld(tmp_path / "home", new_url(request.param))


@contextmanager
def refused(match: str) -> Iterator[None]:
    """A clean refusal, in time."""
    began = time.monotonic()
    with pytest.raises(LogUnavailableError, match=match) as caught:
        yield
    assert time.monotonic() - began < WITHIN_S
    assert PASSWORD not in str(caught.value)


def untouched(world: KeptWorld, size: int) -> None:
    world.open()
    assert len(world.entries) == size
    world.do(approval(world))
    assert len(world.entries) == size + 1
    in_step(world)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("PRAGMA synchronous=NORMAL", "synchronous is 1"),
        ("PRAGMA synchronous=OFF", "synchronous is 0"),
        ("PRAGMA journal_mode=DELETE", "journal_mode is delete"),
        ("PRAGMA journal_mode=MEMORY", "journal_mode is memory"),
        ("PRAGMA foreign_keys=OFF", "foreign_keys is 0"),
    ],
)
def test_a_build_that_sets_sqlite_otherwise_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, what: str
) -> None:
    from modicum.store import engine

    name = statement.partition("=")[0]
    changed = tuple(statement if each.startswith(name) else each for each in engine.SQLITE_SET)
    assert changed != engine.SQLITE_SET
    with monkeypatch.context() as patch:
        patch.setattr(engine, "SQLITE_SET", changed)
        with refused(what):
            KeptWorld(tmp_path / "home")
    assert KeptWorld(tmp_path / "other").entries


def test_the_file_is_the_owner_s_alone(tmp_path: Path) -> None:
    world = KeptWorld(tmp_path / "home")
    with world.journal.locked():
        kept = list(world.path.glob("store.db*"))
        assert len(kept) == 3
        assert {stat.S_IMODE(each.stat().st_mode) for each in kept} == {0o600}


@pytest.mark.parametrize(
    ("setting", "undo"),
    [
        ("ALTER DATABASE {name} SET synchronous_commit = off", "ALTER DATABASE {name} RESET synchronous_commit"),
        ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM RESET fsync"),
    ],
)
def test_a_postgresql_that_may_lose_a_commit_is_refused(tmp_path: Path, setting: str, undo: str) -> None:
    server = postgres_server()
    world = KeptWorld(tmp_path / "home", server.database())
    world.file()
    world.decide()
    name = world.url.rsplit("/", 1)[1] if world.url else ""
    try:
        server.execute(setting.format(name=name), "SELECT pg_reload_conf()")
        time.sleep(0.2)
        with refused("(fsync|synchronous_commit) is off"):
            world.do(approval(world))
    finally:
        server.execute(undo.format(name=name), "SELECT pg_reload_conf()")
        time.sleep(0.2)
    untouched(world, 3)


def test_a_build_that_does_not_ask_postgresql_to_be_serializable_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modicum.store import engine

    url = new_url("postgresql")
    with monkeypatch.context() as patch:
        patch.setattr(engine, "ISOLATION", "READ COMMITTED")
        with refused("transaction_isolation is read committed"):
            KeptWorld(tmp_path / "home", url)


def test_a_database_that_somebody_holds_refuses_in_time(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    if world.url is not None:
        monkeypatch.setattr("modicum.store.engine.WAIT_S", 0.5)  # the test of a server that hangs waits in full
    world.file()
    world.decide()
    with connection(world.path, world.url) as other:
        cursor = other.cursor()
        cursor.execute("BEGIN IMMEDIATE" if world.url is None else "LOCK TABLE entries IN ACCESS EXCLUSIVE MODE")
        with refused("so nothing was recorded"):
            world.do(approval(world))
        other.rollback()
    untouched(world, 3)


def test_a_server_that_hangs_or_is_down_refuses_in_time(tmp_path: Path) -> None:
    server = postgres_server()
    world = KeptWorld(tmp_path / "home", server.database())
    world.file()
    world.decide()
    server.pause()
    try:
        with refused("so nothing was recorded"):
            world.do(approval(world))
    finally:
        server.resume()
    server.stop("immediate")
    try:
        with refused("so nothing was recorded"):
            world.do(approval(world))
    finally:
        server.start()
    untouched(world, 3)


def test_a_server_that_goes_away_midway_leaves_nothing_half_done(tmp_path: Path) -> None:
    server = postgres_server()
    world = KeptWorld(tmp_path / "home", server.database())
    world.file()
    world.decide()
    event = approval(world)
    with refused("so nothing was recorded"), world.journal.locked():
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'modicum'")
        world.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
    untouched(world, 3)


@pytest.mark.parametrize("took", [True, False])
def test_a_commit_whose_answer_was_lost_is_entered_once_if_it_was_one(
    world: KeptWorld, monkeypatch: pytest.MonkeyPatch, *, took: bool
) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    world.file()
    world.decide()
    real = DefaultDialect.do_commit

    def answerless(self: DefaultDialect, connection: Any) -> None:
        if took:
            real(self, connection)
        raise TimeoutError

    with world.journal.locked():
        event = approval(world)
        with monkeypatch.context() as patch:
            patch.setattr(DefaultDialect, "do_commit", answerless)
            with refused("did not say whether it took"):
                world.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
    world.open()
    for _ in range(2):
        with world.journal.locked():
            pass
        world.open()
        assert [entry.kind for entry in world.entries[3:]] == ["approved"] * took
    in_step(world)


def test_a_file_that_is_no_database_is_told_with_its_cure(tmp_path: Path) -> None:
    world = KeptWorld(tmp_path / "home")
    world.file()
    world.decide()
    (world.path / "store.db").write_bytes(b"not a database, " * 1000)
    with pytest.raises(LogUnavailableError, match="cannot be read as a database; move store"):
        world.do(approval(world))
    (world.path / "store.db").unlink()
    untouched(world, 3)


def make_version_0(world: KeptWorld) -> None:
    """The tables of version 0, made by hand: the entries and nothing else."""
    rows = world.query('SELECT "index", kind, at, "case", actor, commitment, leaf, body FROM entries ORDER BY "index"')
    number, binary, place = ("INTEGER", "BLOB", "?") if world.url is None else ("BIGINT", "BYTEA", "%s")
    names = ("position", "releases", "directives", "facts", "objections", "votes", "cases", "datasets", "people")
    drops = [f"DROP TABLE {name}" for name in (*names, "organisations", "entries", "alembic_version")]
    world.execute(
        *drops,
        f"""CREATE TABLE entries ("index" {number} NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, "case" TEXT,
            actor TEXT NOT NULL, commitment TEXT NOT NULL, leaf {binary} NOT NULL, body {binary} NOT NULL,
            PRIMARY KEY ("index"), UNIQUE (commitment))""",
    )
    with connection(world.path, world.url) as opened:
        cursor = opened.cursor()
        for row in rows[:-2]:
            cursor.execute(f"INSERT INTO entries VALUES ({', '.join([place] * 8)})", row)
        opened.commit()


def shape(world: KeptWorld) -> dict[str, list[tuple[str, str, bool]]]:
    """Tables and columns as the database describes them."""
    from sqlalchemy import inspect

    from modicum.store.engine import connected, engine_of

    address = parse_address(world.path, world.url)
    with connected(engine_of(address), address) as open_connection:
        seen = inspect(open_connection)
        return {
            name: sorted((each["name"], str(each["type"]), bool(each["nullable"])) for each in seen.get_columns(name))
            + sorted(("key", each, False) for each in seen.get_pk_constraint(name)["constrained_columns"])
            + sorted(("to", each["referred_table"], False) for each in seen.get_foreign_keys(name))
            for name in sorted(seen.get_table_names())
        }


def test_a_store_of_version_0_is_migrated(world: KeptWorld) -> None:
    play(world)
    new, size = shape(world), len(world.entries)
    make_version_0(world)
    assert list(shape(world)) == ["entries"]
    world.open()
    world.do(approve(world.docket, CASE, by=by("ca-dhcs/counsel")))
    assert shape(world) == new
    assert len(world.entries) == size + 1
    in_step(world)


def test_a_store_of_a_newer_program_is_refused(world: KeptWorld) -> None:
    world.file()
    world.decide()
    world.execute("UPDATE alembic_version SET version_num = '9999'")
    before = world.query("SELECT count(*) FROM entries")
    with refused("tables of version 9999"):
        world.do(approval(world))
    assert world.query("SELECT count(*) FROM entries") == before


def test_the_sketch_is_the_digest_of_the_canonical_dump() -> None:
    world, sketch = World(), Sketch()
    world.file()
    world.decide()
    for _ in range(2):
        for size in (3, 2, 3):  # also back, as where the log refused
            from modicum_verify.fold import fold

            entries = world.entries[:size]
            docket = fold(entries)
            tables = {**rows_of_docket(docket), "entries": [logged_row(entry) for entry in entries]}
            assert sketch.digest(entries, docket) == digest_of(tables)
        world.entries[2] = replace(world.entries[2], body="dd" * 32)


def test_the_dump_is_canonical_whatever_the_order_of_rows() -> None:
    world = World()
    world.file("first")
    world.file("second")
    tables = rows_of_docket(world.docket)
    backwards = {name: list(reversed(rows)) for name, rows in reversed(tables.items())}
    assert dump(tables) == dump(backwards)
    from modicum_verify.canonical import parse_canonical

    assert canonical(parse_canonical(dump(tables))) == dump(tables)


def test_no_row_holds_what_postgresql_cannot() -> None:
    world = World()
    world.file()
    case = replace(world.case(), request={**world.case().request, "purpose": "a\x00b"})
    assert rows_of_case(case)["cases"][0]["purpose"] == "a\ufffdb"


def test_no_row_says_how_a_sealed_first_review_voted() -> None:
    world = World()
    world.file()
    world.decide()
    world.approve("cms/privacy")
    case = world.case()
    assert case.decision is not None
    rule = ReviewRule(form="*", purpose="*", quorum=QUORUM, waits=case.waits, court=None, notice=False, expires_s=None)
    sealed = replace(case, decision=replace(case.decision, rule=rule))
    assert sealed.blind
    assert [row["approves"] for row in rows_of_case(sealed)["votes"]] == [None]
    world.approve("il-hfs/origin")
    opened = replace(world.case(), decision=sealed.decision)
    assert [row["approves"] for row in rows_of_case(opened)["votes"]] == [True, True]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///other.db",
        "postgresql://u:secret@h/d",
        "postgresql+pg8000://u:secret@h",
        "postgresql+pg8000://:secret@h/d",
        "postgresql+pg8000://u:secret@h:port/d",
        "postgresql+pg8000://u:secret@h/d?sslmode=disable",
        "postgresql+pg8000://u:sec ret@h/d",
        'postgresql+pg8000://u:secret@h/d"\nevaluation = true',
        "secret",
    ],
)
def test_an_address_of_another_kind_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_address(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_an_address_keeps_its_password_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = parse_address(tmp_path, "postgresql+pg8000://modicum:p%40ss@db.example:6543/store")
    assert found.server is not None
    assert (found.server.password, found.server.port, found.server.database) == ("p@ss", 6543, "store")
    assert "p@ss" not in repr(found)
    assert found.name == "the PostgreSQL database store at db.example"
    monkeypatch.setenv("PGPASSWORD", "from outside")
    other = parse_address(tmp_path, "postgresql+pg8000://modicum@localhost/store").server
    assert other is not None
    assert other.password == "from outside"


def test_every_way_off_this_machine_is_encrypted_and_checked(tmp_path: Path) -> None:
    import ssl

    far = parse_address(tmp_path, "postgresql+pg8000://u:p@db.example/d").server
    near = parse_address(tmp_path, "postgresql+pg8000://u:p@127.0.0.1/d").server
    assert far is not None
    assert near is not None
    tls = far.tls()
    assert tls is not None
    assert tls.verify_mode is ssl.CERT_REQUIRED
    assert tls.check_hostname
    assert near.tls() is None
    lost = parse_address(tmp_path, f"postgresql+pg8000://u:p@h/d?sslrootcert={tmp_path}/none.pem").server
    assert lost is not None
    with pytest.raises(InvalidInputError, match="sslrootcert"):
        lost.tls()


def test_readers_import_no_database_and_writers_no_migrations(tmp_path: Path) -> None:
    import subprocess

    world = KeptWorld(tmp_path / "home")
    program = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parents[1] / "spec"), str(Path(__file__).parents[1])]!r}
import modicum.cli
assert "sqlalchemy" not in sys.modules, "readers"
from pathlib import Path
from store_world import KeptWorld
world = KeptWorld(Path({str(world.path)!r}))
assert "sqlalchemy" not in sys.modules, "opening"
world.file()
assert "sqlalchemy" in sys.modules
assert "alembic" not in sys.modules, "writers"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_writers_in_many_threads_go_one_after_the_other(world: KeptWorld) -> None:
    world.file()
    world.decide()
    failed: list[BaseException] = []

    def say(person: str) -> None:
        mine = KeptWorld(world.path, world.url)
        try:
            with mine.journal.locked():
                mine.minute = len(mine.journal.entries())  # time went on while others wrote
                event = approve(mine.journal.docket(), CASE, by=by(person))
                mine.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    people = ("cms/privacy", "cms/counsel", "il-hfs/origin", "ca-dhcs/origin", "ca-dhcs/counsel")
    threads = [threading.Thread(target=say, args=(person,)) for person in people]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    world.open()
    assert sorted(vote.person for vote in world.case().votes) == sorted(people)
    in_step(world)
