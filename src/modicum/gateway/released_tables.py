"""The exact tables that left a home, kept so that the next one can be held against them.

`tables/RELEASE.json` says how a released table was computed and which cells bore the mark: no row and no hidden figure;
`tables/DIGEST.json` the same of one that left under a log before this one. The log holds the digest of each. Figures
are computed anew from the version of the data that the table was made of. All data sets of a population are
taken to be about the same persons, known by their keys, whatever the version: who joined or left between two tables
would else follow from them.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from modicum.answer.memberships import carried_signatures
from modicum.answer.plan import Plan
from modicum.answer.statistics import Answered, Earlier
from modicum.answer.tables.earlier import KeptTable, kept_of
from modicum.answer.tables.primary import SMALL_CELLS
from modicum.custody.engine import Engine, table_path
from modicum.custody.sources import PERSONS
from modicum.gateway.budget import population_of
from modicum.gateway.catalogued import file_sha256
from modicum.gateway.home import Home
from modicum.gateway.lookback import release_name
from modicum.model.dataset import Dataset
from modicum.model.errors import ConflictError, DisclosureControlError, EvidenceError, NotFoundError
from modicum.storage import Folder
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.disclosed import exact_releases
from modicum_verify.fold import Docket

TABLES: Final = "tables"


def kept_path(release: str) -> str:
    """Where what is kept of a released table stands in the home."""
    return f"{TABLES}/{release}.json"


def carried_path(table_sha256: str) -> str:
    """Where what is kept of a table that left under a log before this one stands in the home."""
    return f"{TABLES}/{table_sha256}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a table that is about to leave, and the population whose tables it was held against."""

    population: str
    data: bytes = field(repr=False)


def kept_of_answer(home: Home, dataset: Dataset, plan: Plan, answered: Answered, *, population: str) -> Kept:
    """What is kept of a table that is about to leave; with a salt, since its digest is shown to others."""
    sums = {table.name: table.sha256 for table in dataset.tables}
    kept = KeptTable(
        dataset=dataset.name,
        plan=plan,
        few=answered.answer.fewer_than_11,
        hidden=answered.hidden,
        sums=frozenset(each.column.qualified for each in plan.sums),
        files={name: sums[name] for name in _tables_of([plan])}
        | {PERSONS: file_sha256(home.folder, table_path(dataset.name, dataset.version, PERSONS))},
        salt=secrets.token_hex(16),
    )
    return Kept(population=population, data=canonical(kept.as_document()))


def fixed(home: Home, dataset: str, kept: Kept | None) -> dict[str, Any]:
    """The field by which a release of an exact table fixes what is kept of it; no field for any other answer.

    Raises ConflictError: another population was declared while the table was computed.
    """
    if kept is None:
        return {}
    if population_of(home, dataset).name != kept.population:
        raise ConflictError(cause=f"the population of {dataset} was declared anew meanwhile", cure="release it again")
    return {"table": {"population": kept.population, "sha256": sha256(kept.data).hexdigest()}}


def earlier_tables(home: Home, dataset: Dataset, *, population: str) -> Earlier:
    """All exact tables that left about the population of a data set, ready to be held against a new one.

    Raises EvidenceError: what was kept of one is gone or altered, or its version of the data is.
    DisclosureControlError: too many people to carry from one version to another, or nobody knows which tables left.
    """
    tables = dict(enumerate(_history(home, population), start=1))
    others: dict[tuple[str, str], dict[int, KeptTable]] = defaultdict(dict)
    for number, each in tables.items():
        of = (each.dataset, each.plan.dataset_version)
        if of != (dataset.name, dataset.version):
            others[of][number] = each
    carried = []
    for (name, version), of_it in sorted(others.items()):
        then = _as_it_was(home, dataset, name, version, list(of_it.values()))
        plans = {number: each.told for number, each in of_it.items()}
        with Engine.open(home.folder, then) as engine:
            carried.append((frozenset(plans), carried_signatures(engine, plans)))
    return Earlier(tables=tables, carried=carried)


def check_kept(home: Home) -> int:
    """Read what was kept of every exact table that left, as far as that is known; how many there are.

    Raises EvidenceError: one is gone, is not what the log fixed, or is none that this version reads.
    """
    return len([_kept(home.folder, each) for each in left_tables(home.journal.docket())])


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftTable:
    """An exact table that left: by which entry, of which data set, where what is kept of it stands, and its digest."""

    index: int
    dataset: str
    place: str
    table_sha256: str


def left_tables(docket: Docket) -> Iterator[LeftTable]:
    """Every exact table that left, or may have, under this log or one before it, as far as that is known, in order."""
    for (dataset, digest), index in docket.disclosed.tables.items():
        yield LeftTable(index=index, dataset=dataset, place=carried_path(digest), table_sha256=digest)
    own = [
        LeftTable(
            index=release.index,
            dataset=case.request["population"]["dataset"],
            place=kept_path(release_name(case.id, attempt)),
            table_sha256=release.content["table"]["sha256"],
        )
        for case, attempt, release in exact_releases(docket.cases)
    ]
    yield from sorted(own, key=lambda each: each.index)


def _history(home: Home, population: str) -> list[KeptTable]:
    """What is kept of the tables of a population that left, or may have, in that order."""
    docket = home.journal.docket()
    if "tables" in docket.disclosed.lost:
        raise DisclosureControlError(
            cause="nobody knows any more which exact tables left under the log before this one",
            cure="ask with noise",
            basis=SMALL_CELLS,
        )
    left = left_tables(docket)
    return [_kept(home.folder, each) for each in left if docket.disclosed.bound.get(each.dataset) == population]


def _kept(folder: Folder, left: LeftTable) -> KeptTable:
    try:
        data = folder.read(left.place)
    except NotFoundError:
        raise EvidenceError(
            place=left.place,
            cause="is missing, so no new table can be held against the one that left",
            cure="restore it",
        ) from None
    if sha256(data).hexdigest() != left.table_sha256:
        raise EvidenceError(
            place=left.place, cause=f"is not what log entry {left.index} fixed when the table left", cure="restore it"
        )
    return kept_of(parse_canonical(data), place=left.place)


def _as_it_was(home: Home, dataset: Dataset, name: str, version: str, kept: Sequence[KeptTable]) -> Dataset:
    """A data set at the version of tables that left; its tables are found by name, and its strata stand in the rows.

    Raises EvidenceError: a file of it is gone, or altered: those tables would seem to be about other people.
    """
    needed = _tables_of([each.plan for each in kept])
    for table, digest in sorted({pair for each in kept for pair in each.files.items()}):
        path = table_path(name, version, table)
        if file_sha256(home.folder, path) != digest:
            raise EvidenceError(
                place=path, cause="is not what it was when a table that left was made of it", cure="restore it"
            )
    like = dataset.tables[0]
    return replace(
        dataset, name=name, version=version, tables=tuple(replace(like, name=each) for each in sorted(needed))
    )


def _tables_of(plans: Iterable[Plan]) -> set[str]:
    """The tables that plans read."""
    named = {bound.column.table for each in plans for bound in each.conditions}
    return named | {each.base for each in plans if each.base is not None}
