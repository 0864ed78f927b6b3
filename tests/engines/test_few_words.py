"""The words "fewer than 11" tell something too: no mark may be seen through with them, whichever came first.

The attacker here is a naive one of its own make: one unknown for each kind of people, and OR-tools for the ranges.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from answer_worlds import TRANSFORMATIONS, World, dataset, decision, request
from ortools.sat.python import cp_model
from test_answer_statistics import BLANK, CLAIM
from test_differencing import kept

from modicum.answer import statistics
from modicum.answer.plan import Plan, plan
from modicum.answer.statistics import Answered, Earlier, answer_statistics
from modicum.answer.tables.earlier import KeptTable
from modicum.answer.tables.shape import shape_of
from modicum.custody.engine import Engine
from modicum.model.errors import DisclosureControlError
from modicum.model.forms import Form
from modicum.model.request import Asks, Condition, Operator

Sort = tuple[str, str]  # the unit and the kind of a person's one claim
Counts = dict[Sort, int]
REVIEWED: Counts = {("1", "A"): 10, ("1", "B"): 10, ("2", "A"): 70, ("2", "B"): 78, ("3", "A"): 540, ("3", "B"): 548}


def people(counts: Counts) -> World:
    elig, claims = [], []
    for (unit, kind), count in counts.items():
        for _ in range(count):
            own = {"_modicum_person": len(elig), "_modicum_stratum": 0, "_modicum_row": len(elig)}
            elig.append({**BLANK, **own, "STATE": "CA"})
            claims.append({**CLAIM, **own, "KIND": kind, "UNITS": int(unit), "PAID": "1"})
    keys = [f"k{number}" for number in range(len(elig))]
    return World(dataset=dataset(1, len(elig)), rows={"elig": elig, "claims": claims}, person_keys=keys)


@dataclass(frozen=True)
class Asked:
    """A question: people of some unit and kind (None: any), by so many of unit and kind, with margins."""

    unit: str | None = None
    kind: str | None = None
    by: int = 0

    def planned(self, made: World) -> Plan:
        where = [("UNITS", self.unit), ("KIND", self.kind)]
        given = request(
            columns=["claims.KIND"],
            by=("claims.UNITS", "claims.KIND")[: self.by],
            where=[Condition(column=f"claims.{n}", operator=Operator.EQ, values=(v,)) for n, v in where if v],
            asks=Asks.STATISTICS,
        )
        found = plan(given, decision(given, made.dataset), Form.STATISTICS, TRANSFORMATIONS)
        return (
            replace(found, shape=shape_of(self.by, margins=True, within=(None, None)[: self.by])) if self.by else found
        )

    def people_of(self, sorts: Sequence[Sort], key: Sequence[str | None]) -> frozenset[Sort]:
        """The sorts of people in the cell of some values, None where a margin is taken over that column."""
        wanted = [(self.unit, self.kind), tuple([*key, None, None][:2])]
        return frozenset(
            each for each in sorts if all(w in (None, own) for way in wanted for w, own in zip(way, each, strict=True))
        )


class Attacker:
    """Everything that left, in order: sets of people with a figure, a mark (None), or "few"."""

    def __init__(self, counts: Counts) -> None:
        self._sorts = [each for each, count in counts.items() if count]
        self.said: list[tuple[frozenset[Sort], int | str | None]] = []

    def hears(self, asked: Asked, found: Answered) -> None:
        if found.answer.fewer_than_11:
            self.said.append((asked.people_of(self._sorts, ()), "few"))
            return
        lines = [*found.answer.lines, *([] if found.answer.total is None else [found.answer.total])]
        self.said += [(asked.people_of(self._sorts, line.key), line.persons) for line in lines]

    def range_of(self, wanted: frozenset[Sort]) -> tuple[int, int]:
        ends = []
        for sign in (1, -1):
            model = cp_model.CpModel()
            unknown = {each: model.new_int_var(0, 5000, str(each)) for each in self._sorts}
            for group, figure in self.said:
                total = sum(unknown[each] for each in group)
                if group and figure == "few":
                    model.add(total <= 10)
                elif group and figure is None:
                    model.add(total >= 1)
                elif group:
                    model.add(total == figure)
            model.minimize(sign * sum(unknown[each] for each in wanted))
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            assert solver.solve(model) == cp_model.OPTIMAL
            ends.append(round(solver.objective_value) * sign)
        return ends[0], ends[1]

    def seen_through(self) -> list[tuple[frozenset[Sort], int, int]]:
        """The marks that are too narrow, those within people who had been said to be few before aside."""
        found = []
        for place, (group, figure) in enumerate(self.said):
            around = [other for other, words in self.said[:place] if words == "few" and other >= group]
            if figure is None and not around:
                low, high = self.range_of(group)
                if high < 11 or high - low < 10:
                    found.append((group, low, high))
        return found


def play(counts: Counts, questions: Sequence[Asked], root: Path) -> tuple[Attacker, list[str]]:
    """Ask one after the other, each held against all before; what the attacker heard, and how each ended."""
    made, attacker = people(counts), Attacker(counts)
    tables: dict[int, KeptTable] = {}
    with made.engine(root) as engine:
        return attacker, [_ask(engine, made, asked, tables, attacker) for asked in questions]


def _ask(engine: Engine, made: World, asked: Asked, tables: dict[int, KeptTable], attacker: Attacker) -> str:
    given = asked.planned(made)
    try:
        found = answer_statistics(engine, given, Earlier(tables=dict(tables)))
    except DisclosureControlError as error:
        return error.cause
    tables[len(tables) + 1] = kept(given, found)
    attacker.hears(asked, found)
    return "few" if found.answer.fewer_than_11 else "told"


ALL = Asked(by=2)
SMALL = [Asked(unit="1", kind="A"), Asked(unit="1", kind="B")]


def test_the_words_do_not_tell_which_mark_is_small(tmp_path: Path) -> None:
    attacker, ends = play(REVIEWED, [ALL, *SMALL], tmp_path)
    assert ends[0] == "told"
    assert "few" not in ends
    assert attacker.seen_through() == []


def test_a_small_mark_and_one_that_covers_it_are_refused_alike(tmp_path: Path) -> None:
    attacker, _ = play(REVIEWED, [ALL], tmp_path / "one")
    marked = [group for group, figure in attacker.said if figure is None and len(group) == 1]
    assert len(marked) == 4
    assert any(REVIEWED[next(iter(group))] > 10 for group in marked)
    for number, group in enumerate(marked):
        unit, kind = next(iter(group))
        _, ends = play(REVIEWED, [ALL, Asked(unit=unit, kind=kind)], tmp_path / str(number))
        assert ends[1].startswith("whatever is hidden of this table")


def test_a_table_after_the_words_reckons_with_them(tmp_path: Path) -> None:
    attacker, ends = play(REVIEWED, [*SMALL, ALL], tmp_path)
    assert ends[:2] == ["few", "few"]
    assert attacker.seen_through() == []


def test_the_words_are_said_where_they_harm_nothing_and_said_again(tmp_path: Path) -> None:
    counts = {("1", "A"): 4, ("1", "B"): 200, ("2", "A"): 90, ("2", "B"): 80}
    _, ends = play(counts, [Asked(), SMALL[0], SMALL[0], Asked(unit="2")], tmp_path)
    assert ends == ["told", "few", "few", "told"]


def test_nobody_is_few_whatever_left_before(tmp_path: Path) -> None:
    counts = {("1", "A"): 40, ("2", "B"): 50}
    _, ends = play(counts, [ALL, Asked(unit="1", kind="B")], tmp_path)
    assert ends == ["told", "few"]


def drawn(seed: int) -> tuple[Counts, list[Asked]]:
    draw = random.Random(seed)
    counts = {
        (unit, kind): draw.choice(
            [0, draw.randint(1, 10), draw.randint(1, 10), draw.randint(11, 30), draw.randint(31, 300)]
        )
        for unit in "123"[: draw.choice([2, 3])]
        for kind in "ABC"[: draw.choice([2, 3])]
    }
    some = [None, *"123"], [None, *"ABC"]
    small = [Asked(unit=unit, kind=kind) for (unit, kind), count in counts.items() if count < 11]
    any_ = [Asked(unit=draw.choice(some[0]), kind=draw.choice(some[1]), by=draw.choice([0, 0, 1, 2])) for _ in range(3)]
    questions = [Asked(by=draw.choice([1, 2])), *any_, *draw.sample(small, min(2, len(small)))]
    draw.shuffle(questions)
    return counts, questions


SEEDS = 30


def test_no_mark_is_seen_through_in_any_order_of_questions(tmp_path: Path) -> None:
    ends = []
    for seed in range(SEEDS):
        counts, questions = drawn(seed)
        attacker, heard = play(counts, questions, tmp_path / str(seed))
        assert attacker.seen_through() == [], (seed, counts, questions)
        ends += heard
    assert ends.count("few") > SEEDS / 3
    assert ends.count("told") > SEEDS


def forgets_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[Earlier], list[statistics.Known]] = statistics._known

    def unbound(earlier: Earlier) -> list[statistics.Known]:
        return [replace(each, few=False, hidden=frozenset({((),)})) if each.few else each for each in real(earlier)]

    monkeypatch.setattr(statistics, "_known", unbound)
    monkeypatch.setattr(statistics, "hold_few", lambda *_: None)


def test_control_a_build_that_forgets_the_words_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forgets_the_words(monkeypatch)
    attacker, ends = play(REVIEWED, [ALL, *SMALL], tmp_path / "after")
    assert ends == ["told", "few", "few"]
    assert {low == high for _, low, high in attacker.seen_through()} == {True}  # each mark is undone
    assert len(attacker.seen_through()) == 4
    attacker, ends = play(REVIEWED, [*SMALL, ALL], tmp_path / "before")
    assert ends == ["few", "few", "told"]
    assert attacker.seen_through()
