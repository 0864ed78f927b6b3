"""The attacks on exact tables: pinned without protection, wide with it; a half protection is told from a whole one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from modicum.answer.attacks.findings import Recovered, Scene
from modicum.answer.attacks.tables import GUESSES, Hunted, few_apart, hunted, small_cell, span_of

MAKERS = [small_cell, few_apart]
MANY = 60


def scene(protected: Recovered, unprotected: Recovered) -> Scene:
    return Scene(name="t", what="", protected=protected, unprotected=unprotected, rho=0, delta=0, baseline=1 / GUESSES)


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_hunted_is_pinned_without_the_protection_and_wide_with_it(make: Callable[[int], Hunted]) -> None:
    for seed in range(MANY):
        case = make(seed)
        truth = int(case.system.values[case.place])
        assert 1 <= truth <= 10
        assert span_of(case.system, case.unprotected, case.place) == (truth, truth)
        assert case.protected is not None
        low, high = span_of(case.system, case.protected, case.place)
        assert low <= truth <= high
        assert high >= 11
        assert high - low >= 10


@pytest.mark.parametrize("make", MAKERS)
def test_the_scene_holds_and_one_without_protection_does_not(make: Callable[[int], Hunted]) -> None:
    cases = [make(seed) for seed in range(MANY)]
    protected, unprotected, refused = hunted(cases, seed=1)
    assert scene(protected, unprotected).held
    assert scene(protected, unprotected).control_works
    assert refused == 0
    bare, _, _ = hunted([replace(case, protected=case.unprotected) for case in cases], seed=1)
    assert not scene(bare, unprotected).held


def test_a_protection_that_hides_a_second_cell_of_the_row_alone_is_caught() -> None:
    cases = []
    for seed in range(MANY):
        case = small_cell(seed)
        half = case.unprotected.copy()
        rows = case.system.relations
        row = next(columns for columns, _ in rows.each() if case.place in columns)
        half[next(int(other) for other in row[1:] if other != case.place)] = True
        cases.append(replace(case, protected=half))
    protected, unprotected, _ = hunted(cases, seed=1)
    assert protected.share > 0.9  # the column still gives it back
    assert not scene(protected, unprotected).held


def test_a_refused_table_leaves_the_attacker_with_guessing() -> None:
    cases = [replace(small_cell(seed), protected=None) for seed in range(MANY)]
    protected, _, refused = hunted(cases, seed=3)
    assert refused == MANY
    assert protected.share < 0.3
    assert not np.any([case.protected is not None for case in cases])
