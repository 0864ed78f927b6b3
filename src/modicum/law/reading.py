"""A pack as a document for people who read law and not code: its bodies, each rule in plain words beside its Cedar.

Values only; `paper` prints them. A rule stands with the vectors that exercise it, so that a reader sees a case in which
it shows and one in which it nearly does; a rule without both is marked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modicum.law.bodies import Body
from modicum.law.coverage import Coverage, coverage
from modicum.law.decisions import DecisionVector, belongs
from modicum.law.explain import domains_of
from modicum.law.packs import Pack, Rule
from modicum.law.plain import Plain, Words, plain
from modicum.law.policy import Policy
from modicum.model.decision import Basis, Because, PackRef
from modicum.model.errors import NotFoundError
from modicum.model.forms import DISCLOSING

_NAMED: Final = 12
_FORMS: Final = {str(form): "" for form in DISCLOSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRead:
    """One policy. cedar: its statement without annotations. shows, nearly: ids of vectors that exercise it."""

    policy: Policy
    plain: Plain
    cedar: str
    note: str
    shows: tuple[str, ...]
    nearly: tuple[str, ...]

    @property
    def uncovered(self) -> bool:
        """Whether it lacks a vector of one of the two kinds."""
        return not (self.shows and self.nearly)

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "id": self.policy.id,
            "body": self.policy.body,
            "basis": str(self.policy.basis),
            "title": self.policy.title,
            "cite": self.policy.cite,
            "verified": self.policy.verified,
            "does": self.plain.does,
            "when": list(self.plain.when),
            "unless": list(self.plain.unless),
            "cedar": self.cedar,
            "shows": list(self.shows),
            "nearly": list(self.nearly),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRead:
    """One body of law."""

    id: str
    title: str
    file: str
    basis: Basis
    ground: bool
    default: Because | None
    default_shows: tuple[str, ...]
    default_nearly: tuple[str, ...]
    rules: tuple[RuleRead, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A word of the glossary: what it is called in the files, its title, what else there is to know."""

    id: str
    title: str
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRead:
    """A whole pack, read. profile: the one that it was narrowed to, with its title; else None."""

    ref: PackRef
    title: str
    profile: Entry | None
    profiles: tuple[Entry, ...]
    does_not_cover: tuple[str, ...]
    bodies: tuple[BodyRead, ...]
    glossary: Mapping[str, tuple[Entry, ...]]
    defaults: tuple[Because, ...]
    elsewhere: tuple[Rule, ...]
    guarantees: tuple[Entry, ...]
    coverage: Coverage

    @property
    def law(self) -> tuple[BodyRead, ...]:
        """Bodies of law and orders of courts."""
        return tuple(body for body in self.bodies if body.basis is not Basis.CUSTODIAN_POLICY)

    @property
    def own_policy(self) -> tuple[BodyRead, ...]:
        """The custodian's own policy."""
        return tuple(body for body in self.bodies if body.basis is Basis.CUSTODIAN_POLICY)

    @property
    def contests(self) -> tuple[RuleRead, ...]:
        """The statutes that speak against policies of the custodian."""
        return tuple(rule for body in self.bodies for rule in body.rules if rule.policy.action == "contests")

    @property
    def coverage_line(self) -> str:
        """How many rules have vectors of both kinds, and which lack one, in one line."""
        lacking = sorted({*self.coverage.never_shown, *self.coverage.never_nearly})
        line = (
            f"{self.coverage.covered} of {len(self.coverage.rules)} rules have a vector in which they show and one in "
            "which they nearly do"
        )
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        return f"{line}; lacking one: {', '.join(lacking[:_NAMED])}{more}" if lacking else line

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/law-print.json)."""
        return {
            "schema": "modicum.law-print/1",
            "pack": {"name": self.ref.name, "version": self.ref.version, "sha256": self.ref.sha256},
            "profile": None if self.profile is None else self.profile.id,
            "rules": [rule.as_document() for body in self.bodies for rule in body.rules],
            "coverage": {
                "rules": len(self.coverage.rules),
                "covered": self.coverage.covered,
                "never_shown": list(self.coverage.never_shown),
                "never_nearly": list(self.coverage.never_nearly),
            },
        }


def read_pack(
    pack: Pack,
    vectors: Sequence[DecisionVector],
    *,
    attributes: Mapping[str, str],
    profile: str | None = None,
) -> PackRead:
    """Read a pack as a document.

    vectors: all of its own. attributes: titles of the row attributes. profile: only the bodies that can bear on that
    custodian. Raises NotFoundError: the pack has no such profile.
    """
    words = words_of(pack, attributes)
    profiles = profiles_of(pack)
    bodies = pack.bodies if profile is None else _of_profile(pack, profile)
    return PackRead(
        ref=pack.ref,
        title=pack.title,
        profile=next((each for each in profiles if each.id == profile), None),
        profiles=profiles,
        does_not_cover=pack.does_not_cover,
        bodies=tuple(_body(body, vectors, words) for body in bodies),
        glossary=_glossary(pack, attributes),
        defaults=tuple(each for each in pack.default_reasons() if each not in {body.default for body in pack.bodies}),
        elsewhere=tuple(rule for rule in pack.rules() if rule.effect in {"placed", "not-encoded"}),
        guarantees=guarantees_of(pack),
        coverage=coverage(pack, vectors),
    )


def words_of(pack: Pack, attributes: Mapping[str, str]) -> Words:
    """The titles of a pack's vocabulary, by attribute."""
    words = pack.vocabulary
    values: dict[str, Mapping[str, str]] = {
        "purpose": words.purposes,
        "recipient": words.kinds,
        "discloser": words.kinds,
        "data_class": words.classes,
        "action": words.actions,
        "form": _FORMS,
        **{name: dict.fromkeys(sorted(domain), "") for name, domain in pack.attributes.items()},
    }
    return Words(values=values, facts=words.fact_titles, attributes=attributes, obligations=words.obligations)


def profiles_of(pack: Pack) -> tuple[Entry, ...]:
    """The custodians for whom the pack says which bodies can bear on them."""
    return tuple(
        Entry(id=each.id, title=each.title, more=f"custodian `{each.custodian}`: {', '.join(sorted(each.bodies))}")
        for each in pack.profiles
    )


def guarantees_of(pack: Pack) -> tuple[Entry, ...]:
    """What the pack says must never be possible, whatever else it permits."""
    stated = pack.guarantees.stated
    return tuple(Entry(id=each.id, title=each.title, more=each.why) for each in stated)


def _of_profile(pack: Pack, profile: str) -> tuple[Body, ...]:
    for each in pack.profiles:
        if each.id == profile:
            return tuple(body for body in pack.bodies if body.id in each.bodies)
    known = ", ".join(each.id for each in profiles_of(pack)) or "none"
    raise NotFoundError(cause=f"the pack {pack.ref.name} has no profile {profile}", cure=f"its profiles: {known}")


def _body(body: Body, vectors: Sequence[DecisionVector], words: Words) -> BodyRead:
    default = "" if body.default is None else body.default.id
    shown, nearly = _exercising(default, vectors)
    return BodyRead(
        id=body.id,
        title=body.title,
        file=body.file,
        basis=body.basis,
        ground=body.ground,
        default=body.default,
        default_shows=shown,
        default_nearly=nearly,
        rules=tuple(_rule(policy, vectors, words) for policy in body.policies),
    )


def _rule(policy: Policy, vectors: Sequence[DecisionVector], words: Words) -> RuleRead:
    shown, nearly = _exercising(policy.id, vectors)
    return RuleRead(
        policy=policy,
        plain=plain(policy, words),
        cedar=statement(policy.parsed.text),
        note=policy.parsed.annotations.get("note", ""),
        shows=shown,
        nearly=nearly,
    )


def statement(text: str) -> str:
    """A statement of Cedar from its effect on, without annotations and what stands before them."""
    lines = text.strip().splitlines()
    start = next((at for at, line in enumerate(lines) if line.lstrip().startswith(("permit", "forbid"))), 0)
    return "\n".join(lines[start:])


def _exercising(rule: str, vectors: Sequence[DecisionVector]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mine = [each for each in vectors if rule and (belongs(each.rule, rule) or belongs(rule, each.rule))]
    return tuple(each.id for each in mine if each.shows), tuple(each.id for each in mine if not each.shows)


def _glossary(pack: Pack, attributes: Mapping[str, str]) -> dict[str, tuple[Entry, ...]]:
    words = pack.vocabulary

    def listed(given: Mapping[str, str]) -> tuple[Entry, ...]:
        return tuple(Entry(id=name, title=title) for name, title in given.items())

    return {
        "Purposes": listed(words.purposes),
        "Classes of columns": listed(words.classes),
        "Kinds of organisation": listed(words.kinds),
        "Acts": listed(words.actions),
        "Attributes of people": tuple(
            Entry(id=name, title=attributes.get(name, ""), more=", ".join(domains_of(pack)[name]))
            for name in sorted(pack.attributes)
        ),
        "Facts, and who may attest them": tuple(_facts(pack)),
        "Obligations": listed(words.obligations),
    }


def _facts(pack: Pack) -> Iterator[Entry]:
    words = pack.vocabulary
    for fact, roles in words.facts.items():
        waits = f"; counts {words.waits_days[fact]} days after" if fact in words.waits_days else ""
        yield Entry(id=fact, title=words.fact_titles[fact], more=f"{' or '.join(sorted(roles))}{waits}")
