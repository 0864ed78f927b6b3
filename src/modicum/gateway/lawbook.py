"""Packs for those who read them: the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modicum.law.decisions import read_decisions
from modicum.law.packfiles import StrataFile, read_toml
from modicum.law.packs import Rule, load_pack
from modicum.law.reading import PackRead, read_pack
from modicum.law.vectors import read_vectors
from modicum.model.decision import PackRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A pack's rules, in its own order."""

    ref: PackRef
    rules: Sequence[Rule]

    def rows(self) -> list[list[str]]:
        """One row a rule, as a table shows it."""
        return [
            [
                rule.id,
                rule.body,
                rule.effect,
                rule.verified,
                "" if rule.since is None else rule.since.isoformat(),
                "" if rule.until is None else rule.until.isoformat(),
                rule.cite,
                rule.title,
            ]
            for rule in self.rules
        ]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        names = ("id", "body", "effect", "verified", "from", "until", "cite", "title")
        return {
            "schema": "modicum.law/1",
            "pack": {"name": self.ref.name, "version": self.ref.version, "sha256": self.ref.sha256},
            "rules": [dict(zip(names, row, strict=True)) for row in self.rows()],
        }


def listed(pack: str) -> Listed:
    """Load a pack (a shipped name or a folder) and give its rules."""
    found = load_pack(pack)
    return Listed(ref=found.ref, rules=found.rules())


def read(pack: str, *, profile: str | None = None) -> PackRead:
    """Read a pack (a shipped name or a folder) as a document, with the vectors that exercise each rule.

    Raises NotFoundError, InvalidInputError: no such pack or profile, or one that does not load whole.
    """
    found = load_pack(pack)
    titles = {name: each.title for name, each in read_toml(found.root, "strata.toml", StrataFile).attributes.items()}
    documents = (read_vectors(path) for path in sorted((found.root / "vectors").glob("*.yaml")))
    vectors = [each for document in documents if "decisions" in document for each in read_decisions(document, found)]
    return read_pack(found, vectors, attributes=titles, profile=profile)
