"""Averaging: ask the same again, by another asker, on another day, in other words, and pool what comes back. Pure.

Noise around the same figure cancels in the mean. It does not where the same question has the same answer for good, and
where other words pay anew from a budget that all askers share and that no day refills.
"""

from collections.abc import Iterator
from typing import Final

from modicum.answer.attacks.asking import ASKERS, DAYS, Asked, Door, Ledgered
from modicum.answer.attacks.evidence import Answer, evidence
from modicum.answer.attacks.findings import Recovered
from modicum.answer.attacks.world import World

SAME: Final = "same"
REWORDED: Final = "reworded"


def questions(many: int, *, reworded: bool) -> Iterator[Asked]:
    """The counts of each cohort, over and over, by askers in turn, from the first to the last day."""
    for number in range(many):
        yield Asked(
            cohorts=None,
            wording=number if reworded else 0,
            asker=number % ASKERS,
            day=DAYS * number // max(1, many - 1),
        )


def average(world: World, door: Door, *, many: int, reworded: bool) -> tuple[Ledgered, list[float]]:
    """Ask so often; what all answers say together about each target, in natural logarithms."""
    asking = Ledgered(door)
    for asked in questions(many, reworded=reworded):
        asking.ask(asked)
    answers = [heard for _, heard in asking.heard.values()]
    said = [
        evidence(
            [
                Answer(each.counts[place], world.others[place], 1, each.noise, each.scale)
                for each in answers
                if each.noise is not None
            ]
        )
        for place in range(len(world.cohorts))
    ]
    return asking, said


def guessed(world: World, said: list[float]) -> Recovered:
    """Of how many targets the better supported bit is the true one; no evidence at all is guessed as not flagged."""
    right = sum((each > 0) == bit for each, bit in zip(said, world.bits, strict=True))
    return Recovered(right, len(said))


def in_favour(world: World, said: list[float]) -> list[float]:
    """The evidence in the direction of the truth."""
    return [each if bit else -each for each, bit in zip(said, world.bits, strict=True)]
