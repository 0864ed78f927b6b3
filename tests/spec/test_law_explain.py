"""Explaining a cell: the law and the custodian's own policy apart, near misses, missing facts, the earliest lawful day."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import law_world as world
import pytest
from docs_world import EXAMPLES, prepared

from modicum.cli.explained import difference_words, explained_lines
from modicum.gateway.explaining import Place, find_cell
from modicum.law.explain import explain
from modicum.law.explanation import Explanation
from modicum.law.judge import Circumstances
from modicum.law.moments import Ask, earliest_lawful, turning_days
from modicum.law.packs import SHIPPED, load_pack
from modicum.law.standing import Difference
from modicum.model.decision import Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form
from modicum.model.request import Authority

DAY = date(2026, 11, 26)
ALWAYS = (Authority(kind="statute", citation="made up"),)


def ask(purpose: str, kind: str, data_class: str, form: Form = Form.IDENTIFIED, **given: object) -> Ask:
    circumstances = Circumstances(
        action="disclose", discloser="cms", audience=(kind,), purpose=purpose, named_persons=False, as_of=DAY,
        facts=frozenset(),
    )  # fmt: skip
    whole = {"authorities": ALWAYS, "attested": {}, "pack": world.PACK, "stratum": world.stratum(), **given}
    return Ask(circumstances=circumstances, form=form, data_class=data_class, **whole)


def explained(asked: Ask, day: date = DAY) -> Explanation:
    return explain(asked, as_of=day, column="people.X", hypothetical=False)


OVERSIGHT = ask("health_oversight", "hhs_oig", "diagnosis")


def test_the_law_and_the_custodian_s_own_policy_never_stand_together() -> None:
    explanation = explained(ask("immigration_enforcement.civil", "ice", "name"), date(2026, 1, 7))
    document = explanation.as_document()
    assert {each["basis"] for each in document["law"]} == {"law", "order"}
    assert {each["basis"] for each in document["custodian_policy"]} == {"custodian_policy"}
    text = "\n".join(explained_lines(explanation))
    law, rest = text.split("The custodian's own policy (not law)")
    own = rest.partition("\nRules that nearly applied")[0]
    assert explanation.own_ids
    assert re.search(r"because  HOUSE-\d+.*the custodian's own policy\)", law)
    whose = {policy.id: body.basis for body in world.PACK.bodies for policy in body.policies}
    said = r"^ +(?:applies|forbids|permits|obliges|[^:]*contest[^:]*): ([A-Z0-9-]+),"
    assert {whose[each] for each in re.findall(said, law, re.MULTILINE)} <= {"law", "order"}
    assert {whose[each] for each in re.findall(said, own, re.MULTILINE)} == {"custodian_policy"}
    default = next(
        each for each in explanation.cell.because if each.id.endswith("-DEFAULT") and each.id.startswith("IMM")
    )
    assert default.id in explanation.own_ids  # its basis says `default`; whose default it is must still be told


def test_what_is_missing_comes_with_its_title_and_with_who_may_attest_it() -> None:
    explanation = explained(OVERSIGHT)
    assert explanation.cell.verdict is Verdict.CONDITIONAL
    for fact, seen in explanation.facts.items():
        assert seen.title == world.PACK.vocabulary.fact_titles[fact]
        assert set(seen.attested_by) == world.PACK.vocabulary.facts[fact]
    text = "\n".join(explained_lines(explanation))
    assert re.search(r"minimum-necessary-reviewed: .*may be attested by privacy_officer", text)


def test_a_near_miss_says_the_one_thing_and_that_it_would_be_another_request() -> None:
    explanation = explained(OVERSIGHT)
    near = {each.rule.id: each for each in explanation.near}
    (difference,) = near["HIP-006"].differences
    assert (difference.about, difference.name, difference.values) == (
        "fact", "oversight-authorised-by-law", ("attested",),
    )  # fmt: skip
    assert {each.about for each in near["CVH-004"].differences} == {"purpose"}
    text = "\n".join(explained_lines(explanation))
    assert "another purpose, person or recipient is another request, and must be true" in text


def test_a_rule_of_other_days_is_a_near_miss_by_its_days() -> None:
    explanation = explained(ask("immigration_enforcement.civil", "ice", "name"), date(2025, 8, 13))
    found = {near.rule.id: near.differences for near in explanation.near if near.differences[0].about == "date"}
    assert found["CVH-004"][0].values == ("2026-01-06", "")
    assert "from 2026-01-06 on" in "\n".join(explained_lines(explanation))


def test_no_body_is_asked_while_no_authority_is_in_force() -> None:
    asked = replace(OVERSIGHT, authorities=(Authority(kind="statute", citation="made up", since=date(2027, 3, 1)),))
    explanation = explained(asked)
    assert explanation.bodies == explanation.near == ()
    assert [each.id for each in explanation.cell.because] == ["NO-AUTHORITY"]
    assert "no authority that the request states is in force" in "\n".join(explained_lines(explanation))


FACTS = tuple(sorted(OVERSIGHT.cell(DAY).missing[0]))  # all that is missing, in the way with the fewest facts


def test_the_earliest_day_waits_for_the_last_of_what_time_brings(tmp_path: Path) -> None:
    """An authority that begins on 1 January; a fact that counts 90 days after 26 November, on 24 February."""
    pack = tmp_path / "pack"
    shutil.copytree(SHIPPED / "us_medicaid", pack)
    words = (pack / "vocabulary.toml").read_text("utf-8")
    heading = re.search(rf'^\[facts\."?{FACTS[0]}"?\]$', words, re.MULTILINE)[0]  # type: ignore[index]
    (pack / "vocabulary.toml").write_text(words.replace(heading, f"{heading}\nwaits_days = 90"), "utf-8")
    asked = replace(
        OVERSIGHT,
        pack=load_pack(pack),
        authorities=(Authority(kind="statute", citation="an act", since=date(2027, 1, 1)),),
        attested=dict.fromkeys(FACTS, DAY),
    )
    explanation = explained(asked)
    assert explanation.moment is not None
    assert explanation.moment.on == date(2027, 2, 24)
    assert explanation.moment.turns == (f"the fact {FACTS[0]} counts",)
    assert asked.cell(date(2027, 2, 23)).verdict is Verdict.CONDITIONAL
    assert asked.cell(date(2027, 2, 24)).verdict is Verdict.PERMITTED
    assert "Earliest lawful day, if nothing else changes: 2027-02-24" in "\n".join(explained_lines(explanation))
    assert explained(asked, date(2027, 2, 24)).moment is None  # it is lawful: there is nothing to wait for
    known = explained(asked, date(2027, 1, 5)).facts[FACTS[0]]
    assert (known.waits_days, known.counts_from) == (90, date(2027, 2, 24))


def test_time_alone_does_not_bring_a_fact_that_nobody_attested() -> None:
    attested = dict.fromkeys(FACTS[1:], DAY)
    explanation = explained(replace(OVERSIGHT, attested=attested))
    assert explanation.moment is not None
    assert explanation.moment.on is None
    assert "Time alone does not turn it" in "\n".join(explained_lines(explanation))


def test_an_authority_that_ends_first_leaves_no_lawful_day() -> None:
    late = dict.fromkeys(FACTS, date(2026, 12, 24))
    ends = (Authority(kind="statute", citation="an act", until=date(2026, 12, 23)),)
    assert earliest_lawful(replace(OVERSIGHT, attested=late, authorities=ends), after=DAY).on is None
    assert earliest_lawful(replace(OVERSIGHT, attested=late), after=DAY).on == date(2026, 12, 24)


def test_every_day_on_which_anything_begins_or_ends_is_looked_at() -> None:
    asked = replace(
        OVERSIGHT, attested={FACTS[0]: DAY}, authorities=(*ALWAYS, Authority(kind="s", citation="x", until=DAY))
    )
    turns = turning_days(asked)
    for policy in (policy for body in world.PACK.bodies for policy in body.policies):
        assert f"{policy.id} begins" in turns[policy.since]
    assert f"the fact {FACTS[0]} counts" in turns[DAY]
    assert "the authority x has ended" in turns[date(2026, 11, 27)]
    endless = Authority(kind="s", citation="x", until=date.max)
    assert date.max not in turning_days(replace(asked, authorities=(endless,)))


def test_a_difference_reads_as_a_clause() -> None:
    assert (
        difference_words(Difference(about="purpose", name="purpose", was="a", values=("b", "c")))
        == "if purpose were b or c, not a"
    )
    assert (
        difference_words(Difference(about="fact", name="x", was="attested", values=("not attested",)))
        == "if x did not hold"
    )
    assert difference_words(Difference(about="date", name="in force", was="", values=("2026-01-01", "2026-02-01"))) == (
        "in its days, 2026-01-01 to 2026-02-01"
    )
    many = Difference(about="data_class", name="data_class", was="", values=tuple("abcdef"))
    assert difference_words(many) == "if data class were a or b or c or d or 2 more, not unclassified"


STRATA = (world.stratum(), world.stratum(origin_state="WA"), world.stratum(origin_state="WA", part2="yes"))
DECISION = world.decided(
    world.request("research", ["people.ssn", "people.name"]), world.dataset(STRATA), "researcher", day=DAY
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("0/people.ssn/identified", (0, 0, Form.IDENTIFIED)),
        ("2/name/match", (2, 1, Form.MATCH)),
        ("origin_state=CA/ssn/statistics", (0, 0, Form.STATISTICS)),
        ("part2=yes, origin_state=WA / people.name / identified".replace(" / ", "/"), (2, 1, Form.IDENTIFIED)),
    ],
)
def test_a_cell_is_named_by_stratum_column_and_form(text: str, place: tuple[int, int, Form]) -> None:
    assert find_cell(DECISION, text) == Place(*place)


@pytest.mark.parametrize(
    ("text", "cause", "cure"),
    [
        ("ssn", "names no cell", "STRATUM/COLUMN/FORM"),
        ("0/ssn", "names no cell", "STRATUM/COLUMN/FORM"),
        ("9/ssn/identified", "there is no stratum 9", "has 3, counted from 0"),
        ("0/dob/identified", "no column dob", "people.ssn, people.name"),
        ("0/ssn/everything", "no form everything", "statistics, match"),
        ("origin_state=WA/ssn/identified", "2 strata match", "1: enrolment_role=beneficiary"),
        ("/ssn/identified", "3 strata match", "0: enrolment_role"),
        ("origin_state=TX/ssn/identified", "no stratum of the data set has origin_state=TX", "origin_state: CA, WA"),
        ("colour=red/ssn/identified", "no attribute with its value", "enrolment_role, immigration"),
        ("origin_state=CA,origin_state=WA/ssn/identified", "no attribute with its value", "attributes are"),
    ],
)
def test_what_names_no_single_cell_is_refused_with_what_would(text: str, cause: str, cure: str) -> None:
    with pytest.raises(InvalidInputError) as found:
        find_cell(DECISION, text)
    assert cause in found.value.cause
    assert cure in found.value.cure


def test_the_command_explains_the_cell_of_the_matrix() -> None:
    shown = prepared().play(f"decide {EXAMPLES / 'research.toml'} --explain 0/eligibility.BIRTH_DT/pseudonymised")
    matrix = prepared().play(f"decide {EXAMPLES / 'research.toml'}").document
    wide = [each["name"] for each in matrix["columns"]].index("eligibility.BIRTH_DT")
    number = matrix["cells"][0][wide][matrix["forms"].index("pseudonymised")]
    parts = ("verdict", "because", "missing", "obligations", "conflicts")
    assert {part: shown.document[part] for part in parts} == matrix["classes"][number]
    assert shown.exit == {"permitted": 0, "conditional": 4, "forbidden": 3}[shown.document["verdict"]]
    assert json.loads(json.dumps(shown.document)) == shown.document
