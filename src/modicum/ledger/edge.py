"""The right edge of a log: the partial tiles, all that an append must know of what came before.

Pure: entries in, the next edge and the files to write out. An edge has at most 255 entries and 255 hashes a level, so
the cost of an append does not grow with the log.

Source: C2SP tlog-tiles, "Merkle Tree" and "Partial Tiles".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from modicum_verify.merkle import fold_right, leaf_hash, perfect_ranges, root
from modicum_verify.tiles import TILE_WIDTH, Level, encode_bundle, encode_tile, next_level, tile_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A log's size; the entries of its partial bundle; the hashes of its partial tile on each level, lowest first."""

    size: int = 0
    entries: tuple[bytes, ...] = ()
    levels: tuple[tuple[bytes, ...], ...] = ()

    def root(self) -> bytes:
        """Give the root of the whole log: its largest perfect subtrees stand in the edge, highest level first."""
        parts = [
            root(row[low:high]) for row in reversed(self.levels) for low, high in perfect_ranges(0, len(row)) if row
        ]
        return fold_right(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What an append makes: the edge after it, files to write by path, full tiles whose partial ones are now idle."""

    edge: Edge
    files: dict[str, bytes] = field(default_factory=dict)
    filled: tuple[str, ...] = ()

    @classmethod
    def of(cls, edge: Edge, leaves: Sequence[bytes]) -> Self:
        """Append leaves (at least one) to an edge."""
        files: dict[str, bytes] = {}
        filled: list[str] = []
        entries = (*edge.entries, *leaves)
        _lay("entries", edge.size // TILE_WIDTH, [encode_bundle(part) for part in _cut(entries)], len(entries), files)
        fresh = [leaf_hash(leaf) for leaf in leaves]
        levels: list[tuple[bytes, ...]] = []
        while fresh or len(levels) < len(edge.levels):
            level = len(levels)
            row = [*(edge.levels[level] if level < len(edge.levels) else ()), *fresh]
            start = edge.size // TILE_WIDTH ** (level + 1)
            if fresh:
                _lay(level, start, [encode_tile(part) for part in _cut(row)], len(row), files)
            if len(row) >= TILE_WIDTH:
                filled += [tile_path(level, start)] + ([tile_path("entries", start)] if level == 0 else [])
            levels.append(tuple(row[len(row) // TILE_WIDTH * TILE_WIDTH :]))
            fresh = next_level(row)
        kept = entries[len(entries) // TILE_WIDTH * TILE_WIDTH :]
        grown = Edge(size=edge.size + len(leaves), entries=kept, levels=tuple(levels))
        return cls(edge=grown, files=files, filled=tuple(filled))


def _cut(row: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [row[start : start + TILE_WIDTH] for start in range(0, len(row), TILE_WIDTH)]


def _lay(level: Level, start: int, tiles: Sequence[bytes], count: int, files: dict[str, bytes]) -> None:
    for offset, data in enumerate(tiles):
        files[tile_path(level, start + offset, min(TILE_WIDTH, count - offset * TILE_WIDTH))] = data
