"""Tables with margins and hierarchies: an attacker of another make finds no hidden cell too narrow; broken builds do."""

import sys
from pathlib import Path

import numpy as np
import pytest
from tables_oracle import Made, Published, WholeAttacker, all_cells, random_table, shown_small, too_narrow

from modicum.answer.tables import audit as auditing
from modicum.answer.tables import heuristic, protection
from modicum.answer.tables.audit import Proof, audit
from modicum.answer.tables.model import table_of
from modicum.answer.tables.primary import small_cells
from modicum.answer.tables.protection import Protected, protect
from modicum.answer.tables.system import System, counts
from modicum.model.errors import DisclosureControlError

sys.path.insert(0, str(Path(__file__).parents[1] / "prove"))
from tables import against_optimum, publish, run

SAMPLE = 25


def test_no_hidden_cell_is_too_narrow_for_an_attacker_of_another_make() -> None:
    found = run(SAMPLE)
    assert found["wrong"] == []
    assert found["hidden_cells"] > 10 * SAMPLE


def test_hidden_cells_are_as_few_as_any_safe_choice_on_small_tables() -> None:
    found = against_optimum(30)
    assert found["compared"] >= 10
    assert found["below_optimum"] == []
    assert found["ours"] <= 1.15 * found["optimum"]
    assert found["greedy"] > found["ours"]


def caught(made: Made, published: Published) -> bool:
    return bool(shown_small(published) or too_narrow(made, published, whole=True))


def count_caught(seeds: range) -> int:
    return sum(caught(made, publish(made)) for made in map(random_table, seeds))


def test_a_build_without_further_cells_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def primary_alone(system: System) -> Protected:
        return Protected(hidden=system.forced, verdict=audit(system, system.forced), least=0, exact=True)

    monkeypatch.setattr("tables.protect", primary_alone)
    assert count_caught(range(20)) >= 10


def test_a_build_that_forgets_that_hidden_cells_are_one_or_more_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_nought(*given: object, **named: object) -> System:
        system = counts(*given, **named)  # type: ignore[arg-type]
        from dataclasses import replace

        return replace(system, below=system.values)

    monkeypatch.setattr("tables.counts", from_nought)
    assert count_caught(range(15, 20)) >= 2


def test_a_build_that_pairs_cells_up_and_never_audits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def paired(system: System) -> Protected:
        from modicum.answer.tables.greedy import _pair_up

        hidden = system.forced.copy()
        while _pair_up(system, hidden):
            pass
        return Protected(hidden=hidden, verdict=audit(system, hidden), least=0, exact=False)

    monkeypatch.setattr("tables.protect", paired)
    assert count_caught(range(20)) >= 3


def halves() -> System:
    """Three hidden cells of which any two add up to an odd number: over fractions they have room, in whole tables none.

    x + y = 2a + 1 and the like would be needed; here the ranges over fractions end at halves.
    """
    from modicum.answer.tables.system import FAR, Sparse

    rows = [
        (np.array([0, 1, 3]), np.array([1, 1, -1])),
        (np.array([1, 2, 3]), np.array([1, 1, -1])),
        (np.array([0, 2, 4]), np.array([1, 1, -1])),
    ]
    size = 5
    values = np.array([5, 5, 5, 10, 10])
    return System(
        values=values,
        below=np.array([4, 4, 4, 0, 1]),
        above=np.array([FAR, FAR, FAR, 0, 1]),
        up=np.array([0, 0, 0, 0, 0]),
        down=np.zeros(size, dtype=np.int64),
        span=np.array([1, 0, 0, 0, 0]),
        weights=np.zeros(size, dtype=np.int64),
        forced=np.ones(size, dtype=np.bool_),
        settled=np.zeros(size, dtype=np.bool_),
        relations=Sparse.of(rows, columns=size),
    )


def test_a_range_that_is_wide_over_fractions_alone_is_too_narrow() -> None:
    """x0 = x2 and x0 + x2 may differ by one either way: over fractions x0 spans 1, in whole numbers it cannot move."""
    system = halves()
    hidden = system.forced
    verdict = audit(system, hidden)
    assert verdict.narrow[0]
    assert verdict.up[0] == verdict.down[0] == 0


def test_an_audit_that_takes_fractions_for_tables_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control of the one above: ends of the linear programme, rounded outward, as if they were tables."""

    def taken(self: Proof, witness: np.ndarray) -> bool:
        np.maximum(self.up, np.abs(witness), out=self.up)
        np.maximum(self.down, np.abs(witness), out=self.down)
        return True

    monkeypatch.setattr(auditing.np, "rint", lambda point: np.sign(point) * np.ceil(np.abs(point) - 1e-9))
    monkeypatch.setattr(Proof, "take", taken)
    system = halves()
    assert not audit(system, system.forced).narrow[0]


@pytest.mark.parametrize("seed", range(6))
def test_what_the_audit_proves_is_true(seed: int) -> None:
    """Each proved range lies within the range that another solver finds in whole numbers."""
    made = random_table(500 + seed, most=4)
    table = table_of(made.inner, depths=made.depths)
    system = counts(table, primary=small_cells(table.values))
    found = protect(system)
    published = {key: None if found.hidden[place] else table.values[place] for place, key in enumerate(table.keys)}
    attacker = WholeAttacker(made, published)
    for place, key in enumerate(table.keys):
        if found.hidden[place]:
            low, high = attacker.range_of(key)
            assert low <= table.values[place] - found.verdict.down[place]
            assert table.values[place] + found.verdict.up[place] <= high


@pytest.mark.parametrize("near_from", [0, 700])
def test_the_heuristic_alone_is_safe_too(near_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "EXACT_QUANTITIES", 0)
    monkeypatch.setattr(heuristic, "NEAR_QUANTITIES", near_from)
    for seed in range(12):
        made = random_table(seed)
        assert not caught(made, publish(made))


def test_the_same_table_is_hidden_alike_every_time() -> None:
    made = random_table(3)
    assert publish(made) == publish(made)


def test_a_table_without_small_cells_is_shown_whole() -> None:
    made = Made({(("a",), ("x",)): 20, (("a",), ("y",)): 0, (("b",), ("x",)): 11, (("b",), ("y",)): 400}, (1, 1))
    assert publish(made) == all_cells(made)


def test_a_table_too_large_to_audit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "MOST_QUANTITIES", 5)
    with pytest.raises(DisclosureControlError, match="cannot be audited"):
        publish(random_table(1))


def test_the_solver_says_nothing_on_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    publish(random_table(2))
    assert capfd.readouterr() == ("", "")
