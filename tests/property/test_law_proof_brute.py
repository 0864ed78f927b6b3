"""The reduction is exact: on a small pack it says, for every situation of the full product, what the engine says.

The oracle puts each situation before `Judge`, one by one, and decides each guarantee by looking at all of them.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations, product
from pathlib import Path
from random import Random

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "spec"))

import small_pack
from small_pack import FIRST, small

from modicum.law.findings import Situation, in_region, situation_at
from modicum.law.groups import Combining, Reading, reading
from modicum.law.guarantees import Kind
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import Pack, load_pack
from modicum.law.proof import prove
from modicum.law.satisfying import Puzzle
from modicum.law.space import space_of
from modicum.model.decision import Cell, Verdict
from modicum.model.forms import DISCLOSING, Form

BROKEN = {
    "forbid does not beat permit": Combining(forbid_beats_permit=False),
    "unknown is the first value": Combining(unknown_is_every_value=False),
    "confirmations are ignored": Combining(confirmations_count=False),
}


def subsets(facts: list[str]) -> list[frozenset[str]]:
    return [frozenset(each) for each in chain.from_iterable(combinations(facts, n) for n in range(len(facts) + 1))]


def everything(pack: Pack) -> Iterator[tuple[Situation, Cell]]:
    """Every situation of the full product with one recipient, and the engine's verdict."""
    space = space_of([pack])
    domains = pack.lexicon.domains
    facts = subsets(sorted(pack.vocabulary.facts))
    asked = product(domains["action"], domains["discloser"], domains["recipient"], domains["purpose"], (False, True))
    for (action, discloser, recipient, purpose, named), interval, held in product(list(asked), space.intervals, facts):
        judge = Judge(
            pack,
            Circumstances(
                action=action, discloser=discloser, audience=(recipient,), purpose=purpose, named_persons=named,
                as_of=interval.day, facts=held,
            ),
        )  # fmt: skip
        request = {
            "action": action, "discloser": discloser, "recipient": recipient, "purpose": purpose, "named_persons": named,
        }  # fmt: skip
        strata = [
            dict(zip(sorted(pack.attributes), each, strict=True))
            for each in product(*(sorted(pack.attributes[n]) for n in sorted(pack.attributes)))
        ]
        for form, data_class, stratum in product(DISCLOSING, (*domains["data_class"], None), strata):
            cell = judge.cell(form, data_class, tuple(sorted(stratum.items())))
            yield (
                Situation(
                    interval=interval, request=request, form=form, data_class=data_class, stratum=stratum, facts=held
                ),
                cell,
            )


@dataclass
class Reduced:
    """What the reduction says of a situation, looked up."""

    read: Reading

    def __post_init__(self) -> None:
        self.where = {}
        for group in self.read.groups():
            for interval, rows in group.places:
                self.where.update({(interval, int(row)): group for row in rows})
        self.known = {}

    def permitted(self, each: Situation) -> bool:
        space = self.read.space
        shape = [len(axis.kinds) for axis in space.request]
        row = int(np.ravel_multi_index([kind_of(axis, each.request[axis.name]) for axis in space.request], shape))
        interval = space.intervals.index(each.interval)
        group = self.where.get((interval, row))
        if group is None:
            return False
        key = (group.facets, each.facts)
        if key not in self.known:
            self.known[key] = self.read.permitted(group.facets, self.read.under(each.facts))
        cell = {"form": str(each.form), "data_class": each.data_class, **each.stratum}
        place = [kind_of(axis, cell[axis.name]) for axis in space.cell]
        found = np.broadcast_to(self.known[key], [len(axis.kinds) for axis in space.cell])
        return bool(found[tuple(place)])


def kind_of(axis, value) -> int:
    return next(at for at, kind in enumerate(axis.kinds) if value in kind)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return small(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def whole(pack: Pack) -> list[tuple[Situation, Cell]]:
    return list(everything(pack))


def test_the_space_is_counted_as_it_is_walked(pack: Pack, whole: list) -> None:
    space = space_of([pack])
    assert len(whole) == space.situations * 2 ** len(space.facts)
    assert space.size == len(whole) * len(pack.vocabulary.kinds)


def test_every_situation_is_decided_as_the_engine_decides_it(pack: Pack, whole: list) -> None:
    reduced = Reduced(reading(pack, space_of([pack])))
    assert {cell.verdict for _, cell in whole} == set(Verdict)
    for situation, cell in whole:
        assert reduced.permitted(situation) == (cell.verdict is Verdict.PERMITTED), situation.words()


@pytest.mark.parametrize("name", BROKEN)
def test_an_engine_that_is_broken_is_caught_by_the_same_comparison(name: str, pack: Pack, whole: list) -> None:
    reduced = Reduced(reading(pack, space_of([pack]), BROKEN[name]))
    differing = [each for each, cell in whole if reduced.permitted(each) != (cell.verdict is Verdict.PERMITTED)]
    assert differing


def holds_by_walking(pack: Pack, whole: list, kind: Kind, region, obligation: str | None) -> bool:
    permitted = [(each, cell) for each, cell in whole if cell.verdict is Verdict.PERMITTED]
    if kind is Kind.NEVER:
        return not any(in_region(region, each) for each, _ in permitted)
    if kind is Kind.OBLIGES:
        return all(obligation in cell.obligations for each, cell in permitted if in_region(region, each))
    policies = {policy.id: policy for body in pack.bodies for policy in body.policies}
    for each, cell in permitted:
        if any(fact.startswith("counsel-confirms:") for fact in each.facts):
            continue
        by_body: dict[str, list[bool]] = {}
        for because in cell.because:
            policy = policies[because.id]
            by_body.setdefault(policy.body, []).append(pack.guarantees.rests_on_reading(policy))
        if not all(any(read) for read in by_body.values()):
            return False
    return True


PERMIT = '@id("EXTRA") @title("t") @cite("c") @source("{source}") @verified("{mark}") @from("2003-01-01")\npermit (principal, action == Action::"disclose", resource) when {{ {when} }};'
CHANGES = [
    "",
    PERMIT.format(source="s", mark="text-read", when='context.purpose == "hunt"'),
    PERMIT.format(source="s", mark="unverified", when='context.purpose == "hunt"'),
    PERMIT.format(source="hearsay", mark="text-read", when='context.purpose == "care"'),
    PERMIT.format(source="hearsay", mark="text-read", when='context.facts.contains("order")'),
    PERMIT.format(source="s", mark="text-read", when='context.facts.contains("objection")'),
    PERMIT.format(source="s", mark="text-read", when='!context.facts.contains("consent") && context.named_persons'),
]


@pytest.mark.parametrize("more", CHANGES)
def test_guarantees_are_decided_as_by_walking_the_whole_space(more: str, tmp_path: Path) -> None:
    pack = small(tmp_path, more=more)
    whole = list(everything(pack))
    for finding in prove(pack).findings:
        guarantee = finding.guarantee
        if guarantee.kind in {Kind.NEVER, Kind.OBLIGES, Kind.UNVERIFIED}:
            held = holds_by_walking(pack, whole, guarantee.kind, guarantee.region, guarantee.obligation)
            assert finding.proved == held, guarantee.id
            assert finding.proved == (finding.broken is None)


def test_a_purpose_called_unknown_is_a_purpose_like_any_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only parties are not enrolled; a purpose of this name is asked for and decided, so it is proved about, too."""
    words = small_pack.VOCABULARY.replace(
        "[purposes.hunt]", '[purposes.unknown]\ntitle = "?"\ndpv = "d"\n[purposes.hunt]'
    )
    monkeypatch.setattr(small_pack, "VOCABULARY", words)
    stated = small_pack.GUARANTEES.replace('context.purpose == "hunt" }', 'context.purpose == "unknown" }')
    more = PERMIT.format(source="s", mark="text-read", when='context.purpose == "unknown"')
    pack = small(tmp_path, guarantees=stated, more=more)
    broken = {each.guarantee.id: each.broken for each in prove(pack).findings if not each.proved}
    assert broken["G-HUNT"].situation.request["purpose"] == "unknown"
    reduced = Reduced(reading(pack, space_of([pack])))
    for situation, cell in everything(pack):
        if situation.request["purpose"] == "unknown":
            assert reduced.permitted(situation) == (cell.verdict is Verdict.PERMITTED), situation.words()


def test_nobody_is_permitted_nothing(pack: Pack) -> None:
    """An audience without a member: no forbid bars it, and no ground reaches anybody in it."""
    words = {
        "action": "disclose",
        "discloser": "a",
        "purpose": "care",
        "named_persons": False,
        "as_of": date(2026, 1, 1),
    }
    verdicts = {
        Judge(pack, Circumstances(audience=audience, facts=frozenset({"consent"}), **words))
        .cell(Form.STATISTICS, "sum", (("status", "y"),))
        .verdict
        for audience in ((), ("b",))
    }
    assert verdicts == {Verdict.FORBIDDEN, Verdict.PERMITTED}
    cell = Judge(pack, Circumstances(audience=(), facts=frozenset(), **words)).cell(Form.STATISTICS, "sum", ())
    assert [each.id for each in cell.because] == ["NOBODY"]


@pytest.mark.parametrize("seed", range(6))
def test_facts_are_found_as_by_trying_every_set(seed: int, tmp_path: Path) -> None:
    """Random policies over three facts: `solved` marks a cell exactly if some set of facts permits it."""
    random = Random(seed)
    extra = []
    for number in range(4):
        atoms = [f'context.facts.contains("{fact}")' for fact in ("order", "consent", "objection")]
        tests = [*atoms, 'context.status == "x"', 'context.form == "match"', 'context.recipient == "b"']
        chosen = [("!" if random.random() < 0.5 else "") + f"({each})" for each in random.sample(tests, 3)]
        text = f"{chosen[0]} {random.choice(['&&', '||'])} ({chosen[1]} {random.choice(['&&', '||'])} {chosen[2]})"
        effect = random.choice(["permit", "forbid"])
        extra.append(
            (
                f"R{number}",
                "text-read",
                "2002-01-01",
                "",
                f'{effect} (principal, action == Action::"disclose", resource) when {{ {text} }};',
            )
        )
    pack = small(tmp_path, first=[*FIRST, *extra])
    read = reading(pack, space_of([pack]))
    facts = subsets(sorted(pack.vocabulary.facts))
    for group in read.groups():
        solved = Puzzle(read, group.facets).solved()
        tried = [read.permitted(group.facets, read.under(each)) for each in facts]
        assert (solved == np.logical_or.reduce(np.broadcast_arrays(*tried))).all()


@pytest.mark.parametrize("seed", range(3))
def test_an_audience_is_permitted_exactly_where_each_member_is(seed: int) -> None:
    pack, random = load_pack("us_medicaid"), Random(seed)
    kinds = sorted(set(pack.vocabulary.kinds) - {"unknown"})
    facts = frozenset(pack.vocabulary.facts)
    for _ in range(25):
        parts = {
            "action": "disclose", "discloser": random.choice(kinds), "purpose": random.choice(sorted(pack.vocabulary.purposes)),
            "named_persons": random.random() < 0.5, "as_of": date(random.choice([2010, 2020, 2026]), 11, 23),
            "facts": facts if random.random() < 0.7 else frozenset(random.sample(sorted(facts), 12)),
        }  # fmt: skip
        audience = tuple(random.sample(kinds, 2))
        together = Judge(pack, Circumstances(audience=audience, **parts))
        alone = [Judge(pack, Circumstances(audience=(each,), **parts)) for each in audience]
        for _ in range(12):
            cell = (
                random.choice(DISCLOSING),
                random.choice(sorted(pack.vocabulary.classes)),
                tuple(sorted((name, random.choice(sorted(domain))) for name, domain in pack.attributes.items())),
            )
            each_alone = all(judge.cell(*cell).verdict is Verdict.PERMITTED for judge in alone)
            assert (together.cell(*cell).verdict is Verdict.PERMITTED) == each_alone


@pytest.mark.parametrize("seed", range(4))
def test_the_shipped_pack_is_decided_as_the_engine_decides_it(seed: int) -> None:
    """Random requests, cells and facts, half of them where the reduction permits something."""
    pack, random = load_pack("us_medicaid"), Random(seed)
    read = reading(pack, space_of([pack]))
    groups = read.groups()
    permitted = 0
    for number in range(120):
        group = random.choice(groups)
        interval, rows = random.choice(group.places)
        facts = frozenset(pack.vocabulary.facts)
        facts = facts if number % 3 else frozenset(random.sample(sorted(facts), len(facts) // 2))
        found = np.broadcast_to(
            read.permitted(group.facets, read.under(facts)), [len(axis.kinds) for axis in read.space.cell]
        )
        places = np.argwhere(found) if number % 2 and found.any() else np.argwhere(np.ones_like(found))
        where = tuple(int(each) for each in places[random.randrange(len(places))])
        situation = situation_at(read, interval=interval, row=int(random.choice(rows)), where=where, facts=facts)
        assert bool(found[where]) == (situation.judged(pack).verdict is Verdict.PERMITTED), situation.words()
        permitted += bool(found[where])
    assert permitted > 10
