"""A home whose rules ask for a wait: real witnesses, real clocks and a short lock; and 72 hours with clocks moved on."""

import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import CASE, STATISTICS, World
from witnessed_world import WITNESSES, Witnessed, lying_clock, make_witnessed, serving

from modicum.cli.exits import Exit
from modicum.gateway import witness
from modicum.gateway.home import Home
from modicum.gateway.release import Released, recover, release_case
from modicum.gateway.waiting import expire_due
from modicum.gateway.witness import serve_witness
from modicum.law.packs import SHIPPED
from modicum.model.errors import LogUnavailableError, OutstandingError

WAIT_S = 4


def pack_that_waits(folder: Path, wait: str) -> Path:
    """The shipped pack, where statistics wait too."""
    shutil.copytree(SHIPPED / "us_medicaid", folder)
    path = folder / "reviews.toml"
    head, rest = path.read_text().split('form = "statistics"', 1)
    path.write_text(head + 'form = "statistics"\n' + f'discretionary_wait = "{wait}"' + rest)
    return folder


@pytest.fixture(scope="session")
def waiting_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    folder = tmp_path_factory.mktemp("waiting")
    pack = pack_that_waits(folder / "pack", f"PT{WAIT_S}S")
    return make_witnessed(folder, population=template.folder / "population", pack=pack)


@pytest.fixture
def home(waiting_template: Witnessed, tmp_path: Path) -> Witnessed:
    return waiting_template.copy_to(tmp_path)


def state(world: Witnessed) -> str:
    return str(world.json("docket", "show", CASE)["state"])


def test_agreed_locked_and_released_when_the_lock_is_over(home: Witnessed) -> None:
    """The witnesses were down when the last reviewer approved: the agreement stands, the lock starts later."""
    out = home.folder / "answer.modicum"
    assert state(home) == "agreed"
    assert home.run("release", CASE, "--out", out).exit == Exit.LOG_UNAVAILABLE
    with home.honest():
        early = home.run("release", CASE, "--out", out)
        assert early.exit == Exit.OUTSTANDING
        assert "locked until" in early.err
        assert state(home) == "locked"
        lock = home.json("docket", "show", CASE)["lock"]
        assert (lock["holds"], lock["discretionary_s"]) == (True, WAIT_S)
        assert home.run("release", CASE, "--out", out).exit == Exit.OUTSTANDING
        time.sleep(WAIT_S + 1)
        home.ok("release", CASE, "--out", out)
    assert state(home) == "accounted"
    home.ok("verify", out, "--trust", home.trust)
    home.ok("verify", home.home, "--trust", home.trust)


def test_the_last_approval_starts_the_lock(home: Witnessed) -> None:
    with home.honest():
        home.ok("docket", "reject", CASE, "--text", "not yet", "--as", "cms/privacy-officer")
        home.ok("docket", "approve", CASE, "--as", "cms/privacy-officer")
        assert state(home) == "locked"
        objected = home.json("docket", "object", CASE, "--text", "too wide", "--as", "ca-dhcs/data-officer")
        assert objected["state"] == "in_review"
        assert objected["lock"]["entry"] is None
        assert home.run("release", CASE, "--out", home.folder / "answer.modicum").exit == Exit.OUTSTANDING


class Moved:
    """A clock that can be moved on."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by

    def seconds(self) -> int:
        return int(self().timestamp())


@pytest.fixture(scope="session")
def long_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    folder = tmp_path_factory.mktemp("long")
    pack = pack_that_waits(folder / "pack", "PT72H")
    return make_witnessed(folder, population=template.folder / "population", pack=pack)


def test_the_operators_clock_alone_ends_no_lock(
    long_template: Witnessed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator's clock says that three days have passed; the witnesses', that they have not; then that they have."""
    home, out = long_template.copy_to(tmp_path), tmp_path / "answer.modicum"
    ours, theirs = Moved(), Moved()
    monkeypatch.setattr(witness, "Witness", lying_clock(theirs.seconds))
    with serving(serve_witness(home.state("inspector"), listen="127.0.0.1:0")) as first, \
            serving(serve_witness(home.state("court"), listen="127.0.0.1:0")) as second:  # fmt: skip
        home.moved(**dict(zip(WITNESSES, (first, second), strict=True)))
        here = Home.open(home.home, clock=ours)
        with pytest.raises(OutstandingError, match="locked until"):
            release_case(here, CASE, out=out)
        ours.by = timedelta(hours=73)
        with pytest.raises(OutstandingError, match="locked until"):
            release_case(here, CASE, out=out)
        assert not out.exists()
        theirs.by = timedelta(hours=71)
        with pytest.raises((OutstandingError, LogUnavailableError)):
            release_case(here, CASE, out=out)
        theirs.by = timedelta(hours=73)
        released = release_case(here, CASE, out=out)
    assert isinstance(released, Released)
    home.ok("verify", home.home, "--trust", home.trust)
    assert home.run("verify", out, "--trust", home.trust).exit == Exit.VERIFICATION_FAILED  # of a time to come


def test_cases_nobody_touches_expire(home: Witnessed) -> None:
    late = Moved()
    late.by = timedelta(days=181)
    assert home.json("docket", "expire")["cases"] == []
    assert expire_due(Home.open(home.home, clock=late)) == [CASE]
    assert expire_due(Home.open(home.home, clock=late)) == []


def test_a_pack_that_writes_a_wait_in_another_way_is_refused(tmp_path: Path, template: World) -> None:
    for number, wait in enumerate(("72 hours", "P1M", "PT", "-PT5S", "P99999D")):
        pack = pack_that_waits(tmp_path / f"pack-{number}", wait)
        ran = template.run("law", "check", "--pack", pack)
        assert ran.exit == Exit.USAGE
        assert re.search(r"reviews\.toml", ran.err)


def test_a_notice_that_a_crash_kept_back_is_given_later(
    template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = template.copy_to(tmp_path)
    with monkeypatch.context() as cut:
        cut.setattr("modicum.gateway.case.give_notice", lambda *_: None)
        case = world.file(STATISTICS)
    assert "notified" not in [each["kind"] for each in world.json("docket", "show", case)["timeline"]]
    assert recover(Home.open(world.home)) == [f"case {case}: its origins have their notice"]
    assert "notified" in [each["kind"] for each in world.json("docket", "show", case)["timeline"]]
    assert recover(Home.open(world.home)) == []
