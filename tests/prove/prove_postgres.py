"""The same with the store in PostgreSQL: kills of our process, and the server itself stopped as by a crash, midway."""

import os
import random
import secrets
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import invariants
from prove_home import Template, forked, quiet
from prove_kill import Pace, Trial, goes_on, held, recovered
from prove_work import Worker, saying

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres_server import PostgresServer, programs


def server() -> PostgresServer | None:
    """A server of our own; None where PostgreSQL is not installed."""
    found = programs()
    return None if found is None else PostgresServer(found)


def template_on(database: PostgresServer, template: Template, folder: Path) -> Template:
    """The template with its store in a database, made there from its log; each copy gets a copy of the database."""
    world = template.copy_to(folder)
    (world.home / "store.db").unlink()
    settings = world.home / "modicum.toml"
    settings.write_text(f'{settings.read_text()}store = "{database.database("pattern")}"\n')
    forked(lambda: world.ok("rebuild").exit)
    copies: list[str] = []

    def copied() -> str:
        for name in copies:
            database.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        copies[:] = [f"c{secrets.token_hex(6)}"]
        database.execute(f'CREATE DATABASE "{copies[0]}" TEMPLATE pattern')
        return database.url(copies[0])

    return replace(template, world=world, store_of=copied)


def server_stopped(template: Template, database: PostgresServer, at: Path, *, seed: int, pace: Pace) -> Trial:
    """The server is stopped at once while a process works; it refuses meanwhile, and afterwards nothing is lost."""
    trial = Trial(seed=seed, how="server stopped")
    world = template.copy_to(at)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        quiet()
        worker = Worker(world, template.cases, seed=seed, say=saying(write_end))
        try:
            for _ in range(40):
                worker.anything()
        finally:
            os._exit(0)
    os.close(write_end)
    time.sleep(random.Random(seed).random() * pace.work_s)
    database.stop("immediate")
    time.sleep(0.2)  # what it does meanwhile is refused
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    database.start()
    trial.killed = True
    with os.fdopen(read_end, "rb") as pipe:
        lines = [invariants.json.loads(line) for line in pipe.read().split(b"\n")[:-1]]
    said = [{"size": template.size}, *lines]
    spoken = invariants.Said.of(said)
    trial.acknowledged = len(spoken.acks)
    trial.problems += held(template, world, spoken, settled=False)
    trial.problems += recovered(world, trial, by_doctor=seed % 4 == 0)
    trial.problems += held(template, world, spoken, settled=True)
    if not trial.problems:
        trial.problems += goes_on(template, world, said)
    return trial
