"""The mutation classes that need no law: entries, tiles, checkpoint, cosignatures. Each gives attempts at random targets.

In most classes two hands take turns: one that holds the files alone, and one that holds the log's key too and signs the
altered log anew. Against the second a reader needs a checkpoint that they kept, or the fold of the bodies.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from mutation_world import Attempt, World, directory, flipped, some, stranger

from modicum_verify import base64c
from modicum_verify.cosignature import Cosigner
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import leaf_bytes
from modicum_verify.merkle import leaf_hash
from modicum_verify.note import Signer
from modicum_verify.tiles import encode_bundle, encode_tile

Mutation = Callable[[World, random.Random], Attempt]

COURT, CA1, CA2 = "court.example/w", "ca.example/w1", "ca.example/w2"
ANOTHER_HISTORY: Final = r"checkpoint: the first \d+ entries are not those that you have seen"


def bundle(world: World, leaves: list[bytes], says: str) -> Attempt:
    """The bundle of the log's size holds other leaves."""
    return Attempt(says=says, files={f"copy/log/{bundle_name(world)}": encode_bundle(leaves)})


def bundle_name(world: World) -> str:
    return f"tile/entries/000.p/{world.size}"


def later(world: World, index: int) -> str:
    """Places of entries from an index on: where a fold can first notice a change at that index."""
    return "log entry (?:" + "|".join(str(each) for each in range(index, world.size + 1)) + ")[:,]"


def entry_edited(world: World, rng: random.Random) -> Attempt:
    at = rng.randrange(world.size)
    leaves = list(world.leaves)
    leaves[at] = flipped(rng, leaves[at])
    match rng.randrange(3):
        case 0:
            return bundle(world, leaves, rf"^{bundle_name(world)}, entry {at}: ")
        case 1:  # together with its level-0 tile
            tile = {f"copy/log/tile/0/000.p/{world.size}": encode_tile([leaf_hash(each) for each in leaves])}
            attempt = bundle(world, leaves, r"^tile/entries and tile/0 \(changed together\), or checkpoint: ")
            return replace(attempt, files={**attempt.files, **tile})
        case _:  # and signed anew; the root of a log that was kept differs
            return Attempt(
                says=rf"{ANOTHER_HISTORY}|{later(world, at)}",
                files=world.relogged(leaves),
                seen=world.kept(CA1, COURT),
                witnesses=world.directory,
            )


def entry_deleted(world: World, rng: random.Random) -> Attempt:
    at = rng.randrange(world.size)
    leaves = [*world.leaves[:at], *world.leaves[at + 1 :]]
    if rng.randrange(2):
        return bundle(world, leaves, rf"^{bundle_name(world)}: holds {world.size - 1} entries and not {world.size}")
    says = rf"{later(world, at)}|entries, you have seen {world.size}: its tail was cut|log entry 0"
    return Attempt(says=says, files=world.relogged(leaves), seen=world.kept(COURT, CA2), witnesses=world.directory)


def entries_swapped(world: World, rng: random.Random) -> Attempt:
    low, high = sorted(rng.sample(range(world.size), 2))
    leaves = list(world.leaves)
    leaves[low], leaves[high] = leaves[high], leaves[low]
    if rng.randrange(2):
        return bundle(world, leaves, rf"^{bundle_name(world)}, entry {low}: ")
    return Attempt(
        says=rf"{later(world, low)}|{ANOTHER_HISTORY}",
        files=world.relogged(leaves),
        seen=world.kept(CA1, COURT),
        witnesses=world.directory,
    )


def entry_duplicated(world: World, rng: random.Random) -> Attempt:
    at = rng.randrange(world.size)
    leaves = [*world.leaves[: at + 1], world.leaves[at], *world.leaves[at + 1 :]]
    if rng.randrange(2):
        return bundle(world, leaves, rf"^{bundle_name(world)}: holds {world.size + 1} entries and not {world.size}")
    return Attempt(
        says=rf"{later(world, at + 1)}|{ANOTHER_HISTORY}",
        files=world.relogged(leaves),
        seen=world.kept(CA1, COURT),
        witnesses=world.directory,
    )


def entry_inserted(world: World, rng: random.Random) -> Attempt:
    at = rng.randrange(1, world.size)
    forged = replace(world.events[1], at=world.events[at - 1].at)  # a data set, which the gateway writes unsigned
    if rng.randrange(2):
        leaf = leaf_bytes(kind=forged.kind, at=forged.at, case=None, actor=forged.actor, body="0" * 64)
        leaves = [*world.leaves[:at], leaf, *world.leaves[at:]]
        return bundle(world, leaves, rf"^{bundle_name(world)}: holds {world.size + 1} entries and not {world.size}")
    return Attempt(
        says=rf"{later(world, at)}|{ANOTHER_HISTORY}",
        files=world.rewritten([*world.events[:at], forged, *world.events[at:]]),
        seen=world.kept(CA1, COURT),
        witnesses=world.directory,
    )


def entry_moved_between_logs(world: World, rng: random.Random) -> Attempt:
    note, others, key = stranger(some(rng, [world.origin, "other.example/log"]))
    at = rng.randrange(world.size)
    leaves = [*world.leaves[:at], some(rng, others), *world.leaves[at + 1 :]]
    match rng.randrange(3):
        case 0:
            return bundle(world, leaves, rf"^{bundle_name(world)}, entry {at}: ")
        case 1:
            return Attempt(says="^checkpoint: ", files={"copy/log/checkpoint": note})
        case _:
            return Attempt(says=r"^log\.vkey: ", files={"copy/log/log.vkey": key.encode() + b"\n"})


def tail_cut(world: World, rng: random.Random) -> Attempt:
    size = rng.randrange(1, world.size)
    left = world.relogged(world.leaves[:size])
    says = f"^checkpoint: the log shows {size} entries, you have seen {world.size}: its tail was cut"
    if rng.randrange(2):  # the log's own key signs less
        return Attempt(says=says, files=left, seen=world.kept(CA1, COURT), witnesses=world.directory)
    # the files alone: the checkpoint still says how many there were
    files = {name: data for name, data in left.items() if name != "copy/log/checkpoint"}
    return Attempt(says=rf"^{bundle_name(world)}: is missing", files=files)


def head_cut(world: World, rng: random.Random) -> Attempt:
    leaves = world.leaves[rng.randrange(1, world.size) :]
    if rng.randrange(2):
        return Attempt(says="^log entry 0: is not the genesis", files=world.relogged(leaves))
    return bundle(world, leaves, rf"^{bundle_name(world)}: holds {len(leaves)} entries and not {world.size}")


def tile_byte_flipped(world: World, rng: random.Random) -> Attempt:
    name = some(rng, sorted(each for each in world.files if each.startswith("copy/log/tile/0/")))
    data = world.files[name]
    at = rng.randrange(len(data))
    changed = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    return Attempt(says=rf"^{name.removeprefix('copy/log/')}, hash of entry {at // 32}: ", files={name: changed})


def partial_tile_widened(world: World, rng: random.Random) -> Attempt:
    kind = some(rng, ["0", "entries"])
    wider = rng.randrange(world.size + 1, 256)
    leaves = [*world.leaves, *(b"{}" for _ in range(wider - world.size))]
    data = encode_bundle(leaves) if kind == "entries" else encode_tile([leaf_hash(each) for each in leaves])
    if rng.randrange(2):
        beyond = f"tile/{kind}/000.p/{wider}"
        return Attempt(says=rf"^{beyond}: reaches beyond", files={f"copy/log/{beyond}": data})
    name = f"tile/{kind}/000.p/{world.size}"
    holds = f"holds {wider} entries" if kind == "entries" else "is not what"
    return Attempt(says=rf"^{name}(, hash of entry {world.size - 1})?: {holds}", files={f"copy/log/{name}": data})


def checkpoint_line(world: World, rng: random.Random, line: int, value: str, *, signed: str) -> Attempt:
    """One line of the checkpoint changed: by hand, or under a new signature of the log's own key."""
    lines = world.checkpoint().text().split("\n")
    lines[line] = value
    text = "\n".join(lines)
    if rng.randrange(2):
        _, _, signature = world.log("checkpoint").partition(b"\n\n")
        note = text.encode() + b"\n" + signature
        return Attempt(
            says="^checkpoint: signed note: a signature does not match the text", files={"copy/log/checkpoint": note}
        )
    return Attempt(says=signed, files={"copy/log/checkpoint": Signer(world.origin, world.key).sign(text)})


def checkpoint_size_raised(world: World, rng: random.Random) -> Attempt:
    size = world.size + rng.choice([1, 2, 100, 256, 10_000, 2**40, 2**63 - 1 - world.size])
    return checkpoint_line(world, rng, 1, str(size), signed="^tile/entries/000(.p/\\d+)?: is missing")


def checkpoint_size_lowered(world: World, rng: random.Random) -> Attempt:
    size = rng.randrange(world.size)
    signed = "^tile/entries and tile/0 \\(changed together\\), or checkpoint: |^tile/entries/000.p/\\d+: is missing"
    return checkpoint_line(world, rng, 1, str(size), signed=signed)


def root_replaced(world: World, rng: random.Random) -> Attempt:
    other = base64c.encode(rng.randbytes(32))
    return checkpoint_line(
        world, rng, 2, other, signed="^tile/entries and tile/0 \\(changed together\\), or checkpoint"
    )


def origin_replaced(world: World, rng: random.Random) -> Attempt:
    other = some(rng, ["other.example/log", world.origin + "x", world.origin[:-1]])
    return checkpoint_line(world, rng, 0, other, signed="^checkpoint: is of another log")


def signature_stripped(world: World, rng: random.Random) -> Attempt:
    text, _, signature = world.log("checkpoint").partition(b"\n\n")
    note = some(rng, [text + b"\n", text + b"\n\n", text + b"\n\n" + signature[: rng.randrange(1, len(signature) - 1)]])
    return Attempt(says="^checkpoint: ", files={"copy/log/checkpoint": note})


def signature_by_another_key(world: World, rng: random.Random) -> Attempt:
    text = world.checkpoint().text()
    note = Signer(world.origin, Ed25519PrivateKey.generate()).sign(text)
    if rng.randrange(2):
        return Attempt(says="^checkpoint: ", files={"copy/log/checkpoint": note})
    # under the id of the true key
    head, _, signature = note.decode().partition("\n\n")
    forged = base64c.decode(signature.split(" ")[2].strip())
    true = base64c.decode(world.log("checkpoint").decode().strip().split(" ")[-1])
    line = f"\u2014 {world.origin} {base64c.encode(true[:4] + forged[4:])}\n"
    return Attempt(
        says="^checkpoint: signed note: a signature does not match the text",
        files={"copy/log/checkpoint": f"{head}\n\n{line}".encode()},
    )


def cosignature_stripped(world: World, rng: random.Random) -> Attempt:
    names = some(rng, [(), (CA1,), (CA2,), (CA1, CA2), (COURT,)])
    found = len({each.split(".")[0] for each in names})
    return Attempt(
        says=f"^checkpoint: is cosigned by {found} of the 2 organisations",
        seen=world.kept(*names),
        witnesses=world.directory,
    )


def cosignature_duplicated(world: World, rng: random.Random) -> Attempt:
    """One witness twice, at two times, or under another witness's name; two witnesses of one organisation."""
    text = world.checkpoint().text()
    head = world.kept(CA1)
    court = world.cosigners[COURT].public
    again = world.cosigners[CA1].cosign(text, time=world.cosigned_at - rng.randrange(0, 9))
    blob = again.split(b" ")[2].strip()
    renamed = (
        f"\u2014 {COURT} ".encode() + base64c.encode(court.key_id + base64c.decode(blob.decode())[4:]).encode() + b"\n"
    )
    extra, says = some(
        rng,
        [
            (again, "^checkpoint: is cosigned by 1 of the 2"),
            (world.kept(CA2).rpartition(b"\n\n")[2].split(b"\n", 1)[1], "^checkpoint: is cosigned by 1 of the 2"),
            (renamed, f"^cosignature of {COURT}: does not match"),
            (again.replace(CA1.encode(), COURT.encode()), "^checkpoint: is cosigned by 1 of the 2"),
        ],
    )
    return Attempt(says=says, seen=head + extra, witnesses=world.directory)


def cosignature_moved(world: World, rng: random.Random) -> Attempt:
    size = rng.randrange(1, world.size)
    line = world.cosigners[COURT].cosign(world.checkpoint(size).text(), time=world.cosigned_at)
    return Attempt(
        says=f"^cosignature of {COURT}: does not match the checkpoint and its time",
        seen=world.kept(CA1) + line,
        witnesses=world.directory,
    )


def witness_directory_altered(world: World, rng: random.Random) -> Attempt:
    """A directory that came with the evidence is not read; a reader's own that was altered is refused, or not met."""
    mine = {name: Cosigner(name, Ed25519PrivateKey.generate()) for name in (CA1, COURT)}
    text = world.checkpoint().text()
    seen = world.kept() + b"".join(each.cosign(text, time=world.cosigned_at) for each in mine.values())
    brought = directory(mine, {CA1: "state-ca", COURT: "court"}).encode()
    match rng.randrange(4):
        case 0:
            said = "^checkpoint: is cosigned by 0 of the 2"
            return Attempt(says=said, files={"copy/witnesses.toml": brought}, seen=seen, witnesses=world.directory)
        case 1:
            return Attempt(says=r"^witnesses\.toml: is no file of a log", files={"copy/log/witnesses.toml": brought})
        case 2:  # a key under a name that is not its own: the id shows it
            key = some(rng, list(mine.values())).public.vkey().split("+", 2)[2]
            true = world.cosigners[COURT].public.vkey()
            swapped = world.directory.replace(true, "+".join([*true.split("+", 2)[:2], key]))
            said = "witness key: its id is not that of its name and key"
            return Attempt(says=said, seen=world.kept(CA1, COURT), witnesses=swapped, exit=2)
        case _:  # one key for two organisations
            twice = {
                "one.example/w": world.cosigners[CA1],
                "two.example/w": replace(world.cosigners[CA1], name="two.example/w"),
            }
            listed = directory(twice, {"one.example/w": "one", "two.example/w": "two"})
            return Attempt(says="names a witness, or a key, twice", seen=world.kept(CA1), witnesses=listed, exit=2)


LOG_CLASSES: Final[Mapping[str, Mutation]] = {
    "entry edited": entry_edited,
    "entry deleted": entry_deleted,
    "entries swapped": entries_swapped,
    "entry duplicated": entry_duplicated,
    "entry inserted": entry_inserted,
    "entry moved between logs": entry_moved_between_logs,
    "tail cut": tail_cut,
    "head cut": head_cut,
    "tile byte flipped": tile_byte_flipped,
    "partial tile widened": partial_tile_widened,
    "checkpoint size raised": checkpoint_size_raised,
    "checkpoint size lowered": checkpoint_size_lowered,
    "root replaced": root_replaced,
    "origin line replaced": origin_replaced,
    "signature stripped": signature_stripped,
    "signature replaced by another key's": signature_by_another_key,
    "cosignature stripped": cosignature_stripped,
    "cosignature duplicated to fake a quorum": cosignature_duplicated,
    "cosignature moved to another checkpoint": cosignature_moved,
    "witness directory altered": witness_directory_altered,
}
