"""Attacks on exact tables: solve for what is hidden, within one table and across two that differ by a few people. Pure.

The attacker knows every shown cell and margin, that hidden ones are 1 or more, and which tables were released. A linear
programme gives the ends of the range of each hidden quantity; what is pinned is recovered, else one of the eleven
numbers from the lower end is guessed. Hiding only the small cells, or looking at each table alone, is the control.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np

from modicum.answer.attacks.findings import Recovered
from modicum.answer.tables.joint import Cell, Status, joint
from modicum.answer.tables.model import Key, table_of
from modicum.answer.tables.primary import small_cells
from modicum.answer.tables.protection import protect
from modicum.answer.tables.solver import Programme
from modicum.answer.tables.system import FAR, Flags, System, counts
from modicum.model.errors import DisclosureControlError

GUESSES: Final = 11
SIDE: Final = 3
_LARGE: Final = (15, 60)
_REGIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Hunted:
    """One hidden count that the attacker is after: where it stands in its system, and what is hidden there."""

    system: System
    place: int
    unprotected: Flags
    protected: Flags | None  # None where the gateway refuses the table


def small_cell(seed: int) -> Hunted:
    """A table of three by three with its margins and one small cell; the control hides that cell alone."""
    random = Random(f"tables/{seed}")  # noqa: S311 - a table to attack, not a secret
    inner: dict[Key, int] = {
        ((f"r{row}",), (f"c{column}",)): random.randint(*_LARGE) for row in range(SIDE) for column in range(SIDE)
    }
    target = random.choice(sorted(inner))
    inner[target] = random.randint(1, 10)
    table = table_of(inner, depths=(1, 1))
    primary = small_cells(table.values)
    system = counts(table, primary=primary)
    alone = np.zeros(len(system), dtype=np.bool_)
    alone[list(primary)] = True
    return Hunted(system, table.keys.index(target), alone, _protected(system))


def few_apart(seed: int) -> Hunted:
    """Counts by region, released; then the same without 1 to 10 people of one region. The control sees each alone."""
    random = Random(f"history/{seed}")  # noqa: S311 - tables to attack, not a secret
    before, after = range(_REGIONS), range(_REGIONS + 1, 2 * _REGIONS + 1)
    totals = {_REGIONS, 2 * _REGIONS + 1}
    atoms = {
        frozenset({one, other, *totals}): random.randint(*_LARGE) for one, other in zip(before, after, strict=True)
    }
    few = frozenset({random.choice(before), _REGIONS})
    atoms[few] = random.randint(1, 10)
    cells = [Cell(Status.SHOWN)] * (_REGIONS + 1) + [Cell(Status.OPEN)] * _REGIONS + [Cell(Status.OPEN, step=1)]
    system = joint(cells, atoms).system
    return Hunted(system, sorted(atoms, key=sorted).index(few), system.forced, _protected(system))


def hunted(cases: list[Hunted], *, seed: int) -> tuple[Recovered, Recovered, int]:
    """How many of the counts are recovered with the protection, and without; and how many tables were refused."""
    random = Random(f"hunt/{seed}")  # noqa: S311 - guesses, not secrets
    found = [
        (_guess(case, case.protected, random) == _truth(case), _guess(case, case.unprotected, random) == _truth(case))
        for case in cases
    ]
    with_it, without = (sum(each) for each in zip(*found, strict=True)) if found else (0, 0)
    refused = sum(case.protected is None for case in cases)
    return Recovered(with_it, len(cases)), Recovered(without, len(cases)), refused


def span_of(system: System, hidden: Flags, place: int) -> tuple[int, int]:
    """The least and the most that a hidden quantity can be, over fractions, for whoever knows all that is shown."""
    ends = []
    for sign in (-1, 1):
        low = np.where(hidden, -np.minimum(system.below, FAR), 0).astype(np.float64)
        high = np.where(hidden, np.minimum(system.above, FAR), 0).astype(np.float64)
        nought = np.zeros(len(system.relations))
        programme = Programme(system.relations, low=low, high=high, row_low=nought, row_high=nought)
        programme.cost(np.array([place]), np.array([-float(sign)]))
        ends.append(int(system.values[place]) + round(-sign * programme.solve().value))
    return ends[0], ends[1]


def _protected(system: System) -> Flags | None:
    try:
        return protect(system).hidden
    except DisclosureControlError:
        return None


def _truth(case: Hunted) -> int:
    return int(case.system.values[case.place])


def _guess(case: Hunted, hidden: Flags | None, random: Random) -> int:
    low, high = (1, FAR) if hidden is None else span_of(case.system, hidden, case.place)
    return random.randint(low, min(high, low + GUESSES - 1))
