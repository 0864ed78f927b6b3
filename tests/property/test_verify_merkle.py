"""Laws of the Merkle tree, and of tiles, for all sizes; against the recursive definition of RFC 6962."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.ledger.edge import Edge, Growth
from modicum.ledger.tilestore import TileStore
from modicum.storage import MemoryFolder
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import Tree
from modicum_verify.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(b"%d" % index) for index in range(700)]


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, to the letter."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


@given(size=st.integers(0, 700))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert root(LEAVES[:size]) == tree_hash(LEAVES[:size])


@settings(deadline=None)
@given(data=st.data(), size=st.integers(1, 300))
def test_a_proof_holds_for_its_leaf_index_size_and_root_alone(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, top = inclusion_proof(LEAVES[:size], index), root(LEAVES[:size])
    verify_inclusion(index=index, size=size, leaf=LEAVES[index], proof=proof, root=top)
    wrong = data.draw(st.integers(0, 310).filter(lambda each: each != index))
    for changed in (
        {"index": wrong},
        {"leaf": LEAVES[wrong]},
        {"proof": [*proof, top]},
        {"proof": proof[:-1] if proof else [top]},
        {"proof": [b"", *proof]},
        {"root": LEAVES[699]},
        {"size": 0},
    ):
        good = {"index": index, "size": size, "leaf": LEAVES[index], "proof": proof, "root": top}
        with pytest.raises(EvidenceError):
            verify_inclusion(**{**good, **changed})  # type: ignore[arg-type]


@settings(deadline=None)
@given(data=st.data(), size=st.integers(1, 300))
def test_a_continuation_is_proved_and_another_history_is_not(data: st.DataObject, size: int) -> None:
    old = data.draw(st.integers(1, size))
    proof, top, old_top = consistency_proof(LEAVES[:size], old), root(LEAVES[:size]), root(LEAVES[:old])
    good = {"old_size": old, "size": size, "old_root": old_top, "root": top, "proof": proof}
    verify_consistency(**good)  # type: ignore[arg-type]
    for changed in (
        {"old_root": LEAVES[699]},
        {"root": LEAVES[699]},
        {"proof": [*proof, top]},
        {"old_size": size + 1},
        {"old_size": 0},
    ):
        with pytest.raises(EvidenceError):
            verify_consistency(**{**good, **changed})  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(batches=st.lists(st.integers(1, 400), min_size=1, max_size=6), data=st.data())
def test_tiles_grown_in_batches_are_those_of_the_whole_and_answer_the_same(
    batches: list[int], data: st.DataObject
) -> None:
    edge, store = Edge(), MemoryFolder()
    entries = [b"%d" % index for index in range(sum(batches))]
    for batch in batches:
        growth = Growth.of(edge, entries[edge.size : edge.size + batch])
        edge = growth.edge
        store.replace_all({f"log/{name}": content for name, content in growth.files.items()})
    tree, hashes = Tree(entries), [leaf_hash(entry) for entry in entries]
    assert all(store.read(f"log/{name}") == tree.expected(name) for name in tree.required())
    assert edge.root() == root(hashes)
    tiles = TileStore(store, len(entries))
    assert tiles.edge() == edge
    assert tiles.entries() == entries
    index = data.draw(st.integers(0, len(entries) - 1))
    assert tiles.inclusion(index) == inclusion_proof(hashes, index)
    assert tiles.root_at(index) == root(hashes[:index])


def test_a_tree_of_three_levels_of_tiles() -> None:
    entries = [b"%d" % index for index in range(65_536 + 300)]
    edge = Growth.of(Growth.of(Edge(), entries[:65_530]).edge, entries[65_530:]).edge
    assert [len(row) for row in edge.levels] == [44, 1, 1]
    assert edge.root() == root([leaf_hash(entry) for entry in entries])
