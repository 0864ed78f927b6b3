"""The examples are what their README says: each parses, and is decided as its table states."""

import re
from datetime import date
from typing import Final

import pytest
from docs_world import EXAMPLES, prepared

from modicum.cli.exits import Exit
from modicum.cli.request import exit_of_verdict
from modicum.gateway.case import check_request
from modicum.gateway.deciding import decide_request
from modicum.gateway.home import Home
from modicum.gateway.replay_requests import june, narrow
from modicum.gateway.request_file import parse_request, read_request

README: Final = (EXAMPLES / "README.md").read_text("utf-8")
ROWS: Final = {
    file: (custodian, form, verdict, int(status))
    for file, custodian, form, verdict, status in re.findall(
        r"^\| `([a-z0-9-]+\.toml)` \| `[a-z-]+` asks `([a-z-]+)`[^|]*\| (\w+) \| (\w+) \| (\d) \|$",
        README,
        re.MULTILINE,
    )
}
DAY: Final = date.fromisoformat(re.search(r"as of (\d{4}-\d\d-\d\d)", README)[1])  # type: ignore[index]
HOMES: Final = {"cms": "cms", "ca-dhcs": "state"}


def test_the_table_has_a_row_for_every_example() -> None:
    assert set(ROWS) == {path.name for path in EXAMPLES.glob("*.toml")}


@pytest.mark.parametrize("file", ROWS)
def test_an_example_is_decided_as_the_table_says(file: str) -> None:
    custodian, form, verdict, status = ROWS[file]
    home = Home.open(prepared().folder / HOMES[custodian])
    request = read_request(EXAMPLES / file)
    decided = decide_request(home, request, docket=home.journal.docket(), as_of=DAY)
    assert request.custodian == custodian
    remarks = " ".join(check_request(home, request))
    assert "not enrolled" not in remarks
    assert "without a data class" not in remarks
    assert "not confirmed" not in remarks
    assert (str(decided.form), str(decided.verdict)) == (form, verdict)
    assert exit_of_verdict(decided) is Exit(status)


def test_the_recipient_of_the_examples_is_the_public_key() -> None:
    key = re.search(r"# public key: (age1\w+)", (EXAMPLES / "recipient.key").read_text("utf-8"))[1]  # type: ignore[index]
    for file in ROWS:
        assert {each.age_key for each in read_request(EXAMPLES / file).recipients} == {key}


def test_the_demo_replays_the_same_two_requests() -> None:
    for file, made in (("june-2025.toml", june), ("narrow-question.toml", narrow)):
        request = read_request(EXAMPLES / file)
        assert parse_request(made(request.recipients[0].age_key)) == request
