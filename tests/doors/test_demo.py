"""The demo, as a new user runs it: it tells its story, writes one page without script, and README shows what it prints."""

import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from modicum.cli import run
from modicum.gateway.home import Home
from modicum_verify.trust import parse_trust

ROOT = Path(__file__).parent.parent.parent
DAY = re.compile(r"(?<=\b[Oo]n )[A-Z][a-z]+ \d{1,2}, \d{4}\b")
YEAR = re.compile(r"\b20\d\d(?=-\d{4}\b)")  # cases are numbered within the year


def _tool():
    spec = importlib.util.spec_from_file_location("readme_transcript", ROOT / "tools" / "readme_transcript.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, _tool().played(folder)


def test_readme_shows_what_the_demo_prints(demo) -> None:
    shown = _tool().BLOCK.search((ROOT / "README.md").read_text("utf-8"))[2]
    said, printed = (YEAR.sub("YEAR", DAY.sub("DAY", text)).splitlines() for text in (shown, demo[1]))
    assert printed == said


def test_the_page_holds_three_pictures_and_no_script(demo) -> None:
    page = (demo[0] / "demo-out" / "june-2025.html").read_text("utf-8")
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)
            assert not any(
                name.startswith("on") or (value or "").startswith("http") for name, value in attrs if name != "xmlns"
            )

    Tags().feed(page)
    assert "script" not in tags
    assert tags.count("figure") >= 5  # the ladder, three matrices, the clock
    assert tags.count("table") >= 5
    assert "54 minutes" in page


def test_the_narrow_release_is_cosigned_by_two_organisations(demo, capsys) -> None:
    out = demo[0] / "demo-out"
    assert "cosigned by 2 organisations (court-clerk, state-auditor)" in demo[1]
    page = (out / "june-2025.html").read_text("utf-8")
    assert "cosigned by two organisations" in page
    assert 'class="stamp">unwitnessed' not in page
    trust = str(out / "home" / "trust.json")
    assert run(["verify", str(out / "narrow-question.modicum"), "--trust", trust]) == 0
    said = capsys.readouterr().out
    for organisation in ("state-auditor", "court-clerk"):
        assert f"cosigned by {organisation} (" in said
    assert run(["verify", str(out / "home"), "--trust", trust]) == 0
    assert "each cosigned by at least 2 organisation(s)" in capsys.readouterr().out


def test_three_organisations_act_in_the_docket(demo) -> None:
    home = Home.open(demo[0] / "demo-out" / "home")
    signed = {entry.actor.split("/")[0] for entry in home.journal.entries() if "/" in entry.actor}
    assert {"dhs", "cms", "ca-dhcs", "hhs-oig"} <= signed
    assert not list((demo[0] / "demo-out" / "home" / "keys").glob("people/*"))  # such a home keeps nobody's key


def test_what_the_demo_left_verifies_and_holds_no_plaintext_answer_but_the_opened_one(demo, capsys) -> None:
    out = demo[0] / "demo-out"
    trust = str(out / "home" / "trust.json")
    parse_trust((out / "home" / "trust.json").read_bytes())
    assert run(["verify", str(out / "narrow-question.modicum"), "--trust", trust, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trusted"] is True
    assert run(["verify", str(out / "home"), "--trust", trust]) == 0
    assert run(["log", "fsck", "--home", str(out / "home")]) == 0
    capsys.readouterr()
    assert run(["docket", "list", "--home", str(out / "home"), "--json"]) == 0
    states = {each["case"]: each["state"] for each in json.loads(capsys.readouterr().out)["cases"]}
    assert set(states.values()) == {"refused", "accounted"}
    assert not (out / "june-2025.modicum").exists()


def test_a_second_demo_overwrites_nothing(demo, monkeypatch, capsys) -> None:
    monkeypatch.chdir(demo[0])
    assert run(["demo", "--home", "demo-out"]) == 9
    assert "hint:" in capsys.readouterr().err
