"""The law wing knows nothing of Medicaid: a pack of another legal order decides, cites and dates just as well."""

import json
from datetime import date, timedelta
from itertools import product

import pytest
import yaml
from ehds_world import ANSWER, FIRST, LATER, PACK, PERMIT, dataset, decided, every_stratum, request, stratum
from test_schemas import faults

from modicum.answer.treatments import Treatment
from modicum.gateway import lawbook
from modicum.law.coverage import coverage
from modicum.law.decide import Kinds, decide
from modicum.law.decisions import read_decisions, run_decisions
from modicum.law.mutation import run_mutations
from modicum.law.packfiles import Transformation
from modicum.law.packs import Profile, load_pack, shipped_packs
from modicum.law.profiles import bearing
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import DISCLOSING, Form
from modicum.paper.matrix import matrix
from modicum.paper.words import value_words

ASKERS = ["company", "public_sector_body", "third_country_user", "university"]
PURPOSES = sorted(PACK.vocabulary.purposes)
PROHIBITED = ["advertising", "detrimental_decision", "harmful_product", "law_enforcement", "less_favourable_terms"]
EVERYTHING = frozenset(PACK.vocabulary.facts)
DAYS = [date(2018, 5, 25), FIRST - timedelta(1), LATER]
# No rule tells one country of the Union from another, nor one of the three others: these stand for all of them.
PEOPLE = [stratum(country, opted) for country in ("NL", "NO") for opted in sorted(PACK.attributes["opt_out"])]
VECTORS = [
    vector
    for path in sorted((PACK.root / "vectors").glob("*.yaml"))
    for vector in read_decisions(yaml.safe_load(path.read_text(encoding="utf-8")), PACK)
]


def permitted(decision: Decision, form: Form) -> set[str]:
    return {
        str(column.data_class)
        for c, column in enumerate(decision.columns)
        if any(decision.cell(s, c, form).verdict is Verdict.PERMITTED for s in range(len(decision.strata)))
    }


def test_the_packs_share_no_row_attribute_and_hardly_a_kind() -> None:
    assert {"eu_ehds", "us_medicaid"} <= set(shipped_packs())
    other = load_pack("us_medicaid")
    assert not set(PACK.attributes) & set(other.attributes)
    shared = set(PACK.vocabulary.kinds) & set(other.vocabulary.kinds)
    assert shared <= {"court", "law_enforcement", "statistics_office", "unknown"}


def test_each_decision_is_reproduced_exactly_and_each_rule_shows_and_nearly_does() -> None:
    assert [each.id for each in run_decisions(PACK, VECTORS) if not each.agrees] == []
    found = coverage(PACK, VECTORS)
    assert (found.never_shown, found.never_nearly) == ((), ())


def test_a_pack_that_is_wrong_in_any_one_rule_is_noticed() -> None:
    report = run_mutations(PACK, VECTORS, ())
    assert report.survivors == ()
    assert report.rules == len({p.id for body in PACK.bodies for p in body.policies}) + 5  # and five default denials


def test_a_whole_request_by_day() -> None:
    # Before the first day nothing; then all that does not wait; two years later the rest.
    assert permitted(decided(FIRST - timedelta(1)), Form.PSEUDONYMISED) == set()
    first = permitted(decided(FIRST), Form.PSEUDONYMISED)
    assert {"ehr", "administrative", "device_generated", "national_id", "dob", "region"} <= first
    waiting = {"genetic", "clinical_trial", "determinants", "omics", "cohort"}
    assert not waiting & first
    national = PERMIT | ANSWER | {"national-safeguards-met"}
    later = permitted(decided(LATER, facts=national), Form.PSEUDONYMISED)
    assert later - permitted(decided(LATER - timedelta(1), facts=national), Form.PSEUDONYMISED) == waiting
    assert not {"name", "address", "phone", "email", "pseudonym_key", "None"} & later


def test_the_earliest_lawful_moment_is_found_by_days_alone() -> None:
    # Only the ends of the rules' days can change anything, so those are the days to try.
    ends = {day for body in PACK.bodies for p in body.policies for day in (p.since, p.until) if day is not None}
    days = sorted(ends | {day + timedelta(1) for day in ends})
    assert next(day for day in days if permitted(decided(day), Form.STATISTICS)) == FIRST


def lowest(facts: frozenset[str], *columns: str) -> Form:
    kinds = Kinds(custodian="health_data_access_body", requester="university", recipients=("university",))
    return decide(
        request("research.science", columns), pack=PACK, dataset=dataset([stratum()]), kinds=kinds, facts=facts,
        as_of=FIRST, hypothetical=True,
    ).lowest_form  # fmt: skip


def test_the_lowest_form_that_answers() -> None:
    assert lowest(PERMIT, "ehr", "region") is Form.PSEUDONYMISED
    assert lowest(ANSWER, "ehr", "region") is Form.REFUSAL
    assert lowest(PERMIT, "ehr", "name") is Form.REFUSAL


def test_a_decision_is_the_published_document_in_any_pack() -> None:
    decision = decided(FIRST, strata=every_stratum())
    document = json.loads(json.dumps(decision.as_document()))
    assert faults(document) == []
    assert decided(FIRST, strata=every_stratum()).sha256 == decision.sha256
    assert document["pack"]["name"] == "eu_ehds"


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("kind", sorted(PACK.vocabulary.kinds))
def test_no_prohibited_purpose_and_no_person_by_name_whatever_is_attested(kind: str, day: date) -> None:
    custodians = ("health_data_access_body", "trusted_health_data_holder")
    for purpose, custodian in product(PURPOSES, custodians):
        decision = decided(day, strata=PEOPLE, purpose=purpose, kind=kind, custodian=custodian, facts=EVERYTHING)
        for form in (Form.MATCH, Form.VERIFICATION, Form.IDENTIFIED):
            assert permitted(decision, form) == set()
        if purpose in {*PROHIBITED, "care"} or day < FIRST or kind in {"court", "law_enforcement", "unknown"}:
            assert all(permitted(decision, form) == set() for form in DISCLOSING)


def test_the_guard_above_can_fail() -> None:
    # The positive control: everything attested does open lawful cells.
    opened = permitted(decided(FIRST, strata=PEOPLE, facts=EVERYTHING), Form.PSEUDONYMISED)
    assert {"ehr", "wellness"} <= opened


@pytest.mark.parametrize("missing", ["secure-environment", "data-permit-issued", "anonymised-data-do-not-suffice"])
def test_no_records_but_under_a_permit_inside_a_secure_environment(missing: str) -> None:
    for purpose, kind in product(PURPOSES, ASKERS):
        decision = decided(LATER, purpose=purpose, kind=kind, facts=EVERYTHING - {missing})
        assert permitted(decision, Form.PSEUDONYMISED) == set()


def test_people_who_opted_out_are_in_nothing_but_by_the_exception_of_their_state() -> None:
    gone = [stratum(opt_out=value) for value in ("yes", "unknown")]
    for purpose, kind in product(PURPOSES, ASKERS):
        decision = decided(LATER, strata=gone, purpose=purpose, kind=kind, facts=EVERYTHING - {"opt-out-exception"})
        assert all(permitted(decision, form) == set() for form in DISCLOSING)
    excepted = decided(FIRST, strata=gone, purpose="public_health", kind="public_sector_body", facts=EVERYTHING)
    assert "ehr" in permitted(excepted, Form.PSEUDONYMISED)
    assert permitted(decided(FIRST, strata=gone, kind="company", facts=EVERYTHING), Form.PSEUDONYMISED) == set()


def test_a_statute_against_the_custodians_policy_is_shown_and_decides_nothing() -> None:
    facts = PERMIT | {"access-body-decided", "national-safeguards-met"}
    decision = decided(FIRST, custodian="trusted_health_data_holder", facts=facts)
    place = [column.data_class for column in decision.columns].index("biobank")
    cell = decision.cell(0, place, Form.PSEUDONYMISED)
    assert cell.verdict is Verdict.CONDITIONAL
    assert cell.missing == (("explicit-consent",),)
    assert [(each.statute.id, each.policy.id) for each in cell.conflicts] == [("EHDS-RECITAL-052", "HOLDER-001")]


def test_what_a_class_can_do_is_said_by_the_pack() -> None:
    assert {"national_id", "other_identifier", "name", "pseudonym_key"} <= PACK.traits.naming
    assert PACK.traits.naming <= PACK.traits.pointing
    assert PACK.traits.dated == {"dob", "death_date", "service_dates"}
    medicaid = load_pack("us_medicaid").traits
    assert {"ssn", "medicaid_id", "name", "geo_point"} <= medicaid.naming
    assert medicaid.pointing - medicaid.naming == {"income", "payment"}
    assert medicaid.dated == {"dob", "death_date", "service_dates", "enrollment_dates"}


def test_a_pack_can_only_ask_for_treatments_that_exist() -> None:
    assert set(Transformation.__args__) == set(Treatment)


def test_the_list_of_rules_is_of_any_pack() -> None:
    listed = lawbook.listed("eu_ehds")
    document = json.loads(json.dumps(listed.as_document()))
    assert faults(document) == []
    assert {each["id"] for each in document["rules"]} >= {"EHDS-105-SECONDARY-USE", "GDPR-009-DEFAULT", "HOLDER-001"}


@pytest.mark.parametrize("profile", PACK.profiles, ids=lambda profile: profile.id)
def test_a_profile_lists_the_bodies_that_can_bear_on_its_custodian(profile: Profile) -> None:
    assert bearing(PACK, profile.custodian) == profile.bodies


def test_a_picture_says_in_words_what_it_knows_no_words_for() -> None:
    picture = matrix(decided(FIRST, strata=[stratum(), stratum(opt_out="yes")]), Form.PSEUDONYMISED)
    assert "opt out: yes" in picture.svg
    assert "opt_out" not in picture.svg
    assert value_words("member_state", "NL") == "NL"
    assert value_words("opt_out", "unknown") == "opt out: unknown"
    assert value_words("immigration", "lpr") == "permanent residents"
