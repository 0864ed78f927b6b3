"""`modicum request lines`, and what other commands say about a list of persons: numbers and clauses, never a name."""

from pathlib import Path
from typing import Annotated, Final

import typer

from modicum.cli.exits import Exit
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, outside
from modicum.cli.output import emit, say, show, table
from modicum.gateway.home import Home
from modicum.gateway.lines_file import read_lines, salt_lines
from modicum.gateway.named import Named, line_rules, write_salted
from modicum.model.lines import Lines

LinesOption = Annotated[
    Path | None,
    typer.Option("--lines", help="The salted list of the persons whom the request names.", metavar="LINES"),
]
REFUSED_SHOWN: Final = 40


def lines(
    file: Annotated[Path, typer.Argument(help="A list of persons: CSV with a header, or NDJSON.", metavar="LIST")],
    out: Annotated[
        Path, typer.Option("--out", help="Where the salted list goes; nothing is overwritten.", callback=outside)
    ],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Salt a list of persons and print the digest that the request must hold; the list is checked, not judged.

    Example:  modicum request lines persons.csv --out persons.lines
    """
    here = Home.open(home)
    salted = salt_lines(file, columns=line_rules(here.pack()).columns)
    write_salted(out, salted)
    if as_json:
        document = {"schema": "modicum.salted/1", "lines": len(salted.lines)}
        emit({**document, "named_persons_sha256": salted.sha256, "out": str(out)})
        return
    show(f'named_persons_sha256 = "{salted.sha256}"')
    say(f"{len(salted.lines):,} lines salted into {out}; give it with --lines, and keep it as you keep the names in it")


def read_given(home: Home, path: Path | None) -> Lines | None:
    """The salted list that `--lines` names, or None."""
    return None if path is None else read_lines(path, columns=line_rules(home.pack()).columns)


def say_report(named: Named | None, *, unbacked: bool = False) -> None:
    """Say what became of each line, the refused ones by number, field and clause, and what holds the case."""
    if unbacked:
        say("note: the list of persons is not given; decided as if every line of it were sufficient, so hypothetical")
    if named is None:
        return
    report = named.report
    refused = [each for each in report.lines if not each.sufficient]
    show(f"lines: {len(report.lines)}, sufficient {len(report.sufficient)}, refused {len(refused)}")
    rows = [
        [
            str(line.number),
            fault.field,
            fault.because.id,
            fault.because.verified,
            fault.because.cite,
            fault.because.title,
        ]
        for line in refused
        for fault in line.faults
    ]
    if rows:
        table("refused lines", ["line", "field", "clause", "verified", "provision", "demands"], rows[:REFUSED_SHOWN])
    if len(rows) > REFUSED_SHOWN:
        say(f"note: {len(rows) - REFUSED_SHOWN} more faults; --json tells all")
    for hold in named.holds:
        show(f"hold {hold.because.id}: {hold.reason}")


def exit_of_lines(named: Named | None) -> Exit:
    """Exit 3 where no line is sufficient, 4 where a hold stands, else 0."""
    if named is None:
        return Exit.DONE
    if not named.lines:
        return Exit.REFUSED
    return Exit.OUTSTANDING if named.holds else Exit.DONE
