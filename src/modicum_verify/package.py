"""Check a release package, offline: every byte of it, against the trust root that the reader brings.

    1. the container is the one canonical ZIP of its members (zipform), in their one order
    2. the manifest is signed by the gateway's key, and names every other file with its digest
    3. the proof shows a leaf in the log that the reader trusts; the leaf commits to the body that comes with it
    4. that body is the `released` event of this case, and it names this manifest, this key.age, this data
    5. the proof's checkpoint is cosigned by the witnesses that the trust root names for its size, of as many
       organisations as they need; where it names none, nobody but the log has signed it

Without a trust root 2 and 3 are checked for consistency alone, and the report says so. What a case went through before
its release is in the log, not in the package.

Source: in-toto Statement v1; DSSE v1.0; C2SP tlog-proof.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO, Final

from modicum_verify import base64c, dsse
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.carried import own_proof, read_carried
from modicum_verify.cosigned import said_of
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import check_content
from modicum_verify.trust import Trust, parse_trust
from modicum_verify.witness_set import SignedBy
from modicum_verify.zipform import Member, walk

MANIFEST, DATAPACKAGE, KEY, TERMS, PROOF, READ_ME = (
    "manifest.dsse.json",
    "datapackage.json",
    "key.age",
    "terms.odrl.json",
    "proof.tlog-proof",
    "READ-ME-FIRST.txt",
)
DATA_FOLDER: Final = "data/"
MANIFEST_SCHEMA: Final = "modicum.manifest/1"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://modicum.example/release/v1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
REPORT_SCHEMA: Final = "modicum.verification/1"
_SMALL: Final = frozenset({MANIFEST, DATAPACKAGE, KEY, TERMS, PROOF, READ_ME})
NOT_SUBJECTS: Final = frozenset({MANIFEST, PROOF})
_STATEMENT_FIELDS: Final = frozenset({"_type", "subject", "predicateType", "predicate"})
_SAID_TWICE: Final = ("round", "form", "decision_sha256", "recipients", "rows", "witnesses")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReport:
    """What a package that checks says. `trusted` is False where no trust root was brought: then nobody vouches for it.

    entry: index of the `released` entry; log_size: the log's size in the proof's checkpoint; signer: key id of the
    manifest's signature (hex SHA-256 of the public key); cosigned_by: the witnesses of the trust root that cosigned.
    """

    case: str
    form: str
    predicate: Mapping[str, Any]
    entry: int
    logged_at: str
    log_origin: str
    log_size: int
    files: tuple[Member, ...]
    signer: str
    trusted: bool
    cosigned_by: tuple[SignedBy, ...] = ()

    @property
    def recipients(self) -> list[Mapping[str, Any]]:
        """Who can open it: `{organisation, person, age_key}`."""
        return list(self.predicate["recipients"])

    @property
    def witnesses(self) -> str:
        """`cosigned` by the witnesses that the trust root names; `unwitnessed` for an evaluation home."""
        return str(self.predicate["witnesses"])

    @property
    def data(self) -> list[Member]:
        """The sealed data files."""
        return [each for each in self.files if each.name.startswith(DATA_FOLDER)]

    def as_document(self) -> dict[str, Any]:
        """As published JSON, schema `modicum.verification/1`."""
        return {
            "schema": REPORT_SCHEMA,
            "trusted": self.trusted,
            "case": self.case,
            "form": self.form,
            "entry": self.entry,
            "logged_at": self.logged_at,
            "log": {"origin": self.log_origin, "size": self.log_size},
            "witnesses": self.witnesses,
            "cosigned_by": [each.as_document() for each in self.cosigned_by],
            "signer": self.signer,
            "files": [{"name": f.name, "size_bytes": f.size_bytes, "sha256": f.sha256} for f in self.files],
            "manifest": dict(self.predicate),
        }


def verify_package(path: Path, *, trust: Trust | None) -> PackageReport:
    """Check a package file; reads it once, in constant memory but for its small files.

    Raises EvidenceError naming the file and the member, record or byte at fault; OSError where it cannot be read.
    """
    with path.open("rb") as file:
        return verify_package_file(file, place=path.name, trust=trust)


def verify_package_file(file: BinaryIO, *, place: str, trust: Trust | None) -> PackageReport:
    """Check a package in an open, seekable file; `place` is what errors call it."""
    size_bytes = file.seek(0, SEEK_END)
    file.seek(0)
    members, small = walk(file, size_bytes=size_bytes, keep=_SMALL.__contains__, place=place)
    _check_order([member.name for member in members], place=place)
    keys = trust or _claimed(small[MANIFEST], place=f"{place}, {MANIFEST}")
    payload, signer = _manifest_payload(small[MANIFEST], trust=keys, place=place)
    predicate = _predicate(payload, members, place=place)
    proof, cosigned_by = own_proof(small[PROOF], trust=keys, place=f"{place}, {PROOF}")
    entry, checkpoint = read_carried(proof, trust=keys, place=f"{place}, {PROOF}")
    if predicate["witnesses"] != said_of(keys.witnesses):
        raise EvidenceError(place=f"{place}, {MANIFEST}", cause="and the trust root differ in witnesses")
    _check_release(entry, predicate, members, place=f"{place}, {PROOF}")
    return PackageReport(
        case=predicate["case"],
        form=predicate["form"],
        predicate=predicate,
        entry=entry.index,
        logged_at=entry.at,
        log_origin=checkpoint.origin,
        log_size=checkpoint.size,
        files=tuple(members),
        signer=signer,
        trusted=trust is not None,
        cosigned_by=cosigned_by,
    )


def arranged(names: Sequence[str]) -> list[str]:
    """The one order of a package's members; unknown names go last."""
    data = sorted(name for name in names if name.startswith(DATA_FOLDER))
    known = [MANIFEST, DATAPACKAGE, KEY, *data, TERMS, PROOF, READ_ME]
    return known + [name for name in names if name not in _SMALL and not name.startswith(DATA_FOLDER)]


def _check_order(names: list[str], *, place: str) -> None:
    wanted = arranged(names)
    for have, want in zip(names, wanted, strict=False):
        if have != want:
            raise EvidenceError(place=f"{place}, {have}", cause=f"is out of order, or {want} is missing before it")
    there = set(names)
    for want in wanted:
        if want not in there:
            raise EvidenceError(place=f"{place}, {want}", cause="is missing")
    for extra in names:
        if extra not in _SMALL and not extra.startswith(DATA_FOLDER):
            raise EvidenceError(place=f"{place}, {extra}", cause="is no file of a package")
    if not any(name.startswith(DATA_FOLDER) for name in names):
        raise EvidenceError(place=f"{place}, {DATA_FOLDER}", cause="is empty")


def _claimed(envelope: bytes, *, place: str) -> Trust:
    """The keys that the manifest itself names: enough to see damage, not to know whose package it is."""
    try:
        statement = parse_canonical(base64c.decode(parse_canonical(envelope)["payload"]))
        return parse_trust(canonical(statement["predicate"]["signed_with"]))
    except EvidenceError as error:
        raise EvidenceError(place=place, cause=error.cause, cure=error.cure) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(place=place, cause="is not a DSSE envelope in canonical form") from error


def _manifest_payload(envelope: bytes, *, trust: Trust, place: str) -> tuple[bytes, str]:
    where = f"{place}, {MANIFEST}"
    try:
        payload = dsse.verify(envelope, trust.manifest_key, PAYLOAD_TYPE)
        return payload, str(parse_canonical(envelope)["signatures"][0]["keyid"])
    except EvidenceError as error:
        raise EvidenceError(place=where, cause=error.cause, cure=error.cure) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise EvidenceError(place=where, cause="is not a DSSE envelope in canonical form") from error


def _predicate(payload: bytes, members: Sequence[Member], *, place: str) -> dict[str, Any]:
    where = f"{place}, {MANIFEST}"
    try:
        statement = parse_canonical(payload)
        subjects = {each["name"]: each["digest"] for each in statement["subject"]}
        predicate = dict(statement["predicate"])
        kinds = (statement["_type"], statement["predicateType"], predicate["schema"])
        texts = [predicate["case"], predicate["form"], predicate["witnesses"], *subjects]
        lists = [predicate["recipients"], predicate["objections"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(place=where, cause="does not hold a statement about a release") from error
    if set(statement) != _STATEMENT_FIELDS or kinds != (STATEMENT_TYPE, PREDICATE_TYPE, MANIFEST_SCHEMA):
        raise EvidenceError(place=where, cause="holds a statement of a kind this version does not know")
    if not all(isinstance(each, str) for each in texts) or not all(isinstance(each, list) for each in lists):
        raise EvidenceError(place=where, cause="has a field of the wrong type")
    if len(statement["subject"]) != len(subjects):
        raise EvidenceError(place=where, cause="names a file twice")
    found = {each.name: {"sha256": each.sha256} for each in members if each.name not in NOT_SUBJECTS}
    for name in sorted(set(found) | set(subjects)):
        if name not in subjects:
            raise EvidenceError(place=f"{place}, {name}", cause="is not named by the manifest")
        if found.get(name) != subjects[name]:
            raise EvidenceError(place=f"{place}, {name}", cause="is not what the manifest names")
    return predicate


def _check_release(entry: Entry, predicate: Mapping[str, Any], members: Sequence[Member], *, place: str) -> None:
    content = entry.content
    if entry.kind != "released" or not isinstance(content, dict):
        raise EvidenceError(place=place, cause=f"{entry.place} is not a release")
    if entry.case != predicate["case"]:
        raise EvidenceError(place=place, cause=f"{entry.place} is of another case than the manifest")
    check_content(entry.kind, content, place=f"{place}, {entry.place}")
    held = {each.name: each for each in members}
    data = [
        {"name": each.name, "sha256": each.sha256, "size_bytes": each.size_bytes}
        for each in members
        if each.name.startswith(DATA_FOLDER)
    ]
    measured = {"manifest_sha256": held[MANIFEST].sha256, "key_age_sha256": held[KEY].sha256, "data": data}
    for field, value in measured.items():
        if content.get(field) != value:
            raise EvidenceError(place=place, cause=f"{entry.place} logs another {field} than this package has")
    for field, value in said_by(predicate, place=place).items():
        if content.get(field) != value:
            raise EvidenceError(place=place, cause=f"{entry.place} and the manifest differ in {field}")


def said_by(predicate: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """What a manifest says that the `released` entry must say too, in the entry's shape."""
    try:
        said = {name: predicate[name] for name in _SAID_TWICE}
        return {**said, "objections": [each["entry"] for each in predicate["objections"]]}
    except (KeyError, TypeError) as error:
        raise EvidenceError(place=place, cause="the manifest lacks a field that its entry must repeat") from error
