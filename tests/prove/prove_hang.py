"""A disk that takes a sync and does not answer: five seconds later the act is refused, and nothing has left.

From the n-th sync on, every sync of the process hangs, as a disk does whose controller is stuck. Meanwhile another
process, whose disk answers, files an objection. When the process is gone the home recovers as after any crash.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import invariants
from prove_home import ChildDiedError, Template, World, command, forked, quiet
from prove_kill import Trial, goes_on, held, recovered
from prove_steps import do

from modicum.model.errors import ConflictError, LogUnavailableError

REFUSED_WITHIN_S: Final = 5.0


@dataclass(slots=True)
class Hung:
    """Trials with a disk that hangs: how many, the longest time to a refusal, what was wrong."""

    trials: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    objections: int = 0
    problems: list[str] = field(default_factory=list)


def syncs_of(template: Template, at: Path, act: str) -> int:
    """How often an act syncs where nothing hangs."""
    world, count = template.copy_to(at), [0]

    def run() -> int:
        real = os.fsync

        def counted(handle: int) -> None:
            count[0] += 1
            real(handle)

        os.fsync = counted
        do(template, world, act, lambda _: None)
        return count[0]

    return forked(run)


def hang_at(template: Template, at: Path, act: str, *, sync: int, hung: Hung, objecting: bool = False) -> None:
    """One trial: all syncs from number `sync` on hang."""
    world = template.copy_to(at)
    hung.trials += 1
    place = f"{act}, sync {sync} hangs: "
    objector = _Objector(template, world) if objecting else None
    try:
        came, taken, said = forked(lambda: _hanging(template, world, act, sync, objector))
    except ChildDiedError as error:
        hung.problems.append(f"{place}{str(error)[-400:]}")
        return
    hung.refused += came == "refused"
    hung.slowest_s = max(hung.slowest_s, round(taken, 2))
    if taken > REFUSED_WITHIN_S:
        hung.problems.append(f"{place}answered after {taken:.1f} s")
    lines = [{"size": template.size}, *said, *(objector.said if objector else [])]
    if objector is not None:
        hung.objections += objector.objected()
        if not objector.objected():
            hung.problems.append(f"{place}nobody could object meanwhile")
    spoken = invariants.Said.of(lines)
    wrong = held(template, world, spoken, settled=False)
    wrong += recovered(world, Trial(seed=0, how="hang"), by_doctor=False)
    wrong += held(template, world, spoken, settled=True)
    hung.problems += [place + each for each in wrong or goes_on(template, world, lines)]


def _hanging(
    template: Template, world: World, act: str, sync: int, objector: "_Objector | None"
) -> tuple[str, float, list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []
    left, hangs, real = sync, 0.0, os.fsync

    def fsync(handle: int) -> None:
        nonlocal left, hangs
        left -= 1
        if left < 0:
            hangs = hangs or time.monotonic()
            if objector is not None:
                objector.go()
            time.sleep(3600)
        real(handle)

    os.fsync = fsync
    came = "done"
    try:
        do(template, world, act, said.append)
    except (LogUnavailableError, ConflictError):
        came = "refused"
    return came, time.monotonic() - hangs if hangs else 0.0, said


class _Objector:
    """Another person, in a process whose disk answers; objects as soon as the other one hangs."""

    def __init__(self, template: Template, world: World) -> None:
        case, who = template.cases.in_review[0], "cms/counsel"
        self.said = [{"intent": {"kind": "objected", "actor": who, "case": case}}]
        self._wait, self._go = os.pipe()
        self._status: int | None = None
        self._child = os.fork()
        if self._child == 0:
            quiet()
            os.close(self._go)
            os.read(self._wait, 1)
            os._exit(command("docket", "object", case, "--as", who, "--text", "stop", home=world.home).exit)

    def go(self) -> None:
        os.write(self._go, b".")

    def objected(self) -> bool:
        if self._status is None:
            os.close(self._go)
            self._status = os.waitpid(self._child, 0)[1]
        return self._status == 0
