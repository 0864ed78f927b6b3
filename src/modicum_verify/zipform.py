"""One ZIP for one list of members: stored, fixed order, time and attributes, no extras save what zip64 forces.

The writer uses these headers and the reader walks a file by writing them again and comparing, so no byte of the
container is free: a flag, a comment, a gap, a trailing byte, a record out of order is an error with its place. Members
are read as a stream; only those the caller asks to keep stay in memory.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import BinaryIO, Final
from zlib import crc32

from modicum_verify.errors import EvidenceError

CHUNK_BYTES: Final = 1 << 16
MAX_KEPT_BYTES: Final = 16 << 20
MAX_MEMBERS: Final = 10_000
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,119})?", re.ASCII)

_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")
_END64: Final = Struct("<4sQ2H2I4Q")
_LOCATOR64: Final = Struct("<4sIQI")
_LOCAL_MARK: Final = b"PK\x03\x04"
_CENTRAL_MARK: Final = b"PK\x01\x02"
_VERSION, _VERSION64 = 20, 45
_MADE_BY_UNIX: Final = 3 << 8
_MODE_0644: Final = 0o100644 << 16
_TIME, _DATE = 0, (1 << 5) | 1  # 1980-01-01 00:00:00
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in the container; `offset` is that of its content."""

    name: str
    size_bytes: int
    crc32: int
    sha256: str
    offset: int = 0


def local_header(name: str, *, size_bytes: int, crc: int) -> bytes:
    """What stands before a member's content."""
    big = size_bytes >= _FULL32
    extra = Struct("<2H2Q").pack(1, 16, size_bytes, size_bytes) if big else b""
    shown = _FULL32 if big else size_bytes
    version = _VERSION64 if big else _VERSION
    encoded = name.encode("ascii")
    head = _LOCAL.pack(_LOCAL_MARK, version, 0, 0, _TIME, _DATE, crc, shown, shown, len(encoded), len(extra))
    return head + encoded + extra


def directory(members: Sequence[Member], *, at: int) -> Iterator[tuple[str, bytes]]:
    """The records after the last content, each with the name by which errors call it.

    at: offset of the central directory, which is where the last content ends.
    """
    size = 0
    for member in members:
        header = local_header(member.name, size_bytes=member.size_bytes, crc=member.crc32)
        record = _central_record(member, start=member.offset - len(header))
        size += len(record)
        yield f"directory record of {member.name}", record
    count = len(members)
    if count >= _FULL16 or size >= _FULL32 or at >= _FULL32:
        made_by = _MADE_BY_UNIX | _VERSION64
        yield (
            "zip64 end record",
            (
                _END64.pack(b"PK\x06\x06", _END64.size - 12, made_by, _VERSION64, 0, 0, count, count, size, at)
                + _LOCATOR64.pack(b"PK\x06\x07", 0, at + size, 1)
            ),
        )
    shown = min(count, _FULL16)
    yield "end record", _END.pack(b"PK\x05\x06", 0, 0, shown, shown, min(size, _FULL32), min(at, _FULL32), 0)


def walk(
    file: BinaryIO, *, size_bytes: int, keep: Callable[[str], bool], place: str
) -> tuple[list[Member], dict[str, bytes]]:
    """Read the whole container from its first byte; gives the members in order and the contents asked for.

    keep: which members stay in memory (the caller knows them to be small; at most 16 MiB each).
    Raises EvidenceError whose place is `place`, then the member, record or byte at fault.
    """
    members: list[Member] = []
    names: set[str] = set()
    kept: dict[str, bytes] = {}
    offset = 0
    while True:
        before = f"after {members[-1].name}" if members else "at the start"
        head = file.read(_LOCAL.size)
        if members and head[:4] == _CENTRAL_MARK:
            break
        name, size, crc = _parse_local(file, head, place=f"{place}, member header {before} (byte {offset})")
        where = f"{place}, {name}"
        if name in names:
            raise EvidenceError(place=where, cause="is there twice")
        if len(names) == MAX_MEMBERS:
            raise EvidenceError(place=where, cause=f"is more than the {MAX_MEMBERS:,} files that a package may hold")
        names.add(name)
        offset += len(local_header(name, size_bytes=size, crc=crc))
        if size > size_bytes - offset:
            raise EvidenceError(place=where, cause="is cut off, or its header lies about its size")
        content, member = _read_content(file, name, size, keep=keep(name), offset=offset, place=where)
        if member.crc32 != crc:
            raise EvidenceError(place=where, cause="content or header was altered (checksum differs)")
        members.append(member)
        if content is not None:
            kept[name] = content
        offset += size
    _check_directory(file, head, members, at=offset, place=place)
    return members, kept


def _central_record(member: Member, *, start: int) -> bytes:
    encoded = member.name.encode("ascii")
    sizes = [member.size_bytes, member.size_bytes] if member.size_bytes >= _FULL32 else []
    wide = sizes + ([start] if start >= _FULL32 else [])
    extra = Struct(f"<2H{len(wide)}Q").pack(1, 8 * len(wide), *wide) if wide else b""
    version = _VERSION64 if wide else _VERSION
    shown, at = min(member.size_bytes, _FULL32), min(start, _FULL32)
    head = (_CENTRAL_MARK, _MADE_BY_UNIX | version, version, 0, 0, _TIME, _DATE, member.crc32, shown, shown)
    return _CENTRAL.pack(*head, len(encoded), len(extra), 0, 0, 0, _MODE_0644, at) + encoded + extra


def _parse_local(file: BinaryIO, head: bytes, *, place: str) -> tuple[str, int, int]:
    if len(head) != _LOCAL.size or head[:4] != _LOCAL_MARK:
        raise EvidenceError(place=place, cause="is missing or altered")
    *_, crc, _, size, name_length, extra_length = _LOCAL.unpack(head)
    rest = file.read(name_length + extra_length)
    name = rest[:name_length].decode("latin-1")
    if not NAME.fullmatch(name):
        raise EvidenceError(place=place, cause="names a file that no package holds")
    if extra_length and len(rest) == name_length + 20:
        size = int.from_bytes(rest[-8:], "little")
    if head + rest != local_header(name, size_bytes=size, crc=crc):
        raise EvidenceError(place=f"{place} of {name}", cause="was altered")
    return name, size, crc


def _read_content(
    file: BinaryIO, name: str, size: int, *, keep: bool, offset: int, place: str
) -> tuple[bytes | None, Member]:
    if keep and size > MAX_KEPT_BYTES:
        raise EvidenceError(place=place, cause="is too large for what it is")
    hashed, checksum, left, parts = sha256(), 0, size, []
    while left:
        chunk = file.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise EvidenceError(place=place, cause="is cut off")
        hashed.update(chunk)
        checksum = crc32(chunk, checksum)
        left -= len(chunk)
        if keep:
            parts.append(chunk)
    member = Member(name=name, size_bytes=size, crc32=checksum, sha256=hashed.hexdigest(), offset=offset)
    return (b"".join(parts) if keep else None), member


def _check_directory(file: BinaryIO, head: bytes, members: Sequence[Member], *, at: int, place: str) -> None:
    have = head
    for name, record in directory(members, at=at):
        have += file.read(max(len(record) - len(have), 0))
        if have[: len(record)] != record:
            raise EvidenceError(place=f"{place}, {name}", cause="was altered or cut off")
        have = have[len(record) :]
    if have or file.read(1):
        raise EvidenceError(place=f"{place}, after the end record", cause="has bytes that do not belong to it")
