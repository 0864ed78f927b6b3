"""The next smaller request: it passes when it is asked, and no request with more of the columns does."""

import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "spec"))
import test_answer_plan as samples

from modicum.answer.ladder import bound, ladder
from modicum.answer.sight import Sight
from modicum.answer.smaller import Smaller, next_smaller, part_that_passes
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import DISCLOSING, RECORD_FORMS, Form
from modicum.model.request import Asks, Condition, Operator, Request

NAMES = [column.qualified for column in samples.COLUMNS]
names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Request, Decision]:
    verdicts = {
        (stratum, column.name, form): draw(st.sampled_from([0, 1, 2, 2]))
        for stratum in range(3)
        for column in samples.COLUMNS
        for form in DISCLOSING
    }
    where = [Condition(column=name, operator=Operator.EQ, values=("x",)) for name in draw(names)]
    request = samples.request(
        draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)),
        where=where, by=draw(names), sums=draw(names), asks=draw(st.sampled_from(Asks)),
    )  # fmt: skip
    return request, samples.decision(verdicts)


def asks_instead(request: Request, smaller: Smaller) -> Request:
    """The request that a reader would write who follows the advice."""
    keep = set(smaller.columns)
    where = tuple(each for each in request.population.where if each.column not in smaller.unchosen)
    population = replace(request.population, where=where)
    if smaller.form in RECORD_FORMS:
        return replace(request, columns=smaller.columns, population=population)
    by, sums = (tuple(n for n in group if n in keep) for group in (request.question.by, request.question.sums))
    question = replace(request.question, by=by, sums=sums)
    columns = tuple(name for name in request.columns if name in keep) or request.columns
    return replace(request, columns=columns, population=population, question=question)


def passes(request: Request, decision: Decision, form: Form) -> bool:
    return Sight.of(request, decision, form).verdict is Verdict.PERMITTED


@settings(max_examples=300, deadline=None)
@given(asked(), st.sampled_from(DISCLOSING))
def test_what_is_offered_passes_and_nothing_larger_does(given_: tuple[Request, Decision], form: Form) -> None:
    request, decision = given_
    found = next_smaller(request, decision, form)
    if found is None:
        assert not any(passes(request, decision, lower) for lower in DISCLOSING if lower.rung <= form.rung)
        return
    assert found.form.rung <= form.rung
    instead = asks_instead(request, found)
    sight = Sight.of(instead, decision, found.form)
    assert sight.verdict is Verdict.PERMITTED
    if found.form in RECORD_FORMS:
        assert set(found.strata) <= set(sight.open_strata)
    else:
        assert set(found.strata) == set(sight.open_strata)
    for higher in DISCLOSING:
        if found.form.rung < higher.rung <= form.rung:
            assert part_that_passes(request, decision, higher) is None
    asserted_largest(decision, found)


def asserted_largest(decision: Decision, found: Smaller) -> None:
    """No larger set of the wanted columns is permitted together in any stratum."""
    wanted = [*found.columns, *found.without]
    index = {column.qualified: place for place, column in enumerate(decision.columns)}
    for size in range(len(found.columns) + 1, len(wanted) + 1):
        for larger in combinations(wanted, size):
            for stratum in range(3):
                cells = [decision.cell(stratum, index[name], found.form) for name in larger]
                assert not all(cell.verdict is Verdict.PERMITTED for cell in cells), larger


@settings(max_examples=150, deadline=None)
@given(asked())
def test_a_rung_names_a_smaller_request_exactly_where_it_is_refused_and_one_passes(
    given_: tuple[Request, Decision],
) -> None:
    request, decision = given_
    for rung in ladder(request, decision).rungs[1:]:
        if rung.verdict is Verdict.PERMITTED:
            assert rung.smaller is None
        elif rung.form.rung >= request.question.asks.needs.rung:
            said = "The next smaller request that would pass" in rung.why
            assert said == (rung.smaller is not None) != ("No part of it would pass" in rung.why)
        assert rung.because, "a verdict rests on something"


@given(asked(), st.integers(0, 10**7))
def test_what_an_asker_sees_hangs_on_no_count(given_: tuple[Request, Decision], persons: int) -> None:
    request, decision = given_
    seen = ladder(request, decision, at_most=bound(persons)).as_document()
    for rung in seen["rungs"][1:]:
        assert rung["people"] == bound(persons)
        assert rung["permitted_people"] in {0, bound(persons)}
        assert (rung["permitted_people"] == 0) == (rung["verdict"] != "permitted")


@given(st.integers(0, 10**9))
def test_a_bound_is_the_next_power_of_ten_from_a_hundred(persons: int) -> None:
    most = int(bound(persons).removeprefix("at most "))
    assert str(most).strip("0") == "1"
    assert persons <= most
    assert most == 100 or most < 10 * persons
