"""Evidence whose values are odd and whose signatures are true: by a custodian who holds every key of the gateway.

Blind alterations stop at the first signature. These are made before signing, so they reach what reads the values: the
fold, the manifest, the entry in a proof, the account, the trust root. Each is answered or refused in the verifier's words.
"""

import json
import os
import random
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

import seal_maker
import test_replay
from docket_world import CASE, World, by
from seal_maker import rezip
from test_verify_fuzz import KEY, TRUST, released_content, told

from modicum.docket.commands import approve
from modicum_verify import dsse
from modicum_verify.account import verify_account
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.carried import proof_extra
from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry, body_file, leaf_bytes
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import Docket, fold
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.package import MANIFEST, PAYLOAD_TYPE, PROOF, verify_package_file
from modicum_verify.proof import TlogProof
from modicum_verify.trust import parse_trust
from modicum_verify.verdict import _package

TRIALS: Final = 5_000 if os.environ.get("MODICUM_PROVE") == "1" else 300
ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2, 10**6, 2**53 - 1, 2**63, 10**40, 1.5, float("inf"), float("nan")),
    *("", " ", "x", "\x00", "\ud800", "\u202e", "é" * 300, "9" * 100, "2026-02-31", "0000-00-00", "CA", "cms/counsel"),
    *([], {}, [[]], [{}], [None], [1, "a"], {"": ""}, {"a": {"b": []}}, ["x"] * 1_000),
)


def altered(rng: random.Random, value: Any) -> Any:
    """The value with one to three of its parts made odd, dropped, doubled or moved."""
    made = {"top": deepcopy(value)}
    for _ in range(rng.randrange(1, 4)):
        holder, key = rng.choice(list(_places(made)))
        match rng.randrange(6):
            case 0 if isinstance(holder, dict) and holder is not made:
                del holder[key]
            case 1 if isinstance(holder, dict) and holder is not made:
                holder[rng.choice(["more", "", "signature", "schema"])] = deepcopy(rng.choice(ODD))
            case 2 if isinstance(holder, list):
                holder.append(deepcopy(holder[key]))
            case 3:
                other, at = rng.choice(list(_places(made)))
                holder[key] = deepcopy(other[at])
            case _:
                holder[key] = deepcopy(rng.choice(ODD))
    return made["top"]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _places(value[key])


ELSEWHERE = {test_replay.Verb.AMEND, test_replay.Verb.RECALL, test_replay.Verb.SUCCEED}
"""Verbs that need another docket than the rest."""


@cache
def log() -> tuple[tuple[Entry, ...], tuple[Docket, ...]]:
    """Every kind of event, and the docket before each."""
    made = test_replay.decided()
    for verb in test_replay.Verb:
        if verb not in ELSEWHERE | {test_replay.Verb.FOUND, test_replay.Verb.WITHDRAW, test_replay.Verb.ATTEST}:
            made.do(test_replay.HONEST[verb](made))
    _agree(made, "2026-0002")
    made.release("2026-0002")
    made.do(test_replay.HONEST[test_replay.Verb.WITHDRAW](made))
    dockets = [Docket()]
    for entry in made.entries:
        dockets.append(fold([entry], dockets[-1]))
    return tuple(made.entries), tuple(dockets)


def _agree(made: World, case: str) -> None:
    for person in ("cms/privacy", "il-hfs/origin"):
        made.do(approve(made.docket, case, by=by(person), text="as asked"))


def answered(act: Any) -> bool:
    """Whether it was believed; refused in the verifier's words otherwise. Any other end is a fault of ours."""
    try:
        act()
    except EvidenceError as error:
        return not (error.place and error.cause)
    return True


def test_the_log_holds_what_it_should() -> None:
    entries, dockets = log()
    kinds = {entry.kind for entry in entries}
    assert {"genesis", "member", "rotated", "revoked", "filed", "decided", "approved", "rejected", "released"} <= kinds
    assert isinstance(dockets[-1].cases[CASE], CaseState)


def test_the_fold_answers_whatever_the_gateway_writes() -> None:
    rng = random.Random("fold")
    entries, dockets = log()
    believed = 0
    for _ in range(TRIALS):
        at = rng.randrange(len(entries))
        content = altered(rng, entries[at].content)
        entry = replace(entries[at], content=content)
        if rng.randrange(4) == 0:
            field = rng.choice(["kind", "at", "case", "actor"])
            entry = replace(
                entry, **{field: rng.choice(["", "x", "gateway", "founders", "approved", "2026-0001", "9" * 30])}
            )
        believed += answered(lambda entry=entry, at=at: fold([entry, *entries[at + 1 : at + 3]], dockets[at]))
    assert believed < TRIALS / 3


def test_a_package_answers_whatever_the_gateway_signs() -> None:
    rng = random.Random("package")
    made = seal_maker.make_small()
    with ZipFile(BytesIO(made.content)) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    key = made.custodian.manifest_key
    statement = parse_canonical(dsse.verify(parts[MANIFEST], key.public_key(), PAYLOAD_TYPE))
    content = made.prepared.released_content(accounting_sha256="5" * 64)
    for _ in range(TRIALS):
        forged = {"statement": statement, "content": content}
        forged = altered(rng, forged)
        try:
            manifest = dsse.sign(canonical(forged["statement"]), PAYLOAD_TYPE, key)
            said = forged["content"]
            if isinstance(said, dict) and "manifest_sha256" in said:
                said["manifest_sha256"] = seal_maker.measure(MANIFEST, manifest).sha256
            proof = seal_maker.prove(made.custodian, said)
        except (ValueError, KeyError, TypeError):
            continue  # nothing that could be written
        data = rezip(list((parts | {MANIFEST: manifest, PROOF: proof}).items()))
        for trust in (made.custodian.trust, None):
            answered(
                lambda data=data, trust=trust: _package(verify_package_file(BytesIO(data), place="x", trust=trust))
            )


def carried(body: bytes, commitment: str, *, case: Any = "2026-0001", kind: Any = "released") -> bytes:
    leaf = leaf_bytes(kind=kind, at=seal_maker.AT, case=case, actor="gateway", body=commitment)
    tree = [leaf_hash(b"a"), leaf_hash(leaf)]
    note = seal_maker.Signer(TRUST.origin, KEY).sign(
        seal_maker.Checkpoint(origin=TRUST.origin, size=2, root=root(tree)).text()
    )
    extra = proof_extra(leaf=leaf, body=body)
    return TlogProof(index=1, hashes=(tree[0],), checkpoint_note=note, extra=extra).format()


def test_an_account_answers_whatever_its_entries_say() -> None:
    rng = random.Random("account")
    believed = 0
    for trial in range(TRIALS):
        content = released_content() if trial % 20 == 0 else altered(rng, released_content())
        try:
            commitment, body = body_file(content, salt=b"s" * 32)
            proof = carried(body, commitment, case=rng.choice(["2026-0001", "2026-0001", None, 7]))
        except ValueError:
            continue
        line = {"release": "2026-0001-1", "at": seal_maker.AT, "recipient": "rivera, cms", "purpose": "audit"}
        more = {"columns": ["a.b"], "authority": "none", "form": "identified", "entry": 1, "proof": proof.decode()}
        document = {"schema": "modicum.account/1", "person": "A-1", "releases": [line | more]}
        if trial % 3 == 2:
            document = altered(rng, document)
        data = json.dumps(document).encode()
        believed += answered(lambda data=data: verify_account(data, trust=TRUST))
    assert 0 < believed < TRIALS / 3


def test_a_receipt_answers_whatever_its_entry_says() -> None:
    rng, entries = random.Random("receipt"), log()[0]
    believed = 0
    for trial in range(TRIALS):
        entry = rng.choice(entries)
        content = entry.content if trial % 20 == 0 else altered(rng, entry.content)
        try:
            commitment, body = body_file(content, salt=b"s" * 32)
            odd = trial % 3 == 2
            case, kind = (
                (rng.choice([None, 7, entry.case, "\n"]), rng.choice(["x", entry.kind, None]))
                if odd
                else (
                    entry.case,
                    entry.kind,
                )
            )
            data = carried(body, commitment, case=case, kind=kind)
        except ValueError:
            continue
        believed += answered(lambda data=data: told(data))
    assert 0 < believed < TRIALS / 3


def test_a_trust_root_answers_whatever_stands_in_it() -> None:
    rng = random.Random("trust")
    for _ in range(TRIALS):
        data = json.dumps(altered(rng, TRUST.as_document())).encode()
        answered(lambda data=data: parse_trust(data))


def test_control_a_fault_would_be_seen() -> None:
    with pytest.raises(KeyError):
        answered(lambda: {}["x"])
