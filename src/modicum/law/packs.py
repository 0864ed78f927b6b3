"""A policy pack: bodies of law, each one set of Cedar policies; the words they use; who must review.

Loading is all or nothing: an unreadable policy, an annotation that is missing, a literal that no vocabulary knows, an
unknown field: InvalidInputError naming file and policy, and nothing is decided with the pack.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from modicum.law import packfiles as files
from modicum.law.bodies import Body, because_of, read_body
from modicum.law.cedar import DISCLOSE, PolicyTextError, read_schema
from modicum.law.coherence import refuse_borrowed, refuse_doubles, refuse_nowhere, refuse_overlaps
from modicum.law.guarantees import Guarantees, read_guarantees
from modicum.law.lexicon import REQUEST_ATTRIBUTES, Lexicon, disagreement, lexicon_of
from modicum.law.line_rules import LineRules, read_line_rules
from modicum.law.packfiles import CURE
from modicum.law.policy import FACTS, Policy
from modicum.model.dataset import UNKNOWN
from modicum.model.decision import Because, PackRef
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.traits import ClassTraits
from modicum_verify.canonical import digest
from modicum_verify.reviews import CourtWait, Quorum, ReviewRule, Reviews, Waits

SHIPPED: Final = Path(__file__).resolve().parent.parent / "packs"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackVocabulary:
    """The words of a pack. `facts` gives the roles that may attest each; `fact_titles` says what is attested.

    `waits_days`: the facts that count only from so many days after their attestation.
    """

    purposes: Mapping[str, str]
    classes: Mapping[str, str]
    kinds: Mapping[str, str]
    actions: Mapping[str, str]
    facts: Mapping[str, frozenset[str]]
    fact_titles: Mapping[str, str]
    obligations: Mapping[str, str]
    waits_days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What is cited where no policy decides."""

    unclassified: Because
    unknown: Because
    party: Because
    nobody: Because
    expired: Because
    error: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a pack claims of a custodian of a kind: these bodies of law (in the pack's order) and no others bear on it.

    It drops nothing from a decision; `profiles.bearing` finds whether it is true.
    """

    id: str
    title: str
    custodian: str
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of `modicum law list`: a rule and what became of it."""

    id: str
    title: str
    cite: str
    source: str
    verified: str
    since: date | None
    until: date | None
    body: str
    effect: str  # permit | forbid | applies | oblige | default | placed | not-encoded


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pack:
    """A pack, loaded whole. `inside`: policies whose `unless` holds a rule that has no policy of its own."""

    ref: PackRef
    title: str
    root: Path = field(repr=False)
    vocabulary: PackVocabulary
    lexicon: Lexicon = field(repr=False)
    attributes: Mapping[str, frozenset[str]]
    transformations: Mapping[tuple[Form, str], str]
    traits: ClassTraits
    bodies: tuple[Body, ...]
    defaults: Defaults
    guarantees: Guarantees
    does_not_cover: tuple[str, ...]
    profiles: tuple[Profile, ...]
    inside: Mapping[str, tuple[str, ...]]
    lines: LineRules | None = None
    review_rules: Reviews
    _unwritten: tuple[Rule, ...]

    @property
    def exact_counts_seen_by(self) -> frozenset[str]:
        """The roles that may see exact counts of people: those of the custodian's reviewers, never of an asker."""
        return self.guarantees.exact_counts_seen_by

    def reviews(self, form: Form, purpose: str) -> Quorum:
        """The quorum for a form and a purpose: the first entry of reviews.toml that fits."""
        rule = self.review_rules.rule(str(form), purpose)
        if rule is None:
            raise InvalidInputError(cause=f"the pack has no quorum for the form {form}", cure=CURE)
        return rule.quorum

    def default_reasons(self) -> tuple[Because, ...]:
        """What is cited where no policy decides: the defaults of the bodies, then those of the gateway."""
        gateway = self.defaults
        bodies = tuple(body.default for body in self.bodies if body.default is not None)
        return (*bodies, gateway.unclassified, gateway.unknown, gateway.party, gateway.nobody, gateway.expired,
                gateway.error)  # fmt: skip

    def rules(self) -> list[Rule]:
        """Every rule: policies in the order of their files, then defaults, then what stands elsewhere or nowhere."""
        written = [_rule(policy) for body in self.bodies for policy in body.policies]
        defaults = [
            Rule(
                id=body.default.id, title=body.default.title, cite=body.default.cite, source=body.file,
                verified=body.default.verified, since=None, until=None, body=body.id, effect="default",
            )
            for body in self.bodies
            if body.default is not None
        ]  # fmt: skip
        return [*written, *defaults, *self._unwritten]


def shipped_packs() -> list[str]:
    """Names of the packs that come with Modicum."""
    return sorted(each.name for each in SHIPPED.iterdir() if (each / "pack.toml").is_file())


def load_pack(source: str | Path) -> Pack:
    """Load a shipped pack by name, or any pack by its folder.

    One that was loaded before and has not changed by a byte is not read again: most commands need theirs several times.

    Raises NotFoundError: no such pack. InvalidInputError: anything in it that cannot be read; names file and policy.
    """
    root = SHIPPED / source if isinstance(source, str) and source in shipped_packs() else Path(source)
    if not (root / "pack.toml").is_file():
        known = ", ".join(shipped_packs())
        raise NotFoundError(cause=f"there is no policy pack {source}", cure=f"name a folder or one of: {known}")
    files.refuse_links(root)  # the digest does not cover what they lead to
    files.refuse_strange_toml(root)
    return _load(root, pack_sha256(root))


@lru_cache(maxsize=8)
def _load(root: Path, digest_: str) -> Pack:
    """Read the pack of that digest. Raises InvalidInputError, which is not remembered."""
    head = files.read_toml(root, "pack.toml", files.PackFile)
    words = files.read_toml(root, "vocabulary.toml", files.VocabularyFile)
    strata = files.read_toml(root, "strata.toml", files.StrataFile)
    reviews = files.read_toml(root, "reviews.toml", files.ReviewsFile)
    lexicon = _lexicon(root, words, strata)
    bodies = tuple(read_body(root, entry, lexicon) for entry in head.bodies)
    transformations = dict(_transformations(words))
    _refuse_strays(root, head)
    refuse_doubles(bodies)
    refuse_overlaps(bodies)
    refuse_nowhere(head, bodies)
    refuse_borrowed(head, bodies)
    pack = Pack(
        ref=PackRef(name=head.name, version=head.version, sha256=digest_),
        title=head.title,
        root=root,
        vocabulary=_vocabulary(words, bodies),
        lexicon=lexicon,
        attributes=MappingProxyType({name: frozenset(entry.domain) for name, entry in strata.attributes.items()}),
        transformations=MappingProxyType(transformations),
        traits=_traits(words, transformations),
        bodies=bodies,
        defaults=_defaults(head.defaults),
        guarantees=read_guarantees(root, lexicon),
        does_not_cover=tuple(head.does_not_cover),
        profiles=tuple(_profiles(head, words)),
        inside=MappingProxyType({each.id: tuple(each.inside) for each in head.placed if each.inside}),
        lines=read_line_rules(root, words),
        review_rules=_review_rules(reviews, facts=set(words.facts), attributes=set(strata.attributes)),
        _unwritten=tuple(_unwritten(head)),
    )
    if pack_sha256(root) != digest_:
        raise InvalidInputError(cause="the pack changed while it was read", cure="try again when it is at rest")
    return pack


def _lexicon(root: Path, words: files.VocabularyFile, strata: files.StrataFile) -> Lexicon:
    """The words of a pack; its own schema must say the same."""
    name = "schema.cedarschema"
    text = files.read_text(root, name)
    try:
        written = read_schema(text)
        made = lexicon_of(
            facts=tuple(words.facts), obligations=tuple(words.obligations), domains=_domains(words, strata)
        )
    except PolicyTextError as error:
        raise InvalidInputError(cause=f"pack file {name}: {error}", cure=CURE) from error
    wrong = disagreement(written, made)
    if wrong is not None:
        raise InvalidInputError(cause=f"pack file {name}: {wrong}", cure="write what vocabulary and strata say")
    return made


def _domains(words: files.VocabularyFile, strata: files.StrataFile) -> dict[str, tuple[str, ...]]:
    for name, entry in strata.attributes.items():
        wrong = _wrong(name, entry.domain)
        if wrong is not None:
            raise InvalidInputError(cause=f"pack file strata.toml: {name}: {wrong}", cure=CURE)
    return {
        "action": tuple(words.actions),
        "discloser": tuple(words.kinds),
        "recipient": tuple(words.kinds),
        "purpose": tuple(words.purposes),
        "data_class": tuple(words.classes),
        "form": tuple(str(form) for form in DISCLOSING),
        **{name: tuple(entry.domain) for name, entry in strata.attributes.items()},
    }


def _wrong(name: str, domain: Sequence[str]) -> str | None:
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None:
        return "an attribute's name is made of small letters, digits and `_`"
    if name in REQUEST_ATTRIBUTES or name in {"form", "data_class", FACTS}:
        return "every cell has an attribute of this name already"
    if UNKNOWN not in domain:
        return "`unknown` is not in the domain"
    double = sorted({value for value in domain if domain.count(value) > 1})
    return f"{', '.join(double)}: twice in the domain" if double else None


def _refuse_strays(root: Path, head: files.PackFile) -> None:
    named = {entry.file for entry in head.bodies}
    if len(named) < len(head.bodies) or len({entry.id for entry in head.bodies}) < len(head.bodies):
        raise InvalidInputError(cause="pack file pack.toml: two bodies have the same id or file", cure=CURE)
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix.lower() == ".cedar"}
    for stray in sorted(there - named):
        raise InvalidInputError(cause=f"pack file {stray}: no body of pack.toml names it", cure=CURE)


def _profiles(head: files.PackFile, words: files.VocabularyFile) -> Iterator[Profile]:
    known = [entry.id for entry in head.bodies]
    if len({entry.id for entry in head.profiles}) < len(head.profiles):
        raise InvalidInputError(cause="pack file pack.toml: two profiles have the same id", cure=CURE)
    for entry in head.profiles:
        strange = sorted(set(entry.bodies) - set(known))
        if strange or entry.custodian not in words.kinds:
            what = f"no body {strange[0]}" if strange else f"no kind {entry.custodian}"
            raise InvalidInputError(cause=f"pack file pack.toml: profile {entry.id}: {what}", cure=CURE)
        listed = tuple(each for each in known if each in entry.bodies)
        yield Profile(id=entry.id, title=entry.title, custodian=entry.custodian, bodies=listed)


def _vocabulary(words: files.VocabularyFile, bodies: tuple[Body, ...]) -> PackVocabulary:
    facts = {name: frozenset(entry.attested_by) for name, entry in words.facts.items()}
    titles = {name: entry.title for name, entry in words.facts.items()}
    confirmed = confirmations(bodies)
    facts.update(dict.fromkeys(confirmed, frozenset({"counsel"})))
    titles.update(confirmed)
    return PackVocabulary(
        purposes=MappingProxyType({name: entry.title for name, entry in words.purposes.items()}),
        classes=MappingProxyType(dict(words.classes)),
        kinds=MappingProxyType(dict(words.kinds)),
        actions=MappingProxyType(dict(words.actions)),
        facts=MappingProxyType(facts),
        fact_titles=MappingProxyType(titles),
        obligations=MappingProxyType(dict(words.obligations)),
        waits_days=MappingProxyType({name: each.waits_days for name, each in words.facts.items() if each.waits_days}),
    )


def confirmations(bodies: tuple[Body, ...]) -> dict[str, str]:
    """The facts that unverified permits wait for, with their titles: that counsel confirms each as encoded."""
    return {
        policy.confirmation: f"Counsel has read {policy.cite} and confirms {policy.id} as encoded"
        for body in bodies
        for policy in body.policies
        if policy.confirmation is not None
    }


def _traits(words: files.VocabularyFile, transformations: Mapping[tuple[Form, str], str]) -> ClassTraits:
    entry = words.traits
    for stranger in sorted({*entry.naming, *entry.pointing, *entry.dated} - set(words.classes)):
        raise InvalidInputError(cause=f"pack file vocabulary.toml: traits: no class {stranger}", cure=CURE)
    return ClassTraits.of(
        transformations,
        naming=frozenset(entry.naming),
        pointing=frozenset(entry.pointing),
        dated=frozenset(entry.dated),
    )


def _transformations(words: files.VocabularyFile) -> Iterator[tuple[tuple[Form, str], str]]:
    for form in DISCLOSING:
        if form not in words.transformations:
            raise InvalidInputError(cause=f"pack file vocabulary.toml: transformations.{form} is missing", cure=CURE)
        entry = words.transformations[form]
        for stranger in sorted(set(entry.classes) - set(words.classes)):
            raise InvalidInputError(
                cause=f"pack file vocabulary.toml: transformations.{form}: no class {stranger}", cure=CURE
            )
        for data_class in words.classes:
            yield (form, data_class), entry.classes.get(data_class, entry.otherwise)


def _review_rules(reviews: files.ReviewsFile, *, facts: set[str], attributes: set[str]) -> Reviews:
    for form in DISCLOSING:
        if not any(entry.form is form and entry.purpose == "*" for entry in reviews.review):
            raise InvalidInputError(cause=f"pack file reviews.toml: no quorum for {form} with purpose `*`", cure=CURE)
    strangers = sorted({fact for entry in reviews.review for fact in entry.court_facts} - facts)
    if strangers or (reviews.origin is not None and reviews.origin not in attributes):
        what = f"no fact {strangers[0]}" if strangers else f"no row attribute {reviews.origin}"
        raise InvalidInputError(cause=f"pack file reviews.toml: the pack has {what}", cure=CURE)
    changes = reviews.changes
    return Reviews(
        rules=tuple(map(_review_rule, reviews.review)),
        origin=reviews.origin,
        changes=Quorum(roles=tuple(changes.roles), organisations=changes.organisations, approvals=changes.approvals),
        change_wait_s=changes.wait,
    )


def _review_rule(entry: files.ReviewEntry) -> ReviewRule:
    if (entry.court_wait is None) == bool(entry.court_facts) or entry.court_wait == 0:
        raise InvalidInputError(
            cause=f"pack file reviews.toml: {entry.form} for {entry.purpose}: `court_wait` (not zero) and `court_facts`"
            " go together",
            cure=CURE,
        )
    court = None if entry.court_wait is None else CourtWait(facts=tuple(entry.court_facts), wait_s=entry.court_wait)
    return ReviewRule(
        form=str(entry.form),
        purpose=entry.purpose,
        quorum=Quorum(roles=tuple(entry.roles), organisations=entry.organisations, approvals=entry.approvals),
        waits=Waits(statutory_s=entry.statutory_wait, discretionary_s=entry.discretionary_wait),
        court=court,
        notice=entry.notice,
        expires_s=entry.expires,
    )


def _defaults(entry: files.Defaults) -> Defaults:
    return Defaults(
        unclassified=because_of(entry.unclassified),
        unknown=because_of(entry.unknown),
        party=because_of(entry.party),
        nobody=because_of(entry.nobody),
        expired=because_of(entry.expired),
        error=because_of(entry.error),
    )


def _unwritten(head: files.PackFile) -> Iterator[Rule]:
    for placed in head.placed:
        yield Rule(
            id=placed.id, title=placed.title, cite=placed.cite, source="", verified="", since=None, until=None,
            body=placed.where, effect="placed",
        )  # fmt: skip
    for absent in head.not_encoded:
        yield Rule(
            id=absent.id, title=absent.title, cite=absent.cite, source="", verified="", since=None, until=None,
            body=absent.reason, effect="not-encoded",
        )  # fmt: skip


def _rule(policy: Policy) -> Rule:
    return Rule(
        id=policy.id, title=policy.title, cite=policy.cite, source=policy.source, verified=policy.verified,
        since=policy.since, until=policy.until, body=policy.body,
        effect=policy.effect if policy.action == DISCLOSE else policy.action,
    )  # fmt: skip


def pack_sha256(root: Path) -> str:
    """One digest over every file of the pack by its relative path; editors' droppings do not belong in a pack."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return digest({path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths})
