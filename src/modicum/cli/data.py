"""`modicum data ...`: the synthetic population; data sets and their dictionaries."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, outside
from modicum.cli.output import emit, progress, say, show, table
from modicum.gateway import datasets
from modicum.gateway.home import Home
from modicum.gateway.outside import write_out

group = typer.Typer(no_args_is_help=True, help="Data sets and their dictionaries; the synthetic population.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="data")


@group.command("generate")
def generate(
    people: Annotated[int, typer.Option("--people", help="How many people.")],
    out: Annotated[Path, typer.Option("--out", help="A folder for the tables.", callback=outside)],
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Make a synthetic, T-MSIS-shaped population of California, Illinois, Washington and the District.

    Example:  modicum data generate --people 100000 --seed 1 --out population
    """
    with progress(quiet=as_json) as report:
        made = datasets.make_population(out, people=people, seed=seed, report=report)
    if as_json:
        emit({"schema": "modicum.generated/1", "out": str(out), "seed": seed, "tables": dict(made)})
        return
    table("", ["table", "rows"], [[name, f"{rows:,}"] for name, rows in made.items()])
    say(f"no real person is in {out}; register it with: modicum data add NAME {out}")


@group.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A name for the data set.")],
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: CSV, Parquet or NDJSON, plain or gzipped.")],
    dictionary: Annotated[Path | None, typer.Option("--dictionary", help="A dictionary file; confirms it.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Register a data set; every row that cannot be read is reported with file and line.

    Examples:  modicum data add medicaid population/  |  modicum data add claims c.csv.gz --dictionary d.toml
    """
    with progress(quiet=as_json) as report:
        added = datasets.add(Home.open(home), name, paths, dictionary=dictionary, report=report)
    if as_json:
        emit(datasets.registration_document(added))
        return
    rows = [
        [each.name, f"{each.rows:,}", f"{each.unreadable:,}", each.person_column or "-"]
        for each in added.dataset.tables
    ]
    table(f"data set {name}, {added.dataset.persons:,} persons", ["table", "rows", "unreadable", "person column"], rows)
    for lost in added.unreadable[:20]:
        say(f"unreadable: {lost.file}, line {lost.line}: {lost.reason}")
    if len(added.unreadable) > 20:  # noqa: PLR2004 - a screenful
        say(f"and {len(added.unreadable) - 20} more, all in data/{name}/unreadable.json")
    unclassed = sum(1 for each in added.dataset.columns if each.data_class is None)
    say(f"{len(added.dataset.columns)} columns, {unclassed} without a data class (these are refused)")
    if not added.dataset.confirmed:
        say(f"its dictionary is a proposal: see data/{name}/dictionary.toml, then data classify {name} --confirm")


@group.command("list")
def list_(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the registered data sets.

    Example:  modicum data list
    """
    found = datasets.listed(Home.open(home))
    if as_json:
        emit({"schema": "modicum.datasets/1", "datasets": [each.as_document() for each in found]})
        return
    rows = [
        [
            each.name,
            f"{each.persons:,}",
            str(len(each.tables)),
            "confirmed" if each.confirmed else "proposed",
            each.version[:12],
        ]
        for each in found
    ]
    table("", ["data set", "persons", "tables", "dictionary", "version"], rows)


@group.command("describe")
def describe(
    name: Annotated[str, typer.Argument(help="The data set.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show tables, columns with their classes, strata and their evidence, and code checks.

    Example:  modicum data describe medicaid
    """
    described = datasets.describe(Home.open(home), name)
    if as_json:
        emit(described.as_document())
        return
    dataset = described.dataset
    show(f"data set {dataset.name}, version {dataset.version[:12]}, {dataset.persons:,} persons")
    rows = [
        [each.qualified, each.element or "-", each.data_class or "(none: refused)", each.kind]
        for each in dataset.columns
    ]
    table("columns", ["column", "element", "data class", "kind"], rows)
    sources = [[each.attribute, f"{each.table}.{each.column}"] for each in dataset.strata_sources]
    table("evidence of the row attributes (any other is unknown)", ["attribute", "column"], sources)
    show(f"{len(dataset.strata)} strata")
    for line in described.code_checks:
        show(line)


@group.command("classify")
def classify(
    name: Annotated[str, typer.Argument(help="A registered data set, or a file or folder to look at.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm the data set's dictionary as it stands.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the proposed dictionary to a new file.", callback=outside)
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Propose a dictionary from names and values, or confirm the one of a data set.

    Examples:  modicum data classify export/ --out dictionary.toml  |  modicum data classify medicaid --confirm
    """
    here = Home.open(home)
    if confirm:
        dataset = datasets.confirm(here, name)
        if as_json:
            emit(dataset.as_document())
        else:
            show(f"the dictionary of {name} is confirmed (version {dataset.version[:12]})")
        return
    text = datasets.propose_dictionary(here, name)
    if out is not None:
        write_out(out, text.encode())
        say(f"wrote {out}; edit it, then `modicum data add NAME {name} --dictionary {out}`")
    if as_json:
        emit({"schema": "modicum.dictionary/1", "dictionary": text})
    elif out is None:
        show(text)
