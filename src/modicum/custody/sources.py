"""Find the data files behind the paths a steward gives, and open them as plain bytes.

Rules it keeps: every file is either read or reported as ignored; a table has the name of its file, normalised; a file
whose compression breaks off is refused as a whole, because nobody can say how many rows it lost.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, cast

from modicum.model.errors import InvalidInputError, LogUnavailableError, NotFoundError
from modicum_verify.canonical import not_text

PERSONS: Final = "persons"  # the name of our own table of persons
BLOCK_BYTES: Final = 8 * 1024 * 1024


class Shape(StrEnum):
    """What kind of file it is."""

    DELIMITED = "delimited"
    PARQUET = "parquet"
    NDJSON = "ndjson"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file to register: where it is, how reports call it, what it is, the table it gives (FHIR: by resource)."""

    path: Path
    label: str
    shape: Shape
    table: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that was found and not read, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One row that could not be read: the file, the line where it starts (JSON: entry of a Bundle), the reason.

    The reason never holds a value.
    """

    file: str
    line: int
    reason: str


_SHAPES: Final = {
    ".csv": Shape.DELIMITED,
    ".tsv": Shape.DELIMITED,
    ".psv": Shape.DELIMITED,
    ".parquet": Shape.PARQUET,
    ".pq": Shape.PARQUET,
    ".ndjson": Shape.NDJSON,
    ".jsonl": Shape.NDJSON,
    ".json": Shape.JSON,
}
_IF_NAMED: Final = {".txt": Shape.DELIMITED, ".dat": Shape.DELIMITED}  # in a folder these are read-me files


def find_files(paths: Sequence[Path]) -> tuple[list[SourceFile], list[Ignored]]:
    """The data files behind files and folders (folders to any depth), in the order of their names.

    Raises NotFoundError: a path is not there. InvalidInputError: a named file is of no kind we read, none is left, or
    a path is not text.
    """
    found: list[SourceFile] = []
    ignored: list[Ignored] = []
    for path in paths:
        if path.is_dir():
            for each in _files_below(path):
                label = each.relative_to(path).as_posix()
                source = _source(each, label, _SHAPES)
                if source is None:
                    ignored.append(Ignored(label, "not a data file"))
                else:
                    found.append(source)
        elif path.is_file():
            source = _source(path, path.name, _SHAPES | _IF_NAMED)
            if source is None:
                raise InvalidInputError(
                    cause=f"{path.name} is of no kind that can be registered",
                    cure="give CSV, TSV, pipe-separated, Parquet or FHIR NDJSON, plain or .gz",
                )
            found.append(source)
        else:
            raise NotFoundError(cause=f"there is no file or folder {path}", cure="check the path")
    if not found:
        raise InvalidInputError(
            cause="no data file among the paths given", cure="give CSV, Parquet or FHIR NDJSON files, plain or .gz"
        )
    if any(not_text(str(each.path)) is not None for each in found):
        raise InvalidInputError(cause="the path of a data file is not text in UTF-8", cure="rename the file or folder")
    return found, ignored


def normalised(name: str) -> str:
    """A table name: lower case, words joined by `_`; never empty, never one of our own."""
    words = re.sub(r"[^0-9a-z]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    if not words or words[0].isdigit():
        words = f"table_{words}".rstrip("_")
    return f"{words}_table" if words == PERSONS else words


@contextmanager
def opened(source: SourceFile) -> Iterator[BinaryIO]:
    """Open a file as its plain bytes, through gzip where its name ends so.

    Raises InvalidInputError: unreadable, or compressed data that breaks off or is damaged.
    """
    try:
        with source.path.open("rb") as plain:
            if source.path.suffix.lower() == ".gz":
                with gzip.open(plain, "rb") as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield plain
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InvalidInputError(
            cause=f"{source.label}: its compressed data is damaged or breaks off, so rows are missing",
            cure="get the file again; nothing of it was registered",
        ) from None
    except PermissionError:
        raise InvalidInputError(cause=f"{source.label} may not be read", cure="check its permissions") from None
    except OSError as error:
        if error.errno is None:
            raise
        raise LogUnavailableError(
            cause=f"{source.label}: the disk failed while it was registered (error {error.errno})",
            cure="free space or repair the disk, and run the command again",
        ) from None


def blocks(stream: BinaryIO, size: int = BLOCK_BYTES) -> Iterable[bytes]:
    """A file as blocks of whole lines; the last one may lack its line end."""
    rest = b""
    while data := stream.read(size):
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            rest += data
            continue
        yield rest + data[:cut]
        rest = data[cut:]
    if rest:
        yield rest


def _files_below(folder: Path) -> list[Path]:
    return sorted(
        each
        for each in folder.rglob("*")
        if each.is_file() and not any(part.startswith(".") for part in each.relative_to(folder).parts)
    )


def _source(path: Path, label: str, shapes: dict[str, Shape]) -> SourceFile | None:
    name = path.name[:-3] if path.suffix.lower() == ".gz" else path.name
    plain = Path(name)
    shape = shapes.get(plain.suffix.lower())
    packed_parquet = shape is Shape.PARQUET and name != path.name  # Parquet is compressed inside; never gzipped
    if shape is None or packed_parquet:
        return None
    return SourceFile(path=path, label=label, shape=shape, table=normalised(plain.stem))
