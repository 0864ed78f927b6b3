"""Differencing and trackers: two questions that differ by one cohort's target, directly or behind padding. Pure.

Differencing: everybody in a block of cohorts, and everybody in it but one cohort. A general tracker: half of all
cohorts, T; what is refused about a set C follows from q(C or T) + q(C or not T) - q(T) - q(not T).

Source: Denning, Schlörer (1983), "Inference controls for statistical databases", section 3.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from modicum.answer.attacks.asking import ASKERS, DAYS, Asked, Door, Heard, Ledgered
from modicum.answer.attacks.findings import Recovered
from modicum.answer.attacks.world import World

BLOCK: Final = 10

Ask: TypeAlias = Callable[[frozenset[int]], Heard | None]


def difference(world: World, door: Door) -> tuple[Ledgered, Recovered]:
    """For each target ask for its block, and for its block without its cohort; the difference is the cohort's count."""
    asking = Ledgered(door)
    ask = _in_turn(asking, of=2 * len(world.cohorts))
    found: list[float | None] = []
    for place in range(len(world.cohorts)):
        begin = place - place % BLOCK
        block = frozenset(range(begin, min(begin + BLOCK, len(world.cohorts))))
        both = ask(block), ask(block - {place})
        found.append(_less(both[0], both[1]))
    return asking, _recovered(world, found)


def track(world: World, door: Door) -> tuple[Ledgered, Recovered]:
    """For each target ask behind the padding of a general tracker, half of all cohorts."""
    asking = Ledgered(door)
    every = frozenset(range(len(world.cohorts)))
    half = frozenset(place for place in every if place % 2)
    ask = _in_turn(asking, of=2 * len(every) + 2)
    whole = _sum(ask(half), ask(every - half))
    found: list[float | None] = []
    for place in range(len(world.cohorts)):
        padded = _sum(ask(half | {place}), ask((every - half) | {place}))
        found.append(None if padded is None or whole is None else padded - whole)
    return asking, _recovered(world, found)


def _in_turn(asking: Ledgered, *, of: int) -> Ask:
    """Ask by askers in turn, spread over all days."""
    asked = [0]

    def ask(cohorts: frozenset[int]) -> Heard | None:
        number = asked[0]
        asked[0] += 1
        return asking.ask(Asked(cohorts=cohorts, asker=number % ASKERS, day=DAYS * number // max(1, of - 1)))

    return ask


def _less(one: Heard | None, other: Heard | None) -> float | None:
    return None if one is None or other is None else one.counts[0] - other.counts[0]


def _sum(one: Heard | None, other: Heard | None) -> float | None:
    return None if one is None or other is None else one.counts[0] + other.counts[0]


def _recovered(world: World, found: list[float | None]) -> Recovered:
    """Of how many targets the nearer count is the true one; what was not answered is guessed as not flagged."""
    guesses = [each is not None and each - world.others[place] > 0.5 for place, each in enumerate(found)]  # noqa: PLR2004
    return Recovered(sum(guess == bit for guess, bit in zip(guesses, world.bits, strict=True)), len(found))
