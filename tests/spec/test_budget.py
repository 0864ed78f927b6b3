"""The ledger of privacy loss: who shares it, what it refuses, and that nobody gets an answer unpaid."""

import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_schemas import faults

sys.path.insert(0, str(Path(__file__).parents[1] / "prove"))

import budget as dying

from modicum.answer.charge import Charge
from modicum.gateway.budget import check_left, in_words, population_of, spend, standing, standings
from modicum.gateway.home import Home
from modicum.gateway.populations import populations
from modicum.model.errors import BudgetSpentError, EvidenceError, InvalidInputError, NotFoundError
from modicum_verify.budget import amount, units
from modicum_verify.fold import fold

ONCE = Charge(rho=Decimal("0.05"), delta=Decimal("1e-10"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dying.made(tmp_path_factory.mktemp("first") / "home", epsilon="1").root


@pytest.fixture
def home(first: Path, tmp_path: Path) -> Home:
    return Home.open(Path(shutil.copytree(first, tmp_path / "home")))


def asked(home: Home, name: str = "world", *, charge: Charge = ONCE, question: str = "a" * 64) -> Any:
    (case,) = home.journal.docket().cases
    return spend(home, case=case, dataset=name, dataset_version="v1", question_sha256=question, charge=charge)


def test_askers_that_die_or_ask_at_once_never_get_an_answer_unpaid() -> None:
    found = dying.run(10, askers=12)
    assert found["wrong"] == []
    assert found["deaths"] >= 10
    assert found["answers"] > 0


@pytest.mark.parametrize("broken", dying.BROKEN)
def test_a_build_that_pays_late_or_too_little_is_caught(broken: str) -> None:
    assert dying.run(3, askers=0, broken=broken)["wrong"]


def test_a_total_is_set_once_and_only_spent(home: Home) -> None:
    before = standing(home)
    assert before.opened is None
    entry = asked(home)
    after = standing(home)
    assert after.opened == entry.index - 1
    assert (after.rho_spent, after.rho_left) == (ONCE.rho, before.rho_total - ONCE.rho)
    assert after.delta_spent == ONCE.delta
    with pytest.raises(EvidenceError, match="second time"):
        home.journal.record("budget", home.journal.entries()[entry.index - 1].content or {}, case=None, actor="gateway")


def test_what_is_declared_later_raises_no_total(home: Home) -> None:
    asked(home)
    total = standing(home).rho_total
    home.folder.write_new(
        "budget.toml", b'schema = "modicum.budgets/1"\n[[populations]]\nname = "persons"\nepsilon = 50\ndelta = 1e-5\n'
    )
    assert standing(home).rho_total == total


def test_the_last_question_is_refused_with_what_is_left_and_costs_nothing(home: Home) -> None:
    for _ in range(3):
        asked(home)
    left, size = standing(home), home.journal.docket().size
    with pytest.raises(BudgetSpentError, match=r"has rho 0\.0495") as refused:
        asked(home)
    assert "for all askers" in refused.value.cause
    with pytest.raises(BudgetSpentError):
        check_left(home, dataset="world", charge=ONCE)
    assert standing(home) == left
    assert home.journal.docket().size == size
    asked(home, charge=Charge(rho=left.rho_left, delta=Decimal(0)))
    assert standing(home).rho_left == 0


def test_data_registered_anew_under_any_name_refill_nothing(home: Home) -> None:
    asked(home, "world")
    asked(home, "world-again")
    assert standing(home).rho_spent == 2 * ONCE.rho
    assert [each.dataset for each in standing(home).spent] == ["world", "world-again"]


def test_a_data_set_keeps_the_population_to_which_it_was_charged(home: Home) -> None:
    asked(home, "world")
    home.folder.write_new(
        "budget.toml",
        b'schema = "modicum.budgets/1"\n[[populations]]\nname = "others"\ndatasets = ["world", "new"]\n'
        b"epsilon = 2\ndelta = 1e-9\n",
    )
    assert population_of(home, "world").name == "persons"
    assert population_of(home, "new").name == "others"
    asked(home, "new")
    assert [(each.population, len(each.spent)) for each in standings(home)] == [("others", 1), ("persons", 1)]
    content = dict(home.journal.entries()[-1].content or {}) | {"dataset": "world"}
    with pytest.raises(EvidenceError, match="another population"):
        home.journal.record("spent", content, case=None, actor="gateway")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"rho": "1"}, "more than the budget"),
        ({"delta": "0.001"}, "more than the budget"),
        ({"rho": "0"}, "nothing"),
        ({"population": "others"}, "another population"),
        ({"population": "others", "dataset": "new"}, "never opened"),
        ({"case": "2020-0001"}, "never filed"),
        ({"rho": "0.10"}, "not an amount"),
        ({"rho": "-1"}, "not an amount"),
    ],
)
def test_the_fold_refuses_a_charge_that_cannot_be(home: Home, change: dict[str, str], cause: str) -> None:
    content = dict(asked(home).content or {})
    with pytest.raises(EvidenceError, match=cause):
        home.journal.record("spent", content | change, case=None, actor="gateway")


def test_only_the_gateway_writes_the_ledger(home: Home) -> None:
    content = dict(asked(home).content or {})
    with pytest.raises(EvidenceError, match="gateway"):
        home.journal.record("spent", content, case=None, actor="cms/counsel")
    (case,) = home.journal.docket().cases
    with pytest.raises(EvidenceError, match="outside every case"):
        home.journal.record("spent", content, case=case, actor="gateway")


def test_the_ledger_of_the_home_is_that_of_any_auditor(home: Home) -> None:
    for _ in range(2):
        asked(home)
    (budget,) = fold(home.journal.entries()).budgets.values()
    assert budget == home.journal.docket().budgets["persons"]
    assert budget.rho_spent == sum(each.rho for each in budget.spendings)


@pytest.mark.parametrize("text", ["0", "1", "0.1", "0.000000000000000001", "123456.000000000000000009"])
def test_amounts_are_exact(text: str) -> None:
    assert amount(units(text)) == text


@pytest.mark.parametrize("text", ["", "1.", "01", "0.10", "1e3", ".5", "-1", "0.0000000000000000001", "NaN"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        units(text)


def test_a_declared_population_is_of_its_schema_and_read(home: Home) -> None:
    import tomllib

    page = (Path(__file__).parents[2] / "docs/reference/statistics.md").read_text("utf-8")
    text = next(each for each in page.split("```") if "modicum.budgets/1" in each).removeprefix("toml\n")
    assert not faults(tomllib.loads(text))
    home.folder.write_new("budget.toml", text.encode())
    found = populations(home)
    assert list(found) == ["beneficiaries", "persons"]
    assert found["beneficiaries"].datasets == {"medicaid", "medicaid-2026"}
    with pytest.raises(InvalidInputError, match="several"):
        standing(home)
    with pytest.raises(NotFoundError):
        standing(home, "nobody")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[populations]]",
        'schema = "modicum.budgets/1"\npopulations = 3',
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "a"\nepsilon = 0\ndelta = 1e-9',
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "a"\nepsilon = nan\ndelta = 1e-9',
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "a"\nepsilon = 1\ndelta = 0.5',
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "A b"\nepsilon = 1\ndelta = 1e-9',
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "a"\nepsilon = 1\ndelta = 1e-9\nrefill = "daily"',
        'schema = "modicum.budgets/1"\n[[populations]]\nname = "persons"\ndatasets = ["a"]\nepsilon = 1\ndelta = 1e-9',
        'schema = "modicum.budgets/1"\n' + 2 * '[[populations]]\nname = "a"\nepsilon = 1\ndelta = 1e-9\n',
    ],
)
def test_a_file_of_populations_that_is_not_one_is_refused(home: Home, text: str) -> None:
    home.folder.write_new("budget.toml", text.encode())
    with pytest.raises(InvalidInputError):
        populations(home)


def test_what_is_left_is_said_in_words(home: Home) -> None:
    asked(home)
    lines = in_words(standing(home))
    assert lines[0].startswith("population persons: 74.9 % of its budget is left")
    assert "by 1 question; nothing refills it" in lines[1]
