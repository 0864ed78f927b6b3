"""Whether two policies can ever hold of one cell: where they cannot, neither can be seen through the other.

Attribute by attribute: if no value lets both hold, nothing does. The answer `True` is no promise that a cell exists.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Final

from modicum.law.cedar import Situation, Truth, Value, holds
from modicum.law.lexicon import REQUEST_ATTRIBUTES
from modicum.law.policy import FACTS, Policy

_NEVER_UNKNOWN: Final = REQUEST_ATTRIBUTES | {"form"}
_Seen = tuple[object, ...]


def overlap(one: Policy, other: Policy, domains: Mapping[str, Sequence[str]]) -> bool:
    """False only where no cell satisfies both.

    An unknown value counts as each of its domain, so two forbids may hold of it for the sake of different values; a
    permit must hold for all of them, and so for one that satisfies the other policy too.
    """
    shared = one.attributes & other.attributes
    if not (one.permits or other.permits):
        shared &= _NEVER_UNKNOWN
    mine, theirs = _live(one), _live(other)
    return all(
        any(_seen(one, name, v) in mine[name] and _seen(other, name, v) in theirs[name] for v in _values(name, domains))
        for name in shared
    )


def _values(name: str, domains: Mapping[str, Sequence[str]]) -> Sequence[Value]:
    return domains.get(name, (False, True))


def _seen(policy: Policy, name: str, value: Value) -> _Seen:
    return policy.signature(name, value) if isinstance(value, str) else (value,)


@lru_cache(maxsize=4096)
def _live(policy: Policy) -> dict[str, frozenset[_Seen]]:
    """For each attribute that a policy looks at, what it sees of the values with which it can hold, or err."""
    names = sorted(policy.attributes)
    choices: list[list[Value]] = [
        list(policy.representatives[name].values()) if name in policy.representatives else [False, True]
        for name in names
    ]
    cells: list[dict[str, Value]] = [dict(zip(names, each, strict=True)) for each in product(*choices)]
    given = [tuple(f for at, f in enumerate(policy.facts) if bits >> at & 1) for bits in range(1 << len(policy.facts))]
    asked: list[Situation] = [{**cell, FACTS: facts} if policy.facts else cell for cell in cells for facts in given]
    truths = holds(policy.parsed, asked)
    alive = [situation for situation, truth in zip(asked, truths, strict=True) if truth is not Truth.FAILS]
    return {name: frozenset(_seen(policy, name, each[name]) for each in alive) for name in names}
