"""What an asker sees of an empty, a tiny and a small population is the same, byte for byte; reviewers see counts."""

import json
from pathlib import Path

import pytest
from cli_world import Ran, World

PEOPLE = {"1": 0, "2": 1, "3": 10}  # by the code of sex: how many have it; the rest of 40 have none of these


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("asker")
    made = World(folder=folder)
    codes = [code for code, count in PEOPLE.items() for _ in range(count)]
    codes += ["9"] * (40 - len(codes))
    lines = ["MSIS_IDENT_NUM,SUBMTG_STATE_CD,SEX_CD,PREFRD_LANG_CD"]
    lines += [f"SYN{number:08d},06,{code},ENG" for number, code in enumerate(codes)]
    (folder / "data").mkdir()
    (folder / "data" / "eligibility.csv").write_text("\n".join(lines) + "\n")
    made.ok("init", "--evaluation")
    made.ok("data", "add", "medicaid", folder / "data")
    made.ok("data", "classify", "medicaid", "--confirm")
    return made


def asked(world: World, name: str, code: str) -> Path:
    where = [{"column": "eligibility.SEX_CD", "op": "=", "values": [code]}]
    columns = ["eligibility.PREFRD_LANG_CD", "eligibility.SEX_CD", "eligibility.SUBMTG_STATE_CD"]
    changes = {"population": {"dataset": "medicaid", "where": where}, "columns": columns}
    if name == "narrow-question":
        question = {"text": "How many?", "asks": {"kind": "statistics", "by": ["eligibility.SUBMTG_STATE_CD"]}}
        changes["question"] = question
    return world.request(name, **changes)


def said(ran: Ran) -> tuple[int, str, str]:
    return ran.exit, ran.out, ran.err


@pytest.mark.parametrize("name", ["narrow-question", "research", "june-2025"])
@pytest.mark.parametrize("manner", [(), ("--json",)])
@pytest.mark.parametrize("command", [("propose", "--for", "asker"), ("decide",)])
def test_nobody_one_and_ten_people_answer_alike(
    world: World, name: str, manner: tuple[str, ...], command: tuple[str, ...]
) -> None:
    heard = []
    for code in PEOPLE:
        ran = world.run(command[0], asked(world, name, code), *command[1:], *manner)
        assert ran.exit in {0, 3, 4}, ran
        if manner and command == ("decide",):
            document = json.loads(ran.out)
            document.pop("request_sha256")  # the digest of what the asker wrote themselves
            ran = Ran(ran.arguments, ran.exit, json.dumps(document), ran.err)
        heard.append(said(ran))
    assert heard[0] == heard[1] == heard[2]


def test_reviewers_see_how_many_meet_the_conditions(world: World) -> None:
    told = {}
    for code in PEOPLE:
        document = world.run("propose", asked(world, "narrow-question", code), "--json").document
        told[code] = document["rungs"][1]["people"]
    assert told == {"1": 0, "2": "fewer than 11", "3": "fewer than 11"}
    others = world.run("propose", asked(world, "narrow-question", "9"), "--json").document
    assert others["rungs"][1]["people"] == 29


def test_a_reader_who_is_neither_is_refused(world: World) -> None:
    assert world.run("propose", asked(world, "research", "1"), "--for", "anybody").exit == 2


def test_an_asker_is_refused_a_condition_that_chooses_by_name_as_a_reviewer_is(world: World) -> None:
    where = [{"column": "eligibility.MSIS_IDENT_NUM", "op": "=", "values": ["SYN00000001"]}]
    path = world.request("research", population={"dataset": "medicaid", "where": where}, columns=["SEX_CD"])
    heard = {reader: said(world.run("propose", path, "--for", reader)) for reader in ("asker", "reviewer")}
    assert heard["asker"] == heard["reviewer"]
    assert heard["asker"][0] == 2
    assert "SYN00000001" not in "".join(heard["asker"][1:])
