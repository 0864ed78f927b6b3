"""What a comparison of two packs says: the ways in which cells flip, how many, because of what, and one of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modicum.law.findings import Situation
from modicum.law.space import Interval
from modicum.model.decision import PackRef, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Cells that flip the same way because of the same rules: how many, when, and one of them as the engine has it."""

    before: Verdict
    after: Verdict
    rules: tuple[str, ...]
    situations: int
    intervals: tuple[Interval, ...]
    example: Situation
    because_before: tuple[str, ...]
    because_after: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "before": str(self.before),
            "after": str(self.after),
            "rules": list(self.rules),
            "situations": str(self.situations),
            "intervals": [
                {
                    "from": None if each.since is None else each.since.isoformat(),
                    "until": None if each.until is None else each.until.isoformat(),
                }
                for each in self.intervals
            ],
            "example": self.example.as_document(),
            "because_before": list(self.because_before),
            "because_after": list(self.because_after),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two packs compared. `words`: what one of them has and the other has not, by kind, `+` added and `-` removed."""

    old: PackRef
    new: PackRef
    words: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, tuple[str, ...]]
    situations: int
    flips: tuple[Flip, ...] = field(repr=False)

    @property
    def flipped(self) -> int:
        """How many situations flip."""
        return sum(each.situations for each in self.flips)

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/law-diff.json)."""
        packs = {"old": self.old, "new": self.new}
        return {
            "schema": "modicum.law-diff/1",
            **{n: {"name": p.name, "version": p.version, "sha256": p.sha256} for n, p in packs.items()},
            "words": {name: list(found) for name, found in self.words.items()},
            "rules": {name: list(found) for name, found in self.rules.items()},
            "situations": str(self.situations),
            "flipped": str(self.flipped),
            "flips": [each.as_document() for each in self.flips],
        }
