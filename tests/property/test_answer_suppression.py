"""An attacker who knows the publication, and how it is made, pins no hidden count within 1 to 10."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modicum.answer.suppression import Suppression, suppress
from modicum.answer.tables.primary import FEWEST, is_small

Publication = tuple[tuple[int | None, ...], int | None]
Publisher = Callable[[tuple[int, ...]], Publication]


def publish(table: tuple[int, ...]) -> Publication:
    return show(table, suppress(table, total=sum(table)))


def publish_without_further_cells(table: tuple[int, ...]) -> Publication:
    hidden = frozenset(place for place, count in enumerate(table) if is_small(count))
    return show(table, Suppression(hidden, total_shown=True))


def show(table: tuple[int, ...], chosen: Suppression) -> Publication:
    cells = tuple(None if place in chosen.hidden else count for place, count in enumerate(table))
    return cells, sum(table) if chosen.total_shown else None


def consistent(publication: Publication, most: int) -> list[tuple[int, ...]]:
    """All tables that fit what is shown, hidden cells being 1 or more; the attacker knows no more than that."""
    cells, total = publication
    ranges: list[Iterable[int]] = [range(1, most + 1) if cell is None else (cell,) for cell in cells]
    return [table for table in itertools.product(*ranges) if total is None or sum(table) == total]


def pinned(publication: Publication, tables: list[tuple[int, ...]]) -> list[int]:
    """Hidden cells that these tables confine to 1 to 10 where a total stands beside them, or to one such value."""
    found = []
    for place, cell in enumerate(publication[0]):
        values = {table[place] for table in tables}
        confined = max(values) < FEWEST and publication[1] is not None
        if cell is None and (confined or (len(values) == 1 and max(values) < FEWEST)):
            found.append(place)
    return found


tables = (
    st.lists(st.integers(0, 14) | st.integers(0, 40), min_size=1, max_size=4)
    .map(tuple)
    .filter(lambda t: sum(t) >= FEWEST)
)


@given(tables)
def test_no_hidden_cell_is_pinned_by_all_consistent_tables(table: tuple[int, ...]) -> None:
    publication = publish(table)
    assert not any(cell is not None and is_small(cell) for cell in publication[0])
    hidden = sum(cell is None for cell in publication[0])
    if publication[1] is None or hidden < 2:
        assert publication[1] is None or hidden == 0
        return
    rest = publication[1] - sum(cell for cell in publication[0] if cell is not None)
    widest = consistent(publication, rest) if rest <= 24 else []
    if widest:
        assert not pinned(publication, widest)
        for place, cell in enumerate(publication[0]):
            values = {each[place] for each in widest}
            assert cell is not None or (max(values) >= FEWEST and max(values) - min(values) >= 10)


def knowing_the_rule(publisher: Publisher, *, cells: int, most: int) -> dict[Publication, list[int]]:
    """Make every table, publish it, and look what each publication gives away to whoever can do the same."""
    origins: dict[Publication, list[tuple[int, ...]]] = defaultdict(list)
    for table in itertools.product(range(most + 1), repeat=cells):
        if sum(table) >= FEWEST:
            origins[publisher(table)].append(table)
    given_away = {publication: pinned(publication, found) for publication, found in origins.items()}
    return {publication: places for publication, places in given_away.items() if places}


@pytest.mark.parametrize(("cells", "most"), [(1, 40), (2, 40), (3, 26), (4, 14)])
def test_knowing_the_rule_pins_nothing_either(cells: int, most: int) -> None:
    assert knowing_the_rule(publish, cells=cells, most=most) == {}


def test_the_attack_catches_a_rule_without_further_cells() -> None:
    """The positive control."""
    caught = knowing_the_rule(publish_without_further_cells, cells=3, most=20)
    assert caught[(None, 15, 15), 33] == [0]
    assert pinned((((None, 15, 15)), 33), consistent(((None, 15, 15), 33), 40)) == [0]


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 3))
def test_small_cells_are_always_hidden_and_noughts_never(counts: list[int], extra: int) -> None:
    overlapping = max(sum(counts) - extra, max(counts, default=0))
    for total in {sum(counts), overlapping}:
        chosen = suppress(counts, total=total)
        small = {place for place, count in enumerate(counts) if is_small(count)}
        assert small <= chosen.hidden
        assert all(counts[place] > 0 for place in chosen.hidden)
        if is_small(total) or (total != sum(counts) and small):
            assert not chosen.total_shown


@pytest.mark.parametrize(
    ("counts", "hidden", "total_shown"),
    [
        ((100, 200, 0), set(), True),  # nothing small, nothing hidden; none is shown
        ((3, 100, 200), {0, 1}, True),  # the difference would tell: the next smallest goes too
        ((5, 7), {0, 1}, True),  # twelve people in two cells: 1 to 11 each
        ((5, 6), {0, 1}, False),  # eleven in two cells: neither can be more than ten
        ((10, 15, 15, 40), {0, 1, 2}, True),  # equals go together
        ((3, 0, 0, 40), {0, 3}, True),  # a nought hides nothing
    ],
)
def test_examples(counts: tuple[int, ...], hidden: set[int], total_shown: bool) -> None:  # noqa: FBT001
    assert suppress(counts, total=sum(counts)) == Suppression(frozenset(hidden), total_shown=total_shown)
