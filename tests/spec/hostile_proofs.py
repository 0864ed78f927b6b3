"""Two hundred proofs by a log that lies: it holds its own key and signs whatever it likes.

Each is a way to call the verifier, as plain data, so that it can be run in a process with limits. A forged proof is one
that no tree bears out; what is true of some tree, however odd, a verifier cannot refuse, and is not here.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from modicum_verify import base64c
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.merkle import EMPTY_ROOT, consistency_proof, inclusion_proof, leaf_hash, node_hash, root
from modicum_verify.note import Signer, vkey
from modicum_verify.proof import TlogProof

ORIGIN: Final = "hostile.example/log"
KEY: Final = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
VKEY: Final = vkey(ORIGIN, KEY.public_key())
HUGE: Final = (2**31, 2**53, 2**62, 2**63 - 1)
Call = dict[str, Any]


def leaves(size: int, *, seed: str = "") -> list[bytes]:
    return [f"entry {number} {seed}".encode() for number in range(size)]


def hashes(size: int, *, seed: str = "") -> list[bytes]:
    return [leaf_hash(each) for each in leaves(size, seed=seed)]


def signed(size: int, at: bytes) -> bytes:
    return Signer(ORIGIN, KEY).sign(Checkpoint(origin=ORIGIN, size=size, root=at).text())


def proof_file(index: int | str, path: Sequence[bytes], note: bytes, *, leaf: bytes) -> Call:
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(base64c.encode, path), ""]
    data = "".join(f"{line}\n" for line in lines).encode() + note
    return {"call": "proof", "proof": data.hex(), "leaf": leaf.hex()}


def consistency(old_size: int, size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> Call:
    return {
        "call": "consistency",
        "sizes": [old_size, size],
        "roots": [old_root.hex(), new_root.hex()],
        "proof": [each.hex() for each in path],
    }


def honest_inclusion(rng: random.Random) -> tuple[int, int, list[bytes], list[bytes]]:
    """A size of at least 3, an index, the leaf hashes, the true path."""
    size = rng.randrange(3, 70)
    index = rng.randrange(size)
    tree = hashes(size)
    return size, index, tree, inclusion_proof(tree, index)


def in_size_zero(rng: random.Random) -> Call:
    return proof_file(0, [], signed(0, rng.choice([EMPTY_ROOT, leaf_hash(b"x")])), leaf=b"x")


def index_beyond(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    return proof_file(size + rng.choice([0, 1, 100]), path, signed(size, root(tree)), leaf=leaves(size)[index])


def wrong_index(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    other = (index + rng.randrange(1, size)) % size
    return proof_file(other, path, signed(size, root(tree)), leaf=leaves(size)[index])


def wrong_leaf(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    return proof_file(index, path, signed(size, root(tree)), leaf=rng.randbytes(20))


def extra_hashes(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    more = [rng.randbytes(32) for _ in range(rng.choice([1, 2, 63 - len(path)]))]
    longer = rng.choice([[*path, *more], [*more, *path], [*path, path[-1]]])
    return proof_file(index, longer, signed(size, root(tree)), leaf=leaves(size)[index])


def too_few_hashes(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    shorter = rng.choice([path[1:], path[:-1], []])
    return proof_file(index, shorter, signed(size, root(tree)), leaf=leaves(size)[index])


def hashes_swapped(rng: random.Random) -> Call:
    tree = hashes(size := rng.randrange(5, 70))
    index = rng.randrange(4)
    path = inclusion_proof(tree, index)
    return proof_file(index, [path[1], path[0], *path[2:]], signed(size, root(tree)), leaf=leaves(size)[index])


def root_of_another(rng: random.Random) -> Call:
    size, index, _, path = honest_inclusion(rng)
    other = rng.choice([root(hashes(size, seed="other")), EMPTY_ROOT, path[0], bytes(32)])
    return proof_file(index, path, signed(size, other), leaf=leaves(size)[index])


def huge_size(rng: random.Random) -> Call:
    """A tree that nobody could hold, its path padded to the greatest length."""
    size, index, tree, path = honest_inclusion(rng)
    padded = [*path, *(rng.randbytes(32) for _ in range(rng.choice([0, 31, 53, 62, 63]) - len(path)))]
    return proof_file(index, padded, signed(rng.choice(HUGE), root(tree)), leaf=leaves(size)[index])


def too_many_hashes(rng: random.Random) -> Call:
    path = [rng.randbytes(32)] * rng.choice([64, 65, 1_000, 100_000])
    return proof_file(0, path, signed(2**63 - 1, bytes(32)), leaf=b"x")


def inner_node_as_leaf(rng: random.Random) -> Call:
    """The two hashes below an inner node, shown as an entry: the second preimage that RFC 6962's prefixes prevent."""
    tree = hashes(4)
    entry = tree[0] + tree[1]
    path = rng.choice([[node_hash(tree[2], tree[3])], inclusion_proof(tree, 0)])
    return proof_file(0, path, signed(rng.choice([2, 3, 4]), root(tree)), leaf=entry)


def hash_of_another_length(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    path[rng.randrange(len(path))] = rng.randbytes(rng.choice([0, 31, 33, 64, 4096]))
    return proof_file(index, path, signed(size, root(tree)), leaf=leaves(size)[index])


def odd_index(rng: random.Random) -> Call:
    size, _, tree, _ = honest_inclusion(rng)
    path = inclusion_proof(tree, 1)
    odd = rng.choice(["-1", "01", "+1", "1 ", "", "1e0", "0x1", "\u0661", str(2**63), str(2**64 + 1), "9" * 5000])
    call = proof_file("1", path, signed(size, root(tree)), leaf=leaves(size)[1])
    data = bytes.fromhex(call["proof"]).replace(b"index 1\n", f"index {odd}\n".encode())
    return {**call, "proof": data.hex()}


def signed_by_nobody_known(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    other = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    note = Signer(ORIGIN, other).sign(Checkpoint(origin=ORIGIN, size=size, root=root(tree)).text())
    return proof_file(index, path, note, leaf=leaves(size)[index])


def odd_size(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    odd = rng.choice(["-1", f"0{size}", str(2**63), "9" * 4000, "1e3", "", " 5"])
    text = Checkpoint(origin=ORIGIN, size=size, root=root(tree)).text().replace(f"\n{size}\n", f"\n{odd}\n", 1)
    return proof_file(index, path, Signer(ORIGIN, KEY).sign(text), leaf=leaves(size)[index])


def large_file(rng: random.Random) -> Call:
    size, index, tree, path = honest_inclusion(rng)
    note = rng.choice([b"\n" * 3_000_000, b"A" * 3_000_000, signed(size, root(tree)) + b"x" * 2_000_000])
    return proof_file(index, path, note, leaf=leaves(size)[index])


def a_pair(rng: random.Random) -> tuple[int, int, bytes, bytes, list[bytes]]:
    size = rng.randrange(4, 70)
    old = rng.randrange(1, size)
    tree = hashes(size)
    return old, size, root(tree[:old]), root(tree), consistency_proof(tree, old)


def old_size_zero(rng: random.Random) -> Call:
    _, size, _, new, path = a_pair(rng)
    return consistency(0, size, EMPTY_ROOT, new, rng.choice([[], path]))


def equal_sizes_two_roots(rng: random.Random) -> Call:
    _, size, old_root, new, _ = a_pair(rng)
    return consistency(size, size, rng.choice([old_root, bytes(32)]), new, [])


def equal_sizes_with_a_proof(rng: random.Random) -> Call:
    _, size, _, new, path = a_pair(rng)
    return consistency(size, size, new, new, rng.choice([path, [new], [bytes(32)] * 63]))


def shrinking(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    return consistency(size, old, new, old_root, path)


def roots_swapped(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    return consistency(old, size, new, old_root, path)


def another_old_root(rng: random.Random) -> Call:
    old, size, _, new, path = a_pair(rng)
    return consistency(old, size, rng.choice([root(hashes(old, seed="other")), EMPTY_ROOT]), new, path)


def another_new_root(rng: random.Random) -> Call:
    old, size, old_root, _, path = a_pair(rng)
    return consistency(old, size, old_root, root(hashes(size, seed="other")), path)


def extra_in_between(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    more = [rng.randbytes(32) for _ in range(rng.choice([1, 2, 60]))]
    return consistency(old, size, old_root, new, rng.choice([[*path, *more], [*more, *path], [old_root, *path]]))


def dropped_in_between(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    return consistency(old, size, old_root, new, rng.choice([path[1:], path[:-1], []]))


def one_bit(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    at = rng.randrange(len(path))
    path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
    return consistency(old, size, old_root, new, path)


def huge_sizes(rng: random.Random) -> Call:
    old, _, old_root, new, path = a_pair(rng)
    size = rng.choice(HUGE)
    return consistency(
        rng.choice([old, size - 1, size // 2, size // 2 + 1]),
        size,
        old_root,
        new,
        [*path, *[bytes(32)] * rng.randrange(60)],
    )


def negative(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    return consistency(rng.choice([-1, -old, -(2**63)]), rng.choice([size, -size]), old_root, new, path)


def short_hashes(rng: random.Random) -> Call:
    old, size, old_root, new, path = a_pair(rng)
    return rng.choice(
        [
            consistency(old, size, old_root[:-1], new, path),
            consistency(old, size, old_root, new + b"x", path),
            consistency(old, size, old_root, new, [each[:-1] for each in path]),
        ]
    )


INCLUSION: Final = (
    in_size_zero,
    index_beyond,
    wrong_index,
    wrong_leaf,
    extra_hashes,
    too_few_hashes,
    hashes_swapped,
    root_of_another,
    huge_size,
    too_many_hashes,
    inner_node_as_leaf,
    hash_of_another_length,
    odd_index,
    signed_by_nobody_known,
    odd_size,
    large_file,
)
CONSISTENCY: Final = (
    old_size_zero,
    equal_sizes_two_roots,
    equal_sizes_with_a_proof,
    shrinking,
    roots_swapped,
    another_old_root,
    another_new_root,
    extra_in_between,
    dropped_in_between,
    one_bit,
    huge_sizes,
    negative,
    short_hashes,
)


def forged(count: int) -> Iterator[tuple[str, Call]]:
    """So many forged proofs, the kinds in turn, with the kind of each."""
    rng = random.Random(23)
    kinds = (*INCLUSION, *CONSISTENCY)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield kind.__name__, kind(rng)


def honest(count: int) -> Iterator[Call]:
    """The control: true proofs of both kinds."""
    rng = random.Random(24)
    for number in range(count):
        if number % 2:
            yield consistency(*a_pair(rng))
        else:
            size, index, tree, path = honest_inclusion(rng)
            note = signed(size, root(tree))
            data = TlogProof(index=index, hashes=tuple(path), checkpoint_note=note).format()
            yield {"call": "proof", "proof": data.hex(), "leaf": leaves(size)[index].hex()}
