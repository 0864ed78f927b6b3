"""Every page names only what there is: links lead somewhere, files and tests exist, commands parse."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from docs_world import ROOT

import modicum
from modicum.cli import app

PAGES: Final = [
    *(path for path in sorted(ROOT.glob("*.md"))),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*.md")),
    *sorted((ROOT / "packages").glob("*/*.md")),
]
ARCHITECTURE: Final = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    paths = re.findall(r"`((?:src|tests|docs|examples|tools|bench|requirements)/[^`\s*<>]+)`", page.read_text("utf-8"))
    assert [path for path in paths if not (ROOT / path).exists() and "NNN" not in path] == []


def test_every_test_that_the_architecture_names_is_there() -> None:
    rows = re.findall(r"\| `(test_\w+)` in `(tests/[\w/]+\.py)` \|", ARCHITECTURE)
    assert len(rows) > 20
    assert [row for row in rows if f"def {row[0]}(" not in (ROOT / row[1]).read_text("utf-8")] == []
    assert len(rows) == ARCHITECTURE.count("`test_")


def test_the_architecture_shows_every_room() -> None:
    rooms = re.findall(r"^([a-z_]+) {2,}\S", modicum.__doc__ or "", re.MULTILINE)
    for room in (*rooms, "modicum_verify"):
        assert f"[`{room}`](../src/" in ARCHITECTURE
        assert re.search(rf'\["?\(?"?{room}<br/>', ARCHITECTURE), f"the diagram lacks {room}"


def test_the_diagram_draws_the_layers_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    layers = [[name.strip().removeprefix("modicum.") for name in layer.split("|")] for layer in contract["layers"]]
    places = [
        min(ARCHITECTURE.index(f'{"verify" if name == "modicum_verify" else name}["') for name in layer)
        for layer in layers
    ]
    assert places == sorted(places)


def commands_on(page: Path) -> list[list[str]]:
    """The modicum commands in a page's code blocks, with lines that end in a backslash joined."""
    blocks = re.findall(r"```(?:console|sh|shell|bash|text)?\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = [re.sub(r"^\$ ", "", line.strip()) for line in lines]
    found = [line.removeprefix(".venv/bin/") for line in found]
    return [shlex.split(line, comments=True)[1:] for line in found if line.startswith("modicum ")]


def fault(words: list[str]) -> str | None:
    """What is wrong with a command line, by names of commands and options alone; None where nothing is."""
    command: Any = typer.main.get_command(app)
    words = [word for word in words if word not in {">", "<"}]
    while hasattr(command, "commands") and words:
        if words[0] == "--help":
            return None
        if words[0] not in command.commands:
            return f"no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
    strange = [word for word in words if word.startswith("--") and word not in known]
    return f"no option {strange[0]}" if strange else None


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_on_a_page_is_one(page: Path) -> None:
    # docs/reference/cli.md shows usage lines, with [OPTIONS]; they are looked at too.
    found = {" ".join(words): fault(words) for words in commands_on(page)}
    assert {line: wrong for line, wrong in found.items() if wrong} == {}


def test_a_command_that_is_none_is_noticed() -> None:
    assert fault(["docket", "forget"]) == "no command forget"
    assert fault(["release", "2026-0001", "--force"]) == "no option --force"
    assert fault(["release", "2026-0001", "--out", "x"]) is None


def test_every_test_that_the_threat_model_names_is_there() -> None:
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8")
    rows = re.findall(r"`(test_\w+)` in `(tests/[\w/]+\.py)`", text)
    assert len(set(rows)) > 40
    assert [row for row in rows if f"def {row[0]}(" not in (ROOT / row[1]).read_text("utf-8")] == []
    assert len(rows) == text.count("`test_")
    tables = [
        line
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| must", "| actor"))
    ]
    assert [line for line in tables if "`test_" not in line] == [], "every row names a test that tries it"
