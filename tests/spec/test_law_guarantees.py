"""The shipped pack keeps its guarantees; each has a mutation of the pack that breaks it and is caught by a situation."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from small_pack import GUARANTEES, small

from modicum.law.editing import policy_of, replaced, with_policy
from modicum.law.guarantees import Kind
from modicum.law.packs import Pack, load_pack
from modicum.law.proof import prove
from modicum.model.decision import Verdict
from modicum.model.errors import InvalidInputError

PACK = load_pack("us_medicaid")
EXTRA = (
    '@id("EXTRA") @title("t") @cite("c") @source("s") @verified("text-read") @from("2003-04-14")\n'
    'permit (principal, action == Action::"disclose", resource) when { context.immigration != "us_citizen" };'
)


def without(*ids: str) -> Pack:
    pack = PACK
    for each in ids:
        pack = replaced(pack, each, None)
    return pack


def inflated() -> Pack:
    """A mark raised to text-read, though nobody has read the text."""
    return replaced(PACK, "HIP-003", replace(policy_of(PACK, "HIP-003"), verified="text-read"))


def attested_by_askers() -> Pack:
    facts = {**PACK.vocabulary.facts, "oversight-authorised-by-law": frozenset({"counsel", "requester"})}
    return replace(PACK, vocabulary=replace(PACK.vocabulary, facts=MappingProxyType(facts)))


def counted_by_askers() -> Pack:
    seen = PACK.exact_counts_seen_by | {"requester"}
    return replace(PACK, guarantees=replace(PACK.guarantees, exact_counts_seen_by=seen))


def looking_at_less() -> Pack:
    looks = PACK.guarantees.looks_at - {"part2"}
    return replace(PACK, guarantees=replace(PACK.guarantees, looks_at=looks))


MUTATIONS: dict[str, Callable[[], Pack]] = {
    "G-POPULATION": lambda: without("HOUSE-007"),
    "G-CLINICAL": lambda: without("HOUSE-008"),
    "G-CLINICAL-PROCESS": lambda: without("HOUSE-008"),
    "G-PART2": lambda: without("HOUSE-009"),
    "G-IDENTIFIED": lambda: without("HOUSE-010"),
    "G-UNKNOWN": lambda: with_policy(PACK, "hipaa", EXTRA),
    "G-UNVERIFIED": inflated,
    "G-ASKER": attested_by_askers,
    "G-SMALL-CELLS": lambda: without("REL-001", "HOUSE-011"),
    "G-COUNTS": counted_by_askers,
}


def test_every_guarantee_of_the_shipped_pack_is_proved() -> None:
    proof = prove(PACK)
    assert [each.guarantee.id for each in proof.findings if not each.proved] == []
    assert {each.guarantee.kind for each in proof.findings} == set(Kind)
    assert proof.situations > 10**23
    assert proof.classes < 10**8


def test_every_guarantee_has_a_mutation() -> None:
    assert set(MUTATIONS) == {each.id for each in PACK.guarantees.stated}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_pack_that_breaks_a_guarantee_is_caught(name: str) -> None:
    pack = MUTATIONS[name]()
    chosen = tuple(each for each in pack.guarantees.stated if each.id == name)
    pack = replace(pack, guarantees=replace(pack.guarantees, stated=chosen))
    (finding,) = prove(pack).findings
    assert finding.broken is not None
    assert finding.broken.words
    if name in {"G-UNKNOWN", "G-COUNTS"}:  # what the engine does not follow, and what is about people, has no cell
        return
    situation = finding.broken.situation
    assert situation is not None
    assert situation.judged(pack).verdict is Verdict.PERMITTED
    if name != "G-SMALL-CELLS":
        facts = pack.vocabulary.facts
        assert all(
            replace(situation, facts=situation.facts - {fact}).judged(pack).verdict is not Verdict.PERMITTED
            or name.startswith("G-UNV")
            for fact in situation.facts
        )
        assert situation.facts <= set(facts)


def test_an_attribute_that_is_not_listed_is_a_break() -> None:
    (finding,) = (each for each in prove(looking_at_less()).findings if each.guarantee.kind is Kind.ASKER)
    assert finding.broken is not None
    assert "part2" in finding.broken.words


def test_a_pack_without_guarantees_proves_nothing(tmp_path: Path) -> None:
    pack = small(tmp_path)
    (tmp_path / "guarantees.toml").unlink()
    with pytest.raises(InvalidInputError):
        prove(load_pack(pack.root))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kind = "asker"', 'kind = "never"'),
        ('obligation = "suppress"', 'obligation = "surpress"'),
        ('context.purpose == "hunt"', 'context.purpose == "hnut"'),
        ('forbid (principal, action == Action::"disclose"', 'permit (principal, action == Action::"disclose"'),
        ('looks_at = ["purpose"', 'looks_at = ["porpoise"'),
        ('id = "G-HUNT"', 'id = "G-NAME"'),
        ('why = "w"\nkind = "counts"', 'kind = "counts"'),
        ("asker_roles", "asker_rolls"),
    ],
)
def test_a_guarantee_that_cannot_be_read_stops_the_pack(old: str, new: str, tmp_path: Path) -> None:
    assert old in GUARANTEES
    with pytest.raises(InvalidInputError, match=r"guarantees\.toml"):
        small(tmp_path, guarantees=GUARANTEES.replace(old, new))
