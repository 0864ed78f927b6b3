"""Homes that come to an end: rotated, frozen after damage, continued by honest and by forged successors."""

import contextlib
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_world import Ran, World, command

from modicum.gateway import rotating
from modicum.gateway.ended import Ended
from modicum.gateway.home import Home
from modicum.gateway.keys import LOG_KEY, read_key
from modicum.ledger import open_ledger
from modicum.storage import Folder
from modicum_verify.disclosed import Disclosed
from modicum_verify.door import run as modicum_verify
from modicum_verify.entry import read_entry
from modicum_verify.fold import Docket

SIGNERS = ("--as", "cms/privacy-officer", "--as", "ca-dhcs/data-officer")


def successor(world: World) -> World:
    """The home that rotation makes, as a world of its own."""
    (world.folder / "next").mkdir(exist_ok=True)
    return World(world.folder / "next")


def rotate(world: World, *more: str | Path) -> Ran:
    return world.run("log", "rotate", "--to", successor(world).home, *SIGNERS, *more)


def rotated(world: World) -> World:
    ran = rotate(world)
    assert ran.exit == 0, ran
    return successor(world)


def follow(world: World, *more: str | Path, trust: Path | None = None) -> Ran:
    """Verify the successor with the old folder before it."""
    new = successor(world)
    return command("verify", new.home, "--trust", trust or new.trust, "--before", world.home, *more)


def caught(world: World, words: str) -> None:
    """What the successor says of the old log is refused, from either trust root, by command and verifier alike."""
    for run in (lambda: follow(world), lambda: follow(world, trust=world.trust)):
        ran = run()
        assert ran.exit == 5, ran
        assert words in ran.err, ran
    new = successor(world)
    assert modicum_verify([str(new.home), "--trust", str(new.trust), "--before", str(world.home)]) == 5


def body_of(world: World, index: int) -> Path:
    home = Home.open(world.home)
    return world.home / "bodies" / f"{read_entry(index, home.ledger.leaf(index), None).body}.json"


@contextlib.contextmanager
def carrying(monkeypatch: pytest.MonkeyPatch, keep: Callable[[Docket], Disclosed]) -> Iterator[None]:
    """A gateway that takes over another thing than what was disclosed."""
    honest = rotating.carry_disclosed

    def carried(old: Folder, home: Home, told: Ended) -> None:
        docket = replace(told.docket, disclosed=keep(told.docket), cases={})
        honest(old, home, replace(told, docket=docket))

    with monkeypatch.context() as patch:
        patch.setattr(rotating, "carry_disclosed", carried)
        yield


def flip(path: Path, *, at: int | None = None, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1 << bit
    path.write_bytes(bytes(data))


def newest(world: World, level: str) -> Path:
    """The tile or bundle that the log of this size has at its edge."""
    size = Home.open(world.home).ledger.size
    return world.home / "log" / "tile" / level / "000.p" / str(size)


def frozen(world: World, damage: Callable[[World], None] | None = None) -> None:
    if damage is not None:
        damage(world)
        assert command("log", "fsck", home=world.home).exit == 5
    world.ok("log", "freeze", "--reason", "a flipped bit")


def append(home: Path, *leaves: bytes) -> None:
    """What whoever holds the log's key can do without us: append whatever they like."""
    folder = Folder(home)
    vkey = (home / "log" / "log.vkey").read_text().strip()
    open_ledger(folder, key=read_key(folder, LOG_KEY), vkey=vkey).append(list(leaves))


def rewrite(home: Path, leaves: list[bytes]) -> None:
    """Whoever holds the key signs another history."""
    from modicum.ledger import create_ledger

    folder = Folder(home)
    origin = (home / "log" / "log.vkey").read_text().split("+")[0]
    key = read_key(folder, LOG_KEY)
    shutil.rmtree(home / "log")
    (home / "state" / "checkpoint").unlink()
    create_ledger(folder, origin=origin, key=key).append(leaves)


def sample(rng: random.Random, paths: list[Path], number: int) -> list[Path]:
    return rng.sample(paths, min(number, len(paths)))


def before(ran: Ran) -> dict[str, Any]:
    (found,) = ran.document["before"]
    assert isinstance(found, dict)
    return found
