"""`modicum attack`: the attacks of the answer wing against the gateway of a throw-away home, each with its control.

Two askers pool what they hear, over 400 days of a moved clock. Each scene has a stage of its own, whose budget is as
large as that of the home that is asked about; what it charged is read from its own log at the end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final, TypeAlias

from modicum.answer.attacks.asking import DAYS, Asked, Door, ExactDoor, FreshDoor, Ledgered, SizeDoor, exactly
from modicum.answer.attacks.averaging import average, guessed, in_favour
from modicum.answer.attacks.findings import Attack, Recovered, Scene
from modicum.answer.attacks.reconstruction import PER_TARGET, reconstruct
from modicum.answer.attacks.tables import GUESSES, Hunted, few_apart, hunted, small_cell
from modicum.answer.attacks.tracking import difference, track
from modicum.answer.attacks.world import World
from modicum.answer.grammar import LEAST_EPSILON, MOST_EPSILON
from modicum.answer.noise import Noise, OpenDP, Sampler, epsilon_of, rho_of
from modicum.answer.private_answer import Price, price
from modicum.answer.questions import PrivateQuestion
from modicum.custody.engine import Engine
from modicum.gateway.attack_door import GatewayDoor
from modicum.gateway.attack_stage import Stage, staged
from modicum.gateway.budget import standing
from modicum.gateway.home import Home
from modicum.gateway.populations import DEFAULT_DELTA, DEFAULT_EPSILON, populations
from modicum.gateway.progress import Report, silent
from modicum.model.dataset import Dataset
from modicum.model.errors import InvalidInputError

ATTACKS: Final = ("averaging", "differencing", "tracker", "reconstruction")
QUESTION_DELTA: Final = Decimal("1e-9")
_LATER: Final = "members-later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How an attack is run. epsilon, delta: the whole budget. sampler, priced: of a broken build, in tests."""

    targets: int = 200
    questions: int = 1000
    seed: int = 1
    epsilon: Decimal = DEFAULT_EPSILON
    delta: Decimal = DEFAULT_DELTA
    sampler: Sampler | None = None
    priced: Callable[[PrivateQuestion], Price] = price

    @property
    def rho(self) -> Decimal:
        """The whole budget in rho."""
        return rho_of(self.epsilon, self.delta / 2)

    def epsilon_for(self, share: Decimal) -> Decimal:
        """The epsilon of one question that costs this share of the budget, or a little less."""
        found = epsilon_of(self.rho * share, QUESTION_DELTA) * Decimal("0.999")
        return min(max(found.quantize(Decimal("0.000001"), rounding=ROUND_FLOOR), LEAST_EPSILON), MOST_EPSILON)


def setting_of(home: Home | None, *, targets: int, questions: int, seed: int) -> Setting:
    """The setting for a home: its budget, or the one of a home that declares none."""
    if home is None:
        return Setting(targets=targets, questions=questions, seed=seed)
    largest = max(populations(home).values(), key=lambda each: each.epsilon)
    return Setting(
        targets=targets, questions=questions, seed=seed, epsilon=largest.epsilon, delta=largest.delta
    )  # fmt: skip


def attacked(name: str, setting: Setting, *, report: Report = silent) -> Attack:
    """Run one attack. Raises InvalidInputError: no attack of that name."""
    if name not in _SCENES:
        raise InvalidInputError(cause=f"there is no attack {name}", cure=f"there are: {', '.join(ATTACKS)}")
    scenes = []
    report("founding a home to attack", None)
    with theatre(setting) as given:
        for place, scene in enumerate(_SCENES[name]):
            report(f"{name}, scene {place + 1} of {len(_SCENES[name])}", place / len(_SCENES[name]))
            scenes.append(scene(given))
    return Attack(name=name, seed=setting.seed, scenes=tuple(scenes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Theatre:
    """What every scene of an attack needs: the planted people, how the attack is run, and a stage to copy."""

    world: World
    setting: Setting
    stage: Stage


@contextmanager
def theatre(setting: Setting) -> Iterator[Theatre]:
    """Found the throw-away home once; every scene plays in a copy of it."""
    world = World.planted(targets=setting.targets, seed=setting.seed)
    with staged(world.rows(), epsilon=setting.epsilon, delta=setting.delta) as stage:
        yield Theatre(world=world, setting=setting, stage=stage)


@contextmanager
def door_of(given: Theatre, stage: Stage, dataset: Dataset, *, share: Decimal) -> Iterator[GatewayDoor]:
    """The gateway's door on a stage; each question costs a share of the whole budget."""
    setting = given.setting
    with Engine.open(stage.home.folder, dataset, threads=1) as engine:
        yield GatewayDoor(
            stage=stage,
            engine=engine,
            dataset=dataset,
            world=given.world,
            epsilon=setting.epsilon_for(share),
            delta=QUESTION_DELTA,
            sampler=setting.sampler,
            priced=setting.priced,
        )


def charged(stage: Stage) -> tuple[float, float]:
    """Rho and delta that the stage's own log says were spent."""
    found = standing(stage.home)
    return float(found.rho_spent), float(found.delta_spent)


def averaging(given: Theatre, *, reworded: bool) -> Scene:
    """One dear question over and over, or half as many cheap ones as there is budget for, each in other words."""
    world, many = given.world, given.setting.questions
    share = Decimal(1) / (Decimal(many) / 2 if reworded else 2)
    with given.stage.copy() as stage:
        with door_of(given, stage, stage.dataset, share=share) as door:
            asking, said = average(world, door, many=many, reworded=reworded)
        rho, delta = charged(stage)
    fresh = FreshDoor(world, OpenDP(), Noise.GAUSSIAN, min(_USUAL_SCALE, many**0.5 / _PATIENCE))
    _, free = average(world, fresh, many=many, reworded=reworded)
    return Scene(
        name="reworded" if reworded else "same",
        what="the same counts in other words each time, paid anew until nothing is left"
        if reworded
        else "the same question over and over, by both askers, on every day",
        protected=guessed(world, said),
        unprotected=guessed(world, free),
        rho=rho,
        delta=delta,
        in_favour=in_favour(world, said),
        told=asking.told,
    )


_USUAL_SCALE: Final = 5.0
"""Standard deviation of the control's noise, drawn anew each time: about epsilon 1 a question."""
_PATIENCE: Final = 5
"""Where there are few questions the control's noise is less, so that as many of them would do."""

_Run: TypeAlias = Callable[[World, Door], tuple[Ledgered, Recovered]]


def counting(given: Theatre, name: str, what: str, run: _Run, control: Door, *, many: int) -> Scene:
    """A scene of sums over sets of cohorts; among so many questions a target the budget is shared out."""
    share = Decimal(1) / (many * len(given.world.cohorts) + 2)
    with given.stage.copy() as stage:
        with door_of(given, stage, stage.dataset, share=share) as door:
            asking, found = run(given.world, door)
        rho, delta = charged(stage)
    return Scene(
        name=name,
        what=what,
        protected=found,
        unprotected=run(given.world, control)[1],
        rho=rho,
        delta=delta,
        told=asking.told,
    )


def versions(given: Theatre) -> Scene:
    """The same counts before and after the targets left: another version of the data pays anew from the same budget."""
    world, half = given.world, Decimal(1) / 2
    with given.stage.copy() as stage:
        with door_of(given, stage, stage.dataset, share=half) as door:
            before = door.ask(Asked(cohorts=None))
        with door_of(given, stage, stage.register(world.rows(with_targets=False), name=_LATER), share=half) as door:
            after = door.ask(Asked(cohorts=None, asker=1, day=DAYS))
        rho, delta = charged(stage)
    heard = [each for each in (before, after) if each is not None]
    return Scene(
        name="versions",
        what="the same counts of two versions of the data, the targets in the first alone",
        protected=_told_apart(world, before.counts if before else None, after.counts if after else None),
        unprotected=_told_apart(world, exactly(world, Asked(cohorts=None)), world.others),
        rho=rho,
        delta=delta,
        told={"questions": 2, "answers": len(heard), "same answer again": 0, "refused": 2 - len(heard)},
    )


def _told_apart(world: World, before: Sequence[int] | None, after: Sequence[int] | None) -> Recovered:
    """Of how many targets the earlier count less the later is nearer to their bit than to the other one."""
    missing = before is None or after is None
    apart = [0] * len(world.bits) if missing else [a - b for a, b in zip(before or (), after or (), strict=True)]
    right = sum((each > 0.5) == bit for each, bit in zip(apart, world.bits, strict=True))  # noqa: PLR2004 - nearer to one
    return Recovered(right, len(world.bits))


def hunting(given: Theatre, name: str, what: str, make: Callable[[int], Hunted], *, tables: int) -> Scene:
    """A scene of exact tables: no budget covers them, so nobody may do better than guess among eleven numbers."""
    setting = given.setting
    cases = [make(setting.seed * 100_000 + place) for place in range(setting.targets)]
    protected, unprotected, refused = hunted(cases, seed=setting.seed)
    asked = tables * len(cases)
    return Scene(
        name=name,
        what=what,
        protected=protected,
        unprotected=unprotected,
        rho=0.0,
        delta=0.0,
        baseline=1 / GUESSES,
        told={"questions": asked, "answers": asked - refused, "same answer again": 0, "refused": refused},
    )


def _reconstructed(world: World, door: Door) -> tuple[Ledgered, Recovered]:
    return reconstruct(world, door, many=PER_TARGET * len(world.cohorts))


_SCENES: Final[Mapping[str, Sequence[Callable[[Theatre], Scene]]]] = {
    "averaging": (
        lambda given: averaging(given, reworded=False),
        lambda given: averaging(given, reworded=True),
    ),
    "differencing": (
        lambda given: counting(
            given,
            "one apart",
            "two questions a target that differ by its cohort alone",
            difference,
            ExactDoor(given.world),
            many=2,
        ),
        versions,
        lambda given: hunting(
            given, "exact, few apart", "two exact tables by region, 1 to 10 people apart", few_apart, tables=2
        ),
    ),
    "tracker": (
        lambda given: counting(
            given,
            "padded",
            "two padded questions a target; the control refuses small sets and answers exactly",
            track,
            SizeDoor(given.world),
            many=2,
        ),
    ),
    "reconstruction": (
        lambda given: counting(
            given,
            "halves",
            "random halves of all cohorts, solved for everybody",
            _reconstructed,
            ExactDoor(given.world),
            many=PER_TARGET,
        ),
        lambda given: hunting(
            given, "exact, margins", "an exact table with margins, solved for its one small cell", small_cell, tables=1
        ),
    ),
}
