"""Which further cells are hidden, as an integer programme: the least weight that keeps every hidden cell vague. Pure.

The programme over choices starts with what each relation demands, and gets a cut wherever its best choice leaves a cell
too narrow; first over fractions, which gives a bound quickly, then over whole choices until the audit passes. With the
audit passed and the last programme proven, nothing lighter is safe.
"""

from dataclasses import dataclass

import numpy as np

from modicum.answer.tables.audit import Verdict, audit
from modicum.answer.tables.cuts import Cut, Separator, bridgeless, wholesale
from modicum.answer.tables.solver import Programme, Reals, Solved
from modicum.answer.tables.system import ONE, Flags, Sparse, System


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """A choice that passed the audit, or the best bound without one.

    hidden: None where the limits were reached first. bound: no safe choice weighs less. proven: this one weighs as
    little as any. guide: what the best fractional choice hides of each cell.
    """

    guide: Reals

    hidden: Flags | None
    verdict: Verdict | None
    bound: float
    proven: bool


def choose_exactly(system: System, *, separations: int, rounds: int) -> Chosen:
    """Solve the integer programme, within limits.

    separations: how often its fractional form is solved, with cuts between; rounds: how often its whole form is, 0 for
    the bound and the guide alone.
    """
    master = Master(system)
    for cut in bridgeless(system, ~system.settled):
        master.add(cut)
    bound, guide = master.tighten(separations)
    for _ in range(rounds):
        found = master.best()
        if not found.found:
            break
        bound = max(bound, found.bound)
        hidden = found.point > 0.5  # noqa: PLR2004 - whole, up to rounding
        verdict = audit(system, hidden)
        if verdict.passed:
            return Chosen(guide=guide, hidden=hidden, verdict=verdict, bound=bound, proven=found.proven)
        master.forbid(hidden, verdict)
    return Chosen(guide=guide, hidden=None, verdict=None, bound=bound, proven=False)


class Master:
    """The programme over choices: a column a quantity, 1 where it is hidden."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._separator = Separator(system)
        low, high = system.forced.astype(np.float64), (~system.settled).astype(np.float64)
        nothing = Sparse.of([], columns=len(system))
        self._programme = Programme(nothing, low=low, high=high, row_low=np.zeros(0), row_high=np.zeros(0))
        self._programme.cost(np.arange(len(system)), system.weights.astype(np.float64))

    def add(self, cut: Cut) -> None:
        """Demand what a cut says."""
        self._programme.require(cut.columns, cut.values, least=0.0)

    def tighten(self, rounds: int) -> tuple[float, Reals]:
        """Cut off the best choice over fractions, again and again; gives the last bound and choice."""
        bound, guide = 0.0, self._system.forced.astype(np.float64)
        for turn in range(rounds):
            found = self._programme.solve()
            if not found.found or (bound and found.bound < bound + ONE / 100):
                break
            bound, guide = max(bound, found.bound), found.point
            if turn == rounds - 1:
                break
            self._separator.choose(found.point)
            asked = np.flatnonzero((found.point > 0.01) & (self._system.span > 0))  # noqa: PLR2004
            cuts = [cut for place in asked if (cut := self._separator.cut(int(place)))]
            for cut in cuts:
                self.add(cut)
            if not cuts:
                break
        return bound, guide

    def best(self) -> Solved:
        """The lightest whole choice that keeps all cuts so far."""
        self._programme.whole(yes=True)
        return self._programme.solve()

    def forbid(self, hidden: Flags, verdict: Verdict) -> None:
        """Cut a choice off for each cell that it leaves too narrow."""
        self._separator.choose(hidden.astype(np.float64))
        for place in np.flatnonzero(verdict.narrow):
            cut = self._separator.cut(int(place))
            self.add(cut if cut is not None else wholesale(hidden, int(place)))
