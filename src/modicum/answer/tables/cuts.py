"""Inequalities that every safe choice of hidden cells keeps: duality turns "this cell is too narrow" into one. Pure.

Let z say what is hidden (1) or shown (0). The attacker's programme over deviations has the bounds -below*z and above*z.
Any prices of its relations bound how far cell k can move by a sum over z, whatever z is; a choice that is to protect k
must bring that sum to what is asked. As z is whole, no coefficient need exceed what is asked.

Source: Fischetti and Salazar-González (2000), capacity constraints of the cell suppression problem; "bridgeless"
inequalities are those of one relation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.answer.tables.solver import Programme, Reals
from modicum.answer.tables.system import Flags, Integers, System

_TOLERANCE: Final = 1e-6
_NEAR: Final = 10  # how far cells not wholly hidden may move, times z; cuts are lifted to the true bounds after
_LEAN: Final = 0.02  # the least z that is reckoned with


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """The sum of these values over hidden cells is at least nought; the protected cell's own value is negative."""

    columns: Integers
    values: Reals


def bridgeless(system: System, places: Flags) -> Iterator[Cut]:
    """No cell of `places` that must be vague is the only hidden one of a relation."""
    rows = system.relations
    for row in range(len(rows)):
        columns = rows.column[rows.start[row] : rows.start[row + 1]]
        for own, place in enumerate(columns):
            if places[place] and system.span[place]:
                values = np.ones(len(columns))
                values[own] = -1
                yield Cut(columns=columns, values=values)


def wholesale(hidden: Flags, place: int) -> Cut:
    """No choice within this one protects this cell: hiding less never makes a range wider."""
    others = np.flatnonzero(~hidden)
    return Cut(columns=np.append(others, place), values=np.append(np.ones(len(others)), -1.0))


class Separator:
    """Finds cuts that a choice, whole or fractional, breaks. One linear programme, changed in place."""

    def __init__(self, system: System) -> None:
        size, rows = len(system), system.relations
        self._system = system
        self._chosen = np.zeros(size)
        self._low = self._high = np.zeros(size)
        nought = np.zeros(len(rows))
        self._programme = Programme(rows, low=np.zeros(size), high=np.zeros(size), row_low=nought, row_high=nought)
        self.programmes = 0

    def choose(self, chosen: Reals) -> None:
        """Set the choice that is to be cut off, between 0 and 1 by place.

        Shown cells may move a very little: of all prices that cut the choice off, those are wanted that lean on few
        other cells, since these make a cut that says much.
        """
        self._chosen = np.clip(chosen, 0, 1)
        system, hidden = self._system, self._chosen > 1 - _TOLERANCE
        lean = np.where(system.settled, 0, np.maximum(self._chosen, _LEAN))
        self._low = np.where(hidden, -system.below, -np.minimum(system.below, _NEAR) * lean)
        self._high = np.where(hidden, system.above, np.minimum(system.above, _NEAR) * lean)
        self._programme.bound(np.arange(len(system)), self._low, self._high)

    def cut(self, place: int) -> Cut | None:
        """A cut for one cell that the choice breaks, or None: it keeps all, so far as these programmes tell."""
        system, span = self._system, int(self._system.span[place])
        coefficients = []
        for sign, asked in ((1, int(system.up[place])), (-1, int(system.down[place]))):
            coefficients.append(self._moved(place, sign, max(asked, span)))
            if asked and (cut := self._made(place, coefficients[-1], asked)):
                return cut
        return self._made(place, coefficients[0] + coefficients[1], span) if span else None

    def _moved(self, place: int, sign: int, cap: int) -> Reals:
        """For each cell what its being hidden adds, at the most, to how far one cell can go one way."""
        own = np.array([place])
        limit = np.array([cap * self._chosen[place]])
        if sign > 0:
            self._programme.bound(own, self._low[own], np.minimum(limit, self._high[own]))
        else:
            self._programme.bound(own, np.maximum(-limit, self._low[own]), self._high[own])
        self._programme.cost(own, np.array([-float(sign)]))
        found = self._programme.solve()
        self.programmes += 1
        self._programme.cost(own, np.zeros(1))
        self._programme.bound(own, self._low[own], self._high[own])
        prices = np.where(np.abs(found.prices) < 1e-9, 0, found.prices)  # noqa: PLR2004 - rounding of the solver
        return np.where(prices > 0, prices * self._system.below, -prices * self._system.above)

    def _made(self, place: int, coefficients: Reals, asked: int) -> Cut | None:
        values = np.minimum(coefficients, asked) / asked
        values[place] = min(values[place], 1) - 1
        columns = np.flatnonzero(np.abs(values) > 1e-9)  # noqa: PLR2004
        cut = Cut(columns=columns, values=values[columns])
        broken = float(cut.values @ self._chosen[columns]) < -1e-4  # noqa: PLR2004 - worth a row
        return cut if broken else None
