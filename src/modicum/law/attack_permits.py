"""A random permit, put into a body or into a new one, over the cells that are closed to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Self

import numpy as np

from modicum.law.bodies import Body, read_policies
from modicum.law.conditions import Condition, random_condition
from modicum.law.cubes import DEAD, Truths
from modicum.law.findings import Situation, situation_at
from modicum.law.groups import Group, Reading
from modicum.law.packs import Pack
from modicum.model.decision import Basis, Verdict
from modicum_verify.canonical import digest

_NEW: Final = "attack"
_NOTES: Final = '@id("{id}") @title("t") @cite("c") @source("s") @verified("{mark}") @from("0001-01-01")'


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The law that is attacked, and the groups of its requests."""

    reading: Reading
    groups: Sequence[Group]

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """With all groups, those in which nothing can be permitted included."""
        return cls(reading, reading.groups())


@dataclass(frozen=True, slots=True, eq=False)
class _Addition:
    """A permit: its condition, its mark, the body that it goes into; None: a new one, a ground or not."""

    condition: Condition
    mark: str
    body: Body | None
    ground: bool


def permit_trial(random: Random, field: Field, *, judged: bool) -> tuple[int, str | None]:
    """Try one addition on one group. How many closed cells were tried, and in words what was opened, if anything."""
    group = random.choice(field.groups)
    bodies = [body for body in field.reading.pack.bodies if body.default is not None and body.basis is not Basis.ORDER]
    addition = _Addition(
        condition=random_condition(random, field.reading.pack),
        mark=random.choice(["text-read", "secondary", "unverified"]),
        body=random.choice([None, *bodies]),
        ground=random.random() < 1 / 2,
    )
    closed = closed_cells(field.reading, group, None if addition.body is None else addition.body.id)
    if not closed.any():
        return 0, None
    interval, rows = group.places[0]
    row = int(rows[0])
    opened = closed & permitted_with(field.reading, group, addition, row=row)
    if opened.any():
        where = tuple(int(each) for each in np.argwhere(opened)[0])
        found = situation_at(field.reading, interval=interval, row=row, where=where, facts=frozenset())
        return int(closed.sum()), f"{_told(addition)} opens {found.words()}"
    if not judged:
        return int(closed.sum()), None
    places = np.argwhere(closed)
    where = tuple(int(each) for each in places[random.randrange(len(places))])
    facts = _facts(random, field.reading.pack, addition)
    situation = situation_at(field.reading, interval=interval, row=row, where=where, facts=facts)
    return int(closed.sum()), _judged(field.reading, addition, situation)


def closed_cells(reading: Reading, group: Group, body_id: str | None) -> Truths:
    """The cells that no permit added to a body (None: a new one) may open, whatever is attested."""
    found: Truths = np.zeros([1] * len(reading.space.cell), dtype=np.bool_)
    for body in reading.pack.bodies:
        _, permits, forbids, _ = reading.places[body.id]
        reached = reading.reached(body, group.facets)
        for cube, number in _live(group, forbids):
            found = found | (reached & reading.cubes[cube].facets[number].always)
        if body.default is not None and body.id != body_id:
            denied = np.ones_like(found)
            for cube, number in _live(group, permits):
                denied = denied & ~reading.cubes[cube].facets[number].ever
            found = found | (reached & denied)
    return found


def permitted_with(reading: Reading, group: Group, addition: _Addition, *, row: int) -> Truths:
    """The cells that are permitted with an addition, each policy at its best: no set of facts permits more."""
    mask = addition.condition.cells(reading.pack, reading.space, reading.request(row))
    if addition.body is None:
        # A new body applies everywhere: it must permit, and as a ground it stands in for one that is wanting.
        return mask & reading.permitted(group.facets, reading.at_best, grounded=addition.ground)
    return reading.permitted(group.facets, reading.at_best, extra={addition.body.id: mask})


def _live(group: Group, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((place, group.facets[place]) for place in places if group.facets[place] != DEAD)


def _facts(random: Random, pack: Pack, addition: _Addition) -> frozenset[str]:
    """All facts, or many, those that the addition needs among them, and its confirmation."""
    known = sorted(pack.vocabulary.facts)
    chosen = known if random.random() < 1 / 2 else random.sample(known, random.randint(0, len(known)))
    return frozenset({*chosen, *addition.condition.facts, "counsel-confirms:ATTACK"})


def _judged(reading: Reading, addition: _Addition, situation: Situation) -> str | None:
    """What the engine, policy text and all, opens of a closed cell; None: nothing, as it should be."""
    pack = _with(reading.pack, addition)
    if not reading.combining.forbid_beats_permit:
        pack = _unforbidding(pack)
    if situation.judged(pack).verdict is not Verdict.PERMITTED:
        return None
    return f"{_told(addition)} opens, through the engine, {situation.words()}"


def _with(pack: Pack, addition: _Addition) -> Pack:
    text = _policy("ATTACK", addition.mark, "disclose", addition.condition.text())
    body = addition.body
    if body is None:
        default = next(each.default for each in pack.bodies if each.default is not None)
        body = Body(
            id=_NEW, title=_NEW, file=f"statutes/{_NEW}.cedar", basis=Basis.LAW, ground=addition.ground,
            default=default, policies=(),
        )  # fmt: skip
        text += _policy("ATTACK-APPLIES", "text-read", "applies", "")
    added = read_policies(text, body=body, lexicon=pack.lexicon)
    grown = replace(body, policies=(*body.policies, *added))
    old = tuple(grown if each.id == body.id else each for each in pack.bodies)
    return edited(pack, old if addition.body is not None else (*old, grown), text)


def _unforbidding(pack: Pack) -> Pack:
    """The pack without its forbids: what an engine makes of it in which none of them beats a permit."""
    bodies = tuple(replace(b, policies=tuple(p for p in b.policies if p.effect != "forbid")) for b in pack.bodies)
    return edited(pack, bodies, "without forbids")


def edited(pack: Pack, bodies: tuple[Body, ...], how: str) -> Pack:
    """The pack with other bodies, under another digest."""
    return replace(pack, ref=replace(pack.ref, sha256=digest({"origin": pack.ref.sha256, "edit": how})), bodies=bodies)


def _policy(policy_id: str, mark: str, action: str, condition: str) -> str:
    notes = _NOTES.format(id=policy_id, mark=mark)
    return f'{notes}\npermit (principal, action == Action::"{action}", resource) {condition};\n'


def _told(addition: _Addition) -> str:
    place = "a new body" if addition.body is None else f"the body {addition.body.id}"
    return f"the permit `{addition.condition.text() or 'always'}` in {place}"
