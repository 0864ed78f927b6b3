"""Read a list of named persons: the edge where CSV or NDJSON becomes lines, and a salted list is read back exactly.

Strict: a header or field that the pack does not know, a line that repeats another, a control character, a line too
many refuse the whole file. Errors name the line and the field, never what stands there. A cell that looks like a
formula is a text like any other: nothing here or later evaluates it, and no list is ever written back as a table.
"""

import csv
import io
import json
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.lines import LINES_SCHEMA, MOST_CHARACTERS, MOST_LINES, SALT_BYTES, Line, Lines
from modicum_verify.canonical import canonical, parse_canonical

MOST_BYTES: Final = 16 * 1024 * 1024
_CURE: Final = "see docs/reference/lines.md"
_NDJSON: Final = frozenset({".ndjson", ".jsonl"})
_SALT: Final = re.compile(f"[0-9a-f]{{{2 * SALT_BYTES}}}")


def salt_lines(path: Path, *, columns: Collection[str]) -> Lines:
    """Read a plain list (NDJSON by its suffix or its first `{`, else CSV with a header) and give it a fresh salt.

    columns: the names that the pack knows. Raises NotFoundError, InvalidInputError.
    """
    text = _text(_bytes(path), path).removeprefix("\ufeff")
    rows = _ndjson(text) if path.suffix in _NDJSON or text.lstrip().startswith("{") else _csv(text, columns)
    return _lines(rows, columns=columns, salt=secrets.token_hex(SALT_BYTES))


def read_lines(path: Path, *, columns: Collection[str]) -> Lines:
    """Read a salted list, as `modicum request lines` writes it. Raises NotFoundError, InvalidInputError."""
    return parse_lines(_bytes(path), columns=columns, place=str(path))


def parse_lines(data: bytes, *, columns: Collection[str], place: str) -> Lines:
    """Read the bytes of a salted list; a byte more or less than the canonical form is refused.

    Raises InvalidInputError.
    """
    try:
        document = parse_canonical(data)
    except ValueError:
        document = None
    if not _is_salted(document):
        raise InvalidInputError(
            cause=f"{place} is no salted list of persons", cure="make one of your list with: modicum request lines"
        )
    lines = _lines(iter(document["lines"]), columns=columns, salt=document["salt"])
    if canonical(lines.as_document()) != data:
        raise InvalidInputError(cause=f"{place} is not as `modicum request lines` writes it", cure=_CURE)
    return lines


def _is_salted(document: Any) -> bool:  # noqa: ANN401 - any JSON value
    if not isinstance(document, dict) or set(document) != {"schema", "salt", "lines"}:
        return False
    salt = document["salt"]
    salted = isinstance(salt, str) and _SALT.fullmatch(salt) is not None
    return document["schema"] == LINES_SCHEMA and salted and isinstance(document["lines"], list)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no list {path}", cure="check the path") from None
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None
    if len(data) > MOST_BYTES:
        raise InvalidInputError(
            cause=f"{path} is larger than {MOST_BYTES // 1024 // 1024} MiB", cure="ask about fewer persons"
        )
    return data


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError(cause=f"{path} is not UTF-8", cure="save the list as UTF-8") from None


def _csv(text: str, columns: Collection[str]) -> Iterator[Any]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, columns)
        for number, row in enumerate(reader, start=1):
            if len(row) != len(header):
                raise _fault(number, f"has {len(row)} fields, the header {len(header)}")
            yield dict(zip(header, row, strict=True))
    except csv.Error:
        raise _fault(number + 1, "is not well-formed CSV") from None


def _check_header(header: list[str], columns: Collection[str]) -> None:
    if not header or len(set(header)) != len(header):
        raise InvalidInputError(cause="the header is missing, or names a column twice", cure=_CURE)
    strange = sum(name not in columns for name in header)
    if strange:
        # Not by name: in a list without a header the first line is a person.
        raise InvalidInputError(
            cause=f"the header holds {strange} column(s) that the policy pack does not know",
            cure=f"it knows: {', '.join(sorted(columns))}",
        )


def _ndjson(text: str) -> Iterator[Any]:
    parts = text.split("\n")
    for number, part in enumerate(parts[:-1] if parts[-1] == "" else parts, start=1):
        try:
            yield json.loads(part, object_pairs_hook=_each_once)
        except (ValueError, RecursionError):
            raise _fault(number, "is not a JSON object with each field once") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


def _lines(rows: Iterator[Any], *, columns: Collection[str], salt: str) -> Lines:
    found: list[Line] = []
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for number, row in enumerate(rows, start=1):
        if number > MOST_LINES:
            raise InvalidInputError(
                cause=f"the list has more than {MOST_LINES:,} lines", cure="ask about fewer persons"
            )
        line = Line(number=number, values=_values(number, row, columns))
        first = seen.setdefault(tuple(sorted(line.values.items())), number)
        if first != number:
            raise _fault(number, f"repeats line {first}")
        found.append(line)
    if not found:
        raise InvalidInputError(cause="the list names nobody", cure=_CURE)
    return Lines(salt=salt, lines=tuple(found))


def _values(number: int, row: Any, columns: Collection[str]) -> Mapping[str, str]:  # noqa: ANN401 - raw input
    if not isinstance(row, dict):
        raise _fault(number, "is not an object")
    if any(name not in columns for name in row):
        raise _fault(number, "has a field that the policy pack does not know")
    for name, value in row.items():
        if not isinstance(value, str):
            raise _fault(number, f"{name} is not a text")
        if len(value) > MOST_CHARACTERS:
            raise _fault(number, f"{name} is longer than {MOST_CHARACTERS} characters")
        if any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} for each in value):
            raise _fault(number, f"{name} holds a control character")
    values = {name: value.strip() for name, value in row.items() if value.strip()}
    if not values:
        raise _fault(number, "is empty")
    return values


def _fault(number: int, what: str) -> InvalidInputError:
    return InvalidInputError(cause=f"line {number} of the list {what}", cure=_CURE)
