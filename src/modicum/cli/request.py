"""`modicum request check`, `decide`, `propose`: what is possible, before anything is filed."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from modicum.answer.ladder import Rung
from modicum.cli.exits import Exit
from modicum.cli.lines import LinesOption, exit_of_lines, read_given, say_report
from modicum.cli.lines import lines as lines_command
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from modicum.cli.output import emit, say, show, table
from modicum.gateway.case import check_request, weigh
from modicum.gateway.deciding import Decided, decide_request
from modicum.gateway.home import Home
from modicum.gateway.request_file import read_request
from modicum.model.decision import Verdict
from modicum.model.errors import InvalidInputError

group = typer.Typer(no_args_is_help=True, help="Request files.")

FileArgument = Annotated[Path, typer.Argument(help="A request file, TOML or JSON.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Decide as of another day (hypothetical).")
]
FORBIDDEN_SHOWN = 12


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="request")
    app.command("decide")(decide)
    app.command("propose")(propose)


group.command("lines")(lines_command)


@group.command("check")
def check(
    file: FileArgument, lines: LinesOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Check a request file against the schema, the data set and the roster; decides nothing.

    With --lines each line of its list of persons is judged: exit 3 where none is sufficient, 4 where a hold stands.

    Examples:  modicum request check request.toml  |  modicum request check request.toml --lines persons.lines
    """
    here, request = Home.open(home), read_request(file)
    named = weigh(here, request, read_given(here, lines))
    remarks = check_request(here, request, named=named)
    if as_json:
        report = None if named is None else named.report.as_document()
        document = {"schema": "modicum.request-check/1", "request_sha256": request.sha256}
        emit({**document, "remarks": remarks, "lines": report})
    else:
        show(f"the request is well formed ({request.sha256[:12]})")
        for remark in remarks:
            say(f"note: {remark}")
        say_report(named)
    raise typer.Exit(int(exit_of_lines(named)))


def decide(
    file: FileArgument,
    as_of: AsOfOption = None,
    lines: LinesOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show what the law says of a request: verdicts per stratum, column and form, with their basis.

    Examples:  modicum decide request.toml  |  modicum decide request.toml --as-of 2025-08-13 --json
    """
    decided = _decided(home, file, as_of, lines)
    if as_json:
        emit(decided.decision.as_document())
    else:
        _show_decision(decided)
        say_report(decided.named, unbacked=decided.unbacked)
    raise typer.Exit(int(exit_of_verdict(decided)))


def propose(
    file: FileArgument,
    as_of: AsOfOption = None,
    lines: LinesOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the ladder: what each form of answer would disclose, and the lowest one that answers the question.

    Example:  modicum propose request.toml
    """
    decided = _decided(home, file, as_of, lines)
    if as_json:
        emit(decided.ladder.as_document())
    else:
        rows = [
            [str(rung.form), str(rung.verdict or "-"), _people(rung), str(rung.columns), rung.why]
            for rung in decided.ladder.rungs
        ]
        table(f"the ladder for: {decided.request.title}", ["form", "verdict", "people", "columns", "why"], rows)
        show(f"lowest form that answers: {decided.ladder.lowest}")
        _show_missing(decided)
        say_report(decided.named, unbacked=decided.unbacked)
    raise typer.Exit(int(exit_of_verdict(decided)))


def _people(rung: Rung) -> str:
    told = rung.as_document()["people"]
    return f"{told:,}" if isinstance(told, int) else str(told or "-")


def exit_of_verdict(decided: Decided) -> Exit:
    """Exit 0 where the form may leave, 4 where something is missing or a hold stands, 3 where it is refused."""
    held = decided.named is not None and bool(decided.named.holds)
    return {
        Verdict.PERMITTED: Exit.OUTSTANDING if held else Exit.DONE,
        Verdict.CONDITIONAL: Exit.OUTSTANDING,
        Verdict.FORBIDDEN: Exit.REFUSED,
    }[decided.verdict]


def _decided(home: Path, file: Path, as_of: str | None, lines: Path | None) -> Decided:
    here, request, day = Home.open(home), read_request(file), _day(as_of)
    named = weigh(here, request, read_given(here, lines), as_of=day)
    return decide_request(here, request, docket=here.journal.docket(), as_of=day, named=named)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(cause="--as-of is not a date", cure="write it as 2025-08-13") from None


def _show_decision(decided: Decided) -> None:
    decision = decided.decision
    mark = " (hypothetical)" if decision.hypothetical else ""
    show(f"{decided.request.title}: {decided.verdict} in the form {decided.form}, as of {decision.as_of}{mark}")
    table(
        "cells by form",
        ["form", "permitted", "conditional", "forbidden"],
        [[str(form), *[str(count) for count in counts]] for form, counts in decided.counts().items()],
    )
    rows = [
        [each.id, str(each.basis), each.verified, each.cite, each.title]
        for each in decided.overall().because[:FORBIDDEN_SHOWN]
    ]
    table("because", ["rule", "basis", "verified", "provision", "title"], rows)
    _show_missing(decided)
    show(f"lowest form that answers: {decision.lowest_form}")


def _show_missing(decided: Decided) -> None:
    for facts in decided.overall().missing[:FORBIDDEN_SHOWN]:
        say(f"missing: {' and '.join(facts)}")
