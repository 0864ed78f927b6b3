"""The attacker's mathematics: ratios against the laws of the noise, bounds against brute force and against draws."""

import math
from fractions import Fraction
from functools import partial
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.answer.attacks.evidence import (
    Answer,
    best_guess,
    chance_of_evidence,
    chance_of_guesses,
    evidence,
    log_ratio,
)
from modicum.answer.attacks.findings import Recovered, Scene
from modicum.answer.noise import Noise, OpenDP, loss
from modicum.answer.sensitivity import persons

WIDE = 4000


def mass(noise: Noise, scale: float, at: int) -> float:
    """The probability of one amount of noise, by summing the law's weights."""

    def weight(value: int) -> float:
        return math.exp(-(value**2) / (2 * scale**2) if noise is Noise.GAUSSIAN else -abs(value) / scale)

    return weight(at) / math.fsum(weight(value) for value in range(-WIDE, WIDE + 1))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(Noise), st.floats(0.5, 40), st.integers(-60, 60), st.integers(-3, 3), st.integers(-50, 50))
def test_a_ratio_is_that_of_the_two_probabilities(
    noise: Noise, scale: float, apart: int, weight: int, without: int
) -> None:
    given_answer = Answer(without + apart, without, weight, noise, scale)
    likely, else_likely = mass(noise, scale, apart - weight), mass(noise, scale, apart)
    if likely > 0 and else_likely > 0:
        assert math.isclose(log_ratio(given_answer), math.log(likely) - math.log(else_likely), abs_tol=1e-6)


def divergence(p: tuple[float, ...], q: tuple[float, ...]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


spread = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda raw: tuple(each / sum(raw) for each in raw))


@settings(max_examples=300)
@given(spread, spread)
def test_no_pair_of_laws_within_a_budget_lets_anybody_guess_better_than_the_bound(
    p: tuple[float, ...], q: tuple[float, ...]
) -> None:
    rho = max(divergence(p, q), divergence(q, p))
    best = max(
        0.5 + 0.5 * sum(a - b for chosen, a, b in zip(picks, p, q, strict=True) if chosen)
        for picks in product([False, True], repeat=4)
    )
    assert best <= best_guess(rho) + 1e-9


@given(st.floats(0.001, 5))
def test_the_bound_on_guesses_is_reached_by_two_even_coins(rho: float) -> None:
    t = 2 * best_guess(rho) - 1
    p, q = ((1 + t) / 2, (1 - t) / 2), ((1 - t) / 2, (1 + t) / 2)
    assert math.isclose(divergence(p, q), rho, rel_tol=1e-6)
    assert best_guess(rho, 0.01) >= best_guess(rho)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 19))
def test_the_binomial_tail_is_exact(of: int, right: int, twentieths: int) -> None:
    right = min(right, of)
    q = Fraction(twentieths, 20)
    exact = sum(math.comb(of, k) * q**k * (1 - q) ** (of - k) for k in range(right, of + 1))
    assert math.isclose(chance_of_guesses(right, of, allowed=float(q)), float(exact), rel_tol=1e-9)


def scene(
    *, targets: int, answers: int, scale: float, told_scale: float, charged: float, noise: Noise, seed: int
) -> Scene:
    """Two hundred people, each in or out by a coin, and some answers about each of them with OpenDP's own noise."""
    random = Random(seed)
    truths = [random.random() < 0.5 for _ in range(targets)]
    drawn = OpenDP().add([int(bit) for bit in truths for _ in range(answers)], noise=noise, scale=scale)
    said = [
        evidence([Answer(value, 0, 1, noise, told_scale) for value in drawn[place * answers : (place + 1) * answers]])
        for place in range(targets)
    ]
    right = sum((each > 0) == truth for each, truth in zip(said, truths, strict=True))
    return Scene(
        name="drawn",
        what="",
        protected=Recovered(right, targets),
        unprotected=Recovered(targets, targets),
        rho=answers * float(loss(noise, scale=told_scale, sensitivity=persons(1))) * charged,
        delta=0.0,
        in_favour=[each if truth else -each for each, truth in zip(said, truths, strict=True)],
    )


@pytest.mark.parametrize("noise", Noise)
@pytest.mark.parametrize("seed", range(3))
def test_a_build_that_keeps_its_promise_holds_and_broken_ones_do_not(noise: Noise, seed: int) -> None:
    # Twenty answers that spend rho 1 together. The noise is really drawn: the sound build fails to hold once in 20,000
    # draws, so it has three; half a price shows in the answers about 800 people, and of 200 one time in 80 not yet.
    scale = math.sqrt(20 / 2)
    drawn = partial(scene, answers=20, told_scale=scale, noise=noise, seed=seed)
    assert any(drawn(targets=200, scale=scale, charged=1).held for _ in range(3))
    assert not drawn(targets=200, scale=scale / 3, charged=1).held
    assert not drawn(targets=800, scale=scale, charged=0.5).held


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=50), st.floats(0, 3))
def test_chances_are_chances(in_favour: list[float], rho: float) -> None:
    assert 0 <= chance_of_evidence(in_favour, rho=rho) <= 1
    assert chance_of_evidence([-1.0, *in_favour], rho=100) == 1


def test_evidence_beyond_a_budget_of_nothing_is_impossible() -> None:
    assert chance_of_evidence([0.1], rho=0) == 0
    assert chance_of_evidence([0.0, 0.0], rho=0) == 1
    assert chance_of_evidence([], rho=1) == 1
    assert best_guess(0) == 0.5


def test_a_control_that_recovers_too_little_is_told() -> None:
    weak = Scene(name="w", what="", protected=Recovered(100, 200), unprotected=Recovered(189, 200), rho=0.1, delta=0.0)
    assert weak.held
    assert not weak.control_works
