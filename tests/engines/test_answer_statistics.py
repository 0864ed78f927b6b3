"""Figures by group over real rows: what is counted where, what is hidden, and what an attacker makes of it."""

import random
from pathlib import Path

import pytest
from answer_worlds import TRANSFORMATIONS, World, dataset, decision, request, world

from modicum.answer.plan import plan
from modicum.answer.statistics import Answered, answer_statistics
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form
from modicum.model.request import Asks, Condition, Operator, Request

BLANK = dict.fromkeys(["ID", "LAST-NAME", "STATE", "BIRTH", "DEATH", "ZIP", "INCOME", "Notes=1"])
CLAIM = dict.fromkeys(["KIND", "PAID", "UNITS", "AMT", "BEGIN", "DX", "ZIP", "SSN"])


def people(states: dict[str, int], *, paid: str = "10.10") -> World:
    """One eligibility row and two claims a person, `states[state]` persons a state."""
    elig, claims = [], []
    for state, count in states.items():
        for _ in range(count):
            own = {"_modicum_person": len(elig), "_modicum_stratum": 0}
            elig.append({**BLANK, **own, "_modicum_row": len(elig), "STATE": state})
            for _ in range(2):
                claims.append({**CLAIM, **own, "_modicum_row": len(claims), "PAID": paid, "UNITS": 1})
    keys = [f"k{number}" for number in range(len(elig))]
    return World(dataset=dataset(1, len(elig)), rows={"elig": elig, "claims": claims}, person_keys=keys)


def asked(
    where: tuple[Condition, ...] = (), by: tuple[str, ...] = ("STATE",), sums: tuple[str, ...] = ("PAID",)
) -> Request:
    return request(columns=["STATE"], by=by, sums=sums, where=where, asks=Asks.STATISTICS)


def answered(made: World, question: Request, root: Path) -> Answered:
    with made.engine(root) as engine:
        return answer_statistics(
            engine, plan(question, decision(question, made.dataset), Form.STATISTICS, TRANSFORMATIONS)
        )


def test_people_and_sums_by_state(tmp_path: Path) -> None:
    found = answered(people({"CA": 120, "IL": 40}), asked(sums=("PAID", "UNITS")), tmp_path)
    assert [(line.key, line.persons, line.sums) for line in found.answer.lines] == [
        (("CA",), 120, ("2424.00", "240")),
        (("IL",), 40, ("808.00", "80")),
    ]
    assert found.answer.total is not None
    assert (found.answer.total.persons, found.answer.total.sums) == (160, ("3232.00", "320"))
    assert found.persons.all()
    assert found.rows == 2
    assert found.answer.suppressed == 0


def test_a_small_state_takes_the_next_smallest_with_it(tmp_path: Path) -> None:
    found = answered(people({"CA": 120, "DC": 4, "IL": 40}), asked(), tmp_path)
    assert [(line.key, line.persons, line.sums, line.suppressed) for line in found.answer.lines] == [
        (("CA",), 120, ("2424.00",), False),
        (("DC",), None, (None,), True),
        (("IL",), None, (None,), True),
    ]
    assert found.answer.total is not None
    assert (found.answer.total.persons, found.answer.total.sums) == (164, ("3312.80",))
    assert found.answer.suppressed == 2


def test_ten_people_and_none_are_answered_alike(tmp_path: Path) -> None:
    nobody = Condition(column="STATE", operator=Operator.EQ, values=("ZZ",))
    ten = answered(people({"CA": 10}), asked(), tmp_path / "ten")
    none = answered(people({"CA": 10}), asked(where=(nobody,)), tmp_path / "none")
    assert ten.answer == none.answer
    assert ten.answer.as_csv() == none.answer.as_csv()
    assert ten.rows == none.rows == 0


def test_a_sum_over_few_contributors_is_hidden_though_the_group_is_large(tmp_path: Path) -> None:
    made = people({"CA": 60, "IL": 50, "WA": 40}, paid="1")
    lines = [
        row for row in made.rows["claims"] if not 63 <= row["_modicum_person"] < 110
    ]  # IL: three persons have claims
    found = answered(
        World(dataset=made.dataset, rows={**made.rows, "claims": lines}, person_keys=made.person_keys),
        asked(),
        tmp_path,
    )
    assert [(line.persons, line.sums) for line in found.answer.lines] == [
        (60, ("120.00",)),
        (50, (None,)),
        (40, (None,)),
    ]


def test_conditions_on_another_table_choose_persons_once(tmp_path: Path) -> None:
    made = people({"CA": 30})
    made.rows["claims"][0]["PAID"] = "999"
    costly = Condition(column="PAID", operator=Operator.LT, values=("500",))
    found = answered(made, asked(where=(costly,), sums=()), tmp_path)
    assert found.answer.total is not None
    assert found.answer.total.persons == 30  # the second claim of the first person meets it


@pytest.mark.parametrize(("both", "total"), [(1, None), (10, None), (11, 60)])
def test_a_person_in_two_groups_counts_in_each_and_the_total_tells_of_no_few(
    tmp_path: Path, both: int, total: int | None
) -> None:
    """Two states and their total tell how many people are in both; where that is 1 to 10, the total is hidden."""
    made = people({"CA": 30, "IL": 30})
    again = [{**made.rows["elig"][each], "STATE": "IL", "_modicum_row": 60 + each} for each in range(both)]
    rows = {**made.rows, "elig": [*made.rows["elig"], *again]}
    found = answered(World(dataset=made.dataset, rows=rows, person_keys=made.person_keys), asked(sums=()), tmp_path)
    assert [line.persons for line in found.answer.lines] == [30, 30 + both]
    assert found.answer.total is not None
    assert found.answer.total.persons == total


def test_too_many_groups_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modicum.answer.statistics.MOST_GROUPS", 2)
    with pytest.raises(InvalidInputError):
        answered(people({"CA": 12, "IL": 12, "WA": 12}), asked(), tmp_path)


def test_other_forms_are_refused(tmp_path: Path) -> None:
    made = world(random.Random(1), persons=3, strata=1)
    question = request(columns=["elig.STATE"])
    planned = plan(question, decision(question, made.dataset), Form.IDENTIFIED, TRANSFORMATIONS)
    with made.engine(tmp_path) as engine, pytest.raises(InvalidInputError):
        answer_statistics(engine, planned)


def flagged(holders: dict[str, tuple[int, int]], *, holds: str = "1") -> World:
    """For each state how many people there are, and how many of them hold an amount; the others hold nought."""
    made = people({state: count for state, (count, _) in holders.items()}, paid="0")
    seen: dict[str, int] = dict.fromkeys(holders, 0)
    for row in made.rows["elig"]:
        state = str(row["STATE"])
        if seen[state] < holders[state][1]:
            made.rows["claims"][2 * row["_modicum_person"]]["PAID"] = holds
        seen[state] += 1
    return made


def sums_of(found: Answered) -> dict[tuple[str | None, ...], str | None]:
    lines = [*found.answer.lines, *([] if found.answer.total is None else [found.answer.total])]
    return {line.key: line.sums[0] for line in lines}


@pytest.mark.parametrize("holds", ["1", "250.75"])
def test_a_sum_that_a_few_hold_among_many_who_hold_nothing_is_hidden(holds: str, tmp_path: Path) -> None:
    found = sums_of(answered(flagged({"CA": (146, 3), "IL": (90, 40), "WA": (80, 30)}, holds=holds), asked(), tmp_path))
    assert found[("CA",)] is None
    assert list(found.values()).count(None) > 1  # nor does it follow from the others


def test_a_sum_of_ones_tells_neither_who_holds_one_nor_who_does_not(tmp_path: Path) -> None:
    """40 of 44 hold one: beside the count of people the sum would say that four do not. Nothing is hidden of 20 of 44."""
    found = sums_of(answered(flagged({"CA": (300, 150), "IL": (44, 40), "WA": (80, 30)}), asked(), tmp_path))
    assert found[("IL",)] is None
    found = sums_of(answered(flagged({"CA": (300, 150), "IL": (44, 20), "WA": (80, 30)}), asked(), tmp_path / "other"))
    assert found == {("CA",): "150.00", ("IL",): "20.00", ("WA",): "30.00", (): "200.00"}


def test_sums_of_ones_stay_as_vague_as_counts(tmp_path: Path) -> None:
    """A sum of 5 among others must be able to be 11: to within a share of itself would be no protection for a count."""
    holders = {"CA": (300, 5), "IL": (200, 12), "WA": (100, 90), "NY": (400, 170)}
    found = sums_of(answered(flagged(holders), asked(), tmp_path))
    hidden = [str(key[0]) for key, figure in found.items() if key and figure is None]
    together = sum(holders[state][1] for state in hidden)
    assert "CA" in hidden
    assert found[()] is None or together - (len(hidden) - 1) >= 11


def test_amounts_that_cancel_out_are_not_shown_as_nought(tmp_path: Path) -> None:
    """Whoever owes a thousand would know who is owed one."""
    made = people({"CA": 40, "IL": 50}, paid="0")
    for person, amount in enumerate(["1000", "-1000", *(["1", "-1"] * 6)]):
        made.rows["claims"][2 * person]["PAID"] = amount
    assert sums_of(answered(made, asked(), tmp_path))[("CA",)] is None


def test_a_number_too_large_to_add_up_is_no_failure(tmp_path: Path) -> None:
    made = people({"CA": 40, "IL": 50}, paid="2.00")
    for row in made.rows["claims"][:20]:
        row["PAID"] = "9" * 30
    found = sums_of(answered(made, asked(), tmp_path))
    assert found[("IL",)] == "200.00"
