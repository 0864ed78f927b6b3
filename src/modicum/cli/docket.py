"""`modicum docket ...`, `fact attest`: the case and its facts."""

from pathlib import Path
from typing import Annotated

import typer

from modicum import __version__
from modicum.cli.case_lines import say_case
from modicum.cli.lines import LinesOption, exit_of_lines, read_given, say_report
from modicum.cli.options import (
    DEFAULT_HOME,
    AsOption,
    HomeOption,
    JsonOption,
    KeyOption,
    TextOption,
    acting_key,
    day_of,
    outside,
)
from modicum.cli.output import emit, say, show_page, table
from modicum.cli.receipt import ReceiptOption, hand_over, ready
from modicum.gateway import case as cases
from modicum.gateway.again import decide_again
from modicum.gateway.case_document import listed
from modicum.gateway.case_file import case_file
from modicum.gateway.home import Home
from modicum.gateway.outside import write_out
from modicum.gateway.request_file import read_request
from modicum.gateway.waiting import expire_due
from modicum.model.errors import InvalidInputError
from modicum.paper import case_page

group = typer.Typer(
    no_args_is_help=True, help="Cases: file, look, approve, reject, object, answer, direct, notify, withdraw, expire."
)
facts = typer.Typer(no_args_is_help=True, help="Facts that a decision may rest on.")

CaseArgument = Annotated[str, typer.Argument(help="The number of the case, e.g. 2026-0001.", metavar="CASE")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="docket")
    app.add_typer(facts, name="fact")


@group.command("file")
def file(
    path: Annotated[Path, typer.Argument(help="A request file, TOML or JSON.", metavar="FILE")],
    lines: LinesOption = None,
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """File a request under its requester's key; it is decided at once, as of today.

    With --lines its list of persons is sealed in custody: exit 3 where no line is sufficient, 4 where a hold stands.

    Examples:  modicum docket file request.toml --as hhs-oig/analyst
               modicum docket file request.toml --lines persons.lines --as sheriff/detective
    """
    here, request = ready(Home.open(home), receipt), read_request(path)
    given = read_given(here, lines)
    named = cases.weigh(here, request, given)
    number = cases.file_case(here, request, key=acting_key(here, who=who, key=key), lines=given)
    if not as_json:
        say_report(named)
    hand_over(here, here.journal.docket().cases[number].timeline[0].index, receipt)
    say_case(here, number, as_json=as_json, did="filed")
    raise typer.Exit(int(exit_of_lines(named)))


@group.command("list")
def list_(
    state: Annotated[str | None, typer.Option("--state", help="Only cases in this state, as `in_review`.")] = None,
    requester: Annotated[
        str | None, typer.Option("--requester", help="Only cases of this organisation, or organisation/person.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only cases filed on this day (UTC) or later.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the cases with their states and whose turn it is.

    Examples:  modicum docket list  |  modicum docket list --state in_review --requester hhs-oig --since 2026-11-01
    """
    found = listed(Home.open(home), state=state, requester=requester, since=day_of(since, option="--since"))
    if as_json:
        emit({"schema": "modicum.docket/1", "cases": found})
        return
    rows = [[each["case"], each["state"], each["verdict"], each["form"], each["next"], each["title"]] for each in found]
    table("", ["case", "state", "verdict", "form", "next", "title"], rows)


@group.command("show")
def show_(
    case: CaseArgument,
    html: Annotated[bool, typer.Option("--html", help="Give the case file: one page to print.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="With --html: write the page to a new file.", callback=outside),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show one case: what is asked, what the law says, who agreed, who objected, what comes next.

    With --html it is the case file on paper: matrix, clock and lock, approvals by organisation, objections, witnesses,
    the release. It goes to stdout, or to a new file with --out.

    Examples:  modicum docket show 2026-0001
               modicum docket show 2026-0001 --html --out case.html
    """
    if (out is not None and not html) or (html and as_json and out is None):
        raise InvalidInputError(
            cause="--out goes with --html, and beside --json the page needs a file of its own",
            cure="write --html --out case.html",
        )
    here = Home.open(home)
    if html:
        page = case_page(case_file(here, case), version=__version__)
        if out is None:
            show_page(page)
            return
        write_out(out, page.encode())
        say(f"wrote {out}")
    say_case(here, case, as_json=as_json, did=None)


@group.command("decide")
def decide(case: CaseArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Decide a case anew where time has changed what the law says of it; where it has not, nothing is recorded.

    Example:  modicum docket decide 2026-0003
    """
    here = Home.open(home)
    anew = decide_again(here, case)
    say_case(here, case, as_json=as_json, did="decided anew" if anew else None)
    if not anew:
        say("the law says today what the last decision says; nothing was recorded")


@group.command("approve")
def approve(
    case: CaseArgument,
    text: TextOption = "",
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Approve the decision of a case, signed by a reviewer.

    Example:  modicum docket approve 2026-0001 --key ~/.ssh/id_ed25519
    """
    here = ready(Home.open(home), receipt)
    made = cases.approve(here, case, key=acting_key(here, who=who, key=key), text=text)
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="approved")


@group.command("reject")
def reject(
    case: CaseArgument,
    text: TextOption,
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Reject the decision of a case, signed by a reviewer, with reasons.

    Example:  modicum docket reject 2026-0001 --text "asks for more than the purpose needs" --as cms/counsel
    """
    here = ready(Home.open(home), receipt)
    made = cases.reject(here, case, key=acting_key(here, who=who, key=key), text=text)
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="rejected")


@group.command("object")
def object_(
    case: CaseArgument,
    text: TextOption,
    grounds: Annotated[str, typer.Option("--grounds", help="The provision or principle relied on.")] = "unstated",
    state: Annotated[str | None, typer.Option("--state", help="Objects for the people of this State only.")] = None,
    stratum: Annotated[
        list[str] | None,
        typer.Option("--stratum", help="Objects for these people only, as attribute=value of the pack; repeatable."),
    ] = None,
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Object to a case. An objection stays for ever; a reviewer's or an origin's blocks until it is answered.

    Example:  modicum docket object 2026-0001 --grounds "42 U.S.C. 1396a(a)(7)" --text "..." --as cms/privacy-officer
    """
    here = ready(Home.open(home), receipt)
    strata = _strata([*([f"origin_state={state}"] if state else []), *(stratum or [])])
    made = cases.object_to(
        here, case, key=acting_key(here, who=who, key=key), grounds=grounds, text=text, strata=strata
    )
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="objection entered")


def _strata(given: list[str]) -> dict[str, str] | None:
    pairs = [each.partition("=") for each in given]
    if not all(name and value for name, _, value in pairs) or len({name for name, _, _ in pairs}) < len(pairs):
        raise InvalidInputError(
            cause="a stratum is no attribute=value, or names an attribute twice",
            cure="write for example --stratum member_state=NL",
        )
    return {name: value for name, _, value in pairs} or None


@group.command("answer")
def answer(
    case: CaseArgument,
    objection: Annotated[int, typer.Option("--objection", help="The log entry of the objection.")],
    text: TextOption,
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Answer an objection; fresh votes are needed after it.

    Example:  modicum docket answer 2026-0002 --objection 17 --text "..." --as cms/counsel
    """
    here = ready(Home.open(home), receipt)
    made = cases.answer(here, case, key=acting_key(here, who=who, key=key), objection=objection, text=text)
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="answered")


@group.command("direct")
def direct(
    case: CaseArgument,
    text: TextOption,
    deadline: Annotated[
        str | None, typer.Option("--deadline", help="When the official wants it: 2026-11-26T12:00:00Z, or words.")
    ] = None,
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Give a directive under one's own name. It is recorded for ever and lifts nothing that the law forbids.

    A deadline that is a time (UTC), given by the custodian's own official, ends a discretionary wait then; a wait that
    a statute fixes it never shortens.

    Example:  modicum docket direct 2026-0001 --text "send it today" --deadline "in 54 minutes" --as cms/official
    """
    here = ready(Home.open(home), receipt)
    made = cases.direct(here, case, key=acting_key(here, who=who, key=key), text=text, deadline=deadline)
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="directive entered")


@group.command("withdraw")
def withdraw(
    case: CaseArgument,
    text: TextOption,
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a request, by the organisation that asked, while nothing was released. The record of the case stays.

    Example:  modicum docket withdraw 2026-0001 --text "asked too much; a smaller request follows" --as dhs/adviser
    """
    here = ready(Home.open(home), receipt)
    made = cases.withdraw(here, case, key=acting_key(here, who=who, key=key), text=text)
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="withdrawn")


@group.command("notify")
def notify(
    case: CaseArgument,
    text: TextOption,
    state: Annotated[str, typer.Option("--state", help="The state that was told, e.g. CA.")],
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Record how a state of origin was told of a case. The log itself gives notice; this adds by which way.

    Example:  modicum docket notify 2026-0002 --state CA --text "letter of 3 June, by courier" --as cms/privacy-officer
    """
    here = ready(Home.open(home), receipt)
    made = cases.serve(here, case, key=acting_key(here, who=who, key=key), state=state, text=text)
    hand_over(here, made.index, receipt)
    say_case(here, case, as_json=as_json, did="notice recorded")


@group.command("expire")
def expire(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """End every case in which nothing was entered for as long as its rule of review allows. Run it once a day.

    Example:  modicum docket expire
    """
    ended = expire_due(Home.open(home))
    if as_json:
        emit({"schema": "modicum.expired/1", "cases": ended})
        return
    say(f"expired: {', '.join(ended)}" if ended else "no case was due")


@facts.command("attest")
def attest(
    case: CaseArgument,
    fact: Annotated[str, typer.Argument(help="The fact, as the decision names it under `missing`.")],
    text: TextOption = "",
    who: AsOption = None,
    key: KeyOption = None,
    receipt: ReceiptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Attest a fact for a case, by the role that the pack names for it; the case is decided again.

    Example:  modicum fact attest 2026-0003 dua-in-force --text "DUA 12345, until 2027-06-30" --as cms/privacy-officer
    """
    here = ready(Home.open(home), receipt)
    cases.attest(here, case, key=acting_key(here, who=who, key=key), fact=fact, text=text)
    hand_over(here, here.journal.docket().cases[case].facts[fact].index, receipt)
    say_case(here, case, as_json=as_json, did="attested")
