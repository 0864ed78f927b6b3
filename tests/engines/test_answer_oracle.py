"""For random data sets, decisions and requests, the engine releases exactly what a naive reading of the matrix does."""

import csv
import io
import random
from collections import Counter
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet as pq
import pytest
from answer_worlds import CANARY, TRANSFORMATIONS, columns, condition, decision, request, world
from oracle import Oracle

from modicum.answer.plan import plan
from modicum.answer.pseudonym import recipients_key
from modicum.answer.records import release_records
from modicum.answer.statistics import answer_statistics, written
from modicum.answer.tables.primary import FEWEST
from modicum.law.packs import load_pack
from modicum.model.dataset import Column
from modicum.model.errors import DisclosureControlError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks

KEY = recipients_key(bytes(range(32)), ["asker"])
ZIP3 = {
    row["zip3"]: int(row["population"])
    for row in csv.DictReader(
        files("modicum.answer").joinpath("reference/zip3_population.csv").read_text().splitlines()
    )
}
WORLDS, REQUESTS = 30, 10
TRAITS = load_pack("us_medicaid").traits


def matrix(chance: random.Random, strata: int, share: float) -> dict[tuple[int, str, Form], int]:
    return {
        (stratum, column.qualified, form): 0 if column.data_class and chance.random() < share else chance.choice([1, 2])
        for stratum in range(strata)
        for column in columns()
        for form in DISCLOSING
    }


def forbidden(verdicts: dict[tuple[int, str, Form], int], form: Form, strata: int) -> dict[int, frozenset[str]]:
    return {
        stratum: frozenset(
            column.qualified
            for column in columns()
            if verdicts[stratum, column.qualified, form] != 0
            or TRANSFORMATIONS.get((form, column.data_class or ""), "drop") == "drop"
        )
        for stratum in range(strata)
    }


class Taken:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def __call__(self, name: str, reader: BinaryIO) -> None:
        self.files[name] = reader.read()

    def rows(self) -> dict[str, Counter[tuple[Any, ...]]]:
        tables = {name: pq.read_table(io.BytesIO(data)) for name, data in self.files.items()}
        return {
            name: Counter(zip(*table.to_pydict().values(), strict=True)) if table.num_rows else Counter()
            for name, table in tables.items()
        }


def usable(column: Column, form: Form) -> bool:
    return column.data_class is not None and TRANSFORMATIONS[form, column.data_class] != "drop"


@pytest.mark.parametrize("seed", range(WORLDS))
def test_records_are_those_of_the_oracle_and_hold_no_canary(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    strata = chance.choice([1, 3, 6])
    form = chance.choice([Form.PSEUDONYMISED, Form.IDENTIFIED])
    verdicts = matrix(chance, strata, chance.choice([0.4, 0.8, 1.0]))
    made = world(chance, persons=chance.randint(0, 40), strata=strata, forbidden=forbidden(verdicts, form, strata))
    with made.engine(tmp_path) as engine:
        for _ in range(REQUESTS):
            asked = chance.sample(columns(), chance.randint(1, 6))
            choosing = chance.choices([c for c in columns() if usable(c, form)], k=chance.choice([0, 0, 1, 1, 2]))
            where = [condition(chance, column) for column in choosing]
            question = request(columns=[column.qualified for column in asked], where=where)
            law = decision(question, made.dataset, verdicts)
            taken = Taken()
            planned = plan(question, law, form, TRANSFORMATIONS, TRAITS)
            answer = release_records(engine, planned, recipient_key=KEY, sink=taken)
            oracle = Oracle(made.rows, made.person_keys, question, law, form, TRANSFORMATIONS, ZIP3, KEY)
            expected = {name: Counter(rows) for name, rows in oracle.records().items()}
            assert taken.rows() == expected
            assert set(answer.persons.nonzero()[0]) == oracle.persons()
            assert [table.rows for table in answer.tables] == [
                sum(expected[each.table].values()) for each in answer.tables
            ]
            assert CANARY not in str(taken.rows())
            assert all(CANARY.encode() not in data for data in taken.files.values())


def groupable_in(form: Form) -> list[Column]:
    return [
        column
        for column in columns()
        if usable(column, form)
        and column.data_class not in TRAITS.pointing
        and (column.data_class not in TRAITS.dated or TRANSFORMATIONS[form, str(column.data_class)] == "year")
    ]


@pytest.mark.parametrize("seed", range(20))
def test_statistics_are_those_of_the_oracle_and_tell_nothing_small(seed: int, tmp_path: Path) -> None:
    chance = random.Random(1000 + seed)
    strata, form = chance.choice([1, 2, 3]), Form.STATISTICS
    verdicts = matrix(chance, strata, chance.choice([0.8, 0.9, 1.0]))
    made = world(
        chance, persons=chance.choice([5, 60, 250]), strata=strata, forbidden=forbidden(verdicts, form, strata)
    )
    groupable = groupable_in(form)
    summable = [c for c in columns() if c.kind in {"integer", "decimal"} and c.data_class != "zip" and usable(c, form)]
    with made.engine(tmp_path) as engine:
        for _ in range(2):
            table = chance.choice(["elig", "claims"])
            mine = [column for column in groupable if column.table == table]
            by = chance.sample(mine, chance.choice([0, 1, 1, 2]))
            sums = chance.sample(summable, chance.choice([0, 1, 2]))
            where = [condition(chance, c) for c in chance.choices(groupable, k=chance.choice([0, 0, 1]))]
            question = request(
                columns=[chance.choice(groupable).qualified],
                by=[c.qualified for c in by],
                sums=[c.qualified for c in sums],
                where=where,
                asks=Asks.STATISTICS,
            )
            law = decision(question, made.dataset, verdicts)
            planned = plan(question, law, form, TRANSFORMATIONS, TRAITS)
            oracle = Oracle(made.rows, made.person_keys, question, law, form, TRANSFORMATIONS, ZIP3, KEY)
            groups, people = oracle.statistics()
            try:
                answer = answer_statistics(engine, planned).answer
            except DisclosureControlError:  # no figure would be left
                assert people >= FEWEST
                assert any(0 < count < FEWEST for count, _ in groups.values())
                continue
            assert CANARY not in str(answer.as_document())
            assert CANARY.encode() not in answer.as_csv()
            assert answer.fewer_than_11 == (people < FEWEST)
            if people < FEWEST:
                assert answer.lines == ()
                assert answer.total is None
                continue
            if by:
                assert [line.key for line in answer.lines] == sorted(
                    ((tuple(None if k is None else str(k) for k in key)) for key in groups),
                    key=lambda key: [(part is None, part or "") for part in key],
                )
            for line in answer.lines:
                count, figures = groups[
                    next(k for k in groups if tuple(None if p is None else str(p) for p in k) == line.key)
                ]
                assert line.suppressed or line.persons == count
                assert line.suppressed or not 0 < count < FEWEST
                assert not (line.suppressed and (line.persons is not None or any(line.sums)))
                for place, (shown, (amount, contributors)) in enumerate(zip(line.sums, figures, strict=True)):
                    assert shown is None or Decimal(shown) == amount
                    assert shown is None or shown == written(planned.sums[place], amount)
                    assert shown is None or not 0 < contributors < FEWEST
            assert answer.total is not None
            assert answer.total.persons in {None, people}


def test_a_plan_that_forgets_the_masks_is_caught(tmp_path: Path) -> None:
    """The positive control: the comparison above fails where a forbidden cell gets out."""
    chance = random.Random(7)
    verdicts = matrix(chance, 3, 0.5)
    made = world(chance, persons=30, strata=3, forbidden=forbidden(verdicts, Form.IDENTIFIED, 3))
    question = request(columns=["elig.ID", "elig.STATE", "elig.LAST-NAME"])
    lawless = decision(question, made.dataset)
    taken = Taken()
    with made.engine(tmp_path) as engine:
        release_records(
            engine, plan(question, lawless, Form.IDENTIFIED, TRANSFORMATIONS, TRAITS), recipient_key=None, sink=taken
        )
    assert CANARY in str(taken.rows())
