"""The attacks on statistics: the gateway holds, its control does not, and broken builds are told from the sound one.

A sample; the full counts run in `tests/prove/attacks.py`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from attack_builds import ThirdOfTheNoise, half_price

from modicum.answer.attacks.averaging import questions
from modicum.answer.attacks.findings import Attack, Scene
from modicum.cli import run
from modicum.gateway.attacking import (
    QUESTION_DELTA,
    Setting,
    Theatre,
    attacked,
    averaging,
    charged,
    door_of,
    theatre,
    versions,
)
from modicum.model.errors import InvalidInputError

Played = TypeVar("Played", Scene, Attack)


@pytest.fixture(scope="module")
def given() -> Iterator[Theatre]:
    """A home with a budget of epsilon 8, 200 people to attack, 60 questions each time."""
    with theatre(Setting(targets=200, questions=60, epsilon=Decimal(8))) as opened:
        yield opened


def broken(given: Theatre, **how: object) -> Theatre:
    return replace(given, setting=replace(given.setting, **how))


def played(play: Callable[[], Played], *, held: bool) -> Played:
    """The first of three plays at most that held, or did not: the noise is really drawn, and misleads once in a while.

    Less than once in 1,000 plays, that is, whichever build it is; so three in a row mislead nobody.
    """
    for _ in range(3):
        if (found := play()).held is held:
            break
    return found


def test_the_same_question_has_one_answer_for_all_askers_and_days(given: Theatre) -> None:
    scene = played(lambda: averaging(given, reworded=False), held=True)
    assert scene.told == {"questions": 60, "answers": 1, "same answer again": 59, "refused": 0}
    assert scene.held
    assert scene.control_works


def test_other_words_pay_anew_until_nothing_is_left_and_tell_no_more_than_was_paid(given: Theatre) -> None:
    scene = played(lambda: averaging(given, reworded=True), held=True)
    assert scene.told == {"questions": 60, "answers": 30, "same answer again": 0, "refused": 30}
    assert scene.held
    assert scene.control_works
    assert 0.9 * float(given.setting.rho) < scene.rho <= float(given.setting.rho)


def test_a_build_with_a_third_of_the_noise_is_caught(given: Theatre) -> None:
    assert not averaging(broken(given, sampler=ThirdOfTheNoise()), reworded=True).held


def test_a_build_that_charges_half_is_caught(given: Theatre) -> None:
    scene = played(lambda: averaging(broken(given, priced=half_price), reworded=True), held=False)
    assert scene.told["answers"] == 60  # it is paid for half as much, so it answers twice as often
    assert not scene.held


def test_a_new_version_of_the_data_pays_from_the_same_budget(given: Theatre) -> None:
    scene = played(lambda: versions(given), held=True)
    assert scene.held
    assert scene.control_works
    assert 0.9 * float(given.setting.rho) < scene.rho <= float(given.setting.rho)


def test_what_was_charged_is_read_from_the_log_and_grows_with_each_new_question(given: Theatre) -> None:
    with given.stage.copy() as stage, door_of(given, stage, stage.dataset, share=Decimal("0.1")) as door:
        assert charged(stage) == (0.0, 0.0)
        for number, asked in enumerate(questions(4, reworded=True), start=1):
            heard = door.ask(asked)
            assert heard is not None
            assert (heard.counts is not None, len(heard.counts), heard.scale > 0) == (True, 200, True)
            assert charged(stage)[0] == pytest.approx(number * 0.1 * float(given.setting.rho), rel=0.01)
        assert charged(given.stage) == (0.0, 0.0)  # the stage that was copied is as it was


@pytest.mark.parametrize("name", ["differencing", "reconstruction"])
def test_small_runs_of_the_other_attacks_hold(name: str) -> None:
    found = played(lambda: attacked(name, Setting(targets=20, questions=60, epsilon=Decimal(4))), held=True)
    assert found.held, found.as_document()


def test_an_attack_that_finds_too_much_or_whose_control_fails_has_not_held(given: Theatre) -> None:
    scene = averaging(given, reworded=False)
    much = replace(scene, protected=replace(scene.protected, right=scene.protected.of))
    weak = replace(scene, unprotected=replace(scene.unprotected, right=0))
    assert not much.held
    assert not weak.control_works
    assert isinstance(scene, Scene)


def test_an_unknown_attack_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no attack"):
        attacked("guessing", Setting())


def test_the_price_of_a_question_is_within_its_share() -> None:
    setting = Setting(epsilon=Decimal(4))
    for parts in (2, 30, 802):
        epsilon = setting.epsilon_for(Decimal(1) / parts)
        assert 0 < epsilon < setting.epsilon
    assert Decimal("1e-9") == QUESTION_DELTA


def test_the_command_says_what_was_recovered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODICUM_HOME", raising=False)
    assert run(["attack", "tracker", "--targets", "20"]) == 0
    said = capsys.readouterr().out
    assert "unprotected   20 of 20 (100.0%) recovered" in said
    assert said.rstrip().endswith("held")


def test_the_command_exits_5_where_too_much_is_recovered(
    given: Theatre, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = played(lambda: averaging(broken(given, sampler=ThirdOfTheNoise()), reworded=False), held=False)
    monkeypatch.setattr("modicum.cli.attack.attacked", lambda *_, **__: Attack(name="a", seed=1, scenes=(scene,)))
    monkeypatch.delenv("MODICUM_HOME", raising=False)
    assert run(["attack", "averaging"]) == 5
    assert "NOT HELD" in capsys.readouterr().out
    assert run(["attack", "averaging", "--json"]) == 5
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["held"]) == ("modicum.attack/1", False)


def test_the_home_that_is_attacked_is_not_touched(tmp_path: Path) -> None:
    assert run(["attack", "tracker", "--home", str(tmp_path / "nowhere")]) == 8
