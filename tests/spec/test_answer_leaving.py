"""What a stored decision let leave is what the plan of that answer holds, cell by cell."""

from array import array
from datetime import date
from random import Random

import pytest

from modicum.answer.plan import leaving, plan
from modicum.model.dataset import Column
from modicum.model.decision import Because, Cell, Decision, PackRef, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Condition, Handling, Operator, Person, Population, Question, Request

CLASSES = ("state", "money", "place", "person", "name", None)
COLUMNS = tuple(
    Column(table="ab"[n % 2], name=f"c{n}", element=None, data_class=each) for n, each in enumerate(CLASSES)
)
STRATA = tuple((("region", str(n)),) for n in range(5))
NUMBERS = {"money": "decimal"}


def decision(random: Random, columns: tuple[Column, ...]) -> Decision:
    because = Because(id="r", cite="c", basis="law", verified="text-read")
    classes = tuple(Cell(verdict=each, because=(because,)) for each in Verdict)
    weights = [random.choice([1, 8]), 1, 1]
    return Decision(
        request_sha256="0" * 64, pack=PackRef(name="p", version="1", sha256="0" * 64), catalogue_sha256="0" * 64,
        facts_sha256="0" * 64, dataset_version="0" * 64, as_of=date(2025, 1, 1), hypothetical=False, columns=columns,
        strata=STRATA, forms=DISCLOSING, classes=classes, lowest_form=Form.REFUSAL,
        cells=array("I", random.choices(range(3), weights, k=len(STRATA) * len(columns) * len(DISCLOSING))),
    )  # fmt: skip


def request(random: Random) -> Request:
    names = [column.qualified for column in COLUMNS]
    question = Question(
        text="?", asks=Asks.RECORDS, by=("a.c0",) if random.random() < 0.5 else (),
        sums=("b.c1",) if random.random() < 0.5 else (),
    )  # fmt: skip
    where = tuple(
        Condition(column=name, operator=Operator.EQ, values=("x",))
        for name in random.sample(names, random.choice([0, 0, 1, 2]))
    )
    return Request(
        title="?", custodian="c", action="disclose", requester=Person(organisation="o", person="p"), question=question,
        purpose="?", authorities=(), population=Population(dataset="d", where=where), form=None, recipients=(),
        columns=tuple(random.sample(names, random.randint(1, 5))), handling=Handling(retention_days=1),
    )  # fmt: skip


def planned(asked: Request, made: Decision, form: Form, treatments: dict) -> dict[str, frozenset[int]] | None:
    """The same, from the plan by which the answer was computed; None where there was none."""
    try:
        whole = plan(asked, made, form, treatments)
    except InvalidInputError:
        return None
    found: dict[str, set[int]] = {}
    for table in whole.tables:
        for each in table.columns:
            found.setdefault(each.column.qualified, set()).update(each.strata)
    rows = set().union(*(table.strata for table in whole.tables)) if form is not Form.STATISTICS else whole.eligible
    used = [*(each.column for each in (*whole.by, *whole.sums)), *(each.column for each in whole.conditions)]
    if form is Form.STATISTICS and not used:
        used = [next(c for c in made.columns if c.qualified == name) for name in asked.columns]
    for column in used:
        found.setdefault(column.qualified, set()).update(rows)
    return {name: frozenset(strata) for name, strata in found.items() if strata}


@pytest.mark.parametrize("form", [Form.STATISTICS, Form.PSEUDONYMISED, Form.IDENTIFIED])
def test_what_left_is_what_was_planned(form: Form) -> None:
    random = Random(str(form))
    compared = told = 0
    for _ in range(400):
        columns = tuple(
            Column(
                table=c.table,
                name=c.name,
                element=None,
                data_class=c.data_class,
                kind=NUMBERS.get(c.data_class, "text"),
            )
            for c in COLUMNS
        )
        treatments = {
            (form, each): random.choice(["keep", "keep", "keep", "drop", "year", "pseudonym"])
            for each in CLASSES
            if each
        }
        made, asked = decision(random, columns), request(random)
        expected = planned(asked, made, form, treatments)
        if expected is None:
            continue
        # A stored decision knows no kinds of column.
        stored = Decision(**{n: getattr(made, n) for n in made.__slots__ if n != "columns"}, columns=COLUMNS)
        assert leaving(asked, stored, form, treatments) == expected
        compared, told = compared + 1, told + bool(expected)
    assert compared > 100
    assert told > 50
