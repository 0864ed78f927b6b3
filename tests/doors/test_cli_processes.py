"""What one process cannot show: two at once, Ctrl-C, SIGKILL, a full disk, a home that may only be read."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli_processes import Child
from cli_world import ASKER, CASE, RESEARCH, SECOND, World, start, tree
from test_release_crash import judge, settle, watched
from wrong_input import EXPECTED

from modicum.cli.exits import Exit

RECORDS_CASE = SECOND
NOBODY = 65534
HELD: list[Any] = []  # what a child process keeps until its end


def files(world: World, name: str) -> list[Path]:
    return list(world.folder.glob(f"{name}*.modicum"))


# Two at once


def test_two_processes_release_one_case_once(agreed: World) -> None:
    children = [
        Child(
            "release",
            CASE,
            "--out",
            agreed.folder / f"answer{n}.modicum",
            home=agreed.home,
            told=agreed.folder / f"{n}",
        )
        for n in range(3)
    ]
    ends = [child.end() for child in children]
    assert {status for status, _ in ends} <= {Exit.DONE, Exit.CONFLICT}, ends
    assert any(status == Exit.DONE for status, _ in ends)
    kinds = agreed.kinds()
    assert (kinds.count("released"), kinds.count("delivered"), kinds.count("accounted")) == (1, 1, 1)
    assert len({path.read_bytes() for path in files(agreed, "answer")}) == 1
    assert sum("already released" in said for _, said in ends) == sum(status == 0 for status, _ in ends) - 1
    agreed.holds()


def test_two_processes_never_write_over_one_another(agreed: World) -> None:
    people = ["cms/counsel", "cms/privacy-officer", "il-hfs/data-officer", "dc-dhcf/data-officer", "hhs-oig/inspector"]
    before = agreed.json("log", "checkpoint")["size"]
    children = [
        Child("docket", "object", CASE, "--text", "wait", "--as", who, home=agreed.home, told=agreed.folder / str(n))
        for n, who in enumerate(people)
    ]
    ends = [child.end() for child in children]
    assert {status for status, _ in ends} <= {Exit.DONE, Exit.CONFLICT}, ends
    done = sum(status == Exit.DONE for status, _ in ends)
    assert done >= 1
    assert agreed.json("log", "checkpoint")["size"] == before + done
    agreed.holds()


# Ctrl-C


@pytest.mark.parametrize("n", [9, 45, 80, 110])
def test_ctrl_c_at_any_step_of_a_release_leaves_nothing_half_done(agreed: World, n: int) -> None:
    def strike(count: int, _: str) -> None:
        if count == n:
            raise KeyboardInterrupt  # as the signal would, wherever the step is taken

    out = agreed.folder / "answer.modicum"
    with watched(strike):
        ran = agreed.run("release", RECORDS_CASE, "--out", out, "--json")
    if ran.exit != Exit.DONE:
        assert (ran.exit, ran.document["code"]) == EXPECTED["Ctrl-C"]
    judge(agreed)
    settle(agreed)


@pytest.mark.parametrize("n", [12, 40])
def test_ctrl_c_at_any_step_of_data_add_leaves_nothing_half_done(world: World, n: int) -> None:
    def strike(count: int, _: str) -> None:
        if count == n:
            raise KeyboardInterrupt  # as the signal would, wherever the step is taken

    with watched(strike):
        ran = world.run("data", "add", "other", world.folder / "population")
    assert ran.exit == EXPECTED["Ctrl-C"][0], ran
    world.holds()
    assert [each["name"] for each in world.json("data", "list")["datasets"]] == ["medicaid"]
    assert world.run("data", "describe", "other").exit == Exit.NOT_FOUND
    world.ok("data", "add", "other", world.folder / "population")
    world.ok("doctor")
    world.holds()


def test_ctrl_c_reaches_a_query_that_runs(agreed: World) -> None:
    held = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job would ignore it
        "from modicum.custody.engine import Engine\n"
        "real = Engine.table\n"
        "def table(self, name):\n"
        "    print('computing', flush=True)\n"
        "    self.run('SELECT count(*) FROM range(30000000000) AS many(n) WHERE (n * 7) % 11 = 3')\n"
        "    return real(self, name)\n"
        "Engine.table = table\n"
    )
    child = start("release", CASE, "--out", agreed.folder / "answer.modicum", home=agreed.home, prelude=held)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "computing\n"
        said = _interrupted(child)
    finally:
        child.kill()
    assert child.returncode == Exit.INTERRUPTED, said
    assert said.splitlines() == ["error: interrupted", "hint: run it again; nothing is left half done"]
    assert not list(agreed.home.glob("state/staged/**/*.age"))
    agreed.ok("release", CASE, "--out", agreed.folder / "answer.modicum")
    agreed.holds()


def _interrupted(child: subprocess.Popen[str]) -> str:
    """Press Ctrl-C as people do: once, and again where it fell into a moment in which Python drops it."""
    for _ in range(3):
        child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.communicate(timeout=5)[1]
    pytest.fail("Ctrl-C does not reach the query")


# SIGKILL


def _die_at(n: int) -> None:
    def strike(count: int, _: str) -> None:
        if count == n:
            os.kill(os.getpid(), signal.SIGKILL)

    HELD.append(watched(strike))
    HELD[-1].__enter__()


@pytest.mark.parametrize("n", [75, 110])
def test_what_sigkill_left_is_settled_by_the_doctor(agreed: World, n: int) -> None:
    child = Child(
        *("release", RECORDS_CASE, "--out", agreed.folder / "answer.modicum"),
        home=agreed.home,
        told=agreed.folder / "told",
        prepare=partial(_die_at, n),
    )
    assert child.end() == (-signal.SIGKILL, "")
    judge(agreed)
    settle(agreed)


# A disk that is full, a disk that may only be read


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB that nobody else writes to."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may mount nothing")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def refused(world: World, name: str, *arguments: str | Path) -> None:
    status, code = EXPECTED[name]
    ran = world.run(*arguments, "--json")
    assert (ran.exit, ran.document["code"]) == (status, code), ran
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["error", "hint"]


def test_a_full_disk_stops_each_command_and_harms_nothing(agreed: World, small_disk: Path) -> None:
    world = agreed.copy_to(small_disk)
    filed = world.request(RESEARCH)
    for room in (0, 8, 40, 120):
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - room * 1024))
        before = tree(world.home, without=("bodies", "state", "store.db-"))
        refused(world, "full disk", "data", "add", "other", world.folder / "population")
        if room == 0:
            refused(world, "full disk", "docket", "approve", CASE, "--as", "ca-dhcs/data-officer")
            refused(world, "full disk", "docket", "file", filed, "--as", ASKER[RESEARCH])
        if room <= 8:
            refused(world, "full disk", "release", CASE, "--out", agreed.folder / "answer.modicum")
        assert tree(world.home, without=("bodies", "state", "store.db-")) == before
        assert not files(agreed, "answer")
        ballast.unlink()
        world.holds()
    world.ok("docket", "list")
    world.ok("release", CASE, "--out", world.folder / "answer.modicum")
    world.holds()


def test_a_full_disk_at_the_place_of_the_copy_loses_no_release(agreed: World, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    refused(agreed, "full disk", "release", CASE, "--out", small_disk / "answer.modicum")
    assert "answer.modicum: the disk under it is full" in agreed.heard[-1].err
    assert agreed.state() == "accounted"
    (small_disk / "ballast").unlink()
    assert agreed.json("release", CASE, "--out", small_disk / "answer.modicum")["again"]


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [200, 6000])
def test_a_file_that_may_not_grow_stops_a_release(agreed: World, size: int) -> None:
    out = agreed.folder / "answer.modicum"
    told = agreed.folder / "told"
    child = Child("release", RECORDS_CASE, "--out", out, home=agreed.home, told=told, prepare=partial(_limit, size))
    status, said = child.end()
    assert (status, said.startswith("error: ")) == (Exit.LOG_UNAVAILABLE, True), said
    judge(agreed)
    settle(agreed)


def only_read(world: World) -> None:
    """What may be done with a home that may only be read, and what not."""
    for arguments in (["docket", "list"], ["docket", "show", CASE], ["log", "checkpoint"], ["data", "list"]):
        world.ok(*arguments)
    world.holds()
    before = tree(world.home)
    for arguments in (
        ["docket", "approve", CASE, "--as", "ca-dhcs/data-officer"],
        ["docket", "file", world.folder / "requests" / "narrow-question-0.json", "--as", ASKER["narrow-question"]],
        ["release", CASE, "--out", world.folder / "answer.modicum"],
        ["data", "add", "other", world.folder / "population"],
        ["data", "classify", "medicaid", "--confirm"],
    ):
        refused(world, "read-only home", *arguments)
    assert world.run("doctor").exit == Exit.LOG_UNAVAILABLE
    assert tree(world.home) == before


def test_a_disk_mounted_read_only_is_read_and_not_written(agreed: World, small_disk: Path) -> None:
    world = agreed.copy_to(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    only_read(world)


def test_a_home_without_leave_to_write_is_read_and_not_written(agreed: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = agreed.copy_to(Path(folder) / "world")
        Path(folder).chmod(0o755)
        everything = [world.folder, *world.folder.rglob("*")]
        for path in everything:
            if os.geteuid() == 0:
                os.chown(path, NOBODY, NOBODY)
            path.chmod(0o500 if path.is_dir() else 0o400)
        try:
            if os.geteuid() == 0:
                os.setresuid(NOBODY, NOBODY, 0)
            only_read(world)
        finally:
            if os.getresuid()[2] == 0:
                os.setresuid(0, 0, 0)
            for path in everything:
                path.chmod(0o700)
