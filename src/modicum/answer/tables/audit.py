"""The audit: how vague each hidden quantity stays, proved by tables in whole numbers that fit all that is shown. Pure.

A linear programme finds the ends of a range over fractions, which may lie further out than any table of whole people.
So its word is taken for "too narrow" only. "Wide enough" is proved by witnesses: deviations in whole numbers, found by
the solver, rounded, and checked here in exact arithmetic against every relation and every bound. Where a corner of the
linear programme is no whole table (never in two plain dimensions, whose relations are totally unimodular), an integer
programme looks for one, within limits; what it does not find counts as too narrow. One witness serves every quantity
that it moves.

Source: Fischetti and Salazar-González (2000), "Models and algorithms for optimizing cell suppression in tabular data
with linear constraints", for the attacker's programme; the rule on witnesses is our own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.answer.tables.reduction import Piece, pieces
from modicum.answer.tables.solver import Programme, Reals, Solved
from modicum.answer.tables.system import FAR, Flags, Integers, System

_TOLERANCE: Final = 1e-6
_NEAR: Final = 3  # tables near the truth differ by at most so many times what is asked
_TURNS: Final = 40  # programmes of one piece that move many quantities at once, before each is asked for by itself


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """What the audit found, by place of the system; nought where a quantity is shown.

    up, down: how far the range is proved to reach above and below the truth; it may reach further.
    narrow: hidden quantities that are not proved wide enough. examined: how many were asked after. programmes: how many
    the solver ran.
    """

    up: Integers
    down: Integers
    narrow: Flags
    examined: int
    programmes: int
    narrowest: int  # the least width proved of any quantity asked after; 0 where none was
    witnesses: tuple[Integers, ...]

    @property
    def passed(self) -> bool:
        """Whether every hidden quantity is proved to stay vague."""
        return not self.narrow.any()


def audit(system: System, hidden: Flags, *, witnesses: Iterable[Integers] = (), until_narrow: bool = False) -> Verdict:
    """Audit a choice of hidden quantities.

    hidden: a flag each; those that are `forced` must be among them. witnesses: deviations found before; those that do
    not fit are passed over. until_narrow: look near the truth only, and stop at the first quantity that is not proved;
    what the verdict calls narrow was then perhaps not looked at.
    """
    proof = Proof(system, hidden)
    for witness in witnesses:
        proof.take(witness)
    cut_up = pieces(system, hidden)
    programmes = 0
    told = proof.lacking
    for piece in cut_up:
        told[piece.places] = False
    if not (until_narrow and told.any()):
        for piece in cut_up:
            programmes += _examine(proof, piece, until_narrow=until_narrow)
            if until_narrow and proof.lacking[piece.places].any():
                break
    width = (proof.up + proof.down)[proof.asked]
    return Verdict(
        up=proof.up,
        down=proof.down,
        narrow=proof.lacking,
        examined=int(proof.asked.sum()),
        programmes=programmes,
        narrowest=int(width.min()) if len(width) else 0,
        witnesses=tuple(proof.witnesses),
    )


class Proof:
    """What the witnesses taken so far prove of each quantity. Nothing but whole tables that fit is ever taken."""

    def __init__(self, system: System, hidden: Flags) -> None:
        self.system, self.hidden = system, hidden.copy()
        self._must: Flags = (system.up > 0) | (system.down > 0) | (system.span > 0)
        self.witnesses: list[Integers] = []
        self.up, self.down = np.zeros(len(system), dtype=np.int64), np.zeros(len(system), dtype=np.int64)

    @property
    def asked(self) -> Flags:
        """What is hidden and must stay vague."""
        found: Flags = self.hidden & self._must
        return found

    def hide(self, places: Integers) -> None:
        """Hide more; what was proved stays proved."""
        self.hidden[places] = True

    @property
    def lacking(self) -> Flags:
        """The quantities asked after that are not proved wide enough yet."""
        system = self.system
        short = (self.up < system.up) | (self.down < system.down) | (self.up + self.down < system.span)
        found: Flags = short & self.asked
        return found

    def lacks(self, place: int) -> bool:
        """Whether one quantity is not proved wide enough yet."""
        system, up, down = self.system, int(self.up[place]), int(self.down[place])
        short = up < system.up[place] or down < system.down[place] or up + down < system.span[place]
        return bool(short and self.hidden[place] and self._must[place])

    def take(self, witness: Integers) -> bool:
        """Note what a deviation proves. False: it is no table, or shows something else than the truth does."""
        if not fits(self.system, self.hidden, witness):
            return False
        np.maximum(self.up, witness, out=self.up)
        np.maximum(self.down, -witness, out=self.down)
        self.witnesses.append(witness)
        return True


def fits(system: System, hidden: Flags, witness: Integers) -> bool:
    """Whether the truth and this deviation make a table that shows the same, exactly."""
    within = (witness >= -system.below) & (witness <= system.above) & (hidden | (witness == 0))
    return bool(within.all()) and not system.relations.times(witness).any()


def _examine(proof: Proof, piece: Piece, *, until_narrow: bool) -> int:
    """Prove what can be proved of one piece; gives how many programmes that took."""
    if not proof.lacking[piece.places].any():
        return 0
    attacker = _Attacker(proof, piece)
    if not until_narrow:
        attacker.move_many()
    for own, place in enumerate(piece.places):
        if proof.lacks(int(place)):
            attacker.move_one(own, int(place), near_only=until_narrow)
            if until_narrow and proof.lacks(int(place)):
                break
    return attacker.programmes


class _Attacker:
    """Whoever knows all that is shown, on one piece: a linear programme over deviations, changed in place.

    Witnesses are sought among tables near the truth first, which is much quicker and nearly always enough; only what is
    not found there is asked of all tables.
    """

    def __init__(self, proof: Proof, piece: Piece) -> None:
        self.programmes = 0
        self._proof, self._piece = proof, piece
        system, places = proof.system, piece.places
        self._cap = {
            1: np.maximum(system.span, system.up)[places].astype(np.float64),
            -1: np.maximum(system.span, system.down)[places].astype(np.float64),
        }
        self._near = _Range(piece, most=_NEAR * max(1, int(max(self._cap[1].max(), self._cap[-1].max()))))
        self._far: _Range | None = None
        self._whole: _Range | None = None

    def move_many(self) -> None:
        """Move as many lacking quantities as one programme can, now up, now down, until a turn of both proves nothing.

        Each is moved no further than anybody asks, so that the programme spreads its freedom over all.
        """
        proof, places = self._proof, self._piece.places
        before = -1
        for turn in range(_TURNS):
            own = np.flatnonzero(proof.lacking[places])
            if not len(own) or (turn % 2 == 0 and len(own) == before):
                return
            before = len(own) if turn % 2 == 0 else before
            # Uneven costs, so that two quantities that can only move against each other do not cancel.
            self._run(self._near, own, sign=-1 if turn % 2 else 1, costs=1 + (7919 * (turn + 1) * own) % 97 / 97)

    def move_one(self, own: int, place: int, *, near_only: bool) -> None:
        """Ask for one quantity by itself: near the truth, then anywhere, then in whole numbers."""
        if self._both_ways(self._near, own, place) is None or near_only:
            return
        if self._far is None:
            self._far = _Range(self._piece, most=FAR)
        reach = self._both_ways(self._far, own, place)
        if reach is None or self._too_narrow(place, *reach):
            return
        if self._whole is None:
            self._whole = _Range(self._piece, most=FAR)
            self._whole.programme.whole(yes=True)
        self._both_ways(self._whole, own, place)

    def _both_ways(self, where: "_Range", own: int, place: int) -> tuple[float, float] | None:
        """Move one quantity up, then down; gives how far over fractions, or None where it is proved wide enough."""
        reach = []
        for sign in (1, -1):
            reach.append(-self._run(where, np.array([own]), sign=sign, costs=np.ones(1)).bound)
            if not self._proof.lacks(place):
                return None
        return reach[0], reach[1]

    def _too_narrow(self, place: int, up: float, down: float) -> bool:
        system = self._proof.system
        wanting = max(system.up[place] - up, system.down[place] - down, system.span[place] - up - down)
        return bool(wanting > _TOLERANCE)

    def _run(self, where: "_Range", own: Integers, *, sign: int, costs: Reals) -> Solved:
        """Move some quantities up (sign 1) or down, and take what comes of it as a witness."""
        programme, low, high = where.programme, where.low[own], where.high[own]
        cap = self._cap[sign][own]
        if sign > 0:
            programme.bound(own, low, np.minimum(high, cap))
        else:
            programme.bound(own, np.maximum(low, -cap), high)
        programme.cost(own, -sign * costs)
        found = programme.solve()
        self.programmes += 1
        programme.bound(own, low, high)
        programme.cost(own, np.zeros(len(own)))
        if found.found:
            witness = np.zeros(len(self._proof.system), dtype=np.int64)
            witness[self._piece.places] = np.rint(found.point).astype(np.int64)
            self._proof.take(witness)
        return found


class _Range:
    """The attacker's programme over deviations up to a bound."""

    def __init__(self, piece: Piece, *, most: int) -> None:
        self.low = -np.minimum(piece.below, most).astype(np.float64)
        self.high = np.minimum(piece.above, most).astype(np.float64)
        nought = np.zeros(len(piece.relations))
        self.programme = Programme(piece.relations, low=self.low, high=self.high, row_low=nought, row_high=nought)
