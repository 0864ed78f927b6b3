"""Ages, sexes, and who lives with whom, where: the people of one state in one chunk.

Ages and sexes are drawn one by one from the state's marginal and then put into households, so that the marginal
holds whatever the households are: adults of like age share a household at times, and children go to a household
whose head is of an age to be their parent.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.custody.population.assumptions import (
    AS_OF,
    CHILD_ALONE,
    COUPLES,
    PARENT_GAP_YEARS,
    PARENTS,
    SAME_ADDRESS,
    SAME_SURNAME,
    UNITS,
    day,
)
from modicum.custody.population.reference import CHILD_BELOW, OLDEST, Flags, Ints, Reference, State

YEAR_DAYS: Final = 365.2425
OLD: Final = 65
LAST_AGE: Final = 104
RACES: Final = ("1", "2", "3", "4", "6", "7")  # TAF RACE_ETHNICITY_FLAG; 5 is within Census "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """People of one state, a household together, the oldest first. All arrays have one entry a person."""

    state: State
    household: Ints  # 0.. within this state and chunk
    members: Ints  # of the person's household
    age: Ints
    female: Flags
    birth: Ints  # days since 1970-01-01
    surname: Ints  # index into the reference, as are those below
    first_name: Ints
    race: Ints  # index into RACES
    zip_code: Ints
    street: Ints
    house_number: Ints
    unit: Ints  # 0: none
    taste: Ints  # 0..9999, one draw a household, for language and phone area

    @property
    def child(self) -> Flags:
        """Under 19, as CMS counts children."""
        made: Flags = self.age < CHILD_BELOW
        return made


def settle(state: State, people: int, reference: Reference, rng: np.random.Generator) -> People:
    """Draw `people` people of one state and house them."""
    drawn = np.searchsorted(state.ages, rng.random(people), side="right")
    age, female = drawn // 2, drawn % 2 == 1
    beyond = np.minimum(rng.geometric(0.16, people) - 1, LAST_AGE - OLDEST)
    age = np.where(age == OLDEST, OLDEST + beyond, age)
    household = _house(age, rng)
    order = np.lexsort((-age, household))
    age, female, household = age[order], female[order], household[order]
    members = np.bincount(household)[household]
    into_year = rng.random(people)
    birth = day(AS_OF) - np.floor((age + into_year) * YEAR_DAYS).astype(np.int64)
    surname, race, taste = _family(household, reference, rng)
    return People(
        state=state,
        household=household,
        members=members,
        age=age,
        female=female,
        birth=birth,
        surname=surname,
        first_name=_first_names(female, reference, rng),
        race=race,
        taste=taste,
        **_addresses(state, household, reference, rng),
    )


def _house(age: Ints, rng: np.random.Generator) -> Ints:
    """A household number for each person, 0.. without gaps, in no order of age."""
    household = np.full(len(age), -1, dtype=np.int64)
    adults = np.flatnonzero(age >= CHILD_BELOW)
    adults = adults[np.argsort(age[adults] + rng.normal(0.0, 3.0, len(adults)), kind="stable")]
    # 1. adults next to each other in age: some pairs become couples, led by the first of the two
    pair = np.arange(len(adults)) // 2
    couple = rng.random(len(adults) // 2 + 1) < COUPLES
    starts = (np.arange(len(adults)) % 2 == 0) | ~couple[pair]
    household[adults] = np.cumsum(starts) - 1
    heads = age[adults[starts]]
    # 2. children: to a household whose head is of an age to be the parent, where there is one
    children = np.flatnonzero(age < CHILD_BELOW)
    gap = rng.normal(*PARENT_GAP_YEARS, len(children))
    wanted = np.clip(np.rint(age[children] + gap), CHILD_BELOW, OLD - 1).astype(np.int64)
    parents = np.flatnonzero((heads < OLD) & (rng.random(len(heads)) < PARENTS))
    spare = np.arange(len(children)) + len(heads)
    if len(parents):
        parents = parents[np.argsort(heads[parents], kind="stable")]
        left = np.searchsorted(heads[parents], wanted, side="left")
        right = np.searchsorted(heads[parents], wanted, side="right")
        chosen = left + np.floor(rng.random(len(children)) * (right - left)).astype(np.int64)
        housed = parents[np.minimum(chosen, len(parents) - 1)]
        household[children] = np.where(rng.random(len(children)) < CHILD_ALONE, spare, housed)
    else:
        household[children] = spare
    # 3. shuffled numbers, so that the order of the file does not follow age
    _, dense = np.unique(household, return_inverse=True)
    shuffled = rng.permutation(int(dense.max()) + 1)
    made: Ints = shuffled[dense]
    return made


def _family(household: Ints, reference: Reference, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Surnames, mostly one a household; race and ethnicity as people of that surname gave it to the Census."""
    homes, people = int(household.max()) + 1, len(household)
    shared = np.searchsorted(reference.surname_shares, rng.random(homes), side="right")
    own = np.searchsorted(reference.surname_shares, rng.random(people), side="right")
    surname = np.where(rng.random(people) < SAME_SURNAME, shared[household], own)
    draw = rng.random(homes)[household]
    race = (reference.surname_races[surname] < draw[:, None]).sum(axis=1)
    taste = rng.integers(0, 10_000, homes)[household]
    return surname, np.minimum(race, len(RACES) - 1), taste


def _first_names(female: Flags, reference: Reference, rng: np.random.Generator) -> Ints:
    draw = rng.random(len(female))
    women = np.searchsorted(reference.female_shares, draw, side="right")
    men = np.searchsorted(reference.male_shares, draw, side="right")
    return np.where(female, women, men)


def _addresses(state: State, household: Ints, reference: Reference, rng: np.random.Generator) -> dict[str, Ints]:
    """One address a household; a few members have another."""
    homes, people = int(household.max()) + 1, len(household)
    moved = np.flatnonzero(rng.random(people) >= SAME_ADDRESS)
    place = household.copy()
    place[moved] = homes + np.arange(len(moved))
    places = homes + len(moved)
    return {
        "zip_code": np.searchsorted(state.zips, rng.random(places), side="right")[place],
        "street": rng.integers(0, len(reference.streets), places)[place],
        "house_number": rng.integers(1, 9_900, places)[place],
        "unit": np.where(rng.random(places) < UNITS, rng.integers(1, 40, places), 0)[place],
    }
