"""The pack reproduces the vectors of the case and its own, and refuses malformed ones by id."""

from datetime import date
from pathlib import Path

import pytest

from modicum.law.decisions import DecisionResult, read_decisions, run_decisions
from modicum.law.packs import load_pack
from modicum.law.vectors import bars, read_vectors, run_vectors
from modicum.model.errors import InvalidInputError, NotFoundError

PACK = load_pack("us_medicaid")
CASE = read_vectors(PACK.root / "vectors" / "california-v-hhs.yaml")
OWN = read_decisions(read_vectors(PACK.root / "vectors" / "decisions.yaml"), PACK)


def test_the_orders_reproduce_every_vector_of_the_case() -> None:
    report = run_vectors(PACK, CASE)
    assert len(report.results) == len(CASE["vectors"]) == 37
    assert report.differing == ()


@pytest.mark.parametrize("result", run_decisions(PACK, OWN), ids=lambda result: result.vector.id)
def test_the_pack_reproduces_its_own_vectors(result: DecisionResult) -> None:
    assert result.got == result.vector.expected
    assert result.shown is None or result.shown is result.vector.shows
    assert result.agrees


BASE = {
    "date": "2026-02-01", "origin_state": "CA", "action": "share", "discloser": "cms", "recipient": "ice",
    "purpose": "immigration_enforcement.civil", "person_stratum": "not_lawfully_present", "field": "address",
}  # fmt: skip
FURTHER = [
    ({}, False),
    ({"person_stratum": "child"}, True),
    ({"person_stratum": "inferred_from_coverage"}, True),
    ({"field": "shoe_size"}, True),
    ({"field": "email"}, True),
    ({"field": "name"}, True),
    ({"purpose": "immigration_enforcement.criminal"}, False),
    ({"purpose": "immigration_enforcement.other"}, True),
    ({"purpose": "law_enforcement.other"}, True),
    ({"purpose": "law_enforcement.other", "recipient": "law_enforcement"}, False),
    ({"purpose": "benefit_coordination", "recipient": "cbp"}, True),
    ({"purpose": "research", "recipient": "researcher"}, False),
    ({"purpose": "research", "recipient": "dhs", "field": "claims"}, False),
    ({"purpose": "treatment", "field": "claims"}, False),
    ({"purpose": "payment", "recipient": "contractor", "field": "claims"}, False),
    ({"purpose": "plan_administration.anything", "recipient": "dhs"}, False),
    ({"recipient": "contractor", "field": "ssn"}, True),
    ({"recipient": "cbp", "field": "ssn"}, True),
    ({"recipient": "uscis", "field": "ssn"}, True),
    ({"discloser": "hhs", "field": "ssn"}, True),
    ({"discloser": "state_medicaid_agency", "field": "ssn"}, False),
    ({"discloser": "ca_dhcs", "field": "ssn"}, False),
    ({"discloser": "dhs", "action": "use_already_held", "field": "ssn"}, True),
    ({"discloser": "ice", "action": "onward_share", "recipient": "contractor", "field": "ssn"}, True),
    ({"discloser": "ice", "action": "onward_share", "recipient": "contractor"}, False),
    ({"origin_state": "PR", "field": "ssn"}, False),
    ({"origin_state": "MP", "field": "ssn"}, False),
    ({"origin_state": "TX", "person_stratum": "us_citizen"}, False),
    ({"origin_state": "unknown", "field": "ssn"}, True),
    ({"origin_state": "XX", "field": "ssn"}, True),
    ({"origin_state": "WI", "field": "ssn"}, True),
    ({"origin_state": "WI", "date": "2025-08-11"}, False),
    ({"origin_state": "WI", "date": "2025-08-20"}, True),
    ({"origin_state": "WI", "date": "2025-08-28"}, True),
    ({"origin_state": "VA", "date": "2025-12-31"}, False),
    ({"origin_state": "VA", "date": "2026-01-01"}, True),
    ({"origin_state": "VA", "date": "2026-01-06"}, False),
    ({"origin_state": "VA", "date": "2026-05-25"}, True),
    ({"origin_state": "DC", "date": "2025-08-11"}, False),
    ({"origin_state": "DC", "date": "2025-08-12"}, True),
    ({"origin_state": "DC", "date": "2026-01-05"}, True),
    ({"date": "2025-08-11"}, False),
    ({"date": "2026-05-24"}, False),
    ({"date": "2026-05-25"}, True),
    ({"date": "2026-11-23", "person_stratum": "daca_recipient"}, True),
]


@pytest.mark.parametrize(("change", "barred"), FURTHER, ids=str)
def test_further_cells(change: dict[str, str], barred: bool) -> None:  # noqa: FBT001
    words = {**BASE, **change}
    assert bool(bars(PACK, words, day=date.fromisoformat(words["date"]))) is barred


@pytest.mark.parametrize("field", [*BASE, "fail_closed"])
@pytest.mark.parametrize("spoilt", [None, 7, "", ["CA"], "2026-13-40"])
def test_a_malformed_vector_is_refused_by_its_id(field: str, spoilt: object) -> None:
    vector = {"id": "V-1", "fail_closed": "barred", **BASE, field: spoilt}
    if isinstance(spoilt, str) and spoilt and field not in {"date", "fail_closed"}:
        run_vectors(PACK, {"vectors": [vector]})  # a word that nobody knows is unknown, and no error
        return
    with pytest.raises(InvalidInputError, match="V-1"):
        run_vectors(PACK, {"vectors": [vector]})


def test_a_file_without_vectors_is_refused(tmp_path: Path) -> None:
    for document in ({}, {"vectors": []}, {"vectors": {"id": 1}}, {"vectors": [1]}, {"vectors": [{"no": "id"}]}):
        with pytest.raises(InvalidInputError):
            run_vectors(PACK, document)
    with pytest.raises(NotFoundError):
        read_vectors(tmp_path / "none.yaml")
    for number, text in enumerate(("[1, 2]", "a: [", "\x00", "")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        with pytest.raises(InvalidInputError):
            read_vectors(path)


def test_a_vector_that_differs_is_reported() -> None:
    wrong = {"id": "V-1", "fail_closed": "not_barred", **BASE, "field": "ssn"}
    (result,) = run_vectors(PACK, {"vectors": [wrong]}).differing
    assert (result.id, result.got) == ("V-1", "barred")
    assert "CVH-004" in result.rules
