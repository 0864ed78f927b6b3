"""A byte changed anywhere in a log directory is noticed, and its file is named."""

import os
import random
from pathlib import Path
from typing import BinaryIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.ledger import Ledger, create_ledger
from modicum.storage import Folder
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import Tree, check_file, read_log
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.note import Signer
from modicum_verify.tiles import decode_bundle, encode_bundle

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "gateway.example/log"


class UnsyncedFolder(Folder):
    """A real folder that does not wait for the disk: what is written here is only read."""

    def _sync_file(self, file: BinaryIO) -> None:
        file.flush()

    def _sync_folder(self, directory: Path) -> None:
        os.scandir(directory).close()


def filled(home: Path, batches: list[int]) -> Ledger:
    ledger = create_ledger(UnsyncedFolder(home), origin=ORIGIN, key=KEY)
    for batch in batches:
        ledger.append([b'{"n":%d,"pad":"%s"}' % (ledger.size + each, b"x" * (each % 7)) for each in range(batch)])
    return ledger


def files_of(log: Path) -> dict[str, bytes]:
    return {path.relative_to(log).as_posix(): path.read_bytes() for path in log.rglob("*") if path.is_file()}


def assert_noticed(log: Path, vkey: str, name: str, data: bytes) -> EvidenceError:
    path = log / name
    kept = path.read_bytes()
    path.write_bytes(data)
    try:
        with pytest.raises(EvidenceError) as caught:
            read_log(log, vkey)
    finally:
        path.write_bytes(kept)
    assert caught.value.place.startswith(name), (name, caught.value.place)
    return caught.value


def test_each_byte_of_a_small_log(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [1, 2, 2]), tmp_path / "log"
    files = files_of(log)
    assert len(files) == 8  # checkpoint, key, and three sizes of bundle and tile
    chance = random.Random(1)
    for name, data in files.items():
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
            assert_noticed(log, ledger.vkey, name, changed)
    assert read_log(log, ledger.vkey).checkpoint.size == 5


def test_each_byte_removed_and_one_added_in_a_small_log(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [1, 2]), tmp_path / "log"
    for name, data in files_of(log).items():
        for at in range(len(data)):
            assert_noticed(log, ledger.vkey, name, data[:at] + data[at + 1 :])
        for more in (b"\n", b"\x00", data):
            assert_noticed(log, ledger.vkey, name, data + more)
        assert_noticed(log, ledger.vkey, name, b"")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Path]:
    home = tmp_path_factory.mktemp("large")
    return filled(home, [700, 5, 1, 100, 1, 1, 1200, 3, 900, 60, 29]), home / "log"


def test_random_bytes_of_a_large_log_by_full_checks(large: tuple[Ledger, Path]) -> None:
    ledger, log = large
    files, chance = files_of(log), random.Random(2)
    assert ledger.size == 3000
    for name in [*files, *chance.choices(list(files), k=200)]:
        data = files[name]
        at = chance.randrange(len(data))
        assert_noticed(
            log, ledger.vkey, name, data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        )


def test_thousands_of_random_bytes_of_a_large_log_by_the_check_of_one_file(large: tuple[Ledger, Path]) -> None:
    ledger, log = large
    files, chance = files_of(log), random.Random(3)
    tree = Tree(ledger.leaves())  # What `read_log` compares each file with, once the entries gave the root.
    del files["checkpoint"], files["log.vkey"]
    names = list(files)
    for name in chance.choices(names, weights=[len(files[name]) for name in names], k=5000):
        data = files[name]
        at = chance.randrange(len(data))
        changed = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        with pytest.raises(EvidenceError) as caught:
            check_file(name, changed, tree.expected(name))
        assert caught.value.place.startswith(f"{name}, ")
    for name, data in files.items():
        check_file(name, data, tree.expected(name))


@pytest.mark.parametrize("entry", [0, 4])
def test_the_changed_entry_is_named(tmp_path: Path, entry: int) -> None:
    ledger, log = filled(tmp_path, [5]), tmp_path / "log"
    entries = decode_bundle((log / "tile/entries/000.p/5").read_bytes())
    entries[entry] = entries[entry].replace(b"n", b"m")
    error = assert_noticed(log, ledger.vkey, "tile/entries/000.p/5", encode_bundle(entries))
    assert error.place == f"tile/entries/000.p/5, entry {entry}"
    hashes = (log / "tile/0/000.p/5").read_bytes()
    changed = hashes[: entry * 32 + 9] + b"\x00" + hashes[entry * 32 + 10 :]
    assert assert_noticed(log, ledger.vkey, "tile/0/000.p/5", changed).place.endswith(f"hash of entry {entry}")


def test_an_entry_changed_together_with_all_its_tiles_is_noticed(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [300]), tmp_path / "log"
    leaves = ledger.leaves()
    leaves[7] = b"changed"
    tree = Tree(leaves)
    for name in tree.required():
        (log / name).write_bytes(tree.expected(name) or b"")
    with pytest.raises(EvidenceError, match="does not give the checkpoint's root"):
        read_log(log, ledger.vkey)
    checkpoint = Checkpoint(origin=ORIGIN, size=300, root=root([leaf_hash(leaf) for leaf in leaves]))
    (log / "checkpoint").write_bytes(Signer(ORIGIN, OTHER).sign(checkpoint.text()))
    with pytest.raises(EvidenceError, match=r"^checkpoint: "):
        read_log(log, ledger.vkey)


def test_each_missing_file_and_any_other_file_is_noticed(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [200, 100]), tmp_path / "log"
    spare = {"tile/entries/000.p/200", "tile/0/000.p/200"}
    for name in set(files_of(log)) - spare:
        (log / name).rename(tmp_path / "away")
        with pytest.raises(EvidenceError, match="is missing") as caught:
            read_log(log, ledger.vkey)
        assert caught.value.place == name
        (tmp_path / "away").rename(log / name)
    for name in (
        "notes.txt",
        "tile/0/000~",
        "tile/00/000",
        "tile/9/000",
        "tile/entries/000.p/256",
        ".hidden",
        "bad\x1bname",
    ):
        (log / name).parent.mkdir(parents=True, exist_ok=True)
        (log / name).write_bytes(b"")
        with pytest.raises(EvidenceError) as caught:
            read_log(log, ledger.vkey)
        assert caught.value.place in {name, ascii(name)}
        (log / name).unlink()
    for target in ("checkpoint", "tile"):
        (log / "link").symlink_to(log / target)
        with pytest.raises(EvidenceError, match=r"^link: "):
            read_log(log, ledger.vkey)
        (log / "link").unlink()
    (tmp_path / "copy").write_bytes((log / "checkpoint").read_bytes())
    (log / "checkpoint").unlink()
    (log / "checkpoint").symlink_to(tmp_path / "copy")
    with pytest.raises(EvidenceError, match="plain file"):
        read_log(log, ledger.vkey)


def test_a_signature_by_another_key_beside_the_log_s_is_noticed(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [3]), tmp_path / "log"
    note = ledger.checkpoint_note
    text = note.decode().partition("\n\n")[0] + "\n"
    cosigned = note + Signer("witness.example", OTHER).sign(text).partition(b"\n\n")[2]
    for changed in (cosigned, note + note.partition(b"\n\n")[2]):
        assert_noticed(log, ledger.vkey, "checkpoint", changed)


def test_a_checkpoint_of_an_absurd_size_fails_at_once(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [3]), tmp_path / "log"
    checkpoint = Checkpoint(origin=ORIGIN, size=2**62, root=bytes(32))
    (log / "checkpoint").write_bytes(Signer(ORIGIN, KEY).sign(checkpoint.text()))
    with pytest.raises(EvidenceError, match="tile/entries/000: is missing"):
        read_log(log, ledger.vkey)


def test_a_directory_that_is_none_is_noticed(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "home", [1])
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_log(tmp_path / "nowhere", ledger.vkey)


def test_the_quick_reading_still_checks_key_checkpoint_and_entries(tmp_path: Path) -> None:
    ledger, log = filled(tmp_path, [3]), tmp_path / "log"
    (log / "tile/0/000.p/3").write_bytes(b"")
    assert len(read_log(log, ledger.vkey, all_files=False).leaves) == 3
    bundle = (log / "tile/entries/000.p/3").read_bytes()
    (log / "tile/entries/000.p/3").write_bytes(bundle.replace(b"n", b"m", 1))
    with pytest.raises(EvidenceError):
        read_log(log, ledger.vkey, all_files=False)
