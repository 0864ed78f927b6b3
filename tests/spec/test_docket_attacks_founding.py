"""Attacks on genesis and enrolment, beside the honest act that passes.

The fold alone is attacked here: entries are written by hand, past the commands.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from docket_world import World, by, genesis, person_row

from modicum.docket.commands import Event, KeySigner, enrol
from modicum.docket.signing import signed
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import Docket, fold


@pytest.fixture
def world() -> World:
    made = World()
    made.file()
    made.decide()
    return made


def refused(world: World, entry: Entry, match: str) -> None:
    before = world.docket
    with pytest.raises(EvidenceError, match=match) as caught:
        fold([entry], before)
    assert caught.value.place == entry.place
    assert world.docket == before


def changed(event: Event, **changes: Any) -> Event:
    content = copy.deepcopy(event.content)
    content.update(changes)
    return event._replace(content=content)


def resigned(event: Event, **changes: Any) -> Event:
    content = copy.deepcopy(event.content)
    content["signature"].update(changes)
    return event._replace(content=content)


def test_genesis_is_entry_0_and_nothing_else_is() -> None:
    world = World()
    refused(world, world.entry(genesis()), "genesis is entry 0")
    fresh = World(founded=False)
    assert fold([fresh.entry(genesis())]).size == 1
    content = {"name": "n", "version": "1", "catalogue_sha256": "00" * 32, "persons_at_least": 0, "confirmed": True}
    refused(fresh, fresh.entry(Event("dataset", content, None)), "entry 0 is genesis")
    refused(fresh, fresh.entry(genesis(), actor="gateway"), "elsewhere")


@pytest.mark.parametrize(
    ("forge", "match"),
    [
        (lambda c: c["people"].append(person_row("il-hfs/ghost", ["counsel"])), "does not match the message"),
        (lambda c: c["people"].append(person_row("dhs/ghost", ["counsel"])), "not enrolled"),
        (lambda c: c["people"].append(copy.deepcopy(c["people"][0])), "person who is enrolled"),
        (lambda c: c["people"][1].update(public_key=c["people"][0]["public_key"]), "stands, or stood, for somebody"),
        (lambda c: c["people"][1].update(public_key="ssh-ed25519 AAAA"), "bare ssh-ed25519"),
        (lambda c: c["people"][1].update(roles=["origin"]), "does not match the message"),
        (lambda c: c["organisations"].append(copy.deepcopy(c["organisations"][0])), "organisation twice"),
        (lambda c: c["pack"].update(sha256="00" * 32), "does not match the message"),
        (lambda c: c["signatures"].pop(), "fewer than 2"),
        (lambda c: c["signatures"].__setitem__(1, c["signatures"][0]), "signed twice"),
        (lambda c: c["signatures"][0].update(log_size=1), "longer than this place"),
        (lambda c: c["signatures"][0].update(round=1), "outside every case"),
        (lambda c: c.update(evaluation=False), "must either name witnesses"),
        (lambda c: c.update(evaluation="no"), "not true or false"),
    ],
)
def test_a_forged_genesis_is_refused(forge: Callable[[dict[str, Any]], Any], match: str) -> None:
    world = World(founded=False)
    content = copy.deepcopy(genesis().content)
    forge(content)
    refused(world, world.entry(Event("genesis", content, None)), match)
    world.enter(world.entry(genesis()))


def test_nobody_enrols_alone(world: World) -> None:
    person = person_row("il-hfs/second", ["counsel"])
    new, sponsors = by("il-hfs/second"), [by("cms/counsel"), by("ca-dhcs/origin")]
    honest = enrol(world.docket, person=person, signers=[*sponsors, new])

    def with_signers(*signers: KeySigner) -> Entry:
        content = {"person": honest.content["person"]}
        signatures = [signed("member", content, case=None, log_size=world.docket.size, by=each) for each in signers]
        return world.entry(Event("member", {**content, "signatures": signatures}, None))

    def with_organisation(organisation: str) -> Entry:
        named = {"id": organisation, "kind": "ice", "name": organisation}
        content = {"person": honest.content["person"], "organisation": named}
        signatures = [
            signed("member", content, case=None, log_size=world.docket.size, by=each) for each in (*sponsors, new)
        ]
        return world.entry(Event("member", {**content, "signatures": signatures}, None))

    refused(world, with_organisation("ice"), "person of another one")
    refused(world, with_organisation("il-hfs"), "organisation that is enrolled")
    refused(world, with_signers(*sponsors), "fewer than 3")
    refused(world, with_signers(*sponsors, by("ca-dhcs/counsel")), "own signature")
    refused(world, with_signers(by("cms/counsel"), by("cms/privacy"), new), "two founding organisations")
    refused(world, with_signers(by("cms/counsel"), by("il-hfs/origin"), new), "two founding organisations")
    refused(world, with_signers(by("cms/steward"), by("ca-dhcs/origin"), new), "two founding organisations")
    grown = changed(honest, person={**honest.content["person"], "roles": ["counsel", "origin"]})
    refused(world, world.entry(grown), "does not match the message")
    refused(world, world.entry(honest, actor="gateway"), "founders' name")
    world.do(honest)
    refused(world, world.entry(honest), "person who is enrolled")


def test_an_unfounded_log_holds_no_case() -> None:
    world = World()
    world.file()
    with pytest.raises(EvidenceError, match="entry 0"):
        fold([replace(world.entries[1], index=0)])
    assert fold(world.entries[:1]) != Docket()
