"""`modicum rebuild`: the tables of the store, made again from log and bodies, or held against them."""

from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from modicum.cli.output import emit, say, show, table
from modicum.gateway.home import Home
from modicum.gateway.rebuilding import Rebuilt, check_store, rebuild_store

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("rebuild")(rebuild)


def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Only compare; exit 5 where a row differs.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make every table of the store again from the log and its bodies, or compare them with what these give.

    Examples:  modicum rebuild --check  |  modicum rebuild --home gate
    """
    here = Home.open(home)
    found = check_store(here) if check else rebuild_store(here)
    if as_json:
        emit(found.as_document())
    else:
        _show(found)
    if not found.equal:
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))


def _show(found: Rebuilt) -> None:
    table("", ["table", "rows"], [[name, f"{rows:,}"] for name, rows in found.rows.items()])
    show(f"log and bodies give  {found.log_sha256}  ({found.entries} entries)")
    show(f"the tables hold      {found.store_sha256}  ({found.store})")
    if found.pending:
        say(f"{found.pending} entries are accepted and not yet in the log; the next command that writes enters them")
    if found.dropped:
        say(f"{found.dropped} entries that this gateway had not accepted were left out")
    for each in found.differences[:_SHOWN]:
        show(f"  {each}")
    if len(found.differences) > _SHOWN:
        show(f"  and {len(found.differences) - _SHOWN} more: see --json")
    if found.equal:
        say("equal" if found.checked else "made again, and equal")
    else:
        say("hint: the log is right; keep a copy of the store for those who inquire, then run `modicum rebuild`")
