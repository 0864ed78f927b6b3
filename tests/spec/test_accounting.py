"""Who was in a release is written down before it leaves, is checked when read, and is told in plain words."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from modicum.accounting import record as accounting
from modicum.accounting.record import PIECE_BYTES, Release, check, discard, record, releases_with
from modicum.accounting.statement import Line, as_document, as_text
from modicum.model.errors import EvidenceError, InvalidInputError
from modicum.model.forms import DISCLOSING
from modicum.storage import Folder, MemoryFolder
from modicum_verify.canonical import canonical, parse_canonical

DOCUMENT = {
    "at": "2026-11-23T09:30:00Z",
    "recipients": [{"organisation": "cms", "person": "rivera"}],
    "purpose": "program integrity",
    "columns": ["enrolment.state", "claims.paid"],
    "authority": "42 CFR 431.302",
    "form": "pseudonymised",
}


@pytest.fixture(params=["disk", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder | MemoryFolder:
    return Folder(tmp_path) if request.param == "disk" else MemoryFolder()


def write(folder: Folder | MemoryFolder, release: str, included: set[int], *, persons: int = 20) -> str:
    flags = np.zeros(persons, dtype=np.bool_)
    flags[sorted(included)] = True
    return record(
        folder, release=release, dataset_name="enrolment", dataset_version="v1", persons=flags, document=DOCUMENT
    )


def found(folder: Folder | MemoryFolder, ordinal: int | None, logged: Mapping[str, str]) -> list[str]:
    releases = releases_with(folder, dataset_name="enrolment", ordinal_in=lambda _: ordinal, logged=logged)
    return [each.release for each in releases]


def test_a_person_is_told_the_releases_they_were_in(folder: Folder | MemoryFolder) -> None:
    logged = {"0001-1": write(folder, "0001-1", {0, 7, 8, 19}), "0002-1": write(folder, "0002-1", {8})}
    assert found(folder, 8, logged) == ["0001-1", "0002-1"]
    assert found(folder, 19, logged) == ["0001-1"]
    assert found(folder, 1, logged) == []
    assert found(folder, None, logged) == []
    (release,) = releases_with(folder, dataset_name="enrolment", ordinal_in={"v1": 7}.get, logged=logged)
    assert release == Release(release="0001-1", dataset="enrolment", dataset_version="v1", line=DOCUMENT)


def test_what_was_never_logged_does_not_count(folder: Folder | MemoryFolder) -> None:
    write(folder, "0001-1", {3})
    assert found(folder, 3, {}) == []
    discard(folder, dataset_name="enrolment", release="0001-1")
    discard(folder, dataset_name="enrolment", release="0001-1")
    assert folder.list("accounting") == []


def test_an_attempt_that_was_aborted_is_written_anew(folder: Folder | MemoryFolder) -> None:
    first = write(folder, "0001-1", {3})
    second = write(folder, "0001-1", {4})
    assert first != second
    assert found(folder, 4, {"0001-1": second}) == ["0001-1"]
    with pytest.raises(EvidenceError):
        found(folder, 4, {"0001-1": first})


def test_the_digest_does_not_tell_who_is_in(folder: Folder | MemoryFolder) -> None:
    assert write(folder, "0001-1", {3}) != write(folder, "0001-1", {3})


def test_a_missing_file_is_broken_evidence(folder: Folder | MemoryFolder) -> None:
    for suffix in ("bits", "json"):
        logged = {"0001-1": write(folder, "0001-1", {3})}
        path = f"accounting/enrolment/0001-1.{suffix}"
        folder.remove(path)
        with pytest.raises(EvidenceError, match="missing") as caught:
            found(folder, 3, logged)
        assert caught.value.place == path


def test_every_altered_byte_is_broken_evidence(folder: Folder | MemoryFolder) -> None:
    digest = write(folder, "0001-1", {3})
    for suffix in ("bits", "json"):
        path = f"accounting/enrolment/0001-1.{suffix}"
        content = folder.read(path)
        for at in range(len(content)):
            folder.replace(path, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            with pytest.raises(EvidenceError):
                found(folder, 3, {"0001-1": digest})
            with pytest.raises(EvidenceError):
                check(folder, dataset_name="enrolment", release="0001-1", digest=digest)
        for changed in (content[:-1], content + b"\0"):
            folder.replace(path, changed)
            with pytest.raises(EvidenceError):
                check(folder, dataset_name="enrolment", release="0001-1", digest=digest)
        folder.replace(path, content)
    assert check(folder, dataset_name="enrolment", release="0001-1", digest=digest) == 1


def test_a_record_of_another_release_does_not_pass(folder: Folder | MemoryFolder) -> None:
    digest = write(folder, "0001-1", {3})
    for suffix in ("bits", "json"):
        folder.replace(f"accounting/enrolment/0002-1.{suffix}", folder.read(f"accounting/enrolment/0001-1.{suffix}"))
    with pytest.raises(EvidenceError, match="another release"):
        found(folder, 3, {"0002-1": digest})


def test_a_record_that_is_none_does_not_pass(folder: Folder | MemoryFolder) -> None:
    for content in (b"{}", b"[]", b"junk", canonical({"schema": 1, "release": 2, "dataset": 3})):
        folder.replace("accounting/enrolment/0001-1.json", content)
        with pytest.raises(EvidenceError, match="no accounting record"):
            found(folder, 3, {"0001-1": sha256(content).hexdigest()})


def test_large_records_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path)
    persons = PIECE_BYTES * 8 * 2 + 5
    included = {0, PIECE_BYTES * 8 - 1, PIECE_BYTES * 8, persons - 1}
    digest = write(folder, "0001-1", included, persons=persons)
    assert len(parse_canonical(folder.read("accounting/enrolment/0001-1.json"))["pieces"]) == 3
    sizes = []
    read_at = accounting._read_at
    monkeypatch.setattr(
        accounting, "_read_at", lambda *args, **kwargs: sizes.append(kwargs["size"]) or read_at(*args, **kwargs)
    )
    for ordinal in (*included, 1, persons - 2, PIECE_BYTES * 8 + 1):
        assert bool(found(folder, ordinal, {"0001-1": digest})) == (ordinal in included)
    assert set(sizes) == {PIECE_BYTES}
    assert check(folder, dataset_name="enrolment", release="0001-1", digest=digest) == 4


def test_a_number_outside_the_data_set_is_refused_without_echo(folder: Folder | MemoryFolder) -> None:
    digest = write(folder, "0001-1", {3})
    for ordinal in (-1, 20, 424242):
        with pytest.raises(InvalidInputError) as caught:
            found(folder, ordinal, {"0001-1": digest})
        assert str(ordinal) not in str(caught.value)


def test_another_shape_is_refused(folder: Folder | MemoryFolder) -> None:
    good = np.zeros(4, dtype=np.bool_)
    for persons, document in (
        (good.astype(np.uint8), DOCUMENT),
        (good.reshape(2, 2), DOCUMENT),
        (good, {}),
        (good, {**DOCUMENT, "ssn": "x"}),
    ):
        with pytest.raises(InvalidInputError):
            record(
                folder,
                release="0001-1",
                dataset_name="enrolment",
                dataset_version="v1",
                persons=persons,
                document=document,
            )
    assert folder.list() == []


def a_line(**changes: object) -> Line:
    line = {**DOCUMENT, **changes}
    return Line(
        release=Release(release="0001-1", dataset="enrolment", dataset_version="v1", line=line),
        entry=12,
        proof="c2sp.org/tlog-proof@v1\n",
    )


def test_the_statement_as_a_document() -> None:
    document = as_document("A-17", [a_line()])
    assert document["schema"] == "modicum.account/1"
    assert document["person"] == "A-17"
    (release,) = document["releases"]
    assert set(release) == {
        *("release", "at", "recipient", "purpose", "columns", "authority", "form", "entry", "proof")
    }
    assert release["recipient"] == "rivera, cms"
    assert parse_canonical(canonical(document)) == document


@pytest.mark.parametrize("form", DISCLOSING)
def test_the_statement_in_words_is_easy_to_read(form: str) -> None:
    text = as_text([a_line(form=str(form)), a_line(form=str(form))])
    assert "On November 23, 2026" in text
    assert "rivera, cms" in text
    assert "Log number: 12" in text
    # What Modicum says itself; names, purposes and citations are quoted as they are.
    own = re.sub(r"(Who got it|Why|Under which rule|What was used|Log number): .*", r"\1.", text)
    assert grade(re.sub(r"\d+\. On .*", "", own)) <= 8


def test_the_empty_statement_is_easy_to_read_and_promises_no_more_than_it_knows() -> None:
    text = as_text([])
    assert "in no release" in text
    assert "another way" in text
    assert grade(text) <= 8


def grade(text: str) -> float:
    """Flesch-Kincaid grade level, with a plain count of vowel groups as syllables."""
    sentences = [each for each in re.split(r"[.!?]\s", text) if re.search("[a-z]", each)]
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
