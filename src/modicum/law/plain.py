"""A policy in plain words: its condition as clauses, and clauses as sentences, by the titles of the pack's vocabulary.

Clauses are made from what Cedar read and mean the same; a test evaluates both. Words are put together by rule, so that
the same policy always reads the same. What no rule knows is shown as Cedar writes it in JSON, never left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from modicum.law.policy import Policy


@dataclass(frozen=True, slots=True)
class Check:
    """One attribute held against values. how: `is` (one of them), `begins` (with one), `attested`, `true`, `cedar`."""

    attribute: str
    how: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold; without parts it always does."""

    parts: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold; without parts it never does."""

    parts: tuple["Clause", ...]


Clause: TypeAlias = Check | AllOf | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A policy as its reader takes it in: what it does, when (every part), and unless (any part)."""

    does: str
    when: tuple[str, ...]
    unless: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it as one sentence."""
        when = f" when {' and '.join(self.when)}" if self.when else ", always"
        unless = f", unless {', or '.join(self.unless)}" if self.unless else ""
        return f"{self.does}{when}{unless}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The titles by which values are called: per attribute from value to title; facts; attributes; obligations."""

    values: Mapping[str, Mapping[str, str]]
    facts: Mapping[str, str]
    attributes: Mapping[str, str]
    obligations: Mapping[str, str]


_NOUNS: Final = {
    "action": "the act",
    "discloser": "the custodian",
    "recipient": "the recipient",
    "purpose": "the purpose",
    "form": "the form of answer",
    "data_class": "the column",
}
_DOES: Final = {
    ("disclose", "permit"): "Permits the disclosure",
    ("disclose", "forbid"): "Forbids the disclosure",
    ("applies", "permit"): "This body of law applies",
    ("contests", "permit"): "Speaks against a policy of the custodian that stands in the way",
}


def condition(policy: Policy) -> tuple[Clause, Clause]:
    """What must hold, and what must not, of a policy, as clauses."""
    conditions = policy.parsed.document.get("conditions", [])
    when = [clause(each["body"]) for each in conditions if each["kind"] == "when"]
    unless = [clause(each["body"]) for each in conditions if each["kind"] == "unless"]
    return _joined(AllOf, when), _joined(AnyOf, unless)


def plain(policy: Policy, words: Words) -> Plain:
    """A policy in plain words."""
    when, unless = condition(policy)
    does = _DOES.get((policy.action, policy.effect))
    if does is None:
        title = words.obligations.get(policy.obligation or "", "")
        does = f"Obliges the recipient ({policy.obligation}: {title})"
    return Plain(
        does=does,
        when=tuple(_parts(when, AllOf, words)),
        unless=tuple(_parts(unless, AnyOf, words)),
    )


def clause(node: Mapping[str, Any], *, negated: bool = False) -> Clause:
    """An expression of Cedar (its JSON form) as clauses; a negation is taken down to the tests it is about."""
    (operator, operands), *_ = node.items()
    if operator == "!":
        return clause(operands["arg"], negated=not negated)
    if operator in {"&&", "||"}:
        sides = [clause(operands[side], negated=negated) for side in ("left", "right")]
        return _joined(AllOf if (operator == "&&") != negated else AnyOf, sides)
    if operator == "if-then-else":
        yes, no = clause(operands["if"]), clause(operands["if"], negated=True)
        then, otherwise = (clause(operands[part], negated=negated) for part in ("then", "else"))
        return AnyOf((_joined(AllOf, [yes, then]), _joined(AllOf, [no, otherwise])))
    if operator == "Value" and isinstance(operands, bool):
        return AllOf(()) if operands != negated else AnyOf(())
    return _test(operator, operands, node, negated=negated)


def _test(operator: str, operands: Any, node: Mapping[str, Any], *, negated: bool) -> Clause:  # noqa: ANN401 - JSON
    if operator == "." and (name := _attribute(node)) is not None:
        return Check(name, "true", (), negated)
    if operator in {"==", "!="}:
        name = _attribute(operands["left"]) or _attribute(operands["right"])
        value = _value(operands["right"]) or _value(operands["left"])
        if name is not None and value is not None:
            return Check(name, "is", (value,), negated != (operator == "!="))
    if operator == "like" and (name := _attribute(operands["left"])) is not None:
        prefix = _prefix(operands["pattern"])
        if prefix is not None:
            return Check(name, "begins", (prefix,), negated)
    if operator.startswith("contains"):
        found = _membership(operator, operands, negated=negated)
        if found is not None:
            return found
    return Check("", "cedar", (json.dumps(node, sort_keys=True),), negated)


def _membership(operator: str, operands: Mapping[str, Any], *, negated: bool) -> Clause | None:
    name = _attribute(operands["right"])
    values = _set(operands["left"])
    if operator == "contains" and name is not None and values is not None:
        return Check(name, "is", values, negated)
    if _attribute(operands["left"]) != "facts":
        return None
    single = _value(operands["right"])
    facts = (single,) if single is not None else _set(operands["right"])
    if facts is None:
        return None
    tests = [Check("facts", "attested", (fact,), negated) for fact in facts]
    return _joined(AnyOf if (operator == "containsAny") != negated else AllOf, tests)


def _joined(kind: type[AllOf] | type[AnyOf], parts: Sequence[Clause]) -> Clause:
    flat: list[Clause] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else [part])
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else kind(unique)


def _attribute(node: Any) -> str | None:  # noqa: ANN401 - Cedar's JSON
    inner = node.get(".") if isinstance(node, dict) else None
    return str(inner["attr"]) if inner is not None and inner.get("left") == {"Var": "context"} else None


def _value(node: Any) -> str | None:  # noqa: ANN401 - Cedar's JSON
    value = node.get("Value") if isinstance(node, dict) else None
    return value if isinstance(value, str) else None


def _set(node: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - Cedar's JSON
    given = node.get("Set") if isinstance(node, dict) else None
    values = None if given is None else [_value(each) for each in given]
    return None if values is None or None in values else tuple(str(each) for each in values)


def _prefix(pattern: Sequence[Any]) -> str | None:
    if not pattern or pattern[-1] != "Wildcard" or "Wildcard" in pattern[:-1]:
        return None
    return "".join(str(each["Literal"]) for each in pattern[:-1])


def _parts(given: Clause, kind: type[AllOf] | type[AnyOf], words: Words) -> Iterator[str]:
    """The parts of a top clause of a kind, each in words; a clause of another kind is one part."""
    if isinstance(given, kind):
        yield from (said(part, words, nested=True) for part in given.parts)
    else:
        yield said(given, words, nested=True)


def said(given: Clause, words: Words, *, nested: bool = False) -> str:
    """A clause in words; nested ones that hold several parts stand in brackets."""
    match given:
        case Check():
            return _test_said(given, words)
        case AllOf(parts=()):
            return "in every case"
        case AnyOf(parts=()):
            return "in no case"
        case AllOf(parts=parts):
            text = " and ".join(said(part, words, nested=True) for part in parts)
        case AnyOf(parts=parts):
            text = " or ".join(said(part, words, nested=True) for part in parts)
    return f"({text})" if nested else text


def _test_said(test: Check, words: Words) -> str:
    if test.how == "cedar":
        return f"{'not ' if test.negated else ''}{test.values[0]}"
    if test.how == "attested":
        fact = test.values[0]
        title = words.facts.get(fact, "")
        quoted = f" (“{title}”)" if title else ""
        return f"`{fact}`{quoted} is {'not ' if test.negated else ''}attested"
    if test.how == "true":
        return "the request names no persons" if test.negated else "the request is about named persons"
    return f"{_noun(test, words)} {_verb(test)} {_values(test, words.values.get(test.attribute, {}))}"


def _noun(test: Check, words: Words) -> str:
    title = words.attributes.get(test.attribute) or test.attribute.replace("_", " ")
    return _NOUNS.get(test.attribute) or f"the person's “{title}”"


def _verb(test: Check) -> str:
    if test.attribute == "data_class":
        return "does not hold" if test.negated else "holds"
    return "is not" if test.negated else "is"


def _values(test: Check, titles: Mapping[str, str]) -> str:
    if test.how == "begins":
        among = [titles[value] or f"`{value}`" for value in titles if value.startswith(test.values[0])]
        return f"any `{test.values[0]}…` ({'; '.join(among) or 'nothing in the vocabulary'})"
    named = [titles.get(value) or f"`{value}`" for value in test.values]
    return named[0] if len(named) == 1 else f"any of these: {'; '.join(named)}"
