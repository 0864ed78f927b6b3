"""What a policy of a pack may say: which words there are, and of what type each is to Cedar.

A literal that no vocabulary knows never matches, so a misspelt forbid would fail open. Policies are written with plain
strings, which Cedar cannot tell apart; so each is also put before Cedar's validator in a *typed* form, in which every
finite domain is an `enum` entity and every literal a member of the domain of the attribute that it is compared with. A
value out of its domain, or a literal in any other place, is ill typed. (Two attributes of different domains are not, to
Cedar, which merely finds them unequal; they are looked for here.)
`like` has no place among entities: it becomes the list of the values that match, the same over a finite domain.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from modicum.law.cedar import ACTIONS, Parsed, Schema, faults, read_schema
from modicum.law.policy import FACTS, Atom, attribute_of, matches, set_of

REQUEST_ATTRIBUTES: Final = frozenset({"action", "discloser", "recipient", "purpose", "named_persons"})
"""What is the same for every cell of a request; `recipient` is one of those who ask or receive, each in turn."""

_SAME: Final = {"discloser": "KIND", "recipient": "KIND", FACTS: "FACT"}
_HEAD: Final = "entity Asker;\nentity Cell;\n"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """The words of a pack: its facts and obligations, and the values of each attribute with a finite domain.

    `plain` is the schema of policies as they are written, `typed` that of their typed form.
    """

    facts: frozenset[str]
    obligations: frozenset[str]
    domains: Mapping[str, tuple[str, ...]]
    plain: Schema = field(repr=False)
    typed: Schema = field(repr=False)


def lexicon_of(
    *, facts: Collection[str], obligations: Collection[str], domains: Mapping[str, tuple[str, ...]]
) -> Lexicon:
    """The lexicon of a pack's words. Raises PolicyTextError: a name that Cedar cannot take for an attribute."""
    enums = {_type(name): values for name, values in domains.items()} | {_type(FACTS): tuple(facts)}
    types = "".join(
        f"entity {name} enum [{', '.join(json.dumps(value, ensure_ascii=False) for value in values)}];\n"
        for name, values in enums.items()
        if values
    )
    fact = _type(FACTS) if facts else "String"
    return Lexicon(
        facts=frozenset(facts),
        obligations=frozenset(obligations),
        domains=domains,
        plain=read_schema(_HEAD + _action(dict.fromkeys(domains, "String"), "String")),
        typed=read_schema(_HEAD + types + _action({name: _type(name) for name in domains}, fact)),
    )


def strangers(atoms: Sequence[Atom], facts: Sequence[str], words: Lexicon) -> list[str]:
    """What no vocabulary knows of the words that a policy uses; a word of `like` must match something."""
    strange = [f"the fact `{fact}`" for fact in facts if fact not in words.facts]
    for atom in atoms:
        if atom.attribute not in words.domains:
            if atom.attribute not in REQUEST_ATTRIBUTES:
                strange.append(f"the attribute `{atom.attribute}`")
            continue
        domain = words.domains[atom.attribute]
        for literal in atom.literals:
            known = any(v.startswith(literal) for v in domain) if atom.pattern else literal in domain
            if not known:
                strange.append(f"`{literal}` as {atom.attribute}")
    return strange


def ill_typed(parsed: Parsed, words: Lexicon) -> list[str]:
    """What Cedar's validator says against a policy, as it is written and in its typed form."""
    conditions = parsed.document.get("conditions", [])
    written = faults(parsed, words.plain) or [
        f"`{one}` and `{other}` have different domains, so comparing them says nothing"
        for one, other in _compared(conditions)
        if _type(one) != _type(other)
    ]
    if written:
        return written
    typed = {**parsed.document, "conditions": _typed(conditions, words.domains)}
    return faults(replace(parsed, document=typed), words.typed)


def disagreement(schema: Schema, words: Lexicon) -> str | None:
    """The first line in which a pack's own schema says something else than its words; None where they agree."""
    written, due = str(schema).splitlines(), str(words.plain).splitlines()
    excess = [line for line in written if line not in due]
    lacking = [line for line in due if line not in written]
    if excess:
        return f"`{excess[0].strip(' ,')}` is in no vocabulary"
    return f"`{lacking[0].strip(' ,')}` is missing" if lacking else None


def _compared(node: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - Cedar's JSON
    """Pairs of attributes that a policy compares: to Cedar, entities of different types are merely unequal."""
    if isinstance(node, list):
        for each in node:
            yield from _compared(each)
    elif isinstance(node, dict):
        for operator, operands in node.items():
            if operator in {"==", "!="}:
                one, other = attribute_of(operands["left"]), attribute_of(operands["right"])
                if one is not None and other is not None:
                    yield one, other
            yield from _compared(operands)


def _type(attribute: str) -> str:
    return f"Domain_{_SAME.get(attribute, attribute)}"


def _action(attributes: Mapping[str, str], fact: str) -> str:
    context = {**attributes, "named_persons": "Bool", FACTS: f"Set<{fact}>"}
    typed = ", ".join(f"{name}: {kind}" for name, kind in context.items())
    actions = ", ".join(f'"{name}"' for name in sorted(ACTIONS))
    return f"action {actions} appliesTo {{ principal: Asker, resource: Cell, context: {{ {typed} }} }};\n"


def _typed(node: Any, domains: Mapping[str, tuple[str, ...]]) -> Any:  # noqa: ANN401 - Cedar's JSON
    if isinstance(node, list):
        return [_typed(each, domains) for each in node]
    if not isinstance(node, dict):
        return node
    name = attribute_of(node["like"]["left"]) if "like" in node else None
    if name is not None and name in domains:
        among = [{"Value": value} for value in domains[name] if matches(node["like"]["pattern"], value)]
        return _typed({"contains": {"left": {"Set": among}, "right": node["like"]["left"]}}, domains)
    for operator, operands in node.items():
        if operator in {"==", "!=", "contains", "containsAll", "containsAny"}:
            left, right = operands["left"], operands["right"]
            return {
                operator: {
                    "left": _member(left, right) or _typed(left, domains),
                    "right": _member(right, left) or _typed(right, domains),
                }
            }
    return {key: _typed(value, domains) for key, value in node.items()}


def _member(node: Any, beside: Any) -> Any:  # noqa: ANN401 - Cedar's JSON
    """A literal, or a list of literals, as members of the domain of the attribute beside; None for anything else."""
    name = attribute_of(beside)
    if name is None or name == "named_persons":
        return None
    members = set_of(node)
    if members is not None:
        typed = [_member(each, beside) for each in members]
        return {"Set": typed} if all(typed) else None
    value = node.get("Value") if isinstance(node, dict) else None
    return {"Value": {"__entity": {"type": _type(name), "id": value}}} if isinstance(value, str) else None
