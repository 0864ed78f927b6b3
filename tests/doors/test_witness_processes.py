"""Witnesses as their operators run them: processes of their own, commands, files carried by hand."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import World, command
from jsonschema import Draft202012Validator

from modicum.gateway.home import Home

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


def faults(document: dict) -> list[str]:
    name = document["schema"].removeprefix("modicum.").removesuffix("/1")
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def made(folder: Path, name: str) -> str:
    ran = command("log", "witness", "init", "--name", name, "--state", folder, "--json")
    assert ran.exit == 0
    assert faults(ran.document) == []
    return str(ran.document["vkey"])


@pytest.fixture
def witnesses(world: World, tmp_path: Path) -> Iterator[Path]:
    """Two witnesses, each a process, and the file that names them."""
    text, processes = "organisations = 2\n", []
    for place, organisation in enumerate(("state-ca", "inspector")):
        state = tmp_path / f"witness-{place}"
        vkey = made(state, f"{organisation}.example/w")
        assert command("log", "witness", "watch", world.home / "log" / "log.vkey", "--state", state).exit == 0
        arguments = ["log", "witness", "run", "--state", str(state), "--listen", "127.0.0.1:0"]
        process = subprocess.Popen([sys.executable, "-m", "modicum", *arguments], stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stderr is not None
        url = re.search(r"http://\S+(?=;)", process.stderr.readline())
        assert url is not None
        text += f'[[witness]]\norganisation = "{organisation}"\nurl = "{url[0]}"\nvkey = "{vkey}"\n'
    path = tmp_path / "witnesses.toml"
    path.write_text(text)
    yield path
    for process in processes:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_checkpoint_is_cosigned_kept_and_held_against_a_log_that_was_cut(
    world: World, witnesses: Path, tmp_path: Path
) -> None:
    ran = command("log", "checkpoint", "--witnesses", witnesses, "--json", home=world.home)
    assert ran.exit == 0, ran.said
    assert faults(ran.document) == []
    assert ran.document["met"] is True
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(ran.document["note"])
    assert kept.read_text().count("\n\u2014 ") == 3
    trust = world.home / "trust.json"
    verified = command("verify", world.home / "log", "--trust", trust, "--seen", kept)
    assert verified.exit == 0, verified.said
    assert "complete up to the checkpoint that you have seen" in verified.out
    half = witnesses.with_name("half.toml")
    lines = witnesses.read_text().split("[[witness]]")
    half.write_text(lines[0].replace("2", "1") + "[[witness]]" + lines[1])
    gone = half.with_name("gone.toml")
    gone.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", witnesses.read_text()))
    assert command("log", "checkpoint", "--witnesses", half, home=world.home).exit == 0
    without = command("log", "checkpoint", "--witnesses", gone, home=world.home)
    assert without.exit == 6
    assert "fewer than 2 organisation(s)" in without.err


def test_a_witness_without_a_network_signs_a_file(world: World, tmp_path: Path) -> None:
    state, request, line = tmp_path / "w", tmp_path / "request", tmp_path / "cosignature"
    made(state, "court.example/w")
    before = command("log", "witness", "sign", request, "--out", line, "--state", state)
    assert before.exit == 8
    assert command("log", "checkpoint", "--request", request, home=world.home).exit == 0
    unknown = command("log", "witness", "sign", request, "--out", line, "--state", state)
    assert (unknown.exit, line.exists()) == (5, False)
    command("log", "witness", "watch", world.home / "log" / "log.vkey", "--state", state)
    assert command("log", "witness", "sign", request, "--out", line, "--state", state).exit == 0
    assert line.read_text().startswith("\u2014 court.example/w ")
    assert command("log", "witness", "sign", request, "--out", line, "--state", state).exit == 9
    again = command("log", "witness", "sign", request, "--out", tmp_path / "2", "--state", state)
    size = Home.open(world.home).ledger.size
    assert again.exit == 5
    assert f"it saw {size} entries last" in again.err
    assert command("log", "checkpoint", "--request", tmp_path / "r2", "--since", str(size), home=world.home).exit == 0
    assert command("log", "witness", "sign", tmp_path / "r2", "--out", tmp_path / "2", "--state", state).exit == 0


@pytest.mark.parametrize(
    ("text", "exit_code"),
    [
        ("", 2),
        ("organisations = 1", 2),
        ('organisations = 0\n[[witness]]\norganisation = "a"\nurl = "http://x"\nvkey = "y"', 2),
        ('organisations = 1\n[[witness]]\norganisation = "a"\nurl = "http://x"\nvkey = "y"', 2),
        ('organisations = 1\nextra = 1\n[[witness]]\norganisation = "a"\nurl = "http://x"\nvkey = "y"', 2),
        ("not toml [", 2),
    ],
)
def test_a_malformed_file_of_witnesses_is_refused(world: World, tmp_path: Path, text: str, exit_code: int) -> None:
    path = tmp_path / "witnesses.toml"
    path.write_text(text)
    ran = command("log", "checkpoint", "--witnesses", path, home=world.home)
    assert ran.exit == exit_code, ran.said
    assert "hint:" in ran.err


def test_one_organisation_with_two_witnesses_is_no_two(world: World, tmp_path: Path) -> None:
    text = "organisations = 2\n"
    for place in range(2):
        vkey = made(tmp_path / str(place), f"w{place}.example")
        text += f'[[witness]]\norganisation = "same"\nurl = "http://127.0.0.1:1"\nvkey = "{vkey}"\n'
    path = tmp_path / "witnesses.toml"
    path.write_text(text)
    ran = command("log", "checkpoint", "--witnesses", path, home=world.home)
    assert ran.exit == 2
    assert "names witnesses of fewer" in ran.err
    twice = tmp_path / "twice.toml"
    twice.write_text(text.replace("organisations = 2", "organisations = 1").replace("w1.example", "w0.example"))
    assert command("log", "checkpoint", "--witnesses", twice, home=world.home).exit == 2


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1:99999", "127.0.0.1", "256.0.0.1:80", ":80"])
def test_an_address_that_cannot_be_listened_on_is_refused(world: World, listen: str) -> None:
    ran = command("log", "serve", "--listen", listen, home=world.home)
    assert ran.exit == 2, ran.said


def test_json_is_one_document(world: World) -> None:
    assert json.loads(command("log", "checkpoint", "--json", home=world.home).out)["schema"] == "modicum.checkpoint/1"
