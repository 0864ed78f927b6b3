"""On the shipped pack the reduced evaluation says, cell for cell, what Cedar says when asked about the whole situation.

The oracle is `law_oracle`, as for random packs; here it hears each cell under the facts given alone, since a pack of so
many facts has too many sets of them.
"""

import sys
from array import array
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from law_oracle import Asked, conflicts, denied, duties, grounds, hear, permitted, refused

from modicum.law.grid import spread
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import load_pack
from modicum.model.decision import Cell, Verdict
from modicum.model.forms import DISCLOSING, Form

PACK = load_pack("us_medicaid")
FACTS = sorted(PACK.vocabulary.facts)
CLASSES = sorted(PACK.vocabulary.classes)
KNOWN = {name: sorted(domain - {"unknown"}) for name, domain in PACK.attributes.items()}
KINDS = sorted(set(PACK.vocabulary.kinds) - {"unknown"})
RECEIVERS = [
    "cms",
    "contractor",
    "court",
    "dhs",
    "hhs_oig",
    "ice",
    "law_enforcement",
    "state_medicaid_agency",
    "uscis_save",
]
ENFORCEMENT = [p for p in PACK.vocabulary.purposes if p.startswith(("immigration", "law_enforcement"))]


def circumstances(random: Random, facts: frozenset[str]) -> Circumstances:
    return Circumstances(
        action=random.choice(sorted(PACK.vocabulary.actions)),
        discloser=random.choice([*KINDS, "cms", "cms", "state_medicaid_agency", "state_medicaid_agency"]),
        audience=tuple(
            random.choices([*KINDS, "hhs_oig", "researcher", "contractor", "ice"], k=random.choice([1, 1, 2]))
        ),
        purpose=random.choice(sorted(PACK.vocabulary.purposes)),
        named_persons=random.random() < 0.4,
        as_of=random.choice(
            [
                date(2001, 1, 1),
                date(2025, 6, 10),
                date(2025, 8, 13),
                date(2026, 1, 2),
                date(2026, 1, 7),
                date(2026, 11, 23),
            ]
        ),
        facts=facts,
    )


def cells_of(random: Random, many: int) -> list[tuple[Form, str, dict[str, str]]]:
    return [
        (random.choice(DISCLOSING), random.choice(CLASSES), {n: random.choice(d) for n, d in KNOWN.items()})
        for _ in range(many)
    ]


def judged(judge: Judge, cell: tuple[Form, str, dict[str, str]]) -> Cell:
    return judge.cell(cell[0], cell[1], tuple(sorted(cell[2].items())))


def bare(cell: Cell) -> set[str]:
    return {each.id for each in cell.because if not each.id.startswith(f"{PACK.defaults.unknown.id}:")}


@pytest.mark.parametrize("seed", range(20))
def test_the_tables_agree_with_cedar_on_whole_cells(seed: int) -> None:
    random = Random(seed)
    facts = frozenset(random.sample(FACTS, random.choice([0, 3, 12, len(FACTS)])))
    given = circumstances(random, facts)
    cells = [Asked(form, each, where, facts) for form, each, where in cells_of(random, 120)]
    judge = Judge(PACK, given)
    for cell, heard in zip(cells, hear(PACK, given, cells), strict=True):
        verdict = judged(judge, (cell.form, cell.data_class, cell.stratum))
        refusals = refused(PACK, given, cell, heard)
        assert not any(each.erred for each in heard)
        assert {(each.statute.id, each.policy.id) for each in verdict.conflicts} == set(conflicts(heard))
        if not refusals and permitted(heard):
            assert verdict.verdict is Verdict.PERMITTED
            assert bare(verdict) == grounds(heard)
        elif verdict.verdict is Verdict.FORBIDDEN:
            assert bare(verdict) == refusals | denied(heard)
        else:
            assert verdict.verdict is Verdict.CONDITIONAL
            assert refusals | denied(heard) <= bare(verdict)
        if verdict.verdict is not Verdict.FORBIDDEN:
            assert set(verdict.obligations) == duties(PACK, heard)


@pytest.mark.parametrize("seed", range(6))
def test_missing_sets_are_sufficient_minimal_and_complete(seed: int) -> None:
    random = Random(1000 + seed)
    given = circumstances(random, frozenset())
    purpose = random.choice(
        ["health_oversight", "research", "plan_administration.provide_services", "law_enforcement.process"]
    )
    given = Circumstances(
        action="disclose", discloser=random.choice(["cms", "state_medicaid_agency"]), audience=given.audience[:1],
        purpose=purpose, named_persons=given.named_persons, as_of=date(2026, 11, 23), facts=frozenset(),
    )  # fmt: skip
    judge = Judge(PACK, given)

    def permits(cell: tuple, facts: frozenset[str]) -> bool:
        key = (cell[0], cell[1], tuple(cell[2].items()), facts)
        if key not in known:
            asked = Asked(*cell, facts)
            heard = hear(PACK, given, [asked])[0]
            known[key] = not refused(PACK, given, asked, heard) and permitted(heard)
        return known[key]

    known: dict = {}
    for cell in cells_of(random, 8):
        verdict = judged(judge, cell)
        everything = frozenset(FACTS)
        assert permits(cell, everything) == (verdict.verdict is not Verdict.FORBIDDEN)
        for missing in verdict.missing[:3]:
            assert permits(cell, frozenset(missing))
            assert not any(permits(cell, frozenset(missing) - {fact}) for fact in missing)
        if verdict.missing:  # complete: a random descent from all facts ends in one of the sets
            left = everything
            for fact in random.sample(FACTS, len(FACTS)):
                left = left - {fact} if permits(cell, left - {fact}) else left
            assert tuple(sorted(left)) in verdict.missing


@pytest.mark.parametrize("seed", range(6))
def test_unknown_permits_only_what_every_value_permits(seed: int) -> None:
    random = Random(2000 + seed)
    judge = Judge(PACK, circumstances(random, frozenset(FACTS) if seed % 2 else frozenset(random.sample(FACTS, 12))))
    for form, data_class, where in cells_of(random, 60):
        name = random.choice(sorted(KNOWN))
        dark = judged(judge, (form, data_class, {**where, name: "unknown"}))
        if dark.verdict is Verdict.PERMITTED:
            for value in KNOWN[name]:
                assert judged(judge, (form, data_class, {**where, name: value})).verdict is Verdict.PERMITTED


@pytest.mark.parametrize(("custodian", "purpose"), list(product(["cms", "hhs", "state_medicaid_agency"], ENFORCEMENT)))
def test_no_population_is_ever_disclosed_for_enforcement(custodian: str, purpose: str) -> None:
    """Each class, form of records and distinguishable stratum, before any order, with every fact attested."""
    strata = [tuple(sorted(zip(KNOWN, each, strict=True))) for each in product(*KNOWN.values())]
    for recipient, day in product(RECEIVERS, (date(2025, 6, 10),)):
        judge = Judge(
            PACK,
            Circumstances(
                action="disclose", discloser=custodian, audience=(recipient,), purpose=purpose, named_persons=False,
                as_of=day, facts=frozenset(FACTS),
            ),
        )  # fmt: skip
        classes, cells = spread(judge, CLASSES, strata)
        records = [place for place, form in enumerate(DISCLOSING) if form is not Form.STATISTICS]
        found = np.array(cells).reshape(-1, len(DISCLOSING))[:, records]
        assert {classes[number].verdict for number in np.unique(found)} == {Verdict.FORBIDDEN}


@pytest.mark.parametrize("seed", range(8))
def test_all_cells_at_once_are_the_cells_one_by_one(seed: int) -> None:
    random = Random(3000 + seed)
    judge = Judge(PACK, circumstances(random, frozenset(random.sample(FACTS, random.choice([0, 5, len(FACTS)])))))
    columns = random.choices([*CLASSES, None, "of-no-vocabulary"], k=12)
    strata = [
        tuple(sorted((n, random.choice([*d, "unknown", "outside"])) for n, d in KNOWN.items() if random.random() < 0.9))
        for _ in range(40)
    ]
    classes, cells = spread(judge, columns, strata)
    expected = [judge.cell(form, column, where) for where in strata for column in columns for form in DISCLOSING]
    assert [classes[number] for number in cells] == expected
    assert classes == tuple(dict.fromkeys(expected))


def test_a_matrix_without_columns_or_strata_is_empty() -> None:
    judge = Judge(PACK, circumstances(Random(1), frozenset()))
    assert spread(judge, [], [()]) == spread(judge, ["name"], []) == ((), array("I"))
