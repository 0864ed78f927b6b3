"""The Merkle tree of RFC 6962: roots, inclusion, consistency; hashes in, hashes out.

Nodes are named by the half-open range of leaves that they cover, so that whoever stores hashes as tiles can answer the
same questions (`inclusion_ranges`, `perfect_ranges`) without all the leaves.

Source: RFC 6962, section 2.1; checks as in RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence
from functools import reduce
from hashlib import sha256
from typing import Final

from modicum_verify.errors import EvidenceError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

Range = tuple[int, int]


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry to its 32-byte leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours to their parent."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Give the root over leaf hashes in order; of no leaves it is SHA-256 of nothing."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    # Pairing row by row, the odd one moving up unpaired, gives the tree of RFC 6962 and is fast in Python.
    while len(row) > 1:
        paired = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = [*paired, row[-1]] if len(row) % 2 else paired
    return row[0]


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Name the nodes that prove leaf `index` in a tree of `size`: from the leaf's sibling up.

    Raises ValueError: no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    low, high, down = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            down.append((middle, high))
            high = middle
        else:
            down.append((low, middle))
            low = middle
    return down[::-1]


def consistency_ranges(old_size: int, size: int) -> list[Range]:
    """Name the nodes that prove that a tree of `old_size` is the beginning of one of `size`.

    Raises ValueError: not 0 < old_size <= size.
    """
    if not 0 < old_size <= size:
        raise ValueError("sizes are not those of a tree and its continuation")
    low, high, whole, down = 0, size, True, []
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            down.append((middle, high))
            high = middle
        else:
            down.append((low, middle))
            low, whole = middle, False
    if not whole:
        down.append((low, high))
    return down[::-1]


def perfect_ranges(low: int, high: int) -> list[Range]:
    """Cut a node of the tree into its largest perfect subtrees, left to right; fold their hashes from the right."""
    found = []
    while low < high:
        width = 1 << ((high - low).bit_length() - 1)
        found.append((low, low + width))
        low += width
    return found


def fold_right(hashes: Sequence[bytes]) -> bytes:
    """Join the hashes of perfect subtrees, largest first, to the hash of the node that they make up."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY_ROOT


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that the leaf at `index` is in the tree over these leaf hashes."""
    return [root(leaf_hashes[low:high]) for low, high in inclusion_ranges(index, len(leaf_hashes))]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Prove that the tree over the first `old_size` leaf hashes is the beginning of the tree over all."""
    return [root(leaf_hashes[low:high]) for low, high in consistency_ranges(old_size, len(leaf_hashes))]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` with this root.

    Raises EvidenceError: it does not, or the proof is longer or shorter than it must be.
    """
    place = f"inclusion proof of entry {index} in {size}"
    if not 0 <= index < size:
        raise EvidenceError(place=place, cause="there is no such entry")
    _check_hashes(place, (leaf, root, *proof))
    node, last, found, rest = index, size - 1, leaf, iter(proof)
    for step in rest:
        if last == 0:
            raise EvidenceError(place=place, cause="is longer than the tree is high")
        if node % 2 or node == last:
            found = node_hash(step, found)
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    if last:
        raise EvidenceError(place=place, cause="is shorter than the tree is high")
    if found != root:
        raise EvidenceError(place=place, cause="does not lead to the root")


def verify_consistency(*, old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `old_size` with `old_root` is the beginning of the tree of `size` with `root`.

    Raises EvidenceError: it is not, the sizes are not 0 < old_size <= size, or the proof has another length.
    """
    place = f"consistency proof from {old_size} to {size}"
    if not 0 < old_size <= size:
        raise EvidenceError(place=place, cause="the sizes are not those of a log and its continuation")
    _check_hashes(place, (old_root, root, *proof))
    if len(proof) != len(consistency_ranges(old_size, size)):
        raise EvidenceError(place=place, cause="does not have the length that these sizes need")
    if old_size == size:
        if old_root != root:
            raise EvidenceError(place=place, cause="two roots for one size")
        return
    old_found, found = _roots_of(old_size, size, [old_root, *proof] if _is_perfect(old_size) else list(proof))
    if old_found != old_root:
        raise EvidenceError(place=place, cause="does not lead to the old root")
    if found != root:
        raise EvidenceError(place=place, cause="does not lead to the new root")


def _roots_of(old_size: int, size: int, path: list[bytes]) -> tuple[bytes, bytes]:
    node, last = old_size - 1, size - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    old_found = found = path[0]
    for step in path[1:]:
        if node % 2 or node == last:
            old_found, found = node_hash(step, old_found), node_hash(step, found)
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    return old_found, found


def _check_hashes(place: str, hashes: Sequence[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise EvidenceError(place=place, cause=f"a hash does not have {HASH_BYTES} bytes")


def _split(size: int) -> int:
    """Give the largest power of two below `size`, at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _is_perfect(size: int) -> bool:
    return size & (size - 1) == 0
