"""The reference pages say what the program does: generated pages are up to date, written ones name what there is."""

import importlib.util
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from docs_world import ROOT, World, played, prepared

from modicum.cli.exits import BY_CODE, MEANING, Exit
from modicum.gateway.founding import create_home
from modicum.gateway.home import system_clock
from modicum.gateway.request_file import parse_request
from modicum.model import request as words
from modicum_verify.entry import Entry
from modicum_verify.events import KINDS, ROLES
from modicum_verify.package import READ_ME, TERMS

REFERENCE: Final = ROOT / "docs" / "reference"


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "tools" / "reference.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("tools/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL: Final = _tool()


def page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def block(text: str, kind: str, *, containing: str = "") -> str:
    """The first code block of a kind that holds some words."""
    return next(each for each in re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) if containing in each)


@pytest.mark.parametrize("path", TOOL.PAGES, ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == TOOL.PAGES[path](), "run: python tools/reference.py"


def test_every_error_has_its_line_and_its_exit_code() -> None:
    classes = TOOL.error_classes()
    assert {each.code for each in classes} == set(BY_CODE)
    for each in classes:
        assert f"| `{each.code}` | `{each.__name__}` |" in page("errors.md")
        assert TOOL.first_line(each)


def test_every_exit_code_has_a_meaning_and_a_line() -> None:
    assert set(MEANING) == set(Exit)
    for each in Exit:
        assert f"| {int(each)} | `{each.name}` |" in page("exit-codes.md")


def test_the_page_of_commands_shows_each_with_an_example() -> None:
    text = page("cli.md")
    for command, found in TOOL.command_pages():
        part = text.split(f"## {command}\n")[1].split("\n## ")[0]
        assert len(re.findall(rf"^{command}( |$)", part, re.MULTILINE)) > 1, f"{command} has no example"
        assert found.help


def test_help_names_no_option_that_is_not_there() -> None:
    known = set(re.findall(r"^\| `(--[a-z-]+)", page("cli.md"), re.MULTILINE))
    named = {
        option
        for _, command in TOOL.command_pages()
        for text in (command.help, *(each.help for each in command.params))
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text or "")
    }
    assert named
    assert named - known == set()


def test_the_request_page_names_every_field() -> None:
    text = page("request.md")
    for kind in (words.Request, words.Question, words.Authority, words.Population, words.Condition, words.Handling):
        for each in fields(kind):
            name = {"since": "from", "operator": "op"}.get(each.name, each.name)
            assert re.search(rf"[`.\[]{name}[`\]]", text), f"{kind.__name__}.{name}"
    for word in (*words.Asks, *words.Operator):
        assert f"`{word}`" in text


def test_the_request_on_the_page_is_a_good_one() -> None:
    request = parse_request(tomllib.loads(block(page("request.md"), "toml")))
    assert request.custodian == "cms"


def test_the_roster_on_the_page_founds_a_home(tmp_path: Path) -> None:
    roster = tmp_path / "roster.toml"
    roster.write_text(block(page("roster.md"), "toml", containing="[founders]"), "utf-8")
    home = create_home(tmp_path / "home", roster=str(roster), pack_name="us_medicaid", clock=system_clock)
    assert set(home.journal.docket().roster.people) == {"cms/privacy-officer", "ca-dhcs/data-officer"}


def test_the_roster_page_names_every_role_and_the_member_who_was_enrolled() -> None:
    text = page("roster.md")
    for role in ROLES:
        assert f"`{role}`" in text
    member = tomllib.loads(block(text, "toml", containing="[person]"))
    assert (played().folder / "new-member.toml").read_text("utf-8") == block(text, "toml", containing="[person]")
    assert member["person"]["roles"] == ["requester"]


def test_the_log_page_names_every_event_and_every_field_of_a_leaf() -> None:
    text = page("log.md")
    for kind in KINDS:
        assert f"`{kind}`" in text
    for each in fields(Entry):
        if each.name not in {"index", "content"}:
            assert f"`{each.name}`" in text


def test_the_package_page_names_every_file() -> None:
    from zipfile import ZipFile

    text = page("package.md")
    with ZipFile(played().folder / "answer.modicum") as package:
        names = package.namelist()
    assert {READ_ME, TERMS} <= set(names)
    for name in names:
        assert f"`{name}`" in text or name.startswith("data/"), name
        assert name in text


def _described(path: str, text: str) -> bool:
    """Whether the page of the home has a line for a file."""
    shown = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    patterns = [each.strip("` ") for line in shown for each in line.split(",")]
    shapes = [re.sub(r"\\\.\\\.\\\.|[A-Z]{2,}|\\\*", "[^ ]+", re.escape(each)) for each in patterns]
    return any(
        re.fullmatch(shape if not each.endswith("/") else shape + ".*", path)
        for each, shape in zip(patterns, shapes, strict=True)
    )


def test_the_home_page_describes_every_file_of_a_home() -> None:
    world: World = played()
    text = page("home.md").replace("`.json`", "`accounting/NAME/RELEASE.json`").replace("CASE-N", "CASE")
    home = world.folder / "cms"
    unknown = [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and not _described(str(path.relative_to(home)), text)
    ]
    assert not unknown
    assert not _described("stray.txt", text)
    assert not _described("keys/stray.key", text)


def test_nothing_in_a_home_but_the_locks_is_open_to_others() -> None:
    home = prepared().folder / "cms"
    assert not [path for path in home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
