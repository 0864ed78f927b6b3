"""The fold: entries in, docket out. Pure, and the same for whoever holds the log.

Every signature is checked against the roster as it stands at that entry, every event against the table of moves and
the rules of its kind (`case_fold`). What no rule foresees is broken evidence, not a warning.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from modicum_verify.amendment import amended_roster, open_amendment
from modicum_verify.budget import Budget
from modicum_verify.canonical import canonical
from modicum_verify.case_fold import apply_to_case, open_case
from modicum_verify.case_state import CaseState
from modicum_verify.disclosed import Disclosed, disclosed
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import GATEWAY, OUTSIDE_CASES, check_content
from modicum_verify.moves import AMENDMENT, ENDS, START
from modicum_verify.roster import Roster, close_log, enrol_member, found_roster, revoke_member, rotate_key
from modicum_verify.succession import Successor

__all__ = ["CaseState", "DatasetRecord", "Docket", "fold", "next_case_id"]

_OF_MEMBERS: Final = {"member": enrol_member, "rotated": rotate_key, "revoked": revoke_member}
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """A data set as the log last named it."""

    index: int
    at: str
    name: str
    version: str
    catalogue_sha256: str
    persons_at_least: int
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """Everything that the log says: who takes part, which data sets there are, how each case stands."""

    roster: Roster = field(default_factory=Roster)
    datasets: Mapping[str, DatasetRecord] = field(default_factory=dict)
    cases: Mapping[str, CaseState] = field(default_factory=dict)
    successor: Successor | None = None  # where the log has ended, the one that continues it
    disclosed: Disclosed = field(default_factory=Disclosed)  # what statistics told of people
    size: int = 0  # entries folded
    last_at: str = ""

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """The ledgers of privacy loss, by population."""
        return self.disclosed.budgets


def fold(entries: Sequence[Entry], onto: Docket | None = None) -> Docket:
    """Fold entries in log order, all with their contents; gives the docket after the last of them.

    onto: the docket that earlier entries gave, to fold on from there; `fold(a + b)` equals `fold(b, fold(a))`.

    Raises EvidenceError (place: the entry): entries not numbered in order, time running backwards, a content that is
    missing or malformed, a false signature, somebody who may not, or a move that is not in the table.
    """
    docket = onto or Docket()
    roster, size, last_at = docket.roster, docket.size, docket.last_at
    successor = docket.successor
    datasets, cases, told = dict(docket.datasets), dict(docket.cases), docket.disclosed
    for entry in entries:
        content = _content(entry, expected=size, last_at=last_at)
        if (entry.index == 0) != (entry.kind == "genesis"):
            raise EvidenceError(place=entry.place, cause="genesis is entry 0, and entry 0 is genesis")
        if successor is not None:
            raise EvidenceError(place=entry.place, cause="stands after the entry with which the log has ended")
        if entry.kind not in OUTSIDE_CASES:
            _fold_case(entry, content, roster, cases)
            if entry.kind == "amended":
                roster = amended_roster(entry, cases[str(entry.case)].change or {}, roster)
        elif entry.kind == "genesis":
            roster = found_roster(entry, content)
        elif entry.kind in _OF_MEMBERS:
            roster = _OF_MEMBERS[entry.kind](entry, content, roster)
        elif entry.kind == "succeeded":
            _check_ended(entry, cases)
            successor = close_log(entry, content, roster)
        elif entry.kind == "dataset":
            datasets[content["name"]] = _dataset(entry, content)
        told = disclosed(told, entry, cases=cases, continues=roster.predecessor is not None)
        size, last_at = size + 1, entry.at
    return Docket(
        roster=roster,
        datasets=MappingProxyType(datasets),
        cases=MappingProxyType(cases),
        successor=successor,
        disclosed=told,
        size=size,
        last_at=last_at,
    )


def next_case_id(cases: Mapping[str, CaseState], year: int) -> str:
    """The number of the next case filed in a year: "2026-0001", counted from 1 within the year."""
    return f"{year:04}-{1 + sum(each.startswith(f'{year:04}-') for each in cases):04}"


def _content(entry: Entry, *, expected: int, last_at: str) -> Mapping[str, Any]:
    if entry.index != expected:
        raise EvidenceError(place=entry.place, cause=f"stands where entry {expected} should")
    try:
        good = bool(_AT.fullmatch(entry.at)) and bool(datetime.fromisoformat(entry.at))
    except ValueError:
        good = False
    if not good:
        raise EvidenceError(place=entry.place, cause="has a time that is not UTC in whole seconds")
    if entry.at < last_at:
        raise EvidenceError(place=entry.place, cause="is dated before the entry that it follows")
    if entry.content is None:
        raise EvidenceError(place=entry.place, cause="has no body, and without it the docket cannot be known")
    check_content(entry.kind, entry.content, place=entry.place)
    try:
        canonical(entry.content)
    except ValueError:
        raise EvidenceError(place=entry.place, cause="holds a value that has no canonical form") from None
    return entry.content


def _check_ended(entry: Entry, cases: Mapping[str, CaseState]) -> None:
    if any(case.state not in ENDS for case in cases.values()):
        raise EvidenceError(place=entry.place, cause="ends a log in which cases are open")


def _dataset(entry: Entry, content: Mapping[str, Any]) -> DatasetRecord:
    if entry.actor != GATEWAY or entry.case is not None:
        raise EvidenceError(place=entry.place, cause="a data set is recorded by the gateway, outside every case")
    return DatasetRecord(index=entry.index, at=entry.at, **content)


def _fold_case(entry: Entry, content: Mapping[str, Any], roster: Roster, cases: dict[str, CaseState]) -> None:
    if entry.case is None:
        raise EvidenceError(place=entry.place, cause="names no case")
    if entry.kind in {START, AMENDMENT}:
        if entry.case != next_case_id(cases, int(entry.at[:4])):
            raise EvidenceError(place=entry.place, cause="does not open the case whose number is next")
        if entry.kind == AMENDMENT:
            cases[entry.case] = open_amendment(entry, content, roster)
            return
        if any(case.request_sha256 == content["request_sha256"] for case in cases.values()):
            raise EvidenceError(place=entry.place, cause="files a request that was filed before")
        cases[entry.case] = open_case(entry, content, roster)
        return
    if entry.case not in cases:
        raise EvidenceError(place=entry.place, cause="names a case that was never filed")
    cases[entry.case] = apply_to_case(entry, content, roster, cases[entry.case])
