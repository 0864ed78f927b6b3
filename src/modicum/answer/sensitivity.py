"""How much one person can change a table of figures: the proof beside the numbers. Pure.

Neighbours are two populations that differ in one person with all their rows, in every table. A person's rows are
chosen, grouped, clamped and added up from that person's rows alone, so that leaving the person out takes away their own
contribution and changes nobody else's. The change of a table of figures is therefore one person's contribution: it is
not zero in at most `cells` cells, and in none of them larger than `most`. From these two follow

    L0 = cells        L-infinity = most        L1 <= cells * most        L2 <= sqrt(cells) * most

since each of the `cells` terms of the sum (of absolute values; of squares) is at most `most` (its square).

Source: the derivations are ours; docs/reference/statistics.md repeats them with examples, and the neighbour tests hold
every figure of every question against them.
"""

import math
from dataclasses import dataclass

from modicum.model.errors import InvalidInputError

MOST_UNITS = 10**15  # of a figure that one person can move, in smallest units: far below where 64 bits end


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The largest contribution of one person: in how many cells, and how much in one, in smallest units."""

    cells: int
    most: int

    @property
    def l0(self) -> int:
        """Cells that one person can change."""
        return self.cells

    @property
    def linf(self) -> int:
        """By how much one cell can change."""
        return self.most

    @property
    def l1(self) -> int:
        """By how much the cells can change together."""
        return self.cells * self.most

    @property
    def l2(self) -> float:
        """The Euclidean length of the change, rounded up."""
        return math.nextafter(math.sqrt(self.cells) * self.most, math.inf)


def groups_of(*, max_groups: int, public_groups: int | None) -> int:
    """In how many groups one person can be.

    No more than are kept of each person, and, where the groups are public, no more than there are.
    """
    return max_groups if public_groups is None else min(max_groups, public_groups)


def persons(groups: int) -> Sensitivity:
    """People in each group: a person is one in each of their groups."""
    return Sensitivity(cells=groups, most=1)


def rows(groups: int, *, max_rows: int) -> Sensitivity:
    """Rows in each group: of each person at most `max_rows` are counted in each of their groups."""
    return _checked(groups, max_rows)


def total(groups: int, *, lower: int, upper: int, max_rows: int) -> Sensitivity:
    """Sums in each group, in smallest units.

    Each row's value is clamped to [lower, upper], and a person's total in a group to what `max_rows` such rows can
    hold, none included: [max_rows * min(lower, 0), max_rows * max(upper, 0)]. So no total is farther from zero than
    the larger of the two ends.
    """
    least, most = total_bounds(lower=lower, upper=upper, max_rows=max_rows)
    return _checked(groups, max(-least, most))


def total_bounds(*, lower: int, upper: int, max_rows: int) -> tuple[int, int]:
    """Between what a person's total in one group is clamped."""
    return max_rows * min(lower, 0), max_rows * max(upper, 0)


def centred(groups: int, *, lower: int, upper: int, max_rows: int) -> Sensitivity:
    """Sums of distances from the middle of the bounds, for a mean.

    No clamped value is farther from the middle than `reach`, and a person with more than `max_rows` rows counts as
    `max_rows` rows of their average: so no total is farther from zero than max_rows * reach.
    """
    return _checked(groups, max_rows * reach(lower=lower, upper=upper))


def middle(*, lower: int, upper: int) -> int:
    """The middle of the bounds, in whole smallest units."""
    return (lower + upper) // 2


def reach(*, lower: int, upper: int) -> int:
    """How far a clamped value can be from the middle; at least one unit."""
    centre = middle(lower=lower, upper=upper)
    return max(upper - centre, centre - lower, 1)


def bins_of(*, max_rows: int, bins: int) -> int:
    """In how many bins of one group a person is counted: one a row at most, and no more than there are."""
    return min(max_rows, bins)


def binned(groups: int, *, max_rows: int, bins: int) -> Sensitivity:
    """People in each bin of each group: a person is one in each of at most `bins_of` bins of each of their groups."""
    return Sensitivity(cells=groups * bins_of(max_rows=max_rows, bins=bins), most=1)


def magnitudes() -> Sensitivity:
    """People by the size of their largest value, over the whole population: each person is in one bin."""
    return Sensitivity(cells=1, most=1)


def _checked(cells: int, most: int) -> Sensitivity:
    if cells * most > MOST_UNITS:
        raise InvalidInputError(
            cause="one person could move a figure by more than can be counted exactly",
            cure="narrow the bounds, take fewer digits, or lower max_rows_per_person",
        )
    return Sensitivity(cells=cells, most=max(most, 1))
