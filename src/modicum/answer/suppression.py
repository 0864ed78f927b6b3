"""The rule of eleven: which cells of a table of counts are hidden, and whether its total may be shown. Pure.

A count of 1 to 10 people may be neither shown nor derived; 0 may be shown. One hidden cell follows from a total, and
several can be squeezed, so further cells are hidden (the smallest first) until an attacker who knows the total, the
shown cells and this rule still finds a range from 1 to 11 or more for each; where that cannot be had, the total is
withheld.
All hidden cells bear one mark: which of them were small is not told.

Source: CMS cell size suppression policy (ResDAC, 2024): no cell of 1 to 10, nor a way to derive one from others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modicum.answer.tables.primary import FEWEST, is_small


@dataclass(frozen=True, slots=True)
class Suppression:
    """What is hidden: cells by their place; and whether the total may stand beside the shown ones."""

    hidden: frozenset[int]
    total_shown: bool


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
        hidden = small
        for size in (*_sizes(counts, small), None):
            if withstands(counts, hidden):
                return Suppression(hidden, total_shown=True)
            hidden |= {place for place, count in enumerate(counts) if count == size}
    return Suppression(small, total_shown=False)


def withstands(counts: Sequence[int], hidden: frozenset[int]) -> bool:
    """Whether hidden cells stay vague to whoever knows the total, the shown cells, and how cells are hidden.

    Such a reader knows the sum of the hidden cells, that each is at least 1 and smaller than any shown, and that one at
    least is small: so the range of each must begin at 1, or a small one could be squeezed from below.
    """
    number = len(hidden)
    if number < 2:  # noqa: PLR2004 - a single hidden cell is the difference to the total
        return False
    together = sum(counts[place] for place in hidden)
    shown = [count for place, count in enumerate(counts) if place not in hidden and count > 0]
    ceiling = min(shown, default=together + 1) - 1
    least = max(1, together - (number - 1) * ceiling)
    most = min(ceiling, together - (number - 1))
    return least == 1 and most >= FEWEST


def _sizes(counts: Sequence[int], hidden: frozenset[int]) -> list[int]:
    """The sizes of the cells that could be hidden as well, smallest first; equals go together, or their order tells."""
    return sorted({count for place, count in enumerate(counts) if count > 0 and place not in hidden})
