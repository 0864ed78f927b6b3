"""Packs for those who read them: the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modicum.law.packs import Rule, load_pack
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
