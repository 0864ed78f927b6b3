"""Whatever step an append stops at, the log afterwards holds all of it or nothing, and checks."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.ledger import Ledger, create_ledger, open_ledger
from modicum.model.errors import EvidenceError, LogUnavailableError
from modicum.storage import Folder
from modicum_verify.logdir import read_log

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "gateway.example/log"
STEPS = ("_sync_file", "_sync_folder", "_rename", "_unlink", "_make_parents")
LEAVES = [b"leaf %d" % index for index in range(900)]


class UnsyncedFolder(Folder):
    """A real folder that does not wait for the disk: processes die here, the power stays on."""

    def _sync_file(self, file: BinaryIO) -> None:
        file.flush()

    def _sync_folder(self, directory: Path) -> None:
        os.scandir(directory).close()


class CrashError(BaseException):
    """The process ends here; no handler of ours catches it."""


class StoppingFolder(UnsyncedFolder):
    """A real folder that stops at its n-th step: for good (a crash), or once (a fault of the disk)."""

    left: int | None = None
    crash = True
    down = False

    def step(self) -> None:
        if self.down:
            raise CrashError
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            self.down = self.crash
            raise CrashError if self.crash else OSError(errno.ENOSPC, "full")
        self.left -= 1


def _counted(name: str) -> Callable[..., Any]:
    real = getattr(UnsyncedFolder, name)

    def run(self: StoppingFolder, *arguments: Any) -> Any:
        self.step()
        return real(self, *arguments)

    return run


for _name in STEPS:
    setattr(StoppingFolder, _name, _counted(_name))


def home(tmp_path: Path, size: int) -> Path:
    """A home whose log was filled in uneven steps, so that partial tiles of earlier sizes lie about."""
    ledger = create_ledger(UnsyncedFolder(tmp_path / "template"), origin=ORIGIN, key=KEY)
    for low, high in ((0, size // 2), (size // 2, size - 1), (size - 1, size)):
        ledger.append(LEAVES[low:high])
    return tmp_path / "template"


def stopped_at_each_step(template: Path, at: Path, *, crash: bool, count: int, size: int) -> Any:
    """Give, for each step of one append, the home as it was left, the ledger that did it, and whether it returned."""
    for step in range(1000):
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(template, at)
        folder = StoppingFolder(at)
        vkey = (at / "log/log.vkey").read_text().strip()
        ledger = open_ledger(folder, key=KEY, vkey=vkey)
        bystander = open_ledger(UnsyncedFolder(at), key=KEY, vkey=vkey)
        folder.left, folder.crash = step, crash
        try:
            ledger.append(LEAVES[size : size + count])
        except (CrashError, LogUnavailableError):
            yield ledger, bystander, False
            continue
        ended = folder.left is not None
        folder.left = None
        yield ledger, bystander, True
        if ended:
            assert step > 15
            return
    pytest.fail("the append never ended")


def assert_all_or_nothing(root: Path, vkey: str, *, size: int, count: int, returned: bool) -> int:
    found = read_log(root / "log", vkey).leaves
    assert len(found) in ({size + count} if returned else {size, size + count})
    assert found == LEAVES[: len(found)]
    assert (root / "state/checkpoint").read_bytes() == (root / "log/checkpoint").read_bytes()
    return len(found)


@pytest.mark.parametrize(("size", "count"), [(3, 2), (254, 5), (250, 300), (256, 1)])
def test_a_crash_at_any_step_then_open(tmp_path: Path, size: int, count: int) -> None:
    template, at = home(tmp_path, size), tmp_path / "home"
    for ledger, _, returned in stopped_at_each_step(template, at, crash=True, count=count, size=size):
        again = open_ledger(UnsyncedFolder(at), key=KEY, vkey=ledger.vkey)
        reached = assert_all_or_nothing(at, ledger.vkey, size=size, count=count, returned=returned)
        again.append(LEAVES[reached : reached + 3])
        assert read_log(at / "log", ledger.vkey).leaves == LEAVES[: reached + 3]


@pytest.mark.parametrize(("size", "count"), [(3, 2), (254, 5)])
def test_a_crash_at_any_step_while_another_process_has_the_log_open(tmp_path: Path, size: int, count: int) -> None:
    template, at = home(tmp_path, size), tmp_path / "home"
    for ledger, bystander, returned in stopped_at_each_step(template, at, crash=True, count=count, size=size):
        bystander.append([b"by the other"])
        found = read_log(at / "log", ledger.vkey).leaves
        assert len(found) - 1 in ({size + count} if returned else {size, size + count})
        assert found == [*LEAVES[: len(found) - 1], b"by the other"]


@pytest.mark.parametrize(("size", "count"), [(3, 2), (254, 5)])
def test_a_fault_at_any_step_then_the_same_ledger_goes_on(tmp_path: Path, size: int, count: int) -> None:
    template, at = home(tmp_path, size), tmp_path / "home"
    for ledger, _, returned in stopped_at_each_step(template, at, crash=False, count=count, size=size):
        reached = ledger.refresh()
        assert_all_or_nothing(at, ledger.vkey, size=size, count=count, returned=returned)
        ledger.append(LEAVES[reached : reached + 1])
        assert ledger.fsck().leaves == LEAVES[: reached + 1]


def test_a_crash_at_any_step_of_creation_can_be_tried_again(tmp_path: Path) -> None:
    for step in range(100):
        folder = StoppingFolder(tmp_path / str(step))
        folder.left = step
        try:
            create_ledger(folder, origin=ORIGIN, key=KEY)
        except CrashError:
            if not UnsyncedFolder(tmp_path / str(step)).exists("log/checkpoint"):
                create_ledger(UnsyncedFolder(tmp_path / str(step)), origin=ORIGIN, key=Ed25519PrivateKey.generate())
            continue
        if folder.left is not None:
            assert step > 5
            return
    pytest.fail("creation never ended")


def test_leftovers_of_any_content_are_named_then_cleared(tmp_path: Path) -> None:
    root = home(tmp_path, 10)
    vkey = (root / "log/log.vkey").read_text().strip()
    for name in ("tile/0/000.p/12", "tile/entries/000.p/12", "tile/entries/000", "tile/1/000.p/1", "tile/entries/003"):
        (root / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "log" / name).write_bytes(b"torn")
    with pytest.raises(EvidenceError, match="reaches beyond the size of the checkpoint; if an append was cut short"):
        read_log(root / "log", vkey)
    open_ledger(UnsyncedFolder(root), key=KEY, vkey=vkey)
    assert read_log(root / "log", vkey).leaves == LEAVES[:10]


class FlippingFolder(UnsyncedFolder):
    """A real folder between which and the ledger a bit flips: memory went bad between hash and write."""

    chosen: tuple[str, int] | None = None

    def replace_all(self, files: Any) -> None:
        changed = dict(files)
        if self.chosen:
            name, bit = self.chosen
            data = bytearray(changed[name])
            data[bit // 8 % len(data)] ^= 1 << bit % 8
            changed[name] = bytes(data)
        super().replace_all(changed)


def test_a_bit_that_flips_before_the_write_is_caught_before_anything_is_signed(tmp_path: Path) -> None:
    root = home(tmp_path, 250)
    chance = random.Random(8)
    vkey = (root / "log/log.vkey").read_text().strip()
    folder = FlippingFolder(root)
    ledger = open_ledger(folder, key=KEY, vkey=vkey)
    names = ("tile/entries/000", "tile/0/000", "tile/entries/001.p/4", "tile/0/001.p/4", "tile/1/000.p/1")
    for turn in range(60):
        folder.chosen = (f"log/{names[turn % 5]}", chance.randrange(1 << 20))
        with pytest.raises(LogUnavailableError, match="reads back unlike what was written; nothing was committed"):
            ledger.append(LEAVES[250:260])
    folder.chosen = None
    ledger.append(LEAVES[250:260])
    assert read_log(root / "log", vkey).leaves == LEAVES[:260]


APPENDER = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from modicum.ledger import open_ledger
from modicum.storage import Folder
ledger = open_ledger(Folder(Path(sys.argv[1])), key=Ed25519PrivateKey.from_private_bytes(bytes(range(32))), vkey=sys.argv[2])
for turn in range(int(sys.argv[4])):
    receipt = ledger.append([f"{sys.argv[3]} {turn} {part}".encode() for part in range(3)])
    print(turn, receipt.first_index, flush=True)
"""


def appender(root: Path, ledger: Ledger, name: str, turns: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", APPENDER, str(root), ledger.vkey, name, str(turns)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def test_two_processes_append_at_once_and_nothing_is_lost_or_torn(tmp_path: Path) -> None:
    ledger = create_ledger(Folder(tmp_path), origin=ORIGIN, key=KEY)
    writers = {name: appender(tmp_path, ledger, name, 40) for name in ("one", "two")}
    said = {name: writer.communicate()[0].splitlines() for name, writer in writers.items()}
    assert ledger.refresh() == 240
    leaves = ledger.fsck().leaves
    for name, lines in said.items():
        assert len(lines) == 40
        for turn, first in (map(int, line.split()) for line in lines):
            assert leaves[first : first + 3] == [f"{name} {turn} {part}".encode() for part in range(3)]


def test_a_killed_process_loses_nothing_that_it_was_told_is_durable(tmp_path: Path) -> None:
    ledger = create_ledger(Folder(tmp_path), origin=ORIGIN, key=KEY)
    chance = random.Random(3)
    acknowledged: dict[int, list[bytes]] = {}
    for turn in range(5):
        writer = appender(tmp_path, ledger, str(turn), 100_000)
        assert writer.stdout
        first_line = writer.stdout.readline()
        time.sleep(chance.random() / 5)
        writer.send_signal(signal.SIGKILL)
        for line in [first_line, *writer.communicate()[0].splitlines()]:
            done, first = map(int, line.split())
            acknowledged[first] = [f"{turn} {done} {part}".encode() for part in range(3)]
    reopened = open_ledger(Folder(tmp_path), key=KEY, vkey=ledger.vkey)
    leaves = read_log(tmp_path / "log", ledger.vkey).leaves
    assert len(leaves) % 3 == 0
    assert all(leaves[first : first + 3] == expected for first, expected in acknowledged.items())
    assert reopened.size == len(leaves) >= 3 * len(acknowledged)
