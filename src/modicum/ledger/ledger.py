"""Append to the log, durably, and recover from any crash.

An append writes the tiles, reads them back and recomputes them, signs, and then renames `log/checkpoint`: that rename
is the commit. Before it, nothing happened: what was written lies beyond the size and is cleared at the next append or
open. After it, the entry stands, whatever fails next.

`state/checkpoint`, apart from `log/`, is a copy of the latest checkpoint, written after the commit. A log behind its
copy was cut; a log ahead of it was caught by a crash between the two, and the copy follows once both are seen to be one
history. Read-back goes through the system's cache: it sees faults of memory and of our own, not all of the disk's.

Source: C2SP tlog-tiles, tlog-checkpoint, tlog-proof; RFC 6962.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Final, NoReturn, Self

from modicum.ledger.edge import Edge, Growth
from modicum.ledger.tilestore import LOG, Store, TileStore, idle
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, LogUnavailableError, NotFoundError
from modicum_verify.checkpoint import Checkpoint, parse_checkpoint
from modicum_verify.ed25519 import Ed25519PrivateKey, public_bytes
from modicum_verify.logdir import VerifiedLog, check_log
from modicum_verify.merkle import EMPTY_ROOT, leaf_hash, root, verify_inclusion
from modicum_verify.note import Signer, Verifier
from modicum_verify.note import vkey as vkey_of
from modicum_verify.proof import TlogProof
from modicum_verify.tiles import MAX_ENTRY_BYTES, TILE_WIDTH, decode_bundle, tile_path

_CHECKPOINT: Final = f"{LOG}/checkpoint"
_VKEY: Final = f"{LOG}/log.vkey"
_COPY: Final = "state/checkpoint"
_LOCK: Final = "log"


class LedgerRolledBackError(EvidenceError):
    """The log shows fewer entries, or others, than it had already shown."""

    code = "ledger-rolled-back"

    @classmethod
    def of(cls, cause: str) -> Self:
        """Say in which way; what to do is always the same."""
        return cls(
            place=_CHECKPOINT,
            cause=cause,
            cure="stop releasing, keep the log and state/checkpoint as they are, tell the custodian",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where an append stands, and the signed checkpoint that covers it."""

    first_index: int
    size: int
    checkpoint_note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    note: bytes
    checkpoint: Checkpoint
    edge: Edge


def create_ledger(folder: Store, *, origin: str, key: Ed25519PrivateKey) -> "Ledger":
    """Make an empty log in a home: its verifier key, its copy of the checkpoint, its checkpoint.

    Raises ConflictError: there is one already. LedgerRolledBackError: there was one, and only its copy is left.
    Raises InvalidInputError: an origin with blanks or plus signs.
    """
    try:
        verifier_key = vkey_of(origin, key.public_key())
    except ValueError as error:
        raise InvalidInputError(
            cause="the origin of a log may hold no blank and no plus sign", cure=str(error)
        ) from error
    note = Signer(origin, key).sign(Checkpoint(origin=origin, size=0, root=EMPTY_ROOT).text())
    with folder.lock(_LOCK):
        if folder.exists(_CHECKPOINT):
            raise ConflictError(cause="there is a ledger already", cure="open it, or choose another home")
        if folder.exists(_COPY) and folder.read(_COPY).split(b"\n")[1:2] != [b"0"]:
            raise LedgerRolledBackError.of("is gone; its copy in state/ shows that there was a log")
        folder.replace(_VKEY, verifier_key.encode() + b"\n")
        folder.replace(_COPY, note)
        folder.replace(_CHECKPOINT, note)  # Last: with it there is a ledger, without it there is none.
    return open_ledger(folder, key=key, vkey=verifier_key)


def open_ledger(folder: Store, *, key: Ed25519PrivateKey | None, vkey: str) -> "Ledger":
    """Open the log of a home under the verifier key that it must have; the cost does not grow with the entries read.

    With its key: clears what a crash left and mends the copy in state/. Without: writes nothing, cannot append.
    Raises NotFoundError: no log. EvidenceError: checkpoint, right edge or copy do not check. LedgerRolledBackError: the
    log is behind its copy, or of another history. InvalidInputError: `key` is not that of `vkey`.
    """
    verifier = Verifier.parse(vkey)
    if key is not None and public_bytes(key) != public_bytes(verifier.key):
        raise InvalidInputError(
            cause="the log's private key is not that of its verifier key", cure="use the key of this log"
        )
    ledger = Ledger(folder, key=key, verifier=verifier, vkey=vkey)
    ledger.refresh()
    return ledger


class Ledger:
    """An open log. Several processes and threads may hold one; appends go one after the other."""

    def __init__(self, folder: Store, *, key: Ed25519PrivateKey | None, verifier: Verifier, vkey: str) -> None:
        """Use `open_ledger` or `create_ledger`."""
        self._folder, self._key, self._verifier, self.vkey = folder, key, verifier, vkey
        self._state = _State(note=b"", checkpoint=Checkpoint(origin="", size=0, root=EMPTY_ROOT), edge=Edge())

    @property
    def size(self) -> int:
        """How many entries the log had when it was last read or written here."""
        return self._state.checkpoint.size

    @property
    def checkpoint_note(self) -> bytes:
        """The signed checkpoint of that size."""
        return self._state.note

    def root_with(self, leaves: Sequence[bytes]) -> bytes:
        """Give the root that the log would have with these entries appended; with none, the one that it has."""
        return Growth.of(self._state.edge, leaves).edge.root() if leaves else self._state.checkpoint.root

    def refresh(self) -> int:
        """Read what other processes appended since; gives the size."""
        if self._key is None:
            self._state = self._load(heal=False)
        else:
            with self._folder.lock(_LOCK):
                self._state = self._load(heal=True)
                self._clear()
        return self.size

    def append(self, leaves: Sequence[bytes], *, at_size: int | None = None) -> Receipt:
        """Append entries, all or none, durable on return.

        at_size: append only where the log has just this size, so that what was decided upon is still so.
        Raises ConflictError: it has another size. InvalidInputError: no entry, or one of more than 65,535 bytes.
        Raises LogUnavailableError: the disk failed. If that was after the commit the entries stand: `refresh` tells.
        """
        _check_leaves(leaves)
        with self._folder.lock(_LOCK):
            self._catch_up()
            before = self._state
            if at_size is not None and at_size != before.checkpoint.size:
                raise ConflictError(
                    cause=f"the log has {before.checkpoint.size} entries and no longer {at_size}",
                    cure="look at the case again, then try again",
                )
            growth = Growth.of(before.edge, leaves)
            self._folder.replace_all({f"{LOG}/{name}": data for name, data in growth.files.items()})
            self._read_back(before.edge, growth, leaves)
            checkpoint = Checkpoint(origin=self._verifier.name, size=growth.edge.size, root=growth.edge.root())
            note = self._sign(checkpoint)
            self._folder.replace(_CHECKPOINT, note)  # The commit.
            self._folder.replace(_COPY, note)
            self._state = _State(note=note, checkpoint=checkpoint, edge=growth.edge)
            with suppress(LogUnavailableError):  # The entries stand; idle partial tiles may lie until the next open.
                for name in growth.filled:
                    self._folder.discard(self._folder.list(f"{LOG}/{name}.p"))
        return Receipt(first_index=before.checkpoint.size, size=checkpoint.size, checkpoint_note=note)

    def leaf(self, index: int) -> bytes:
        """Give one entry, checked against the root. Raises NotFoundError, EvidenceError."""
        _, expected = self._prove(index)
        entry = TileStore(self._folder, self.size).bundle(index // TILE_WIDTH)[index % TILE_WIDTH]
        if leaf_hash(entry) != expected:
            raise EvidenceError(place=f"log entry {index}", cause="is not the entry that the root covers")
        return entry

    def leaves(self) -> list[bytes]:
        """Give all entries, checked against the root. Raises EvidenceError."""
        state = self._state
        found = TileStore(self._folder, state.checkpoint.size).entries()
        if root([leaf_hash(entry) for entry in found]) != state.checkpoint.root:
            raise EvidenceError(place="tile/entries", cause="does not give the checkpoint's root; fsck names the entry")
        return found

    def prove(self, index: int, *, under: bytes | None = None) -> bytes:
        """Give the tlog-proof of one entry under the present checkpoint. Raises NotFoundError, EvidenceError.

        under: an earlier checkpoint of this log that covers the entry, perhaps cosigned; then under that one.
        """
        proof, leaf = self._prove(index)
        if under is None:
            return proof.format()
        earlier = parse_checkpoint(under, self._verifier, strict=False)
        if not index < earlier.size <= self.size:
            raise NotFoundError(cause=f"that checkpoint does not cover entry {index}", cure="use a newer one")
        hashes = tuple(TileStore(self._folder, self.size).inclusion(index, earlier.size))
        verify_inclusion(index=index, size=earlier.size, leaf=leaf, proof=hashes, root=earlier.root)
        return TlogProof(index=index, hashes=hashes, checkpoint_note=under).format()

    def root_at(self, size: int) -> bytes:
        """Give the root that the log had at an earlier size. Raises EvidenceError: a tile is missing."""
        return TileStore(self._folder, self.size).root_at(size) if size else EMPTY_ROOT

    def prove_continuation(self, old_size: int) -> list[bytes]:
        """Give the hashes that prove the present checkpoint to continue the log of `old_size`; none from nothing.

        Raises NotFoundError: the log has fewer entries. EvidenceError: a tile is missing.
        """
        if not 0 <= old_size <= self.size:
            raise NotFoundError(cause=f"the log never had {old_size} entries", cure=f"it has {self.size}")
        return TileStore(self._folder, self.size).consistency(old_size) if old_size else []

    def fsck(self) -> VerifiedLog:
        """Check every byte of the log, as `modicum_verify.logdir.read_log`; with the key, between two appends."""
        with nullcontext() if self._key is None else self._folder.lock(_LOCK):
            names = [name.removeprefix(f"{LOG}/") for name in self._folder.list(LOG)]
            found = check_log(names, lambda name: self._folder.read(f"{LOG}/{name}"), self.vkey)
            self._state = self._load(heal=False)
            return found

    def _prove(self, index: int) -> tuple[TlogProof, bytes]:
        state = self._state
        size = state.checkpoint.size
        if not 0 <= index < size:
            raise NotFoundError(cause=f"the log has no entry {index}", cure=f"it has {size} entries, counted from 0")
        tiles = TileStore(self._folder, size)
        found = TlogProof(index=index, hashes=tuple(tiles.inclusion(index)), checkpoint_note=state.note)
        leaf = tiles.tile(0, index // TILE_WIDTH)[index % TILE_WIDTH]
        verify_inclusion(index=index, size=size, leaf=leaf, proof=found.hashes, root=state.checkpoint.root)
        return found, leaf

    def _catch_up(self) -> None:
        """Take in what other processes appended or left since; under the lock."""
        if self._key is None:
            raise LogUnavailableError(cause="the log was opened without its key", cure="open it with its private key")
        if self._folder.read(_CHECKPOINT) != self._state.note:
            self._state = self._load(heal=True)
        # Bundles are written first and cleared last, so that any leftover shows in the bundle at the edge.
        index, width = divmod(self.size, TILE_WIDTH)
        at_edge = f"{LOG}/{tile_path('entries', index)}"
        widths = (name.rpartition("/")[2] for name in self._folder.list(f"{at_edge}.p"))
        if self._folder.exists(at_edge) or any(each.isdecimal() and int(each) > width for each in widths):
            self._clear()

    def _clear(self) -> None:
        """Remove what a crash left beyond the size; under the lock."""
        leftover = idle(self._folder.list(LOG), self.size)
        if leftover:
            self._folder.discard(leftover)

    def _load(self, *, heal: bool) -> _State:
        copy = self._folder.read(_COPY) if self._folder.exists(_COPY) else None  # First: it is never ahead of the log.
        if not self._folder.exists(_CHECKPOINT):
            if copy is not None:
                raise LedgerRolledBackError.of("is gone; its copy in state/ shows that there was a log")
            raise NotFoundError(cause="there is no ledger in this home", cure="make one with: modicum init")
        note = self._folder.read(_CHECKPOINT)
        if not self._folder.exists(_VKEY) or self._folder.read(_VKEY) != self.vkey.encode() + b"\n":
            raise EvidenceError(place=_VKEY, cause="is not the verifier key that this log must have")
        checkpoint = self._parse(_CHECKPOINT, note)
        tiles = TileStore(self._folder, checkpoint.size)
        edge = tiles.edge()
        lowest = edge.levels[0] if edge.levels else ()
        if edge.root() != checkpoint.root or tuple(map(leaf_hash, edge.entries)) != lowest:
            raise EvidenceError(place=f"{LOG}/tile", cause="the newest tiles do not give the checkpoint's root")
        self._compare(copy, note, checkpoint, tiles, heal=heal)
        return _State(note=note, checkpoint=checkpoint, edge=edge)

    def _compare(self, copy: bytes | None, note: bytes, now: Checkpoint, tiles: TileStore, *, heal: bool) -> None:
        if copy == note:
            return
        if copy is None:
            raise EvidenceError(place=_COPY, cause="is missing; without it nobody can see whether the log was cut")
        then = self._parse(_COPY, copy)
        if then.size > now.size:
            raise LedgerRolledBackError.of(f"shows {now.size} entries; there were {then.size} already")
        if tiles.root_at(then.size) != then.root:
            raise LedgerRolledBackError.of(f"its first {then.size} entries are not those that were there")
        if heal:
            self._folder.replace(_COPY, note)

    def _parse(self, place: str, note: bytes) -> Checkpoint:
        try:
            return parse_checkpoint(note, self._verifier)
        except EvidenceError as error:
            raise EvidenceError(place=place, cause=error.cause) from error

    def _read_back(self, before: Edge, growth: Growth, leaves: Sequence[bytes]) -> None:
        """Read what was written, and compute it all again from the entries read."""
        try:
            read = {name: self._folder.read(f"{LOG}/{name}") for name in growth.files}
            bundles = [decode_bundle(data) for name, data in read.items() if name.startswith("tile/entries/")]
        except (NotFoundError, ValueError):
            _unlike("a tile")
        entries = [entry for bundle in bundles for entry in bundle][len(before.entries) :]
        again = Growth.of(before, entries) if entries == list(leaves) else None
        if again is None or again.edge != growth.edge:
            _unlike("an entry")
        for name, data in again.files.items():
            if read.get(name) != data:
                _unlike(name)

    def _sign(self, checkpoint: Checkpoint) -> bytes:
        if self._key is None:
            raise LogUnavailableError(cause="the log was opened without its key", cure="open it with its private key")
        note = Signer(self._verifier.name, self._key).sign(checkpoint.text())
        if self._parse(_CHECKPOINT, note) != checkpoint:
            _unlike("the checkpoint")
        return note


def _check_leaves(leaves: Sequence[bytes]) -> None:
    if not leaves or any(len(leaf) > MAX_ENTRY_BYTES for leaf in leaves):
        raise InvalidInputError(
            cause="an append has no entry, or one that is too long",
            cure=f"append at least one entry, each of at most {MAX_ENTRY_BYTES} bytes",
        )


def _unlike(what: str) -> NoReturn:
    raise LogUnavailableError(
        cause=f"{what} reads back unlike what was written; nothing was committed",
        cure="check memory and disk before anything else is written",
    )
