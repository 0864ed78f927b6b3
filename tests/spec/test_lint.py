"""`modicum lint`: each fault planted alone is found at its place, a clean table is not troubled, nothing is quoted."""

import json
from pathlib import Path

import pytest
from lint_tables import CLEAN, changed, table_of, with_column

from modicum.answer.lint import RULES, lint
from modicum.answer.shared_table import Role, role_of
from modicum.cli import run
from modicum.gateway.table_file import read_table
from modicum.model.errors import InvalidInputError, NotFoundError

SIX = ["1234567", "2345678", "3456789", "4567890", "5678901", "6789012"]
PLANTED = {
    "small-cell": (changed(5, "persons", "7"), 5, "persons"),
    "derivable": (changed(5, "persons", "*"), 5, "persons"),
    "figure-of-few": (changed(5, "persons", "*"), 5, "mean cost (USD)"),
    "telling-mark": (changed(2, "persons", "*", text=changed(5, "persons", "<11")), 5, "persons"),
    "unrounded": (changed(3, "mean cost (USD)", "88.2049"), 3, "mean cost (USD)"),
    "unreadable": (changed(5, "persons", "66 (50.0)"), 5, "persons"),
    "undescribed": (with_column("V17", ["120", "180", "300", "66", "66", "132"]), 1, "V17"),
    "identifier": (with_column("ssn", SIX), 1, "ssn"),
}


def found(folder: Path, text: str) -> set[tuple[str, int, str]]:
    return {(each.rule, each.line, each.column) for each in lint(table_of(folder, text))}


def test_a_clean_table_is_not_troubled(tmp_path: Path) -> None:
    assert not found(tmp_path, CLEAN)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_fault_is_found_at_its_place(tmp_path: Path, rule: str) -> None:
    text, line, column = PLANTED[rule]
    assert (rule, line, column) in found(tmp_path, text)


def test_every_rule_has_its_planted_fault() -> None:
    assert set(PLANTED) | {"no-denominator", "too-like"} == set(RULES)


def test_a_hidden_cell_is_safe_once_a_second_one_stands_in_its_row_and_column(tmp_path: Path) -> None:
    square = "county,women (persons),men (persons),total (persons)\na,{},{},100\nb,{},{},100\ntotal,100,100,200\n"
    assert {each[0] for each in found(tmp_path, square.format("*", "*", "*", "*"))} <= {"undescribed"}
    assert ("derivable", 2, "women (persons)") in found(tmp_path, square.format("*", "95", "*", "*"))
    assert ("derivable", 3, "men (persons)") in found(tmp_path, square.format("*", "95", "*", "*"))


def test_two_hidden_cells_that_a_sum_squeezes_are_derivable(tmp_path: Path) -> None:
    text = changed(3, "persons", "*", text=changed(2, "persons", "*", text=changed(4, "persons", "9")))
    assert {("derivable", 2, "persons"), ("derivable", 3, "persons")} <= found(tmp_path, text)


def test_a_percentage_beside_a_hidden_count_gives_it_back(tmp_path: Path) -> None:
    rows = "area,persons,percent of total\na,*,{}\nb,*,{}\nc,600,60.0\ntotal,1000,100.0\n"
    assert ("derivable", 2, "persons") in found(tmp_path, rows.format("20.0", "20.0"))
    assert not {each for each in found(tmp_path, rows.format("*", "*")) if each[0] == "derivable"}


def test_percentages_alone_lack_their_denominator(tmp_path: Path) -> None:
    assert ("no-denominator", 1, "percent") in found(tmp_path, "county,percent\na,20.0\nb,30.0\n")
    assert not found(tmp_path, "county,percent of 2000 people\na,20.0\nb,30.0\n")


@pytest.mark.parametrize(
    ("line", "column", "value", "told"),
    [
        (2, "persons", "119", True),
        (2, "persons", "130", True),
        (2, "persons", "131", False),
        (2, "persons", "*", True),
        (2, "mean cost (USD)", "1032.20", True),
        (2, "percent of enrolled", "41.0", False),
    ],
)
def test_an_earlier_table_that_differs_by_few_people_is_told_of(
    tmp_path: Path, line: int, column: str, value: str, *, told: bool
) -> None:
    earlier = table_of(tmp_path, changed(line, column, value), name="earlier.csv")
    findings = [each for each in lint(table_of(tmp_path, CLEAN), earlier=[earlier]) if each.rule == "too-like"]
    assert [(each.line, each.column) for each in findings] == ([(line, column)] if told else [])
    assert all("earlier.csv" in each.cause for each in findings)


def test_counts_off_the_base_are_unrounded(tmp_path: Path) -> None:
    findings = lint(table_of(tmp_path, CLEAN), base=6)
    assert not findings
    assert {each.line for each in lint(table_of(tmp_path, CLEAN), base=5)} == {5, 6, 7}


def test_findings_do_not_tell_a_small_count(tmp_path: Path) -> None:
    told = [lint(table_of(tmp_path, changed(5, "persons", str(count)))) for count in range(1, 11)]
    assert all(each == told[0] for each in told)


def test_no_finding_quotes_a_cell(tmp_path: Path) -> None:
    text = "county,persons,ssn\nCANARY-1,3,CANARY-2\nCANARY-3,*,CANARY-4\ntotal,9,CANARY-5\n"
    findings = lint(table_of(tmp_path, text))
    assert findings
    assert not any("CANARY" in f"{each.column}{each.cause}{each.cure}" for each in findings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.json", json.dumps([{"county": "a", "persons": 7}, {"county": "b", "persons": 70}])),
        ("table.json", json.dumps({"headers": ["county", "persons"], "rows": [["a", 7], ["b", 70]]})),
        ("fields.json", json.dumps({"fields": [{"name": "county"}, {"name": "persons"}], "data": [["a", "7"]]})),
        (
            "answer.json",
            json.dumps(
                {
                    "schema": "modicum.statistics/1",
                    "rows": [{"group": {"county": "a"}, "persons": 7, "sums": {}}],
                    "total": None,
                }
            ),
        ),
        ("semicolon.csv", "county;persons\na;7\n"),
        ("windows.csv", "\ufeffcounty,persons\r\na,7\r\n"),
    ],
)
def test_every_shape_of_table_is_read(tmp_path: Path, name: str, text: str) -> None:
    findings = lint(table_of(tmp_path, text, name=name))
    line = 1 if name.endswith("json") else 2
    assert [(each.rule, each.line, each.column) for each in findings] == [("small-cell", line, "persons")]


def test_a_description_tells_what_a_header_does_not(tmp_path: Path) -> None:
    fields = [{"name": "county"}, {"name": "E17", "description": "people enrolled"}]
    table = table_of(tmp_path, json.dumps({"fields": fields, "data": [["a", 70], ["b", 90]]}), name="t.json")
    assert role_of(table, 1) == (Role.COUNT, True)
    assert not lint(table)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "no text"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"PK\x03\x04....", "workbook"),
        (b"county,persons\na,7,8\n", "line 2 has 3 fields"),
        (b'county,persons\n"a,7\n', "no CSV"),
        (b"county,persons\n", "no rows"),
        (b"123-45-6789,7\n1,2\n", "values, not names"),
        (b"a,A\n1,2\n", "two columns of one name"),
        (b"{broken", "JSON"),
        (b"[1, 2]", "no table"),
        (b'{"headers": ["a"], "rows": [[{}]]}', "a cell that is no text"),
        (b'[{"a": [1]}]', "a cell that is no text"),
        (b"[" * 200_000, "JSON"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=said) as caught:
        read_table(path)
    assert "6789" not in str(caught.value)


def test_a_table_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "nowhere.csv")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(16 * 2**20 + 1)
    with pytest.raises(InvalidInputError, match="16 MiB"):
        read_table(large)


def test_the_command_exits_0_on_a_clean_table_and_4_on_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean, faulty = tmp_path / "clean.csv", tmp_path / "faulty.csv"
    clean.write_text(CLEAN, "utf-8")
    faulty.write_text(changed(5, "persons", "7"), "utf-8")
    assert run(["lint", str(clean)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["lint", str(faulty)]) == 4
    assert f"{faulty}:5:persons  small-cell: " in capsys.readouterr().out
    assert run(["lint", str(faulty), "--json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "modicum.lint/1"
    assert not document["clean"]
    assert {each["rule"] for each in document["findings"]} == {"small-cell", "figure-of-few"}
