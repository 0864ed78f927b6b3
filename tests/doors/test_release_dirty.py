"""Canaries in every cell: none is seen where its column, or its row, was not permitted, however dirty the values are.

Every text of a data set is replaced by one that is found nowhere else, so that a sighting names its column and row. The
positive control finds the permitted ones in the opened package.
"""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_world import RECORDS, STATISTICS, World

from modicum.cli.exits import Exit

CANARY = re.compile(rb"Qx7[A-Z]\d+x[0-9_A-Z]+")
EVIDENCE = {"MSIS_IDENT_NUM", "SUBMTG_STATE_CD", "PART2_RECORD_IND", "ENRLMT_TYPE_CD", "STATUS"}
ASKED = ("MSIS_IDENT_NUM", "ORGNL_CLM_NUM", "DGNS_1_CD", "FED_PD_AMT")


def canary(table: str, column: str, row: int) -> str:
    return f"Qx7{table[0].upper()}{row}x{column}"


def planted(source: Path, target: Path) -> None:
    """A population with canaries in the place of every text that is no evidence of a stratum."""
    target.mkdir()
    (target / "dictionary.toml").write_bytes((source / "dictionary.toml").read_bytes())
    for path in source.glob("*.parquet"):
        table = pq.read_table(path)
        for place, field in enumerate(table.schema):
            if pa.types.is_string(field.type) and field.name not in EVIDENCE:
                values = [canary(path.stem, field.name, row) for row in range(table.num_rows)]
                table = table.set_column(place, field.name, pa.array(values))
        pq.write_table(table, target / path.name)


def sightings(data: bytes) -> set[str]:
    return {each.decode() for each in CANARY.findall(data)}


def outside_the_tables(world: World) -> set[str]:
    """What stands in any file that the commands wrote, tables of the data set and the recipient's own folder apart."""
    own = (world.folder / "population", world.folder / "planted", world.folder / "opened", world.folder / "dirt")
    return {
        sighting
        for path in world.folder.rglob("*")
        if path.is_file() and not any(path.is_relative_to(each) for each in own)
        if not (path.is_relative_to(world.home / "data") and path.suffix == ".parquet")
        for sighting in sightings(path.read_bytes())
    }


def said(world: World) -> set[str]:
    return {each for ran in world.heard for each in sightings(ran.said.encode())}


def in_package(world: World, package: Path) -> dict[str, set[str]]:
    out = world.folder / "opened"
    world.ok("open", package, "--identity", world.identity("hhs-oig"), "--trust", world.trust, "--out", out)
    found: dict[str, set[str]] = {}
    for path in out.glob("*.parquet"):
        table = pq.read_table(path)
        for name in table.column_names:
            found[name] = {str(each) for each in table.column(name).to_pylist() if each is not None}
    return found


@pytest.fixture
def mined(template: World, tmp_path: Path) -> World:
    world = World(tmp_path)
    planted(template.folder / "population", world.folder / "planted")
    world.ok("init", "--evaluation")
    world.ok("data", "add", "medicaid", world.folder / "planted")
    world.ok("data", "classify", "medicaid", "--confirm")
    return world


def permitted_rows(world: World, case: str, column: str) -> tuple[set[str], set[str]]:
    """The canaries of one column of claims in rows whose stratum is permitted, and those of all other rows."""
    sha256 = world.json("docket", "show", case)["decision_sha256"]
    decision: dict[str, Any] = json.loads((world.home / "decisions" / f"{sha256}.json").read_text())
    names = [each["name"] for each in decision["columns"]]
    form, place = decision["forms"].index("identified"), names.index(f"claims.{column}")
    open_strata = {
        stratum
        for stratum, row in enumerate(decision["cells"])
        if decision["classes"][row[place][form]]["verdict"] == "permitted"
    }
    version = world.json("data", "list")["datasets"][0]["version"]
    rows = pq.read_table(world.home / "data" / "medicaid" / version / "claims.parquet").to_pylist()
    washington = [row for row in rows if row["SUBMTG_STATE_CD"] == "53"]
    fine = {row[column] for row in washington if row["_modicum_stratum"] in open_strata}
    return fine, {row[column] for row in rows} - fine


def test_a_row_whose_stratum_is_not_permitted_stays_behind(mined: World) -> None:
    columns = [f"claims.{each}" for each in ASKED]
    case = mined.agreed(RECORDS, columns=columns)
    package = mined.folder / "lines.modicum"
    mined.ok("release", case, "--out", package)
    found = in_package(mined, package)
    for column in ("ORGNL_CLM_NUM", "DGNS_1_CD"):
        fine, others = permitted_rows(mined, case, column)
        assert fine
        assert others
        assert found[column] == fine  # the positive control, and no more
    assert set(found) == set(ASKED)
    mined.ok("account", next(iter(found["MSIS_IDENT_NUM"])))
    mined.ok("log", "export", "--out", mined.folder / "copy", "--bodies")
    mined.ok("data", "describe", "medicaid")
    assert outside_the_tables(mined) == set()
    assert said(mined) == set()


def test_totals_hold_no_text_of_anybody(mined: World) -> None:
    case = mined.agreed(STATISTICS)
    package = mined.folder / "totals.modicum"
    mined.ok("release", case, "--out", package)
    assert in_package(mined, package) == {}
    answer = b"".join(path.read_bytes() for path in (mined.folder / "opened").iterdir())
    assert b'"persons"' in answer
    assert sightings(answer) == set()
    assert outside_the_tables(mined) == set()
    assert said(mined) == set()


def test_values_that_fail_every_reading_are_counted_and_never_repeated(world: World) -> None:
    folder = world.folder / "dirt"
    folder.mkdir()
    lines = ["MSIS_IDENT_NUM,SUBMTG_STATE_CD,SSN_NUM,BIRTH_DT,FED_PD_AMT,NOTE"]
    for row in range(400):
        cells = [f"{row % 150:010}", "06", *(canary("dirt", each, row) for each in ("SSN", "BIRTH", "PAID", "NOTE"))]
        if row % 3:
            cells[4] = f"{row}.50"
        lines.append(",".join(cells + (["more"] if row % 40 == 7 else [])))
    content = "\n".join(lines).encode() + b"\nQx7D999xSSN,\xff\xfe,\n" + b'"Qx7D998xNOTE'
    (folder / "eligibility.csv").write_bytes(content)
    added = world.run("data", "add", "dirt", folder)
    assert added.exit == Exit.DONE, added
    assert "unreadable" in added.err
    world.run("data", "classify", "dirt", "--confirm")
    world.run("data", "classify", "dirt")
    world.run("data", "describe", "dirt", "--json")
    asks = {"kind": "statistics", "by": ["eligibility.SUBMTG_STATE_CD"], "sums": ["eligibility.FED_PD_AMT"]}
    changes: dict[str, Any] = {
        "population": {
            "dataset": "dirt",
            "where": [{"column": "eligibility.FED_PD_AMT", "op": ">=", "value": "100"}],
        },
        "columns": ["eligibility.SUBMTG_STATE_CD", "eligibility.FED_PD_AMT"],
        "question": {"text": "How much?", "asks": asks},
    }
    # A second sum about the same people does not leave: the second table counts them.
    for where, sums in (([], asks["sums"]), (changes["population"]["where"], [])):
        changes["population"] = {"dataset": "dirt", "where": where}
        changes["question"] = {"text": "How much?", "asks": {**asks, "sums": sums}}
        case = world.file(STATISTICS, **changes)
        world.agree(case, "cms/privacy-officer", "ca-dhcs/data-officer")
        ran = world.run("release", case, "--out", world.folder / f"{case}.modicum")
        assert ran.exit in {Exit.DONE, Exit.REFUSED}, ran
    assert said(world) == set()
    assert outside_the_tables(world) == set()
    world.holds()
