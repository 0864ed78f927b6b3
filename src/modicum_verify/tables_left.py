"""The exact tables that left, as the log names them: what the next one must be held against. Pure.

A release of an exact table names the digest of what its home keeps of it. A log that continues another names those of
the log before it, one `table` entry each, so that no rotation makes a history forgotten; an entry without a digest
says that it cannot be known which tables left, for the log before it is damaged where it would say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError

UNKNOWN_TABLE: Final = (None, None)
"""What stands for all tables of which nobody knows any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedTable:
    """A table that left under a log before this one. dataset and table_sha256: None where that is not known."""

    index: int
    dataset: str | None
    table_sha256: str | None


def carry_table(entry: Entry, content: Mapping[str, Any], carried: Sequence[CarriedTable]) -> CarriedTable:
    """Take over one table. Raises EvidenceError: half of it is named, or it was taken over before."""
    found = CarriedTable(index=entry.index, dataset=content["dataset"], table_sha256=content["table_sha256"])
    if (found.dataset is None) != (found.table_sha256 is None):
        raise EvidenceError(place=entry.place, cause="names a table by half")
    if any((each.dataset, each.table_sha256) == (found.dataset, found.table_sha256) for each in carried):
        raise EvidenceError(place=entry.place, cause="takes over a table a second time")
    return found


def tables_left(cases: Mapping[str, CaseState], carried: Sequence[CarriedTable]) -> set[tuple[str | None, str | None]]:
    """All exact tables that left under a log and those before it, as (data set, digest)."""
    own = {
        (case.request["population"]["dataset"], release.content["table_sha256"])
        for case in cases.values()
        for release in case.releases
        if release.aborted is None and "table_sha256" in release.content
    }
    return own | {(each.dataset, each.table_sha256) for each in carried}
