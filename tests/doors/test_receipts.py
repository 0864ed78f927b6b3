"""Whoever acts keeps a receipt: a file that says what they entered, which the verifier checks without the home."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_world import CASE, RESEARCH, SECOND, STATISTICS, World, command

from modicum.cli import Exit
from modicum.gateway import logbook


def receipt(world: World, *arguments: str | Path) -> dict[str, Any]:
    """Act with a receipt; gives what the verifier says of it, once the home is out of its sight."""
    path = world.folder / f"{len(list(world.folder.glob('*.tlog-proof')))}.tlog-proof"
    before = len(world.json("docket", "list")["cases"])
    ran = world.run(*arguments, "--receipt", path)
    assert ran.exit == 0, ran
    assert f"check it with: modicum verify {path} --trust trust.json" in ran.err
    assert before <= len(world.json("docket", "list")["cases"])
    trust = world.folder / "brought.json"
    shutil.copy(world.trust, trust)
    found = command("verify", path, "--trust", trust, "--json")
    assert found.exit == 0, found
    assert found.document["trusted"] is True
    proved: dict[str, Any] = found.document["proved"]
    return proved


def brief(proved: dict[str, Any]) -> tuple[str, str, str | None]:
    return proved["kind"], proved["actor"], proved["case"]


def test_whoever_objects_or_answers_gets_the_words_back(agreed: World) -> None:
    words = ["--grounds", "42 U.S.C. 1396a(a)(7)", "--text", "more than it needs", "--state", "CA"]
    said = receipt(agreed, "docket", "object", SECOND, *words, "--as", "ca-dhcs/data-officer")
    assert brief(said) == ("objected", "ca-dhcs/data-officer", SECOND)
    assert {name: said["content"][name] for name in ("grounds", "text", "strata")} == {
        "grounds": "42 U.S.C. 1396a(a)(7)",
        "text": "more than it needs",
        "strata": {"origin_state": "CA"},
    }
    answering = ["docket", "answer", SECOND, "--objection", str(said["entry"]), "--text", "it is the audit's"]
    answered = receipt(agreed, *answering, "--as", "cms/counsel")
    assert (brief(answered)[0], answered["content"]["objection"]) == ("answered", said["entry"])


def test_every_act_in_a_case_gives_a_receipt(world: World) -> None:
    filing = ["docket", "file", world.request(RESEARCH), "--as", "state-university/scientist"]
    filed = receipt(world, *filing)
    case = filed["case"]
    assert brief(filed) == ("filed", "state-university/scientist", CASE)
    attesting = ["fact", "attest", case, "dua-in-force", "--text", "signed", "--as", "cms/privacy-officer"]
    assert receipt(world, *attesting)["content"]["fact"] == "dua-in-force"
    directing = ["docket", "direct", case, "--text", "now", "--as", "cms/official"]
    assert brief(receipt(world, *directing))[:2] == ("directed", "cms/official")
    notifying = ["docket", "notify", case, "--state", "CA", "--text", "by letter", "--as", "cms/privacy-officer"]
    assert brief(receipt(world, *notifying))[0] == "served"
    withdrawing = ["docket", "withdraw", case, "--text", "later", "--as", "state-university/scientist"]
    assert brief(receipt(world, *withdrawing))[0] == "withdrawn"


def test_a_sealed_review_is_told_to_its_reviewer_alone_until_all_are_in(world: World) -> None:
    case = world.file(STATISTICS)
    mine = receipt(world, "docket", "approve", case, "--as", "cms/privacy-officer")
    assert (mine["kind"], mine["content"]["verdict"]) == ("review", "approve")
    ran = world.run("log", "prove", str(mine["entry"]), "--body")
    assert ran.exit == Exit.NOT_PERMITTED
    assert "first review" in ran.err
    world.ok("log", "prove", str(mine["entry"]))
    rejecting = ["docket", "reject", case, "--text", "no", "--as", "ca-dhcs/data-officer"]
    assert receipt(world, *rejecting)["content"]["verdict"] == "reject"
    world.ok("log", "prove", str(mine["entry"]), "--body")


def test_a_receipt_that_cannot_be_written_says_that_the_entry_stands(
    agreed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = logbook.prove_with_entry
    path = agreed.folder / "r"

    def late(*given: Any, **named: Any) -> bytes:
        path.write_bytes(b"somebody else's")  # between the check and the writing
        return true(*given, **named)

    monkeypatch.setattr(logbook, "prove_with_entry", late)
    objecting = ["docket", "object", SECOND, "--text", "no", "--as", "cms/counsel", "--receipt", path]
    ran = agreed.run(*objecting)
    (objection,) = agreed.json("docket", "show", SECOND)["objections"]
    assert ran.exit == Exit.OUR_FAULT
    assert f"log entry {objection['entry']} was made and stands" in ran.err
    assert f"do not act again; ask for it with: modicum log prove {objection['entry']} --body --out FILE" in ran.err
    assert path.read_bytes() == b"somebody else's"


def test_what_log_prove_writes_is_checked_with_the_trust_root_alone(agreed: World) -> None:
    size = int(agreed.json("log", "checkpoint")["size"])
    for entry in (0, 1, size // 2, size - 1):
        for more in ([], ["--body"]):
            path = agreed.folder / f"{entry}{''.join(more)}"
            agreed.ok("log", "prove", str(entry), *more, "--out", path)
            ran = command("verify", path, "--trust", agreed.trust)
            assert ran.exit == 0, ran
            assert ran.out.startswith(f"verified: entry {entry} of ")
            assert ("carries the entry without its body" in ran.err) is (not more)
