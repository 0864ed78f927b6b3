"""Neighbour tests: leave one person out, and see what changes in the exact figures of a question, before any noise.

For each kind of question: random questions over random dirty rows, each person left out in turn. What is held: in no
figure more cells change, or by more, than its declared sensitivity says; the answer has the same groups, measures and
order; nothing fails for one population that does not for the other; all noise that is drawn for the whole question, its
searches for bounds among them, costs no more than was charged, by formulas of our own. `run(count)` gives what was found; `python tests/prove/neighbours.py [COUNT]` prints it.
"""

import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from answer_worlds import (
    SOURCES,
    TRANSFORMATIONS,
    cells,
    dataset,
    decision,
    request,
)

from modicum.answer import aggregates, private_answer
from modicum.answer.figures import MAGNITUDES, Figure
from modicum.answer.noise import Noise
from modicum.answer.questions import PrivateQuestion, private_question
from modicum.custody.engine import Engine
from modicum.model.errors import InternalError
from modicum.model.request import Asks, Condition, Operator, Request
from modicum.model.statistics import Grouping, Measure, MeasureKind, Mechanism, Of, Shape, Statistics
from modicum.storage import Folder

STRATA, PERSONS = 3, 14
AMOUNT = Decimal("1e-12")  # what rounding may take away in a formula of ours
Rows = Mapping[str, Sequence[dict[str, Any]]]

KINDS = (
    "persons", "rows", "sum", "mean", "proportion", "histogram", "median", "quantiles", "top", "two tables", "chosen bounds",
    "sum twice, private", "mean twice, private", "all at once", "selected groups",
)  # fmt: skip


class Held:
    """An engine over tables in memory from which one person can be left out while statements stay prepared."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.connection = engine._connection
        self.tables: dict[str, Any] = {}
        self.statements: list[str] = []
        self.connection.execute("CREATE TABLE absent AS SELECT -1::BIGINT AS person")

    def hold(self, rows: Rows) -> None:
        for table, sources in SOURCES.items():
            fields = {name: kind for name, (_, _, kind) in sources.items()}
            fields |= {"_modicum_row": pa.int64(), "_modicum_person": pa.uint32(), "_modicum_stratum": pa.uint16()}
            arrow = pa.Table.from_pylist(list(rows[table]), schema=pa.schema(fields))
            self.connection.register("coming", arrow)
            if table not in self.tables:
                self.connection.execute(f'CREATE TABLE "all {table}" AS SELECT * FROM coming LIMIT 0')
                self.connection.execute(
                    f'CREATE VIEW "held {table}" AS SELECT * FROM "all {table}"'
                    " WHERE _modicum_person IS DISTINCT FROM (SELECT person FROM absent)"
                )
                self.tables[table] = self.engine._backend.table(f"held {table}")
            self.connection.execute(f'DELETE FROM "all {table}"')
            self.connection.execute(f'INSERT INTO "all {table}" SELECT * FROM coming')
            self.connection.unregister("coming")

    def table(self, name: str) -> Any:
        return self.tables[name]

    def memory_table(self, name: str, table: pa.Table) -> Any:
        return self.engine.memory_table(name, table)

    def arrow(self, expression: Any) -> pa.Table:
        return self.engine.arrow(expression)

    def by_persons(self, expressions: Sequence[Any]) -> list[list[pa.Table]]:
        return [[self.engine.arrow(each) for each in expressions]]

    def prepare(self, expressions: Sequence[Any]) -> list[int]:
        for each in expressions:
            self.connection.execute(f"PREPARE q{len(self.statements)} AS {self.engine.sql(each)}")
            self.statements.append(f"EXECUTE q{len(self.statements)}")
        return list(range(len(self.statements) - len(expressions), len(self.statements)))

    def leave_out(self, person: int) -> None:
        """Leave one person out; -1: nobody."""
        self.connection.execute("UPDATE absent SET person = ?", [person])

    def fetched(self, statement: int) -> list[dict[str, Any]]:
        return self.connection.sql(self.statements[statement]).to_arrow_table().to_pylist()


class Silent:
    """A sampler without noise that keeps what it was asked for."""

    def __init__(self) -> None:
        self.scales: list[float] = []

    def add(self, values: Sequence[int], *, noise: Noise, scale: float) -> list[int]:
        del noise
        self.scales.append(scale)
        return list(values)

    def select(self, counts: Mapping[str, int], *, scale: float, threshold: int) -> dict[str, int]:
        self.scales.append(scale)
        return {key: count for key, count in counts.items() if count >= threshold}


class Apart(Silent):
    """A sampler by which each search finds another bound, whatever the data: the first 2^4, and so on."""

    FIRST = 4

    def add(self, values: Sequence[int], *, noise: Noise, scale: float) -> list[int]:
        found = super().add(values, noise=noise, scale=scale)
        if len(values) != MAGNITUDES:
            return found
        place = self.FIRST + len(self.scales) - 1  # searches are drawn first
        return [int(power == place) for power in range(MAGNITUDES)]


@dataclass
class Found:
    """What pairs of neighbours showed: the largest share of a declared sensitivity that was used, and what was wrong."""

    pairs: int = 0
    used: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def note(self, kind: str, what: str) -> None:
        if len(self.wrong) < 20:
            self.wrong.append(f"{kind}: {what}")


@contextmanager
def held() -> Iterator[Held]:
    with tempfile.TemporaryDirectory() as root, Engine.open(Folder(Path(root)), None, threads=1) as engine:
        yield Held(engine)


def run(count: int, *, seed: int = 1, kinds: Sequence[str] = KINDS, until_wrong: bool = False) -> dict[str, Any]:
    """At least `count` pairs of neighbours of each kind of question; `until_wrong` ends with the first fault."""
    found: dict[str, Found] = {}
    with held() as engine:
        for kind in kinds:
            found[kind] = Found()
            # A text, so that the numbers are the same in every process.
            chance = random.Random(f"{seed} {kind}")
            while found[kind].pairs < count and not (until_wrong and found[kind].wrong):
                look(engine, chance, kind, found[kind])
    return {
        "schema": "modicum.proof-neighbours/1",
        "pairs": {kind: each.pairs for kind, each in found.items()},
        "used": {kind: {name: round(share, 3) for name, share in each.used.items()} for kind, each in found.items()},
        "wrong": [what for each in found.values() for what in each.wrong],
    }


def look(engine: Held, chance: random.Random, kind: str, found: Found) -> None:
    """One question over one population, and over each that lacks one of its persons."""
    question = asked(chance, kind)
    engine.hold(population(chance))
    bounded = apart(question)
    statements = engine.prepare(aggregates.queries(engine, bounded))
    sizes = engine.prepare([aggregates.magnitudes_query(engine, question, each) for each in question.searches])
    search = list(zip(question.searches, sizes, strict=True))
    engine.leave_out(-1)
    priced(kind, engine, question, found)
    whole = measured(engine, bounded, statements, search)
    for person in range(PERSONS):
        engine.leave_out(person)
        try:
            fewer = measured(engine, bounded, statements, search)
        except Exception as error:  # noqa: BLE001 - whatever fails for one and not for the other is what is looked for
            found.note(kind, f"fails for one of two neighbours: {type(error).__name__}")
            continue
        found.pairs += 1
        compare(kind, whole, fewer, found)


def apart(question: PrivateQuestion) -> PrivateQuestion:
    """The question with the bounds that `Apart` gives it."""
    return question.with_bounds({each: 2 ** (Apart.FIRST + place) for place, each in enumerate(question.searches)})


@dataclass
class Measured:
    """The exact numbers of a question's figures, and the answer made of them without noise."""

    figures: list[tuple[Figure, dict[Any, list[int]]]]
    shape: Any


def measured(engine: Held, question: PrivateQuestion, statements: Sequence[int], search: Sequence[Any]) -> Measured:
    exact = aggregates.collected(question, [engine.fetched(each) for each in statements])
    figures = list(zip(question.figures, exact, strict=True))
    for figure, statement in search:
        figures.append((figure, {(): aggregates.collected_magnitudes(engine.fetched(statement))}))
    draws = private_answer.Draws(question=question, cost=private_answer.price(question), sampler=Silent())
    rows = private_answer.drawn(question, exact, draws)
    return Measured(figures=figures, shape=shaped(question, rows))


def shaped(question: PrivateQuestion, rows: Sequence[Mapping[str, Any]]) -> Any:
    """All of an answer that no noise hides: its groups in their order, its measures, which fields they have.

    Of groups that are selected, and of the order of the largest, noise decides; then what is left is their fields.
    """
    if not question.public or question.statistics.top is not None:
        return {json.dumps(_fields(each["measures"])) for each in rows[:1]} if question.public else None
    return [(each["group"], _fields(each["measures"])) for each in rows]


def _fields(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _fields(each) for name, each in value.items()}
    return (
        [_fields(each) for each in value]
        if isinstance(value, list)
        else type(value).__name__
        if value is None
        else "value"
    )


def compare(kind: str, whole: Measured, fewer: Measured, found: Found) -> None:
    if whole.shape != fewer.shape:
        found.note(kind, "the groups, the measures or their order hang on one person")
    for (figure, more), (_, less) in zip(whole.figures, fewer.figures, strict=True):
        nothing = [0] * max(figure.bins, *(len(each) for each in (*more.values(), [0])))
        change = [
            abs(one - two)
            for key in {*more, *less}
            for one, two in zip(more.get(key, nothing), less.get(key, nothing), strict=True)
        ]
        declared = figure.sensitivity
        sizes = {
            "L0": (sum(each > 0 for each in change), declared.l0),
            "Linf": (max(change, default=0), declared.linf),
            "L1": (sum(change), declared.l1),
            "L2": (math.sqrt(sum(each * each for each in change)), declared.l2),
        }
        for name, (seen, most) in sizes.items():
            found.used[name] = max(found.used.get(name, 0.0), seen / most)
            if seen > most * (1 + 1e-9):
                found.note(kind, f"{figure.counted} changes by {name} {seen:g}, declared is {most:g}")


def priced(kind: str, engine: Held, question: PrivateQuestion, found: Found) -> None:
    """Answer a whole question, and hold all noise that was drawn against the charge.

    By the formulas of the papers, not by OpenDP's. Gaussian: rho = L2^2 / (2 scale^2). Laplace: epsilon = L1 / scale,
    and rho = epsilon^2 / 2.
    """
    cost, sampler = private_answer.price(question), Apart()
    try:
        private_answer.noisy_answer(engine, question, cost, sampler=sampler)
    except InternalError as error:
        found.note(kind, f"no answer, though it was paid for: {error.cause}")
        return
    figures = [*question.searches, *apart(question).figures]
    if len(sampler.scales) != len(figures):
        found.note(kind, f"noise is drawn {len(sampler.scales)} times, for {len(figures)} figures")
        return
    rho = sum((_rho(question, *each) for each in zip(figures, sampler.scales, strict=True)), Decimal(0))
    if rho > cost.charge.rho + AMOUNT:
        found.note(kind, f"the noise costs rho {rho:.6g}, charged is {cost.charge.rho:.6g}")
    if (
        question.noise is Noise.GAUSSIAN
        and not _implied(cost.charge.rho, question.delta - cost.delta_keys) <= question.epsilon
    ):
        found.note(kind, "the charge comes to more than the epsilon that was asked for")


def _rho(question: PrivateQuestion, figure: Figure, scale: float) -> Decimal:
    cells, most = figure.sensitivity.cells, figure.sensitivity.most
    if question.noise is Noise.GAUSSIAN:
        return Decimal(cells * most * most) / (2 * Decimal(scale) ** 2)
    return (Decimal(cells * most) / Decimal(scale)) ** 2 / 2


def _implied(rho: Decimal, delta: Decimal) -> Decimal:
    """An epsilon that zCDP implies for sure, from below: half of the simple bound can never be undercut by a true one.

    The simple bound is rho + 2 sqrt(rho ln(1/delta)) (Bun, Steinke, proposition 1.3); OpenDP's is tighter.
    """
    simple = float(rho) + 2 * math.sqrt(float(rho) * math.log(1 / float(delta)))
    return Decimal(simple) / 2


# Populations and questions


def population(chance: random.Random) -> Rows:
    """Dirty rows of a few persons, some with many rows, in many groups, with values far beyond any bounds."""
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in SOURCES}
    for person in range(PERSONS):
        for table in SOURCES:
            for _ in range(chance.choice([0, 1, 1, 2, 8] if table == "claims" else [1, 1, 2, 5])):
                made = cells(chance, person, table, frozenset())
                _spread(chance, table, made)
                made |= {
                    "_modicum_row": len(rows[table]),
                    "_modicum_person": person,
                    "_modicum_stratum": person % STRATA,
                }
                rows[table].append(made)
    return rows


def _spread(chance: random.Random, table: str, made: dict[str, Any]) -> None:
    if table == "claims":
        made["AMT"] = chance.choice([made["AMT"], Decimal("9999999.99"), Decimal("-9999999.99"), Decimal("3.10"), None])
        made["UNITS"] = chance.choice([made["UNITS"], 2**62, -(2**62), 0, 3])
        made["PAID"] = chance.choice([made["PAID"], "999999999999999999999999999999", "-7.125", "12.50"])
    else:
        made["BIRTH"] = chance.choice([made["BIRTH"], "1990-02-03", "1971-07-01", "1936-01-01", "2030-01-01"])


def asked(chance: random.Random, kind: str) -> PrivateQuestion:
    """A random question of a kind, made ready."""
    public = kind != "selected groups"
    table = "claims" if kind == "rows" or chance.random() < 0.4 else "elig"
    by = _groupings(chance, table, public=public)
    measures = _measures(chance, kind)
    private = kind == "selected groups" or chance.random() < 0.7
    statistics = Statistics(
        mechanism=Mechanism.NOISE,
        measures=measures,
        by=by,
        epsilon=chance.choice(["0.1", "1", "2.5"]),
        delta=chance.choice(["1e-9", "0.000001"]) if private else None,
        max_groups_per_person=chance.choice([1, 2, 3, 50]),
        max_rows_per_person=chance.choice([1, 2, 5]),
        top=chance.choice([1, 2]) if kind == "top" and by else None,
    )
    return ready(asking(chance, statistics))


def asking(chance: random.Random, statistics: Statistics) -> Request:
    where = [Condition(column="elig.STATE", operator=Operator.NE, values=("DC",))] if chance.random() < 0.3 else []
    columns = [*statistics.columns, *(each.column for each in where)] or ["elig.STATE"]
    made = request(columns=list(dict.fromkeys(columns)), where=where, asks=Asks.STATISTICS)
    return replace(made, statistics=statistics)


def ready(made: Request) -> PrivateQuestion:
    data = dataset(STRATA, PERSONS)
    return private_question(made, decision(made, data), TRANSFORMATIONS, None, dataset=data)


def _groupings(chance: random.Random, table: str, *, public: bool) -> tuple[Grouping, ...]:
    state = Grouping(column="elig.STATE", values=("CA", "IL", "WA") if public else None)
    kind = Grouping(column="claims.KIND", values=("CA", "DC", "ça") if public else None)
    pools = {
        "elig": [
            state,
            Grouping(column="elig.BIRTH", shape=Shape.AGE_BAND, width=30),
            Grouping(column="elig.BIRTH", shape=Shape.YEAR, first=1930, last=1999),
            Grouping(column="elig.STATE", shape=Shape.PREFIX, length=1, values=("C", "I") if public else None),
        ],
        "claims": [
            kind,
            Grouping(column="claims.BEGIN", shape=Shape.YEAR, first=1980, last=2020),
            Grouping(column="claims.UNITS", shape=Shape.RANGE, edges=("0", "5", "1000", "5000")),
        ],
    }
    chosen = chance.sample(pools[table], chance.choice([1, 1, 2] if public else [1, 2]))
    if not public and all(each.values is not None or each.shape not in {Shape.VALUE, Shape.PREFIX} for each in chosen):
        chosen = [pools[table][0], *chosen[:1]]
    return tuple(chosen) if not public or chance.random() < 0.85 else ()


def _chosen(chance: random.Random, kind: MeasureKind, column: str) -> tuple[Measure, ...]:
    """One measure twice or more with a bound that is chosen; perhaps in another unit, or with the widest bound, too."""
    chosen = Measure(kind=kind, column=column, private_bounds=True)
    widest = Measure(kind=kind, column=column, lower="0", upper=str(2**40), digits=0)
    others = [chosen, replace(chosen, digits=0), replace(chosen, digits=4), widest]
    return (chosen, *chance.choices(others, k=chance.choice([0, 1, 4])), chosen)


def _measures(chance: random.Random, kind: str) -> tuple[Measure, ...]:
    if kind == "all at once":
        kinds = chance.choices([each for each in KINDS if each != kind], k=2)
        made = [each for one in kinds for each in _measures(chance, one)]
        return tuple(chance.sample(made, min(len(made), 5)))
    column = chance.choice(["claims.AMT", "claims.PAID", "claims.UNITS"])
    bounds = dict(zip(("lower", "upper"), chance.choice([("0", "100"), ("-50", "20"), ("10", "30")]), strict=True))
    bins = {**bounds, "bins": chance.choice([1, 4, 10])}
    edges = {"edges": ("0", "3", "10", "50")}
    shown: dict[str, tuple[Measure, ...]] = {
        "persons": (Measure(kind=MeasureKind.COUNT),),
        "rows": (Measure(kind=MeasureKind.COUNT, of=Of.ROWS),),
        "sum": (Measure(kind=MeasureKind.SUM, column=column, **bounds),),
        "mean": (Measure(kind=MeasureKind.MEAN, column=column, **bounds),),
        "proportion": (Measure(kind=MeasureKind.PROPORTION, column="claims.KIND", operator="in", values=("CA", "WA")),),
        "histogram": (Measure(kind=MeasureKind.HISTOGRAM, column=column, **chance.choice([bins, edges])),),
        "median": (Measure(kind=MeasureKind.MEDIAN, column=column, **bins),),
        "quantiles": (Measure(kind=MeasureKind.QUANTILES, column=column, at=("0.1", "0.9"), **bins),),
        "top": (Measure(kind=MeasureKind.COUNT),),
        "two tables": (
            Measure(kind=MeasureKind.COUNT),
            Measure(kind=MeasureKind.SUM, column="claims.AMT", **bounds),
            Measure(kind=MeasureKind.SUM, column="elig.INCOME", **bounds),
        ),
        "chosen bounds": (Measure(kind=MeasureKind.SUM, column=column, private_bounds=True),),
        "sum twice, private": _chosen(chance, MeasureKind.SUM, column),
        "mean twice, private": _chosen(chance, MeasureKind.MEAN, column),
        "selected groups": (
            Measure(kind=MeasureKind.COUNT),
            Measure(kind=MeasureKind.SUM, column=column, **bounds),
        ),
    }
    return shown[kind]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1000), indent=1) + "\n")
