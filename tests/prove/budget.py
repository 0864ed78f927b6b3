"""The budget is never under-charged: askers that die at any step of paying, and many that ask at once.

A child process asks one question and dies at a step of storage (a sync, a rename, a link), before or after it, or while it
computes. What is held of the log and of the kept answers afterwards: every answer that exists or was seen has its own
charge, of its whole price; a question has no more charges than deaths and one; the sum stays within the total; the same
question gives the same answer. `run(count)` gives what was found; `python tests/prove/budget.py [COUNT [SEED]]` prints it.
"""

import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import neighbours

from modicum.answer.private_answer import price
from modicum.cli import run as command
from modicum.docket import commands
from modicum.gateway import noisy
from modicum.gateway.budget import standing
from modicum.gateway.case import enter, signer
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.noisy import Asking, find_kept, paid
from modicum.gateway.request_file import read_request
from modicum.model.errors import BudgetSpentError
from modicum.model.statistics import Measure, MeasureKind, Mechanism, Statistics
from modicum.storage.folder import Folder

STEPS = ("_sync_file", "_sync_folder", "_rename", "_link", "_unlink")
MOST_STEPS = 26
ASKERS = 64
EXAMPLE = Path(__file__).parents[2] / "examples" / "narrow-question.toml"
DEAD = 9


@dataclass
class Found:
    """What the trials came to."""

    deaths: int = 0
    answers: int = 0
    overcharged: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        if len(self.wrong) < 20:
            self.wrong.append(what)


@dataclass(frozen=True)
class Place:
    """A home with one filed case, and a question that is asked there under many names."""

    root: Path
    asking: Asking

    def named(self, name: str) -> Asking:
        question = replace(self.asking.question, sha256=sha256(name.encode()).hexdigest())
        return replace(self.asking, question=question)


def run(count: int, *, seed: int = 1, askers: int = ASKERS, broken: str | None = None) -> dict[str, Any]:
    """So many deaths while paying, then so many askers at once. broken: a build to be caught."""
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        dying(made(Path(folder) / "dying", epsilon="0.0001"), count, random.Random(seed), found, broken)
        if askers:
            racing(made(Path(folder) / "racing", epsilon="1"), askers, found, broken)
    return {
        "schema": "modicum.proof-budget/1",
        "deaths": found.deaths,
        "answers": found.answers,
        "charged_without_answer": found.overcharged,
        "askers": askers,
        "wrong": found.wrong,
    }


def made(root: Path, *, epsilon: str) -> Place:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        if command(["init", "--evaluation", "--roster", "cms", "--home", str(root)]):
            raise RuntimeError("no home")
    home = Home.open(root)
    key = person_key(home.folder, "hhs-oig/analyst")
    docket = home.journal.docket()
    request = read_request(EXAMPLE)
    case = enter(
        home, commands.file_request(docket, request, by=signer(docket, key), year=home.journal.now().year)
    ).case
    table = Statistics(
        mechanism=Mechanism.NOISE, measures=(Measure(kind=MeasureKind.COUNT),), epsilon=epsilon, delta="1e-9"
    )
    question = neighbours.ready(neighbours.asking(random.Random(1), table))
    return Place(
        root, Asking(case=str(case), question=question, cost=price(question), dataset="world", dataset_version="v1")
    )


def dying(place: Place, count: int, chance: random.Random, found: Found, broken: str | None) -> None:
    home = Home.open(place.root)
    while found.deaths < count:
        name = f"question {found.answers}"
        deaths = 0
        for _ in range(chance.choice([1, 1, 2])):
            seen = in_child(place, name, dies_at=(chance.randrange(MOST_STEPS), chance.random() < 0.5), broken=broken)
            deaths += seen is None
            found.deaths += seen is None
            held(home, place, name, seen, deaths, found)
        last = in_child(place, name, dies_at=None, broken=broken)
        held(home, place, name, last, deaths, found)
        again = in_child(place, name, dies_at=None, broken=broken)
        if last is None or last.startswith("error"):
            found.note(f"nobody killed this asker, and it met {last}")
            return
        if last != again:
            found.note("the same question gave another answer")
        found.answers += 1


def held(home: Home, place: Place, name: str, seen: str | None, deaths: int, found: Found) -> None:
    """Hold the log against what exists of the answer to one question."""
    asking = place.named(name)
    with home.journal.locked():
        budgets = home.journal.docket().budgets.values()
    charges = [
        each for budget in budgets for each in budget.spendings if each.question_sha256 == asking.question.sha256
    ]
    kept = find_kept(home, asking.question.sha256) if charges else None
    exists = kept is not None or home.folder.exists(f"{noisy.ANSWERS}/{asking.question.sha256}.age")
    if (exists or seen is not None) and not charges:
        found.note("an answer that was not paid for")
    if any(each.rho < asking.cost.charge.rho.scaleb(18) for each in charges):
        found.note("a charge below the price")
    if seen is not None and kept is None:
        found.note("an answer that was seen is not kept")
    if len(charges) > deaths + 1:
        found.note("charged more than once a death")
    found.overcharged += max(0, len(charges) - 1) if seen is not None else 0
    if any(budget.rho_spent > budget.rho for budget in budgets):
        found.note("more was spent than the total")


def racing(place: Place, askers: int, found: Found, broken: str | None) -> None:
    """Many at once, about a few questions, with a budget for fewer of them than are asked."""
    room = standing(Home.open(place.root)).rho_total
    cost = place.asking.cost
    affordable = int(room / cost.charge.rho)
    children = [
        forked(lambda name=f"race {index % (affordable + 4)}": one(place, name, broken)) for index in range(askers)
    ]
    seen: dict[str, set[str]] = {}
    for index, (child, pipe) in enumerate(children):
        said = reaped(child, pipe)
        if said is None or said.startswith("error"):
            found.note(f"an asker met {said}")
        elif said != "spent":
            seen.setdefault(f"race {index % (affordable + 4)}", set()).add(said)
    home = Home.open(place.root)
    budget = next(iter(home.journal.docket().budgets.values()), None)
    if budget is None:
        found.note("there were answers and no budget was opened")
        return
    for name, answers in seen.items():
        charges = [each for each in budget.spendings if each.question_sha256 == place.named(name).question.sha256]
        if len(answers) != 1 or len(charges) != 1:
            found.note("one question, asked at once, has several answers or charges")
    if sum(each.rho for each in budget.spendings) < len(seen) * cost.charge.rho.scaleb(18):
        found.note("the charges come to less than the answers cost")
    if budget.rho_spent > budget.rho or len(seen) > affordable:
        found.note("more was answered than the budget covers")
    if len(seen) < min(affordable, askers):
        found.note("the budget was not used up although more was asked")


def one(place: Place, name: str, broken: str | None) -> str:
    try:
        return answered(place, name, broken)
    except BudgetSpentError:
        return "spent"


def answered(place: Place, name: str, broken: str | None) -> str:
    """Ask one question as a release does; the figures are drawn anew each time, as noise is."""
    home, asking = Home.open(place.root), place.named(name)

    def compute() -> list[dict[str, Any]]:
        step()
        return [{"group": [], "measures": [{"kind": "count", "value": int.from_bytes(os.urandom(6))}]}]

    kept, _ = BROKEN[broken](home, asking, compute) if broken else paid(home, asking, compute)
    return json.dumps(kept["rows"])


def kept_first(home: Home, asking: Asking, compute: Callable[[], Any]) -> tuple[Mapping[str, Any], bool]:
    """A broken build: the answer is kept before it is paid for."""
    rows = compute()
    noisy.keep(home, noisy.kept_document(asking.question, asking.cost, rows, population="persons", entry=0))
    return paid(home, asking, lambda: rows)


def half_charged(home: Home, asking: Asking, compute: Callable[[], Any]) -> tuple[Mapping[str, Any], bool]:
    """A broken build: half of the price is charged."""
    whole = asking.cost
    half = replace(whole, charge=replace(whole.charge, rho=whole.charge.rho / Decimal(2)))
    return paid(home, replace(asking, cost=half), compute)


BROKEN = {"kept first": kept_first, "half charged": half_charged}


# Processes that die

_left: list[int] = []


def step() -> None:
    """Count one step, and die at the last one."""
    if _left:
        _left[0] -= 1
        if _left[0] < 0:
            os._exit(DEAD)


def _deadly(after: bool) -> None:  # noqa: FBT001 - a child's own
    """Make each step of storage one at which this process may die."""
    for name in STEPS:
        real = getattr(Folder, name)

        def stepped(self: Any, *given: Any, _real: Any = real) -> Any:
            if after:
                result = _real(self, *given)
                step()
                return result
            step()
            return _real(self, *given)

        setattr(Folder, name, stepped)


def in_child(place: Place, name: str, *, dies_at: tuple[int, bool] | None, broken: str | None) -> str | None:
    """What a child saw as the answer; None where it died first."""

    def asked() -> str:
        if dies_at is not None:
            _deadly(dies_at[1])
            _left[:] = [dies_at[0]]
        return answered(place, name, broken)

    return reaped(*forked(asked))


def forked(work: Callable[[], str]) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        said = work()
        os.write(writing, said.encode())
    except BaseException as error:  # noqa: BLE001 - a child says what it met, and ends
        os.write(writing, f"error {type(error).__name__}: {error}".encode())
    finally:
        os._exit(0)


def reaped(child: int, reading: int) -> str | None:
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said if os.waitstatus_to_exitcode(status) == 0 and said else None


if __name__ == "__main__":
    count, seed = (
        int(sys.argv[place]) if len(sys.argv) > place else default for place, default in ((1, 10_000), (2, 1))
    )
    sys.stdout.write(json.dumps({**run(count, seed=seed), "seed": seed}, indent=1) + "\n")
