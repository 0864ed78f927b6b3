"""The catalogue: which data sets a home holds, and what decisions may know of them. No row is read here.

A data set is there once its `data/NAME/dataset.json` is there; that file is written last.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from modicum.model.dataset import DATASET_SCHEMA, Column, Dataset, StratumSource, Table
from modicum.model.errors import EvidenceError, InvalidInputError, NotFoundError
from modicum.storage import Folder
from modicum_verify.canonical import parse_canonical

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def dataset_path(name: str) -> str:
    """Where the description of a data set stands in the home."""
    return f"data/{checked_name(name)}/dataset.json"


def dictionary_path(name: str) -> str:
    """Where the dictionary of a data set stands in the home, for people to edit."""
    return f"data/{checked_name(name)}/dictionary.toml"


def unreadable_path(name: str) -> str:
    """Where the report on rows that could not be read stands in the home."""
    return f"data/{checked_name(name)}/unreadable.json"


def checked_name(name: str) -> str:
    """The name, if it can name a data set. Raises InvalidInputError."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            cause="that cannot be the name of a data set",
            cure="use letters, digits, - and _, 64 at most, beginning with a letter or a digit",
        )
    return name


def list_datasets(folder: Folder) -> list[str]:
    """The names of the registered data sets, sorted."""
    return sorted(path.split("/")[1] for path in folder.list("data") if re.fullmatch(r"data/[^/]+/dataset\.json", path))


def load_dataset(folder: Folder, name: str) -> Dataset:
    """A registered data set.

    Raises NotFoundError: there is none of that name. EvidenceError: its description is not what Modicum wrote.
    """
    path = dataset_path(name)
    if not folder.exists(path):
        raise NotFoundError(cause=f"there is no data set {name}", cure="see `modicum data list`")
    try:
        document = parse_canonical(folder.read(path))
        described = _dataset(document)
        ours = document["schema"] == DATASET_SCHEMA and described.name == name
    except (ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise EvidenceError(place=path, cause="is not the description that Modicum wrote")
    return described


def load_unreadable(folder: Folder, name: str) -> dict[str, Any]:
    """The report on the registration: files with their counts, unreadable rows by file and line, what was ignored."""
    path = unreadable_path(name)
    if not folder.exists(path):
        raise NotFoundError(cause=f"there is no data set {name}", cure="see `modicum data list`")
    report: dict[str, Any] = json.loads(folder.read(path))
    return report


def _dataset(document: Mapping[str, Any]) -> Dataset:
    return Dataset(
        name=document["name"],
        version=document["version"],
        confirmed=document["confirmed"],
        tables=tuple(Table(**each) for each in document["tables"]),
        columns=tuple(Column(**each) for each in document["columns"]),
        strata_sources=tuple(
            StratumSource(**(each | {"also": tuple(each["also"])})) for each in document["strata_sources"]
        ),
        strata=tuple(tuple(sorted(each.items())) for each in document["strata"]),
        persons=document["persons"],
    )
