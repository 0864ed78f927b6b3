"""The picture of accuracy in the docs is what its tool draws now, and its errors are those that noise has."""

import runpy
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import pytest
from docs_world import ROOT

from modicum.answer.noise import Noise, OpenDP, accuracy, rho_of, scale_for
from modicum.answer.sensitivity import persons
from modicum.paper import AccuracyLine, accuracy_picture

TOOL: Final = runpy.run_path(str(ROOT / "tools" / "accuracy_picture.py"))
MADE: Final[Callable[[], tuple[str, str]]] = TOOL["made"]


def test_the_picture_and_the_page_are_as_the_tool_makes_them() -> None:
    drawing, page = MADE()
    assert (ROOT / "docs" / "pictures" / "accuracy.svg").read_text("utf-8") == drawing, "tools/accuracy_picture.py"
    assert (ROOT / "docs" / "explanation" / "accuracy.md").read_text("utf-8") == page, "tools/accuracy_picture.py"


def test_ninety_five_of_a_hundred_draws_are_within_what_the_picture_says() -> None:
    scale = scale_for(Noise.GAUSSIAN, persons(1), share=rho_of(Decimal(1), Decimal("1e-9")) / 2)
    within = accuracy(scale)
    drawn = OpenDP().add([0] * 20_000, noise=Noise.GAUSSIAN, scale=scale)
    share = sum(abs(each) <= within for each in drawn) / len(drawn)
    assert 0.955 < share < 0.98  # 0.968, since whole numbers round up, give or take ten standard deviations


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [AccuracyLine("a", ())],
        [AccuracyLine("a", ((1.0, 0.0),))],
        [AccuracyLine("a", ((2.0, 1.0), (1.0, 1.0)))],
        [AccuracyLine("a", ((1.0, 1.0),)), AccuracyLine("b", ((2.0, 1.0),))],
        [AccuracyLine("a", ((1.0, float("nan")),))],
        [AccuracyLine("a", ((1.0, 1.0),))] * 9,
    ],
)
def test_what_is_no_line_is_not_drawn(lines: list[AccuracyLine]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        accuracy_picture(lines, caption="c")


def test_the_table_says_what_the_lines_do() -> None:
    picture = accuracy_picture(
        [AccuracyLine("few", ((0.1, 50.0), (1.0, 5.0))), AccuracyLine("many", ((0.1, 2000.0), (1.0, 0.123)))],
        caption="c",
    )
    assert picture.table.rows == (("0.1", "50 %", "over 1,000 %"), ("1", "5 %", "0.12 %"))
    assert picture.finding == (
        "At epsilon 1, 95 of 100 answers are within 5 % of the truth for few, and within 0.12 % for many."
    )
