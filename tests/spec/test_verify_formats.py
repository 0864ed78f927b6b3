"""The evidence formats, one example per promise: notes, checkpoints, tiles, proofs, envelopes, entries."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.ledger import create_ledger
from modicum.storage import Folder
from modicum_verify import base64c, dsse
from modicum_verify.checkpoint import Checkpoint, parse_checkpoint, read_text
from modicum_verify.ed25519 import public_bytes, read_public
from modicum_verify.entry import body_file, leaf_bytes
from modicum_verify.errors import EvidenceError
from modicum_verify.evidence import read_evidence
from modicum_verify.note import Signer, Verifier, open_note, vkey
from modicum_verify.proof import TlogProof, parse_proof, verify_proof
from modicum_verify.tiles import decode_bundle, encode_bundle, parse_tile_path, tile_path, tiles_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
NAME = "gateway.example/log"
VKEY = vkey(NAME, KEY.public_key())
TYPE = "application/vnd.in-toto+json"


def test_base64_has_one_spelling() -> None:
    assert base64c.decode("AAA=") == b"\x00\x00"
    for other in ("AAB=", "AAA", "AAA=\n", " AAA=", "AA-_", "\u00e9AA=", "AAA=AAA="):
        with pytest.raises(ValueError, match="base64"):
            base64c.decode(other)


def test_a_public_key_is_read_as_bytes_hex_or_itself() -> None:
    raw = public_bytes(KEY)
    for form in (raw, raw.hex(), KEY.public_key()):
        assert public_bytes(read_public(form)) == raw
    for other in (raw[1:], raw.hex().upper(), raw.hex() + "\n", ""):
        with pytest.raises(ValueError, match="key"):
            read_public(other)


def test_a_note_is_opened_by_its_key_alone() -> None:
    signed = Signer(NAME, KEY).sign("text\n\nmore text\n")
    assert open_note(signed, [Verifier.parse(VKEY)], strict=True).text == "text\n\nmore text\n"
    with pytest.raises(EvidenceError, match="not signed by a known key"):
        open_note(signed, [Verifier(NAME, OTHER.public_key())])
    with pytest.raises(EvidenceError, match="does not match"):
        open_note(signed.replace(b"more", b"less"), [Verifier.parse(VKEY)])


def test_unknown_signatures_are_ignored_unless_the_reader_is_strict() -> None:
    ours, theirs = (Signer(name, key).sign("t\n") for name, key in ((NAME, KEY), ("witness.example", OTHER)))
    both = ours + theirs.partition(b"\n\n")[2]
    known = [Verifier.parse(VKEY)]
    assert len(open_note(both, known).signatures) == 1
    with pytest.raises(EvidenceError, match="unknown key"):
        open_note(both, known, strict=True)
    everyone = [*known, Verifier("witness.example", OTHER.public_key())]
    assert [each.name for each in open_note(both, everyone, strict=True).signatures] == [NAME, "witness.example"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"t\n",
        b"t\n\n",
        b"t\n\n\n",
        b"t\n\n\xe2\x80\x94 n\n",
        b"t\n\n\xe2\x80\x94 n AAAAAA==",
        b"t\n\n\xe2\x80\x94 n+m AAAAAAAA\n",
        b"t\n\n\xe2\x80\x94  AAAAAAAA\n",
        b"t\n\n- n AAAAAAAA\n",
        b"t\r\n\n\xe2\x80\x94 n AAAAAAAA\n",
        b"\xff\n\n\xe2\x80\x94 n AAAAAAAA\n",
        b"t\n\n" + b"\xe2\x80\x94 n AAAAAAAA\n" * 101,
        b"t" * 1_000_001,
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError, match="signed note"):
        open_note(data, [Verifier.parse(VKEY)])


def test_a_signer_refuses_what_cannot_stand_in_a_note() -> None:
    for name, text in ((NAME, "no newline"), (NAME, "tab\there\n"), ("a b", "t\n"), ("a+b", "t\n"), ("", "t\n")):
        with pytest.raises(ValueError, match="note"):
            Signer(name, KEY).sign(text)


@pytest.mark.parametrize("change", [("+", "-"), ("log+", "Log+"), ("+A", "+B"), ("+", "+0"), (NAME, ""), (NAME, "a b")])
def test_a_verifier_key_has_one_spelling(change: tuple[str, str]) -> None:
    assert Verifier.parse(VKEY).name == NAME
    with pytest.raises(EvidenceError, match="verifier key"):
        Verifier.parse(VKEY.replace(*change))
    with pytest.raises(EvidenceError, match="verifier key"):
        Verifier.parse(VKEY + "\n")


def test_a_checkpoint_is_three_lines_in_a_note() -> None:
    checkpoint = Checkpoint(origin=NAME, size=5, root=bytes(32))
    note = Signer(NAME, KEY).sign(checkpoint.text())
    assert checkpoint.text() == f"{NAME}\n5\n{'A' * 43}=\n"
    assert parse_checkpoint(note, Verifier.parse(VKEY)) == checkpoint


def test_a_checkpoint_of_another_log_or_with_more_lines_is_refused() -> None:
    elsewhere = Checkpoint(origin="elsewhere.example", size=5, root=bytes(32))
    with pytest.raises(EvidenceError, match="another log"):
        parse_checkpoint(Signer(NAME, KEY).sign(elsewhere.text()), Verifier.parse(VKEY))
    more = Checkpoint(origin=NAME, size=5, root=bytes(32), extensions=("more",))
    signed = Signer(NAME, KEY).sign(more.text())
    assert parse_checkpoint(signed, Verifier.parse(VKEY), strict=False) == more
    with pytest.raises(EvidenceError, match="does not know"):
        parse_checkpoint(signed, Verifier.parse(VKEY))


@pytest.mark.parametrize("size", ["", "-1", "05", "+5", "5 ", "5.0", "\u0665", "9" * 19, "1" + "0" * 400, "1_0"])
def test_a_size_is_a_plain_number(size: str) -> None:
    with pytest.raises(EvidenceError, match="checkpoint"):
        read_text(f"{NAME}\n{size}\n{'A' * 43}=\n")


@pytest.mark.parametrize("top", ["", "AAAA", "A" * 43, "A" * 42 + "B="])
def test_a_root_is_32_bytes(top: str) -> None:
    with pytest.raises(EvidenceError, match="checkpoint"):
        read_text(f"{NAME}\n5\n{top}\n")


def test_tiles_are_named_as_in_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 273, 112) == "tile/entries/273.p/112"
    assert list(tiles_of(70_000))[-2:] == [(272, 256), (273, 112)]
    for level, index, width in ((0, 0, 256), (63, 999_999, 1), ("entries", 1000, 255), (7, 10**12, 256)):
        name = tile_path(level, index, width)  # type: ignore[arg-type]
        tile = parse_tile_path(name)
        assert tile is not None
        assert (tile.level, tile.index, tile.width) == (level, index, width)
    for other in (
        "tile/64/000",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/-1/000",
        "tile/0/000/",
    ):
        assert parse_tile_path(other) is None
    for width in (0, 257):
        with pytest.raises(ValueError, match="no such tile"):
            tile_path(0, 0, width)


def test_a_bundle_holds_entries_after_their_lengths() -> None:
    entries = [b"", b"a", b"x" * 65535]
    assert decode_bundle(encode_bundle(entries)) == entries
    assert encode_bundle([b"ab"]) == b"\x00\x02ab"
    for data in (b"\x00", b"\x00\x02a", b"\x00\x01ab"):
        with pytest.raises(ValueError, match="ends within"):
            decode_bundle(data)
    with pytest.raises(ValueError, match="at most 65535"):
        encode_bundle([b"x" * 65536])


@pytest.fixture
def proof(tmp_path: Path) -> bytes:
    ledger = create_ledger(Folder(tmp_path), origin=NAME, key=KEY)
    ledger.append([b"entry %d" % index for index in range(6)])
    return ledger.prove(4)


def test_a_proof_leads_from_one_entry_to_the_signed_root(proof: bytes) -> None:
    assert proof.startswith(b"c2sp.org/tlog-proof@v1\nindex 4\n")
    assert verify_proof(proof, b"entry 4", VKEY).size == 6
    assert parse_proof(proof).format() == proof
    for leaf, key in ((b"entry 5", VKEY), (b"entry 4", vkey(NAME, OTHER.public_key()))):
        with pytest.raises(EvidenceError):
            verify_proof(proof, leaf, key)


def test_each_changed_byte_of_a_proof_is_noticed(proof: bytes) -> None:
    for at in range(len(proof)):
        for bit in (1, 32):
            with pytest.raises(EvidenceError):
                verify_proof(proof[:at] + bytes([proof[at] ^ bit]) + proof[at + 1 :], b"entry 4", VKEY)
        with pytest.raises(EvidenceError):
            verify_proof(proof[:at] + proof[at + 1 :], b"entry 4", VKEY)
    with pytest.raises(EvidenceError):
        verify_proof(proof + b"\n", b"entry 4", VKEY)


def test_extra_data_is_read_but_not_believed(proof: bytes) -> None:
    found = parse_proof(proof)
    extended = TlogProof(index=4, hashes=found.hashes, checkpoint_note=found.checkpoint_note, extra=b"x").format()
    assert parse_proof(extended).extra == b"x"
    assert verify_proof(extended, b"entry 4", VKEY, strict=False).size == 6
    with pytest.raises(EvidenceError, match="nothing signs"):
        verify_proof(extended, b"entry 4", VKEY)


def test_an_envelope_gives_its_payload_for_its_key_and_type() -> None:
    envelope = dsse.sign(b'{"a":1}', TYPE, KEY)
    assert dsse.verify(envelope, public_bytes(KEY).hex(), TYPE) == b'{"a":1}'
    for key, kind in ((OTHER.public_key(), TYPE), (KEY.public_key(), "text/plain"), ("zz", TYPE)):
        with pytest.raises(EvidenceError):
            dsse.verify(envelope, key, kind)


def test_an_envelope_signs_the_pre_authentication_encoding_of_the_specification() -> None:
    # DSSE v1.0, protocol.md: PAE("http://example.com/HelloWorld", "hello world")
    encoded = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    envelope = dsse.sign(b"hello world", "http://example.com/HelloWorld", KEY)
    assert b64encode(KEY.sign(encoded)) in envelope
    assert sha256(public_bytes(KEY)).hexdigest().encode() in envelope


def test_each_changed_byte_of_an_envelope_is_noticed() -> None:
    envelope = dsse.sign(b'{"a":1}', TYPE, KEY)
    for at in range(len(envelope)):
        for changed in (
            envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :],
            envelope[:at] + envelope[at + 1 :],
        ):
            with pytest.raises(EvidenceError):
                dsse.verify(changed, KEY.public_key(), TYPE)
    for other in (
        b"[]",
        b"{}",
        b'{"signatures":[]}',
        b'{"payload":1,"payloadType":1,"signatures":[{"keyid":1,"sig":1}]}',
    ):
        with pytest.raises(EvidenceError):
            dsse.verify(other, KEY.public_key(), TYPE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = Folder(tmp_path)
    ledger = create_ledger(folder, origin=NAME, key=KEY)
    for number in range(3):
        commitment, body = body_file({"number": number}, salt=bytes([number]) * 32)
        folder.write_new(f"bodies/{commitment}.json", body)
        leaf = leaf_bytes(kind="filed", at="2026-11-23T09:30:00Z", case="C-1", actor="gateway", body=commitment)
        ledger.append([leaf])
    return tmp_path


def test_evidence_is_leaves_with_the_bodies_that_were_disclosed(home: Path) -> None:
    log, bodies = home / "log", home / "bodies"
    assert [entry.content for entry in read_evidence(log, bodies, VKEY)] == [{"number": number} for number in range(3)]
    assert [entry.content for entry in read_evidence(log, None, VKEY)] == [None] * 3
    (bodies / f"{read_evidence(log, None, VKEY)[1].body}.json").unlink()
    with pytest.raises(EvidenceError, match=r"log entry 1, body .* is missing"):
        read_evidence(log, bodies, VKEY)
    assert [entry.content for entry in read_evidence(log, bodies, VKEY, missing_ok=True)][1] is None


def test_each_changed_byte_of_a_body_is_noticed(home: Path) -> None:
    log, bodies = home / "log", home / "bodies"
    entry = read_evidence(log, bodies, VKEY)[2]
    path = bodies / f"{entry.body}.json"
    body = path.read_bytes()
    for at in range(len(body)):
        path.write_bytes(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
        with pytest.raises(EvidenceError, match="log entry 2, body"):
            read_evidence(log, bodies, VKEY, missing_ok=True)


def test_a_commitment_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    ledger = create_ledger(Folder(tmp_path), origin=NAME, key=KEY)
    ledger.append(
        [leaf_bytes(kind="filed", at="2026-11-23T09:30:00Z", case=None, actor="gateway", body="../../etc/passwd")]
    )
    with pytest.raises(EvidenceError, match="not a SHA-256 digest"):
        read_evidence(tmp_path / "log", tmp_path / "bodies", VKEY, missing_ok=True)
