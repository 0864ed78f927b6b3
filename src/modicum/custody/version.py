"""The version of a data set: one digest over its tables, its table of persons, and what every column was taken to be.

It can be computed again from the description and the digests of the files, so that a file that was swapped shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from modicum.model.dataset import Column, Dataset, StratumSource
from modicum_verify.canonical import digest


def version_of(
    sums: Mapping[str, str],
    *,
    person_columns: Mapping[str, str | None],
    columns: Sequence[Column],
    sources: Sequence[StratumSource],
) -> str:
    """The version. sums: digest of each file by its name, that of the persons among them."""
    described: dict[str, Any] = {
        "tables": dict(sums),
        "person_columns": dict(person_columns),
        "columns": [each.as_document() for each in columns],
        "strata": [
            asdict(each) | {"values": dict(each.values), "prefixes": dict(each.prefixes), "also": list(each.also)}
            for each in sources
        ],
    }
    return digest(described)


def is_version(dataset: Dataset, *, persons: str, persons_sha256: str) -> bool:
    """Whether a data set with this table of persons is the version that it says."""
    again = version_of(
        {table.name: table.sha256 for table in dataset.tables} | {persons: persons_sha256},
        person_columns={table.name: table.person_column for table in dataset.tables},
        columns=dataset.columns,
        sources=dataset.strata_sources,
    )
    return again == dataset.version
