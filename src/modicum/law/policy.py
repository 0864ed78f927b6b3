"""One policy: the provision it encodes, the days on which it is in force, and what exactly it looks at.

A policy is a boolean function of *atoms*, each a test of one attribute against literals (`==`, `!=`, a list that
contains it, `like`). Two values that satisfy the same atoms cannot be told apart by the policy: they share a
*signature*. That is what makes the exact reduction of `tables` possible, and what finds a misspelt literal.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias

from modicum.law.cedar import DISCLOSE, Parsed
from modicum.model.decision import Basis, Because

FACTS: Final = "facts"
Signature: TypeAlias = tuple[bool | str, ...]

MOST_FACTS: Final = 6
"""Facts that one policy may mention: its table has two to this power rows for each combination of attributes."""


class UnfitPolicyError(ValueError):
    """A policy that Cedar reads but a pack may not hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One test of one attribute. `literals` are what a policy author typed and can mistype."""

    attribute: str
    literals: tuple[str, ...]
    test: Callable[[str], bool] | None  # None: the attribute is used whole, every value counts for itself
    pattern: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy of a pack. Compared by identity: two packs may hold the same id."""

    id: str
    title: str
    cite: str
    source: str
    verified: str
    since: date
    until: date | None
    effect: str  # permit | forbid
    action: str  # disclose | applies | oblige | contests
    obligation: str | None
    body: str
    basis: Basis
    parsed: Parsed = field(repr=False)
    atoms: tuple[Atom, ...] = field(repr=False)
    facts: tuple[str, ...]
    representatives: Mapping[str, Mapping[Signature, str]] = field(repr=False)
    version_of: str | None = None

    @property
    def attributes(self) -> frozenset[str]:
        """What it looks at, facts apart."""
        return frozenset(atom.attribute for atom in self.atoms)

    @property
    def permits(self) -> bool:
        """Whether it can make a disclosure lawful (the only kind of policy that an unknown must not satisfy)."""
        return self.effect == "permit" and self.action == DISCLOSE

    @property
    def exceptions(self) -> bool:
        """Whether something is excepted from it: an `unless` beside another condition."""
        conditions = self.parsed.document.get("conditions", [])
        return len(conditions) > 1 and any(each["kind"] == "unless" for each in conditions)

    @property
    def confirmation(self) -> str | None:
        """The fact that must hold before an unverified permit counts: that counsel has read the provision."""
        return f"counsel-confirms:{self.id}" if self.permits and self.verified == "unverified" else None

    def in_force(self, day: date) -> bool:
        """Whether it is in force on a day; both ends count."""
        return self.since <= day and (self.until is None or day <= self.until)

    def because(self) -> Because:
        """This policy as what a decision rests on."""
        return Because(id=self.id, cite=self.cite, basis=self.basis, verified=self.verified, title=self.title)

    def signature(self, attribute: str, value: str) -> Signature:
        """What the policy can see of a value: the outcome of each of its tests of that attribute."""
        tests = [atom.test for atom in self.atoms if atom.attribute == attribute]
        return tuple(value if test is None else test(value) for test in tests)


def representatives(atoms: Sequence[Atom], domains: Mapping[str, Sequence[str]]) -> dict[str, dict[Signature, str]]:
    """For each attribute with a domain that the atoms test: one value for each signature, the first in the domain."""
    found: dict[str, dict[Signature, str]] = {}
    for attribute in sorted({atom.attribute for atom in atoms} & set(domains)):
        tests = [atom.test for atom in atoms if atom.attribute == attribute]
        for value in domains[attribute]:
            signature = tuple(value if test is None else test(value) for test in tests)
            found.setdefault(attribute, {}).setdefault(signature, value)
    return found


def look(parsed: Parsed) -> tuple[tuple[Atom, ...], tuple[str, ...]]:
    """What a policy looks at: its atoms and the facts it mentions (sorted).

    Raises UnfitPolicyError: it looks at something else than the situation, asks whether an attribute is there (`has`),
    uses facts otherwise than by name, or mentions facts where only the request may count.
    """
    atoms: list[Atom] = []
    facts: set[str] = set()
    for condition in parsed.document.get("conditions", []):
        for atom in _walk(condition["body"]):
            if atom.attribute == FACTS:
                facts.update(atom.literals)
            else:
                atoms.append(atom)
    if parsed.action != DISCLOSE and facts:
        raise UnfitPolicyError("whether a body applies, obliges or contests may not hang on a fact")
    if len(facts) > MOST_FACTS:
        raise UnfitPolicyError(f"it mentions {len(facts)} facts, at most {MOST_FACTS} can be looked through")
    return tuple(atoms), tuple(sorted(facts))


def _walk(node: Any) -> Iterator[Atom]:  # noqa: ANN401 - Cedar's JSON
    if isinstance(node, list):
        for each in node:
            yield from _walk(each)
        return
    if not isinstance(node, dict):
        return
    atom = _atom(node)
    if atom is not None:
        yield atom
        return
    if "Var" in node or "has" in node:
        raise UnfitPolicyError("a policy looks at attributes of `context` alone, and never asks `has`")
    for each in node.values():
        yield from _walk(each)


def _atom(node: Mapping[str, Any]) -> Atom | None:
    (operator, operands), *others = node.items()
    if others or not isinstance(operands, dict):
        return None
    left, right = operands.get("left"), operands.get("right")
    match operator:
        case "==" | "!=":
            return _equality(left, right) or _equality(right, left)
        case "contains" | "containsAll" | "containsAny":
            return _membership(operator, left, right)
        case "like":
            return _likeness(attribute_of(left), operands["pattern"])
        case ".":
            return _whole(attribute_of(node))
    return None


def _equality(side: Any, other: Any) -> Atom | None:  # noqa: ANN401 - Cedar's JSON
    name, literals = attribute_of(side), _literals([other])
    if name is None or literals is None or name == FACTS:
        return None
    wanted = literals[0]
    return Atom(name, literals, lambda value: value == wanted)


def _membership(operator: str, left: Any, right: Any) -> Atom | None:  # noqa: ANN401 - Cedar's JSON
    if attribute_of(left) == FACTS:
        named = _literals([right]) if operator == "contains" else _literals(set_of(right))
        if named is None:
            raise UnfitPolicyError('facts are named one by one, as in `context.facts.contains("dua-in-force")`')
        return Atom(FACTS, named, None)
    name, literals = attribute_of(right), _literals(set_of(left))
    if operator != "contains" or name is None or literals is None:
        return None
    among = frozenset(literals)
    return Atom(name, literals, lambda value: value in among)


def _likeness(name: str | None, pattern: Sequence[Any]) -> Atom | None:
    if name is None:
        return None
    # Only a prefix followed by one wildcard is reduced; any other pattern counts every value for itself.
    if pattern and pattern[-1] == "Wildcard" and "Wildcard" not in pattern[:-1]:
        prefix = "".join(str(each["Literal"]) for each in pattern[:-1])
        return Atom(name, (prefix,), lambda value: value.startswith(prefix), pattern=True)
    return Atom(name, (), None)


def matches(pattern: Sequence[Any], value: str) -> bool:
    """Whether a value is `like` a pattern of Cedar's JSON: literal characters, and wildcards for any text."""
    parts = [".*" if each == "Wildcard" else re.escape(str(each["Literal"])) for each in pattern]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _whole(name: str | None) -> Atom | None:
    if name is None:
        return None
    if name == FACTS:
        raise UnfitPolicyError('facts are named one by one, as in `context.facts.contains("dua-in-force")`')
    return Atom(name, (), None)


def attribute_of(node: Any) -> str | None:  # noqa: ANN401 - Cedar's JSON
    """The attribute, if a node is `context.attribute`."""
    inner = node.get(".") if isinstance(node, dict) else None
    return str(inner["attr"]) if inner is not None and inner.get("left") == {"Var": "context"} else None


def set_of(node: Any) -> list[Any] | None:  # noqa: ANN401 - Cedar's JSON
    """The members, if a node is a set written out."""
    return node.get("Set") if isinstance(node, dict) else None


def _literals(nodes: list[Any] | None) -> tuple[str, ...] | None:
    values = [each.get("Value") if isinstance(each, dict) else None for each in nodes or []]
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if texts and len(texts) == len(values) else None
