"""What the lint calls derivable is: a naive enumeration of all tables that could stand behind the shown one agrees."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modicum.answer.lint_derive import derivable
from modicum.answer.shared_table import SharedTable, role_of

ROWS = ("a", "b", "total")
HEADERS = ("area", "women (persons)", "men (persons)", "total (persons)")
WIDEST = 26

counts = st.lists(st.integers(1, WIDEST), min_size=4, max_size=4)
masks = st.sets(st.sampled_from(list(product(range(3), range(3)))), max_size=6)


def whole(cells: tuple[int, ...]) -> list[list[int]]:
    a, b, c, d = cells
    return [[a, b, a + b], [c, d, c + d], [a + c, b + d, a + b + c + d]]


def table(figures: list[list[int]], hidden: set[tuple[int, int]]) -> SharedTable:
    rows = tuple(
        (ROWS[row], *("*" if (row, column) in hidden else str(figures[row][column]) for column in range(3)))
        for row in range(3)
    )
    return SharedTable(name="t", headers=HEADERS, rows=rows, lines=(2, 3, 4), described={})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(counts, masks)
def test_what_is_called_derivable_is_narrow_in_every_table_that_shows_the_same(
    inner: list[int], hidden: set[tuple[int, int]]
) -> None:
    figures = whole(tuple(inner))
    made = table(figures, hidden)
    called = {(row, column - 1) for row, column in derivable(made, [role_of(made, place)[0] for place in range(4)])}
    for place in called:
        found = possible_in(figures, hidden, place)
        assert max(found) < 11 or max(found) - min(found) < 10
    for place in hidden:
        if len([p for p in hidden if p[0] == place[0]]) == 1 or len([p for p in hidden if p[1] == place[1]]) == 1:
            assert place in called


def possible_in(figures: list[list[int]], hidden: set[tuple[int, int]], place: tuple[int, int]) -> set[int]:
    """The values that one hidden cell takes over all tables of cells 1 to 2 x WIDEST that show the same."""
    shown = [each for each in product(range(3), range(3)) if each not in hidden]
    found = set()
    span = range(1, 2 * WIDEST + 1)
    for a in _free(figures, hidden, (0, 0), span):
        for b in _free(figures, hidden, (0, 1), span):
            if (0, 2) not in hidden and a + b != figures[0][2]:
                continue
            for c in _free(figures, hidden, (1, 0), span):
                if (2, 0) not in hidden and a + c != figures[2][0]:
                    continue
                for d in _free(figures, hidden, (1, 1), span):
                    other = whole((a, b, c, d))
                    if all(other[row][column] == figures[row][column] for row, column in shown):
                        found.add(other[place[0]][place[1]])
    return found


def _free(
    figures: list[list[int]], hidden: set[tuple[int, int]], place: tuple[int, int], span: range
) -> range | tuple[int]:
    return span if place in hidden else (figures[place[0]][place[1]],)
