"""`modicum lint` reads counts as people write them, or says that it cannot: no small count goes unseen."""

from pathlib import Path

import pytest
from lint_tables import table_of

from modicum.answer.lint import lint
from modicum.answer.lint_cells import bound, count
from modicum.answer.shared_table import Role, SharedTable, role_of
from modicum.cli import run

SMALL = """
5*|5 †|5 (est.)|5 people|5 [note 2]|5a|5¹|5 ²|¹5|5, provisional|+5|-5|−5|5-|(5)|[5]|(5)*|*5|$5|5$|USD 5|5 EUR|'5|="5"|=5|5.|05|5.0
5,0|5,|1e0|5E0|5.0E+00|⁵|⑤|５|٥|۵|५|5\u00a0|\u200b5|5\u200f|0.5|10,5|5 persons (provisional)|5;|5!
"""
UNREADABLE = """
five|Twelve|a dozen|=2+3|=SUM(A1:A3)|+2+3|@SUM(1,2)|5 (12%)|5 (12)|5/12|5 of 12|1 or 2|5 and 1200|1 2|½|5½|~5|about 5|n=5|x5|五|Ⅴ|V
5k|5m|1.200|5%|<5%|<0.5|5±2|5+2|1200 [5]|1200 less five|1200 (five)|12-May|1-Oct|12 May|2024-01-05|12:30|#REF!|TRUE|yes||||
1,2,3|1,200,5|1e999999999|5<sup>1</sup>
"""
READ = """
1200|1,200|1 200|1\u00a0200|1\u202f200|1\u2009200|1'200|1’200|1_200|12,34,567|1.234.567|1.200,50|1 200,50|1'200.50|1200*|1200†|1200 (est.)
1200 people|1200¹|1200 ¹|1200 [note 1]|１２００|١٬٢٠٠|۱۲۰۰|$1,200|1.2E+03|12 thousand|="1200"|'1200|1200r|(1,200)|1200.0|11|0|0*
"""
MARKS = """
|*|**|-|–|—|..|...|…|<11|< 11|≤10|<=10|fewer than 11|less than 11|1-10|1–10|1 - 10|1 to 10|0-10|s|S|x|c|ds|suppr|suppr.|suppressed
(suppressed)|Suppressed*|masked|hidden|redacted|withheld|n/a|N/A|na|n.a.|null|none|NaN|†|‡|[c]|(D)|#N/A|not available|<10|≥11|11+|50+
11-20|20 to 49|<20|<11*|<11 people| $ -   |:|＊|\u200b
"""
TELLING = (
    "<5|<2|≤4|< ５|5-9|5 - 9|5–9|5 to 9|1-4|0-4|2-10|5-5|between 5 and 9|up to 5|5 or fewer|fewer than 5|3 through 7"
)


def each_of(cells: str) -> list[str]:
    return [cell for line in cells.strip("\n").split("\n") for cell in line.split("|")]


def table(header: str, *cells: str) -> SharedTable:
    return SharedTable(
        name="t", headers=("county", header), rows=tuple((f"county {chr(65 + place)}", cell) for place, cell in enumerate(cells)),
        lines=tuple(range(2, len(cells) + 2)), described={},
    )  # fmt: skip


def rules_of(cell: str) -> set[tuple[str, int]]:
    return {(each.rule, each.line) for each in lint(table("persons", "1200", cell, "2300", "4000"))}


@pytest.mark.parametrize("cell", each_of(SMALL))
def test_a_small_count_is_seen_however_it_is_written(cell: str) -> None:
    assert rules_of(cell) == {("small-cell", 3)}


@pytest.mark.parametrize("cell", each_of(UNREADABLE))
def test_what_is_no_one_number_is_unreadable_and_not_passed_over(cell: str) -> None:
    assert rules_of(cell or "|") == {("unreadable", 3)}


@pytest.mark.parametrize("cell", each_of(READ) + each_of(MARKS))
def test_what_can_be_read_or_is_hidden_is_not_troubled(cell: str) -> None:
    assert not rules_of(cell)


@pytest.mark.parametrize("cell", each_of(TELLING))
def test_a_range_that_tells_a_small_count_nearly_is_no_mark(cell: str) -> None:
    assert rules_of(cell) == {("telling-mark", 3)}


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1 200", 1200), ("12,34,567", 1234567), ("١٬٢٠٠", 1200), ("(1,200)", -1200), ("12 thousand", 12000)],
)
def test_a_number_is_the_one_that_was_meant(cell: str, value: int) -> None:
    assert count(cell) == value


def test_a_cell_longer_than_any_number_is_unreadable_at_once() -> None:
    for cell in ("*" * 10**6 + "|", "5" + " " * 10**6 + "x(", "5" * 10**6):
        assert rules_of(cell) == {("unreadable", 3)}


@pytest.mark.parametrize(
    "cells",
    [("1 200", "5", "2 300"), ("1'200", "5", "2'300"), ("1,2", "5,0"), ("five", "twelve"), ("5 (2%)", "120 (40%)")],
)
def test_a_column_that_says_counts_is_one_whatever_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cells: tuple[str, ...]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("state;persons\n" + "".join(f"s{place};{cell}\n" for place, cell in enumerate(cells)), "utf-8")
    assert run(["lint", str(path)]) == 4
    assert "persons  small-cell" in (told := capsys.readouterr().out) or "persons  unreadable" in told


@pytest.mark.parametrize(
    ("header", "cells", "role"),
    [
        ("persons", ("1200", "5", "40%"), Role.COUNT),
        ("persons of all enrolled", ("45%", "40%"), Role.PERCENT),
        ("persons (year 2024)", ("1 200", "5*", "2 300"), Role.COUNT),
        ("Women", ("1 200", "5*", "2 300"), Role.COUNT),
        ("Women", ("120 (40%)", "5 (2%)", "total"), Role.COUNT),
        ("claim type", ("inpatient", "outpatient", "340B"), Role.KEY),
        ("population", ("adults", "children 0-18"), Role.KEY),
        ("payment method", ("cash", "card"), Role.KEY),
        ("age group of patients", ("0-18", "19-64", "65+"), Role.KEY),
        ("cohort", ("0-18", "19-64", "65+", "unknown"), Role.KEY),
        ("admission date count", ("2024-01-01", "2024-01-02"), Role.KEY),
        ("drug", ("5 mg", "10 mg"), Role.KEY),
        ("ward", ("1A", "2B"), Role.KEY),
        ("years", ("2019-20", "2020-21"), Role.KEY),
        ("age 19-64", ("1200", "5"), Role.COUNT),
        ("age", ("34", "5"), Role.KEY),
        ("zip3", ("606", "941"), Role.KEY),
        ("paid claims", ("1200", "5"), Role.COUNT),
        ("claims paid (USD)", ("1200.50", "5.00"), Role.FIGURE),
        ("paid (USD)", ("1.2M", "$3,400.50"), Role.FIGURE),
        ("mean (USD)", ("12.3 (1.2)", "15.1 (2.0)"), Role.FIGURE),
    ],
)
def test_a_column_is_what_its_header_and_its_cells_say(header: str, cells: tuple[str, ...], role: Role) -> None:
    found = table(header, *cells)
    assert role_of(found, 1)[0] is role
    if role is Role.KEY:
        assert not lint(found)


def test_a_comma_beside_decimal_commas_may_part_decimals_too() -> None:
    found = {(each.rule, each.line) for each in lint(table("persons", "5,000", "25,50", "1200"))}
    assert found == {("unreadable", 2)}


def test_limits_of_figures_are_no_marks_and_tell_about_few(tmp_path: Path) -> None:
    text = "county,persons,percent of all\na,*,<0.1%\nb,1200,12.3%\nc,*,*\n"
    found = {(each.rule, each.line) for each in lint(table_of(tmp_path, text))}
    assert found == {("figure-of-few", 2)}


def test_a_range_is_followed_as_what_it_leaves_open(tmp_path: Path) -> None:
    left = bound("20 to 49")
    assert left is not None
    assert (left.low, left.high) == (20, 49)
    text = "county,persons\na,<100\nb,<100\nc,1000\ntotal,{}\n"
    found = {each.rule for each in lint(table_of(tmp_path, text.format(1010)))}
    assert found == {"derivable"}
    assert not lint(table_of(tmp_path, text.format(1100)))


def test_an_earlier_cell_that_cannot_be_read_is_told_of() -> None:
    earlier = table("persons", "1200", "120 (40%)")
    findings = lint(table("persons", "1200", "118"), earlier=[earlier])
    assert [(each.rule, each.line) for each in findings] == [("unreadable", 3)]
    assert "earlier table t" in findings[0].cause


def test_an_unreadable_cell_is_not_quoted() -> None:
    findings = lint(table("persons", "1200", "5 CANARY 7"))
    assert findings
    assert not any("CANARY" in f"{each.cause}{each.cure}" for each in findings)
