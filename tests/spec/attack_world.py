"""A small home, and what somebody does to it who holds all its files but nobody's own key."""

import contextlib
import hashlib
import json
import secrets
import shutil
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home
from modicum.gateway.home import system_clock as clock
from modicum.gateway.keys import LOG_KEY, person_key, read_key
from modicum.gateway.rebuilding import rebuild_store
from modicum.gateway.request_file import parse_request
from modicum.ledger import create_ledger
from modicum.model.errors import ModicumError
from modicum.seal.age import new_recipient
from modicum.storage import Folder
from modicum_verify.entry import body_file, leaf_bytes

EXAMPLES = Path(__file__).parents[2] / "examples"
ASKER = {
    "oversight-records": "hhs-oig/analyst",
    "narrow-question": "hhs-oig/analyst",
    "research": "state-university/scientist",
}
Event = dict[str, Any]


def make_home(folder: Path) -> Path:
    """A home with 200 invented people, their dictionary confirmed."""
    home = create_home(folder / "home", roster="cms", pack_name="us_medicaid", clock=clock)
    datasets.make_population(folder / "population", people=200, seed=7)
    datasets.add(home, "medicaid", [folder / "population"], dictionary=folder / "population" / "dictionary.toml")
    datasets.confirm(home, "medicaid")
    return home.root


def request(folder: Path, name: str, **changes: Any) -> dict[str, Any]:
    """An example request to recipients whose keys were made here, fields changed."""
    document = tomllib.loads((EXAMPLES / f"{name}.toml").read_text()) | changes
    for each in document["recipients"]:
        each["age_key"] = new_recipient(Folder(folder), f"recipient-{secrets.token_hex(4)}")
    return json.loads(json.dumps(document, default=str))


def file(home: Home, folder: Path, name: str, **changes: Any) -> str:
    """File an example request as its requester; gives the case."""
    asked = parse_request(request(folder, name, **changes))
    return cases.file_case(home, asked, key=person_key(home.folder, ASKER[name]))


def hashlib_of(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def approve(home: Home, case: str, *people: str) -> None:
    """Let people approve, each with their own key."""
    for each in people:
        cases.approve(home, case, key=person_key(home.folder, each))


def events_of(root: Path) -> list[Event]:
    """Every entry of the log with its content, as somebody who holds the files reads it."""
    home = Home.open(root)
    return [
        {
            "kind": each.kind,
            "at": each.at,
            "case": each.case,
            "actor": each.actor,
            "content": json.loads(json.dumps(each.content)),
        }
        for each in home.journal.entries()
    ]


def write(root: Path, events: Sequence[Event]) -> None:
    """Write the whole log anew over these events, under the log's own key: all that its files allow.

    An event that stands in the log as it is keeps its leaf and its body.
    """
    home = Home.open(root)
    before = [(known, leaf) for known, leaf in zip(events_of(root), home.ledger.leaves(), strict=True)]
    key = read_key(home.folder, LOG_KEY)
    shutil.rmtree(root / "log")
    (root / "state" / "checkpoint").unlink()
    leaves = []
    for event in events:
        place = next((place for place, (known, _) in enumerate(before) if known == event), None)
        leaf = None if place is None else before.pop(place)[1]
        if leaf is None:
            body, data = body_file(event["content"], salt=secrets.token_bytes(32))
            (root / "bodies" / f"{body}.json").write_bytes(data)
            named = {name: event[name] for name in ("kind", "at", "case", "actor")}
            leaf = leaf_bytes(**named, body=body)
        leaves.append(leaf)
    create_ledger(home.folder, origin=home.origin, key=key).append(leaves)
    # The tables too, where the log is one that can be folded; from nothing, or what they accepted would come back.
    for each in root.glob("store.db*"):
        each.unlink()
    with contextlib.suppress(ModicumError):
        rebuild_store(Home.open(root))


def rewrite(root: Path, change: Callable[[Event], None]) -> None:
    """Write the whole log anew, events changed in place."""
    events = events_of(root)
    for event in events:
        change(event)
    write(root, events)
