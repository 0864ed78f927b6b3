"""Which sums of a table are hidden: those of hidden counts, those that tell too much of one, and their cover. Pure.

A sum that tells too much must stay vague by a share of itself both ways, for whoever knows that no amount is negative.
Amounts are reckoned in units small enough for that, and large enough for the solver: a deviation of whole units is a
deviation. Sums that are hidden for cover alone are not themselves audited.

Where everybody who holds anything of a column holds the same (a column of noughts and ones), its sums count people: who
holds it, and beside the count of the cell who does not. They are then kept as vague as counts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np

from modicum.answer.tables.model import Key
from modicum.answer.tables.primary import LARGE_PARTS, Contributions, SumRule, is_small, sum_is_sensitive
from modicum.answer.tables.protection import protect
from modicum.answer.tables.system import FAR, ONE, REACH, SPAN, Integers, Sparse, System

_UNITS: Final = 100_000  # of the largest amount


def hidden_sums(
    cells: Mapping[Key, Contributions],
    *,
    hidden_counts: Collection[Key],
    sums: Iterable[tuple[Key, Sequence[Key]]],
    rule: SumRule,
) -> frozenset[Key]:
    """Choose which sums of one column are hidden.

    cells: what is in each cell that is not empty. sums: cells that add up to others; those that do not in this column,
    since a person counts in several, are passed over; then a whole is hidden with any of its parts.
    """
    counting = _all_hold_the_same(cells)
    telling = {
        key for key, each in cells.items() if sum_is_sensitive(each, rule) or (counting and is_small(each.others))
    }
    needed = telling | (set(hidden_counts) & set(cells))
    if not needed:
        return frozenset()
    known = [(whole, [part for part in parts if part in cells]) for whole, parts in sums if whole in cells]
    adding = [each for each in known if _adds_up(cells, *each)]
    others = [each for each in known if not _adds_up(cells, *each)]
    while more := {whole for whole, parts in others if whole not in needed and any(part in needed for part in parts)}:
        needed |= more
    system, keys = _system(cells, needed, telling, sums=adding, rule=rule)
    if counting:
        system = _as_counts(system, list(cells.values()))
    return frozenset(key for key, flag in zip(keys, protect(system, basis=LARGE_PARTS).hidden, strict=True) if flag)


def _system(
    cells: Mapping[Key, Contributions],
    needed: Collection[Key],
    telling: Collection[Key],
    *,
    sums: list[tuple[Key, list[Key]]],
    rule: SumRule,
) -> tuple[System, list[Key]]:
    keys = list(cells)
    place = {key: number for number, key in enumerate(keys)}
    unit = max((abs(each.amount) for each in cells.values()), default=Decimal(0)) / _UNITS or Decimal(1)
    units = [abs(each.amount) / unit for each in cells.values()]
    below = np.array([int(each) for each in units], dtype=np.int64)
    far = np.array(
        [
            max(1, int(-(-each * rule.percent_near // 100))) if key in telling else 0
            for key, each in zip(keys, units, strict=True)
        ],
        dtype=np.int64,
    )
    rows = [
        (
            np.array([place[whole], *(place[part] for part in parts)], dtype=np.int64),
            np.array([-1, *[1] * len(parts)], dtype=np.int64),
        )
        for whole, parts in sums
    ]
    size = len(keys)
    system = System(
        values=below,
        below=below,
        above=np.full(size, FAR, dtype=np.int64),
        up=far,
        down=np.minimum(far, below),
        span=far,
        weights=ONE + _ranks(units) * (ONE // 2) // size**2,
        forced=np.array([key in needed for key in keys], dtype=np.bool_),
        settled=np.array([not each.persons for each in cells.values()], dtype=np.bool_),
        relations=Sparse.of(rows, columns=size),
    )
    return system, keys


def _all_hold_the_same(cells: Mapping[Key, Contributions]) -> bool:
    one = {each.largest[0] for each in cells.values() if each.largest}
    return len(one) == 1 and all(each.amount == each.persons * max(one) for each in cells.values())


def _as_counts(system: System, cells: Sequence[Contributions]) -> System:
    """The system of the people who hold something, with the relations of their sums."""
    holders = np.array([each.persons for each in cells], dtype=np.int64)
    others = np.array([each.others for each in cells], dtype=np.int64)
    few = (others > 0) & (others < REACH)
    return replace(
        system,
        values=holders,
        below=holders - 1,
        up=np.maximum(REACH - holders, 0),
        down=np.where(few, REACH - others, 0),
        span=np.full(len(cells), SPAN, dtype=np.int64),
    )


def _adds_up(cells: Mapping[Key, Contributions], whole: Key, parts: Sequence[Key]) -> bool:
    return sum((cells[part].amount for part in parts), Decimal(0)) == cells[whole].amount


def _ranks(amounts: Sequence[Decimal]) -> Integers:
    """The place of each amount by size, so that of two choices that hide as many the one of smaller sums is taken."""
    found = np.zeros(len(amounts), dtype=np.int64)
    found[sorted(range(len(amounts)), key=lambda place: amounts[place])] = np.arange(len(amounts))
    return found
