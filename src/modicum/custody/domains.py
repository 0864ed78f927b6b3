"""Values that a column may hold by what is published about it, so that groups by it tell nothing of who is there.

In this order: what the data set's dictionary lists as evidence of a row attribute; the valid values that CMS publishes
for a column of that name; the codes of states. Nothing here looks at a row.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from modicum.model.dataset import Column, Dataset

STATE_CLASS = "state"


def public_values(column: Column, dataset: Dataset) -> tuple[str, ...] | None:
    """The values of a column, in byte order; None where nothing published says which there are."""
    for source in dataset.strata_sources:
        if (source.table, source.column) == (column.table, column.name) and source.values and not source.prefixes:
            return tuple(sorted(source.values))
    valid = valid_values().get(column.name.upper())
    if valid:
        return valid
    if column.data_class == STATE_CLASS:
        return tuple(sorted(code for pair in states().items() for code in pair))
    return None


@cache
def states() -> Mapping[str, str]:
    """The two letters of each state by its FIPS code."""
    table = _table("states.csv")
    return {row["fips"]: row["code"] for row in csv.DictReader(table.splitlines())}


@cache
def valid_values() -> Mapping[str, tuple[str, ...]]:
    """The valid values of columns of the TAF, by the column's name in capitals."""
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(_table("taf_valid_values.csv").splitlines()):
        found.setdefault(row["column"].upper(), set()).add(row["value"])
    return {name: tuple(sorted(values)) for name, values in found.items()}


def _table(name: str) -> str:
    return files("modicum.custody").joinpath(f"reference/{name}").read_text(encoding="utf-8")
