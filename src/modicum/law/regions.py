"""Guarantees about regions, proved group by group: no permitted cell in them, or none without its obligation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modicum.law.cubes import DEAD, Cube, Truths, cube_of
from modicum.law.findings import Break, Finding, Situation, in_region, situation_at
from modicum.law.groups import Group, Reading, alike
from modicum.law.guarantees import Guarantee, Kind
from modicum.law.policy import Policy
from modicum.law.satisfying import Puzzle
from modicum.model.decision import Cell, Verdict
from modicum.model.errors import InternalError


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A reading and those of its groups in which anything can be permitted at all."""

    reading: Reading
    groups: Sequence[Group]

    def solve(self, puzzle: Puzzle, *, interval: int, row: int) -> Situation | None:
        """A situation that solves a puzzle, or None where there is none."""
        found = puzzle.solution()
        if found is None:
            return None
        facts, where = found
        return situation_at(self.reading, interval=interval, row=row, where=where, facts=facts)


@dataclass(frozen=True, slots=True, eq=False)
class _Lot:
    """A group under one facet of a region, what obliges there (by place in the reading), and where that occurs."""

    facets: tuple[int, ...]
    number: int
    duties: Mapping[int, int]
    interval: int
    row: int


def prove_region(plan: Plan, guarantee: Guarantee, region: Policy) -> Finding:
    """Prove a `never` or an `obliges`; a counterexample is put before the engine before it is told."""
    cube = cube_of(region, plan.reading.pack, plan.reading.space)
    looked = 0
    for lot in _lots(plan, cube, guarantee):
        missing = None if guarantee.kind is Kind.NEVER else ~_carried(plan.reading, lot)
        puzzle = Puzzle(plan.reading, lot.facets, wanted=((cube, lot.number),), among=missing)
        if not puzzle.possible():
            continue
        looked += 1
        situation = plan.solve(puzzle, interval=lot.interval, row=lot.row)
        if situation is not None:
            return Finding(guarantee=guarantee, broken=_told(plan, guarantee, region, situation), looked=looked)
    return Finding(guarantee=guarantee, broken=None, looked=looked)


def permitted_by_engine(plan: Plan, situation: Situation) -> Cell:
    """The engine's verdict on a situation that the proof finds permitted. Raises InternalError: it is not."""
    cell = situation.judged(plan.reading.pack)
    if cell.verdict is not Verdict.PERMITTED:
        raise our_fault(f"the proof finds permitted what the engine finds {cell.verdict}: {situation.words()}")
    return cell


def our_fault(words: str) -> InternalError:
    """Proof and engine disagree about one situation: one of them is wrong, and it is us."""
    return InternalError(cause=words, cure="trust neither; report this line")


def _told(plan: Plan, guarantee: Guarantee, region: Policy, situation: Situation) -> Break:
    cell = permitted_by_engine(plan, situation)
    if not in_region(region, situation) or guarantee.obligation in cell.obligations:
        raise our_fault(f"{guarantee.id}: the proof breaks it where Cedar does not: {situation.words()}")
    lacking = "" if guarantee.kind is Kind.NEVER else f" without the obligation {guarantee.obligation}"
    policies = tuple(each.id for each in cell.because)
    return Break(words=f"permitted{lacking}, {situation.words()}", policies=policies, situation=situation)


def _lots(plan: Plan, cube: Cube, guarantee: Guarantee) -> Iterator[_Lot]:
    """Each distinct pair of a group and a live facet of the region, and of what obliges where a duty is wanted."""
    reading = plan.reading
    numbers = np.broadcast_to(cube.numbers, [len(axis.kinds) for axis in reading.space.request]).reshape(-1)
    columns = _obliging(reading, guarantee)
    on_days = [reading.facets_on(each)[:, columns] for each in range(len(reading.space.intervals) if columns else 0)]
    seen: set[tuple[tuple[int, ...], bytes]] = set()
    for group in plan.groups:
        for interval, rows in group.places:
            inside = rows[numbers[rows] != DEAD]
            if not len(inside):
                continue
            parts = [numbers[inside], *(on_days[interval][inside].T if columns else ())]
            for found, names in alike(np.column_stack(parts).astype(np.int16), inside):
                key = (group.facets, found.tobytes())
                if key not in seen:
                    seen.add(key)
                    number, *duties = found.tolist()
                    yield _Lot(group.facets, number, dict(zip(columns, duties, strict=True)), interval, int(names[0]))


def _obliging(reading: Reading, guarantee: Guarantee) -> list[int]:
    """The places of the policies that oblige to what a guarantee wants."""
    wanted = guarantee.obligation
    return [] if wanted is None else [p for p, c in enumerate(reading.cubes) if c.policy.obligation == wanted]


def _carried(reading: Reading, lot: _Lot) -> Truths:
    """The cells that carry the duty: something that obliges holds, and its body applies or may."""
    bodies = {body.id: body for body in reading.pack.bodies}
    found: Truths = np.zeros([1] * len(reading.space.cell), dtype=np.bool_)
    for place, number in lot.duties.items():
        cube = reading.cubes[place]
        found = found | (cube.facets[number].holds[..., 0] & reading.reached(bodies[cube.policy.body], lot.facets))
    return found
