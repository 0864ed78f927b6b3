"""The reduced evaluation says, cell for cell, what Cedar says when asked about the whole situation.

The oracle joins whole policy sets by AND as the design has it, with every attribute given; it knows no tables.
"""

from array import array
from datetime import date
from itertools import product
from random import Random

import numpy as np
import pytest

from modicum.law.cedar import APPLIES, DISCLOSE, OBLIGE, Answer, ask, gather
from modicum.law.grid import spread
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import load_pack
from modicum.law.policy import Policy
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


def plainly(given: Circumstances, cells: list[tuple[Form, str, dict[str, str]]]) -> list[tuple[bool, set[str], set]]:
    """(permitted, ids that decided, obligations) of each cell, asked body by body with the whole situation."""
    out = [
        [True, set(), set(), set(), set()] for _ in cells
    ]  # permits, whom a law reaches, permit ids, denial ids, duties
    for body, recipient in product(PACK.bodies, sorted(set(given.audience))):
        situations = [
            {
                "action": given.action, "discloser": given.discloser, "recipient": recipient, "purpose": given.purpose,
                "named_persons": given.named_persons, "form": str(form), "data_class": data_class,
                "facts": tuple(sorted(given.facts)), **where,
            }
            for form, data_class, where in cells
        ]  # fmt: skip

        there = [p for p in body.policies if p.in_force(given.as_of)]
        counted = [p for p in there if p.confirmation is None or p.confirmation in given.facts]
        policies = {p.id: p for p in there}
        applies = asked(there, APPLIES, situations)
        answers = asked(counted, DISCLOSE, situations)
        permits = asked([p for p in counted if p.permits], DISCLOSE, situations)
        for index, answer in enumerate(answers):
            assert not answer.erred
            whole = out[index]
            if body.default is not None and not applies[index].allowed:
                continue
            whole[1] |= {recipient} if body.ground else set()
            forbids = {rule for rule in answer.reasons if policies[rule].effect == "forbid"}
            allowed = answer.allowed or (body.default is None and not forbids)
            whole[0] &= allowed
            whole[2] |= permits[index].reasons
            whole[3] |= forbids
            if body.default is not None and not permits[index].allowed:
                whole[3].add(body.default.id)
            whole[4] |= {p.obligation for p in there if p.action == OBLIGE and duties(p, situations[index])}
    everybody = set(given.audience)
    verdicts = [(ok and reached == everybody, hits, denied, duty) for ok, reached, hits, denied, duty in out]
    return [(lawful, hits if lawful else denied, duty) for lawful, hits, denied, duty in verdicts]


_SEEN: dict = {}
_SETS: dict = {}


def asked(policies: list[Policy], action: str, situations: list[dict]) -> list[Answer]:
    chosen = tuple(p for p in policies if p.action == action)
    if not chosen:
        return [Answer(allowed=False, reasons=frozenset(), erred=False)] * len(situations)
    if chosen not in _SETS:
        _SETS[chosen] = gather(p.parsed for p in chosen)
    return ask(_SETS[chosen], action, situations)


def duties(policy: Policy, situation: dict) -> bool:
    key = (policy.id, tuple(sorted((k, v) for k, v in situation.items() if k in policy.attributes)))
    if key not in _SEEN:
        _SEEN[key] = ask(gather([policy.parsed]), OBLIGE, [situation])[0].allowed
    return _SEEN[key]


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


@pytest.mark.parametrize("seed", range(20))
def test_the_tables_agree_with_cedar_on_whole_cells(seed: int) -> None:
    random = Random(seed)
    facts = frozenset(random.sample(FACTS, random.choice([0, 3, 12, len(FACTS)])))
    given = circumstances(random, facts)
    cells = cells_of(random, 120)
    judge = Judge(PACK, given)
    for cell, (permitted, decided, obligations) in zip(cells, plainly(given, cells), strict=True):
        verdict = judged(judge, cell)
        found = {each.id for each in verdict.because}
        assert (verdict.verdict is Verdict.PERMITTED) == permitted
        if permitted:
            assert found == decided
        else:
            assert decided <= found
        if verdict.verdict is Verdict.FORBIDDEN:
            assert found - decided <= {"NO-BODY"}
        else:
            assert set(verdict.obligations) == obligations


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
            known[key] = plainly(_with(given, facts), [cell])[0][0]
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


def _with(given: Circumstances, facts: frozenset[str]) -> Circumstances:
    return Circumstances(
        action=given.action, discloser=given.discloser, audience=given.audience, purpose=given.purpose,
        named_persons=given.named_persons, as_of=given.as_of, facts=facts,
    )  # fmt: skip


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
