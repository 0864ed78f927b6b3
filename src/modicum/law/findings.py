"""What a proof found: each guarantee proved or broken, and a situation that shows the break, in words and as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modicum.law.cedar import Truth, Value, holds
from modicum.law.cubes import domains_seen
from modicum.law.groups import Reading
from modicum.law.guarantees import Guarantee
from modicum.law.judge import Circumstances, judge
from modicum.law.packs import Pack
from modicum.law.policy import FACTS, Policy
from modicum.law.space import Interval, Word
from modicum.model.dataset import UNKNOWN
from modicum.model.decision import Cell, PackRef
from modicum.model.forms import Form

_NOBODY: Final = "a column without a class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One cell of one request on one day, under a set of attested facts. `request` has the words of REQUEST."""

    interval: Interval
    request: Mapping[str, Word]
    form: Form
    data_class: str | None
    stratum: Mapping[str, str]
    facts: frozenset[str]

    def judged(self, pack: Pack) -> Cell:
        """What the engine says of it."""
        circumstances = Circumstances(
            action=str(self.request["action"]),
            discloser=str(self.request["discloser"]),
            audience=(str(self.request["recipient"]),),
            purpose=str(self.request["purpose"]),
            named_persons=bool(self.request["named_persons"]),
            as_of=self.interval.day,
            facts=self.facts,
        )
        return judge(pack, circumstances).cell(self.form, self.data_class, tuple(sorted(self.stratum.items())))

    def words(self) -> str:
        """As people say it, in one sentence."""
        named = "named persons" if self.request["named_persons"] else "a population"
        people = ", ".join(f"{name} {value}" for name, value in self.stratum.items())
        facts = ", ".join(sorted(self.facts)) or "none"
        return (
            f"as of {self.interval.day}: {self.request['discloser']} to {self.request['recipient']} "
            f"({self.request['action']}), for {self.request['purpose']}, about {named} ({people}): "
            f"{self.data_class or _NOBODY} in the form {self.form}; facts attested: {facts}"
        )

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "date": self.interval.day.isoformat(),
            "from": None if self.interval.since is None else self.interval.since.isoformat(),
            "until": None if self.interval.until is None else self.interval.until.isoformat(),
            "action": self.request["action"],
            "custodian": self.request["discloser"],
            "recipient": self.request["recipient"],
            "purpose": self.request["purpose"],
            "named_persons": self.request["named_persons"],
            "form": str(self.form),
            "class": self.data_class,
            "stratum": dict(self.stratum),
            "facts": sorted(self.facts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """How a guarantee is broken. `policies`: rules by id that break it, or on which the permission rests."""

    words: str
    policies: tuple[str, ...] = ()
    situation: Situation | None = None

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "words": self.words,
            "policies": list(self.policies),
            "situation": None if self.situation is None else self.situation.as_document(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One guarantee, proved or broken; `looked`: cells of groups that had to be looked at closely."""

    guarantee: Guarantee
    broken: Break | None
    looked: int = 0

    @property
    def proved(self) -> bool:
        """Whether it holds over the whole space."""
        return self.broken is None

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "id": self.guarantee.id,
            "kind": str(self.guarantee.kind),
            "title": self.guarantee.title,
            "proved": self.proved,
            "counterexample": None if self.broken is None else self.broken.as_document(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The whole: how large the space is, how little of it had to be evaluated, and each guarantee.

    situations: of the full product. asked: evaluations by Cedar. groups, classes: requests, and cells of them, that no
    policy can tell apart.
    """

    pack: PackRef
    situations: int
    intervals: int
    asked: int
    groups: int
    classes: int
    findings: tuple[Finding, ...] = field(repr=False)

    @property
    def proved(self) -> bool:
        """Whether every guarantee holds."""
        return all(each.proved for each in self.findings)

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/law-check.json)."""
        return {
            "schema": "modicum.law-check/1",
            "pack": {"name": self.pack.name, "version": self.pack.version, "sha256": self.pack.sha256},
            "proved": self.proved,
            "situations": str(self.situations),
            "intervals": self.intervals,
            "cedar_evaluations": self.asked,
            "groups": self.groups,
            "classes": self.classes,
            "guarantees": [each.as_document() for each in self.findings],
        }


def situation_at(
    reading: Reading, *, interval: int, row: int, where: tuple[int, ...], facts: frozenset[str]
) -> Situation:
    """The situation at a place of a reading: the first value of each kind."""
    cell = {axis.name: axis.values[place] for axis, place in zip(reading.space.cell, where, strict=True)}
    found = cell["data_class"]
    return Situation(
        interval=reading.space.intervals[interval],
        request=reading.request(row),
        form=Form(str(cell["form"])),
        data_class=None if found is None else str(found),
        stratum={name: str(value) for name, value in cell.items() if name not in {"form", "data_class"}},
        facts=facts,
    )


def in_region(region: Policy, situation: Situation) -> bool:
    """Whether Cedar, asked about the whole situation, says that a region holds it; for what is unknown, any value."""
    words: list[dict[str, Value]] = [{}]
    given: dict[str, Word] = {
        **situation.request, "form": str(situation.form), "data_class": situation.data_class, **situation.stratum,
    }  # fmt: skip
    for name in sorted(region.attributes):
        value = given[name]
        open_ = value is None or (value == UNKNOWN and name in situation.stratum)
        choices: list[Value] = (
            domains_seen(region, name) if open_ else [value if isinstance(value, bool) else str(value)]
        )
        words = [{**each, name: choice} for each in words for choice in choices]
    if region.facts:
        words = [{**each, FACTS: tuple(sorted(situation.facts & set(region.facts)))} for each in words]
    return Truth.HOLDS in holds(region.parsed, words)
