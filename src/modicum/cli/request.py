"""`modicum request check`, `decide`, `propose`: what is possible, before anything is filed."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from modicum.cli.decision_paper import page_of, people_words
from modicum.cli.exits import Exit
from modicum.cli.explained import show_explanation
from modicum.cli.lines import LinesOption, exit_of_lines, read_given, say_report
from modicum.cli.lines import lines as lines_command
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, outside
from modicum.cli.output import emit, emit_bytes, say, show, table
from modicum.gateway.asking import Asked, decide_asked, find_asked
from modicum.gateway.case import check_request, weigh
from modicum.gateway.deciding import Decided, kinds_of
from modicum.gateway.explaining import explain_cell
from modicum.gateway.home import Home
from modicum.gateway.noisy import remarks_on
from modicum.gateway.outside import write_out
from modicum.gateway.proposing import Reader, proposed
from modicum.gateway.request_file import read_request
from modicum.model.decision import Verdict
from modicum.model.errors import InvalidInputError
from modicum_verify.canonical import canonical

group = typer.Typer(no_args_is_help=True, help="Request files.")

FileArgument = Annotated[Path, typer.Argument(help="A request file, TOML or JSON.")]
AskedArgument = Annotated[
    Path, typer.Argument(help="A request file, TOML or JSON; or the number of a filed case.", metavar="FILE")
]
ExplainOption = Annotated[
    str | None,
    typer.Option("--explain", metavar="CELL", help="Explain one cell, named STRATUM/COLUMN/FORM."),
]
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
    file: AskedArgument,
    as_of: AsOfOption = None,
    lines: LinesOption = None,
    explain: ExplainOption = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="OUT", help="Write a printable page to a new file.", callback=outside),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show what the law says of a request: verdicts per stratum, column and form, with their basis.

    --explain says of one cell which rules applied, which nearly did, what is missing, and the earliest lawful day
    where time alone is missing. Its stratum is a number, or as many attributes as tell it from the others.

    Examples:  modicum decide request.toml  |  modicum decide request.toml --as-of 2025-08-13 --json
    |  modicum decide 2026-0003 --explain origin_state=CA,immigration=us_citizen/eligibility.SSN_NUM/identified
    |  modicum decide request.toml --explain 3/eligibility.SSN_NUM/identified
    |  modicum decide request.toml --html decision.html
    """
    here, asked, decided = _decided(home, file, as_of, lines)
    if explain is not None:
        kinds = kinds_of(asked.request, here.journal.docket())
        explanation = explain_cell(decided, explain, kinds=kinds, attested=asked.attested)
        if as_json:
            emit(explanation.as_document())
        else:
            show_explanation(explanation)
        raise typer.Exit(int(_EXITS[explanation.cell.verdict]))
    if html is not None:
        write_out(html, page_of(here, asked, decided).encode())
        say(f"wrote {html}")
    if as_json:
        emit_bytes(canonical(decided.decision.as_document()))
    else:
        _show_decision(decided)
        say_report(decided.named, unbacked=decided.unbacked)
    raise typer.Exit(int(exit_of_verdict(decided)))


def propose(
    file: AskedArgument,
    reader: Annotated[
        Reader, typer.Option("--for", help="Who will read it: an asker sees bounds of the data set, no counts.")
    ] = Reader.REVIEWER,
    as_of: AsOfOption = None,
    lines: LinesOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the ladder: what each form of answer would disclose, and the lowest one that answers the question.

    Where a form is refused, the next smaller request that would pass is named. Counts are of the people who meet the
    conditions of the request, and for the custodian's own reviewers alone. Of a question with noise it says how near
    the figures will be, and what they cost.

    Examples:  modicum propose request.toml  |  modicum propose request.toml --for asker
    """
    here, _, decided = _decided(home, file, as_of, lines)
    ladder, remarks = proposed(here, decided, reader), remarks_on(here, decided)
    if as_json:
        emit({**ladder.as_document(), "advice": remarks})
    else:
        rows = [
            [str(rung.form), str(rung.verdict or "-"), people_words(rung), str(rung.columns), rung.why]
            for rung in ladder.rungs
        ]
        table(f"the ladder for: {decided.request.title}", ["form", "verdict", "people", "columns", "why"], rows)
        show(f"lowest form that answers: {ladder.lowest}")
        for remark in remarks:
            show(remark)
        _show_missing(decided)
        say_report(decided.named, unbacked=decided.unbacked)
    raise typer.Exit(int(exit_of_verdict(decided)))


def exit_of_verdict(decided: Decided) -> Exit:
    """Exit 0 where the form may leave, 4 where something is missing or a hold stands, 3 where it is refused."""
    held = decided.named is not None and bool(decided.named.holds)
    return Exit.OUTSTANDING if held and decided.verdict is Verdict.PERMITTED else _EXITS[decided.verdict]


_EXITS: Final = {
    Verdict.PERMITTED: Exit.DONE,
    Verdict.CONDITIONAL: Exit.OUTSTANDING,
    Verdict.FORBIDDEN: Exit.REFUSED,
}


def _decided(home: Path, file: Path, as_of: str | None, lines: Path | None) -> tuple[Home, Asked, Decided]:
    here, day = Home.open(home), _day(as_of)
    docket = here.journal.docket()
    asked = find_asked(here, docket, file, lines=read_given(here, lines), as_of=day)
    return here, asked, decide_asked(here, docket, asked, as_of=day)


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
