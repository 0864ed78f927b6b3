"""The finite space that a pack decides about, reduced exactly to what its policies can tell apart.

A *situation* is an action, a custodian, somebody who asks or receives, a purpose, whether persons are named, a form, a
data class, a stratum, a set of attested facts, and a day. Policies see values through tests alone (see `policy`), and
days through `@from` and `@until`. So one value of each kind that no policy tells from another stands for all of them,
and one day for each interval between two dates of rules. Nothing is sampled.

An audience needs no axis of its own: it is permitted exactly where each of its members alone is (see `judge`), so a
situation with one recipient stands for every audience that holds it. A property test keeps that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import prod
from typing import Final, TypeAlias

from modicum.law.packs import Pack
from modicum.law.policy import Policy
from modicum.model.dataset import UNKNOWN

Word: TypeAlias = str | bool | None
REQUEST: Final = ("action", "discloser", "recipient", "purpose", "named_persons")
"""What is the same for every cell of a request, in the order of the request axes."""
ANY: Final = -1
"""What a policy sees of an attribute of the cell that is unknown: every value at once."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An attribute: one value of each kind that no policy can tell apart, and all the values that it stands for."""

    name: str
    kinds: tuple[tuple[Word, ...], ...]

    @property
    def values(self) -> tuple[Word, ...]:
        """One value of each kind, the first of its domain."""
        return tuple(kind[0] for kind in self.kinds)

    @property
    def weights(self) -> tuple[int, ...]:
        """How many values each kind has."""
        return tuple(len(kind) for kind in self.kinds)

    @property
    def size(self) -> int:
        """Values of the whole domain."""
        return sum(self.weights)


@dataclass(frozen=True, slots=True)
class Interval:
    """Days on which the same policies are in force; None: no first, or no last day."""

    since: date | None
    until: date | None

    @property
    def day(self) -> date:
        """A day in it: the first, or for the time before every rule the last."""
        return self.since or self.until or date.max

    def words(self) -> str:
        """As people say it."""
        return f"{self.since or 'the beginning'} to {self.until or 'the end of time'}"


@dataclass(frozen=True, slots=True)
class Space:
    """The axes of one pack, or of several that are compared, and the intervals between the dates of their rules."""

    request: tuple[Axis, ...]
    cell: tuple[Axis, ...]
    intervals: tuple[Interval, ...]
    facts: tuple[str, ...]

    @property
    def situations(self) -> int:
        """Situations of the full product without facts: one recipient, every interval once."""
        return prod(axis.size for axis in (*self.request, *self.cell)) * len(self.intervals)

    @property
    def size(self) -> int:
        """Situations of the full product: the kind of who asks and of who receives, and every set of facts, too."""
        kinds = next(axis.size for axis in self.request if axis.name == "recipient")
        return int(self.situations * kinds * 2 ** len(self.facts))


def space_of(packs: Sequence[Pack], regions: Sequence[Policy] = ()) -> Space:
    """The space of one or more packs: the union of their words, told apart by any of their policies or regions."""
    readers = [(pack, policy) for pack in packs for policy in _policies(pack)]
    readers += [(packs[0], region) for region in regions]
    names = [name for pack in packs for name in sorted(pack.attributes)]
    cell = ("form", "data_class", *dict.fromkeys(names))
    return Space(
        request=tuple(_axis(name, packs, readers) for name in REQUEST),
        cell=tuple(_axis(name, packs, readers) for name in cell),
        intervals=intervals_of([policy for _, policy in readers[: len(readers) - len(regions)]]),
        facts=tuple(sorted({fact for pack in packs for fact in pack.vocabulary.facts})),
    )


def intervals_of(policies: Sequence[Policy]) -> tuple[Interval, ...]:
    """The intervals between dates of policies, from before the first to after the last, earliest first."""
    after = {policy.until + timedelta(days=1) for policy in policies if policy.until not in {None, date.max}}
    starts = sorted({policy.since for policy in policies if policy.since > date.min} | after)
    ends: list[date | None] = [start - timedelta(days=1) for start in starts]
    return tuple(Interval(since, until) for since, until in zip([None, *starts], [*ends, None], strict=True))


def word_in(pack: Pack, name: str, value: Word) -> Word:
    """What a pack makes of a value: itself; of an attribute's value outside its domain, unknown; else None."""
    if name == "named_persons" or value in pack.lexicon.domains.get(name, ()):
        return value
    return UNKNOWN if name in pack.attributes else None


def seen(policy: Policy, name: str, value: Word) -> int:
    """The number of what a policy sees of a value; ANY where it is unknown, or none, in a cell, and matters.

    What a request says (its action, its parties, its purpose) is seen as it is written.
    """
    if name == "named_persons":
        return int(bool(value))
    known = list(policy.representatives[name])
    if len(known) == 1:
        return 0
    if value is None or (value == UNKNOWN and name not in REQUEST):
        return ANY
    signature = policy.signature(name, str(value))
    return known.index(signature) if signature in known else ANY


def _policies(pack: Pack) -> list[Policy]:
    return [policy for body in pack.bodies for policy in body.policies]


def _axis(name: str, packs: Sequence[Pack], readers: Sequence[tuple[Pack, Policy]]) -> Axis:
    looking = [(pack, policy) for pack, policy in readers if name in policy.attributes]
    kinds: dict[tuple[object, ...], list[Word]] = {}
    for value in _domain(name, packs):
        words = [word_in(pack, name, value) for pack in packs]
        stranger = tuple(word is None or word == UNKNOWN for word in words)
        key = (stranger, *(seen(policy, name, word_in(pack, name, value)) for pack, policy in looking))
        kinds.setdefault(key, []).append(value)
    return Axis(name, tuple(tuple(kind) for kind in kinds.values()))


def _domain(name: str, packs: Sequence[Pack]) -> list[Word]:
    if name == "named_persons":
        return [False, True]
    found: dict[Word, None] = {}
    for pack in packs:
        found.update(dict.fromkeys(pack.lexicon.domains.get(name, ())))
    if name == "data_class":
        found[None] = None  # a column without a class
    if name not in {*REQUEST, "form", "data_class"}:
        found[UNKNOWN] = None
    return list(found)
