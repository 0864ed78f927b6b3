"""A package of a home with witnesses verifies under a trust root that names them, and is an error in every other case."""

import time
from dataclasses import dataclass, replace
from typing import Any

import pytest
from seal_maker import ORIGIN, Custodian, a_manifest, check, prove, seal, write

from modicum.seal.age import OneTimeIdentity
from modicum.seal.package import prepare
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.cosignature import Cosigner
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.errors import EvidenceError
from modicum_verify.note import Signer, split_note
from modicum_verify.package import MANIFEST, PROOF, PackageReport
from modicum_verify.proof import TlogProof, parse_proof
from modicum_verify.trust import Trust
from modicum_verify.witness_set import WitnessSet, parse_witness_set

NOW = int(time.time())
COSIGNERS = {
    name: Cosigner(f"{name}.example/w", Ed25519PrivateKey.generate()) for name in ("court", "inspector", "inspector-2")
}


def named(*names: str, organisations: int = 2) -> WitnessSet:
    witnesses = [
        {"organisation": name.removesuffix("-2"), "vkey": COSIGNERS[name].public.vkey()} for name in names or COSIGNERS
    ]
    return parse_witness_set({"organisations": organisations, "witnesses": witnesses}, place="test")


@dataclass(frozen=True)
class Sealed:
    """A release as logged, whose proof is still to be cosigned."""

    custodian: Custodian
    trust: Trust
    prepared: Any
    stage: Any
    proof: TlogProof

    @property
    def text(self) -> str:
        return split_note(self.proof.checkpoint_note)[0]

    def line(self, name: str, *, text: str | None = None, at: int = NOW) -> bytes:
        return COSIGNERS[name].cosign(text or self.text, time=at)

    def package(self, *lines: bytes, note: bytes | None = None) -> bytes:
        proof = replace(self.proof, checkpoint_note=(note or self.proof.checkpoint_note) + b"".join(lines))
        return write(self.prepared, self.stage, proof.format())[0]

    def verify(self, *lines: bytes, trust: Trust | None = None, note: bytes | None = None) -> PackageReport:
        return check(self.package(*lines, note=note), trust or self.trust)


def sealed(trust_names: WitnessSet | None, *, says: str = "cosigned") -> Sealed:
    custodian = Custodian.make()
    trust = replace(custodian.trust, witnesses=trust_names)
    identity = OneTimeIdentity.generate()
    files, stage = seal({"enrolment": b"e" * 300}, identity)
    manifest = a_manifest(signed_with=trust.as_document(), witnesses=says)
    prepared = prepare(manifest, files, identity=identity, signing_key=custodian.manifest_key)
    proof = parse_proof(prove(custodian, prepared.released_content(accounting_sha256="5" * 64)))
    return Sealed(custodian, trust, prepared, stage, proof)


@pytest.fixture(scope="module")
def made() -> Sealed:
    return sealed(named())


def test_the_report_names_the_witnesses_and_their_times(made: Sealed) -> None:
    report = made.verify(made.line("court", at=1_795_000_000), made.line("inspector", at=1_795_000_001))
    assert (report.witnesses, report.trusted) == ("cosigned", True)
    assert [each.as_document() for each in report.cosigned_by] == [
        {"organisation": "court", "name": "court.example/w", "at": "2026-11-18T11:06:40Z"},
        {"organisation": "inspector", "name": "inspector.example/w", "at": "2026-11-18T11:06:41Z"},
    ]
    assert report.as_document()["cosigned_by"] == [each.as_document() for each in report.cosigned_by]
    alone = check(made.package(made.line("court"), made.line("inspector")), None)
    assert (alone.trusted, len(alone.cosigned_by)) == (False, 2)


def test_a_cosignature_that_does_not_count_is_refused(made: Sealed) -> None:
    other = Checkpoint(origin=ORIGIN, size=6, root=b"x" * 32).text()
    court, inspector = made.line("court"), made.line("inspector")
    stranger = Cosigner("stranger.example/w", Ed25519PrivateKey.generate()).cosign(made.text, time=NOW)
    forger = Cosigner("court.example/w", Ed25519PrivateKey.generate()).cosign(made.text, time=NOW)
    second_log = Signer(ORIGIN, Ed25519PrivateKey.generate()).sign(made.text)[len(made.text) + 1 :]
    wrong: dict[str, tuple[tuple[bytes, ...], str]] = {
        "all stripped": ((), "0 of the 2 organisations"),
        "one stripped": ((court,), "1 of the 2 organisations"),
        "doubled to fake a quorum": ((court, court), "twice by one witness"),
        "doubled, at two times": ((court, made.line("court", at=NOW - 9)), "twice by one witness"),
        "two of one organisation": ((inspector, made.line("inspector-2")), "1 of the 2 organisations"),
        "another checkpoint's": ((court, made.line("inspector", text=other)), "does not match the checkpoint"),
        "another time than it signs": ((court, _later(inspector)), "does not match the checkpoint"),
        "a time that has not come": ((court, made.line("inspector", at=NOW + 86_400)), "has not come"),
        "a stranger's beside": ((court, inspector, stranger), "signed by others"),
        "a forger's beside": ((court, inspector, forger), "signed by others"),
        "a second log key's beside": ((court, inspector, second_log), "signed by others"),
    }
    for lines, match in wrong.values():
        with pytest.raises(EvidenceError, match=match) as caught:
            made.verify(*lines)
        assert caught.value.place.endswith(PROOF)
    assert made.verify(court, inspector).trusted


def test_another_directory_of_witnesses_is_not_this_one(made: Sealed) -> None:
    lines = (made.line("court"), made.line("inspector"))
    none = replace(made.trust, witnesses=None)
    swapped = named("inspector-2", "court")
    with pytest.raises(EvidenceError, match=PROOF):
        made.verify(*lines, trust=none)
    with pytest.raises(EvidenceError, match="witnesses"):
        made.verify(trust=none)
    with pytest.raises(EvidenceError, match="signed by others"):
        made.verify(*lines, trust=replace(made.trust, witnesses=swapped))
    renamed = {
        "organisations": 2,
        "witnesses": [
            {"organisation": "a", "vkey": COSIGNERS["court"].public.vkey()},
            {"organisation": "a", "vkey": COSIGNERS["inspector"].public.vkey()},
            {"organisation": "b", "vkey": COSIGNERS["inspector-2"].public.vkey()},
        ],
    }
    with pytest.raises(EvidenceError, match="1 of the 2"):
        made.verify(*lines, trust=replace(made.trust, witnesses=parse_witness_set(renamed, place="test")))
    assert made.verify(*lines, trust=replace(made.trust, witnesses=named("court", "inspector"))).trusted


def test_the_manifest_says_what_the_trust_root_says() -> None:
    says_less, says_more = sealed(named(), says="unwitnessed"), sealed(None)
    with pytest.raises(EvidenceError, match="differ in witnesses") as caught:
        says_less.verify(says_less.line("court"), says_less.line("inspector"))
    assert caught.value.place.endswith(MANIFEST)
    with pytest.raises(EvidenceError, match="differ in witnesses"):
        says_more.verify()
    with pytest.raises(EvidenceError):
        says_more.verify(says_more.line("court"), says_more.line("inspector"))
    assert sealed(None, says="unwitnessed").verify().witnesses == "unwitnessed"


def test_the_logs_own_signature_is_needed_too(made: Sealed) -> None:
    lines = (made.line("court"), made.line("inspector"))
    forged = Signer(ORIGIN, Ed25519PrivateKey.generate()).sign(made.text)
    with pytest.raises(EvidenceError, match=PROOF):
        made.verify(*lines, note=forged)
    with pytest.raises(EvidenceError, match="signed by others"):
        made.verify(*lines, note=f"{made.text}\n".encode())


def test_every_byte_of_a_cosigned_proof_is_covered(made: Sealed) -> None:
    proof = replace(
        made.proof, checkpoint_note=made.proof.checkpoint_note + made.line("court") + made.line("inspector")
    ).format()
    for at in range(proof.index(b"\nindex ") + 1, len(proof)):
        for flip in (1, 0x20, 0x80):
            changed = proof[:at] + bytes([proof[at] ^ flip]) + proof[at + 1 :]
            with pytest.raises(EvidenceError):  # in a container that is right in all its checksums
                check(write(made.prepared, made.stage, changed)[0], made.trust)
    assert check(write(made.prepared, made.stage, proof)[0], made.trust).trusted


def _later(line: bytes) -> bytes:
    """The same cosignature under another time."""
    _, (found,) = split_note(b"x\n\n" + line)
    changed = (int.from_bytes(found.data[:8], "big") + 1).to_bytes(8, "big") + found.data[8:]
    return replace(found, data=changed).format()
