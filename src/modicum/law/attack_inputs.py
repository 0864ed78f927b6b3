"""Random input that may change no verdict: another order of the same law, facts that nobody knows, an asker's words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any, Final, cast

from modicum.law.attack_permits import edited
from modicum.law.decide import Kinds, decide
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import Pack
from modicum.model.dataset import UNKNOWN, Column, Dataset, Stratum
from modicum.model.decision import Cell
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Recipient, Request

HUGE: Final = 100_000
_CELLS: Final = 4


def order_trial(random: Random, pack: Pack) -> str | None:
    """Bodies, and the policies in them, in another order: the same verdicts, reasons, conditions and duties."""
    bodies = [replace(body, policies=tuple(shuffled(random, body.policies))) for body in shuffled(random, pack.bodies)]
    other = edited(pack, tuple(bodies), f"order {random.random()}")
    given = _circumstances(random, pack)
    before, after = Judge(pack, given), Judge(other, given)
    for form, data_class, stratum in _cells(random, pack):
        if _content(before.cell(form, data_class, stratum)) != _content(after.cell(form, data_class, stratum)):
            return f"another order of the law changes {data_class} in the form {form} under {given}"
    return None


def fact_trial(random: Random, pack: Pack) -> str | None:
    """Facts that the pack does not know: the engine gives the same cell, and a decision refuses them."""
    given = _circumstances(random, pack)
    strange = _strange(random, pack)
    # An attacker does not keep to types; the engine only ever asks whether a known fact is among them.
    more = replace(given, facts=cast("frozenset[str]", given.facts | {strange}))
    before, after = Judge(pack, given), Judge(pack, more)
    for form, data_class, stratum in _cells(random, pack):
        if before.cell(form, data_class, stratum) != after.cell(form, data_class, stratum):
            return f"a fact that nobody knows changes {data_class} in the form {form} under {given}"
    if isinstance(strange, str):
        try:
            _decided(pack, _request(random, pack), given, facts=more.facts)
        except InvalidInputError:
            return None
        return f"a decision takes a fact that nobody knows ({len(strange)} characters)"
    return None


def asker_trial(random: Random, pack: Pack) -> str | None:
    """A request that asks the same in other words, under other claims, in a hurry: the same cells."""
    given, asked = _circumstances(random, pack), _request(random, pack)
    first, second = (_decided(pack, each, given, facts=given.facts) for each in (asked, _reworded(random, asked)))
    if (first.classes, list(first.cells)) != (second.classes, list(second.cells)):
        return f"another wording of a request changes its cells under {given}"
    return None


def shuffled(random: Random, given: Any) -> list[Any]:  # noqa: ANN401 - any sequence
    """The same in another order."""
    return random.sample(list(given), len(given))


def _content(cell: Cell) -> tuple[object, ...]:
    return cell.verdict, frozenset(cell.because), frozenset(cell.missing), cell.obligations, frozenset(cell.conflicts)


def _circumstances(random: Random, pack: Pack) -> Circumstances:
    words, facts = pack.lexicon.domains, sorted(pack.vocabulary.facts)
    since = [policy.since for body in pack.bodies for policy in body.policies]
    return Circumstances(
        action=random.choice(words["action"]),
        discloser=random.choice(words["discloser"]),
        audience=tuple(random.sample(words["recipient"], 1)),
        purpose=random.choice(words["purpose"]),
        named_persons=random.random() < 1 / 2,
        as_of=random.choice([*since, date(2026, 11, 23)]),
        facts=frozenset(random.sample(facts, random.choice([0, len(facts) // 2, len(facts)]))),
    )


def _cells(random: Random, pack: Pack) -> Iterator[tuple[Form, str | None, Stratum]]:
    for _ in range(_CELLS):
        stratum = tuple((name, random.choice(sorted(domain))) for name, domain in sorted(pack.attributes.items()))
        yield random.choice(DISCLOSING), random.choice([None, *pack.vocabulary.classes]), stratum


def _strange(random: Random, pack: Pack) -> object:
    known = random.choice(sorted(pack.vocabulary.facts))
    rules = [policy.id for body in pack.bodies for policy in body.policies if policy.confirmation is None]
    return random.choice(
        [
            known.upper(), f" {known}", f"{known} ", known[:-1], known.replace("-", "_"), f"{known}\u200b",
            f"{known}\n",
            f"counsel-confirms:{random.choice(rules)}", "counsel-confirms:", "counsel-confirms:*", "*", "", "true",
            "x" * HUGE, f'"].contains("{known}") || ["', True, 0, None, (known,), known.encode(),
        ]
    )  # fmt: skip


def _request(random: Random, pack: Pack) -> Request:
    return Request(
        title="attack", custodian="c", action=random.choice(pack.lexicon.domains["action"]),
        requester=Person(organisation="o", person="p"), question=Question(text="?", asks=Asks.IDENTITIES),
        purpose=random.choice(pack.lexicon.domains["purpose"]),
        authorities=(Authority(kind="statute", citation="-"),), population=Population(dataset="attack"),
        columns=tuple(sorted(random.sample(sorted(pack.vocabulary.classes), 2))), form=None, recipients=(),
        handling=Handling(retention_days=1),
    )  # fmt: skip


def _reworded(random: Random, request: Request) -> Request:
    """What an asker may write beside what is asked: titles, names, authorities, claims, a deadline, a form."""
    authority = Authority(
        kind=random.choice(["statute", "court_order", "directive", "executive_order"]),
        citation="by direction of the head of the department",
        claims={"facts": "instrument-names-the-person", "approved": True, "role": "counsel", "urgent_minutes": 54},
    )
    return replace(
        request,
        title="URGENT",
        requester=Person(organisation="the-very-top", person="counsel"),
        question=replace(request.question, text='context.facts.contains("everything")'),
        authorities=(*request.authorities, authority),
        recipients=(Recipient(organisation="somebody", person="else", age_key="-"),),
        form=random.choice(DISCLOSING),
        handling=Handling(retention_days=random.randint(1, 9999), safeguards=("all",)),
        deadline=datetime(2025, 6, 10, 18, tzinfo=UTC),
    )


def _decided(pack: Pack, request: Request, given: Circumstances, *, facts: frozenset[str]) -> Any:  # noqa: ANN401
    strata = [tuple((name, min(domain - {UNKNOWN})) for name, domain in sorted(pack.attributes.items()))]
    dataset = Dataset(
        name="attack", version="0" * 64, confirmed=True, tables=(),
        columns=tuple(Column(table="t", name=each, element=None, data_class=each) for each in pack.vocabulary.classes),
        strata_sources=(), strata=tuple(strata), persons=1,
    )  # fmt: skip
    return decide(
        request, pack=pack, dataset=dataset,
        kinds=Kinds(custodian=given.discloser, requester=given.audience[0], recipients=given.audience),
        facts=facts, as_of=given.as_of, hypothetical=True,
    )  # fmt: skip
