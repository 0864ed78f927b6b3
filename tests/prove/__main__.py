"""`make prove`: kills, crashes and races at full count, with dated evidence; `--sample` is what `make test` runs of it.

    python tests/prove [--sample] [--within MINUTES] [--jobs N] [--evidence FOLDER]

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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import apsw
import prove_parts as parts
from prove_home import make_template
from prove_kill import RECOVERY_LIMIT_S, measure
from prove_postgres import server, template_on

ROOT: Final = Path(__file__).parents[2]
SCHEMA: Final = "modicum.evidence.prove/1"
LEAST_SHARE: Final = 0.3
WHOLE: Final[dict[str, int]] = {
    "kills": 1000, "postgres": 200, "stops": 20, "processes": 64, "every": 1, "engines": 10, "registrations": 40,
    "hang_every": 1,
}  # fmt: skip
SAMPLE: Final[dict[str, int]] = {
    "kills": 12, "postgres": 2, "stops": 1, "processes": 16, "every": 151, "engines": 1, "registrations": 1,
    "hang_every": 58,
}  # fmt: skip


def main() -> int:
    given = _arguments()
    counts = SAMPLE if given.sample else WHOLE
    began, at = datetime.now(UTC), Path(tempfile.mkdtemp(prefix="modicum-prove-"))
    try:
        document = {
            **_about(began, sample=given.sample),
            **_proved(at, counts, jobs=given.jobs, within_s=given.within * 60),
        }
    finally:
        shutil.rmtree(at, ignore_errors=True)
    document["seconds"] = round((datetime.now(UTC) - began).total_seconds())
    _write(document, given.evidence, began, sample=given.sample)
    return 0 if document["passed"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kills, crashes and races at full count, with dated evidence.")
    parser.add_argument("--sample", action="store_true", help="a few trials of each kind")
    parser.add_argument("--within", type=float, default=240.0, help="stop after so many minutes, and say what was done")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--evidence", type=Path, default=ROOT / "evidence")
    return parser.parse_args()


def _proved(at: Path, counts: dict[str, int], *, jobs: int, within_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    template = make_template(at / "template")
    pace = measure(template, at / "pace")
    bench = parts.Bench(template, pace, at, jobs, within_s, deadline)
    found: list[parts.Part] = []
    controls = _said("broken builds", lambda: parts.controls(bench))
    for each in controls:
        _say(f"  a build that {each['build']}: {'caught' if each['caught'] else 'NOT CAUGHT'}")

    def part(share: float, of: parts.Bench, work: Callable[[parts.Bench], parts.Part]) -> None:
        began = time.monotonic()
        found.append(work(of.until(share)))
        found[-1].seconds = time.monotonic() - began
        _say(_line(found[-1]))

    part(0.45, bench, lambda b: parts.kills(b, counts["kills"]))
    part(0.16, bench, lambda b: parts.step_faults(b, every=counts["every"]))
    part(0.07, bench, lambda b: parts.power_cuts(b, every=counts["every"]))
    part(0.04, bench, lambda b: parts.spills(b, engines=counts["engines"], registrations=counts["registrations"]))
    part(0.12, bench, lambda b: parts.hangs(b, every=counts["hang_every"]))
    database = server()
    if database is not None:
        try:
            on_server = template_on(database, template, at / "postgres")
            single = parts.Bench(on_server, pace, at, 1, within_s, deadline)
            part(0.12, single, lambda b: parts.kills_on_postgres(b, counts["postgres"]))
            part(0.04, single, lambda b: parts.server_stops(b, database, counts["stops"]))
            part(1.0, single, lambda b: parts.races(b, counts["processes"], store="PostgreSQL"))
        finally:
            database.close()
    part(1.0, bench, lambda b: parts.races(b, counts["processes"], store="SQLite"))
    return _verdict(found, controls, postgres=database is not None)


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
        "complete": all(each.trials >= each.asked - each.figures.get("ended_before_the_kill", 0) for each in found),
        "postgres": postgres,
        "parts": [each.as_document() for each in found],
        "controls": controls,
    }


def _about(began: datetime, *, sample: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": "sample" if sample else "full",
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


def _write(document: dict[str, Any], folder: Path, began: datetime, *, sample: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{'sample' if sample else 'prove'}-{began:%Y-%m-%d}"
    (folder / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    lines = [
        f"# What was tried on {began:%Y-%m-%d}",
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
