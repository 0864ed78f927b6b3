"""Make real packages in memory for tests: real keys, a real small log, no gateway."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.model.decision import PackRef
from modicum.model.request import Handling, Recipient
from modicum.seal.age import OneTimeIdentity
from modicum.seal.manifest import Manifest
from modicum.seal.package import Prepared, Published, prepare, write_package
from modicum.seal.sealed import DataColumn, DataFile, Sealed, data_name, measure, seal_stream
from modicum_verify import merkle
from modicum_verify.carried import proof_extra
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.ed25519 import public_bytes
from modicum_verify.entry import body_file, leaf_bytes
from modicum_verify.note import Signer, vkey
from modicum_verify.package import PackageReport, verify_package_file
from modicum_verify.proof import TlogProof
from modicum_verify.trust import Trust
from modicum_verify.zipform import directory, local_header

ORIGIN = "log.example/modicum"
AT = "2026-11-23T09:30:00Z"
RECIPIENT = pyrage.x25519.Identity.generate()
IDENTITY_FILE = f"# created for a test\n{RECIPIENT}\n".encode()


@dataclass(frozen=True)
class Custodian:
    """The keys of one gateway."""

    manifest_key: Ed25519PrivateKey
    log_key: Ed25519PrivateKey

    @classmethod
    def make(cls) -> "Custodian":
        return cls(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())

    @property
    def trust(self) -> Trust:
        return Trust(
            origin=ORIGIN,
            log_vkey=vkey(ORIGIN, self.log_key.public_key()),
            genesis_sha256="0" * 64,
            manifest_key=public_bytes(self.manifest_key).hex(),
        )


@dataclass(frozen=True)
class Made:
    """One package and all it was made of."""

    custodian: Custodian
    prepared: Prepared
    stage: Mapping[str, bytes]
    proof: bytes
    content: bytes
    published: Published
    plain: Mapping[str, bytes]

    def verify(self, content: bytes | None = None, *, trusted: bool = True) -> PackageReport:
        return check(self.content if content is None else content, self.custodian.trust if trusted else None)


def check(content: bytes, trust: Trust | None) -> PackageReport:
    return verify_package_file(BytesIO(content), place="0007.modicum", trust=trust)


def a_manifest(**changes: Any) -> Manifest:
    manifest = Manifest(
        case="0007",
        round=1,
        form="pseudonymised",
        request_sha256="1" * 64,
        decision_sha256="2" * 64,
        pack=PackRef(name="us_medicaid", version="1", sha256="3" * 64),
        dataset="enrolment",
        dataset_version="4" * 64,
        as_of="2026-11-23",
        recipients=[Recipient(organisation="cms", person="rivera", age_key=str(RECIPIENT.to_public()))],
        columns=[{"name": "enrolment.state", "treatment": "keep"}],
        rows=3,
        obligations=["accounting"],
        approvals=[{"person": "okafor", "organisation": "dhcs", "entry": 2}],
        objections=[{"entry": 1, "person": "lee", "organisation": "hfs", "text": "not this column"}],
        directives=[],
        purpose="program-integrity",
        handling=Handling(retention_days=30, safeguards=("encrypted at rest",)),
        delete_by="2026-12-23",
        created=AT,
        signed_with={},
    )
    return replace(manifest, **changes)


def seal(
    plain: Mapping[str, bytes], identity: OneTimeIdentity
) -> tuple[list[tuple[DataFile, Sealed]], dict[str, bytes]]:
    files, stage = [], {}
    for table, content in plain.items():
        sink = BytesIO()
        name = data_name(table)
        sealed = seal_stream(BytesIO(content), sink, identity=identity, name=name)
        columns = (DataColumn(name="state"), DataColumn(name="born", kind="integer", treatment="year"))
        files.append((DataFile(name=name, title=table, rows=3, columns=columns), sealed))
        stage[name] = sink.getvalue()
    return files, stage


def staged_in(stage: Mapping[str, bytes]) -> Any:
    def open_staged(name: str) -> AbstractContextManager[BinaryIO]:
        return BytesIO(stage[name])

    return open_staged


def prove(custodian: Custodian, content: Any, *, case: str = "0007", kind: str = "released") -> bytes:
    """Log a content as the fourth of six entries and prove it."""
    commitment, body = body_file(content, salt=b"s" * 32)
    leaf = leaf_bytes(kind=kind, at=AT, case=case, actor="gateway", body=commitment)
    hashes = [merkle.leaf_hash(each) for each in (b"a", b"b", b"c", leaf, b"d", b"e")]
    text = Checkpoint(origin=ORIGIN, size=6, root=merkle.root(hashes)).text()
    proof = TlogProof(
        index=3,
        hashes=tuple(merkle.inclusion_proof(hashes, 3)),
        checkpoint_note=Signer(ORIGIN, custodian.log_key).sign(text),
        extra=proof_extra(leaf=leaf, body=body),
    )
    return proof.format()


def write(prepared: Prepared, stage: Mapping[str, bytes], proof: bytes) -> tuple[bytes, Published]:
    sink = BytesIO()
    published = write_package(sink, prepared, staged=staged_in(stage), proof=proof)
    return sink.getvalue(), published


def make(
    plain: Mapping[str, bytes] | None = None, *, custodian: Custodian | None = None, manifest: Manifest | None = None
) -> Made:
    custodian = custodian or Custodian.make()
    plain = plain or {"claims": b"c" * 700, "enrolment": b"e" * 900}
    identity = OneTimeIdentity.generate()
    files, stage = seal(plain, identity)
    signed = replace(manifest or a_manifest(), signed_with=custodian.trust.as_document())
    prepared = prepare(signed, files, identity=identity, signing_key=custodian.manifest_key)
    proof = prove(custodian, prepared.released_content(accounting_sha256="5" * 64), case=prepared.predicate["case"])
    content, published = write(prepared, stage, proof)
    return Made(custodian, prepared, stage, proof, content, published, plain)


def rezip(files: list[tuple[str, bytes]]) -> bytes:
    """A canonical container of any members in any order, right in all its checksums."""
    out, members = b"", []
    for name, content in files:
        measured = measure(name, content)
        out += local_header(name, size_bytes=len(content), crc=measured.crc32)
        members.append(replace(measured.as_member(), offset=len(out)))
        out += content
    return out + b"".join(record for _, record in directory(members, at=len(out)))


make_small = partial(make, {"enrolment": b"e" * 300})
