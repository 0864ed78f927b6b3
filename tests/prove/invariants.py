"""Hold a home against what may never be, after whatever happened to it. A program apart: it knows the published formats.

It stands on `modicum_verify` alone and reads files; nothing of the gateway that wrote them runs here. It is told what was
acknowledged (a file of JSON lines) and which texts belong to people (a line each), and prints what it found wrong.

    python tests/prove/invariants.py HOME --trust trust.json [--said FILE] [--canaries FILE] [--unsettled]

The lines of `--said`: `{"intent": {"kind", "actor", "case"}}` before a call; `{"ack": {"entry", "leaf", "case", "kind"}}`
after it returned; `{"out": {"case", "path"}}` before a release, `{"left": {"case", "path"}}` after it returned;
`{"size": N}`: the log's size before all that.
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modicum_verify.case_state import Release
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.evidence import entries_of
from modicum_verify.fold import Docket, fold
from modicum_verify.logdir import read_log
from modicum_verify.merkle import leaf_hash
from modicum_verify.moves import State
from modicum_verify.package import verify_package
from modicum_verify.trust import Trust, parse_trust

WORD = re.compile(rb"[A-Za-z0-9@.\-]{8,}")
UNDER_WAY = frozenset({State.LOGGED, State.COSIGNED, State.DELIVERED})
ONCE = ("delivered", "accounted")
OF_PEOPLE = frozenset({"filed", "fact", "approved", "rejected", "objected", "answered", "directed", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a process said before it was killed, in order."""

    size: int = 0
    intents: Sequence[Mapping[str, Any]] = ()
    acks: Sequence[Mapping[str, Any]] = ()
    outs: Sequence[Mapping[str, Any]] = ()
    left: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, lines: Iterable[Mapping[str, Any]]) -> "Said":
        found: dict[str, list[Any]] = {"size": [], "intent": [], "ack": [], "out": [], "left": []}
        for line in lines:
            for name, value in line.items():
                found.setdefault(name, []).append(value)
        return cls(max(found["size"], default=0), found["intent"], found["ack"], found["out"], found["left"])


@dataclass(slots=True)
class Found:
    """What is wrong, and what was looked at."""

    problems: list[str] = field(default_factory=list)
    entries: int = 0
    packages: int = 0
    acknowledged: int = 0
    files: int = 0


def check(
    home: Path, trust_file: Path, said: Said, *, canaries: frozenset[bytes] = frozenset(), settled: bool = True
) -> Found:
    """Look at a home; `settled`: recovery has run, so that nothing may be under way any more."""
    found = Found()
    trust = parse_trust(trust_file.read_bytes())
    found.problems += _whole_packages(home, trust, found)
    found.problems += _plaintext(home, canaries, found, settled=settled)
    if not settled:
        return found
    try:
        docket, leaves = _read(home, trust)
    except EvidenceError as error:
        found.problems.append(f"the log does not verify: {error}")
        return found
    found.entries, found.acknowledged = len(leaves), len(said.acks)
    found.problems += _nothing_lost(said, docket, leaves)
    found.problems += _nothing_twice(said, docket, home, trust, leaves)
    found.problems += _no_half_release(home, docket, said)
    return found


def _read(home: Path, trust: Trust) -> tuple[Docket, list[bytes]]:
    log = read_log(home / "log", trust.log_vkey)
    if not log.leaves or leaf_hash(log.leaves[0]).hex() != trust.genesis_sha256:
        raise EvidenceError(place="log entry 0", cause="is not the trusted genesis")
    if (home / "state" / "checkpoint").read_bytes() != log.note:
        raise EvidenceError(place="state/checkpoint", cause="is not the checkpoint of the log")
    return fold(entries_of(log, home / "bodies")), log.leaves


def _nothing_lost(said: Said, docket: Docket, leaves: Sequence[bytes]) -> Iterator[str]:
    for ack in said.acks:
        entry = int(ack["entry"])
        if entry >= len(leaves):
            yield f"lost: entry {entry} ({ack['kind']}) was acknowledged, the log has {len(leaves)} entries"
        elif leaf_hash(leaves[entry]).hex() != ack["leaf"]:
            yield f"lost: entry {entry} ({ack['kind']}) was acknowledged, another stands there"
        elif ack["case"] is not None and ack["case"] not in docket.cases:
            yield f"lost: case {ack['case']} was acknowledged and is not there"


def _nothing_twice(said: Said, docket: Docket, home: Path, trust: Trust, leaves: Sequence[bytes]) -> Iterator[str]:
    if len(set(leaves)) != len(leaves):
        yield "twice: two entries of the log are the same"
    tried = Counter((each["kind"], each["actor"], each.get("case")) for each in said.intents)
    entries = list(entries_of(read_log(home / "log", trust.log_vkey), home / "bodies"))[said.size :]
    made = Counter(
        (_act(each), each.actor, None if each.kind == "filed" else each.case)
        for each in entries
        if _act(each) in OF_PEOPLE
    )
    yield from (
        f"twice: {kind} by {actor} in {case} stands {count} times, tried {tried[kind, actor, case]} times"
        for (kind, actor, case), count in made.items()
        if count > tried[kind, actor, case]
    )
    for case in docket.cases.values():
        kinds = Counter(item.kind for item in case.timeline)
        yield from (f"twice: case {case.id} was {kind} {kinds[kind]} times" for kind in ONCE if kinds[kind] > 1)
        if kinds["released"] > kinds["aborted"] + 1:
            yield f"twice: case {case.id} was released {kinds['released']} times and aborted {kinds['aborted']} times"


def _act(entry: Entry) -> str:
    """What somebody did; a first review is a vote that is sealed."""
    sealed = {"approve": "approved", "reject": "rejected"}
    return sealed[(entry.content or {})["verdict"]] if entry.kind == "review" else entry.kind


def _no_half_release(home: Path, docket: Docket, said: Said) -> Iterator[str]:
    named = {}
    for case in docket.cases.values():
        if case.state in UNDER_WAY:
            yield f"half: case {case.id} is {case.state} after recovery"
        for number, release in enumerate(case.releases, start=1):
            named[f"{case.id}-{number}"] = release
            yield from _attempt(home, release, f"{case.id}-{number}")
    for package in sorted(home.glob("outbox/*")):
        if package.stem not in named:
            yield f"half: {package.name} lies in the outbox and the log knows no such release"
    for name in ("staged", "spill"):
        if any(path.is_file() for path in (home / "state" / name).rglob("*")):
            yield f"half: state/{name} is not empty after recovery"
    yield from _handed_out(docket, said)


def _attempt(home: Path, release: Release, name: str) -> Iterator[str]:
    package = home / "outbox" / f"{name}.modicum"
    records = list(home.glob(f"accounting/*/{name}.json"))
    if release.aborted is not None:
        if package.exists() or release.delivered is not None:
            yield f"half: {name} was aborted and its package is there"
        if records:
            yield f"half: {name} was aborted and its people are told of it"
        return
    if release.delivered is None or not release.accounted:
        yield f"half: {name} was neither accounted nor aborted"
    elif not package.exists():
        yield f"lost: {name} was delivered and its package is gone"
    elif sha256_of(package) != release.delivered["package_sha256"]:
        yield f"half: {name} is not the package that was delivered"
    if [sha256_of(each) for each in records] != [release.content["accounting_sha256"]]:
        yield f"lost: the accounting record of {name} is not the one that was logged"
    if _entry_of(package) not in {None, release.index}:
        yield f"half: the package of {name} is of another entry"


def _entry_of(package: Path) -> int | None:
    if not package.exists():
        return None
    try:
        return verify_package(package, trust=None).entry
    except EvidenceError:
        return -1


def _handed_out(docket: Docket, said: Said) -> Iterator[str]:
    must = {each["case"] for each in said.left}
    for each in (*said.outs, *said.left):
        out, case = Path(each["path"]), docket.cases.get(each["case"])
        delivered = [r.delivered for r in case.releases if r.delivered is not None] if case else []
        if out.exists() and [sha256_of(out)] != [d["package_sha256"] for d in delivered]:
            yield f"half: what was handed out for {each['case']} is not what was delivered"
        if each["case"] in must and not delivered:
            yield f"lost: the release of {each['case']} was acknowledged and is not in the log"
        if each in said.left and not out.exists():
            yield f"lost: {each['case']} was handed out and its copy is gone"


def _whole_packages(home: Path, trust: Trust, found: Found) -> Iterator[str]:
    """Whatever lies in the outbox can be read by its recipients, so it must be whole and carry its entry: always."""
    for package in sorted(home.glob("outbox/*")):
        found.packages += 1
        try:
            verify_package(package, trust=trust)
        except EvidenceError as error:
            yield f"half: {package.name} does not verify: {error}"


def _plaintext(home: Path, canaries: frozenset[bytes], found: Found, *, settled: bool) -> Iterator[str]:
    """No row outside the data set: neither in words, nor packed into a Parquet file."""
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home).parts
        if not path.is_file() or inside[0] == "data" or (inside[:2] == ("state", "spill") and not settled):
            continue
        data = path.read_bytes()
        found.files += 1
        if canaries & set(WORD.findall(data)):
            yield f"plaintext: a value of a person stands in {'/'.join(inside)}"
        if data[:4] == b"PAR1" or data[-4:] == b"PAR1":
            yield f"plaintext: {'/'.join(inside)} is a table"


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold a home against what may never be.")
    parser.add_argument("home", type=Path)
    parser.add_argument("--trust", type=Path, required=True)
    parser.add_argument("--said", type=Path)
    parser.add_argument("--canaries", type=Path)
    parser.add_argument("--unsettled", action="store_true")
    given = parser.parse_args()
    said = [json.loads(line) for line in given.said.read_text().splitlines()] if given.said else []
    canaries = frozenset(given.canaries.read_bytes().split()) if given.canaries else frozenset()
    found = check(given.home, given.trust, Said.of(said), canaries=canaries, settled=not given.unsettled)
    counts = {name: getattr(found, name) for name in ("entries", "packages", "acknowledged", "files", "problems")}
    sys.stdout.write(json.dumps(counts, indent=2) + "\n")
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
