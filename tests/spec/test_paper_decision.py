"""The printable page of a decision: what it must say, that nothing runs or is fetched, that it stays small."""

import itertools
import re
import shutil
import time
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path

import law_world as world
import paper_decisions as papers
import pytest
from docs_world import EXAMPLES, prepared
from test_paper_page import HOSTILE, read

from modicum.law.packs import load_pack
from modicum.model.decision import Verdict
from modicum.model.forms import Form
from modicum.paper import DecisionPaper, decision_page, matrix
from modicum.paper.decided import Grounds, class_words_of

KINDS = (("health_oversight", "hhs_oig"), ("immigration_enforcement.civil", "ice"), ("research", "researcher"))
PAGES = {kind: decision_page(papers.small(*kind)) for kind in KINDS}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize("page", PAGES.values(), ids=[kind for kind, _ in KINDS])
def test_nothing_runs_nothing_is_fetched_and_tags_close(page: str) -> None:
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in page
    reader = read(page)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags)
    assert not [key for key, _ in reader.attributes if key in {"src", "style"} or key.startswith("on")]
    assert all((value or "").startswith("#") for key, value in reader.attributes if key == "href")
    assert "url(" not in style
    assert (reader.stray, reader.open) == ([], [])
    levels = [int(tag[1]) for tag in reader.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_holds_every_reason_fact_duty_and_class(kind: tuple[str, str]) -> None:
    paper = papers.small(*kind)
    said = text_of(PAGES[kind])
    cells = {
        paper.decision.cell(s, c, paper.form)
        for s in range(len(paper.decision.strata))
        for c in range(len(paper.decision.columns))
    }
    for cell in cells:
        for because in cell.because:
            assert because.id in said
            assert because.cite in said
            assert because.title in said
        for fact in (fact for facts in cell.missing for fact in facts):
            assert fact in said
            assert world.PACK.vocabulary.fact_titles[fact] in said
        for duty in cell.obligations:
            assert world.PACK.vocabulary.obligations[duty] in said
    for limit in paper.pack.does_not_cover:
        assert limit in said
    for digest in (paper.decision.pack.sha256, paper.decision.sha256, paper.decision.request_sha256):
        assert digest in said
    assert f"{paper.decision.pack.name} {paper.decision.pack.version}" in said


@pytest.mark.parametrize("kind", KINDS)
def test_classes_cover_every_cell_once(kind: tuple[str, str]) -> None:
    paper = papers.small(*kind)
    classes = class_words_of(paper.decision, paper.form, paper.pack)
    assert sum(each.cells for each in classes) == len(paper.decision.strata) * len(paper.decision.columns)
    assert [each.number for each in classes] == list(range(1, len(classes) + 1))
    assert [each.cells for each in classes] == sorted((each.cells for each in classes), reverse=True)
    assert {each.verdict for each in classes} == papers.verdicts(paper)


def test_the_custodian_s_own_policy_never_stands_among_the_law() -> None:
    paper = papers.small("immigration_enforcement.civil", "ice")
    own = {p.id for body in world.PACK.bodies if body.basis == "custodian_policy" for p in body.policies}
    own |= {body.default.id for body in world.PACK.bodies if body.basis == "custodian_policy" and body.default}
    classes = class_words_of(paper.decision, paper.form, paper.pack)
    assert any(each.own for each in classes)
    for each in classes:
        assert {ground.id for ground in each.own} <= own
        assert not {ground.id for ground in each.law} & own
    page = PAGES["immigration_enforcement.civil", "ice"]
    for box in re.findall(r'<div class="own">(.*?)</div>', page, re.DOTALL):
        assert set(re.findall(r"<li><b>([^<]+)</b>", box)) <= own
    rest = re.sub(r'<div class="own">.*?</div>', "", page, flags=re.DOTALL)
    assert not set(re.findall(r"<li><b>([^<]+)</b>", rest)) & own
    assert "which is no law" in page


CONTEST = """
@id("TEST-CONTEST")
@title("No policy restricts the exchange of status")
@cite("1 Made Up 2")
@source("made up")
@verified("text-read")
@from("2000-01-01")
permit (principal, action == Action::"contests", resource)
when { context.recipient == "ice" };
"""


def test_a_conflict_stands_under_for_counsel_and_names_both_sides(tmp_path: Path) -> None:
    shutil.copytree(world.PACK.root, tmp_path / "pack")
    with (tmp_path / "pack" / "statutes" / "hipaa.cedar").open("a") as file:
        file.write(CONTEST)
    pack = load_pack(tmp_path / "pack")
    request = world.request("immigration_enforcement.civil", ["people.ssn"])
    from modicum.law.decide import Kinds, decide

    made = decide(
        request, pack=pack, dataset=world.dataset(world.all_strata(("CA",))),
        kinds=Kinds(custodian="cms", requester="ice", recipients=("ice",)), facts=frozenset(), as_of=papers.DAY,
        hypothetical=False,
    )  # fmt: skip
    page = decision_page(papers.paper(request, made, Form.IDENTIFIED, pack=pack))
    boxes = re.findall(r'<div class="counsel">(.*?)</div>', page, re.DOTALL)
    assert boxes
    assert all("For counsel" in box and "TEST-CONTEST" in box and "1 Made Up 2" in box for box in boxes)
    assert any("HOUSE-" in box for box in boxes)
    assert "speaks against" not in PAGES["research", "researcher"].partition("<main>")[2].replace(
        "No statute of the pack speaks against a policy", ""
    )


def test_marks_of_hypothetical_and_unwitnessed_stand_where_they_are_so() -> None:
    paper = papers.small("research", "researcher")
    assert '<p class="stamp">unwitnessed</p>' in PAGES["research", "researcher"]
    assert '<p class="stamp">hypothetical</p>' not in PAGES["research", "researcher"]
    other = decision_page(replace(paper, unwitnessed=False, decision=replace(paper.decision, hypothetical=True)))
    assert '<p class="stamp">hypothetical</p>' in other
    assert "Nobody can agree on it" in other
    assert "unwitnessed" not in other


def test_waiting_and_counting_facts_are_told() -> None:
    fact = "minimum-necessary-reviewed"
    paper = replace(
        papers.small("health_oversight", "hhs_oig"), waiting=((fact, "2027-01-02"),), attested=("irb-waiver",)
    )
    said = text_of(decision_page(paper))
    assert f"{fact} is attested and counts from 2027-01-02" in said
    assert "attested, counts from 2027-01-02" in said
    assert f"irb-waiver {world.PACK.vocabulary.fact_titles['irb-waiver']}" in said


def test_hostile_words_stay_words() -> None:
    paper = papers.small("research", "researcher")
    page = decision_page(replace(paper, request=replace(paper.request, title=HOSTILE, custodian=HOSTILE)))
    assert "<script>" not in page
    assert "\x00" not in page
    assert "\u202e" not in page
    assert "49" not in re.findall(r"<title>(.*?)</title>", page, re.DOTALL)[0]
    assert read(page).open == []


def test_the_same_decision_gives_the_same_bytes() -> None:
    for kind, page in PAGES.items():
        assert decision_page(papers.small(*kind)) == page


@pytest.mark.parametrize("form", [Form.STATISTICS, Form.IDENTIFIED])
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_columns_and_a_thousand_groups_stay_usable(kind: tuple[str, str], form: Form) -> None:
    paper: DecisionPaper = papers.large(*kind, form)
    start = time.perf_counter()
    picture = matrix(paper.decision, form)
    page = decision_page(paper)
    assert time.perf_counter() - start < 10
    assert len(picture.svg) < 300_000
    assert len(picture.narrow) < 300_000
    assert len(page) < 1_000_000
    strata = [row[0] for row in picture.table.rows]
    assert strata == list(range(1, len(strata) + 1))
    assert len(strata) <= 60


def test_rows_of_a_large_matrix_say_how_many_groups_they_hold_and_leave_none_out() -> None:
    paper = papers.large("immigration_enforcement.civil", "dhs", Form.STATISTICS)
    picture = matrix(paper.decision, Form.STATISTICS)
    counts = [int(each.replace(",", "")) for each in re.findall(r">([\d,]+) of 1,000 groups<", picture.svg)]
    assert len(picture.table.rows) > 1
    counts = counts[: len(picture.table.rows)]  # the first panel of columns; the others repeat the rows
    assert sum(counts) == 1000
    assert [row[1] for row in picture.table.rows] == counts
    assert picture.detail is not None
    assert "Groups of people" in picture.detail.headers


def test_the_table_of_rules_says_whose_each_is_and_its_days() -> None:
    grounds = Grounds(world.PACK)
    paper = papers.small("immigration_enforcement.civil", "ice")
    cells = [paper.decision.cell(0, c, paper.form) for c in range(4)]
    kinds = {because.id: grounds.of(because).kind for cell in cells for because in cell.because}
    assert kinds["HOUSE-003"] == "the custodian's own policy"
    assert kinds["HIP-001"] == "law: nothing in it permits"
    assert kinds["MCD-021"] == "Modicum, fail closed"
    assert any(kind == "court order" for kind in kinds.values())
    assert {cell.verdict for cell in cells} == {Verdict.FORBIDDEN}


def test_the_command_writes_the_page_once_and_never_over_a_file(tmp_path: Path) -> None:
    out = tmp_path / "decision.html"
    first = prepared().play(f"decide {EXAMPLES / 'research.toml'} --html {out}")
    assert first.exit == 4
    page = out.read_text("utf-8")
    assert "Use of emergency care by language and county" in page
    assert first.document["pack"]["sha256"] in page
    again = prepared().play(f"decide {EXAMPLES / 'research.toml'} --html {out}")
    assert (again.exit, again.document["code"]) == (9, "conflict")
    assert out.read_text("utf-8") == page
