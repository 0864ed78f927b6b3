"""The people whom a request is about, counted by the engine as a naive reading of the rows counts them."""

import random
from collections import Counter
from pathlib import Path

import pytest
from answer_worlds import columns, condition, decision, request, world
from oracle import meets

from modicum.answer.counting import persons_meeting
from modicum.answer.plan import bounds

SEEDS, REQUESTS = 12, 8


def naive(made: object, where: list) -> dict[int, int]:
    rows = [row for table in made.rows.values() for row in table if row["_modicum_person"] is not None]
    first: dict[int, int] = {}
    for row in rows:
        person = row["_modicum_person"]
        first[person] = min(first.get(person, 9), row["_modicum_stratum"])
    kinds = {column.qualified: column for column in columns()}
    for each in where:
        column = kinds[each.column]
        meeting = {
            row["_modicum_person"]
            for row in made.rows[column.table]
            if row["_modicum_person"] is not None and meets(row[column.name], column.kind, each.operator, each.values)
        }
        first = {person: stratum for person, stratum in first.items() if person in meeting}
    return dict(Counter(first.values()))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_people_are_counted_by_their_first_stratum_and_by_every_condition(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    made = world(chance, persons=40, strata=4)
    with made.engine(tmp_path) as engine:
        for _ in range(REQUESTS):
            where = [condition(chance, chance.choice(columns())) for _ in range(chance.randrange(4))]
            asked = request(columns=["elig.STATE"], where=where)
            found = persons_meeting(engine, made.dataset, bounds(asked, decision(asked, made.dataset)))
            assert found == naive(made, where), where
            assert sum(found.values()) <= 40
