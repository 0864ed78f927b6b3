"""A changed byte anywhere in a package is an error that names the place.

Small packages: every byte, once as it is and once with the checksums mended, as somebody who means it would. A large one:
10,000 bytes at random, at least 200 of them in each member, each header and the directory (a uniform draw would hardly
touch anything but the rows).
"""

import random
from io import BytesIO
from zipfile import ZipFile

import pytest
from seal_maker import Made, make, make_small
from test_package_verify import parts, rezip

from modicum_verify.errors import EvidenceError
from modicum_verify.package import verify_package_file
from modicum_verify.zipform import local_header


def flipped(content: bytes, at: int, mask: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= mask
    return bytes(changed)


def regions(made: Made) -> dict[str, tuple[int, int]]:
    """Name -> first and last-plus-one byte, for each content, each header, and the directory."""
    found, at = {}, 0
    with ZipFile(BytesIO(made.content)) as archive:
        for each in archive.infolist():
            start = at + len(local_header(each.filename, size_bytes=each.file_size, crc=each.CRC))
            found[f"header {each.filename}"] = (at, start)
            at = start + each.file_size
            found[each.filename] = (start, at)
    return {**found, "directory": (at, len(made.content))}


def test_every_byte_of_a_small_package() -> None:
    made = make_small()
    chosen = random.Random(7)
    assert made.verify().trusted
    for name, (start, end) in regions(made).items():
        for at in range(start, end):
            with pytest.raises(EvidenceError) as caught:
                made.verify(flipped(made.content, at, 1 << chosen.randrange(8)))
            assert caught.value.place.startswith("0007.modicum, ")
            if not name.startswith(("header", "directory")):
                assert name in caught.value.place


def test_every_byte_of_every_member_with_the_checksums_mended() -> None:
    made = make_small()
    chosen = random.Random(8)
    files = parts(made)
    for name, content in files.items():
        for at in range(len(content)):
            changed = files | {name: flipped(content, at, 1 << chosen.randrange(8))}
            with pytest.raises(EvidenceError):
                made.verify(rezip(list(changed.items())))


def test_ten_thousand_bytes_of_a_large_package() -> None:
    chosen = random.Random(9)
    made = make({"claims": chosen.randbytes(900_000), "enrolment": chosen.randbytes(400_000)})
    places = regions(made)
    tried = [chosen.randrange(start, end) for start, end in places.values() for _ in range(200)]
    tried += [chosen.randrange(len(made.content)) for _ in range(10_000 - len(tried))]
    file, trust = BytesIO(made.content), made.custodian.trust
    assert verify_package_file(file, place="large", trust=trust).trusted
    for at in tried:
        file.getbuffer()[at] ^= 1 << chosen.randrange(8)
        with pytest.raises(EvidenceError):
            verify_package_file(file, place="large", trust=trust)
        file.getbuffer()[at] = made.content[at]
    assert verify_package_file(file, place="large", trust=trust).trusted
