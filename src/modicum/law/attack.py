"""Attacks on the law wing: additions that may open nothing, tried at random, with a control that must be caught.

A cell is *closed* to an addition if a forbid that no fact lifts bars it, or a body that the addition does not belong to
denies it whatever is attested. Four kinds of trial:

- `permits`: a random permit, in an old body or in a new one, opens no closed cell. Tried over all closed cells of a
  group of requests at once, each policy at its best for disclosure; one in JUDGED through Cedar and the engine, too.
- `orders`: no order of bodies and policies changes a verdict, its reasons or what is missing.
- `facts`: no fact that the pack does not know turns a cell (near misses, confirmations of other rules, huge ones, other
  types); a decision refuses it.
- `askers`: nothing that a request says beside what it asks, no title, claim, deadline or name, changes a cell.

The control is the same run of permits with forbids that do not beat permits: if it opens nothing, the attack is blind.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

from modicum.law.attack_inputs import asker_trial, fact_trial, order_trial
from modicum.law.attack_permits import Field, permit_trial
from modicum.law.groups import Combining, reading
from modicum.law.packs import Pack
from modicum.law.space import space_of
from modicum.model.decision import PackRef

JUDGED: Final = 40
CONTROLS: Final = 1000
"""Trials of the control at most: a broken engine is caught by the first few."""
FEWEST_CONTROLS: Final = 200
"""Trials of the control at least, however few the attack has: one that opens nothing by chance says nothing."""
UNFORBIDDING: Final = Combining(forbid_beats_permit=False)

_Trial: TypeAlias = Callable[[Random, Pack], str | None]
_OTHERS: Final[Mapping[str, _Trial]] = {"orders": order_trial, "facts": fact_trial, "askers": asker_trial}
OTHERS_EACH: Final = 150
"""One trial in so many is of each other kind: they go through the engine, which takes longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What came of it. `kinds`: trials by kind; `judged`: permits put before the engine, too.

    cells: closed cells (kinds of them) that permits were tried on. opened: what should not have been, in words.
    """

    pack: PackRef
    trials: int
    seed: int
    kinds: Mapping[str, int]
    judged: int
    cells: int
    opened: tuple[str, ...]
    control_trials: int
    control_caught: int

    @property
    def withstood(self) -> bool:
        """Whether nothing was opened, and the broken engine was seen to be broken."""
        return not self.opened and self.control_caught > 0

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/law-attack.json)."""
        return {
            "schema": "modicum.law-attack/1",
            "pack": {"name": self.pack.name, "version": self.pack.version, "sha256": self.pack.sha256},
            "trials": self.trials,
            "seed": self.seed,
            "kinds": dict(self.kinds),
            "judged": self.judged,
            "cells": self.cells,
            "permitted": len(self.opened),
            "examples": list(self.opened[:10]),
            "control": {"trials": self.control_trials, "caught": self.control_caught},
            "withstood": self.withstood,
        }


def attack(pack: Pack, *, trials: int, seed: int) -> Attack:
    """Try so many additions; the same seed gives the same trials on any machine."""
    space = space_of([pack])
    field = Field.of(reading(pack, space))
    kinds: Counter[str] = Counter()
    judged = cells = 0
    opened: list[str] = []
    for number in range(trials):
        random = Random(f"{seed}/{number}")  # noqa: S311 - trials, not secrets
        kind = _kind(number)
        kinds[kind] += 1
        if kind in _OTHERS:
            found = _OTHERS[kind](random, pack)
        else:
            through_engine = number % JUDGED == 0
            tried, found = permit_trial(random, field, judged=through_engine)
            judged += through_engine
            cells += tried
        opened += [found] if found else []
    caught, controls = _control(pack, field, trials=trials, seed=seed)
    return Attack(
        pack=pack.ref, trials=trials, seed=seed, kinds=dict(sorted(kinds.items())), judged=judged, cells=cells,
        opened=tuple(opened), control_trials=controls, control_caught=caught,
    )  # fmt: skip


def _kind(number: int) -> str:
    place = number % OTHERS_EACH
    return list(_OTHERS)[place - 1] if 1 <= place <= len(_OTHERS) else "permits"


def _control(pack: Pack, field: Field, *, trials: int, seed: int) -> tuple[int, int]:
    """How many trials of permits catch the engine in which a forbid does not beat a permit, and of how many."""
    broken = Field(reading(pack, field.reading.space, UNFORBIDDING), field.groups)
    chosen = [number for number in range(max(trials, FEWEST_CONTROLS)) if _kind(number) == "permits"][:CONTROLS]
    found = [permit_trial(Random(f"{seed}/{n}"), broken, judged=n % JUDGED == 0)[1] for n in chosen]  # noqa: S311
    return sum(each is not None for each in found), len(chosen)
