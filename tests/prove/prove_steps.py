"""Every step on the disk, one after the other: it fails, or the power goes just before it.

A fault must come out as a refusal with its cause, or not matter; a power cut keeps what was synced and of the rest what
it pleases. After each, the home recovers by itself, holds all that was acknowledged, and the act can be done again.
"""

import errno
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import invariants
from prove_disk import Order, Tape, stepping, taped
from prove_home import ChildDiedError, Template, World, forked
from prove_kill import Build, Trial, goes_on, held, recovered
from prove_work import Worker

from modicum.model.errors import LogUnavailableError

APPEND, APPROVE, RELEASE, RECORDS = "append", "approve", "release", "release of records"
ACTS: Final = (APPEND, APPROVE, RELEASE, RECORDS)
FAULTS: Final = (errno.EIO, errno.ENOSPC)
DRAWS: Final = 4  # how often chance says what a power cut keeps, at each step
Says = Callable[[dict[str, Any]], None]


def do(template: Template, world: World, act: str, say: Says) -> None:
    """One act on a fresh copy. Raises what the hall raises."""
    worker = Worker(world, template.cases, seed=1, say=say)
    worker.strict = True
    match act:
        case "append":
            worker.object(template.cases.in_review[0], by_command=False)
        case "approve":
            worker.approve(template.cases.in_review[1], by_command=False)
        case "release":
            worker.release(template.cases.statistics[0], by_command=False)
        case _:
            worker.release(template.cases.records[0], by_command=False)


def steps_of(template: Template, at: Path, act: str) -> list[str]:
    """The steps that an act takes where nothing fails."""
    world = template.copy_to(at)

    def run() -> list[str]:
        names: list[str] = []
        with stepping(lambda step, _: names.append(step), database=True):
            do(template, world, act, lambda _: None)
        return names

    return forked(run)


def fault_at(template: Template, at: Path, act: str, *, step: int, fault: int) -> tuple[str, list[str]]:
    """Let one step fail once: whether the act was refused or done, and what was wrong."""
    world = template.copy_to(at)

    def run() -> tuple[str, list[dict[str, Any]]]:
        said: list[dict[str, Any]] = []
        left = step

        def strike(*_: Any) -> None:
            nonlocal left
            left -= 1
            if left == -1:
                raise OSError(fault, "injected")

        try:
            with stepping(strike, database=True):
                do(template, world, act, said.append)
        except LogUnavailableError:
            return "refused", said
        return "done", said

    try:
        came, said = forked(run)
    except ChildDiedError as error:
        return "broke", [f"{act}, step {step}, {errno.errorcode[fault]}: {str(error)[-400:]}"]
    wrong = judged(template, world, said, again=step % 4 == 0)
    return came, [f"{act}, step {step}, {errno.errorcode[fault]}: {each}" for each in wrong]


def judged(template: Template, world: World, said: Sequence[dict[str, Any]], *, again: bool) -> list[str]:
    """What is wrong with a home, before it recovers and after; `again`: a release must then still be possible."""
    lines = [{"size": template.size}, *said]
    spoken = invariants.Said.of(lines)
    found = held(template, world, spoken, settled=False)
    found += recovered(world, Trial(seed=0, how="step"), by_doctor=again)
    found += held(template, world, spoken, settled=True)
    return found or (goes_on(template, world, lines) if again else [])


def do_faults(template: Template, at: Path, task: tuple[str, int, int]) -> tuple[str, list[str]]:
    """One trial: (act, step, fault)."""
    act, step, fault = task
    return fault_at(template, at, act, step=step, fault=fault)


def power_cut(template: Template, tape: Tape, at: Path, task: tuple[str, int, dict[Path, bytes | None]]) -> list[str]:
    """One trial: the power goes before a mark of the tape, and leaves this disk. Gives what was wrong afterwards."""
    act, step, found = task
    tape.lay(found, at)
    said = [moved(line, tape.root, at) for line in tape.said_by(step)]
    wrong = judged(template, World(at), said, again=step % 8 == 0)
    return [f"{act}, power cut before mark {step}: {each}" for each in wrong]


def moved(line: dict[str, Any], root: Path, at: Path) -> dict[str, Any]:
    """A line that was said, with the paths that it names below another root."""
    return {
        kind: {**value, "path": value["path"].replace(str(root), str(at))} if "path" in value else value
        for kind, value in line.items()
    }


def tape_of(template: Template, at: Path, act: str, *, build: Build | None = None) -> Tape:
    """Do an act and write down all that it does to the disk."""
    world = template.copy_to(at)

    def run() -> Tape:
        tape = Tape(root=world.folder, base=template.world.folder)
        if build is not None:
            build()
        with taped(tape):
            do(template, world, act, tape.said)
        return tape

    return forked(run)


def disks(tape: Tape) -> Iterator[tuple[int, dict[Path, bytes | None]]]:
    """Each disk that a power cut can leave, once, with the mark before which it came."""
    seen = set()
    for step in range(len(tape.marks), -1, -1):  # from the end: what was said most holds for the same disk
        for order, draw in [(order, 0) for order in Order] + [(Order.SOME, draw) for draw in range(1, DRAWS)]:
            found = tape.disk_after(step, order, draw)
            key = _digest(found)
            if key not in seen:
                seen.add(key)
                yield step, found


def _digest(found: dict[Path, bytes | None]) -> str:
    made = hashlib.sha256()
    for path in sorted(found):
        made.update(repr((path.as_posix(), found[path])).encode())
    return made.hexdigest()
