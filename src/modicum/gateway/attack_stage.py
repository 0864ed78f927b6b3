"""A throw-away home to attack: founded in a folder of its own, with a planted population, gone at the end.

It takes the size of its budget from the home that is asked about and nothing else: no live budget, log or data set is
touched. Its clock is moved in the process. Everything that answers is the gateway's own code.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from modicum.answer.attacks.world import COLUMNS, Row
from modicum.gateway import datasets
from modicum.gateway.case import file_case
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.populations import BUDGET_FILE, BUDGET_FILE_SCHEMA
from modicum.gateway.request_file import parse_request
from modicum.model.dataset import Dataset
from modicum.seal.age import new_recipient
from modicum.storage import Folder

DATASET: Final = "members"
TABLE: Final = "members"
POPULATION: Final = "attacked"
ASKERS: Final = ("hhs-oig/analyst", "state-university/scientist")
_PURPOSES: Final = ("health_oversight", "research")
CLASSES: Final = ("medicaid_id", "eligibility_group", "benefit_scope", "benefit_scope")
_HOME: Final = "home"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class MovedClock:
    """A clock that stands where it is set, in days after the start, and runs a second at each look."""

    day: int = 0
    looks: int = 0

    def __call__(self) -> datetime:
        """The moment; never before an earlier one, as long as days only go up."""
        self.looks += 1
        return START + timedelta(days=self.day, seconds=self.looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An open throw-away home, its clock, its data set as first registered, and a filed case of each asker."""

    home: Home
    clock: MovedClock
    folder: Path
    dataset: Dataset
    cases: tuple[str, ...]

    @contextmanager
    def copy(self) -> Iterator["Stage"]:
        """The same home once more, as it stands: each scene spends from a budget of its own."""
        with tempfile.TemporaryDirectory(prefix="modicum-attack-") as place:
            folder, clock = Path(place), MovedClock(day=self.clock.day, looks=self.clock.looks)
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            home = Home.open(folder / _HOME, clock=clock)
            yield Stage(home=home, clock=clock, folder=folder, dataset=self.dataset, cases=self.cases)

    def register(self, rows: Sequence[Row], *, name: str) -> Dataset:
        """Register another version of the planted people as a confirmed data set, of the same population."""
        return _register(self.home, self.folder, rows, name=name)


@contextmanager
def staged(rows: Sequence[Row], *, epsilon: Decimal, delta: Decimal) -> Iterator[Stage]:
    """A home with a budget of this size, the planted people, and one filed case of each asker."""
    with tempfile.TemporaryDirectory(prefix="modicum-attack-") as place:
        folder, clock = Path(place), MovedClock()
        home = create_home(folder / _HOME, roster="cms", pack_name="us_medicaid", clock=clock)
        (folder / _HOME / BUDGET_FILE).write_text(_budget(epsilon, delta), "utf-8")
        dataset = _register(home, folder, rows, name=DATASET)
        cases = tuple(_filed(home, folder, place) for place in range(len(ASKERS)))
        yield Stage(home=home, clock=clock, folder=folder, dataset=dataset, cases=cases)


def _budget(epsilon: Decimal, delta: Decimal) -> str:
    return (
        f'schema = "{BUDGET_FILE_SCHEMA}"\n\n[[populations]]\nname = "{POPULATION}"\n'
        f'epsilon = "{epsilon}"\ndelta = "{delta}"\n'
    )


def _register(home: Home, folder: Path, rows: Sequence[Row], *, name: str) -> Dataset:
    with (folder / f"{TABLE}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    dictionary = folder / "dictionary.toml"
    dictionary.write_text(_dictionary(name), "utf-8")
    datasets.add(home, name, [folder / f"{TABLE}.csv"], dictionary=dictionary)
    return datasets.confirm(home, name)


def _dictionary(name: str) -> str:
    head = f'[dataset]\nname = "{name}"\nconfirmed = false\n\n[tables.{TABLE}]\nperson_column = "{COLUMNS[0]}"\n'
    columns = [
        f'\n[[columns]]\ntable = "{TABLE}"\nname = "{column}"\ndata_class = "{data_class}"\nkind = "text"\n'
        for column, data_class in zip(COLUMNS, CLASSES, strict=True)
    ]
    return head + "".join(columns)


def _filed(home: Home, folder: Path, place: int) -> str:
    """A case under which one of the askers asks: what its law says is no part of an attack on figures."""
    organisation, _, person = ASKERS[place].partition("/")
    document: dict[str, Any] = {
        "schema": "modicum.request/1",
        "title": "An attack on a throw-away home",
        "custodian": "cms",
        "purpose": _PURPOSES[place],
        "columns": [f"{TABLE}.cohort"],
        "requester": {"organisation": organisation, "person": person},
        "question": {
            "text": "How many people are flagged?",
            "asks": {"kind": "statistics", "count_persons": True, "by": [f"{TABLE}.cohort"], "sums": []},
        },
        "authorities": [{"kind": "statute", "citation": "none: a throw-away home"}],
        "population": {"dataset": DATASET},
        "recipients": [
            {
                "organisation": organisation,
                "person": person,
                "age_key": new_recipient(Folder(folder), f"recipient-{place}"),
            }
        ],
        "handling": {"retention_days": 1},
    }
    return file_case(home, parse_request(document), key=person_key(home.folder, ASKERS[place]))
