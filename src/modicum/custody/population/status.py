"""What is true of a person's immigration status, and which money covers them: drawn apart, never one from the other.

Each person has a score, mostly their household's, so that status runs in households and households are mixed
(children are likelier citizens). The programmes take the lowest scores among those of the right age; the truth of
the people inside a programme is then a mixture, as in the real file: emergency cover goes to people who are not
lawfully present, to people who are, and to citizens who could not be verified in time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.custody.population.assumptions import (
    CHILD_OFFSET,
    CITIZEN,
    DACA,
    DACA_AGES,
    EMERGENCY,
    HOUSEHOLD_PULL,
    LAWFUL_SHARES,
    LPR,
    NOT_LAWFUL,
    OTHER,
    STATE_ONLY,
    TRUE_STATUS,
    day,
)
from modicum.custody.population.households import People
from modicum.custody.population.reference import Flags, Floats, Ints, cumulative

SCOPES: Final = ("full_scope", "emergency", "state_only")
FULL, EMERGENCY_ONLY, STATE_MONEY = range(3)
NO_END: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One entry a person."""

    status: Ints  # index into assumptions.STATUSES: the truth, known to nobody in the data
    scope: Ints  # index into SCOPES
    ended: Ints  # day on which the programme ended, NO_END where it has not
    mixed: Flags  # a citizen who lives with somebody without lawful status


def stand(people: People, rng: np.random.Generator) -> Standing:
    """Draw programme and status of the people of one state."""
    count, state = len(people.age), people.state
    own = np.sqrt(1 - HOUSEHOLD_PULL**2) * rng.standard_normal(count)
    home = HOUSEHOLD_PULL * rng.standard_normal(int(people.household.max()) + 1)[people.household]
    score: Floats = home + own + CHILD_OFFSET * people.child
    scope = np.zeros(count, dtype=np.int64)
    ended = np.full(count, NO_END, dtype=np.int64)
    # 1. state money: each cohort takes the lowest scores among its ages
    for cohort in STATE_ONLY[state.name]:
        fit = (scope == FULL) & (people.age >= cohort.youngest) & (people.age <= cohort.oldest)
        taken = _lowest(score, fit, _share(cohort.people / state.people, count, rng))
        scope[taken] = STATE_MONEY
        ended[taken] = NO_END if cohort.ended is None else day(cohort.ended)
    # 2. emergency cover alone
    scope[_lowest(score, scope == FULL, _share(EMERGENCY[state.name], count, rng))] = EMERGENCY_ONLY
    # 3. the truth
    status = _truth(people, scope, score, rng)
    irregular = np.isin(status, (NOT_LAWFUL, DACA))
    beside = np.bincount(people.household, weights=irregular)[people.household] > 0
    return Standing(status=status, scope=scope, ended=ended, mixed=(status == CITIZEN) & beside)


def _truth(people: People, scope: Ints, score: Floats, rng: np.random.Generator) -> Ints:
    status = np.full(len(scope), CITIZEN, dtype=np.int64)
    for code, name in ((EMERGENCY_ONLY, "emergency"), (STATE_MONEY, "state_only")):
        inside = np.flatnonzero(scope == code)
        status[inside] = np.searchsorted(cumulative(TRUE_STATUS[name]), rng.random(len(inside)), side="right")
    full, share = scope == FULL, LAWFUL_SHARES[people.state.name]
    # others first: their scores are next to those without status, so that households mix all kinds
    for code, part in ((OTHER, share[1]), (LPR, share[0])):
        free = full & (status == CITIZEN)
        status[_lowest(score, free, _share(part, int(full.sum()), rng))] = code
    youngest, oldest = DACA_AGES
    status[(status == DACA) & ((people.age < youngest) | (people.age > oldest))] = NOT_LAWFUL
    return status


def _share(share: float, count: int, rng: np.random.Generator) -> int:
    """Share of a count as a whole number, the fraction drawn, so that small chunks are right on average."""
    return int(share * count + rng.random())


def _lowest(score: Floats, fit: Flags, count: int) -> Ints:
    """The positions of the `count` lowest scores among those that fit."""
    places = np.flatnonzero(fit)
    if count < len(places):
        places = places[np.argpartition(score[places], count)[:count]] if count else places[:0]
    return places
