"""Our log, read by the packages of the Go checksum database."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.ledger import Ledger, create_ledger
from modicum.storage import Folder
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import read_log
from modicum_verify.merkle import leaf_hash
from modicum_verify.note import Signer
from modicum_verify.tiles import decode_bundle, encode_bundle

GO = shutil.which("go")
GOPATH = Path("/usr/share/gocode")
SIZES = (1, 3, 256, 700)

pytestmark = [
    pytest.mark.skipif(GO is None, reason="Go (golang-go) is not installed"),
    pytest.mark.skipif(
        not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="golang.org/x/mod (golang-golang-x-mod-dev) is not installed",
    ),
]


@pytest.fixture(scope="session")
def gotlog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gotlog")
    # Offline: no modules, only the sources that the system's package brought.
    own = {
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOPROXY": "off",
    }
    source = Path(__file__).parent / "gotlog" / "main.go"
    made = subprocess.run(
        [str(GO), "build", "-o", str(folder / "gotlog"), str(source)],
        env={**os.environ, **own},
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr.decode()
    return folder / "gotlog"


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
