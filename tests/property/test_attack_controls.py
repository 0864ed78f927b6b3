"""The attacks where nothing protects: each recovers at least 95 in 100, so that holding means something."""

import pytest

from modicum.answer.attacks.asking import Asked, ExactDoor, FreshDoor, SizeDoor, exactly
from modicum.answer.attacks.averaging import average, guessed, questions
from modicum.answer.attacks.reconstruction import reconstruct
from modicum.answer.attacks.tracking import difference, track
from modicum.answer.attacks.world import World
from modicum.answer.noise import Noise, OpenDP

SEEDS = [1, 2, 3]


class Silent:
    """A door that answers nothing."""

    def ask(self, asked: Asked) -> None:
        del asked


def world(seed: int) -> World:
    return World.planted(targets=200, seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_differences_of_exact_answers_tell_everything(seed: int) -> None:
    planted = world(seed)
    assert difference(planted, ExactDoor(planted))[1].share == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tracker_gets_behind_a_control_that_refuses_small_sets(seed: int) -> None:
    planted = world(seed)
    door = SizeDoor(planted)
    assert all(door.ask(Asked(cohorts=frozenset({place}))) is None for place in range(200))
    assert track(planted, door)[1].share == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_random_halves_give_everybody_back(seed: int) -> None:
    planted = world(seed)
    assert reconstruct(planted, ExactDoor(planted), many=300)[1].share == 1
    noisy = FreshDoor(planted, OpenDP(), Noise.GAUSSIAN, 2.0)
    assert reconstruct(planted, noisy, many=1000)[1].share >= 0.95


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("noise", Noise)
def test_noise_that_is_drawn_anew_each_time_cancels_in_the_mean(seed: int, noise: Noise) -> None:
    planted = world(seed)
    asking, said = average(planted, FreshDoor(planted, OpenDP(), noise, 2.0), many=150, reworded=False)
    assert guessed(planted, said).share >= 0.95
    assert asking.told == {"questions": 150, "answers": 150, "same answer again": 0, "refused": 0}


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_hears_nothing_guesses(seed: int) -> None:
    planted = world(seed)
    for found in (difference(planted, Silent())[1], track(planted, Silent())[1]):
        assert found.right == sum(not bit for bit in planted.bits)
    assert reconstruct(planted, Silent(), many=10)[1].right == sum(not bit for bit in planted.bits)
    assert 60 < sum(planted.bits) < 140


def test_the_rows_hold_what_the_world_says() -> None:
    planted = world(1)
    rows = planted.rows()
    assert len({row[0] for row in rows}) == len(rows)
    counts = [sum(row[1] == cohort and row[2] == "Y" for row in rows) for cohort in planted.cohorts]
    assert counts == exactly(planted, Asked(cohorts=None))
    assert len(rows) - len(planted.rows(with_targets=False)) == 200


def test_two_askers_take_turns_over_four_hundred_days() -> None:
    asked = list(questions(1000, reworded=True))
    assert {each.asker for each in asked} == {0, 1}
    assert (asked[0].day, asked[-1].day) == (0, 400)
    assert len({each.wording for each in asked}) == 1000
