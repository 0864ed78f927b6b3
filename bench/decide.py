"""A decision of 36 columns x 200 strata x 5 forms (36,000 cells) against asking Cedar about each cell by itself.

The cell-by-cell cost is measured on a sample in the same run and *extrapolated* to all cells; it asks each body of law
whether it applies and what it says, with every attribute given, and looks for no missing facts, so it does less.
Cold is the first decision of a process, truth tables included; warm is the median of later ones.

    python bench/decide.py [--sample N] [--rounds N]
"""

import argparse
import statistics
import time
from datetime import date
from itertools import islice, product
from random import Random

from machine import print_machine

from modicum.law.cedar import APPLIES, DISCLOSE, ask, gather
from modicum.law.decide import Kinds, decide
from modicum.law.packs import Pack, load_pack
from modicum.model.dataset import Column, Dataset, Stratum
from modicum.model.decision import Decision
from modicum.model.forms import DISCLOSING
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Request

COLUMNS, STRATA = 36, 200
CASES = (
    ("dhs", "immigration_enforcement.civil", date(2026, 1, 7)),
    ("hhs_oig", "health_oversight", date(2026, 11, 23)),
    ("researcher", "research", date(2026, 11, 23)),
)


def made_up(pack: Pack) -> Dataset:
    names = sorted(pack.attributes)
    values = (sorted(pack.attributes[name]) for name in names)
    every = [tuple(zip(names, each, strict=True)) for each in product(*values)]
    strata: list[Stratum] = Random(1).sample(every, STRATA)
    columns = tuple(
        Column(table="t", name=each, element=None, data_class=each) for each in islice(pack.vocabulary.classes, COLUMNS)
    )
    return Dataset(
        name="bench", version="0" * 64, confirmed=True, tables=(), columns=columns, strata_sources=(),
        strata=tuple(strata), persons=1,
    )  # fmt: skip


def request(purpose: str, dataset: Dataset) -> Request:
    return Request(
        title="bench", custodian="c", action="disclose", requester=Person(organisation="o", person="p"),
        question=Question(text="?", asks=Asks.IDENTITIES), purpose=purpose,
        authorities=(Authority(kind="statute", citation="-"),), population=Population(dataset="bench"),
        columns=tuple(column.name for column in dataset.columns), form=None, recipients=(),
        handling=Handling(retention_days=1),
    )  # fmt: skip


def reduced(pack: Pack, dataset: Dataset, kind: str, purpose: str, day: date) -> tuple[float, Decision]:
    kinds = Kinds(custodian="cms", requester=kind, recipients=(kind,))
    asked = request(purpose, dataset)
    start = time.perf_counter()
    decision = decide(asked, pack=pack, dataset=dataset, kinds=kinds, facts=frozenset(), as_of=day, hypothetical=False)
    return time.perf_counter() - start, decision


def plain_seconds_a_cell(pack: Pack, dataset: Dataset, kind: str, purpose: str, day: date, sample: int) -> float:
    random = Random(2)
    bodies = []
    for body in pack.bodies:
        there = [policy for policy in body.policies if policy.in_force(day)]
        bodies.append([gather(p.parsed for p in there if p.action == action) for action in (APPLIES, DISCLOSE)])
    start = time.perf_counter()
    for _ in range(sample):
        situation = {
            "action": "disclose", "discloser": "cms", "recipient": kind, "purpose": purpose, "named_persons": False,
            "form": str(random.choice(DISCLOSING)), "data_class": str(random.choice(dataset.columns).data_class),
            "facts": (), **dict(random.choice(dataset.strata)),
        }  # fmt: skip
        for applies, discloses in bodies:
            ask(applies, APPLIES, [situation])
            ask(discloses, DISCLOSE, [situation])
    return (time.perf_counter() - start) / sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    pack = load_pack("us_medicaid")
    dataset = made_up(pack)
    policies = sum(len(body.policies) for body in pack.bodies)
    print_machine(pack=f"{pack.ref.name} {pack.ref.version}, {policies} policies in {len(pack.bodies)} bodies")
    for kind, purpose, day in CASES:
        cold, decision = reduced(pack, dataset, kind, purpose, day)
        warm = statistics.median(reduced(pack, dataset, kind, purpose, day)[0] for _ in range(given.rounds))
        plain = plain_seconds_a_cell(pack, dataset, kind, purpose, day, given.sample) * len(decision.cells)
        print(f"{purpose} to {kind}, as of {day}")
        shape = f"{COLUMNS} columns x {STRATA} strata x {len(DISCLOSING)} forms"
        print(f"  cells              {len(decision.cells)} ({shape})")
        print(f"  distinct verdicts  {len(decision.classes)}")
        print(f"  seconds            {cold:.3f} cold, {warm:.3f} warm (median of {given.rounds})")
        print(f"  cell by cell       {plain:.1f} s EXTRAPOLATED from {given.sample} cells")
        print(f"  ratio              {plain / cold:.0f} x cold, {plain / warm:.0f} x warm")


if __name__ == "__main__":
    main()
