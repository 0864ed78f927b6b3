"""SIGKILL at any moment: a child works on a home and is killed; what it was told is durable must be there afterwards.

Half of the kills are aimed at the time between a release's answer being staged and its package being published: at a
step on the disk counted from below, or some time after the child said that it had staged. The others come at any time
of any act. What the child said until then went through a pipe, and a pipe outlives its writer.
"""

import json
import os
import random
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import invariants
from prove_disk import stepping
from prove_home import ChildDiedError, Template, World, command, forked, quiet, timed
from prove_work import Worker, saying
from sqlalchemy import Engine, event

from modicum.gateway import release as releasing
from modicum.gateway.home import Home

STEP, AFTER_STAGING, ANY_TIME = "step", "after staging", "any time"
RECOVERY_LIMIT_S: Final = 5.0
Build = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take on this machine, found by doing them once: steps and seconds of the window, seconds of work."""

    steps: int
    window_s: float
    work_s: float


@dataclass(slots=True)
class Trial:
    """One child: how it was to be killed, where that found it, and what was wrong afterwards."""

    seed: int
    how: str
    killed: bool = False
    in_window: bool = False
    recovery_s: float = 0.0  # by the clock on the wall
    recovery_cpu_s: float = 0.0
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)


def watch_window(say: Callable[[dict[str, Any]], None], *, die_at: int | None) -> Any:
    """In a child: tell when an answer is staged and when its package is published; die at a step between the two."""
    state = {"open": False, "steps": 0}
    compute = releasing.compute

    def staged(*arguments: Any, **named: Any) -> Any:
        given = compute(*arguments, **named)
        state["open"] = True
        say({"window": "staged"})
        return given

    def before(*_: Any) -> None:
        if state["open"]:
            if state["steps"] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            state["steps"] += 1

    def after(step: str, arguments: tuple[Any, ...], _: Any) -> None:
        if state["open"] and step == "_link" and arguments[2].parent.name == "outbox":
            state["open"] = False
            say({"window": "published", "steps": state["steps"]})

    releasing.compute = staged
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, before)
    return stepping(before, after)


def _work(template: Template, world: World, trial: Trial, pace: Pace, handle: int, build: Build | None) -> None:
    """In the child: never returns."""
    quiet()
    say = saying(handle)
    chance = random.Random(trial.seed)
    die_at = chance.randrange(pace.steps) if trial.how == STEP else None
    worker = Worker(world, template.cases, seed=trial.seed, say=say)
    try:
        if build is not None:
            build()
        with watch_window(say, die_at=die_at):
            if trial.how == ANY_TIME:
                say({"at": "work"})
                for _ in range(40):
                    worker.anything()
            else:
                worker.act(chance.choice(["approve", "object"]))
                worker.act("release", chance.choice(template.cases.agreed))
    except BaseException:  # noqa: BLE001 - whatever it is, it is no kill, and the parent must hear of it
        say({"broke": traceback.format_exc()[-1500:]})
    finally:
        os._exit(0)


def run_child(
    template: Template, world: World, trial: Trial, pace: Pace, *, build: Build | None = None
) -> list[dict[str, Any]]:
    """Start a child, kill it as the trial wants, and give what it said."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _work(template, world, trial, pace, write_end, build)
    os.close(write_end)
    chance = random.Random(trial.seed + 1)
    awaited = {AFTER_STAGING: "staged", ANY_TIME: "work"}.get(trial.how, "")
    delay = (pace.window_s if trial.how == AFTER_STAGING else pace.work_s) * chance.random()
    said: list[dict[str, Any]] = []
    timer = _Timer()
    for line in _lines(read_end, timer):
        if line is None:
            os.kill(child, signal.SIGKILL)
            timer.at = None
            continue
        said.append(line)
        if awaited and awaited in (line.get("window"), line.get("at")):
            timer.at, awaited = time.monotonic() + delay, ""
    _, status = os.waitpid(child, 0)
    trial.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    windows = [line["window"] for line in said if "window" in line]
    trial.in_window = trial.killed and windows[-1:] == ["staged"]
    return said


@dataclass(slots=True)
class _Timer:
    at: float | None = None


def _lines(handle: int, timer: _Timer) -> Iterator[dict[str, Any] | None]:
    """The lines of a pipe as they come; None once at each deadline."""
    rest = b""
    while True:
        left = None if timer.at is None else max(0.0, timer.at - time.monotonic())
        ready, _, _ = select.select([handle], [], [], left)
        if not ready:
            yield None
            continue
        part = os.read(handle, 65536)
        if not part:
            os.close(handle)
            return
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield json.loads(line)


def measure(template: Template, at: Path) -> Pace:
    """Do it without a kill: how many steps, and how long, lie between staged and published."""
    steps, window, work = [], [], []
    for case in (template.cases.statistics[0], template.cases.records[0]):
        world = template.copy_to(at)

        lines, taken = timed(partial(forked, partial(_watched_release, template, world, case)))
        marks = {line["window"]: (when, line) for when, line in lines if "window" in line}
        steps.append(marks["published"][1]["steps"])
        window.append(marks["published"][0] - marks["staged"][0])
        work.append(taken)
    return Pace(steps=max(steps), window_s=max(window), work_s=2.5 * max(work))


def _watched_release(template: Template, world: World, case: str) -> list[tuple[float, dict[str, Any]]]:
    lines: list[tuple[float, dict[str, Any]]] = []

    def say(line: dict[str, Any]) -> None:
        lines.append((time.monotonic(), line))

    with watch_window(say, die_at=None):
        Worker(world, template.cases, seed=0, say=say).release(case, by_command=False)
    return lines


def trial_of(template: Template, at: Path, *, seed: int, how: str, pace: Pace, build: Build | None = None) -> Trial:
    """One kill, and all that must hold after it."""
    trial = Trial(seed=seed, how=how)
    world = template.copy_to(at)
    said = [{"size": template.size}, *run_child(template, world, trial, pace, build=build)]
    spoken = invariants.Said.of(said)
    trial.acknowledged = len(spoken.acks)
    trial.problems += [f"the child broke: {line['broke']}" for line in said if "broke" in line]
    trial.problems += held(template, world, spoken, settled=False)
    trial.problems += recovered(world, trial, by_doctor=seed % 8 == 0)
    trial.problems += held(template, world, spoken, settled=True)
    if seed % 4 == 0 and not trial.problems:
        trial.problems += goes_on(template, world, said)
    return trial


def held(template: Template, world: World, said: invariants.Said, *, settled: bool) -> list[str]:
    return invariants.check(world.home, world.trust, said, canaries=template.canaries, settled=settled).problems


def recovered(world: World, trial: Trial, *, by_doctor: bool) -> list[str]:
    def recover() -> str | None:
        if by_doctor:
            ran = command("doctor", home=world.home)
            return None if ran.exit == 0 else f"recovery: the doctor says {ran.exit}: {ran.said[-300:]}"
        releasing.recover(Home.open(world.home))
        return None

    def clocked() -> tuple[str | None, float, float]:
        cpu = time.process_time()
        wrong, taken = timed(recover)
        cpu = time.process_time() - cpu
        ran = command("rebuild", "--check", home=world.home)
        unlike = None if ran.exit == 0 else f"recovery: the tables are not what log and bodies give: {ran.said[-300:]}"
        return wrong or unlike, *((0.0, 0.0) if by_doctor else (taken, cpu))  # the doctor looks at more than that

    try:
        wrong, trial.recovery_s, trial.recovery_cpu_s = forked(clocked)
    except ChildDiedError as error:
        return [f"recovery failed: {str(error)[-300:]}"]
    # By the processor's clock, which other programs on the machine do not move; the wall's stands in the evidence.
    slow = [f"recovery took {trial.recovery_cpu_s:.1f} s"] if trial.recovery_cpu_s > RECOVERY_LIMIT_S else []
    return [*slow, *([wrong] if wrong else [])]


def goes_on(template: Template, world: World, said: list[dict[str, Any]]) -> list[str]:
    """What was cut off can be done anew, once."""
    case = template.cases.agreed[len(said) % len(template.cases.agreed)]

    def again() -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        out = world.folder / "anew.modicum"
        ran = command("release", case, "--out", str(out), home=world.home)
        if ran.exit != 0:
            raise RuntimeError(ran.said)
        lines.append({"left": {"case": case, "path": str(out)}})
        return lines

    try:
        spoken = invariants.Said.of([*said, *forked(again)])
    except ChildDiedError as error:
        return [f"afterwards {case} cannot be released: {str(error)[-300:]}"]
    return held(template, world, spoken, settled=True)
