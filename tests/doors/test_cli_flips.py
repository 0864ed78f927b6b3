"""A flipped bit anywhere in a log or a package: exit 5, and the message names the place."""

import random
from pathlib import Path

import pytest
from cli_world import World, command

from modicum.cli.exits import Exit

PACKAGE_BYTES = 300
BUNDLE_EVERY = 29


def flipped(path: Path, places: list[int], *arguments: str | Path) -> set[str]:
    """Flip one bit at each place in turn, and run a command; gives the places that its messages named."""
    whole = path.read_bytes()
    assert command(*arguments).exit == Exit.DONE  # the control
    named = set()
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        ran = command(*arguments)
        assert (ran.exit, ran.out) == (Exit.VERIFICATION_FAILED, ""), (place, ran)
        cause, hint = ran.err.splitlines()
        assert cause.startswith("error: ")
        assert hint.startswith("hint: ")
        named.add(cause.removeprefix("error: ").split(": ")[0])
    path.write_bytes(whole)
    assert command(*arguments).exit == Exit.DONE
    return named


@pytest.mark.parametrize("file", ["checkpoint", "log.vkey"])
def test_every_byte_of_a_logs_small_files_counts(released: World, file: str) -> None:
    path = released.home / "log" / file
    whole = ["verify", released.home / "log", "--trust", released.trust]
    assert flipped(path, list(range(path.stat().st_size)), *whole) == {file}


@pytest.mark.parametrize("kind", ["entries", "0"])
def test_bytes_of_the_newest_tiles_count(released: World, kind: str) -> None:
    folder = released.home / "log" / "tile" / kind / "000.p"
    path = max(folder.iterdir(), key=lambda each: int(each.name))
    places = list(range(0, path.stat().st_size, BUNDLE_EVERY if kind == "entries" else 8))
    named = flipped(path, places, "verify", released.home / "log", "--trust", released.trust)
    assert all("tile/" in place or "entry" in place or place == "checkpoint" for place in named), named


def test_bytes_of_a_package_count(released: World) -> None:
    path = released.folder / "answer.modicum"
    places = sorted(random.Random(41).sample(range(path.stat().st_size), PACKAGE_BYTES))
    named = flipped(path, places, "verify", path, "--trust", released.trust)
    assert len(named) >= 3, named
    assert not any("error" in place.lower() for place in named)


def test_bytes_of_a_body_count(released: World) -> None:
    path = min(released.home.glob("bodies/*.json"), key=lambda each: each.stat().st_size)
    named = flipped(path, list(range(0, path.stat().st_size, 7)), "log", "fsck", "--home", released.home)
    assert all("entry" in place or "bodies/" in place for place in named), named


def test_a_file_that_nobody_asked_for_counts_too(released: World) -> None:
    (released.home / "log" / "tile" / "notes.txt").write_text("by the way")
    ran = released.run("verify", released.home / "log", "--trust", released.trust)
    assert ran.exit == Exit.VERIFICATION_FAILED
    assert "notes.txt" in ran.err
