"""Answers with noise beside plain group-bys of the same rows, by four groupings, each run a process of its own.

ours       everything after the decision: each person's contribution bounded, people counted and amounts summed by group
           in the engine, noise from OpenDP, intervals
plain      what an analyst would write for the same two figures: count(DISTINCT person), sum(paid), GROUP BY
rows       the cheapest group-by there is: count(*), sum(paid); people are not told apart, so nobody can be protected

Rounds alternate. Exits 1 where ours takes more than 1.5 times the plain group-by. OpenDP's own Polars path and Tumult
need interpreters of their own (their pins do not go with ours): give them, or they are printed as not run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import duckdb
from machine import peak_rss_mib, print_machine
from noisy_others import OTHERS
from noisy_world import GROUPINGS, KEPT, build, dataset, decision, request

from modicum.answer.private_answer import noisy_answer, price
from modicum.answer.questions import private_question
from modicum.custody.engine import Engine, table_path
from modicum.storage import Folder

MOST_RATIO = 1.5
MEMORY = "8GiB"
RUNS = ("rows", "plain", "ours")
FEW_PEOPLE = 1000


def ours(root: Path, by: tuple[str, ...], people: int) -> float:
    data, asked = dataset(people), request(by)
    question = private_question(asked, decision(asked, data), KEPT, None, dataset=data)
    began = time.perf_counter()
    with Engine.open(Folder(root), data, memory=MEMORY) as engine:
        rows = noisy_answer(engine, question, price(question))
    seconds = time.perf_counter() - began
    if len(rows) < len(by):
        sys.exit("the answer is not whole")
    return seconds


def plain(root: Path, by: tuple[str, ...], counted: str) -> float:
    source, keys = root / table_path("bench", "v1", "claims"), ", ".join(by)
    settings = {"preserve_insertion_order": False, "memory_limit": MEMORY, "temp_directory": str(root / "spill")}
    began = time.perf_counter()
    with duckdb.connect(config=settings) as connection:
        connection.execute(f"SELECT {keys}, {counted}, sum(PAID) FROM '{source}' GROUP BY {keys}").fetchall()
    return time.perf_counter() - began


def once(root: Path, run: str, by: tuple[str, ...], people: int) -> float:
    if run == "ours":
        return ours(root, by, people)
    return plain(root, by, "count(*)" if run == "rows" else "count(DISTINCT _modicum_person)")


def measure_once(root: Path, run: str, by: tuple[str, ...], people: int) -> None:
    once(root / "few", run, by, FEW_PEOPLE)  # libraries are loaded before the clock starts
    seconds = once(root, run, by, people)
    print(json.dumps({"seconds": seconds, "peak_mib": peak_rss_mib()}))


def measure(root: Path, people: int, rounds: int) -> dict[tuple[str, ...], dict[str, list[dict[str, float]]]]:
    found: dict[tuple[str, ...], dict[str, list[dict[str, float]]]] = {
        by: {run: [] for run in RUNS} for by in GROUPINGS
    }
    for turn in range(rounds):
        for by in GROUPINGS:
            for place in range(len(RUNS)):
                run = RUNS[(place + turn) % len(RUNS)]
                arguments = ["--people", str(people), "--only", run, "--by", ",".join(by), "--home", str(root)]
                program = [sys.executable, str(Path(__file__).parent / "statistics.py"), *arguments]
                done = subprocess.run(program, check=True, capture_output=True, text=True)
                found[by][run].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def report(found: dict[tuple[str, ...], dict[str, list[dict[str, float]]]]) -> bool:
    good = True
    for by, runs in found.items():
        middle = {run: median(each["seconds"] for each in runs[run]) for run in RUNS}
        ratio = middle["ours"] / middle["plain"]
        good &= ratio <= MOST_RATIO
        print(f"by {', '.join(by).lower()}")
        for run in RUNS:
            spread = f"{min(e['seconds'] for e in runs[run]):.2f} to {max(e['seconds'] for e in runs[run]):.2f}"
            print(f"  {run:<8}{middle[run]:7.2f} s  ({spread})  peak {max(e['peak_mib'] for e in runs[run]):5.0f} MiB")
        print(f"  ratio   {ratio:7.2f} x plain (at most {MOST_RATIO}), {middle['ours'] / middle['rows']:.1f} x rows")
    print("kept" if good else "NOT KEPT")
    return good


def others(claims: Path, given: argparse.Namespace) -> None:
    """The same question by state on other people's parts, where an interpreter that has them is given."""
    for name, (program, what) in OTHERS.items():
        python = getattr(given, f"{name}_python")
        if python is None:
            print(f"{name:<8}not run: give --{name}-python PATH, an interpreter with {what}")
            continue
        environment = {**os.environ, "PYSPARK_PYTHON": str(python)}
        command = [str(python), "-c", program, str(claims)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        last = done.stdout.splitlines()[-1] if done.returncode == 0 and done.stdout.strip() else None
        print(f"{name:<8}{last or 'failed: ' + ' '.join(done.stderr.split()[-30:])}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--shuffled", action="store_true", help="rows in no order; else those of a person stand together"
    )
    parser.add_argument("--opendp-python", type=Path)
    parser.add_argument("--tumult-python", type=Path)
    parser.add_argument("--only", choices=RUNS)
    parser.add_argument("--by")
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    if given.only:
        measure_once(given.home, given.only, tuple(given.by.split(",")), given.people)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build(root / "few", FEW_PEOPLE)
        claims = build(root, given.people, shuffled=given.shuffled)
        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT count(*) FROM '{claims}'").fetchall()[0][0]
        print_machine(
            people=f"{given.people:,}",
            claims=f"{rows:,}",
            rounds=str(given.rounds),
            rows="shuffled" if given.shuffled else "by person",
        )
        good = report(measure(root, given.people, given.rounds))
        others(claims, given)
    return 0 if good else 1
