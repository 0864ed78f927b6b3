"""Small invented data sets, decisions and requests, dirty on purpose. No person, no rule text, is real."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from modicum.custody.engine import Engine, table_path
from modicum.model.dataset import Column, Dataset, Table
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import (
    Asks,
    Condition,
    Handling,
    Operator,
    Person,
    Population,
    Question,
    Recipient,
    Request,
)
from modicum.storage import Folder

AS_OF = date(2026, 3, 15)
CANARY = "CANARY"
SOURCES = {
    "elig": {
        "ID": ("medicaid_id", "text", pa.string()),
        "LAST-NAME": ("name", "text", pa.string()),
        "STATE": ("state", "text", pa.string()),
        "BIRTH": ("dob", "date", pa.string()),
        "DEATH": ("death_date", "date", pa.date32()),
        "ZIP": ("zip", "text", pa.string()),
        "INCOME": ("household_members", "decimal", pa.string()),
        "Notes=1": (None, "text", pa.string()),
    },
    "claims": {
        "KIND": ("claims", "text", pa.string()),
        "PAID": ("payment", "decimal", pa.string()),
        "UNITS": ("procedure", "integer", pa.int64()),
        "AMT": ("payment", "decimal", pa.decimal128(12, 2)),
        "BEGIN": ("service_dates", "date", pa.string()),
        "DX": ("diagnosis", "text", pa.string()),
        "ZIP": ("zip", "integer", pa.int32()),
        "SSN": ("ssn", "text", pa.string()),
    },
}
DATES = ["1935-01-01", "19360315", "1936-03-16", "19360314", "01JAN1980", "02-feb-1990", "03-XYZ-1990", "1990-13-01"]
DATES += ["", "~", "19900231", "1990-02-03 04:05:06", "2026-01-01T00:00:00Z", "03-Mar-2001", "XX", "1999-1-1"]
ZIPS = ["94110", "60601-1234", "981011234", "03601", "00601", "9411", "ABCDE", "", "59201", "20202", "94110 ", "00000"]
NUMBERS = [
    "1",
    "12.50",
    "-3.25",
    "+4",
    "1e3",
    "",
    "~",
    "007",
    " 8.1 ",
    "0.0000005",
    "99999999.999999",
    "1,000",
    "$5",
    "7.",
]
WORDS = ["CA", "IL", "WA", "DC", "=1+1", "@x", "", "'; drop table elig; --", "ça", "a|b"]


@dataclass(frozen=True, kw_only=True)
class World:
    dataset: Dataset
    rows: Mapping[str, Sequence[dict[str, Any]]]
    person_keys: Sequence[str]

    @contextmanager
    def engine(self, root: Path) -> Iterator[Engine]:
        folder = Folder(root)
        self.write(root)
        with Engine.open(folder, self.dataset, memory="512MiB", threads=2) as engine:
            yield engine

    def write(self, root: Path) -> None:
        for table, sources in SOURCES.items():
            fields = {name: kind for name, (_, _, kind) in sources.items()}
            fields |= {"_modicum_row": pa.int64(), "_modicum_person": pa.uint32(), "_modicum_stratum": pa.uint16()}
            put(root, self.dataset, table, pa.Table.from_pylist(list(self.rows[table]), schema=pa.schema(fields)))
        keys = pa.table(
            {
                "person_key": pa.array(self.person_keys, pa.string()),
                "ordinal": pa.array(range(len(self.person_keys)), pa.uint32()),
            }
        )
        put(root, self.dataset, "persons", keys)


def put(root: Path, dataset: Dataset, table: str, content: pa.Table) -> None:
    path = root / table_path(dataset.name, dataset.version, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(content, path)


def columns() -> tuple[Column, ...]:
    return tuple(
        Column(table=table, name=name, element=None, data_class=data_class, kind=kind)
        for table, sources in SOURCES.items()
        for name, (data_class, kind, _) in sources.items()
    )


def dataset(strata: int, persons: int) -> Dataset:
    return Dataset(
        name="world",
        version="v1",
        confirmed=True,
        tables=tuple(Table(name=t, rows=0, unreadable=0, person_column=None, sha256="0" * 64) for t in SOURCES),
        columns=columns(),
        strata_sources=(),
        strata=tuple((("origin_state", f"S{index}"),) for index in range(strata)),
        persons=persons,
    )


def value(chance: random.Random, kind: str, native: pa.DataType) -> Any:
    if chance.random() < 0.1:
        return None
    if pa.types.is_date(native):
        return AS_OF - timedelta(days=chance.randrange(40_000))
    if pa.types.is_decimal(native):
        return Decimal(chance.randrange(-9999, 9_999_999)) / 100
    if pa.types.is_integer(native):
        return chance.choice([601, 94110, 3601, 60601, 1, 7, -4, 981011234])
    return chance.choice({"date": DATES, "decimal": NUMBERS}.get(kind, WORDS))


def cells(chance: random.Random, person: int, table: str, marked: frozenset[str]) -> dict[str, Any]:
    made = {}
    for name, (data_class, kind, native) in SOURCES[table].items():
        made[name] = value(chance, kind, native)
        if data_class == "zip" and native == pa.string():
            made[name] = chance.choice(ZIPS)
        if f"{table}.{name}" in marked and native == pa.string() and chance.random() < 0.8:
            made[name] = f"{CANARY}-{table}-{name}-{person}"
    return made


def world(
    chance: random.Random, *, persons: int, strata: int, forbidden: Mapping[int, frozenset[str]] | None = None
) -> World:
    """Rows of both tables; a cell whose stratum forbids its column (`table.column`) mostly holds a canary."""
    mine = [chance.randrange(strata) for _ in range(persons)]
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in SOURCES}
    for table, most in (("elig", 2), ("claims", 4)):
        for person in [*range(persons), None, None]:
            for _ in range(chance.randint(0 if table == "claims" else 1, most)):
                stratum = chance.randrange(strata) if person is None or chance.random() < 0.05 else mine[person]
                marked = (forbidden or {}).get(stratum, frozenset())
                if person is None:
                    marked = frozenset(column.qualified for column in columns())
                own = {"_modicum_row": len(rows[table]), "_modicum_person": person, "_modicum_stratum": stratum}
                rows[table].append(cells(chance, -1 if person is None else person, table, marked) | own)
    keys = [f"key-{person:04d}" for person in range(persons)]
    return World(dataset=dataset(strata, persons), rows=rows, person_keys=keys)


def because(name: str) -> Because:
    return Because(id=name, cite=f"1 X.Y.Z. {name}", basis=Basis.LAW, verified="text-read", title=name)


CELLS = (
    Cell(verdict=Verdict.PERMITTED, because=(because("permits"),)),
    Cell(verdict=Verdict.CONDITIONAL, because=(because("waits"),), missing=(("consent",), ("court-order", "notice"))),
    Cell(verdict=Verdict.FORBIDDEN, because=(because("forbids"),)),
)


def decision(
    request: Request,
    data: Dataset,
    verdict: Mapping[tuple[int, str, Form], int] | None = None,
    *,
    lowest: Form = Form.REFUSAL,
) -> Decision:
    """A decision whose cells are indexes into CELLS by (stratum, `table.column`, form); permitted where not given."""
    used = [*request.columns, *request.question.by, *request.question.sums]
    used += [condition.column for condition in request.population.where]
    found = [data.find(name) for name in used]
    wide = tuple(dict.fromkeys(column for column in found if column is not None))
    return Decision(
        request_sha256=request.sha256,
        pack=PackRef(name="invented", version="0", sha256="0" * 64),
        catalogue_sha256="0" * 64,
        facts_sha256="0" * 64,
        dataset_version=data.version,
        as_of=AS_OF,
        hypothetical=False,
        columns=wide,
        strata=data.strata,
        forms=DISCLOSING,
        classes=CELLS,
        cells=[
            (verdict or {}).get((stratum, column.qualified, form), 0)
            for stratum in range(len(data.strata))
            for column in wide
            for form in DISCLOSING
        ],
        lowest_form=lowest,
    )


def request(
    *,
    columns: Sequence[str] = (),
    where: Sequence[Condition] = (),
    by: Sequence[str] = (),
    sums: Sequence[str] = (),
    asks: Asks = Asks.RECORDS,
    form: Form | None = None,
) -> Request:
    return Request(
        title="t",
        custodian="custodian",
        action="disclose",
        requester=Person(organisation="asker", person="ann"),
        question=Question(text="how many?", asks=asks, by=tuple(by), sums=tuple(sums)),
        purpose="research",
        authorities=(),
        population=Population(dataset="world", where=tuple(where)),
        columns=tuple(columns),
        form=form,
        recipients=(Recipient(organisation="asker", person="ann", age_key="age1none"),),
        handling=Handling(retention_days=1),
    )


def condition(chance: random.Random, column: Column) -> Condition:
    numbers = ["0", "7", "12.5", "-3.25", "94110", "1000000.0000004"]
    days = ["1936-03-15", "19900203", "2001-03-03", "1980-01-01"]
    pool = {"date": days, "text": WORDS}.get(column.kind, numbers)
    ordering = [Operator.LT, Operator.LE, Operator.GT, Operator.GE] if column.kind != "text" else []
    operator = chance.choice([Operator.EQ, Operator.NE, Operator.NE, Operator.IN, *ordering])
    values = chance.sample(pool, 3) if operator is Operator.IN else [chance.choice(pool)]
    return Condition(column=column.qualified, operator=operator, values=tuple(values))


TRANSFORMATIONS: dict[tuple[Form, str], str] = {}
for _form in DISCLOSING:
    for _data_class in {column.data_class for column in columns()} - {None}:
        TRANSFORMATIONS[_form, str(_data_class)] = "keep"
for _form in (Form.STATISTICS, Form.PSEUDONYMISED):
    TRANSFORMATIONS |= {(_form, name): "year" for name in ("dob", "death_date", "service_dates")}
    TRANSFORMATIONS |= {(_form, "zip"): "zip3", (_form, "name"): "drop", (_form, "ssn"): "drop"}
TRANSFORMATIONS[Form.PSEUDONYMISED, "medicaid_id"] = "pseudonym"
TRANSFORMATIONS[Form.PSEUDONYMISED, "ssn"] = "pseudonym"
