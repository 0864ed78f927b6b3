"""The flat bits and a plain set say the same of everybody."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modicum.accounting.record import check, record, releases_with
from modicum.storage import MemoryFolder

LINE = {"at": "", "recipients": [], "purpose": "", "columns": [], "authority": "", "form": "statistics"}


@st.composite
def populations(draw: st.DrawFn) -> tuple[int, list[set[int]]]:
    persons = draw(st.integers(1, 70))
    return persons, draw(st.lists(st.sets(st.integers(0, persons - 1)), max_size=4))


@given(populations())
def test_bits_equal_sets(population: tuple[int, list[set[int]]]) -> None:
    persons, releases = population
    folder, logged = MemoryFolder(), {}
    for number, included in enumerate(releases):
        flags = np.array([ordinal in included for ordinal in range(persons)], dtype=np.bool_)
        name = f"000{number}-1"
        logged[name] = record(folder, release=name, dataset_name="d", dataset_version="v", persons=flags, document=LINE)
        assert check(folder, dataset_name="d", release=name, digest=logged[name]) == len(included)
    for ordinal in range(persons):
        found = releases_with(folder, dataset_name="d", ordinal_in=lambda _, ordinal=ordinal: ordinal, logged=logged)
        assert [each.release for each in found] == [
            f"000{number}-1" for number, included in enumerate(releases) if ordinal in included
        ]
