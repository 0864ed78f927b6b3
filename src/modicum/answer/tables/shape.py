"""The shape of a published table: which dimensions its columns make, and which margins are shown. Pure.

A table without margins is one dimension of all its columns, of which the finest level and the whole are shown.
"""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from modicum.answer.tables.model import Key, Path


@dataclass(frozen=True, slots=True)
class TableShape:
    """depths: the levels (columns) of each dimension, in the order of the columns; None for a table without margins."""

    depths: tuple[int, ...] | None = None

    def levels(self, columns: int) -> list[tuple[int, ...]]:
        """For each published level of the table the columns that it keeps, by number; the finest first."""
        if self.depths is None:
            return [tuple(range(columns)), ()] if columns else [()]
        starts = [0, *itertools.accumulate(self.depths)]
        lengths = itertools.product(*(range(depth, -1, -1) for depth in self.depths))
        return [
            tuple(start + step for start, length in zip(starts, each, strict=False) for step in range(length))
            for each in lengths
        ]

    def key(self, kept: Collection[int], values: Sequence[str | None]) -> Key:
        """The cell of a group: values in the order of the columns kept."""
        given = dict(zip(kept, values, strict=True))
        return tuple(tuple(given[place] for place in own if place in given) for own in self._columns(given))

    def cells(self, values: Sequence[str | None]) -> Iterator[Key]:
        """All published cells that people of one finest group are in."""
        for kept in self.levels(len(values)):
            yield self.key(kept, [values[place] for place in kept])

    def step(self, key: Key, columns: int) -> int:
        """How many levels a cell stands above the finest; the whole of a table without margins stands one above."""
        missing = columns - sum(map(len, key))
        return min(missing, 1) if self.depths is None else missing

    def sums(self, keys: Collection[Key]) -> Iterator[tuple[Key, list[Key]]]:
        """Each cell that others add up to, and these, along each dimension."""
        if self.depths is None:
            whole: list[Key] = [key for key in keys if not any(key)]
            yield from ((each, [key for key in keys if any(key)]) for each in whole if len(keys) > 1)
            return
        for dimension in range(len(self.depths)):
            parts: dict[Key, list[Key]] = defaultdict(list)
            for key in keys:
                if key[dimension]:
                    parts[_coarser(key, dimension)].append(key)
            known = set(keys)
            yield from ((whole, own) for whole, own in parts.items() if whole in known)

    def _columns(self, given: Collection[int]) -> list[range]:
        if self.depths is None:
            return [range(max(given, default=-1) + 1)]
        starts = [0, *itertools.accumulate(self.depths)]
        return [range(start, start + depth) for start, depth in zip(starts, self.depths, strict=False)]


FLAT: Final = TableShape()


def shape_of(columns: int, *, margins: bool, within: Sequence[str | None]) -> TableShape:
    """The shape that a question asks for. within: for each column whether it is a finer level of the one before."""
    if not margins:
        return FLAT
    depths: list[int] = []
    for place in range(columns):
        if place < len(within) and within[place] is not None and depths:
            depths[-1] += 1
        else:
            depths.append(1)
    return TableShape(tuple(depths))


def _coarser(key: Key, dimension: int) -> Key:
    path: Path = key[dimension][:-1]
    return (*key[:dimension], path, *key[dimension + 1 :])
