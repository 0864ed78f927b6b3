"""A release of two million people against the engine's own COPY of the same columns, in the same run.

The release joins the mask of 20 strata, makes pseudonyms, writes Parquet into a pipe and seals it with age; COPY writes
plain zstd Parquet of the same source columns to a file. Each measurement is a process of its own, rounds alternate,
and each round begins with the next of the three. Prints the ratio of the medians and the peak memory; exits 1 where a
ratio is above 2.0 or the memory above 2 GiB.

    python bench/release.py [--people N] [--rounds N]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from machine import peak_rss_mib, print_machine

from modicum.answer.plan import Plan, plan
from modicum.answer.pseudonym import recipients_key
from modicum.answer.records import release_records
from modicum.custody.engine import Engine, table_path
from modicum.law.packs import load_pack
from modicum.model.dataset import Column, Dataset, Table
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Handling, Person, Population, Question, Request
from modicum.seal.age import OneTimeIdentity, encrypt_stream
from modicum.storage import Folder

MOST_RATIO, MOST_MIB = 2.0, 2048.0
STRATA, FEW_PEOPLE = 20, 100
COLUMNS = {
    "MSIS_ID": "medicaid_id",
    "LAST_NAME": "name",
    "FIRST_NAME": "name",
    "SSN": "ssn",
    "BIRTH_DATE": "dob",
    "ZIP": "zip",
    "STATE": "state",
    "SEX": "sex",
    "ELIGIBILITY_GROUP": "eligibility_group",
    "IMMIGRATION_STATUS": "immigration_status",
    "MONTHLY_INCOME": "income",
}
AS_OF = date(2026, 3, 15)
RUNS = ("copy of the columns identified", "identified", "copy of the columns pseudonymised", "pseudonymised")


def dataset(people: int) -> Dataset:
    return Dataset(
        name="bench",
        version="v1",
        confirmed=True,
        tables=(Table(name="eligibility", rows=people, unreadable=0, person_column="MSIS_ID", sha256="0" * 64),),
        columns=tuple(
            Column(table="eligibility", name=name, element=None, data_class=data_class)
            for name, data_class in COLUMNS.items()
        ),
        strata_sources=(),
        strata=tuple((("origin_state", f"S{index:02d}"),) for index in range(STRATA)),
        persons=people,
    )


def build(root: Path, people: int) -> None:
    chance = np.random.default_rng(1)
    order = np.arange(people)
    identifiers = pc.binary_join_element_wise(
        "MS", pc.utf8_lpad(pa.array((order * 7_919) % 10**9).cast(pa.string()), 9, "0"), ""
    )
    days = np.datetime64("1925-01-01") + chance.integers(0, 36_500, people).astype("timedelta64[D]")
    birth = pc.replace_substring(pa.array(days.astype("datetime64[D]")).cast(pa.string()), "-", "")
    words = pa.array([f"Name{index}" for index in range(20_000)])
    zips = pa.array([f"{code:05d}" for code in chance.integers(501, 99_950, 4_000)])
    stratum = chance.integers(0, STRATA, people)

    def coded(values: list[str]) -> pa.Array:
        return pa.array(values).take(pa.array(chance.integers(0, len(values), people)))

    content = {
        "MSIS_ID": identifiers,
        "LAST_NAME": words.take(pa.array(chance.zipf(1.3, people) % 20_000)),
        "FIRST_NAME": words.take(pa.array(chance.zipf(1.3, people) % 5_000)),
        "SSN": pa.array(chance.integers(100_000_000, 899_999_999, people)).cast(pa.string()),
        "BIRTH_DATE": birth,
        "ZIP": zips.take(pa.array(chance.integers(0, 4_000, people))),
        "STATE": pa.array(["06", "17", "53", "11"]).take(pa.array(stratum % 4)),
        "SEX": coded(["F", "M"]),
        "ELIGIBILITY_GROUP": coded([f"{group:02d}" for group in range(1, 76)]),
        "IMMIGRATION_STATUS": coded(["1", "2", "3", "8", "9"]),
        "MONTHLY_INCOME": pa.array(chance.integers(0, 6_000, people)).cast(pa.string()),
        "_modicum_row": pa.array(order),
        "_modicum_person": pa.array(order, pa.uint32()),
        "_modicum_stratum": pa.array(stratum, pa.uint16()),
    }
    keys = {"person_key": identifiers, "ordinal": pa.array(order, pa.uint32())}
    for name, table in (("eligibility", content), ("persons", keys)):
        path = root / table_path("bench", "v1", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(table), path, compression="zstd", row_group_size=122_880)


def planned(form: Form, people: int) -> Plan:
    """All columns asked for; in each stratum one of them is forbidden, so that each needs its mask."""
    data = dataset(people)
    request = Request(
        title="bench",
        custodian="custodian",
        action="disclose",
        requester=Person(organisation="asker", person="ann"),
        question=Question(text="bench", asks=Asks.RECORDS),
        purpose="research",
        authorities=(),
        population=Population(dataset="bench"),
        columns=tuple(COLUMNS),
        form=form,
        recipients=(),
        handling=Handling(retention_days=1),
    )
    because = (Because(id="bench", cite="bench", basis=Basis.LAW, verified="text-read"),)
    verdicts = (Verdict.PERMITTED, Verdict.FORBIDDEN)
    decision = Decision(
        request_sha256=request.sha256,
        pack=PackRef(name="bench", version="0", sha256="0" * 64),
        catalogue_sha256="0" * 64,
        facts_sha256="0" * 64,
        dataset_version="v1",
        as_of=AS_OF,
        hypothetical=False,
        columns=data.columns,
        strata=data.strata,
        forms=DISCLOSING,
        classes=tuple(Cell(verdict=verdict, because=because) for verdict in verdicts),
        cells=[int(s % len(COLUMNS) == c) for s in range(STRATA) for c in range(len(COLUMNS)) for _ in DISCLOSING],
        lowest_form=form,
    )
    pack = load_pack("us_medicaid")
    return plan(request, decision, form, pack.transformations, pack.traits)


def copy(root: Path, form: Form, people: int) -> float:
    names = ", ".join(each.column.name for each in planned(form, people).tables[0].columns)
    if form is Form.PSEUDONYMISED:
        names = f"MSIS_ID AS person, {names}"  # the release has a column more: the pseudonym of the person
    began = time.perf_counter()
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        source = root / table_path("bench", "v1", "eligibility")
        target = root / "copy.parquet"
        connection.execute(f"COPY (SELECT {names} FROM '{source}') TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    return time.perf_counter() - began


def release(root: Path, form: Form, people: int) -> float:
    law = planned(form, people)
    identity = OneTimeIdentity.generate()
    began = time.perf_counter()
    key = recipients_key(bytes(32), ["asker"])
    with Engine.open(Folder(root), dataset(people)) as engine, (root / "sealed.age").open("wb") as sealed:

        def sink(_: str, reader: BinaryIO) -> None:
            encrypt_stream(reader, sealed, recipient=identity.recipient)

        answer = release_records(engine, law, recipient_key=key, sink=sink)
    seconds = time.perf_counter() - began
    if answer.rows != people:
        sys.exit("the release is not whole")
    return seconds


def measure_once(root: Path, run: str, people: int) -> None:
    form = Form.PSEUDONYMISED if run.endswith("pseudonymised") else Form.IDENTIFIED
    work = copy if run.startswith("copy") else release
    work(root / "few", form, FEW_PEOPLE)  # on both sides: libraries are loaded before the clock starts
    seconds = work(root, form, people)
    print(json.dumps({"seconds": seconds, "peak_mib": peak_rss_mib()}))


def measure(root: Path, people: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {run: [] for run in RUNS}
    for turn in range(rounds):
        for place in range(len(RUNS)):
            run = RUNS[(place + turn) % len(RUNS)]
            arguments = [sys.executable, __file__, "--people", str(people), "--only", run, "--home", str(root)]
            done = subprocess.run(arguments, check=True, capture_output=True, text=True)
            found[run].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def report(found: dict[str, list[dict[str, float]]], people: int) -> bool:
    medians = {run: statistics.median(each["seconds"] for each in found[run]) for run in RUNS}
    peaks = {run: max(each["peak_mib"] for each in found[run]) for run in RUNS}
    for run in RUNS:
        spread = f"{min(e['seconds'] for e in found[run]):.2f} to {max(e['seconds'] for e in found[run]):.2f}"
        print(f"{run:<36}{medians[run]:6.2f} s  ({spread})  peak {peaks[run]:5.0f} MiB")
    good = True
    for form in (Form.IDENTIFIED, Form.PSEUDONYMISED):
        ratio = medians[str(form)] / medians[f"copy of the columns {form}"]
        good &= ratio <= MOST_RATIO and peaks[str(form)] <= MOST_MIB
        print(
            f"ratio {form:<15} {ratio:.2f} x COPY (at most {MOST_RATIO}), {people / medians[str(form)]:,.0f} people/s"
        )
    print("kept" if good else "NOT KEPT")
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=RUNS)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    if given.only:
        measure_once(given.home, given.only, given.people)
        return
    print_machine(people=f"{given.people:,}", strata=str(STRATA), rounds=str(given.rounds))
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "few", FEW_PEOPLE)
        build(Path(folder), given.people)
        sys.exit(0 if report(measure(Path(folder), given.people, given.rounds), given.people) else 1)


if __name__ == "__main__":
    main()
