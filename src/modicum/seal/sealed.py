"""What stands sealed and staged before a release is logged: one file of data, its digest, its size, what is in it."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

from modicum.seal.age import OneTimeIdentity, Reader, Writer, encrypt_stream
from modicum_verify.zipform import Member

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataColumn:
    """A column that leaves: its name in the file, its kind (text, integer, decimal, date), what was done to it."""

    name: str
    kind: str = "text"
    treatment: str = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One data file as its recipient will read it. `name` is its path in the package, `data/NAME.parquet.age`.

    `rows` is None where the file is no table (a statistics answer); `columns` are in the file's order.
    """

    name: str
    title: str
    rows: int | None
    columns: tuple[DataColumn, ...] = ()

    @property
    def plain_name(self) -> str:
        """What the file is called once it is opened."""
        return self.name.removeprefix("data/").removesuffix(".age")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The measure of one sealed file: what manifest, log entry and package say about its bytes."""

    name: str
    size_bytes: int
    sha256: str
    crc32: int

    def as_document(self) -> dict[str, Any]:
        """As the `released` entry lists it."""
        return {"name": self.name, "sha256": self.sha256, "size_bytes": self.size_bytes}

    def as_member(self) -> Member:
        """As the container lists it, its place still open."""
        return Member(name=self.name, size_bytes=self.size_bytes, crc32=self.crc32, sha256=self.sha256)


def data_name(table: str, *, suffix: str = ".parquet") -> str:
    """Give the path in the package for a table: characters that no file system minds, `.age` at the end."""
    stem = _UNSAFE.sub("_", table).strip("._-")[:100] or "table"
    return f"data/{stem}{suffix}.age"


def seal_stream(reader: Reader, writer: Writer, *, identity: OneTimeIdentity, name: str) -> Sealed:
    """Seal all that `reader` gives into `writer`, measuring what is written; constant memory.

    `reader` must raise where its source failed: its end is taken for the end of the data. Raises what both raise.
    """
    measured = _Measured(writer)
    encrypt_stream(reader, measured, recipient=identity.recipient)
    return measured.sealed(name)


def measure(name: str, content: bytes) -> Sealed:
    """Measure a file that is in memory."""
    return Sealed(name=name, size_bytes=len(content), sha256=sha256(content).hexdigest(), crc32=crc32(content))


class _Measured:
    """A writer that passes bytes on and keeps their count, digest and checksum."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._hash, self._crc, self._size = writer, sha256(), 0, 0

    def write(self, data: bytes) -> int:
        self._writer.write(data)
        self._hash.update(data)
        self._crc = crc32(data, self._crc)
        self._size += len(data)
        return len(data)

    def sealed(self, name: str) -> Sealed:
        return Sealed(name=name, size_bytes=self._size, sha256=self._hash.hexdigest(), crc32=self._crc)
