"""Primary suppression: which cells may not be shown whatever else is. Pure.

Counts: 1 to 10 people (0 is shown). Sums: few contributors, a few who make up most of the sum ((n, k) dominance), or
one whose amount the second largest could reckon too closely (p %).

Source: CMS cell size suppression policy (ResDAC, 2024); Hundepool et al., Statistical Disclosure Control (2012),
section 4.2, for (n, k) and p %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

FEWEST: Final = 11
SMALL_CELLS: Final = "no cell of 1 to 10 people, shown or derivable; CMS cell size suppression policy, 2024-01-26"
"""What exact counts are held against, as refusals cite it."""
LARGE_PARTS: Final = "dominance and p % rules for sums; Hundepool et al., Statistical Disclosure Control (2012), 4.2"
"""What exact sums are held against, as refusals cite it."""


def is_small(count: int) -> bool:
    """Whether a count of people may not be shown: 1 to 10."""
    return 0 < count < FEWEST


def small_cells(values: Sequence[int]) -> frozenset[int]:
    """The places of the small counts."""
    return frozenset(place for place, value in enumerate(values) if is_small(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRule:
    """When a sum tells too much about one of those in it.

    The `largest` contributors together must not exceed `percent_of_sum` of it; and whoever knows their own amount and
    the sum must not come nearer than `percent_near` to another's.
    """

    largest: int = 2
    percent_of_sum: int = 85
    percent_near: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """One cell of sums: its amount, the people who hold any of it, and the largest single amounts, largest first.

    Whoever holds nothing hides nobody: of three who hold something among a hundred who do not, a sum tells as much as
    of the three alone. largest: without their signs. others: the people of the cell who hold nothing of it.
    """

    amount: Decimal
    persons: int
    largest: tuple[Decimal, ...]
    others: int = 0


def sum_is_sensitive(cell: Contributions, rule: SumRule) -> bool:
    """Whether a sum may not be shown: few people, dominance, or p %.

    cell.largest: as many as the rule looks at, and two at least where there are so many.
    """
    if is_small(cell.persons):
        return True
    if not cell.amount:
        return any(cell.largest)  # amounts that cancel out: whoever knows their own knows another's
    dominated = sum(cell.largest[: rule.largest]) * 100 > cell.amount * rule.percent_of_sum
    first, second = (*cell.largest, Decimal(0), Decimal(0))[:2]
    near = (cell.amount - first - second) * 100 < first * rule.percent_near
    return dominated or near
