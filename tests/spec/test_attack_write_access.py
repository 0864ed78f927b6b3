"""Somebody may write every file of a home, and has nobody's key: approvals, objections, dates, tables, all is tried.

Each attack is made on a copy of one real home, with the log's own key, and then looked at three times: `modicum release`
lets nothing out, `modicum-verify` refuses the copy and names the entry or the file, and no package lies about. The
control is the same home, untouched: it releases, and its evidence verifies.
"""

import contextlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import attack_world as world
import pytest
from write_access_world import (
    ASKER,
    COUNSEL,
    ORIGIN,
    PRIVACY,
    VOTE,
    at,
    case_of,
    nothing_left,
    refused,
    release,
    say,
    verifier,
    verify,
)

from modicum import cli
from modicum.docket.signing import KeySigner, LoadedKey, in_case
from modicum.gateway import case as cases
from modicum.gateway.home import Home, system_clock
from modicum.gateway.keys import person_key
from modicum.model.errors import ModicumError
from modicum_verify.ed25519 import Ed25519PrivateKey


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one case, filed and decided: permitted, nobody has voted."""
    folder = tmp_path_factory.mktemp("written")
    root = world.make_home(folder)
    assert world.file(Home.open(root), folder, "narrow-question") == case_of(root)
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "home")
    shutil.copy(template / "trust.json", tmp_path / "brought.json")  # the reader's own
    return tmp_path / "home"


def test_control_the_honest_home_releases_and_verifies(root: Path) -> None:
    world.approve(Home.open(root), case_of(root), PRIVACY, ORIGIN)
    world.write(root, world.events_of(root))  # written anew, nothing changed
    assert verify(root).exit == 0
    looked = release(root)
    assert looked.exit == 0, looked
    assert verify(root).exit == 0
    assert say(verifier, root.parent / "out.modicum", "--trust", root.parent / "brought.json").exit == 0


@cache
def honest(template: Path) -> world.Event:
    """The entry of a release that an honest home made: what a thief of the home would copy."""
    folder = template.parent / "honest"
    shutil.copytree(template, folder / "home")
    world.approve(Home.open(folder / "home"), case_of(template), PRIVACY, ORIGIN)
    assert release(folder / "home").exit == 0
    events = world.events_of(folder / "home")
    return events[at(events, "released")]


def released_by_hand(root: Path, template: Path) -> int:
    """Write the entry of a release into the log, though nobody agreed; gives its place."""
    events = world.events_of(root)
    entry = deepcopy(honest(template)) | {"at": events[-1]["at"]}
    entry["content"]["objections"] = [index for index, each in enumerate(events) if each["kind"] == "objected"]
    world.write(root, [*events, entry])
    return len(events)


# --- approvals that are too few, too early, of the wrong people ---------------------------------------------------------


@pytest.mark.parametrize(
    "people", [(PRIVACY,), (PRIVACY, COUNSEL), (PRIVACY, PRIVACY)], ids=["once", "one-house", "same"]
)
def test_too_few_approvals_release_nothing_and_a_release_by_hand_is_named(
    root: Path, template: Path, people: tuple[str, ...]
) -> None:
    """Approved once; twice from one organisation; twice by one person."""
    for each in dict.fromkeys(people):
        world.approve(Home.open(root), case_of(root), each)
    if len(set(people)) < len(people):
        again = say(cli.run, "docket", "approve", case_of(root), "--as", people[0], "--home", root)
        assert again.exit == 9
        twice(root)
        assert release(root).exit == 5
        assert "log entry" in verify(root).said
        return
    assert release(root).exit == 4
    assert nothing_left(root)
    assert verify(root).exit == 0  # what stands there is true; it is only not enough
    refused(root, rf"log entry {released_by_hand(root, template)}: released cannot follow")


def twice(root: Path) -> None:
    """Enter one person's approval a second time."""
    events = world.events_of(root)
    world.write(root, [*events, deepcopy(events[at(events, VOTE)])])


def test_an_approval_given_before_the_decision_counts_for_nothing(root: Path) -> None:
    world.approve(Home.open(root), case_of(root), PRIVACY, ORIGIN)
    events = world.events_of(root)
    early = events.pop(at(events, VOTE, 1))
    place = at(events, "decided")
    early["at"] = events[place]["at"]
    world.write(root, [*events[:place], early, *events[place:]])
    refused(root, rf"log entry {place}[:,]")


def test_the_asker_s_own_approval_counts_for_nothing(root: Path) -> None:
    """The asker helps: the signature is true, made with the asker's own key."""
    world.approve(Home.open(root), case_of(root), PRIVACY)
    assert say(cli.run, "docket", "approve", case_of(root), "--as", ASKER, "--home", root).exit == 7
    place = by_hand(root, ASKER)
    refused(root, rf"log entry {place}: only .* may approve")


def by_hand(root: Path, who: str) -> int:
    """Enter an approval that somebody truly signed, past all that asks whether they may."""
    home = Home.open(root)
    docket = home.journal.docket()
    case = docket.cases[case_of(root)]
    content = {"verdict": "approve", "decision_sha256": case.decision_sha256, "round": case.round, "text": ""}
    by = KeySigner(who, person_key(home.folder, who))
    event = in_case(VOTE, content, case=case, log_size=docket.size, by=by)
    events = world.events_of(root)
    entry = {"kind": VOTE, "at": events[-1]["at"], "case": case.id, "actor": who, "content": event.content}
    world.write(root, [*events, entry])
    return len(events)


def test_a_stolen_approval_under_another_name_is_named(root: Path) -> None:
    world.approve(Home.open(root), case_of(root), PRIVACY)
    home = Home.open(root)
    member = home.journal.docket().roster.people[ORIGIN]
    events = world.events_of(root)
    stolen = deepcopy(events[at(events, VOTE)])
    stolen["actor"] = stolen["content"]["signature"]["person"] = ORIGIN
    stolen["content"]["signature"] |= {"public_key": member.public_key, "log_size": len(events)}
    world.write(root, [*events, stolen])
    refused(root, rf"log entry {len(events)}: signature of {ORIGIN}")


def test_a_new_key_for_a_reviewer_without_the_reviewer_is_named(root: Path) -> None:
    """Whoever could put a key of their own in the place of a person's could sign as that person."""
    mine = LoadedKey(Ed25519PrivateKey.generate())
    events = world.events_of(root)
    people = events[0]["content"]["people"]
    row = next(each for each in people if f"{each['organisation']}/{each['person']}" == ORIGIN)
    row["public_key"] = mine.public_key
    world.write(root, events)
    refused(root, "log entry 0|genesis")


# --- objections ---------------------------------------------------------------------------------------------------------


def objected(root: Path) -> int:
    """Two approve, then a state objects; gives the place of the objection."""
    world.approve(Home.open(root), case_of(root), PRIVACY, ORIGIN)
    home = Home.open(root)
    key = person_key(home.folder, "il-hfs/data-officer")
    return cases.object_to(home, case_of(root), key=key, grounds="scope", text="Not our people.").index


def test_after_an_objection_nothing_leaves_and_a_release_by_hand_is_named(root: Path, template: Path) -> None:
    objected(root)
    assert release(root).exit == 4
    assert nothing_left(root)
    assert verify(root).exit == 0
    refused(root, rf"log entry {released_by_hand(root, template)}: released cannot follow")


def body_gone(root: Path, place: int) -> None:
    leaf = Home.open(root).ledger.leaves()[place]
    (root / "bodies" / f"{json.loads(leaf)['body']}.json").unlink()


def body_other(root: Path, place: int) -> None:
    leaf = Home.open(root).ledger.leaves()[place]
    path = root / "bodies" / f"{json.loads(leaf)['body']}.json"
    path.write_bytes(path.read_bytes().replace(b"Not our people.", b"As you like it."))


def answered_by_hand(root: Path, place: int) -> None:
    """An answer that nobody signed: the signature is that of an approval."""
    events = world.events_of(root)
    signature = events[at(events, VOTE)]["content"]["signature"]
    content = {"objection": place, "text": "All is well.", "signature": signature | {"log_size": len(events)}}
    entry = {"kind": "answered", "at": events[-1]["at"], "case": case_of(root), "actor": PRIVACY, "content": content}
    world.write(root, [*events, entry])


def taken_out(root: Path, place: int) -> None:
    """The objection is taken out from between what was said before and after it."""
    answer(root, place)
    events = world.events_of(root)
    world.write(root, [*events[:place], *events[place + 1 :]])


def softened(root: Path, place: int) -> None:
    events = world.events_of(root)
    events[place]["content"]["text"] = "Go on."
    world.write(root, events)


def turned(root: Path, place: int) -> None:
    """The objection is made the words of somebody whose objection blocks nothing."""
    events = world.events_of(root)
    events[place]["actor"] = events[place]["content"]["signature"]["person"] = ASKER
    world.write(root, events)


def answer(root: Path, place: int) -> None:
    home = Home.open(root)
    cases.answer(home, case_of(root), key=person_key(home.folder, COUNSEL), objection=place, text="Totals alone.")


@pytest.mark.parametrize("hide", [body_gone, body_other, answered_by_hand, taken_out, softened, turned])
def test_an_objection_is_not_got_rid_of(root: Path, hide: Callable[[Path, int], None]) -> None:
    place = objected(root)
    hide(root, place)
    refused(root, rf"log entry ({place}|{place + 1})[:,]|bodies/")


# --- dates --------------------------------------------------------------------------------------------------------------


def shifted(text: str, days: int) -> str:
    return f"{datetime.fromisoformat(text) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("kind", ["filed", "decided", VOTE])
def test_an_entry_that_is_back_dated_is_named(root: Path, kind: str) -> None:
    world.approve(Home.open(root), case_of(root), PRIVACY, ORIGIN)
    events = world.events_of(root)
    place = at(events, kind)
    events[place]["at"] = shifted(events[place]["at"], -3)
    world.write(root, events)
    refused(root, rf"log entry {place}: ")


def test_a_decision_of_an_earlier_day_agrees_to_nothing(root: Path, template: Path) -> None:
    """The law of an earlier day, entered today: hypothetical, whatever is signed over it."""
    events = world.events_of(root)
    place = at(events, "decided")
    events[place]["content"]["decision"]["as_of"] = shifted(events[place]["at"], -400)[:10]
    world.write(root, events)
    assert say(cli.run, "docket", "approve", case_of(root), "--as", PRIVACY, "--home", root).exit == 9
    assert release(root).exit == 4
    assert nothing_left(root)
    refused(root, rf"log entry {released_by_hand(root, template)}: released cannot follow")


def test_a_clock_that_was_set_back_records_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.approve(Home.open(root), case_of(root), PRIVACY, ORIGIN)
    monkeypatch.setattr("modicum.gateway.home.system_clock", lambda: system_clock() - timedelta(days=3))
    late = Home.open(root, clock=lambda: system_clock() - timedelta(days=3))
    with pytest.raises(ModicumError, match="clock"):
        cases.withdraw(late, case_of(root), key=person_key(late.folder, ASKER), text="never mind")


# --- tables: whatever the home keeps beside the log ----------------------------------------------------------------------


def stored_decision(root: Path) -> Path:
    (path,) = root.glob("decisions/*.json")
    return path


def decision_turned(root: Path) -> str:
    """The matrix that people agreed on, with more in it."""
    path = stored_decision(root)
    path.write_bytes(
        path.read_bytes().replace(b'"forbidden"', b'"permitted"').replace(b'"conditional"', b'"permitted"')
    )
    return path.name


def quorum_of_one(root: Path) -> str:
    events = world.events_of(root)
    place = at(events, "decided")
    events[place]["content"]["quorum"] = {"roles": ["privacy_officer"], "organisations": 1, "approvals": 1}
    world.write(root, events)
    return f"log entry {place}"


def state_agreed(root: Path) -> str:
    """A state written into the body of the decision, where no state belongs."""
    events = world.events_of(root)
    place = at(events, "decided")
    events[place]["content"]["state"] = "agreed"
    world.write(root, events)
    return f"log entry {place}"


def leaf_alone(root: Path) -> str:
    """The leaf of a vote is made one of an open approval; the tiles are not."""
    bundle = root / "log" / "tile" / "entries" / "000.p" / str(Home.open(root).ledger.size)
    bundle.write_bytes(bundle.read_bytes().replace(b'"kind":"review"', b'"kind":"facts!"'))
    return "log/|tile"


def row_agreed(root: Path) -> str:
    """The case's row in the database says agreed, and so does its vote."""
    with contextlib.closing(sqlite3.connect(root / "store.db")) as database, database:
        database.execute("UPDATE cases SET state = 'agreed', next = 'steward: release'")
        database.execute("UPDATE votes SET approves = 1")
    return "cases"


def rejection_turned(root: Path) -> str:
    """The sealed rejection is made an approval, and the log written anew over it."""
    events = world.events_of(root)
    place = at(events, VOTE, 1)
    assert events[place]["content"]["verdict"] == "reject"
    events[place]["content"]["verdict"] = "approve"
    world.write(root, events)
    return f"log entry {place}: signature of {ORIGIN}"


def rejection_body_turned(root: Path) -> str:
    """The same in the body's file alone."""
    body = json.loads(Home.open(root).ledger.leaves()[at(world.events_of(root), VOTE, 1)])["body"]
    path = root / "bodies" / f"{body}.json"
    path.write_bytes(path.read_bytes().replace(b'"verdict":"reject"', b'"verdict":"approve"'))
    return "does not match its commitment"


@pytest.mark.parametrize(
    "edit",
    [decision_turned, row_agreed, quorum_of_one, state_agreed, leaf_alone, rejection_turned, rejection_body_turned],
)
def test_no_table_edited_to_agreed_releases_anything(root: Path, edit: Callable[[Path], str]) -> None:
    """One has approved and one has rejected; the files say otherwise."""
    world.approve(Home.open(root), case_of(root), PRIVACY)
    home = Home.open(root)
    cases.reject(home, case_of(root), key=person_key(home.folder, ORIGIN), text="Too wide.")
    place = edit(root)
    looked = release(root)
    assert looked.exit not in {0, 1}, looked
    assert nothing_left(root)
    own = {decision_turned: ("doctor",), row_agreed: ("rebuild", "--check")}  # what the log does not hold
    found = say(cli.run, *own[edit], "--home", root) if edit in own else verify(root)
    assert found.exit == 5, found
    assert re.search(place, found.said), found


def test_a_decision_turned_after_it_was_agreed_on_is_named_by_the_release(root: Path) -> None:
    world.approve(Home.open(root), case_of(root), PRIVACY, ORIGIN)
    name = decision_turned(root)
    looked = release(root)
    assert (looked.exit, name in looked.said) == (5, True), looked
    assert nothing_left(root)
