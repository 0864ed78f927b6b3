"""`modicum lint FILE`: is this table fit to be shared."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.answer.lint import RULES, SCHEMA, Finding, lint
from modicum.cli.exits import Exit
from modicum.cli.options import JsonOption
from modicum.cli.output import emit, say, show
from modicum.gateway.table_file import read_table


def register(app: typer.Typer) -> None:
    """Add the command to `modicum`."""
    app.command("lint")(check)


def check(
    file: Annotated[Path, typer.Argument(help="A table from elsewhere: CSV with a header, or JSON.", metavar="FILE")],
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="A table that was shared before; may be given often.")
    ] = None,
    base: Annotated[int, typer.Option("--base", min=1, help="Counts are rounded to multiples of this.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Check a table before it is shared: small, derivable, unrounded, undescribed, too like an earlier one.

    Exit 0 where nothing is found, 4 where something is to be mended. What stands in a cell is never printed.

    Example:  modicum lint by-county.csv --earlier by-county-2025.csv
    """
    findings = lint(read_table(file), earlier=[read_table(each) for each in earlier or []], base=base)
    if as_json:
        emit(
            {
                "schema": SCHEMA,
                "file": str(file),
                "earlier": [str(each) for each in earlier or []],
                "clean": not findings,
                "findings": [each.as_document() for each in findings],
            }
        )
    else:
        _show(file, findings)
    if findings:
        raise typer.Exit(int(Exit.OUTSTANDING))


def _show(file: Path, findings: tuple[Finding, ...]) -> None:
    for each in findings:
        show(f"{file}:{each.line}:{each.column}  {each.rule}: {each.cause}; {each.cure}")
    rules = sorted({each.rule for each in findings})
    for rule in rules:
        say(f"{sum(each.rule == rule for each in findings):>5}  {rule:<15} {RULES[rule]}")
    if not findings:
        say("nothing found; what several tables tell together is asked of the gateway, not of this command")
