"""Lines: the list of persons that a request about named persons brings, one line a person, as texts.

A request holds only the digest of the salted list. The salt keeps the digest from telling who is on the list: without
it, whoever reads the log could try names. A line's values never stand in a `repr`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modicum_verify.canonical import digest

LINES_SCHEMA: Final = "modicum.lines/1"
MOST_LINES: Final = 10_000
MOST_CHARACTERS: Final = 300
SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its number in the list (from 1, a header not counted), and a text for each field that it fills."""

    number: int
    values: Mapping[str, str] = field(repr=False)

    def text(self, name: str) -> str:
        """The text of a field without blanks around it; empty where the line does not fill it."""
        return self.values.get(name, "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A salted list: what a request's `named_persons_sha256` is the digest of."""

    salt: str = field(repr=False)  # 64 hex digits
    lines: tuple[Line, ...] = field(repr=False)

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/lines.json); empty fields are left out."""
        return {
            "schema": LINES_SCHEMA,
            "salt": self.salt,
            "lines": [
                {name: line.text(name) for name in sorted(line.values) if line.text(name)} for line in self.lines
            ],
        }

    @property
    def sha256(self) -> str:
        """Digest of the canonical document; also what `sha256sum` says of the file."""
        return digest(self.as_document())
