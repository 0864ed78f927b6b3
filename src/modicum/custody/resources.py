"""Read FHIR resources from NDJSON, or from a JSON document or Bundle; every line that holds none is reported.

Numbers keep their digits (they are read as decimals), text its bytes. `line` of a report is the line of an NDJSON file,
the entry of a Bundle, 1 for a single resource.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO, Final, NoReturn

from modicum.custody.delimited import Tally
from modicum.custody.fhir import Row, rows_of
from modicum.custody.sources import Shape, SourceFile, Unreadable, blocks

NO_RESOURCE: Final = "no resourceType"
_BOM: Final = b"\xef\xbb\xbf"


class _UnreadableError(Exception):
    """One line that is no resource; the text is the reason."""


def read_resources(
    source: SourceFile, stream: BinaryIO, tally: Tally, unreadable: list[Unreadable]
) -> Iterator[tuple[str, Row]]:
    """The rows of every resource of a file, each with its table, in the order of the file.

    `tally` counts resources (an ExplanationOfBenefit and its lines are one) and fills, with `unreadable`, on the way.
    """
    documents = _lines(stream, tally) if source.shape is Shape.NDJSON else _document(stream, tally)
    for number, data in documents:
        try:
            values = _values(data)
        except _UnreadableError as error:
            _report(source, number, str(error), tally, unreadable)
            continue
        for entry, value in enumerate(values, start=1):
            place = number if source.shape is Shape.NDJSON else entry
            try:
                rows = _rows(value)
            except _UnreadableError as error:
                _report(source, place, str(error), tally, unreadable)
                continue
            tally.registered += 1
            yield from rows


def _report(source: SourceFile, line: int, reason: str, tally: Tally, unreadable: list[Unreadable]) -> None:
    tally.unreadable += 1
    unreadable.append(Unreadable(source.label, line, reason))


def _lines(stream: BinaryIO, tally: Tally) -> Iterator[tuple[int, bytes]]:
    for block in blocks(stream):
        tally.lines += block.count(b"\n") + (not block.endswith(b"\n"))
        for line in block.removesuffix(b"\n").split(b"\n"):
            tally.accounted += 1
            plain = line.removeprefix(_BOM).strip() if tally.accounted == 1 else line.strip()
            if plain:
                yield tally.accounted, plain
            else:
                tally.blank += 1


def _document(stream: BinaryIO, tally: Tally) -> Iterator[tuple[int, bytes]]:
    tally.lines = tally.accounted = 1
    yield 1, stream.read().removeprefix(_BOM)


def _values(data: bytes) -> list[Any]:
    try:
        value = json.loads(data.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _UnreadableError("bytes that are not UTF-8") from None
    except (ValueError, RecursionError):
        raise _UnreadableError("invalid JSON") from None
    return _entries(value)


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _entries(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        entries = value.get("entry", [])
        if not isinstance(entries, list):
            raise _UnreadableError("a Bundle without a list of entries")
        return [each.get("resource") if isinstance(each, dict) else None for each in entries]
    return [value]


def _rows(value: Any) -> list[tuple[str, Row]]:  # noqa: ANN401 - any JSON value
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(kind, str) or not kind:
        raise _UnreadableError(NO_RESOURCE)
    try:
        return list(rows_of(value))
    except (TypeError, ValueError, AttributeError, RecursionError):
        raise _UnreadableError("a resource of a shape that FHIR R4 does not have") from None
