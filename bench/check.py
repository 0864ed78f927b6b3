"""The proof of a pack's guarantees over its whole space, beside putting situations before the engine one by one.

The brute-force cost is measured on a sample of requests in the same run: cells of each, with the engine's tables for
the request made beforehand and not counted. It is *extrapolated* to the full product without facts (one recipient,
every interval once); every set of facts on top would multiply it by two to the number of facts.

    python bench/check.py [--pack P] [--requests N]
"""

import argparse
import time
from dataclasses import replace
from random import Random

from machine import print_machine

from modicum.law.findings import Proof, Situation
from modicum.law.packs import Pack, load_pack
from modicum.law.proof import prove
from modicum.law.space import Space, space_of
from modicum.model.forms import Form

CELLS = 500


def drawn(random: Random, space: Space) -> Situation:
    request = {axis.name: random.choice(random.choice(axis.kinds)) for axis in space.request}
    return another(
        random,
        space,
        Situation(
            interval=random.choice(space.intervals), request=request, form=Form.IDENTIFIED, data_class=None, stratum={},
            facts=frozenset(random.sample(space.facts, random.randint(0, len(space.facts)))),
        ),
    )  # fmt: skip


def another(random: Random, space: Space, of: Situation) -> Situation:
    """Another cell of the same request."""
    cell = {axis.name: random.choice(random.choice(axis.kinds)) for axis in space.cell}
    return replace(
        of,
        form=Form(str(cell.pop("form"))),
        data_class=None if (found := cell.pop("data_class")) is None else str(found),
        stratum={name: str(value) for name, value in cell.items()},
    )


def seconds_a_situation(pack: Pack, space: Space, requests: int) -> float:
    random, spent = Random(1), 0.0
    for _ in range(requests):
        first = drawn(random, space)
        first.judged(pack)  # makes the tables of this request, which a brute force would make once
        cells = [another(random, space, first) for _ in range(CELLS)]
        start = time.perf_counter()
        for each in cells:
            each.judged(pack)
        spent += time.perf_counter() - start
    return spent / (requests * CELLS)


def proved(pack: Pack) -> tuple[float, float, Proof]:
    wall, cpu = time.perf_counter(), time.process_time()
    proof = prove(pack)
    return time.perf_counter() - wall, time.process_time() - cpu, proof


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default="us_medicaid")
    parser.add_argument("--requests", type=int, default=20)
    given = parser.parse_args()
    pack = load_pack(given.pack)
    space = space_of([pack])
    policies = sum(len(body.policies) for body in pack.bodies)
    print_machine(pack=f"{pack.ref.name} {pack.ref.version}, {policies} policies in {len(pack.bodies)} bodies")
    wall, cpu, proof = proved(pack)
    each = seconds_a_situation(pack, space, given.requests)
    brute = each * space.situations
    print(f"  guarantees         {len(proof.findings)}, {'all proved' if proof.proved else 'NOT all proved'}")
    print(f"  full product       {proof.situations:,} situations, {proof.intervals} intervals")
    print(f"  evaluated          {proof.classes:,} classes of cells in {proof.groups:,} groups")
    print(f"  asked Cedar        {proof.asked:,} times")
    print(f"  seconds            {wall:.1f} ({cpu:.1f} of processor time, one process)")
    print(f"  one by one         {each * 1e6:.0f} microseconds a cell ({CELLS} of each of {given.requests} requests)")
    print(f"  brute force        {brute / 86400 / 365:,.0f} years EXTRAPOLATED, for {space.situations:,} without facts")
    print(f"  ratio              {brute / wall:,.0f} x, facts not counted")


if __name__ == "__main__":
    main()
