"""What an attacker can reckon with: quantities, the sums that bind them, and how vague each hidden one must stay. Pure.

A quantity is a published cell, or a group of people that nobody published but that follows from what was (an atom: the
people who are in just the same published cells). A deviation says by how much another table differs from the true one;
a table that differs and fits all that is shown is one that the attacker cannot tell from the truth. The truth itself
always fits, so every deviation that fits widens the range of each quantity that it moves.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modicum.answer.tables.model import Relation, Table

Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

REACH: Final = 11  # the least value that the range of a hidden count must hold
SPAN: Final = 10  # the least difference between the ends of that range
FAR: Final = 1_000_000  # further than any deviation that protection asks for; stands for no bound


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sparse:
    """Rows of a sparse matrix: `start[r]:start[r+1]` are the places of row r in `column` and `value`."""

    start: Integers
    column: Integers
    value: Integers
    columns: int

    def __len__(self) -> int:
        return len(self.start) - 1

    def each(self) -> Iterator[tuple[Integers, Integers]]:
        """The rows one by one: the places and the values of what is in each."""
        for row in range(len(self)):
            here = slice(self.start[row], self.start[row + 1])
            yield self.column[here], self.value[here]

    def within(self, places: Integers) -> Iterator[tuple[Integers, Integers]]:
        """The rows cut down to some columns (sorted), numbered anew; rows without any of them are left out."""
        number = np.full(self.columns, -1, dtype=np.int64)
        number[places] = np.arange(len(places))
        inside = number[self.column] >= 0
        counted = np.concatenate(([0], np.cumsum(inside)))
        for row in np.flatnonzero(counted[self.start[1:]] > counted[self.start[:-1]]):
            here = slice(self.start[row], self.start[row + 1])
            yield number[self.column[here][inside[here]]], self.value[here][inside[here]]

    def times(self, vector: Integers) -> Integers:
        """The product with a vector, exactly; one number a row."""
        products = np.concatenate(([0], np.cumsum(self.value * vector[self.column])))
        found: Integers = products[self.start[1:]] - products[self.start[:-1]]
        return found

    @classmethod
    def of(cls, rows: Sequence[tuple[Integers, Integers]], *, columns: int) -> Self:
        """Stack rows, each the places and the values of what is in it."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(
            start=np.cumsum([0, *[len(column) for column, _ in rows]], dtype=np.int64),
            column=np.concatenate([empty, *[column for column, _ in rows]]),
            value=np.concatenate([empty, *[value for _, value in rows]]),
            columns=columns,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """Quantities by place. All arrays are of one length, save the relations, whose rows sum to nought.

    values: the truth. below, above: by how much a hidden quantity can differ as far as anybody knows of it alone.
    up, down, span: how far its range must reach above and below the truth, and from end to end, where it is hidden.
    weights: what hiding it costs; 0 where that is not to be chosen. forced: hidden whatever else is (small cells, and
    atoms, which nobody published). settled: shown already, so never hidden.
    """

    values: Integers
    below: Integers
    above: Integers
    up: Integers
    down: Integers
    span: Integers
    weights: Integers
    forced: Flags
    settled: Flags
    relations: Sparse

    def __len__(self) -> int:
        return len(self.values)


def counts(table: Table, *, primary: Iterable[int]) -> System:
    """The system of one table of counts of people: hidden cells are known to be 1 or more."""
    values = np.array(table.values, dtype=np.int64)
    forced = np.zeros(len(values), dtype=np.bool_)
    forced[list(primary)] = True
    return System(
        values=values,
        below=values - 1,
        above=np.full(len(values), FAR, dtype=np.int64),
        up=np.maximum(REACH - values, 0),
        down=np.zeros(len(values), dtype=np.int64),
        span=np.full(len(values), SPAN, dtype=np.int64),
        weights=weights(table),
        forced=forced,
        settled=np.zeros(len(values), dtype=np.bool_),
        relations=relations_of(table.relations, columns=len(values)),
    )


ONE: Final = 1 << 12  # the weight of one cell; what is left over breaks ties


def weights(table: Table) -> Integers:
    """What hiding each cell costs: one each, and a little more the coarser it is, so that ties spare the totals."""
    return ONE + np.array(table.steps, dtype=np.int64)


def relations_of(relations: Sequence[Relation], *, columns: int) -> Sparse:
    """The relations as rows: the parts less the whole are nought."""
    rows = [
        (np.array([each.whole, *each.parts], dtype=np.int64), np.array([-1, *[1] * len(each.parts)], dtype=np.int64))
        for each in relations
    ]
    return Sparse.of(rows, columns=columns)
