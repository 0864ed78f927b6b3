"""The printable page in a real browser: its own policy lets it stand, it fits a phone, it prints."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "spec"))
import case_samples as cases
import paper_decisions as decisions
import paper_samples as samples

from modicum.model.forms import Form
from modicum.paper import case_page, decision_page, story_page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")

# The page itself may run no script, so a page around it looks at it from outside.
FRAME = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe src="story.html" width="{width}" height="900" style="border:0"></iframe><pre id="out"></pre><script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument, box = page.documentElement;
  const shown = [...page.querySelectorAll("svg")].filter(svg => svg.getBoundingClientRect().width > 0);
  document.getElementById("out").textContent = JSON.stringify({{
    scroll: box.scrollWidth, width: box.clientWidth, svgs: shown.length, all: page.querySelectorAll("svg").length,
    styled: page.defaultView.getComputedStyle(page.querySelector("h2")).borderTopStyle,
    wide: shown.filter(svg => svg.getBoundingClientRect().right > box.clientWidth + 1).length,
    spilled: shown.flatMap(svg => [...svg.querySelectorAll("text")].filter(t => !t.closest("defs")).filter(text => {{
      const a = text.getBoundingClientRect(), b = svg.getBoundingClientRect();
      return a.right > b.right + 1 || a.left < b.left - 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1; }})
      .map(text => text.textContent)),
    crossed: shown.flatMap(svg => {{
      const texts = [...svg.querySelectorAll("text")].filter(t => !t.closest("defs, [transform*=rotate]"));
      const boxes = texts.map(t => [t, t.getBoundingClientRect()]);
      return boxes.flatMap(([t, a], i) => boxes.slice(i + 1).filter(([, b]) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(([u]) => t.textContent + " | " + u.textContent));
    }}),
  }});
}};
</script>"""


def browse(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
    offline = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    profile = f"--user-data-dir={folder / 'profile'}"
    return subprocess.run(
        [BROWSER, *quiet, *offline, profile, *arguments], capture_output=True, text=True, timeout=120, check=True
    )


@cache
def pages() -> dict[str, str]:
    return {
        "story": story_page(samples.story()),
        "decision": decision_page(decisions.small("immigration_enforcement.civil", "ice")),
        "conditional": decision_page(decisions.small("research", "researcher", Form.PSEUDONYMISED)),
        "large": decision_page(decisions.large("immigration_enforcement.civil", "dhs", Form.STATISTICS)),
        "case": case_page(cases.cosigned()),
        "locked-case": case_page(cases.locked("2026-11-24T20:00:00Z")),
        "long-case": case_page(cases.long()),
    }


@pytest.mark.parametrize("name", list(pages()))
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_fits_and_no_words_meet(tmp_path: Path, width: int, name: str) -> None:
    (tmp_path / "story.html").write_text(pages()[name])
    (tmp_path / "frame.html").write_text(FRAME.format(width=width))
    done = browse(
        tmp_path,
        "--allow-file-access-from-files",
        "--enable-logging=stderr",
        "--virtual-time-budget=4000",
        "--dump-dom",
        f"file://{tmp_path / 'frame.html'}",
    )
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None
    seen = json.loads(found[1].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    assert seen["styled"] == "solid"
    assert seen["scroll"] <= seen["width"]
    assert seen["svgs"] * 2 == seen["all"]
    assert (seen["wide"], seen["spilled"], seen["crossed"]) == (0, [], [])
    assert not re.search(r"Content Security Policy|Refused to", done.stderr)


@pytest.mark.parametrize("name", list(pages()))
def test_the_page_prints_with_its_tables(tmp_path: Path, name: str) -> None:
    (tmp_path / "story.html").write_text(pages()[name])
    paper = tmp_path / "story.pdf"
    browse(tmp_path, f"--print-to-pdf={paper}", f"file://{tmp_path / 'story.html'}")
    assert paper.read_bytes().startswith(b"%PDF-")
    assert paper.stat().st_size < 2_000_000
