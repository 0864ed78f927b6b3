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
from modicum.answer.tables.solver import Programme, Solved
from modicum.answer.tables.system import Flags, Integers, System

_TOLERANCE: Final = 1e-6
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


def audit(
    system: System, hidden: Flags, *, witnesses: Iterable[Integers] = (), until_narrow: bool = False
) -> Verdict:
    """Audit a choice of hidden quantities.

    hidden: a flag each; those that are `forced` must be among them. witnesses: deviations found before; those that do
    not fit are passed over. until_narrow: stop at the first quantity that is not proved; the verdict then names that one
    among others that were not looked at.
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
    attacker.move_many()
    for own, place in enumerate(piece.places):
        if proof.lacks(int(place)):
            attacker.move_one(own, int(place))
            if until_narrow and proof.lacks(int(place)):
                break
    return attacker.programmes


class _Attacker:
    """Whoever knows all that is shown, on one piece: a linear programme over deviations, changed in place."""

    def __init__(self, proof: Proof, piece: Piece) -> None:
        self.programmes = 0
        self._proof, self._piece = proof, piece
        self._low, self._high = -piece.below.astype(np.float64), piece.above.astype(np.float64)
        self._linear = self._programme()
        self._integer: Programme | None = None

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
            sign = 1 if turn % 2 == 0 else -1
            # Uneven costs, so that two quantities that can only move against each other do not cancel.
            self._run(self._linear, own, sign=sign, costs=1 + (7919 * (turn + 1) * own) % 97 / 97)

    def move_one(self, own: int, place: int) -> None:
        """Ask for one quantity by itself: up, then down, then in whole numbers, if the corners were fractions."""
        proof, alone, reach = self._proof, np.array([own]), 0.0
        for sign, asked in ((1, proof.system.up), (-1, proof.system.down)):
            best = -self._run(self._linear, alone, sign=sign, costs=np.ones(1)).bound
            reach += best
            if not proof.lacks(place):
                return
            if best < asked[place] - _TOLERANCE:
                return  # Too narrow even over fractions.
        if reach < proof.system.span[place] - _TOLERANCE:
            return
        if self._integer is None:
            self._integer = self._programme()
            self._integer.whole(yes=True)
        for sign in (1, -1):
            if proof.lacks(place):
                self._run(self._integer, alone, sign=sign, costs=np.ones(1))

    def _run(self, programme: Programme, own: Integers, *, sign: int, costs: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Solved:
        """Move some quantities up (sign 1) or down, and take what comes of it as a witness."""
        piece = self._piece
        cap = self._cap[sign][own].astype(np.float64)
        low, high = (self._low[own], np.minimum(self._high[own], cap)) if sign > 0 else (np.maximum(self._low[own], -cap), self._high[own])
        programme.bound(own, low, high)
        programme.cost(own, -sign * costs)
        found = programme.solve()
        self.programmes += 1
        programme.bound(own, self._low[own], self._high[own])
        programme.cost(own, np.zeros(len(own)))
        if found.found:
            witness = np.zeros(len(self._proof.system), dtype=np.int64)
            witness[piece.places] = np.rint(found.point).astype(np.int64)
            self._proof.take(witness)
        return found

    @property
    def _cap(self) -> dict[int, Integers]:
        system, places = self._proof.system, self._piece.places
        span = system.span[places]
        return {1: np.maximum(span, system.up[places]), -1: np.maximum(span, system.down[places])}

    def _programme(self) -> Programme:
        nought = np.zeros(len(self._piece.relations))
        return Programme(self._piece.relations, low=self._low, high=self._high, row_low=nought, row_high=nought)
