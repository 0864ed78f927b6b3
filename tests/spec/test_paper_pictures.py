"""One worked example per promise of a picture."""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import paper_samples as samples
import pytest

from modicum.model.decision import Cell, Decision, Verdict
from modicum.model.forms import Form
from modicum.paper import ClockEvent, LadderStep, clock, figure, ladder, matrix
from modicum.paper.colours import ACCENT, ALARM, INK, LINE, PAPER, QUIET, RUNG, VERDICT, contrast, ink_on, luminance

PICTURES = {
    "ladder": ladder(samples.RUNGS),
    "matrix": matrix(samples.decision(date(2026, 1, 7)), Form.IDENTIFIED),
    "clock": clock(samples.EVENTS),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_named_described_and_states_its_finding(name: str) -> None:
    picture = PICTURES[name]
    for drawing in (picture.svg, picture.narrow):
        root = ET.fromstring(drawing)
        assert root.get("role") == "img"
        assert root[0].tag.endswith("title")
        assert root[0].text == picture.finding
        assert root[1].tag.endswith("desc")
        assert root[1].text == picture.alt
        assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_shows_the_finding_and_unfolds_to_a_table_with_headers(name: str) -> None:
    shown = figure(PICTURES[name])
    assert shown.index("<figcaption>") < shown.index("<svg") < shown.index("<details>") < shown.index("<table")
    assert shown.count('scope="col"') >= len(PICTURES[name].table.headers)
    assert shown.count('scope="row"') >= len(PICTURES[name].table.rows)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_carries_no_style_script_or_reference_to_elsewhere(name: str) -> None:
    for drawing in (PICTURES[name].svg, PICTURES[name].narrow):
        for node in ET.fromstring(drawing).iter():
            assert node.tag.rpartition("}")[2] not in {"script", "style", "image", "foreignObject", "a"}
            for key, value in node.attrib.items():
                assert key != "style"
                assert not key.startswith("on")
                assert not key.endswith("href") or value.startswith("#")


def test_the_ladder_names_the_lowest_rung_that_answers() -> None:
    picture = PICTURES["ladder"]
    assert picture.finding == (
        "The lowest rung that answers the question is statistics: no column about any one person leaves."
    )
    assert [row[0] for row in picture.table.rows][:2] == ["Refusal", "Statistics"]
    assert [row[-1] for row in picture.table.rows] == ["no", "yes", "no", "no", "no", "no"]


def test_a_ladder_that_ends_in_refusal_says_that_nothing_leaves() -> None:
    step = LadderStep(Form.REFUSAL, None, "nobody", 0, "Every form above is forbidden.", True)
    assert "nothing leaves" in ladder([step]).finding


def test_the_matrix_puts_together_what_the_law_treats_alike() -> None:
    table = PICTURES["matrix"].table
    assert [row[1:3] for row in table.rows] == [
        ("California, Illinois, Washington", "permanent residents, status unknown, citizens"),
        ("California, Illinois, Washington", "not lawfully present"),
        ("District of Columbia", "every"),
    ]
    assert table.rows[0][5] == (
        "forbidden; a court order is among the reasons [cvh-order-2, privacy-act-b, ssa-1902a7]"
    )
    assert table.rows[1][5] == "permitted on conditions; missing counsel-confirms:ssa-1902a7 [ssa-1902a7]"


def test_groups_whose_rules_differ_in_name_alone_share_a_row_and_stand_apart_in_the_detail() -> None:
    picture = matrix(named_apart(), Form.IDENTIFIED, "origin_state")
    assert [row[1] for row in picture.table.rows] == ["California", "District of Columbia", "Illinois", "Washington"]
    assert picture.detail is not None
    first = [row for row in picture.detail.rows if row[0] == 1]
    others = "permanent residents, not lawfully present, status unknown"
    assert first == [
        (1, "California", "citizens", "every column", "forbidden", "b"),
        (1, "California", others, "every column", "forbidden", "a"),
    ]
    assert ">a, b<" in picture.svg


def named_apart() -> Decision:
    """All forbidden by law, citizens by another provision than the rest."""
    base = samples.decision(date(2025, 6, 10))
    classes = tuple(Cell(verdict=Verdict.FORBIDDEN, because=(samples.because(name, "1 U.S.C. 1"),)) for name in "ab")
    row = len(base.columns) * len(base.forms)
    cells = [int(dict(s)["immigration"] == "us_citizen") for s in base.strata for _ in range(row)]
    return replace(base, classes=classes, cells=cells)


def test_an_octagon_says_that_a_court_order_is_among_the_reasons() -> None:
    before, after = (
        matrix(samples.decision(date(2025, month, 13)), Form.IDENTIFIED, "origin_state") for month in (6, 8)
    )
    for one, other in ((before.svg, after.svg), (before.narrow, after.narrow)):
        assert "order-F" not in one
        assert "a court order forbids it, or may" not in one
        assert other.count('href="#') == one.count('href="#') + 1  # the legend explains it
        assert other.count("order-F") == 2 + 3 * len(samples.COLUMNS)  # symbol, legend and the plaintiffs' cells
        assert "a court order forbids it, or may" in other
    assert before.finding.endswith("16 groups of people; no court order is among the reasons.")
    assert after.finding.endswith(
        "a court order is among the reasons in 108 of 144 cells, other law alone forbids the rest."
    )


def test_the_matrix_keeps_a_row_for_each_state_when_asked_to() -> None:
    table = matrix(samples.decision(date(2025, 8, 13)), Form.IDENTIFIED, "origin_state").table
    assert [row[1] for row in table.rows] == ["California", "District of Columbia", "Illinois", "Washington"]


def test_the_matrix_names_every_rule_that_it_cites() -> None:
    picture = PICTURES["matrix"]
    assert picture.sources is not None
    assert [row[0] for row in picture.sources.rows] == ["cvh-order-2", "privacy-act-b", "ssa-1902a7"]


def test_a_permitted_form_says_so_in_its_finding() -> None:
    picture = matrix(samples.decision(date(2025, 6, 10)), Form.STATISTICS)
    assert picture.finding == "10 June 2025: statistics are permitted for all 9 columns and 16 groups of people."


def test_the_clock_compares_the_case_with_54_minutes() -> None:
    assert PICTURES["clock"].finding == (
        "This case took 1 day 2 hours from request to answer; in June 2025 the order gave 54 minutes."
    )
    assert "54 minutes" in PICTURES["clock"].svg


def test_an_event_without_minutes_stands_in_the_table_alone() -> None:
    picture = PICTURES["clock"]
    assert picture.table.rows[-1] == ("The states read of it in the newspapers", "13 June 2025", "not on the clock")
    assert "newspapers" not in picture.svg


def test_the_clock_refuses_a_time_before_the_beginning() -> None:
    with pytest.raises(ValueError, match="negative"):
        clock([ClockEvent("Too early", -1, "yesterday", "filed")])


def test_rungs_grow_darker_and_each_is_told_from_the_next_on_a_grey_print() -> None:
    shades = [_lightness(RUNG[form]) for form in Form]
    assert all(light - dark >= 9 for light, dark in itertools.pairwise(shades))


@pytest.mark.parametrize("matrix_of", ["protan", "deutan", "tritan"])
def test_rungs_stay_apart_for_people_with_colour_vision_deficiencies(matrix_of: str) -> None:
    shades = [_lightness(_simulated(RUNG[form], matrix_of)) for form in Form]
    assert all(light - dark >= 7 for light, dark in itertools.pairwise(shades))


def test_inks_meet_the_contrast_that_wcag_asks_for() -> None:
    assert all(contrast(ink, PAPER) >= 4.5 for ink in (INK, QUIET, ACCENT, ALARM))
    assert contrast(LINE, PAPER) >= 3
    assert all(contrast(ink_on(colour), colour) >= 4.5 for colour in RUNG.values())
    assert contrast("#ffffff", VERDICT[Verdict.PERMITTED]) >= 4.5
    assert contrast(INK, VERDICT[Verdict.CONDITIONAL]) >= 4.5


def test_one_colour_per_rung_on_every_ladder() -> None:
    for picture in (PICTURES["ladder"], ladder(samples.RUNGS[:3])):
        assert RUNG[Form.STATISTICS] in picture.svg
        assert RUNG[Form.STATISTICS] in picture.narrow


def _lightness(colour: str) -> float:
    """CIE L*."""
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
_MACHADO = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _simulated(colour: str, kind: str) -> str:
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in _MACHADO[kind]]
    back = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in seen]
    return "#" + "".join(f"{round(255 * c):02x}" for c in back)
