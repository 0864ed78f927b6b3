"""One policy in one situation, and the situations one step away: what holds there, and what would have to differ.

Asks Cedar about this policy alone, with exactly the attributes that it mentions. An unknown attribute stands for each
value of its domain, as everywhere in this wing: a permit must hold for all of them, everything else for one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, TypeAlias

from modicum.law.cedar import Situation, Truth, Value, holds
from modicum.law.policy import FACTS, Policy
from modicum.model.dataset import UNKNOWN

Given: TypeAlias = Mapping[str, str | bool | None]
"""The attributes of a cell and of its request, facts apart; None: the column has no class."""

REQUEST: Final = frozenset({"action", "discloser", "recipient", "purpose", "named_persons"})
_NAMED: Final = "named_persons"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Difference:
    """One thing that is otherwise where a policy would apply.

    about: `fact`, `date`, or an attribute. was: its value now. values: those with which the policy would apply (for a
    fact `attested` or `not attested`; for a date the days on which it is in force, the last one or "" where open).
    """

    about: str
    name: str
    was: str
    values: tuple[str, ...]


def truth(policy: Policy, given: Given, facts: frozenset[str]) -> Truth:
    """Whether a policy is satisfied in a situation; an error stays one."""
    return _truths(policy, [(given, facts)])[0]


def steps_away(
    policy: Policy, given: Given, facts: frozenset[str], domains: Mapping[str, Sequence[str]]
) -> list[Difference]:
    """The single differences with which a policy that is not satisfied would be: an attribute, or a fact.

    domains: the values that each attribute may have. One difference an attribute, with every value that would do.
    """
    asked = [*_other_values(policy, given, domains), *_other_facts(policy, facts)]
    truths = _truths(policy, [({**given, **change}, facts ^ toggled) for _, change, toggled in asked])
    found: dict[tuple[str, str], Difference] = {}
    for (each, _, _), holds_there in zip(asked, truths, strict=True):
        if holds_there is Truth.HOLDS:
            before = found.get((each.about, each.name))
            values = each.values if before is None else (*before.values, *each.values)
            found[each.about, each.name] = replace(each, values=values)
    return list(found.values())


_Asked: TypeAlias = tuple[Difference, dict[str, str | bool], frozenset[str]]


def _other_values(policy: Policy, given: Given, domains: Mapping[str, Sequence[str]]) -> Iterator[_Asked]:
    for name in sorted(policy.attributes):
        if name == _NAMED:
            now = bool(given[name])
            yield Difference(about=name, name=name, was=_yes(now), values=(_yes(not now),)), {name: not now}, _NONE
            continue
        was = given.get(name)
        same = policy.signature(name, str(was)) if was is not None and not _open(name, was) else None
        alike: dict[tuple[bool | str, ...], list[str]] = {}
        for value in domains.get(name, ()):
            if value != UNKNOWN or name in REQUEST:
                alike.setdefault(policy.signature(name, value), []).append(value)
        for signature, values in alike.items():
            if signature != same:
                before = "" if was is None else str(was)
                yield Difference(about=name, name=name, was=before, values=tuple(values)), {name: values[0]}, _NONE


_NONE: Final[frozenset[str]] = frozenset()


def _other_facts(policy: Policy, facts: frozenset[str]) -> Iterator[_Asked]:
    for fact in policy.facts:
        was, then = ("attested", "not attested") if fact in facts else ("not attested", "attested")
        yield Difference(about="fact", name=fact, was=was, values=(then,)), {}, frozenset({fact})


def _truths(policy: Policy, situations: Sequence[tuple[Given, frozenset[str]]]) -> list[Truth]:
    """One batch to Cedar for all of them; a situation with unknown attributes is several."""
    spread = [list(_possible(policy, given, facts)) for given, facts in situations]
    answers = iter(holds(policy.parsed, [each for group in spread for each in group]))
    return [_together(policy, [next(answers) for _ in group]) for group in spread]


def _possible(policy: Policy, given: Given, facts: frozenset[str]) -> Iterator[Situation]:
    names = sorted(policy.attributes)
    choices = [_choices(policy, name, given.get(name)) for name in names]
    for values in product(*choices):
        situation: dict[str, Value] = dict(zip(names, values, strict=True))
        if policy.facts:
            situation[FACTS] = tuple(fact for fact in policy.facts if fact in facts)
        yield situation


def _choices(policy: Policy, name: str, value: str | bool | None) -> list[str | bool]:  # noqa: FBT001 - Cedar's value
    if value is not None and not _open(name, value):
        return [value]
    return list(policy.representatives[name].values())


def _open(name: str, value: str | bool) -> bool:  # noqa: FBT001 - Cedar's value
    # "unknown" as a kind of organisation is a kind: not enrolled. As evidence about a person it may be anything.
    return value == UNKNOWN and name not in REQUEST


def _together(policy: Policy, truths: Sequence[Truth]) -> Truth:
    if Truth.ERROR in truths:
        return Truth.ERROR
    held = [each is Truth.HOLDS for each in truths]
    return Truth.HOLDS if (all(held) if policy.permits else any(held)) else Truth.FAILS


def _yes(value: bool) -> str:  # noqa: FBT001 - one value, turned into a word
    return "yes" if value else "no"
