"""A pack edited in memory differs in one policy, shares the others, and is refused where the loader would refuse it."""

from datetime import date, timedelta
from itertools import product

import pytest

from modicum.law import editing
from modicum.law.cedar import Truth, holds
from modicum.law.packs import Pack, load_pack
from modicum.law.policy import FACTS, Policy
from modicum.model.errors import InvalidInputError, NotFoundError

PACK = load_pack("us_medicaid")
TEXT = """
@id("{id}") @title("T") @cite("C") @source("S") @verified("unverified") @from("2000-01-01")
permit (principal, action == Action::"disclose", resource) when {{ {condition} }};
"""


def policies(pack: Pack) -> dict[str, Policy]:
    return {policy.id: policy for body in pack.bodies for policy in body.policies}


def test_a_policy_is_dropped_and_the_others_are_the_same_objects() -> None:
    edited = editing.replaced(PACK, "HIP-011", None)
    before, after = policies(PACK), policies(edited)
    assert set(before) - set(after) == {"HIP-011"}
    assert all(after[name] is before[name] for name in after)
    assert edited.ref.sha256 != PACK.ref.sha256
    assert "HIP-011" in policies(PACK)


def test_counsel_confirms_the_permits_that_are_there_and_no_others() -> None:
    fact = "counsel-confirms:HIP-011"
    assert fact in PACK.vocabulary.facts
    assert fact not in editing.replaced(PACK, "HIP-011", None).vocabulary.facts
    assert fact not in editing.inverted(PACK, "HIP-011").vocabulary.facts  # a forbid counts at once
    added = editing.with_policy(PACK, "hipaa", TEXT.format(id="NEW-1", condition="context.named_persons"))
    assert added.vocabulary.facts["counsel-confirms:NEW-1"] == frozenset({"counsel"})
    assert "NEW-1" in added.vocabulary.fact_titles["counsel-confirms:NEW-1"]
    assert set(added.vocabulary.facts) - set(PACK.vocabulary.facts) == {"counsel-confirms:NEW-1"}


def test_a_policy_replaces_another_in_its_place() -> None:
    other = editing.policy_of(editing.redated(PACK, "HIP-003", since=date(2030, 1, 1)), "HIP-003")
    edited = editing.replaced(PACK, "HIP-003", other)
    assert list(policies(edited)) == list(policies(PACK))
    assert policies(edited)["HIP-003"] is other


def test_days_move_and_are_written_into_the_annotations() -> None:
    ended = editing.policy_of(editing.redated(PACK, "HIP-003", until=date(2020, 1, 1)), "HIP-003")
    assert ended.in_force(date(2020, 1, 1))
    assert not ended.in_force(date(2020, 1, 2))
    assert ended.parsed.annotations["until"] == "2020-01-01"
    since = editing.policy_of(PACK, "HIP-003").since + timedelta(days=1)
    later = editing.policy_of(editing.redated(PACK, "HIP-003", since=since), "HIP-003")
    assert later.since == since
    assert later.parsed.annotations["from"] == since.isoformat()
    assert "until" not in later.parsed.annotations
    with pytest.raises(InvalidInputError):
        editing.redated(PACK, "HIP-003", until=date(1990, 1, 1))


def situations(policy: Policy) -> list[dict[str, object]]:
    """Every combination of values that a policy can tell apart, with none and with all of its facts."""
    names = sorted(policy.attributes)
    values = [list(policy.representatives.get(name, {"": False, " ": True}).values()) for name in names]
    facts = [{FACTS: ()}, {FACTS: policy.facts}] if policy.facts else [{}]
    return [{**dict(zip(names, each, strict=True)), **given} for each in product(*values) for given in facts]


@pytest.mark.parametrize("policy", [policy for body in PACK.bodies for policy in body.policies], ids=lambda p: p.id)
def test_the_opposite_condition_holds_exactly_where_the_policy_did_not(policy: Policy) -> None:
    other = editing.policy_of(editing.inverted(PACK, policy.id, how="condition"), policy.id)
    asked = situations(policy)
    opposite = {Truth.HOLDS: Truth.FAILS, Truth.FAILS: Truth.HOLDS}
    assert [opposite[each] for each in holds(policy.parsed, asked)] == holds(other.parsed, asked)


def test_several_conditions_are_negated_together() -> None:
    text = TEXT.format(id="NEW-1", condition='context.purpose == "treatment"').replace(
        ";", " unless { context.named_persons };"
    )
    policy = editing.policy_of(
        editing.inverted(editing.with_policy(PACK, "hipaa", text), "NEW-1", how="condition"), "NEW-1"
    )
    asked = [{"purpose": p, "named_persons": n} for p in ("treatment", "payment") for n in (False, True)]
    assert holds(policy.parsed, asked) == [Truth.FAILS, Truth.HOLDS, Truth.HOLDS, Truth.HOLDS]


def test_a_permit_becomes_a_forbid_and_an_order_still_permits_nothing() -> None:
    assert editing.policy_of(editing.inverted(PACK, "HIP-003"), "HIP-003").effect == "forbid"
    assert editing.policy_of(editing.inverted(PACK, "HIP-007", how="effect"), "HIP-007").effect == "permit"
    with pytest.raises(InvalidInputError, match="permits nothing"):
        editing.inverted(PACK, "CVH-001", how="effect")
    with pytest.raises(InvalidInputError, match="`permit` alone"):
        editing.inverted(PACK, "HIP-APPLIES", how="effect")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TEXT.format(id="HIP-003", condition="context.named_persons"), "HIP-003"),
        (TEXT.format(id="NEW-1", condition='context.purpose == "treetment"'), "treetment"),
        (TEXT.format(id="NEW-1", condition='context.facts.contains("nobody-knows")'), "nobody-knows"),
        (TEXT.format(id="NEW-1", condition="context.named_persons").replace('@cite("C")', ""), "@cite"),
        (TEXT.format(id="NEW-1", condition='context.named_persons == "x"'), "Bool"),
        ("permit (principal", "statutes/hipaa.cedar"),
        ("", "hipaa"),
    ],
)
def test_what_the_loader_would_refuse_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        editing.with_policy(PACK, "hipaa", text)


def test_what_is_not_there_cannot_be_edited() -> None:
    for act in (
        lambda: editing.replaced(PACK, "NONE-1", None),
        lambda: editing.inverted(PACK, "NONE-1"),
        lambda: editing.redated(PACK, "NONE-1", since=date(2020, 1, 1)),
        lambda: editing.with_policy(PACK, "atlantis", TEXT.format(id="NEW-1", condition="true")),
        lambda: editing.without_default(PACK, "house-rules", permit_id="X"),
    ):
        with pytest.raises(NotFoundError):
            act()
