"""One policy under one request, as a truth table over what it can tell apart: an exact reduction, asked of Cedar once.

A table has a row for each combination of *signatures* of the cell's attributes (see `policy`) and, in it, an entry for
each subset of the facts that the policy mentions. Cedar gets exactly the attributes that the policy mentions, so that
one that was overlooked is an error and not a skipped `forbid`.

An attribute that is unknown stands for each value of its domain: a permit must hold for all of them, everything else
(a forbid, that a body applies, an obligation) needs to hold for one. So `unknown` never permits and never escapes.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Final, TypeAlias

from modicum.law.cedar import Situation, Truth, Value, holds
from modicum.law.policy import FACTS, Policy, Signature
from modicum.model.dataset import UNKNOWN

Row: TypeAlias = tuple[Truth, ...]
Constants: TypeAlias = tuple[tuple[str, str | bool], ...]
ANY: Final = -1
"""The part of an attribute that is unknown and that the policy would look at."""


class Table:
    """The truth of one policy for every cell of a request, and every set of facts."""

    def __init__(self, policy: Policy, constants: Mapping[str, str | bool]) -> None:
        """Ask Cedar once, in one batch."""
        self.policy = policy
        self.attributes = tuple(sorted(set(policy.representatives) - set(constants)))
        self._numbers: dict[str, dict[Signature, int]] = {
            name: {signature: number for number, signature in enumerate(policy.representatives[name])}
            for name in self.attributes
        }
        self._parts: dict[tuple[str, str | None], int] = {}
        self._rows = self._ask({name: constants[name] for name in sorted(policy.attributes & set(constants))})

    def part(self, attribute: str, value: str | None) -> int:
        """What the policy can see of a value; ANY where the value is unknown (or none of its domain) and matters."""
        known = self._parts.get((attribute, value))
        if known is None:
            known = self._parts[attribute, value] = self._part(attribute, value)
        return known

    def row(self, parts: tuple[int, ...]) -> Row:
        """The entries of a cell whose parts, in the order of `attributes`, are given: one for each subset of facts."""
        if ANY not in parts:
            return self._rows[parts]
        merged = self._merge(self._possible(parts))
        self._rows[parts] = merged
        return merged

    def surely(self, parts: tuple[int, ...]) -> bool:
        """Whether the policy holds, without facts, whatever the unknown attributes turn out to be."""
        return all(row[0] is Truth.HOLDS for row in self._possible(parts))

    def live(self, attribute: str, value: str) -> bool:
        """Whether the policy holds, or errs, in any row where the attribute has this value."""
        if attribute not in self._numbers:
            return any(truth is not Truth.FAILS for row in self._rows.values() for truth in row)
        place, part = self.attributes.index(attribute), self.part(attribute, value)
        return any(
            truth is not Truth.FAILS
            for parts, row in self._rows.items()
            if part in {parts[place], ANY}
            for truth in row
        )

    def truth(self, row: Row, facts: frozenset[str]) -> Truth:
        """The entry of a row under a set of facts."""
        return row[sum(1 << place for place, fact in enumerate(self.policy.facts) if fact in facts)]

    def _possible(self, parts: tuple[int, ...]) -> list[Row]:
        choices = [
            range(len(self._numbers[name])) if part == ANY else (part,)
            for name, part in zip(self.attributes, parts, strict=True)
        ]
        return [self._rows[each] for each in product(*choices)]

    def _part(self, attribute: str, value: str | None) -> int:
        numbers = self._numbers[attribute]
        if len(numbers) == 1:
            return 0
        if value is None or value == UNKNOWN:
            return ANY
        return numbers.get(self.policy.signature(attribute, value), ANY)

    def _ask(self, constant: Mapping[str, str | bool]) -> dict[tuple[int, ...], Row]:
        parts = list(product(*(range(len(self._numbers[name])) for name in self.attributes)))
        values = {name: list(self.policy.representatives[name].values()) for name in self.attributes}
        subsets = range(1 << len(self.policy.facts))
        situations: list[Situation] = []
        for each in parts:
            cell = {name: values[name][part] for name, part in zip(self.attributes, each, strict=True)}
            situations.extend(self._situation(constant, cell, subset) for subset in subsets)
        truths = holds(self.policy.parsed, situations)
        wide = len(subsets)
        return {each: tuple(truths[at * wide : (at + 1) * wide]) for at, each in enumerate(parts)}

    def _situation(self, constant: Mapping[str, str | bool], cell: Mapping[str, str], subset: int) -> Situation:
        situation: dict[str, Value] = {**constant, **cell}
        if self.policy.facts:
            situation[FACTS] = tuple(fact for place, fact in enumerate(self.policy.facts) if subset >> place & 1)
        return situation

    def _merge(self, rows: Sequence[Row]) -> Row:
        needs_all = self.policy.permits
        return tuple(_together(column, needs_all=needs_all) for column in zip(*rows, strict=True))


def _together(truths: Sequence[Truth], *, needs_all: bool) -> Truth:
    if Truth.ERROR in truths:
        return Truth.ERROR
    held = [truth is Truth.HOLDS for truth in truths]
    return Truth.HOLDS if (all(held) if needs_all else any(held)) else Truth.FAILS


@lru_cache(maxsize=8192)
def table(policy: Policy, constants: Constants) -> Table:
    """The table of a policy under what the request fixes; a pure function, so remembered while the process lives."""
    return Table(policy, dict(constants))


def tables(policies: Sequence[Policy], constants: Mapping[str, str | bool]) -> list[Table]:
    """Tables of several policies; constants that a policy does not mention do not tell its tables apart."""
    return [table(p, tuple(sorted((k, v) for k, v in constants.items() if k in p.attributes))) for p in policies]
