"""One case on the terminal: what is asked, where it stands, what waits, what happened."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from modicum.cli.output import emit, say, show, table
from modicum.gateway.case_document import case_document
from modicum.gateway.home import Home


def say_case(home: Home, number: str, *, as_json: bool, did: str | None) -> None:
    """Print a case, or its document; did: what was just done to it, in a word or two."""
    document = case_document(home, number)
    if as_json:
        emit(document)
        return
    if did is not None:
        say(f"{did}: case {number}, log entry {document['timeline'][-1]['entry']}")
    show(f"case {number}: {document['title']}")
    show(f"state {document['state']}; {document['verdict']} in the form {document['form']}; next: {document['next']}")
    if (lines := document["lines"]) is not None:
        show(f"lines: {lines['total']}, sufficient {lines['sufficient']} as of {lines['as_of']}")
        for hold in lines["holds"]:
            state = "stands" if lines["held"] else "lifted"
            show(f"  hold {hold['because']['id']} {state}: {hold['reason']}")
    for reason in document["why_not_agreed"]:
        show(f"  not agreed: {reason}")
    for line in (*_waits(document["lock"]), *_change(home, document["change"])):
        show(f"  {line}")
    for missing in document["missing"]:
        show(f"  missing: {' and '.join(missing)}")
    for fact, said in document["facts"].items():
        if said["waits"]:
            show(f"  waits: {fact}, attested in entry {said['entry']}, counts from {said['counts_from']} (UTC)")
    rows = [
        [str(each["entry"]), each["at"], each["kind"], each["actor"], each["summary"]] for each in document["timeline"]
    ]
    table("", ["entry", "at", "event", "by", "what"], rows)


def _waits(lock: Mapping[str, Any] | None) -> list[str]:
    """The waits of a case in words."""
    if lock is None:
        return []
    parts = [("statutory", lock["statutory_s"]), ("discretionary", lock["discretionary_s"])]
    waits = " and ".join(f"{timedelta(seconds=seconds)} ({name})" for name, seconds in parts if seconds)
    if not lock["holds"]:
        return [
            f"waits {waits} once it is agreed, in a home with witnesses; here nobody could time it, so nothing waits"
        ]
    if lock["ends_at"] is None:
        return [f"waits {waits} once it is agreed"]
    return [f"locked since {lock['started_at']} (entry {lock['entry']}), until {lock['ends_at']} at the earliest"]


def _change(home: Home, change: Mapping[str, Any] | None) -> list[str]:
    """What a change of the rules would put in force, in words."""
    if change is None:
        return []
    roster, lines = home.journal.docket().roster, []
    if "pack" in change:
        old = "none" if roster.pack is None else f"{roster.pack.name} {roster.pack.version} ({roster.pack.sha256[:12]})"
        new = change["pack"]
        lines.append(f"pack {new['name']} {new['version']} ({new['sha256'][:12]}); in force now: {old}")
    if "reviews" in change:
        asked = change["reviews"]["changes"]
        wait = timedelta(seconds=asked["wait_s"])
        lines.append(f"{len(change['reviews']['rules'])} rules of review; a later change waits {wait} at least")
    if "witnesses" in change:
        named = ", ".join(each["organisation"] for each in change["witnesses"]["witnesses"])
        lines.append(f"witnesses of {named}; {change['witnesses']['organisations']} organisations must cosign")
    return lines
