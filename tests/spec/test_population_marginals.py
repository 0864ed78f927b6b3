"""The synthetic population follows its public marginals, houses people together, and is dirty as stated."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from modicum.custody.population import assumptions, generate, reference

PEOPLE = 50_000
STATES = {"06": "CA", "11": "DC", "17": "IL", "53": "WA"}
IRREGULAR = {"not_lawfully_present", "daca_recipient"}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    out = tmp_path_factory.mktemp("population") / "out"
    generated = generate(out, people=PEOPLE, seed=7)
    tables = {name: pq.read_table(out / f"{name}.parquet").to_pylist() for name in generated.tables}
    assert {name: len(rows) for name, rows in tables.items()} == dict(generated.tables)
    return tables


@pytest.fixture(scope="module")
def people(made: dict[str, Rows]) -> dict[str, dict[str, Any]]:
    """The first row of each person."""
    first: dict[str, dict[str, Any]] = {}
    for row in made["eligibility"]:
        first.setdefault(row["MSIS_IDENT_NUM"], row)
    return first


def age_of(row: dict[str, Any]) -> int | None:
    text = row["BIRTH_DT"]
    if text is None or len(text) != 10 or not "1900" < text < "2026":
        return None
    try:
        born = date.fromisoformat(text)
    except ValueError:
        return None
    as_of = assumptions.AS_OF
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def test_states_have_their_share_of_enrolment(people: dict[str, dict[str, Any]]) -> None:
    states = reference.load().states
    total = sum(state.people for state in states)
    counted = Counter(row["SUBMTG_STATE_CD"] for row in people.values())
    assert len(people) == PEOPLE
    for state in states:
        assert abs(counted[state.fips] - PEOPLE * state.people / total) <= 1


def test_ages_and_sexes_follow_the_marginal_of_each_state(people: dict[str, dict[str, Any]]) -> None:
    for state in reference.load().states[:1] + reference.load().states[2:]:
        rows = [row for row in people.values() if row["SUBMTG_STATE_CD"] == state.fips]
        weights = np.diff(state.ages, prepend=0).reshape(-1, 2)
        ages = [age for row in rows if (age := age_of(row)) is not None]
        # birthdays are spread over years of 365.2425 days, so a few people are a day off their year of age
        for low, high in ((0, 5), (6, 18), (19, 44), (45, 64), (65, 130)):
            wanted = weights[low : high + 1].sum()
            found = sum(low <= age <= high for age in ages) / len(ages)
            assert abs(found - wanted) < 0.02, (state.name, low)
        women = sum(row["SEX_CD"] == "F" for row in rows) / len(rows)
        assert abs(women - weights[:, 1].sum()) < 0.02


def test_zip_city_and_county_belong_together_and_to_the_state(people: dict[str, dict[str, Any]]) -> None:
    path = Path(reference.__file__).parent / "reference" / "zip_codes.csv"
    known = {line.split(",")[0]: line.split(",") for line in path.read_text().splitlines()[1:]}
    for row in people.values():
        code = (row["ELGBL_ZIP_CD"] or "~")[:5]
        if code != "~":
            _, _, state, county, city = known[code]
            assert (STATES[row["SUBMTG_STATE_CD"]], row["ELGBL_CNTY_CD"], row["ELGBL_CITY_NAME"]) == (
                state,
                county,
                city.upper(),
            )


def test_programmes_have_the_reported_size(people: dict[str, dict[str, Any]]) -> None:
    counted = Counter((row["SUBMTG_STATE_CD"], row["FUNDING_SCOPE"]) for row in people.values())
    for state in reference.load().states:
        living = sum(counted[state.fips, scope] for scope in ("full_scope", "emergency", "state_only"))
        wanted = sum(cohort.people for cohort in assumptions.STATE_ONLY[state.name]) / state.people
        assert abs(counted[state.fips, "state_only"] - wanted * living) <= 2
        assert abs(counted[state.fips, "emergency"] - assumptions.EMERGENCY[state.name] * living) <= 1
    for row in people.values():
        age = age_of(row)
        if row["FUNDING_SCOPE"] == "state_only" and age is not None:
            assert row["SUBMTG_STATE_CD"] != "53" or age >= 19
            assert row["SUBMTG_STATE_CD"] != "17" or age >= 42


def test_households_share_surname_and_address_and_hold_minors(people: dict[str, dict[str, Any]]) -> None:
    homes = defaultdict(list)
    for row in people.values():
        homes[row["MSIS_CASE_NUM"]].append(row)
    shared = [rows for rows in homes.values() if len(rows) > 1]
    same_street = sum(len({row["ELGBL_LINE_1_ADR"] for row in rows}) == 1 for rows in shared)
    same_name = sum(len({(row["ELGBL_LAST_NAME"] or "").strip().upper() for row in rows}) == 1 for rows in shared)
    with_minor = sum(any((age_of(row) or 99) < 18 for row in rows) for rows in shared)
    assert same_street > 0.8 * len(shared)
    assert 0.5 * len(shared) < same_name < len(shared)
    assert with_minor > 0.5 * len(shared)
    for rows in homes.values():
        assert {int(row["HSEHLD_SIZE_CD"]) for row in rows} == {min(len(rows), 8)}


def test_households_of_mixed_status_exist_and_are_named(
    made: dict[str, Rows], people: dict[str, dict[str, Any]]
) -> None:
    answers = {row["MSIS_IDENT_NUM"]: row["STATUS"] for row in made["status_check"]}
    by_home = defaultdict(set)
    for person, status in answers.items():
        by_home[people[person]["MSIS_CASE_NUM"]].add(status)
    mixed = [kinds for kinds in by_home.values() if "citizen_in_mixed_status_household" in kinds and kinds & IRREGULAR]
    assert len(mixed) > 100


def test_status_cannot_be_read_off_the_coverage(made: dict[str, Rows], people: dict[str, dict[str, Any]]) -> None:
    answers = {row["MSIS_IDENT_NUM"]: row["STATUS"] for row in made["status_check"]}
    for scope in ("emergency", "state_only"):
        inside = [answers.get(person, "unknown") for person, row in people.items() if row["FUNDING_SCOPE"] == scope]
        counted = Counter(inside)
        assert {"lpr", "lawfully_present_other", "not_lawfully_present", "unknown"} <= set(counted)
        assert max(counted.values()) < 0.7 * len(inside)
    checked = len(answers) / PEOPLE
    assert 0.5 < checked < 0.75
    assert any(
        answers.get(person) == "not_lawfully_present" and row["FUNDING_SCOPE"] == "full_scope"
        for person, row in people.items()
    )


def test_citizenship_and_immigration_codes_agree_save_for_the_stated_share(people: dict[str, dict[str, Any]]) -> None:
    pairs = [(row["CTZNSHP_IND"], row["IMGRTN_STUS_CD"]) for row in people.values()]
    filled = [(left, right) for left, right in pairs if left is not None and right is not None]
    odd = [pair for pair in filled if (pair[0] == "0") != (pair[1] in {"1", "2", "3"})]
    assert 0 < len(odd) / len(filled) < 2 * assumptions.CODES_AT_ODDS
    assert {left for left, _ in filled} <= {"0", "1", "2"}
    assert {right for _, right in filled} <= {"1", "2", "3", "8"}
    blank = 1 - len(filled) / len(pairs)
    assert abs(blank - 2 * assumptions.CODE_BLANK) < 0.01


def test_some_checked_citizens_are_coded_as_aliens(made: dict[str, Rows], people: dict[str, dict[str, Any]]) -> None:
    citizens = [row["MSIS_IDENT_NUM"] for row in made["status_check"] if row["STATUS"] == "us_citizen"]
    wrong = sum(people[person]["CTZNSHP_IND"] == "0" for person in citizens)
    assert 0 < wrong < 0.05 * len(citizens)


def test_federal_money_follows_the_matching_rates(made: dict[str, Rows], people: dict[str, dict[str, Any]]) -> None:
    for row in made["claims"]:
        total, federal = row["TOT_MDCD_PD_AMT"], row["FED_PD_AMT"]
        assert 0 <= federal <= total
        group = people[row["MSIS_IDENT_NUM"]]["ELGBLTY_GRP_CD"]
        if row["LINE_FUNDING_SCOPE"] == "state_only":
            assert federal == 0
        elif group == "72":
            assert abs(federal - total * Decimal("0.9")) <= Decimal("0.01")
        elif group == "01":
            rate = {"06": "0.5", "11": "0.7", "17": "0.51", "53": "0.5"}[row["SUBMTG_STATE_CD"]]
            assert abs(federal - total * Decimal(rate)) <= Decimal("0.01")
    scopes = {people[row["MSIS_IDENT_NUM"]]["FUNDING_SCOPE"] for row in made["claims"] if row["FED_PD_AMT"] == 0}
    assert scopes == {"state_only"}


def test_claims_of_substance_use_exist_and_mark_their_person(
    made: dict[str, Rows], people: dict[str, dict[str, Any]]
) -> None:
    marked = {person: row["PART2_RECORD_IND"] for person, row in people.items()}
    use = [row for row in made["claims"] if "F10" <= row["DGNS_1_CD"][:3] <= "F19"]
    assert 0.01 < len(use) / len(made["claims"]) < 0.06
    assert {marked[row["MSIS_IDENT_NUM"]] for row in use} <= {"1", None}
    assert {row["DGNS_1_CD"][:3] for row in use} >= {"F10", "F11", "F12", "F14", "F15"}
    with_use = {row["MSIS_IDENT_NUM"] for row in use}
    assert all(mark != "1" or person in with_use for person, mark in marked.items())


def test_claims_lie_within_life_and_programme(made: dict[str, Rows], people: dict[str, dict[str, Any]]) -> None:
    for row in made["claims"]:
        person = people[row["MSIS_IDENT_NUM"]]
        assert assumptions.FIRST_SERVICE <= row["SRVC_BGNNG_DT"] <= row["SRVC_ENDG_DT"]
        assert row["SRVC_BGNNG_DT"] <= person["ENRLMT_END_DT"]
    lines = [(row["ORGNL_CLM_NUM"], row["ORGNL_LINE_NUM"]) for row in made["claims"]]
    assert len(set(lines)) == len(lines)
    assert len({claim for claim, _ in lines}) < len(lines)


def test_the_dirt_is_there(made: dict[str, Rows], people: dict[str, dict[str, Any]]) -> None:
    rows = list(people.values())
    births = Counter(row["BIRTH_DT"] for row in rows)
    assert births["00000000"]
    assert births["9999-12-31"]
    assert births[None]
    assert any(row["BIRTH_DT"] and row["BIRTH_DT"].endswith("-02-30") for row in rows)
    assert any(row["BIRTH_DT"] and row["BIRTH_DT"].startswith("2091") for row in rows)
    assert any(row["SSN_NUM"] is None for row in rows)
    assert any("-" in (row["SSN_NUM"] or "") for row in rows)
    assert any(row["ELGBL_ZIP_CD"] == "~" for row in rows)
    assert any(len(row["ELGBL_ZIP_CD"] or "") == 10 for row in rows)
    names = [row["ELGBL_LAST_NAME"] for row in rows]
    assert {"", "~"} <= set(names)
    assert any(name.islower() for name in names)
    assert any(name != name.strip() for name in names)
    repeated = len(made["eligibility"]) - PEOPLE
    assert 0.001 * PEOPLE < repeated < 0.004 * PEOPLE
    codes = defaultdict(set)
    for row in made["eligibility"]:
        codes[row["MSIS_IDENT_NUM"]].add(row["CTZNSHP_IND"])
    assert sum(len(found) > 1 for found in codes.values()) > 0.3 * repeated


def test_codes_are_in_the_value_lists(made: dict[str, Rows]) -> None:
    allowed = {
        "DUAL_ELGBL_CD": {"00", "01", "02", "03", "04", "05", "06", "08", "09", "10"},
        "RSTRCTD_BNFTS_CD": {"1", "2", "3"},
        "CHIP_CD": {"1", "2", "3"},
        "ELGBLTY_GRP_CD": {"01", "05", "06", "07", "08", "11", "23", "25", "61", "72"},
        "INCM_CD": {f"{code:02}" for code in range(1, 9)} | {None},
        "HSEHLD_SIZE_CD": {f"{code:02}" for code in range(1, 9)},
        "SEX_CD": {"M", "F"},
    }
    for column, values in allowed.items():
        assert {row[column] for row in made["eligibility"]} <= values
