"""What a damaged log still proves: each entry that its last checkpoint covers, and which it no longer holds.

One flipped bit is in an entry or in its hash tile, and the other of the two still gives the root. Where more is lost,
the last checkpoint that still verifies counts: of those in the folder, the longest one whose root the entries give.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from modicum_verify.checkpoint import Checkpoint, parse_checkpoint, read_text
from modicum_verify.entry import Entry, read_entry
from modicum_verify.errors import EvidenceError, ModicumError
from modicum_verify.events import TELLING, UNREAD
from modicum_verify.evidence import body_of
from modicum_verify.files import read_plain
from modicum_verify.logdir import CHECKPOINT
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.note import MAX_NOTE_BYTES, Verifier, split_note
from modicum_verify.tiles import MAX_BUNDLE_BYTES, Level, decode_bundle, decode_tile, tile_path, tiles_of

_MOST_DOUBTS: Final = 4  # so many differing places are tried both ways
_WITH_NOTES: Final = frozenset({"cosigned", "locked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """A log as far as it can be proved.

    checkpoint: what proves it. entries: one for each that it covers, None where the folder no longer holds it.
    """

    checkpoint: Checkpoint
    entries: list[bytes | None]

    @property
    def leaves(self) -> list[bytes]:
        """The entries from the first one on, up to one that is lost."""
        return _whole(self.entries)

    @property
    def damaged(self) -> tuple[int, ...]:
        """The indexes of those that are lost."""
        return tuple(index for index, each in enumerate(self.entries) if each is None)


def salvage(home: Path, named: Checkpoint, log_vkey: str) -> Salvaged:
    """Read a damaged log in `home/log` as far as `named`, or the longest checkpoint that still verifies, proves it.

    Raises EvidenceError: nothing of it can be proved.
    """
    log = home / "log"
    entries = _read(log, "entries", named.size)
    hashes = [None if each is None else leaf_hash(each) for each in entries]
    proved = _proved(hashes, _read(log, 0, named.size), named)
    if proved is not None:
        return Salvaged(checkpoint=named, entries=_held(log, entries, proved))
    whole = _whole(entries)
    for checkpoint in sorted(_kept(home, whole, log_vkey), key=lambda each: -each.size):
        if (
            checkpoint.size <= len(whole)
            and root([leaf_hash(each) for each in whole[: checkpoint.size]]) == checkpoint.root
        ):
            return Salvaged(checkpoint=checkpoint, entries=[*whole[: checkpoint.size]])
    raise EvidenceError(
        place="log", cause="gives the root of no checkpoint in it", cure="look for another copy of it, perhaps a backup"
    )


def whole_entries(found: Salvaged, bodies: Path) -> list[Entry]:
    """The entries with their bodies, up to the first one whose body is damaged or missing."""
    entries = []
    for index, leaf in enumerate(found.leaves):
        try:
            entries.append(read_entry(index, leaf, body_of(read_entry(index, leaf, None), bodies)))
        except EvidenceError:
            break
    return entries


def lost_of(found: Salvaged, *, folded: int, size: int) -> frozenset[str]:
    """Of what statistics told (`budgets`, `tables`), that which entries may have told that no fold reached.

    folded: so many entries from the start hold in full. size: so many the log had.
    """
    kinds = {UNREAD} if size > len(found.entries) else set()
    for index, leaf in enumerate(found.entries[folded:], start=folded):
        try:
            kinds.add(UNREAD if leaf is None else read_entry(index, leaf, None).kind)
        except EvidenceError:
            kinds.add(UNREAD)
    return frozenset(what for what, telling in TELLING.items() if telling & kinds)


def _whole(entries: Sequence[bytes | None]) -> list[bytes]:
    found = []
    for each in entries:
        if each is None:
            break
        found.append(each)
    return found


def _proved(entries: Sequence[bytes | None], tiles: Sequence[bytes | None], named: Checkpoint) -> list[bytes] | None:
    """The leaf hashes that give the root, each from the entry or from its tile; None where none do."""
    doubts = [index for index, pair in enumerate(zip(entries, tiles, strict=True)) if pair[0] != pair[1]]
    if len(doubts) > _MOST_DOUBTS:
        choices: Iterator[tuple[Sequence[bytes | None], ...]] = iter([(tiles,) * len(doubts), (entries,) * len(doubts)])
    else:
        choices = product((tiles, entries), repeat=len(doubts))
    for chosen in choices:
        row = list(entries)
        for index, source in zip(doubts, chosen, strict=True):
            row[index] = source[index]
        hashes = [each for each in row if each is not None]
        if len(hashes) == named.size and root(hashes) == named.root:
            return hashes
    return None


def _read(log: Path, level: Level, size: int) -> list[bytes | None]:
    """Entries or leaf hashes, None for each that cannot be read."""
    found: list[bytes | None] = []
    for index, width in tiles_of(size):
        part: list[bytes] = []
        with suppress(EvidenceError, ValueError):
            data = read_plain(log / tile_path(level, index, width), place="tile", most_bytes=MAX_BUNDLE_BYTES)
            part = decode_bundle(data) if level == "entries" else decode_tile(data)
        found += part if len(part) == width else [None] * width
    return found


def _held(log: Path, entries: Sequence[bytes | None], proved: Sequence[bytes]) -> list[bytes | None]:
    """The entries that have the proved hashes; those of a bundle that does not, looked for by them."""
    found: list[bytes | None] = []
    for index, width in tiles_of(len(proved)):
        part, hashes = entries[len(found) : len(found) + width], proved[len(found) : len(found) + width]
        if any(each is None or leaf_hash(each) != own for each, own in zip(part, hashes, strict=True)):
            path = log / tile_path("entries", index, width)
            with suppress(EvidenceError):
                part = _split(read_plain(path, place="tile", most_bytes=MAX_BUNDLE_BYTES), hashes)
        found += part
    return found


def _split(bundle: bytes, hashes: Sequence[bytes]) -> list[bytes | None]:
    """The entries of a bundle by their hashes; a length of which one bit flipped is read as it was."""
    found: list[bytes | None] = []
    place = 0
    for own in hashes:
        stated = int.from_bytes(bundle[place : place + 2], "big")
        lengths = (stated, *(stated ^ 1 << bit for bit in range(16)))
        parts = (bundle[place + 2 : place + 2 + length] for length in lengths)
        entry = next((each for each in parts if leaf_hash(each) == own), None)
        found.append(entry)
        place += 2 + (stated if entry is None else len(entry))
    return found


def _kept(home: Path, leaves: Sequence[bytes], log_vkey: str) -> Iterator[Checkpoint]:
    """The checkpoints that lie in the folder and are signed by the log's key."""
    places = [home / "log" / CHECKPOINT, home / "state" / CHECKPOINT, home / "state" / "cosigned"]
    notes = []
    for each in places:
        with suppress(ModicumError):
            notes.append(read_plain(each, place=each.name, most_bytes=MAX_NOTE_BYTES))
    notes += _notes_in(leaves, home / "bodies")
    for note in notes:
        with suppress(EvidenceError):
            yield parse_checkpoint(note, Verifier.parse(log_vkey), strict=False)


def _notes_in(leaves: Sequence[bytes], bodies: Path) -> Iterator[bytes]:
    for index, leaf in enumerate(leaves):
        with suppress(EvidenceError, UnicodeEncodeError):
            entry = read_entry(index, leaf, None)
            if entry.kind in _WITH_NOTES:
                content = read_entry(index, leaf, body_of(entry, bodies)).content or {}
                note = str(content.get("checkpoint", "")).encode()
                read_text(split_note(note)[0])
                yield note
