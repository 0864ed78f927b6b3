"""Read a log's tiles out of a store: entries, hashes of subtrees, proofs. What it reads is checked by who asks.

A partial tile may be gone once the full one is there; then its beginning is read from the full one.

Source: C2SP tlog-tiles, "Partial Tiles".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from modicum.ledger.edge import Edge
from modicum.model.errors import EvidenceError, NotFoundError
from modicum_verify.merkle import consistency_ranges, fold_right, inclusion_ranges, perfect_ranges, root
from modicum_verify.tiles import TILE_WIDTH, Level, decode_bundle, decode_tile, parse_tile_path, tile_path, tiles_of

LOG = "log"


class Store(Protocol):
    """What the ledger asks of a folder; `modicum.storage.Folder` and `MemoryFolder` answer."""

    def read(self, path: str) -> bytes:
        """Give a file; raises NotFoundError."""

    def exists(self, path: str) -> bool:
        """Whether there is a file."""

    def list(self, prefix: str = "") -> Sequence[str]:
        """Name the files below a folder."""

    def replace(self, path: str, data: bytes) -> None:
        """Write a file, atomic and durable."""

    def replace_all(self, files: Mapping[str, bytes]) -> None:
        """Write several files, each atomic, all durable on return."""

    def discard(self, paths: Iterable[str]) -> None:
        """Remove files, durably."""

    def lock(self, name: str, timeout_s: float = 5.0) -> AbstractContextManager[None]:
        """Hold a lock among processes."""


class TileStore:
    """The tiles of a log of a known size."""

    def __init__(self, store: Store, size: int) -> None:
        """`size` is that of a checkpoint; nothing beyond it is read."""
        self._store, self._size = store, size

    def edge(self) -> Edge:
        """Read the right edge: one partial tile a level, and the partial bundle."""
        start, width = divmod(self._size, TILE_WIDTH)
        entries = self.bundle(start) if width else []
        levels: list[tuple[bytes, ...]] = []
        count = self._size
        while count:
            index, width = divmod(count, TILE_WIDTH)
            levels.append(tuple(self.tile(len(levels), index)) if width else ())
            count = index
        return Edge(size=self._size, entries=tuple(entries), levels=tuple(levels))

    def entries(self) -> list[bytes]:
        """Read all entries."""
        return [entry for index, _ in tiles_of(self._size) for entry in self.bundle(index)]

    def bundle(self, index: int) -> list[bytes]:
        """Read the entries of one bundle, as many as the size says."""
        return self._read("entries", index, self._size, decode_bundle)

    def tile(self, level: int, index: int) -> list[bytes]:
        """Read the hashes of one tile, as many as the size says."""
        return self._read(level, index, self._size // TILE_WIDTH**level, decode_tile)

    def root_at(self, size: int) -> bytes:
        """Give the root that the log had at an earlier size."""
        return self._node(0, size)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Give the hashes that prove entry `index`, from a few tiles a level; at an earlier size where one is named."""
        return [self._node(low, high) for low, high in inclusion_ranges(index, self._size if size is None else size)]

    def consistency(self, old_size: int) -> list[bytes]:
        """Give the hashes that prove that the first `old_size` entries (at least 1) are still the beginning."""
        return [self._node(low, high) for low, high in consistency_ranges(old_size, self._size)]

    def _node(self, low: int, high: int) -> bytes:
        return fold_right([self._perfect(*part) for part in perfect_ranges(low, high)])

    def _perfect(self, low: int, high: int) -> bytes:
        level, rest = divmod((high - low).bit_length() - 1, 8)  # a tile is 8 levels of the tree high
        index, offset = divmod(low >> (8 * level), TILE_WIDTH)
        return root(self.tile(level, index)[offset : offset + (1 << rest)])

    def _read(self, level: Level, index: int, count: int, decode: Callable[[bytes], list[bytes]]) -> list[bytes]:
        width = min(TILE_WIDTH, count - index * TILE_WIDTH)
        name = tile_path(level, index, width)
        try:
            data = self._store.read(f"{LOG}/{name}")
        except NotFoundError:
            data = self._read_full(level, index, name)
        try:
            found = decode(data)[:width]
        except ValueError as error:
            raise EvidenceError(place=name, cause=str(error)) from error
        if len(found) != width:
            raise EvidenceError(place=name, cause=f"holds {len(found)} and not {width}")
        return found

    def _read_full(self, level: Level, index: int, name: str) -> bytes:
        try:
            return self._store.read(f"{LOG}/{tile_path(level, index)}")
        except NotFoundError as error:
            raise EvidenceError(place=name, cause="is missing") from error


def idle(names: Iterable[str], size: int) -> list[str]:
    """Name the tiles below `log/` that a log of this size does not need.

    These are what an append that was cut short left beyond the size, and partial tiles whose full one is there.
    Files that are no tiles are not named: they are not ours to remove.
    """
    found = []
    for name in names:
        tile = parse_tile_path(name.removeprefix(f"{LOG}/"))
        if tile is None:
            continue
        count = size if tile.level == "entries" else size // TILE_WIDTH**tile.level
        full = (tile.index + 1) * TILE_WIDTH <= count
        beyond = tile.index * TILE_WIDTH + tile.width > count
        if beyond or (full and tile.width < TILE_WIDTH):
            # Bundles last, and from the highest down: the ledger looks for leftovers at the bundle next to be written.
            found.append(((tile.level == "entries", -tile.index, -tile.width), name))
    return [name for _, name in sorted(found)]
