"""`modicum draw`: pictures of documents say what the documents say, and of nothing else."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from modicum.cli import run
from modicum.model.errors import InvalidInputError
from modicum.paper.answers import pictures_of

NOISY: dict[str, Any] = {
    "schema": "modicum.statistics-noise/1",
    "rows": [
        {
            "group": [{"column": "t.STATE", "as": "value", "value": state}],
            "measures": [
                {
                    "kind": "count",
                    "of": "persons",
                    "column": None,
                    "value": value,
                    "interval": [max(value - 5, 0), value + 5],
                },
                {"kind": "sum", "column": "t.PAID", "value": f"{value}.50", "interval": ["0.00", "90.00"]},
                {"kind": "histogram", "column": "t.PAID", "bins": []},
            ],
        }
        for state, value in (("CA", 40), (None, -3))
    ],
}
EXACT: dict[str, Any] = {
    "schema": "modicum.statistics/1",
    "question": "How many?",
    "rows": [
        {"group": {"t.STATE": "CA"}, "persons": 40, "sums": {"t.PAID": "120.50"}, "suppressed": False},
        {"group": {"t.STATE": None}, "persons": None, "sums": {"t.PAID": None}, "suppressed": True},
    ],
    "total": {"group": {}, "persons": None, "sums": {"t.PAID": None}, "suppressed": True},
}
BUDGET: dict[str, Any] = {
    "population": "persons",
    "declared": {"epsilon": "4", "delta": "0.000000001"},
    "total": {"rho": "0.2", "delta": "0"},
    "left": {"rho": "0.15", "delta": "0", "epsilon": "3.4"},
    "questions": [
        {"question_sha256": "a" * 64, "dataset": "d", "case": "2026-0001", "at": "2026-01-01T00:00:00Z", "rho": "0.05"}
    ],
    "not_covered": [{"form": "statistics"}, {"form": "statistics"}, {"form": "match"}],
}


def test_an_answer_with_noise_has_a_picture_for_each_measure_with_one_value() -> None:
    found = pictures_of(NOISY)
    assert list(found) == ["answer-1-count", "answer-2-sum"]
    assert found["answer-1-count"].table.rows == (("CA", "40", "35", "45"), ("(none of these)", "-3", "-3", "2"))


def test_an_exact_table_shows_what_it_hides_and_no_more() -> None:
    table = pictures_of(EXACT)["suppressed"].table
    assert table.headers == ("", "people", "t.PAID")
    assert table.rows == (("CA", 40, 120), ("(none of these)", "*", "*"), ("total", "*", "*"))


def test_a_budget_shows_what_is_left_and_what_it_does_not_cover() -> None:
    picture = pictures_of({"schema": "modicum.budget/1", "populations": [BUDGET]})["budget-persons"]
    assert picture.finding.startswith("75 % of the budget of persons is left after 1 question")
    assert [row[0] for row in picture.table.rows[1:]] == [
        "release without noise, match",
        "releases without noise, statistics",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"schema": "modicum.error/1"},
        {"schema": "modicum.statistics/1"},
        {"schema": "modicum.budget/1", "populations": [{**BUDGET, "questions": 3}]},
    ],
)
def test_another_document_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        pictures_of(document)


def test_the_command_writes_each_picture_with_its_table_and_overwrites_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "answer.json"
    given.write_text(json.dumps(EXACT), "utf-8")
    assert run(["draw", str(given), "--out", str(tmp_path / "out")]) == 0
    assert "3 of 6 cells" not in capsys.readouterr().err
    assert (tmp_path / "out" / "suppressed.svg").read_text("utf-8").startswith("<svg ")
    rows = list(csv.reader((tmp_path / "out" / "suppressed.csv").read_text("utf-8").splitlines()))
    assert rows[1] == ["CA", "40", "120"]
    assert run(["draw", str(given), "--out", str(tmp_path / "out")]) == 9
    assert run(["draw", str(tmp_path / "none.json"), "--out", str(tmp_path / "out")]) == 8
    given.write_text("[1]", "utf-8")
    assert run(["draw", str(given), "--out", str(tmp_path / "out")]) == 2
