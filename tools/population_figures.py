"""Print the figures of docs/explanation/the-synthetic-population.md, from a population made for the purpose.

Usage: python tools/population_figures.py            (prints Markdown; a test compares the page with it)
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from modicum.custody.population import assumptions, generate, reference

PEOPLE, SEED = 20_000, 1
SCOPES = ("full_scope", "emergency", "state_only")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def percent(part: float, whole: float) -> str:
    """A share with one decimal."""
    return f"{100 * part / whole:.1f} %"


def by_state(people: Sequence[dict[str, Any]]) -> str:
    """Made against published, a row a state."""
    states = reference.load().states
    total = sum(state.people for state in states)
    counted = Counter((row["SUBMTG_STATE_CD"], row["FUNDING_SCOPE"]) for row in people)
    rows = []
    for state in states:
        here = [counted[state.fips, scope] for scope in SCOPES]
        rows.append(
            [
                state.name,
                f"{state.people:,}",
                percent(state.people, total),
                percent(sum(here), len(people)),
                *(percent(n, sum(here)) for n in here),
            ]
        )
    header = ("state", "enrolled, 2025-10", "share", "share made", "full scope", "emergency only", "state money")
    return table(header, rows)


def by_status(people: Sequence[dict[str, Any]], checks: Sequence[dict[str, Any]]) -> str:
    """What status checks say of the people in each programme."""
    answers = {row["MSIS_IDENT_NUM"]: row["STATUS"] for row in checks}
    kinds = [*sorted({*answers.values()}), "unknown"]
    counted = Counter((row["FUNDING_SCOPE"], answers.get(row["MSIS_IDENT_NUM"], "unknown")) for row in people)
    rows = []
    for kind in kinds:
        totals = [sum(counted[scope, each] for each in kinds) for scope in SCOPES]
        rows.append([kind, *(percent(counted[s, kind], n) for s, n in zip(SCOPES, totals, strict=True))])
    return table(("status check says", *SCOPES), rows)


def by_claims(claims: Sequence[dict[str, Any]]) -> str:
    """Lines and money by how they were paid."""
    rows = []
    for scope in SCOPES:
        here = [row for row in claims if row["LINE_FUNDING_SCOPE"] == scope]
        total, federal = sum(row["TOT_MDCD_PD_AMT"] for row in here), sum(row["FED_PD_AMT"] for row in here)
        use = sum("F10" <= row["DGNS_1_CD"][:3] <= "F19" for row in here)
        rows.append([scope, f"{len(here):,}", percent(use, len(here)), percent(float(federal), float(total))])
    return table(("line paid as", "lines", "with a diagnosis F10 to F19", "federal share of the money"), rows)


def figures() -> str:
    """All tables of the page."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "population"
        made = generate(out, people=PEOPLE, seed=SEED)
        read = {name: pq.read_table(out / f"{name}.parquet").to_pylist() for name in made.tables}
    first = {row["MSIS_IDENT_NUM"]: row for row in reversed(read["eligibility"])}
    people = list(first.values())
    dirt = table(
        ("dirt", "share of rows"), ([name.replace("_", " "), f"{rate:.2%}"] for name, rate in assumptions.DIRT.items())
    )
    rows = ", ".join(f"{count:,} rows in `{name}`" for name, count in made.tables.items())
    return "\n\n".join(
        [
            f"Made with `--people {PEOPLE} --seed {SEED}`: {rows}.",
            by_state(people),
            by_status(people, read["status_check"]),
            by_claims(read["claims"]),
            dirt,
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(figures() + "\n")
