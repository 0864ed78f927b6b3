"""How an attacker asks, and three doors without protection to hold beside the gateway's. Pure, but for the noise.

A door answers one question: how many people are flagged, in some cohorts together or in each cohort apart. The
gateway's door is built by the hall; those here are the controls: one that answers exactly, one that only refuses small
sets, and one that adds noise anew each time and counts no budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from modicum.answer.attacks.world import World
from modicum.answer.noise import Noise, Sampler

FEWEST: Final = 11
ASKERS: Final = 2
DAYS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question. cohorts: by their place, counted together; None for each cohort apart.

    wording: the same question in other words has another number. asker: which of the colluding askers. day: on the
    attacker's clock, from 0.
    """

    cohorts: frozenset[int] | None
    wording: int = 0
    asker: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer: counts by cohort, or one count. token: the same for an answer that was given before."""

    counts: Sequence[int]
    token: str
    noise: Noise | None = None
    scale: float = 0.0


class Door(Protocol):
    """What answers questions, or does not."""

    def ask(self, asked: Asked) -> Heard | None:
        """The answer; None where it is refused."""


@dataclass(slots=True)
class Ledgered:
    """A door, and what came through it: distinct answers, repeated ones, refusals."""

    door: Door
    heard: dict[str, tuple[Asked, Heard]] = field(default_factory=dict)
    repeated: int = 0
    refused: int = 0

    def ask(self, asked: Asked) -> Heard | None:
        """Ask, and keep count."""
        found = self.door.ask(asked)
        if found is None:
            self.refused += 1
        elif found.token in self.heard:
            self.repeated += 1
        else:
            self.heard[found.token] = (asked, found)
        return found

    @property
    def told(self) -> Mapping[str, int]:
        """Counts for the reader."""
        return {
            "questions": len(self.heard) + self.repeated + self.refused,
            "answers": len(self.heard),
            "same answer again": self.repeated,
            "refused": self.refused,
        }


def exactly(world: World, asked: Asked) -> list[int]:
    """The true answer."""
    if asked.cohorts is None:
        return [world.flagged(place) for place in range(len(world.cohorts))]
    return [sum(world.flagged(place) for place in asked.cohorts)]


@dataclass(slots=True)
class ExactDoor:
    """Answers every question exactly."""

    world: World
    count: int = 0

    def ask(self, asked: Asked) -> Heard | None:
        """The truth."""
        self.count += 1
        return Heard(counts=exactly(self.world, asked), token=f"{self.count}")


@dataclass(slots=True)
class SizeDoor:
    """Answers exactly, unless fewer than eleven people are counted or left out: a control on the size of the set.

    Source: the control that Denning and Schlörer (1983) show to be no protection.
    """

    world: World
    count: int = 0

    def ask(self, asked: Asked) -> Heard | None:
        """The truth, of sets that are neither small nor nearly everybody."""
        self.count += 1
        whole = sum(map(self.world.flagged, range(len(self.world.cohorts))))
        counts = exactly(self.world, asked)
        if any(not FEWEST <= count <= whole - FEWEST for count in counts):
            return None
        return Heard(counts=counts, token=f"{self.count}")


@dataclass(slots=True)
class FreshDoor:
    """Adds fresh noise to every answer, keeps none and counts no budget."""

    world: World
    sampler: Sampler
    noise: Noise
    scale: float
    count: int = 0

    def ask(self, asked: Asked) -> Heard | None:
        """The truth with noise."""
        self.count += 1
        noisy = self.sampler.add(exactly(self.world, asked), noise=self.noise, scale=self.scale)
        return Heard(counts=noisy, token=f"{self.count}", noise=self.noise, scale=self.scale)
