"""Bodies of law: one Cedar file each, read strictly.

A body says when it applies, and then denies whatever it does not permit, citing its own provision; or it has no
default and only forbids and obliges (orders, rules of the house). Every policy names its provision, its source, how the
text was verified, and its days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from modicum.law import packfiles as files
from modicum.law.cedar import ACTIONS, APPLIES, CONTESTS, DISCLOSE, OBLIGE, Parsed, PolicyTextError, faults, parse
from modicum.law.packfiles import CURE
from modicum.law.policy import Atom, Policy, UnfitPolicyError, look, representatives
from modicum.model.decision import Basis, Because
from modicum.model.errors import InvalidInputError

REQUEST_ATTRIBUTES: Final = frozenset({"action", "discloser", "recipient", "purpose", "named_persons"})
"""What is the same for every cell of a request; `recipient` is one of those who ask or receive, each in turn."""

VERIFICATIONS: Final = frozenset({"text-read", "secondary", "unverified"})
_ANNOTATIONS: Final = frozenset({"id", "title", "cite", "source", "verified", "from"})
_OPTIONAL: Final = frozenset({"until", "obligation", "note"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A body of law. With a `default` it denies what it applies to and does not permit; without, it only forbids.

    `ground`: it can make a disclosure lawful by itself; the others only narrow.
    """

    id: str
    title: str
    file: str
    basis: Basis
    ground: bool
    default: Because | None
    policies: tuple[Policy, ...]

    def of(self, action: str, *, effect: str, day: date) -> tuple[Policy, ...]:
        """Its policies of an action and effect that are in force on a day."""
        return tuple(p for p in self.policies if p.action == action and p.effect == effect and p.in_force(day))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """What a policy of a pack may say: facts, obligations, values of each attribute with a finite domain, and types."""

    facts: frozenset[str]
    obligations: frozenset[str]
    domains: Mapping[str, tuple[str, ...]]
    schema: str


def read_body(root: Path, entry: files.BodyEntry, lexicon: Lexicon) -> Body:
    """Read one body of law: its Cedar file, checked against schema and vocabulary.

    Raises InvalidInputError: unreadable, ill typed, a policy that may not stand here; names file and policy.
    """
    basis = Basis(entry.basis)
    body = Body(
        id=entry.id,
        title=entry.title,
        file=entry.file,
        basis=basis,
        ground=entry.ground and entry.default is not None and basis is Basis.LAW,
        default=None if entry.default is None else because_of(entry.default),
        policies=(),
    )
    body = replace(body, policies=read_policies(files.read_text(root, entry.file), body=body, lexicon=lexicon))
    check_shape(body)
    return body


def read_policies(text: str, *, body: Body, lexicon: Lexicon) -> tuple[Policy, ...]:
    """Read the policies that Cedar text adds to a body, each checked against types and vocabulary.

    Raises InvalidInputError: unreadable, ill typed, a word that no vocabulary knows; names file and policy.
    """
    try:
        parsed = parse(text)
        found = faults(text, lexicon.schema)
    except PolicyTextError as error:
        raise InvalidInputError(cause=f"pack file {body.file}: {error}", cure=CURE) from error
    policies = tuple(
        _policy(each, number=number, body=body, lexicon=lexicon) for number, each in enumerate(parsed, start=1)
    )
    if found:
        raise InvalidInputError(cause=f"pack file {body.file}: {found[0]}", cure=CURE)
    return policies


def check_shape(body: Body) -> None:
    """Refuse a body with policies of a kind that may not stand in it. Raises InvalidInputError: names the file."""
    acts = {(policy.action, policy.effect) for policy in body.policies}
    if any(effect == "forbid" and action != DISCLOSE for action, effect in acts):
        raise InvalidInputError(
            cause=f"pack file {body.file}: applying, obliging and contesting are said by `permit` alone", cure=CURE
        )
    if body.basis is not Basis.LAW and (CONTESTS, "permit") in acts:
        raise InvalidInputError(
            cause=f"pack file {body.file}: only a body of law can contest a policy of the custodian", cure=CURE
        )
    if (body.default is None) != ((APPLIES, "permit") not in acts):
        raise InvalidInputError(
            cause=f"pack file {body.file}: a body says when it applies exactly where pack.toml gives it a default",
            cure=CURE,
        )
    if (body.default is None or body.basis is Basis.ORDER) and (DISCLOSE, "permit") in acts:
        raise InvalidInputError(
            cause=f"pack file {body.file}: an order, or a body without a default, permits nothing",
            cure="write what it lifts as an exception inside its forbid",
        )


def _policy(
    parsed: Parsed,
    *,
    number: int,
    body: Body,
    lexicon: Lexicon,
) -> Policy:
    notes = parsed.annotations
    place = f"pack file {body.file}, policy {notes.get('id', f'number {number}')}"
    missing = sorted(_ANNOTATIONS - {name for name, text in notes.items() if text.strip()})
    excess = sorted(set(notes) - _ANNOTATIONS - _OPTIONAL)
    if missing or excess:
        words_ = [f"@{name} is missing" for name in missing] + [f"@{name} is not known" for name in excess]
        raise InvalidInputError(cause=f"{place}: {', '.join(words_)}", cure=CURE)
    if parsed.action not in ACTIONS:
        raise InvalidInputError(
            cause=f"{place}: its scope names no action of a pack, or somebody in particular",
            cure='write (principal, action == Action::"disclose", resource), or `applies`, `oblige` or `contests`',
        )
    if notes["verified"] not in VERIFICATIONS:
        raise InvalidInputError(cause=f"{place}: @verified is none of {', '.join(sorted(VERIFICATIONS))}", cure=CURE)
    obligation = notes.get("obligation")
    if (obligation in lexicon.obligations) != (parsed.action == OBLIGE):
        raise InvalidInputError(
            cause=f"{place}: @obligation belongs on `oblige` policies and must be in vocabulary.toml", cure=CURE
        )
    try:
        atoms, facts = look(parsed)
    except UnfitPolicyError as error:
        raise InvalidInputError(cause=f"{place}: {error}", cure=CURE) from error
    _check_words(place, atoms, facts, lexicon)
    since = _day(place, "from", notes["from"])
    until = None if "until" not in notes else _day(place, "until", notes["until"])
    if until is not None and until < since:
        raise InvalidInputError(cause=f"{place}: @until lies before @from, so it would never hold", cure=CURE)
    return Policy(
        id=notes["id"], title=notes["title"], cite=notes["cite"], source=notes["source"], verified=notes["verified"],
        since=since, until=until, effect=parsed.effect,
        action=str(parsed.action), obligation=obligation, body=body.id, basis=body.basis, parsed=parsed,
        atoms=atoms, facts=facts, representatives=representatives(atoms, lexicon.domains),
    )  # fmt: skip


def _check_words(place: str, atoms: tuple[Atom, ...], facts: tuple[str, ...], lexicon: Lexicon) -> None:
    """A literal that no vocabulary knows never matches, so a misspelt forbid would fail open: refuse it."""
    strange = [f"the fact `{fact}`" for fact in facts if fact not in lexicon.facts]
    for atom in atoms:
        if atom.attribute not in lexicon.domains:
            if atom.attribute not in REQUEST_ATTRIBUTES:
                strange.append(f"the attribute `{atom.attribute}`")
            continue
        domain = lexicon.domains[atom.attribute]
        for literal in atom.literals:
            known = any(v.startswith(literal) for v in domain) if atom.pattern else literal in domain
            if not known:
                strange.append(f"`{literal}` as {atom.attribute}")
    if strange:
        raise InvalidInputError(cause=f"{place}: no vocabulary knows {', '.join(strange)}", cure=CURE)


def _day(place: str, name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(cause=f"{place}: @{name} is no date (YYYY-MM-DD)", cure=CURE) from error


def because_of(provision: files.Provision) -> Because:
    """A provision of pack.toml as what a decision rests on: a default."""
    return Because(
        id=provision.id, cite=provision.cite, basis=Basis.DEFAULT, verified=provision.verified, title=provision.title
    )
