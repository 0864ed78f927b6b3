"""All cells of a request at once: what no policy can tell apart is judged once, and spread by numpy.

For each form and each front (a body of law facing one recipient) the strata and the classes fall into few groups that
its policies tell apart; each pair of groups has one stance. The stances of all fronts, joined, give the verdict. So
Python works in proportion to the law, and numpy in proportion to strata x columns x forms. Exact: no group is guessed.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modicum.law.judge import Judge
from modicum.law.stance import Front, Stance
from modicum.model.dataset import UNKNOWN, Stratum
from modicum.model.decision import Cell
from modicum.model.forms import DISCLOSING, Form

Numbers: TypeAlias = NDArray[np.int64]
_ROOM: Final = 1 << 62
"""Groups are told apart by numbers below this; before more would be needed they are numbered anew."""


def spread(
    judge: Judge, classes: Sequence[str | None], strata: Sequence[Stratum]
) -> tuple[tuple[Cell, ...], Sequence[int]]:
    """Judge every cell; answer with the distinct verdicts and an index for every cell.

    classes: the data class of each column (None: unclassified). Order of the indexes: strata, columns, forms, the form
    running fastest; verdicts in order of first use.
    """
    if not classes or not strata:
        return (), array("I")
    grid = _Grid(judge, classes, strata)
    distinct: dict[Cell, int] = {}
    whole = np.stack([grid.cells(form, distinct) for form in DISCLOSING], axis=-1).reshape(-1)
    order = _first_use(whole, len(distinct))
    renumbered = np.empty(len(order), dtype=np.uint32)
    renumbered[order] = np.arange(len(order), dtype=np.uint32)
    cells = list(distinct)
    return tuple(cells[number] for number in order), array("I", renumbered[whole].tobytes())


def somewhere(cells: Sequence[int], flags: Sequence[bool], *, columns: int) -> list[list[bool]]:
    """For each form, whether each column has in some stratum a cell whose verdict is flagged.

    cells: indexes as `spread` gives them; flags: one for each distinct verdict.
    """
    grid = np.asarray(cells, dtype=np.int64).reshape(-1, columns, len(DISCLOSING))
    found = np.any(np.array([*flags, False], dtype=bool)[grid], axis=0)
    return [[bool(each) for each in column] for column in np.transpose(found)]


class _Grid:
    """Strata and columns of a request as numbers, one for each value of each attribute."""

    def __init__(self, judge: Judge, classes: Sequence[str | None], strata: Sequence[Stratum]) -> None:
        self.judge = judge
        words = judge.pack.vocabulary.classes
        known = [each if each in words else None for each in classes]
        self.classes = tuple(dict.fromkeys(known))
        self.columns = _positions(known, self.classes)
        self.distinct = tuple(dict.fromkeys(strata))
        self.strata = _positions(strata, self.distinct)
        self.domains = {name: (UNKNOWN, *sorted(domain - {UNKNOWN})) for name, domain in judge.pack.attributes.items()}
        self.evidence = {name: self._evidence(name) for name in self.domains}

    def cells(self, form: Form, distinct: dict[Cell, int]) -> Numbers:
        """Numbers in `distinct` (which grows) of the cells of one form: strata x columns."""
        fronts = self.judge.fronts(form)
        by_front = [(front, *self._groups(front)) for front in fronts]
        rows, row_of = _fold(((each, int(each.max()) + 1) for _, each, _ in by_front), len(self.distinct))
        wide, wide_of = _fold(
            ((each, int(each.max()) + 1) for _, _, each in by_front), len(self.classes), apart=self._unclassified()
        )
        stances: list[list[Stance | None]] = []
        numbers: list[tuple[Numbers, int]] = []
        for front, strata, classes in by_front:
            found, chosen = self._stances(form, front, strata, classes)
            stances.append(found)
            numbers.append((chosen[np.ix_(strata[rows], classes[wide])].reshape(-1), len(found)))
        kinds, kind_of = _fold(numbers, len(rows) * len(wide), apart=self._unclassified()[wide], tile=len(rows))
        verdicts = np.empty(len(kinds), dtype=np.int64)
        for place, kind in enumerate(kinds):
            joined = [found[int(number[kind])] for found, (number, _) in zip(stances, numbers, strict=True)]
            cell = self.judge.join(joined, self.classes[wide[kind % len(wide)]])
            verdicts[place] = distinct.setdefault(cell, len(distinct))
        grid = verdicts[kind_of].reshape(len(rows), len(wide))
        return grid[np.ix_(row_of[self.strata], wide_of[self.columns])]

    def _stances(
        self, form: Form, front: Front, strata: Numbers, classes: Numbers
    ) -> tuple[list[Stance | None], Numbers]:
        """The different stances of a front, and which of them each pair of its groups (strata x classes) has."""
        numbers: dict[Stance | None, int] = {}
        _, first_strata = np.unique(strata, return_index=True)
        _, first_classes = np.unique(classes, return_index=True)
        chosen = np.array(
            [
                [
                    numbers.setdefault(
                        self.judge.stance(front, self.judge.given(form, self.classes[c], self.distinct[s])),
                        len(numbers),
                    )
                    for c in first_classes
                ]
                for s in first_strata
            ],
            dtype=np.int64,
        )
        return list(numbers), chosen

    def _groups(self, front: Front) -> tuple[Numbers, Numbers]:
        """Numbers of the groups of strata, and of classes, that a front's policies tell apart."""
        tables = front.tables
        strata = (
            (parts[self.evidence[name]], int(parts.max()) + 1)
            for table in tables
            for name in table.attributes
            if name in self.domains
            for parts in [1 + np.array([table.part(name, value) for value in self.domains[name]], dtype=np.int64)]
        )
        classes = (
            (parts, int(parts.max()) + 1)
            for table in tables
            if "data_class" in table.attributes
            for parts in [1 + np.array([table.part("data_class", v) for v in self.classes], dtype=np.int64)]
        )
        return _fold(strata, len(self.distinct))[1], _fold(classes, len(self.classes))[1]

    def _evidence(self, name: str) -> Numbers:
        numbers = {value: number for number, value in enumerate(self.domains[name])}
        return np.array([numbers.get(dict(each).get(name, UNKNOWN), 0) for each in self.distinct], dtype=np.int64)

    def _unclassified(self) -> Numbers:
        return np.array([each is None for each in self.classes], dtype=np.int64)


def _fold(
    columns: Iterable[tuple[Numbers, int]], length: int, *, apart: Numbers | None = None, tile: int = 1
) -> tuple[Numbers, Numbers]:
    """Tell positions apart that differ in any column: the first position of each group, and the group of each.

    columns: numbers, each with a bound above them. apart: a further column of 0 and 1, repeated `tile` times.
    """
    key = np.zeros(length, dtype=np.int64) if apart is None else np.tile(apart, tile)
    room = 1 if apart is None else 2
    for numbers, bound in columns:
        if room * bound >= _ROOM:
            _, key = np.unique(key, return_inverse=True)
            room = int(key.max()) + 1
        key = key * bound + numbers
        room *= bound
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return first, group


def _positions(values: Sequence[object], among: Sequence[object]) -> Numbers:
    numbers = {value: number for number, value in enumerate(among)}
    return np.array([numbers[value] for value in values], dtype=np.int64)


def _first_use(numbers: Numbers, many: int) -> Numbers:
    """The numbers 0 to many - 1 in the order in which they first occur; each occurs."""
    first = np.empty(many, dtype=np.int64)
    first[numbers[::-1]] = np.arange(
        len(numbers) - 1, -1, -1
    )  # of equal numbers the last assignment stays: the first use
    return np.argsort(first)
