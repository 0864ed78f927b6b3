"""A release that is cut off at any step: afterwards it was released once, or not at all and can be released anew.

Each single step on the disk (`Folder`'s smallest methods, and each write of a staged file) is counted during one release.
The disk is kept as it stood before each step that others can see, as if the machine had died then. And a release is run
on a fresh copy of the home whose n-th step fails once: for each n with MODICUM_EVERY_STEP=1, for some of them without.
"""

import errno
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_world import SECOND, World, tree

from modicum.cli.exits import Exit
from modicum.storage import folder as storage
from modicum.storage.faults import translated_write

CASE = SECOND
STEPS = ("_sync_file", "_sync_folder", "_rename", "_link", "_unlink", "_make_parents")
LITTER = ("bodies", "accounting")  # a body without a leaf, a record without a release: neither is looked at again
EVERY = int(os.environ.get("MODICUM_EVERY_STEP", "13"))


@contextmanager
def watched(strike: Callable[[int, str], None]) -> Iterator[None]:
    """Call `strike(n, step)` before the n-th step on any disk, from 0."""
    count = itertools.count()
    with pytest.MonkeyPatch.context() as patch:

        def watch(owner: type, name: str) -> None:
            real = getattr(owner, name)

            def step(*arguments: Any, **named: Any) -> Any:
                strike(next(count), name)
                return real(*arguments, **named)

            patch.setattr(owner, name, step)

        for name in STEPS:
            watch(storage.Folder, name)
        write = storage._StagedFile.write

        def writes(file: Any, data: Any) -> int:
            with translated_write(file._path):
                strike(next(count), "write")
            return write(file, data)

        patch.setattr(storage._StagedFile, "write", writes)
        yield


def release(world: World) -> int:
    return world.run("release", CASE, "--out", world.folder / "answer.modicum").exit


def judge(world: World) -> str:
    """Hold a home against what may never be, whatever happened; gives the state of the case.

    Never a package without its entry in the log, never `delivered` without its package, never a copy handed out that is
    not the delivered one.
    """
    document = world.json("docket", "show", CASE)  # Opening the home clears what an append cut short left.
    world.ok("verify", world.home, "--trust", world.trust)
    state = str(document["state"])
    kinds = [each["kind"] for each in document["timeline"]]
    packages = list(world.home.glob("outbox/*.modicum"))
    assert len(packages) <= 1 <= 1 + kinds.count("released")
    assert kinds.count("delivered") <= 1
    for package in packages:
        assert state in {"logged", "delivered", "accounted"}, (state, kinds)
        verified = world.json("verify", package, "--trust", world.trust)
        assert verified["entry"] == max(each["entry"] for each in document["timeline"] if each["kind"] == "released")
    if state in {"delivered", "accounted"}:
        assert packages, kinds
    handed_out = world.folder / "answer.modicum"
    if handed_out.exists():
        assert state == "accounted"
        assert handed_out.read_bytes() == packages[0].read_bytes()
    return state


def settle(world: World, *, to_the_end: bool = True) -> None:
    """The doctor settles it; then the release goes on to its end, once."""
    doctor = world.run("doctor")
    assert doctor.exit == 0, doctor
    state = judge(world)
    assert state in {"agreed", "accounted"}
    if state == "agreed":
        # No key of what was aborted is left anywhere, and nothing that was staged.
        for path in world.home.rglob("*"):
            if path.is_file() and "data" not in path.relative_to(world.home).parts[:1]:
                assert b"key.age" not in path.read_bytes() or path.suffix == ".json", path
        assert not [path for path in world.home.glob("state/staged/**/*") if path.is_file()]
    handed_out = world.folder / "answer.modicum"
    if state == "agreed" and not to_the_end:
        return
    if not handed_out.exists():
        world.ok("release", CASE, "--out", handed_out)
    assert judge(world) == "accounted"
    kinds = world.kinds(CASE)
    assert (kinds.count("delivered"), kinds.count("accounted")) == (1, 1)
    assert kinds.count("released") == 1 + kinds.count("aborted")
    world.ok("open", handed_out, "--identity", world.identity("hhs-oig"), "--out", world.folder / "opened")


@pytest.fixture(scope="module")
def moments(agreed_template: World, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, World]]:
    """One release, and the disk as it stood before each step that changes what others see."""
    world = agreed_template.copy_to(tmp_path_factory.mktemp("moments"))
    found: list[tuple[str, World]] = []

    def keep(_: int, step: str) -> None:
        if step in {"_link", "_rename", "_unlink"}:
            found.append((step, world.copy_to(tmp_path_factory.mktemp("moment"))))

    with watched(keep):
        assert release(world) == Exit.DONE
    found.append(("end", world))
    return found


def test_a_machine_that_dies_at_any_step_releases_once_or_not_at_all(
    agreed_template: World, moments: list[tuple[str, World]]
) -> None:
    states, pristine = [], tree(agreed_template.home, without=LITTER)
    for n, (_, world) in enumerate(moments):
        states.append(judge(world))
        if states[-1] != "agreed" or tree(world.home, without=LITTER) != pristine:
            settle(world, to_the_end=n % max(EVERY // 4, 1) == 0)
    assert states[0] == "agreed"
    assert states[-1] == "accounted"
    assert "logged" in states
    assert "delivered" in states


def test_a_step_that_fails_leaves_what_was_or_what_is_to_be(agreed_template: World, tmp_path: Path) -> None:
    steps: list[str] = []
    with watched(lambda _, step: steps.append(step)):
        assert release(agreed_template.copy_to(tmp_path / "whole")) == Exit.DONE
    pristine = tree(agreed_template.home, without=LITTER)
    faults = (errno.ENOSPC, errno.EIO, errno.EROFS)
    seen = set()
    for n, step in enumerate(steps):
        if n % EVERY:
            continue
        world = agreed_template.copy_to(tmp_path / str(n))
        fault = OSError(faults[n % 3], "injected")

        def strike(count: int, _: str, n: int = n, fault: OSError = fault) -> None:
            if count == n:
                raise fault

        with watched(strike):
            status = release(world)
        assert status in {Exit.DONE, Exit.LOG_UNAVAILABLE}, (n, step, world.heard[-1])
        state = judge(world)
        seen.add((status, state))
        assert (status == Exit.DONE) <= (state == "accounted")
        if state != "agreed" or tree(world.home, without=LITTER) != pristine:
            settle(world)
    assert {state for _, state in seen} >= {"agreed", "accounted"}
