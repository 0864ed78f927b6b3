"""The picture of the first page: made from the demo's pictures, named and described by both."""

import runpy
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import date
from pathlib import Path

import paper_samples as samples
import pytest

from modicum.model.forms import Form
from modicum.paper import clock, matrix

ROOT = Path(__file__).parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"
OVER: Callable[[list[str]], str] = runpy.run_path(str(ROOT / "tools" / "readme_picture.py"))["over"]
CLOCK = clock(samples.EVENTS)
MATRIX = matrix(samples.decision(date(2026, 1, 7)), Form.IDENTIFIED, "origin_state")


def test_both_pictures_stand_below_one_another_under_their_findings() -> None:
    root = ET.fromstring(OVER([CLOCK.svg, MATRIX.svg]))
    assert root[0].text == f"{CLOCK.finding} {MATRIX.finding}"
    upper, lower = root.findall(f"{SVG}svg")
    assert float(upper.get("y", "")) + float(upper.get("height", "")) < float(lower.get("y", ""))
    height = float(root.get("viewBox", "").split()[3])
    assert float(lower.get("y", "")) + float(lower.get("height", "")) <= height
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))


def test_what_modicum_did_not_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="not a picture"):
        OVER(["<svg/>"])


def test_the_picture_in_the_repository_is_one_of_these() -> None:
    drawn = (ROOT / "docs" / "pictures" / "june-2025.svg").read_text("utf-8")
    root = ET.fromstring(drawn)
    assert len(root.findall(f"{SVG}svg")) == 2
    assert "54 minutes" in drawn
    assert "a court order is among the reasons" in drawn
    assert not {"script", "style", "image", "a"} & {node.tag.rpartition("}")[2] for node in root.iter()}
