"""A decision: for each stratum x column x form a verdict, what it rests on, and what is missing."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from modicum.model.dataset import Column, Stratum
from modicum.model.forms import Form
from modicum_verify.canonical import digest

DECISION_SCHEMA: Final = "modicum.decision/1"


class Verdict(StrEnum):
    """What the law says of one cell."""

    PERMITTED = "permitted"
    CONDITIONAL = "conditional"
    FORBIDDEN = "forbidden"


class Basis(StrEnum):
    """What kind of rule a citation is."""

    LAW = "law"
    ORDER = "order"
    CUSTODIAN_POLICY = "custodian_policy"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Because:
    """One rule that decided: its id in the pack, the provision, its basis, and how the text was verified."""

    id: str
    cite: str
    basis: Basis
    verified: str  # text-read | secondary | unverified
    title: str = ""

    def as_document(self) -> dict[str, str]:
        """As published JSON."""
        return {
            "id": self.id,
            "cite": self.cite,
            "basis": str(self.basis),
            "verified": self.verified,
            "title": self.title,
        }


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Conflict:
    """A statute that speaks against a policy of the custodian which denies: shown to counsel, never resolved here."""

    statute: Because
    policy: Because

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {"statute": self.statute.as_document(), "policy": self.policy.as_document()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What many cells have in common (a `class` in the JSON): never without a `because`.

    `missing` lists every minimal set of facts that would turn a conditional cell; `obligations` bind the recipient.
    `conflicts`: where the custodian's own policy denies what a statute says no policy may restrict. The verdict stands.
    """

    verdict: Verdict
    because: tuple[Because, ...]
    missing: tuple[tuple[str, ...], ...] = ()
    obligations: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "verdict": str(self.verdict),
            "because": [each.as_document() for each in self.because],
            "missing": [list(facts) for facts in self.missing],
            "obligations": list(self.obligations),
            "conflicts": [each.as_document() for each in self.conflicts],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRef:
    """A pack, exactly."""

    name: str
    version: str
    sha256: str


def _nested(cells: Sequence[int], strata: int, columns: int, forms: int) -> list[list[list[int]]]:
    if not (strata and columns and forms):
        return [[] for _ in range(strata)]
    shape = (strata, columns, forms)
    nested: Any = memoryview(array("I", cells)).cast("B").cast("I", shape).tolist()
    return list(nested)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The matrix. `cells` holds one index into `classes` for each stratum x column x form, the form running fastest."""

    request_sha256: str
    pack: PackRef
    catalogue_sha256: str
    facts_sha256: str
    dataset_version: str
    as_of: date
    hypothetical: bool
    columns: tuple[Column, ...]
    strata: tuple[Stratum, ...]
    forms: tuple[Form, ...]
    classes: tuple[Cell, ...]
    cells: Sequence[int]
    lowest_form: Form

    def cell(self, stratum: int, column: int, form: Form) -> Cell:
        """The cell of a stratum and a column (by index) in a form."""
        return self.classes[self.class_of(stratum, column, form)]

    def class_of(self, stratum: int, column: int, form: Form) -> int:
        """The index into `classes` of the cell of a stratum and a column (by index) in a form."""
        offset = (stratum * len(self.columns) + column) * len(self.forms) + self.forms.index(form)
        return int(self.cells[offset])

    def verdicts(self, form: Form) -> list[list[Verdict]]:
        """Verdicts in one form, a row per stratum, a column per column."""
        return [[self.cell(s, c, form).verdict for c in range(len(self.columns))] for s in range(len(self.strata))]

    def as_document(self) -> dict[str, Any]:
        """The decision as published JSON (docs/reference/schemas/decision.json)."""
        return {
            "schema": DECISION_SCHEMA,
            "request_sha256": self.request_sha256,
            "pack": {"name": self.pack.name, "version": self.pack.version, "sha256": self.pack.sha256},
            "catalogue_sha256": self.catalogue_sha256,
            "facts_sha256": self.facts_sha256,
            "dataset_version": self.dataset_version,
            "as_of": self.as_of.isoformat(),
            "hypothetical": self.hypothetical,
            "columns": [{"name": c.qualified, "data_class": c.data_class} for c in self.columns],
            "strata": [dict(stratum) for stratum in self.strata],
            "forms": [str(form) for form in self.forms],
            "classes": [each.as_document() for each in self.classes],
            "cells": _nested(self.cells, len(self.strata), len(self.columns), len(self.forms)),
            "lowest_form": str(self.lowest_form),
        }

    @property
    def sha256(self) -> str:
        """Digest that approvals sign. The day and the hypothetical mark are part of it."""
        return digest(self.as_document())
