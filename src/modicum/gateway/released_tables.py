"""The exact tables that left a home, kept so that the next one can be held against them.

`tables/RELEASE.json` says how a released table was computed and which cells bore the mark: no row and no hidden figure.
Figures are computed anew from the version of the data that the table was made of. All data sets of a population are
taken to be about the same persons, known by their keys, whatever the version: who joined or left between two tables
would else follow from them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from modicum.answer.memberships import carried_signatures
from modicum.answer.plan import Plan
from modicum.answer.statistics import Answered, Earlier
from modicum.answer.tables.earlier import KeptTable, kept_of
from modicum.custody.engine import Engine, table_path
from modicum.gateway.budget import is_noisy_case, population_of
from modicum.gateway.home import Home
from modicum.gateway.lookback import release_name
from modicum.model.dataset import Dataset
from modicum.model.errors import EvidenceError, NotFoundError
from modicum.model.forms import Form
from modicum_verify.canonical import canonical, parse_canonical

TABLES: Final = "tables"


def kept_path(release: str) -> str:
    """Where what is kept of a released table stands in the home."""
    return f"{TABLES}/{release}.json"


def kept_bytes(dataset: str, plan: Plan, answered: Answered) -> bytes:
    """What is kept of a table that is about to leave."""
    few = answered.answer.fewer_than_11
    sums = frozenset(each.column.qualified for each in plan.sums)
    return canonical(KeptTable(dataset=dataset, plan=plan, few=few, hidden=answered.hidden, sums=sums).as_document())


def earlier_tables(home: Home, dataset: Dataset) -> Earlier:
    """All exact tables that left about the population of a data set, ready to be held against a new one.

    Raises EvidenceError: what was kept of one is gone, or its version of the data is. InvalidInputError: too many
    people to carry from one version to another.
    """
    kept = [each for each in _kept(home, dataset) if not each.few]
    tables = dict(enumerate(kept, start=1))
    others: dict[tuple[str, str], dict[int, Plan]] = defaultdict(dict)
    for number, each in tables.items():
        of = (each.dataset, each.plan.dataset_version)
        if of != (dataset.name, dataset.version):
            others[of][number] = each.plan
    carried = []
    for (name, version), plans in sorted(others.items()):
        then = _as_it_was(home, dataset, name, version, plans)
        with Engine.open(home.folder, then) as engine:
            carried.append((frozenset(plans), carried_signatures(engine, plans)))
    return Earlier(tables=tables, carried=carried)


def check_kept(home: Home) -> int:
    """Read what was kept of every exact table that left; how many there are.

    Raises EvidenceError: one is gone, or is none that this version reads.
    """
    return len([kept_of(_read(home, place), place=place) for _, _, place in _left(home)])


def _kept(home: Home, dataset: Dataset) -> list[KeptTable]:
    """What is kept of the delivered tables of a population, in the order in which they left."""
    population = population_of(home, dataset.name).name
    found = [
        (index, kept_of(_read(home, place), place=place))
        for index, name, place in _left(home)
        if population_of(home, name).name == population
    ]
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def _left(home: Home) -> Iterator[tuple[int, str, str]]:
    """Of every exact table that left: the entry of its release, its data set, and where it is kept."""
    for case in home.journal.docket().cases.values():
        if case.change is not None or is_noisy_case(case.request):
            continue  # about the rules: nothing leaves by it; or with noise: the budget reckons with it
        for attempt, release in enumerate(case.releases, start=1):
            if release.aborted is None and release.content["form"] == str(Form.STATISTICS):
                yield release.index, case.request["population"]["dataset"], kept_path(release_name(case.id, attempt))


def _read(home: Home, place: str) -> dict[str, object]:
    try:
        document: dict[str, object] = parse_canonical(home.folder.read(place))
    except NotFoundError:
        raise EvidenceError(
            place=place, cause="is missing, so no new table can be held against the one that left", cure="restore it"
        ) from None
    return document


def _as_it_was(home: Home, dataset: Dataset, name: str, version: str, plans: dict[int, Plan]) -> Dataset:
    """A data set at the version of a table; its tables are found by name, and its strata stand in the rows."""
    needed = {each.base or "" for each in plans.values()}
    needed |= {bound.column.table for each in plans.values() for bound in each.conditions}
    for table in sorted(needed):
        if not home.folder.exists(table_path(name, version, table)):
            raise EvidenceError(
                place=table_path(name, version, table),
                cause="is missing, and a table that left was made of it",
                cure="restore it",
            )
    like = dataset.tables[0]
    return replace(
        dataset, name=name, version=version, tables=tuple(replace(like, name=each) for each in sorted(needed))
    )
