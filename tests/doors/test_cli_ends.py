"""How a command ends as a process: Ctrl-C at any moment, and a stdout or stderr that takes nothing."""

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import CASE, JUNE, World, start

from modicum.cli.exits import Exit

BIN = Path(sys.executable).parent
INTERRUPTED = "error: interrupted\nhint: run it again; nothing is left half done\n"
FULL = Path("/dev/full")
# A shell's background job, as tests may be, ignores Ctrl-C, and so would its children.
LISTENING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
# What modules do while they load: take their time, and catch what they please.
SLOW = """
import sys, time
try:
    sys.stderr.write("loading\\n")
    sys.stderr.flush()
    time.sleep(60)
except BaseException:
    time.sleep(60)
"""
# Ctrl-C while the command runs, again while each line about it is said, and once more while Python ends.
AGAIN_AND_AGAIN = """
import atexit, os, signal, time
import modicum.cli as door, modicum_verify.door as verifier, modicum_verify.process as process
signal.signal(signal.SIGINT, signal.default_int_handler)
press = lambda: os.kill(os.getpid(), signal.SIGINT)
def run(*_, **__):
    press()
    time.sleep(60)
door.app = verifier._verify = run
harmless = process.harmless
process.harmless = lambda text: (press(), harmless(text))[1]
atexit.register(press)
"""

needs_full = pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")


@pytest.mark.parametrize("arguments", [["x"], ["x", "--json"]])
@pytest.mark.parametrize(
    ("program", "slow"),
    [
        ([str(BIN / "modicum")], "typer"),
        ([sys.executable, "-m", "modicum"], "typer"),
        ([str(BIN / "modicum-verify")], "cryptography"),
        ([sys.executable, "-m", "modicum_verify"], "cryptography"),
    ],
)
def test_ctrl_c_while_modules_load(program: list[str], slow: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / f"{slow}.py").write_text(SLOW)
    given = [sys.executable, "-c", LISTENING, *program, *arguments]
    child = subprocess.Popen(
        given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(tmp_path)}
    )
    try:
        assert child.stderr is not None
        assert child.stderr.readline() == "loading\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    finally:
        child.kill()
    assert (child.returncode, err) == (Exit.INTERRUPTED, INTERRUPTED)
    if "--json" in arguments:
        document = json.loads(out)
        assert (document["schema"], document["code"], document["exit"]) == ("modicum.error/1", "interrupted", 130)
    else:
        assert out == ""


@pytest.mark.parametrize("door", ["modicum", "modicum_verify"])
def test_ctrl_c_pressed_again_changes_nothing(door: str) -> None:
    program = f"{AGAIN_AND_AGAIN}\nfrom {door}.__main__ import main\nmain(['x'])\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (Exit.INTERRUPTED, "", INTERRUPTED)


def shell(line: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `modicum` in a shell line where it is called `"$@"`."""
    given = ["bash", "-c", line, "-", str(BIN / "modicum"), *map(str, arguments)]
    return subprocess.run(given, capture_output=True, text=True, check=False, timeout=50)


def objections(world: World) -> int:
    return world.kinds().count("objected")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param('"$@" --json >/dev/full', "No space left on device", marks=needs_full),
        pytest.param('"$@" >/dev/full', "No space left on device", marks=needs_full),
        ('"$@" >&-', "it is closed"),
    ],
)
def test_what_was_done_is_done_though_the_answer_is_lost(agreed: World, line: str, why: str) -> None:
    person = ["--text", "no", "--as", "cms/counsel", "--home", agreed.home]
    done = shell(line, "docket", "object", CASE, *person)
    assert done.returncode == Exit.OUR_FAULT
    assert done.stdout == ""
    assert done.stderr.splitlines()[-2:] == [
        f"error: all was done, but its answer could not be written to stdout: {why}",
        "hint: before you run it again, look at what it did: `modicum docket list`, `modicum docket show CASE`",
    ]
    assert "home" not in done.stderr
    assert objections(agreed) == 1
    agreed.holds()


@needs_full
def test_another_status_stays_and_talk_may_be_lost(agreed: World) -> None:
    unknown = shell('"$@" --json >/dev/full', "docket", "show", "2026-0009", "--home", agreed.home)
    assert unknown.returncode == Exit.NOT_FOUND
    assert unknown.stderr.startswith("error: there is no case 2026-0009\nhint: ")
    quiet = shell('"$@" 2>/dev/full', "log", "checkpoint", "--home", agreed.home)
    assert (quiet.returncode, quiet.stdout.count("\n") > 3) == (Exit.DONE, True)


def test_a_reader_who_goes_away_changes_no_status(agreed: World) -> None:
    # The reader is gone before the command says its first word.
    gone = 'exec 3> >(true); wait $!; "$@" >&3'
    listed = shell(gone, "docket", "list", "--home", agreed.home)
    assert (listed.returncode, listed.stderr) == (Exit.DONE, "")
    refused = shell(gone, "decide", agreed.request(JUNE), "--home", agreed.home)
    assert (refused.returncode, "error: " in refused.stderr) == (Exit.REFUSED, False)
    helped = shell(gone, "--help")
    assert (helped.returncode, helped.stderr) == (Exit.DONE, "")


@needs_full
@pytest.mark.parametrize("given", [[], ["--json"], ["--help"]])
def test_the_verifier_says_that_its_verdict_was_lost(agreed: World, given: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "modicum_verify", str(agreed.home), *given],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == Exit.OUR_FAULT
    assert done.stderr.splitlines()[-2:] == [
        "error: all was done, but its answer could not be written to stdout: No space left on device",
        "hint: nothing was changed; run it again with a stdout that takes the answer",
    ]


def test_bytes_that_are_no_text_are_said_as_they_can_be(agreed: World) -> None:
    child = start("docket", "show", b"a\x80b".decode("utf-8", "surrogateescape"), "--json", home=agreed.home)
    with contextlib.closing(child.stdout):  # type: ignore[type-var]
        out, err = child.communicate(timeout=50)
    assert (child.returncode, json.loads(out)["code"]) == (Exit.NOT_FOUND, "not-found")
    assert err.startswith("error: there is no case a\\udc80b\n")
