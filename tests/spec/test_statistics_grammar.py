"""The closed grammar of questions: what it refuses, by words alone; what makes two questions one; what an answer says."""

import csv
import io
import random
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "prove"))

import neighbours

from modicum.answer.advice import advice
from modicum.answer.grammar import effective, is_noisy
from modicum.answer.noisy_document import NoisyAnswer, kept_document
from modicum.answer.private_answer import Draws, drawn, noisy_answer, price, public_keys
from modicum.answer.questions import PrivateQuestion, private_question
from modicum.custody.domains import public_values
from modicum.gateway.request_file import parse_request, read_request
from modicum.model.dataset import Column, StratumSource
from modicum.model.errors import InternalError, InvalidInputError
from modicum.model.forms import Form
from modicum.model.request import Condition, Operator
from modicum.model.statistics import Grouping, Measure, MeasureKind, Mechanism, Of, Shape, Statistics

EXAMPLES = Path(__file__).parents[2] / "examples"
COUNT = Measure(kind=MeasureKind.COUNT)
STATE = Grouping(column="elig.STATE", values=("CA", "IL"))
SUM = Measure(kind=MeasureKind.SUM, column="claims.AMT", lower="0", upper="100")


def table(**changes: Any) -> Statistics:
    good = Statistics(mechanism=Mechanism.NOISE, measures=(COUNT,), by=(STATE,), epsilon="1", delta="1e-9")
    return replace(good, **changes)


def ready(statistics: Statistics, where: tuple[Condition, ...] = ()) -> PrivateQuestion:
    made = neighbours.asking(random.Random(7), statistics)
    return neighbours.ready(replace(made, population=replace(made.population, where=where)))


def by(**changes: Any) -> Statistics:
    return table(by=(Grouping(**changes),))


def measured(**changes: Any) -> Statistics:
    return table(measures=(replace(SUM, **changes),))


REFUSED = {
    "an unbounded sum": (measured(lower=None, upper=None), "no bounds"),
    "half bounds": (measured(upper=None), "no bounds"),
    "bounds reversed": (measured(lower="5", upper="1"), "reversed"),
    "bounds equal": (measured(lower="5", upper="5"), "reversed"),
    "bounds given and chosen": (measured(private_bounds=True), "has them chosen"),
    "bounds finer than the unit": (measured(upper="1.001"), "digits"),
    "bounds beyond all counting": (measured(upper="1e30"), "10\\^15|digits"),
    "too many digits": (measured(digits=9), "digits"),
    "a column that is no number": (measured(column="elig.STATE"), "added up"),
    "an unknown column": (measured(column="claims.NOTHING"), "no column"),
    "groups by an unknown column": (by(column="elig.NOTHING"), "no column"),
    "groups by a name": (by(column="elig.LAST-NAME", values=("A",)), "drops it"),
    "groups by a number": (by(column="claims.SSN", values=("A",)), "drops it"),
    "an empty list of groups": (by(column="elig.STATE", values=()), "empty list"),
    "a group twice": (by(column="elig.STATE", values=("A", "A")), "twice"),
    "groups that nothing publishes": (replace(by(column="claims.KIND"), delta=None), "nothing published"),
    "years of no date": (by(column="elig.STATE", shape=Shape.YEAR, first=2000, last=2001), "dates"),
    "years reversed": (by(column="elig.BIRTH", shape=Shape.YEAR, first=2001, last=2000), "in this order"),
    "bands that do not fit": (by(column="elig.BIRTH", shape=Shape.AGE_BAND, width=7), "divides"),
    "no length": (by(column="elig.STATE", shape=Shape.PREFIX), "length"),
    "edges out of order": (by(column="claims.UNITS", shape=Shape.RANGE, edges=("3", "1")), "larger than"),
    "ranges of a text": (by(column="elig.STATE", shape=Shape.RANGE, edges=("1", "3")), "numbers"),
    "a field of another shape": (by(column="elig.STATE", width=3), "takes no `width`"),
    "too many groups": (
        table(by=tuple(Grouping(column="elig.STATE", values=tuple(f"{n}" for n in range(200))) for _ in range(2))),
        "10,000",
    ),
    "no epsilon": (table(epsilon=None), "needs an epsilon"),
    "epsilon 0": (table(epsilon="0"), "epsilon must lie"),
    "a negative epsilon": (table(epsilon="-1"), "epsilon must lie"),
    "a huge epsilon": (table(epsilon="1000"), "epsilon must lie"),
    "an epsilon beyond all counting": (table(epsilon="1E+300"), "epsilon must lie"),
    "an epsilon of next to nothing": (table(epsilon="1E-300"), "epsilon must lie"),
    "an epsilon of endless digits": (table(epsilon="0.1" + "0" * 60 + "1"), "more digits"),
    "a delta of next to nothing": (table(delta="1E-999999"), "delta must"),
    "a bound of endless size": (measured(upper="1E+999999"), "larger than any amount"),
    "epsilon that is no number": (table(epsilon="NaN"), "no finite number"),
    "epsilon without end": (table(epsilon="Infinity"), "no finite number"),
    "a delta of one half": (table(delta="0.5"), "delta must"),
    "a negative delta": (table(delta="-1e-9"), "delta must"),
    "no measure": (table(measures=()), "no measure"),
    "top of 0": (table(top=0), "top must be 1"),
    "top without groups": (table(by=(), top=1), "`by` is empty"),
    "top by a mean": (table(measures=(replace(SUM, kind=MeasureKind.MEAN),), top=1), "no order"),
    "no groups a person": (table(max_groups_per_person=0), "max_groups_per_person"),
    "no rows a person": (table(max_rows_per_person=0), "max_rows_per_person"),
    "a count of a column": (table(measures=(replace(COUNT, column="elig.STATE"),)), "takes no"),
    "a sum of nothing": (table(measures=(replace(SUM, column=None),)), "needs a"),
    "a histogram without bins": (table(measures=(Measure(kind=MeasureKind.HISTOGRAM, column="claims.AMT"),)), "no bins"),
    "more bins than units": (
        table(measures=(Measure(kind=MeasureKind.MEDIAN, column="claims.UNITS", lower="0", upper="3", bins=9),)), "bins",
    ),
    "a quantile beyond all": (
        table(measures=(Measure(kind=MeasureKind.QUANTILES, column="claims.AMT", lower="0", upper="9", at=("1.5",)),)),
        "between 0 and 1",
    ),
    "a proportion by a name": (
        table(measures=(Measure(kind=MeasureKind.PROPORTION, column="elig.LAST-NAME", operator="=", values=("x",)),)),
        "elig.LAST-NAME",
    ),
    "a proportion of an exact day": (
        table(measures=(Measure(kind=MeasureKind.PROPORTION, column="elig.BIRTH", operator="=", values=("1990-01-01",)),)),
        "more than the year",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_grammar_does_not_hold_is_refused_with_a_cure(what: str) -> None:
    statistics, cause = REFUSED[what]
    with pytest.raises(InvalidInputError, match=cause) as refused:
        ready(statistics)
    assert refused.value.cure


def filed(**statistics: Any) -> dict[str, Any]:
    document = read_request(EXAMPLES / "noisy-question.toml").as_document()
    return {**document, "statistics": {**document["statistics"], **statistics}}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"epsilon": float("nan")}, "finite number"),
        ({"epsilon": float("inf")}, "finite number"),
        ({"epsilon": True}, "a number"),
        ({"epsilon": "a lot"}, "a number"),
        ({"epsilon": 1e300}, "epsilon must lie between 0.0001 and 10"),
        ({"epsilon": "1e300"}, "epsilon must lie"),
        ({"epsilon": 1e-300}, "epsilon must lie"),
        ({"epsilon": "1e-300"}, "epsilon must lie"),
        ({"epsilon": 100}, "epsilon must lie"),
        ({"delta": 1e-300}, "delta must be 0, or lie between"),
        ({"epsilon": 10**40}, "epsilon must lie"),
        ({"mechanism": "none"}, "should be"),
        ({"colour": "red"}, "not a field"),
        ({"measures": [{"kind": "code", "column": "x"}]}, "should be"),
        ({"measures": [{"kind": "count", "sql": "select"}]}, "not a field"),
        ({"by": [{"column": "elig.STATE", "as": "sha1"}]}, "should be"),
        ({"mechanism": "exact"}, "exact tables hold"),
    ],
)
def test_a_table_that_is_not_of_the_grammar_is_refused_as_it_is_read(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(InvalidInputError, match=cause):
        parse_request(filed(**change))


def test_a_table_beside_groups_of_asks_or_another_kind_of_question_is_refused() -> None:
    document = filed()
    asks = {**document["question"]["asks"], "by": ["eligibility.SEX_CD"]}
    with pytest.raises(InvalidInputError, match="say it in the table"):
        parse_request({**document, "question": {**document["question"], "asks": asks}})
    asks = {**document["question"]["asks"], "kind": "records"}
    with pytest.raises(InvalidInputError, match="something else"):
        parse_request({**document, "question": {**document["question"], "asks": asks}})


def test_a_request_without_a_table_is_the_document_that_it_was() -> None:
    request = read_request(EXAMPLES / "narrow-question.toml")
    assert "statistics" not in request.as_document()
    assert effective(request) is request
    assert not is_noisy(request, Form.STATISTICS)


def test_an_exact_table_asks_what_asks_would_ask() -> None:
    plain = {"mechanism": "exact", "by": ["eligibility.SUBMTG_STATE_CD"]}
    measures = [{"kind": "count"}, {"kind": "sum", "column": "claims.FED_PD_AMT"}]
    document = {**filed(), "statistics": {**plain, "measures": measures}}
    question = effective(parse_request(document)).question
    asks = read_request(EXAMPLES / "narrow-question.toml").question
    assert (question.by, question.sums, question.count_persons) == (asks.by, asks.sums, True)


def test_the_law_is_asked_about_every_column_of_a_table() -> None:
    tested = Measure(kind=MeasureKind.PROPORTION, column="claims.KIND", operator="=", values=("x",))
    assert neighbours.asking(random.Random(1), table(measures=(SUM, tested))).counted == (
        "elig.STATE", "claims.AMT", "claims.KIND",
    )  # fmt: skip


SAME = {
    "epsilon as written": (table(epsilon="1"), table(epsilon="1.0")),
    "delta as written": (table(delta="1e-9"), table(delta="0.000000001")),
    "more groups than there are": (table(max_groups_per_person=3), table(max_groups_per_person=50)),
}
OTHER = {
    "epsilon": (table(), table(epsilon="2")),
    "groups": (table(), by(column="elig.STATE", values=("CA", "WA"))),
    "a bound": (measured(), measured(upper="101")),
    "rows": (table(), table(max_rows_per_person=2)),
    "top": (table(), table(top=1)),
}


@pytest.mark.parametrize("what", SAME)
def test_one_question_has_one_digest(what: str) -> None:
    one, two = SAME[what]
    assert ready(one).sha256 == ready(two).sha256


@pytest.mark.parametrize("what", OTHER)
def test_another_question_has_another_digest(what: str) -> None:
    one, two = OTHER[what]
    assert ready(one).sha256 != ready(two).sha256


def test_conditions_have_no_order_and_count() -> None:
    one = Condition(column="elig.STATE", operator=Operator.NE, values=("DC",))
    two = Condition(column="claims.KIND", operator=Operator.IN, values=("a", "b"))
    turned = replace(two, values=("b", "a"))
    assert ready(table(), (one, two)).sha256 == ready(table(), (turned, one)).sha256
    assert ready(table(), (one, two)).sha256 != ready(table(), (one,)).sha256


def test_public_values_come_from_the_dictionary_before_what_cms_publishes() -> None:
    data = neighbours.dataset(1, 1)
    sex = Column(table="elig", name="SEX_CD", element="SEX", data_class="sex")
    assert public_values(sex, data) == ("F", "M")
    listed = StratumSource(attribute="sex", table="elig", column="SEX_CD", values={"1": "a", "2": "b"})
    assert public_values(sex, replace(data, strata_sources=(listed,))) == ("1", "2")
    assert public_values(replace(sex, name="NOTES", data_class="notes"), data) is None
    assert "06" in (public_values(replace(sex, name="ST", data_class="state"), data) or ())


def test_a_sum_without_bounds_takes_those_of_the_dictionary() -> None:
    bare, bounded = table(measures=(replace(SUM, lower=None, upper=None),)), table(measures=(SUM,))
    made = neighbours.asking(random.Random(7), bare)
    data = neighbours.dataset(neighbours.STRATA, neighbours.PERSONS)
    known = replace(
        data,
        columns=tuple(
            replace(each, lower="0", upper="100") if each.qualified == "claims.AMT" else each for each in data.columns
        ),
    )
    found = private_question(made, neighbours.decision(made, known), neighbours.TRANSFORMATIONS, None, dataset=known)
    named = ready(bounded)
    assert found.figures == tuple(replace(each, column=found.figures[0].column) for each in named.figures)
    assert (found.told[0].measure.lower, found.told[0].measure.upper) == ("0", "100")
    assert price(found) == price(named)
    with pytest.raises(InvalidInputError, match="no bounds"):
        ready(bare)


@pytest.fixture(scope="module")
def answered() -> tuple[PrivateQuestion, list[dict[str, Any]]]:
    """A question with all kinds of measures, over nobody: then all that is told is noise."""
    mean = replace(SUM, kind=MeasureKind.MEAN)
    share = Measure(kind=MeasureKind.PROPORTION, column="claims.KIND", operator="=", values=("CA",))
    median = Measure(kind=MeasureKind.MEDIAN, column="claims.AMT", lower="0", upper="100", bins=4)
    bins = Measure(kind=MeasureKind.HISTOGRAM, column="claims.AMT", edges=("0", "5", "10.50"))
    rows = replace(COUNT, of=Of.ROWS)
    question = ready(table(measures=(COUNT, rows, SUM, mean, share, median, bins)))
    with neighbours.held() as engine:
        engine.hold({"elig": [], "claims": []})
        return question, noisy_answer(engine, question, price(question))


def test_every_known_group_is_shown_were_it_empty(answered: Any) -> None:
    question, rows = answered
    assert public_keys(question) == [("CA",), ("IL",), (None,)]
    assert [row["group"][0]["value"] for row in rows] == ["CA", "IL", None]


def test_each_measure_is_told_with_an_interval(answered: Any) -> None:
    _, rows = answered
    kinds = [each["kind"] for each in rows[0]["measures"]]
    assert kinds == ["count", "count", "sum", "mean", "proportion", "median", "histogram"]
    for row in rows:
        for each in row["measures"]:
            parts = each.get("bins") or each.get("at") or [each]
            for part in parts:
                low, high = (Decimal(str(end)) for end in part["interval"])
                assert low <= high


def test_the_csv_has_a_line_a_value_and_no_formula(answered: Any) -> None:
    question, rows = answered
    kept = kept_document(question, price(question), rows, population="persons", entry=3)
    answer = NoisyAnswer(kept=kept, question="q", excluded_strata=(), rules=(), again=False)
    lines = list(csv.reader(io.StringIO(answer.as_csv().decode())))
    assert lines[0] == ["elig.STATE", "measure", "column", "part", "value", "low", "high"]
    assert len(lines) == 1 + 3 * (6 + 2)
    assert answer.as_document()["charged"]["entry"] == 3


def test_advice_is_the_mechanism_s_own() -> None:
    question = ready(table(epsilon="0.1", delta=None, by=()))
    given = advice(question, price(question))
    assert given.words == ["with epsilon 0.1 the count of people will be within +-31 in 95 %"]


def test_the_largest_groups_are_the_largest_by_noisy_counts() -> None:
    question = ready(table(top=2, epsilon="5", delta=None))
    exact = [{("CA",): [1000], ("IL",): [5000], (None,): [10]}]
    rows = drawn(question, exact, Draws(question=question, cost=price(question), sampler=neighbours.Silent()))
    assert [row["group"][0]["value"] for row in rows] == ["IL", "CA"]


@pytest.mark.parametrize("kind", [MeasureKind.SUM, MeasureKind.MEAN])
@pytest.mark.parametrize("delta", ["1e-9", None])
def test_equal_measures_with_chosen_bounds_are_searched_drawn_and_paid_for_once(
    kind: MeasureKind, delta: str | None
) -> None:
    chosen = replace(SUM, kind=kind, lower=None, upper=None, private_bounds=True)
    once, often = (ready(table(measures=(chosen,) * many, by=(), delta=delta)) for many in (1, 20))
    sampler = neighbours.Apart()
    with neighbours.held() as engine:
        engine.hold({"elig": [], "claims": []})
        rows = noisy_answer(engine, often, price(often), sampler=sampler)
    assert price(often) == price(once)
    assert len(sampler.scales) == {MeasureKind.SUM: 2, MeasureKind.MEAN: 3}[kind]
    assert len({str(each) for each in rows[0]["measures"]}) == 1
    assert advice(often, price(often)).chosen == 20


def test_a_bound_that_is_given_is_never_taken_for_one_that_is_chosen() -> None:
    chosen = replace(SUM, column="claims.UNITS", lower=None, upper=None, private_bounds=True, digits=0)
    widest = replace(chosen, private_bounds=False, lower="0", upper=str(2**40))
    question, sampler = ready(table(measures=(chosen, widest), by=())), neighbours.Apart()
    with neighbours.held() as engine:
        engine.hold({"elig": [], "claims": []})
        rows = noisy_answer(engine, question, price(question), sampler=sampler)
    assert price(question).shares == len(sampler.scales) == 3
    assert [each["upper"] for each in rows[0]["measures"]] == ["16", str(2**40)]
    assert [each.what for each in advice(question, price(question)).nearness] == ["the sum of claims.UNITS"]


def test_no_more_noise_is_drawn_than_was_charged() -> None:
    question = ready(table(measures=(COUNT, SUM)))
    paid_for_one = replace(price(question), shares=1)
    draws = Draws(question=question, cost=paid_for_one, sampler=neighbours.Silent())
    with pytest.raises(InternalError, match="more noise"):
        drawn(question, [{}, {}], draws)


def test_chosen_bounds_cut_few_and_are_told() -> None:
    question = ready(table(measures=(replace(SUM, lower=None, upper=None, private_bounds=True),), by=()))
    assert question.shares == 2
    bounded = question.with_bounds(dict.fromkeys(question.searches, 4096))
    assert (bounded.figures[0].lower, bounded.figures[0].upper) == (0, 4096)
    assert bounded.figures[0].sensitivity.linf == 4096
