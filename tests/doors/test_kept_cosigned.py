"""What witnesses cosigned is shown with their word wherever it covers an entry, and `unwitnessed` is said of the rest."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli_world import CASE, World, command
from rotation_world import rewrite
from witnessed_world import Witnessed, faults, make_witnessed

from modicum.gateway.home import Home
from modicum.ledger import create_ledger
from modicum.storage import MemoryFolder
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.errors import EvidenceError
from modicum_verify.proof import parse_proof, verify_proof

BOTH = {"inspector", "court"}


@pytest.fixture(scope="module")
def released_home(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    """A home with witnesses that cosigned the release of its case; they are gone now."""
    population = template.folder / "population"
    world = make_witnessed(tmp_path_factory.mktemp("cosigned"), population=population)
    with world.honest():
        world.ok("release", CASE, "--out", world.folder / "answer.modicum")
    return world


@pytest.fixture
def home(released_home: Witnessed, tmp_path: Path) -> Witnessed:
    return released_home.copy_to(tmp_path)


def released(world: World) -> int:
    return next(each.index for each in Home.open(world.home).journal.entries() if each.kind == "released")


def by(document: dict) -> set[str]:  # type: ignore[type-arg]
    assert not faults(document)
    assert document["witnesses"] == ("cosigned" if document["cosigned_by"] else "unwitnessed")
    return {each["organisation"] for each in document["cosigned_by"]}


def test_a_proof_carries_the_witnesses_where_they_saw_its_entry(home: Witnessed) -> None:
    entry, last = released(home), Home.open(home.home).ledger.size - 1
    seen = home.json("log", "prove", str(entry))
    assert by(seen) == BOTH
    leaf, vkey = Home.open(home.home).ledger.leaf(entry), Home.open(home.home).ledger.vkey
    assert verify_proof(seen["proof"].encode(), leaf, vkey, strict=False).size == entry + 1
    assert by(home.json("log", "prove", str(last))) == set()
    home.ok("log", "prove", str(entry), "--body", "--out", home.folder / "receipt")
    assert by(command("verify", home.folder / "receipt", "--trust", home.trust, "--json").document) == BOTH
    said = home.run("log", "prove", str(entry))
    assert len(re.findall(r"cosigned by (?:inspector|court) \(.+\) at 20\d\d-", said.err)) == 2


def test_the_checkpoint_says_who_cosigned_it_once_they_did(home: Witnessed) -> None:
    assert by(home.json("log", "checkpoint")) == set()
    entry, size = released(home), Home.open(home.home).ledger.size
    said = home.run("log", "checkpoint")
    assert f"covers {entry + 1} of {size} entries" in said.err
    with home.honest():
        home.ok("log", "checkpoint", "--witnesses", home.home / "witnesses.toml")
    latest = home.json("log", "checkpoint")
    assert by(latest) == BOTH
    assert latest["note"].count("\n— ") == 3
    for each in (0, entry, size - 1):
        assert by(home.json("log", "prove", str(each))) == BOTH
    home.ok("docket", "object", CASE, "--text", "Ours.", "--as", "cms/counsel")
    assert by(home.json("log", "checkpoint")) == set()
    assert by(home.json("log", "prove", str(size - 1))) == BOTH


def account(world: Witnessed) -> Path:
    table = pq.read_table(world.folder / "population" / "eligibility.parquet", columns=["MSIS_IDENT_NUM"])
    for person in table.column(0).to_pylist()[:400]:
        ran = world.run("account", person, "--json")
        assert ran.exit == 0, ran
        if ran.document["releases"]:
            path = world.folder / "account.json"
            path.write_text(ran.out)
            return path
    raise AssertionError("nobody was in it")


@pytest.fixture(scope="module")
def accounted(released_home: Witnessed, template: World) -> Witnessed:
    target = released_home.folder / "population"
    if not target.exists():
        target.symlink_to(template.folder / "population")
    account(released_home)
    return released_home


def test_an_account_shows_the_witnesses_and_they_are_checked(accounted: Witnessed, tmp_path: Path) -> None:
    path = accounted.folder / "account.json"
    verdict = command("verify", path, "--trust", accounted.trust, "--json").document
    assert not faults(verdict)
    assert verdict["witnesses"] == "cosigned"
    (release,) = verdict["releases"]
    assert {each["organisation"] for each in release["cosigned_by"]} == BOTH
    person = json.loads(path.read_text())["person"]
    assert "Seen and signed by outsiders (cosigned): " in accounted.ok("account", person).out
    forged = json.loads(path.read_text())
    proof = forged["releases"][0]["proof"]
    for changed in (proof.rpartition("— ")[0], proof + proof[proof.rindex("— ") :], proof[:-9] + "AAAAAAA=\n"):
        forged["releases"][0]["proof"] = changed
        (tmp_path / "forged.json").write_text(json.dumps(forged))
        assert command("verify", tmp_path / "forged.json", "--trust", accounted.trust).exit == 5
    bare = parse_proof(proof.encode())
    forged["releases"][0]["proof"] = (
        proof[: proof.index("— ")] + bare.checkpoint_note.decode().partition("\n\n")[2].split("\n")[0] + "\n"
    )
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    verdict = command("verify", tmp_path / "forged.json", "--trust", accounted.trust, "--json").document
    assert verdict["witnesses"] == "unwitnessed"  # the log's own word alone, and it is said


@pytest.mark.parametrize("change", ["gone", "cut", "a witness less", "another log"])
def test_a_kept_checkpoint_that_does_not_check_counts_for_nothing(home: Witnessed, change: str) -> None:
    path = home.home / "state" / "cosigned"
    text = path.read_text()
    match change:
        case "gone":
            path.unlink()
        case "cut":
            path.write_text(text[:-20])
        case "a witness less":
            path.write_text(text.rpartition("— ")[0])
        case _:
            path.write_text(text.replace(Home.open(home.home).origin, "other.example/log"))
    assert by(home.json("log", "prove", str(released(home)))) == set()
    with home.honest():
        home.ok("log", "checkpoint", "--witnesses", home.home / "witnesses.toml")
    assert by(home.json("log", "prove", str(released(home)))) == BOTH


def test_a_log_that_is_not_what_its_witnesses_saw_is_refused(home: Witnessed) -> None:
    """Somebody with the log's key cuts the release out of it and signs again."""
    leaves = Home.open(home.home).ledger.leaves()
    rewrite(home.home, leaves[: released(home)])
    ran = home.run("log", "checkpoint")
    assert (ran.exit, "state/cosigned" in ran.err) == (5, True)


def test_a_proof_under_an_earlier_checkpoint_at_every_size() -> None:
    ledger = create_ledger(
        MemoryFolder(), origin="example.org/log", key=Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    )
    notes = {}
    for size in (1, 2, 7, 255, 256, 257, 600):
        ledger.append([b"entry %d" % index for index in range(ledger.size, size)])
        notes[size] = ledger.checkpoint_note
    for size, note in notes.items():
        for index in {0, size // 2, size - 1}:
            proof = ledger.prove(index, under=note)
            assert verify_proof(proof, b"entry %d" % index, ledger.vkey).size == size
            with pytest.raises(EvidenceError):
                verify_proof(proof, b"entry X", ledger.vkey)
        assert ledger.root_at(size).hex() in parse_hex(note)
    other = create_ledger(MemoryFolder(), origin="example.org/log", key=Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    other.append([b"other"] * 7)
    with pytest.raises(EvidenceError):
        ledger.prove(3, under=other.checkpoint_note)


def parse_hex(note: bytes) -> str:
    from base64 import b64decode

    return b64decode(note.split(b"\n")[2]).hex()
