"""`modicum law install`, `log appoint`, `docket enact`: changes of the rules, which are cases."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.options import DEFAULT_HOME, AsOption, HomeOption, JsonOption, KeyOption, TextOption, acting_key
from modicum.cli.output import emit, progress, say, show
from modicum.gateway.amending import enact, propose, proposed
from modicum.gateway.case_document import case_document
from modicum.gateway.home import Home
from modicum.gateway.lawproofs import changed
from modicum.law.packs import load_pack


def register(*, law: typer.Typer, log: typer.Typer, docket: typer.Typer) -> None:
    """Add the commands of this module to their groups."""
    law.command("install")(install)
    log.command("appoint")(appoint)
    docket.command("enact")(enact_)


def install(
    pack: Annotated[str, typer.Argument(help="A shipped policy pack, or a folder with one.", metavar="PACK")],
    text: TextOption,
    who: AsOption = None,
    key: KeyOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Propose another policy pack, with the rules of review that it brings. It is a case: people vote, and it waits.

    Until it is in force (`modicum docket enact`) everything is decided by the old one, and waits as long as that says.

    Example:  modicum law install new-pack --text "the order of 12 August" --key ~/.ssh/id_ed25519
    """
    here = Home.open(home)
    before = here.pack()
    number = propose(here, key=acting_key(here, who=who, key=key), text=text, pack=pack)
    _say(here, number, as_json=as_json)
    if not as_json:
        with progress(quiet=False) as report:
            report("comparing the packs", None)
            lines = changed(before, load_pack(pack))
        for line in lines:
            show(f"  {line}")


def appoint(
    witnesses: Annotated[Path, typer.Argument(help="A witnesses.toml with all witnesses to be.", metavar="FILE")],
    text: TextOption,
    who: AsOption = None,
    key: KeyOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Propose other witnesses, or another number of organisations that must cosign: a case, timed by the old ones.

    Where witnesses are (their addresses) needs no case: change it in the home's witnesses.toml.

    Example:  modicum log appoint witnesses.toml --text "the court's key was renewed" --key ~/.ssh/id_ed25519
    """
    here = Home.open(home)
    number = propose(here, key=acting_key(here, who=who, key=key), text=text, witnesses=witnesses)
    _say(here, number, as_json=as_json)


def enact_(
    case: Annotated[str, typer.Argument(help="The case of an agreed change of the rules.", metavar="CASE")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Put an agreed change of the rules in force; exit 4 while its time-lock runs.

    Example:  modicum docket enact 2026-0007
    """
    here = Home.open(home)
    what = enact(here, case)
    document = case_document(here, case)
    if as_json:
        emit(document)
        return
    show(f"in force: {what.lower()} (case {case})")
    say("what was agreed before and has not left is decided, and voted on, anew")
    if "witnesses" in document["change"]:
        say(f"give verifiers the new {home / 'trust.json'}")


def _say(home: Home, number: str, *, as_json: bool) -> None:
    found = proposed(home, number)
    if as_json:
        emit(found.as_document())
        return
    show(
        f"case {number}: {case_document(home, number)['title'].lower()}; next: it needs votes, see modicum docket show"
    )
    wait = timedelta(seconds=found.waits_s)
    if found.earliest is None:
        show(f"would wait {wait} in a home with witnesses; here it is in force when it is agreed and enacted")
    else:
        show(f"waits {wait} from its agreement; were it agreed now: in force from {found.earliest} at the earliest")
