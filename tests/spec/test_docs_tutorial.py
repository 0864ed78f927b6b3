"""The tutorial's commands print what the page says, from an empty folder to a refused request."""

import importlib.util
from types import ModuleType

from docs_world import ROOT


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tutorial_player", ROOT / "tools" / "tutorial.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("tools/tutorial.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tutorial_prints_what_the_page_says() -> None:
    tool = _tool()
    page = tool.TUTORIAL.read_text("utf-8")
    now = tool.played(page)
    assert tool.settled(now).splitlines() == tool.settled(page).splitlines(), "run: python tools/tutorial.py"
    assert len(tool.commands(page)) > 15
