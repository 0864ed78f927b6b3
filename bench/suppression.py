"""How long it takes to hide cells of a three-dimensional table with all margins, and to audit it.

    python bench/suppression.py [CELLS ...]

One line a table: published cells, how many are small, hidden, the bound, the gap, seconds, and the machine.
"""

import itertools
import random
import resource
import sys
from time import perf_counter, process_time

from machine import machine

from modicum.answer.tables.audit import audit
from modicum.answer.tables.model import Key, cell_count, table_of
from modicum.answer.tables.primary import small_cells
from modicum.answer.tables.protection import protect
from modicum.answer.tables.system import counts

SHAPES = {500: (9, 9, 4), 2_000: (19, 9, 9), 5_000: (24, 19, 9)}  # leaves; each dimension has a total beside them
LIMITS_S = {2_000: 60, 5_000: 300}


def table(leaves: tuple[int, ...], *, seed: int) -> dict[Key, int]:
    """One cell in ten empty, three in twenty small, the others spread as counts of people by place and age are."""
    draw = random.Random(seed)
    made: dict[Key, int] = {}
    for place in itertools.product(*map(range, leaves)):
        chance = draw.random()
        value = 0 if chance < 0.1 else draw.randint(1, 10) if chance < 0.25 else 11 + int(draw.lognormvariate(4, 1))
        made[tuple((f"{each:02}",) for each in place)] = value
    return made


def measure(cells: int) -> bool:
    inner = table(SHAPES[cells], seed=1)
    depths = (1, 1, 1)
    made = table_of(inner, depths=depths)
    system = counts(made, primary=small_cells(made.values))
    begun, cpu = perf_counter(), process_time()
    found = protect(system)
    chosen, cpu = perf_counter() - begun, process_time() - cpu
    begun = perf_counter()
    again = audit(system, found.hidden, witnesses=found.verdict.witnesses)
    alone = perf_counter() - begun
    hidden = int(found.hidden.sum())
    gap = 100 * (hidden - found.least) / found.least
    small, peak = int(system.forced.sum()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{cell_count(inner, depths):,} cells: {small} small, {hidden} hidden, at least {found.least} needed "
        f"(gap {gap:.0f} %), {chosen:.1f} s ({cpu:.1f} s of one core) with its audit; its witnesses checked "
        f"again in {alone:.1f} s, passed {again.passed}, narrowest span {again.narrowest}; {peak} MiB",
        flush=True,
    )
    return again.passed and chosen < LIMITS_S.get(cells, 60)


if __name__ == "__main__":
    print(machine())
    asked = [int(each) for each in sys.argv[1:]] or list(SHAPES)
    passed = [measure(each) for each in asked]
    sys.exit(0 if all(passed) else 1)
