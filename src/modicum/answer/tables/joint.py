"""One table and all that was released before about the same people, as one system. Pure.

Every published cell is a set of people. People who are in just the same cells are an atom; the atoms that occur, with
how many people each has, are all that the system is made of, so any tables fit together: other groups, narrower
conditions, another version of the data, a person who counts in several groups.

What an attacker knows is taken at its worst: which atoms are empty. A range that is wide for whoever knows that is
wider for whoever does not. An atom of 1 to 10 people must stay as vague as a hidden cell, although nobody asked for it:
the few who are in one table and not in another that is like it would else follow from the two.

The words "fewer than 11" are a bound: whoever reads them knows that these people are 10 at the most, and reckons with
it. What is within them can then not stay vaguer than they leave it: each part may be as large as 10 less one for each
other kind of people in them, and as small as one for each of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

import numpy as np

from modicum.answer.tables.primary import SMALL_CELLS, is_small
from modicum.answer.tables.system import FAR, ONE, REACH, SPAN, Flags, Integers, Sparse, System
from modicum.model.errors import DisclosureControlError

MOST_ATOMS: Final = 20_000

Atoms: TypeAlias = Mapping[frozenset[int], int]
"""How many people are in just these cells, by the numbers of the cells; each one person or more."""


class Status(Enum):
    """What is known of a cell before the new table is protected."""

    SHOWN = auto()  # released before, in figures
    HIDDEN = auto()  # released before, as a mark
    FEW = auto()  # released before, as "fewer than 11"
    FEW_NOW = auto()  # of the new table, which is to say "fewer than 11" and no more
    OPEN = auto()  # of the new table: to be shown or hidden
    WITHHELD = auto()  # of the new table, and hidden whatever else is


_FEW: Final = frozenset({Status.FEW, Status.FEW_NOW})


@dataclass(frozen=True, slots=True)
class Cell:
    """One published cell. step: how coarse it is, where it is of the new table; 0 for the finest."""

    status: Status
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """The system, and where each cell stands in it; None for a cell that nobody is in.

    within_few: quantities that need stay no vaguer than the words "fewer than 11" left them.
    """

    system: System
    places: tuple[int | None, ...]
    within_few: Flags

    def hidden(self, flags: Flags) -> frozenset[int]:
        """The numbers of the cells that are hidden by a choice of quantities."""
        return frozenset(cell for cell, place in enumerate(self.places) if place is not None and flags[place])


def joint(cells: Sequence[Cell], atoms: Atoms, *, sums: Iterable[tuple[int, Sequence[int]]] = ()) -> Joint:
    """Make the system of all cells. Cells of the very same people are one quantity, and shown if any of them was.

    sums: cells that others may add up to, and these; used where they do add up, since they say the same in fewer words.
    Raises DisclosureControlError: more kinds of people than can be audited.
    """
    if len(atoms) > MOST_ATOMS:
        raise DisclosureControlError(
            cause=f"this table and those released before tell {len(atoms):,} groups of these people apart; "
            f"more than {MOST_ATOMS:,} cannot be audited",
            cure="ask for coarser groups, for fewer dimensions, or with noise",
            basis=SMALL_CELLS,
        )
    kinds = sorted(atoms, key=sorted)
    members: dict[int, list[int]] = defaultdict(list)
    for atom, kind in enumerate(kinds):
        for cell in kind:
            members[cell].append(atom)
    quantities: dict[tuple[int, ...], list[int]] = {(atom,): [] for atom in range(len(kinds))}
    for cell, own in sorted(members.items()):
        quantities.setdefault(tuple(own), []).append(cell)
    place_of = {cell: place for place, own in enumerate(quantities.values()) for cell in own}
    sizes = [atoms[kind] for kind in kinds]
    short = _short(sums, place_of, list(quantities))
    cells_of = [[cells[each] for each in own] for own in quantities.values()]
    few = dict(_within_few(list(quantities), cells_of))
    return Joint(
        system=_system(list(quantities), cells_of, sizes, short, few),
        places=tuple(place_of.get(cell) for cell in range(len(cells))),
        within_few=np.array([place in few for place in range(len(quantities))], dtype=np.bool_),
    )


def _short(
    sums: Iterable[tuple[int, Sequence[int]]],
    place_of: Mapping[int, int],
    quantities: list[tuple[int, ...]],
) -> list[tuple[int, tuple[int, ...]]]:
    """The sums by place, of those whose parts are disjoint and make the whole."""
    found = []
    for whole, parts in sums:
        if whole not in place_of:
            continue
        own = tuple(place_of[part] for part in parts if part in place_of)
        atoms = sorted(atom for place in own for atom in quantities[place])
        if atoms == list(quantities[place_of[whole]]) and own != (place_of[whole],):
            found.append((place_of[whole], own))
    return found


def _system(
    quantities: list[tuple[int, ...]],
    cells: list[list[Cell]],
    sizes: list[int],
    short: list[tuple[int, tuple[int, ...]]],
    few: Mapping[int, int],
) -> System:
    values = np.array([sum(sizes[atom] for atom in own) for own in quantities], dtype=np.int64)
    statuses = [{each.status for each in own} for own in cells]
    settled = np.array([Status.SHOWN in each for each in statuses], dtype=np.bool_)
    hidden = np.array([_hidden(each, int(value)) for each, value in zip(statuses, values, strict=True)], dtype=np.bool_)
    published = np.array([bool(each) for each in statuses], dtype=np.bool_)
    marked = np.array([not each <= _FEW for each in statuses], dtype=np.bool_)  # whose cell is not empty, and known so
    small = (values > 0) & (values < REACH)
    asked = published | small
    up, down = np.where(asked, np.maximum(REACH - values, 0), 0), np.zeros(len(values), dtype=np.int64)
    span = np.where(asked, SPAN, 0)
    for place, most in few.items():
        up[place], down[place] = max(most - values[place], 0), max(values[place] - len(quantities[place]), 0)
        span[place] = up[place] + down[place]
    told = {place for place, _ in short}
    rows = [_row(place, own) for place, own in enumerate(quantities) if len(own) > 1 and place not in told]
    rows += [_row(place, own) for place, own in short]
    return System(
        values=values,
        below=np.where(marked, values - 1, values),
        above=np.where([bool(each & _FEW) for each in statuses], np.maximum(REACH - 1 - values, 0), FAR),
        up=up,
        down=down,
        span=span,
        weights=np.array([_weight(each) for each in cells], dtype=np.int64),
        forced=(hidden | ~published) & ~settled,
        settled=settled,
        relations=Sparse.of(rows, columns=len(values)),
    )


def _hidden(statuses: set[Status], value: int) -> bool:
    return bool(statuses & {Status.HIDDEN, Status.WITHHELD, *_FEW}) or (Status.OPEN in statuses and is_small(value))


def _within_few(quantities: list[tuple[int, ...]], cells: list[list[Cell]]) -> Iterator[tuple[int, int]]:
    """The places of quantities within people who were said to be fewer than 11, and how many each can be at the most.

    What bore the mark before the words were said is not among those: the words may not tell that it is small.
    """
    statuses = [{each.status for each in own} for own in cells]
    said = [(frozenset(own), each) for own, each in zip(quantities, statuses, strict=True) if each & _FEW]
    for place, own in enumerate(quantities):
        around = [(few, words) for few, words in said if few.issuperset(own)]
        before = any(Status.FEW in words for _, words in around)
        if around and (before or Status.HIDDEN not in statuses[place]):
            yield place, min(REACH - 1 - (len(few) - len(own)) for few, _ in around)


def _weight(cells: list[Cell]) -> int:
    own = [each for each in cells if each.status in {Status.OPEN, Status.WITHHELD}]
    return ONE * len(own) + sum(each.step for each in own)


def _row(place: int, parts: tuple[int, ...]) -> tuple[Integers, Integers]:
    # Atom quantities come first, in their order: the place of an atom is its number.
    return (
        np.array([place, *parts], dtype=np.int64),
        np.array([-1, *[1] * len(parts)], dtype=np.int64),
    )
