"""The budget of privacy loss: one ledger per population, folded from the log. Never refilled, never overdrawn.

A `budget` entry opens a population with all that may ever be lost about it: rho (zero-concentrated differential
privacy) and delta. A `spent` entry takes from it, before the answer that it pays for exists. Both add up exactly, as
whole numbers of 10^-18. The gateway writes them; whoever folds the log refuses one that goes over the total, and a
second opening.

Source: rho and delta of approximate zCDP add up under adaptive composition (Bun, Steinke 2016).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError

AMOUNT: Final = r"(0|[1-9][0-9]{0,5})(\.[0-9]{0,17}[1-9])?"
_SCALE: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One question that was paid for: by which entry, for which case; its rho and delta in 10^-18."""

    index: int
    at: str
    case: str
    dataset: str
    dataset_version: str
    question_sha256: str
    rho: int
    delta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The ledger of one population; totals in 10^-18. `epsilon` and `at_delta` are how the total was declared."""

    population: str
    index: int
    at: str
    epsilon: str
    at_delta: str
    rho: int
    delta: int
    spendings: tuple[Spending, ...] = ()
    rho_spent: int = 0  # the sums of all spendings, kept as they are added
    delta_spent: int = 0

    @property
    def left(self) -> dict[str, str]:
        """What is left, as the opening of the ledger in a log that continues this one."""
        return {
            "population": self.population,
            "epsilon": self.epsilon,
            "at_delta": self.at_delta,
            "rho": amount(self.rho - self.rho_spent),
            "delta": amount(self.delta - self.delta_spent),
        }

    def covers(self, *, rho: int, delta: int) -> bool:
        """Whether as much is left."""
        return self.rho_spent + rho <= self.rho and self.delta_spent + delta <= self.delta


def units(amount: str) -> int:
    """A decimal text in whole 10^-18. Raises ValueError: not an amount as the log writes them."""
    if not re.fullmatch(AMOUNT, amount):
        raise ValueError("not an amount")
    return int(Decimal(amount).scaleb(_SCALE))


def amount(units_: int) -> str:
    """Whole 10^-18 as decimal text, the one way in which the log writes them."""
    whole, fraction = divmod(units_, 10**_SCALE)
    digits = f"{fraction:018d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def open_budget(entry: Entry, content: Mapping[str, Any], budgets: Mapping[str, Budget]) -> Budget:
    """Open the ledger of a population. Raises EvidenceError: it is open already, since a total is set once."""
    if content["population"] in budgets:
        raise EvidenceError(place=entry.place, cause="sets the budget of a population a second time")
    return Budget(
        population=content["population"],
        index=entry.index,
        at=entry.at,
        epsilon=content["epsilon"],
        at_delta=content["at_delta"],
        rho=units(content["rho"]),
        delta=units(content["delta"]),
    )


def spend_from(entry: Entry, content: Mapping[str, Any], budgets: Mapping[str, Budget]) -> Budget:
    """Take one charge from its ledger.

    Raises EvidenceError: no such ledger, less is left than it costs, or nothing is paid.
    """
    budget = budgets.get(content["population"])
    if budget is None:
        raise EvidenceError(place=entry.place, cause="spends from a budget that was never opened")
    spent = Spending(
        index=entry.index,
        at=entry.at,
        case=content["case"],
        dataset=content["dataset"],
        dataset_version=content["dataset_version"],
        question_sha256=content["question_sha256"],
        rho=units(content["rho"]),
        delta=units(content["delta"]),
    )
    if spent.rho <= 0:
        raise EvidenceError(place=entry.place, cause="spends nothing")
    if not budget.covers(rho=spent.rho, delta=spent.delta):
        raise EvidenceError(place=entry.place, cause="spends more than the budget of its population has left")
    return replace(
        budget,
        spendings=(*budget.spendings, spent),
        rho_spent=budget.rho_spent + spent.rho,
        delta_spent=budget.delta_spent + spent.delta,
    )
