"""Our log, read by the packages of the Go checksum database."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from go_programs import built, needs_go

from modicum.cli import run as run_modicum
from modicum.ledger import Ledger, create_ledger
from modicum.storage import Folder
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import read_log
from modicum_verify.merkle import leaf_hash
from modicum_verify.note import Signer
from modicum_verify.tiles import decode_bundle, encode_bundle

SIZES = (1, 3, 256, 700)

pytestmark = needs_go


@pytest.fixture(scope="session")
def gotlog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("gotlog", tmp_path_factory.mktemp("gotlog"))


def run(gotlog: Path, ledger: Ledger, log: Path, *proofs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([gotlog, log, ledger.vkey, *proofs], capture_output=True, text=True, check=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return create_ledger(Folder(tmp_path), origin="gateway.example/log", key=Ed25519PrivateKey.generate())


def test_go_reads_our_log_and_proofs_at_several_sizes(gotlog: Path, ledger: Ledger, tmp_path: Path) -> None:
    for size in SIZES:
        ledger.append([b"entry %d" % index for index in range(ledger.size, size)])
        proofs = []
        for index in {0, size // 2, size - 1}:
            proofs.append(tmp_path / f"{index}.tlog-proof")
            proofs[-1].write_bytes(ledger.prove(index))
        said = run(gotlog, ledger, tmp_path / "log", *proofs)
        assert (said.returncode, said.stdout) == (0, f"{size}\n"), said.stderr


def test_go_and_we_refuse_an_entry_changed_together_with_its_tile(gotlog: Path, ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([b"entry %d" % index for index in range(300)])
    bundle, tile = tmp_path / "log/tile/entries/000", tmp_path / "log/tile/0/000"
    entries = decode_bundle(bundle.read_bytes())
    hashes = tile.read_bytes()
    entries[5] = b"entry X"
    bundle.write_bytes(encode_bundle(entries))
    tile.write_bytes(hashes[: 5 * 32] + leaf_hash(entries[5]) + hashes[6 * 32 :])
    said = run(gotlog, ledger, tmp_path / "log")
    assert said.returncode == 1
    assert "do not give the root" in said.stderr
    with pytest.raises(EvidenceError, match="does not give the checkpoint's root"):
        read_log(tmp_path / "log", ledger.vkey)


def test_go_refuses_a_checkpoint_by_another_key_and_a_proof_of_another_entry(
    gotlog: Path, ledger: Ledger, tmp_path: Path
) -> None:
    ledger.append([b"a", b"b", b"c"])
    proof = tmp_path / "proof"
    proof.write_bytes(ledger.prove(1).replace(b"index 1", b"index 0"))
    assert run(gotlog, ledger, tmp_path / "log", proof).returncode == 1
    text = ledger.checkpoint_note.decode().partition("\n\n")[0] + "\n"
    forged = Signer("gateway.example/log", Ed25519PrivateKey.generate()).sign(text)
    (tmp_path / "log/checkpoint").write_bytes(forged)
    assert run(gotlog, ledger, tmp_path / "log").returncode == 1


def test_go_reads_the_log_of_a_home_and_its_proofs(gotlog: Path, tmp_path: Path) -> None:
    home = tmp_path / "gate"
    assert run_modicum(["init", "--evaluation", "--home", str(home)]) == 0
    revoke = [
        "member",
        "revoke",
        "cms/steward",
        "--text",
        "left",
        "--as",
        "cms/counsel",
        "--as",
        "ca-dhcs/data-officer",
    ]
    assert run_modicum([*revoke, "--home", str(home)]) == 0
    proofs = [tmp_path / f"{entry}.tlog-proof" for entry in range(2)]
    for entry, proof in enumerate(proofs):
        assert run_modicum(["log", "prove", str(entry), "--out", str(proof), "--home", str(home)]) == 0
    vkey = (home / "log" / "log.vkey").read_text().strip()
    said = subprocess.run([gotlog, home / "log", vkey, *proofs], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "2\n"), said.stderr
