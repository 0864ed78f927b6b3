"""Tables for the lint: one that is clean, and one fault planted at a time."""

import csv
import io
from pathlib import Path

from modicum.answer.shared_table import SharedTable
from modicum.gateway.table_file import read_table

CLEAN = """\
county,sex,persons,percent of enrolled,mean cost (USD)
Alpha,F,120,40.0,1032.10
Alpha,M,180,60.0,88.20
Alpha,total,300,100.0,465.80
Beta,F,66,50.0,55.00
Beta,M,66,50.0,55.00
Beta,total,132,100.0,55.00
"""


def table_of(folder: Path, text: str, *, name: str = "table.csv") -> SharedTable:
    """A table as the lint reads it from a file."""
    path = folder / name
    path.write_text(text, "utf-8")
    return read_table(path)


def changed(line: int, column: str, value: str, *, text: str = CLEAN) -> str:
    """The table with one cell changed; the header is line 1."""
    rows = list(csv.reader(io.StringIO(text)))
    rows[line - 1][rows[0].index(column)] = value
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def with_column(name: str, cells: list[str], *, text: str = CLEAN) -> str:
    """The table with one column more."""
    rows = list(csv.reader(io.StringIO(text)))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([*row, cell] for row, cell in zip(rows, [name, *cells], strict=True))
    return out.getvalue()
