"""Plain words mean what Cedar decides: the clauses of every shipped policy, and of made-up ones, are held against it."""

import json
import sys
from pathlib import Path

import cedarpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "spec"))
import law_world as world

from modicum.law.cedar import Parsed, Truth, holds
from modicum.law.explain import domains_of
from modicum.law.packs import Pack, load_pack, shipped_packs
from modicum.law.plain import AllOf, AnyOf, Check, Clause, clause, condition, said
from modicum.law.reading import words_of

PACKS = [load_pack(name) for name in shipped_packs()]
WORDS = words_of(world.PACK, {})


def means(given_: Clause, situation: dict[str, object]) -> bool:
    """What a clause says, read word by word; it shares nothing with Cedar."""
    match given_:
        case AllOf(parts=parts):
            return all(means(part, situation) for part in parts)
        case AnyOf(parts=parts):
            return any(means(part, situation) for part in parts)
        case Check(attribute=name, how=how, values=values, negated=negated):
            found = situation[name]
            held = {
                "is": lambda: found in values,
                "begins": lambda: str(found).startswith(values),
                "attested": lambda: values[0] in found,
                "true": lambda: found is True,
            }[how]()
            return held != negated
    raise AssertionError(given_)


def situations(pack: Pack) -> st.SearchStrategy[dict[str, object]]:
    domains = {name: st.sampled_from(list(values)) for name, values in domains_of(pack).items()}
    facts = st.frozensets(st.sampled_from(sorted(pack.vocabulary.facts)), max_size=8).map(lambda f: tuple(sorted(f)))
    return st.fixed_dictionaries({**domains, "named_persons": st.booleans(), "facts": facts})


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.ref.name)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_shipped_policy_reads_as_it_decides(pack: Pack, data: st.DataObject) -> None:
    situation = data.draw(situations(pack))
    for policy in (policy for body in pack.bodies for policy in body.policies):
        when, unless = condition(policy)
        truth = holds(policy.parsed, [situation])[0]
        assert truth is not Truth.ERROR
        assert (means(when, situation) and not means(unless, situation)) == (truth is Truth.HOLDS), policy.id


atoms = st.sampled_from(
    [
        'context.purpose == "research"', '"research" == context.purpose', 'context.purpose != "research"',
        'context.purpose like "law_enforcement*"', '["ice", "dhs"].contains(context.recipient)',
        'context.facts.contains("dua-in-force")', 'context.facts.containsAll(["dua-in-force", "irb-waiver"])',
        'context.facts.containsAny(["dua-in-force", "irb-waiver"])', "context.named_persons", "true", "false",
    ]
)  # fmt: skip
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        inner.map(lambda e: f"!({e})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) && ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) || ({p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"(if {p[0]} then {p[1]} else {p[2]})"),
    ),
    max_leaves=8,
)


def parsed(expression: str) -> Parsed:
    text = f'@id("x") permit (principal, action == Action::"disclose", resource) when {{ {expression} }};'
    (document,) = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values()
    return Parsed(annotations={"id": "x"}, effect="permit", document=document)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions, situations(world.PACK))
def test_any_expression_reads_as_it_decides(expression: str, situation: dict[str, object]) -> None:
    policy = parsed(expression)
    read = clause(policy.document["conditions"][0]["body"])
    assert means(read, situation) == (holds(policy, [situation])[0] is Truth.HOLDS)
    words = said(read, WORDS)
    assert words
    assert words.count("(") == words.count(")")


def test_what_no_rule_knows_is_shown_as_it_stands() -> None:
    read = clause(parsed('context.facts == ["a"]').document["conditions"][0]["body"])
    assert isinstance(read, Check)
    assert read.how == "cedar"
    assert '"Set"' in said(read, WORDS)
