"""One entry of the log: a leaf that everybody may see, and a body that can be shown one by one.

A leaf is canonical JSON `{v, kind, at, case, actor, body}`. `body` is the SHA-256 of the body file, which is canonical
JSON `{salt, content}`; the 32-byte salt keeps a short content from being guessed, so a body can be disclosed, or kept,
without touching its neighbours. No person-level data stands in either.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, cast

from modicum_verify.canonical import Json, canonical, parse_canonical
from modicum_verify.errors import EvidenceError

LEAF_VERSION: Final = 1
SALT_BYTES: Final = 32
_LEAF_FIELDS: Final = {"v", "kind", "at", "case", "actor", "body"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A leaf at its place in the log, with its content where that was disclosed."""

    index: int
    kind: str
    at: str  # UTC, RFC 3339, whole seconds: 2026-11-23T09:30:00Z
    case: str | None
    actor: str  # organisation/person, or "gateway"
    body: str  # commitment, lower-case hex
    content: dict[str, Any] | None

    @property
    def place(self) -> str:
        """How errors name this entry."""
        return f"log entry {self.index}"


def body_file(content: Json, *, salt: bytes) -> tuple[str, bytes]:
    """Make a body file; gives its commitment (hex SHA-256 of the file, also its name) and its bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"salt has {len(salt)} bytes, needs {SALT_BYTES}")
    data = canonical({"salt": salt.hex(), "content": content})
    return sha256(data).hexdigest(), data


def leaf_bytes(*, kind: str, at: str, case: str | None, actor: str, body: str) -> bytes:
    """Write a leaf."""
    return canonical({"v": LEAF_VERSION, "kind": kind, "at": at, "case": case, "actor": actor, "body": body})


def read_entry(index: int, leaf: bytes, body: bytes | None) -> Entry:
    """Read a leaf and, where given, its body file, checking one against the other.

    Raises EvidenceError: not canonical, unknown fields, or a body that does not match its commitment.
    """
    place = f"log entry {index}"
    fields = _leaf_fields(place, leaf)
    content = None
    if body is not None:
        if sha256(body).hexdigest() != fields["body"]:
            raise EvidenceError(place=f"{place}, body {fields['body'][:12]}", cause="does not match its commitment")
        try:
            content = parse_canonical(body)["content"]
        except (ValueError, KeyError, TypeError) as error:
            raise EvidenceError(place=f"{place}, body {fields['body'][:12]}", cause="is not a body file") from error
    return Entry(
        index=index,
        kind=fields["kind"],
        at=fields["at"],
        case=fields["case"],
        actor=fields["actor"],
        body=fields["body"],
        content=cast("dict[str, Any] | None", content),
    )


def _leaf_fields(place: str, leaf: bytes) -> dict[str, Any]:
    try:
        fields = parse_canonical(leaf)
    except ValueError as error:
        raise EvidenceError(place=place, cause="leaf is not canonical JSON") from error
    if not isinstance(fields, dict) or set(fields) != _LEAF_FIELDS or fields["v"] != LEAF_VERSION:
        raise EvidenceError(place=place, cause="leaf has fields this version does not know")
    texts = all(isinstance(fields[name], str) for name in ("kind", "at", "actor", "body"))
    if not texts or not (fields["case"] is None or isinstance(fields["case"], str)):
        raise EvidenceError(place=place, cause="leaf has a field of the wrong type")
    return fields
