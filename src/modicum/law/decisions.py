"""The pack's own vectors: decisions that it must reproduce, each for the sake of one rule, compared exactly.

A vector gives a cell in full, and everything the pack must say of it: verdict, reasons, what is missing, obligations,
conflicts. It names the rule that it exercises, and whether that rule `shows` in the cell or only nearly does. A rule
shows where leaving it out would change the cell; so a vector cannot claim a rule that has no part in its outcome.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modicum.law.editing import replaced, without_exceptions
from modicum.law.judge import Circumstances, Judge
from modicum.law.packfiles import DecisionEntry, shaped
from modicum.law.packs import Pack
from modicum.law.vectors import day_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """One vector: what the pack says, and whether the rule shows (None: it stands where leaving it out is no edit)."""

    vector: DecisionVector
    got: Outcome
    shown: bool | None

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of the fields in which the pack differs, in the order of the file format; `shows` comes last."""
        fields = ("verdict", "because", "missing", "obligations", "conflicts")
        found = [name for name in fields if getattr(self.vector.expected, name) != getattr(self.got, name)]
        return (*found, *(["shows"] if self.shown is not None and self.shown != self.vector.shows else []))

    @property
    def agrees(self) -> bool:
        """Whether the pack reproduces it."""
        return not self.differing


def belongs(rule: str, part: str) -> bool:
    """Whether a policy or default is of a rule: it has its id, or one that goes on after it (`MCD-042-DEFAULT`)."""
    return part == rule or part.startswith((f"{rule}-", f"{rule}:"))


def read_decisions(document: Mapping[str, Any], pack: Pack, *, file: str = "vectors") -> tuple[DecisionVector, ...]:
    """Read a document of `decisions`, whose words must all be the pack's.

    Raises InvalidInputError: not well formed, a word that the pack does not know, an id twice; names file and vector.
    """
    if set(document) != {"version", "decisions"} or document["version"] != 1:
        raise InvalidInputError(
            cause=f"{file}: a file of decisions holds `version: 1` and `decisions`, no more", cure=CURE
        )
    entries = document["decisions"]
    if not isinstance(entries, list) or not entries:
        raise InvalidInputError(cause=f"{file} holds no list of `decisions`", cure=CURE)
    found: dict[str, DecisionVector] = {}
    for number, each in enumerate(entries, start=1):
        vector = _vector(each, number, pack, file)
        if vector.id in found:
            raise InvalidInputError(cause=f"{file}: two decision vectors have the id {vector.id}", cure=CURE)
        found[vector.id] = vector
    return tuple(found.values())


def judged(pack: Pack, vector: DecisionVector) -> Outcome:
    """What a pack says of the cell of a vector."""
    cell = Judge(pack, vector.circumstances).cell(vector.form, vector.data_class, vector.stratum)
    return Outcome(
        verdict=str(cell.verdict),
        because=frozenset(each.id for each in cell.because),
        missing=frozenset(frozenset(each) for each in cell.missing),
        obligations=frozenset(cell.obligations),
        conflicts=frozenset((each.statute.id, each.policy.id) for each in cell.conflicts),
    )


def run_decisions(pack: Pack, vectors: Sequence[DecisionVector]) -> tuple[DecisionResult, ...]:
    """What the pack says of each vector, and whether the vector's rule shows there."""
    without = {rule: _without(pack, rule) for rule in {each.rule for each in vectors}}
    results = []
    for vector in vectors:
        got = judged(pack, vector)
        shown = _shown(pack, vector, got, without[vector.rule])
        results.append(DecisionResult(vector=vector, got=got, shown=shown))
    return tuple(results)


def _shown(pack: Pack, vector: DecisionVector, got: Outcome, without: Pack | None) -> bool | None:
    if any(belongs(vector.rule, each) for each in got.because):
        return True  # without it, the reasons were others
    if without is not None:
        return judged(without, vector) != got
    return False if vector.rule in {each.id for each in pack.default_reasons()} else None


def _without(pack: Pack, rule: str) -> Pack | None:
    """The pack without the policies of a rule, or the exceptions that hold it; None where no policy does."""
    policies = [each.id for body in pack.bodies for each in body.policies if belongs(rule, each.id)]
    edited = pack
    for each in policies:
        edited = replaced(edited, each, None)
    for each in () if policies else pack.inside.get(rule, ()):
        edited = without_exceptions(edited, each)
    return None if edited is pack else edited


def _vector(raw: Any, number: int, pack: Pack, file: str) -> DecisionVector:  # noqa: ANN401 - raw YAML
    name = raw.get("id", f"number {number}") if isinstance(raw, dict) else f"number {number}"
    if not isinstance(raw, dict):
        raise InvalidInputError(cause=f"{file}: decision vector {name} is no mapping", cure=CURE)
    dated = {**raw, "date": day_of(raw, str(name))}
    entry = shaped(dated, DecisionEntry, place=f"{file}: decision vector {name}", cure=CURE)
    strange = list(_strangers(entry, pack))
    if strange:
        raise InvalidInputError(cause=f"{file}: decision vector {name}: the pack does not know {strange[0]}", cure=CURE)
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
        ("rule", [] if _known(entry.rule, pack) else [entry.rule], ()),
    )
    for what, given, known in named:
        yield from (f"the {what} `{each}`" for each in given if each not in known)
    for attribute, value in entry.stratum.items():
        if attribute in pack.attributes and value not in pack.attributes[attribute]:
            yield f"`{value}` as {attribute}"


def _known(rule: str, pack: Pack) -> bool:
    encoded = {each.id for each in pack.rules() if each.effect != "not-encoded"}
    return any(belongs(rule, each) for each in {*encoded, *(each.id for each in pack.default_reasons())})
