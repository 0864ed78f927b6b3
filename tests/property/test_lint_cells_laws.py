"""What the lint reads in a cell, for all cells: a small number never hides among signs, a large one is itself."""

from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.answer.lint import lint
from modicum.answer.lint_cells import MOST, bound, count, digits, is_bounded, is_mark, is_percent, number, tells_nearly
from modicum.answer.shared_table import SharedTable
from modicum.answer.tables.primary import FEWEST

# Not < > + and no words: they make limits of a number, which leave more open.
around = st.text(st.sampled_from("*†‡§()[]{}$€'\"= .,~^#%/_:;!?abks¹²-−–\u00a0\u202f\u200b\u200f\n"), max_size=4)
scripts = st.sampled_from(
    ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"]
)


def found(*cells: str) -> set[int]:
    table = SharedTable(
        name="t", headers=("county", "persons"), rows=tuple((chr(65 + place), cell) for place, cell in enumerate(cells)),
        lines=tuple(range(1, len(cells) + 1)), described={},
    )  # fmt: skip
    return {each.line for each in lint(table)}


@settings(max_examples=400, deadline=None)
@given(st.integers(1, FEWEST - 1), around, around, scripts)
def test_a_small_count_is_found_whatever_signs_stand_around_it(
    small: int, before: str, after: str, script: str
) -> None:
    cell = before + "".join(script[int(each)] for each in str(small)) + after
    assert 2 in found("1200", cell, "2300")
    assert found(cell, cell) or any(each.isalpha() for each in before)  # labels such as A1


@given(st.integers(FEWEST, MOST), st.sampled_from([",", " ", "'", "’", "\u00a0", "\u202f", "_", ""]), scripts)
def test_a_count_is_itself_however_its_thousands_are_parted(shown: int, mark: str, script: str) -> None:
    cell = f"{shown:,}".replace(",", mark).translate(str.maketrans("0123456789", script))
    assert count(cell) == shown
    assert not found("1200", cell, "2300")


@given(st.text(max_size=12))
def test_every_text_is_read_without_a_fault_and_as_one_thing(cell: str) -> None:
    kinds = [number(cell) is not None, bound(cell) is not None, is_mark(cell)]
    assert sum(kinds) <= 1
    assert digits(cell) >= 0
    assert not (is_mark(cell) and any(each.isdecimal() for each in cell))
    if bound(cell) is None:
        assert not tells_nearly(cell)
        assert not is_bounded(cell)
    else:
        assert not is_percent(cell)
    found("1200", cell)
