"""The page for inspectors is played: each command on it, in its folder, gives what the page shows."""

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path
from typing import Final

import pytest
from docs_world import ROOT
from mutation_world import World, world
from mutations_log import CA1, COURT

from modicum_verify.carried import proof_extra
from modicum_verify.door import _parser, run
from modicum_verify.entry import read_entry
from modicum_verify.merkle import inclusion_proof, leaf_hash
from modicum_verify.proof import TlogProof

PAGE: Final = ROOT / "docs" / "how-to" / "verify-from-a-copied-folder.md"
PROGRAM: Final = "modicum-verify "
CUT: Final = 19


def shown(page: Path) -> list[tuple[str, str]]:
    """Each command of the program that a page plays, with the lines that the page shows below it."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    found = [block.removeprefix("$ ").partition("\n") for block in blocks]
    return [(command, said) for command, _, said in found if command.startswith(PROGRAM)]


def plain(text: str) -> str:
    """A text without what differs from one home to the next: digests, keys, times, the years of cases."""
    text = re.sub(r"\b20\d\d-(?=\d{4}\b)", "YEAR-", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{64}\b", "DIGEST", text)
    return re.sub(r"/[0-9a-f]{8}\b", "/LOG", text)


def said(command: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(shlex.split(command)[1:])
    return status, out.getvalue() + err.getvalue()


def receipt(made: World) -> bytes:
    """That of the objection, as whoever made it was given it later."""
    (index,) = made.at("objected")
    leaf = made.leaves[index]
    body = made.files[f"copy/bodies/{read_entry(index, leaf, None).body}.json"]
    hashes = inclusion_proof([leaf_hash(each) for each in made.leaves], index)
    extra = proof_extra(leaf=leaf, body=body)
    return TlogProof(index=index, hashes=tuple(hashes), checkpoint_note=made.kept(), extra=extra).format()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = world()
    shutil.copytree(made.folder / "copy", tmp_path / "copy")
    shutil.copy(made.folder / "bring" / "trust.json", tmp_path)
    shutil.copy(made.folder / "account.json", tmp_path)
    (tmp_path / "answer.modicum").write_bytes(made.packages[0])
    (tmp_path / "receipt.tlog-proof").write_bytes(receipt(made))
    (tmp_path / "kept.checkpoint").write_bytes(made.kept(CA1, COURT))
    (tmp_path / "witnesses.toml").write_text(made.directory)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reworded(made: World) -> None:
    """A word of the objection changed in its file."""
    body = next(path for path in Path("copy/bodies").iterdir() if b"Not these months." in path.read_bytes())
    assert made.at("objected") == [6]
    body.write_bytes(body.read_bytes().replace(b"Not these", b"But these"))


def cut(made: World) -> None:
    """The log signed anew, shorter."""
    shutil.rmtree("copy/log/tile")
    for name, data in made.relogged(made.leaves[:CUT]).items():
        if data is not None:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(data)


def test_every_command_on_the_page_gives_what_it_shows(folder: Path) -> None:
    played = shown(PAGE)
    assert len(played) == 7
    for command, expected in played:
        made = world()
        if "does not match" in expected:
            reworded(made)
        if "tail was cut" in expected:
            cut(made)
        status, text = said(command)
        assert status == (5 if "error:" in expected else 0)
        assert plain(text) == plain(expected)
        shutil.rmtree(folder / "copy")
        shutil.copytree(made.folder / "copy", folder / "copy")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_every_command_of_the_verifier_on_a_page_is_one(page: Path) -> None:
    for line in page.read_text("utf-8").splitlines():
        command = line.removeprefix("$ ")
        if command.startswith(PROGRAM) and "[--" not in command:
            _parser().parse_args(shlex.split(command, comments=True)[1:])
