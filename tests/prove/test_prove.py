"""A sample of what `make prove` runs at full count, by the same code, in a process of its own that may fork."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("evidence")
    arguments = [
        sys.executable,
        str(HERE),
        "--sample",
        "--only",
        "durability",
        "--jobs",
        "2",
        "--evidence",
        str(folder),
    ]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=1500)
    written = list(folder.glob("sample-*.json"))
    assert written, done.stderr[-3000:]
    found = json.loads(written[0].read_text())
    assert isinstance(found, dict)
    return found


def parts(evidence: dict[str, Any], words: str) -> list[dict[str, Any]]:
    found = [each for each in evidence["parts"] if words in each["part"]]
    assert found, words
    return found


@pytest.mark.timeout(1600)
@pytest.mark.parametrize(
    "words", ["SIGKILL", "processes filing", "an error", "a power cut", "rows stand on the disk", "a disk that hangs"]
)
def test_nothing_is_lost_and_nothing_half_done(evidence: dict[str, Any], words: str) -> None:
    for part in parts(evidence, words):
        assert part["failures"] == 0, part["first_failures"]
        assert part["trials"] > 0


def test_the_same_holds_with_the_store_in_postgresql(evidence: dict[str, Any]) -> None:
    if not evidence["postgres"]:
        pytest.skip("PostgreSQL is not here")
    assert all(part["trials"] > 0 for part in parts(evidence, "PostgreSQL"))


def test_kills_land_between_staged_and_published(evidence: dict[str, Any]) -> None:
    part = parts(evidence, "store in SQLite")[0]
    assert part["share_between_staged_and_published"] >= 0.3
    assert part["slowest_recovery_cpu_s"] < 5
    assert part["acknowledged_entries"] > 0


@pytest.mark.parametrize(
    "build",
    ["publishes before it logs", "acknowledges before the checkpoint", "without fsync", "leaves what it spilled"],
)
def test_a_broken_build_is_caught(evidence: dict[str, Any], build: str) -> None:
    control = next(each for each in evidence["controls"] if each["build"] == build)
    assert control["caught"], control


def test_a_disk_that_hangs_is_refused_within_five_seconds(evidence: dict[str, Any]) -> None:
    assert parts(evidence, "a disk that hangs")[0]["slowest_refusal_s"] < 5


def test_trials_that_ended_before_the_kill_are_made_up_for(evidence: dict[str, Any]) -> None:
    part = parts(evidence, "store in SQLite")[0]
    assert part["trials"] >= part["asked"] == 12


def test_the_evidence_names_what_was_run(evidence: dict[str, Any]) -> None:
    assert evidence["kind"] == "sample"
    assert {"commit", "date", "machine", "parts", "controls", "passed"} <= set(evidence)


def test_the_checker_knows_the_published_formats_alone() -> None:
    tree = ast.parse((HERE / "invariants.py").read_text())
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {each.split(".")[0] for each in named} <= {*sys.stdlib_module_names, "modicum_verify"}


def test_the_checker_is_a_program(tmp_path: Path) -> None:
    home = tmp_path / "gate"
    (home / "log").mkdir(parents=True)
    arguments = [sys.executable, str(HERE / "invariants.py"), str(home), "--trust", str(tmp_path / "trust.json")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "trust.json" in done.stderr
