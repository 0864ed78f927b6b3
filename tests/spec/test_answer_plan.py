"""What a plan holds, what the ladder says of it, and how a statistics answer is written."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from modicum.answer.ladder import FEW, ladder
from modicum.answer.plan import Plan, plan
from modicum.answer.statistics_answer import FEWER, Line, StatisticsAnswer
from modicum.answer.treatments import SMALL_AREA_PERSONS, small_areas
from modicum.law.packs import load_pack
from modicum.model.dataset import Column
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Condition, Handling, Operator, Person, Population, Question, Request

COLUMNS = (
    Column(table="elig", name="STATE", element=None, data_class="state"),
    Column(table="elig", name="NAME", element=None, data_class="name"),
    Column(table="elig", name="BIRTH", element=None, data_class="dob", kind="date"),
    Column(table="claims", name="PAID", element=None, data_class="payment", kind="decimal"),
    Column(table="claims", name="ID", element=None, data_class="medicaid_id"),
)
STRATA = tuple((("origin_state", state),) for state in ("CA", "IL", "DC"))
TRANSFORMATIONS = {(form, str(column.data_class)): "keep" for form in DISCLOSING for column in COLUMNS}
TRANSFORMATIONS |= {(form, "name"): "drop" for form in (Form.STATISTICS, Form.PSEUDONYMISED)}
TRANSFORMATIONS[Form.PSEUDONYMISED, "medicaid_id"] = "pseudonym"
TRAITS = load_pack("us_medicaid").traits


def because(name: str) -> Because:
    return Because(id=name, cite=f"1 X.Y.Z. {name}", basis=Basis.LAW, verified="text-read")


CELLS = (
    Cell(verdict=Verdict.PERMITTED, because=(because("permits"),)),
    Cell(verdict=Verdict.CONDITIONAL, because=(because("waits"),), missing=(("consent",), ("notice", "order"))),
    Cell(verdict=Verdict.FORBIDDEN, because=(because("forbids"),)),
)


def decision(verdicts: Mapping[tuple[int, str, Form], int] | None = None, default: int = 0) -> Decision:
    return Decision(
        request_sha256="0" * 64,
        pack=PackRef(name="invented", version="0", sha256="0" * 64),
        catalogue_sha256="0" * 64,
        facts_sha256="0" * 64,
        dataset_version="v",
        as_of=date(2026, 3, 15),
        hypothetical=False,
        columns=COLUMNS,
        strata=STRATA,
        forms=DISCLOSING,
        classes=CELLS,
        cells=[
            (verdicts or {}).get((stratum, column.name, form), default)
            for stratum in range(3)
            for column in COLUMNS
            for form in DISCLOSING
        ],
        lowest_form=Form.REFUSAL,
    )


def request(
    columns: Sequence[str],
    *,
    where: Sequence[Condition] = (),
    by: Sequence[str] = (),
    sums: Sequence[str] = (),
    asks: Asks = Asks.RECORDS,
    count_persons: bool = True,
) -> Request:
    return Request(
        title="t",
        custodian="c",
        action="disclose",
        requester=Person(organisation="asker", person="ann"),
        question=Question(text="?", asks=asks, by=tuple(by), sums=tuple(sums), count_persons=count_persons),
        purpose="research",
        authorities=(),
        population=Population(dataset="d", where=tuple(where)),
        columns=tuple(columns),
        form=None,
        recipients=(),
        handling=Handling(retention_days=1),
    )


def where(column: str, operator: Operator, *values: str) -> Condition:
    return Condition(column=column, operator=operator, values=values)


def planned(asked: Request, form: Form, verdicts: Mapping[tuple[int, str, Form], int] | None = None) -> Plan:
    return plan(asked, decision(verdicts), form, TRANSFORMATIONS, TRAITS)


def test_a_column_leaves_where_it_is_permitted_and_not_dropped() -> None:
    form = Form.PSEUDONYMISED
    made = planned(
        request(["STATE", "NAME", "PAID", "BIRTH"]),
        form,
        {(1, "STATE", form): 2, **{(s, "BIRTH", form): 1 for s in range(3)}},
    )
    assert [table.name for table in made.tables] == ["elig", "claims"]
    assert [(each.column.name, each.strata) for each in made.tables[0].columns] == [("STATE", {0, 2})]
    assert made.tables[1].strata == {0, 1, 2}
    assert made.dropped == ("elig.NAME", "elig.BIRTH")
    assert made.excluded_strata == ()
    assert [rule.id for rule in made.rules] == ["permits"]


def test_a_condition_leaves_out_the_strata_that_it_would_tell_about() -> None:
    form = Form.IDENTIFIED
    asked = request(["STATE"], where=[where("claims.PAID", Operator.GE, "10")])
    made = planned(asked, form, {(0, "PAID", form): 1, (1, "PAID", form): 2})
    assert made.eligible == {2}
    assert made.tables[0].strata == {2}
    assert made.excluded_strata == (STRATA[0], STRATA[1])
    nothing = planned(asked, form, {(stratum, "PAID", form): 2 for stratum in range(3)})
    assert nothing.is_empty
    assert nothing.tables == ()


def test_a_treatment_that_is_not_listed_drops() -> None:
    made = plan(request(["STATE", "PAID"]), decision(), Form.IDENTIFIED, {(Form.IDENTIFIED, "state"): "keep"})
    assert [table.name for table in made.tables] == ["elig"]


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        (request(["NOSUCH"]), Form.IDENTIFIED),
        (request(["STATE"]), Form.MATCH),
        (request(["STATE"], where=[where("NAME", Operator.EQ, "x")]), Form.PSEUDONYMISED),
        (request(["STATE"], where=[where("STATE", Operator.LT, "x")]), Form.IDENTIFIED),
        (request(["STATE"], where=[where("PAID", Operator.LT, "x")]), Form.IDENTIFIED),
        (request(["STATE"], where=[where("BIRTH", Operator.LT, "soon")]), Form.IDENTIFIED),
        (request(["STATE"], where=[where("STATE", Operator.EQ, "a", "b")]), Form.IDENTIFIED),
        (request(["STATE"], where=[where("STATE", Operator.IN)]), Form.IDENTIFIED),
        (request(["STATE"], by=["NAME"]), Form.STATISTICS),
        (request(["STATE"], by=["PAID"]), Form.STATISTICS),
        (request(["STATE"], by=["BIRTH"]), Form.STATISTICS),
        (request(["STATE"], by=["ID"]), Form.STATISTICS),
        (request(["STATE"], sums=["STATE"]), Form.STATISTICS),
        (request(["STATE"], by=["STATE"], count_persons=False), Form.STATISTICS),
        (request([]), Form.STATISTICS),
    ],
)
def test_what_a_form_cannot_hold_is_refused(asked: Request, form: Form) -> None:
    with pytest.raises(InvalidInputError):
        planned(asked, form)


def test_statistics_leave_out_a_stratum_where_any_column_used_may_not_be() -> None:
    form = Form.STATISTICS
    made = planned(request(["NAME"], by=["STATE"], sums=["PAID"]), form, {(1, "PAID", form): 2, (2, "NAME", form): 2})
    assert made.base == "elig"
    assert made.eligible == {0, 2}
    assert made.excluded_strata == (STRATA[1],)


def test_the_ladder_offers_the_lowest_form_that_answers_and_is_permitted() -> None:
    asked = request(["STATE", "NAME"], by=["STATE"], asks=Asks.STATISTICS)
    verdicts = {(s, c.name, Form.IDENTIFIED): 2 for s in range(3) for c in COLUMNS}
    verdicts |= {(s, c.name, Form.PSEUDONYMISED): 1 for s in range(3) for c in COLUMNS}
    rungs, lowest = ladder(asked, decision(verdicts), people=[1_000, 5, 0])
    assert lowest is Form.STATISTICS
    assert [rung.form for rung in rungs] == list(Form)
    said = {rung.form: rung for rung in rungs}
    assert said[Form.REFUSAL].verdict is None
    assert (said[Form.STATISTICS].verdict, said[Form.STATISTICS].columns) == (Verdict.PERMITTED, 0)
    assert (said[Form.IDENTIFIED].people, said[Form.IDENTIFIED].columns) == (1_005, 2)
    assert (said[Form.IDENTIFIED].permitted_people, said[Form.IDENTIFIED].permitted_columns) == (0, 0)
    assert said[Form.PSEUDONYMISED].missing == (("consent",), ("notice", "order"))
    assert "consent" in said[Form.PSEUDONYMISED].why
    assert "1 X.Y.Z. forbids" in said[Form.IDENTIFIED].why
    assert "tells more than statistics" in said[Form.VERIFICATION].why


def test_the_ladder_refuses_where_the_question_needs_more_than_is_permitted() -> None:
    asked = request(["STATE"], asks=Asks.IDENTITIES)
    found = ladder(asked, decision({(s, "STATE", Form.IDENTIFIED): 2 for s in range(3)}), people={0: 3})
    assert found.lowest is Form.REFUSAL
    assert "does not hold" in found.rungs[1].why
    document = found.as_document()
    assert document["schema"] == "modicum.ladder/1"
    assert document["rungs"][1]["people"] == FEW
    assert ladder(asked, decision()).as_document()["rungs"][5]["people"] is None


def answer(lines: Sequence[Line], total: Line | None) -> StatisticsAnswer:
    return StatisticsAnswer(
        question="?",
        by=("elig.STATE",),
        summed=("claims.PAID",),
        count_persons=True,
        fewer_than_11=total is None,
        lines=tuple(lines),
        total=total,
        excluded_strata=(STRATA[1],),
        rules=(because("permits"),),
    )


def test_a_statistics_answer_as_csv_and_json_has_one_mark_and_no_formula() -> None:
    lines = [
        Line(key=("=1+1",), persons=None, sums=(None,), suppressed=True),
        Line(key=("CA",), persons=1200, sums=("-17.50",), suppressed=False),
        Line(key=(None,), persons=11, sums=(None,), suppressed=False),
    ]
    made = answer(lines, Line(key=(), persons=1300, sums=("5.00",), suppressed=False))
    assert made.as_csv().decode().splitlines() == [
        "elig.STATE,persons,claims.PAID",
        "'=1+1,*,*",
        "CA,1200,-17.50",
        ",11,*",
        "total,1300,5.00",
    ]
    document = made.as_document()
    assert document["rows"][0] == {
        "group": {"elig.STATE": "=1+1"},
        "persons": None,
        "sums": {"claims.PAID": None},
        "suppressed": True,
    }
    assert document["suppressed"] == 1
    assert document["excluded_strata"] == [{"origin_state": "IL"}]
    assert document["mechanism"] == "exact with suppression of 1 to 10"
    assert (document["interval"], document["entry"]) == (None, None)


def test_a_small_population_and_an_empty_one_answer_alike() -> None:
    made = answer([], None)
    assert made.as_document()["total"] == FEWER
    assert made.as_document()["rows"] == []
    assert made.as_csv().decode().splitlines()[1:] == ["total,fewer than 11,fewer than 11"]


def test_small_areas_are_those_of_the_census() -> None:
    areas = set(small_areas())
    assert len(areas) == 124
    assert {"036", "059", "102", "203", "556", "692", "821", "823", "878", "879", "884", "893", "001", "000"} <= areas
    assert not {"941", "606", "981", "200"} & areas
    assert SMALL_AREA_PERSONS == 20_000
