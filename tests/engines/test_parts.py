"""Persons computed part by part: the same figures as all at once, whatever the order of the rows."""

import functools
import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modicum.answer.aggregates import summed
from modicum.custody import engine as opened
from modicum.custody.engine import PERSON, Engine, table_path
from modicum.custody.parts import parts_of
from modicum.model.dataset import Column, Dataset, Table
from modicum.model.errors import ModicumError
from modicum.storage import Folder

PERSONS, ROWS, GROUP = 1_000, 6_000, 100


def rows(*, ordered: bool) -> list[dict[str, object]]:
    chance = random.Random(5)
    made = sorted(chance.randrange(PERSONS) for _ in range(ROWS))
    found: list[dict[str, object]] = [
        {PERSON: person, "_modicum_stratum": 0, "_modicum_row": place, "KIND": chance.choice("ab"), "AMT": place % 7}
        for place, person in enumerate(made)
    ]
    found += [{PERSON: None, "_modicum_stratum": 0, "_modicum_row": ROWS, "KIND": "a", "AMT": 1}]
    if not ordered:
        chance.shuffle(found)
    return found


def written(root: Path, *, ordered: bool) -> Path:
    path = root / table_path("some", "v1", "claims")
    path.parent.mkdir(parents=True)
    schema = pa.schema({PERSON: pa.uint32(), "_modicum_stratum": pa.uint16(), "_modicum_row": pa.int64()} | {
        "KIND": pa.string(), "AMT": pa.int64(),
    })  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows(ordered=ordered), schema=schema), path, row_group_size=GROUP)
    return path


def dataset() -> Dataset:
    return Dataset(
        name="some",
        version="v1",
        confirmed=True,
        tables=(Table(name="claims", rows=ROWS + 1, unreadable=0, person_column=None, sha256="0" * 64),),
        columns=(Column(table="claims", name="AMT", element=None, data_class="payment", kind="integer"),),
        strata_sources=(),
        strata=((("origin_state", "unknown"),),),
        persons=PERSONS,
    )


@pytest.mark.parametrize("persons", [1, 7, 499, 500, 501, 1_000, 12_345])
@pytest.mark.parametrize("at_once", [1, 10, 333, 10_000])
def test_each_person_is_in_one_part(tmp_path: Path, persons: int, at_once: int) -> None:
    path = written(tmp_path, ordered=True)
    found = parts_of([path], persons, column=PERSON, at_once=at_once)
    assert [person for part in found for person in part] == list(range(persons))


def test_rows_in_the_persons_order_are_divided(tmp_path: Path) -> None:
    assert len(parts_of([written(tmp_path, ordered=True)], PERSONS, column=PERSON, at_once=250)) == 4


def test_rows_in_no_order_are_not_read_again_for_each_part(tmp_path: Path) -> None:
    assert parts_of([written(tmp_path, ordered=False)], PERSONS, column=PERSON, at_once=250) == [range(PERSONS)]


def test_a_file_that_does_not_say_whose_rows_it_holds_is_not_divided(tmp_path: Path) -> None:
    path = written(tmp_path, ordered=True)
    pq.write_table(pq.read_table(path), path, row_group_size=GROUP, write_statistics=False)
    assert parts_of([path], PERSONS, column=PERSON, at_once=250) == [range(PERSONS)]


def test_no_persons_are_one_part_of_nobody(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    pq.write_table(pa.table({PERSON: pa.array([], pa.uint32())}), path)
    assert parts_of([path], 0, column=PERSON) == [range(0)]


@pytest.mark.parametrize("ordered", [True, False])
def test_the_parts_add_up_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ordered: bool) -> None:
    written(tmp_path, ordered=ordered)
    monkeypatch.setattr(opened, "parts_of", functools.partial(parts_of, at_once=100))
    with Engine.open(Folder(tmp_path), dataset()) as engine:
        claims = engine.table("claims").filter(engine.table("claims")[PERSON].notnull())
        each = claims.group_by(PERSON, _key_0=claims["KIND"]).aggregate(_f0=claims["AMT"].sum())
        asked = each.group_by("_key_0").aggregate(_f0=each["_f0"].sum(), _f1=each.count())
        parts = [found for (found,) in engine.by_persons([asked])]
        assert len(parts) == (10 if ordered else 1)
        whole = {row["_key_0"]: row for row in engine.arrow(asked).to_pylist()}
        assert {row["_key_0"]: row for row in summed(parts).to_pylist()} == whole
        assert sum(row["_f0"] for row in whole.values()) == sum(place % 7 for place in range(ROWS))


def test_answers_without_groups_without_rows_and_with_nulls_add_up() -> None:
    exact = pa.decimal128(38, 0)
    one = pa.table({"_f0": pa.array([3], exact)})
    assert summed([one, one]).to_pylist() == [{"_f0": 6}]
    none = pa.table({"_key_0": pa.array([], pa.int32()), "_f0": pa.array([], exact)})
    assert summed([none, none]).to_pylist() == []
    null = pa.table({"_key_0": pa.array([None, 1], pa.int32()), "_f0": pa.array([1, None], exact)})
    assert summed([null, none, null]).to_pylist() == [{"_key_0": None, "_f0": 2}, {"_key_0": 1, "_f0": None}]


def test_a_person_whom_the_data_set_does_not_number_is_in_the_last_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, ordered=True)
    monkeypatch.setattr(opened, "parts_of", functools.partial(parts_of, at_once=100))
    with Engine.open(Folder(tmp_path), replace(dataset(), persons=PERSONS - 100)) as engine:
        claims = engine.table("claims")
        counted = [found["n"][0].as_py() for (found,) in engine.by_persons([claims.aggregate(n=claims.count())])]
    assert len(counted) > 1
    assert sum(counted) == ROWS


def test_whatever_happens_in_a_part_the_whole_table_shows_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, ordered=True)
    monkeypatch.setattr(opened, "parts_of", functools.partial(parts_of, at_once=100))
    with Engine.open(Folder(tmp_path), dataset()) as engine:
        claims = engine.table("claims")
        parts = engine.by_persons([claims.count()])
        next(parts)
        parts.close()
        assert engine.arrow(claims.count())[0][0].as_py() == ROWS + 1
        broken = claims.mutate(wrong=claims["KIND"].cast("int64"))
        with pytest.raises(ModicumError):
            list(engine.by_persons([broken]))
        assert engine.arrow(claims.count())[0][0].as_py() == ROWS + 1
