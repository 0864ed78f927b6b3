"""Populations: which data sets of a home are about the same persons, and what may ever be lost about these.

`budget.toml` declares them; without it all data sets of a home are about one population, `persons`, so that registering
data anew refills nothing. What is declared counts until the first answer: then the population of the data set stands in
the log for good, and, where the answer has noise, the total.
"""

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from modicum.gateway.home import Home
from modicum.model.errors import InvalidInputError

BUDGET_FILE: Final = "budget.toml"
BUDGET_FILE_SCHEMA: Final = "modicum.budgets/1"
DEFAULT_POPULATION: Final = "persons"
DEFAULT_EPSILON: Final = Decimal(4)
DEFAULT_DELTA: Final = Decimal("0.000000001")
MOST_EPSILON: Final = Decimal(50)
_NAME: Final = r"[a-z0-9][a-z0-9-]{0,62}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """A lineage of persons as declared: the data sets about them, and all that may be lost, as epsilon at a delta.

    datasets: None for the population of all data sets that no other one names.
    """

    name: str
    datasets: frozenset[str] | None
    epsilon: Decimal
    delta: Decimal


def populations(home: Home) -> dict[str, Population]:
    """The populations that a home declares, by name; the one of all other data sets is the last.

    Raises InvalidInputError: `budget.toml` is not what it should be.
    """
    rest = Population(name=DEFAULT_POPULATION, datasets=None, epsilon=DEFAULT_EPSILON, delta=DEFAULT_DELTA)
    if not home.folder.exists(BUDGET_FILE):
        return {rest.name: rest}
    declared = _read(home.folder.read(BUDGET_FILE))
    if all(each.datasets is not None for each in declared.values()):
        if rest.name in declared:
            raise InvalidInputError(
                cause=f"{BUDGET_FILE} gives data sets to {rest.name}, which is the population of all others",
                cure="give it another name, or declare the population of all others, without datasets",
            )
        declared |= {rest.name: rest}
    return declared


def _read(data: bytes) -> dict[str, Population]:
    cure = "see docs/reference/statistics.md, The budget file"
    try:
        found = tomllib.loads(data.decode("utf-8"), parse_float=Decimal)
    except ValueError:
        raise InvalidInputError(cause=f"{BUDGET_FILE} is not TOML", cure=cure) from None
    entries = found.get("populations")
    if (
        set(found) != {"schema", "populations"}
        or found["schema"] != BUDGET_FILE_SCHEMA
        or not isinstance(entries, list)
    ):
        raise InvalidInputError(cause=f"{BUDGET_FILE} needs schema and [[populations]], no more", cure=cure)
    declared = [_population(each) for each in entries]
    named = [each for population in declared for each in population.datasets or ()]
    rest = [population for population in declared if population.datasets is None]
    if len({each.name for each in declared}) != len(declared) or len(set(named)) != len(named) or len(rest) > 1:
        raise InvalidInputError(cause=f"{BUDGET_FILE} names a population or a data set twice", cure=cure)
    return {each.name: each for each in sorted(declared, key=lambda each: each.datasets is None)}


def _population(entry: Any) -> Population:  # noqa: ANN401 - raw input
    wrong = InvalidInputError(
        cause=f"a population in {BUDGET_FILE} needs name, epsilon (up to {MOST_EPSILON}), delta (below 1 in 100,000),"
        " and perhaps datasets",
        cure="see docs/reference/statistics.md, The budget file",
    )
    try:
        good = set(entry) <= {"name", "datasets", "epsilon", "delta"}
        epsilon, delta = Decimal(entry["epsilon"]), Decimal(entry["delta"])
        datasets = entry.get("datasets")
        texts = datasets is None or (isinstance(datasets, list) and all(isinstance(each, str) for each in datasets))
        good = good and texts and re.fullmatch(_NAME, entry["name"]) is not None and 0 < epsilon <= MOST_EPSILON
        good = good and Decimal("1e-15") <= delta <= Decimal("1e-5")
    except (KeyError, TypeError, AttributeError, InvalidOperation):
        raise wrong from None
    if not good:
        raise wrong
    return Population(
        name=entry["name"],
        datasets=None if datasets is None else frozenset(datasets),
        epsilon=epsilon,
        delta=delta,
    )
