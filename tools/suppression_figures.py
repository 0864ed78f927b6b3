"""Print the figures of docs/explanation/exact-tables.md: what is hidden, beside the least there is and a plain method.

    python tools/suppression_figures.py [--write]

Small tables are compared with the exhaustive optimum, found by trying all choices with solvers of another make; larger
ones with the bound of the integer programme. Takes about a minute; --write puts the table into the page.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "property"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "prove"))
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from suppression import SHAPES
from suppression import table as benchmark_table
from tables import against_optimum

from modicum.answer.tables.greedy import choose_greedily
from modicum.answer.tables.model import table_of
from modicum.answer.tables.primary import small_cells
from modicum.answer.tables.protection import protect
from modicum.answer.tables.system import counts

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "exact-tables.md"
START, END = "<!-- figures: tools/suppression_figures.py -->", "<!-- end of figures -->"
SMALL = 100
HEADER = ["tables", "small cells", "hidden by Modicum", "least there is", "hidden by the plain method"]


def rows() -> list[list[str]]:
    """One row for the small tables together, one for each larger one."""
    found = against_optimum(SMALL)
    made = [
        [
            f"{found['compared']} of at most 3 by 3 (by 2), with hierarchies",
            "",
            str(found["ours"]),
            f"{found['optimum']} (exhaustive)",
            str(found["greedy"]),
        ]
    ]
    for leaves in ((4, 4, 4), SHAPES[500]):
        table = table_of(benchmark_table(leaves, seed=1), depths=(1, 1, 1))
        system = counts(table, primary=small_cells(table.values))
        ours = protect(system)
        least = f"{ours.least} ({'proved' if ours.exact else 'bound'})"
        greedy = int(choose_greedily(system).sum())
        name = f"one of {' by '.join(map(str, leaves))}, {len(table)} cells that are not empty"
        made.append([name, str(int(system.forced.sum())), str(int(ours.hidden.sum())), least, str(greedy)])
    return made


def figures() -> str:
    """The table as Markdown."""
    lines = [HEADER, ["---"] * len(HEADER), *rows()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Print, or write into the page."""
    made = figures()
    print(made)
    if "--write" in sys.argv[1:]:
        text = PAGE.read_text("utf-8")
        head, rest = text.split(START)
        PAGE.write_text(f"{head}{START}\n\n{made}\n\n{END}{rest.split(END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
