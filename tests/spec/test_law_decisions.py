"""What the law wing promises, one worked example each; the request of June 2025 among them."""

from dataclasses import replace
from datetime import date

import pytest
from law_world import OVERSIGHT, PACK, SIX, STATES, all_strata, dataset, decided, every_cell, ids, request, stratum

from modicum.law.decide import Kinds, decide
from modicum.law.judge import Circumstances, Judge
from modicum.model.decision import Basis, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Authority, Condition, Operator, Population
from modicum_verify.canonical import canonical

JUNE = request(
    "immigration_enforcement.civil",
    ["name", "address", "ssn", "claims", "diagnosis", "immigration_status", "citizenship", "dob", "phone", "email",
     "medicaid_id", "race_ethnicity", "MYSTERY"],
)  # fmt: skip
EVERYBODY = dataset(all_strata())
PLAINTIFFS = {"CA", "IL", "WA"}


@pytest.mark.parametrize("day", [date(2025, 6, 10), date(2025, 8, 13), date(2026, 1, 7), date(2026, 11, 23)])
def test_every_cell_of_the_june_request_cites_something_with_its_basis(day: date) -> None:
    for _, _, form, cell in every_cell(decided(JUNE, EVERYBODY, "dhs", day=day)):
        assert cell.because
        assert all(each.cite and each.verified and isinstance(each.basis, Basis) for each in cell.because)
        if form != "statistics":
            assert cell.verdict is Verdict.FORBIDDEN


def test_on_the_day_of_the_transfer_no_rule_of_the_case_is_cited() -> None:
    decision = decided(JUNE, EVERYBODY, "dhs", day=date(2025, 6, 10))
    assert not any(rule.startswith("CVH") for *_, cell in every_cell(decision) for rule in ids(cell))
    assert decision.lowest_form is Form.REFUSAL


def test_the_first_order_is_cited_in_every_cell_of_a_plaintiff_state() -> None:
    for where, _, _, cell in every_cell(decided(JUNE, EVERYBODY, "dhs", day=date(2025, 8, 13))):
        assert cell.verdict is Verdict.FORBIDDEN
        assert ("CVH-001" if where["origin_state"] in PLAINTIFFS else "CVH-001-DC") in ids(cell)


def test_the_second_order_leaves_out_six_categories_and_other_law_still_forbids_them() -> None:
    for where, data_class, form, cell in every_cell(decided(JUNE, EVERYBODY, "dhs", day=date(2026, 1, 7))):
        lifted = data_class in SIX and where["immigration"] == "not_lawfully_present"
        rules = ids(cell)
        if lifted:
            assert not any(rule.startswith("CVH") for rule in rules)
        else:
            assert ("CVH-004" if where["origin_state"] in PLAINTIFFS else "CVH-004-DC-VA") in rules
            assert cell.verdict is Verdict.FORBIDDEN
        if lifted and form != "statistics":
            assert cell.verdict is Verdict.FORBIDDEN
            assert {"HIP-007", "HIP-001"} <= rules


def test_each_ambiguity_is_cited_by_a_rule_of_its_own_that_says_so() -> None:
    decision = decided(JUNE, EVERYBODY, "dhs", day=date(2026, 6, 15))
    told = {"CVH-005", "CVH-004-NAME", "CVH-004-STATUS", "CVH-004-DC-VA"}
    found = {each for *_, cell in every_cell(decision) for each in cell.because if each.id in told}
    assert {each.id for each in found} == told
    assert all(each.title.startswith("AMBIGUOUS, needs counsel") and each.basis is Basis.ORDER for each in found)


def test_the_narrow_question_is_permitted_for_everybody_with_obligations() -> None:
    narrow = request("health_oversight", ["state", "payment"], asks=Asks.STATISTICS, by=("state",), sums=("payment",))
    decision = decided(narrow, EVERYBODY, "hhs_oig", day=date(2026, 11, 23))
    assert decision.lowest_form is Form.STATISTICS
    for _, _, form, cell in every_cell(decision):
        if form == "statistics":
            assert cell.verdict is Verdict.PERMITTED
            assert {"suppress-small-cells", "no-reidentification", "audit-record"} <= set(cell.obligations)


def test_columns_of_question_and_conditions_are_decided_too() -> None:
    asked = request("health_oversight", ["payment"], asks=Asks.STATISTICS, by=("people.state",), sums=("payment",))
    asked = replace(
        asked,
        population=Population(dataset="made-up", where=(Condition(column="ssn", operator=Operator.EQ, values=("1",)),)),
    )
    decision = decided(asked, EVERYBODY, "hhs_oig", day=date(2026, 11, 23))
    assert [column.name for column in decision.columns] == ["payment", "state", "ssn"]
    assert decision.lowest_form is Form.REFUSAL  # to select by a number is to be told about one person


def test_facts_turn_a_conditional_cell() -> None:
    people = dataset([stratum(), stratum(part2="yes"), stratum(part2="unknown")])
    asked = request("health_oversight", ["name", "claims", "sud_record"])
    before = decided(asked, people, "hhs_oig", day=date(2026, 11, 23))
    after = decided(asked, people, "hhs_oig", day=date(2026, 11, 23), facts=OVERSIGHT)
    assert tuple(sorted(OVERSIGHT)) in before.cell(0, 0, Form.IDENTIFIED).missing
    assert [after.cell(0, c, Form.IDENTIFIED).verdict for c in range(3)] == ["permitted", "permitted", "conditional"]
    assert all(after.cell(s, c, Form.IDENTIFIED).verdict == "conditional" for s in (1, 2) for c in range(3))
    assert before.sha256 != after.sha256


def test_an_unverified_permit_waits_for_counsel() -> None:
    facts = frozenset(
        {"disclosure-prescribed-by-regulation", "dua-in-force", "irb-waiver", "minimum-necessary-reviewed",
         "routine-use-published"}
    )  # fmt: skip
    asked = request("research", ["diagnosis"])
    cell = decided(asked, dataset([stratum()]), "researcher", day=date(2026, 11, 23), facts=facts).cell(
        0, 0, Form.VERIFICATION
    )
    assert cell.verdict is Verdict.CONDITIONAL
    assert ("counsel-confirms:HIP-011",) in cell.missing
    assert PACK.vocabulary.facts["counsel-confirms:HIP-011"] == {"counsel"}
    confirmed = decided(
        asked, dataset([stratum()]), "researcher", day=date(2026, 11, 23), facts=facts | {"counsel-confirms:HIP-011"}
    )
    assert confirmed.cell(0, 0, Form.VERIFICATION).verdict is Verdict.PERMITTED


def test_a_column_without_a_class_is_refused_in_every_form() -> None:
    decision = decided(
        request("health_oversight", ["MYSTERY"]), EVERYBODY, "hhs_oig", day=date(2026, 11, 23), facts=OVERSIGHT
    )
    for *_, cell in every_cell(decision):
        assert cell.verdict is Verdict.FORBIDDEN
        assert "MCD-021" in ids(cell)


def test_unknown_evidence_says_so_and_never_permits_more_than_any_value_would() -> None:
    people = dataset([stratum(part2=value) for value in ("no", "yes", "unknown")])
    decision = decided(
        request("health_oversight", ["name"]), people, "hhs_oig", day=date(2026, 11, 23), facts=OVERSIGHT
    )
    assert [decision.cell(s, 0, Form.IDENTIFIED).verdict for s in range(3)] == ["permitted", *["conditional"] * 2]
    assert "UNKNOWN:part2" in ids(decision.cell(2, 0, Form.IDENTIFIED))
    assert "UNKNOWN:part2" not in ids(decision.cell(1, 0, Form.IDENTIFIED))


@pytest.mark.parametrize(
    "odd",
    [{"immigration": "martian"}, {"origin_state": ""}, {"part2": "No"}],
)
def test_a_value_outside_its_domain_is_unknown(odd: dict[str, str]) -> None:
    (name,) = odd
    people = dataset([stratum(**odd), stratum(**{name: "unknown"})])
    asked = request("immigration_enforcement.civil", ["address", "diagnosis"])
    decision = decided(asked, people, "ice", day=date(2026, 2, 1), facts=OVERSIGHT)
    for c in range(2):
        for form in DISCLOSING:
            assert decision.cell(0, c, form) == decision.cell(1, c, form)


def test_nobody_who_is_not_enrolled_gets_anything() -> None:
    asked = request("health_oversight", ["payment"], asks=Asks.STATISTICS, sums=("payment",))
    for kinds in (
        Kinds(custodian="cms", requester="hhs_oig", recipients=("unknown",)),
        Kinds(custodian="cms", requester="stranger", recipients=("hhs_oig",)),
        Kinds(custodian="unknown", requester="hhs_oig", recipients=("hhs_oig",)),
    ):
        decision = decide(
            asked, pack=PACK, dataset=EVERYBODY, kinds=kinds, facts=OVERSIGHT, as_of=date(2026, 11, 23),
            hypothetical=False,
        )  # fmt: skip
        assert all("NOT-ENROLLED" in ids(cell) for cell in decision.classes)
        assert all(cell.verdict is Verdict.FORBIDDEN for cell in decision.classes)


def test_one_recipient_too_many_forbids() -> None:
    asked = request("health_oversight", ["name"])
    people = dataset([stratum(origin_state="TX")])
    for recipients, verdict in ((("hhs_oig",), "permitted"), (("hhs_oig", "ice"), "forbidden")):
        kinds = Kinds(custodian="cms", requester="hhs_oig", recipients=recipients)
        decision = decide(
            asked, pack=PACK, dataset=people, kinds=kinds, facts=OVERSIGHT, as_of=date(2026, 11, 23), hypothetical=False
        )
        assert decision.cell(0, 0, Form.IDENTIFIED).verdict == verdict


def test_an_expired_authority_forbids_everything() -> None:
    past = (Authority(kind="statute", citation="made up", until=date(2026, 1, 1)),)
    asked = replace(request("health_oversight", ["payment"]), authorities=past)
    decision = decided(asked, EVERYBODY, "hhs_oig", day=date(2026, 1, 2), facts=OVERSIGHT)
    assert all(ids(cell) == {"NO-AUTHORITY"} for *_, cell in every_cell(decision))
    assert decision.lowest_form is Form.REFUSAL
    on_the_day = decided(asked, EVERYBODY, "hhs_oig", day=date(2026, 1, 1), facts=OVERSIGHT)
    assert "NO-AUTHORITY" not in {rule for *_, cell in every_cell(on_the_day) for rule in ids(cell)}


def test_a_custodian_to_whom_no_law_applies_may_give_nothing() -> None:
    kinds = Kinds(custodian="researcher", requester="hhs_oig", recipients=("hhs_oig",))
    decision = decide(
        request("health_oversight", ["payment"]), pack=PACK, dataset=EVERYBODY, kinds=kinds, facts=OVERSIGHT,
        as_of=date(2026, 11, 23), hypothetical=False,
    )  # fmt: skip
    assert all("NO-BODY" in ids(cell) and cell.verdict is Verdict.FORBIDDEN for cell in decision.classes)


def test_what_is_not_known_is_said_and_not_guessed() -> None:
    day = date(2026, 11, 23)
    for asked, facts in (
        (request("gossip", ["payment"]), frozenset()),
        (request("research", ["no_such_column"]), frozenset()),
        (request("research", []), frozenset()),
        (request("research", ["payment"], action="steal"), frozenset()),
        (request("research", ["payment"]), frozenset({"it-is-fine"})),
    ):
        with pytest.raises(InvalidInputError):
            decided(asked, EVERYBODY, "researcher", day=day, facts=facts)


def test_an_error_in_cedar_forbids_the_cell() -> None:
    judge = Judge(
        PACK,
        Circumstances(
            action="disclose", discloser="cms", audience=("hhs_oig",), purpose="health_oversight",
            named_persons="yes", as_of=date(2026, 11, 23), facts=OVERSIGHT,  # no boolean: Cedar errs
        ),
    )  # fmt: skip
    cell = judge.cell(Form.IDENTIFIED, "name", stratum())
    assert cell.verdict is Verdict.FORBIDDEN
    assert all(rule.startswith("EVALUATION-ERROR:") for rule in ids(cell))


def test_the_same_inputs_give_the_same_bytes() -> None:
    one, two = (decided(JUNE, EVERYBODY, "dhs", day=date(2026, 1, 7)) for _ in range(2))
    assert canonical(one.as_document()) == canonical(two.as_document())
    assert set(STATES) == {where["origin_state"] for where, *_ in every_cell(one)}


def test_orders_come_first_among_the_reasons() -> None:
    decision = decided(JUNE, EVERYBODY, "dhs", day=date(2026, 1, 7))
    ranks = {Basis.ORDER: 0, Basis.LAW: 1, Basis.CUSTODIAN_POLICY: 2, Basis.DEFAULT: 3}
    for cell in decision.classes:
        found = [ranks[each.basis] for each in cell.because]
        assert found == sorted(found)
