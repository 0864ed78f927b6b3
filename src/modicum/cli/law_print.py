"""`modicum law print`: a policy pack as a document for people who read law."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.law import PackOption
from modicum.cli.options import JsonOption, outside
from modicum.cli.output import emit, say
from modicum.gateway.lawbook import read
from modicum.gateway.outside import write_out
from modicum.paper import pack_markdown, pack_page
from modicum_verify.harmless import harmless


def register(group: typer.Typer) -> None:
    """Add the command to `modicum law`."""
    group.command("print")(print_)


def print_(
    pack: PackOption = "us_medicaid",
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="ID", help="Only the bodies that can bear on this custodian.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT", help="Write a printable page instead.", callback=outside)
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="OUT", help="Write Markdown to a new file instead.", callback=outside),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a pack for lawyers: each rule in plain words beside its Cedar, its provision, its vectors.

    Examples:  modicum law print > pack.md  |  modicum law print --html pack.html
    """
    found = read(pack, profile=profile)
    if html is not None:
        write_out(html, pack_page(found).encode())
        say(f"wrote {html}")
    if markdown is not None:
        write_out(markdown, pack_markdown(found).encode())
        say(f"wrote {markdown}")
    if as_json:
        emit(found.as_document())
    elif html is None and markdown is None:
        typer.echo(harmless(pack_markdown(found)), nl=False)
    say(found.coverage_line)
