"""The package: put the sealed, logged parts of a release into one canonical file, and open such a file again.

`key.age` reaches a disk here for the first time, and only after the release is in the log: the parts are held in memory
until then, and the data was sealed to the key whose wrapping they are. Rows pass through in constant memory.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.model.errors import EvidenceError, InvalidInputError
from modicum.seal.age import OneTimeIdentity, Writer, decrypt_stream, open_key, wrap_identity
from modicum.seal.manifest import Manifest, sign_manifest
from modicum.seal.papers import Paper, write_papers
from modicum.seal.sealed import DataFile, Sealed, measure
from modicum_verify.package import DATA_FOLDER, KEY, MANIFEST, PROOF, PackageReport, arranged, said_by
from modicum_verify.zipform import CHUNK_BYTES, NAME, Member, directory, local_header


class Staged(Protocol):
    """Where a sealed data file waits: opened anew for each reading."""

    def __call__(self, name: str, /) -> AbstractContextManager[BinaryIO]:
        """Open the sealed file that a package calls `name`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A release before it is logged: data sealed and staged, everything else in memory. `repr` shows no content."""

    manifest: Paper
    key_age: Paper
    papers: tuple[Paper, ...]
    data: tuple[Sealed, ...]
    predicate: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Prepared(case={self.predicate['case']!r}, files={len(self.data)})"

    def released_content(self, *, accounting_sha256: str) -> dict[str, Any]:
        """Give the content of the `released` event, which the verifier holds against the package."""
        return {
            **said_by(self.predicate, place=MANIFEST),
            "manifest_sha256": self.manifest.measure.sha256,
            "data": [each.as_document() for each in self.data],
            "key_age_sha256": self.key_age.measure.sha256,
            "accounting_sha256": accounting_sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The measure of a whole package, for the `delivered` event."""

    package_sha256: str
    size_bytes: int


def prepare(
    manifest: Manifest,
    files: Sequence[tuple[DataFile, Sealed]],
    *,
    identity: OneTimeIdentity,
    signing_key: Ed25519PrivateKey,
) -> Prepared:
    """Wrap the one-time key, write the papers and sign the manifest over them and the sealed data; all in memory.

    Raises InvalidInputError: no recipient with a usable key, no data, or a file name that a package does not hold.
    """
    names = [file.name for file, _ in files]
    usable = all(name.startswith(DATA_FOLDER) and name.endswith(".age") and NAME.fullmatch(name) for name in names)
    if not names or not usable or len({name.lower() for name in names}) != len(names):
        raise InvalidInputError(
            cause="a package holds one or more data files, each under a name of its own",
            cure="give each table a name of plain letters, digits, dots and dashes",
        )
    key_age = Paper(name=KEY, content=wrap_identity(identity, [each.age_key for each in manifest.recipients]))
    papers = write_papers(manifest, files)
    data = tuple(sorted((sealed for _, sealed in files), key=lambda sealed: sealed.name))
    subjects = [*data, key_age.measure, *(paper.measure for paper in papers)]
    signed = Paper(name=MANIFEST, content=sign_manifest(manifest, subjects, key=signing_key))
    return Prepared(manifest=signed, key_age=key_age, papers=papers, data=data, predicate=manifest.predicate())


def write_package(sink: Writer, prepared: Prepared, *, staged: Staged, proof: bytes) -> Published:
    """Write the whole package into a stream; same parts, same bytes.

    proof: the tlog-proof of the `released` entry, its `extra` made by `modicum_verify.carried.proof_extra`.
    Raises EvidenceError: a staged file is not what was sealed (the stream is then worthless: throw it away).
    """
    papers = {each.name: each.content for each in (prepared.manifest, prepared.key_age, *prepared.papers)}
    papers[PROOF] = proof
    measures = {name: measure(name, content) for name, content in papers.items()}
    measures |= {each.name: each for each in prepared.data}
    out, members = _Counted(sink), []
    for name in arranged(list(measures)):
        sealed = measures[name]
        out.write(local_header(name, size_bytes=sealed.size_bytes, crc=sealed.crc32))
        members.append(replace(sealed.as_member(), offset=out.size_bytes))
        if name in papers:
            out.write(papers[name])
        else:
            with staged(name) as file:
                _copy(file, out, sealed)
    for _, record in directory(members, at=out.size_bytes):
        out.write(record)
    return Published(package_sha256=out.hash.hexdigest(), size_bytes=out.size_bytes)


def open_package(path: Path, report: PackageReport, *, identity_file: bytes, into: "Destination") -> list[str]:
    """Open every data file of a package that was just verified; gives the plain files' names, in order.

    report: what `verify_package` said of this very file; its digests are checked again while reading.
    into: makes a file in the recipient's folder that vanishes when this raises.
    Raises InvalidInputError (identity file), NotPermittedError (no recipient), EvidenceError (damaged).
    """
    members = {each.name: each for each in report.files}
    opened = []
    with path.open("rb") as file:
        identity = open_key(_MemberReader(file, members[KEY]).read(), identity_file)
        for member in report.data:
            name = DataFile(name=member.name, title="", rows=None).plain_name
            reader = _MemberReader(file, member)
            with into(name) as sink:
                decrypt_stream(reader, sink, identity, place=member.name)
                reader.check()
            opened.append(name)
    return opened


class Destination(Protocol):
    """Where opened files go, e.g. `Folder(out).stage`: on an error the file is not left behind."""

    def __call__(self, name: str, /) -> AbstractContextManager[BinaryIO]:
        """Make the file `name`."""
        ...


def _copy(file: BinaryIO, out: "_Counted", sealed: Sealed) -> None:
    hashed, size = sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        hashed.update(chunk)
        size += len(chunk)
        out.write(chunk)
    if (size, hashed.hexdigest()) != (sealed.size_bytes, sealed.sha256):
        raise EvidenceError(place=sealed.name, cause="the staged file is not what was sealed and logged")


class _Counted:
    """A writer that passes bytes on and keeps their count and digest."""

    def __init__(self, sink: Writer) -> None:
        self._sink, self.hash, self.size_bytes = sink, sha256(), 0

    def write(self, data: bytes) -> None:
        self._sink.write(data)
        self.hash.update(data)
        self.size_bytes += len(data)


class _MemberReader:
    """The bytes of one member, and whether they are those that were verified."""

    def __init__(self, file: BinaryIO, member: Member) -> None:
        self._file, self._member, self._left, self._hash = file, member, member.size_bytes, sha256()
        file.seek(member.offset)

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        self._hash.update(data)
        return data

    def check(self) -> None:
        self.read()
        if self._hash.hexdigest() != self._member.sha256:
            raise EvidenceError(place=self._member.name, cause="changed since it was verified")
