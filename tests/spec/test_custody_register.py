"""Registering: every row is a row of a table or a line of the report, whatever the files are like."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from custody_world import DATA, add, records, unpacked

from modicum.custody.catalogue import list_datasets, load_dataset, load_unreadable
from modicum.custody.engine import PERSON, ROW, STRATUM, table_path
from modicum.custody.register import Registration
from modicum.model.errors import ConflictError, InvalidInputError, ModicumError, NotFoundError
from modicum.storage import Folder

SETS = {
    "cms_idr_synthetic_benes": (21_001, {"old_benes_sandbox": 21_001, "synthetic_bene_cmbnd_dual_mdcr": 10_552}),
    "synthea_population_1k": (1_171, {"patients": 1_171, "payer_transitions": 3_801, "allergies": 597}),
    "fhir_bulk_patient_1k": (1_144, {"patient": 1_144, "allergy_intolerance": 835}),
    "synthea_claims_small": (27, {"patients": 27, "claims": 1_267, "payer_transitions": 1_051}),
    "cms_rif_synthea": (3, {"beneficiary_2011": 3, "beneficiary_history": 3, "pde": 18, "inpatient": 16}),
    "cms_fhir_r4_examples": (1, {"patient": 1, "coverage": 5}),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def added(home: Path) -> dict[str, Registration]:
    return {name: add(home, DATA / name, name=name) for name in SETS}


@pytest.mark.parametrize("name", SETS)
def test_every_shared_data_set_registers_whole(name: str, home: Path, added: dict[str, Registration]) -> None:
    persons, tables = SETS[name]
    registration = added[name]
    found = {table.name: table.rows for table in registration.dataset.tables}
    assert {table: found[table] for table in tables} == tables
    assert not registration.unreadable
    for file, rows in registration.rows_in.items():
        path = DATA / name / file
        if path.suffix != ".json":
            assert rows == records(path), file
    if name != "cms_idr_synthetic_benes":
        assert registration.dataset.persons == persons
    assert load_dataset(Folder(home), name) == registration.dataset


def test_what_is_no_data_file_is_reported(added: dict[str, Registration]) -> None:
    ignored = {each.file: each.reason for each in added["fhir_bulk_patient_1k"].ignored}
    assert ignored == {
        "LICENSE": "not a data file",
        "README.md": "not a data file",
        "log.ndjson": "holds no FHIR resource",
    }


def test_persons_of_the_enrolment_are_its_keys(home: Path, added: dict[str, Registration]) -> None:
    dataset = added["cms_idr_synthetic_benes"].dataset
    keys: dict[str, None] = {}
    for file in ("old_benes_sandbox", "SYNTHETIC_BENE_CMBND_DUAL_MDCR", "SYNTHETIC_BENE_XREF"):
        lines = unpacked(DATA / "cms_idr_synthetic_benes" / f"{file}.csv.gz").decode().splitlines()
        place = lines[0].split(",").index("BENE_SK")
        keys |= dict.fromkeys(key for line in lines[1:] if (key := line.split(",")[place]))
    assert dataset.persons == len(keys)
    folder = Folder(home)
    persons = pq.read_table(folder.path(table_path(dataset.name, dataset.version, "persons")))
    assert persons.column("person_key").to_pylist() == list(keys)
    assert persons.column("ordinal").to_pylist() == list(range(len(keys)))


def test_states_that_are_dirt_are_unknown(home: Path, added: dict[str, Registration]) -> None:
    dataset = added["cms_idr_synthetic_benes"].dataset
    table = "synthetic_bene_cmbnd_dual_mdcr"
    rows = pq.read_table(Folder(home).path(table_path(dataset.name, dataset.version, table))).to_pylist()
    origin = [dict(dataset.strata[row[STRATUM]])["origin_state"] for row in rows]
    assert origin.count("DC") == 966
    assert origin.count("WA") == 928
    for row, state in zip(rows, origin, strict=True):
        given = row["GEO_USPS_STATE_CD"]
        assert state == (given if given is not None and given.isalpha() and given not in {"XX", "NA"} else "unknown")


def test_the_registered_table_is_the_source_and_three_columns(home: Path, added: dict[str, Registration]) -> None:
    dataset = added["synthea_population_1k"].dataset
    table = pq.read_table(Folder(home).path(table_path(dataset.name, dataset.version, "patients")))
    lines = unpacked(DATA / "synthea_population_1k" / "patients.csv.gz").decode().split("\n")
    assert table.column_names == [*lines[0].rstrip("\r").split(","), ROW, PERSON, STRATUM]
    assert table.schema.types[-3:] == [pa.int64(), pa.uint32(), pa.uint16()]
    assert table.column(ROW).to_pylist() == list(range(1_171))
    first = list(table.slice(0, 1).to_pylist()[0].values())[:-3]
    assert ["" if each is None else each for each in first] == lines[1].rstrip("\r").split(",")


def test_two_shapes_of_one_population_count_the_same(tmp_path: Path) -> None:
    small = DATA / "synthea_fhir_and_csv_small"
    from_csv = add(tmp_path, small / "csv", name="csv").dataset
    from_fhir = add(tmp_path, small / "fhir", name="fhir").dataset
    assert (from_csv.persons, from_fhir.persons) == (11, 10)
    folder = Folder(tmp_path)

    def per_person(dataset: str, version: str, table: str, column: str) -> dict[str, int]:
        found = pq.read_table(folder.path(table_path(dataset, version, table)), columns=[column])
        values = found.column(column).to_pylist()
        return {value: values.count(value) for value in set(values)}

    pairs = [("encounters", "PATIENT", "encounter", "subject"), ("conditions", "PATIENT", "condition", "subject")]
    pairs += [("procedures", "PATIENT", "procedure", "subject"), ("patients", "Id", "patient", "id")]
    for csv_table, csv_key, fhir_table, fhir_key in pairs:
        by_csv = per_person("csv", from_csv.version, csv_table, csv_key)
        by_fhir = per_person("fhir", from_fhir.version, fhir_table, fhir_key)
        assert by_fhir == {person: rows for person, rows in by_csv.items() if person in by_fhir}, fhir_table
    states = {dict(stratum)["origin_state"] for stratum in (*from_csv.strata, *from_fhir.strata)}
    assert states <= {"MA", "unknown"}


def test_one_resource_a_bundle_and_lines_of_a_benefit(added: dict[str, Registration]) -> None:
    documents = [json.loads(path.read_bytes()) for path in (DATA / "cms_fhir_r4_examples").glob("*.json")]
    resources = [
        resource
        for document in documents
        for resource in ([each["resource"] for each in document["entry"]] if "entry" in document else [document])
    ]
    benefits = [each for each in resources if each["resourceType"] == "ExplanationOfBenefit"]
    found = {table.name: table.rows for table in added["cms_fhir_r4_examples"].dataset.tables}
    assert found["explanation_of_benefit"] == len(benefits)
    assert found["explanation_of_benefit_item"] == sum(len(each["item"]) for each in benefits)


CANARY = "zq-canary-7731"
DIRTY = (
    b"PATIENT,LAST,NOTE\n"
    b"1,Smith,fine\n"  # line 2
    b'2,"Smith\nJones","a ""quoted"" word"\n'  # lines 3 and 4: one record
    b"3,short-zq-canary-7731\n"  # 5
    b"4,a,b,long-zq-canary-7731\n"  # 6
    b"5,zq-canary-7731-\xff\xfe,x\n"  # 7
    b"6,zq-canary-7731\x00,x\n"  # 8
    b'7,"zq-canary-7731,x\n'  # 9: the quote is never closed
    b"\n"  # 10: no row
    b'8,"zq-canary-7731"tail,x\n'  # 11
    b"9,ok, blanks kept \n"  # 12
    b"010,,\n"  # 13
)
LOST = {5, 6, 7, 8, 9, 11}


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_every_bad_row_is_reported_with_its_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"patients{suffix}"
    path.write_bytes(gzip.compress(DIRTY) if suffix.endswith(".gz") else DIRTY)
    registration = add(tmp_path / "home", path)
    assert {each.line for each in registration.unreadable} == LOST
    assert {each.file for each in registration.unreadable} == {path.name}
    (count,) = registration.files
    assert (count.rows_in, count.registered, count.unreadable, count.blank_lines) == (10, 4, 6, 1)
    dataset = registration.dataset
    rows = pq.read_table(Folder(tmp_path / "home").path(table_path("d", dataset.version, "patients"))).to_pylist()
    assert [(row["PATIENT"], row["LAST"], row["NOTE"]) for row in rows] == [
        ("1", "Smith", "fine"),
        ("2", "Smith\nJones", 'a "quoted" word'),
        ("9", "ok", " blanks kept "),
        ("010", None, None),
    ]
    report = json.dumps(load_unreadable(Folder(tmp_path / "home"), "d"))
    assert CANARY not in report
    assert CANARY not in repr(registration)


def test_bad_lines_of_ndjson_are_reported(tmp_path: Path) -> None:
    lines = [
        b'{"resourceType":"Patient","id":"1"}',
        b'{"resourceType":"Patient","id":"zq-canary-7731"',
        b"",
        b'{"id":"zq-canary-7731"}',
        b"[1,2]",
        b'{"resourceType":"Patient","id":"\xff"}',
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"2"}},{"fullUrl":"x"}]}',
        b'{"resourceType":"Patient","id":"3","name":"zq-canary-7731"}',
        b"[" * 100_000,
    ]
    (tmp_path / "p.ndjson").write_bytes(b"\n".join(lines))
    registration = add(tmp_path / "home", tmp_path / "p.ndjson")
    assert [each.line for each in registration.unreadable] == [2, 4, 5, 6, 7, 9]
    assert registration.dataset.persons == 3
    assert CANARY not in repr(registration)
    (count,) = registration.files
    assert count.rows_in == count.registered + count.unreadable == 3 + 6


def test_a_file_that_breaks_off_is_refused_as_a_whole(tmp_path: Path) -> None:
    whole = gzip.compress(b"PATIENT,A\n" + b"".join(b"%d,x\n" % number for number in range(50_000)))
    path = tmp_path / "t.csv.gz"
    for damaged in (whole[: len(whole) // 2], whole[:2000] + b"\0\0\0\0" + whole[2004:]):
        path.write_bytes(damaged)
        with pytest.raises(InvalidInputError, match="damaged or breaks off"):
            add(tmp_path / "home", path)
    assert list_datasets(Folder(tmp_path / "home")) == []


@pytest.mark.parametrize(
    ("file", "data", "cause"),
    [
        ("t.parquet", b"PAR1 no", "not a Parquet file"),
        ("t.csv", b"", "no header"),
        ("t.csv", b"1,999-12-3456\n2,999-12-3457\n", "holds values"),
        ("t.csv", b"\xff\xfea\0b\0", "not UTF-8"),
        ("t.csv", b'PATIENT,"A\n1,2\n', "quotes of its first line"),
        ("t.csv", b"PATIENT,_modicum_row\n1,2\n", "name kept for Modicum"),
        ("t.csv", b"COLOUR,SIZE\nred,2\n", "key of a person"),
        ("t.ndjson", b"nonsense\n", "no line is a FHIR resource"),
        ("t.docx", b"x", "of no kind"),
    ],
)
def test_a_file_that_cannot_be_a_table_is_refused(tmp_path: Path, file: str, data: bytes, cause: str) -> None:
    path = tmp_path / file
    path.write_bytes(data)
    with pytest.raises(InvalidInputError) as caught:
        add(tmp_path / "home", path)
    assert cause in caught.value.cause
    assert "999-12" not in str(caught.value)


def test_names_of_columns_are_made_unique_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"PATIENT,,Name,NAME, LAST \n1,a,b,c,d\n")
    registration = add(tmp_path / "home", path)
    assert [column.name for column in registration.dataset.columns] == ["PATIENT", "column_2", "Name", "NAME_2", "LAST"]
    assert len(registration.notes) == 2


def test_placeholders_are_nobody(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"PATIENT,LAST\n~,a\nNA,b\n ,c\n,d\n7,e\n")
    registration = add(tmp_path / "home", path)
    assert registration.dataset.persons == 1
    rows = pq.read_table(Folder(tmp_path / "home").path(table_path("d", registration.dataset.version, "t")))
    assert rows.column(PERSON).to_pylist() == [None, None, None, None, 0]


def test_native_types_of_parquet_are_kept(tmp_path: Path) -> None:
    table = pa.table(
        {
            "MSIS_IDENT_NUM": pa.array([3, 1, None], pa.int64()),
            "AMT": pa.array([1.5, None, 2.5]),
            "DAY": pa.array(["x", None, "z"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "claims.parquet")
    registration = add(tmp_path / "home", tmp_path / "claims.parquet")
    found = pq.read_table(Folder(tmp_path / "home").path(table_path("d", registration.dataset.version, "claims")))
    assert found.schema.types[:2] == [pa.int64(), pa.float64()]
    assert found.column("MSIS_IDENT_NUM").to_pylist() == [3, 1, None]
    assert found.column("DAY").to_pylist() == ["x", None, "z"]
    assert found.column(PERSON).to_pylist() == [0, 1, None]


def test_tables_without_rows_and_nested_columns_register(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "people.csv").write_bytes(b"PATIENT,LAST\n1,a\n")
    (tmp_path / "in" / "claims.csv").write_bytes(b"PATIENT,CODE\n")
    nested = pa.table({"PATIENT": ["1"], "CODES": [["a", "b"]], "PLACE": [{"x": 1}]})
    pq.write_table(nested, tmp_path / "in" / "visits.parquet")
    dataset = add(tmp_path / "home", tmp_path / "in").dataset
    assert {table.name: (table.rows, table.person_column) for table in dataset.tables} == {
        "people": (1, "PATIENT"),
        "claims": (0, "PATIENT"),
        "visits": (1, "PATIENT"),
    }


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"PATIENT,LAST\n1,a\n")
    first = add(tmp_path / "home", path).dataset
    with pytest.raises(ConflictError):
        add(tmp_path / "home", path)
    assert load_dataset(Folder(tmp_path / "home"), "d") == first
    again = add(tmp_path / "other", path).dataset
    assert again == first  # the same files give the same version, byte for byte


def test_two_files_of_one_table_and_missing_paths(tmp_path: Path) -> None:
    (tmp_path / "in" / "more").mkdir(parents=True)
    (tmp_path / "in" / "t.csv").write_bytes(b"PATIENT,LAST\n1,a\n")
    (tmp_path / "in" / "more" / "T.csv").write_bytes(b"PATIENT,LAST\n1,a\n")
    with pytest.raises(InvalidInputError, match="another file gives the table t"):
        add(tmp_path / "home", tmp_path / "in")
    with pytest.raises(NotFoundError):
        add(tmp_path / "home", tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInputError, match="name of a data set"):
        add(tmp_path / "home", tmp_path / "in" / "t.csv", name="../x")


def test_nothing_stays_behind_after_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"COLOUR,SIZE\nred,2\n")
    with pytest.raises(ModicumError):
        add(tmp_path / "home", path)
    left = [each for each in (tmp_path / "home").rglob("*") if each.is_file() and ".locks" not in each.parts]
    assert left == []
