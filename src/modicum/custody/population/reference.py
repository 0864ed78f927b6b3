"""The public marginals that people are drawn from, as arrays ready to be searched.

Read once per call from the package's own `reference/` folder, whose README.md names sources and licences.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

STATES: Final = ("CA", "DC", "IL", "WA")
FIPS: Final = ("06", "11", "17", "53")
CHILD_BELOW: Final = 19  # CMS counts a child to the nineteenth birthday
OLDEST: Final = 85  # the last row of the ages table: 85 and over

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One jurisdiction. Cumulative arrays end in 1 and are searched with uniform numbers."""

    name: str
    fips: str
    people: int
    chip_of_children: float  # CHIP enrolment per enrolled child
    ages: Floats  # cumulative over (age 0..85) x (male, female), children and adults weighted as enrolled
    zips: Floats  # cumulative over the rows of Reference.zip_codes, flat outside the state


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """All marginals."""

    states: tuple[State, ...]
    surnames: tuple[str, ...]
    surname_shares: Floats  # cumulative
    surname_races: Floats  # surnames x 6, cumulative: white, black, api, aian, multiple, hispanic
    first_names: tuple[str, ...]
    male_shares: Floats
    female_shares: Floats
    zip_codes: tuple[str, ...]
    counties: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]


def load() -> Reference:
    """Read the shipped tables."""
    zips, surnames, firsts = _rows("zip_codes.csv"), _rows("surnames.csv"), _rows("first_names.csv")
    races = np.array([[float(value) for value in row[2:]] for row in surnames]) + 0.01
    return Reference(
        states=tuple(_state(name, zips) for name in STATES),
        surnames=tuple(row[0] for row in surnames),
        surname_shares=cumulative([float(row[1]) for row in surnames]),
        surname_races=np.cumsum(races / races.sum(axis=1, keepdims=True), axis=1),
        first_names=tuple(row[0] for row in firsts),
        male_shares=cumulative([float(row[1]) for row in firsts]),
        female_shares=cumulative([float(row[2]) for row in firsts]),
        zip_codes=tuple(row[0] for row in zips),
        counties=tuple(row[3] for row in zips),
        cities=tuple(row[4].upper() for row in zips),
        streets=tuple(row[0] for row in _rows("streets.csv")),
    )


def cumulative(weights: Sequence[float] | Floats) -> Floats:
    """Weights as cumulative shares whose last is exactly 1, so that no uniform number falls beyond it."""
    summed = np.cumsum(np.asarray(weights, dtype=np.float64))
    shares: Floats = summed / summed[-1]
    shares[-1] = 1.0
    return shares


def _rows(name: str) -> list[list[str]]:
    text = resources.files(__package__).joinpath("reference", name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


def _state(name: str, zips: Sequence[Sequence[str]]) -> State:
    weights = np.array([float(row[1]) if row[2] == name else 0.0 for row in zips])
    enrolled = next(row for row in _rows("enrolment.csv") if row[0] == name)
    people, children, chip = (int(value) for value in enrolled[3:])
    column = 1 + 2 * STATES.index(name)
    by_age = np.array([[float(row[column]), float(row[column + 1])] for row in _rows("ages.csv")])
    by_age[:CHILD_BELOW] *= children / by_age[:CHILD_BELOW].sum()
    by_age[CHILD_BELOW:] *= (people - children) / by_age[CHILD_BELOW:].sum()
    return State(
        name=name,
        fips=FIPS[STATES.index(name)],
        people=people,
        chip_of_children=chip / children,
        ages=cumulative(by_age.ravel()),
        zips=cumulative(weights),
    )
