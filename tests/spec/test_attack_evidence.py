"""Evidence made to hurt its reader: deep, many, huge. The verifier says no, in its own words and in no time."""

import io
import time

import pytest

from modicum_verify.canonical import MAX_DEPTH, canonical, parse_canonical
from modicum_verify.errors import EvidenceError
from modicum_verify.package import verify_package_file
from modicum_verify.zipform import MAX_MEMBERS, Member, directory, local_header

SECONDS = 5.0  # a quadratic reader takes minutes


def container(names: list[str]) -> io.BytesIO:
    """A well-formed container of empty members."""
    out, members = io.BytesIO(), []
    for name in names:
        out.write(local_header(name, size_bytes=0, crc=0))
        members.append(Member(name=name, size_bytes=0, crc32=0, sha256="", offset=out.tell()))
    for _, record in directory(members, at=out.tell()):
        out.write(record)
    return out


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 600, 900, 5_000, 200_000])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_nested_too_deeply_is_an_error_of_ours(depth: int, opened: bytes, closed: bytes) -> None:
    inner = b"[]" if opened == b"[" else b"{}"
    with pytest.raises(ValueError, match="deep"):
        parse_canonical(opened * (depth - 1) + inner + closed * (depth - 1))


def test_json_nested_as_deeply_as_allowed_is_read() -> None:
    data = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert canonical(parse_canonical(data)) == data


@pytest.mark.parametrize("count", [MAX_MEMBERS - 6, MAX_MEMBERS, 60_000])
@pytest.mark.parametrize("prefix", ["data/a", "a"])
def test_a_container_of_very_many_files_takes_no_time(count: int, prefix: str) -> None:
    file = container([f"{prefix}{number:05}" for number in range(count)])
    before = time.process_time()
    with pytest.raises(EvidenceError):
        verify_package_file(file, place="many.modicum", trust=None)
    assert time.process_time() - before < SECONDS
