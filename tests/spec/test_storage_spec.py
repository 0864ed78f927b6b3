"""What a folder promises: whole files or none, nothing overwritten unasked, faults in our words."""

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from modicum.model.errors import ConflictError, InvalidInputError, LogUnavailableError, NotFoundError
from modicum.storage import Folder, MemoryFolder, patience

STEPS = ("_sync_file", "_sync_folder", "_rename", "_link", "_make_parents")
FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG, errno.EMFILE)


class FaultyFolder(Folder):
    """A real folder on which one kind of step fails, as the system would make it fail."""

    fault: tuple[str, int] | None = None


def _failing(step: str) -> Callable[..., Any]:
    real = getattr(Folder, step)

    def run(self: FaultyFolder, *arguments: Any) -> Any:
        if self.fault and self.fault[0] == step:
            raise OSError(self.fault[1], "SECRETCANARY")
        return real(self, *arguments)

    return run


for _step in STEPS:
    setattr(FaultyFolder, _step, _failing(_step))


@pytest.fixture(params=[Folder, MemoryFolder])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder | MemoryFolder:
    return MemoryFolder() if request.param is MemoryFolder else Folder(tmp_path / "home")


def test_a_file_is_written_once_and_read_back(folder: Folder | MemoryFolder) -> None:
    folder.write_new("data/x/dataset.json", b"{}")
    with pytest.raises(ConflictError):
        folder.write_new("data/x/dataset.json", b"other")
    assert folder.read("data/x/dataset.json") == b"{}"
    assert folder.list("data") == ["data/x/dataset.json"]
    assert folder.exists("data/x/dataset.json")
    assert not folder.exists("data/x")


def test_replace_remove_and_discard(folder: Folder | MemoryFolder) -> None:
    folder.replace("a", b"1")
    folder.replace_all({"a": b"2", "b/c": b"3"})
    assert (folder.read("a"), folder.read("b/c")) == (b"2", b"3")
    folder.remove("a")
    folder.discard(["b/c", "b/never"])
    assert folder.list() == []
    for path in ("a", "b/c"):
        with pytest.raises(NotFoundError):
            folder.read(path)
        with pytest.raises(NotFoundError):
            folder.remove(path)


def test_a_staged_file_appears_when_its_block_ends_well(folder: Folder | MemoryFolder) -> None:
    with folder.stage("outbox/case.modicum") as file:
        file.write(b"part one, ")
        assert folder.list() == []
        file.write(b"part two")
    assert folder.read("outbox/case.modicum") == b"part one, part two"


def test_a_staged_file_is_gone_when_its_block_fails(folder: Folder | MemoryFolder) -> None:
    def interrupted() -> None:
        with folder.stage("outbox/case.modicum") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert folder.list() == []
    folder.write_new("outbox/case.modicum", b"whole")


def test_a_staged_file_does_not_overwrite_one_that_came_meanwhile(folder: Folder | MemoryFolder) -> None:
    def late() -> None:
        with folder.stage("x") as file:
            file.write(b"late")
            folder.write_new("x", b"early")

    with pytest.raises(ConflictError):
        late()
    assert folder.read("x") == b"early"


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a\x00", "a\nb", ".locks/x", ".staging/y"]
)
def test_no_name_leaves_the_folder(folder: Folder | MemoryFolder, path: str) -> None:
    for act in (folder.read, folder.exists, folder.remove, folder.mkdir):
        with pytest.raises(InvalidInputError):
            act(path)
    with pytest.raises(InvalidInputError):
        folder.write_new(path, b"")


def test_a_lock_excludes_and_is_freed(folder: Folder | MemoryFolder) -> None:
    with folder.lock("log"):
        with pytest.raises(ConflictError, match="another process holds the lock log"), folder.lock("log", 0.05):
            pass
        with folder.lock("other", 0.05):
            pass
    with folder.lock("log", 0.05):
        assert folder.list() == []


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_is_our_error_and_leaves_the_old_file(tmp_path: Path, step: str, number: int) -> None:
    folder = FaultyFolder(tmp_path)
    folder.write_new("a/old", b"old")
    folder.fault = (step, number)
    for write in (
        lambda: folder.replace("a/old", b"new"),
        lambda: folder.replace_all({"a/old": b"new"}),
        lambda: folder.write_new("b/new", b"new"),
    ):
        with suppress(
            LogUnavailableError
        ):  # A step that this write does not take cannot fail it; no other error comes.
            write()
    folder.fault = None
    assert folder.read("a/old") in {b"old", b"new"}
    assert set(folder.list()) <= {"a/old", "b/new"}
    assert not (tmp_path / ".staging").exists() or not list((tmp_path / ".staging").iterdir())


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    folder = FaultyFolder(tmp_path)
    folder.fault = ("_sync_file", errno.ENOSPC)
    with pytest.raises(LogUnavailableError, match="the disk under it is full; free space") as caught:
        folder.write_new("x", b"1")
    assert "SECRETCANARY" not in str(caught.value)
    assert not folder.exists("x")


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    Folder(tmp_path / "home").write_new("keys/log", b"secret")
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "home").rglob("*")}
    assert modes == {"keys": 0o700, "log": 0o600}


def test_of_many_writers_of_one_name_one_wins(tmp_path: Path) -> None:
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            Folder(tmp_path).write_new("one", b"%d" % number)
            outcomes.append(f"wrote {number}")
        except ConflictError:
            outcomes.append("conflict")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes)[:-1] == ["conflict"] * 7
    assert f"wrote {Folder(tmp_path).read('one').decode()}" in outcomes


def test_staged_files_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    long_ago = time.time() - 3600
    with folder.stage("living") as file:
        file.write(b"x")
        file.flush()
        dead = tmp_path / ".staging" / "dead"
        dead.write_bytes(b"half")
        for each in (tmp_path / ".staging").iterdir():
            os.utime(each, (long_ago, long_ago))
        assert folder.sweep() == 1
        assert not dead.exists()
    assert folder.read("living") == b"x"
    assert folder.sweep() == 0


def test_a_sweep_at_any_moment_takes_nothing_from_a_living_writer(tmp_path: Path) -> None:
    """A writer opens its file and locks it in two steps; a sweep may come between them."""
    failures: list[Exception] = []
    done = threading.Event()

    def sweep() -> None:
        while not done.is_set():
            Folder(tmp_path).sweep(older_than_s=0)

    def write(name: str) -> None:
        try:
            for number in range(60):
                Folder(tmp_path).replace(f"{name}/{number}", b"whole")
        except Exception as error:  # noqa: BLE001 - whatever it is, no writer may see it
            failures.append(error)

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for each in (*sweepers, *writers):
        each.start()
    for each in writers:
        each.join()
    done.set()
    for each in sweepers:
        each.join()
    assert failures == []
    assert [Folder(tmp_path).read(path) for path in Folder(tmp_path).list()] == [b"whole"] * 120


def test_a_sweep_finds_the_staging_folder_tidied_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tidied_first(listing: Callable[[Path], Any]) -> Callable[[Path], Any]:
        def listed(path: Path) -> Any:
            if Path(path).name == ".staging" and Path(path).is_dir():
                Path(path).rmdir()
            return listing(path)

        return listed

    (tmp_path / ".staging").mkdir()
    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, tidied_first(getattr(os, name)))
    assert Folder(tmp_path).sweep(older_than_s=0) == 0
    assert not (tmp_path / ".staging").exists()


def test_a_disk_that_hangs_is_an_error_and_then_fails_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    folder = Folder(tmp_path)
    folder.replace("before", b"x")
    with monkeypatch.context() as patch:
        patch.setattr(patience, "LIMIT_S", 0.2)  # not for the real disk, which other tests keep busy
        patch.setattr(os, "fsync", lambda _: answers.wait(30))
        began = time.monotonic()
        with pytest.raises(LogUnavailableError, match="does not answer"):
            folder.replace("while", b"x")
        waited = time.monotonic() - began
        for _ in range(20):
            with pytest.raises(LogUnavailableError, match="does not answer"):
                folder.replace("while", b"x")
        assert time.monotonic() - began < waited + 3
        answers.set()
    assert not folder.exists("while")
    deadline = time.monotonic() + 30
    while not folder.exists("after") and time.monotonic() < deadline:
        with suppress(LogUnavailableError):  # until the step that hung has ended
            folder.replace("after", b"x")
    assert folder.read("after") == b"x"


def test_what_a_step_raises_comes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    for _ in range(3):
        with pytest.raises(LogUnavailableError, match="is full"):
            Folder(tmp_path).replace("a", b"x")
