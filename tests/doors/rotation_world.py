"""Homes that come to an end: rotated, frozen after damage, continued by honest and by forged successors."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli_world import Ran, World, command

from modicum.gateway.home import Home
from modicum.gateway.keys import LOG_KEY, read_key
from modicum.ledger import open_ledger
from modicum.storage import Folder

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
