"""The parts of the proof about statistics: neighbours, payments that die, tables against an attacker, whole attacks.

Each is a program of its own too (`neighbours.py`, `budget.py`, `tables.py`, `attacks.py`). Here they are spread over
several processes, and their broken builds are told as controls.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import attacks
import budget
import neighbours
import tables
from prove_parts import Bench, Part

PAYING: Final = {"kept first": "keeps an answer before it is paid for", "half charged": "charges half of a price"}
NOISY: Final = {"a third of the noise": "adds a third of the noise", "half the charge": "prices answers at half"}
AT_ONCE: Final = 50
"""Deaths, or tables, of one task."""


def pairs(bench: Bench, count: int) -> Part:
    """Pairs of populations that differ in one person, by each kind of question."""
    part = Part(f"pairs of neighbours, {count:,} of each kind of question", count * len(neighbours.KINDS))
    found = list(bench.spread(neighbours.KINDS, lambda kind, _: neighbours.run(count, kinds=[kind])))
    part.trials = sum(sum(each["pairs"].values()) for each in found)
    part.failures = [what for each in found for what in each["wrong"]]
    part.figures = {"largest_share_of_a_declared_sensitivity": max(_used(found), default=0.0)}
    return part


def _used(found: list[dict[str, Any]]) -> Iterator[float]:
    for each in found:
        for shares in each["used"].values():
            yield from shares.values()


def deaths(bench: Bench, count: int) -> Part:
    """Processes that die at a step of paying for an answer, or while it is computed."""
    part = Part("a process that dies while it pays for an answer", count)
    tasks = [(seed, min(AT_ONCE, count - seed * AT_ONCE)) for seed in range(-(-count // AT_ONCE))]
    for found in bench.spread(tasks, lambda task, _: budget.run(task[1], seed=task[0], askers=0)):
        part.trials += found["deaths"]
        part.failures += found["wrong"]
        part.figures = Counter(part.figures) + Counter(
            {name: found[name] for name in ("answers", "charged_without_answer")}
        )
    return part


def askers(bench: Bench, count: int) -> Part:
    """Many askers at once, of a budget that does not suffice for all of them."""
    part = Part(f"{count} askers at once of one budget", 1)
    for found in bench.spread([count], lambda many, _: budget.run(0, askers=many)):
        part.trials, part.failures = 1, found["wrong"]
    return part


def examined(bench: Bench, count: int) -> Part:
    """Random tables of 2 and 3 dimensions with hierarchies, against a solver that is not the product's."""
    part = Part("random tables with margins and hierarchies, against another solver", count)
    tasks = [range(first, min(first + AT_ONCE, count)) for first in range(0, count, AT_ONCE)]
    for found in bench.spread(tasks, lambda seeds, _: tables.examine(seeds)):
        part.trials += found["tables"]
        part.failures += found["wrong"]
        part.figures["hidden_cells"] = part.figures.get("hidden_cells", 0) + found["hidden_cells"]
    optimum = tables.against_optimum(max(count // 5, 1))
    part.failures += [f"seed {seed}: fewer hidden than the least that is safe" for seed in optimum["below_optimum"]]
    ratio = Decimal(optimum["ours"]) / Decimal(max(optimum["optimum"], 1))
    part.failures += ["more than 1.15 times the optimum is hidden"] if ratio > Decimal("1.15") else []
    part.figures |= {
        "small_tables_with_a_known_optimum": optimum["compared"],
        "hidden": optimum["ours"],
        "hidden_at_the_optimum": optimum["optimum"],
        "hidden_by_a_plain_greedy_method": optimum["greedy"],
    }
    return part


def attacked(bench: Bench, questions: int) -> Part:
    """The attacks that ship with the product, two sizes of budget."""
    tasks = [(str(epsilon), name) for epsilon in attacks.EPSILONS for name in attacks.ATTACKS]
    part = Part(
        f"attacks with {questions:,} questions by two askers over 400 days, {attacks.TARGETS} people", len(tasks)
    )
    scenes: list[dict[str, Any]] = []
    for found in bench.spread(tasks, lambda task, _: attacks.sound(Decimal(task[0]), task[1], questions)):
        part.trials += 1
        part.failures += [] if found["held"] else [f"{found['attack']}, epsilon {found['epsilon']}: broken into"]
        scenes += found["scenes"]
    part.figures = {
        "ways_of_attacking": len(scenes),
        "least_share_recovered_without_protection": min(
            (float(each["unprotected"]["share"]) for each in scenes), default=0.0
        ),
    }
    return part


def controls(bench: Bench, questions: int) -> list[dict[str, Any]]:
    """Builds that are broken on purpose: of paying, and of the noise."""
    found: list[dict[str, Any]] = []
    for name, what in PAYING.items():
        wrong = budget.run(60, broken=name, askers=0)["wrong"]
        found.append({"build": what, "by": "deaths", "caught": bool(wrong), "because": wrong[:1]})
    for each in bench.spread([None], lambda _, __: attacks.broken(questions)):
        found += [
            {"build": NOISY[name], "by": "the optimal test over 200 people", "caught": seen["caught"], "p": seen["p"]}
            for name, seen in each.items()
        ]
    return found
