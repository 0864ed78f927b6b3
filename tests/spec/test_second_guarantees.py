"""The second pack keeps its guarantees over its whole space; each has a mutation of the pack that breaks it."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest
from ehds_world import PACK

from modicum.law.attack import attack
from modicum.law.editing import policy_of, replaced, with_policy
from modicum.law.packs import Pack
from modicum.law.proof import prove
from modicum.model.decision import Verdict

MARKS = '@title("t") @cite("c") @source("s") @verified("text-read") @from("2029-03-26")'


def without(*ids: str, pack: Pack = PACK) -> Pack:
    for each in ids:
        pack = replaced(pack, each, None)
    return pack


def allowing(body: str, condition: str, *, pack: Pack = PACK) -> Pack:
    """The pack with one permit more in a body."""
    text = f'@id("EXTRA") {MARKS} permit (principal, action == Action::"disclose", resource) when {{ {condition} }};'
    return with_policy(pack, body, text)


def inflated() -> Pack:
    """A mark raised to text-read, though nobody has read the text."""
    return replaced(
        PACK, "GDPR-009-2H", replace(policy_of(PACK, "GDPR-009-2H"), verified="text-read", source="general knowledge")
    )


def attested_by_askers() -> Pack:
    facts = {**PACK.vocabulary.facts, "data-permit-issued": frozenset({"counsel", "requester"})}
    return replace(PACK, vocabulary=replace(PACK.vocabulary, facts=MappingProxyType(facts)))


def counted_by_askers() -> Pack:
    seen = PACK.exact_counts_seen_by | {"requester"}
    return replace(PACK, guarantees=replace(PACK.guarantees, exact_counts_seen_by=seen))


MUTATIONS: dict[str, Callable[[], Pack]] = {
    "G-PROHIBITED": lambda: allowing("ehds-purposes", 'context.purpose == "advertising"', pack=without("EHDS-054-C")),
    "G-JUSTICE": lambda: without("EHDS-RECITAL-063"),
    "G-FORMAT": lambda: allowing("ehds-access", 'context.form == "identified"', pack=without("EHDS-066-FORMAT")),
    "G-ENVIRONMENT": lambda: allowing("ehds-environment", 'context.form == "pseudonymised"'),
    "G-PERMIT": lambda: allowing("ehds-access", 'context.facts.contains("data-permit-issued")'),
    "G-OPT-OUT": lambda: without("EHDS-071-1"),
    "G-HOLDER": lambda: without("EHDS-072"),
    "G-KEY": lambda: without("EHDS-066-3-KEY"),
    "G-NAMES": lambda: without("HOUSE-002"),
    "G-ETHICS": lambda: without("EHDS-054-E"),
    "G-UNKNOWN": lambda: allowing("ehds-opt-out", 'context.opt_out != "no"'),
    "G-UNVERIFIED": inflated,
    "G-ASKER": attested_by_askers,
    "G-REIDENTIFICATION": lambda: without("EHDS-061-3"),
    "G-SMALL-CELLS": lambda: without("HOUSE-003"),
    "G-COUNTS": counted_by_askers,
}


def test_every_guarantee_is_proved() -> None:
    proof = prove(PACK)
    assert [each.guarantee.id for each in proof.findings if not each.proved] == []
    assert proof.situations > 10**15
    assert set(MUTATIONS) == {each.id for each in PACK.guarantees.stated}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_pack_that_breaks_a_guarantee_is_caught(name: str) -> None:
    pack = MUTATIONS[name]()
    chosen = tuple(each for each in pack.guarantees.stated if each.id == name)
    (finding,) = prove(replace(pack, guarantees=replace(pack.guarantees, stated=chosen))).findings
    assert finding.broken is not None
    if finding.broken.situation is not None:
        assert finding.broken.situation.judged(pack).verdict is Verdict.PERMITTED


def test_no_addition_opens_what_is_closed() -> None:
    tried = attack(PACK, trials=600, seed=3)
    assert tried.opened == ()
    assert tried.control_caught > 0
