"""`modicum account`: what was told about one person."""

import sys
from io import StringIO
from typing import Annotated

import typer

from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from modicum.cli.output import emit, show
from modicum.gateway.home import Home
from modicum.gateway.lookback import account_of
from modicum.model.errors import InvalidInputError


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("account")(account)


def account(
    person: Annotated[
        str,
        typer.Argument(
            help="The person's key in the records, or - to read it from stdin; it goes into no log.", metavar="PERSON"
        ),
    ],
    dataset: Annotated[str | None, typer.Option("--dataset", help="Look in this data set alone.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show every release that a person's record was in, each with its proof.

    Example:  modicum account 06-0000000017
    """
    key = _from_stdin() if person == "-" else person
    statement = account_of(Home.open(home), key, dataset=dataset)
    if as_json:
        emit(statement.document)
    else:
        show(statement.text.rstrip("\n"))


def _from_stdin() -> str:
    try:
        return (sys.stdin or StringIO()).readline().strip()
    except UnicodeDecodeError:
        raise InvalidInputError(
            cause="stdin is not text in UTF-8", cure="write the person's key there, as one line"
        ) from None
