"""Which rules of a pack have vectors of their own: one in which the rule shows, and one in which it nearly does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modicum.law.decisions import DecisionVector, belongs
from modicum.law.packs import Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The rules that must have vectors, and those that lack one of the two kinds."""

    rules: tuple[str, ...]
    never_shown: tuple[str, ...]
    never_nearly: tuple[str, ...]

    @property
    def covered(self) -> int:
        """How many rules have both kinds."""
        return len(set(self.rules) - set(self.never_shown) - set(self.never_nearly))


def coverage(pack: Pack, vectors: Sequence[DecisionVector]) -> Coverage:
    """Count the vectors of each rule; those of a rule count for its parts, and those of a part for the rule."""
    rules = rules_to_cover(pack)

    def lacking(*, shows: bool) -> tuple[str, ...]:
        exercised = {each.rule for each in vectors if each.shows is shows}
        return tuple(rule for rule in rules if not _among(rule, exercised))

    return Coverage(rules=rules, never_shown=lacking(shows=True), never_nearly=lacking(shows=False))


def rules_to_cover(pack: Pack) -> tuple[str, ...]:
    """Policies, defaults and rules that stand elsewhere, each id once.

    Not those that are not encoded; nor what is cited where Cedar errs or no authority is in force: a vector is a cell
    of a request in force, under a pack that loads.
    """
    elsewhere = {pack.defaults.error.id, pack.defaults.expired.id}
    rules = [rule.id for rule in pack.rules() if rule.effect != "not-encoded"]
    return tuple(dict.fromkeys((*rules, *(each.id for each in pack.default_reasons() if each.id not in elsewhere))))


def _among(rule: str, exercised: Iterable[str]) -> bool:
    return any(belongs(each, rule) or belongs(rule, each) for each in exercised)
