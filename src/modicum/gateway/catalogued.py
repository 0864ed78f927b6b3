"""Data sets as the log knows them: what was registered but not entered is not there, what was altered is not used.

The description of a data set says which class a column has and where the evidence of a stratum stands, so a decision
may only rest on the one that the log names.
"""

import hashlib

from modicum.custody import catalogue
from modicum.custody.engine import table_path
from modicum.custody.sources import PERSONS
from modicum.custody.version import is_version
from modicum.gateway.home import Home
from modicum.model.dataset import Dataset
from modicum.model.errors import EvidenceError, NotFoundError
from modicum.storage import Folder
from modicum_verify.fold import Docket


def logged_dataset(home: Home, docket: Docket, name: str) -> Dataset:
    """A data set whose description is the one that the log names.

    Raises NotFoundError: no such data set, or its registration was interrupted. EvidenceError: another description.
    """
    dataset = catalogue.load_dataset(home.folder, name)
    entered = docket.datasets.get(name)
    if entered is None:
        raise NotFoundError(
            cause=f"the registration of {name} was interrupted before it was entered in the log",
            cure="register it again: modicum data add",
        )
    if entered.catalogue_sha256 != dataset.catalogue_sha256:
        raise EvidenceError(
            place=f"data/{name}/dataset.json",
            cause=f"is not the description that log entry {entered.index} names",
            cure=f"restore it; where a confirmation was interrupted, repeat it: modicum data classify {name} --confirm",
        )
    return dataset


def logged_datasets(home: Home, docket: Docket) -> list[Dataset]:
    """All data sets that the log names, by name; EvidenceError where one is gone or altered."""
    there = set(catalogue.list_datasets(home.folder))
    for name in sorted(set(docket.datasets) - there):
        raise EvidenceError(place=f"data/{name}/dataset.json", cause="is missing, though the log names the data set")
    return [logged_dataset(home, docket, name) for name in sorted(docket.datasets)]


def interrupted(home: Home, docket: Docket) -> list[str]:
    """The names of data sets whose registration was cut off before its entry in the log."""
    return sorted(set(catalogue.list_datasets(home.folder)) - set(docket.datasets))


def check_tables(home: Home, dataset: Dataset) -> None:
    """Check that the registered tables, and that of the persons, are those of the logged description.

    Raises EvidenceError.
    """
    for table in dataset.tables:
        path = table_path(dataset.name, dataset.version, table.name)
        if file_sha256(home.folder, path) != table.sha256:
            raise EvidenceError(place=path, cause="is not the table that was registered", cure="register it anew")
    check_persons(home, dataset)


def check_persons(home: Home, dataset: Dataset) -> None:
    """Check the table that gives every person a number: who is in an account hangs on it. Raises EvidenceError."""
    path = table_path(dataset.name, dataset.version, PERSONS)
    if not is_version(dataset, persons=PERSONS, persons_sha256=file_sha256(home.folder, path)):
        raise EvidenceError(place=path, cause="is not the table of persons that was registered", cure="restore it")


def file_sha256(folder: Folder, path: str) -> str:
    """The digest of a file of a data set. Raises EvidenceError: it is missing or cannot be read."""
    try:
        with folder.path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise EvidenceError(place=path, cause="is missing or cannot be read", cure="restore it") from None
