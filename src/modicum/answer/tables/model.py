"""A table of counts or sums: its cells, with every margin, and the sums that bind them. Pure.

A dimension is a classification of one or more levels, coarse to fine: county within state, age within age band. A node
is a path from the top: () is everybody, ("CA",) a state, ("CA", "Kern") a county. A cell is one node of each dimension.
All cells are published, margins too; a cell that nobody is in is shown as nought and so is known.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from modicum.model.errors import InvalidInputError

Path: TypeAlias = tuple[str | None, ...]
"""A node of a dimension: the values of its levels from the top, none for everybody."""
Key: TypeAlias = tuple[Path, ...]
"""A cell: one node of each dimension."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One cell is the sum of others: places in the table's cells."""

    whole: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Cells that are not empty, sorted by key, with their true values; and the relations among them.

    `steps`: how many levels a cell stands above the finest of all; 0 for the inner cells.
    """

    keys: tuple[Key, ...]
    values: tuple[int, ...]
    steps: tuple[int, ...]
    relations: tuple[Relation, ...]

    def __len__(self) -> int:
        return len(self.keys)


def table_of(inner: Mapping[Key, int], *, depths: Sequence[int]) -> Table:
    """Make a table from its inner cells. depths: the levels of each dimension; every inner path has that length.

    Raises InvalidInputError: a path of another length, or a negative value.
    """
    _check(inner, depths)
    values: dict[Key, int] = defaultdict(int)
    for key, value in inner.items():
        for ancestor in _ancestors(key):
            values[ancestor] += value
    filled = {key: value for key, value in values.items() if value}
    keys = tuple(sorted(filled, key=order))
    place = {key: index for index, key in enumerate(keys)}
    return Table(
        keys=keys,
        values=tuple(filled[key] for key in keys),
        steps=tuple(sum(depths) - sum(map(len, key)) for key in keys),
        relations=tuple(_relations(keys, place, depths)),
    )


def cell_count(inner: Mapping[Key, int], depths: Sequence[int]) -> int:
    """How many cells the table publishes, margins and empty ones included: every node of each dimension by every other.

    The nodes of a dimension are those that occur.
    """
    product = 1
    for place in range(len(depths)):
        product *= len({key[place][:length] for key in inner for length in range(depths[place] + 1)})
    return product


def order(key: Key) -> tuple[tuple[tuple[bool, str], ...], ...]:
    """The order of cells: by dimension and level, what has no value last."""
    return tuple(tuple((part is None, part or "") for part in path) for path in key)


def _check(inner: Mapping[Key, int], depths: Sequence[int]) -> None:
    for key, value in inner.items():
        if tuple(map(len, key)) != tuple(depths):
            raise InvalidInputError(cause="a cell of the table is not of its dimensions", cure="give one path for each")
        if value < 0:
            raise InvalidInputError(cause="a cell of the table is negative", cure="a table to protect holds amounts")


def _ancestors(key: Key) -> Iterator[Key]:
    """The cell and all its margins."""
    return itertools.product(*([path[:length] for length in range(len(path) + 1)] for path in key))


def _relations(keys: Sequence[Key], place: Mapping[Key, int], depths: Sequence[int]) -> Iterator[Relation]:
    """Along each dimension each node is the sum of those one level below it."""
    for dimension, depth in enumerate(depths):
        parts: dict[Key, list[int]] = defaultdict(list)
        for key in keys:
            path = key[dimension]
            if path:
                parts[*key[:dimension], path[:-1], *key[dimension + 1 :]].append(place[key])
        for whole in keys:
            if len(whole[dimension]) < depth:
                yield Relation(place[whole], tuple(parts[whole]))
