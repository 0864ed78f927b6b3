"""Random tables against an attacker of another make: what `make test` samples, in full numbers.

`run(count)` gives how many tables and hidden cells were examined, and what was found wrong: nothing, or a list.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "property"))

from tables_oracle import Made, Published, all_cells, least_hidden, random_table, shown_small, too_narrow

from modicum.answer.tables.greedy import choose_greedily
from modicum.answer.tables.model import table_of
from modicum.answer.tables.primary import small_cells
from modicum.answer.tables.protection import protect
from modicum.answer.tables.system import counts


def publish(made: Made) -> Published:
    """Protect a table with the product, and publish it."""
    table = table_of(made.inner, depths=made.depths)
    found = protect(counts(table, primary=small_cells(table.values)))
    return {key: None if found.hidden[place] else table.values[place] for place, key in enumerate(table.keys)}


def greedy_count(made: Made) -> int:
    """How many cells a plain greedy method hides."""
    table = table_of(made.inner, depths=made.depths)
    return int(choose_greedily(counts(table, primary=small_cells(table.values))).sum())


def run(count: int = 500) -> dict[str, Any]:
    """Examine random tables of 2 and 3 dimensions with hierarchies, and small ones against the exhaustive optimum."""
    return {**examine(range(count)), **against_optimum(max(count // 5, 1))}


def examine(seeds: range) -> dict[str, Any]:
    """Protect and publish a random table for each seed, and look at it as an attacker with another solver would."""
    wrong: list[str] = []
    examined = 0
    for seed in seeds:
        made = random_table(seed)
        published = publish(made)
        examined += sum(value is None for value in published.values())
        if {key: value for key, value in published.items() if value is not None} != {
            key: value for key, value in all_cells(made).items() if published[key] is not None
        }:
            wrong.append(f"table {seed}: a shown cell is not the true one")
        for what, keys in (
            ("small and shown", shown_small(published)),
            ("too narrow over fractions", too_narrow(made, published, whole=False)),
            ("too narrow over whole numbers", too_narrow(made, published, whole=True)),
        ):
            wrong += [f"table {seed}: {len(keys)} cells are {what}"] if keys else []
    return {"tables": len(seeds), "hidden_cells": examined, "wrong": wrong}


def against_optimum(count: int) -> dict[str, Any]:
    """Hidden cells on small tables: the product, the exhaustive optimum, a plain greedy method."""
    ours = optimum = greedy = compared = 0
    below: list[int] = []
    for seed in range(10_000, 10_000 + count):
        made = random_table(seed, most=3)
        least = least_hidden(made, most_extra=4)
        if least is None:
            continue
        hidden = sum(value is None for value in publish(made).values())
        compared += 1
        ours, optimum, greedy = ours + hidden, optimum + least, greedy + greedy_count(made)
        below += [seed] if hidden < least else []
    return {"compared": compared, "ours": ours, "optimum": optimum, "greedy": greedy, "below_optimum": below}


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 500), indent=2))  # noqa: T201
