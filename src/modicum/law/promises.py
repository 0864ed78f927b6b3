"""Guarantees without a region: unknown never permits, nothing rests on unread rules alone, askers change no cell."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np

from modicum.law.bodies import Body
from modicum.law.cubes import DEAD, HOLDS, Cube, Facet, truths_of
from modicum.law.findings import Break, Finding, Situation, situation_at
from modicum.law.groups import Group
from modicum.law.guarantees import Guarantee
from modicum.law.policy import Policy
from modicum.law.regions import Plan, our_fault, permitted_by_engine
from modicum.law.satisfying import Puzzle, at, turns
from modicum.model.dataset import UNKNOWN
from modicum.model.decision import Verdict

WITNESSES: Final = 60
"""Permitted cells that are put before the engine again, each with one of its parts unknown at a time."""


def prove_unknown(plan: Plan, guarantee: Guarantee) -> Finding:
    """A cell with something unknown is permitted only where it is permitted for every value.

    Every policy is looked at, in every facet: what it says of an unknown is never better for disclosure than what it
    says of any value; since permission is monotone in what policies say, that is the promise for every cell and every
    set of facts. A permit that Cedar would find satisfied by the word `unknown` itself, and not by every value, is a
    break, though the engine would not follow it. The engine is asked about permitted cells with a part made unknown.
    """
    broken = next(
        (found for found in (*_lenient(plan), *_literal(plan), *_in_the_dark(plan)) if found is not None), None
    )
    return Finding(guarantee=guarantee, broken=broken, looked=len(plan.groups))


def prove_unverified(plan: Plan, guarantee: Guarantee) -> Finding:
    """Without counsel's confirmations, each body that applies to a permitted cell rests on a permit that was read."""
    looked = 0
    for body in (body for body in plan.reading.pack.bodies if body.default is not None):
        for group in plan.groups:
            puzzle = _unread_alone(plan, body, group)
            if puzzle is None or not puzzle.possible():
                continue
            looked += 1
            interval, rows = group.places[0]
            situation = plan.solve(puzzle, interval=interval, row=int(rows[0]))
            if situation is not None:
                return Finding(guarantee=guarantee, broken=_unread(plan, body, situation), looked=looked)
    return Finding(guarantee=guarantee, broken=None, looked=looked)


def prove_asker(plan: Plan, guarantee: Guarantee) -> Finding:
    """Policies look at what is enrolled, catalogued and asked, and no fact that they need is attested by who asks."""
    pack = plan.reading.pack
    promises, facts = pack.guarantees, pack.vocabulary.facts
    for policy in (cube.policy for cube in plan.reading.cubes):
        strange = sorted(policy.attributes - promises.looks_at)
        if strange:
            words = f"{policy.id} looks at {', '.join(strange)}, which guarantees.toml does not list"
            return Finding(guarantee=guarantee, broken=Break(words=words, policies=(policy.id,)))
        named = {*policy.facts, *([policy.confirmation] if policy.confirmation else [])}
        for fact in sorted(fact for fact in named if facts[fact] & promises.asker_roles):
            who = ", ".join(sorted(facts[fact] & promises.asker_roles))
            return Finding(guarantee=guarantee, broken=_turned(plan, fact, who, policy))
    return Finding(guarantee=guarantee, broken=None, looked=len(plan.reading.cubes))


def prove_counts(plan: Plan, guarantee: Guarantee) -> Finding:
    """No role that may see exact counts of people is one of who asks, and there is at least one that may."""
    promises = plan.reading.pack.guarantees
    both = sorted(promises.exact_counts_seen_by & promises.asker_roles)
    broken = Break(words=f"exact counts are seen by {', '.join(both)}, who also ask") if both else None
    return Finding(guarantee=guarantee, broken=broken, looked=len(promises.exact_counts_seen_by))


def _lenient(plan: Plan) -> Iterator[Break]:
    """Policies whose facets are better for disclosure where something is unknown than where it has some value."""
    axes = [(place, axis) for place, axis in enumerate(plan.reading.space.cell) if UNKNOWN in axis.values]
    for cube in plan.reading.cubes:
        for facet, (place, axis) in product(cube.facets[1:], axes):
            if facet.holds.shape[place] > 1 and _better(cube, facet, place, axis.values.index(UNKNOWN)):
                words = f"{cube.policy.id} is read in favour of disclosure where {axis.name} is unknown"
                yield Break(words=words, policies=(cube.policy.id,))


def _better(cube: Cube, facet: Facet, axis: int, unknown: int) -> bool:
    dark = facet.holds.take([unknown], axis=axis)
    excess = dark & ~facet.holds if cube.policy.permits else facet.holds & ~dark
    return bool(excess.any() or (facet.surely.take([unknown], axis=axis) & ~facet.surely).any())


def _literal(plan: Plan) -> Iterator[Break]:
    """Permits that hold for the word `unknown` and not for every other value of the attribute."""
    for policy in (cube.policy for cube in plan.reading.cubes if cube.policy.permits):
        for name in sorted(policy.attributes & {*plan.reading.pack.attributes, "discloser", "recipient"}):
            value = _favoured(policy, name)
            if value is not None:
                words = f"{policy.id} permits where {name} is `unknown`, and not where it is `{value}`"
                yield Break(words=words, policies=(policy.id,))


def _favoured(policy: Policy, name: str) -> str | None:
    """A value of an attribute at which a permit fails somewhere where it holds for the word `unknown`."""
    names = sorted(policy.attributes)
    truths, at = truths_of(policy, names) == HOLDS, names.index(name)
    signatures = list(policy.representatives[name])
    dark = policy.signature(name, UNKNOWN)
    if dark not in signatures:
        return None
    literal = truths.take(signatures.index(dark), axis=at)
    for number, value in enumerate(policy.representatives[name].values()):
        if (literal & ~truths.take(number, axis=at)).any():
            return value
    return None


def _in_the_dark(plan: Plan) -> Iterator[Break]:
    """Permitted cells, with one part made unknown, that the engine permits though it does not permit every value."""
    chosen = plan.groups[:: max(1, len(plan.groups) // WITNESSES)]
    for group in chosen:
        interval, rows = group.places[0]
        situation = plan.solve(Puzzle(plan.reading, group.facets), interval=interval, row=int(rows[0]))
        if situation is None:
            continue
        permitted_by_engine(plan, situation)
        for dark, clear in _darkened(plan, situation):
            if _permits(plan, dark) and (not clear or not all(_permits(plan, each) for each in clear)):
                yield Break(words=f"permitted, {dark.words()}", situation=dark)


def _darkened(plan: Plan, situation: Situation) -> Iterator[tuple[Situation, list[Situation]]]:
    """A situation with a part unknown, and those that would all have to be permitted; none where nothing may permit."""
    yield replace(situation, data_class=None), []
    for party in ("discloser", "recipient"):
        yield replace(situation, request={**situation.request, party: UNKNOWN}), []
    for name, domain in plan.reading.pack.attributes.items():
        others = [
            replace(situation, stratum={**situation.stratum, name: value}) for value in sorted(domain - {UNKNOWN})
        ]
        yield replace(situation, stratum={**situation.stratum, name: UNKNOWN}), others


def _permits(plan: Plan, situation: Situation) -> bool:
    return situation.judged(plan.reading.pack).verdict is Verdict.PERMITTED


def _unread_alone(plan: Plan, body: Body, group: Group) -> Puzzle | None:
    """Permitted without confirmations, in a body that applies and whose read permits all fail: what must not be.

    None where the body has no other permit for the group that counts without confirmation: then there is no such cell.
    """
    reading = plan.reading
    live = [place for place in reading.places[body.id][1] if group.facets[place] != DEAD]
    read = [place for place in live if reading.pack.guarantees.rests_on_reading(reading.cubes[place].policy)]
    counts = reading.combining.confirmations_count
    if all(place in read or (counts and reading.cubes[place].policy.confirmation is not None) for place in live):
        return None
    confirmations = {cube.policy.confirmation for cube in reading.cubes if cube.policy.confirmation is not None}
    return Puzzle(
        reading,
        group.facets,
        unwanted=tuple((reading.cubes[place], group.facets[place]) for place in read),
        among=reading.reached(body, group.facets),
        withheld=frozenset(confirmations),
    )


def _unread(plan: Plan, body: Body, situation: Situation) -> Break:
    cell = permitted_by_engine(plan, situation)
    policies = {policy.id: policy for policy in body.policies}
    rests = [policies[each.id] for each in cell.because if each.id in policies]
    if not rests or any(plan.reading.pack.guarantees.rests_on_reading(policy) for policy in rests):
        raise our_fault(f"the engine rests on a rule of {body.id} that was read: {situation.words()}")
    names = tuple(policy.id for policy in rests)
    words = (
        f"in {body.id} rests on {', '.join(names)} alone, whose text nobody has read; permitted, {situation.words()}"
    )
    return Break(words=words, policies=names, situation=situation)


def _turned(plan: Plan, fact: str, who: str, policy: Policy) -> Break:
    """A cell that a fact turns which who asks may attest."""
    words = f"{policy.id} looks at the fact {fact}, which {who} may attest"
    place = next(p for p, cube in enumerate(plan.reading.cubes) if cube.policy is policy)
    for group in plan.groups:
        found = _pivot(plan, group, place, fact)
        if found is not None:
            permitted_by_engine(plan, found)
            if _permits(plan, replace(found, facts=found.facts - {fact})):
                raise our_fault(f"the engine permits without {fact}: {found.words()}")
            return Break(
                words=f"{words}; it turns this to permitted, {found.words()}", policies=(policy.id,), situation=found
            )
    return Break(words=f"{words}; no cell was found that it turns", policies=(policy.id,))


def _pivot(plan: Plan, group: Group, place: int, fact: str) -> Situation | None:
    """A situation of a group that is permitted with a fact and not without it, where a policy turns with the fact."""
    cube, number = plan.reading.cubes[place], group.facets[place]
    if number == DEAD or (fact not in turns(cube, number)[0] and fact != cube.policy.confirmation):
        return None
    puzzle = Puzzle(plan.reading, group.facets, among=cube.facets[number].ever)
    for facts in puzzle.candidates() if puzzle.possible() else ():
        for where in map(tuple, np.argwhere(puzzle.cells(facts | {fact}))[:8]):
            fewest = puzzle.fewest(facts | {fact}, where, keep=fact)
            if not puzzle.cells(fewest - {fact})[at(puzzle.cells(fewest), where)]:
                interval, rows = group.places[0]
                return situation_at(plan.reading, interval=interval, row=int(rows[0]), where=where, facts=fewest)
    return None
