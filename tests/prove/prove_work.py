"""What a process does to a home until it is killed: it says what it will try, does it, and says what was acknowledged.

Half of the acts go through the functions of the hall in a process that keeps its home open, as a server does; half
through the command line. An acknowledgement is made of what the call returned, never of what the disk says afterwards.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prove_home import REVIEWERS, Cases, World, command, requests

from modicum.gateway import case as casework
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.release import Released, release_case
from modicum.gateway.request_file import read_request
from modicum.model.errors import ModicumError
from modicum_verify.entry import Entry, leaf_bytes
from modicum_verify.merkle import leaf_hash

ASKER = "hhs-oig/analyst"
FACTS = ("exact-instrument-reviewed", "minimum-necessary-reviewed")


EARLY: list[Callable[[Entry], None]] = []
"""How this process acknowledges an entry; a broken build calls it too soon."""


class Worker:
    """One process at work on one home; `say` writes a line to whoever watches.

    `strict`: an error of ours is raised; otherwise it is an answer that acknowledges nothing. `tag`: tells its words and
    files from those of others at work on the same home.
    """

    def __init__(self, world: World, cases: Cases, *, seed: int, say: Callable[[dict[str, Any]], None]) -> None:
        self.world, self.cases, self.say = world, cases, say
        self.chance = random.Random(seed)
        EARLY[:] = [self._ack]
        self.strict = False
        self.tag = ""
        self._home: Home | None = None
        self._opened: list[Home] = []
        self.document: dict[str, Any] = {}
        self.refused = ""  # what answered the last act, where it was not done

    @property
    def home(self) -> Home:
        """The home that this process keeps open."""
        if self._home is None:
            self._home = Home.open(self.world.home)
        return self._home

    def act(self, verb: str, case: str | None = None) -> None:
        """Do one act, by the hall or by the command line, on a case that suits it."""
        getattr(self, verb)(case, by_command=self.chance.random() < 0.5)

    def anything(self) -> None:
        """An act of any kind; what the docket refuses is an answer and acknowledges nothing."""
        verbs = {"release": 3, "file": 2, "approve": 4, "object": 2, "attest": 1, "withdraw": 1, "decide": 1}
        self.act(self.chance.choices(list(verbs), list(verbs.values()))[0])

    def release(self, case: str | None, *, by_command: bool) -> None:
        case = case or self.chance.choice(self.cases.agreed)
        out = self.world.folder / f"{case}{self.tag}.modicum"
        if out.exists():
            return
        self.say({"out": {"case": case, "path": str(out)}})
        if by_command:
            done = self._command("release", case, "--out", str(out))
        else:
            done = isinstance(self._tried(lambda: release_case(self.home, case, out=out)), Released)
        if done:
            self._acknowledge("released", "gateway", case)
            self._acknowledge("accounted", "gateway", case)
            self.say({"left": {"case": case, "path": str(out)}})

    def file(self, case: str | None, *, by_command: bool, path: Path | None = None) -> None:
        path = path or self.chance.choice(requests(self.world))
        self._intend("filed", ASKER, None)
        if by_command:
            case = str(self.document["case"]) if self._command("docket", "file", str(path), "--as", ASKER) else None
        else:
            key = person_key(self.home.folder, ASKER)
            case = self._tried(lambda: casework.file_case(self.home, read_request(path), key=key))
        if case is not None:
            self._acknowledge("filed", ASKER, case)

    def approve(self, case: str | None, *, by_command: bool) -> None:
        who = self.chance.choice(REVIEWERS)
        self._said("approved", case, who, by_command, "approve", casework.approve, {"text": f"agreed{self.tag}"})

    def object(self, case: str | None, *, by_command: bool) -> None:
        who = self.chance.choice((*REVIEWERS, "hhs-oig/inspector"))
        words = {"grounds": "law", "text": f"not so{self.tag}"}
        self._said("objected", case, who, by_command, "object", casework.object_to, words)

    def withdraw(self, _: str | None, *, by_command: bool) -> None:
        self._said(
            "withdrawn", self.cases.in_review[-1], ASKER, by_command, "withdraw", casework.withdraw, {"text": "no"}
        )

    def decide(self, case: str | None, *, by_command: bool) -> None:
        del by_command
        self._command("docket", "decide", case or self.chance.choice(self.cases.in_review))

    def attest(self, case: str | None, *, by_command: bool) -> None:
        case, who, fact = case or self.chance.choice(self.cases.open), self.chance.choice(REVIEWERS), self._fact()
        self._intend("fact", who, case)
        if by_command:
            done = self._command("fact", "attest", case, fact, "--as", who, "--text", "seen")
        else:
            key = person_key(self.home.folder, who)
            done = self._tried(lambda: casework.attest(self.home, case, key=key, fact=fact, text="seen")) is not None
        if done:
            self._acknowledge("fact", who, case)

    def _fact(self) -> str:
        return self.chance.choice(sorted(self.home.pack().vocabulary.facts))

    def _said(
        self,
        kind: str,
        case: str | None,
        who: str,
        by_command: bool,  # noqa: FBT001
        verb: str,
        call: Callable[..., Entry],
        words: dict[str, str],
    ) -> None:
        case = case or self.chance.choice(self.cases.in_review)
        self._intend(kind, who, case)
        if by_command:
            options = [part for name, value in words.items() for part in (f"--{name}", value)]
            if self._command("docket", verb, case, "--as", who, *options):
                self._acknowledge(kind, who, case)
            return
        key = person_key(self.home.folder, who)
        entry = self._tried(lambda: call(self.home, case, key=key, **words))
        if entry is not None:
            self._ack(entry)
            self.say({"words": [words["text"]]} if self.tag else {})

    def _command(self, *arguments: str) -> bool:
        opened = Home.open.__func__  # type: ignore[attr-defined]
        kept: list[Home] = []

        def remember(cls: type[Home], root: Path, **named: Any) -> Home:
            kept.append(opened(cls, root, **named))
            return kept[-1]

        Home.open = classmethod(remember)  # type: ignore[method-assign,assignment]
        try:
            ran = command(*arguments, "--json", home=self.world.home)
        finally:
            Home.open = classmethod(opened)  # type: ignore[method-assign,assignment]
        self._opened = kept
        self.document = ran.document if ran.exit == 0 else {}
        self.refused = "" if ran.exit == 0 else str(ran.document.get("cause", "refused"))
        return ran.exit == 0

    def _tried(self, call: Callable[[], Any]) -> Any:
        self._opened, self.refused = [self.home], ""
        try:
            return call()
        except ModicumError as error:
            self.refused = error.cause
            if self.strict:
                raise
            return None

    def _intend(self, kind: str, actor: str, case: str | None) -> None:
        self.say({"intent": {"kind": kind, "actor": actor, "case": case}})

    def _acknowledge(self, kind: str, actor: str, case: str | None = None) -> None:
        """Acknowledge the last such entry that the home which did it holds in memory."""
        entries = reversed(self._opened[-1].journal.entries())
        kinds = {kind, "review"} if kind == "approved" else {kind}  # a first review is sealed
        self._ack(next(e for e in entries if e.kind in kinds and e.actor == actor and case in {None, e.case}))

    def _ack(self, entry: Entry) -> None:
        leaf = leaf_bytes(kind=entry.kind, at=entry.at, case=entry.case, actor=entry.actor, body=entry.body)
        told = {"entry": entry.index, "leaf": leaf_hash(leaf).hex(), "case": entry.case, "kind": entry.kind}
        self.say({"ack": told})


def saying(handle: int) -> Callable[[dict[str, Any]], None]:
    """Say lines into a pipe, each in one write."""

    def say(line: dict[str, Any]) -> None:
        os.write(handle, json.dumps(line).encode() + b"\n")

    return say
