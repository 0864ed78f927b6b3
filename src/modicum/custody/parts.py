"""Into how many parts the persons of a data set are best divided, to be computed part by part.

A group-by of every person and group fills a hash table that no processor's cache holds; that of half a million persons
nearly fits. To divide them pays where the rows of a person stand close together, as most custodians' extracts have
them, so that each part is read from a few row groups of the file. Where they do not, each part would be read from all
of it. Which it is, is told by the range of persons that each row group says it holds. The figures are the same.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

PERSONS_AT_ONCE: Final = 500_000
MOST_READ: Final = 1.3
"""How many times the rows may be read over all parts together."""


def parts_of(files: Sequence[Path], persons: int, *, column: str, at_once: int = PERSONS_AT_ONCE) -> list[range]:
    """Divide the numbers of persons, from 0, into ranges; one range where the files are not in the persons' order.

    files: Parquet, with a column of person numbers. at_once: how many persons one part has at most, where divided.
    """
    groups = [each for file in files for each in _row_groups(file, column, persons)]
    rows = sum(held for _, _, held in groups)
    count = max(1, -(-persons // at_once))
    while count > 1:
        width = -(-persons // count)
        if sum((high // width - low // width + 1) * held for low, high, held in groups) <= MOST_READ * rows:
            break
        count //= 2
    width = max(1, -(-persons // count))
    return [range(first, min(first + width, persons)) for first in range(0, persons, width)] or [range(0)]


def _row_groups(file: Path, column: str, persons: int) -> Iterator[tuple[int, int, int]]:
    """The smallest and the largest person, and the rows, of each row group; all persons where it does not say."""
    metadata = pq.read_metadata(file)
    place = metadata.schema.to_arrow_schema().get_field_index(column)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        said = group.column(place).statistics
        if said is not None and said.has_min_max:
            yield int(said.min), int(said.max), group.num_rows
        else:
            yield 0, max(persons - 1, 0), group.num_rows
