"""What a reader brings: a wrong file is theirs to mend, a false one is evidence, and no pipe is waited for."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from mutation_world import World, verdict, world

from modicum_verify.door import run
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.note import Signer


@pytest.fixture(scope="module")
def made() -> World:
    return world()


def brought(made: World, *more: str) -> Sequence[str]:
    return [str(made.folder / "copy"), *more]


def test_a_file_that_is_no_trust_root_is_the_readers_to_mend(made: World, tmp_path: Path) -> None:
    true = json.loads((made.folder / "bring" / "trust.json").read_bytes())
    key = true["log_vkey"].split("+")
    for number, wrong in enumerate(
        (
            b"root:x:0:0",
            b"\xff\xfe",
            b"{}",
            json.dumps({**true, "more": 1}).encode(),
            json.dumps({**true, "witnesses": None}).encode(),
            json.dumps({**true, "log_vkey": f"{key[0]}+00000000+AAAA"}).encode(),
        )
    ):
        path = tmp_path / f"{number}.json"
        path.write_bytes(wrong)
        found = verdict(brought(made, "--trust", str(path)))
        assert (found.exit, found.document["code"]) == (2, "invalid-input"), found
        assert found.cause.startswith(f"{path} is no trust root: ")


def test_a_file_that_is_no_checkpoint_is_the_readers_to_mend_and_a_false_one_is_evidence(
    made: World, tmp_path: Path
) -> None:
    path = tmp_path / "kept"
    for wrong in (b"root:x:0:0", b"\xff\xfe", b"", b"a\nb\n\n\xe2\x80\x94 x AAAAAAAA\n"):
        path.write_bytes(wrong)
        found = verdict(brought(made, "--seen", str(path)))
        assert (found.exit, found.document["code"]) == (2, "invalid-input"), found
        assert found.cause.startswith(f"{path} is no checkpoint: ")
    true = made.kept()
    for false in (
        Signer(made.origin, Ed25519PrivateKey.generate()).sign(made.checkpoint().text()),
        true.replace(f"\n{made.size}\n".encode(), b"\n7\n"),
    ):
        path.write_bytes(false)
        found = verdict(brought(made, "--seen", str(path)))
        assert (found.exit, found.cause.startswith(f"{path}: ")) == (5, True), found


@pytest.mark.parametrize("option", ["--trust", "--seen", "--witnesses"])
def test_a_pipe_that_nobody_writes_to_keeps_no_reader_waiting(made: World, tmp_path: Path, option: str) -> None:
    pipe, kept = tmp_path / "pipe", tmp_path / "kept"
    os.mkfifo(pipe)
    kept.write_bytes(made.kept())
    more = ["--seen", str(kept)] if option == "--witnesses" else []
    for given in (pipe, Path("/dev/null"), tmp_path):
        found = verdict(brought(made, option, str(given), *more))
        assert (found.exit, found.cause) == (2, f"{given} is no plain file"), found


def test_a_log_without_its_bodies_says_what_was_not_checked(
    made: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, trust = tmp_path / "copy", str(made.folder / "bring" / "trust.json")
    shutil.copytree(made.folder / "copy", copy)
    said = "note: no bodies are shown, so signatures, votes and objections were not checked"
    assert run([str(copy), "--trust", trust]) == 0
    assert said not in capsys.readouterr().err
    shutil.rmtree(copy / "bodies")
    for shown in (copy, copy / "log"):
        assert run([str(shown), "--trust", trust]) == 0
        assert said in capsys.readouterr().err
    (copy / "bodies").write_bytes(b"")
    found = verdict([str(copy), "--trust", trust])
    assert (found.exit, found.cause) == (5, "bodies: is no folder")
