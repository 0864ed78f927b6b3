"""Two tables about the same people, each of which hides nothing small, must not tell something small together."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from answer_worlds import TRANSFORMATIONS, World, dataset, decision, request
from test_answer_statistics import BLANK, CLAIM

from modicum.answer import statistics
from modicum.answer.differencing import Held, Known, Signatures
from modicum.answer.memberships import carried_signatures, signature_counts
from modicum.answer.plan import Plan, plan
from modicum.answer.statistics import Answered, Earlier, answer_statistics
from modicum.answer.tables.earlier import KeptTable, kept_of
from modicum.answer.tables.model import Key
from modicum.answer.tables.shape import shape_of
from modicum.model.errors import DisclosureControlError, EvidenceError
from modicum.model.forms import Form
from modicum.model.request import Asks, Condition, Operator


def people(cells: dict[tuple[str, str], int], *, first: int = 0) -> World:
    """So many persons of each state and kind: one eligibility row and one claim each. first: number of the first key."""
    elig, claims = [], []
    for (state, kind), count in cells.items():
        for _ in range(count):
            own = {"_modicum_person": len(elig), "_modicum_stratum": 0, "_modicum_row": len(elig)}
            elig.append({**BLANK, **own, "STATE": state})
            claims.append({**CLAIM, **own, "KIND": kind, "PAID": "1", "UNITS": 1})
    keys = [f"k{first + number}" for number in range(len(elig))]
    return World(dataset=dataset(1, len(elig)), rows={"elig": elig, "claims": claims}, person_keys=keys)


def planned(
    made: World,
    *,
    by: tuple[str, ...] = ("STATE",),
    where: tuple[Condition, ...] = (),
    sums: tuple[str, ...] = (),
) -> Plan:
    question = request(columns=["STATE"], by=by, sums=sums, where=where, asks=Asks.STATISTICS)
    return plan(question, decision(question, made.dataset), Form.STATISTICS, TRANSFORMATIONS)


def kept(given: Plan, found: Answered) -> KeptTable:
    return kept_as(given, few=found.answer.fewer_than_11, hidden=found.hidden)


def kept_as(given: Plan, *, few: bool, hidden: frozenset[Key]) -> KeptTable:
    sums = frozenset(each.column.qualified for each in given.sums)
    return KeptTable(dataset="d", plan=given, few=few, hidden=hidden, sums=sums, files={}, salt="")


def of_kind(kind: str) -> Condition:
    return Condition(column="KIND", operator=Operator.EQ, values=(kind,))


def shown(found: Answered) -> dict[tuple[str | None, ...], int | None]:
    lines = [*found.answer.lines, *([] if found.answer.total is None else [found.answer.total])]
    return {line.key: line.persons for line in lines}


MADE = {("CA", "A"): 497, ("CA", "B"): 3, ("IL", "A"): 300, ("IL", "B"): 60}
ALONE = {("CA",): 497, ("IL",): 300, (): 797}


def asked_after(made: World, root: Path, earlier: bool) -> Answered:  # noqa: FBT001
    """Ask for people by state, then for those of kind A by state: three people of CA are the difference."""
    whole, narrow = planned(made), planned(made, where=(of_kind("A"),))
    with made.engine(root) as engine:
        first = answer_statistics(engine, whole)
        assert shown(first) == {("CA",): 500, ("IL",): 360, (): 860}
        return answer_statistics(engine, narrow, Earlier(tables={1: kept(whole, first)}) if earlier else None)


def test_a_narrower_table_hides_what_would_follow_from_the_wider_one(tmp_path: Path) -> None:
    made = people(MADE)
    assert shown(asked_after(made, tmp_path / "one", earlier=False)) == ALONE  # the positive control: no history
    found = asked_after(made, tmp_path / "two", earlier=True)
    assert shown(found)[("CA",)] is None
    assert found.answer.audit is not None
    assert found.answer.audit.earlier == 1
    # Nor does it follow from the other state and the total: one of these is hidden too.
    assert None in {shown(found)[("IL",)], shown(found)[()]}


def test_a_build_that_forgets_its_history_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = statistics.hold

    def forgetful(new: Known, counts: Mapping[Key, int], signatures: Signatures, earlier: object = ()) -> Held:
        del earlier
        alone: dict[frozenset[tuple[int, tuple[str | None, ...]]], int] = defaultdict(int)
        for signature, people in signatures.items():
            alone[frozenset(each for each in signature if each[0] == 0)] += people
        return real(new, counts, {each: people for each, people in alone.items() if each})

    monkeypatch.setattr(statistics, "hold", forgetful)
    assert shown(asked_after(people(MADE), tmp_path, earlier=True))[("CA",)] == 497


def test_the_same_question_again_gets_the_same_answer(tmp_path: Path) -> None:
    made = people({("CA", "A"): 120, ("DC", "A"): 4, ("IL", "A"): 40})
    given = planned(made)
    with made.engine(tmp_path) as engine:
        first = answer_statistics(engine, given)
        again = answer_statistics(engine, given, Earlier(tables={1: kept(given, first)}))
    assert shown(first) == shown(again)
    assert shown(first)[("DC",)] is None


def test_tables_that_differ_by_many_are_answered_in_full(tmp_path: Path) -> None:
    made = people({("CA", "A"): 400, ("CA", "B"): 100, ("IL", "A"): 300, ("IL", "B"): 60})
    whole, narrow = planned(made), planned(made, where=(of_kind("A"),))
    with made.engine(tmp_path) as engine:
        first = answer_statistics(engine, whole)
        found = answer_statistics(engine, narrow, Earlier(tables={1: kept(whole, first)}))
    assert shown(found) == {("CA",): 400, ("IL",): 300, (): 700}


def test_who_joined_from_one_version_to_the_next_does_not_follow(tmp_path: Path) -> None:
    """Three more people in CA a day later, known by their keys: the second table does not tell that they are three."""
    before = people({("CA", "A"): 200, ("IL", "A"): 100})
    after = people({("CA", "A"): 200, ("IL", "A"): 100})
    after.rows["elig"].extend(
        {**BLANK, "_modicum_person": 300 + n, "_modicum_stratum": 0, "_modicum_row": 300 + n, "STATE": "CA"}
        for n in range(3)
    )
    after = World(dataset=dataset(1, 303), rows=after.rows, person_keys=[*after.person_keys, "new1", "new2", "new3"])
    with before.engine(tmp_path / "before") as engine:
        first = answer_statistics(engine, planned(before))
        carried = carried_signatures(engine, {1: planned(before)})
    with after.engine(tmp_path / "after") as engine:
        alone = answer_statistics(engine, planned(after))
        earlier = Earlier(tables={1: kept(planned(before), first)}, carried=[(frozenset({1}), carried)])
        found = answer_statistics(engine, planned(after), earlier)
    assert shown(alone)[("CA",)] == 203
    assert shown(found)[("CA",)] is None
    assert None in {shown(found)[("IL",)], shown(found)[()]}


def test_what_cannot_be_mended_is_refused(tmp_path: Path) -> None:
    """Two tables that left before and tell of three people: whatever is asked next, that must not go on unseen."""
    made = people(MADE)
    whole, narrow = planned(made), planned(made, where=(of_kind("A"),))
    nothing = frozenset[tuple[tuple[str | None, ...], ...]]()
    tables = {number: kept_as(each, few=False, hidden=nothing) for number, each in enumerate((whole, narrow), start=1)}
    with (
        made.engine(tmp_path) as engine,
        pytest.raises(DisclosureControlError, match="would follow from it and what is known"),
    ):
        answer_statistics(engine, planned(made, where=(of_kind("B"),)), Earlier(tables=tables))


def test_signatures_are_read_back_whatever_a_group_is_called(tmp_path: Path) -> None:
    odd = {("0;1:-", "3:abc-"): 12, ("", "-"): 13, ("é;", "1;-"): 14}
    made = people(odd)
    for row in made.rows["elig"]:
        if row["STATE"] == "":
            row["STATE"] = None
    with made.engine(tmp_path) as engine:
        found = signature_counts(engine, {0: planned(made), 7: planned(made, by=())}, columns={0: 1, 7: 0})
    states = {(None,): 13, ("0;1:-",): 12, ("é;",): 14}
    assert found == {frozenset({(0, values), (7, ())}): people for values, people in states.items()}


def test_a_table_with_margins_shows_each_margin_and_hides_no_less(tmp_path: Path) -> None:
    made = people({("CA", "A"): 80, ("CA", "B"): 4, ("IL", "A"): 50, ("IL", "B"): 40, ("WA", "A"): 30, ("WA", "B"): 20})
    for row, claim in zip(made.rows["elig"], made.rows["claims"], strict=True):
        claim["UNITS"] = {"CA": 1, "IL": 2, "WA": 3}[str(row["STATE"])]
    given = planned(made, by=("claims.UNITS", "claims.KIND"))
    given = replace(given, shape=shape_of(2, margins=True, within=(None, None)))
    with made.engine(tmp_path) as engine:
        found = answer_statistics(engine, given).answer
    lines = {(line.key, line.over): line.persons for line in found.lines}
    assert len(lines) == 6 + 3 + 2
    assert lines[("1", "B"), frozenset()] is None
    assert sum(people is None for people in lines.values()) == found.suppressed == 4  # a rectangle is the least
    assert lines[(None, "A"), frozenset({0})] == 160
    assert lines[("2", None), frozenset({1})] in {90, None}
    marked = [row for row in found.as_document()["rows"] if "claims.UNITS" not in row["group"]]
    assert [row["group"] for row in marked] == [{"claims.KIND": "A"}, {"claims.KIND": "B"}]
    assert b"total,A,160" in found.as_csv()


def test_a_kept_table_is_read_back_and_an_altered_one_is_not(tmp_path: Path) -> None:
    made = people(MADE)
    given = planned(made, where=(of_kind("A"),))
    with made.engine(tmp_path) as engine:
        table = kept(given, answer_statistics(engine, given))
    document = table.as_document()
    read = kept_of(document, place="tables/x.json")
    assert read.as_document() == document
    assert (read.hidden, read.plan.conditions, read.plan.by) == (table.hidden, given.conditions, read.plan.by)
    for altered in ({**document, "hidden": [["CA"]]}, {**document, "more": 1}, {"schema": "other"}):
        with pytest.raises(EvidenceError):
            kept_of(altered, place="tables/x.json")


def one_rich(root: Path, *, remember: bool) -> int:
    """Sums by state, then of kind A by state: the twelve of kind B, of whom one holds nearly all, are the difference."""
    made = people({("CA", "A"): 300, ("CA", "B"): 12, ("IL", "A"): 200, ("IL", "B"): 40})
    rich = next(row for row in made.rows["claims"] if row["KIND"] == "B")
    rich["PAID"] = "99"
    whole = planned(made, sums=("claims.PAID",))
    narrow = planned(made, where=(of_kind("A"),), sums=("claims.PAID",))
    with made.engine(root) as engine:
        first = answer_statistics(engine, whole)
        earlier = Earlier(
            tables={1: replace(kept(whole, first), sums=kept(whole, first).sums if remember else frozenset())}
        )
        second = answer_statistics(engine, narrow, earlier)
    of = [{line.key: line.sums[0] for line in each.answer.lines}[("CA",)] for each in (first, second)]
    return int(Decimal(of[0] or 0) - Decimal(of[1] or 0))


def test_two_sums_do_not_tell_what_one_person_holds(tmp_path: Path) -> None:
    assert one_rich(tmp_path / "control", remember=False) == 110  # without its history: 99 of them are one person's
    with pytest.raises(DisclosureControlError, match="an exact sum of claims"):
        one_rich(tmp_path / "held", remember=True)


def test_another_column_other_people_and_the_same_question_again_may_be_added_up(tmp_path: Path) -> None:
    made = people({("CA", "A"): 300, ("IL", "A"): 200, ("DC", "B"): 40})
    state = Condition(column="STATE", operator=Operator.EQ, values=("DC",))
    given = planned(made, where=(of_kind("A"),), sums=("claims.PAID",))
    with made.engine(tmp_path) as engine:
        first = answer_statistics(engine, given)
        earlier = Earlier(tables={1: kept(given, first)})
        again = answer_statistics(engine, given, earlier)
        assert [line.sums for line in again.answer.lines] == [line.sums for line in first.answer.lines]
        answer_statistics(engine, planned(made, sums=("claims.UNITS",)), earlier)
        answer_statistics(engine, planned(made, where=(state,), sums=("claims.PAID",)), earlier)
        with pytest.raises(DisclosureControlError):
            answer_statistics(engine, planned(made, sums=("claims.PAID",)), earlier)
