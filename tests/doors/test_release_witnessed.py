"""Log before leave: in a home with witnesses nothing leaves that they did not cosign, and nobody is kept from objecting."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli_processes import Child
from cli_world import CASE, World, command, tree
from test_release_crash import LITTER, watched
from witnessed_world import (
    NOWHERE,
    Witnessed,
    answering,
    faults,
    hanging,
    lying_clock,
    make_witnessed,
    serving,
)

from modicum.cli.exits import Exit
from modicum.gateway import release as releasing
from modicum.gateway import witness
from modicum.gateway.home import Home
from modicum.gateway.journal import Journal
from modicum.gateway.witnessing import serve_witness
from modicum.ledger.cosigning import TIMEOUT_S
from modicum_verify.errors import EvidenceError

LIMIT_S = 2 * TIMEOUT_S  # one after the other, two witnesses that hang would take as long as this
HELD: list[Any] = []
EVERY = int(os.environ.get("MODICUM_EVERY_STEP", "5"))


@pytest.fixture(scope="session")
def witnessed_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    return make_witnessed(tmp_path_factory.mktemp("witnessed"), population=template.folder / "population")


@pytest.fixture
def home(witnessed_template: Witnessed, tmp_path: Path) -> Witnessed:
    return witnessed_template.copy_to(tmp_path)


def release(world: Witnessed) -> int:
    return world.run("release", CASE, "--out", world.folder / "answer.modicum", "--json").exit


def judge(world: Witnessed) -> str:
    """What may never be, whatever happened: a package, or a delivery, of a release that was not cosigned."""
    document = world.json("docket", "show", CASE)
    world.ok("verify", world.home, "--trust", world.trust)
    kinds = [each["kind"] for each in document["timeline"]]
    since = kinds[len(kinds) - kinds[::-1].index("released") :] if "released" in kinds else []
    packages = list(world.home.glob("outbox/*.modicum"))
    assert len(packages) <= 1
    if packages or "delivered" in kinds or (world.folder / "answer.modicum").exists():
        assert "cosigned" in since, kinds
        assert "aborted" not in since, kinds
    for package in packages:
        verified = world.json("verify", package, "--trust", world.trust)
        assert (verified["witnesses"], len(verified["cosigned_by"])) == ("cosigned", 2)
    assert kinds.count("delivered") <= 1
    return str(document["state"])


def settle(world: Witnessed) -> None:
    """The doctor settles it, and the release then goes on to its end, once."""
    with world.honest():
        doctor = world.run("doctor")
        assert doctor.exit == 0, doctor
        state = judge(world)
        assert state in {"agreed", "accounted"}
        if state == "agreed":
            assert world.packages() == []
        if not (world.folder / "answer.modicum").exists():
            world.ok("release", CASE, "--out", world.folder / "answer.modicum")
        assert judge(world) == "accounted"
    kinds = world.kinds()
    assert (kinds.count("delivered"), kinds.count("accounted")) == (1, 1)
    assert kinds.count("released") == 1 + kinds.count("aborted")


def test_a_release_waits_for_the_witnesses_and_shows_them(home: Witnessed) -> None:
    assert not (home.home / "keys" / "people").exists()
    with home.processes():
        doctor = home.ok("doctor")
        assert "at least 2 organisation(s) cosign" in doctor.out
        said = home.json("release", CASE, "--out", home.folder / "answer.modicum")
    assert said["witnesses"] == "cosigned"
    assert home.kinds()[-4:] == ["released", "cosigned", "delivered", "accounted"]
    verified = home.json("verify", home.folder / "answer.modicum", "--trust", home.trust)
    assert verified["witnesses"] == verified["manifest"]["witnesses"] == "cosigned"
    assert {each["organisation"] for each in verified["cosigned_by"]} == {"inspector", "court"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each["at"]) for each in verified["cosigned_by"])
    shown = home.ok("verify", home.folder / "answer.modicum", "--trust", home.trust).out
    assert "cosigned by inspector (ig.example/witness) at 20" in shown
    words = [str(home.folder / "answer.modicum"), "--trust", str(home.trust)]
    alone = subprocess.run([sys.executable, "-m", "modicum_verify", *words], capture_output=True, text=True, check=True)
    assert alone.stdout == shown
    assert "1 release delivered, each cosigned by at least 2" in home.ok("verify", home.home, "--trust", home.trust).out
    opening = ("open", home.folder / "answer.modicum", "--identity", home.identity("hhs-oig"), "--trust", home.trust)
    home.ok(*opening, "--out", home.folder / "opened")
    home.ok("log", "fsck")
    shapes = [said, verified, home.json("docket", "show", CASE), home.json("docket", "list")]
    assert not [wrong for each in shapes for wrong in faults(each)]
    assert not faults(json.loads(home.trust.read_text()))
    assert "cosigned by the home's witnesses" in home.ok("release", CASE, "--out", home.folder / "again.modicum").err


@contextlib.contextmanager
def all_down(world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    world.moved(inspector=NOWHERE, court=NOWHERE)
    yield


@contextlib.contextmanager
def one_down(world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    with world.honest("inspector"):
        yield


@contextlib.contextmanager
def one_hangs(world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    with world.honest("inspector"), hanging() as url:
        world.moved(court=url)
        yield


@contextlib.contextmanager
def another_key(world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    """The court's address leads to somebody else: another key under the court's own name."""
    state = world.folder / "impostor"
    assert command("log", "witness", "init", "--name", "clerk.example/witness", "--state", state).exit == 0
    assert command("log", "witness", "watch", world.home / "log" / "log.vkey", "--state", state).exit == 0
    with world.honest("inspector"), serving(serve_witness(state, listen="127.0.0.1:0")) as url:
        world.moved(court=url)
        yield


@contextlib.contextmanager
def the_other_twice(world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    """Both addresses lead to the inspector."""
    with serving(serve_witness(world.state("inspector"), listen="127.0.0.1:0")) as url:
        world.moved(inspector=url, court=url)
        yield


@contextlib.contextmanager
def future_time(world: Witnessed, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with patch.context() as inner:
        inner.setattr(witness, "Witness", lying_clock(lambda: int(time.time()) + 86_400))
        server = serve_witness(world.state("court"), listen="127.0.0.1:0")
    with world.honest("inspector"), serving(server) as url:
        world.moved(court=url)
        yield


@contextlib.contextmanager
def nonsense(world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    with world.honest("inspector"), answering(200, "— clerk.example/witness AAAA\n".encode()) as url:
        world.moved(court=url)
        yield


@contextlib.contextmanager
def says(status: int, body: bytes, world: Witnessed, _: pytest.MonkeyPatch) -> Iterator[None]:
    with world.honest("inspector"), answering(status, body) as url:
        world.moved(court=url)
        yield


OUTAGES: dict[str, Callable[[Witnessed, pytest.MonkeyPatch], contextlib.AbstractContextManager[None]]] = {
    "all down": all_down,
    "one organisation down": one_down,
    "one hangs": one_hangs,
    "another key": another_key,
    "one witness at both addresses": the_other_twice,
    "a time that has not come": future_time,
    "nonsense": nonsense,
    "409 with a size that never was": partial(says, 409, b"99999\n"),
    "422": partial(says, 422, b""),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_nothing_leaves_without_enough_witnesses(home: Witnessed, outage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[float] = []
    record = Journal.record

    def noting(journal: Journal, kind: str, *arguments: Any, **named: Any) -> Any:
        entry = record(journal, kind, *arguments, **named)
        if kind == "released":
            logged.append(time.monotonic())
        return entry

    before = tree(home.home / "accounting")
    with OUTAGES[outage](home, monkeypatch), monkeypatch.context() as patch:
        patch.setattr(Journal, "record", noting)
        assert release(home) == Exit.LOG_UNAVAILABLE, home.heard[-1]
        took = time.monotonic() - logged[0]
        said = home.heard[-1].document
        assert home.run("doctor").exit == Exit.LOG_UNAVAILABLE
    assert TIMEOUT_S <= 5
    assert took < LIMIT_S
    assert said["code"] == "log-unavailable"
    assert "fewer than 2 organisations cosigned" in said["cause"]
    assert home.packages() == []
    assert tree(home.home / "accounting") == before
    assert home.kinds()[-2:] == ["released", "aborted"]
    assert judge(home) == "agreed"
    settle(home)


def test_an_objection_is_taken_while_the_witnesses_hang(home: Witnessed) -> None:
    size = home.json("log", "checkpoint")["size"]
    with hanging() as url:
        home.moved(inspector=url, court=url)
        child = Child("release", CASE, "--out", home.folder / "a.modicum", home=home.home, told=home.folder / "told")
        deadline = time.monotonic() + 60
        while home.json("log", "checkpoint")["size"] == size and time.monotonic() < deadline:
            time.sleep(0.05)
        started = time.monotonic()
        home.ok("docket", "object", CASE, "--text", "not these states", "--as", "wa-hca/data-officer")
        waited = time.monotonic() - started
        assert home.kinds()[-2:] == ["released", "objected"]
        status, said = child.end()
    assert status == Exit.LOG_UNAVAILABLE, said
    assert waited < LIMIT_S
    assert home.kinds()[-3:] == ["released", "objected", "aborted"]
    assert home.packages() == []
    assert judge(home) == "in_review"
    with home.honest():
        assert release(home) == Exit.OUTSTANDING


def test_witnesses_are_asked_anew_where_the_log_grew_past_what_they_were_asked_about(
    home: Witnessed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody objects, and another command has the longer log cosigned, before the release asks about its own."""
    with home.honest():
        asking, once = releasing.have_cosigned, []

        def late(here: Home, entry: int, witnesses: Any, *, log: Any) -> Any:
            if not once:
                once.append(log.size)
                home.ok("docket", "object", CASE, "--text", "wait", "--as", "hhs-oig/inspector")
                home.ok("log", "checkpoint", "--witnesses", home.home / "witnesses.toml")
            return asking(here, entry, witnesses, log=log)

        monkeypatch.setattr(releasing, "have_cosigned", late)
        assert release(home) == Exit.DONE, home.heard[-1]
    assert home.kinds()[-5:] == ["released", "objected", "cosigned", "delivered", "accounted"]
    assert judge(home) == "accounted"


def die(at: str) -> None:
    """In a child: be killed just before a step of the release."""

    def killed(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(releasing, at, killed)


@pytest.mark.parametrize(
    ("at", "kinds"),
    [("have_cosigned", ["released"]), ("_write_cosigned", ["released"]), ("_write", ["released", "cosigned"])],
)
def test_a_process_killed_before_the_key_is_written_releases_nothing(
    home: Witnessed, at: str, kinds: list[str]
) -> None:
    with home.honest():
        child = Child(
            *("release", CASE, "--out", home.folder / "a.modicum"),
            home=home.home,
            told=home.folder / "told",
            prepare=partial(die, at),
        )
        status, said = child.end()
    assert status == -signal.SIGKILL, said
    assert home.kinds()[-len(kinds) :] == kinds
    assert judge(home) == ("cosigned" if "cosigned" in kinds else "logged")
    settle(home)
    assert home.kinds().count("aborted") == 1


def test_a_process_killed_after_its_package_was_published_is_finished(home: Witnessed) -> None:
    with home.honest():
        child = Child(
            *("release", CASE, "--out", home.folder / "a.modicum"),
            home=home.home,
            told=home.folder / "told",
            prepare=partial(die, "_deliver"),
        )
        assert child.end()[0] == -signal.SIGKILL
    assert judge(home) == "cosigned"
    assert len(list(home.home.glob("outbox/*.modicum"))) == 1
    settle(home)
    assert home.kinds().count("aborted") == 0


def test_a_machine_that_dies_at_any_step_releases_once_or_not_at_all(
    witnessed_template: Witnessed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The disk, and the witnesses, as they stood before each step that others can see."""
    world = witnessed_template.copy_to(tmp_path_factory.mktemp("moments"))
    found: list[Witnessed] = []

    def keep(_: int, step: str) -> None:
        if step in {"_link", "_rename", "_unlink"}:
            found.append(world.copy_to(tmp_path_factory.mktemp("moment")))

    with world.processes(), watched(keep):
        assert release(world) == Exit.DONE
    found.append(world)
    pristine, states = tree(witnessed_template.home, without=(*LITTER, "witnesses.toml")), []
    for n, each in enumerate(found):
        states.append(judge(each))
        changed = states[-1] != "agreed" or tree(each.home, without=(*LITTER, "witnesses.toml")) != pristine
        if changed and n % EVERY == 0:
            settle(each)
    assert states[0] == "agreed"
    assert states[-1] == "accounted"
    assert {"logged", "cosigned", "delivered"} <= set(states)


# Positive controls: what would be wrong is seen.


def test_a_build_that_publishes_before_cosigning_is_caught(home: Witnessed, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(releasing, "own_witnesses", lambda *_: None)
        assert release(home) == Exit.VERIFICATION_FAILED
    assert "delivered before the witnesses cosigned" in home.heard[-1].document["cause"]
    with pytest.raises(AssertionError):
        judge(home)
    with home.honest():
        assert home.run("doctor").exit == Exit.VERIFICATION_FAILED
        assert release(home) == Exit.VERIFICATION_FAILED
    package = next(home.home.glob("outbox/*.modicum"))
    assert home.run("verify", package, "--trust", home.trust).exit == Exit.VERIFICATION_FAILED


def test_addresses_may_change_and_witnesses_may_not(home: Witnessed) -> None:
    path = home.home / "witnesses.toml"
    text = path.read_text()
    for wrong in (
        text.replace("organisations = 2", "organisations = 1"),
        text.replace('organisation = "court"', 'organisation = "friend"'),
        text.split("[[witness]]")[0].replace("2", "1") + "[[witness]]" + text.split("[[witness]]")[1],
        "",
    ):
        path.write_text(wrong)
        assert release(home) == Exit.VERIFICATION_FAILED, wrong
        assert home.run("doctor").exit == Exit.VERIFICATION_FAILED
    path.unlink()
    assert release(home) == Exit.VERIFICATION_FAILED
    path.write_text(text)
    trust = home.trust
    whole = json.loads(trust.read_text())
    trust.write_text(json.dumps({name: value for name, value in whole.items() if name != "witnesses"}))
    assert release(home) == Exit.VERIFICATION_FAILED
    trust.write_text(json.dumps(whole))
    settings = home.home / "modicum.toml"
    settings.write_text(settings.read_text().replace("evaluation = false", "evaluation = true"))
    assert release(home) == Exit.VERIFICATION_FAILED
    assert "released" not in home.kinds()


def test_a_log_that_was_forked_gets_no_release(home: Witnessed, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same home restored from a backup: what the witnesses saw since is not in it."""
    old = home.copy_to(tmp_path_factory.mktemp("old"))
    with home.honest():
        assert release(home) == Exit.DONE
        old.moved(
            **{
                name: re.search(rf'"{name}"\nurl = "([^"]*)', (home.home / "witnesses.toml").read_text())[1]  # type: ignore[index]
                for name in ("inspector", "court")
            }
        )
        assert release(old) == Exit.LOG_UNAVAILABLE
    assert re.search("cut, or forked|refuses with 422", old.heard[-1].document["cause"])
    assert old.packages() == []


def test_what_was_cosigned_must_be_the_history_that_is_shown(home: Witnessed) -> None:
    from modicum_verify.cosigned import check_checkpoints
    from modicum_verify.logdir import VerifiedLog, read_log

    with home.honest():
        assert release(home) == Exit.DONE
    here = Home.open(home.home)
    log, cases = read_log(home.home / "log", here.ledger.vkey), here.journal.docket().cases.values()
    assert check_checkpoints(log, cases, log_vkey=here.ledger.vkey) == 1
    other = VerifiedLog(checkpoint=log.checkpoint, note=log.note, leaves=[b"{}", *log.leaves[1:]])
    with pytest.raises(EvidenceError, match="another history"):
        check_checkpoints(other, cases, log_vkey=here.ledger.vkey)
