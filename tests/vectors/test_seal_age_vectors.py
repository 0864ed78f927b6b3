"""Our doorway opens what the published age vectors say opens, and nothing that they say must not."""

import zlib
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pyrage
import pytest

from modicum.model.errors import EvidenceError, ModicumError
from modicum.seal.age import OneTimeIdentity, decrypt_stream, open_key

VECTORS = Path(__file__).parent.parent / "data" / "age"
FILES = sorted(each for each in VECTORS.iterdir() if each.suffix != ".md")


def read_vector(path: Path) -> tuple[dict[str, str], bytes]:
    head, _, body = path.read_bytes().partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return fields, zlib.decompress(body) if fields.get("compressed") == "zlib" else body


# Where pyrage 1.4 (rage) and the vectors part; none lets through what was not sealed to the key.
UNSUPPORTED = {
    "armor_hybrid",  # a post-quantum key, which pyrage does not read in this form
    "armor_whitespace_outside",  # blanks around armor; our packages are not armored
}
LENIENT = {
    # rage still reads the headers of age's first betas; the header's MAC covers them all the same
    "stanza_missing_body",
    "stanza_missing_final_line",
}
WITH_KEY = [each for each in FILES if "identity" in read_vector(each)[0]]
BY_NAME = {each.name: read_vector(each) for each in WITH_KEY}


def one_time(secret: str) -> OneTimeIdentity:
    return OneTimeIdentity(pyrage.x25519.Identity.from_str(secret))


def test_the_vectors_are_there() -> None:
    assert len(FILES) == 61
    assert len(WITH_KEY) == 57


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - UNSUPPORTED - LENIENT))
def test_vector(name: str) -> None:
    fields, body = BY_NAME[name]
    out = BytesIO()
    if fields["expect"] == "success":
        decrypt_stream(BytesIO(body), out, one_time(fields["identity"]))
        assert sha256(out.getvalue()).hexdigest() == fields["payload"]
    else:
        with pytest.raises(EvidenceError):
            decrypt_stream(BytesIO(body), out, one_time(fields["identity"]))


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_what_is_not_supported_is_refused_not_misread(name: str) -> None:
    fields, body = BY_NAME[name]
    with pytest.raises((ModicumError, pyrage.IdentityError)):
        decrypt_stream(BytesIO(body), BytesIO(), one_time(fields["identity"]))
    with pytest.raises(ModicumError):
        open_key(body, fields["identity"].encode())


@pytest.mark.parametrize("name", sorted(LENIENT))
def test_what_is_read_leniently_is_still_bound_to_the_key(name: str) -> None:
    fields, body = BY_NAME[name]
    decrypt_stream(BytesIO(body), BytesIO(), one_time(fields["identity"]))
    with pytest.raises(EvidenceError):
        decrypt_stream(BytesIO(body.replace(b"-> X", b"-> Y", 1)), BytesIO(), one_time(fields["identity"]))
    with pytest.raises(EvidenceError):
        decrypt_stream(BytesIO(body), BytesIO(), OneTimeIdentity.generate())


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_vector_is_no_key_file(name: str) -> None:
    fields, body = BY_NAME[name]
    with pytest.raises(ModicumError):
        open_key(body, fields["identity"].encode())
