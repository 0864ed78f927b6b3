"""From NumPy arrays to Arrow columns and Parquet bytes: the only file of the population that knows pyarrow.

Text of one width is laid out as a matrix of bytes and handed over whole, which is some fifty times faster than
making Python strings. Files carry no time, no host and no path; their bytes depend on the rows alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from modicum.custody.population.reference import Flags, Ints

Column: TypeAlias = Any  # a pyarrow.Array; pyarrow ships no types
Bytes: TypeAlias = npt.NDArray[np.uint8]

MONEY: Final = pa.decimal128(13, 2)
_ZERO: Final = ord("0")


def digits(values: Ints, width: int) -> Bytes:
    """Whole numbers as a matrix of ASCII digits, zero-padded to `width`."""
    rest = values.astype(np.int64)
    made = np.empty((len(rest), width), dtype=np.uint8)
    for place in range(width - 1, -1, -1):
        rest, made[:, place] = rest // 10, rest % 10 + _ZERO
    return made


def letters(values: Ints, alphabet: str) -> Bytes:
    """Indexes as one column of the alphabet's letters."""
    return np.frombuffer(alphabet.encode("ascii"), dtype=np.uint8)[values][:, None]


def fixed(rows: int, *parts: Bytes | str) -> Column:
    """Text of one width from matrices of bytes and constant strings, side by side."""
    matrices = [
        np.tile(np.frombuffer(part.encode("ascii"), dtype=np.uint8), (rows, 1)) if isinstance(part, str) else part
        for part in parts
    ]
    block = np.ascontiguousarray(np.hstack(matrices))
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(block.shape[1])
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(block))


def words(vocabulary: Sequence[str | None], indexes: npt.NDArray[Any]) -> Column:
    """Text taken from a vocabulary; None in the vocabulary is a null."""
    return pa.array(vocabulary, type=pa.string()).take(pa.array(indexes))


def numbers(values: Ints) -> Column:
    """Whole numbers as text without padding."""
    return pc.cast(pa.array(values), pa.string())


def days(values: Ints) -> Column:
    """Days since 1970-01-01 as DATE."""
    return pa.array(values.astype(np.int32)).cast(pa.date32())


def iso(values: Ints) -> Column:
    """Days since 1970-01-01 as text, CCYY-MM-DD."""
    return days(values).cast(pa.string())


def money(cents: Ints) -> Column:
    """Whole cents as DECIMAL(13,2), without passing through a float."""
    wide = np.empty((len(cents), 2), dtype=np.int64)
    wide[:, 0], wide[:, 1] = cents, cents >> 63
    return pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(wide)])


def integers(values: Ints) -> Column:
    """Small whole numbers as INT32."""
    return pa.array(values.astype(np.int32))


def join(*parts: Column | str, between: str = " ") -> Column:
    """Text columns and constants, joined row by row; null where a part is null."""
    return pc.binary_join_element_wise(*parts, between)


def lower(column: Column) -> Column:
    """Lower case."""
    return pc.utf8_lower(column)


def title(column: Column) -> Column:
    """Title case."""
    return pc.utf8_title(column)


def without(column: Column, pattern: str) -> Column:
    """The text without each occurrence of a literal."""
    return pc.replace_substring(column, pattern=pattern, replacement="")


def part(column: Column, start: int, stop: int) -> Column:
    """The characters from start up to stop."""
    return pc.utf8_slice_codeunits(column, start=start, stop=stop)


def where(mask: Flags, chosen: Column | str | None, column: Column) -> Column:
    """`chosen` where the mask is true (a column, a constant, or None for null), the column elsewhere."""
    value = pa.scalar(chosen, type=column.type) if chosen is None or isinstance(chosen, str) else chosen
    return pc.if_else(pa.array(mask), value, column)


def take(column: Column, rows: Ints) -> Column:
    """The column's values at these rows."""
    return column.take(pa.array(rows))


def stack(upper: Column, under: Column) -> Column:
    """One column above another."""
    return pa.concat_arrays([upper, under])


class Writer:
    """One Parquet file, a row group a chunk; its bytes depend on the rows alone."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._writer: Any = None
        self.rows = 0

    def write(self, parts: Sequence[Mapping[str, Column]]) -> None:
        """Append one row group of these parts; all calls bring the same columns of the same types."""
        batch = pa.concat_tables([pa.table(dict(part)) for part in parts]).combine_chunks()
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._stream, batch.schema, compression="zstd", compression_level=3, version="2.6", store_schema=False
            )
        self._writer.write_table(batch, row_group_size=max(batch.num_rows, 1))
        self.rows += int(batch.num_rows)

    def close(self) -> None:
        """Write the footer."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
