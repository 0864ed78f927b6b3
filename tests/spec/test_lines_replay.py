"""A decision that rests on a list of persons is made anew with that list: no honest home looks altered."""

import json
from pathlib import Path
from typing import Any

import attack_world as world
import pytest
from lines_samples import PACK, good

from modicum.gateway import case as cases
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.lines_file import salt_lines
from modicum.gateway.request_file import parse_request
from modicum.gateway.stored import read_decision, replay_decisions


def filed(home: Home, folder: Path, **changes: str) -> str:
    assert PACK.lines is not None
    path = folder / "list.ndjson"
    path.write_text(json.dumps(good("court_order", **changes)) + "\n", "utf-8")
    lines = salt_lines(path, columns=PACK.lines.columns)
    given: dict[str, Any] = {
        "purpose": "law_enforcement.process",
        "columns": ["eligibility.ELGBL_1ST_NAME", "eligibility.ELGBL_LAST_NAME", "eligibility.MSIS_IDENT_NUM"],
        "authorities": [{"kind": "court_order", "citation": "D. Md. 1:26-mc-00017"}],
        "population": {"dataset": "medicaid", "named_persons_sha256": lines.sha256},
    }
    request = parse_request(world.request(folder, "oversight-records", **given))
    return cases.file_case(home, request, key=person_key(home.folder, "hhs-oig/analyst"), lines=lines)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home.open(world.make_home(tmp_path_factory.mktemp("replayed")))


def test_a_list_without_a_sufficient_line_bars_the_replay_too(home: Home, tmp_path: Path) -> None:
    refused = filed(home, tmp_path, instrument_names="Somebody Else")
    filed(home, tmp_path)
    stored = read_decision(home, home.journal.docket().cases[refused].decision_sha256)
    assert {rule["id"] for cell in stored["classes"] for rule in cell["because"]} == {"LINE-ORDER-NAMES"}
    replayed = replay_decisions(home)
    assert replayed.decisions == 2
    assert replayed.differing == ()
    sealed = home.root / "lines" / f"{refused}.age"
    sealed.write_bytes(b"x" + sealed.read_bytes()[1:])
    assert len(replay_decisions(home).differing) == 1
