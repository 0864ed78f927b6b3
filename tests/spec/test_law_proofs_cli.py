"""The commands `law check`, `attack` and `diff`: what they print, its schema, and how they end."""

import json
from pathlib import Path

import pytest
from small_pack import GUARANTEES, write
from test_schemas import faults

from modicum.cli import run
from modicum.cli.exits import Exit

NO_HUNT = GUARANTEES.replace(
    'when { context.purpose == "hunt" } unless { context.facts.contains("order") }',
    'when { context.purpose == "care" }',
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Exit, dict]:
    status = run(["law", *arguments, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert faults(document) == []
    return status, document


def test_a_proof_says_how_large_the_space_is_and_how_little_was_evaluated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = str(write(tmp_path))
    assert run(["law", "check", root]) is Exit.DONE
    told = capsys.readouterr()
    assert "full product  " in told.out
    assert "all proved" in told.out
    assert "seconds" in told.err
    status, document = printed(capsys, "check", "--pack", root)
    assert status is Exit.DONE
    assert document["proved"]
    assert int(document["situations"]) > document["classes"] > 0


def test_a_broken_guarantee_ends_with_5_and_shows_a_situation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = str(write(tmp_path, guarantees=NO_HUNT))
    status, document = printed(capsys, "check", root)
    assert status is Exit.VERIFICATION_FAILED
    broken = {each["id"]: each["counterexample"] for each in document["guarantees"] if not each["proved"]}
    assert broken["G-HUNT"]["situation"]["purpose"] == "care"
    assert broken["G-HUNT"]["policies"]
    assert run(["law", "check", root]) is Exit.VERIFICATION_FAILED
    assert "BROKEN  G-HUNT" in capsys.readouterr().out


def test_a_pack_that_promises_nothing_is_a_usage_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / "guarantees.toml").unlink()
    assert run(["law", "check", str(root)]) is Exit.USAGE
    assert "hint:" in capsys.readouterr().err


def test_an_attack_prints_its_control(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = printed(capsys, "attack", "--trials", "200", "--seed", "4")
    assert status is Exit.DONE
    assert document["permitted"] == 0
    assert document["control"]["caught"] > 0
    assert run(["law", "attack", "--trials", "61"]) is Exit.DONE
    assert "control    a forbid beats no permit: caught in " in capsys.readouterr().out


def test_a_difference_prints_counts_rules_and_an_example(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new")
    file = new / "custodian" / "house.cedar"
    file.write_text(file.read_text("utf-8").replace('context.data_class == "name"', 'context.status == "x"'), "utf-8")
    status, document = printed(capsys, "diff", str(old), str(new))
    assert status is Exit.DONE
    assert document["rules"]["changed"] == ["HOUSE-NAME"]
    assert int(document["flipped"]) == sum(int(each["situations"]) for each in document["flips"]) > 0
    assert run(["law", "diff", str(old), str(new)]) is Exit.DONE
    assert "because of HOUSE-NAME" in capsys.readouterr().out
    assert run(["law", "diff", str(old), str(old)]) is Exit.DONE
    assert "\n0 of " in capsys.readouterr().out
