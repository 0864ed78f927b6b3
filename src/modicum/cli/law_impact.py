"""`modicum law impact`: what another law, or another day, would say of all that has left."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.options import DEFAULT_HOME, AsOfOption, HomeOption, JsonOption, day_of, outside
from modicum.cli.output import emit, progress, say, show, table
from modicum.gateway.home import Home
from modicum.gateway.impact import Affected, Impact, impact_of
from modicum.gateway.outside import check_folder
from modicum.gateway.recall import Notice, impact_document, notices, write_notices
from modicum.law.packs import load_pack


def register(group: typer.Typer) -> None:
    """Add the command of this module to the group `law`."""
    group.command("impact")(impact)


def impact(
    pack: Annotated[
        str | None,
        typer.Option("--pack", help="A shipped pack, or a folder with one; the home's own if left out."),
    ] = None,
    as_of: AsOfOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="A folder for a recall notice per recipient; nothing is overwritten.", callback=outside
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Decide every past release anew under a pack; exit 4 where something that left would now not leave.

    Changes nothing in the home, and enters no recall in its log.

    Examples:  modicum law impact --pack new-pack  |  modicum law impact --as-of 2025-08-13 --out notices
    """
    here = Home.open(home)
    if out is not None:
        check_folder(out)
    chosen = here.pack() if pack is None else load_pack(pack)
    with progress(quiet=as_json) as report:
        found = impact_of(here, pack=chosen, as_of=day_of(as_of), report=report)
    letters = notices(found)
    written = [] if out is None else write_notices(out, letters)
    if as_json:
        emit(impact_document(found, letters, written))
    else:
        _show(found, letters, out, written)
    if found.affected:
        raise typer.Exit(int(Exit.OUTSTANDING))


def _show(found: Impact, letters: tuple[Notice, ...], out: Path | None, written: list[str]) -> None:
    mark = " (hypothetical)" if found.hypothetical else ""
    show(
        f"{len(found.affected)} of {len(found.releases)} releases would be decided differently by "
        f"{found.pack.name} {found.pack.version} ({found.pack.sha256[:12]}) as of {found.as_of}{mark}"
    )
    document = impact_document(found, letters, written)
    rows = [
        [
            item["release"],
            item["at"],
            item["form"],
            f"{len(item['columns_affected'])} of {len(item['columns_released'])}",
            f"{'' if item['people_exact'] else 'at most '}{item['people_affected']} of {item['people']}",
            ", ".join(f"{r['organisation']}/{r['person']}" for r in item["recipients"] if r["columns_affected"]),
            ", ".join(_rules(release)),
        ]
        for item, release in zip(document["items"], found.releases, strict=True)
        if release.affected
    ]
    if rows:
        table("", ["release", "at", "form", "columns", "people", "recipients", "because"], rows)
    gained = sum(each.found.now_permitted for each in found.releases)
    if gained:
        show(f"cells that did not leave and now could: {gained:,}")
    for name in written:
        show(f"{out}/{name}")
    if letters and out is None:
        say(f"{len(letters)} recall notice(s) are due; write them with --out FOLDER")
    if letters:
        say("no recall is entered in the log by this: enter them with `modicum recall --order`")


def _rules(release: Affected) -> list[str]:
    if release.undecided is not None:
        return [f"cannot be decided: {release.undecided}"]
    found = {rule.id for flip in release.found.flips for rule in flip.cell.because}
    return [*sorted(found), *(f"{each.column} only as {each.now}" for each in release.found.coarser)]
