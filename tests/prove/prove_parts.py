"""The parts of the proof: each does as many trials as it is asked for, or as its time allows, and says what it did."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

import prove_broken
from prove_hang import Hung, hang_at, syncs_of
from prove_home import Template
from prove_kill import AFTER_STAGING, ANY_TIME, STEP, Pace, Trial, trial_of
from prove_postgres import server_stopped
from prove_race import race
from prove_spill import Spilled, registration_trial, spill_trial
from prove_steps import ACTS, APPEND, FAULTS, RELEASE, disks, do_faults, power_cut, steps_of, tape_of

Result = TypeVar("Result")
HOW = (ANY_TIME, STEP, ANY_TIME, AFTER_STAGING)
SHOWN = 20
BROKEN = ("lost", "half", "twice", "the log does not verify")
"""How the checker begins what only a broken build does."""


@dataclass(slots=True)
class Part:
    """One claim, how often it was put to the test, and what was found. `failures` names each; figures are measured."""

    name: str
    asked: int
    trials: int = 0
    failures: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def as_document(self) -> dict[str, Any]:
        return {
            "part": self.name,
            "asked": self.asked,
            "trials": self.trials,
            "failures": len(self.failures),
            "first_failures": self.failures[:SHOWN],
            **self.figures,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class Bench:
    """What all parts work with: the template, the pace of this machine, a folder to work in, jobs, and the time to stop."""

    template: Template
    pace: Pace
    at: Path
    jobs: int
    within_s: float
    deadline: float

    def until(self, share: float) -> "Bench":
        """The same with a part of the time, from now on."""
        return replace(self, deadline=min(self.deadline, time.monotonic() + share * self.within_s))

    def spread(self, tasks: Sequence[Any], work: Callable[[Any, Path], Result]) -> Iterator[Result]:
        """Do tasks in several processes, each in a folder of its own, until all are done or time is up.

        In an order of chance, so that what is done in too little time is a fair sample of all.
        """
        tasks, pipes = random.Random(1).sample(tasks, len(tasks)), []
        for job in range(min(self.jobs, len(tasks))):
            read_end, write_end = os.pipe()
            if os.fork() == 0:
                os.close(read_end)
                self._job(tasks[job :: self.jobs], work, write_end, self.at / f"job-{job}")
            os.close(write_end)
            pipes.append(Connection(read_end, writable=False))
        yield from _as_they_come(pipes)
        for _ in pipes:
            _, status = os.wait()
            if status:
                raise RuntimeError("a job of the proof itself failed; see above")

    def _job(self, tasks: Sequence[Any], work: Callable[[Any, Path], Any], handle: int, at: Path) -> None:
        status = 1
        try:
            with Connection(handle, readable=False) as pipe:
                for task in tasks:
                    if time.monotonic() > self.deadline:
                        break
                    pipe.send(work(task, at))
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
            raise
        finally:
            os._exit(status)


def _as_they_come(pipes: Sequence[Connection]) -> Iterator[Any]:
    """What several jobs say, until all have ended; none waits for another to be heard."""
    left: list[Any] = list(pipes)
    while left:
        for pipe in wait(left):
            try:
                yield pipe.recv()  # type: ignore[union-attr]
            except EOFError:
                left.remove(pipe)


def kills(bench: Bench, count: int, *, first: int = 0) -> Part:
    """SIGKILL, half of them aimed between staged and published. first: the seed of the first trial."""
    part = Part("SIGKILL of the process, store in SQLite", count)
    _killed(part, bench, first)
    return part


def kills_on_postgres(bench: Bench, count: int, *, first: int = 0) -> Part:
    """The same, with the store in PostgreSQL; one job, since one server has one pattern to copy."""
    part = Part("SIGKILL of the process, store in PostgreSQL", count)
    _killed(part, bench, 100_000 + first)
    return part


def _killed(part: Part, bench: Bench, first: int) -> None:
    """Trials until so many were killed as were asked for: one that ends before it is hit is made up for."""

    def one(seed: int, at: Path) -> Trial:
        return trial_of(bench.template, at, seed=seed, how=HOW[seed % len(HOW)], pace=bench.pace)

    done, short = list[Trial](), part.asked
    while short > 0 and time.monotonic() < bench.deadline:
        done += bench.spread(range(first + len(done), first + len(done) + short), one)
        short = part.asked - sum(trial.killed for trial in done)
    killed = [trial for trial in done if trial.killed]
    part.trials = len(killed)
    part.failures = [f"seed {trial.seed}, {trial.how}: {each}" for trial in done for each in trial.problems]
    window = sum(trial.in_window for trial in killed)
    part.figures = {
        "ended_before_the_kill": len(done) - len(killed),
        "between_staged_and_published": window,
        "share_between_staged_and_published": round(window / max(1, len(killed)), 3),
        "acknowledged_entries": sum(trial.acknowledged for trial in killed),
        "slowest_recovery_s": round(max((trial.recovery_s for trial in done), default=0.0), 2),
        "slowest_recovery_cpu_s": round(max((trial.recovery_cpu_s for trial in done), default=0.0), 2),
        "how": {how: sum(trial.how == how for trial in killed) for how in (ANY_TIME, STEP, AFTER_STAGING)},
    }


def server_stops(bench: Bench, database: Any, count: int) -> Part:
    """The PostgreSQL server is stopped as by a crash while a process works."""
    part = Part("PostgreSQL stopped at once (pg_ctl -m immediate) while a process works", count)
    for seed in range(count):
        if time.monotonic() > bench.deadline:
            break
        trial = server_stopped(bench.template, database, bench.at / "server", seed=seed, pace=bench.pace)
        part.trials += 1
        part.failures += [f"seed {seed}: {each}" for each in trial.problems]
    return part


def _of(every: int) -> str:
    return "for all n" if every == 1 else f"each {every}th trial of all"


def step_faults(bench: Bench, *, every: int = 1) -> Part:
    """An error at the n-th step on the disk, database included, for all n."""
    names = {act: steps_of(bench.template, bench.at / "count", act) for act in ACTS}
    tasks = [(act, step, fault) for act in ACTS for step in range(len(names[act])) for fault in FAULTS][::every]
    part = Part(f"an error (EIO, ENOSPC) at the n-th step on the disk, {_of(every)}", len(tasks))
    came: dict[str, int] = {}
    for (act, step, _), (answer, wrong) in bench.spread(
        tasks, lambda task, at: (task, do_faults(bench.template, at, task))
    ):
        part.trials += 1
        came[answer] = came.get(answer, 0) + 1
        part.failures += [f"({names[act][step]}) {each}" for each in wrong]
    part.figures = {"steps": {act: len(steps) for act, steps in names.items()}, "answers": came}
    return part


def power_cuts(bench: Bench, *, every: int = 1) -> Part:
    """The power is cut before each step; what was not synced is dropped, torn, or kept in another order."""
    tapes = {act: tape_of(bench.template, bench.at / "tape", act) for act in ACTS}
    tasks = [(act, step, found) for act, tape in tapes.items() for step, found in disks(tape)][::every]
    part = Part(f"a power cut before the n-th step on the disk, {_of(every)}", len(tasks))
    for wrong in bench.spread(tasks, lambda task, at: power_cut(bench.template, tapes[task[0]], at, task)):
        part.trials += 1
        part.failures += wrong
    part.figures = {"marks": {act: len(tape.marks) for act, tape in tapes.items()}}
    return part


def races(bench: Bench, processes: int, *, store: str) -> Part:
    """Many processes at once on one home, held against a serial model of the final log."""
    part = Part(f"{processes} processes filing, approving and releasing at once, store in {store}", 1)
    raced = race(bench.template, bench.at / "race", processes=processes)
    part.trials, part.failures = 1, raced.problems
    names = ("processes", "acts", "acknowledged", "conflicts", "filed", "released", "entries")
    part.figures = {name: getattr(raced, name) for name in names}
    return part


def hangs(bench: Bench, *, every: int = 1) -> Part:
    """A disk whose syncs hang from the n-th on: refused within five seconds."""
    template = bench.template
    tasks = [(act, n) for act in (APPEND, RELEASE) for n in range(syncs_of(template, bench.at / "count", act))]
    tasks = tasks[every // 2 :: every]
    part = Part("a disk that hangs from the n-th sync on", len(tasks))

    def one(task: tuple[str, int], at: Path) -> Hung:
        hung = Hung()
        hang_at(template, at, task[0], sync=task[1], hung=hung, objecting=task == (RELEASE, 2))
        return hung

    found = list(bench.spread(tasks, one))
    part.trials, part.failures = len(found), [each for hung in found for each in hung.problems]
    slowest = max((hung.slowest_s for hung in found), default=0.0)
    objections = sum(hung.objections for hung in found)
    refused = sum(hung.refused for hung in found)
    part.figures = {"refused": refused, "slowest_refusal_s": slowest, "objections_filed_meanwhile": objections}
    return part


def spills(bench: Bench, *, engines: int, registrations: int) -> Part:
    """An engine killed while it spills, and a registration killed at any time: no row is left in plain."""
    part = Part("kills while rows stand on the disk: an engine that spills, a registration", engines + registrations)

    def one(task: tuple[str, int], at: Path) -> Spilled:
        spilled = Spilled()
        if task[0] == "engine":
            spill_trial(bench.template, at, spilled)
        else:
            registration_trial(bench.template, at, spilled, seed=task[1], takes_s=bench.pace.work_s / 2)
        return spilled

    tasks = [("engine", n) for n in range(engines)] + [("registration", n) for n in range(registrations)]
    found = list(bench.spread(tasks, one))
    part.trials, part.failures = len(found), [each for one in found for each in one.problems]
    part.figures = {"readable_before_the_home_was_opened": sum(each.readable for each in found)}
    return part


def controls(bench: Bench) -> list[dict[str, Any]]:
    """Builds that are broken on purpose, and whether the harness catches each, at which trial."""
    template, at = bench.template, bench.at / "control"
    found = []
    for name, build in prove_broken.KILLED.items():
        caught = None
        for seed in range(60):
            trial = trial_of(
                template, at, seed=seed, how=(STEP, AFTER_STAGING, ANY_TIME)[seed % 3], pace=bench.pace, build=build
            )
            if wrong := [each for each in trial.problems if each.startswith(BROKEN)]:
                caught = {"at_trial": seed + 1, "because": wrong[0]}
                break
        found.append({"build": name, "by": "SIGKILL", "caught": caught is not None, **(caught or {})})
    for name, build in prove_broken.POWER_CUT.items():
        tape = tape_of(template, at, RELEASE, build=build)
        wrong: list[str] = []
        number = 0
        for step, disk in disks(tape):
            number += 1
            found_here = power_cut(template, tape, at, (RELEASE, step, disk))
            wrong = [each for each in found_here if any(f": {word}" in each for word in BROKEN)]
            if wrong:
                break
        found.append(
            {"build": name, "by": "power cut", "caught": bool(wrong), "at_trial": number, "because": wrong[:1]}
        )
    spilled = Spilled()
    spill_trial(template, at, spilled, build=prove_broken.leaves_what_it_spilled)
    caught_by_scan = any(each.startswith("plaintext") for each in spilled.problems)
    found.append(
        {"build": "leaves what it spilled", "by": "scan for canaries", "caught": caught_by_scan, "at_trial": 1}
    )
    return found
