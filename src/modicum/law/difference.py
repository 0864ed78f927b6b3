"""What changes between two packs: every cell of the space of both whose verdict flips, counted exactly and explained.

Verdicts are those with no fact attested: permitted as it is, conditional where some set of facts permits, forbidden
otherwise. The space is the union of both packs' words: a value that one of them does not know counts there as unknown,
and a party, purpose, action or class that it does not know is forbidden there. A situation is counted once for each
interval between dates of rules of either pack, with one recipient. That a conditional cell waits for other facts is no
flip.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modicum.law.cubes import DEAD, Cube
from modicum.law.findings import Situation, situation_at
from modicum.law.flips import Difference, Flip
from modicum.law.groups import Reading, alike, reading
from modicum.law.packs import Pack
from modicum.law.policy import Policy
from modicum.law.regions import our_fault
from modicum.law.satisfying import Puzzle
from modicum.law.space import Interval, Space, space_of
from modicum.model.decision import Verdict

Codes: TypeAlias = NDArray[np.int8]
VERDICTS: Final = (Verdict.FORBIDDEN, Verdict.CONDITIONAL, Verdict.PERMITTED)
MOST_RULES: Final = 60
"""Rules that differ for one request: told apart cell by cell up to here, then named together."""


@dataclass(slots=True)
class _Found:
    situations: int
    intervals: dict[int, None]
    example: Situation


def difference(old: Pack, new: Pack) -> Difference:
    """Compare two packs over the space of both, largest groups of flips first.

    Raises InternalError: the comparison says of an example what the engine does not.
    """
    space = space_of([old, new])
    both = (reading(old, space), reading(new, space))
    found: dict[tuple[Verdict, Verdict, tuple[str, ...]], _Found] = {}
    for pair in _pairs(both):
        for key, count, where in _flips(both, pair):
            interval, row = pair.places[0][0], pair.places[0][2]
            known = found.get(key)
            if known is None:
                example = situation_at(both[0], interval=interval, row=row, where=where, facts=frozenset())
                known = found[key] = _Found(0, {}, example)
            known.situations += count * sum(weight for _, weight, _ in pair.places)
            known.intervals.update(dict.fromkeys(place for place, _, _ in pair.places))
    flips = [_confirmed(both, key, each) for key, each in found.items()]
    return Difference(
        old=old.ref,
        new=new.ref,
        words=_words(old, new),
        rules=_rules(old, new),
        situations=space.situations,
        flips=tuple(sorted(flips, key=lambda each: (-each.situations, each.before, each.after, each.rules))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Requests that both packs treat alike: facets in either (None: refused as unknown words), and where they occur.

    places: interval, how many requests of the full product, and the first row.
    """

    old: tuple[int, ...] | None
    new: tuple[int, ...] | None
    places: list[tuple[int, int, int]]


def _pairs(both: tuple[Reading, Reading]) -> list[_Pair]:
    found: dict[bytes, _Pair] = {}
    old = both[0]  # both are read over one space, so their rows are the same requests
    names = np.arange(len(old.rows))
    for interval in range(len(old.space.intervals)):
        sides = [_known(each, interval) for each in both]
        for row, rows in alike(np.concatenate(sides, axis=1), names):
            pair = found.get(row.tobytes())
            if pair is None:
                first, second = row[: sides[0].shape[1]].tolist(), row[sides[0].shape[1] :].tolist()
                parts = [tuple(part[1:]) if part[0] else None for part in (first, second)]
                pair = found[row.tobytes()] = _Pair(parts[0], parts[1], [])
            pair.places.append((interval, int(old.weights[rows].sum()), int(rows[0])))
    return list(found.values())


def _known(read: Reading, interval: int) -> NDArray[np.int16]:
    """The facets of each row that make a verdict, behind a column that says whether the pack knows its words at all."""
    kept = read.core(interval)
    kept[~read.known] = DEAD
    return np.concatenate([read.known.astype(np.int16)[:, None], kept], axis=1)


def _flips(
    both: tuple[Reading, Reading], pair: _Pair
) -> Iterator[tuple[tuple[Verdict, Verdict, tuple[str, ...]], int, tuple[int, ...]]]:
    """Each way in which cells of a pair flip, with the rules that differ there, how many cells, and the first."""
    differing = _differing(both, pair)
    if not differing:
        return
    space = both[0].space
    shape = [len(axis.kinds) for axis in space.cell]
    before, after = (
        np.broadcast_to(_verdicts(read, facets), shape) for read, facets in zip(both, (pair.old, pair.new), strict=True)
    )
    cells = np.argwhere(before != after)
    if not len(cells):
        return
    at = tuple(cells.T)
    marks = np.stack(
        [before[at], after[at], *(np.broadcast_to(each, shape)[at] for each in differing.values())], axis=1
    )
    weights = np.broadcast_to(_cell_weights(space), shape)[at]
    for mark, rows in alike(marks.astype(np.int16), np.arange(len(cells))):
        rules = tuple(name for name, differs in zip(differing, mark[2:], strict=True) if differs)
        key = (VERDICTS[mark[0]], VERDICTS[mark[1]], rules)
        yield key, int(weights[rows].sum()), tuple(int(each) for each in cells[rows[0]])


def _verdicts(read: Reading, facets: tuple[int, ...] | None) -> Codes:
    if facets is None:
        return np.zeros([1] * len(read.space.cell), dtype=np.int8)
    solved = Puzzle(read, facets).solved()
    outright = read.permitted(facets, read.under(frozenset()))
    return np.asarray(solved, dtype=np.int8) + np.asarray(outright, dtype=np.int8)


def _differing(both: tuple[Reading, Reading], pair: _Pair) -> dict[str, NDArray[np.bool_]]:
    """The rules that say different things to a pair, and the cells where they do; words that one pack does not know."""
    if pair.old is None or pair.new is None:
        everywhere = np.ones([1] * len(both[0].space.cell), dtype=np.bool_)
        return {} if pair.old == pair.new else {"a word that only one of the packs knows": everywhere}
    said = [_said(read, facets) for read, facets in zip(both, (pair.old, pair.new), strict=True)]
    found = {}
    for name in dict.fromkeys([*said[0], *said[1]]):
        one, other = said[0].get(name), said[1].get(name)
        where = _unlike(one, other, len(both[0].space.cell))
        if where.any():
            found[name] = where
    found.update(_bodies_unlike(both))
    if (both[0].open_cells != both[1].open_cells).any():
        found["a class that only one of the packs knows"] = both[0].open_cells != both[1].open_cells
    return dict(list(found.items())[:MOST_RULES])


def _said(read: Reading, facets: tuple[int, ...]) -> dict[str, tuple[Cube, int]]:
    return {c.policy.id: (c, number) for c, number in zip(read.cubes, facets, strict=True) if number != DEAD}


def _unlike(one: tuple[Cube, int] | None, other: tuple[Cube, int] | None, axes: int) -> NDArray[np.bool_]:
    """The cells for which one rule says different things; of another body, effect, mark or facts: wherever it holds."""
    held = [each[0].facets[each[1]].holds for each in (one, other) if each is not None]
    ever = reduce(np.logical_or, [np.asarray(each.any(axis=-1)) for each in held], np.zeros([1] * axes, dtype=np.bool_))
    if one is None or other is None or _manner(one[0].policy) != _manner(other[0].policy):
        return np.asarray(ever)
    unlike = np.asarray((held[0] != held[1]).any(axis=-1))
    sure = [each[0].facets[each[1]].surely for each in (one, other)]
    return np.asarray(unlike | (sure[0] != sure[1]).any(axis=-1))


def _manner(policy: Policy) -> tuple[object, ...]:
    return policy.body, policy.effect, policy.action, policy.facts, policy.confirmation


def _bodies_unlike(both: tuple[Reading, Reading]) -> dict[str, NDArray[np.bool_]]:
    everywhere = np.ones([1] * len(both[0].space.cell), dtype=np.bool_)
    old, new = ({b.id: (b.ground, b.default is not None) for b in each.pack.bodies} for each in both)
    return {f"the body {name}": everywhere for name in sorted(old.keys() & new.keys()) if old[name] != new[name]}


def _cell_weights(space: Space) -> NDArray[np.int64]:
    weights = [np.array(axis.weights, dtype=np.int64) for axis in space.cell]
    return np.asarray(reduce(np.multiply.outer, weights))


def _confirmed(both: tuple[Reading, Reading], key: tuple[Verdict, Verdict, tuple[str, ...]], found: _Found) -> Flip:
    before, after, rules = key
    cells = [found.example.judged(read.pack) for read in both]
    if [each.verdict for each in cells] != [before, after]:
        raise our_fault(f"the comparison finds {before}, then {after}; the engine does not: {found.example.words()}")
    return Flip(
        before=before,
        after=after,
        rules=rules,
        situations=found.situations,
        intervals=_joined([both[0].space.intervals[place] for place in sorted(found.intervals)]),
        example=found.example,
        because_before=tuple(each.id for each in cells[0].because),
        because_after=tuple(each.id for each in cells[1].because),
    )


def _joined(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Neighbours joined to one."""
    found: list[Interval] = []
    for each in intervals:
        if (
            found
            and found[-1].until is not None
            and each.since is not None
            and (each.since - found[-1].until).days == 1
        ):
            found[-1] = Interval(found[-1].since, each.until)
        else:
            found.append(each)
    return tuple(found)


def _words(old: Pack, new: Pack) -> dict[str, tuple[str, ...]]:
    pairs = {
        name: (old.lexicon.domains.get(name, ()), new.lexicon.domains.get(name, ()))
        for name in dict.fromkeys([*old.lexicon.domains, *new.lexicon.domains])
    }
    pairs["facts"] = (tuple(sorted(old.lexicon.facts)), tuple(sorted(new.lexicon.facts)))
    pairs["obligations"] = (tuple(sorted(old.lexicon.obligations)), tuple(sorted(new.lexicon.obligations)))
    found = {name: _changed(before, after) for name, (before, after) in pairs.items()}
    return {name: changes for name, changes in found.items() if changes}


def _changed(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    gone = [f"-{each}" for each in before if each not in after]
    return (*gone, *(f"+{each}" for each in after if each not in before))


def _rules(old: Pack, new: Pack) -> dict[str, tuple[str, ...]]:
    before, after = ({p.id: p for body in pack.bodies for p in body.policies} for pack in (old, new))
    shared = [name for name in before if name in after]
    return {
        "added": tuple(name for name in after if name not in before),
        "removed": tuple(name for name in before if name not in after),
        "changed": tuple(name for name in shared if _written(before[name]) != _written(after[name])),
    }


def _written(policy: Policy) -> tuple[object, ...]:
    return policy.body, policy.since, policy.until, policy.parsed.document
