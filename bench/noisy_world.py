"""Twenty million invented people and their claims, written to Parquet by DuckDB where the engine looks for them."""

from datetime import date
from pathlib import Path

import duckdb

from modicum.custody.engine import table_path
from modicum.model.dataset import Column, Dataset, Table
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Handling, Person, Population, Question, Request
from modicum.model.statistics import Grouping, Measure, MeasureKind, Mechanism, Statistics

STATES, COUNTIES, TYPES, ELIGIBILITY = 56, 3000, 5, 75
COLUMNS = {  # name: data class, kind
    "STATE": ("state", "text"),
    "COUNTY": ("county", "text"),
    "CLAIM_TYPE": ("claims", "text"),
    "ELIGIBILITY_GROUP": ("eligibility_group", "text"),
    "MONTH": ("claims", "text"),
    "PAID": ("payment", "decimal"),
}
VALUES = {
    "STATE": tuple(f"{number:02d}" for number in range(STATES)),
    "COUNTY": tuple(f"{number:05d}" for number in range(COUNTIES)),
    "CLAIM_TYPE": tuple("ABCDE"[:TYPES]),
    "ELIGIBILITY_GROUP": tuple(f"{number:02d}" for number in range(ELIGIBILITY)),
    "MONTH": tuple(f"{number:02d}" for number in range(1, 13)),
}
GROUPINGS = (("STATE",), ("STATE", "CLAIM_TYPE"), ("COUNTY",), ("ELIGIBILITY_GROUP", "MONTH"))
LOWER, UPPER, MOST_ROWS = "0", "1000", 3
AS_OF = date(2026, 3, 15)
KEPT = {(Form.STATISTICS, data_class): "keep" for data_class, _ in COLUMNS.values()}
BECAUSE = (Because(id="bench", cite="bench", basis=Basis.LAW, verified="text-read"),)


def dataset(people: int) -> Dataset:
    return Dataset(
        name="bench",
        version="v1",
        confirmed=True,
        tables=(Table(name="claims", rows=3 * people, unreadable=0, person_column=None, sha256="0" * 64),),
        columns=tuple(
            Column(table="claims", name=name, element=None, data_class=data_class, kind=kind)
            for name, (data_class, kind) in COLUMNS.items()
        ),
        strata_sources=(),
        strata=((("origin_state", "unknown"),),),
        persons=people,
    )


def build(root: Path, people: int, *, shuffled: bool = False) -> Path:
    """One to five claims a person, three on average; state, county and eligibility stay with the person.

    The rows of a person stand together, as in most extracts; shuffled: in no order at all.
    """
    claims, persons = (root / table_path("bench", "v1", name) for name in ("claims", "persons"))
    claims.parent.mkdir(parents=True, exist_ok=True)
    options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"
    with duckdb.connect(
        config={"preserve_insertion_order": False, "temp_directory": str(root / "spill")}
    ) as connection:
        connection.execute(f"""
            COPY (
                SELECT p AS _modicum_row, p::UINTEGER AS _modicum_person, 0::USMALLINT AS _modicum_stratum,
                    printf('%02d', (h // 7 % {STATES})::INTEGER) AS STATE,
                    printf('%05d', (h // 11 % {COUNTIES})::INTEGER) AS COUNTY,
                    printf('%02d', (h // 13 % {ELIGIBILITY})::INTEGER) AS ELIGIBILITY_GROUP,
                    chr(65 + (g % {TYPES})::INTEGER) AS CLAIM_TYPE,
                    printf('%02d', (1 + g // 17 % 12)::INTEGER) AS MONTH,
                    ((g // 19 % 250000) / 100.0)::DECIMAL(12, 2) AS PAID
                FROM (
                    SELECT p, hash(p) AS h, hash(p * 8 + n) AS g
                    FROM (SELECT p, unnest(range(1 + (hash(p) % 5)::BIGINT)) AS n FROM range({people}) AS people(p))
                ) {"ORDER BY g" if shuffled else ""}
            ) TO '{claims}' ({options})
        """)
        connection.execute(
            f"COPY (SELECT p::VARCHAR AS person_key, p::UINTEGER AS ordinal FROM range({people}) AS people(p))"
            f" TO '{persons}' ({options})"
        )
    return claims


def request(by: tuple[str, ...]) -> Request:
    """People and what was paid, by some columns: at most three rows of a person in each of at most three groups."""
    return Request(
        title="bench",
        custodian="custodian",
        action="disclose",
        requester=Person(organisation="asker", person="ann"),
        question=Question(text="bench", asks=Asks.STATISTICS),
        purpose="research",
        authorities=(),
        population=Population(dataset="bench"),
        columns=(),
        form=Form.STATISTICS,
        recipients=(),
        handling=Handling(retention_days=1),
        statistics=Statistics(
            mechanism=Mechanism.NOISE,
            measures=(
                Measure(kind=MeasureKind.COUNT),
                Measure(kind=MeasureKind.SUM, column="PAID", lower=LOWER, upper=UPPER),
            ),
            by=tuple(Grouping(column=name, values=VALUES[name]) for name in by),
            epsilon="1",
            delta="1e-9",
            max_groups_per_person=3,
            max_rows_per_person=MOST_ROWS,
        ),
    )


def decision(asked: Request, data: Dataset) -> Decision:
    """Everything is permitted: the law is measured by bench/decide.py."""
    return Decision(
        request_sha256=asked.sha256,
        pack=PackRef(name="bench", version="0", sha256="0" * 64),
        catalogue_sha256="0" * 64,
        facts_sha256="0" * 64,
        dataset_version="v1",
        as_of=AS_OF,
        hypothetical=False,
        columns=data.columns,
        strata=data.strata,
        forms=DISCLOSING,
        classes=(Cell(verdict=Verdict.PERMITTED, because=BECAUSE),),
        cells=[0] * (len(data.columns) * len(data.strata) * len(DISCLOSING)),
        lowest_form=Form.STATISTICS,
    )
