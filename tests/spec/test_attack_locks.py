"""Somebody may write every file of a home that has witnesses, and has nobody's key: the log's end, and the time-locks.

Without witnesses the end of a log can be cut off, and no lock can be counted; these attacks are what witnesses are for.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import attack_world as world
import pytest
from write_access_world import (
    ASKER,
    ORIGIN,
    PRIVACY,
    VOTE,
    Events,
    Looked,
    at,
    release,
    say,
    verifier,
    verify,
)

from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway.home import Home, system_clock
from modicum.gateway.release import Released, release_case
from modicum.gateway.replay_stage import Stage, staged
from modicum.gateway.request_file import parse_request
from modicum.gateway.witnessing import ask_witnesses, read_witnesses
from modicum.law.packs import SHIPPED
from modicum.model.errors import LogUnavailableError, ModicumError, OutstandingError


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred invented people."""
    folder = tmp_path_factory.mktemp("people") / "population"
    datasets.make_population(folder, people=200, seed=7)
    return folder


@dataclass(frozen=True)
class Watched:
    """A home with two witnesses that run, one case in it that two have approved, and its log as they saw it last."""

    stage: Stage
    case: str
    brought: Path

    @property
    def home(self) -> Home:
        return Home.open(self.stage.home.root, clock=self.stage.clock)

    def seen(self, name: str) -> Path:
        """Have the log cosigned, as anybody may who passes by, and keep what the witnesses signed."""
        home = self.home
        found = ask_witnesses(home, read_witnesses(home.root / "witnesses.toml"))
        assert found.met
        kept = self.brought / name
        kept.write_bytes(found.note)
        return kept

    def verify(self, seen: Path) -> Looked:
        return say(verifier, self.home.root, "--trust", self.brought / "trust.json", "--seen", seen)


@pytest.fixture
def watched(population: Path, tmp_path: Path) -> Iterator[Watched]:
    with staged(tmp_path / "stage", now=system_clock()) as stage:
        case = agreed_on(stage, population, tmp_path)
        shutil.copy(stage.home.root / "trust.json", tmp_path / "trust.json")
        yield Watched(stage, case, tmp_path)


def test_control_a_watched_home_releases_and_verifies(watched: Watched) -> None:
    watched.stage.at(90)
    released = release_case(watched.home, watched.case, out=watched.brought / "out.modicum")
    assert isinstance(released, Released)
    assert watched.verify(watched.seen("after")).exit == 0
    found = say(verifier, watched.brought / "out.modicum", "--trust", watched.brought / "trust.json")
    assert found.exit == 0
    assert found.said.count("cosigned by") == 2


def test_an_objection_at_the_end_of_the_log_is_not_cut_off_once_witnesses_saw_it(watched: Watched) -> None:
    """Without witnesses nobody would know: the log before the objection was true."""
    watched.stage.at(80)
    key = watched.stage.key("il-hfs/data-officer")
    place = cases.object_to(watched.home, watched.case, key=key, grounds="scope", text="Not our people.").index
    kept = watched.seen("kept")
    root = watched.home.root
    world.write(root, world.events_of(root)[:place])
    watched.stage.at(90)
    out = watched.brought / "out.modicum"
    with pytest.raises(LogUnavailableError, match="fewer than 2 organisations cosigned"):
        release_case(watched.home, watched.case, out=out)
    assert not out.exists()
    assert not list(root.glob("outbox/*.modicum"))
    found = watched.verify(kept)
    assert found.exit == 5
    assert "checkpoint" in found.said


# --- locks: an agreement waits, by the witnesses' clocks -----------------------------------------------------------------

HOURS: Final = {"statutory_wait": 12, "discretionary_wait": 24}


@dataclass(frozen=True)
class Waited:
    """A released case that had to wait, its evidence, and what came of trying earlier."""

    root: Path
    trust: Path
    tried: dict[str, ModicumError]
    events: Events


@pytest.fixture(scope="module")
def waited(population: Path, tmp_path_factory: pytest.TempPathFactory) -> Waited:
    """Agreed at minute 60, released a day later; tried before, once with the gateway's clock set ahead."""
    folder = tmp_path_factory.mktemp("waited")
    shutil.copytree(SHIPPED / "us_medicaid", folder / "pack")
    reviews = folder / "pack" / "reviews.toml"
    waits = "".join(f'{name} = "PT{hours}H"\n' for name, hours in HOURS.items())
    text = reviews.read_text()
    reviews.write_text(text.replace('form = "statistics"\n', f'form = "statistics"\n{waits}', 1))
    tried = {}
    now = system_clock() - timedelta(days=4)
    with staged(folder / "stage", now=now, pack_name=str(folder / "pack")) as stage:
        case = agreed_on(stage, population, folder)
        out = folder / "out.modicum"
        for minutes, ahead, name in ((70, 0, "at once"), (20 * 60, 0, "early"), (21 * 60, 30 * 60, "by its own clock")):
            stage.at(minutes)
            stage.clock.minutes += ahead
            with pytest.raises(ModicumError) as caught:
                release_case(Home.open(stage.home.root, clock=stage.clock), case, out=out)
            stage.clock.minutes -= ahead
            tried[name] = caught.value
        stage.at(26 * 60)
        home = Home.open(stage.home.root, clock=stage.clock)
        assert isinstance(release_case(home, case, out=out), Released)
    shutil.copy(stage.home.root / "trust.json", folder / "brought.json")
    return Waited(stage.home.root, folder / "brought.json", tried, world.events_of(stage.home.root))


def agreed_on(stage: Stage, population: Path, folder: Path) -> str:
    """File the narrow question at minute 0 and have two approve it; gives the case."""
    datasets.add(stage.home, "medicaid", [population], dictionary=population / "dictionary.toml")
    datasets.confirm(stage.home, "medicaid")
    stage.at(0)
    asked = parse_request(world.request(folder, "narrow-question"))
    case = cases.file_case(stage.home, asked, key=stage.key(ASKER))
    for minutes, person in ((30, PRIVACY), (60, ORIGIN)):
        stage.at(minutes)
        cases.approve(stage.home, case, key=stage.key(person))
    return case


def test_control_a_case_that_waited_verifies(waited: Waited) -> None:
    assert say(verifier, waited.root, "--trust", waited.trust).exit == 0
    kinds = [each["kind"] for each in waited.events]
    assert kinds.index("locked") < kinds.index("released")


@pytest.mark.parametrize("when", ["at once", "early", "by its own clock"])
def test_nothing_leaves_before_the_lock_is_over_whatever_the_gateway_s_clock_says(waited: Waited, when: str) -> None:
    assert isinstance(waited.tried[when], OutstandingError)
    assert "locked until" in waited.tried[when].cause


def before_its_end(events: Events) -> int:
    """The release is written right behind the start of the lock, which is shown as its end."""
    place = at(events, "locked") + 1
    entry = events.pop(at(events, "released")) | {"at": events[place - 1]["at"]}
    entry["content"] = deepcopy(entry["content"])
    entry["content"]["unlocked"] = {"checkpoint": events[place - 1]["content"]["checkpoint"]}
    events.insert(place, entry)
    return place


def without_its_end(events: Events) -> int:
    place = at(events, "released")
    del events[place]["content"]["unlocked"]
    return place


def without_a_start(events: Events) -> int:
    del events[at(events, "locked")]
    return at(events, "released")


def started_before_the_agreement(events: Events) -> int:
    """The start of the lock is moved to where only one had approved."""
    lock = events.pop(at(events, "locked"))
    place = at(events, VOTE) + 1
    events.insert(place, lock | {"at": events[place - 1]["at"]})
    return place


def shorter(events: Events) -> int:
    """The rules of review that genesis fixes are made to ask for no wait."""
    for rule in events[0]["content"]["reviews"]["rules"]:
        rule |= {"statutory_s": 0, "discretionary_s": 0}
    return 0


def ended_by_an_order(events: Events) -> int:
    """A directive that nobody signed ends the wait."""
    place = at(events, "locked")
    signature = events[at(events, VOTE)]["content"]["signature"] | {"person": "cms/official"}
    content = {"text": "Now.", "deadline": events[place]["at"], "signature": signature}
    entry = {"kind": "directed", "case": events[place]["case"], "actor": "cms/official", "content": content}
    events.insert(place, entry | {"at": events[place - 1]["at"]})
    return place


@pytest.mark.parametrize(
    "move",
    [before_its_end, without_its_end, without_a_start, started_before_the_agreement, shorter, ended_by_an_order],
)
def test_a_lock_is_not_moved_shortened_or_left_out(
    waited: Waited, tmp_path: Path, move: Callable[[Events], int]
) -> None:
    shutil.copytree(waited.root, tmp_path / "home")
    shutil.copy(waited.trust, tmp_path / "brought.json")
    events = deepcopy(waited.events)
    place = move(events)
    world.write(tmp_path / "home", events)
    found = verify(tmp_path / "home")
    assert found.exit == 5, found
    assert re.search(rf"log entry {place}[:,]|entry 0|genesis", found.said), found
    assert release(tmp_path / "home").exit not in {0, 1}
    assert not (tmp_path / "out.modicum").exists()
