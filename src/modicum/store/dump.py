"""The canonical dump of a store: one JSON document of all tables, so that two stores can be compared by one digest.

RFC 8785; tables by name, rows by primary key. Of an entry's leaf and body their SHA-256 stand in it. `position` is not
in it, since it holds the digest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from modicum.store.rows import (
    CASE_TABLES,
    KEYS,
    PROJECTIONS,
    Row,
    leaf_of,
    rows_of_case,
    rows_of_datasets,
    rows_of_roster,
)
from modicum_verify.canonical import canonical
from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket

Tables: TypeAlias = Mapping[str, Sequence[Row]]
DUMPED: Final = tuple(sorted(("entries", *PROJECTIONS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row that is not what log and bodies give: `missing`, `extra` or `differs`, and in which columns."""

    table: str
    key: str
    what: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = {"missing": "is missing", "extra": "is in no entry of the log", "differs": "differs"}[self.what]
        columns = f" in {', '.join(self.columns)}" if self.columns else ""
        return f"{self.table} {self.key} {words}{columns}"


def entry_digests(leaf: bytes, body: bytes) -> dict[str, str]:
    """How the dump shows what an entry's leaf and body are."""
    return {"leaf_sha256": sha256(leaf).hexdigest(), "body_sha256": sha256(body).hexdigest()}


def logged_row(entry: Entry) -> Row:
    """An entry as the dump of log and bodies shows it; the commitment is the digest of the body."""
    return {**_leaf_columns(entry), "leaf_sha256": sha256(leaf_of(entry)).hexdigest(), "body_sha256": entry.body}


def dump(tables: Tables) -> bytes:
    """Write the canonical dump; a table that is not given is empty."""
    return canonical({name: [dict(row) for row in _in_order(name, tables.get(name, ()))] for name in DUMPED})


def digest_of(tables: Tables) -> str:
    """Lower-case hex SHA-256 of the canonical dump."""
    return sha256(dump(tables)).hexdigest()


def differences(expected: Tables, found: Tables, *, tables: Sequence[str] = DUMPED) -> Iterator[Difference]:
    """Compare what log and bodies give with what the tables hold, row by row."""
    for name in tables:
        wanted = {_key(name, row): row for row in expected.get(name, ())}
        there = {_key(name, row): row for row in found.get(name, ())}
        for key in sorted(wanted.keys() | there.keys(), key=str):
            yield from _compared(name, key, wanted.get(key), there.get(key))


class Sketch:
    """The digest of the dump that entries and docket give, as `digest_of`; what did not change is not written again."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._entries: list[tuple[Entry, bytes]] = []
        self._cases: dict[str, tuple[CaseState, dict[str, bytes]]] = {}

    def digest(self, entries: Sequence[Entry], docket: Docket) -> str:
        """Lower-case hex SHA-256 of the canonical dump. `docket` is the fold of `entries`."""
        roster = rows_of_roster(docket)
        whole = {**roster, "datasets": rows_of_datasets(docket)}
        cases = [self._case(docket.cases[case_id]) for case_id in sorted(docket.cases)]
        hasher = sha256(b"{")
        for number, name in enumerate(DUMPED):
            hasher.update(b"%s%s:[" % (b"," if number else b"", canonical(name)))
            if name == "entries":
                blocks = self._lines(entries)
            elif name in CASE_TABLES:
                blocks = [case[name] for case in cases if case[name]]
            else:
                blocks = [canonical(dict(row)) for row in _in_order(name, whole[name])]
            hasher.update(b",".join(blocks) + b"]")
        hasher.update(b"}")
        return hasher.hexdigest()

    def _lines(self, entries: Sequence[Entry]) -> list[bytes]:
        same = 0
        while same < min(len(entries), len(self._entries)) and self._entries[same][0] is entries[same]:
            same += 1
        del self._entries[same:]
        self._entries += [(entry, canonical(dict(logged_row(entry)))) for entry in entries[same:]]
        return [line for _, line in self._entries]

    def _case(self, case: CaseState) -> dict[str, bytes]:
        known = self._cases.get(case.id)
        if known is None or known[0] is not case:
            rows = rows_of_case(case)
            blocks = {
                name: b",".join(canonical(dict(row)) for row in _in_order(name, rows[name])) for name in CASE_TABLES
            }
            known = self._cases[case.id] = (case, blocks)
        return known[1]


def _leaf_columns(entry: Entry) -> dict[str, str | int | None]:
    return {
        "index": entry.index,
        "kind": entry.kind,
        "at": entry.at,
        "case": entry.case,
        "actor": entry.actor,
        "commitment": entry.body,
    }


def _key(table: str, row: Row) -> tuple[str | int | None, ...]:
    return tuple(row[name] for name in KEYS[table])


def _in_order(table: str, rows: Sequence[Row]) -> list[Row]:
    # Keys are texts and whole numbers, of one kind in each place.
    return sorted(rows, key=lambda row: tuple(row[name] for name in KEYS[table]))


def _compared(
    table: str, key: tuple[str | int | None, ...], wanted: Row | None, there: Row | None
) -> Iterator[Difference]:
    name = " ".join(map(str, key))
    if wanted is None:
        yield Difference(table=table, key=name, what="extra")
    elif there is None:
        yield Difference(table=table, key=name, what="missing")
    elif dict(wanted) != dict(there):
        columns = tuple(sorted(each for each in wanted.keys() | there.keys() if wanted.get(each) != there.get(each)))
        yield Difference(table=table, key=name, what="differs", columns=columns)
