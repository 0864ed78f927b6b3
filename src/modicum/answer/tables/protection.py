"""From a system to what is hidden in it, with the proof: the story of one table. Pure.

1. refuse what is larger than can be audited
2. small systems: the integer programme, so that nothing lighter is safe
3. others, and those whose programme ran into its limits: the heuristic, then show again what is not needed
4. audit; whatever is too narrow still is mended by hiding more, until nothing is
5. where everything that may be hidden is, and the audit still fails: refuse
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.answer.tables.audit import Verdict, audit
from modicum.answer.tables.complementary import choose_exactly
from modicum.answer.tables.heuristic import choose_quickly, take_back
from modicum.answer.tables.primary import SMALL_CELLS
from modicum.answer.tables.system import ONE, Flags, System
from modicum.model.errors import DisclosureControlError

MOST_QUANTITIES: Final = 20_000
EXACT_QUANTITIES: Final = 160  # beyond, the integer programme may take minutes
CUT_QUANTITIES: Final = 700  # beyond, its fractional form is solved once, and the bound is weaker
_ROUNDS: Final = 12
_TRIES: Final = 60_000  # cells shown again for a try, times quantities of the system
_MENDINGS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Protected:
    """What is hidden, and what is proved of it.

    least: no safe choice hides fewer published quantities. exact: this one is proved to weigh the least.
    """

    hidden: Flags
    verdict: Verdict
    least: int
    exact: bool

    @property
    def method(self) -> str:
        """How further cells were chosen."""
        return "integer programme" if self.exact else "heuristic, audited"


def protect(system: System, *, basis: str = SMALL_CELLS) -> Protected:
    """Choose what to hide, and prove it. basis: the rule that a refusal cites.

    Raises DisclosureControlError: too large to audit, or nothing that can be hidden helps.
    """
    if len(system) > MOST_QUANTITIES:
        raise DisclosureControlError(
            cause=f"the table, with what was released before, has {len(system):,} figures; "
            f"more than {MOST_QUANTITIES:,} cannot be audited",
            cure="ask for coarser groups, or for fewer dimensions",
            basis=basis,
        )
    small = len(system) <= EXACT_QUANTITIES
    separations = 12 if small else 3 if len(system) <= CUT_QUANTITIES else 1
    chosen = choose_exactly(system, separations=separations, rounds=_ROUNDS if small else 0)
    least = max(int(np.ceil(chosen.bound / (ONE + _most_over(system)) - 1e-6)), _published(system, system.forced))
    if chosen.hidden is not None and chosen.verdict is not None:
        return Protected(hidden=chosen.hidden, verdict=chosen.verdict, least=least, exact=chosen.proven)
    hidden, witnesses = choose_quickly(system, guide=chosen.guide)
    hidden, verdict = _mended(system, hidden, audit(system, hidden, witnesses=witnesses), basis=basis)
    hidden, witnesses = take_back(system, hidden, list(verdict.witnesses), tries=_TRIES // len(system))
    return Protected(hidden=hidden, verdict=audit(system, hidden, witnesses=witnesses), least=least, exact=False)


def _mended(system: System, hidden: Flags, verdict: Verdict, *, basis: str) -> tuple[Flags, Verdict]:
    """Hide the neighbours of what is too narrow, then all, until the audit passes."""
    for turn in range(_MENDINGS):
        if verdict.passed:
            return hidden, verdict
        more = hidden | (~system.settled if turn == _MENDINGS - 1 else _neighbours(system, verdict.narrow))
        if (more == hidden).all():
            more = ~system.settled
        if (more == hidden).all():
            break
        hidden = more
        verdict = audit(system, hidden, witnesses=verdict.witnesses)
    if verdict.passed:
        return hidden, verdict
    raise nothing_helps(basis)


def nothing_helps(basis: str) -> DisclosureControlError:
    """The refusal of a table of which nothing may be told; it reads alike for few people and for many."""
    return DisclosureControlError(
        cause="whatever is hidden of this table, a figure that may not be told would follow from it and what is known",
        cure="ask for coarser groups, for a population that differs more from those already answered, or with noise",
        basis=basis,
    )


def _neighbours(system: System, narrow: Flags) -> Flags:
    found = np.zeros(len(system), dtype=np.bool_)
    for columns, _ in system.relations.each():
        if narrow[columns].any():
            found[columns] = True
    return found & ~system.settled


def _most_over(system: System) -> int:
    return int(max((system.weights - ONE).max(initial=0), 0))


def _published(system: System, flags: Flags) -> int:
    return int((flags & (system.weights > 0)).sum())
