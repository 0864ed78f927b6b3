"""Data sets as the rest of the house sees them: columns with their classes, strata with their evidence; no rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from modicum_verify.canonical import digest

DATASET_SCHEMA: Final = "modicum.dataset/1"
UNKNOWN: Final = "unknown"

Stratum: TypeAlias = tuple[tuple[str, str], ...]
"""One combination of the row attributes that the law looks at, as (attribute, value) pairs sorted by attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: the element of a published standard it holds, its data class (None: refused), its kind of value.

    lower, upper: between what a row's number lies by the dictionary, which knows it without the data; sums with noise
    are clamped to them where the question names no bounds of its own.
    """

    table: str
    name: str
    element: str | None  # a T-MSIS element name or a FHIR path
    data_class: str | None  # a class of the pack's vocabulary
    kind: str = "text"  # text | integer | decimal | date
    lower: str | None = None
    upper: str | None = None

    def as_document(self) -> dict[str, str | None]:
        """As published JSON."""
        bounds = {} if self.lower is None else {"lower": self.lower, "upper": self.upper}
        return {
            "table": self.table,
            "name": self.name,
            "element": self.element,
            "data_class": self.data_class,
            "kind": self.kind,
            **bounds,
        }

    @property
    def qualified(self) -> str:
        """`table.column`, the name by which decisions and manifests call it."""
        return f"{self.table}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumSource:
    """How one row attribute is evidenced: a column and what its values mean. Whatever is not listed is unknown.

    A row of another table takes the value of its person, unknown where the person's rows disagree or are missing.
    `prefixes` are tried after `values`, longest first; `otherwise` is what a present, unlisted value means. With more
    columns in `also`, a value listed in any of them decides (two that disagree: unknown), else `otherwise` where one
    is present. A `shape` ("icd-10") is the form that a value must have for `otherwise`; one that is present without
    that form is unknown, beside whatever unlisted ones. Several sources of one attribute stand in different tables.
    """

    attribute: str
    table: str
    column: str
    values: Mapping[str, str] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = UNKNOWN
    also: tuple[str, ...] = ()
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A registered table: rows read, rows that could not be read, the column that joins its rows to persons."""

    name: str
    rows: int
    unreadable: int
    person_column: str | None
    sha256: str  # of the registered Parquet file


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A registered data set, one version of it.

    `strata` are those that occur, in index order (row column `_modicum_stratum`); persons are numbered
    0..persons-1 (row column `_modicum_person`).
    """

    name: str
    version: str  # digest over the tables' digests and the dictionary
    confirmed: bool  # a person has confirmed the dictionary
    tables: tuple[Table, ...]
    columns: tuple[Column, ...]
    strata_sources: tuple[StratumSource, ...]
    strata: tuple[Stratum, ...]
    persons: int

    def find(self, name: str) -> Column | None:
        """A column by `table.column`, or by a bare name that only one table has; None otherwise."""
        exact = [column for column in self.columns if column.qualified == name]
        bare = [column for column in self.columns if column.name == name]
        return exact[0] if exact else bare[0] if len(bare) == 1 else None

    def as_document(self) -> dict[str, Any]:
        """The data set as published JSON (docs/reference/schemas/dataset.json)."""
        return {
            "schema": DATASET_SCHEMA,
            "name": self.name,
            "version": self.version,
            "confirmed": self.confirmed,
            "persons": self.persons,
            "tables": [
                {
                    "name": table.name,
                    "rows": table.rows,
                    "unreadable": table.unreadable,
                    "person_column": table.person_column,
                    "sha256": table.sha256,
                }
                for table in self.tables
            ],
            "columns": [column.as_document() for column in self.columns],
            "strata_sources": [
                {
                    "attribute": source.attribute,
                    "table": source.table,
                    "column": source.column,
                    "values": dict(source.values),
                    "prefixes": dict(source.prefixes),
                    "otherwise": source.otherwise,
                    "also": list(source.also),
                    "shape": source.shape,
                }
                for source in self.strata_sources
            ],
            "strata": [dict(stratum) for stratum in self.strata],
        }

    @property
    def catalogue_sha256(self) -> str:
        """Digest of what a decision may know about the data set."""
        return digest(self.as_document())
