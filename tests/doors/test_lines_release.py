"""The answer about named persons: exactly those whom sufficient lines find, and of the others nothing, to nobody."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from cli_world import ASKER, CASE, RECORDS, World
from jsonschema import Draft202012Validator
from lines_world import ASKED, Someone, asking, content, file_list, line, plain, salted, secrets_of

COLUMNS = [*ASKED, "eligibility.SSN_NUM", "eligibility.BIRTH_DT", "claims.MSIS_IDENT_NUM", "claims.SRVC_BGNNG_DT"]
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "lines-outcome.json"


def lines_of(people: list[Someone]) -> list[dict[str, str]]:
    """By number, by SSN, by name and day; three that fit nobody; an insufficient one; one twice; a name of nobody."""
    by_ssn = {"medicaid_id": "", "ssn": people[1].one("SSN_NUM")}
    by_day = {"medicaid_id": "", "date_of_birth": people[2].one("BIRTH_DT")}
    return [
        line(people[0], 1),
        line(people[1], 2, **by_ssn),
        line(people[2], 3, **by_day),
        line(people[3], 4, medicaid_id=people[4].key),  # the name of one, the number of another
        line(people[3], 5, medicaid_id="SYN00000000000"),
        line(people[3], 6, ssn="000000000"),  # the number is right, the other number is not
        line(people[5], 7, issued_by=""),
        line(people[0], 8, official="B. Deputy"),
        line(people[6], 9, first_name="NOBODY", instrument_names=f"nobody {people[6].one('ELGBL_LAST_NAME')}"),
    ]


def told(folder: Path) -> dict[str, str]:
    rows = [row.split(",") for row in (folder / "lines.csv").read_text().splitlines()]
    assert rows[0] == ["line", "outcome"]
    return dict(rows[1:])  # type: ignore[arg-type]


def opened(world: World, package: Path, out: Path) -> Path:
    world.ok("open", package, "--identity", world.identity("hhs-oig"), "--trust", world.trust, "--out", out)
    return out


def release(world: World, rows: list[dict[str, str]], **changes: Any) -> Path:
    ran = file_list(world, rows, **{"columns": COLUMNS, **changes})
    assert ran.exit == 0, ran
    agree(world)
    package = world.folder / "answer.modicum"
    world.ok("release", CASE, "--out", package)
    return opened(world, package, world.folder / "opened")


def keys_in(folder: Path) -> set[str]:
    found = set()
    for path in folder.glob("*.parquet"):
        found |= {str(each) for each in pq.read_table(path, columns=["MSIS_IDENT_NUM"]).column(0).to_pylist()}
    return found


FACTS = ("instrument-names-the-person", "instrument-covers-the-columns", "counsel-confirms:PA-004")


def agree(world: World) -> None:
    """Attest what a court's order needs, and whatever the pack asks for beside it; then agree."""
    for fact in FACTS:
        world.ok("fact", "attest", CASE, fact, "--as", "cms/counsel")
    world.ok("fact", "attest", CASE, "minimum-necessary-reviewed", "--as", "cms/privacy-officer")
    world.attest_missing(CASE)
    world.agree(CASE)


def by_openness(world: World, *, is_open: bool) -> list[Someone]:
    """People with claims of whom everything may leave under these facts, or nothing; a decision says whose strata."""
    sha256 = world.json("docket", "show", CASE)["decision_sha256"]
    decision = content(world.home / "decisions" / f"{sha256}.json")
    form = decision["forms"].index("identified")
    verdicts = [
        {decision["classes"][column[form]]["verdict"] for column in stratum} == {"permitted"}
        for stratum in decision["cells"]
    ]
    strata: dict[str, set[int]] = {}
    for name in ("eligibility", "claims"):
        (path,) = world.home.glob(f"data/medicaid/*/{name}.parquet")
        for row in pq.read_table(path, columns=["MSIS_IDENT_NUM", "_modicum_stratum"]).to_pylist():
            strata.setdefault(str(row["MSIS_IDENT_NUM"]), set()).add(row["_modicum_stratum"])
    claims = pq.read_table(world.folder / "population" / "claims.parquet", columns=["MSIS_IDENT_NUM"]).column(0)
    with_claims = {str(each) for each in claims.to_pylist()}
    wanted = {key for key, some in strata.items() if {verdicts[each] for each in some} == {is_open}}
    return [each for each in plain(world, 1500) if each.key in wanted & with_claims]


@dataclass(frozen=True, slots=True)
class People:
    """Whose rows may leave, and whose may not."""

    open: list[Someone]
    closed: list[Someone]


@pytest.fixture(scope="module")
def people(template: World, tmp_path_factory: pytest.TempPathFactory) -> People:
    world = template.copy_to(tmp_path_factory.mktemp("probe"))
    assert file_list(world, [line(*plain(world, 1))], columns=COLUMNS).exit == 0
    agree(world)
    found = People(by_openness(world, is_open=True), by_openness(world, is_open=False))
    assert len(found.open) > 10
    assert found.closed
    return found


def test_the_answer_holds_exactly_the_persons_of_the_sufficient_lines(world: World, people: People) -> None:
    some, hidden = people.open, people.closed[0]
    folder = release(world, [*lines_of(some), line(hidden, 10)])
    assert keys_in(folder) == {some[0].key, some[1].key, some[2].key}
    outcome = told(folder)
    assert [number for number, what in outcome.items() if what == "answered"] == ["1", "2", "3", "8"]
    assert [number for number, what in outcome.items() if what == "refused"] == ["7"]
    assert [number for number, what in outcome.items() if what == "not answered"] == ["4", "5", "6", "9", "10"]
    counts = json.loads((world.home / "lines" / f"{CASE}-1.json").read_bytes())
    assert not list(Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(counts))
    counts.pop("schema")
    assert counts == {"lines": 10, "refused": 1, "answered": 4, "not_found": 4, "ambiguous": 0, "withheld": 1}
    rows = {path.name: pq.read_table(path).num_rows for path in folder.glob("*.parquet")}
    assert all(rows.values())
    world.holds()
    world.ok("verify", world.folder / "answer.modicum", "--trust", world.trust)
    for person, number in ((some[0], 1), (some[2], 1), (some[3], 0), (some[5], 0), (hidden, 0)):
        assert len(world.json("account", person.key)["releases"]) == number


def test_no_name_of_a_list_is_written_or_said_on_the_way_to_the_recipient(world: World, people: People) -> None:
    rows = lines_of(people.open)
    release(world, rows)
    secrets = secrets_of(people.open[:7]) | {b"A. Detective", b"B. Deputy", b"26-mc-0000", b"NOBODY", b"SYN00000000000"}
    kept = (world.home / "data", world.folder / "population", world.folder / "opened", world.folder / "persons.lines")
    looked = 0
    for path in world.folder.rglob("*"):
        if path.is_file() and not any(path.is_relative_to(each) for each in kept):
            looked += 1
            data = path.read_bytes()
            assert not any(each in data for each in secrets), path
    assert looked > 20
    for ran in world.heard:
        assert not any(each.decode() in ran.said for each in secrets), ran.arguments[:2]
    given = (world.folder / "persons.lines").read_bytes()
    assert sum(each in given for each in secrets) > 7  # the positive control: the search finds what is there


def test_a_list_identifies_by_columns_that_are_asked_for_alone(world: World) -> None:
    """By what is compared people are told apart, so the law must have decided on it."""
    person, *_ = plain(world, 1)
    out, digest = salted(world, [line(person, ssn=person.one("SSN_NUM"))])
    ran = world.run("docket", "file", asking(world, digest), "--lines", out, "--as", ASKER[RECORDS])
    assert ran.exit == 2
    assert "by ssn" in ran.err
    assert world.run("request", "check", asking(world, digest), "--lines", out).exit == 2
    wider = asking(world, digest, columns=COLUMNS)
    assert world.run("request", "check", wider, "--lines", out).exit == 0


def test_conditions_and_list_choose_together(world: World, people: People) -> None:
    some = people.open[:8]
    days = [each.one("BIRTH_DT") for each in some[:3]]
    where = [{"column": "eligibility.BIRTH_DT", "op": "in", "values": days}]
    rows = [line(each, n) for n, each in enumerate(some)]
    out, digest = salted(world, rows)
    population_ = {"dataset": "medicaid", "named_persons_sha256": digest, "where": where}
    request = asking(world, digest, columns=COLUMNS, population=population_)
    world.ok("docket", "file", request, "--lines", out, "--as", ASKER[RECORDS])
    agree(world)
    package = world.folder / "answer.modicum"
    world.ok("release", CASE, "--out", package)
    folder = opened(world, package, world.folder / "opened")
    assert keys_in(folder) == {each.key for each in some if each.one("BIRTH_DT") in days}


def test_a_list_that_finds_nobody_is_answered_with_no_row(world: World, people: People) -> None:
    folder = release(world, [line(people.open[0], medicaid_id="SYN00000000000")])
    assert told(folder) == {"1": "not answered"}
    assert keys_in(folder) == set()


@pytest.mark.parametrize("died", ["after the entry", "before the entry"])
def test_a_release_cut_off_leaves_no_counts_behind_and_can_be_made_anew(
    world: World, people: People, died: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modicum.gateway import release as under_test

    person = people.open[0]
    assert file_list(world, [line(person)], columns=COLUMNS).exit == 0
    agree(world)

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(under_test, "_write" if died == "after the entry" else "record", killed)
        assert world.run("release", CASE, "--out", world.folder / "answer.modicum").exit == 130
    world.ok("doctor")
    assert [path.name for path in (world.home / "lines").iterdir()] == [f"{CASE}.age"]
    world.ok("release", CASE, "--out", world.folder / "answer.modicum")
    folder = opened(world, world.folder / "answer.modicum", world.folder / "opened")
    assert keys_in(folder) == {person.key}
