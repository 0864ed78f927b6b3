"""Read a table that people bring from elsewhere: CSV with a header, or JSON in one of four shapes. Nothing is guessed.

JSON: a list of objects; `{fields, data}` as in a Frictionless Table Schema, whose titles and descriptions tell what
columns hold; `{headers, rows}` (modicum.table/1); an answer of Modicum (modicum.statistics/1). Errors name the line,
never what stands there.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from modicum.answer.shared_table import SharedTable
from modicum.custody.shapes import looks_like_value
from modicum.model.errors import InvalidInputError, NotFoundError

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_CELLS: Final = 500_000
_DELIMITERS: Final = (",", "\t", ";", "|")
_CURE: Final = (
    "give a CSV file in UTF-8 whose first line names its columns, or a JSON table (docs/how-to/check-a-table.md)"
)


def read_table(path: Path) -> SharedTable:
    """Read one table. Raises NotFoundError; InvalidInputError: no table, no UTF-8, or more than 16 MiB."""
    text = _text(path)
    if text.lstrip()[:1] in {"[", "{"}:
        return _json(path, text)
    return _csv(path, text)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no table {path}", cure="check the path") from None
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None
    if len(data) > MOST_BYTES:
        raise InvalidInputError(
            cause=f"{path} is larger than {MOST_BYTES // 2**20} MiB", cure="a table to share is smaller; split it"
        )
    if data.startswith(b"PK\x03\x04"):
        raise InvalidInputError(cause=f"{path} is a workbook or an archive", cure="save its sheet as CSV (UTF-8)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(cause=f"{path} is no text in UTF-8", cure=_CURE) from None
    if "\0" in text or not text.strip():
        raise InvalidInputError(cause=f"{path} is {'empty' if not text.strip() else 'no text'}", cure=_CURE)
    return text


def _csv(path: Path, text: str) -> SharedTable:
    first = text.split("\n", 1)[0].rstrip("\r")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=max(_DELIMITERS, key=first.count))
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    try:
        headers = [name.strip() for name in next(reader)]
        start = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                if len(row) != len(headers):
                    raise _fault(path, f"line {start} has {len(row)} fields, the header {len(headers)}")
                rows.append(tuple(row))
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error:
        raise _fault(path, f"line {reader.line_num} is no CSV") from None
    return _made(path, headers, rows, lines, {})


def _json(path: Path, text: str) -> SharedTable:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _fault(path, "begins like JSON and is none") from None
    headers, rows, described = _shaped(path, document)
    return _made(path, headers, rows, list(range(1, len(rows) + 1)), described)


def _shaped(path: Path, document: Any) -> tuple[list[str], list[tuple[str | None, ...]], dict[str, str]]:  # noqa: ANN401
    described: dict[str, str] = {}
    if isinstance(document, dict) and document.get("schema") == "modicum.statistics/1":
        document = [
            _flat(each) for each in [*document.get("rows", []), document.get("total")] if isinstance(each, dict)
        ]
    if isinstance(document, dict) and isinstance(document.get("fields"), list):
        fields = [each for each in document["fields"] if isinstance(each, dict) and isinstance(each.get("name"), str)]
        described = {
            each["name"]: " ".join(str(each[part]) for part in ("title", "description", "unit") if each.get(part))
            for each in fields
        }
        document = {"headers": [each["name"] for each in fields], "rows": document.get("data")}
    if isinstance(document, dict) and isinstance(document.get("headers"), list):
        headers, data = [str(each) for each in document["headers"]], document.get("rows")
        if isinstance(data, list) and all(isinstance(row, dict) for row in data):
            data = [[row.get(name) for name in headers] for row in data]
    else:
        data = document
        objects = isinstance(data, list) and all(isinstance(row, dict) for row in data)
        headers = list(dict.fromkeys(str(name) for row in data for name in row)) if objects else []
        data = [[row.get(name) for name in headers] for row in data] if objects else None
    if not isinstance(data, list) or not all(isinstance(row, list) and len(row) == len(headers) for row in data):
        raise _fault(path, "holds no table in a shape that is known")
    return headers, [tuple(_cell(path, cell) for cell in row) for row in data], described


def _flat(line: Mapping[str, Any]) -> dict[str, Any]:
    group = {name: "null" if value is None else value for name, value in dict(line.get("group") or {}).items()}
    return {**group, "persons": line.get("persons"), **dict(line.get("sums") or {})}


def _cell(path: Path, cell: Any) -> str | None:  # noqa: ANN401 - any JSON value
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool | int | float):
        return str(cell)
    raise _fault(path, "has a cell that is no text and no number")


def _made(
    path: Path,
    headers: Sequence[str],
    rows: Sequence[tuple[str | None, ...]],
    lines: Sequence[int],
    described: Mapping[str, str],
) -> SharedTable:
    if not rows or not headers:
        raise _fault(path, "has no rows")
    if len(rows) * len(headers) > MOST_CELLS:
        raise _fault(path, f"has more than {MOST_CELLS:,} cells")
    if any(looks_like_value(header) for header in headers):
        raise _fault(path, "has values, not names, in its first line")
    if len({header.casefold() for header in headers}) < len(headers):
        raise _fault(path, "has two columns of one name")
    return SharedTable(
        name=path.name, headers=tuple(headers), rows=tuple(rows), lines=tuple(lines), described=dict(described)
    )


def _fault(path: Path, what: str) -> InvalidInputError:
    return InvalidInputError(cause=f"{path} {what}", cure=_CURE)
