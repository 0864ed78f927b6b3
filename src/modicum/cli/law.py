"""`modicum law list`, `law vectors`: packs."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli import law_impact
from modicum.cli.exits import Exit
from modicum.cli.options import JsonOption
from modicum.cli.output import emit, show, table
from modicum.gateway import lawbook

group = typer.Typer(no_args_is_help=True, help="Policy packs: their rules and their test vectors.")

PackOption = Annotated[str, typer.Option("--pack", help="A shipped policy pack, or a folder with one.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="law")
    law_impact.register(group)


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


@group.command("vectors")
def vectors(
    file: Annotated[Path | None, typer.Argument(help="A vectors file; the pack's own when left out.")] = None,
    pack: PackOption = "us_medicaid",
    as_json: JsonOption = False,
) -> None:
    """Run a case's orders alone on a vectors file and compare with `fail_closed`; exit 5 where one differs.

    Example:  modicum law vectors
    """
    report = lawbook.run(pack, file)
    if as_json:
        emit(lawbook.vectors_document(report))
    else:
        for each in report.differing:
            show(
                f"{each.id}: expected {each.expected}, the pack says {each.got} ({', '.join(each.rules) or 'no rule'})"
            )
        show(f"{len(report.results)} vectors, {len(report.differing)} differ")
    if report.differing:
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))
