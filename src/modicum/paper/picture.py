"""A picture and its twins: the drawing, the table with the same values, and the CSV and JSON made from it.

Whoever cannot or will not look at the drawing loses nothing: values come from the table, in one place.
"""

import csv
import io
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from modicum.paper.svg import clean

TABLE_SCHEMA: Final = "modicum.table/1"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text and whole numbers under headers; the first column names the row."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a row that is longer or shorter than the headers (ValueError)."""
        if any(len(row) != len(self.headers) for row in self.rows):
            raise ValueError("a row has not as many cells as there are headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing with all that a reader needs when it cannot be seen.

    svg: for paper and screens of 700 pixels and more; narrow: the same values for a phone. finding: the caption, one
    sentence that states what the picture shows. alt: what stands where. sources: the rules that `table` names by id.
    detail: what the drawing puts together, taken apart.
    """

    svg: str
    narrow: str
    table: Table
    finding: str
    alt: str
    sources: Table | None = None
    detail: Table | None = None


def to_json(table: Table) -> str:
    """The table as one JSON document `{schema, caption, headers, rows}`, ending in a newline."""
    document = {
        "schema": TABLE_SCHEMA,
        "caption": clean(table.caption),
        "headers": [clean(header) for header in table.headers],
        "rows": [[clean(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def to_csv(table: Table) -> str:
    """The table as CSV (RFC 4180): the headers, then the rows, without the caption.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([_tame(header) for header in table.headers])
    writer.writerows([[_tame(cell) for cell in row] for row in table.rows])
    return sheet.getvalue()


def _tame(cell: str | int) -> str | int:
    if isinstance(cell, int):
        return cell
    text = clean(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def key_of(kind: str, table: Table) -> str:
    """A short id that is the same for the same values: a picture's ids on a page begin with it."""
    return f"{kind}-{sha256(to_json(table).encode()).hexdigest()[:8]}"
