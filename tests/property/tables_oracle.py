"""Random tables, and an attacker of its own make: margins added up naively, ranges found by OR-tools.

Nothing here uses the code that it judges, save the mapping from cell to number or mark that is published.
"""

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

Key = tuple[tuple[str | None, ...], ...]
Published = Mapping[Key, int | None]
FAR = 100_000


@dataclass(frozen=True)
class Made:
    """A random table: inner cells, and the levels of each dimension."""

    inner: dict[Key, int]
    depths: tuple[int, ...]


def random_table(seed: int, *, most: int = 5, dimensions: int | None = None) -> Made:
    """Two or three dimensions of 2 to `most` leaves, one or two levels each; some cells empty, some small."""
    draw = random.Random(seed)
    number = dimensions or draw.choice((2, 2, 3))
    trees = [_tree(draw, draw.randint(2, most if number == 2 else max(2, most - 1))) for _ in range(number)]
    empty, small = draw.uniform(0, 0.2), draw.uniform(0.05, 0.35)
    inner = {}
    for key in itertools.product(*trees):
        chance = draw.random()
        if chance < empty:
            inner[key] = 0
        elif chance < empty + small:
            inner[key] = draw.randint(1, 10)
        else:
            inner[key] = 11 + int(draw.lognormvariate(3, 1))
    return Made(inner, tuple(len(tree[0]) for tree in trees))


def _tree(draw: random.Random, leaves: int) -> list[tuple[str | None, ...]]:
    if draw.random() < 0.6 or leaves < 3:
        return [(f"v{number}",) for number in range(leaves)]
    tops = draw.randint(2, leaves - 1)
    owners = [*range(tops), *(draw.randrange(tops) for _ in range(leaves - tops))]
    return [(f"g{owner}", f"v{number}") for number, owner in enumerate(sorted(owners))]


def all_cells(made: Made) -> dict[Key, int]:
    """Every cell that is not empty, margins too, by naive addition."""
    found: dict[Key, int] = {}
    for key, value in made.inner.items():
        for cell in itertools.product(*([path[:n] for n in range(len(path) + 1)] for path in key)):
            found[cell] = found.get(cell, 0) + value
    return {key: value for key, value in found.items() if value}


def equations(made: Made) -> Iterator[tuple[Key, list[Key]]]:
    """Each margin and the cells one step finer that add up to it, along each dimension."""
    cells = all_cells(made)
    for cell in cells:
        for place, depth in enumerate(made.depths):
            if len(cell[place]) < depth:
                yield (
                    cell,
                    [
                        other
                        for other in cells
                        if other[:place] == cell[:place]
                        and other[place + 1 :] == cell[place + 1 :]
                        and len(other[place]) == len(cell[place]) + 1
                        and other[place][: len(cell[place])] == cell[place]
                    ],
                )


class FractionalAttacker:
    """Ranges over fractions, by GLOP."""

    def __init__(self, made: Made, published: Published, *, least: int = 1) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self.unknown = {
            key: self._solver.NumVar(least, self._solver.infinity(), str(place))
            for place, (key, value) in enumerate(published.items())
            if value is None
        }
        for whole, parts in equations(made):
            unknown = [self.unknown[each] for each in parts if each in self.unknown]
            known = sum(published[each] or 0 for each in parts if each not in self.unknown)
            if whole in self.unknown:
                self._solver.Add(sum(unknown) + known == self.unknown[whole])
            elif unknown:
                self._solver.Add(sum(unknown) + known == published[whole])

    def range_of(self, key: Key) -> tuple[float, float]:
        """The least and the greatest value that a hidden cell can have; infinity where nothing bounds it."""
        ends = []
        for sense in (self._solver.Minimize, self._solver.Maximize):
            sense(self.unknown[key])
            status = self._solver.Solve()
            assert status in {pywraplp.Solver.OPTIMAL, pywraplp.Solver.UNBOUNDED, pywraplp.Solver.INFEASIBLE}
            bounded = status == pywraplp.Solver.OPTIMAL
            ends.append(self.unknown[key].solution_value() if bounded else float("inf"))
        return ends[0], ends[1]


class WholeAttacker:
    """Ranges over whole numbers, by CP-SAT."""

    def __init__(self, made: Made, published: Published, *, least: int = 1) -> None:
        self._model = cp_model.CpModel()
        self.unknown = {
            key: self._model.new_int_var(least, FAR, str(place))
            for place, (key, value) in enumerate(published.items())
            if value is None
        }
        for whole, parts in equations(made):
            total = sum(self.unknown[each] if each in self.unknown else published[each] for each in parts)
            right = self.unknown[whole] if whole in self.unknown else published[whole]
            if any(each in self.unknown for each in (whole, *parts)):
                self._model.add(total == right)

    def range_of(self, key: Key) -> tuple[int, int]:
        """The least and the greatest value of a hidden cell."""
        ends = []
        for sense in (self._model.minimize, self._model.maximize):
            sense(self.unknown[key])
            solver = cp_model.CpSolver()
            solver.parameters.catch_sigint_signal = False  # else Ctrl-C ends this process from then on
            solver.parameters.num_workers = 1
            assert solver.solve(self._model) == cp_model.OPTIMAL
            ends.append(int(solver.objective_value))
        return ends[0], ends[1]


def too_narrow(made: Made, published: Published, *, whole: bool) -> list[Key]:
    """Hidden cells whose range does not reach 11, or spans fewer than 10."""
    attacker = WholeAttacker(made, published) if whole else FractionalAttacker(made, published)
    found = []
    for key in attacker.unknown:
        low, high = attacker.range_of(key)
        if high < 11 - 1e-6 or high - low < 10 - 1e-6:
            found.append(key)
    return found


def shown_small(published: Published) -> list[Key]:
    """Cells of 1 to 10 that are shown."""
    return [key for key, value in published.items() if value is not None and 0 < value < 11]


def least_hidden(made: Made, *, most_extra: int = 6) -> int | None:
    """The fewest hidden cells of any safe publication, by trying all, fewest first; None where more would be needed."""
    cells = all_cells(made)
    small = frozenset(key for key, value in cells.items() if value < 11)
    others = sorted(set(cells) - small)
    sums = list(equations(made))
    for extra in range(most_extra + 1):
        for chosen in itertools.combinations(others, extra):
            hidden = small | set(chosen)
            if _single(sums, hidden):
                continue
            published = {key: None if key in hidden else value for key, value in cells.items()}
            if not too_narrow(made, published, whole=False) and not too_narrow(made, published, whole=True):
                return len(hidden)
    return None


def _single(sums: Iterable[tuple[Key, list[Key]]], hidden: frozenset[Key]) -> bool:
    return any((whole in hidden) + sum(part in hidden for part in parts) == 1 for whole, parts in sums)
