"""Who was in which release: one bit a person and release, in a file whose digest stands in the log.

`accounting/DATASET/RELEASE.bits` holds bit `ordinal % 8` of byte `ordinal // 8` for each person of the data set
(numbered by custody); `RELEASE.json` says what left and commits to the bits in pieces of 64 KiB, so that one person's
bit is checked by reading one piece. The digest of that document goes into the `released` event; a salt keeps it from
being used to guess who is in. Both files are durable before the event is written.

Source: 45 CFR 164.528 (b)(2), what an accounting of disclosures says; design: log before leave.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modicum.model.errors import EvidenceError, InvalidInputError, NotFoundError
from modicum.storage import Folder, MemoryFolder
from modicum_verify.canonical import canonical, parse_canonical

RECORD_SCHEMA: Final = "modicum.accounting/1"
PIECE_BYTES: Final = 64 * 1024
_SALT_BYTES: Final = 32
_LINE_FIELDS: Final = frozenset({"at", "recipients", "purpose", "columns", "authority", "form"})

Persons: TypeAlias = NDArray[np.bool_]
"""One truth value per person of a data set, by ordinal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release that one person was in: its name (case-round), the data set's version, what left, when, to whom."""

    release: str
    dataset: str
    dataset_version: str
    line: Mapping[str, Any]


def record(
    folder: Folder | MemoryFolder,
    *,
    release: str,
    dataset_name: str,
    dataset_version: str,
    persons: Persons,
    document: Mapping[str, Any],
) -> str:
    """Write down who is in a release, durably; gives the digest for the `released` event.

    persons: one truth value per person of the data set, by ordinal; document: `{at, recipients, purpose, columns,
    authority, form}`, what each of these people will be told. A record left by an attempt that was never logged is
    replaced. Raises InvalidInputError: another shape.
    """
    if persons.dtype != np.bool_ or persons.ndim != 1 or set(document) != _LINE_FIELDS:
        raise InvalidInputError(
            cause="an accounting record needs one truth value per person, and the six fields of a disclosure",
            cure="give a flat boolean array by ordinal, and at, recipients, purpose, columns, authority, form",
        )
    bits = np.packbits(persons, bitorder="little").tobytes()
    pieces = [bits[at : at + PIECE_BYTES] for at in range(0, len(bits), PIECE_BYTES)]
    written = canonical(
        {
            "schema": RECORD_SCHEMA,
            "salt": secrets.token_hex(_SALT_BYTES),
            "release": release,
            "dataset": {"name": dataset_name, "version": dataset_version},
            "persons": len(persons),
            "included": int(np.count_nonzero(persons)),
            "pieces": [sha256(piece).hexdigest() for piece in pieces],
            "line": dict(document),
        }
    )
    bits_path, document_path = _paths(dataset_name, release)
    folder.replace(bits_path, bits)
    folder.replace(document_path, written)
    return sha256(written).hexdigest()


def releases_with(
    folder: Folder | MemoryFolder,
    *,
    dataset_name: str,
    ordinal_in: Callable[[str], int | None],
    logged: Mapping[str, str],
) -> list[Release]:
    """Give the releases of a data set that hold one person, in the order of `logged`.

    ordinal_in: the person's number in a version of the data set (numbers change with it), None where they are not in
    it; asked once a version. logged: release -> accounting digest, from the `released` events of that data set; only
    what is logged counts, and all of it must be there. Reads one piece per release.
    Raises EvidenceError: a file is missing, altered, or of another release.
    """
    found: list[Release] = []
    ordinals: dict[str, int | None] = {}
    for release, digest in logged.items():
        fields = _document(folder, dataset_name=dataset_name, release=release, digest=digest)
        version = fields["dataset"]["version"]
        if version not in ordinals:
            ordinals[version] = ordinal_in(version)
        ordinal = ordinals[version]
        if ordinal is not None and _bit(folder, fields, ordinal):
            found.append(Release(release=release, dataset=dataset_name, dataset_version=version, line=fields["line"]))
    return found


def check(folder: Folder | MemoryFolder, *, dataset_name: str, release: str, digest: str) -> int:
    """Check one record in full against the digest that the log holds; gives the number of persons in the release.

    Raises EvidenceError: a file is missing or altered.
    """
    fields = _document(folder, dataset_name=dataset_name, release=release, digest=digest)
    bits_path, _ = _paths(dataset_name, release)
    bits = b"".join(_piece(folder, fields, number) for number in range(len(fields["pieces"])))
    included = int(np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).sum())
    if included != fields["included"] or len(_read(folder, bits_path)) != len(bits):
        raise EvidenceError(place=bits_path, cause="does not hold what was logged")
    return included


def included_among(
    folder: Folder | MemoryFolder,
    *,
    dataset_name: str,
    release: str,
    digest: str,
    ordinals: Iterable[Sequence[int]],
) -> int:
    """How many of some persons (by number, each once, some at a time) are in a release.

    Raises EvidenceError: a file is missing or altered.
    """
    fields = _document(folder, dataset_name=dataset_name, release=release, digest=digest)
    bits = b"".join(_piece(folder, fields, number) for number in range(len(fields["pieces"])))
    inside = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), bitorder="little")[: fields["persons"]]
    return sum(int(inside[np.asarray(some, dtype=np.int64)].sum()) for some in ordinals)


def discard(folder: Folder | MemoryFolder, *, dataset_name: str, release: str) -> None:
    """Remove the record of a release that was never logged; it may be missing."""
    folder.discard(_paths(dataset_name, release))


def _paths(dataset_name: str, release: str) -> tuple[str, str]:
    stem = f"accounting/{dataset_name}/{release}"
    return f"{stem}.bits", f"{stem}.json"


def _document(folder: Folder | MemoryFolder, *, dataset_name: str, release: str, digest: str) -> dict[str, Any]:
    _, path = _paths(dataset_name, release)
    data = _read(folder, path)
    if sha256(data).hexdigest() != digest:
        raise EvidenceError(place=path, cause="is not the accounting record that was logged")
    try:
        fields: dict[str, Any] = parse_canonical(data)
        own = (fields["schema"], fields["release"], fields["dataset"]["name"]) == (RECORD_SCHEMA, release, dataset_name)
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(place=path, cause="is no accounting record") from error
    if not own:
        raise EvidenceError(place=path, cause="is the accounting record of another release")
    return fields


def _bit(folder: Folder | MemoryFolder, fields: Mapping[str, Any], ordinal: int) -> bool:
    if not 0 <= ordinal < fields["persons"]:
        raise InvalidInputError(
            cause="this person's number is not one of the data set's", cure="look the person up in the same version"
        )
    byte = ordinal // 8
    piece = _piece(folder, fields, byte // PIECE_BYTES)
    return bool(piece[byte % PIECE_BYTES] >> (ordinal % 8) & 1)


def _piece(folder: Folder | MemoryFolder, fields: Mapping[str, Any], number: int) -> bytes:
    path, _ = _paths(fields["dataset"]["name"], fields["release"])
    piece = _read_at(folder, path, offset=number * PIECE_BYTES, size=PIECE_BYTES)
    if sha256(piece).hexdigest() != fields["pieces"][number]:
        raise EvidenceError(place=path, cause=f"was altered in its piece {number}")
    return piece


def _read(folder: Folder | MemoryFolder, path: str) -> bytes:
    try:
        return folder.read(path)
    except NotFoundError as error:
        raise EvidenceError(place=path, cause="is missing, though its release is in the log") from error


def _read_at(folder: Folder | MemoryFolder, path: str, *, offset: int, size: int) -> bytes:
    if isinstance(folder, MemoryFolder) or not folder.exists(path):
        return _read(folder, path)[offset : offset + size]
    with folder.path(path).open("rb") as file:
        file.seek(offset)
        return file.read(size)
