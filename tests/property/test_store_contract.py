"""What a store promises, on SQLite and on PostgreSQL alike: accepted once, whole, in step with the log, never believed."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

from docket_world import CASE, FACT_ROLES, by
from store_world import DATABASES, KEY, KeptWorld, folded, new_url

from modicum.docket import gateway_events
from modicum.docket.commands import answer, approve, attest, direct, object_, reject
from modicum.docket.signing import Event
from modicum.gateway.accepting import Acceptance
from modicum.gateway.journal import Said
from modicum.ledger import Ledger
from modicum.model.decision import Verdict
from modicum.model.errors import ConflictError, EvidenceError, LogUnavailableError
from modicum.store import PROJECTIONS, EntryRow, Position, digest_of, rows_of_docket
from modicum.store.dump import logged_row
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.logdir import read_log

REGISTERED = Event(
    kind="dataset",
    case=None,
    content={
        "name": "enrolment",
        "version": "1",
        "catalogue_sha256": "00" * 32,
        "persons_at_least": 1000,
        "confirmed": True,
    },
)


class CutOffError(BaseException):
    """The process ends here; nothing of ours runs afterwards."""


@pytest.fixture(params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> KeptWorld:
    return KeptWorld(tmp_path / "home", new_url(request.param))


def play(world: KeptWorld) -> None:
    """A case with something in every table."""
    world.do(REGISTERED)
    world.file()
    world.decide()
    scope = {"origin_state": "CA"}
    at = world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No.", strata=scope))
    world.do(answer(world.docket, CASE, by=by("cms/counsel"), objection=at, text="Counts only."))
    world.do(direct(world.docket, CASE, by=by("cms/official"), text="Release.", deadline="today"))
    world.do(attest(world.docket, CASE, by=by("cms/privacy"), fact="notice-published", roles=FACT_ROLES))
    world.agreed()
    world.release()
    world.do(gateway_events.aborted(world.docket, CASE, reason="interrupted"))
    world.do(reject(world.docket, CASE, by=by("cms/counsel"), text="too wide"))


def in_step(world: KeptWorld) -> None:
    """Tables, position and log say one thing; the log as an outsider reads it, entries and position past our own code."""
    world.look()
    log = read_log(world.path / "log", world.ledger.vkey)
    assert folded(world.entries) == world.docket
    tables = world.tables()
    expected = {**rows_of_docket(world.docket), "entries": [logged_row(entry) for entry in world.entries]}
    assert digest_of(tables) == digest_of(expected)
    assert [bytes(row[0]) for row in world.query('SELECT leaf FROM entries ORDER BY "index"')] == log.leaves
    [(size, root, sha256)] = world.query("SELECT size, root, sha256 FROM position")
    assert (size, root, sha256) == (log.checkpoint.size, log.checkpoint.root.hex(), digest_of(tables))


def cut_off(world: KeptWorld, event: Event, *, after: str = "accept") -> None:
    """Record an event, and die after the store accepted it, or after the body lies there; then open anew."""

    def die(*_: Any, **__: Any) -> None:
        raise CutOffError

    with pytest.MonkeyPatch.context() as patch:
        if after == "accept":
            patch.setattr(Acceptance, "integrate", die)
        else:
            patch.setattr(Ledger, "append", die)
        patch.setattr("modicum.gateway.journal.Journal._take_back", die)
        with pytest.raises(CutOffError):
            world.do(event)
    world.open()


def approval(world: KeptWorld, person: str = "cms/privacy") -> Event:
    return approve(world.docket, CASE, by=by(person))


def test_every_row_of_what_an_event_changes_is_written_with_it(world: KeptWorld) -> None:
    play(world)
    in_step(world)
    tables = world.tables()
    assert [name for name in PROJECTIONS if not tables[name]] == []
    assert world.query("SELECT state, next FROM cases") == [(str(world.case().state), world.case().whose_turn)]
    kept = world.docket
    world.open()
    assert world.docket == kept


@pytest.mark.parametrize("after", ["accept", "body"])
def test_what_was_accepted_when_the_process_died_is_entered_once(world: KeptWorld, after: str) -> None:
    world.file()
    world.decide()
    size = len(world.entries)
    cut_off(world, approval(world), after=after)
    assert len(world.entries) == size, "readers see the log"
    assert world.query("SELECT count(*) FROM entries") == [(size + 1,)]
    for _ in range(2):
        with world.journal.locked():
            pass
        world.look()
        assert [entry.kind for entry in world.entries[size:]] == ["approved"]
        in_step(world)
        world.open()
    world.do(approval(world, "il-hfs/origin"))
    assert world.case().agreed
    in_step(world)


def test_many_events_are_one_transaction_and_one_append(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.file()
    world.decide()
    given = [approval(world), approval(world, "il-hfs/origin")]
    appends: list[int] = []
    real = Ledger.append

    def counted(self: Ledger, leaves: Any, **options: Any) -> Any:
        appends.append(len(leaves))
        return real(self, leaves, **options)

    monkeypatch.setattr(Ledger, "append", counted)
    with world.journal.locked():
        made = world.journal.record_many(
            [Said(kind=each.kind, content=each.content, case=each.case, actor=each.actor) for each in given]
        )
    assert appends == [2]
    assert [entry.kind for entry in made] == ["approved", "approved"]
    in_step(world)
    assert world.case().agreed


def test_many_events_of_which_one_is_refused_are_none(world: KeptWorld) -> None:
    world.file()
    world.decide()
    size, good = len(world.entries), approval(world)
    bad = gateway_events.shaped("delivered", {"package_sha256": "55" * 32, "size_bytes": 1}, case=CASE)
    events = [Said(kind=each.kind, content=each.content, case=each.case, actor=each.actor) for each in (good, bad)]
    with world.journal.locked(), pytest.raises(EvidenceError):
        world.journal.record_many(events)
    world.look()
    assert len(world.entries) == size
    in_step(world)


def test_a_store_takes_back_what_the_log_refuses(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.file()
    world.decide()
    size, bodies = len(world.entries), world.folder.list("bodies")

    def full(*_: Any, **__: Any) -> None:
        raise LogUnavailableError(cause="the disk is full", cure="make room")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", full)
        with pytest.raises(LogUnavailableError, match="the disk is full; make room"):
            world.do(approval(world))
    in_step(world)
    assert len(world.entries) == size
    assert world.folder.list("bodies") == bodies
    world.do(approval(world))
    assert [entry.kind for entry in world.entries[size:]] == ["approved"]
    in_step(world)


def test_what_neither_log_nor_store_could_undo_is_said_and_entered_later(
    world: KeptWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.file()
    world.decide()
    size = len(world.entries)

    def full(*_: Any, **__: Any) -> None:
        raise LogUnavailableError(cause="the disk is full", cure="make room")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", full)
        patch.setattr("modicum.store.database.Database.take_back", full)
        with pytest.raises(LogUnavailableError, match="had accepted it already") as caught:
            world.do(approval(world))
    assert "the next command enters it" in caught.value.cure
    with world.journal.locked():
        pass
    in_step(world)
    assert [entry.kind for entry in world.entries[size:]] == ["approved"]


def test_a_store_that_is_gone_or_older_is_brought_up_from_the_log(world: KeptWorld, tmp_path: Path) -> None:
    world.file()
    older = world.query("SELECT count(*) FROM entries")[0][0]
    if world.url is None:
        shutil.copy(world.path / "store.db", tmp_path / "older.db")
    world.decide()
    world.do(approval(world))
    if world.url is None:
        shutil.copy(tmp_path / "older.db", world.path / "store.db")
        assert world.query("SELECT count(*) FROM entries") == [(older,)]
        world.do(approval(world, "il-hfs/origin"))
        in_step(world)
        (world.path / "store.db").unlink()
    else:
        tables = ", ".join([*PROJECTIONS, "entries", "position"])
        world.execute(f"DROP TABLE {tables}, alembic_version")
        world.do(approval(world, "il-hfs/origin"))
        in_step(world)
        world.execute(f"TRUNCATE {tables}")
    world.open()
    world.do(approval(world, "ca-dhcs/counsel"))
    in_step(world)


def test_the_store_of_another_home_is_refused(world: KeptWorld, tmp_path: Path) -> None:
    world.file()
    other = KeptWorld(tmp_path / "other", world.url, founded=False, origin="another.example/log")
    if world.url is None:
        shutil.copy(world.path / "store.db", other.path / "store.db")
    before = world.tables()
    with pytest.raises(EvidenceError, match="is the store of the log cms"), other.journal.locked():
        pass
    assert world.tables() == before


def test_an_entry_unlike_the_log_s_is_broken_evidence(world: KeptWorld) -> None:
    world.file()
    world.decide()
    world.execute("""UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE "index" = 0) WHERE "index" = 1""")
    with pytest.raises(EvidenceError) as caught:
        world.do(approval(world))
    assert caught.value.place == f"{world.store.name}, entry 1"
    assert "modicum rebuild" in caught.value.cure


def forged(world: KeptWorld, event: Event) -> EntryRow:
    """An entry that follows the log, with its body, as whoever holds the database can make one."""
    from modicum.gateway.journal import _row

    world.minute += 1
    said = Said(kind=event.kind, content=event.content, case=event.case, actor=event.actor)
    return _row(said, at=world.now, index=len(world.entries))


@pytest.mark.parametrize("position", ["untouched", "moved", "signed by another key"])
def test_an_entry_that_this_gateway_did_not_accept_never_enters_the_log(world: KeptWorld, position: str) -> None:
    """An event of the gateway needs no person's signature; the database's owner could put one after the log's end."""
    world.file()
    world.decide(verdict=Verdict.FORBIDDEN)
    size = len(world.entries)
    row = forged(world, gateway_events.refused(world.docket, CASE))
    with world.store.opened() as store:
        onto = store.position()
        assert onto is not None
        there = Position(
            origin=onto.origin, size=size + 1, root=world.ledger.root_with([row.leaf]).hex(), sha256=onto.sha256
        )
        made = {
            "untouched": onto,
            "moved": Position(**{**vars_of(there), "accepted": onto.accepted}),
            "signed by another key": there.signed(Ed25519PrivateKey.generate()),
        }[position]
        store.accept([row], [], onto=onto, position=made)
    world.open()
    with pytest.raises(EvidenceError, match="was not accepted by this gateway") as caught, world.journal.locked():
        pass
    assert caught.value.place == f"{world.store.name}, entry {size}"
    world.look()
    assert len(world.entries) == size


def test_control_the_same_entry_accepted_by_the_gateway_enters(world: KeptWorld) -> None:
    world.file()
    world.decide(verdict=Verdict.FORBIDDEN)
    row = forged(world, gateway_events.refused(world.docket, CASE))
    with world.store.opened() as store:
        onto = store.position()
        assert onto is not None
        root = world.ledger.root_with([row.leaf]).hex()
        there = Position(origin=onto.origin, size=onto.size + 1, root=root, sha256=onto.sha256).signed(KEY)
        store.accept([row], [], onto=onto, position=there)
    world.open()
    with world.journal.locked():
        pass
    in_step(world)
    assert world.entries[-1].kind == "refused"


def vars_of(position: Position) -> dict[str, Any]:
    return {name: getattr(position, name) for name in ("origin", "size", "root", "sha256", "accepted")}


def test_what_the_fold_refuses_is_not_entered_though_it_was_accepted(world: KeptWorld) -> None:
    """Somebody with database and key: the gate is the fold, here as in `record`."""
    world.file()
    row = forged(world, gateway_events.shaped("accounted", {"accounting_sha256": "44" * 32}, case=CASE))
    with world.store.opened() as store:
        onto = store.position()
        assert onto is not None
        root = world.ledger.root_with([row.leaf]).hex()
        there = Position(origin=onto.origin, size=onto.size + 1, root=root, sha256=onto.sha256).signed(KEY)
        store.accept([row], [], onto=onto, position=there)
    world.open()
    with pytest.raises(EvidenceError, match="cannot follow in the log"), world.journal.locked():
        pass


def test_two_who_read_one_place_do_not_both_write_there(world: KeptWorld) -> None:
    """A home that was copied while its database stayed: the store lets one go on, and the other look again."""
    world.file()
    world.decide()
    event = approval(world)
    with world.journal.locked():
        world.journal._position = Position(**{**vars_of(position_of(world)), "size": 1})
        with pytest.raises(ConflictError, match="no longer stands at entry 1"):
            world.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
        world.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
    in_step(world)


def position_of(world: KeptWorld) -> Position:
    found = world.journal._position
    assert found is not None
    return found


def test_a_home_that_was_copied_while_its_database_stayed_cannot_fork(tmp_path: Path) -> None:
    first = KeptWorld(tmp_path / "home", new_url("postgresql"))
    first.file()
    first.decide()
    shutil.copytree(first.path, tmp_path / "copy")
    second = KeptWorld(tmp_path / "copy", first.url, founded=False)
    first.do(approval(first))
    with second.journal.locked():
        pass
    second.look()
    assert [entry.body for entry in second.entries] == [entry.body for entry in first.entries]
    second.minute = first.minute
    second.do(approval(second, "il-hfs/origin"))
    in_step(second)
    with first.journal.locked():
        pass
    first.look()
    assert first.case().agreed
    assert first.ledger.checkpoint_note == second.ledger.checkpoint_note
    in_step(first)
