"""Read delimited text (comma, pipe, tab, semicolon) exactly: every field as it stands, every bad row reported.

A record that cannot be read costs its first line alone: reading resumes on the next one, so that a stray quote does not
swallow the rest of a file. Line numbers are those of the (unpacked) file, the header's being 1. Blocks that hold no
quote, no NUL and no bare CR go through Arrow's reader, where a line is a record; a block in which that reader finds
anything wrong is read again by the careful one. An empty field is null, quoted or not.

Source: RFC 4180, with the byte-order mark and the other delimiters that custodians use.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.csv
from pyarrow import compute

from modicum.custody.shapes import looks_like_value
from modicum.custody.sources import SourceFile, Unreadable, blocks
from modicum.model.errors import InternalError, InvalidInputError

DELIMITERS: Final = (",", "|", "\t", ";")
BOM: Final = b"\xef\xbb\xbf"
BATCH_ROWS: Final = 50_000
MAX_QUICK_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line of a file: its delimiter, its column names made unique, and what had to be renamed."""

    delimiter: str
    names: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What became of the lines of one file; `lines` is counted from the bytes, apart from the parser."""

    lines: int = 0
    accounted: int = 0
    registered: int = 0
    unreadable: int = 0
    blank: int = 0

    @property
    def rows_in(self) -> int:
        """Records in the file, the header and blank lines apart."""
        return self.registered + self.unreadable

    def check(self, label: str) -> None:
        """Raise InternalError unless every line of the file is accounted for."""
        if self.lines != self.accounted:
            raise InternalError(
                cause=f"{label}: {self.lines} lines were read and {self.accounted} accounted for",
                cure="report it; nothing was registered",
            )


def read_delimited(
    source: SourceFile, stream: BinaryIO, tally: Tally, unreadable: list[Unreadable]
) -> tuple[Header, Iterator[pa.RecordBatch]]:
    """The header, and the rows as batches of text columns; `tally` and `unreadable` fill while batches are taken.

    Raises InvalidInputError: no header, or a first line that holds values.
    """
    feed = iter(blocks(stream))
    first = next(feed, b"").removeprefix(BOM)
    line, _, rest = first.partition(b"\n")
    header = _header(source.label, line)
    tally.lines, tally.accounted = 1, 1
    reader = _Reader(source.label, header, tally, unreadable)
    return header, reader.batches(rest, feed)


def _header(label: str, line: bytes) -> Header:
    cure = "give a file whose first line names its columns, in UTF-8"
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        raise InvalidInputError(cause=f"{label}: its first line is not UTF-8", cure=cure) from None
    if not text.strip() or "\0" in text or "\r" in text:
        raise InvalidInputError(cause=f"{label}: its first line is no header", cure=cure)
    delimiter = max(DELIMITERS, key=lambda each: len(_fields(text, each)))
    fields = [field.strip() for field in _fields(text, delimiter)]
    if len(fields) <= 1 and not all(_fields(text, each) for each in DELIMITERS):  # one of them met an open quote
        raise InvalidInputError(cause=f"{label}: the quotes of its first line do not match", cure=cure)
    if any(looks_like_value(field) for field in fields):
        raise InvalidInputError(cause=f"{label}: its first line holds values, not column names", cure=cure)
    names, notes = unique_names(label, fields)
    return Header(delimiter=delimiter, names=names, notes=notes)


def _fields(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def unique_names(label: str, fields: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names made unique without regard to case, and a note for each that had to change.

    Raises InvalidInputError: a name that Modicum keeps for itself.
    """
    names: list[str] = []
    notes: list[str] = []
    taken: set[str] = {field.lower() for field in fields}
    seen: set[str] = set()
    for place, field in enumerate(fields, start=1):
        if field.lower().startswith("_modicum_"):
            raise InvalidInputError(cause=f"{label}: column {place} has a name kept for Modicum", cure="rename it")
        name = field or f"column_{place}"
        number = 2
        while name.lower() in seen or (name != field and name.lower() in taken):
            name = f"{field or 'column_' + str(place)}_{number}"
            number += 1
        if name != field:
            why = "had a name already used" if field else "had no name"
            notes.append(f"{label}: column {place} {why}; it is called {name}")
        seen.add(name.lower())
        names.append(name)
    return tuple(names), tuple(notes)


class _Reader:
    """The lines of one file after its header, as batches."""

    def __init__(self, label: str, header: Header, tally: Tally, unreadable: list[Unreadable]) -> None:
        self._label, self._header = label, header
        self._tally, self._unreadable = tally, unreadable
        self._schema = pa.schema([(name, pa.string()) for name in header.names])

    def batches(self, first: bytes, feed: Iterator[bytes]) -> Iterator[pa.RecordBatch]:
        counted = self._counted(first, feed)
        for block in counted:
            quick = self._quick(block)
            if quick is None:
                yield from self._careful(block, counted)
            else:
                self._tally.accounted += quick.num_rows
                self._tally.registered += quick.num_rows
                yield from quick.to_batches()

    def _counted(self, first: bytes, feed: Iterator[bytes]) -> Iterator[bytes]:
        for block in chain([first], feed):
            if block:
                self._tally.lines += block.count(b"\n") + (not block.endswith(b"\n"))
                yield block

    def _quick(self, block: bytes) -> pa.Table | None:
        if b'"' in block or b"\0" in block or b"\n\n" in block or b"\n\r" in block or block[:1] in b"\r\n":
            return None
        if block.count(b"\r") != block.count(b"\r\n") or len(block) > MAX_QUICK_BYTES:
            return None
        try:
            read = pyarrow.csv.read_csv(
                io.BytesIO(block),
                read_options=pyarrow.csv.ReadOptions(column_names=list(self._header.names), block_size=len(block) + 1),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self._header.delimiter, quote_char=False, ignore_empty_lines=False
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=self._schema, strings_can_be_null=True, null_values=[""]
                ),
            )
        except pa.ArrowInvalid:
            return None
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        return read if read.num_rows == lines else None

    def _careful(self, block: bytes, feed: Iterator[bytes]) -> Iterator[pa.RecordBatch]:
        lines = _Lines(block, feed)
        reader = self._records(lines)
        rows: list[list[str]] = []
        number = self._tally.accounted + 1
        while not lines.spent:
            lines.begin()
            reason = None
            row: list[str] = []
            try:
                row = next(reader)
            except csv.Error:
                lines.back_to_second()
                reader = self._records(lines)
                reason = "quotes that do not match, a bare CR or an endless field"
            reason = reason or self._wrong(row, lines)
            if reason:
                self._unreadable.append(Unreadable(self._label, number, reason))
                self._tally.unreadable += 1
            elif row:
                rows.append(row)
            else:
                self._tally.blank += 1
            number += lines.taken
            self._tally.accounted += lines.taken
            if len(rows) >= BATCH_ROWS:
                yield self._batch(rows)
                rows = []
        if rows:
            yield self._batch(rows)

    def _records(self, lines: "_Lines") -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._header.delimiter, strict=True)

    def _wrong(self, row: list[str], lines: "_Lines") -> str | None:
        if row and len(row) != len(self._header.names):
            return f"{len(row)} fields where the header has {len(self._header.names)}"
        if lines.suspicious:
            joined = "".join(row)
            if "\0" in joined:
                return "a NUL byte"
            if any("\udc80" <= each <= "\udcff" for each in joined):
                return "bytes that are not UTF-8"
        return None

    def _batch(self, rows: list[list[str]]) -> pa.RecordBatch:
        self._tally.registered += len(rows)
        columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        nulled = [compute.if_else(compute.equal(column, ""), None, column) for column in columns]
        return pa.RecordBatch.from_arrays(nulled, schema=self._schema)


class _Lines:
    """Lines fed to the careful reader, which can be taken back to the second line of a record."""

    def __init__(self, block: bytes, feed: Iterator[bytes]) -> None:
        self._feed, self._lines, self._at, self._start = feed, _split(block), 0, 0
        self.suspicious = _is_suspicious(block)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.spent:
            block = next(self._feed, b"")
            if not block:
                raise StopIteration
            # Drop what is done with, so that records across every block's end do not keep the whole file in memory.
            self._lines = self._lines[self._start :] + _split(block)
            self._at, self._start = self._at - self._start, 0
            self.suspicious = self.suspicious or _is_suspicious(block)
        self._at += 1
        return self._lines[self._at - 1]

    @property
    def spent(self) -> bool:
        return self._at >= len(self._lines)

    @property
    def taken(self) -> int:
        return self._at - self._start

    def begin(self) -> None:
        self._start = self._at

    def back_to_second(self) -> None:
        self._at = self._start + 1


def _split(block: bytes) -> list[str]:
    lines = block.decode("utf-8", "surrogateescape").split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _is_suspicious(block: bytes) -> bool:
    if b"\0" in block:
        return True
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
