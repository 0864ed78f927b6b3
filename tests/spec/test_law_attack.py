"""What may not open a forbidden cell does not, and an engine in which it would is seen."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from modicum.law.attack import attack
from modicum.law.attack_permits import Field, closed_cells, permit_trial
from modicum.law.conditions import random_condition
from modicum.law.cubes import cube_of
from modicum.law.editing import policy_of, replaced, with_policy
from modicum.law.groups import reading
from modicum.law.packs import load_pack
from modicum.law.space import space_of

PACK = load_pack("us_medicaid")


def test_an_attack_opens_nothing_and_its_control_is_caught() -> None:
    found = attack(PACK, trials=900, seed=3)
    assert found.opened == ()
    assert found.withstood
    assert sum(found.kinds.values()) == 900
    assert set(found.kinds) == {"permits", "orders", "facts", "askers"}
    assert found.judged > 15
    assert found.cells > 10**5
    assert found.control_caught > found.control_trials / 4


def test_the_same_seed_gives_the_same_attack() -> None:
    first, second, other = (attack(PACK, trials=120, seed=seed).as_document() for seed in (5, 5, 6))
    assert first == second
    assert first != other


def test_an_attack_whose_control_is_not_caught_has_not_withstood() -> None:
    """A pack without forbids gives the broken engine nothing to break."""
    pack = PACK
    for body in PACK.bodies:
        for policy in body.policies:
            if policy.effect == "forbid":
                pack = replaced(pack, policy.id, None)
    found = attack(pack, trials=60, seed=1)
    assert found.control_caught == 0
    assert not found.withstood


def test_cells_under_a_forbid_that_no_fact_lifts_are_closed_and_others_of_the_body_are_not() -> None:
    """Names in statistics are closed to every body; the pack without that forbid leaves them to HIPAA alone."""
    closed, open_ = (Field.of(reading(pack, space_of([pack]))) for pack in (PACK, replaced(PACK, "HOUSE-001", None)))
    counts = [
        sum(int(closed_cells(field.reading, group, "hipaa").sum()) for group in field.groups)
        for field in (closed, open_)
    ]
    assert counts[0] > counts[1]


@pytest.mark.parametrize("seed", range(30))
def test_a_random_condition_means_over_arrays_what_its_text_means_to_cedar(seed: int) -> None:
    condition = random_condition(Random(seed), PACK)
    text = (
        '@id("X") @title("t") @cite("c") @source("s") @verified("text-read") @from("2001-01-01")\n'
        f'permit (principal, action == Action::"disclose", resource) {condition.text()};'
    )
    policy = policy_of(with_policy(PACK, "hipaa", text), "X")
    space = space_of([PACK], [policy])
    cube, read = cube_of(policy, PACK, space), reading(PACK, space)
    shape = [len(axis.kinds) for axis in space.request]
    numbers = np.broadcast_to(cube.numbers, shape).reshape(-1)
    for row in Random(seed).sample(range(len(numbers)), 20):
        said = cube.under(int(numbers[row]), condition.facts)
        assert (said == condition.cells(PACK, space, read.request(row))).all()


def test_a_permit_trial_tells_what_it_opened_when_the_engine_is_broken() -> None:
    from modicum.law.attack import UNFORBIDDING

    broken = Field.of(reading(PACK, space_of([PACK]), UNFORBIDDING))
    told = [permit_trial(Random(f"x/{n}"), broken, judged=False)[1] for n in range(40)]
    assert any(each is not None and "opens" in each for each in told)


@pytest.mark.parametrize("seed", range(1, 6))
def test_one_trial_is_no_false_alarm(seed: int) -> None:
    """The control has trials enough of its own: a single one misses the broken engine more often than not."""
    found = attack(load_pack(Path(__file__).parents[1] / "data" / "small_pack"), trials=1, seed=seed)
    assert found.trials == 1
    assert found.withstood
    assert 0 < found.control_caught < found.control_trials
