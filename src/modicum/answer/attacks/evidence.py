"""What noisy answers say about one person, and how much of it a budget allows. Pure.

Membership is a bit: was this person counted. Whoever knows all others learns from an answer exactly its likelihood
ratio: how much likelier it is if the person was counted than if not. No test of these answers is better than the sum of
their logarithms (Neyman, Pearson). Noise on whole numbers has a known law, so the ratio is exact.

A budget of rho (zero-concentrated differential privacy, neighbours differ in one person) bounds the Rényi divergence of
order a between what is seen with and without the person by a * rho. Two bounds follow, whatever was asked:

- *guesses*. At order 1: each Kullback-Leibler divergence is at most rho. A guess is right with probability (1 + t)/2
  at most, where t, the largest difference of any probability, satisfies t * ln((1 + t)/(1 - t)) <= rho: of two coins
  whose probabilities differ by t, those that lie evenly around a half have the least sum of both divergences. A delta
  adds to t.
- *evidence*. The mean of exp(s * L), L the log of the ratio in favour of the truth, is at most exp(s * (1 + s) * rho)
  for every s > 0. So that n persons give a mean of m or more has probability exp(-n * (m - rho)^2 / (4 * rho)) at most,
  for m > rho (Chernoff's bound, at its best s).

Source: Bun, Steinke (2016), "Concentrated differential privacy"; Neyman, Pearson (1933); the derivations are ours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modicum.answer.noise import Noise

SURE: Final = 0.001  # an attack did better than allowed if that had a smaller probability
_HALVINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One noisy count that a person is in or not: by how much (`weight`) and what it would be `without` them."""

    value: int
    without: int
    weight: int
    noise: Noise
    scale: float


def log_ratio(answer: Answer) -> float:
    """The natural logarithm of how much likelier an answer is with the person than without them."""
    apart = answer.value - answer.without
    if answer.noise is Noise.GAUSSIAN:
        return (2 * apart * answer.weight - answer.weight**2) / (2 * answer.scale**2)
    return (abs(apart) - abs(apart - answer.weight)) / answer.scale


def evidence(answers: Sequence[Answer]) -> float:
    """What independent answers say together: above zero, that the person was counted."""
    return math.fsum(map(log_ratio, answers))


def best_guess(rho: float, delta: float = 0.0) -> float:
    """The largest probability, 0.5 to 1, with which a budget lets anybody guess rightly who was counted."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle < 1 and middle * math.log((1 + middle) / (1 - middle)) <= rho:
            low = middle
        else:
            high = middle
    return min(1.0, 0.5 + (high + delta) / 2)


def chance_of_guesses(right: int, of: int, *, allowed: float) -> float:
    """How probable so many right guesses or more are, each right with probability `allowed`: the binomial tail."""
    if right <= 0 or allowed >= 1:
        return 1.0
    logs = [
        math.lgamma(of + 1)
        - math.lgamma(k + 1)
        - math.lgamma(of - k + 1)
        + k * math.log(allowed)
        + (of - k) * math.log1p(-allowed)
        for k in range(right, of + 1)
    ]
    return min(1.0, math.fsum(map(math.exp, logs)))


def chance_of_evidence(in_favour: Sequence[float], *, rho: float, delta: float = 0.0) -> float:
    """How probable so much evidence in favour of the truth is at most, under a budget.

    in_favour: of each person what the answers say, counted in the direction of the truth.
    """
    many = len(in_favour)
    if not many:
        return 1.0
    mean = math.fsum(in_favour) / many
    if mean <= rho:
        return 1.0
    if rho <= 0:
        return min(1.0, many * delta)
    return min(1.0, math.exp(-many * (mean - rho) ** 2 / (4 * rho)) + many * delta)
