"""What statistics disclosed of people, as the log tells it: budgets that were spent from, exact tables that left. Pure.

A release of an exact table names its population and the digest of what its home keeps of it. A log that continues
another binds each data set to its population (`bound`), opens each budget with what is left of it, and takes over each
table (`table`), so that no rotation makes anything forgotten. Where the log before is damaged so that it can no longer
tell, `lost` says so, and of what is lost nothing more is disclosed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from modicum_verify.budget import Budget, open_budget, spend_from
from modicum_verify.case_state import CaseState, Release
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What was disclosed so far. bound: of each data set that statistics were made of, its population.

    budgets: by population. tables: those that left under the logs before this one, by data set and digest, each with
    the entry that took it over. lost: `budgets`, `tables` or both, where a log before this one can no longer tell.
    """

    budgets: Mapping[str, Budget] = field(default_factory=dict)
    bound: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def tables_left(self, cases: Mapping[str, CaseState]) -> set[tuple[str, str]]:
        """All exact tables that left under the log and those before it, by data set and digest."""
        own = {
            (case.request["population"]["dataset"], release.content["table"]["sha256"])
            for case, _, release in exact_releases(cases)
        }
        return own | set(self.tables)


def exact_releases(cases: Mapping[str, CaseState]) -> Iterator[tuple[CaseState, int, Release]]:
    """Every release of an exact table that was not aborted: its case, which attempt of it (from 1), and itself."""
    for case in cases.values():
        for attempt, release in enumerate(case.releases, start=1):
            if release.aborted is None and "table" in release.content:
                yield case, attempt, release


def disclosed(before: Disclosed, entry: Entry, *, cases: Mapping[str, CaseState], continues: bool) -> Disclosed:
    """Fold one entry, after its case. continues: whether the log continues another.

    Raises EvidenceError: what is disclosed is told by somebody else than the gateway, or as the kind does not allow; or
    it is of what is lost.
    """
    if entry.kind == "released":
        return _released(before, entry, cases[str(entry.case)].request)
    if entry.kind not in _FOLDED:
        return before
    content = entry.content or {}
    if entry.actor != GATEWAY or entry.case is not None:
        raise EvidenceError(place=entry.place, cause="what is disclosed is kept by the gateway, outside every case")
    if not continues and entry.kind in {"bound", "table", "lost"}:
        raise EvidenceError(place=entry.place, cause="takes over from a log before, and this one continues no other")
    if entry.kind == "spent" and content["case"] not in cases:
        raise EvidenceError(place=entry.place, cause="spends for a case that was never filed")
    return _FOLDED[entry.kind](before, entry, content)


def asks_noise(request: Mapping[str, Any]) -> bool:
    """Whether a request asks for figures with noise, so that an answer in numbers is no exact table."""
    table = request.get("statistics")
    return isinstance(table, Mapping) and table.get("mechanism") == "noise"


def _released(before: Disclosed, entry: Entry, request: Mapping[str, Any]) -> Disclosed:
    """A release of an exact table fixes its population and what is kept of it, and no other does."""
    content = entry.content or {}
    exact = content["form"] == "statistics" and not asks_noise(request)
    if exact != ("table" in content):
        what = "does not fix what is kept of its table" if exact else "fixes a table, and none leaves"
        raise EvidenceError(place=entry.place, cause=what)
    if not exact:
        return before
    population = request.get("population")
    dataset = population.get("dataset") if isinstance(population, Mapping) else None
    if not isinstance(dataset, str):
        raise EvidenceError(place=entry.place, cause="is of a table about no data set")
    _refuse_lost(before, entry, "tables")
    return replace(before, bound=_bound(before, entry, content["table"]["population"], dataset))


def _bind(before: Disclosed, entry: Entry, content: Mapping[str, Any]) -> Disclosed:
    return replace(before, bound=_bound(before, entry, content["population"], *content["datasets"]))


def _opened(before: Disclosed, entry: Entry, content: Mapping[str, Any]) -> Disclosed:
    _refuse_lost(before, entry, "budgets")
    budget = open_budget(entry, content, before.budgets)
    return replace(before, budgets={**before.budgets, budget.population: budget})


def _spent(before: Disclosed, entry: Entry, content: Mapping[str, Any]) -> Disclosed:
    _refuse_lost(before, entry, "budgets")
    bound = _bound(before, entry, content["population"], content["dataset"])
    budget = spend_from(entry, content, before.budgets)
    return replace(before, budgets={**before.budgets, budget.population: budget}, bound=bound)


def _table(before: Disclosed, entry: Entry, content: Mapping[str, Any]) -> Disclosed:
    _refuse_lost(before, entry, "tables")
    key = (content["dataset"], content["table_sha256"])
    if key in before.tables:
        raise EvidenceError(place=entry.place, cause="takes over a table a second time")
    if content["dataset"] not in before.bound:
        raise EvidenceError(place=entry.place, cause="takes over a table of no population")
    return replace(before, tables={**before.tables, key: entry.index})


def _lost(before: Disclosed, entry: Entry, content: Mapping[str, Any]) -> Disclosed:
    del entry
    return replace(before, lost=before.lost | set(content["of"]))


def _refuse_lost(before: Disclosed, entry: Entry, what: str) -> None:
    if what in before.lost:
        raise EvidenceError(place=entry.place, cause=f"discloses more, and what {what} told before is lost")


def _bound(before: Disclosed, entry: Entry, population: str, *datasets: str) -> Mapping[str, str]:
    if any(before.bound.get(name, population) != population for name in datasets):
        raise EvidenceError(place=entry.place, cause="gives a data set to another population than before")
    return {**before.bound, **dict.fromkeys(datasets, population)}


_FOLDED: Final[Mapping[str, Callable[[Disclosed, Entry, Mapping[str, Any]], Disclosed]]] = {
    "bound": _bind,
    "budget": _opened,
    "spent": _spent,
    "table": _table,
    "lost": _lost,
}
