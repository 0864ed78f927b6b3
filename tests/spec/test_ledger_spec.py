"""What the ledger promises to its callers, on disk and in memory."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.ledger import Ledger, LedgerRolledBackError, create_ledger, open_ledger
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, LogUnavailableError, NotFoundError
from modicum.storage import Folder, MemoryFolder
from modicum_verify.logdir import read_log
from modicum_verify.proof import verify_proof

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "gateway.example/log"


def entries(low: int, high: int) -> list[bytes]:
    return [b'{"entry":%d}' % index for index in range(low, high)]


@pytest.fixture(params=[Folder, MemoryFolder])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return create_ledger(MemoryFolder() if request.param is MemoryFolder else Folder(tmp_path), origin=ORIGIN, key=KEY)


def test_an_empty_ledger_has_a_signed_checkpoint_and_checks(ledger: Ledger) -> None:
    assert ledger.size == 0
    assert ledger.checkpoint_note.startswith(
        b"gateway.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
    )
    assert ledger.fsck().leaves == ledger.leaves() == []


@pytest.mark.parametrize("batches", [(1, 1, 1), (255, 1, 1), (256, 1), (300, 300, 1), (1, 700), (257,)])
def test_what_was_appended_is_there_in_order_with_a_proof(ledger: Ledger, batches: tuple[int, ...]) -> None:
    done = 0
    for count in batches:
        receipt = ledger.append(entries(done, done + count))
        assert (receipt.first_index, receipt.size) == (done, done + count)
        assert receipt.checkpoint_note == ledger.checkpoint_note
        done += count
        assert ledger.fsck().leaves == entries(0, done)
    assert ledger.leaves() == entries(0, done)
    for index in {0, done // 2, done - 1}:
        assert ledger.leaf(index) == entries(index, index + 1)[0]
        assert verify_proof(ledger.prove(index), ledger.leaf(index), ledger.vkey).size == done


def test_partial_tiles_stay_until_the_full_one_is_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    ledger = create_ledger(folder, origin=ORIGIN, key=KEY)
    for low, high in ((0, 3), (3, 255)):
        ledger.append(entries(low, high))
    assert folder.list("log/tile/0") == ["log/tile/0/000.p/255", "log/tile/0/000.p/3"]
    ledger.append(entries(255, 256))
    assert folder.list("log/tile") == ["log/tile/0/000", "log/tile/1/000.p/1", "log/tile/entries/000"]


def test_another_process_appends_and_we_follow(tmp_path: Path) -> None:
    first = create_ledger(Folder(tmp_path), origin=ORIGIN, key=KEY)
    second = open_ledger(Folder(tmp_path), key=KEY, vkey=first.vkey)
    reader = open_ledger(Folder(tmp_path), key=None, vkey=first.vkey)
    for turn in range(6):
        (first, second)[turn % 2].append(entries(turn * 50, turn * 50 + 50))
    assert second.leaves() == entries(0, 300)
    assert reader.size == 0
    assert reader.refresh() == 300
    assert reader.leaves() == entries(0, 300)


def test_an_older_view_still_reads_after_its_partial_tiles_went(tmp_path: Path) -> None:
    writer = create_ledger(Folder(tmp_path), origin=ORIGIN, key=KEY)
    writer.append(entries(0, 200))
    reader = open_ledger(Folder(tmp_path), key=None, vkey=writer.vkey)
    writer.append(entries(200, 600))
    assert reader.leaves() == entries(0, 200)
    assert verify_proof(reader.prove(7), entries(7, 8)[0], writer.vkey).size == 200


def test_an_append_on_a_size_that_passed_is_a_conflict(ledger: Ledger) -> None:
    ledger.append(entries(0, 2), at_size=0)
    with pytest.raises(ConflictError, match="the log has 2 entries and no longer 0"):
        ledger.append(entries(2, 3), at_size=0)
    assert ledger.leaves() == entries(0, 2)


def test_wrong_input_is_refused_and_changes_nothing(ledger: Ledger) -> None:
    ledger.append([b"", b"x" * 65535])
    for wrong in ([], [b"x" * 65536]):
        with pytest.raises(InvalidInputError):
            ledger.append(wrong)
    for index in (-1, 2):
        with pytest.raises(NotFoundError):
            ledger.prove(index)
        with pytest.raises(NotFoundError):
            ledger.leaf(index)
    assert ledger.fsck().checkpoint.size == 2


def test_a_ledger_opened_without_its_key_writes_nothing(tmp_path: Path) -> None:
    made = create_ledger(Folder(tmp_path), origin=ORIGIN, key=KEY)
    shutil.rmtree(tmp_path / ".locks")
    reader = open_ledger(Folder(tmp_path), key=None, vkey=made.vkey)
    assert not (tmp_path / ".locks").exists()
    with pytest.raises(LogUnavailableError, match="without its key"):
        reader.append([b"x"])


def test_a_home_has_one_ledger_and_one_key(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(NotFoundError, match="modicum init"):
        open_ledger(folder, key=None, vkey=create_ledger(MemoryFolder(), origin=ORIGIN, key=KEY).vkey)
    made = create_ledger(folder, origin=ORIGIN, key=KEY)
    with pytest.raises(ConflictError):
        create_ledger(folder, origin=ORIGIN, key=KEY)
    other = Ed25519PrivateKey.generate()
    with pytest.raises(InvalidInputError):
        open_ledger(folder, key=other, vkey=made.vkey)
    with pytest.raises(EvidenceError, match=r"log\.vkey"):
        open_ledger(folder, key=None, vkey=create_ledger(MemoryFolder(), origin=ORIGIN, key=other).vkey)
    with pytest.raises(InvalidInputError):
        create_ledger(MemoryFolder(), origin="a b", key=KEY)


def copied(tmp_path: Path, what: str, to: str) -> None:
    shutil.rmtree(tmp_path / to, ignore_errors=True)
    shutil.copytree(tmp_path / what, tmp_path / to)


def test_a_log_that_was_cut_is_noticed_at_open_and_at_append(tmp_path: Path) -> None:
    home = Folder(tmp_path / "home")
    ledger = create_ledger(home, origin=ORIGIN, key=KEY)
    ledger.append(entries(0, 5))
    copied(tmp_path, "home/log", "old")
    ledger.append(entries(5, 9))
    copied(tmp_path, "old", "home/log")
    read_log(tmp_path / "home/log", ledger.vkey)  # The log alone cannot see its own tail being cut.
    with pytest.raises(LedgerRolledBackError, match="shows 5 entries; there were 9 already") as caught:
        open_ledger(home, key=KEY, vkey=ledger.vkey)
    assert caught.value.code == "ledger-rolled-back"
    with pytest.raises(LedgerRolledBackError):
        ledger.append(entries(9, 10))
    shutil.rmtree(tmp_path / "home/log")
    with pytest.raises(LedgerRolledBackError, match="is gone"):
        open_ledger(home, key=KEY, vkey=ledger.vkey)
    with pytest.raises(LedgerRolledBackError, match="is gone"):
        create_ledger(home, origin=ORIGIN, key=KEY)


@pytest.mark.parametrize("more", [3, 6])
def test_another_history_of_the_same_key_is_noticed(tmp_path: Path, more: int) -> None:
    home, other = Folder(tmp_path / "home"), Folder(tmp_path / "other")
    ledger = create_ledger(home, origin=ORIGIN, key=KEY)
    ledger.append(entries(0, 5))
    copied(tmp_path, "home", "other")
    ledger.append(entries(5, 8))
    open_ledger(other, key=KEY, vkey=ledger.vkey).append([b"not the same"] * more)
    copied(tmp_path, "other/log", "home/log")
    with pytest.raises(LedgerRolledBackError, match="its first 8 entries are not those that were there"):
        open_ledger(home, key=KEY, vkey=ledger.vkey)


@pytest.mark.parametrize("size", [0, 3, 200, 256, 300])
def test_a_copy_that_lags_is_mended_where_it_is_one_history(tmp_path: Path, size: int) -> None:
    home = Folder(tmp_path)
    ledger = create_ledger(home, origin=ORIGIN, key=KEY)
    if size:
        ledger.append(entries(0, size))
    old = home.read("state/checkpoint")
    ledger.append(entries(size, 600))
    home.replace("state/checkpoint", old)
    assert open_ledger(home, key=None, vkey=ledger.vkey).size == 600
    assert home.read("state/checkpoint") == old
    assert open_ledger(home, key=KEY, vkey=ledger.vkey).size == 600
    assert home.read("state/checkpoint") == ledger.checkpoint_note


def test_a_missing_or_false_copy_is_broken_evidence(tmp_path: Path) -> None:
    home = Folder(tmp_path)
    ledger = create_ledger(home, origin=ORIGIN, key=KEY)
    ledger.append(entries(0, 5))
    home.replace("state/checkpoint", b"x")
    with pytest.raises(EvidenceError, match="state/checkpoint"):
        open_ledger(home, key=KEY, vkey=ledger.vkey)
    home.remove("state/checkpoint")
    with pytest.raises(EvidenceError, match="state/checkpoint: is missing"):
        open_ledger(home, key=KEY, vkey=ledger.vkey)


def test_a_changed_right_edge_is_noticed_at_open_without_reading_the_rest(tmp_path: Path) -> None:
    home = Folder(tmp_path)
    ledger = create_ledger(home, origin=ORIGIN, key=KEY)
    ledger.append(entries(0, 300))
    for name in (
        "log/tile/0/001.p/44",
        "log/tile/1/000.p/1",
        "log/tile/entries/001.p/44",
        "log/checkpoint",
        "log/log.vkey",
    ):
        data = home.read(name)
        home.replace(name, data[:20] + bytes([data[20] ^ 1]) + data[21:])
        with pytest.raises(EvidenceError):
            open_ledger(home, key=KEY, vkey=ledger.vkey)
        home.replace(name, data)
    home.replace("log/tile/entries/000", b"")
    changed = open_ledger(home, key=KEY, vkey=ledger.vkey)
    with pytest.raises(EvidenceError):
        changed.leaf(5)
    with pytest.raises(EvidenceError):
        changed.leaves()
    with pytest.raises(EvidenceError, match="tile/entries/000"):
        changed.fsck()
