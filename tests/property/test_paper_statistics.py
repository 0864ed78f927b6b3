"""Laws of the pictures of statistics: drawing, table and values agree; extremes stay small and within the paper."""

import itertools
import xml.etree.ElementTree as ET
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modicum.paper import (
    Estimate,
    NoiseLaw,
    Picture,
    Spend,
    SuppressedTable,
    Uncovered,
    budget,
    estimates,
    figure,
    noise,
    suppressed,
)
from modicum.paper.noise import DOTS, offsets, within
from modicum.paper.scale import figure_words, ticks

SVG = "{http://www.w3.org/2000/svg}"
RTL = "\u05e9\u05dd \u05d4\u05de\u05e9\u05e4\u05d7\u05d4"
anything = st.text(max_size=60) | st.sampled_from(["<script>x</script>", "\"'><svg onload=x>", RTL, "W" * 60, "=1+1"])
figures = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False)
fast = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def estimate(draw: st.DrawFn) -> Estimate:
    low, value, high = sorted([draw(figures), draw(figures), draw(figures)])
    return Estimate(draw(anything), value, low, high)


spends = st.lists(st.builds(Spend, what=anything, who=anything, at=anything, spent=st.floats(0, 1)), max_size=30)


@st.composite
def grids(draw: st.DrawFn) -> SuppressedTable:
    rows, columns = draw(st.lists(anything, max_size=6)), draw(st.lists(anything, max_size=8))
    cell = st.none() | st.integers(0, 10**7)
    cells = tuple(tuple(draw(cell) for _ in columns) for _ in rows)
    hidden = [(r, c) for r, row in enumerate(cells) for c, value in enumerate(row) if value is None]
    ranges = {place: (1, 1 + draw(st.integers(0, 500))) for place in hidden} if draw(st.booleans()) else {}
    return SuppressedTable(title="t", rows=tuple(rows), columns=tuple(columns), cells=cells, ranges=ranges)


def texts(drawing: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(drawing).iter(f"{SVG}text")]


def sound(picture: Picture) -> None:
    """Named, described, harmless, within its paper."""
    for drawing in (picture.svg, picture.narrow):
        root = ET.fromstring(drawing)
        assert (root.get("role"), root[0].text, root[1].text) == ("img", picture.finding, picture.alt)
        _, _, width, height = map(float, root.get("viewBox", "").split())
        assert len(drawing.encode()) < 300_000
        for node in root.iter():
            assert node.tag.rpartition("}")[2] not in {"script", "style", "image", "foreignObject", "a"}
            assert not any(key.startswith("on") or key == "style" for key in node.attrib)
            for key, most in (("x", width), ("y", height), ("cx", width), ("cy", height)):
                assert -0.01 <= float(node.get(key, 0)) <= most + 0.01, (node.tag, key)
    assert "<script" not in figure(picture)


@fast
@given(st.lists(estimate(), max_size=12))
def test_each_figure_has_its_dot_and_its_words_and_the_bar_holds_the_dot(given_estimates: list[Estimate]) -> None:
    picture = estimates(given_estimates)
    sound(picture)
    for drawing in (picture.svg, picture.narrow):
        root = ET.fromstring(drawing)
        dots = [float(node.get("cx", "")) for node in root.iter(f"{SVG}circle")]
        bars = [
            (float(n.get("x", "")), float(n.get("width", ""))) for n in root.iter(f"{SVG}rect") if n.get("rx") == "3"
        ]
        assert len(dots) == len(bars) == len(given_estimates)
        assert all(x - 0.02 <= dot <= x + wide + 0.02 for dot, (x, wide) in zip(dots, bars, strict=True))
        order = sorted(range(len(dots)), key=lambda i: given_estimates[i].value)
        assert all(dots[a] <= dots[b] + 0.02 for a, b in itertools.pairwise(order))
    for each, row in zip(given_estimates, picture.table.rows, strict=True):
        assert row == (each.label, *map(figure_words, (each.value, each.low, each.high)))


@fast
@given(st.integers(-(10**6), 10**6), st.sampled_from(NoiseLaw), st.floats(0.5, 10**4))
def test_thirty_eight_of_forty_dots_stand_within_the_range_that_is_named(
    answer: int, law: NoiseLaw, scale: float
) -> None:
    picture = noise(answer, law=law, scale=scale)
    sound(picture)
    reach = within(law, scale)
    assert sum(abs(each) <= reach for each in offsets(law, scale)) == DOTS * 95 // 100
    for drawing in (picture.svg, picture.narrow):
        filled = [node.get("fill") == node.get("stroke") for node in ET.fromstring(drawing).iter(f"{SVG}circle")]
        assert (len(filled), sum(filled)) == (DOTS, 38)
    assert f"between {picture.table.rows[0][2]} and {picture.table.rows[0][3]}" in picture.finding


@fast
@given(spends, st.floats(0.0, 3.0), st.lists(st.builds(Uncovered, what=anything, many=st.integers(0, 99)), max_size=5))
def test_what_is_left_is_what_was_not_spent(given_spends: list[Spend], more: float, other: list[Uncovered]) -> None:
    whole = sum(each.spent for each in given_spends) + more + 0.001
    picture = budget(given_spends, whole=whole, population="p", uncovered=other)
    sound(picture)
    rows = picture.table.rows
    assert len(rows) == len(given_spends) + len(other)
    left = 1 - sum(each.spent for each in given_spends) / whole
    if given_spends:
        said = str(rows[len(given_spends) - 1][4])
        assert said == "under 0.1 %" if left < 0.001 else abs(float(said.removesuffix(" %")) - 100 * left) <= 0.51
    assert [row[3] for row in rows[len(given_spends) :]] == ["not covered"] * len(other)
    assert any("left" in text for text in texts(picture.svg))


@fast
@given(grids())
def test_hidden_cells_are_drawn_alike_and_no_hidden_figure_is_told(grid: SuppressedTable) -> None:
    picture = suppressed(grid)
    sound(picture)
    hidden = sum(cell is None for row in grid.cells for cell in row)
    for drawing in (picture.svg, picture.narrow):
        boxes = [n for n in ET.fromstring(drawing).iter(f"{SVG}rect") if "hatch" in n.get("fill", "")]
        assert len(boxes) == hidden
        assert len({(box.get("width"), box.get("height"), box.get("stroke")) for box in boxes}) <= 1
    for row, said in zip(grid.cells, picture.table.rows, strict=True):
        for cell, word in zip(row, said[1:], strict=True):
            assert word == cell if cell is not None else str(word).startswith("*")


@pytest.mark.parametrize(
    "broken",
    [
        lambda: estimates([Estimate("a", 5, 6, 7)]),
        lambda: estimates([Estimate("a", float("nan"), 6, 7)]),
        lambda: noise(5, law=NoiseLaw.LAPLACE, scale=0),
        lambda: noise(float("inf"), law=NoiseLaw.LAPLACE, scale=1),
        lambda: budget([Spend("q", "w", "t", 2.0)], whole=1.0, population="p"),
        lambda: budget([Spend("q", "w", "t", -0.1)], whole=1.0, population="p"),
        lambda: budget([], whole=0.0, population="p"),
        lambda: SuppressedTable(title="t", rows=("a",), columns=("b",), cells=((1, 2),)),
        lambda: SuppressedTable(title="t", rows=("a",), columns=("b",), cells=((1,),), ranges={(0, 0): (1, 2)}),
    ],
)
def test_what_cannot_be_is_not_drawn(broken: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        broken()  # type: ignore[operator]


def test_extremes_stay_small_and_quick() -> None:
    start = perf_counter()
    for picture in (
        estimates([Estimate(f"{RTL} {'X' * 60} {i}", i * 1000, i * 999, i * 1001) for i in range(10_000)]),
        budget([Spend("q", "w", "t", 1e-4)] * 10_000, whole=1.0, population="p" * 60),
        suppressed(
            SuppressedTable(
                title="t", rows=("r" * 60,) * 1000, columns=("c" * 60,) * 200, cells=((None,) * 200,) * 1000
            )
        ),
        noise(10**12, law=NoiseLaw.GAUSSIAN, scale=10**6),
    ):
        for drawing in (picture.svg, picture.narrow):
            assert len(drawing.encode()) < 300_000
    assert perf_counter() - start < 30


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_hold_what_they_are_for(low: float, span: float) -> None:
    found = ticks(low, low + span)
    slack = 1e-6 * max(1.0, abs(low))
    assert found[0] <= low + slack
    assert found[-1] >= low + span - slack
    assert 2 <= len(found) <= 12
    assert found == sorted(found)


def test_no_question_is_told_to_be_left_once_the_budget_is_spent() -> None:
    picture = budget([Spend("q", "w", "t", 0.5)] * 2, whole=1.0, population="the readers")
    assert picture.finding == (
        "0 % of the budget of the readers is left after 2 questions; none like the last would be answered. "
        "It is never refilled."
    )
