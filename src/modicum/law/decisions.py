"""The pack's own vectors: decisions that it must reproduce, each for the sake of one rule, compared exactly.

A vector gives a cell in full, and everything the pack must say of it: verdict, reasons, what is missing, obligations,
conflicts. It names the rule that it exercises, and whether that rule `shows` in the cell or only nearly does. A rule
shows where leaving it out would change the cell; so a vector cannot claim a rule that has no part in its outcome.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modicum.law.editing import replaced
from modicum.law.judge import Circumstances, Judge
from modicum.law.packfiles import DecisionEntry, shaped
from modicum.law.packs import Pack
from modicum.law.vectors import day_of
from modicum.model.decision import Cell
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING, Form

CURE: Final = "see vectors/ of the pack, and docs/reference/pack.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a vector compares of a cell: all but the order of what has none. Conflicts are (statute, policy)."""

    verdict: str
    because: frozenset[str]
    missing: frozenset[frozenset[str]]
    obligations: frozenset[str]
    conflicts: frozenset[tuple[str, str]]

    def as_document(self) -> dict[str, Any]:
        """As published JSON, sorted."""
        return {
            "verdict": self.verdict,
            "because": sorted(self.because),
            "missing": sorted(sorted(each) for each in self.missing),
            "obligations": sorted(self.obligations),
            "conflicts": [list(each) for each in sorted(self.conflicts)],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionVector:
    """One decision: a cell in full, the rule it exercises, and the outcome that it must have."""

    id: str
    rule: str
    shows: bool
    circumstances: Circumstances
    form: Form
    data_class: str | None
    stratum: tuple[tuple[str, str], ...]
    expected: Outcome


def read_decisions(document: Mapping[str, Any], pack: Pack) -> tuple[DecisionVector, ...]:
    """Read a document of `decisions`, whose words must all be the pack's.

    Raises InvalidInputError: not well formed, a word that the pack does not know, an id twice; names the vector.
    """
    if set(document) != {"version", "decisions"} or document["version"] != 1:
        raise InvalidInputError(cause="a file of decisions holds `version: 1` and `decisions`, no more", cure=CURE)
    entries = document["decisions"]
    if not isinstance(entries, list) or not entries:
        raise InvalidInputError(cause="the file holds no list of `decisions`", cure=CURE)
    found: dict[str, DecisionVector] = {}
    for number, each in enumerate(entries, start=1):
        vector = _vector(each, number, pack)
        if vector.id in found:
            raise InvalidInputError(cause=f"two decision vectors have the id {vector.id}", cure=CURE)
        found[vector.id] = vector
    return tuple(found.values())


def judged(pack: Pack, vector: DecisionVector) -> Cell:
    """What a pack says of the cell of a vector."""
    return Judge(pack, vector.circumstances).cell(vector.form, vector.data_class, vector.stratum)


def outcome(cell: Cell) -> Outcome:
    """What a vector compares of a cell."""
    return Outcome(
        verdict=str(cell.verdict),
        because=frozenset(each.id for each in cell.because),
        missing=frozenset(frozenset(each) for each in cell.missing),
        obligations=frozenset(cell.obligations),
        conflicts=frozenset((each.statute.id, each.policy.id) for each in cell.conflicts),
    )


def differing_fields(expected: Outcome, got: Outcome) -> tuple[str, ...]:
    """Names of the fields in which two outcomes differ, in the order of the file format."""
    fields = ("verdict", "because", "missing", "obligations", "conflicts")
    return tuple(name for name in fields if getattr(expected, name) != getattr(got, name))


def belongs(rule: str, policy_or_default: str) -> bool:
    """Whether a policy or default is of a rule: it has its id, or one that goes on after it (`MCD-042-DEFAULT`)."""
    return policy_or_default == rule or policy_or_default.startswith((f"{rule}-", f"{rule}:"))


def policies_of(pack: Pack, rule: str) -> tuple[str, ...]:
    """Ids of the policies that encode a rule."""
    return tuple(p.id for body in pack.bodies for p in body.policies if belongs(rule, p.id))


def shows(pack: Pack, vector: DecisionVector, got: Outcome) -> bool:
    """Whether a vector's rule has a part in the outcome that the pack gives.

    A default shows by its id among the reasons; policies show where the outcome is another without them.
    """
    policies = policies_of(pack, vector.rule)
    if any(belongs(vector.rule, each) and each not in policies for each in got.because):
        return True
    without = pack
    for each in policies:
        without = replaced(without, each, None)
    return without is not pack and outcome(judged(without, vector)) != got


def _vector(raw: Any, number: int, pack: Pack) -> DecisionVector:  # noqa: ANN401 - raw YAML
    name = raw.get("id", f"number {number}") if isinstance(raw, dict) else f"number {number}"
    if not isinstance(raw, dict):
        raise InvalidInputError(cause=f"decision vector {name} is no mapping", cure=CURE)
    dated = {**raw, "date": day_of(raw, str(name))}
    entry = shaped(dated, DecisionEntry, place=f"decision vector {name}", cure=CURE)
    strange = list(_strangers(entry, pack))
    if strange:
        raise InvalidInputError(cause=f"decision vector {name}: the pack does not know {strange[0]}", cure=CURE)
    return DecisionVector(
        id=entry.id,
        rule=entry.rule,
        shows=entry.shows,
        circumstances=Circumstances(
            action=entry.action,
            discloser=entry.custodian,
            audience=tuple(entry.audience),
            purpose=entry.purpose,
            named_persons=entry.named_persons,
            as_of=entry.date,
            facts=frozenset(entry.facts),
        ),
        form=entry.form,
        data_class=entry.data_class,
        stratum=tuple(sorted(entry.stratum.items())),
        expected=Outcome(
            verdict=str(entry.verdict),
            because=frozenset(entry.because),
            missing=frozenset(frozenset(each) for each in entry.missing),
            obligations=frozenset(entry.obligations),
            conflicts=frozenset(entry.conflicts),
        ),
    )


def _strangers(entry: DecisionEntry, pack: Pack) -> Iterator[str]:
    """Words of a vector that the pack does not know: such a vector would test nothing."""
    words = pack.vocabulary
    named: tuple[tuple[str, list[str], Any], ...] = (
        ("kind", [entry.custodian, *entry.audience], words.kinds),
        ("action", [entry.action], words.actions),
        ("purpose", [entry.purpose], words.purposes),
        ("class", [] if entry.data_class is None else [entry.data_class], words.classes),
        ("form that discloses", [str(entry.form)], {str(form) for form in DISCLOSING}),
        ("fact", entry.facts, words.facts),
        ("attribute", list(entry.stratum), pack.attributes),
    )
    for what, given, known in named:
        yield from (f"the {what} `{each}`" for each in given if each not in known)
    for attribute, value in entry.stratum.items():
        if attribute in pack.attributes and value not in pack.attributes[attribute]:
            yield f"`{value}` as {attribute}"
