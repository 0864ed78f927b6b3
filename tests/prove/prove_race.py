"""Many processes at one home at once: filing, approving, objecting, and all of them releasing the same cases.

Afterwards the log is folded by the serial model, and held against what each process was told. Where waiting for the
lock made an honest conflict of an act, it was not acknowledged, and may not stand in the log more than once either.
"""

import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import invariants
from prove_home import STATISTICS, Template, World, forked, quiet
from prove_kill import Trial, held, recovered
from prove_serial import against
from prove_work import REVIEWERS, Worker

from modicum.gateway.home import Home
from modicum_verify.evidence import entries_of
from modicum_verify.logdir import read_log
from modicum_verify.trust import parse_trust

TRIES = 40


@dataclass(slots=True)
class Raced:
    """What came of it."""

    processes: int
    acts: int = 0
    acknowledged: int = 0
    conflicts: int = 0
    filed: int = 0
    released: int = 0
    entries: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def race(template: Template, at: Path, *, processes: int) -> Raced:
    """Let `processes` loose on one home at the same moment, and judge what they leave."""
    world = template.copy_to(at)
    paths = [world.request(STATISTICS, title=f"Raced {n}") for n in range(processes)]
    start, gate = os.pipe()
    began = time.monotonic()
    children = []
    for number, path in enumerate(paths):
        child = os.fork()
        if child == 0:
            os.close(gate)
            os.read(start, 1)  # until all stand at the line
            _run(template, world, number, path)
        children.append(child)
    os.close(start)
    os.close(gate)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    raced = Raced(processes=processes, seconds=round(time.monotonic() - began, 1))
    raced.problems += [f"{sum(map(bool, statuses))} processes failed" for _ in [0] if any(statuses)]
    _judge(template, world, raced)
    return raced


def _run(template: Template, world: World, number: int, path: Path) -> None:
    """In a child: never returns."""
    quiet()
    status = 1
    handle = os.open(world.folder / f"said-{number}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        lines: list[dict[str, Any]] = []
        worker = Worker(world, template.cases, seed=number, say=lines.append)
        chance = random.Random(number)
        steps = [("file", None)] + [("approve", case) for case in template.cases.in_review[:3]]
        steps += [("release", case) for case in (*template.cases.statistics[:2], template.cases.in_review[0])]
        if number % 8 == 1:
            steps.append(("object", template.cases.in_review[2]))
        chance.shuffle(steps)
        for place, (verb, case) in enumerate(steps):
            worker.tag = f"-{number}-{place}"
            _until_answered(worker, verb, case, path, lines, chance)
        status = 0
    finally:
        os.write(handle, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        os._exit(status)


def _until_answered(
    worker: Worker, verb: str, case: str | None, path: Path, lines: list[dict[str, Any]], chance: random.Random
) -> None:
    """Try until it was acknowledged, or was answered with a reason that waiting does not mend."""
    for _ in range(TRIES):
        before = len(lines)
        named: dict[str, Any] = {"path": path} if verb == "file" else {}
        getattr(worker, verb)(case, by_command=verb in {"file", "release"} and chance.random() < 0.5, **named)
        if any("ack" in line for line in lines[before:]) or not _busy(worker.refused):
            return
        lines.append({"conflict": verb})
        time.sleep(chance.random() * 0.5)


def _busy(refused: str) -> bool:
    return any(word in refused for word in ("holds the lock", "no longer", "meanwhile", "under way"))


def _judge(template: Template, world: World, raced: Raced) -> None:
    said: list[dict[str, Any]] = [{"size": template.size}]
    for path in sorted(world.folder.glob("said-*.jsonl")):
        said += [json.loads(line) for line in path.read_text().splitlines()]
    spoken = invariants.Said.of(said)
    raced.problems += held(template, world, spoken, settled=False)
    raced.problems += recovered(world, Trial(seed=0, how="race"), by_doctor=True)
    raced.problems += held(template, world, spoken, settled=True)
    agreed, states = forked(lambda: _as_the_gateway_says(world))
    trust = parse_trust(world.trust.read_bytes())
    entries = list(entries_of(read_log(world.home / "log", trust.log_vkey), world.home / "bodies"))
    raced.problems += against(entries, agreed, [tag for line in said for tag in line.get("words", [])])
    raced.acts = len(spoken.intents) + len(spoken.outs)
    raced.acknowledged, raced.entries = len(spoken.acks), len(entries)
    raced.conflicts = sum("conflict" in line for line in said)
    raced.filed = sum(entry.kind == "filed" for entry in entries[template.size :])
    raced.released = sum(entry.kind == "delivered" for entry in entries[template.size :])
    raced.problems += [f"{case} left and is {state}" for case, state in states.items() if state in invariants.UNDER_WAY]
    if raced.filed != raced.processes or not raced.released:
        raced.problems.append(f"{raced.filed} of {raced.processes} were filed, {raced.released} released: too busy")


def _as_the_gateway_says(world: World) -> tuple[dict[str, bool], dict[str, str]]:
    cases = Home.open(world.home).journal.docket().cases.values()
    return {case.id: case.agreed for case in cases}, {case.id: str(case.state) for case in cases}


__all__ = ["REVIEWERS", "Raced", "race"]
