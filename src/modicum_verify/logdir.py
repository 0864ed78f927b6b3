"""Read a log directory, and notice a changed byte anywhere in it.

The root is recomputed from the entries, and every other file must then be what the entries say that it is. That order
matters: readers that trust hash tiles (golang.org/x/mod 0.7.0 does, where a ragged tree shares subtrees) let an entry
and its level-0 tile pass when both are changed.

1. `log.vkey` is the key that the reader brought; the checkpoint is signed by it, and by nobody else.
2. The entries give the checkpoint's root.
3. Every tile of every level, every leftover partial tile and bundle, is byte for byte what those entries give; nothing
   is missing, nothing else lies there.

Source: C2SP tlog-tiles; RFC 6962, section 2.1.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modicum_verify.checkpoint import Checkpoint, parse_checkpoint
from modicum_verify.errors import EvidenceError
from modicum_verify.files import read_plain
from modicum_verify.merkle import HASH_BYTES, leaf_hash, root
from modicum_verify.note import MAX_NOTE_BYTES, Verifier
from modicum_verify.tiles import (
    MAX_BUNDLE_BYTES,
    TILE_WIDTH,
    decode_bundle,
    decode_tile,
    encode_bundle,
    encode_tile,
    next_level,
    parse_tile_path,
    tile_path,
    tiles_of,
)

CHECKPOINT: Final = "checkpoint"
VKEY: Final = "log.vkey"

Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLog:
    """A log that checks: its checkpoint (also as the signed bytes), its entries in order."""

    checkpoint: Checkpoint
    note: bytes
    leaves: list[bytes]


def read_log(directory: Path, vkey: str, *, all_files: bool = True) -> VerifiedLog:
    """Read the log in `directory` under the verifier key that the reader brought.

    all_files: check every file; else only the key, the checkpoint and the entries, which give the root.
    Raises EvidenceError: its place names the file, and the entry where one is to blame.
    """
    names = _names(directory)
    return check_log(names, lambda name: _read(directory, name), vkey, all_files=all_files)


def check_log(names: Iterable[str], read: Read, vkey: str, *, all_files: bool = True) -> VerifiedLog:
    """Do what `read_log` does, on files that come from anywhere: their names, and a way to read one."""
    present = set(names)
    verifier = Verifier.parse(vkey)
    check_file(VKEY, _required(VKEY, present, read), vkey.encode() + b"\n")
    note = _required(CHECKPOINT, present, read)
    checkpoint = _checkpoint(note, verifier)
    leaves, hashes = _entries(checkpoint.size, present, read)
    if root(hashes) != checkpoint.root:
        raise EvidenceError(
            place=_blame(hashes, checkpoint, present, read), cause="does not give the checkpoint's root"
        )
    if all_files:
        tree = Tree(leaves, hashes)
        required = list(tree.required())
        for name in required:
            check_file(name, _required(name, present, read), tree.expected(name))
        for name in sorted(present - {VKEY, CHECKPOINT, *required}):
            expected = tree.expected(name)
            check_file(name, b"" if expected is None else read(name), expected)
    return VerifiedLog(checkpoint=checkpoint, note=note, leaves=leaves)


def is_of_log(name: str) -> bool:
    """Whether a file of this name, under the folder of a log, can be one of its files at all."""
    return name in {CHECKPOINT, VKEY} or parse_tile_path(name) is not None


class Tree:
    """All tiles that some entries give: what each file of a log must hold, byte for byte."""

    def __init__(self, leaves: list[bytes], hashes: list[bytes] | None = None) -> None:
        """`hashes` are the leaf hashes, where they are known already."""
        self._leaves = leaves
        self._levels = [[leaf_hash(leaf) for leaf in leaves] if hashes is None else hashes]
        while above := next_level(self._levels[-1]):
            self._levels.append(above)

    def required(self) -> Iterator[str]:
        """Name the files that a log of this size must have, bundles first."""
        yield from (tile_path("entries", index, width) for index, width in tiles_of(len(self._leaves)))
        for level, row in enumerate(self._levels):
            yield from (tile_path(level, index, width) for index, width in tiles_of(len(row)))

    def expected(self, name: str) -> bytes | None:
        """Give the bytes that a file must hold, leftover partial tiles included; None where it may not be there."""
        tile = parse_tile_path(name)
        if tile is None:
            return None
        above = tile.level != "entries" and tile.level >= len(self._levels)
        row = self._leaves if tile.level == "entries" else [] if above else self._levels[tile.level]
        start = tile.index * TILE_WIDTH
        part = row[start : start + tile.width]
        if len(part) != tile.width:
            return None
        return encode_bundle(part) if tile.level == "entries" else encode_tile(part)


def check_file(name: str, data: bytes, expected: bytes | None) -> None:
    """Check that one file of a log holds what it must.

    Raises EvidenceError: a difference, placed at the first hash or entry that differs; or a file that may not be there.
    """
    if expected is None:
        beyond = parse_tile_path(name) is not None
        raise EvidenceError(
            place=name if name.isprintable() else ascii(name),
            cause="reaches beyond the size of the checkpoint" if beyond else "is no file of a log",
            cure="if an append was cut short, open the ledger once with its key to clear it; else tell the custodian",
        )
    if data != expected:
        raise EvidenceError(place=_place(name, data, expected), cause="is not what the entries and checkpoint say")


def _place(name: str, data: bytes, expected: bytes) -> str:
    tile = parse_tile_path(name)
    if tile is None:
        return name
    at = next(
        (i for i, (a, b) in enumerate(zip(data, expected, strict=False)) if a != b), min(len(data), len(expected))
    )
    if tile.level == "entries":
        within = min(_entry_at(expected, at), tile.width - 1)
        return f"{name}, entry {tile.index * TILE_WIDTH + within}"
    within = min(at // HASH_BYTES, tile.width - 1)
    what = "hash of entry" if tile.level == 0 else "hash"
    return f"{name}, {what} {tile.index * TILE_WIDTH + within}"


def _entry_at(bundle: bytes, offset: int) -> int:
    end = 0
    for number, entry in enumerate(decode_bundle(bundle)):
        end += 2 + len(entry)
        if offset < end:
            return number
    return TILE_WIDTH


def _checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    try:
        return parse_checkpoint(note, verifier, strict=True)
    except EvidenceError as error:
        if error.place == CHECKPOINT:
            raise
        raise EvidenceError(place=CHECKPOINT, cause=error.cause) from error


def _entries(size: int, present: set[str], read: Read) -> tuple[list[bytes], list[bytes]]:
    leaves: list[bytes] = []
    # Lazily, so that a checkpoint of an absurd size fails at the first file that is missing.
    for index, width in tiles_of(size):
        name = tile_path("entries", index, width)
        try:
            found = decode_bundle(_required(name, present, read))
        except ValueError as error:
            raise EvidenceError(place=name, cause=str(error)) from error
        if len(found) != width:
            raise EvidenceError(place=name, cause=f"holds {len(found)} entries and not {width}")
        leaves += found
    return leaves, [leaf_hash(leaf) for leaf in leaves]


def _blame(hashes: list[bytes], checkpoint: Checkpoint, present: set[str], read: Read) -> str:
    """Say which file is at fault when the entries do not give the root.

    The level-0 tiles are a second witness: where they give the root, the entry that differs from them was changed.
    """
    tiled: list[bytes] = []
    for index, width in tiles_of(checkpoint.size):
        name = tile_path(0, index, width)
        try:
            tiled += decode_tile(_required(name, present, read))
        except (ValueError, EvidenceError):
            return "tile/entries"
    changed = next((i for i, (a, b) in enumerate(zip(hashes, tiled, strict=False)) if a != b), None)
    if changed is None:
        return "tile/entries and tile/0 (changed together), or checkpoint"
    name = tile_path("entries", *_tile_of(changed, checkpoint.size))
    if root(tiled) == checkpoint.root:
        return f"{name}, entry {changed}"
    return f"{name}, and tile/0, from entry {changed} on"


def _tile_of(entry: int, size: int) -> tuple[int, int]:
    index = entry // TILE_WIDTH
    return index, min(TILE_WIDTH, size - index * TILE_WIDTH)


def _required(name: str, present: set[str], read: Read) -> bytes:
    if name not in present:
        raise EvidenceError(place=name, cause="is missing")
    return read(name)


def _names(directory: Path) -> list[str]:
    found = []
    for folder, folders, files in os.walk(directory, onerror=_unreadable):
        base = Path(folder).relative_to(directory)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        found += [(base / name).as_posix() for name in (*files, *links)]
    return found


def _unreadable(error: OSError) -> None:
    raise EvidenceError(place="log", cause="its directory cannot be read") from error


def _read(directory: Path, name: str) -> bytes:
    return read_plain(directory / name, place=name, most_bytes=max(MAX_BUNDLE_BYTES, MAX_NOTE_BYTES))
