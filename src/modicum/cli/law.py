"""`modicum law list`: packs; each other command of the group has a module of its own."""

from typing import Annotated

import typer

from modicum.cli.options import JsonOption
from modicum.cli.output import emit, show, table
from modicum.gateway import lawbook

group = typer.Typer(no_args_is_help=True, help="Policy packs: their rules and their test vectors.")

PackOption = Annotated[str, typer.Option("--pack", help="A shipped policy pack, or a folder with one.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="law")


@group.command("list")
def list_(pack: PackOption = "us_medicaid", as_json: JsonOption = False) -> None:
    """List the rules of a pack: provision, basis, effect, dates, how the text was verified.

    Example:  modicum law list
    """
    listed = lawbook.listed(pack)
    if as_json:
        emit(listed.as_document())
        return
    show(f"pack {listed.ref.name} {listed.ref.version} ({listed.ref.sha256[:12]})")
    table("", ["rule", "body", "effect", "verified", "from", "until", "provision", "title"], listed.rows())
