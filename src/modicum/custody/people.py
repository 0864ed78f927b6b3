"""People in a registered data set, as numbers: how many a stratum holds, and which number somebody has.

Counts are for the custodian's reviewers; a key goes in and a number comes out, neither is written anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping

from modicum.custody.engine import PERSON, STRATUM, Engine, quoted_text, table_path
from modicum.custody.sources import PERSONS
from modicum.model.dataset import Dataset
from modicum.storage import Folder
from modicum_verify.canonical import not_text


def persons_by_stratum(folder: Folder, dataset: Dataset) -> dict[int, int]:
    """How many persons each stratum holds, by its index; a person with rows in two counts in the first alone."""
    with Engine.open(folder, dataset, expressions=False) as engine:
        rows = " UNION ".join(
            f"SELECT {STRATUM}, {PERSON} FROM {_parquet(folder, dataset.name, dataset.version, table.name)}"  # noqa: S608
            f" WHERE {PERSON} IS NOT NULL"
            for table in dataset.tables
            if table.person_column is not None
        )
        # A person with rows in two strata counts in the first of them, so that the counts add up to the persons.
        first = f"SELECT min({STRATUM}) AS {STRATUM} FROM ({rows}) GROUP BY {PERSON}"  # noqa: S608 - names of ours
        counts = engine.run(f"SELECT {STRATUM}, count(*) FROM ({first}) GROUP BY 1")  # noqa: S608
    return {int(stratum): int(count) for stratum, count in counts}


def person_ordinal(folder: Folder, name: str, version: str, key: str) -> int | None:
    """The number that a version of a data set gives to the person with this key; None where it has none."""
    if not_text(key) is not None or not folder.exists(table_path(name, version, PERSONS)):
        return None
    with Engine.open(folder, None, expressions=False) as engine:
        source = _parquet(folder, name, version, PERSONS)
        found = engine.run(f"SELECT ordinal FROM {source} WHERE person_key = ?", [key])  # noqa: S608 - a path of ours
    return int(found[0][0]) if found else None


def ordinals_in(folder: Folder, name: str, version: str, strata: Mapping[str, Iterable[int]]) -> Iterator[list[int]]:
    """The numbers of the persons with a row in some strata (by index) of some tables, each once, some at a time."""
    chosen = {table: sorted(each) for table, each in strata.items() if each}
    if not chosen:
        return
    with Engine.open(folder, None, expressions=False) as engine:
        rows = " UNION ".join(
            f"SELECT DISTINCT {PERSON} FROM {_parquet(folder, name, version, table)} "  # noqa: S608 - names and numbers of ours
            f"WHERE {PERSON} IS NOT NULL AND {STRATUM} IN ({', '.join(str(int(each)) for each in numbers)})"
            for table, numbers in chosen.items()
        )
        for batch in engine.stream(rows, rows=100_000):
            yield batch.column(0).to_pylist()


def _parquet(folder: Folder, name: str, version: str, table: str) -> str:
    return f"read_parquet({quoted_text(str(folder.path(table_path(name, version, table))))})"
