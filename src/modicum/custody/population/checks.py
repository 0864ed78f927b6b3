"""Responses of status checks: the only evidence of status, for a part of the people, now and then stale or twice.

One row a response: MSIS_IDENT_NUM, STATUS, SOURCE, CHECKED_DT. People without a row are of unknown status.
"""

from typing import Final

import numpy as np

from modicum.custody.population import arrow
from modicum.custody.population import assumptions as assumed
from modicum.custody.population.arrow import Column
from modicum.custody.population.assumptions import CITIZEN, STATUSES
from modicum.custody.population.reference import Ints
from modicum.custody.population.status import Standing

ANSWERS: Final = (*STATUSES, "citizen_in_mixed_status_household")
MIXED: Final = len(STATUSES)
SOURCES: Final = ("SSA", "SAVE", "STATE_DOCUMENT")
EARLIEST_DAYS: Final = 900
RECHECK_DAYS: Final = 200


def check(standing: Standing, ids: Column, rng: np.random.Generator) -> dict[str, Column]:
    """The status_check table of the people of one state, in their order."""
    count = len(standing.status)
    asked = rng.random(count) < np.array(assumed.CHECKED)[standing.status]
    again = asked & (rng.random(count) < assumed.CHECK_TWICE)
    person = np.sort(np.concatenate([np.flatnonzero(asked), np.flatnonzero(again)]))
    second = np.zeros(len(person), dtype=np.bool_)
    second[1:] = person[1:] == person[:-1]
    answer = np.where(standing.mixed, MIXED, standing.status)[person]
    wrong = rng.random(len(person)) < np.where(second, assumed.CHECK_DISAGREES, assumed.CHECK_STALE)
    answer = np.where(wrong, _another(answer, rng), answer)
    citizen = np.isin(answer, (CITIZEN, MIXED))
    document = rng.random(len(person)) < assumed.CHECKED_BY_DOCUMENT
    source = np.where(document, 2, np.where(citizen, 0, 1))
    ago = np.where(
        second, rng.integers(0, RECHECK_DAYS, len(person)), rng.integers(RECHECK_DAYS, EARLIEST_DAYS, len(person))
    )
    return {
        "MSIS_IDENT_NUM": arrow.take(ids, person),
        "STATUS": arrow.words(ANSWERS, answer),
        "SOURCE": arrow.words(SOURCES, source),
        "CHECKED_DT": arrow.days(assumed.day(assumed.AS_OF) - ago),
    }


def _another(answer: Ints, rng: np.random.Generator) -> Ints:
    made: Ints = (answer + rng.integers(1, len(ANSWERS), len(answer))) % len(ANSWERS)
    return made
