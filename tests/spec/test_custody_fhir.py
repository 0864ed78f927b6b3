"""FHIR R4 resources as rows: what stands where, and that ids join however they are written."""

import json
from decimal import Decimal
from typing import Any

import pytest
from custody_world import DATA, unpacked

from modicum.custody.fhir import bare_id, rows_of, table_of
from modicum.custody.fhir_columns import FHIR_TABLES

SMALL = DATA / "synthea_fhir_and_csv_small"


@pytest.mark.parametrize(
    ("reference", "bare"),
    [
        ("urn:uuid:9808a1c3-5354-de5f-bfe5-7fdbd39bb426", "9808a1c3-5354-de5f-bfe5-7fdbd39bb426"),
        ("Patient/567834", "567834"),
        ("https://example.org/fhir/Patient/567834", "567834"),
        ("https://example.org/fhir/Patient/567834/_history/3", "567834"),
        ("#coverage", "coverage"),
        ("Organization?identifier=https://example.org/synthea|2b97", "2b97"),
        ("567834", "567834"),
        ("", None),
        (None, None),
    ],
)
def test_a_reference_keeps_the_id_alone(reference: str | None, bare: str | None) -> None:
    assert bare_id(reference) == bare


def resource(file: str, number: int = 0) -> Any:
    line = unpacked(SMALL / "fhir" / file).splitlines()[number]
    return json.loads(line, parse_float=Decimal)


def test_a_patient_is_one_row() -> None:
    ((table, row),) = rows_of(resource("Patient.ndjson.gz"))
    assert table == "patient"
    given = {name: value for name, value in row.items() if value is not None}
    assert given == {
        "id": "9808a1c3-5354-de5f-bfe5-7fdbd39bb426",
        "identifier_other": "9808a1c3-5354-de5f-bfe5-7fdbd39bb426",
        "mrn": "9808a1c3-5354-de5f-bfe5-7fdbd39bb426",
        "ssn": "999-38-2615",
        "driver_licence": "S99956885",
        "passport": "X75831703X",
        "family": "Cormier289",
        "given": "Barney639 Salvatore257",
        "prefix": "Mr.",
        "birth_date": "1986-01-13",
        "gender": "male",
        "birth_sex": "M",
        "race": "2054-5",
        "ethnicity": "2186-5",
        "marital_status": "M",
        "language": "en-US",
        "phone": "555-963-9875",
        "address_line": "138 Gaylord Course",
        "address_city": "Boston",
        "address_state": "MA",
        "address_postal_code": "02108",
        "address_country": "US",
        "latitude": "42.313628908310065",
        "longitude": "-71.01173099244444",
    }


def test_a_benefit_is_a_row_and_a_row_a_line() -> None:
    (head, first), *lines = rows_of(resource("ExplanationOfBenefit.ndjson.gz"))
    assert head == "explanation_of_benefit"
    assert first["patient"] == "9808a1c3-5354-de5f-bfe5-7fdbd39bb426"
    assert first["claim"] == "cc4d8f18-79cc-1400-7ba9-c58f08df05ae"
    assert (first["coverage_payor"], first["total_submitted"], first["payment_amount"]) == (
        "UnitedHealthcare",
        "1312.09",
        "0.0",
    )
    assert [table for table, _ in lines] == ["explanation_of_benefit_item"] * 2
    assert [line["product_or_service_code"] for _, line in lines] == ["410620009", "160968000"]
    assert {line["patient"] for _, line in lines} == {first["patient"]}


def test_diagnoses_beyond_the_columns_are_kept() -> None:
    codes = [{"diagnosisCodeableConcept": {"coding": [{"code": f"E{number:02}"}]}} for number in range(28)]
    benefit = {"resourceType": "ExplanationOfBenefit", "id": "1", "diagnosis": codes}
    ((_, row),) = rows_of(benefit)
    assert (row["diagnosis_1"], row["diagnosis_25"], row["diagnosis_more"]) == ("E00", "E24", "E25|E26|E27")


def test_all_medicare_numbers_and_old_names_are_kept() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "identifier": [
            {"system": "http://hl7.org/fhir/sid/us-mbi", "value": "1S00A"},
            {"system": "http://hl7.org/fhir/sid/us-mbi", "value": "1S00B"},
        ],
        "name": [{"use": "maiden", "family": "Old"}, {"use": "official", "family": "New", "given": ["A", "B"]}],
        "address": [{"use": "old", "city": "There"}, {"use": "home", "city": "Here"}],
        "deceasedBoolean": True,
    }
    ((_, row),) = rows_of(patient)
    assert (row["mbi"], row["family"], row["given"], row["name_other"]) == ("1S00A|1S00B", "New", "A B", "Old")
    assert (row["address_city"], row["address_other"], row["deceased"]) == ("Here", "There", "true")


def test_other_resources_give_a_column_for_each_path() -> None:
    ((table, row),) = rows_of(resource("Condition.ndjson.gz"))
    assert (table, row["subject"], row["code_coding_code"]) == (
        "condition",
        "9808a1c3-5354-de5f-bfe5-7fdbd39bb426",
        "160968000",
    )
    assert row["onset_date_time"] == "2003-03-03T15:04:05-05:00"
    assert row["encounter_reference"] == "d1ead6cd-8337-02e2-3190-0bf80d9915db"


def test_rows_have_the_declared_columns_and_no_others() -> None:
    for file in ("Patient.ndjson.gz", "ExplanationOfBenefit.ndjson.gz"):
        for number in range(10):
            for table, row in rows_of(resource(file, number)):
                assert set(row) == {column.name for column in FHIR_TABLES[table]}


def test_tables_are_named_by_type() -> None:
    assert [table_of(kind) for kind in ("AllergyIntolerance", "Patient", "")] == [
        "allergy_intolerance",
        "patient",
        "resource",
    ]
