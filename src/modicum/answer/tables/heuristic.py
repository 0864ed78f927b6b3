"""Further cells for large tables: the cheapest way to let each cell move far enough, then what was too much taken back.

For a cell that cannot move enough, a linear programme looks for a deviation that moves it as far as asked, at the least
cost of cells that must be hidden for it; those hidden already cost nothing. The deviation is a witness, so the choice
comes with its proof. Then hidden cells are shown again, one by one, where the audit still passes without them.

Source: the linear programming heuristic of Kelly, Golden and Assad (1992), "Cell suppression: disclosure protection for
sensitive tabular data".
"""

from typing import Final

import numpy as np

from modicum.answer.tables.audit import Proof, audit
from modicum.answer.tables.solver import Programme, Reals
from modicum.answer.tables.system import FAR, Flags, Integers, Sparse, System

_AGAINST: Final = 1.05  # a cell that the guide hides wholly still costs a little
_OF_EACH: Final = 16  # cells of one relation that a neighbourhood starts from; fewer are quicker and hide more
NEAR_QUANTITIES: Final = (
    700  # larger systems are searched near each cell first: less good by a tenth, ten times quicker
)
_NEAR_NOUGHT: Final = 1e-7


def choose_quickly(system: System, *, guide: Reals) -> tuple[Flags, list[Integers]]:
    """Choose what to hide; gives the choice and its witnesses. Some cells may be too narrow still: audit it.

    guide: for each cell how much of it the best fractional choice hides; such cells are taken first.
    """
    proof = Proof(system, system.forced)
    augmenter = _Augmenter(system, guide)
    stuck = np.zeros(len(system), dtype=np.bool_)
    while len(lacking := np.flatnonzero(proof.lacking & ~stuck)):
        for place in lacking:
            if proof.lacks(int(place)) and not augmenter.free(proof, int(place)):
                stuck[place] = True
    return proof.hidden, augmenter.witnesses


def take_back(system: System, hidden: Flags, witnesses: list[Integers], *, tries: int) -> tuple[Flags, list[Integers]]:
    """Show cells again where the rest stays safe without them; the weightiest first. tries: cells at the most."""
    moved = np.zeros(len(system), dtype=np.int64)
    for witness in witnesses:
        moved += witness != 0
    candidates = np.flatnonzero(hidden & ~system.forced)
    for place in candidates[np.lexsort((candidates, moved[candidates], -system.weights[candidates]))][:tries]:
        fewer = hidden.copy()
        fewer[place] = False
        kept = [each for each in witnesses if not each[place]]
        verdict = audit(system, fewer, witnesses=kept, until_narrow=True)
        if verdict.passed:
            hidden, witnesses = fewer, kept + list(verdict.witnesses)
    return hidden, witnesses


class _Augmenter:
    """Finds deviations, first among the cells near the one that must move, then among all, and hides what they need."""

    def __init__(self, system: System, guide: Reals) -> None:
        self._system = system
        self.witnesses: list[Integers] = []
        self._costs = np.where(system.forced, 0, system.weights * (_AGAINST - np.clip(guide, 0, 1)))
        self._near = Neighbourhood(system) if len(system) > NEAR_QUANTITIES else None
        self._everywhere: _Movement | None = None

    def free(self, proof: Proof, place: int) -> bool:
        """Hide what lets one cell move as asked. False: nothing does, or no whole deviation was found for it."""
        if self._near is not None:
            near = _Movement(self._system, self._costs, self._near.of(place, self._costs))
            if self._freed(near, proof, place):
                return True
        if self._everywhere is None:
            self._everywhere = _Movement(self._system, self._costs, np.arange(len(self._system)))
        return self._freed(self._everywhere, proof, place)

    def _freed(self, where: "_Movement", proof: Proof, place: int) -> bool:
        system = self._system
        up, down, span = int(system.up[place]), int(system.down[place]), int(system.span[place])
        plans = [
            [(1, max(up, span - down)), (-1, down)],
            [(-1, max(down, span - up)), (1, up)],
        ]
        for steps in plans:
            moves = [where.move(place, sign, far) for sign, far in steps if far]
            found = [each for each in moves if each is not None]
            if len(found) == len(moves):
                for deviation in found:
                    self._take(proof, deviation)
                if not proof.lacks(place):
                    return True
        return False

    def _take(self, proof: Proof, deviation: Reals) -> None:
        fresh = np.flatnonzero((np.abs(deviation) > _NEAR_NOUGHT) & ~proof.hidden)
        proof.hide(fresh)
        self._costs[fresh] = 0
        if self._everywhere is not None:
            self._everywhere.pay(self._costs)
        witness = np.rint(deviation).astype(np.int64)
        if proof.take(witness):
            self.witnesses.append(witness)


class _Movement:
    """The least costly deviation of some quantities, the others keeping still: rises and falls, a column each."""

    def __init__(self, system: System, costs: Reals, places: Integers) -> None:
        self._size, self._places = len(system), places
        size = len(places)
        rows = [
            (np.concatenate((column, column + size)), np.concatenate((value, -value)))
            for column, value in system.relations.within(places)
        ]
        open_ = ~system.settled[places]
        rise = np.where(open_, np.minimum(system.above[places], FAR), 0)
        fall = np.where(open_, np.minimum(system.below[places], FAR), 0)
        self._most = np.concatenate((rise, fall)).astype(np.float64)
        nought = np.zeros(len(rows))
        self._programme = Programme(
            Sparse.of(rows, columns=2 * size), low=np.zeros(2 * size), high=self._most, row_low=nought, row_high=nought
        )
        self.pay(costs)

    def pay(self, costs: Reals) -> None:
        """Set what it costs to move each quantity by one."""
        own = costs[self._places]
        self._programme.cost(np.arange(2 * len(own)), np.concatenate((own, own)))

    def move(self, place: int, sign: int, far: int) -> Reals | None:
        """The least costly deviation that moves one quantity up (sign 1) or down so far; None where there is none."""
        size = len(self._places)
        own = int(np.searchsorted(self._places, place))
        pair = np.array([own, own + size]) if sign > 0 else np.array([own + size, own])
        if far > self._most[pair[0]]:
            return None
        self._programme.bound(pair, np.array([far, 0.0]), np.array([far, 0.0]))
        found = self._programme.solve()
        self._programme.bound(pair, np.zeros(2), self._most[pair])
        if not found.found:
            return None
        deviation = np.zeros(self._size)
        deviation[self._places] = found.point[:size] - found.point[size:]
        return deviation


class Neighbourhood:
    """The cells through which one can most likely move: a few of each of its relations, and those that close the ring.

    In a plain table of three dimensions these are boxes with the cell in a corner.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._rows = list(system.relations.each())
        self._rows_of: list[list[int]] = [[] for _ in range(len(system))]
        for number, (columns, _) in enumerate(self._rows):
            for place in columns:
                self._rows_of[place].append(number)

    def of(self, place: int, costs: Reals) -> Integers:
        """The neighbourhood of one cell, sorted; the cell is in it. costs: what hiding each cell costs now."""
        first = {place}
        for row in self._rows_of[place]:
            columns = self._rows[row][0]
            others = columns[(columns != place) & ~self._system.settled[columns]]
            ranked = others[np.lexsort((-self._system.values[others], costs[others]))]
            first.update(ranked[:_OF_EACH].tolist())
        second = first | self._touched(first, least=2)
        return np.array(sorted(second | self._touched(second, least=3)), dtype=np.int64)

    def _touched(self, places: set[int], *, least: int) -> set[int]:
        rows = {row for place in places for row in self._rows_of[place]}
        inside = [self._rows[row][0] for row in rows if sum(int(each) in places for each in self._rows[row][0]) > 0]
        met = (
            np.bincount(np.concatenate(inside), minlength=len(self._system)) if inside else np.zeros(0, dtype=np.int64)
        )
        return set(np.flatnonzero(met >= least).tolist())
