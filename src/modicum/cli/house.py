"""`modicum demo`, `init`, `doctor`: the house itself."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.demo import play
from modicum.cli.exits import Exit
from modicum.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    NewHomeOption,
    StoreOption,
    given_key,
    outside_others,
)
from modicum.cli.output import emit, progress, say, show, table
from modicum.gateway.doctor import examine
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home, system_clock
from modicum.model.errors import InvalidInputError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("demo")(demo)
    app.command("init")(init)
    app.command("doctor")(doctor)


def demo(
    home: Annotated[
        Path, typer.Option("--home", help="A new folder for the demo's home and files.", callback=outside_others)
    ] = Path("modicum-demo"),
    people: Annotated[int, typer.Option("--people", min=1000, help="How many synthetic people.")] = 20_000,
    as_json: JsonOption = False,
) -> None:
    """Replay the event of June 2025: what was asked, what the law says, what could be answered.

    Examples:  modicum demo  |  modicum demo --home /tmp/june --people 50000
    """
    with progress(quiet=as_json) as report:
        played = play(home, people=people, report=report, quiet=as_json)
    if as_json:
        emit(played)


def init(
    home: NewHomeOption = DEFAULT_HOME,
    evaluation: Annotated[bool, typer.Option("--evaluation", help="A home without outside witnesses.")] = False,
    roster: Annotated[
        str, typer.Option("--roster", help="cms, ehds, state, or a TOML file with organisations, people and founders.")
    ] = "cms",
    pack: Annotated[str, typer.Option("--pack", help="A shipped policy pack, or a folder with one.")] = "us_medicaid",
    witnesses: Annotated[
        Path | None, typer.Option("--witnesses", help="A witnesses.toml: who must cosign before anything leaves.")
    ] = None,
    founder_keys: Annotated[
        list[str] | None,
        typer.Option(
            "--founder-key", help="With --witnesses: a founder's own key, a file or agent:SHA256:..., once for each."
        ),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a gateway home: roster, keys, log, and `trust.json` for verifiers.

    Either with witnesses, whom every release then waits for, or for evaluation, without any. A pack that is a folder is
    copied into the home.

    Example:  modicum init --home gate --evaluation
    Example:  modicum init --evaluation --roster state
    Example:  modicum init --evaluation --pack eu_ehds --roster ehds
    Example:  modicum init --roster roster.toml --witnesses witnesses.toml --founder-key a.key --founder-key b.key
    Example:  modicum init --evaluation --store postgresql+pg8000://modicum@localhost/modicum
    """
    _check_kind(evaluation=evaluation, witnesses=witnesses, founder_keys=founder_keys)
    made = create_home(
        home,
        roster=roster,
        pack_name=pack,
        clock=system_clock,
        witnesses=witnesses,
        founder_keys=[given_key(each) for each in founder_keys or ()],
        store=store,
    )
    if as_json:
        emit(
            {
                "schema": "modicum.init/1",
                "home": str(home),
                "origin": made.origin,
                "custodian": made.custodian,
                "trust": made.trust.as_document(),
            }
        )
        return
    _say_made(made, home)


def _say_made(made: Home, home: Path) -> None:
    if made.evaluation:
        show(f"made the evaluation home {home} of {made.custodian} (log {made.origin})")
        say(f"verifiers bring {home / 'trust.json'}; nobody outside witnesses this log, and every manifest says so")
        return
    show(f"made the home {home} of {made.custodian} (log {made.origin})")
    say(f"verifiers bring {home / 'trust.json'}; nothing leaves before its witnesses cosign")
    say(f"bring each witness the log's key: modicum log witness watch {home / 'log' / 'log.vkey'}")


def _check_kind(*, evaluation: bool, witnesses: Path | None, founder_keys: list[str] | None) -> None:
    if evaluation == (witnesses is not None):
        given = "both were said" if evaluation else "neither was said"
        raise InvalidInputError(
            cause=f"a home has witnesses, or is an evaluation home: {given}",
            cure="add --witnesses witnesses.toml, or --evaluation for a home without outside witnesses",
        )
    if evaluation and founder_keys:
        raise InvalidInputError(
            cause="an evaluation home makes the keys of its founders itself", cure="leave --founder-key out"
        )


def doctor(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Check a home: settings, keys, disk, clock, log, bodies, data, unfinished releases.

    Example:  modicum doctor --home gate
    """
    findings = examine(home)
    if as_json:
        emit(
            {
                "schema": "modicum.doctor/1",
                "home": str(home),
                "healthy": all(each.good for each in findings),
                "findings": [
                    {"check": each.check, "good": each.good, "detail": each.detail, "cure": each.cure}
                    for each in findings
                ],
            }
        )
    else:
        table(
            "", ["check", "", "detail"], [[each.check, "ok" if each.good else "BAD", each.detail] for each in findings]
        )
        for each in findings:
            if not each.good:
                say(f"hint: {each.check}: {each.cure}")
    worst = next((each.exit for each in findings if not each.good), None)
    if worst is not None:
        raise typer.Exit(int(Exit[worst]))
