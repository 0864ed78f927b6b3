"""The budget of a home: what may ever be lost about a population, what was spent of it, and what is left.

The first question about a population enters its total in the log, and from then
on the log alone counts: a total is never raised, and a data set never changes its population.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from modicum.answer.charge import Charge
from modicum.answer.noise import epsilon_of, rho_of
from modicum.gateway.home import Home
from modicum.gateway.populations import Population, populations
from modicum.model.errors import BudgetSpentError, InvalidInputError, NotFoundError
from modicum.model.forms import Form
from modicum_verify.budget import Budget, Spending, amount, units
from modicum_verify.disclosed import asks_noise
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket

STANDING_SCHEMA: Final = "modicum.budget/1"
_SCALE: Final = -18


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One question that was paid for."""

    entry: int
    at: str
    case: str
    dataset: str
    dataset_version: str
    question_sha256: str
    rho: Decimal
    delta: Decimal

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "entry": self.entry,
            "at": self.at,
            "case": self.case,
            "dataset": self.dataset,
            "dataset_version": self.dataset_version,
            "question_sha256": self.question_sha256,
            "rho": _plain(self.rho),
            "delta": _plain(self.delta),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A release that no budget covers: an exact table, a match, records."""

    case: str
    form: str
    at: str
    entry: int

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {"case": self.case, "form": self.form, "at": self.at, "entry": self.entry}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the budget of a population stands, in rho and as epsilon at the declared delta.

    opened: the entry that fixed the total; None while nothing was ever spent. spent: every charge, oldest first.
    not_covered: what left about the population's data sets by another way than noise. lost: the log before this one can
    no longer tell what was spent, so nothing is left.
    """

    population: str
    opened: int | None
    declared_epsilon: Decimal
    declared_delta: Decimal
    rho_total: Decimal
    rho_spent: Decimal
    delta_total: Decimal
    delta_spent: Decimal
    epsilon_spent: Decimal
    epsilon_left: Decimal
    spent: tuple[Spent, ...]
    not_covered: tuple[Uncovered, ...]
    lost: bool

    @property
    def rho_left(self) -> Decimal:
        """What later questions may cost."""
        return self.rho_total - self.rho_spent

    @property
    def delta_left(self) -> Decimal:
        """The delta that later questions may cost."""
        return self.delta_total - self.delta_spent

    def covers(self, charge: Charge) -> bool:
        """Whether as much is left."""
        return charge.rho <= self.rho_left and charge.delta <= self.delta_left

    def as_document(self) -> dict[str, Any]:
        """As published JSON, one of the populations of docs/reference/schemas/budget.json."""
        return {
            "population": self.population,
            "opened": self.opened,
            "declared": {"epsilon": _plain(self.declared_epsilon), "delta": _plain(self.declared_delta)},
            "total": {"rho": _plain(self.rho_total), "delta": _plain(self.delta_total)},
            "spent": {
                "rho": _plain(self.rho_spent),
                "delta": _plain(self.delta_spent),
                "epsilon": _plain(self.epsilon_spent),
            },
            "left": {
                "rho": _plain(self.rho_left),
                "delta": _plain(self.delta_left),
                "epsilon": _plain(self.epsilon_left),
            },
            "questions": [each.as_document() for each in self.spent],
            "not_covered": [each.as_document() for each in self.not_covered],
            "lost": self.lost,
        }


def standing(home: Home, population: str | None = None) -> Standing:
    """How the budget of a population stands; of the home's only one where none is named.

    Raises NotFoundError: no population of that name. InvalidInputError: several, and none is named.
    """
    docket = home.journal.docket()
    known = _known(docket, populations(home))
    if population is None and len(known) != 1:
        raise InvalidInputError(cause="this home has several populations", cure=f"name one of: {', '.join(known)}")
    name = population or next(iter(known))
    if name not in known:
        raise NotFoundError(cause=f"there is no population {name}", cure=f"known are: {', '.join(known)}")
    return _standing(docket, known[name], known)


def standings(home: Home) -> list[Standing]:
    """The budgets of all populations, declared, spent from, or of which exact tables left."""
    return [standing(home, name) for name in _known(home.journal.docket(), populations(home))]


def population_of(home: Home, dataset: str) -> Population:
    """The population of a data set: the one that statistics of it were about before, else the one that is declared."""
    docket = home.journal.docket()
    known = _known(docket, populations(home))
    bound = docket.disclosed.bound.get(dataset)
    if bound is not None:
        return known[bound]
    named = (each for each in known.values() if each.datasets is not None and dataset in each.datasets)
    return next(named, None) or next(each for each in known.values() if each.datasets is None)


def _known(docket: Docket, declared: Mapping[str, Population]) -> dict[str, Population]:
    """The declared populations, and those that stand in the log and are declared no more.

    Of such a one the total is what the log says, or, where nothing was spent yet, that of all other data sets.
    """
    rest = next(each for each in declared.values() if each.datasets is None)
    known = dict(declared)
    for name in sorted({*docket.budgets, *docket.disclosed.bound.values()} - set(declared)):
        budget = docket.budgets.get(name)
        known[name] = replace(
            rest,
            name=name,
            datasets=frozenset(),
            epsilon=rest.epsilon if budget is None else Decimal(budget.epsilon),
            delta=rest.delta if budget is None else Decimal(budget.at_delta),
        )
    return known


def check_left(home: Home, *, dataset: str, charge: Charge) -> Standing:
    """The budget that a question would be charged to. Raises BudgetSpentError: less is left than it costs."""
    found = standing(home, population_of(home, dataset).name)
    if not found.covers(charge):
        raise _too_little(found, charge)
    return found


def spend(home: Home, *, case: str, dataset: str, dataset_version: str, question_sha256: str, charge: Charge) -> Entry:
    """Take the charge of one question from the budget of its population; durable on return, before any answer exists.

    Raises BudgetSpentError: less is left than it costs; the log is then as it was, save that the total stands in it.
    """
    population = population_of(home, dataset)
    with home.journal.locked():
        if "budgets" in home.journal.docket().disclosed.lost:
            raise _too_little(standing(home, population.name), charge)
        if population.name not in home.journal.docket().budgets:
            home.journal.record("budget", _opening(population), case=None, actor="gateway")
        budget = home.journal.docket().budgets[population.name]
        rho, delta = _units(charge.rho), _units(charge.delta)
        if not budget.covers(rho=rho, delta=delta):
            raise _too_little(standing(home, population.name), charge)
        content = {
            "population": population.name,
            "case": case,
            "dataset": dataset,
            "dataset_version": dataset_version,
            "question_sha256": question_sha256,
            "rho": amount(rho),
            "delta": amount(delta),
        }
        return home.journal.record("spent", content, case=None, actor="gateway")


def asking(home: Home, *, timeout_s: float = 60.0) -> AbstractContextManager[None]:
    """Hold the budget for one question, from looking for a kept answer to keeping a new one."""
    return home.folder.lock("budget", timeout_s=timeout_s)


def in_words(found: Standing) -> list[str]:
    """How a budget stands, for a reader who has never heard of it."""
    share = (found.rho_left / (found.rho_total or 1) * 100).quantize(Decimal("0.1"))
    spent, declared = _short(found.epsilon_spent), _short(found.declared_epsilon)
    asked = f"{len(found.spent)} question{'s' * (len(found.spent) != 1)}"
    more, others = _short(found.epsilon_left), len(found.not_covered)
    return [
        f"population {found.population}: {share} % of its budget is left, for all askers together and for good",
        f"spent: epsilon {spent} of {declared} at delta {found.declared_delta:.0e}, by {asked}; nothing refills it",
        f"left: rho {_short(found.rho_left)}, which one last question would use up at epsilon {more}",
        *(["what was spent before is lost with the log before this one, so nothing is left"] * found.lost),
        f"not covered: {others} release{'s' * (others != 1)} without noise (exact tables, matches, records)",
    ]


def _standing(docket: Docket, population: Population, known: Mapping[str, Population]) -> Standing:
    name, lost = population.name, "budgets" in docket.disclosed.lost
    budget = docket.budgets.get(name)
    ledger = budget or _as_if_open(population, lost=lost)
    delta = Decimal(ledger.at_delta)
    rho_spent, delta_spent = _decimal(ledger.rho_spent), _decimal(ledger.delta_spent)
    rho_left = _decimal(ledger.rho) - rho_spent
    return Standing(
        population=name,
        opened=None if budget is None else budget.index,
        declared_epsilon=Decimal(ledger.epsilon),
        declared_delta=delta,
        rho_total=_decimal(ledger.rho),
        rho_spent=rho_spent,
        delta_total=_decimal(ledger.delta),
        delta_spent=delta_spent,
        epsilon_spent=epsilon_of(rho_spent, delta / 2),
        epsilon_left=epsilon_of(rho_left, delta / 2),
        spent=tuple(_spent(each) for each in ledger.spendings),
        not_covered=_uncovered(docket, _datasets(docket, population, known)),
        lost=lost,
    )


def _spent(each: Spending) -> Spent:
    return Spent(
        entry=each.index,
        at=each.at,
        case=each.case,
        dataset=each.dataset,
        dataset_version=each.dataset_version,
        question_sha256=each.question_sha256,
        rho=_decimal(each.rho),
        delta=_decimal(each.delta),
    )


def _datasets(docket: Docket, population: Population, known: Mapping[str, Population]) -> set[str]:
    """The data sets of a population: those that the log binds to it, and those that are declared and bound to none."""
    bound = docket.disclosed.bound
    named = {each for other in known.values() for each in other.datasets or ()}
    wanted = set(docket.datasets) - named if population.datasets is None else set(population.datasets)
    return {each for each, owner in bound.items() if owner == population.name} | (wanted - set(bound))


def _uncovered(docket: Docket, datasets: set[str]) -> tuple[Uncovered, ...]:
    """What was delivered about some data sets without noise."""
    return tuple(
        Uncovered(case=case.id, form=str(release.content["form"]), at=release.at, entry=release.index)
        for case in docket.cases.values()
        for release in case.releases
        if release.delivered is not None
        and case.request["population"]["dataset"] in datasets
        and not (asks_noise(case.request) and release.content["form"] == str(Form.STATISTICS))
    )


def _opening(population: Population) -> dict[str, Any]:
    """A total as the log holds it: half of the delta for the conversion from rho, half for keys that are selected."""
    half = population.delta / 2
    return {
        "population": population.name,
        "epsilon": _plain(population.epsilon),
        "at_delta": _plain(population.delta),
        "rho": _plain(rho_of(population.epsilon, half)),
        "delta": _plain(half),
    }


def _as_if_open(population: Population, *, lost: bool) -> Budget:
    """The ledger that a first question would open; with nothing in it where what was spent before is lost."""
    content = _opening(population) | ({"rho": "0", "delta": "0"} if lost else {})
    return Budget(
        population=population.name,
        index=-1,
        at="",
        epsilon=content["epsilon"],
        at_delta=content["at_delta"],
        rho=units(content["rho"]),
        delta=units(content["delta"]),
    )


def _too_little(found: Standing, charge: Charge) -> BudgetSpentError:
    return BudgetSpentError(
        cause=f"the question costs rho {_short(charge.rho)} and delta {charge.delta:.0e}, and the population"
        f" {found.population} has rho {_short(found.rho_left)} and delta {found.delta_left:.0e} left of"
        f" {_short(found.rho_total)}, for all askers and for good",
        cure="ask with a smaller epsilon, fewer measures or coarser groups; see `modicum budget show`",
    )


def _units(amount_: Decimal) -> int:
    """Whole 10^-18, rounded up."""
    return -int(-amount_.scaleb(-_SCALE) // 1)


def _decimal(units_: int) -> Decimal:
    return Decimal(units_).scaleb(_SCALE)


def _plain(value: Decimal) -> str:
    return amount(_units(value))


def _short(value: Decimal) -> str:
    return f"{value:.3g}"
