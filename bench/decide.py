"""A decision of 120 columns x 1,000 strata x 5 forms (600,000 cells: 100 x 1,000 x 6) beside a plain cedarpy batch.

The sixth form, refusal, needs nobody's leave and has no cells; columns make up for it. Ours: the whole decision with
every verdict, citation and missing set, in memory; then as canonical JSON. Cold is the first decision of a process,
truth tables included; warm the median of later ones of the same request, for which the process remembers tables and
stances. The batch: cedarpy's is_authorized_batch over a sample of the same cells, EXTRAPOLATED: one policy set of all
policies and one question a cell, which joins no bodies of law and finds no missing facts; then body by body, whose
answers are compared with ours, cell by cell.

    python bench/decide.py [--sample N] [--rounds N]
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice, product
from random import Random

from machine import print_machine

from modicum.law.cedar import APPLIES, DISCLOSE, ask, gather
from modicum.law.decide import Kinds, decide
from modicum.law.packs import Pack, load_pack
from modicum.model.dataset import UNKNOWN, Column, Dataset, Stratum
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import DISCLOSING
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Request
from modicum_verify.canonical import canonical

COLUMNS, STRATA = 120, 1000


@dataclass(frozen=True)
class Case:
    """Who asks, for what, on which day."""

    kind: str
    purpose: str
    day: date


CASES = (
    Case("dhs", "immigration_enforcement.civil", date(2026, 1, 7)),
    Case("hhs_oig", "health_oversight", date(2026, 11, 23)),
    Case("researcher", "research", date(2026, 11, 23)),
)


def made_up(pack: Pack, strata: int = STRATA) -> Dataset:
    names = sorted(pack.attributes)
    values = (sorted(pack.attributes[name]) for name in names)
    every = [tuple(zip(names, each, strict=True)) for each in product(*values)]
    chosen: list[Stratum] = Random(1).sample(every, strata)
    columns = tuple(
        Column(table="t", name=f"c{number}", element=None, data_class=each)
        for number, each in enumerate(islice(cycle(pack.vocabulary.classes), COLUMNS))
    )
    return Dataset(
        name="bench", version="0" * 64, confirmed=True, tables=(), columns=columns, strata_sources=(),
        strata=tuple(chosen), persons=1,
    )  # fmt: skip


def request(purpose: str, dataset: Dataset) -> Request:
    return Request(
        title="bench", custodian="c", action="disclose", requester=Person(organisation="o", person="p"),
        question=Question(text="?", asks=Asks.IDENTITIES), purpose=purpose,
        authorities=(Authority(kind="statute", citation="-"),), population=Population(dataset="bench"),
        columns=tuple(column.name for column in dataset.columns), form=None, recipients=(),
        handling=Handling(retention_days=1),
    )  # fmt: skip


def ours(pack: Pack, dataset: Dataset, case: Case) -> tuple[float, Decision]:
    kinds = Kinds(custodian="cms", requester=case.kind, recipients=(case.kind,))
    asked = request(case.purpose, dataset)
    start = time.perf_counter()
    decision = decide(
        asked, pack=pack, dataset=dataset, kinds=kinds, facts=frozenset(), as_of=case.day, hypothetical=False
    )
    return time.perf_counter() - start, decision


def as_json(decision: Decision) -> tuple[float, int]:
    start = time.perf_counter()
    size = len(canonical(decision.as_document()))
    return time.perf_counter() - start, size


def sample(decision: Decision, many: int) -> list[tuple[int, int, int]]:
    """Places (stratum, column, form) of cells whose evidence is known; plain Cedar has no notion of unknown."""
    known = [s for s, each in enumerate(decision.strata) if UNKNOWN not in dict(each).values()]
    random = Random(2)
    return [(random.choice(known), random.randrange(COLUMNS), random.randrange(len(DISCLOSING))) for _ in range(many)]


def situations(decision: Decision, case: Case, places: list[tuple[int, int, int]]) -> list[dict[str, object]]:
    return [
        {
            "action": "disclose", "discloser": "cms", "recipient": case.kind, "purpose": case.purpose,
            "named_persons": False, "form": str(DISCLOSING[f]), "data_class": decision.columns[c].data_class,
            "facts": (), **dict(decision.strata[s]),
        }
        for s, c, f in places
    ]  # fmt: skip


def one_set(pack: Pack, case: Case, asked: list) -> float:
    whole = gather(
        policy.parsed for body in pack.bodies for policy in body.policies
        if policy.in_force(case.day) and policy.action == DISCLOSE
    )  # fmt: skip
    start = time.perf_counter()
    ask(whole, DISCLOSE, asked)
    return time.perf_counter() - start


def body_by_body(pack: Pack, case: Case, asked: list) -> tuple[float, list[bool]]:
    permitted, grounded = [True] * len(asked), [False] * len(asked)
    sets = []
    for body in pack.bodies:
        there = [p for p in body.policies if p.in_force(case.day) and p.confirmation is None]
        sets.append((body, *(gather(p.parsed for p in there if p.action == a) for a in (APPLIES, DISCLOSE))))
    start = time.perf_counter()
    for body, applies, discloses in sets:
        reached = [each.allowed for each in ask(applies, APPLIES, asked)]
        for place, answer in enumerate(ask(discloses, DISCLOSE, asked)):
            if body.default is None:
                permitted[place] &= answer.allowed or not answer.reasons
            elif reached[place]:
                permitted[place] &= answer.allowed
                grounded[place] |= body.ground
    return time.perf_counter() - start, [p and g for p, g in zip(permitted, grounded, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    pack = load_pack("us_medicaid")
    dataset = made_up(pack)
    policies = sum(len(body.policies) for body in pack.bodies)
    print_machine(pack=f"{pack.ref.name} {pack.ref.version}, {policies} policies in {len(pack.bodies)} bodies")
    differing = 0
    for case in CASES:
        cold, decision = ours(pack, dataset, case)
        warm = statistics.median(ours(pack, dataset, case)[0] for _ in range(given.rounds))
        written, size = as_json(decision)
        places = sample(decision, given.sample)
        asked = situations(decision, case, places)
        cells = len(decision.cells)
        single = one_set(pack, case, asked) / len(asked)
        bodies, answers = body_by_body(pack, case, asked)
        got = [decision.cell(s, c, DISCLOSING[f]).verdict is Verdict.PERMITTED for s, c, f in places]
        differing += sum(a != b for a, b in zip(answers, got, strict=True))
        print(f"{case.purpose} to {case.kind}, as of {case.day}")
        print(f"  cells                    {cells} ({COLUMNS} columns x {STRATA} strata x {len(DISCLOSING)} forms)")
        print(f"  distinct verdicts        {len(decision.classes)}")
        print(f"  ours, in memory          {cold:.3f} s cold, {warm:.3f} s warm (median of {given.rounds})")
        print(f"  ours, as canonical JSON  {written:.3f} s more, {size / 1e6:.1f} MB")
        print(f"  cedarpy, one set         {single * cells:.1f} s EXTRAPOLATED, {1 / single:.0f} cells a second")
        print(f"  cedarpy, body by body    {bodies / len(asked) * cells:.1f} s EXTRAPOLATED")
        print(f"  ratio to one set         {single * cells / cold:.0f} x cold, {single * cells / warm:.0f} x warm")
        print(f"  cells compared           {len(asked)}, {sum(got)} permitted")
    print(f"cells in which the two differ: {differing}")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
