"""`modicum recall`: ask back what has left."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.options import (
    DEFAULT_HOME,
    AsOption,
    HomeOption,
    JsonOption,
    KeyOption,
    TextOption,
    acting_key,
    outside,
)
from modicum.cli.output import emit, progress, say, show
from modicum.gateway.home import Home
from modicum.gateway.recalling import Outcome, recall_case, recall_order
from modicum.law.packs import load_pack
from modicum.model.errors import InvalidInputError


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("recall")(recall)


def recall(
    text: TextOption,
    case: Annotated[str | None, typer.Argument(help="The case whose release is recalled.", metavar="CASE")] = None,
    order: Annotated[
        str | None,
        typer.Option("--order", help="Instead of a case: a pack; everything is recalled that it would not let leave."),
    ] = None,
    notice: Annotated[
        Path | None,
        typer.Option("--notice", help="With a case: the notice that recipients get; its digest is entered."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="With --order: a folder for a recall notice per recipient.", callback=outside),
    ] = None,
    who: AsOption = None,
    key: KeyOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Recall releases: a signed entry in the log for each, by counsel or privacy officer of the custodian.

    With --order every release is recalled that `modicum law impact` finds affected by that pack; exit 4 where one of
    them is still under way.

    Example:  modicum recall 2026-0002 --text "order of 12 August" --notice letter.txt --key ~/.ssh/id_ed25519
    Example:  modicum recall --order new-pack --out notices --text "order of 12 August" --key ~/.ssh/id_ed25519
    """
    if (case is None) == (order is None) or (case is None and notice) or (order is None and out):
        raise InvalidInputError(
            cause="what is recalled is not clear", cure="give a CASE, perhaps with --notice; or --order, with --out"
        )
    here = Home.open(home)
    acting = acting_key(here, who=who, key=key)
    if case is not None:
        done = recall_case(here, case, key=acting, text=text, notice=notice)
    else:
        with progress(quiet=as_json) as report:
            done = recall_order(here, pack=load_pack(order or ""), key=acting, text=text, out=out, report=report)
    if as_json:
        emit(done.as_document())
    else:
        _show(done, out)
    if done.under_way:
        raise typer.Exit(int(Exit.OUTSTANDING))


def _show(done: Outcome, out: Path | None) -> None:
    for each in done.recalled:
        show(f"recalled: release {each.release}, log entry {each.entry}, notice {each.notice_sha256 or 'none'}")
    for name in done.written:
        show(f"{out}/{name}")
    if not done.recalled:
        say("nothing was recalled")
    for name in done.before:
        say(f"recalled before: release {name}")
    for name in done.under_way:
        say(f"under way, not recalled: release {name}; run `modicum doctor`, then recall again")
    if done.written:
        say("sign the notices and send them; nobody but the recipients can destroy what they have")
