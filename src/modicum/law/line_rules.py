"""What each line of a request for named persons must have: `lines.toml` of a pack, read strictly.

A kind of authority demands elements, each a field of the line, a test, and the clause that demands it. Hold rules say
how many matters, or persons, under one name are more than is plausible. Every kind must demand that its instrument
names the line's person: without that, a list would be a population under another name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from modicum.law import packfiles as files
from modicum.law.packfiles import CURE
from modicum.model.decision import Basis, Because
from modicum.model.errors import InvalidInputError
from modicum_verify.holds import LIFTING

LINES_FILE: Final = "lines.toml"
AUTHORITY: Final = "authority"
"""The field in which a line says under which kind of authority it stands; needed where the request claims several."""


class Check(StrEnum):
    """How an element looks at its field."""

    PRESENT = "present"
    DATE = "date"
    NOT_AFTER = "not_after_as_of"
    NOT_BEFORE = "not_before_as_of"
    NAMES_PERSON = "names_person"
    ONE_OF = "one_of"


class _Clause(files.Strict):
    id: files.Text
    title: files.Text
    cite: files.Text
    basis: Literal["law", "custodian_policy"]
    verified: files.Verified


class _Element(_Clause):
    field: files.Text
    test: Check
    words: tuple[files.Text, ...] = ()


class _Field(files.Strict):
    title: files.Text
    data_class: files.Text | None = None
    elements: tuple[files.Text, ...] = ()


class _Person(files.Strict):
    name: list[files.Text]
    identifiers: list[list[files.Text]]
    clause: _Clause


class _Authority(files.Strict):
    title: files.Text
    elements: list[_Element]


class _Hold(_Clause):
    counts: Literal["matters", "persons"]
    under: Literal["official", "requester"]
    more_than: files.Positive
    within_days: files.Count = 0


class _LinesFile(files.Strict):
    fields: Mapping[str, _Field]
    matter: files.Text
    official: files.Text
    person: _Person
    otherwise: _Clause
    authorities: Mapping[str, _Authority]
    holds: list[_Hold]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing that a line must have; `words` are those that `one_of` accepts."""

    field: str
    test: Check
    words: tuple[str, ...]
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a line. With a class it identifies: the records' columns of that class (and element) hold the same."""

    name: str
    title: str
    data_class: str | None
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """More than so many different matters (or persons) under one name raise a hold.

    within_days: 0 counts one request; more counts this request and those filed up to so many days before it.
    """

    counts: str  # matters | persons
    under: str  # official | requester
    more_than: int
    within_days: int
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """All that a pack says about lines. `name` and each of `identifiers` are fields taken together."""

    fields: Mapping[str, Field]
    matter: str
    official: str
    name: tuple[str, ...]
    identifiers: tuple[tuple[str, ...], ...]
    unidentified: Because
    otherwise: Because
    authorities: Mapping[str, tuple[Element, ...]]
    holds: tuple[HoldRule, ...]

    @property
    def columns(self) -> frozenset[str]:
        """The names that a header may hold."""
        return frozenset(self.fields) | {AUTHORITY}

    @property
    def reach_days(self) -> int:
        """How many days back a hold rule looks at most."""
        return max((each.within_days for each in self.holds), default=0)


def read_line_rules(root: Path, words: files.VocabularyFile) -> LineRules | None:
    """Read `lines.toml` of a pack; None where the pack has none, and then it knows no lines.

    Raises InvalidInputError: not of its shape, or a word that the pack does not know; names the place.
    """
    if not (root / LINES_FILE).is_file():
        return None
    file = files.read_toml(root, LINES_FILE, _LinesFile)
    for fault in _faults(file, words):
        raise InvalidInputError(cause=f"pack file {LINES_FILE}: {fault}", cure=CURE)
    return LineRules(
        fields=MappingProxyType({name: _field(name, each) for name, each in file.fields.items()}),
        matter=file.matter,
        official=file.official,
        name=tuple(file.person.name),
        identifiers=tuple(tuple(each) for each in file.person.identifiers),
        unidentified=_because(file.person.clause),
        otherwise=_because(file.otherwise),
        authorities=MappingProxyType(
            {kind: tuple(_element(each) for each in entry.elements) for kind, entry in file.authorities.items()}
        ),
        holds=tuple(
            HoldRule(
                counts=each.counts,
                under=each.under,
                more_than=each.more_than,
                within_days=each.within_days,
                because=_because(each),
            )
            for each in file.holds
        ),
    )


def _faults(file: _LinesFile, words: files.VocabularyFile) -> Iterator[str]:
    clauses = [file.person.clause, file.otherwise, *file.holds]
    clauses += [each for entry in file.authorities.values() for each in entry.elements]
    ids = [each.id for each in clauses]
    yield from (f"two clauses have the id {each}" for each in sorted({each for each in ids if ids.count(each) > 1}))
    yield from _field_faults(file, words)
    for kind, entry in file.authorities.items():
        if all(each.test is not Check.NAMES_PERSON for each in entry.elements):
            yield f"authorities.{kind} does not demand that the instrument names the person"
        for each in entry.elements:
            if (each.test is Check.ONE_OF) != bool(each.words):
                yield f"{each.id}: `words` belong to the test one_of, and to no other"
    if file.holds:
        yield from (f"holds need the fact {fact} in vocabulary.toml" for fact in LIFTING if fact not in words.facts)


def _field_faults(file: _LinesFile, words: files.VocabularyFile) -> Iterator[str]:
    if AUTHORITY in file.fields:
        yield f"the field `{AUTHORITY}` is there in every list, and not to be defined"
    used = [file.matter, file.official, *file.person.name, *(each for some in file.person.identifiers for each in some)]
    used += [each.field for entry in file.authorities.values() for each in entry.elements]
    yield from (f"there is no field `{each}`" for each in sorted(set(used) - set(file.fields)))
    if not file.person.name or not file.person.identifiers or not all(file.person.identifiers):
        yield "person needs a name and at least one way to identify"
    for name, entry in file.fields.items():
        if entry.data_class is not None and entry.data_class not in words.classes:
            yield f"fields.{name}: no class {entry.data_class}"
    for each in sorted({each for some in (file.person.name, *file.person.identifiers) for each in some}):
        if each in file.fields and file.fields[each].data_class is None:
            yield f"fields.{each} identifies a person and needs a data_class"


def _field(name: str, entry: _Field) -> Field:
    return Field(name=name, title=entry.title, data_class=entry.data_class, elements=entry.elements)


def _element(entry: _Element) -> Element:
    return Element(field=entry.field, test=entry.test, words=entry.words, because=_because(entry))


def _because(clause: _Clause) -> Because:
    return Because(
        id=clause.id, cite=clause.cite, basis=Basis(clause.basis), verified=clause.verified, title=clause.title
    )
