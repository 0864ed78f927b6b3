"""A population made to be attacked: cohorts of people, and in each one target whose bit the attacker is after. Pure.

The attacker knows everybody else. A target's bit is whether they are flagged; in another version of the data it is
whether they are there at all. Bits are drawn by the seed, evenly, so that guessing gives a half.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

FEWEST, MOST = 2, 8
"""Flagged people in a cohort beside the target: so few that every count of one cohort is small."""
UNFLAGGED: Final = 15

Row: TypeAlias = tuple[str, str, str, str]
"""Key, cohort, flag and scope of one person."""
COLUMNS: Final = ("MSIS_IDENT_NUM", "cohort", "flag", "scope")
SCOPE: Final = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The planted population: by cohort the flagged people beside the target, and the target's bit."""

    seed: int
    cohorts: tuple[str, ...]
    others: tuple[int, ...]
    bits: tuple[bool, ...]

    @classmethod
    def planted(cls, *, targets: int, seed: int) -> "World":
        """Plant a population with so many cohorts, by the seed."""
        random = Random(f"world/{seed}")  # noqa: S311 - a population to attack, not a secret
        return cls(
            seed=seed,
            cohorts=tuple(f"C{place:03d}" for place in range(targets)),
            others=tuple(random.randint(FEWEST, MOST) for _ in range(targets)),
            bits=tuple(random.random() < 0.5 for _ in range(targets)),  # noqa: PLR2004 - a fair coin
        )

    def flagged(self, place: int) -> int:
        """The true count of flagged people in one cohort."""
        return self.others[place] + int(self.bits[place])

    def rows(self, *, with_targets: bool = True) -> list[Row]:
        """One row a person. Without targets: the version of the data before they came."""
        return [row for place in range(len(self.cohorts)) for row in self._cohort(place, with_targets=with_targets)]

    def _cohort(self, place: int, *, with_targets: bool) -> Iterator[Row]:
        cohort = self.cohorts[place]
        yield from ((f"{cohort}-y{number}", cohort, "Y", SCOPE) for number in range(self.others[place]))
        yield from ((f"{cohort}-n{number}", cohort, "N", SCOPE) for number in range(UNFLAGGED))
        if with_targets:
            yield f"{cohort}-t", cohort, "Y" if self.bits[place] else "N", SCOPE
