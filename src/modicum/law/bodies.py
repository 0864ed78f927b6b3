"""Bodies of law: one Cedar file each, read strictly.

A body says when it applies, and then denies whatever it does not permit, citing its own provision; or it has no
default and only forbids and obliges (orders, rules of the house). Every policy names its provision, its source, how the
text was verified, and its days.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from modicum.law import packfiles as files
from modicum.law.cedar import ACTIONS, APPLIES, CONTESTS, DISCLOSE, OBLIGE, Parsed
from modicum.law.expressions import foreign
from modicum.law.lexicon import Lexicon, ill_typed, strangers
from modicum.law.packfiles import CURE
from modicum.law.policy import Policy, UnfitPolicyError, look, representatives
from modicum.law.statements import StatementError, parse_statements
from modicum.model.decision import Basis, Because
from modicum.model.errors import InvalidInputError

VERIFICATIONS: Final = frozenset({"text-read", "secondary", "unverified"})
_ANNOTATIONS: Final = frozenset({"id", "title", "cite", "source", "verified", "from"})
_OPTIONAL: Final = frozenset({"until", "obligation", "note", "version_of"})
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


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

    Raises InvalidInputError: unreadable, ill typed, a word that no vocabulary knows; names file, line and policy.
    """
    try:
        parsed = parse_statements(text)
    except StatementError as error:
        raise InvalidInputError(cause=f"pack file {body.file}:{error.line}: {error}", cure=CURE) from error
    return tuple(_policy(each, body=body, words=lexicon) for each in parsed)


def place_of(body: Body, policy: Policy) -> str:
    """Where a policy stands: file, line and id."""
    return _place(body, policy.parsed)


def _place(body: Body, parsed: Parsed) -> str:
    name = parsed.annotations.get("id")
    return f"pack file {body.file}:{parsed.line}" + ("" if name is None else f", policy {name}")


def check_shape(body: Body) -> None:
    """Refuse a body with policies of a kind that may not stand in it.

    Raises InvalidInputError: names the file and, where one policy is at fault, its line.
    """
    for policy in body.policies:
        wrong = _misplaced(body, policy)
        if wrong is not None:
            raise InvalidInputError(cause=f"{place_of(body, policy)}: {wrong[0]}", cure=wrong[1])
    if (body.default is None) != all(policy.action != APPLIES for policy in body.policies):
        raise InvalidInputError(
            cause=f"pack file {body.file}: a body says when it applies exactly where pack.toml gives it a default",
            cure=CURE,
        )


def _misplaced(body: Body, policy: Policy) -> tuple[str, str] | None:
    if policy.effect == "forbid" and policy.action != DISCLOSE:
        return "applying, obliging and contesting are said by `permit` alone", CURE
    if policy.action == CONTESTS and body.basis is not Basis.LAW:
        return "only a body of law can contest a policy of the custodian", CURE
    if policy.permits and (body.default is None or body.basis is Basis.ORDER):
        return (
            "an order, or a body without a default, permits nothing",
            "write what it lifts as an exception inside its forbid",
        )
    return None


def _policy(parsed: Parsed, *, body: Body, words: Lexicon) -> Policy:
    place = _place(body, parsed)
    notes = parsed.annotations
    wrong = _unfit(parsed, words)
    if wrong is not None:
        raise InvalidInputError(cause=f"{place}: {wrong[0]}", cure=wrong[1])
    try:
        atoms, facts = look(parsed)
    except UnfitPolicyError as error:
        raise InvalidInputError(cause=f"{place}: {error}", cure=CURE) from error
    strange = strangers(atoms, facts, words)
    found = [f"no vocabulary knows {', '.join(strange)}"] if strange else ill_typed(parsed, words)
    found = found or [each for each in [foreign(parsed)] if each is not None]
    if found:
        raise InvalidInputError(cause=f"{place}: {found[0]}", cure=CURE)
    since = _day(place, "from", notes["from"])
    until = None if "until" not in notes else _day(place, "until", notes["until"])
    if until is not None and until < since:
        raise InvalidInputError(cause=f"{place}: @until lies before @from, so it would never hold", cure=CURE)
    return Policy(
        id=notes["id"], title=notes["title"], cite=notes["cite"], source=notes["source"], verified=notes["verified"],
        since=since, until=until, effect=parsed.effect, action=str(parsed.action), obligation=notes.get("obligation"),
        body=body.id, basis=body.basis, parsed=parsed, atoms=atoms, facts=facts,
        representatives=representatives(atoms, words.domains), version_of=notes.get("version_of"),
    )  # fmt: skip


def _unfit(parsed: Parsed, words: Lexicon) -> tuple[str, str] | None:
    """What is wrong with the annotations or the scope of a policy, and the cure; None where nothing is."""
    notes = parsed.annotations
    missing = sorted(_ANNOTATIONS - {name for name, text in notes.items() if text.strip()})
    excess = sorted(set(notes) - _ANNOTATIONS - _OPTIONAL)
    if missing or excess:
        return ", ".join(
            [f"@{name} is missing" for name in missing] + [f"@{name} is not known" for name in excess]
        ), CURE
    unwritable = _unwritable(notes)
    if unwritable is not None:
        return unwritable, CURE
    if parsed.action not in ACTIONS:
        return (
            "its scope names no action of a pack, or somebody in particular",
            'write (principal, action == Action::"disclose", resource), or `applies`, `oblige` or `contests`',
        )
    if notes["verified"] not in VERIFICATIONS:
        return f"@verified is none of {', '.join(sorted(VERIFICATIONS))}", CURE
    if (notes.get("obligation") in words.obligations) != (parsed.action == OBLIGE):
        return "@obligation belongs on `oblige` policies and must be in vocabulary.toml", CURE
    return None


def _unwritable(notes: Mapping[str, str]) -> str | None:
    if _ID.fullmatch(notes["id"]) is None:
        return "@id is made of the letters A to Z, digits, `.`, `_` and `-`"
    hidden = sorted(name for name, text in notes.items() if not text.isprintable())
    return f"@{hidden[0]} holds a character that cannot be seen" if hidden else None


def _day(place: str, name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # one way of writing a day: `20260101` and `2026-W01-4` are none
        raise InvalidInputError(cause=f"{place}: @{name} is no date (YYYY-MM-DD)", cure=CURE)
    return day


def because_of(provision: files.Provision) -> Because:
    """A provision of pack.toml as what a decision rests on: a default."""
    return Because(
        id=provision.id, cite=provision.cite, basis=Basis.DEFAULT, verified=provision.verified, title=provision.title
    )
