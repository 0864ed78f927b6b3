"""Witnesses: cosignatures, the decisions of `add-checkpoint`, the race of the specification, real HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modicum.ledger import Ledger, create_ledger
from modicum.ledger.cosigning import TIMEOUT_S, WitnessAddress, ask_all, cosigned
from modicum.ledger.serving import log_answers, server, witness_answers
from modicum.ledger.witness import Cosigned, Witness
from modicum.model.errors import InvalidInputError
from modicum.storage import Folder, MemoryFolder
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.cosignature import Cosigner, WitnessKey, cosignatures
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.errors import EvidenceError
from modicum_verify.merkle import EMPTY_ROOT
from modicum_verify.note import Signer, Verifier, split_note
from modicum_verify.witnessing import AddCheckpoint, Refused, WitnessPolicy, parse_request

NOW = 1_800_000_000
ORIGIN = "example.org/log"


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def ledger_of(entries: int, *, folder: object = None, salt: str = "") -> Ledger:
    ledger = create_ledger(folder or MemoryFolder(), origin=ORIGIN, key=key(1))
    if entries:
        ledger.append([f"{salt}{n}".encode() for n in range(entries)])
    return ledger


def witness(store: object = None, *, number: int = 7, name: str = "w.example/1", at: int = NOW) -> Witness:
    return Witness(
        store or MemoryFolder(),
        cosigner=Cosigner(name, key(number)),
        logs={ORIGIN: [Verifier(ORIGIN, key(1).public_key())]},
        clock=lambda: at,
    )


def request(ledger: Ledger, old_size: int = 0) -> AddCheckpoint:
    proof = ledger.prove_continuation(old_size)
    return AddCheckpoint(old_size=old_size, proof=tuple(proof), note=ledger.checkpoint_note)


def test_the_line_of_the_specification_reads_as_key_id_and_time() -> None:
    """The example of C2SP tlog-cosignature: time 1679315147, key id 8d66cf3f."""
    line = (
        "witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xU"
        "e+mbIUBkBIfZ+qnA=="
    )
    _, (found,) = split_note(
        f"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— {line}\n".encode()
    )
    assert (found.name, found.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(found.data[:8], "big") == 1679315147
    assert len(found.data) == 8 + 64


def test_a_cosignature_binds_text_time_and_key() -> None:
    note, cosigner = ledger_of(3).checkpoint_note, Cosigner("w.example/1", key(7))
    text = split_note(note)[0]
    whole = note + cosigner.cosign(text, time=NOW)
    (found,) = cosignatures(whole, [cosigner.public], not_after=NOW)
    assert (found.name, found.time) == ("w.example/1", NOW)
    with pytest.raises(EvidenceError, match="not come yet"):
        cosignatures(whole, [cosigner.public], not_after=NOW - 1)
    assert cosignatures(whole, [WitnessKey("w.example/1", key(8).public_key())], not_after=NOW) == ()
    moved = ledger_of(4).checkpoint_note + cosigner.cosign(text, time=NOW)
    with pytest.raises(EvidenceError, match="does not match"):
        cosignatures(moved, [cosigner.public], not_after=NOW)


def test_any_changed_byte_of_a_cosignature_is_seen() -> None:
    note, cosigner = ledger_of(2).checkpoint_note, Cosigner("w.example/1", key(7))
    line = split_note(note + cosigner.cosign(split_note(note)[0], time=NOW))[1][1]
    for place in range(len(line.data)):
        data = bytearray(line.data)
        data[place] ^= 1
        changed = note + type(line)(name=line.name, key_id=line.key_id, data=bytes(data)).format()
        with pytest.raises(EvidenceError):
            cosignatures(changed, [cosigner.public], not_after=2**62)


def test_a_witness_key_reads_back_and_is_no_log_key() -> None:
    public = Cosigner("w.example/1", key(7)).public
    assert WitnessKey.parse(public.vkey()) == public
    for spoilt in (public.vkey()[:-4] + "AAA=", "w.example/1", public.vkey().replace("w.example", "v.example")):
        with pytest.raises(EvidenceError):
            WitnessKey.parse(spoilt)
    with pytest.raises(EvidenceError, match="0x04"):
        WitnessKey.parse(ledger_of(0).vkey)


def test_a_witness_cosigns_what_continues_and_remembers_it() -> None:
    store, ledger = MemoryFolder(), ledger_of(3)
    assert isinstance(witness(store).add_checkpoint(request(ledger)), Cosigned)
    ledger.append([b"more"] * 300)
    again = witness(store)  # another process, the same state
    refused = again.add_checkpoint(request(ledger))
    assert refused == Refused(409, "the witness saw another size last", size=3)
    assert isinstance(again.add_checkpoint(request(ledger, 3)), Cosigned)
    assert isinstance(again.add_checkpoint(request(ledger, 303)), Cosigned)  # the same once more
    note = again.latest(__import__("hashlib").sha256(ORIGIN.encode()).hexdigest())
    assert note is not None
    assert cosignatures(note, [Cosigner("w.example/1", key(7)).public], not_after=NOW)


def spoilt(ledger: Ledger) -> Iterator[tuple[str, AddCheckpoint, int]]:
    good = request(ledger, 3)
    text = Checkpoint(origin=ORIGIN, size=5, root=b"x" * 32).text()
    other = Signer("example.org/other", key(1)).sign(
        Checkpoint(origin="example.org/other", size=1, root=b"x" * 32).text()
    )
    yield "unknown log", AddCheckpoint(old_size=0, proof=(), note=other), 404
    yield "no known signature", AddCheckpoint(old_size=3, proof=(), note=Signer("a", key(2)).sign(text)), 403
    forged = ledger.checkpoint_note.replace(b"\n5\n", b"\n6\n")
    yield "a signature that fails", AddCheckpoint(old_size=3, proof=good.proof, note=forged), 403
    yield "old size too large", AddCheckpoint(old_size=6, proof=(), note=ledger.checkpoint_note), 400
    yield "another old size", request(ledger, 2), 409
    yield "a proof too short", AddCheckpoint(old_size=3, proof=good.proof[:-1], note=good.note), 422
    yield "a proof too long", AddCheckpoint(old_size=3, proof=(*good.proof, b"x" * 32), note=good.note), 422
    yield "another root", AddCheckpoint(old_size=3, proof=good.proof, note=Signer(ORIGIN, key(1)).sign(text)), 422
    same = Checkpoint(origin=ORIGIN, size=3, root=b"x" * 32).text()
    yield "two roots for one size", AddCheckpoint(old_size=3, proof=(), note=Signer(ORIGIN, key(1)).sign(same)), 422


def test_each_refusal_of_the_specification() -> None:
    ledger, store = ledger_of(3), MemoryFolder()
    watching = witness(store)
    assert isinstance(watching.add_checkpoint(request(ledger)), Cosigned)
    ledger.append([b"4", b"5"])
    for what, each, status in spoilt(ledger):
        found = watching.add_checkpoint(each)
        assert isinstance(found, Refused), what
        assert found.status == status, what
    assert isinstance(watching.add_checkpoint(request(ledger, 3)), Cosigned)  # nothing above moved it


def test_what_an_empty_log_must_be() -> None:
    empty = Signer(ORIGIN, key(1)).sign(Checkpoint(origin=ORIGIN, size=0, root=b"x" * 32).text())
    refused = witness().add_checkpoint(AddCheckpoint(old_size=0, proof=(), note=empty))
    assert isinstance(refused, Refused)
    assert refused.status == 422
    right = Signer(ORIGIN, key(1)).sign(Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT).text())
    assert isinstance(witness().add_checkpoint(AddCheckpoint(old_size=0, proof=(), note=right)), Cosigned)
    from_nothing = AddCheckpoint(old_size=0, proof=(b"x" * 32,), note=ledger_of(2).checkpoint_note)
    refused = witness().add_checkpoint(from_nothing)
    assert isinstance(refused, Refused)
    assert refused.status == 422


@pytest.mark.parametrize(
    "body", [b"", b"old 1", b"old 01\n\nx", b"old 1\n!\n\nx", b"new 1\n\nx", b"old 1\nAA==\n\nx", b"old 1\n\n"]
)
def test_a_malformed_request_is_refused(body: bytes) -> None:
    reply = witness_answers(witness())("POST", "/add-checkpoint", body)
    assert reply.status == 400
    assert b"x" * 32 not in reply.body


def test_more_than_63_hashes_are_refused() -> None:
    body = AddCheckpoint(old_size=1, proof=(b"x" * 32,) * 64, note=ledger_of(2).checkpoint_note).format()
    with pytest.raises(EvidenceError, match="at most 63"):
        parse_request(body)


class Racing(MemoryFolder):
    """A store on which a second request runs to its end between the first one's check and its write."""

    def __init__(self) -> None:
        super().__init__()
        self.between: list = []

    def replace(self, path: str, data: bytes) -> None:
        while self.between:
            self.between.pop()()
        super().replace(path, data)


def test_the_race_of_the_specification_rolls_nothing_back() -> None:
    """Request A (size N) is checked, request B (size N+K) is stored, A is stored: with the lock, B waits for A."""
    store = Racing()
    small, large = ledger_of(4), ledger_of(4)
    large.append([b"x"] * 5)
    watching = witness(store)
    done: list[object] = []

    def second() -> None:
        thread = threading.Thread(target=lambda: done.append(watching.add_checkpoint(request(large))))
        thread.start()
        thread.join(0.2)  # it waits for the lock that the first holds

    store.between.append(second)
    first = watching.add_checkpoint(request(small))
    for _ in range(100):
        if done:
            break
        time.sleep(0.02)
    assert isinstance(first, Cosigned)
    assert done == [Refused(409, "the witness saw another size last", size=4)]


def test_a_witness_without_its_lock_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same race, and no lock."""
    store = Racing()
    small, large = ledger_of(4), ledger_of(4)
    large.append([b"x"] * 5)
    monkeypatch.setattr(store, "lock", lambda *_, **__: __import__("contextlib").nullcontext())
    watching = witness(store)
    store.between.append(lambda: watching.add_checkpoint(request(large)))
    watching.add_checkpoint(request(small))
    assert watching.add_checkpoint(request(large)) == Refused(409, "the witness saw another size last", size=4)


@pytest.mark.parametrize("seed", range(20))
def test_racing_requests_never_lower_the_size(seed: int, tmp_path: Path) -> None:
    ledger = ledger_of(1)
    requests = []
    for _ in range(6):
        requests += [request(ledger, old) for old in range(ledger.size)]
        ledger.append([str(seed).encode()] * (1 + seed % 3))
    watching, sizes, stop = witness(Folder(tmp_path)), [], threading.Event()

    def look() -> None:
        while not stop.is_set():
            note = watching.latest(__import__("hashlib").sha256(ORIGIN.encode()).hexdigest())
            sizes.append(0 if note is None else int(note.split(b"\n")[1]))

    looking = threading.Thread(target=look)
    looking.start()
    threads = [threading.Thread(target=watching.add_checkpoint, args=(each,)) for each in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    looking.join()
    assert sizes == sorted(sizes)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[WitnessAddress]]:
    """Two witnesses of two organisations, on real sockets."""
    servers, addresses = [], []
    for number in (7, 8):
        store = Folder(tmp_path / str(number))
        found = server(
            witness_answers(witness(store, number=number, name=f"w.example/{number}")), host="127.0.0.1", port=0
        )
        threading.Thread(target=found.serve_forever, daemon=True).start()
        servers.append(found)
        address = f"http://127.0.0.1:{found.server_address[1]}"
        addresses.append(WitnessAddress(address, WitnessKey(f"w.example/{number}", key(number).public_key())))
    yield addresses
    for each in servers:
        each.shutdown()
        each.server_close()


def test_two_witnesses_cosign_over_http_and_the_policy_counts_organisations(running: list[WitnessAddress]) -> None:
    ledger = ledger_of(300)
    for _ in range(3):
        ledger.append([b"x"] * 7)
        asked = ask_all(ledger, running, now=NOW)
        assert [each.why for each in asked] == ["cosigned", "cosigned"]
    whole = cosigned(ledger.checkpoint_note, asked)
    found = cosignatures(whole, [each.key for each in running], not_after=NOW)
    names = [each.name for each in found]
    assert names == ["w.example/7", "w.example/8"]
    two = WitnessPolicy(organisations=2, witnesses={"w.example/7": "a", "w.example/8": "b"})
    one = WitnessPolicy(organisations=2, witnesses={"w.example/7": "a", "w.example/8": "a"})
    assert two.met_by(names)
    assert not one.met_by(names)
    assert not two.met_by(["w.example/7", "w.example/9"])


@pytest.mark.parametrize("cut", [1, 9, 100])
def test_a_log_that_was_cut_and_signed_again_gets_no_cosignature(running: list[WitnessAddress], cut: int) -> None:
    whole = ledger_of(300)
    ask_all(whole, running, now=NOW)
    shorter = ledger_of(300 - cut)  # by whoever holds the log's key
    assert {each.line for each in ask_all(shorter, running, now=NOW)} == {None}
    assert all("cut, or forked" in each.why for each in ask_all(shorter, running, now=NOW))
    shorter.append([b"other"] * (cut + 5))  # and grown again, another way
    assert {each.why for each in ask_all(shorter, running, now=NOW)} == {"refuses with 422"}


def test_a_witness_that_hangs_drips_lies_or_is_gone_is_an_answer_in_time(running: list[WitnessAddress]) -> None:
    hanging, dripping = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = dripping.accept()
        with connection:
            try:
                while True:
                    connection.sendall(b"H")
                    time.sleep(0.3)
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    public = WitnessKey("w.example/9", key(9).public_key())
    lying = WitnessAddress(running[0].url, public)
    others = [
        WitnessAddress(f"http://127.0.0.1:{each}", public)
        for each in (hanging.getsockname()[1], dripping.getsockname()[1], port)
    ]
    began = time.monotonic()
    asked = ask_all(ledger_of(5), [*others, lying, running[1]], now=NOW)
    assert time.monotonic() - began < TIMEOUT_S + 2
    assert [each.line is not None for each in asked] == [False, False, False, False, True]
    assert asked[3].why == "gave no cosignature by its key"
    hanging.close()
    dripping.close()


def test_a_witness_whose_state_was_edited_cosigns_nothing(tmp_path: Path) -> None:
    store, ledger = Folder(tmp_path), ledger_of(9)
    watching = witness(store)
    watching.add_checkpoint(request(ledger))
    (path,) = store.list("seen")
    store.replace(path, store.read(path).replace(b"\n9\n", b"\n1\n"))
    assert witness_answers(watching)("POST", "/add-checkpoint", request(ledger, 1).format()).status != 200
    with pytest.raises(EvidenceError):
        watching.add_checkpoint(request(ledger, 1))


def test_a_log_is_served_as_it_lies_and_nothing_else(tmp_path: Path) -> None:
    ledger_of(300, folder=Folder(tmp_path))
    (tmp_path / "log" / "secret").write_text("s")
    answer = log_answers(tmp_path / "log")
    assert answer("GET", "/checkpoint", b"").cache == "no-store"
    tile = answer("GET", "/tile/0/000", b"")
    assert (tile.status, len(tile.body)) == (200, 256 * 32)
    assert "immutable" in tile.cache
    for path in ("/secret", "/../keys/log.key", "//etc/passwd", "/tile/0/999", "/tile/entries/000/..", "/"):
        assert answer("GET", path, b"").status == 404, path
    assert answer("POST", "/checkpoint", b"").status == 405


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "file:///etc/passwd", "http://x/?q=1", "http://x:0", "http://x:99999"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        WitnessAddress(url, WitnessKey("w", key(9).public_key()))


def test_a_witness_outlives_a_clock_that_is_set_back() -> None:
    store, folder = MemoryFolder(), MemoryFolder()
    ledger = ledger_of(2, folder=folder)
    assert isinstance(witness(store, at=NOW + 86_400).add_checkpoint(request(ledger)), Cosigned)
    ledger.append([b"more"])
    assert isinstance(witness(store, at=NOW).add_checkpoint(request(ledger, 2)), Cosigned)
    other = witness(store, number=8, at=NOW)
    with pytest.raises(EvidenceError, match="not what this witness cosigned"):
        other.add_checkpoint(request(ledger, 3))
