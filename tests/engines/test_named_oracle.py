"""Whom the lines of a list find, against a naive search row by row; and that no value becomes part of a statement."""

import random
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modicum.answer.named import Identifier, find_persons
from modicum.custody.engine import Engine, table_path
from modicum.custody.spill import SPILL
from modicum.model.dataset import Column, Dataset, Table
from modicum.model.lines import Line
from modicum.storage import Folder

FIRST = ["Ana", "ANA ", "ána", "Bo", "Bo-Lin", "O'Hara", None, "Łucja", "x'; DROP TABLE t; --"]
LAST = ["Torres", "TÓRRES", " torres", "de la  Cruz", "DE LA CRUZ", None, "=1+1"]
BIRTH = ["1980-01-02", "19800102", "02JAN1980", "1980-02-30", None, "1990-05-06", "19900506"]
IDS = [None, "", "M-1", "M-2", "M-3", " M-1", "m-1"]
SSNS = [None, "111223333", "444556666", "111-22-3333"]
COLUMNS: Final = {
    "elig": {"FIRST": "name", "LAST": "name", "BIRTH": "dob", "ID": "medicaid_id"},
    "other": {"SSN": "ssn", "BORN": "dob"},
}
ANCHORS: Final = (("medicaid_id",), ("ssn",), ("first_name", "last_name", "date_of_birth"))
FIELDS: Final = {
    "first_name": ("name", [("elig", "FIRST")]),
    "last_name": ("name", [("elig", "LAST")]),
    "date_of_birth": ("dob", [("elig", "BIRTH"), ("other", "BORN")]),
    "medicaid_id": ("medicaid_id", [("elig", "ID")]),
    "ssn": ("ssn", [("other", "SSN")]),
}


def column(table: str, name: str) -> Column:
    return Column(table=table, name=name, element=None, data_class=COLUMNS[table][name])


IDENTIFIERS: Final = tuple(
    Identifier(
        field=field, data_class=data_class, columns=tuple(column(*each) for each in places), dated=data_class == "dob"
    )
    for field, (data_class, places) in FIELDS.items()
)


def made_rows(rng: random.Random, persons: int) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {"elig": [], "other": []}
    for _ in range(persons * 2):
        person = rng.choice([*range(persons), None])
        elig = {"FIRST": rng.choice(FIRST), "LAST": rng.choice(LAST), "BIRTH": rng.choice(BIRTH), "ID": rng.choice(IDS)}
        tables["elig"].append({**elig, "_modicum_person": person})
        person = rng.choice([*range(persons), None])
        other = {"SSN": rng.choice(SSNS), "BORN": rng.choice(BIRTH)}
        tables["other"].append({**other, "_modicum_person": person})
    return tables


def written(root: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]], persons: int) -> Dataset:
    for name, rows in tables.items():
        path = root / table_path("made", "1", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        data: dict[str, Any] = {each: pa.array([row[each] for row in rows], pa.string()) for each in COLUMNS[name]}
        data["_modicum_person"] = pa.array([row["_modicum_person"] for row in rows], pa.uint32())
        pq.write_table(pa.table(data), path)
    return Dataset(
        name="made",
        version="1",
        confirmed=True,
        tables=tuple(
            Table(name=name, rows=len(rows), unreadable=0, person_column=None, sha256="0" * 64)
            for name, rows in tables.items()
        ),
        columns=tuple(column(table, name) for table, names in COLUMNS.items() for name in names),
        strata_sources=(),
        strata=(),
        persons=persons,
    )


def plain_name(text: str) -> str:
    return " ".join(
        "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold().split()
    )


def plain_day(text: str) -> str | None:
    known = {"19800102": "1980-01-02", "02JAN1980": "1980-01-02", "19900506": "1990-05-06"}
    return known.get(text, text)


def same(data_class: str, held: str | None, sought: str) -> bool:
    if held is None:
        return False
    if data_class == "name":
        return plain_name(held) == plain_name(sought)
    return plain_day(held) == sought if data_class == "dob" else held.strip() == sought


def naive(tables: Mapping[str, Sequence[Mapping[str, Any]]], line: Line, persons: int) -> set[int]:
    """Everybody who, for each field that the line fills, has a row that holds it."""
    if not any(all(line.text(name) for name in some) for some in ANCHORS):
        return set()
    found = set(range(persons))
    for field, (data_class, places) in FIELDS.items():
        if sought := line.text(field):
            found &= {
                row["_modicum_person"]
                for table, name in places
                for row in tables[table]
                if row["_modicum_person"] is not None and same(data_class, row[name], sought)
            }
    return found


def made_line(rng: random.Random, number: int) -> Line:
    values = {
        "first_name": rng.choice(FIRST),
        "last_name": rng.choice(LAST),
        "date_of_birth": rng.choice(["1980-01-02", "1990-05-06", "1980-02-30", "19800102", None]),
        "medicaid_id": rng.choice(["M-1", "M-2", "M-9", None, None]),
        "ssn": rng.choice(["111223333", "444556666", None, None]),
    }
    return Line(number=number, values={name: value for name, value in values.items() if value})


@pytest.mark.parametrize("seed", range(25))
def test_lines_find_whom_a_naive_search_finds(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    persons = rng.choice([1, 4, 12, 30])
    tables = made_rows(rng, persons)
    dataset = written(tmp_path, tables, persons)
    lines = [made_line(rng, number) for number in range(1, 40)]
    ran: list[str] = []
    told = Engine.sql
    monkeypatch.setattr(Engine, "sql", lambda engine, expr: ran.append(text := told(engine, expr)) or text)
    with Engine.open(Folder(tmp_path), dataset) as engine:
        found = find_persons(engine, lines, identifiers=IDENTIFIERS, anchors=ANCHORS)
        spilled = [path for path in (tmp_path / SPILL).rglob("*") if path.is_file() and path.stat().st_size]
    fitting = {line.number: naive(tables, line, persons) for line in lines}
    assert found.by_line == {line: next(iter(some)) for line, some in fitting.items() if len(some) == 1}
    assert found.ambiguous == sum(len(some) > 1 for some in fitting.values())
    assert found.not_found == sum(not some for some in fitting.values())
    assert found.persons == tuple(sorted(set(found.by_line.values())))
    assert ran
    values = {value for line in lines for value in line.values.values() if len(value) > 3} - set(FIRST[:4])
    assert not any(value in statement for value in values for statement in ran)
    assert not spilled
    assert "by_line" not in repr(found)


def test_the_worlds_hold_every_outcome() -> None:
    """The control: over all seeds there are lines that find one person, none, and several."""
    seen = set()
    for seed in range(25):
        rng = random.Random(seed)
        persons = rng.choice([1, 4, 12, 30])
        tables = made_rows(rng, persons)
        seen |= {min(len(naive(tables, made_line(rng, n), persons)), 2) for n in range(1, 40)}
    assert seen == {0, 1, 2}


def test_no_line_and_no_field_find_nobody(tmp_path: Path) -> None:
    tables = made_rows(random.Random(1), 4)
    dataset = written(tmp_path, tables, 4)
    with Engine.open(Folder(tmp_path), dataset) as engine:
        assert find_persons(engine, [], identifiers=IDENTIFIERS, anchors=ANCHORS).persons == ()
        bare = [Line(number=1, values={"official": "A. Detective"})]
        assert find_persons(engine, bare, identifiers=IDENTIFIERS, anchors=ANCHORS).not_found == 1
