"""The catalogue: which data sets a home holds, what decisions may know of them, and a person's yes to a dictionary.

A data set is there once its `data/NAME/dataset.json` is there; that file is written last.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modicum.custody.codes import check_codes
from modicum.custody.dictionary_file import Vocabulary, read_dictionary
from modicum.custody.engine import OWN_COLUMNS, Engine, table_path
from modicum.custody.places import dataset_path, dictionary_path, unreadable_path
from modicum.custody.register import build
from modicum.custody.staging import RawTable, make_view
from modicum.model.dataset import DATASET_SCHEMA, Column, Dataset, StratumSource, Table
from modicum.model.errors import EvidenceError, NotFoundError
from modicum.storage import Folder
from modicum_verify.canonical import canonical, parse_canonical

__all__ = ["check_codes", "confirm", "list_datasets", "load_dataset", "load_unreadable"]


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


def confirm(folder: Folder, name: str, *, vocabulary: Vocabulary | None = None) -> Dataset:
    """Say yes to the dictionary of a data set, as it stands in the home now, edited or not.

    An edited one makes a new version: persons and strata are found anew from the registered tables; the old version
    stays, since releases name it. vocabulary: the pack's; without it the words of the registration are the known ones.
    Raises InvalidInputError: the dictionary has an error (with its line). NotFoundError: no such data set.
    """
    with folder.lock(f"data-{name}"):
        dataset = load_dataset(folder, name)
        tables = _as_raw(folder, dataset)
        words = vocabulary or _words_of(dataset)
        columns = {each.name: each.columns for each in tables.values()}
        dictionary = read_dictionary(folder.read(dictionary_path(name)), vocabulary=words, tables=columns)
        with Engine.open(folder, None, expressions=False) as engine:
            for table in tables.values():
                make_view(engine, table)
            built = build(engine, folder, name, tables, dictionary, words, lambda _what, _share: None)
        confirmed = replace(built, confirmed=True)
        folder.replace(dataset_path(name), canonical(confirmed.as_document()))
    return confirmed


def _as_raw(folder: Folder, dataset: Dataset) -> dict[str, RawTable]:
    """The registered tables as raw ones: their source columns, in the order of the source."""
    tables = {}
    for each in dataset.tables:
        columns = tuple(column.name for column in dataset.columns if column.table == each.name)
        path = folder.path(table_path(dataset.name, dataset.version, each.name))
        tables[each.name] = RawTable(
            name=each.name,
            parts=[path],
            columns=tuple(column for column in columns if column not in OWN_COLUMNS),
            names=columns,
            rows=each.rows,
            unreadable=each.unreadable,
            native=True,
        )
    return tables


def _words_of(dataset: Dataset) -> Vocabulary:
    attributes: dict[str, frozenset[str]] = {}
    for stratum in dataset.strata:
        for attribute, value in stratum:
            attributes[attribute] = attributes.get(attribute, frozenset()) | {value}
    for source in dataset.strata_sources:
        values = {*source.values.values(), *source.prefixes.values(), source.otherwise}
        attributes[source.attribute] = attributes.get(source.attribute, frozenset()) | values
    classes = frozenset(column.data_class for column in dataset.columns if column.data_class)
    return Vocabulary(classes=classes, attributes=attributes)


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
