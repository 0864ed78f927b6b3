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
    """Deviations as rises and falls, two columns a quantity; costs fall to nought as cells are hidden."""

    def __init__(self, system: System, guide: Reals) -> None:
        size, rows = len(system), system.relations
        self._system = system
        self.witnesses: list[Integers] = []
        both = Sparse.of(
            [
                (np.concatenate((column, column + size)), np.concatenate((value, -value)))
                for column, value in rows.each()
            ],
            columns=2 * size,
        )
        open_ = ~system.settled
        self._most = np.concatenate(
            (np.where(open_, np.minimum(system.above, FAR), 0), np.where(open_, np.minimum(system.below, FAR), 0))
        ).astype(np.float64)
        nought = np.zeros(len(rows))
        self._programme = Programme(both, low=np.zeros(2 * size), high=self._most, row_low=nought, row_high=nought)
        costs = np.where(system.forced, 0, system.weights * (_AGAINST - np.clip(guide, 0, 1)))
        self._programme.cost(np.arange(2 * size), np.concatenate((costs, costs)))

    def free(self, proof: Proof, place: int) -> bool:
        """Hide what lets one cell move as asked. False: nothing does, or no whole deviation was found for it."""
        system = self._system
        up, down, span = int(system.up[place]), int(system.down[place]), int(system.span[place])
        plans = [[(1, max(up, span - down))], [(-1, max(down, span - up))], [(1, up), (-1, max(down, span - up))]]
        needed = [[*plans[0], (-1, down)], [*plans[1], (1, up)], plans[2]]
        for steps in needed:
            if all(self._move(proof, place, sign, far) for sign, far in steps if far):
                return not proof.lacks(place)
        return False

    def _move(self, proof: Proof, place: int, sign: int, far: int) -> bool:
        size = len(self._system)
        pair = np.array([place, place + size]) if sign > 0 else np.array([place + size, place])
        if far > self._most[pair[0]]:
            return False
        self._programme.bound(pair, np.array([far, 0.0]), np.array([far, 0.0]))
        found = self._programme.solve()
        self._programme.bound(pair, np.zeros(2), self._most[pair])
        if not found.found:
            return False
        deviation = found.point[:size] - found.point[size:]
        fresh = np.flatnonzero((np.abs(deviation) > _NEAR_NOUGHT) & ~proof.hidden)
        proof.hide(fresh)
        self._programme.cost(np.concatenate((fresh, fresh + size)), np.zeros(2 * len(fresh)))
        witness = np.rint(deviation).astype(np.int64)
        if not proof.take(witness):
            return False
        self.witnesses.append(witness)
        return True
