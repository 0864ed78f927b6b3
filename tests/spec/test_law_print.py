"""A pack as a document: every rule in plain words beside its Cedar, covered or marked; nothing in it turns into markup."""

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from docs_world import prepared
from test_paper_page import read as read_tags

from modicum.gateway.lawbook import read
from modicum.law.packs import SHIPPED, load_pack
from modicum.law.plain import Plain
from modicum.law.reading import RuleRead, read_pack, statement
from modicum.model.errors import NotFoundError
from modicum.paper import pack_markdown, pack_page

PACK = load_pack("us_medicaid")
READ = read("us_medicaid")
MARKDOWN = pack_markdown(READ)
PAGE = pack_page(READ)
SMALL = Path(__file__).parents[1] / "data" / "small_pack"


def rules(read_: object = READ) -> dict[str, RuleRead]:
    return {rule.policy.id: rule for body in read_.bodies for rule in body.rules}


def words(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


def test_every_rule_stands_in_both_with_provision_dates_source_and_cedar() -> None:
    said = words(PAGE)
    plain = MARKDOWN.replace("\\", "")
    for policy in (policy for body in PACK.bodies for policy in body.policies):
        for text in (policy.id, policy.cite, policy.title, str(policy.since), policy.verified):
            assert text in said
            assert text in plain
        cedar = statement(policy.parsed.text)
        assert cedar.startswith(policy.effect)
        assert cedar.endswith(";")
        assert f"```cedar\n{cedar}\n```" in MARKDOWN
        assert re.sub(r"\s+", " ", cedar) in said
    for default in PACK.default_reasons():
        assert default.id in said
        assert default.id in plain
    for limit in PACK.does_not_cover:
        assert limit in said


def test_the_glossary_names_every_word_and_who_may_attest_each_fact() -> None:
    said, vocabulary = words(PAGE), PACK.vocabulary
    for group in (vocabulary.purposes, vocabulary.classes, vocabulary.kinds, vocabulary.obligations, vocabulary.facts):
        for word in group:
            assert word in said
            assert f"`{word}`" in MARKDOWN
    facts = {entry.id: entry.more for entry in READ.glossary["Facts, and who may attest them"]}
    assert set(facts) == set(vocabulary.facts)
    for fact, roles in vocabulary.facts.items():
        assert all(role in facts[fact] for role in roles)


def test_the_custodian_s_own_policy_has_a_part_of_its_own() -> None:
    law, own = MARKDOWN.split("## The custodian's own policy, which is no law")
    assert "#### HOUSE-001" in own
    assert "#### HOUSE-" not in law
    assert "#### HIP-" not in own


def test_plain_words_are_those_of_the_vocabulary() -> None:
    rule = rules()["HIP-006"]
    assert rule.plain.does == "Permits the disclosure"
    assert "the purpose is Oversight of a health programme" in rule.plain.when
    assert any("`oversight-authorised-by-law`" in part and part.endswith("is attested") for part in rule.plain.when)
    assert rule.plain.unless == ()
    forbids = rules()["HIP-002"].plain
    assert forbids.does == "Forbids the disclosure"
    assert any("is about named persons and" in part for part in forbids.unless)
    assert Plain(does="Forbids", when=(), unless=("a", "b")).sentence == "Forbids, always, unless a, or b."
    assert Plain(does="Forbids", when=("a", "b"), unless=()).sentence == "Forbids when a and b."


def test_a_rule_is_marked_unless_it_shows_in_one_vector_and_nearly_in_another() -> None:
    small = read(str(SMALL))
    marked = {name for name, rule in rules(small).items() if not (rule.shows and rule.nearly)}
    assert pack_markdown(small).count("**Not covered") == len(marked)
    assert pack_page(small).count("Not covered: this rule") == len(marked)
    assert any(rule.shows and rule.nearly for rule in rules(small).values())
    bare = read_pack(load_pack(SMALL), [], attributes={})
    assert all(rule.uncovered for rule in rules(bare).values())
    assert bare.coverage_line.startswith("0 of")
    assert "lacking one:" in bare.coverage_line


def test_the_page_runs_nothing_fetches_nothing_and_its_links_lead_somewhere() -> None:
    reader = read_tags(PAGE)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags)
    assert (reader.stray, reader.open) == ([], [])
    ids = [value for key, value in reader.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    links = [(value or "") for key, value in reader.attributes if key == "href"]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    anchors = re.findall(r"\]\(#([^)]+)\)", MARKDOWN)
    headings = re.findall(r"^#+ (.+)$", MARKDOWN.replace("\\", ""), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(anchors) <= slugs


def test_hostile_words_of_a_pack_stay_words(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(SMALL, folder)
    head = (folder / "pack.toml").read_text("utf-8")
    evil = "<script>alert(1)</script> [x](javascript:1) `a` | *b* # c"
    (folder / "pack.toml").write_text(re.sub(r'(?m)^title = ".*"', f'title = "{evil}"', head, count=1), "utf-8")
    made = read(str(folder))
    assert made.title == evil
    assert "<script>" not in pack_page(made)
    first = pack_markdown(made).splitlines()[0]
    assert "\\<script\\>" in first
    assert "\\[x\\]" in first
    assert "`" not in first


def test_the_same_pack_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "us_medicaid", tmp_path / "elsewhere")
    again = read(str(tmp_path / "elsewhere"))
    assert pack_markdown(again) == MARKDOWN
    assert pack_page(again) == PAGE


def test_a_profile_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(NotFoundError, match="has no profile martian"):
        read("us_medicaid", profile="martian")


def test_the_command_prints_writes_once_and_tells_the_coverage(tmp_path: Path) -> None:
    out = tmp_path / "pack.html"
    done = prepared().play(f"law print --html {out} --markdown {tmp_path / 'pack.md'}", home=None)
    assert done.exit == 0
    assert out.read_text("utf-8") == PAGE
    assert (tmp_path / "pack.md").read_text("utf-8") == MARKDOWN
    assert {rule["id"] for rule in done.document["rules"]} == set(rules())
    again = prepared().play(f"law print --html {out}", home=None)
    assert (again.exit, again.document["code"]) == (9, "conflict")
