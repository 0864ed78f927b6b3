"""A home under a pack with an order that lands on 12 August 2025, and what left of it before and after."""

import atexit
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from attack_world import approve, file

from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.release import Released, release_case
from modicum.law.packs import SHIPPED
from modicum.model.errors import NotPermittedError

BEFORE, LANDS = date(2025, 8, 11), date(2025, 8, 12)
BARRED = "claims.TOT_MDCD_PD_AMT"
STATUSES = ("not_lawfully_present", "daca_recipient")
REVIEWERS = ("cms/privacy-officer", "cms/counsel", "ca-dhcs/data-officer", "wa-hca/data-officer")
PEOPLE = 400
POLICY = """@id("{id}")
@title("Until the court decides, no amounts paid for these people to the inspector")
@cite("made-up order of {since}")
@source("made up")
@verified("text-read")
@from("{since}")
forbid (principal, action == Action::"disclose", resource)
when {{ {when} }};
"""
WHEN = (
    'context.form == "identified" && context.recipient == "hhs_oig" && context.data_class == "payment" && '
    '["not_lawfully_present", "daca_recipient"].contains(context.immigration)'
)


def pack_with(folder: Path, *, rule: str = "LATE-1", since: date = LANDS, when: str = WHEN) -> Path:
    """The shipped pack with one more order in it."""
    shutil.copytree(SHIPPED / "us_medicaid", folder)
    (folder / "orders" / "late.cedar").write_text(POLICY.format(id=rule, since=since, when=when))
    with (folder / "pack.toml").open("a") as file_:
        file_.write('\n[[bodies]]\nid = "late"\nfile = "orders/late.cedar"\ntitle = "A late order"\nbasis = "order"\n')
    return folder


@dataclass(slots=True)
class Clock:
    """A clock that is set by hand; each look moves it by a second."""

    now: datetime = datetime(2025, 8, 4, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def on(self, day: date) -> None:
        self.now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@dataclass(slots=True)
class World:
    """A folder with a home, and its clock. `cases`: what was released, by name."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    cases: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.folder / "home"

    def home(self) -> Home:
        return Home.open(self.root, clock=self.clock)

    def release(self, name: str, example: str, **changes: object) -> None:
        """File, attest what is missing, agree and release an example request."""
        home = self.home()
        case = file(home, self.folder, example, **changes)
        while missing := home.journal.docket().cases[case].decision.missing:
            attest(home, case, missing[0][0])
        approve(home, case, *REVIEWERS)
        outcome = release_case(home, case, out=self.folder / f"{name}.modicum")
        assert isinstance(outcome, Released), outcome
        self.cases[name] = case

    def copy(self, folder: Path) -> "World":
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return World(folder, Clock(self.clock.now), dict(self.cases))


def attest(home: Home, case: str, fact: str) -> None:
    for person in ("cms/privacy-officer", "cms/counsel", "cms/official", "cms/steward"):
        try:
            cases.attest(home, case, key=person_key(home.folder, person), fact=fact, text="seen")
        except NotPermittedError:
            continue
        return
    raise AssertionError(fact)


@cache
def played() -> World:
    """Three releases: figures and lines on the day before the order; on the day after it lines, less what it bars.

    The figures go to two organisations, under an authority that has run out since.
    """
    world = World(Path(mkdtemp(prefix="modicum-impact-")))
    atexit.register(shutil.rmtree, world.folder, ignore_errors=True)
    pack = pack_with(world.folder / "pack")
    home = create_home(world.root, roster="cms", pack_name=str(pack), clock=world.clock)
    population = world.folder / "population"
    datasets.make_population(population, people=PEOPLE, seed=7)
    datasets.add(home, "medicaid", [population], dictionary=population / "dictionary.toml")
    datasets.confirm(home, "medicaid")
    world.clock.on(BEFORE)
    two = [{"organisation": each, "person": "p", "age_key": ""} for each in ("hhs-oig", "wa-hca")]
    passing = [{"kind": "statute", "citation": "an order of some days", "from": "2025-08-01", "until": "2025-08-12"}]
    world.release("figures", "narrow-question", recipients=two, authorities=passing)
    world.release("lines", "oversight-records", population={"dataset": "medicaid"})
    world.clock.on(date(2025, 8, 13))
    world.release("after", "oversight-records", population={"dataset": "medicaid"}, title="The same, a day after")
    world.clock.on(date(2025, 8, 14))
    return world
