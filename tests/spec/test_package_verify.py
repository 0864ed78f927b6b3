"""A package that was made verifies; every other one is an error that names the place."""

from base64 import b64decode, b64encode
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from seal_maker import AT, ORIGIN, Custodian, Made, a_manifest, check, make, make_small, prove, rezip, seal, write

from modicum.seal.age import OneTimeIdentity
from modicum.seal.package import prepare
from modicum_verify import dsse
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.carried import proof_extra
from modicum_verify.errors import EvidenceError
from modicum_verify.events import check_content
from modicum_verify.package import (
    KEY,
    MANIFEST,
    PAYLOAD_TYPE,
    PROOF,
    READ_ME,
    arranged,
    verify_package,
)
from modicum_verify.proof import parse_proof
from modicum_verify.zipform import Member, directory, local_header


@pytest.fixture(scope="module")
def made() -> Made:
    return make()


def test_an_untouched_package_verifies(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "0007.modicum"
    path.write_bytes(made.content)
    report = verify_package(path, trust=made.custodian.trust)
    assert (report.case, report.form, report.entry, report.log_size) == ("0007", "pseudonymised", 3, 6)
    assert (report.logged_at, report.log_origin, report.witnesses) == (AT, ORIGIN, "unwitnessed")
    assert report.trusted
    assert report.recipients[0]["person"] == "rivera"
    assert [each.name for each in report.data] == ["data/claims.parquet.age", "data/enrolment.parquet.age"]
    assert report.signer == dsse.key_id(made.custodian.manifest_key)
    document = report.as_document()
    assert parse_canonical(canonical(document)) == document
    assert document["manifest"]["objections"][0]["entry"] == 1


def test_without_a_trust_root_the_report_vouches_for_nothing(made: Made) -> None:
    assert not made.verify(trusted=False).trusted
    with pytest.raises(EvidenceError, match=PROOF):
        made.verify(made.content.replace(b"index 3", b"index 2"), trusted=False)


def test_the_container_is_read_by_others_and_is_the_same_each_time(made: Made) -> None:
    with ZipFile(BytesIO(made.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.compress_type for each in archive.infolist()} == {ZIP_STORED}
        assert names == arranged(names)
        assert names[0] == MANIFEST
        assert names[-1] == READ_ME
    assert write(made.prepared, made.stage, made.proof)[0] == made.content


def parts(made: Made) -> dict[str, bytes]:
    with ZipFile(BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_rezip_is_a_control(made: Made) -> None:
    assert rezip(list(parts(made).items())) == made.content


def refused(made: Made, files: dict[str, bytes] | list[tuple[str, bytes]]) -> EvidenceError:
    content = rezip(list(files.items()) if isinstance(files, dict) else files)
    with pytest.raises(EvidenceError) as caught:
        made.verify(content)
    return caught.value


@pytest.mark.parametrize("name", [MANIFEST, "datapackage.json", KEY, "terms.odrl.json", PROOF, READ_ME])
def test_each_file_must_be_there(made: Made, name: str) -> None:
    files = parts(made)
    del files[name]
    assert name in refused(made, files).cause


def test_data_must_be_there(made: Made) -> None:
    files = parts(made)
    del files["data/claims.parquet.age"]
    assert "data/claims.parquet.age" in refused(made, files).place
    del files["data/enrolment.parquet.age"]
    assert "data/" in refused(made, files).place


def test_members_stand_in_one_order(made: Made) -> None:
    files = list(parts(made).items())
    for at in range(len(files) - 1):
        swapped = [*files[:at], files[at + 1], files[at], *files[at + 2 :]]
        assert "order" in refused(made, swapped).cause


@pytest.mark.parametrize("name", ["data/claims.parquet.age", KEY, READ_ME])
def test_a_member_twice(made: Made, name: str) -> None:
    files = list(parts(made).items())
    assert "twice" in refused(made, [*files, (name, b"other")]).cause


@pytest.mark.parametrize("name", ["data/more.parquet.age", "data/a.sh", "more.txt", "KEY.age"])
def test_a_file_more(made: Made, name: str) -> None:
    files = parts(made) | {name: b"more"}
    names = arranged(list(files))
    assert name in refused(made, [(each, files[each]) for each in names]).place


def test_no_name_leaves_the_folder(made: Made) -> None:
    for name in ["../up", "data/../up", "/abs", "data//x", "data/.hidden", "a\\b", "data/x\n"]:
        assert "names a file" in refused(made, [(name, b""), *parts(made).items()]).cause


@pytest.mark.parametrize("name", [MANIFEST, "datapackage.json", KEY, "data/claims.parquet.age", PROOF])
def test_parts_of_another_package_are_refused(made: Made, name: str) -> None:
    other = parts(make(custodian=made.custodian))
    files = parts(made)
    assert files[name] != other[name]
    assert refused(made, files | {name: other[name]}).place


def test_manifest_and_proof_of_another_package_together(made: Made) -> None:
    other = parts(make(custodian=made.custodian))
    refused(made, parts(made) | {MANIFEST: other[MANIFEST], PROOF: other[PROOF]})


def test_an_older_manifest_over_the_same_files_is_not_the_logged_one() -> None:
    custodian, identity = Custodian.make(), OneTimeIdentity.generate()
    files, stage = seal({"claims": b"c"}, identity)
    old, new = (
        prepare(
            a_manifest(round=number, signed_with=custodian.trust.as_document()),
            files,
            identity=identity,
            signing_key=custodian.manifest_key,
        )
        for number in (1, 2)
    )
    proof = prove(custodian, new.released_content(accounting_sha256="5" * 64))
    mixed = replace(new, manifest=old.manifest)
    with pytest.raises(EvidenceError, match=r"is not what the manifest names|logs another manifest"):
        check(write(mixed, stage, proof)[0], custodian.trust)


def test_another_trust_root(made: Made) -> None:
    other = Custodian.make()
    trust = made.custodian.trust
    with pytest.raises(EvidenceError, match=MANIFEST):
        check(made.content, other.trust)
    with pytest.raises(EvidenceError, match=MANIFEST):
        check(made.content, replace(trust, manifest_key=other.trust.manifest_key))
    with pytest.raises(EvidenceError, match=PROOF):
        check(made.content, replace(trust, log_vkey=other.trust.log_vkey))
    with pytest.raises(EvidenceError, match=PROOF):
        check(made.content, replace(trust, origin="other.example/log"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("manifest_sha256", "0" * 64),
        ("key_age_sha256", "0" * 64),
        ("data", []),
        ("round", 2),
        ("form", "identified"),
        ("decision_sha256", "0" * 64),
        ("recipients", []),
        ("rows", 4),
        ("objections", []),
        ("witnesses", "cosigned"),
    ],
)
def test_the_log_entry_must_name_this_release(made: Made, field: str, value: object) -> None:
    content = made.prepared.released_content(accounting_sha256="5" * 64)
    proof = prove(made.custodian, {**content, field: value})
    assert field in refused(made, parts(made) | {PROOF: proof}).cause


def test_the_log_entry_must_be_the_release_of_this_case(made: Made) -> None:
    content = made.prepared.released_content(accounting_sha256="5" * 64)
    assert "not a release" in refused(made, parts(made) | {PROOF: prove(made.custodian, content, kind="fact")}).cause
    assert "another case" in refused(made, parts(made) | {PROOF: prove(made.custodian, content, case="0008")}).cause


def test_the_proof_must_carry_the_entry_it_proves(made: Made) -> None:
    proof = parse_proof(made.proof)
    assert proof.extra
    carried = parse_canonical(proof.extra)
    leaf, body = carried["leaf"].encode(), carried["body"].encode()
    for extra in (
        None,
        b"",
        b"{}",
        canonical([1]),
        proof.extra + b" ",
        proof_extra(leaf=leaf.replace(b"0007", b"0009"), body=body),
        proof_extra(leaf=leaf, body=body.replace(b"identified", b"statistics").replace(b"rows", b"cols")),
        canonical({**carried, "more": ""}),
    ):
        for trusted in (True, False):
            with pytest.raises(EvidenceError, match=PROOF):
                made.verify(
                    rezip(list((parts(made) | {PROOF: replace(proof, extra=extra).format()}).items())), trusted=trusted
                )


@pytest.mark.parametrize(
    "change",
    [
        lambda statement: statement | {"more": 1},
        lambda statement: statement | {"_type": "other"},
        lambda statement: statement | {"predicateType": "other"},
        lambda statement: statement | {"subject": statement["subject"][1:]},
        lambda statement: statement | {"subject": [*statement["subject"], statement["subject"][0]]},
        lambda statement: statement | {"subject": [*statement["subject"], {"name": 7, "digest": {}}]},
        lambda statement: statement | {"subject": {}},
        lambda statement: statement | {"predicate": []},
        lambda statement: statement | {"predicate": statement["predicate"] | {"schema": "modicum.manifest/2"}},
        lambda statement: statement | {"predicate": statement["predicate"] | {"case": 7}},
        lambda statement: statement | {"predicate": statement["predicate"] | {"recipients": "all"}},
        lambda statement: statement | {"predicate": statement["predicate"] | {"objections": [1]}},
        lambda _: [],
        lambda _: {},
    ],
)
def test_a_signed_manifest_of_another_shape(made: Made, change: object) -> None:
    envelope = parts(made)[MANIFEST]
    key = made.custodian.manifest_key
    statement = parse_canonical(dsse.verify(envelope, key.public_key(), PAYLOAD_TYPE))
    signed = dsse.sign(canonical(change(statement)), PAYLOAD_TYPE, key)  # type: ignore[operator]
    refused(made, parts(made) | {MANIFEST: signed})


def test_every_field_of_the_manifest_is_signed(made: Made) -> None:
    envelope = parse_canonical(parts(made)[MANIFEST])
    statement = parse_canonical(b64decode(envelope["payload"]))
    for field, value in statement["predicate"].items():
        other = [] if isinstance(value, list) and value else value + 1 if isinstance(value, int) else "other"
        payload = canonical({**statement, "predicate": {**statement["predicate"], field: other}})
        edited = canonical({**envelope, "payload": b64encode(payload).decode()})
        assert refused(made, parts(made) | {MANIFEST: edited}).place == f"0007.modicum, {MANIFEST}"


def test_the_entry_that_we_write_is_one_that_the_docket_knows(made: Made) -> None:
    check_content("released", made.prepared.released_content(accounting_sha256="5" * 64))


def test_every_cut_and_every_addition_is_noticed() -> None:
    made = make_small()
    for size in range(0, len(made.content), 7):
        with pytest.raises(EvidenceError):
            made.verify(made.content[:size])
    for changed in (made.content + b"\0", b"\0" + made.content, made.content + made.content, b"", b"PK"):
        with pytest.raises(EvidenceError):
            made.verify(changed)


def test_a_container_of_more_than_four_gigabytes_is_read_by_others(tmp_path: Path) -> None:
    size = 5 << 30
    path = tmp_path / "large.zip"
    head = local_header("data/a.age", size_bytes=size, crc=0)
    next_head = local_header("data/b.age", size_bytes=3, crc=0x352441C2)
    members = [
        Member(name="data/a.age", size_bytes=size, crc32=0, sha256="", offset=len(head)),
        Member(name="data/b.age", size_bytes=3, crc32=0x352441C2, sha256="", offset=len(head) + size + len(next_head)),
    ]
    with path.open("wb") as file:
        file.write(head)
        file.seek(size, 1)  # a hole: takes no room
        file.write(next_head + b"abc")
        for _, record in directory(members, at=file.tell()):
            file.write(record)
    with ZipFile(path) as archive:
        assert [each.file_size for each in archive.infolist()] == [size, 3]
        assert archive.read("data/b.age") == b"abc"
        with archive.open("data/a.age") as large:
            assert large.read(4) == b"\0\0\0\0"
