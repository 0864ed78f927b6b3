"""One policy over the whole space, as arrays of truth: Cedar is asked once for each combination that it can tell apart.

It asks by itself, and shares no table with `judge`: so a proof that stands on it, and agrees with `judge` cell for cell
(a property test), finds what is wrong in either. What a policy says of one request is a *facet*: an array with an axis
for each attribute of the cell (of length 1 where the policy does not look) and a last one for the subsets of the facts
that it mentions. Requests under which a policy says the same share a facet; facet 0 is the one that never holds.

An attribute that is unknown stands for each of its values: a permit must hold for all of them, anything else for one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modicum.law.cedar import Situation, Truth, Value, holds
from modicum.law.packs import Pack
from modicum.law.policy import FACTS, Policy
from modicum.law.space import REQUEST, Axis, Space, seen, word_in

Truths: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.int16]

DEAD: Final = 0
FAILS, HOLDS, ERRS = 0, 1, 2
_CODES: Final = {Truth.FAILS: FAILS, Truth.HOLDS: HOLDS, Truth.ERROR: ERRS}


@dataclass(frozen=True, slots=True, eq=False)
class Facet:
    """What a policy says of the cells of one request; `errs` are the cells where Cedar errs under some facts.

    `holds`: where it holds, what is unknown read against disclosure. `surely`: where it holds for every value.
    `ever` and `always`: whether it holds under some, under every set of facts.
    """

    holds: Truths
    surely: Truths
    errs: Truths | None
    ever: Truths
    always: Truths


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """A policy over the space: the number of its facet for each request, and its facets.

    `numbers` has the request axes, of length 1 where the policy does not look.
    """

    policy: Policy
    numbers: Numbers
    facets: tuple[Facet, ...] = field(repr=False)
    asked: int

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it mentions, in the order of the bits of the last axis."""
        return self.policy.facts

    def under(self, number: int, facts: frozenset[str]) -> Truths:
        """Where a facet holds under a set of facts."""
        place = sum(1 << bit for bit, fact in enumerate(self.facts) if fact in facts)
        return self.facets[number].holds[..., place]


def cube_of(policy: Policy, pack: Pack, space: Space, *, unknown_is_every_value: bool = True) -> Cube:
    """Ask Cedar about a policy of a pack, and lay the answers over the space.

    unknown_is_every_value: False is an engine broken on purpose, that takes the first value for what is unknown.
    """
    looks = [axis for axis in space.request if axis.name in policy.attributes]
    names = [axis.name for axis in (*space.request, *space.cell) if axis.name in policy.attributes]
    truths = truths_of(policy, names)
    picks = [_picks(policy, pack, axis) for axis in looks]
    cells = [_picks(policy, pack, axis) if axis.name in policy.attributes else None for axis in space.cell]
    facets = [_dead(len(space.cell), len(policy.facts))]
    known: dict[bytes, int] = {}
    numbers = np.zeros([len(each) for each in picks], dtype=np.int16)
    for place in product(*(range(len(each)) for each in picks)):
        slab = truths[tuple(int(picks[axis][at]) for axis, at in enumerate(place))]
        key = slab.tobytes()
        if key not in known:
            known[key] = DEAD
            if slab.any():
                facets.append(_facet(policy, slab, cells, every=unknown_is_every_value))
                known[key] = len(facets) - 1
        numbers[place] = known[key]
    shape = [len(axis.kinds) if axis.name in policy.attributes else 1 for axis in space.request]
    return Cube(policy, numbers.reshape(shape), tuple(facets), asked=truths.size)


def domains_seen(policy: Policy, name: str) -> list[Value]:
    """One value for each thing that a policy can see of an attribute, in the order of the numbers of `seen`."""
    return [False, True] if name == "named_persons" else list(policy.representatives[name].values())


def truths_of(policy: Policy, names: Sequence[str]) -> NDArray[np.int8]:
    """Ask Cedar about all that a policy can tell apart: an axis for each attribute named, and one for subsets of facts.

    names: exactly the attributes that it looks at, in the order wanted. Entries: FAILS, HOLDS or ERRS.
    """
    values = [domains_seen(policy, name) for name in names]
    subsets = range(1 << len(policy.facts))
    situations = [
        _situation(policy, dict(zip(names, each, strict=True)), subset)
        for each in product(*values)
        for subset in subsets
    ]
    codes = [_CODES[truth] for truth in holds(policy.parsed, situations)]
    return np.array(codes, dtype=np.int8).reshape([*(len(each) for each in values), len(subsets)])


def _situation(policy: Policy, words: Mapping[str, Value], subset: int) -> Situation:
    # Exactly the attributes that the policy mentions: one that was overlooked would err, and not skip a forbid.
    if not policy.facts:
        return words
    return {**words, FACTS: tuple(fact for bit, fact in enumerate(policy.facts) if subset >> bit & 1)}


def _picks(policy: Policy, pack: Pack, axis: Axis) -> NDArray[np.intp]:
    found = [seen(policy, axis.name, word_in(pack, axis.name, value)) for value in axis.values]
    if axis.name in REQUEST:  # a word that the pack does not know is refused before any policy is asked
        found = [max(each, 0) for each in found]
    return np.array(found, dtype=np.intp)


def _facet(policy: Policy, slab: NDArray[np.int8], cells: Sequence[NDArray[np.intp] | None], *, every: bool) -> Facet:
    erring = slab == ERRS
    true = slab == HOLDS
    surely = _laid(true, cells, np.logical_and if every else None)
    maybe = _laid(true, cells, np.logical_or if every else None)
    errs = np.asarray(_laid(erring, cells, np.logical_or).any(axis=-1)) if erring.any() else None
    holding = surely if policy.permits else maybe
    ever, always = np.asarray(holding.any(axis=-1)), np.asarray(holding.all(axis=-1))
    return Facet(holding, surely, errs, ever=ever, always=always)


def _laid(truths: Truths, cells: Sequence[NDArray[np.intp] | None], merge: np.ufunc | None) -> Truths:
    """Lay truths over the axes of the cell; what is unknown (ANY, -1) is the last of its axis, merged of others."""
    for place, picks in enumerate(cells):
        if picks is None:
            truths = np.expand_dims(truths, place)
            continue
        first = truths.take([0], axis=place)
        merged = first if merge is None else merge.reduce(truths, axis=place, keepdims=True)
        truths = np.concatenate([truths, merged], axis=place).take(picks, axis=place)
    return np.ascontiguousarray(truths)


def _dead(axes: int, facts: int) -> Facet:
    never = np.zeros([1] * axes + [1 << facts], dtype=np.bool_)
    return Facet(never, never, None, ever=never[..., 0], always=never[..., 0])
