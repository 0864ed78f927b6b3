"""`modicum budget show`: what may still be lost about a population, in plain words."""

from typing import Annotated

import typer

from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from modicum.cli.output import emit, show, table
from modicum.gateway.budget import STANDING_SCHEMA, Standing, in_words, standing, standings
from modicum.gateway.home import Home

group = typer.Typer(no_args_is_help=True, help="The budget of privacy loss, one for each population.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="budget")


@group.command("show")
def show_(
    population: Annotated[
        str | None, typer.Option("--population", help="One population; all of the home if left out.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show what was spent of the budget, by which questions, and what is left for all askers together.

    Releases that no noise covers (exact tables, matches, records) are listed beside it.

    Examples:  modicum budget show  |  modicum budget show --population persons --json
    """
    here = Home.open(home)
    found = standings(here) if population is None else [standing(here, population)]
    if as_json:
        emit({"schema": STANDING_SCHEMA, "populations": [each.as_document() for each in found]})
        return
    for each in found:
        _show(each)


def _show(found: Standing) -> None:
    for line in in_words(found):
        show(line)
    if found.spent:
        rows = [
            [
                str(each.entry),
                each.at,
                each.case,
                each.dataset,
                f"{each.rho:.3g}",
                f"{each.delta:.0e}" if each.delta else "0",
            ]
            for each in found.spent
        ]
        table("questions that were paid for", ["entry", "at", "case", "data set", "rho", "delta"], rows)
    if found.not_covered:
        others = [[str(each.entry), each.at, each.case, each.form] for each in found.not_covered]
        table("not covered by the budget", ["entry", "at", "case", "form"], others)
