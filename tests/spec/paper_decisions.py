"""Decisions to put on paper: made by the shipped pack over invented data sets, small and very large."""

import random
from datetime import date
from functools import cache

import law_world as world

from modicum.answer.ladder import Ladder, ladder
from modicum.answer.sight import Sight
from modicum.gateway.deciding import own_policy_ids
from modicum.law.packs import Pack
from modicum.model.dataset import Column, Dataset, Stratum
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import Form
from modicum.model.request import Request
from modicum.paper import DecisionPaper, LadderStep

DAY = date(2026, 11, 26)


def paper(
    request: Request, decision: Decision, form: Form, *, pack: Pack = world.PACK, **given: object
) -> DecisionPaper:
    made = ladder(request, decision, own_policy=own_policy_ids(pack))
    whole = {
        "request": request, "decision": decision, "pack": pack, "form": form, "rungs": steps(made),
        "verdict": Sight.of(request, decision, form).verdict, "dataset": "made-up", "version": "0", **given,
    }  # fmt: skip
    return DecisionPaper(**whole)


def steps(made: Ladder) -> tuple[LadderStep, ...]:
    return tuple(
        LadderStep(
            form=rung.form, verdict=rung.verdict, people="-", columns=rung.columns, why=rung.why, chosen=rung.form is made.lowest
        )
        for rung in made.rungs
    )  # fmt: skip


@cache
def small(purpose: str, kind: str, form: Form = Form.IDENTIFIED) -> DecisionPaper:
    """Four columns of people in two states."""
    request = world.request(purpose, ["people.name", "people.ssn", "people.diagnosis", "people.MYSTERY"])
    data = world.dataset(world.all_strata(("CA", "WA")))
    return paper(request, world.decided(request, data, kind, day=DAY), form)


@cache
def large(
    purpose: str, kind: str, form: Form = Form.IDENTIFIED, columns: int = 100, strata: int = 1000
) -> DecisionPaper:
    """Columns of every class, over and over, of people in every combination that a thousand draws give."""
    chance, pack = random.Random(7), world.PACK
    classes = list(pack.vocabulary.classes)
    names = sorted(pack.attributes)
    found: dict[Stratum, None] = {}
    while len(found) < strata:
        found[tuple((name, chance.choice(sorted(pack.attributes[name]))) for name in names)] = None
    wide = tuple(
        Column(table="people", name=f"C{place:03}", element=None, data_class=classes[place % len(classes)])
        for place in range(columns)
    )
    data = Dataset(
        name="made-up", version="0" * 64, confirmed=True, tables=(), columns=wide, strata_sources=(),
        strata=tuple(found), persons=10**6,
    )  # fmt: skip
    request = world.request(purpose, [column.qualified for column in wide])
    return paper(request, world.decided(request, data, kind, day=DAY), form)


def verdicts(given: DecisionPaper) -> set[Verdict]:
    return {verdict for row in given.decision.verdicts(given.form) for verdict in row}
