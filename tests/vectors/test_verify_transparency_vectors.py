"""Published vectors of Merkle proofs, notes, checkpoints and tiles."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from modicum_verify.checkpoint import parse_checkpoint
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import CHECKPOINT, VKEY, check_log
from modicum_verify.merkle import inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion
from modicum_verify.note import Verifier, open_note
from modicum_verify.tiles import decode_bundle, decode_tile, encode_bundle, tile_path

DATA = Path(__file__).parent.parent / "data" / "transparency"
MERKLE = json.loads((DATA / "merkle.json").read_text())
LOG_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
NOTE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def hashes(values: list[str] | None) -> list[bytes]:
    return [b64decode(value or "") for value in values or []]


def accepts_inclusion(case: dict[str, Any]) -> bool:
    leaf, top = hashes([case["leafHash"], case["root"]])
    try:
        verify_inclusion(index=case["leafIdx"], size=case["treeSize"], leaf=leaf, proof=hashes(case["proof"]), root=top)
    except EvidenceError:
        return False
    return True


def accepts_consistency(case: dict[str, Any]) -> bool:
    old, new = hashes([case["root1"], case["root2"]])
    try:
        verify_consistency(
            old_size=case["size1"], size=case["size2"], old_root=old, root=new, proof=hashes(case["proof"])
        )
    except EvidenceError:
        return False
    return True


def test_all_92_vectors_are_here() -> None:
    assert len(MERKLE["inclusion"]) + len(MERKLE["consistency"]) == 92


@pytest.mark.parametrize("name", MERKLE["inclusion"])
def test_inclusion_vectors_are_judged_as_published(name: str) -> None:
    case = MERKLE["inclusion"][name]
    assert accepts_inclusion(case) is not case["wantErr"]


@pytest.mark.parametrize("name", MERKLE["consistency"])
def test_consistency_vectors_are_judged_as_published(name: str) -> None:
    case = MERKLE["consistency"][name]
    assert accepts_consistency(case) is not case["wantErr"]


def test_the_example_of_signed_note_opens() -> None:
    note = open_note((DATA / "signed-note-example.txt").read_bytes(), [Verifier.parse(NOTE_VKEY)], strict=True)
    assert note.text == "This is an example message.\n"


def tessera_file(size: int, name: str) -> bytes:
    if name == VKEY:
        return LOG_VKEY.encode() + b"\n"
    return (DATA / "tlog_8" / (f"checkpoint.{size}" if name == CHECKPOINT else name)).read_bytes()


@pytest.mark.parametrize("size", range(9))
def test_another_log_reads_at_each_size_with_all_its_partial_tiles(size: int) -> None:
    widths = range(1, size + 1)
    tiles = [tile_path(level, 0, width) for level in (0, "entries") for width in widths]
    log = check_log([VKEY, CHECKPOINT, *tiles], lambda name: tessera_file(size, name), LOG_VKEY)
    assert log.checkpoint.size == len(log.leaves) == size


@pytest.mark.parametrize("size", range(1, 9))
def test_its_tiles_and_bundles_are_what_we_would_write(size: int) -> None:
    bundle = tessera_file(size, tile_path("entries", 0, size))
    leaves = decode_bundle(bundle)
    found = [leaf_hash(leaf) for leaf in leaves]
    assert encode_bundle(leaves) == bundle
    assert decode_tile(tessera_file(size, tile_path(0, 0, size))) == found
    checkpoint = parse_checkpoint(tessera_file(size, CHECKPOINT), Verifier.parse(LOG_VKEY))
    assert checkpoint.root == root(found)
    for index in range(size):
        verify_inclusion(
            index=index, size=size, leaf=found[index], proof=inclusion_proof(found, index), root=checkpoint.root
        )
