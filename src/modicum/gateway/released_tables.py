"""The exact tables that left a home, kept so that the next one can be held against them.

`tables/RELEASE.json` says how a released table was computed and which cells bore the mark: no row and no hidden figure;
`tables/DIGEST.json` the same of one that left under a log before this one. The log holds the digest of each. Figures
are computed anew from the version of the data that the table was made of. All data sets of a population are
taken to be about the same persons, known by their keys, whatever the version: who joined or left between two tables
would else follow from them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
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
from modicum.storage import Folder
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.fold import Docket

TABLES: Final = "tables"


def kept_path(release: str) -> str:
    """Where what is kept of a released table stands in the home."""
    return f"{TABLES}/{release}.json"


def carried_path(table_sha256: str) -> str:
    """Where what is kept of a table that left under a log before this one stands in the home."""
    return f"{TABLES}/{table_sha256}.json"


def kept_bytes(dataset: str, plan: Plan, answered: Answered) -> bytes:
    """What is kept of a table that is about to leave."""
    few = answered.answer.fewer_than_11
    sums = frozenset(each.column.qualified for each in plan.sums)
    return canonical(KeptTable(dataset=dataset, plan=plan, few=few, hidden=answered.hidden, sums=sums).as_document())


def kept_digest(kept: bytes | None) -> dict[str, str]:
    """The field by which a release of an exact table fixes what is kept of it; no field for any other answer."""
    return {} if kept is None else {"table_sha256": sha256(kept).hexdigest()}


def earlier_tables(home: Home, dataset: Dataset) -> Earlier:
    """All exact tables that left about the population of a data set, ready to be held against a new one.

    Raises EvidenceError: what was kept of one is gone or altered, or its version of the data is gone.
    DisclosureControlError: too many people to carry from one version to another.
    """
    kept = [each for each in _history(home, dataset) if not each.few]
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

    Raises EvidenceError: one is gone, is not what the log fixed, or is none that this version reads.
    """
    return len([_kept(home.folder, each) for each in left_tables(home.journal.docket())])


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftTable:
    """An exact table that left: by which entry, of which data set, where what is kept of it stands, and its digest.

    table_sha256: None where its release fixed none.
    """

    index: int
    dataset: str
    place: str
    table_sha256: str | None


def left_tables(docket: Docket) -> Iterator[LeftTable]:
    """Every exact table that left under this log or one before it.

    Raises EvidenceError: a log before this one can no longer show which did.
    """
    for each in docket.tables:
        if each.dataset is None or each.table_sha256 is None:
            raise EvidenceError(
                place=f"log entry {each.index}",
                cause="says that nobody knows which exact tables left under the log before, so none can leave now",
                cure="ask with noise",
            )
        place = carried_path(each.table_sha256)
        yield LeftTable(index=each.index, dataset=each.dataset, place=place, table_sha256=each.table_sha256)
    for case in docket.cases.values():
        if case.change is not None or is_noisy_case(case.request):
            continue  # about the rules: nothing leaves by it; or with noise: the budget reckons with it
        for attempt, release in enumerate(case.releases, start=1):
            if release.aborted is None and release.content["form"] == str(Form.STATISTICS):
                yield LeftTable(
                    index=release.index,
                    dataset=case.request["population"]["dataset"],
                    place=kept_path(release_name(case.id, attempt)),
                    table_sha256=release.content.get("table_sha256"),
                )


def _history(home: Home, dataset: Dataset) -> list[KeptTable]:
    """What is kept of the delivered tables of a population, in the order in which they left."""
    population = population_of(home, dataset.name).name
    left = sorted(left_tables(home.journal.docket()), key=lambda each: each.index)
    return [_kept(home.folder, each) for each in left if population_of(home, each.dataset).name == population]


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
