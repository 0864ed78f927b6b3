"""The commands of the pages that are played print what the pages say, each from an empty folder."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from docs_world import ROOT


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tutorial_player", ROOT / "tools" / "tutorial.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("tools/tutorial.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", _tool().PAGES, ids=lambda path: path.stem)
def test_a_page_that_is_played_prints_what_it_says(path: Path) -> None:
    tool = _tool()
    page = path.read_text("utf-8")
    now = tool.played(page)
    assert tool.settled(now).splitlines() == tool.settled(page).splitlines(), "run: python tools/tutorial.py"
    assert len(tool.commands(page)) > 1
