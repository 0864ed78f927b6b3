"""Making a package and opening it: what its papers say, who can open it, what stops it."""

import json
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pyrage
import pytest
from seal_maker import IDENTITY_FILE, RECIPIENT, Custodian, a_manifest, make, seal, staged_in, write

from modicum.model.errors import EvidenceError, InvalidInputError, NotPermittedError
from modicum.model.forms import DISCLOSING
from modicum.model.request import Recipient
from modicum.seal.age import OneTimeIdentity
from modicum.seal.package import open_package, prepare, write_package
from modicum.seal.papers import datapackage, read_me, terms, write_papers
from modicum.seal.sealed import DataFile, data_name
from modicum.storage import Folder
from modicum_verify import dsse
from modicum_verify.canonical import parse_canonical
from modicum_verify.package import MANIFEST, PAYLOAD_TYPE, verify_package
from modicum_verify.zipform import NAME

PROGRAMS = pytest.mark.skipif(
    shutil.which("age") is None or shutil.which("unzip") is None, reason="needs the age and unzip programs"
)


def test_a_recipient_opens_it(tmp_path: Path) -> None:
    made = make()
    path = tmp_path / "0007.modicum"
    path.write_bytes(made.content)
    report = verify_package(path, trust=made.custodian.trust)
    opened = open_package(path, report, identity_file=IDENTITY_FILE, into=Folder(tmp_path / "out").stage)
    assert opened == ["claims.parquet", "enrolment.parquet"]
    assert {name: (tmp_path / "out" / f"{name}.parquet").read_bytes() for name in made.plain} == made.plain


def test_a_stranger_does_not(tmp_path: Path) -> None:
    made = make()
    path = tmp_path / "0007.modicum"
    path.write_bytes(made.content)
    report = verify_package(path, trust=made.custodian.trust)
    stranger = f"{pyrage.x25519.Identity.generate()}\n".encode()
    with pytest.raises(NotPermittedError):
        open_package(path, report, identity_file=stranger, into=Folder(tmp_path / "out").stage)
    assert not (tmp_path / "out").exists()


def test_what_changes_after_it_was_verified_leaves_no_file(tmp_path: Path) -> None:
    made = make()
    path = tmp_path / "0007.modicum"
    path.write_bytes(made.content)
    report = verify_package(path, trust=made.custodian.trust)
    for at in (report.data[0].offset + 3, report.data[0].offset + report.data[0].size_bytes - 1):
        changed = bytearray(made.content)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(EvidenceError, match=r"data/claims\.parquet\.age"):
            open_package(path, report, identity_file=IDENTITY_FILE, into=Folder(tmp_path / "out").stage)
        assert Folder(tmp_path / "out").list() == []


@PROGRAMS
def test_the_commands_of_the_read_me_open_it(tmp_path: Path) -> None:
    made = make()
    (tmp_path / "0007.modicum").write_bytes(made.content)
    (tmp_path / "my-key.txt").write_bytes(IDENTITY_FILE)
    text = subprocess.run(
        ["unzip", "-p", "0007.modicum", "READ-ME-FIRST.txt"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    commands = [line.strip() for line in text.splitlines() if line.startswith("    ") and "modicum verify" not in line]
    assert len(commands) == 5
    subprocess.run(["sh", "-ec", "\n".join(commands)], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "claims.parquet").read_bytes() == made.plain["claims"]
    assert (tmp_path / "enrolment.parquet").read_bytes() == made.plain["enrolment"]
    assert not (tmp_path / "one-time.key").exists()


def test_the_manifest_is_a_statement_over_every_other_file() -> None:
    made = make()
    key = made.custodian.manifest_key.public_key()
    statement = parse_canonical(dsse.verify(made.prepared.manifest.content, key, PAYLOAD_TYPE))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    names = [each["name"] for each in statement["subject"]]
    assert names == sorted(names)
    assert set(names) == {
        "READ-ME-FIRST.txt",
        "data/claims.parquet.age",
        "data/enrolment.parquet.age",
        "datapackage.json",
        "key.age",
        "terms.odrl.json",
    }
    predicate = statement["predicate"]
    assert set(predicate) == {
        *("schema", "case", "round", "form", "request_sha256", "decision_sha256", "pack", "dataset", "as_of"),
        *("purpose", "recipients", "columns", "rows", "obligations", "approvals", "objections", "directives"),
        *("handling", "witnesses", "created", "signed_with"),
    }
    assert predicate["schema"] == "modicum.manifest/1"


def test_a_release_in_preparation_shows_no_content() -> None:
    made = make()
    assert repr(made.prepared) == "Prepared(case='0007', files=2)"
    assert MANIFEST not in repr(made.prepared)


def test_the_data_package_describes_each_file() -> None:
    files, _ = seal({"claims": b"c", "enrolment": b"e"}, OneTimeIdentity.generate())
    document = datapackage(a_manifest(), files[::-1])
    assert [each["path"] for each in document["resources"]] == ["data/claims.parquet.age", "data/enrolment.parquet.age"]
    claims = document["resources"][0]
    assert (claims["name"], claims["format"], claims["rows"]) == ("claims", "parquet", 3)
    assert claims["hash"] == f"sha256:{files[0][1].sha256}"
    assert claims["schema"]["fields"] == [
        {"name": "state", "type": "string", "treatment": "keep"},
        {"name": "born", "type": "integer", "treatment": "year"},
    ]
    answer = DataFile(name="data/statistics.json.age", title="answer", rows=None)
    (resource,) = datapackage(a_manifest(), [(answer, files[0][1])])["resources"]
    assert "schema" not in resource
    assert "rows" not in resource


@pytest.mark.parametrize("form", DISCLOSING)
def test_the_terms_bind_to_purpose_and_day(form: str) -> None:
    document = terms(a_manifest(form=str(form), obligations=["accounting", "no_redisclosure"]))
    (permission,) = document["permission"]
    assert permission["constraint"][0]["rightOperand"] == "program-integrity"
    assert document["obligation"][0]["action"] == "delete"
    assert document["obligation"][0]["constraint"][0]["rightOperand"]["@value"] == "2026-12-23"
    assert {"action": "modicum:no_redisclosure"} in document["obligation"]
    forbidden = [each["action"] for each in document["prohibition"]]
    assert forbidden == ["distribute"] + (["modicum:identify"] if form != "identified" else [])
    assert json.loads(json.dumps(document)) == document


def test_the_read_me_tells_of_objections_and_witnesses() -> None:
    file = DataFile(name="data/claims.parquet.age", title="claims", rows=3)
    text = read_me(a_manifest(), [file])
    assert "Objections that stay attached to this release: 1." in text
    assert "unwitnessed" in text
    assert "rivera, cms" in text
    assert "No objection was filed" in read_me(a_manifest(objections=[]), [file])
    assert all(len(line) < 120 for line in text.splitlines())


def test_papers_are_the_same_each_time() -> None:
    files, _ = seal({"claims": b"c", "enrolment": b"e"}, OneTimeIdentity.generate())
    assert write_papers(a_manifest(), files) == write_papers(a_manifest(), files[::-1])


def test_a_staged_file_that_changed_is_not_published() -> None:
    made = make()
    stage = dict(made.stage)
    *before, last = stage["data/claims.parquet.age"]
    stage["data/claims.parquet.age"] = bytes([*before, last ^ 1])
    with pytest.raises(EvidenceError, match="staged"):
        write(made.prepared, stage, made.proof)
    stage["data/claims.parquet.age"] = made.stage["data/claims.parquet.age"] + b"\0"
    with pytest.raises(EvidenceError, match="staged"):
        write(made.prepared, stage, made.proof)


def test_published_is_the_digest_of_the_file() -> None:
    from hashlib import sha256

    made = make()
    assert made.published.package_sha256 == sha256(made.content).hexdigest()
    assert made.published.size_bytes == len(made.content)


@pytest.mark.parametrize("name", ["claims.parquet.age", "data/claims.parquet", "data/../x.age", "data/a b.age"])
def test_a_name_that_no_package_holds(name: str) -> None:
    identity, custodian = OneTimeIdentity.generate(), Custodian.make()
    files, _ = seal({"claims": b"c"}, identity)
    bad = DataFile(name=name, title="claims", rows=1)
    with pytest.raises(InvalidInputError, match="name"):
        prepare(a_manifest(), [(bad, files[0][1])], identity=identity, signing_key=custodian.manifest_key)
    with pytest.raises(InvalidInputError, match="data"):
        prepare(a_manifest(), [], identity=identity, signing_key=custodian.manifest_key)
    with pytest.raises(InvalidInputError, match="name"):
        prepare(a_manifest(), [*files, *files], identity=identity, signing_key=custodian.manifest_key)


def test_no_recipient_no_package() -> None:
    identity, custodian = OneTimeIdentity.generate(), Custodian.make()
    files, _ = seal({"claims": b"c"}, identity)
    for recipients in ([], [Recipient(organisation="cms", person="rivera", age_key=str(RECIPIENT))]):
        manifest = a_manifest(recipients=recipients)
        with pytest.raises(InvalidInputError, match="recipient") as caught:
            prepare(manifest, files, identity=identity, signing_key=custodian.manifest_key)
        assert "AGE-SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("claims", "data/claims.parquet.age"),
        ("Claims 2024/07", "data/Claims_2024_07.parquet.age"),
        ("../../etc/passwd", "data/etc_passwd.parquet.age"),
        ("", "data/table.parquet.age"),
        ("имя", "data/table.parquet.age"),
    ],
)
def test_a_table_name_becomes_a_plain_file_name(table: str, name: str) -> None:
    assert data_name(table) == name
    assert NAME.fullmatch(name)
    assert NAME.fullmatch(data_name(table + "x" * 300))


def test_a_package_goes_straight_to_a_staged_file(tmp_path: Path) -> None:
    made = make()
    folder = Folder(tmp_path)
    with folder.stage("outbox/0007.modicum") as sink:
        published = write_package(sink, made.prepared, staged=staged_in(made.stage), proof=made.proof)
    assert published == made.published
    assert BytesIO(folder.read("outbox/0007.modicum")).getvalue() == made.content
