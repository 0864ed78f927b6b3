"""Cut what an attacker must reckon with into pieces that do not touch, and drop what is known already. Pure.

A relation with one unknown tells it, and so on: such a quantity cannot deviate at all, and is in no piece. Two
quantities are in one piece where a chain of relations joins them.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from modicum.answer.tables.system import Flags, Integers, Sparse, System


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Quantities that may move together. places: where they stand in the system; the rest is by own number."""

    places: Integers
    below: Integers
    above: Integers
    relations: Sparse


def movable(system: System, hidden: Flags) -> Flags:
    """The hidden quantities that no chain of subtractions tells."""
    rows = system.relations
    row_of = np.repeat(np.arange(len(rows)), np.diff(rows.start))
    free = hidden.copy()
    while True:
        unknown = free[rows.column]
        alone = np.bincount(row_of[unknown], minlength=len(rows)) == 1
        told = rows.column[unknown & alone[row_of]]
        if not len(told):
            return free
        free[told] = False


def pieces(system: System, hidden: Flags) -> list[Piece]:
    """Cut up the hidden quantities. A quantity in no relation is a piece of its own."""
    free = movable(system, hidden)
    rows = system.relations
    leader = _leaders(rows, free)
    members: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(free):
        members[leader[place]].append(int(place))
    own_rows: dict[int, list[tuple[Integers, Integers]]] = defaultdict(list)
    number = np.zeros(len(system), dtype=np.int64)
    for places in members.values():
        number[places] = np.arange(len(places))
    seen = set()
    for row in range(len(rows)):
        here = slice(rows.start[row], rows.start[row + 1])
        within = free[rows.column[here]]
        columns, values = rows.column[here][within], rows.value[here][within]
        mark = (columns.tobytes(), values.tobytes())
        if len(columns) and mark not in seen:
            seen.add(mark)
            own_rows[leader[columns[0]]].append((number[columns], values))
    return [_piece(system, np.array(places), own_rows[first]) for first, places in members.items()]


def _piece(system: System, places: Integers, rows: list[tuple[Integers, Integers]]) -> Piece:
    return Piece(
        places=places,
        below=system.below[places],
        above=system.above[places],
        relations=Sparse.of(rows, columns=len(places)),
    )


def _leaders(rows: Sparse, free: Flags) -> list[int]:
    """For each quantity one that stands for its whole piece: union-find with halving."""
    parent = list(range(rows.columns))

    def find(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for row in range(len(rows)):
        columns = rows.column[rows.start[row] : rows.start[row + 1]]
        joined = [find(int(place)) for place in columns[free[columns]]]
        for other in joined[1:]:
            parent[find(other)] = find(joined[0])
    return [find(place) for place in range(rows.columns)]
