"""Requests that the law treats alike, and what it permits to each of them: bodies joined by AND, over whole arrays.

For each interval of days the policies in force give each request a tuple of facets. Requests with one tuple are one
*group*; a body that cannot apply to a group is left out of its tuple. A group is judged once, for all of its cells.

`Combining` says how bodies are joined. The law's own way is its default; the others are broken on purpose, as positive
controls: a check that does not catch them checks nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modicum.law.bodies import Body
from modicum.law.cedar import APPLIES, DISCLOSE, OBLIGE
from modicum.law.cubes import DEAD, Cube, Facet, Truths, cube_of
from modicum.law.packs import Pack
from modicum.law.space import Space, Word
from modicum.model.dataset import UNKNOWN

Held = Callable[[int, int], Truths]
"""Where a policy (by its place in the reading) holds in a facet, as the caller settles facts."""


@dataclass(frozen=True, slots=True)
class Combining:
    """How the answers of policies become a verdict; anything but the default is a broken engine, for controls alone."""

    forbid_beats_permit: bool = True
    confirmations_count: bool = True
    unknown_is_every_value: bool = True


LAW: Final = Combining()
NOTHING: Final[Mapping[str, Truths]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Requests with the same facets, and where they occur: intervals, and the rows of requests in each."""

    facets: tuple[int, ...]
    places: list[tuple[int, NDArray[np.intp]]]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A pack over a space. `rows`: a facet of every policy for each kind of request; `requests`: its place on the axes.

    `weights`: how many requests of the full product each row stands for. `open_cells`: cells that are not refused for
    want of a class. Rows whose words or parties the pack does not know are in none of them: nothing is permitted there.
    """

    pack: Pack
    space: Space
    combining: Combining
    cubes: tuple[Cube, ...]
    places: Mapping[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]]
    in_force: NDArray[np.bool_]
    rows: NDArray[np.int16]
    requests: NDArray[np.intp]
    weights: NDArray[np.int64]
    known: NDArray[np.bool_]
    open_cells: Truths

    def permitted(
        self, facets: Sequence[int], held: Held, *, extra: Mapping[str, Truths] = NOTHING, grounded: bool = False
    ) -> Truths:
        """The cells of a group that are permitted, where `held` settles what each permit and forbid says.

        extra: cells that a further permit of a body permits. grounded: whether a further body is a ground everywhere.
        """
        whole: Truths = self.open_cells
        lawful: Truths = np.full([1] * len(self.space.cell), grounded)
        for body in self.pack.bodies:
            applies, permits, forbids, _ = self.places[body.id]
            barred = _any(held(place, facets[place]) for place in forbids if facets[place] != DEAD)
            allowed = _any(held(place, facets[place]) for place in permits if facets[place] != DEAD)
            if body.default is None:
                whole = whole & ~barred if self.combining.forbid_beats_permit else whole
                continue
            reached = self.reached(body, facets)
            allowed = allowed | extra[body.id] if body.id in extra else allowed
            fine = allowed & ~barred if self.combining.forbid_beats_permit else allowed
            whole = whole & (~reached | fine)
            if body.ground:
                lawful = lawful | _any(self.cubes[p].facets[facets[p]].surely[..., 0] for p in applies)
        return whole & lawful & ~self._errs(facets)

    def reached(self, body: Body, facets: Sequence[int]) -> Truths:
        """The cells to which a body applies, or may."""
        if body.default is None:
            return np.ones([1] * len(self.space.cell), dtype=np.bool_)
        return _any(self.cubes[p].facets[facets[p]].holds[..., 0] for p in self.places[body.id][0])

    def at_best(self, place: int, number: int) -> Truths:
        """Each policy at its own best for disclosure: no set of facts permits more than this."""
        facet: Facet = self.cubes[place].facets[number]
        return facet.ever if self.cubes[place].policy.permits else facet.always

    def under(self, facts: frozenset[str]) -> Held:
        """Policies under one set of facts; an unverified permit needs counsel's confirmation among them."""

        def held(place: int, number: int) -> Truths:
            cube = self.cubes[place]
            needed = cube.policy.confirmation if self.combining.confirmations_count else None
            number = DEAD if needed is not None and needed not in facts else number
            return cube.under(number, facts)

        return held

    def facets_on(self, interval: int) -> NDArray[np.int16]:
        """The facets of each row in an interval: DEAD for what is not in force, or of a body that cannot apply."""
        live = np.where(self.in_force[interval], self.rows, DEAD).astype(np.int16)
        for body in self.pack.bodies:
            applies, *others, _ = self.places[body.id]
            if body.default is not None:
                silent = ~(live[:, list(applies)] != DEAD).any(axis=1)
                columns = [place for group in others for place in group if place not in self.erring]
                live[np.ix_(silent, columns)] = DEAD
        return live

    def core(self, interval: int) -> NDArray[np.int16]:
        """The facets of each row that make a verdict; what only obliges or contests is left out."""
        made = {place for parts in self.places.values() for part in parts[:3] for place in part}
        kept = self.facets_on(interval)
        kept[:, [place for place in range(len(self.cubes)) if place not in made | self.erring]] = DEAD
        return kept

    def groups(self) -> list[Group]:
        """All groups of known requests, in order of their first interval."""
        found: dict[bytes, Group] = {}
        for interval in range(len(self.space.intervals)):
            for facets, rows in alike(self.core(interval)[self.known], np.flatnonzero(self.known)):
                group = found.setdefault(facets.tobytes(), Group(tuple(facets.tolist()), []))
                group.places.append((interval, rows))
        return list(found.values())

    @property
    def erring(self) -> frozenset[int]:
        """The policies on which Cedar errs somewhere: that denies a cell, also where their body does not apply."""
        return frozenset(
            place for place, cube in enumerate(self.cubes) if any(each.errs is not None for each in cube.facets)
        )

    def request(self, row: int) -> dict[str, Word]:
        """The first request that a row stands for."""
        return {axis.name: axis.values[self.requests[row, at]] for at, axis in enumerate(self.space.request)}

    def _errs(self, facets: Sequence[int]) -> Truths:
        errors = [self.cubes[place].facets[number].errs for place, number in enumerate(facets)]
        return _any(each for each in errors if each is not None)


def reading(pack: Pack, space: Space, combining: Combining = LAW) -> Reading:
    """Ask Cedar about every policy of a pack over a space, and find the kinds of requests."""
    every = combining.unknown_is_every_value
    policies = [policy for body in pack.bodies for policy in body.policies]
    cubes = tuple(cube_of(policy, pack, space, unknown_is_every_value=every) for policy in policies)
    shape = [len(axis.kinds) for axis in space.request]
    whole = np.stack([np.broadcast_to(cube.numbers, shape).reshape(-1) for cube in cubes], axis=1)
    known = known_requests(pack, space)
    days = [interval.day for interval in space.intervals]
    return Reading(
        pack=pack,
        space=space,
        combining=combining,
        cubes=cubes,
        places=_places(pack, cubes),
        in_force=np.array([[cube.policy.in_force(day) for cube in cubes] for day in days]).reshape(-1, len(cubes)),
        rows=whole,
        requests=np.indices(shape).reshape(len(shape), -1).T,
        weights=_weights(space),
        known=known,
        open_cells=_open_cells(pack, space),
    )


def alike(rows: NDArray[np.int16], names: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.int16], NDArray[np.intp]]]:
    """Each distinct row with the names of those that are equal to it; `names` are in ascending order and stay so."""
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).reshape(-1)
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(first)))
    for number, end in enumerate(ends):
        yield rows[first[number]], names[order[(ends[number - 1] if number else 0) : end]]


def known_requests(pack: Pack, space: Space) -> NDArray[np.bool_]:
    """The kinds of requests whose words the pack knows and whose parties are enrolled; nothing else is permitted.

    A purpose or an action that a pack calls `unknown` is a word like any other, as to the engine.
    """
    whole = np.ones([1] * len(space.request), dtype=np.bool_)
    for at, axis in enumerate(space.request):
        domain = pack.lexicon.domains.get(axis.name, (False, True))
        party = axis.name in {"discloser", "recipient"}
        fine = [value in domain and not (party and value == UNKNOWN) for value in axis.values]
        whole = whole & np.array(fine).reshape([-1 if each == at else 1 for each in range(len(space.request))])
    return np.broadcast_to(whole, [len(axis.kinds) for axis in space.request]).reshape(-1)


def _open_cells(pack: Pack, space: Space) -> Truths:
    at = next(place for place, axis in enumerate(space.cell) if axis.name == "data_class")
    classified = [value in pack.vocabulary.classes for value in space.cell[at].values]
    return np.array(classified).reshape([-1 if each == at else 1 for each in range(len(space.cell))])


def _weights(space: Space) -> NDArray[np.int64]:
    weights = [np.array(axis.weights, dtype=np.int64) for axis in space.request]
    return np.asarray(reduce(np.multiply.outer, weights)).reshape(-1)


def _places(
    pack: Pack, cubes: Sequence[Cube]
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    def those(body: Body, action: str, effect: str) -> tuple[int, ...]:
        return tuple(
            place
            for place, cube in enumerate(cubes)
            if cube.policy.body == body.id and cube.policy.action == action and cube.policy.effect == effect
        )

    return {
        body.id: (
            those(body, APPLIES, "permit"), those(body, DISCLOSE, "permit"), those(body, DISCLOSE, "forbid"),
            those(body, OBLIGE, "permit"),
        )
        for body in pack.bodies
    }  # fmt: skip


def _any(found: Iterator[Truths]) -> Truths:
    return reduce(np.logical_or, found, np.zeros((), dtype=np.bool_))
