"""Propose what a column holds, from its name and a sample of its values: element, data class, kind.

Rules it keeps: a proposal is never a decision (a person confirms the dictionary); an identifier that shows in the
values wins over any name; a column that nobody can tell gets no class, and is refused later. The rules are data:
`reference/column_rules.csv`, first line that matches; FHIR columns are declared in `fhir_columns`.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from modicum.custody.fhir_columns import FHIR_TABLES
from modicum.custody.persons import plain
from modicum.custody.shapes import TELLING, shape_of

IDENTIFIERS: Final = frozenset({"ssn", "medicare_id", "medicaid_id", "a_number", "other_identifier"})
_BY_SHAPE: Final = {"phone": "phone", "zip4": "zip", "ndc": "drug"}
_KIND_OF_SHAPE: Final = {"date": "date", "integer": "integer", "decimal": "decimal"}
_ELEMENTS: Final = {  # TAF column to the T-MSIS element of the data guide
    "MSIS_IDENT_NUM": "MSIS-IDENTIFICATION-NUM",
    "SSN_NUM": "SSN",
    "SSN_IND": "SSN-INDICATOR",
    "BIRTH_DT": "DATE-OF-BIRTH",
    "DEATH_DT": "DATE-OF-DEATH",
    "CTZNSHP_IND": "CITIZENSHIP-IND",
    "IMGRTN_STUS_CD": "IMMIGRATION-STATUS",
    "ELGBL_ZIP_CD": "ELIGIBLE-ZIP-CODE",
    "ELGBL_STATE_CD": "ELIGIBLE-STATE",
    "SUBMTG_STATE_CD": "SUBMITTING-STATE",
    "ELGBLTY_GRP_CD": "ELIGIBILITY-GROUP",
    "STATE_SPEC_ELGBLTY_FCTR_TXT": "STATE-SPEC-ELIG-GROUP",
    "RSTRCTD_BNFTS_CD": "RESTRICTED-BENEFITS-CODE",
    "SQNC_NUM": "SEQUENCE-NUMBER",
    "ELGBL_ID_TYPE_CD": "ELG-IDENTIFIER-TYPE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a column seems to hold, and why it is thought so (never with a value)."""

    element: str | None
    data_class: str | None
    kind: str
    because: str


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    tables: re.Pattern[str]
    data_class: str | None
    kind: str
    because: str


def classify(table: str, column: str, sample: Sequence[str]) -> Proposal:
    """Propose for one column. `sample`: non-null values as text, a thousand at most; none is kept."""
    shape = shape_of(sample)
    named = _declared(table, column) or _by_rules(table, column)
    telling = TELLING.get(shape or "")
    if telling and (named is None or named.data_class not in IDENTIFIERS | {telling, "provider"}):
        element = named.element if named else None
        return Proposal(element=element, data_class=telling, kind="text", because=f"values look like {shape}")
    if named is not None:
        return named
    return Proposal(
        element=_element(column),
        data_class=_BY_SHAPE.get(shape or ""),
        kind=_KIND_OF_SHAPE.get(shape or "", "text"),
        because=f"values look like {shape}; the name says nothing" if shape else "nothing tells what it holds",
    )


def _declared(table: str, column: str) -> Proposal | None:
    for each in FHIR_TABLES.get(table, ()):
        if each.name == column:
            return Proposal(
                element=each.element, data_class=each.data_class, kind=each.kind, because="element of FHIR R4"
            )
    return None


def _by_rules(table: str, column: str) -> Proposal | None:
    name = plain(column)
    for rule in _rules():
        if rule.pattern.fullmatch(name) and rule.tables.fullmatch(table):
            return Proposal(
                element=_element(column), data_class=rule.data_class, kind=rule.kind, because=f"name: {rule.because}"
            )
    return None


def _element(column: str) -> str | None:
    name = plain(column)
    if name.replace("_", "-") in _ELEMENTS.values():
        return name.replace("_", "-")
    if name in _ELEMENTS:
        return _ELEMENTS[name]
    return f"TAF {name}" if name in _taf_columns() else None


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            re.compile(row["pattern"]),
            re.compile(row["tables"] or ".*"),
            row["data_class"] or None,
            row["kind"],
            row["because"],
        )
        for row in reference_rows("column_rules.csv")
    )


@cache
def _taf_columns() -> frozenset[str]:
    rows = [*reference_rows("taf_segment_columns.csv"), *reference_rows("taf_bsf_output_columns.csv")]
    return frozenset(row["column"].rsplit(" ", 1)[-1] for row in rows)


@cache
def reference_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a reference table that is shipped with Modicum."""
    text = resources.files("modicum.custody").joinpath("reference", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
