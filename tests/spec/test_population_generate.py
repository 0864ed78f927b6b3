"""Same people and seed, same bytes; nobody real; wrong input is refused and nothing is overwritten."""

import re
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from modicum.custody.dictionary import Vocabulary, read_dictionary
from modicum.custody.population import FILES, MAX_PEOPLE, generate, identifiers, reference, services
from modicum.custody.population.generate import apportion
from modicum.law.packs import load_pack
from modicum.model.errors import ConflictError, InvalidInputError
from modicum.model.forms import Form

PEOPLE = 4_000


def digests(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("population") / "out"
    generate(out, people=PEOPLE, seed=11)
    return out


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / f"{table}.parquet").to_pylist()


def test_same_seed_same_bytes_in_another_process_with_one_thread(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, pyarrow; pyarrow.set_cpu_count(1)\n"
        "from modicum.custody.population import generate\n"
        f"generate(pathlib.Path(sys.argv[1]), people={PEOPLE}, seed=11)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], check=True)
    assert digests(tmp_path / "again") == digests(folder)


def test_another_seed_gives_other_people(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path / "other", people=PEOPLE, seed=12)
    mine, other = digests(folder), digests(tmp_path / "other")
    assert all(mine[name] != other[name] for name in FILES if name.endswith(".parquet"))


def test_chunks_do_not_depend_on_how_many_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["modicum.custody.population.generate"]
    monkeypatch.setattr(module, "CHUNK", 500)
    generate(tmp_path / "two", people=1_000, seed=3)
    generate(tmp_path / "three", people=1_300, seed=3)
    two, three = rows(tmp_path / "two", "eligibility"), rows(tmp_path / "three", "eligibility")
    assert three[: len(two)] == two
    assert pq.ParquetFile(tmp_path / "three" / "claims.parquet").num_row_groups == 3
    claims = rows(tmp_path / "three", "claims")
    assert len({(row["ORGNL_CLM_NUM"], row["ORGNL_LINE_NUM"]) for row in claims}) == len(claims)


def test_no_number_belongs_to_anybody(folder: Path) -> None:
    for row in rows(folder, "eligibility"):
        number = (row["SSN_NUM"] or "").replace("-", "")
        assert not number or number in {"~", "000000000"} or re.fullmatch(r"9\d\d[0-4]\d{5}", number)
        assert row["MDCR_BENE_ID"] is None or row["MDCR_BENE_ID"].startswith("1S00")
        assert row["ELGBL_PHNE_NUM"] is None or re.fullmatch(r"\d{3}55501\d\d", row["ELGBL_PHNE_NUM"])
        assert row["ELGBL_EMAIL_ADR"] is None or re.fullmatch(
            r"[^@\s~]+@example\.(com|org|net)", row["ELGBL_EMAIL_ADR"]
        )
        assert row["MSIS_IDENT_NUM"].startswith("SYN")
        assert (row["MDCR_BENE_ID"] is None) == (row["DUAL_ELGBL_CD"] == "00")
    for row in rows(folder, "claims"):
        assert not luhn("80840" + row["BLG_PRVDR_NPI_NUM"])
        assert row["NDC_CD"] is None or re.fullmatch(r"00000\d{6}", row["NDC_CD"])


def luhn(number: str) -> bool:
    worth = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 * (value > 9) for value in worth) % 10 == 0


def test_luhn_here_accepts_the_published_npi() -> None:
    assert luhn("80840" + "1234567893")  # the example of CMS, "Requirements for NPI check digit"


def test_identifiers_are_unique(folder: Path) -> None:
    first = {row["MSIS_IDENT_NUM"]: row for row in rows(folder, "eligibility")}
    assert len(first) == PEOPLE
    numbers = [row["SSN_NUM"].replace("-", "") for row in first.values() if row["SSN_NUM"]]
    numbers = [number for number in numbers if number not in {"~", "000000000"}]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("modulus", [identifiers.SSN_NUMBERS, 1_000_000_000, 80_000_000, 1_000])
def test_spread_is_a_permutation(modulus: int) -> None:
    import numpy as np

    some = np.arange(min(modulus, 200_000))
    found = identifiers.spread(some, modulus, seed=5)
    assert len(np.unique(found)) == len(some)
    assert found.min() >= 0
    assert found.max() < modulus


def test_the_dictionary_names_every_column_and_no_other(folder: Path) -> None:
    dictionary = tomllib.loads((folder / "dictionary.toml").read_text())
    named = [(column["table"], column["name"]) for column in dictionary["columns"]]
    there = [
        (table, name)
        for table in ("eligibility", "claims", "status_check")
        for name in pq.read_schema(folder / f"{table}.parquet").names
    ]
    assert named == there
    kinds = {"string": "text", "int32": "integer", "date32[day]": "date", "decimal128(13, 2)": "decimal"}
    for column in dictionary["columns"]:
        schema = pq.read_schema(folder / f"{column['table']}.parquet")
        assert column["kind"] == kinds[str(schema.field(column["name"]).type)]


def test_custody_reads_the_dictionary(folder: Path) -> None:
    data = (folder / "dictionary.toml").read_bytes()
    document = tomllib.loads(data.decode())
    attributes = {name: frozenset(source["values"].values()) for name, source in document["strata"].items()}
    classes = frozenset(column["data_class"] for column in document["columns"])
    tables = {name: pq.read_schema(folder / f"{name}.parquet").names for name in document["tables"]}
    read = read_dictionary(data, vocabulary=Vocabulary(classes=classes, attributes=attributes), tables=tables)
    assert len(read.columns) == sum(map(len, tables.values()))
    assert set(read.person_columns.values()) == {"MSIS_IDENT_NUM"}
    assert {source.attribute for source in read.strata} == {"origin_state", "immigration", "part2", "enrolment_role"}


@pytest.mark.parametrize("people", [0, -1, MAX_PEOPLE + 1])
def test_a_number_of_people_that_cannot_be_is_refused(people: int, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        generate(tmp_path / "out", people=people, seed=1)
    assert not (tmp_path / "out").exists()


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        generate(tmp_path / "out", people=1, seed=-1)


@pytest.mark.parametrize("people", [1, 2, 3, 10])
def test_a_handful_of_people_will_do(people: int, tmp_path: Path) -> None:
    made = generate(tmp_path / "out", people=people, seed=1)
    assert len({row["MSIS_IDENT_NUM"] for row in rows(tmp_path / "out", "eligibility")}) == people
    assert made.people == people
    schema = pq.read_schema(tmp_path / "out" / "claims.parquet")
    assert "FED_PD_AMT" in schema.names


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_there_is_never_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConflictError):
        generate(tmp_path, people=10, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInputError):
        generate(tmp_path / "file", people=10, seed=1)


def test_a_failure_in_the_middle_leaves_no_table(tmp_path: Path) -> None:
    def stop(_what: str, _share: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "out", people=10, seed=1, progress=stop)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_progress_ends_at_one(tmp_path: Path) -> None:
    shares: list[float | None] = []
    generate(tmp_path / "out", people=10, seed=1, progress=lambda _what, share: shares.append(share))
    assert shares[0] == 0
    assert shares[-1] == 1


def test_people_are_shared_out_by_largest_remainder() -> None:
    states = reference.load().states
    for size in (1, 2, 3, 7, 100, 99_999):
        assert sum(apportion(size, states)) == size
    assert apportion(1, states) == [1, 0, 0, 0]


def test_the_package_data_is_small() -> None:
    folder = Path(reference.__file__).parent / "reference"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 400_000


def test_every_diagnosis_of_the_substance_use_table_is_one() -> None:
    assert all("F10" <= code[:3] <= "F19" for code in services.DIAGNOSES["sud"])
    others = [code for name, table in services.DIAGNOSES.items() if name != "sud" for code in table]
    assert not [code for code in others if "F10" <= code[:3] <= "F19"]


def test_the_page_prints_the_figures_of_the_tool() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "explanation" / "the-synthetic-population.md").read_text(encoding="utf-8")
    made = subprocess.run(
        [sys.executable, root / "tools" / "population_figures.py"], check=True, capture_output=True, text=True
    )
    assert page.split("<!-- figures -->\n")[1].split("<!-- end -->")[0] == made.stdout


def test_statistics_drop_every_column_that_numbers_people_or_claims(folder: Path) -> None:
    transformations = load_pack("us_medicaid").transformations
    columns = tomllib.loads((folder / "dictionary.toml").read_text("utf-8"))["columns"]
    numbering = set()
    for each in columns:
        values = [row[each["name"]] for row in rows(folder, each["table"])] if each["kind"] == "text" else []
        if len(set(values)) > len(values) / 3 and each["data_class"] != "provider":
            numbering.add(each["name"])
            treated = transformations.get((Form.STATISTICS, each["data_class"]), "keep")
            assert treated in {"drop", "year", "zip3"}, each["name"]
    assert {"SSN_NUM", "MSIS_CASE_NUM", "ORGNL_CLM_NUM", "ELGBL_EMAIL_ADR"} <= numbering
