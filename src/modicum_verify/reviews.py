"""The rules of review that genesis fixes: who must agree to which form, how long it waits, who is told of it.

They come from the policy pack, are signed with genesis, and change only by a case of their own; so a verifier needs no
pack to see that a release was agreed by those who must, and waited as long as it must.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modicum_verify.canonical import MAX_SAFE_INTEGER
from modicum_verify.errors import EvidenceError

_RULE: Final = {
    "form",
    "purpose",
    "roles",
    "organisations",
    "approvals",
    "statutory_s",
    "discretionary_s",
    "court",
    "notice",
    "expires_s",
}
_CHANGES: Final = {"roles", "organisations", "approvals", "wait_s"}
_TWO: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """How many people, from how many organisations, must approve; every role named must be among them."""

    roles: tuple[str, ...]
    organisations: int
    approvals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long an agreed case waits, in seconds: what a statute fixes, and what the custodian asks beyond it.

    A directive shortens the discretionary wait alone.
    """

    statutory_s: int
    discretionary_s: int

    @property
    def longest_s(self) -> int:
        """The wait where nothing shortens it; both run at once."""
        return max(self.statutory_s, self.discretionary_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtWait:
    """The discretionary wait where one of these facts is attested: shorter, agreed beforehand, never zero."""

    facts: tuple[str, ...]
    wait_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """What one form of answer asks for, for one purpose (`*`: any; `x.*`: every child of x)."""

    form: str
    purpose: str
    quorum: Quorum
    waits: Waits
    court: CourtWait | None
    notice: bool  # origins are told before anything can unlock
    expires_s: int | None  # after so long without an entry the case ends

    def waits_with(self, facts: Iterable[str]) -> Waits:
        """The waits of a case in which these facts are attested."""
        if self.court is None or not set(self.court.facts) & set(facts):
            return self.waits
        shorter = min(self.waits.discretionary_s, self.court.wait_s)
        return Waits(statutory_s=self.waits.statutory_s, discretionary_s=shorter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """All rules, in the order in which they are tried; the attribute that names an origin; what a change asks for."""

    rules: tuple[ReviewRule, ...]
    origin: str | None
    changes: Quorum
    change_wait_s: int

    def rule(self, form: str, purpose: str) -> ReviewRule | None:
        """The first rule that fits; None where none does."""
        fitting = (each for each in self.rules if each.form == form and covers(each.purpose, purpose))
        return next(fitting, None)

    @property
    def longest_s(self) -> int:
        """How long a change of the rules waits: as long as the longest wait in force, so that it shortens nothing."""
        return max(self.change_wait_s, *(each.waits.longest_s for each in self.rules))

    def as_document(self) -> dict[str, Any]:
        """The published JSON, as `parse_reviews` reads it."""
        changes = self.changes
        return {
            "origin": self.origin,
            "rules": [_rule_document(each) for each in self.rules],
            "changes": {
                "roles": list(changes.roles),
                "organisations": changes.organisations,
                "approvals": changes.approvals,
                "wait_s": self.change_wait_s,
            },
        }


def covers(pattern: str, purpose: str) -> bool:
    """Whether a rule's purpose covers this one."""
    return pattern in {"*", purpose} or (pattern.endswith(".*") and purpose.startswith(pattern[:-1]))


def parse_reviews(document: Any, *, place: str, forms: Iterable[str], roles: Iterable[str]) -> Reviews:  # noqa: ANN401
    """Read rules of review, strictly. forms, roles: the words that they may use.

    Raises EvidenceError: another form, a quorum of one organisation or one person, a court's wait of zero, or a form
    that has no rule for every purpose.
    """
    known = (frozenset(forms), frozenset(roles))
    try:
        if set(document) != {"origin", "rules", "changes"} or set(document["changes"]) != _CHANGES:
            raise ValueError  # noqa: TRY301 - one error for every other form
        origin = document["origin"]
        found = Reviews(
            rules=tuple(_rule(each, *known) for each in document["rules"]),
            origin=None if origin is None else _text(origin),
            changes=_quorum(document["changes"], known[1]),
            change_wait_s=_count(document["changes"]["wait_s"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise EvidenceError(place=place, cause="does not state its rules of review in a form that is known") from None
    for form in sorted(known[0]):
        if not any(each.form == form and each.purpose == "*" for each in found.rules):
            raise EvidenceError(place=place, cause=f"has no rule of review for {form} with purpose `*`")
    return found


def _rule(document: Mapping[str, Any], forms: frozenset[str], roles: frozenset[str]) -> ReviewRule:
    if set(document) != _RULE or document["form"] not in forms or not isinstance(document["notice"], bool):
        raise ValueError
    court, expires = document["court"], document["expires_s"]
    if court is not None and set(court) != {"facts", "wait_s"}:
        raise ValueError
    return ReviewRule(
        form=document["form"],
        purpose=_text(document["purpose"]),
        quorum=_quorum(document, roles),
        waits=Waits(statutory_s=_count(document["statutory_s"]), discretionary_s=_count(document["discretionary_s"])),
        court=None
        if court is None
        else CourtWait(facts=_texts(court["facts"]), wait_s=_count(court["wait_s"], least=1)),
        notice=document["notice"],
        expires_s=None if expires is None else _count(expires, least=1),
    )


def _quorum(document: Mapping[str, Any], roles: frozenset[str]) -> Quorum:
    found = Quorum(
        roles=_texts(document["roles"]),
        organisations=_count(document["organisations"], least=_TWO),
        approvals=_count(document["approvals"], least=_TWO),
    )
    if not set(found.roles) <= roles:
        raise ValueError
    return found


def _texts(values: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON value
    if not isinstance(values, list) or not values or len(set(values)) != len(values):
        raise ValueError
    return tuple(map(_text, values))


def _text(value: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > 300:  # noqa: PLR2004
        raise ValueError
    return value


def _count(value: Any, *, least: int = 0) -> int:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_SAFE_INTEGER:
        raise ValueError
    return value


def _rule_document(rule: ReviewRule) -> dict[str, Any]:
    court = rule.court
    return {
        "form": rule.form,
        "purpose": rule.purpose,
        "roles": list(rule.quorum.roles),
        "organisations": rule.quorum.organisations,
        "approvals": rule.quorum.approvals,
        "statutory_s": rule.waits.statutory_s,
        "discretionary_s": rule.waits.discretionary_s,
        "court": None if court is None else {"facts": list(court.facts), "wait_s": court.wait_s},
        "notice": rule.notice,
        "expires_s": rule.expires_s,
    }
