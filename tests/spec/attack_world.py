"""A small home, and what somebody does to it who holds all its files but nobody's own key."""

import hashlib
import json
import secrets
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home
from modicum.gateway.home import system_clock as clock
from modicum.gateway.keys import LOG_KEY, person_key, read_key
from modicum.gateway.request_file import parse_request
from modicum.ledger import create_ledger
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


def rewrite(root: Path, change: Callable[[Event], None]) -> None:
    """Write the whole log anew, events changed, under the log's own key: all that its files allow."""
    home = Home.open(root)
    entries = home.journal.entries()
    before = home.ledger.leaves()
    key = read_key(home.folder, LOG_KEY)
    shutil.rmtree(root / "log")
    (root / "state" / "checkpoint").unlink()
    leaves = []
    for entry, leaf in zip(entries, before, strict=True):
        event = {"kind": entry.kind, "content": json.loads(json.dumps(entry.content))}
        change(event)
        if event["content"] == entry.content:
            leaves.append(leaf)
            continue
        body, data = body_file(event["content"], salt=secrets.token_bytes(32))
        (root / "bodies" / f"{body}.json").write_bytes(data)
        leaves.append(leaf_bytes(kind=event["kind"], at=entry.at, case=entry.case, actor=entry.actor, body=body))
    create_ledger(home.folder, origin=home.origin, key=key).append(leaves)
