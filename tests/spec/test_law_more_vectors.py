"""Further cells of California v. HHS, derived from the published table of periods, and what must not open by a label.

Derivation: period P0 bars nothing; P1 (2025-08-12 to 2026-01-05) bars every field and person of a plaintiff State for
immigration enforcement; P2 (from 2026-01-06) excepts six fields of people evidenced as not lawfully present; P3 (from
2026-05-25) makes those six ambiguous. Programme administration, oversight, research, treatment and payment are outside
in every period. What is ambiguous is barred: the District, Wisconsin before it joined, Virginia from 2026, a status
that is not evidenced, an origin that is not known.
"""

from datetime import date, datetime
from itertools import product
from pathlib import Path
from shutil import copytree

import pytest
from law_world import PACK, SIX, all_strata, dataset, decided, every_cell, request

from modicum.law.packs import load_pack
from modicum.law.vectors import read_vectors, run_vectors
from modicum.model.decision import Verdict
from modicum.model.errors import InvalidInputError

PLAINTIFFS = ("AZ", "CA", "CO", "CT", "DE", "HI", "IL", "ME", "MD", "MA", "MI", "MN", "NV", "NJ", "NM", "NY", "OR", "RI",
              "VT", "WA", "WI")  # fmt: skip
DAYS = ("2025-06-10", "2025-08-11", "2025-08-12", "2025-08-27", "2025-08-28", "2025-12-31", "2026-01-01", "2026-01-05",
        "2026-01-06", "2026-02-01", "2026-05-24", "2026-05-25", "2026-11-23")  # fmt: skip
STRATA = ("not_lawfully_present", "us_citizen", "lpr", "daca_recipient", "status_unknown", "child")
FIELDS = (*sorted(SIX), "name", "a_number", "past_address", "ssn", "household_members", "shoe_size")
ORIGINS = (*PLAINTIFFS, "DC", "VA", "TX", "FL", "PA", "PR", "GU", "VI", "AS", "MP", "unknown", "XX")
OUTSIDE = ("research", "treatment", "payment", "health_oversight", "plan_administration.establish_eligibility",
           "plan_administration.program_proceeding")  # fmt: skip
HANDS = (("share", "cms", "ice"), ("share", "hhs", "dhs"), ("use_already_held", "dhs", "ice"),
         ("use_already_held", "ice", "ice"), ("onward_share", "ice", "contractor"), ("share", "cms", "cbp"),
         ("onward_share", "dhs", "law_enforcement"))  # fmt: skip
AGENTS = (("use_already_held", "contractor", "ice"), ("onward_share", "contractor", "researcher"))
Row = tuple[str, str, str, str, str]


def reached(origin: str, day: str) -> bool:
    """Whether the States' relief covers, or may cover, records of this origin on this day."""
    return origin in {*PLAINTIFFS, "DC", "unknown", "XX"} or (origin == "VA" and day >= "2026-01-01")


def barred(row: Row) -> bool:
    day, origin, purpose, stratum, field = row
    if day < "2025-08-12" or purpose in OUTSIDE or not reached(origin, day):
        return False
    return day < "2026-01-06" or day >= "2026-05-25" or stratum != "not_lawfully_present" or field not in SIX


def vectors(rows: list[Row], hands: tuple[tuple[str, str, str], ...]) -> dict[str, object]:
    made = []
    for number, row in enumerate(rows):
        action, discloser, recipient = hands[number % len(hands)]
        made.append(
            {
                "id": f"M-{number:05}", "date": row[0], "origin_state": row[1], "action": action,
                "discloser": discloser, "recipient": recipient, "purpose": row[2], "person_stratum": row[3],
                "field": row[4], "fail_closed": "barred" if barred(row) else "not_barred",
            }
        )  # fmt: skip
    return {"vectors": made}


CIVIL, CRIMINAL = "immigration_enforcement.civil", "immigration_enforcement.criminal"


@pytest.mark.parametrize("hands", [HANDS, AGENTS], ids=["parties", "agents"])
@pytest.mark.parametrize("day", DAYS)
def test_the_table_holds_for_every_origin_stratum_and_field(day: str, hands: tuple[tuple[str, str, str], ...]) -> None:
    origins = ORIGINS if hands is HANDS else tuple(each for each in ORIGINS if each != "VA")
    rows = [(day, *each) for each in product(origins, (CIVIL,), STRATA, FIELDS)]
    assert run_vectors(PACK, vectors(rows, hands)).differing == ()


def test_both_kinds_of_enforcement_are_reached_and_no_purpose_of_the_programme() -> None:
    rows = list(product(DAYS, ("CA", "WI", "DC", "TX", "unknown"), (CRIMINAL, *OUTSIDE), STRATA[:2], FIELDS))
    assert run_vectors(PACK, vectors(rows, HANDS)).differing == ()


@pytest.mark.parametrize("day", [date(2026, 1, 6), datetime(2026, 1, 6), "2026-01-06"])  # noqa: DTZ001 - as YAML reads it
def test_days_may_be_dates_moments_or_text_and_further_keys_are_no_matter(day: object) -> None:
    (vector,) = vectors([("2026-01-06", "CA", CIVIL, "not_lawfully_present", "address")], HANDS)["vectors"]  # type: ignore[misc]
    vector.update(date=day, residence_state="TX", note={"of": ["no", "matter"]})
    assert run_vectors(PACK, {"vectors": [vector]}).differing == ()


def test_an_unquoted_date_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "v.yaml"
    path.write_text(
        "vectors:\n- {id: A, date: 2026-01-05, origin_state: OR, action: share, discloser: cms, recipient: ice,"
        " purpose: immigration_enforcement.civil, person_stratum: lpr, field: ssn, fail_closed: barred}\n"
    )
    assert run_vectors(PACK, read_vectors(path)).differing == ()


@pytest.mark.parametrize("kind", ["ice", "cbp", "dhs", "law_enforcement"])
@pytest.mark.parametrize("purpose", ["required_by_law", "research", "judicial", "operations", "benefit_coordination"])
def test_a_relabelled_purpose_opens_no_records_of_a_population_to_enforcement(kind: str, purpose: str) -> None:
    """Every fact attested, before any order: only the two classes that 8 U.S.C. 1373 speaks of are left to the law."""
    data = dataset(all_strata(("TX",))[:12])
    columns = [each for each in PACK.vocabulary.classes if each not in {"citizenship", "immigration_status"}]
    asked = request(purpose, columns)
    decision = decided(asked, data, kind, day=date(2025, 6, 10), facts=frozenset(PACK.vocabulary.facts))
    records = [cell for _, _, form, cell in every_cell(decision) if form != "statistics"]
    assert records
    assert {cell.verdict for cell in records} == {Verdict.FORBIDDEN}


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("custodian/house-rules.cedar", '@from("2000-01-01")', '@from("2000-01-01")\n@until("1999-12-31")'),
        ("pack.toml", 'id = "house-rules"', 'id = "hipaa"'),
    ],
)
def test_a_policy_that_could_never_hold_or_a_body_named_twice_is_refused(
    file: str, before: str, after: str, tmp_path: Path
) -> None:
    folder = tmp_path / "pack"
    copytree(PACK.root, folder)
    text = (folder / file).read_text()
    (folder / file).write_text(text.replace(before, after, 1))
    with pytest.raises(InvalidInputError, match=file):
        load_pack(folder)


def test_a_cedar_file_in_capitals_is_a_stray_too(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    copytree(PACK.root, folder)
    (folder / "orders" / "FURTHER.CEDAR").write_text("forbid (principal, action, resource);")
    with pytest.raises(InvalidInputError, match=r"FURTHER\.CEDAR"):
        load_pack(folder)
