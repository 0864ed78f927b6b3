"""What leaves is what was permitted: identifiers of everybody are searched for in all that the commands wrote and said.

Every identifier in the population is a canary, since each is one person's alone. The positive control finds, in the
opened package, the identifiers that were permitted; nothing else of anybody may stand anywhere outside the data set.
"""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli_world import CASE, RECORDS, RESEARCH, World

from modicum.custody.spill import SPILL

IDENTIFIERS = ("SSN_NUM", "MSIS_IDENT_NUM", "ELGBL_LINE_1_ADR", "ELGBL_EMAIL_ADR", "MDCR_BENE_ID", "ORGNL_CLM_NUM")
WORD = re.compile(rb"[A-Za-z0-9@.\-]{8,}")


def texts(path: Path, column: str) -> set[str]:
    return {str(each) for each in pq.read_table(path, columns=[column]).column(0).to_pylist() if each is not None}


def canaries(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.parquet")):
        for column in set(IDENTIFIERS) & set(pq.read_schema(path).names):
            found.setdefault(column, set()).update(each for each in texts(path, column) if len(each) >= 8)
    return found


def written(world: World) -> list[Path]:
    """Every file that the commands wrote, save the data set itself, its source and what the recipient opened."""
    kept = (world.home / "data", world.folder / "population", world.folder / "opened")
    return [
        path
        for path in world.folder.rglob("*")
        if path.is_file() and not any(path.is_relative_to(each) for each in kept)
    ]


@pytest.mark.parametrize(
    ("name", "permitted"), [(RECORDS, {"MSIS_IDENT_NUM", "ORGNL_CLM_NUM"}), (RESEARCH, set[str]())]
)
def test_identifiers_stand_where_they_were_permitted_and_nowhere_else(
    world: World, name: str, permitted: set[str]
) -> None:
    case = world.agreed(name)
    package = world.folder / "answer.modicum"
    world.ok("release", case, "--out", package)
    requester = "hhs-oig" if name == RECORDS else "state-university"
    identity = world.identity(requester)
    world.ok("open", package, "--identity", identity, "--trust", world.trust, "--out", world.folder / "opened")
    world.ok("docket", "show", case, "--json")
    planted = canaries(world.folder / "population")
    assert set(planted) == set(IDENTIFIERS)
    everybody = set().union(*planted.values())
    for path in written(world):
        words = {word.decode() for word in WORD.findall(path.read_bytes())}
        assert not words & everybody, path
    for ran in world.heard:
        assert not set(re.findall(r"[A-Za-z0-9@.\-]{8,}", ran.said)) & everybody, ran.arguments[:2]
    opened = {
        str(value)
        for path in (world.folder / "opened").glob("*.parquet")
        for row in pq.read_table(path).to_pylist()
        for value in row.values()
        if value is not None
    }
    assert opened
    for column, values in planted.items():
        if column in permitted:
            assert opened & values  # the positive control: the search finds what is there
        else:
            assert not opened & values, column


def test_a_table_swapped_after_its_registration_is_noticed_before_anything_leaves(agreed: World) -> None:
    table = next(agreed.home.glob("data/medicaid/*/eligibility.parquet"))
    table.chmod(0o600)
    table.write_bytes(table.read_bytes()[:-1] + b"?")
    package = agreed.folder / "answer.modicum"
    ran = agreed.run("release", CASE, "--out", package)
    assert ran.exit == 5
    assert "eligibility.parquet" in ran.err
    assert not package.exists()
    assert "released" not in agreed.kinds()


def test_a_list_of_named_persons_that_cannot_be_applied_opens_no_door(world: World) -> None:
    """The law would judge it as about named persons; nothing chooses by the list, so it must not be filed."""
    population = {"dataset": "medicaid", "named_persons_sha256": "0" * 64}
    path = world.request(RECORDS, population=population)
    before = world.json("docket", "list")
    assert world.run("docket", "file", path, "--as", "hhs-oig/analyst").exit == 2
    assert world.run("request", "check", path).exit == 2
    assert world.json("docket", "list") == before


def test_what_killed_processes_spilled_and_staged_is_gone_when_the_home_is_opened(world: World) -> None:
    for leftover in (world.home / SPILL / "1-dead" / "rows.tmp", world.home / ".staging" / "dead"):
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("a row of somebody")
    (world.home / SPILL / "1-dead" / "lock").touch()
    world.ok("docket", "list")
    assert not (world.home / SPILL / "1-dead").exists()
    assert not (world.home / ".staging" / "dead").exists()
