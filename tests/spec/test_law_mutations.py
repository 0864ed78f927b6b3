"""The mutation run: which mutants there are, that none is spared by a short cut, and that those left out are no mutants."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from shutil import copytree

import pytest
from jsonschema import Draft202012Validator

from modicum.cli import run
from modicum.gateway.vector_runs import VectorsRun, mutate
from modicum.law import editing, mutation
from modicum.law.coverage import coverage
from modicum.law.decisions import Outcome, judged, read_decisions, run_decisions
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import load_pack
from modicum.law.vectors import read_vectors
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "small_pack"
PACK = load_pack(SMALL)
VECTORS = read_decisions(read_vectors(SMALL / "vectors" / "decisions.yaml"), PACK)
DAY = timedelta(days=1)

KINDS = {
    "LIB-000": {"drop", "condition", "begins-later", "begins-earlier", "ends-at-once"},
    "LIB-002": {"drop", "condition", "effect", "begins-later", "begins-earlier", "ends-earlier", "ends-later"},
    "LIB-003": {"drop", "condition", "effect", "exceptions", "begins-later", "begins-earlier", "ends-at-once"},
    "LIB-005": {"drop", "condition", "effect", "begins-later", "ends-at-once"},  # the day before, the Act binds nobody
    "LIB-006": {"drop", "condition", "begins-later", "ends-at-once"},  # the day before, no research is permitted
    "LIB-007": {"drop", "condition", "ends-at-once"},  # from 2001, and no rule of the house before 2005
    "HOUSE-1": {"drop", "condition", "begins-later", "begins-earlier", "ends-at-once"},
    "LIB-001": {"drop"},
}


def test_the_mutants_of_every_kind_of_rule() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for mutant in mutation.mutants(PACK):
        assert mutant.kind not in found[mutant.rule]
        found[mutant.rule].add(mutant.kind)
    assert found == KINDS


def test_every_mutant_is_killed_and_by_nobody_s_short_cut() -> None:
    """The fate of each mutant against a run that skips nothing and stops nowhere."""
    assert all(result.agrees for result in run_decisions(PACK, VECTORS))
    report = mutation.run_mutations(PACK, VECTORS, ())
    assert report.survivors == ()
    assert report.rules == len(KINDS)
    for mutant, fate in zip(mutation.mutants(PACK), report.fates, strict=True):
        told = {v.id for v in VECTORS if _seen(judged(mutant.pack, v)) != v.expected}
        assert fate.killer in told, (mutant.rule, mutant.kind)


def _seen(outcome: Outcome) -> Outcome:
    return replace(outcome, because=outcome.because - {mutation.EVERYTHING})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_fewer_vectors_never_kill_more(vector: object) -> None:
    before = mutation.run_mutations(PACK, VECTORS, ())
    after = mutation.run_mutations(PACK, [each for each in VECTORS if each is not vector], ())
    alive = [fate for fate, old in zip(after.fates, before.fates, strict=True) if fate.killer is None]
    assert all(old.killer == vector.id for new, old in zip(after.fates, before.fates, strict=True) if new in alive)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("vector", "survivor"),
    [
        ("RESEARCH-FIRST-DAY", ("LIB-002", "begins-later")),
        ("RESEARCH-BEFORE", ("LIB-002", "begins-earlier")),
        ("RESEARCH-LAST-DAY", ("LIB-002", "ends-earlier")),
        ("RESEARCH-AFTER", ("LIB-002", "ends-later")),
        ("CHILD-BEFORE", ("LIB-003", "begins-earlier")),
        ("LOANS-BEFORE", ("HOUSE-1", "begins-earlier")),
    ],
)
def test_without_the_vector_of_a_day_its_mutant_survives(vector: str, survivor: tuple[str, str]) -> None:
    report = mutation.run_mutations(PACK, [each for each in VECTORS if each.id != vector], ())
    assert survivor in {(fate.rule, fate.kind) for fate in report.survivors}


LEFT_OUT = [
    ("LIB-005", "begins-earlier"),
    ("LIB-006", "begins-earlier"),
    ("LIB-007", "begins-later"),
    ("LIB-007", "begins-earlier"),
]


def test_what_is_left_out_is_listed() -> None:
    assert list(mutation.left_out(PACK)) == LEFT_OUT
    assert mutation.run_mutations(PACK, VECTORS, ()).equal == tuple(LEFT_OUT)


@pytest.mark.parametrize(("rule", "kind"), LEFT_OUT)
def test_what_is_left_out_is_the_right_pack_in_every_cell_of_that_day(rule: str, kind: str) -> None:
    since = editing.policy_of(PACK, rule).since
    day = since - DAY if kind == "begins-earlier" else since
    moved = editing.redated(PACK, rule, since=since - DAY if kind == "begins-earlier" else since + DAY)
    cells = 0
    for discloser, recipient, purpose, fact in product(
        PACK.vocabulary.kinds, PACK.vocabulary.kinds, PACK.vocabulary.purposes, (False, True)
    ):
        given = Circumstances(
            action="disclose", discloser=discloser, audience=(recipient,), purpose=purpose, named_persons=False,
            as_of=day, facts=frozenset({"board-agreed"} if fact else ()),
        )  # fmt: skip
        right, wrong = Judge(PACK, given), Judge(moved, given)
        for form, data_class, age in product(DISCLOSING, (*PACK.vocabulary.classes, None), PACK.attributes["age"]):
            cells += 1
            assert right.cell(form, data_class, (("age", age),)) == wrong.cell(form, data_class, (("age", age),))
    assert cells == 5 * 5 * 3 * 2 * len(DISCLOSING) * 3 * 3


def test_every_rule_of_the_small_pack_is_covered_and_a_lack_is_named() -> None:
    whole = coverage(PACK, VECTORS)
    assert whole.covered == len(whole.rules) == 13
    assert "LIB-004" in whole.rules  # it stands inside another
    assert "EVALUATION-ERROR" not in whole.rules
    lacking = coverage(PACK, [each for each in VECTORS if each.rule != "LIB-007" or each.shows])
    assert lacking.never_nearly == ("LIB-007",)
    assert lacking.never_shown == ()


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    capsys.readouterr()
    code = int(run(["law", "vectors", "--pack", *words, "--json"]))
    document = json.loads(capsys.readouterr().out)
    name = document["schema"].removeprefix("modicum.").split("/")[0]
    schema = json.loads((ROOT / "docs" / "reference" / "schemas" / f"{name}.json").read_text())
    assert not list(Draft202012Validator(schema).iter_errors(document))
    return code, document


def test_the_command_prints_the_share_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["law", "vectors", "--pack", str(SMALL), "--mutations"]) == 0
    assert "37 mutants of 8 rules: 37 killed (100 %)" in capsys.readouterr().out
    assert _json(capsys, str(SMALL), "--mutations")[0] == 0
    code, document = _json(capsys, str(SMALL))
    assert code == 0
    assert document["vectors"] == len(VECTORS)


def test_a_survivor_is_printed_and_ends_with_5(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copytree(SMALL, tmp_path / "pack")
    path = folder / "vectors" / "decisions.yaml"
    path.write_text(path.read_text().replace("'2020-06-30'", "'2020-06-29'"))
    assert run(["law", "vectors", "--pack", str(folder), "--mutations"]) == 5
    assert "LIB-002: ends-earlier: no vector notices" in capsys.readouterr().out
    code, document = _json(capsys, str(folder), "--mutations")
    assert (code, document["mutants"], document["killed"]) == (5, 37, 36)


@pytest.mark.parametrize("more", [(), ("--mutations",)])
def test_a_vector_that_differs_is_printed_field_by_field(
    more: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copytree(SMALL, tmp_path / "pack")
    path = folder / "vectors" / "decisions.yaml"
    path.write_text(path.read_text().replace("obligations: [delete-after-use]", "obligations: []", 1))
    assert run(["law", "vectors", "--pack", str(folder), *more]) == 5
    told = capsys.readouterr().out
    assert "RESEARCH-FIRST-DAY: obligations: expected [], the pack says ['delete-after-use']" in told
    assert "killed" not in told
    assert run(["law", "vectors", str(path), "--pack", str(folder)]) == 5
    assert _json(capsys, str(folder))[0] == 5


def test_nothing_is_mutated_under_vectors_that_differ(tmp_path: Path) -> None:
    folder = copytree(SMALL, tmp_path / "pack")
    path = folder / "vectors" / "decisions.yaml"
    path.write_text(path.read_text().replace("verdict: permitted", "verdict: forbidden", 1))
    run = mutate(str(folder))
    assert isinstance(run, VectorsRun)
    assert run.differing == 1
    path.unlink()
    with pytest.raises(InvalidInputError, match="no vectors"):
        mutate(str(folder))


def test_mutations_run_on_all_vectors_or_not_at_all() -> None:
    file = str(SMALL / "vectors" / "decisions.yaml")
    assert run(["law", "vectors", file, "--pack", str(SMALL), "--mutations"]) == 2


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("rule: LIB-002\n  shows: true", "rule: LIB-006\n  shows: false", "shows"),
        ("rule: LIB-000\n  shows: false", "rule: LIB-000\n  shows: true", "shows"),
        ("rule: LIB-004\n  shows: true", "rule: LIB-004\n  shows: false", "shows"),
        ("because: [LIB-001]", "because: [LIB-001, LIB-002]", "because"),
        ("missing: [[board-agreed]]", "missing: [[]]", "missing"),
        ("conflicts: [[LIB-007, HOUSE-1]]", "conflicts: []", "conflicts"),
    ],
)
def test_each_field_is_compared_exactly_and_shows_is_checked(old: str, new: str, field: str, tmp_path: Path) -> None:
    text = (SMALL / "vectors" / "decisions.yaml").read_text()
    assert old in text
    path = tmp_path / "v.yaml"
    path.write_text(text.replace(old, new, 1))
    wrong = [each for each in run_decisions(PACK, read_decisions(read_vectors(path), PACK)) if not each.agrees]
    assert [each.differing for each in wrong] == [(field,)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version: 1", "version: 2", "version"),
        ("version: 1", "version: 1\nmore: 2", "version"),
        ("- id: ACT-BEFORE", "- id: ACT-FIRST-DAY", "ACT-FIRST-DAY"),
        ("  rule: LIB-000\n", "", "rule"),
        ("rule: LIB-000", "rule: LIB-999", "the rule `LIB-999`"),
        ("shows: true", "shows: perhaps", "shows"),
        ("custodian: library", "custodian: librarian", "the kind `librarian`"),
        ("audience: [researcher]", "audience: []", "audience"),
        ("audience: [researcher]", "audience: [researcher, nobody]", "the kind `nobody`"),
        ("purpose: research", "purpose: reseach", "the purpose `reseach`"),
        ("form: pseudonymised", "form: refusal", "refusal"),
        ("form: pseudonymised", "form: photograph", "form"),
        ("class: loans", "class: loan", "the class `loan`"),
        ("stratum: {age: adult}", "stratum: {age: old}", "`old` as age"),
        ("stratum: {age: adult}", "stratum: {aged: adult}", "the attribute `aged`"),
        ("facts: [board-agreed]", "facts: [board-agred]", "the fact `board-agred`"),
        ("date: '2000-01-01'", "date: '2000-13-01'", "date"),
        ("verdict: forbidden", "verdict: forbade", "verdict"),
        ("because: [LIB-001]", "because: []", "because"),
        ("  verdict: forbidden", "  verdikt: forbidden\n  verdict: forbidden", "verdikt"),
        ("  verdict: forbidden", "  verdict: permitted\n  verdict: forbidden", "verdict stands twice .* line 3"),
    ],
)
def test_a_vector_with_a_word_that_nobody_knows_is_refused_by_its_id(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    text = (SMALL / "vectors" / "decisions.yaml").read_text()
    assert old in text
    path = tmp_path / "v.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidInputError, match=told):
        read_decisions(read_vectors(path), PACK)


def test_an_act_that_is_not_dated_can_be_moved_to_no_day_before_the_calendar() -> None:
    first = editing.redated(PACK, "HOUSE-1", since=date.min, until=date.max)
    kinds = {mutant.kind for mutant in mutation.mutants(first) if mutant.rule == "HOUSE-1"}
    assert kinds == {"drop", "condition", "begins-later", "ends-earlier"}
