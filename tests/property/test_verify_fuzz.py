"""Whatever bytes a parser of evidence is given, it answers or refuses in its own words, at once.

Each starts from true evidence and alters it: bits, cuts, pieces doubled, moved or taken from elsewhere, words that mean
something in these formats. Hundreds of inputs a parser by default, 20,000 with MODICUM_PROVE=1. The samples are checked
to be read as they are, so that a parser that refuses everything would be noticed.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

import seal_maker
from hostile_proofs import KEY, ORIGIN, VKEY, hashes, honest, signed

from modicum_verify import base64c, dsse, sshsig
from modicum_verify.account import verify_account
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.carried import proof_extra, read_carried
from modicum_verify.checkpoint import parse_checkpoint, read_text
from modicum_verify.cosignature import Cosigner, WitnessKey, cosignatures
from modicum_verify.ed25519 import Ed25519PrivateKey, public_bytes
from modicum_verify.entry import body_file, leaf_bytes, read_entry
from modicum_verify.errors import EvidenceError, InvalidInputError, ModicumError
from modicum_verify.events import check_content
from modicum_verify.merkle import consistency_proof, leaf_hash, root
from modicum_verify.note import Verifier, open_note
from modicum_verify.package import PAYLOAD_TYPE, verify_package_file
from modicum_verify.proof import TlogProof, parse_proof, verify_proof
from modicum_verify.proved import verify_entry_proof
from modicum_verify.tiles import decode_bundle, decode_tile, encode_bundle, encode_tile, parse_tile_path
from modicum_verify.trust import Trust, parse_trust
from modicum_verify.witness_file import Directory, read_directory
from modicum_verify.witness_set import NamedWitness, WitnessSet
from modicum_verify.witnessing import AddCheckpoint, Refused, Seen, judge, parse_request
from modicum_verify.zipform import walk

INPUTS: Final = 20_000 if os.environ.get("MODICUM_PROVE") == "1" else 1_000
SECONDS: Final = 1.0
WITNESS: Final = Cosigner("witness.example/w", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
VERIFIER: Final = Verifier.parse(VKEY)
TRUST: Final = Trust(origin=ORIGIN, log_vkey=VKEY, genesis_sha256="0" * 64, manifest_key=public_bytes(KEY).hex())
NAMESPACE: Final = "modicum-approve@v1"
KEY_LINE: Final = sshsig.public_key_line(KEY)
NOTE: Final = signed(9, root(hashes(9)))
COSIGNED: Final = NOTE + WITNESS.cosign(NOTE.decode().partition("\n\n")[0] + "\n", time=1_700_000_000)
TOKENS: Final = (
    *(
        b"\n",
        b"\n\n",
        b"\xe2\x80\x94 ",
        b"+",
        b"=",
        b"\x00",
        b"\xff\xff\xff\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\r\n",
    ),
    *(
        b"null",
        b"true",
        b"-1",
        b"1e999",
        b"9" * 400,
        b"NaN",
        b"[" * 80,
        b'{"a":' * 80,
        b'"\\ud800"',
        b"18446744073709551616",
    ),
    *(b"extra ", b"index ", b"old ", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"../../etc", b"AAAA", b"A" * 5_000),
)


def _judged(data: bytes) -> None:
    keys = [VERIFIER]
    said = judge(parse_request(data), Seen(size=4, root=root(hashes(4))), keys)
    if isinstance(said, Refused):
        raise EvidenceError(place="witness", cause=said.why)


def _directory(data: bytes) -> None:
    path = Path(f"/dev/shm/modicum-fuzz-{os.getpid()}")
    path = path if path.parent.is_dir() else Path(f"fuzz-{os.getpid()}")
    try:
        path.write_bytes(data)
        read_directory(path)
    finally:
        path.unlink(missing_ok=True)


def _content(data: bytes) -> None:
    check_content("released", json.loads(data))


def _tile_path(data: bytes) -> None:
    if parse_tile_path(data.decode("utf-8")) is None:
        raise ValueError("no tile")


@cache
def carried() -> bytes:
    commitment, body = body_file(released_content(), salt=b"s" * 32)
    leaf = leaf_bytes(kind="released", at=seal_maker.AT, case="2026-0001", actor="gateway", body=commitment)
    tree = [leaf_hash(each) for each in (b"a", leaf, b"c")]
    return TlogProof(
        index=1,
        hashes=(tree[0], tree[2]),
        checkpoint_note=signed(3, root(tree)),
        extra=proof_extra(leaf=leaf, body=body),
    ).format()


def released_content() -> dict[str, object]:
    digest = "5" * 64
    return {
        "round": 1,
        "decision_sha256": digest,
        "form": "identified",
        "manifest_sha256": digest,
        "data": [{"name": "data/a.parquet.age", "sha256": digest, "size_bytes": 3}],
        "key_age_sha256": digest,
        "accounting_sha256": digest,
        "recipients": [{"organisation": "cms", "person": "rivera", "age_key": "age1x"}],
        "rows": 3,
        "objections": [],
        "witnesses": "unwitnessed",
    }


def account() -> bytes:
    line = {"release": "2026-0001-1", "at": seal_maker.AT, "recipient": "rivera, cms", "purpose": "audit"}
    more = {"columns": ["a.b"], "authority": "none", "form": "identified", "entry": 1, "proof": carried().decode()}
    return json.dumps({"schema": "modicum.account/1", "person": "A-1", "releases": [line | more]}).encode()


def trusted(made: seal_maker.Made) -> Callable[[bytes], object]:
    return lambda data: verify_package_file(BytesIO(data), place="x", trust=made.custodian.trust)


def receipt(note: bytes | None = None) -> bytes:
    """A proof in a file of its own, with its entry; note: under this checkpoint."""
    made = parse_proof(carried())
    return made.format() if note is None else replace(made, checkpoint_note=note).format()


def cosigned_receipt(*, time: int) -> bytes:
    note = parse_proof(carried()).checkpoint_note
    return receipt(note + WITNESS.cosign(note.decode().partition("\n\n")[0] + "\n", time=time))


def bare_receipt() -> bytes:
    made = parse_proof(carried())
    leaf = parse_canonical(made.extra or b"")["leaf"].encode()
    return replace(made, extra=proof_extra(leaf=leaf, body=None)).format()


def told(data: bytes, *, trust: Trust = TRUST, directory: Directory | None = None) -> None:
    """Check a proof as a file, and put the verdict into words."""
    found = verify_entry_proof(data, trust=trust, directory=directory, now=1_800_000_000)
    json.dumps([found.as_fields(), found.lines, found.notes])


def request() -> bytes:
    tree = hashes(9)
    return AddCheckpoint(old_size=4, proof=tuple(consistency_proof(tree, 4)), note=NOTE).format()


def witnesses() -> bytes:
    table = f'[[witness]]\norganisation = "court"\nurl = "http://127.0.0.1:1"\nvkey = "{WITNESS.public.vkey()}"\n'
    return f"organisations = 1\n{table}".encode()


NAMED: Final = WitnessSet(organisations=1, witnesses=(NamedWitness("court", WITNESS.public.vkey()),))
MINE: Final = Directory(keys=NAMED.keys, urls=("http://127.0.0.1:1",), policy=NAMED.policy)
MADE: Final = seal_maker.make_small()
LEAF: Final = leaf_bytes(kind="dataset", at=seal_maker.AT, case=None, actor="gateway", body="0" * 64)
BODY: Final = body_file({"text": "a"}, salt=b"s" * 32)[1]
PROOF: Final = bytes.fromhex(next(honest(1))["proof"])
PROVED: Final = bytes.fromhex(next(honest(1))["leaf"])
PARSERS: Final[dict[str, tuple[bytes, Callable[[bytes], object]]]] = {
    "note": (NOTE, lambda data: open_note(data, [VERIFIER])),
    "checkpoint": (NOTE, lambda data: parse_checkpoint(data, VERIFIER)),
    "checkpoint text": (NOTE.partition(b"\n\n")[0] + b"\n", lambda data: read_text(data.decode("utf-8"))),
    "verifier key": (VKEY.encode(), lambda data: Verifier.parse(data.decode("utf-8"))),
    "witness key": (WITNESS.public.vkey().encode(), lambda data: WitnessKey.parse(data.decode("utf-8"))),
    "cosignatures": (COSIGNED, lambda data: cosignatures(data, [WITNESS.public], not_after=1_800_000_000)),
    "proof": (PROOF, lambda data: verify_proof(data, PROVED, VKEY)),
    "carried proof": (carried(), lambda data: read_carried(data, trust=TRUST, place="proof")),
    "receipt": (receipt(), told),
    "receipt without a body": (bare_receipt(), told),
    "receipt with the reader's witnesses": (
        cosigned_receipt(time=1_799_000_000),
        lambda data: told(data, directory=MINE),
    ),
    "receipt with the log's witnesses": (
        cosigned_receipt(time=1_799_000_000),
        lambda data: told(data, trust=replace(TRUST, witnesses=NAMED)),
    ),
    "add-checkpoint request": (request(), _judged),
    "container": (
        MADE.content,
        lambda data: walk(BytesIO(data), size_bytes=len(data), keep=lambda _: True, place="container"),
    ),
    "package": (MADE.content, trusted(MADE)),
    "package without trust": (MADE.content, lambda data: verify_package_file(BytesIO(data), place="x", trust=None)),
    "envelope": (
        dsse.sign(b'{"a":1}', PAYLOAD_TYPE, KEY),
        lambda data: dsse.verify(data, KEY.public_key(), PAYLOAD_TYPE),
    ),
    "leaf": (LEAF, lambda data: read_entry(0, data, None)),
    "body": (BODY, lambda data: read_entry(0, LEAF.replace(b"0" * 64, body_name(data)), data)),
    "event contents": (json.dumps(released_content()).encode(), _content),
    "trust file": (canonical(TRUST.as_document()), parse_trust),
    "canonical JSON": (LEAF, parse_canonical),
    "base64": (b"AAECAwQFBgc=", lambda data: base64c.decode(data.decode("utf-8"))),
    "bundle": (encode_bundle([LEAF, b"", b"x"]), decode_bundle),
    "tile": (encode_tile(hashes(3)), decode_tile),
    "tile path": (b"tile/0/x001/067.p/12", _tile_path),
    "person's signature": (
        sshsig.sign(KEY, NAMESPACE, b"m").encode(),
        lambda data: sshsig.verify(data.decode("utf-8"), KEY_LINE, NAMESPACE, b"m"),
    ),
    "public key line": (KEY_LINE.encode(), lambda data: sshsig.read_public_key_line(data.decode("utf-8"))),
    "account": (account(), lambda data: verify_account(data, trust=TRUST)),
    "directory of witnesses": (witnesses(), _directory),
}
DOCUMENTED: Final = (EvidenceError, InvalidInputError, sshsig.UnreadableKeyError, ValueError)
"""ValueError: where a function says so (base64, canonical JSON, tiles), and where bytes are no text."""


def body_name(data: bytes) -> bytes:
    return sha256(data).hexdigest().encode()


def altered(rng: random.Random, sample: bytes) -> Iterator[bytes]:
    """The sample after one to four alterations, over and over."""
    others = [each for each, _ in PARSERS.values()]
    while True:
        data = bytearray(sample)
        for _ in range(rng.randrange(1, 5)):
            at, to = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
            match rng.randrange(8):
                case 0 if data:
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
                case 1:
                    del data[at:to]
                case 2:
                    data[at:at] = data[at : min(to, at + 4_096)]
                case 3:
                    data[at:at] = rng.choice(TOKENS)
                case 4:
                    data[at:to] = rng.choice(TOKENS)
                case 5:
                    other = rng.choice(others)
                    start = rng.randrange(len(other))
                    data[at:at] = other[start : start + rng.randrange(1, 200)]
                case 6:
                    data[at:] = rng.randbytes(rng.randrange(40))
                case _:
                    del data[at:]
        yield bytes(data)


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_reads_its_sample(name: str) -> None:
    sample, parse = PARSERS[name]
    parse(sample)


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_answers_or_refuses_in_its_own_words_at_once(name: str) -> None:
    sample, parse = PARSERS[name]
    inputs = altered(random.Random(name), sample)
    refused = wordless = 0
    for _ in range(INPUTS):
        data = next(inputs)
        before = time.process_time()
        try:
            parse(data)
        except DOCUMENTED as error:
            refused += 1
            wordless += isinstance(error, ModicumError) and not (error.cause and error.cure)
        assert time.process_time() - before < SECONDS, data[:400]
    assert wordless == 0
    assert refused > INPUTS / 3, "alterations that alter nothing prove nothing"
