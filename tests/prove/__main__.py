"""`make prove`: kills, crashes, races and attacks at full count, with dated evidence.

    python tests/prove [--sample] [--only durability|kills|steps|postgres|statistics]
                       [--kills N] [--seed N] [--within MINUTES] [--jobs N] [--evidence FOLDER]

`--sample` is what `make test` runs of durability; of statistics it samples the same programs elsewhere.

The evidence says the commit, the machine, how many trials were asked for and done, and each failure. Exit 1: a trial
failed, a broken build was not caught, or too few kills landed between staged and published.
"""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import apsw
import prove_parts as parts
import prove_statistics as statistics
from prove_home import make_template
from prove_kill import RECOVERY_LIMIT_S, measure
from prove_postgres import server, template_on

ROOT: Final = Path(__file__).parents[2]
SCHEMA: Final = "modicum.evidence.prove/1"
LEAST_SHARE: Final = 0.3
WHOLE: Final[dict[str, int]] = {
    "kills": 1000, "postgres": 200, "stops": 20, "processes": 64, "every": 1, "engines": 10, "registrations": 40,
    "hang_every": 1, "pairs": 1000, "deaths": 10_000, "askers": 64, "tables": 500, "questions": 1000,
}  # fmt: skip
SAMPLE: Final[dict[str, int]] = {
    "kills": 12, "postgres": 2, "stops": 1, "processes": 16, "every": 151, "engines": 1, "registrations": 1,
    "hang_every": 58, "pairs": 3, "deaths": 20, "askers": 8, "tables": 5, "questions": 60,
}  # fmt: skip


def main() -> int:
    given = _arguments()
    counts = dict(SAMPLE if given.sample else WHOLE)
    counts |= {"kills": given.kills, "postgres": given.kills} if given.kills else {}
    began, at = datetime.now(UTC), Path(tempfile.mkdtemp(prefix="modicum-prove-"))
    try:
        document = {
            **_about(began, sample=given.sample),
            **_proved(at, counts, only=given.only, seed=given.seed, jobs=given.jobs, within_s=given.within * 60),
        }
    finally:
        shutil.rmtree(at, ignore_errors=True)
    document["seconds"] = round((datetime.now(UTC) - began).total_seconds())
    name = f"{document['kind']}-{given.only}" if given.only else document["kind"]
    _write(document, given.evidence, f"{name}-{began:%Y-%m-%d}")
    return 0 if document["passed"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Kills, crashes, races and attacks at full count, with dated evidence."
    )
    parser.add_argument("--sample", action="store_true", help="a few trials of each kind")
    parser.add_argument(
        "--only", choices=("durability", "kills", "steps", "postgres", "statistics"), help="a part of it"
    )
    parser.add_argument("--kills", type=int, help="how many, where not as many as usual")
    parser.add_argument("--seed", type=int, default=0, help="of the first kill; another run can try others")
    parser.add_argument("--within", type=float, default=240.0, help="stop after so many minutes, and say what was done")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--evidence", type=Path, default=ROOT / "evidence")
    return parser.parse_args()


def _proved(
    at: Path, counts: dict[str, int], *, only: str | None, seed: int, jobs: int, within_s: float
) -> dict[str, Any]:
    template = make_template(at / "template")
    pace = measure(template, at / "pace")
    bench = parts.Bench(template, pace, at, jobs, within_s, time.monotonic() + within_s)
    found: list[parts.Part] = []
    controls: list[dict[str, Any]] = []
    postgres = False
    if only != "statistics":
        controls += _said("broken builds", lambda: parts.controls(bench))
    if only in {None, "durability", "kills"}:
        _put(found, bench, 1.0 if only == "kills" else 0.45, lambda b: parts.kills(b, counts["kills"], first=seed))
    if only in {None, "durability", "steps"}:
        _put(found, bench, 0.7 if only == "steps" else 0.16, lambda b: parts.step_faults(b, every=counts["every"]))
        _put(found, bench, 0.3 if only == "steps" else 0.07, lambda b: parts.power_cuts(b, every=counts["every"]))
    if only in {None, "durability"}:
        _others(bench, counts, found)
    if only in {None, "durability", "postgres"}:
        postgres = _on_postgres(bench, counts, found, seed=seed)
    if only in {None, "statistics"}:
        controls += _said("broken builds of statistics", lambda: statistics.controls(bench, counts["questions"]))
        _statistics(bench, counts, found)
    for each in controls:
        _say(f"  a build that {each['build']}: {'caught' if each['caught'] else 'NOT CAUGHT'}")
    return _verdict(found, controls, postgres=postgres)


def _put(found: list[parts.Part], bench: parts.Bench, share: float, work: Callable[[parts.Bench], parts.Part]) -> None:
    """Do one part within a share of the time."""
    began = time.monotonic()
    found.append(work(bench.until(share)))
    found[-1].seconds = time.monotonic() - began
    _say(_line(found[-1]))


def _others(bench: parts.Bench, counts: dict[str, int], found: list[parts.Part]) -> None:
    """What is spilled, what hangs, and many at once."""
    _put(
        found, bench, 0.04, lambda b: parts.spills(b, engines=counts["engines"], registrations=counts["registrations"])
    )
    _put(found, bench, 0.12, lambda b: parts.hangs(b, every=counts["hang_every"]))
    _put(found, bench, 1.0, lambda b: parts.races(b, counts["processes"], store="SQLite"))


def _on_postgres(bench: parts.Bench, counts: dict[str, int], found: list[parts.Part], *, seed: int) -> bool:
    """The same with the store in PostgreSQL. Says whether it was there."""
    database = server()
    if database is None:
        return False
    try:
        single = replace(bench, template=template_on(database, bench.template, bench.at / "postgres"), jobs=1)
        _put(found, single, 0.2, lambda b: parts.kills_on_postgres(b, counts["postgres"], first=seed))
        _put(found, single, 0.06, lambda b: parts.server_stops(b, database, counts["stops"]))
        _put(found, single, 1.0, lambda b: parts.races(b, counts["processes"], store="PostgreSQL"))
    finally:
        database.close()
    return True


def _statistics(bench: parts.Bench, counts: dict[str, int], found: list[parts.Part]) -> None:
    """Nobody is told apart by a number, and every number is paid for."""
    _put(found, bench, 0.3, lambda b: statistics.pairs(b, counts["pairs"]))
    _put(found, bench, 0.4, lambda b: statistics.deaths(b, counts["deaths"]))
    _put(found, bench, 1.0, lambda b: statistics.askers(b, counts["askers"]))
    _put(found, bench, 0.3, lambda b: statistics.examined(b, counts["tables"]))
    _put(found, bench, 1.0, lambda b: statistics.attacked(b, counts["questions"]))


def _verdict(found: list[parts.Part], controls: list[dict[str, Any]], *, postgres: bool) -> dict[str, Any]:
    recoveries = [each.figures["slowest_recovery_s"] for each in found if "slowest_recovery_s" in each.figures]
    shares = [each.figures[name] for each in found for name in each.figures if name.startswith("share_")]
    passed = (
        not any(each.failures for each in found)
        and all(each["caught"] for each in controls)
        and all(share >= LEAST_SHARE for share in shares)
    )
    return {
        "passed": passed,
        "recovery_under_5_s": all(each < RECOVERY_LIMIT_S for each in recoveries),
        "complete": all(each.trials >= each.asked for each in found),
        "postgres": postgres,
        "parts": [each.as_document() for each in found],
        "controls": controls,
    }


def _about(began: datetime, *, sample: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": "sample" if sample else "prove",
        "date": began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "machine": {
            "cpus": os.cpu_count(),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "sqlite_seen_from_below": apsw.sqlite_lib_version(),
        },
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _write(document: dict[str, Any], folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    lines = [
        f"# What was tried on {document['date'][:10]}",
        "",
        f"Commit {document['commit'][:12]}, {document['machine']['cpus']} processors, {document['machine']['system']}.",
        f"All of it is in [{name}.json]({name}.json). Passed: {'yes' if document['passed'] else 'NO'}.",
        f"All trials that were asked for were done: {'yes' if document['complete'] else 'no, see the counts'}.",
        "",
        "| what | trials | failures | figures |",
        "|---|---|---|---|",
    ]
    lines += [_row(each) for each in document["parts"]]
    lines += ["", "| a build that | seen by | caught |", "|---|---|---|"]
    lines += [
        f"| {each['build']} | {each['by']} | {'yes' if each['caught'] else 'NO'} |" for each in document["controls"]
    ]
    (folder / f"{name}.md").write_text("\n".join(lines) + "\n")


def _row(part: dict[str, Any]) -> str:
    usual = {"part", "asked", "trials", "failures", "first_failures", "seconds"}
    figures = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in part.items() if name not in usual)
    return f"| {part['part']} | {part['trials']} of {part['asked']} | {part['failures']} | {figures} |"


def _line(part: parts.Part) -> str:
    share = part.figures.get("share_between_staged_and_published")
    landed = "" if share is None else f", {share:.0%} between staged and published"
    return f"{part.name}: {part.trials} of {part.asked} trials, {len(part.failures)} failures{landed}, {part.seconds:.0f} s"


def _said(what: str, work: Callable[[], Any]) -> Any:
    _say(what)
    return work()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
