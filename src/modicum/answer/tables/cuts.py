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
_NEAR: Final = 10  # where z is a fraction, how far shown-or-hidden cells may move; cuts are lifted to no bound after


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
        """Set the choice that is to be cut off, between 0 and 1 by place."""
        whole = bool((np.abs(chosen - np.rint(chosen)) < _TOLERANCE).all())
        self._chosen = np.clip(chosen, 0, 1)
        above = self._system.above if whole else np.minimum(self._system.above, _NEAR)
        below = self._system.below if whole else np.minimum(self._system.below, _NEAR)
        self._low, self._high = -below * self._chosen, above * self._chosen
        every = np.arange(len(self._system))
        self._programme.bound(every, self._low, self._high)

    def cut(self, place: int) -> Cut | None:
        """A cut for one cell that the choice breaks, or None: it keeps all, so far as linear programmes tell."""
        system, weight = self._system, self._chosen[place]
        parts = []
        for sign, asked in ((1, int(system.up[place])), (-1, int(system.down[place]))):
            cap = max(asked, int(system.span[place]))
            value, coefficients = self._moved(place, sign, cap)
            if value < asked * weight - _TOLERANCE:
                return self._made(place, coefficients, asked)
            parts.append((value, coefficients))
        span = int(system.span[place])
        if sum(value for value, _ in parts) < span * weight - _TOLERANCE:
            return self._made(place, parts[0][1] + parts[1][1], span)
        return None

    def _moved(self, place: int, sign: int, cap: int) -> tuple[float, Reals]:
        """How far a cell can go one way, and for each cell what its being hidden adds to that at the most."""
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
        coefficients = np.where(prices > 0, prices * self._system.below, -prices * self._system.above)
        return -found.value, coefficients

    def _made(self, place: int, coefficients: Reals, asked: int) -> Cut | None:
        values = np.minimum(coefficients, asked) / asked
        values[place] = min(values[place], 1) - 1
        columns = np.flatnonzero(np.abs(values) > 1e-9)  # noqa: PLR2004
        cut = Cut(columns=columns, values=values[columns])
        broken = float(cut.values @ self._chosen[columns]) < -1e-4  # noqa: PLR2004 - worth a row
        return cut if broken else None
