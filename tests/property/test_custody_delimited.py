"""Delimited text: what a writer wrote is read back exactly; bytes of any kind are registered or reported, all of them."""

import csv
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.custody import delimited
from modicum.custody.delimited import Tally, read_delimited
from modicum.custody.sources import Shape, SourceFile, Unreadable
from modicum.model.errors import InvalidInputError

SOURCE = SourceFile(path=Path("t.csv"), label="t.csv", shape=Shape.DELIMITED, table="t")
FIELD = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
HEADER = ("ALPHA", "BETA", "GAMMA")


def read(data: bytes, block: int) -> tuple[list[tuple[str | None, ...]], Tally, list[Unreadable]]:
    tally, unreadable = Tally(), list[Unreadable]()
    kept = delimited.blocks.__defaults__
    delimited.blocks.__defaults__ = (block,)
    try:
        _, batches = read_delimited(SOURCE, io.BytesIO(data), tally, unreadable)
        rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    finally:
        delimited.blocks.__defaults__ = kept
    tally.check("t.csv")
    return rows, tally, unreadable


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(FIELD, FIELD, FIELD), max_size=12),
    delimiter=st.sampled_from(",|\t;"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    block=st.sampled_from([1, 7, 64, 1 << 20]),
    bom=st.booleans(),
)
def test_what_was_written_is_read_back(
    rows: list[tuple[str, str, str]],
    delimiter: str,
    end: str,
    quoting: int,
    block: int,
    bom: bool,  # noqa: FBT001
) -> None:
    text = io.StringIO(newline="")
    if (
        quoting == csv.QUOTE_MINIMAL
    ):  # Python's writer leaves a bare CR unquoted, which no reader could tell from an end
        rows = [(a.replace("\r", ""), b.replace("\r", ""), c.replace("\r", "")) for a, b, c in rows]
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[call-overload]
    writer.writerows([HEADER, *rows])
    data = (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()
    found, tally, unreadable = read(data, block)
    assert found == [tuple(field or None for field in row) for row in rows]
    assert unreadable == []
    assert tally.registered == len(rows)


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=80), block=st.sampled_from([1, 9, 1 << 20]))
def test_any_bytes_are_registered_or_reported(body: bytes, block: int) -> None:
    found, tally, unreadable = read(b"ALPHA,BETA\n" + body, block)
    assert len(found) == tally.registered
    assert len(unreadable) == tally.unreadable
    assert tally.accounted == 1 + body.count(b"\n") + (bool(body) and not body.endswith(b"\n"))
    assert all(2 <= each.line <= tally.lines for each in unreadable)


@settings(max_examples=200, deadline=None)
@given(
    good=st.lists(st.text("ab 0", min_size=1, max_size=3), max_size=6),
    bad=st.sampled_from([b'x,"y\n', b"x\n", b"x,y,z\n", b"\xff,y\n", b"x\0,y\n", b'"x"y,z\n']),
    place=st.integers(0, 6),
    block=st.sampled_from([1, 1 << 20]),
)
def test_one_bad_row_costs_itself_alone(good: list[str], bad: bytes, place: int, block: int) -> None:
    lines = [f"{each},k\n".encode() for each in good]
    at = min(place, len(lines))
    found, _, unreadable = read(b"ALPHA,BETA\n" + b"".join([*lines[:at], bad, *lines[at:]]), block)
    assert [row[0] for row in found] == good
    assert [each.line for each in unreadable] == [at + 2]


@given(data=st.binary(max_size=40))
def test_a_header_is_read_or_refused(data: bytes) -> None:
    try:
        read(data, 1 << 20)
    except InvalidInputError as refusal:
        assert "t.csv" in refusal.cause  # noqa: PT017 - both outcomes are right, the words are ours
