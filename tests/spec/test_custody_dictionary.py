"""Dictionaries: what is proposed for which column, what people may write, and what their yes does."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from custody_world import DATA, VOCABULARY, add

from modicum.custody.catalogue import check_codes, confirm, list_datasets, load_dataset
from modicum.custody.dictionary import propose_text, read_dictionary, write_dictionary
from modicum.custody.engine import STRATUM, table_path
from modicum.model.dataset import Dataset
from modicum.model.errors import EvidenceError, InvalidInputError, NotFoundError
from modicum.storage import Folder

EXPECTED = {
    "cms_idr_synthetic_benes": {
        "old_benes_sandbox.BENE_SK": "other_identifier",
        "old_benes_sandbox.BENE_MBI_ID": "medicare_id",
        "old_benes_sandbox.BENE_1ST_NAME": "name",
        "old_benes_sandbox.BENE_LAST_NAME": "name",
        "old_benes_sandbox.BENE_BRTH_DT": "dob",
        "old_benes_sandbox.BENE_DEATH_DT": "death_date",
        "old_benes_sandbox.BENE_SEX_CD": "sex",
        "old_benes_sandbox.BENE_RACE_CD": "race_ethnicity",
        "synthetic_bene_cmbnd_dual_mdcr.BENE_DUAL_STUS_CD": "eligibility_group",
        "synthetic_bene_cmbnd_dual_mdcr.GEO_USPS_STATE_CD": "state",
        "synthetic_bene_cmbnd_dual_mdcr.BENE_MDCD_ELGBLTY_BGN_DT": "enrollment_dates",
        "synthetic_bene_xref.BENE_HICN_NUM": "medicare_id",
    },
    "synthea_population_1k": {
        "patients.Id": "other_identifier",
        "patients.SSN": "ssn",
        "patients.FIRST": "name",
        "patients.MAIDEN": "name",
        "patients.BIRTHDATE": "dob",
        "patients.DRIVERS": "other_identifier",
        "patients.ADDRESS": "address",
        "patients.CITY": "city",
        "patients.STATE": "state",
        "patients.COUNTY": "county",
        "patients.ZIP": "zip",
        "patients.LAT": "geo_point",
        "patients.RACE": "race_ethnicity",
        "patients.GENDER": "sex",
        "patients.MARITAL": "marital_status",
        "patients.HEALTHCARE_COVERAGE": "payment",
        "patients.BIRTHPLACE": None,
        "payer_transitions.PATIENT": "other_identifier",
        "payer_transitions.START_YEAR": "enrollment_dates",
        "payer_transitions.PAYER": "insurance",
        "payers.NAME": "insurance",
        "allergies.CODE": "clinical_other",
        "allergies.START": "service_dates",
    },
    "cms_rif_synthea": {
        "beneficiary_2011.BENE_ID": "other_identifier",
        "beneficiary_2011.MBI_NUM": "medicare_id",
        "beneficiary_2011.BENE_SRNM_NAME": "name",
        "beneficiary_2011.BENE_BIRTH_DT": "dob",
        "beneficiary_2011.BENE_ZIP_CD": "zip",
        "beneficiary_2011.DRVD_LINE_1_ADR": "address",
        "beneficiary_2011.META_DUAL_ELGBL_STUS_JAN_CD": "eligibility_group",
        "inpatient.CLM_ID": "other_identifier",
        "inpatient.FI_DOC_CLM_CNTL_NUM": "other_identifier",
        "inpatient.PRNCPAL_DGNS_CD": "diagnosis",
        "inpatient.CLM_PMT_AMT": "payment",
        "inpatient.CLM_FROM_DT": "service_dates",
        "inpatient.PRVDR_NUM": "provider",
        "pde.PDE_ID": "other_identifier",
        "pde.PROD_SRVC_ID": "drug",
        "pde.TOT_RX_CST_AMT": "payment",
    },
    "synthea_claims_small": {
        "claims.PATIENTID": "other_identifier",
        "claims.Id": "other_identifier",
        "claims.APPOINTMENTID": "other_identifier",
        "claims.HEALTHCARECLAIMTYPEID1": "claims",
        "claims.DIAGNOSIS1": "diagnosis",
        "claims.SERVICEDATE": "service_dates",
        "claims.PROVIDERID": "provider",
        "payer_transitions.OWNERNAME": "name",
        "payer_transitions.MEMBERID": "other_identifier",
    },
    "fhir_bulk_patient_1k": {
        "patient.ssn": "ssn",
        "patient.birth_date": "dob",
        "patient.address_postal_code": "zip",
        "patient.language": "language",
        "allergy_intolerance.patient": "other_identifier",
        "allergy_intolerance.code_coding_code": "clinical_other",
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_columns_are_classified_by_name_and_value(name: str, tmp_path: Path) -> None:
    dataset = add(tmp_path, DATA / name).dataset
    found = {column.qualified: column.data_class for column in dataset.columns}
    assert {column: found[column] for column in EXPECTED[name]} == EXPECTED[name]
    assert not dataset.confirmed
    attributes = {source.attribute for source in dataset.strata_sources}
    assert "immigration" not in attributes
    assert "enrolment_role" not in attributes


def test_elements_are_named_by_their_standard(tmp_path: Path) -> None:
    path = tmp_path / "eligibility.csv"
    path.write_text("MSIS_IDENT_NUM,CTZNSHP_IND,IMMIGRATION-STATUS,WVR_ID,SHOE\n1,0,1,x,9\n")
    elements = {column.name: column.element for column in add(tmp_path / "home", path).dataset.columns}
    assert elements == {
        "MSIS_IDENT_NUM": "MSIS-IDENTIFICATION-NUM",
        "CTZNSHP_IND": "CITIZENSHIP-IND",
        "IMMIGRATION-STATUS": "IMMIGRATION-STATUS",
        "WVR_ID": "TAF WVR_ID",
        "SHOE": None,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("999-12-3456", "ssn"),
        ("1S00EU8FA10", "medicare_id"),
        ("A123456789", "a_number"),
        ("nobody@example.org", "email"),
        ("555-201-3344", "phone"),
        ("60612-1234", "zip"),
        ("12345-6789-01", "drug"),
        ("blue", None),
        ("12", None),
        ("2020-01-01", None),
    ],
)
def test_values_tell_what_a_name_does_not(value: str, expected: str | None, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("PATIENT,SHOE,ID_CARD\n" + f"1,{value},x\n" * 9)
    dataset = add(tmp_path / "home", path).dataset
    found = dataset.find("t.SHOE")
    assert found is not None
    assert found.data_class == expected
    assert value not in (tmp_path / "home" / "data" / "d" / "dictionary.toml").read_text()


def test_an_identifier_in_the_values_beats_a_harmless_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("PATIENT,STATE\n" + "1,999-12-3456\n" * 3)
    column = add(tmp_path / "home", path).dataset.find("STATE")
    assert column is not None
    assert column.data_class == "ssn"


def world(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "eligibility.csv").write_text(
        "MSIS_IDENT_NUM,SUBMTG_STATE_CD,CTZNSHP_IND,IMGRTN_STUS_CD,ROLE\n"
        "1,06,0,3,beneficiary\n2,17,1,8,applicant\n3,11,0,8,~\n4,00,2,1,\n5,53,1,0,non_applicant\n"
    )
    (folder / "status_check.csv").write_text(
        "MSIS_IDENT_NUM,STATUS\n1,not_lawfully_present\n2,us_citizen\n3,lpr\n3,daca_recipient\n4,maybe\n"
    )
    (folder / "claims.csv").write_text(
        "MSIS_IDENT_NUM,DGNS_1_CD,DGNS_2_CD\n1,E11.9,F10.20\n2,E11.9,\n3,,\n4,E11.9,banana\n5,E11.9,\n5,F11.1,J45\n"
    )
    return folder


def strata_of(home: Path, dataset: Dataset, table: str, attribute: str) -> list[str]:
    rows = pq.read_table(Folder(home).path(table_path(dataset.name, dataset.version, table)))
    return [dict(dataset.strata[place])[attribute] for place in rows.column(STRATUM).to_pylist()]


def test_strata_are_evidenced_as_documented(tmp_path: Path) -> None:
    home = tmp_path / "home"
    dataset = add(home, world(tmp_path)).dataset
    assert strata_of(home, dataset, "eligibility", "origin_state") == ["CA", "IL", "DC", "unknown", "WA"]
    assert strata_of(home, dataset, "claims", "origin_state") == ["CA", "IL", "DC", "unknown", "WA", "WA"]
    # Immigration: by the status check alone; two checks that disagree, or a word that is none, are unknown.
    checked = ["not_lawfully_present", "us_citizen", "unknown", "unknown", "unknown"]
    assert strata_of(home, dataset, "eligibility", "immigration") == checked
    assert strata_of(home, dataset, "claims", "part2") == ["yes", "no", "unknown", "unknown", "no", "yes"]
    assert strata_of(home, dataset, "eligibility", "part2") == ["yes", "no", "unknown", "unknown", "unknown"]
    roles = ["beneficiary", "applicant", "unknown", "unknown", "non_applicant"]
    assert strata_of(home, dataset, "eligibility", "enrolment_role") == roles


def test_documented_codes_are_checked_in_words(tmp_path: Path) -> None:
    path = tmp_path / "eligibility.csv"
    rows = "1,0,8\n" * 3 + "2,1,3\n" * 12 + "3,1,8\n" * 30 + "4,2,0\n" * 11 + "5,7,\n"
    path.write_text("MSIS_IDENT_NUM,CTZNSHP_IND,IMGRTN_STUS_CD\n" + rows)
    dataset = add(tmp_path / "home", path).dataset
    findings = check_codes(Folder(tmp_path / "home"), dataset)
    assert findings[0].startswith("eligibility: under 11 rows with CITIZENSHIP-IND 0")
    assert findings[1].startswith("eligibility: 12 rows with CITIZENSHIP-IND 1 or 2")
    assert "coded both 8 (T-MSIS, 30 rows) and 0 (TAF, 11 rows)" in findings[-1]
    assert dataset.strata == (
        (("enrolment_role", "unknown"), ("immigration", "unknown"), ("origin_state", "unknown"), ("part2", "unknown")),
    )


def test_a_dictionary_reads_back_as_it_was_written(tmp_path: Path) -> None:
    text = propose_text([world(tmp_path)], vocabulary=VOCABULARY)
    tables = {
        "eligibility": ["MSIS_IDENT_NUM", "SUBMTG_STATE_CD", "CTZNSHP_IND", "IMGRTN_STUS_CD", "ROLE"],
        "status_check": ["MSIS_IDENT_NUM", "STATUS"],
        "claims": ["MSIS_IDENT_NUM", "DGNS_1_CD", "DGNS_2_CD"],
    }
    read = read_dictionary(text.encode(), vocabulary=VOCABULARY, tables=tables)
    assert write_dictionary(read, "in") == text
    assert read.person_columns == dict.fromkeys(tables, "MSIS_IDENT_NUM")


def line_of(text: str, part: str, after: str = "") -> int:
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if after in line)
    return next(place for place in range(start, len(lines)) if part in lines[place]) + 1


@pytest.mark.parametrize(
    ("old", "new", "header", "cause"),
    [
        ('data_class = "state"', 'data_class = "colour"', "[[columns]]", "the data_class colour"),
        ('name = "SUBMTG_STATE_CD"', 'name = "NOWHERE"', "[[columns]]", "has no column NOWHERE"),
        ('table = "eligibility"\ncolumn', 'table = "x"\ncolumn', "[strata.origin_state]", "no table x"),
        ('"06" = "CA"', '"06" = "XX"', "[strata.origin_state]", "maps to XX"),
        ("[strata.origin_state]", "[strata.colour]", "[strata.colour]", "no row attribute colour"),
        ('kind = "text"', 'kind = "song"', "[[columns]]", "unknown kind"),
        ('shape = "icd-10"', 'shape = "star"', "[strata.part2]", "unknown shape"),
        ("[tables.claims]", "[tables.nowhere]", "[tables.nowhere]", "no table nowhere"),
        ("proposed_because", "why", "[[columns]]", "no field why"),
        ('kind = "text"', 'kind = "text"\nlower = "0"\nupper = "9"', "[[columns]]", "a kind of number"),
        ('kind = "text"', 'kind = "decimal"\nlower = "0"', "[[columns]]", "both `lower` and `upper`"),
        ('kind = "text"', 'kind = "decimal"\nlower = "0"\nupper = "much"', "[[columns]]", '"100.50" where decimal'),
        ('kind = "text"', 'kind = "integer"\nlower = "0"\nupper = "9.5"', "[[columns]]", '"100.50" where decimal'),
        ('kind = "text"', 'kind = "integer"\nlower = 9\nupper = 9', "[[columns]]", "reversed or equal"),
    ],
)
def test_a_wrong_dictionary_is_refused_with_its_line(
    old: str, new: str, header: str, cause: str, tmp_path: Path
) -> None:
    folder = world(tmp_path)
    text = propose_text([folder], vocabulary=VOCABULARY)
    assert old in text
    wrong = text.replace(old, new, 1)
    path = tmp_path / "wrong.toml"
    path.write_text(wrong)
    with pytest.raises(InvalidInputError) as caught:
        add(tmp_path / "home", folder, dictionary=path)
    assert cause in caught.value.cause
    place = re.search(r"wrong\.toml line (\d+):", caught.value.cause)
    assert place is not None
    assert wrong.splitlines()[int(place[1]) - 1].strip() == header
    assert list_datasets(Folder(tmp_path / "home")) == []


def test_toml_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    path.write_text('[dataset]\nname = "x"\nconfirmed = zq-canary\n')
    with pytest.raises(InvalidInputError, match=r"d\.toml line 3: it is not TOML") as caught:
        add(tmp_path / "home", world(tmp_path), dictionary=path)
    assert "canary" not in str(caught.value)
    with pytest.raises(NotFoundError):
        add(tmp_path / "home", tmp_path / "in", dictionary=tmp_path / "nowhere.toml")


def test_a_column_that_is_not_listed_has_no_class(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    path.write_text('[tables.eligibility]\nperson_column = "MSIS_IDENT_NUM"\n')
    dataset = add(tmp_path / "home", world(tmp_path), dictionary=path).dataset
    assert {column.data_class for column in dataset.columns} == {None}
    assert [table.person_column for table in dataset.tables] == [None, "MSIS_IDENT_NUM", None]
    assert dataset.persons == 5
    assert dataset.confirmed  # a dictionary that a person names is a person's word


def test_confirming_changes_nothing_but_the_yes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = add(home, world(tmp_path)).dataset
    after = confirm(Folder(home), "d", vocabulary=VOCABULARY)
    assert (before.confirmed, after.confirmed) == (False, True)
    assert after.version == before.version
    assert after.strata == before.strata
    assert load_dataset(Folder(home), "d") == after


def test_confirming_an_edited_dictionary_makes_a_version(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = add(home, world(tmp_path)).dataset
    path = home / "data" / "d" / "dictionary.toml"
    path.write_text(path.read_text().replace('"06" = "CA"', '"06" = "unknown"').replace('"state"', '"county"'))
    after = confirm(Folder(home), "d", vocabulary=VOCABULARY)
    assert after.version != before.version
    assert strata_of(home, after, "eligibility", "origin_state")[0] == "unknown"
    assert strata_of(home, before, "eligibility", "origin_state")[0] == "CA"  # the old version stays for old releases
    path.write_text(path.read_text().replace('"county"', '"colour"'))
    with pytest.raises(InvalidInputError, match="colour"):
        confirm(Folder(home), "d", vocabulary=VOCABULARY)
    assert load_dataset(Folder(home), "d") == after


def test_a_description_that_was_touched_is_broken_evidence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    add(home, world(tmp_path))
    path = home / "data" / "d" / "dataset.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(EvidenceError):
        load_dataset(Folder(home), "d")
    with pytest.raises(NotFoundError):
        load_dataset(Folder(home), "nowhere")


def test_bounds_of_numbers_are_kept_and_make_a_version(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = add(home, world(tmp_path)).dataset
    path = home / "data" / "d" / "dictionary.toml"
    assert "lower" not in path.read_text()
    paid = before.columns[-1]
    header = f'table = "{paid.table}"\nname = "{paid.name}"\n'
    start, _, rest = path.read_text().partition(header)
    bounded = rest.replace(f'kind = "{paid.kind}"', 'kind = "decimal"\nlower = 0\nupper = "500.25"', 1)
    path.write_text(start + header + bounded)
    after = confirm(Folder(home), "d", vocabulary=VOCABULARY)
    assert after.version != before.version
    found = next(each for each in load_dataset(Folder(home), "d").columns if each.qualified == paid.qualified)
    assert (found.lower, found.upper) == ("0", "500.25")
    tables = {each.name: tuple(c.name for c in after.columns if c.table == each.name) for each in after.tables}
    read = read_dictionary(path.read_bytes(), vocabulary=VOCABULARY, tables=tables)
    assert read_dictionary(write_dictionary(read, "d").encode(), vocabulary=VOCABULARY, tables=tables) == read
