"""The rule of eleven: which cells of a table of counts are hidden, and whether its total may be shown. Pure.

A count of 1 to 10 people may be neither shown nor derived; 0 may be shown. One hidden cell follows from a total, and
several can be squeezed, so further cells are hidden (the smallest first) until an attacker who knows the total, the
shown cells and this rule still finds a wide range for each hidden one; where that cannot be had, the total is withheld.
All hidden cells bear one mark: which of them were small is not told.

Source: CMS cell size suppression policy (ResDAC, 2024): no cell of 1 to 10, nor a way to derive one from others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEWEST: Final = 11  # the least count of people, other than none, that may be shown
LEAST_RANGE: Final = 10  # how far apart the ends of a hidden cell's range must be


@dataclass(frozen=True, slots=True)
class Suppression:
    """What is hidden: cells by their place; and whether the total may stand beside the shown ones."""

    hidden: frozenset[int]
    total_shown: bool


def is_small(count: int) -> bool:
    """Whether a count may not be shown."""
    return 0 < count < FEWEST


def suppress(counts: Sequence[int], *, total: int) -> Suppression:
    """Choose the cells of one table to hide. Each person is counted in at least one cell.

    counts: people in each cell, none negative. total: people in the table; where it is not the sum of the cells, some
    are in several, and it is shown only if nothing is hidden.
    """
    small = frozenset(place for place, count in enumerate(counts) if is_small(count))
    if is_small(total):
        return Suppression(small, total_shown=False)
    if not small:
        return Suppression(small, total_shown=True)
    if total == sum(counts):
        hidden = set(small)
        for place in (*_by_size(counts, small), None):
            if withstands(counts, hidden):
                return Suppression(frozenset(hidden), total_shown=True)
            if place is not None:
                hidden.add(place)
    return Suppression(small, total_shown=False)


def withstands(counts: Sequence[int], hidden: set[int]) -> bool:
    """Whether hidden cells stay vague to whoever knows the total, the shown cells, and that the smallest are hidden.

    Such a reader knows the sum of the hidden cells, that each is 1 or more, and that none exceeds the least count shown.
    """
    number = len(hidden)
    if number < 2:  # noqa: PLR2004 - a single hidden cell is the difference to the total
        return False
    together = sum(counts[place] for place in hidden)
    shown = [count for place, count in enumerate(counts) if place not in hidden and count > 0]
    ceiling = min([*shown, together])
    least = max(1, together - (number - 1) * ceiling)
    most = min(ceiling, together - (number - 1))
    return most >= FEWEST and most - least >= LEAST_RANGE


def suppress_sums(contributors: Sequence[int], hidden: frozenset[int], *, total_shown: bool) -> Suppression:
    """Choose the cells of one column of sums to hide, beyond those of the counts.

    contributors: people whose amounts are in each sum. A sum of 1 to 10 people tells about them, as does the difference
    of a total to the sums shown: hidden sums are of two cells and eleven people at least, or the total is withheld.
    """
    small = {place for place, count in enumerate(contributors) if is_small(count)}
    needed = frozenset(small | hidden)
    if not total_shown or is_small(sum(contributors)):
        return Suppression(needed, total_shown=False)
    more = set(needed)
    for place in (*_by_size(contributors, needed), None):
        if not more or (len(more) > 1 and not sum(contributors[each] for each in more) < FEWEST):
            return Suppression(frozenset(more), total_shown=True)
        if place is not None:
            more.add(place)
    return Suppression(needed, total_shown=False)


def _by_size(counts: Sequence[int], hidden: frozenset[int]) -> list[int]:
    """Cells that could be hidden as well, the smallest first, the earlier of equals first."""
    shown = [place for place, count in enumerate(counts) if count > 0 and place not in hidden]
    return sorted(shown, key=lambda place: (counts[place], place))
