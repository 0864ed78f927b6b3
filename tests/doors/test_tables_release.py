"""An exact table leaves, and the next about the same people is held against it; where it cannot be, nothing leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_world import CASE, STATISTICS, THIRD, World
from jsonschema import Draft202012Validator

from modicum.cli.exits import Exit

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
MARGINS = {
    "mechanism": "exact",
    "margins": True,
    "by": ["eligibility.SUBMTG_STATE_CD", {"column": "eligibility.SEX_CD"}],
    "measures": [{"kind": "count"}],
}


@pytest.fixture
def second(released_template: World, tmp_path: Path) -> World:
    """A home with a released table, and a second case for the same, agreed."""
    world = released_template.copy_to(tmp_path)
    world.agreed(STATISTICS, title="The same, asked again")
    return world


def answer(world: World, package: Path) -> dict[str, Any]:
    out = world.folder / f"opened-{package.stem}"
    world.ok("open", package, "--identity", world.identity("hhs-oig"), "--trust", world.trust, "--out", out)
    found: dict[str, Any] = json.loads((out / "answer.json").read_text())
    return found


def test_the_same_table_again_is_the_same_and_says_that_it_was_held_against_the_first(second: World) -> None:
    kept = json.loads((second.home / "tables" / f"{CASE}-1.json").read_text())
    Draft202012Validator(json.loads((SCHEMAS / "kept-table.json").read_text())).validate(kept)
    first = answer(second, second.folder / "answer.modicum")
    package = second.folder / "again.modicum"
    second.ok("release", THIRD, "--out", package)
    again = answer(second, package)
    assert (first["rows"], first["total"]) == (again["rows"], again["total"])
    assert (first["audit"]["earlier_tables"], again["audit"]["earlier_tables"]) == (0, 1)


def test_where_what_was_kept_of_a_table_is_gone_no_other_leaves(second: World) -> None:
    (second.home / "tables" / f"{CASE}-1.json").unlink()
    ran = second.run("release", THIRD, "--out", second.folder / "again.modicum")
    assert ran.exit == Exit.VERIFICATION_FAILED
    assert f"tables/{CASE}-1.json" in ran.err
    assert not (second.folder / "again.modicum").exists()
    seen = second.run("doctor")
    assert seen.exit == Exit.VERIFICATION_FAILED
    assert f"tables/{CASE}-1.json" in seen.out + seen.err


def test_the_doctor_counts_what_is_kept(second: World) -> None:
    found = {each["check"]: each for each in second.json("doctor")["findings"]}
    assert found["exact tables that left"]["good"]
    assert found["exact tables that left"]["detail"].startswith("1 kept")


def test_a_table_with_margins_leaves_and_adds_up(world: World) -> None:
    question = {"text": "How many people, by state and sex?", "asks": {"kind": "statistics"}}
    columns = ["eligibility.SUBMTG_STATE_CD", "eligibility.SEX_CD"]
    case = world.agreed(STATISTICS, question=question, columns=columns, statistics=MARGINS)
    package = world.folder / "margins.modicum"
    world.ok("release", case, "--out", package)
    found = answer(world, package)
    schema = json.loads((SCHEMAS / "statistics.json").read_text())
    assert set(schema["required"]) == set(found)
    by_state = {
        row["group"]["eligibility.SUBMTG_STATE_CD"]: row
        for row in found["rows"]
        if len(row["group"]) == 1 and "eligibility.SUBMTG_STATE_CD" in row["group"]
    }
    assert len(by_state) == 4
    for state, margin in by_state.items():
        inner = [
            row["persons"]
            for row in found["rows"]
            if len(row["group"]) == 2 and row["group"]["eligibility.SUBMTG_STATE_CD"] == state
        ]
        assert None in inner or margin["persons"] == sum(inner)


STATE, SEX = "eligibility.SUBMTG_STATE_CD", "eligibility.SEX_CD"
BY_BOTH = {
    "question": {"text": "How many people, by state and sex?", "asks": {"kind": "statistics"}},
    "columns": [STATE, SEX],
    "statistics": MARGINS,
}


def of_one_cell(state: str, sex: str) -> dict[str, Any]:
    where = [{"column": STATE, "op": "=", "value": state}, {"column": SEX, "op": "=", "value": sex}]
    return {
        "question": {"text": "How many people are these?", "asks": {"kind": "statistics"}},
        "columns": [STATE, SEX],
        "statistics": {"mechanism": "exact", "by": [], "measures": [{"kind": "count"}]},
        "population": {"dataset": "medicaid", "where": where},
    }


def marks(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (row["group"][STATE], row["group"][SEX])
        for row in found["rows"]
        if len(row["group"]) == 2 and row["persons"] is None
    ]


def test_no_mark_of_a_table_can_be_asked_whether_it_is_small(world: World) -> None:
    """The words "fewer than 11" about one mark and not about another would tell which was hidden to cover it."""
    package = world.folder / "table.modicum"
    world.ok("release", world.agreed(STATISTICS, **BY_BOTH), "--out", package)
    hidden = marks(answer(world, package))
    assert len(hidden) > 1
    said = set()
    for state, sex in hidden:
        case = world.agreed(STATISTICS, **of_one_cell(state, sex))
        ran = world.run("release", case, "--out", world.folder / "cell.modicum")
        assert ran.exit == Exit.REFUSED
        said.add(ran.err)
        assert not (world.folder / "cell.modicum").exists()
    assert len(said) == 1


def test_a_table_after_the_words_says_which_marks_they_left_less_vague(world: World) -> None:
    first = world.folder / "cell.modicum"
    world.ok("release", world.agreed(STATISTICS, **of_one_cell("11", "M")), "--out", first)
    assert answer(world, first)["total"] == "fewer than 11"
    package = world.folder / "table.modicum"
    world.ok("release", world.agreed(STATISTICS, **BY_BOTH), "--out", package)
    found = answer(world, package)
    assert ("11", "M") in marks(found)
    assert found["audit"]["within_fewer_than_11"] == 1
    schema = json.loads((SCHEMAS / "statistics.json").read_text())
    assert set(schema["properties"]["audit"]["anyOf"][0]["required"]) == set(found["audit"])
