"""Lists of persons for the tests at the doors: real people of the invented population, and papers that name them."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from cli_world import ASKER, RECORDS, Ran, World

COLUMNS = ("MSIS_IDENT_NUM", "SSN_NUM", "BIRTH_DT", "ELGBL_1ST_NAME", "ELGBL_LAST_NAME")
ASKED = ["eligibility.ELGBL_1ST_NAME", "eligibility.ELGBL_LAST_NAME", "eligibility.MSIS_IDENT_NUM"]
ORDER = {"kind": "court_order", "citation": "D. Md. 1:26-mc-00017", "from": "2026-01-01", "until": "2030-12-31"}


@dataclass(frozen=True, slots=True)
class Someone:
    """One person of the population, with every row of theirs in the table of eligibility."""

    key: str
    rows: tuple[Mapping[str, str], ...]

    def one(self, column: str) -> str:
        return self.rows[0][column]


def population(world: World) -> dict[str, Someone]:
    """Everybody with a key, by it; only people all of whose columns are filled in each of their rows."""
    table = pq.read_table(world.folder / "population" / "eligibility.parquet", columns=list(COLUMNS))
    rows: dict[str, list[Mapping[str, str]]] = {}
    for row in table.to_pylist():
        rows.setdefault(str(row["MSIS_IDENT_NUM"]), []).append(
            {name: "" if row[name] is None else str(row[name]) for name in COLUMNS}
        )
    good = {key: some for key, some in rows.items() if all(all(each.values()) for each in some)}
    return {key: Someone(key, tuple(some)) for key, some in sorted(good.items())}


def plain(world: World, count: int, *, start: int = 0) -> list[Someone]:
    """People whose names are written in one way and whose number is theirs alone."""
    everybody = population(world).values()
    found = [each for each in everybody if len({tuple(sorted(row.items())) for row in each.rows}) == 1]
    return found[start : start + count]


def line(person: Someone, number: int = 1, **changes: str) -> dict[str, str]:
    """A line under a court order that has all that it must have."""
    first, last = person.one("ELGBL_1ST_NAME").strip(), person.one("ELGBL_LAST_NAME").strip()
    made = {
        "first_name": first,
        "last_name": last,
        "medicaid_id": person.key,
        "official": "A. Detective",
        "instrument_number": f"26-mc-{number:05}",
        "instrument_date": "2026-02-03",
        "instrument_names": f"{first} {last}".upper(),
        "issued_by": "D. Md.",
    }
    return {**made, **changes}


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def salted(world: World, rows: Sequence[Mapping[str, str]], *, name: str = "persons") -> tuple[Path, str]:
    """Salt a list at the door; gives the salted file and its digest. The plain list does not stay."""
    source = write_csv(world.folder / f"{name}.csv", rows)
    out = world.folder / f"{name}.lines"
    made = world.json("request", "lines", source, "--out", out)
    source.unlink()
    return out, str(made["named_persons_sha256"])


def asking(world: World, digest: str, **changes: Any) -> Path:
    """The inspector's request for identified records of the people on a list, under a court's order."""
    given: dict[str, Any] = {
        "purpose": "law_enforcement.process",
        "columns": ASKED,
        "authorities": [ORDER],
        "population": {"dataset": "medicaid", "named_persons_sha256": digest},
    }
    return world.request(RECORDS, **{**given, **changes})


def file_list(world: World, rows: Sequence[Mapping[str, str]], *, name: str = "persons", **changes: Any) -> Ran:
    """Salt, ask, file; the exit status is the caller's to look at."""
    out, digest = salted(world, rows, name=name)
    request = asking(world, digest, **changes)
    return world.run("docket", "file", request, "--lines", out, "--as", ASKER[RECORDS], "--json")


def secrets_of(people: Sequence[Someone]) -> set[bytes]:
    """What must never be read anywhere: every number of these people, and their names together."""
    found = set()
    for person in people:
        for row in person.rows:
            found |= {row["MSIS_IDENT_NUM"].encode(), row["SSN_NUM"].encode()}
            found.add(f"{row['ELGBL_1ST_NAME']} {row['ELGBL_LAST_NAME']}".encode())
    return found


def content(path: Path) -> Any:
    return json.loads(path.read_bytes())
