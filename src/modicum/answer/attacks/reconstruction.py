"""Reconstruction: ask for many overlapping sets and solve for everybody at once, by least squares. Pure.

With n unknown bits, a few times n exact counts of random halves have one solution; with noise that grows less than with
the square root of n the solution is still nearly the truth.

Source: Dinur, Nissim (2003), "Revealing information while preserving privacy".
"""

from random import Random
from typing import Final

import numpy as np

from modicum.answer.attacks.asking import ASKERS, DAYS, Asked, Door, Ledgered
from modicum.answer.attacks.findings import Recovered
from modicum.answer.attacks.world import World

PER_TARGET: Final = 4
_NOTHING: Final = 0.5


def reconstruct(world: World, door: Door, *, many: int) -> tuple[Ledgered, Recovered]:
    """Ask for so many random halves of the cohorts, and guess every target's bit from all answers together."""
    random = Random(f"halves/{world.seed}")  # noqa: S311 - sets to ask for, not a secret
    targets = len(world.cohorts)
    asking = Ledgered(door)
    sets: list[frozenset[int]] = []
    surplus: list[float] = []
    for number in range(many):
        chosen = frozenset(place for place in range(targets) if random.random() < 0.5)  # noqa: PLR2004 - a fair coin
        asked = Asked(cohorts=chosen, asker=number % ASKERS, day=DAYS * number // max(1, many - 1))
        heard = asking.ask(asked) if chosen else None
        if heard is not None:
            sets.append(chosen)
            surplus.append(heard.counts[0] - sum(world.others[place] for place in chosen))
    return asking, _solved(world, sets, surplus)


def _solved(world: World, sets: list[frozenset[int]], surplus: list[float]) -> Recovered:
    """The bits nearest to the least-squares solution; around a half, which is what is known without any answer."""
    targets = len(world.cohorts)
    if not sets:
        return Recovered(sum(not bit for bit in world.bits), targets)
    matrix = np.array([[float(place in chosen) for place in range(targets)] for chosen in sets])
    centred = np.array(surplus) - _NOTHING * matrix.sum(axis=1)
    solution = np.linalg.lstsq(matrix, centred, rcond=None)[0]
    return Recovered(sum(bool(each > 0) == bit for each, bit in zip(solution, world.bits, strict=True)), targets)
