"""Which past releases another law, or another day, would decide differently; and what their recipients are told."""

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from impact_world import BARRED, BEFORE, LANDS, PEOPLE, STATUSES, World, pack_with, played
from test_schemas import faults

from modicum.cli import run
from modicum.gateway import datasets
from modicum.gateway.impact import Affected, Impact, impact_of
from modicum.gateway.recall import ASKED, notices, write_notices
from modicum.gateway.stored import decision_of, read_decision
from modicum.law.decide import Kinds, decide
from modicum.law.packs import SHIPPED, load_pack
from modicum.model.decision import Verdict
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError
from modicum.model.forms import Form
from modicum_verify.package import verify_package

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from random_packs import policy, write_files

LINES = {"claims.TOT_MDCD_PD_AMT", "claims.FED_PD_AMT"}


@pytest.fixture(scope="module")
def world() -> World:
    return played()


def looked(world: World, pack: str | Path | None = None, as_of: date | None = None) -> Impact:
    home = world.home()
    return impact_of(home, pack=home.pack() if pack is None else load_pack(pack), as_of=as_of)


def of(impact: Impact, world: World, name: str) -> Affected:
    return next(each for each in impact.releases if each.case == world.cases[name])


def flat(letter: str) -> str:
    """A letter as one line, however it was folded."""
    return " ".join(letter.split())


def ids(each: Affected) -> set[str]:
    return {rule.id for flip in each.found.flips for rule in flip.cell.because}


def test_an_order_of_the_day_after_recalls_what_left_the_day_before(world: World) -> None:
    impact = looked(world)
    assert not impact.hypothetical
    assert [each.case for each in impact.affected] == [world.cases["lines"]]
    lines = of(impact, world, "lines")
    assert set(lines.found.columns) == LINES
    assert ids(lines) == {"LATE-1", "UNKNOWN:immigration"}
    strata = {index for flip in lines.found.flips for index in flip.strata}
    assert {dict(lines.strata[index])["immigration"] for index in strata} == {*STATUSES, "unknown"}


def test_on_the_day_before_the_order_nothing_is_affected_and_what_it_bars_could_leave(world: World) -> None:
    impact = looked(world, as_of=BEFORE)
    assert impact.hypothetical
    assert not impact.affected
    after, barred = of(impact, world, "after"), of(looked(world), world, "lines")
    assert after.found.now_permitted == sum(len(f.strata) * len(f.columns) for f in barred.found.flips) > 0
    assert of(looked(world, as_of=LANDS), world, "lines").affected


def test_each_flip_is_a_cell_that_left_and_that_the_law_now_denies(world: World) -> None:
    """Cell by cell, without the code that groups them."""
    home, lines = world.home(), of(looked(world), world, "lines")
    case = home.journal.docket().cases[lines.case]
    before = decision_of(read_decision(home, case.decision_sha256))
    from modicum.gateway.request_file import parse_request

    request = parse_request(dict(case.request))
    now = decide(
        request, pack=home.pack(), dataset=datasets.listed(home)[0],
        kinds=Kinds(custodian="cms", requester="hhs_oig", recipients=("hhs_oig",)), facts=frozenset(case.facts),
        as_of=LANDS, hypothetical=True,
    )  # fmt: skip
    expected = {
        (column.qualified, s)
        for c, column in enumerate(before.columns)
        for s in range(len(before.strata))
        if before.cell(s, c, Form.IDENTIFIED).verdict is Verdict.PERMITTED
        and now.cell(s, c, Form.IDENTIFIED).verdict is not Verdict.PERMITTED
    }
    found = [(name, s) for flip in lines.found.flips for name in flip.columns for s in flip.strata]
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_what_left_is_what_the_manifest_in_the_package_lists(world: World) -> None:
    for name in world.cases:
        each = of(looked(world), world, name)
        predicate = verify_package(world.folder / f"{name}.modicum", trust=world.home().trust).predicate
        listed = {column["name"].split(".")[-1] for column in predicate["columns"]}
        assert {column.split(".")[-1] for column in each.columns} == listed


def included(world: World, each: Affected) -> set[int]:
    bits = (world.root / "accounting" / each.dataset / f"{each.name}.bits").read_bytes()
    return {n for n in range(PEOPLE) if bits[n // 8] >> (n % 8) & 1}


def with_rows_in(world: World, each: Affected, strata: set[int]) -> set[int]:
    rows = pq.read_table(world.root / "data" / each.dataset / each.dataset_version / "claims.parquet").to_pylist()
    return {row["_modicum_person"] for row in rows if row["_modicum_stratum"] in strata}


def test_people_are_counted_by_their_account_and_their_strata(world: World) -> None:
    lines = of(looked(world), world, "lines")
    everybody = included(world, lines)
    strata = {index for flip in lines.found.flips for index in flip.strata}
    hit = everybody & with_rows_in(world, lines, strata)
    assert (lines.people, lines.people_affected, lines.people_exact) == (len(everybody), len(hit), True)
    assert 10 < len(hit) < len(everybody)


def test_an_authority_that_has_run_out_since_recalls_nothing(world: World) -> None:
    assert not of(looked(world, as_of=date(2026, 11, 1)), world, "figures").affected


def test_only_the_recipients_that_the_law_now_bars_are_written_to(world: World, tmp_path: Path) -> None:
    when = 'context.form == "statistics" && context.recipient == "state_medicaid_agency"'
    pack = pack_with(tmp_path / "new", rule="NEW-1", when=when)
    impact = looked(world, pack)
    figures = of(impact, world, "figures")
    assert [each.case for each in impact.affected] == [figures.case]
    assert [recipient.organisation for recipient in figures.recipients] == ["hhs-oig", "wa-hca"]
    assert [bool(figures.columns_of(place)) for place in range(2)] == [False, True]
    assert [notice.organisation for notice in notices(impact)] == ["wa-hca"]


def test_a_release_that_cannot_be_decided_is_recalled_whole(world: World, tmp_path: Path) -> None:
    from random import Random

    write_files(
        tmp_path, [("order", "orders/o.cedar", "order", False, False, policy(Random(1), "x", "forbid", "disclose"))]
    )
    impact = looked(world, tmp_path)
    assert len(impact.affected) == len(impact.releases) == 3
    for each in impact.releases:
        assert "health_oversight" in (each.undecided or "")
        assert each.people_affected == each.people
        assert each.columns_of(0) == each.columns
    letter = flat("".join(each.as_text() for each in notices(impact)))
    assert "all of it is recalled" in letter
    assert all(column in letter for each in impact.releases for column in each.columns)


def test_what_left_finer_than_it_now_may_is_recalled(world: World, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(SHIPPED / "us_medicaid", tmp_path / "new"))
    text = (pack / "vocabulary.toml").read_text()
    old = '[transformations.identified]\notherwise = "keep"\n'
    assert old in text
    new = old + '\n[transformations.identified.classes]\nservice_dates = "year"\n'
    (pack / "vocabulary.toml").write_text(text.replace(old, new))
    impact = looked(world, pack)
    assert {each.case for each in impact.affected} == {world.cases["lines"], world.cases["after"]}
    lines = of(impact, world, "lines")
    assert lines.found.columns == ("claims.SRVC_BGNNG_DT",)
    assert not lines.found.flips
    assert lines.people_affected == lines.people
    assert "left as `keep`, and may as `year`" in flat(notices(impact)[0].as_text())


def test_where_the_data_set_is_gone_everybody_in_the_release_counts(world: World, tmp_path: Path) -> None:
    mine = world.copy(tmp_path)
    shutil.rmtree(mine.root / "data")
    lines = of(looked(mine), mine, "lines")
    assert set(lines.found.columns) == LINES
    assert (lines.people_affected, lines.people_exact) == (lines.people, False)


def first(pattern: str) -> Callable[[World], Path]:
    return lambda world: min(world.root.glob(pattern))


def decision_that_left(world: World) -> Path:
    case = world.home().journal.docket().cases[world.cases["lines"]]
    return world.root / "decisions" / f"{case.decision_sha256}.json"


def spoiled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [spoiled, Path.unlink], ids=["altered", "missing"])
@pytest.mark.parametrize(
    "place",
    [decision_that_left, first("bodies/*.json"), first("accounting/medicaid/*.bits"), first("data/medicaid/*/claims.parquet")],
    ids=["decision", "body", "account", "table"],
)  # fmt: skip
def test_nothing_is_said_on_records_that_do_not_verify(
    place: Callable[[World], Path], spoil: Callable[[Path], None], world: World, tmp_path: Path
) -> None:
    mine = world.copy(tmp_path)
    spoil(place(mine))
    with pytest.raises(EvidenceError):
        looked(mine)


def said(*words: str | Path) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([str(word) for word in words])
    return int(status), out.getvalue(), err.getvalue()


def tree(root: Path) -> dict[str, bytes]:
    idle = {"spill", ".locks", ".staging"}
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not idle & set(path.relative_to(root).parts)
    }


def document(out: str) -> dict[str, Any]:
    found = json.loads(out)
    assert not faults(found)
    return found


def test_the_command_writes_notices_and_changes_nothing_in_the_home(world: World, tmp_path: Path) -> None:
    before = tree(world.root)
    out = tmp_path / "notices"
    status, text, _ = said("law", "impact", "--home", world.root, "--out", out, "--as-of", "2025-08-14", "--json")
    assert status == 4
    told = document(text)
    assert (told["releases"], told["affected"], told["undecided"]) == (3, 1, 0)
    assert told["written"] == sorted(path.name for path in out.iterdir()) == ["recall-hhs-oig-analyst.json", "recall-hhs-oig-analyst.txt"]  # fmt: skip
    notice = document((out / "recall-hhs-oig-analyst.json").read_text())
    assert [set(each["columns"]) for each in notice["releases"]] == [LINES]
    assert [each["case"] for each in notice["releases"]] == [world.cases["lines"]]
    assert notice["asked"] == list(ASKED)
    letter = flat((out / "recall-hhs-oig-analyst.txt").read_text())
    for word in (
        "hhs-oig/analyst",
        BARRED,
        "LATE-1",
        "made-up order of 2025-08-12",
        "2025-08-11",
        world.cases["lines"],
    ):
        assert word in letter
    assert tree(world.root) == before


def test_a_notice_tells_of_no_person_and_no_group(world: World, tmp_path: Path) -> None:
    impact = looked(world)
    write_notices(tmp_path / "n", notices(impact))
    lines = of(impact, world, "lines")
    keys = pq.read_table(world.folder / "population" / "eligibility.parquet", columns=["MSIS_IDENT_NUM"])
    for path in (tmp_path / "n").iterdir():
        text = path.read_text()
        assert not any(str(key) in text for key in keys.column(0).to_pylist())
        assert not any(status in text for status in STATUSES)
        for by_chance in (lines.case, impact.origin, impact.pack.sha256):  # digits that count nobody
            text = text.replace(by_chance, "")
        assert str(lines.people_affected) not in text


def test_no_notice_is_ever_overwritten_nor_written_into_the_home(world: World, tmp_path: Path) -> None:
    arguments = ("law", "impact", "--home", world.root, "--as-of", "2025-08-14", "--out")
    assert said(*arguments, tmp_path / "n")[0] == 4
    once = tree(tmp_path / "n")
    assert said(*arguments, tmp_path / "n")[0] == 9
    assert tree(tmp_path / "n") == once
    assert said(*arguments, world.root / "notices")[0] == 2
    assert said(*arguments, tmp_path / "nowhere" / "n")[0] == 8
    with pytest.raises(ConflictError):
        write_notices(tmp_path / "n", notices(looked(world)))
    with pytest.raises(InvalidInputError):
        write_notices(world.root / "n", notices(looked(world)))


def test_exit_0_where_nothing_is_affected_and_small_numbers_are_not_told(world: World) -> None:
    status, text, _ = said("law", "impact", "--home", world.root, "--as-of", "2025-08-11", "--json")
    assert status == 0
    told = document(text)
    assert (told["affected"], told["notices"], told["written"]) == (0, [], [])
    assert all(each["people"] == "fewer than 11" or each["people"] > 10 for each in told["items"])
    status, text, err = said("law", "impact", "--home", world.root, "--as-of", "2025-08-14")
    assert status == 4
    assert "1 of 3 releases" in text
    assert "--out FOLDER" in err


@pytest.mark.parametrize(
    ("words", "status"), [(("--as-of", "soon"), 2), (("--pack", "atlantis"), 8), (("--home", "nowhere"), 8)]
)
def test_wrong_input(world: World, words: tuple[str, ...], status: int) -> None:
    assert said("law", "impact", "--home", world.root, *words)[0] == status
