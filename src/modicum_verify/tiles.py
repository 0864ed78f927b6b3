"""Tiles: how a log's entries and hashes lie in files, up to 256 in each.

Source: C2SP tlog-tiles, "Merkle Tree", "Partial Tiles" and "Log entries".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from modicum_verify.merkle import HASH_BYTES, root

TILE_WIDTH: Final = 256
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
MAX_ENTRY_BYTES: Final = 0xFFFF
MAX_BUNDLE_BYTES: Final = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)

Level = int | Literal["entries"]

_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/([1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile by its place; a `width` of 256 is a full one."""

    level: Level
    index: int
    width: int


def tile_path(level: Level, index: int, width: int = TILE_WIDTH) -> str:
    """Name the file of a tile: "tile/0/x001/067.p/12"; a full tile has no ".p/W".

    Raises ValueError: a width outside 1 to 256, or a negative index.
    """
    if not 1 <= width <= TILE_WIDTH or index < 0:
        raise ValueError("no such tile")
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{name}" + ("" if width == TILE_WIDTH else f".p/{width}")


def parse_tile_path(path: str) -> Tile | None:
    """Read the name of a tile's file; None where it is not one in its one spelling."""
    match = _PATH.fullmatch(path)
    if not match:
        return None
    level: Level = "entries" if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(match[3] or TILE_WIDTH))
    return tile if tile_path(tile.level, tile.index, tile.width) == path else None


def tiles_of(count: int) -> Iterator[tuple[int, int]]:
    """Cut `count` things in a row into tiles: index and width of each, the last one maybe partial."""
    for index in range(count // TILE_WIDTH):
        yield index, TILE_WIDTH
    if count % TILE_WIDTH:
        yield count // TILE_WIDTH, count % TILE_WIDTH


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write entries one after the other, each after its length in two bytes.

    Raises ValueError: an entry of more than 65,535 bytes.
    """
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise ValueError(f"an entry has at most {MAX_ENTRY_BYTES} bytes")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """Read the entries of a bundle; every byte belongs to one.

    Raises ValueError: it ends within an entry.
    """
    entries: list[bytes] = []
    start = 0
    while start < len(data):
        end = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if end > len(data) or start + 2 > len(data):
            raise ValueError(f"ends within its entry {len(entries)}")
        entries.append(data[start + 2 : end])
        start = end
    return entries


def encode_tile(hashes: Iterable[bytes]) -> bytes:
    """Write the hashes of a tile, one after the other."""
    return b"".join(hashes)


def decode_tile(data: bytes) -> list[bytes]:
    """Read the hashes of a tile.

    Raises ValueError: not whole hashes.
    """
    if len(data) % HASH_BYTES:
        raise ValueError("does not hold whole hashes")
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


def next_level(hashes: Sequence[bytes]) -> list[bytes]:
    """Give the hashes of the level above: one for each *full* tile."""
    full = len(hashes) // TILE_WIDTH
    return [root(hashes[each * TILE_WIDTH : (each + 1) * TILE_WIDTH]) for each in range(full)]
