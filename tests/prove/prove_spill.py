"""Rows that an engine spilled when it was killed: on the disk in plain until the home is opened again, and then gone.

And a registration that is killed at any time: raw tables stood in the engine's folder, half a data set in the home.
"""

import os
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import invariants
from prove_home import ChildDiedError, Template, World, command, forked, quiet
from prove_kill import Build, held

from modicum.custody.catalogue import load_dataset
from modicum.custody.engine import Engine
from modicum.custody.spill import SPILL
from modicum.gateway.home import Home

ENOUGH_BYTES: Final = 4 << 20


@dataclass(slots=True)
class Spilled:
    """Kills while an engine held rows on the disk: how many, in how many the rows could be read there, what was wrong."""

    trials: int = 0
    readable: int = 0
    registrations: int = 0
    problems: list[str] = field(default_factory=list)


def spill_trial(template: Template, at: Path, spilled: Spilled, *, build: Build | None = None) -> None:
    """Kill an engine that has spilled; open the home; scan."""
    world = template.copy_to(at)
    child = os.fork()
    if child == 0:
        quiet()
        try:
            _spill(world, build)
        finally:
            os._exit(1)
    _wait(world)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    spilled.trials += 1
    spilled.readable += _readable(world, template.canaries)

    def opened() -> None:
        if build is not None:
            build()
        Home.open(world.home)

    forked(opened)
    spilled.problems += held(template, world, invariants.Said(size=template.size), settled=True)


def _spill(world: World, build: Build | None) -> None:
    if build is not None:
        build()
    folder = Home.open(world.home).folder
    with Engine.open(folder, load_dataset(folder, "medicaid"), memory="48MiB", threads=1) as engine:
        table = engine.sql(engine.table("eligibility"))
        rows = (
            "SELECT t.SSN_NUM || ' ' || r.range AS words, md5(t.SSN_NUM || r.range) AS mixed "
            f"FROM ({table}) t, range(20000) r ORDER BY mixed"
        )
        for _ in engine.stream(rows, rows=1000):
            time.sleep(60)


def _wait(world: World) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        sizes = [path.stat().st_size for path in _files(world)]
        if sum(sizes) > ENOUGH_BYTES:
            return
        time.sleep(0.02)
    raise TimeoutError("the engine spilled nothing")


def _files(world: World) -> list[Path]:
    return [path for path in (world.home / SPILL).rglob("*") if path.is_file()]


def _readable(world: World, canaries: frozenset[bytes]) -> bool:
    return any(canaries & set(invariants.WORD.findall(path.read_bytes())) for path in _files(world))


def registration_trial(template: Template, at: Path, spilled: Spilled, *, seed: int, takes_s: float) -> None:
    """Kill `data add` at any time; the home then holds, and the same registration can be done."""
    world = template.copy_to(at)
    adding = ("data", "add", "second", str(world.folder / "population"))
    child = os.fork()
    if child == 0:
        quiet()
        command(*adding, home=world.home)
        os._exit(0)
    time.sleep(random.Random(seed).random() * takes_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    spilled.registrations += 1
    said = invariants.Said(size=template.size)
    forked(lambda: command("docket", "list", home=world.home).exit)
    spilled.problems += held(template, world, said, settled=True)

    def again() -> str:
        ran = command(*adding, home=world.home)
        done = ran.exit == 0 or "second" in Home.open(world.home).journal.docket().datasets
        return "" if done else ran.said

    try:
        if wrong := forked(again):
            spilled.problems.append(f"after a killed registration: {wrong[-300:]}")
    except ChildDiedError as error:
        spilled.problems.append(f"after a killed registration: {str(error)[-300:]}")
    spilled.problems += held(template, world, said, settled=True)
