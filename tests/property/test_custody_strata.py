"""Strata in the engine equal strata in plain Python, row by row, for any dictionary and any dirt."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modicum.custody.dictionary import Dictionary, Vocabulary
from modicum.custody.engine import Engine
from modicum.custody.persons import main_table, make_persons
from modicum.custody.staging import RawTable, make_view
from modicum.custody.strata import Assigned, assign
from modicum.model.dataset import UNKNOWN, StratumSource
from modicum.storage import Folder

VOCABULARY = Vocabulary(
    classes=frozenset(),
    attributes={"part2": frozenset({"yes", "no"}), "origin_state": frozenset({"CA", "IL", "unknown"})},
)
KEYS = st.sampled_from(["1", "2", "3", " ", "~", None])
CELLS = st.one_of(
    st.none(),
    st.sampled_from(["CA", "IL", "ca", "06", "", " CA", "F10", "F10.1", "F1", "F", "A00", "A000", "F10.20x", "é'\""]),
    st.text(max_size=3),
)
PREFIXES = ["F", "F1", "F10", "A", "", "é"]
ROWS = st.lists(st.tuples(KEYS, CELLS, CELLS, CELLS), max_size=8)
Row = Mapping[str, str | None]


@st.composite
def sources(draw: st.DrawFn) -> tuple[StratumSource, ...]:
    found = []
    for attribute in sorted(VOCABULARY.attributes):
        values = st.sampled_from(VOCABULARY.domain(attribute))
        for table in draw(st.sets(st.sampled_from(["t", "u"]))):
            columns = draw(st.permutations(["A", "B", "C"]))[: draw(st.integers(1, 3))]
            found.append(
                StratumSource(
                    attribute=attribute,
                    table=table,
                    column=columns[0],
                    also=tuple(columns[1:]),
                    values=draw(st.dictionaries(st.sampled_from(["CA", "IL", "06", "F10"]), values, max_size=3)),
                    prefixes=draw(st.dictionaries(st.sampled_from(PREFIXES), values, max_size=3)),
                    otherwise=draw(values),
                    shape=draw(st.sampled_from(["", "icd-10"])),
                )
            )
    return tuple(found)


def cell_says(source: StratumSource, value: str | None) -> str | None:
    if value is None:
        return None
    if value in source.values:
        return source.values[value]
    fitting = [prefix for prefix in source.prefixes if value.startswith(prefix)]
    return source.prefixes[max(fitting, key=len)] if fitting else None


def row_says(source: StratumSource, row: Row) -> str:
    cells = [row[column] for column in (source.column, *source.also)]
    listed = {said for cell in cells if (said := cell_says(source, cell)) is not None}
    if listed:
        return listed.pop() if len(listed) == 1 else UNKNOWN
    present = [cell for cell in cells if cell is not None]
    if source.shape and not all(re.fullmatch(r"[A-Z][0-9][0-9AB](\.?[0-9A-Z]{1,4})?", cell) for cell in present):
        return UNKNOWN
    return source.otherwise if present else UNKNOWN


def person(row: Row) -> str | None:
    return row["P"] if row["P"] in {"1", "2", "3"} else None


def naive(tables: Mapping[str, list[Row]], all_sources: tuple[StratumSource, ...]) -> dict[str, list[dict[str, str]]]:
    def of_person(attribute: str, key: str | None) -> str:
        said = {
            row_says(source, row)
            for source in all_sources
            if source.attribute == attribute
            for row in tables[source.table]
            if key is not None and person(row) == key
        }
        return said.pop() if len(said) == 1 else UNKNOWN

    def of_row(table: str, row: Row) -> dict[str, str]:
        own = {source.attribute: source for source in all_sources if source.table == table}
        return {
            attribute: row_says(own[attribute], row) if attribute in own else of_person(attribute, person(row))
            for attribute in sorted(VOCABULARY.attributes)
        }

    return {table: [of_row(table, row) for row in rows] for table, rows in tables.items()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(t=ROWS.filter(bool), u=ROWS, mapped=sources())
def test_strata_equal_those_of_plain_python(
    t: list[tuple[str | None, ...]], u: list[tuple[str | None, ...]], mapped: tuple[StratumSource, ...]
) -> None:
    tables = {
        name: [dict(zip(("P", "A", "B", "C"), row, strict=True)) for row in rows] for name, rows in (("t", t), ("u", u))
    }
    with tempfile.TemporaryDirectory() as place, Engine.open(Folder(Path(place)), None, threads=1) as engine:
        raw = {}
        for name, rows in tables.items():
            path = Path(place) / f"{name}.parquet"
            schema = pa.schema([(column, pa.string()) for column in ("P", "A", "B", "C")])
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
            columns = tuple(schema.names)
            raw[name] = RawTable(name=name, parts=[path], columns=columns, names=columns, rows=len(rows), native=True)
            make_view(engine, raw[name])
        keys = main_table(engine, raw, {"t": "P", "u": "P"})
        make_persons(engine, raw, keys)
        dictionary = Dictionary(confirmed=True, person_columns=keys.columns, columns=(), strata=mapped)
        assigned = assign(engine, raw, dictionary, VOCABULARY)
        found = {
            name: [
                dict(assigned.strata[assigned.codes.index(code)])
                for _, code in engine.run(f"SELECT _modicum_row, code FROM {Assigned.joined(name)} ORDER BY 1")
            ]
            for name in raw
        }
    assert found == naive(tables, mapped)
    assert list(assigned.strata) == sorted(assigned.strata)
