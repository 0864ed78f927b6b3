"""Whether any set of attested facts permits a cell of a group where something else holds; exact, without trying all.

A fact *helps* if attesting it never turns a wanted policy off or an unwanted one on, in any row of their truth tables;
it *harms* if dropping it never does. Wanted are permits and the region that is looked for, unwanted are forbids. What
is asked is a monotone combination of these: so if a set of facts satisfies it, then so does that set with every fact
that only helps put in, and every fact that only harms left out. Only facts that do both, in different rows, are
enumerated. A property test compares with trying every set on small packs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

import numpy as np

from modicum.law.cubes import DEAD, Cube, Truths
from modicum.law.groups import Reading
from modicum.model.errors import InvalidInputError

Facts: TypeAlias = frozenset[str]
Live: TypeAlias = tuple[Cube, int]
"""A policy and the facet that it shows to a group."""

MOST_MIXED: Final = 16
"""Facts that both help and harm one group: two to this power sets are tried at most, more are refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Puzzle:
    """A group, what must hold beside the permission (`wanted`), what must not (`unwanted`), and the cells looked at.

    `withheld`: facts that nobody may attest.
    """

    reading: Reading
    facets: tuple[int, ...]
    wanted: tuple[Live, ...] = ()
    unwanted: tuple[Live, ...] = ()
    among: Truths | None = None
    withheld: Facts = frozenset()

    def possible(self) -> bool:
        """False where no set of facts can solve it, each policy looked at by itself; True decides nothing."""
        found = self.reading.permitted(self.facets, self._at_best)
        for cube, number in self.wanted:
            found = found & cube.facets[number].ever
        for cube, number in self.unwanted:
            found = found & ~cube.facets[number].always
        return bool(found.any() if self.among is None else (found & self.among).any())

    def cells(self, facts: Facts) -> Truths:
        """The cells that solve it under a set of facts."""
        found = self.reading.permitted(self.facets, self.reading.under(facts))
        for cube, number in self.wanted:
            found = found & cube.under(number, facts)
        for cube, number in self.unwanted:
            found = found & ~cube.under(number, facts)
        return found if self.among is None else found & self.among

    def candidates(self) -> Iterator[Facts]:
        """Sets of facts of which one solves it for a cell, if any does. Raises InvalidInputError: too many mixed."""
        helping, mixed = self._polarity()
        if len(mixed) > MOST_MIXED:
            raise InvalidInputError(
                cause=f"{len(mixed)} facts both help and harm one request: {', '.join(mixed)}",
                cure="let a policy look at a fact in one direction: permits where it is there, forbids where it is not",
            )
        for choice in product((True, False), repeat=len(mixed)):
            yield frozenset(helping) | {fact for fact, chosen in zip(mixed, choice, strict=True) if chosen}

    def solved(self) -> Truths:
        """The cells for which some set of facts solves it."""
        found: Truths = np.zeros([1] * len(self.reading.space.cell), dtype=np.bool_)
        if self.possible():
            for facts in self.candidates():
                found = found | self.cells(facts)
        return found

    def solution(self) -> tuple[Facts, tuple[int, ...]] | None:
        """A set of facts, none of which can be left out, and a cell (its places on the axes) that they solve it for."""
        if not self.possible():
            return None
        for facts in self.candidates():
            found = self.cells(facts)
            if found.any():
                where = tuple(int(each) for each in np.argwhere(found)[0])
                return self.fewest(facts, where), where
        return None

    def fewest(self, facts: Facts, where: tuple[int, ...], *, keep: str | None = None) -> Facts:
        """Leave out fact after fact, save one to keep, as long as the cell stays solved."""
        for fact in sorted(facts - {keep}):
            left = facts - {fact}
            if self._holds_at(left, where):
                facts = left
        return facts

    def _holds_at(self, facts: Facts, where: tuple[int, ...]) -> bool:
        found = self.cells(facts)
        return bool(found[at(found, where)])

    def _at_best(self, place: int, number: int) -> Truths:
        needed = self.reading.cubes[place].policy.confirmation
        counts = self.reading.combining.confirmations_count
        return self.reading.at_best(place, DEAD if counts and needed in self.withheld else number)

    def _polarity(self) -> tuple[list[str], list[str]]:
        """The facts that only help, and those that help in one row and harm in another; both without those withheld."""
        helps: set[str] = set()
        harms: set[str] = set()
        for cube, number, wanted in self._literals():
            raises, lowers = turns(cube, number)
            helps |= raises if wanted else lowers
            harms |= lowers if wanted else raises
            if wanted and cube.policy.confirmation is not None:
                helps.add(cube.policy.confirmation)
            if not wanted and cube.policy.confirmation is not None:
                harms.add(cube.policy.confirmation)
        return sorted(helps - harms - self.withheld), sorted((helps & harms) - self.withheld)

    def _literals(self) -> Iterator[tuple[Cube, int, bool]]:
        for _, permits, forbids, _ in self.reading.places.values():
            for wanted, places in ((True, permits), (False, forbids)):
                for place in places:
                    if self.facets[place] != DEAD:
                        yield self.reading.cubes[place], self.facets[place], wanted
        for wanted, live in ((True, self.wanted), (False, self.unwanted)):
            for cube, number in live:
                yield cube, number, wanted


def turns(cube: Cube, number: int) -> tuple[set[str], set[str]]:
    """The facts that turn a facet on in some row, and those that turn it off in some row."""
    table = cube.facets[number].holds
    raises, lowers = set(), set()
    for bit, fact in enumerate(cube.facts):
        with_it = [place for place in range(table.shape[-1]) if place >> bit & 1]
        without = [place ^ (1 << bit) for place in with_it]
        on, off = table[..., with_it], table[..., without]
        if (on & ~off).any():
            raises.add(fact)
        if (off & ~on).any():
            lowers.add(fact)
    return raises, lowers


def at(array: Truths, where: Sequence[int]) -> tuple[int, ...]:
    """A cell's place in an array whose axes may have length 1."""
    return tuple(place if size > 1 else 0 for place, size in zip(where, array.shape, strict=True))
