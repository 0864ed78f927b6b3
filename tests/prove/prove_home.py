"""A small home to be hurt: made once, copied for each trial; and children forked from a parent that has imported all.

Its people are few and planted: every identifier of each is a canary. The law is read once, in the parent, since how long
a pack takes to read says nothing about a crash.
"""

import contextlib
import functools
import json
import os
import pickle
import re
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))

import ibis.backends.duckdb  # noqa: F401 - imported before children are forked
import sqlalchemy.dialects.sqlite  # noqa: F401
from cli_world import RECORDS, STATISTICS, World, command  # noqa: F401

import modicum.gateway.home as home_module
from modicum.gateway import case as casework  # noqa: F401
from modicum.law.packs import load_pack

Result = TypeVar("Result")

PEOPLE = 120
AGREED, IN_REVIEW, OPEN = 6, 4, 2
IDENTIFIERS = ("SSN_NUM", "MSIS_IDENT_NUM", "ELGBL_LINE_1_ADR", "ELGBL_EMAIL_ADR", "MDCR_BENE_ID", "ORGNL_CLM_NUM")
REVIEWERS = ("cms/privacy-officer", "cms/counsel", "wa-hca/data-officer")


def read_law_once() -> None:
    """Keep the packs that were read, in this process and those forked from it."""
    if not hasattr(home_module.load_pack, "cache_clear"):
        home_module.load_pack = functools.cache(load_pack)  # type: ignore[assignment]
        home_module.load_pack("us_medicaid")


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of the template, by what can be done with them next."""

    statistics: tuple[str, ...]
    records: tuple[str, ...]
    in_review: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def agreed(self) -> tuple[str, ...]:
        return (*self.statistics, *self.records)


@dataclass(frozen=True, slots=True)
class Template:
    """A world to copy, its cases, and the words of its people."""

    world: World
    cases: Cases
    canaries: frozenset[bytes]
    size: int
    store_of: Callable[[], str] | None = None  # a copy of the template's database; None: the store is in the home

    def copy_to(self, folder: Path) -> World:
        shutil.rmtree(folder, ignore_errors=True)
        world = self.world.copy_to(folder)
        if self.store_of is not None:
            settings = world.home / "modicum.toml"
            text = re.sub(r'(?m)^store = ".*"$', f'store = "{self.store_of()}"', settings.read_text())
            settings.write_text(text)
        return world


def make_template(folder: Path) -> Template:
    """Make the home in a child, so that no thread of an engine stands where children are forked later."""
    read_law_once()
    cases = forked(lambda: _filled(folder))
    canaries = frozenset((folder / "canaries").read_bytes().split())
    template = Template(World(folder), cases, canaries, log_size(folder / "gate"))
    _warm(template, folder.with_name(f"{folder.name}-warm"))
    return template


def _warm(template: Template, at: Path) -> None:
    """Release once in this process, so that its children have loaded and compiled all that this needs."""
    from modicum.gateway.release import release_case

    world = template.copy_to(at)
    for case in (template.cases.statistics[0], template.cases.records[0]):
        release_case(home_module.Home.open(world.home), case, out=at / f"{case}.modicum")
    shutil.rmtree(at)


def _filled(folder: Path) -> Cases:
    world = World(folder)
    world.ok("init", "--evaluation", "--roster", "cms")
    world.ok("data", "generate", "--people", str(PEOPLE), "--seed", "7", "--out", folder / "population")
    world.ok("data", "add", "medicaid", folder / "population")
    world.ok("data", "classify", "medicaid", "--confirm")
    (folder / "canaries").write_bytes(b"\n".join(sorted(planted(folder / "population"))) + b"\n")
    statistics = tuple(world.agreed(STATISTICS, title=f"Totals {n}") for n in range(AGREED))
    records = tuple(world.agreed(RECORDS, title=f"Lines {n}") for n in range(2))
    in_review = tuple(world.file(STATISTICS, title=f"Reviewed {n}") for n in range(IN_REVIEW))
    waiting = tuple(world.file(RECORDS, title=f"Waiting {n}") for n in range(OPEN))
    for n in range(40):  # what the workload files
        world.request(STATISTICS, title=f"Filed later {n}")
    return Cases(statistics, records, in_review, waiting)


def planted(folder: Path) -> set[bytes]:
    """Every identifier of everybody in a folder of Parquet files, as words."""
    found: set[bytes] = set()
    for path in sorted(folder.glob("*.parquet")):
        for column in set(IDENTIFIERS) & set(pq.read_schema(path).names):
            texts = (str(each) for each in pq.read_table(path, columns=[column]).column(0).to_pylist() if each)
            found |= {word.encode() for text in texts for word in re.findall(r"[A-Za-z0-9@.\-]{8,}", text)}
    return found


def log_size(home: Path) -> int:
    """How many entries a home's log has, by its checkpoint."""
    return int((home / "log" / "checkpoint").read_bytes().split(b"\n")[1])


def requests(world: World) -> list[Path]:
    """The requests that nobody filed yet."""
    found = sorted(world.folder.glob("requests/*.json"))
    return [path for path in found if "Filed later" in json.loads(path.read_text())["title"]]


class ChildDiedError(Exception):
    """A child ended otherwise than by giving its answer."""


def forked(work: Callable[[], Result], *, within_s: float = 300.0) -> Result:
    """Run `work` in a child and give what it gives. Raises ChildDiedError with what it said."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _answer(work, write_end)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe, _alarm(child, within_s):
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0 or not data:
        raise ChildDiedError(data.decode(errors="replace") or f"status {status}")
    return pickle.loads(data)  # type: ignore[no-any-return]


def _answer(work: Callable[[], Any], write_end: int) -> None:
    quiet()
    status = 0
    try:
        data = pickle.dumps(work())
    except BaseException:  # noqa: BLE001 - it is told to the parent
        data, status = traceback.format_exc().encode(), 1
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(data)
    os._exit(status)


@contextlib.contextmanager
def _alarm(child: int, within_s: float) -> Any:
    def late(*_: object) -> None:
        os.kill(child, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, within_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def quiet() -> None:
    """In a child: no core file, and nothing on the parent's terminal."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    null = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(null, handle)


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What `work` gives, and how many seconds it took."""
    start = time.monotonic()
    given = work()
    return given, time.monotonic() - start
