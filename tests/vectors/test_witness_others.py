"""Witnesses and logs of others: ours cosigns a log that Tessera wrote; one made of Go's checksum database cosigns ours."""

import contextlib
import http.client
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from go_programs import built, needs_go

from modicum.cli import run as run_modicum
from modicum.ledger import create_ledger
from modicum.ledger.cosigning import WitnessAddress, ask_all, cosigned
from modicum.ledger.ledger import Ledger
from modicum.ledger.serving import server, witness_answers
from modicum.ledger.witness import Witness
from modicum.storage import MemoryFolder
from modicum_verify.checkpoint import parse_checkpoint
from modicum_verify.cosignature import Cosigner, WitnessKey, cosignatures
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.merkle import consistency_proof, leaf_hash
from modicum_verify.note import Verifier
from modicum_verify.tiles import decode_bundle
from modicum_verify.witnessing import AddCheckpoint

TESSERA = Path(__file__).parents[1] / "data" / "transparency" / "tlog_8"
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
LOG, SEED = Ed25519PrivateKey.from_private_bytes(b"l" * 32), (b"w" * 32).hex()
NOW = 1_800_000_000


def tessera(size: int) -> bytes:
    return (TESSERA / f"checkpoint.{size}").read_bytes()


def request(size: int, *, since: int) -> AddCheckpoint:
    """What a log of Tessera's entries would ask; the proof is made from its own entries."""
    leaves = decode_bundle((TESSERA / "tile" / "entries" / "000.p" / str(size)).read_bytes())
    proof = consistency_proof([leaf_hash(each) for each in leaves], since) if since else []
    return AddCheckpoint(old_size=since, proof=tuple(proof), note=tessera(size))


@pytest.fixture
def ours() -> Iterator[tuple[str, Cosigner]]:
    """A witness of ours on a real socket that watches Tessera's log."""
    cosigner = Cosigner("witness.example/w", Ed25519PrivateKey.from_private_bytes(b"m" * 32))
    log = Verifier.parse(TESSERA_VKEY)
    witness = Witness(MemoryFolder(), cosigner=cosigner, logs={log.name: [log]}, clock=lambda: NOW)
    running = server(witness_answers(witness), host="127.0.0.1", port=0)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}", cosigner
    running.shutdown()
    running.server_close()


def post(url: str, body: bytes) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)) as connection:
        connection.request("POST", "/add-checkpoint", body=body)
        response = connection.getresponse()
        return response.status, response.read()


def test_our_witness_cosigns_the_log_that_tessera_wrote(ours: tuple[str, Cosigner]) -> None:
    url, cosigner = ours
    seen = 0
    for size in (1, 2, 4, 7, 8):
        status, line = post(url, request(size, since=seen).format())
        assert status == 200, line
        (found,) = cosignatures(tessera(size) + line, [cosigner.public], not_after=NOW)
        assert found.time == NOW
        parse_checkpoint(tessera(size) + line, Verifier.parse(TESSERA_VKEY), strict=False)
        seen = size
    assert post(url, request(5, since=4).format()) == (409, b"8\n")
    other = AddCheckpoint(old_size=8, proof=(), note=tessera(8).replace(b"\n8\n", b"\n9\n"))
    assert post(url, other.format())[0] == 403


@pytest.fixture(scope="session")
def gowitness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("gowitness", tmp_path_factory.mktemp("gowitness"))


@contextlib.contextmanager
def theirs(program: Path, log_vkey: str) -> Iterator[WitnessAddress]:
    running = subprocess.Popen(
        [program, "serve", "go.example/witness", SEED, log_vkey],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    port, vkey = running.stdout.readline().split()
    yield WitnessAddress(f"http://127.0.0.1:{port}", WitnessKey.parse(vkey))
    running.communicate()
    assert running.returncode == 0


class TestGo:
    pytestmark = needs_go

    def test_go_reads_our_cosignature_over_theirs(
        self, gowitness: Path, ours: tuple[str, Cosigner], tmp_path: Path
    ) -> None:
        url, cosigner = ours
        note = tmp_path / "note"
        note.write_bytes(tessera(7) + post(url, request(7, since=0).format())[1])
        check = [gowitness, "check", note, TESSERA_VKEY, cosigner.public.vkey()]
        said = subprocess.run(check, capture_output=True, text=True, check=False)
        assert (said.returncode, said.stdout) == (0, f"{NOW}\n"), said.stderr
        note.write_bytes(note.read_bytes().replace(b"\n7\n", b"\n6\n"))
        assert subprocess.run(check, capture_output=True, check=False).returncode == 1

    def test_their_witness_follows_our_log_and_refuses_one_that_was_cut(self, gowitness: Path) -> None:
        ledger = grown(300)
        with theirs(gowitness, ledger.vkey) as witness:
            for more in (1, 211, 300):
                ledger.append([b"more"] * more)
                (asked,) = ask_all(ledger, [witness], now=int(time.time()))
                assert asked.why == "cosigned"
                note = cosigned(ledger.checkpoint_note, [asked])
                assert cosignatures(note, [witness.key], not_after=int(time.time()) + 60)
            (asked,) = ask_all(grown(800), [witness], now=int(time.time()))
            assert "cut, or forked" in asked.why
            (asked,) = ask_all(grown(900), [witness], now=int(time.time()))
            assert asked.why == "refuses with 422"

    def test_a_home_is_cosigned_by_their_witness(self, gowitness: Path, tmp_path: Path) -> None:
        home, listed = tmp_path / "gate", tmp_path / "witnesses.toml"
        assert run_modicum(["init", "--evaluation", "--home", str(home)]) == 0
        with theirs(gowitness, (home / "log" / "log.vkey").read_text().strip()) as witness:
            listed.write_text(
                f'organisations = 1\n[[witness]]\norganisation = "go"\nurl = "{witness.url}"\nvkey = "{witness.key.vkey()}"\n'
            )
            asked = ["log", "checkpoint", "--witnesses", str(listed), "--home", str(home)]
            assert run_modicum(asked) == 0


def grown(entries: int) -> Ledger:
    ledger = create_ledger(MemoryFolder(), origin="gateway.example/log", key=LOG)
    ledger.append([b"entry %d" % index for index in range(entries)])
    return ledger
