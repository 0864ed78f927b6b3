"""What commands write goes outside every home: asked of each option that the tree of commands has, so that none is new."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import CASE, World, command
from typer.main import get_command

from modicum.cli import app, run
from modicum.cli.exits import Exit
from modicum.gateway.home import SETTINGS

READ = {
    "--before", "--dictionary", "--earlier", "--identity", "--lines", "--notice", "--seen", "--trust",
    "--witnesses",
}  # fmt: skip
"""Options with a path that is only read. Whoever adds an option with a path says here that it is, or it is tried."""
STATE = {"watch", "run", "sign"}
"""Commands of a witness that open its folder, which `log witness init` made; they make none."""


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(group, "commands", None)
    if inner is None:
        yield words, group
        return
    for name, each in inner.items():
        yield from commands(each, (*words, name))


def paths_of(each: Any) -> Iterator[str]:
    for parameter in each.params:
        if parameter.param_type_name == "option" and "Path" in repr(parameter.type_descriptor.annotation):
            yield parameter.opts[0]


def written() -> Iterator[tuple[tuple[str, ...], str]]:
    for words, each in commands(get_command(app)):
        for option in paths_of(each):
            opened = option == "--home" and words not in {("init",), ("demo",)}
            if option not in READ and not opened and not (option == "--state" and words[-1] in STATE):
                yield words, option


WRITTEN = list(written())


def tree(root: Path) -> dict[str, bytes | None]:
    """All that lies in a home, save what opening one makes: locks and databases."""
    found = (each for each in sorted(root.rglob("*")) if ".locks" not in each.parts)
    return {
        str(each.relative_to(root)): each.read_bytes() if each.is_file() else None
        for each in found
        if not each.name.startswith("store.db")
    }


@pytest.fixture(scope="module")
def agreed(agreed_template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    return agreed_template.copy_to(tmp_path_factory.mktemp("agreed"))


def test_control_the_options_that_write_are_found() -> None:
    assert len(WRITTEN) >= 17
    for each in ((("release",), "--out"), (("log", "rotate"), "--to"), (("decide",), "--html"), (("init",), "--home")):
        assert each in WRITTEN


@pytest.mark.parametrize(("words", "option"), WRITTEN, ids=[" ".join((*words, option)) for words, option in WRITTEN])
@pytest.mark.parametrize("where", ["log/x", "in", "new/folder/x", "link/x"])
def test_no_command_writes_into_a_home(
    agreed: World, words: tuple[str, ...], option: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if where.startswith("link"):
        (tmp_path / "link").symlink_to(agreed.home / "outbox" / "..")
        inside = tmp_path / where
    else:
        inside = agreed.home / where
    before = tree(agreed.home)
    assert run([*words, option, str(inside)]) == Exit.USAGE
    said = capsys.readouterr()
    assert "lies in the home" in said.out + said.err
    assert tree(agreed.home) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("docket", "show", CASE, "--html", "--out"),
        ("decide", CASE, "--html"),
        ("data", "classify", "medicaid", "--out"),
        ("log", "prove", "3", "--out"),
        ("log", "checkpoint", "--request"),
        ("log", "export", "--bodies", "--out"),
        ("release", CASE, "--out"),
        ("law", "impact", "--out"),
        ("log", "rotate", "--as", "cms/counsel", "--as", "ca-dhcs/data-officer", "--to"),
    ],
    ids=" ".join,
)
def test_whole_commands_are_refused_and_the_log_stays_as_it_is(agreed: World, arguments: tuple[str, ...]) -> None:
    before = tree(agreed.home)
    ran = agreed.run(*arguments, agreed.home / "log" / "x")
    assert ran.exit == Exit.USAGE, ran.err
    assert tree(agreed.home) == before
    assert agreed.run("log", "fsck").exit == Exit.DONE


def test_a_home_that_is_another_s_is_no_place_either(agreed: World, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text("another home")
    ran = agreed.run("log", "prove", "3", "--out", tmp_path / "log" / "p")
    assert ran.exit == Exit.USAGE
    assert not (tmp_path / "log").exists()


def test_an_export_copies_files_of_a_log_and_bodies_of_its_entries_alone(agreed: World, tmp_path: Path) -> None:
    world = agreed.copy_to(tmp_path)
    for name in ("log/n/keys/log.key", "log/notes.txt", "bodies/litter.json", f"bodies/{'0' * 64}.json"):
        (world.home / name).parent.mkdir(parents=True, exist_ok=True)
        (world.home / name).write_text("not to be handed out")
    world.ok("log", "export", "--out", tmp_path / "e", "--bodies")
    names = {str(each.relative_to(tmp_path / "e")) for each in (tmp_path / "e").rglob("*") if each.is_file()}
    assert not {name for name in names if "key" in name.rsplit("/", 1)[-1] and name != "log/log.vkey"}
    assert "log/notes.txt" not in names
    assert not any(b"not to be handed out" in (tmp_path / "e" / name).read_bytes() for name in names)
    verified = command("verify", tmp_path / "e", "--trust", world.home / "trust.json")
    assert verified.exit == Exit.DONE, verified.err
