"""The demo's witnesses end with the demo: when it is done, when it fails, on Ctrl-C, and when it is killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modicum.cli import run
from modicum.cli.exits import Exit
from modicum.gateway import replay_witness
from modicum.gateway.replay_witness import PLAYED, WitnessProcess, make_witnesses, running
from modicum.model.errors import LogUnavailableError
from modicum_verify.cosignature import WitnessKey
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.note import vkey

LOG = vkey("cms.example/log", Ed25519PrivateKey.generate().public_key())
NOW = datetime(2025, 6, 10, 13, 0, tzinfo=UTC)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ended(pids: list[int], within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


def test_they_run_as_processes_of_their_own_on_ports_of_their_own_and_end(tmp_path: Path) -> None:
    keys = make_witnesses(tmp_path)
    assert {WitnessKey.parse(each).name for each in keys.values()} == set(PLAYED.values())
    with running(tmp_path, log_vkey=LOG, now=NOW) as found:
        pids = [each.pid for each in found.processes]
        assert len({*pids, os.getpid()}) == 3
        assert all(alive(pid) for pid in pids)
        assert len(set(found.urls.values())) == 2
        assert all(url.startswith("http://127.0.0.1:") for url in found.urls.values())
    assert not any(alive(pid) for pid in pids)


def test_they_end_whatever_happens_to_the_replay(tmp_path: Path) -> None:
    make_witnesses(tmp_path)
    pids: list[int] = []

    def interrupted() -> None:
        with running(tmp_path, log_vkey=LOG, now=NOW) as found:
            pids.extend(each.pid for each in found.processes)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)


def test_one_that_hangs_is_ended_too(tmp_path: Path) -> None:
    make_witnesses(tmp_path)
    with running(tmp_path, log_vkey=LOG, now=NOW) as found:
        pids = [each.pid for each in found.processes]
        os.kill(pids[0], signal.SIGSTOP)
    assert not any(alive(pid) for pid in pids)


def test_one_that_died_is_told_as_a_witness_that_is_not_available(tmp_path: Path) -> None:
    make_witnesses(tmp_path)
    with running(tmp_path, log_vkey=LOG, now=NOW) as found:
        os.kill(found.processes[0].pid, signal.SIGKILL)
        assert ended([found.processes[0].pid])
        with pytest.raises(LogUnavailableError, match="state-auditor cannot run: it ended"):
            found.tell(NOW)


def test_a_machine_that_starts_no_process_gets_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(replay_witness.subprocess, "Popen", none)
    assert run(["demo", "--home", str(tmp_path / "demo"), "--people", "1000"]) == Exit.LOG_UNAVAILABLE
    said = capsys.readouterr().err
    assert "the demo's witness state-auditor cannot run: BlockingIOError" in said
    assert "hint: let this account start processes and listen on 127.0.0.1" in said


def test_a_witness_that_finds_no_port_gets_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state-auditor").mkdir()
    process = WitnessProcess(tmp_path / "state-auditor")  # no key either: it says why, and ends
    try:
        with pytest.raises(LogUnavailableError, match="cannot run: there is no witness in"):
            process.address()
    finally:
        process.stop()


PLAY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from modicum.gateway.replay_witness import make_witnesses, running
folder = Path(sys.argv[1])
make_witnesses(folder)
with running(folder, log_vkey=sys.argv[2], now=datetime(2025, 6, 10, tzinfo=UTC)) as found:
    print(*(each.pid for each in found.processes), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_killed_leaves_no_witness_behind(tmp_path: Path, how: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-c", PLAY, str(tmp_path / "w"), LOG],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert demo.stdout is not None
    pids = [int(each) for each in demo.stdout.readline().split()]
    assert len(pids) == 2
    assert all(alive(pid) for pid in pids)
    demo.send_signal(how)
    demo.wait(20)
    assert ended(pids)
