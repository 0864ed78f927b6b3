"""`modicum draw FILE`: pictures of an answer or of a budget, each with its table."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from modicum.cli.options import JsonOption, outside
from modicum.cli.output import emit, show
from modicum.gateway.outside import write_out
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.paper import to_csv
from modicum.paper.answers import pictures_of

MOST_BYTES = 64 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the command to `modicum`."""
    app.command("draw")(draw)


def draw(
    file: Annotated[Path, typer.Argument(help="answer.json, or what `budget show --json` printed.", metavar="FILE")],
    out: Annotated[
        Path, typer.Option("--out", help="A folder for the pictures; nothing is overwritten.", callback=outside)
    ],
    as_json: JsonOption = False,
) -> None:
    """Draw an answer with its intervals, an exact table with its hidden cells, or a budget: SVG, and the table as CSV.

    Example:  modicum draw opened/answer.json --out pictures
    """
    drawn = pictures_of(_document(file))
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn.items():
        write_out(out / f"{name}.svg", picture.svg.encode())
        write_out(out / f"{name}.csv", to_csv(picture.table).encode())
    if as_json:
        found = [{"name": name, "finding": each.finding} for name, each in drawn.items()]
        emit({"schema": "modicum.drawn/1", "out": str(out), "pictures": found})
        return
    for name, picture in drawn.items():
        show(f"{out / name}.svg  {picture.finding}")


def _document(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        found = json.loads(data) if len(data) <= MOST_BYTES else None
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no file {file}", cure="check the path") from None
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInputError(cause=f"{file} is no JSON document", cure="give answer.json as it was opened")
    return found
