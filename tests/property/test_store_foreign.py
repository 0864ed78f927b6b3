"""Whoever can write to the database alone: what is done to its schema is seen at each opening, and a rebuilding cures it."""

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

from store_world import DATABASES, KeptWorld, new_url
from test_store_contract import approval, in_step

from modicum.model.errors import EvidenceError
from modicum.store import OpenStore
from postgres_server import PASSWORD, postgres_server

STOP = "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
BOTH = {
    "a dropped table": ("DROP TABLE votes",),
    "no version": ("DELETE FROM alembic_version",),
    "no table of versions": ("DROP TABLE alembic_version",),
    "two tables lost": ("DROP TABLE alembic_version", "DROP TABLE position"),
    "a version that is none": ("UPDATE alembic_version SET version_num = 'none'",),
    "a view in place of a table": ("ALTER TABLE votes RENAME TO v2", "CREATE VIEW votes AS SELECT * FROM v2"),
    "a view beside": ("CREATE VIEW seen AS SELECT * FROM votes",),
    "a table beside": ("""CREATE TABLE held (i INTEGER REFERENCES entries ("index"))""", "INSERT INTO held VALUES (0)"),
    "a unique index": ("CREATE UNIQUE INDEX once ON entries (kind) WHERE kind = 'approved'",),
    "another column": ("ALTER TABLE entries ADD COLUMN more TEXT",),
    "a renamed column": ("ALTER TABLE objections RENAME COLUMN grounds TO reasons",),
    "a table without its rules": ("DROP TABLE objections", "CREATE TABLE objections (entry TEXT)"),
}
SQLITE = {
    "a trigger that ignores": (
        "CREATE TRIGGER t BEFORE INSERT ON entries WHEN new.kind = 'approved' BEGIN SELECT raise(ignore); END",
    ),
    "a trigger that aborts": ("CREATE TRIGGER t BEFORE INSERT ON entries BEGIN SELECT raise(abort, 'no'); END",),
    "a trigger that deletes": (
        """CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE "index" = new."index"; END""",
    ),
    "a table of texts": ("CREATE VIRTUAL TABLE words USING fts5(word)",),
    "entries that anything fits in": ("PRAGMA foreign_keys=OFF", "DROP TABLE entries", "CREATE TABLE entries (leaf)"),
}
POSTGRES = {
    "a trigger that ignores": (
        STOP,
        "CREATE TRIGGER t BEFORE INSERT ON entries FOR EACH ROW WHEN (new.kind = 'approved') EXECUTE FUNCTION stop()",
    ),
    "a rule": ("CREATE RULE r AS ON INSERT TO votes DO INSTEAD NOTHING",),
    "a check": ("ALTER TABLE entries ADD CHECK (kind <> 'objected')",),
    "row security": ("ALTER TABLE entries ENABLE ROW LEVEL SECURITY", "ALTER TABLE entries FORCE ROW LEVEL SECURITY"),
    "a column of another type": ("ALTER TABLE votes ALTER COLUMN person TYPE VARCHAR(500)",),
    "a table that a crash empties": ("ALTER TABLE releases SET UNLOGGED",),
    "a default": ("ALTER TABLE votes ALTER COLUMN person SET DEFAULT 'x'",),
    "a view that is kept": ("CREATE MATERIALIZED VIEW kept AS SELECT * FROM votes",),
}
DONE = [
    *(("sqlite", *each) for each in (BOTH | SQLITE).items()),
    *(("postgresql", *each) for each in (BOTH | POSTGRES).items()),
]


def agreed(path: Path, database: str) -> KeptWorld:
    world = KeptWorld(path / "home", new_url(database))
    world.file()
    world.decide()
    return world


@pytest.fixture(params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> KeptWorld:
    return agreed(tmp_path, request.param)


def rebuild(world: KeptWorld) -> None:
    """What `modicum rebuild` does of it."""
    world.open()
    with world.journal.held(repairing=True) as store:
        world.acceptance.remake(store, world.journal.entries(), world.journal.docket(), bodies=world.journal.body_of)


@pytest.mark.parametrize(("database", "what", "statements"), DONE, ids=[" ".join(each[:2]) for each in DONE])
def test_what_is_done_to_the_schema_is_seen_by_every_opening_and_cured(
    tmp_path: Path, database: str, what: str, statements: tuple[str, ...]
) -> None:
    world = agreed(tmp_path, database)
    world.execute(*statements)
    for _ in range(2):
        world.open()
        with pytest.raises(EvidenceError, match="modicum rebuild") as caught:
            world.do(approval(world))
        assert "entered something first" not in str(caught.value), what
    assert len(world.journal.entries()) == 3
    rebuild(world)
    world.open()
    in_step(world)
    world.do(approval(world))
    in_step(world)


def test_rights_that_were_taken_away_are_seen_and_cured(tmp_path: Path) -> None:
    server = postgres_server()
    url = server.database()
    name, user = url.rsplit("/", 1)[1], f"u{secrets.token_hex(4)}"
    server.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'", f'ALTER DATABASE "{name}" OWNER TO {user}')
    world = KeptWorld(tmp_path / "home", url.replace("://modicum:", f"://{user}:"))
    world.file()
    world.decide()
    server.execute(f"REVOKE INSERT ON objections FROM {user}", database=name)
    with pytest.raises(EvidenceError, match=r"objections gives this user not all rights; .*modicum rebuild"):
        world.do(approval(world))
    rebuild(world)
    world.open()
    world.do(approval(world))
    in_step(world)


def test_what_comes_after_the_opening_keeps_no_entry_either(world: KeptWorld) -> None:
    """A trigger that somebody makes between the opening and the writing."""
    statements = SQLITE if world.url is None else POSTGRES
    event = approval(world)
    with world.journal.locked():
        world.execute(*statements["a trigger that ignores"])
        with pytest.raises(EvidenceError, match="modicum rebuild"):
            world.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
    world.open()
    assert len(world.entries) == 3


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE entries SET leaf = 'x' WHERE "index" = 2""",
        """UPDATE entries SET body = 7 WHERE "index" = 2""",
        """UPDATE entries SET kind = x'00' WHERE "index" = 2""",
        "UPDATE cases SET round = 'one'",
        "UPDATE cases SET round = 1.5",
        "UPDATE cases SET round = 9007199254740993",
        "UPDATE cases SET state = x'ff'",
        "UPDATE cases SET state = CAST(x'ff' AS TEXT)",
        "UPDATE people SET active = 'x'",
        "UPDATE people SET active = 2",
        "UPDATE position SET size = 'x'",
    ],
)
def test_a_value_of_another_type_is_named_and_cured(tmp_path: Path, statement: str) -> None:
    world = agreed(tmp_path, "sqlite")
    world.execute(statement)
    with world.journal.held() as store, pytest.raises(EvidenceError, match="modicum rebuild"):
        look(store)
    rebuild(world)
    world.open()
    in_step(world)


def look(store: OpenStore) -> Iterator[None]:
    store.position()
    store.leaves()
    return iter([None for _ in store.tables()])


def test_a_second_position_is_named_by_its_log_and_cured(world: KeptWorld) -> None:
    world.execute("INSERT INTO position SELECT 'evil', size, root, sha256, accepted FROM position")
    with pytest.raises(EvidenceError, match=r"a row of the log evil beside its own; .*modicum rebuild"):
        world.do(approval(world))
    rebuild(world)
    world.open()
    in_step(world)


def test_what_was_accepted_and_not_entered_outlives_a_repair(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from modicum.gateway.accepting import Acceptance

    event = approval(world)
    with monkeypatch.context() as patch:
        patch.setattr(Acceptance, "integrate", lambda *_: (_ for _ in ()).throw(SystemExit))
        patch.setattr(type(world.journal), "_take_back", lambda *_: False)
        with pytest.raises(SystemExit), world.journal.locked():
            world.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
    world.execute("DROP TABLE votes")
    world.open()
    with world.journal.held(repairing=True) as store:
        pending = world.acceptance.pending(store, world.journal.entries(), world.journal.docket())
        assert [row.entry.kind for row in pending] == ["approved"]
        world.acceptance.integrate(pending)
        world.acceptance.remake(store, world.journal.entries(), world.journal.docket(), bodies=world.journal.body_of)
    world.open()
    assert [entry.kind for entry in world.entries[3:]] == ["approved"]
    in_step(world)
