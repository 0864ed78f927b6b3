"""A signature serves once: for its verb, its case, its round, its decision, its text, in sight of its log. For every verb.

Two ways of looking: at the signature alone, and at the fold, where somebody who writes the log enters a true signature a
second time, under another kind of event, in another case or in another round.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import pytest
from docket_world import CASE, FACT_ROLES, World, by, genesis, key, person_row, request
from timed_world import reviews

from modicum.docket import gateway_events
from modicum.docket.commands import (
    Event,
    KeySigner,
    amend,
    answer,
    approve,
    attest,
    direct,
    enrol,
    file_request,
    object_,
    recall,
    reject,
    revoke,
    rotate,
    serve,
    withdraw,
)
from modicum.docket.founding import succeed
from modicum_verify import sshsig
from modicum_verify.errors import EvidenceError
from modicum_verify.events import VERB_OF, text_sha256, verb_of
from modicum_verify.fold import fold
from modicum_verify.note import vkey as vkey_of
from modicum_verify.statement import Statement, Verb

KIND_OF: Final = {verb: kind for kind, verb in VERB_OF.items()}
SPONSORS: Final = ("cms/privacy", "ca-dhcs/origin")


def decided() -> World:
    """A case that was decided, with an objection to answer, beside a second case that was decided too."""
    made = World()
    made.file()
    made.do(object_(made.docket, CASE, by=by("ca-dhcs/origin"), grounds="scope", text="No."))
    made.decide()
    made.file("Another question")
    made.decide("2026-0002")
    return made


def ruled() -> World:
    """As `decided`, in a log whose genesis fixes the rules of review, so that these can be changed."""
    made = World(founded=False)
    made.do(genesis(reviews=reviews()))
    made.file()
    made.decide()
    made.file("Another question")
    return made


def delivered() -> World:
    """A case that was delivered, beside a second one."""
    made = World()
    made.file()
    made.agreed()
    made.release()
    made.do(gateway_events.delivered(made.docket, CASE, package_sha256="55" * 32, size_bytes=9))
    made.do(gateway_events.accounted(made.docket, CASE))
    made.file("Another question")
    return made


def ended() -> World:
    """A log in which no case is open."""
    made = World()
    made.file()
    made.do(withdraw(made.docket, CASE, by=by("hhs-oig/analyst"), text="later"))
    return made


def world_for(verb: Verb) -> World:
    """A world in which somebody could use this verb."""
    return {Verb.AMEND: ruled, Verb.RECALL: delivered, Verb.SUCCEED: ended}.get(verb, decided)()


def _enrolled(made: World) -> Event:
    new = KeySigner("il-hfs/counsel", key("il-hfs/counsel"))
    row = person_row("il-hfs/counsel", ["counsel"])
    fields = {name: row[name] for name in ("organisation", "person", "roles", "public_key", "name")}
    return enrol(made.docket, person=fields, signers=[*(by(each) for each in SPONSORS), new])


def _answered(made: World) -> Event:
    return answer(
        made.docket, CASE, by=by("cms/counsel"), objection=made.case().objections[0].index, text="Counts only."
    )


def _rotated(made: World) -> Event:
    new = KeySigner("cms/counsel", key("a new key"))
    return rotate(made.docket, "cms/counsel", new=new, others=[by("cms/counsel")], text="lost")


HONEST: Final[dict[Verb, Callable[[World], Event]]] = {
    Verb.FOUND: lambda _: genesis(),
    Verb.ENROL: _enrolled,
    Verb.FILE: lambda made: file_request(made.docket, request("A third"), by=by("hhs-oig/analyst"), year=2026),
    Verb.ATTEST: lambda made: attest(
        made.docket, CASE, by=by("cms/privacy"), fact="agreement-in-force", roles=FACT_ROLES
    ),
    Verb.APPROVE: lambda made: approve(made.docket, CASE, by=by("cms/privacy"), text="as asked"),
    Verb.REJECT: lambda made: reject(made.docket, CASE, by=by("cms/privacy"), text="too wide"),
    Verb.OBJECT: lambda made: object_(made.docket, CASE, by=by("il-hfs/origin"), grounds="scope", text="No."),
    Verb.ANSWER: _answered,
    Verb.DIRECT: lambda made: direct(made.docket, CASE, by=by("cms/official"), text="Release."),
    Verb.WITHDRAW: lambda made: withdraw(made.docket, CASE, by=by("hhs-oig/analyst"), text="a smaller one follows"),
    Verb.ROTATE: _rotated,
    Verb.REVOKE: lambda made: revoke(made.docket, "cms/steward", signers=[by(each) for each in SPONSORS], text="left"),
    Verb.NOTIFY: lambda made: serve(made.docket, CASE, by=by("cms/privacy"), state="CA", text="by letter"),
    Verb.AMEND: lambda made: amend(
        made.docket,
        {"reviews": reviews(expires_s=None).as_document()},
        by=by("cms/privacy"),
        text="no expiry",
        year=2026,
    ),
    Verb.RECALL: lambda made: recall(made.docket, CASE, by=by("cms/counsel"), text="an order came"),
    Verb.SUCCEED: lambda made: succeed(
        made.docket, origin="cms.modicum.example/next", log_vkey=NEXT, signers=[by(each) for each in SPONSORS], text=""
    ),
}
NEXT: Final = vkey_of("cms.modicum.example/next", key("the next log").private.public_key())
IN_CASE: Final = [verb for verb in Verb if verb not in {Verb.FOUND, Verb.ENROL, Verb.ROTATE, Verb.REVOKE, Verb.SUCCEED}]
IN_A_ROUND: Final = [verb for verb in IN_CASE if verb not in {Verb.FILE, Verb.AMEND, Verb.RECALL}]
"""A change of the rules has one round, and what is recalled has seen its last."""


def signatures(event: Event) -> list[dict[str, Any]]:
    return event.content["signatures"] if "signatures" in event.content else [event.content["signature"]]


def statement(made: World, event: Event, signature: dict[str, Any]) -> Statement:
    case = made.docket.cases.get(event.case or "")
    return Statement(
        verb=verb_of(event.kind, event.content),
        case=event.case,
        round=signature["round"],
        decision_sha256=None if case is None else case.decision_sha256,
        organisation=signature["person"].split("/")[0],
        text_sha256=text_sha256(event.kind, event.content),
        log_size=signature["log_size"],
    )


def refused(made: World, event: Event) -> None:
    entry = made.entry(event)
    with pytest.raises(EvidenceError) as caught:
        fold([entry], made.docket)
    assert caught.value.place == entry.place


def test_every_verb_is_here() -> None:
    assert set(HONEST) == set(Verb) == set(KIND_OF)


@pytest.mark.parametrize("verb", Verb)
def test_a_signature_matches_its_own_statement_and_no_neighbour(verb: Verb) -> None:
    made = world_for(verb)
    event = HONEST[verb](made)
    for signature in signatures(event):
        own = statement(made, event, signature)
        sshsig.verify(signature["sshsig"], signature["public_key"], own.namespace, own.message())
        neighbours = [
            *(replace(own, verb=other) for other in Verb if other is not verb),
            replace(own, case="2026-0002"),
            replace(own, case=None if own.case else CASE),
            replace(own, round=own.round + 1),
            replace(own, decision_sha256="00" * 32),
            replace(own, organisation="il-hfs" if own.organisation != "il-hfs" else "cms"),
            replace(own, text_sha256="00" * 32),
            replace(own, log_size=own.log_size + 1),
        ]
        for other in neighbours:
            with pytest.raises(EvidenceError):
                sshsig.verify(signature["sshsig"], signature["public_key"], other.namespace, other.message())
        for other in Verb:  # the namespace alone
            if other is not verb:
                with pytest.raises(EvidenceError):
                    sshsig.verify(
                        signature["sshsig"],
                        signature["public_key"],
                        replace(own, verb=other).namespace,
                        own.message(),
                    )


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.FOUND])
def test_an_event_enters_once(verb: Verb) -> None:
    made = world_for(verb)
    event = HONEST[verb](made)
    made.do(event)
    refused(made, event)


@pytest.mark.parametrize("verb", Verb)
def test_a_signature_enters_under_no_other_verb(verb: Verb) -> None:
    taken = signatures(HONEST[verb](world_for(verb)))
    for other in Verb:
        if other in {verb, Verb.FOUND}:
            continue
        made = world_for(other)
        event = HONEST[other](made)
        fold([made.entry(event)], made.docket)  # the honest one would pass
        forged = deepcopy(event.content)
        if "signatures" in forged:
            if len(taken) >= len(forged["signatures"]):
                forged["signatures"] = deepcopy(taken)
            else:
                forged["signatures"] = [*deepcopy(taken), *forged["signatures"][len(taken) :]]
        else:
            forged["signature"] = deepcopy(taken[0])
        refused(made, event._replace(content=forged))


@pytest.mark.parametrize("verb", IN_CASE)
def test_a_signature_enters_in_no_other_case(verb: Verb) -> None:
    made = world_for(verb)
    event = HONEST[verb](made)
    refused(made, event._replace(case="2026-0002"))
    content = deepcopy(event.content)
    content["signature"]["log_size"] = made.docket.size
    other = made.case("2026-0002")
    if "decision_sha256" in content:
        content["decision_sha256"] = other.decision_sha256
    refused(made, event._replace(case="2026-0002", content=content))


@pytest.mark.parametrize("verb", IN_A_ROUND)
def test_a_signature_enters_in_no_other_round(verb: Verb) -> None:
    made = decided()
    event = HONEST[verb](made)
    made.decide()
    refused(made, event)
    moved = deepcopy(event.content)
    moved["signature"] |= {"round": 2, "log_size": made.docket.size}
    if "round" in moved:
        moved |= {"round": 2, "decision_sha256": made.case().decision_sha256}
    refused(made, event._replace(content=moved))
    made.do(HONEST[verb](made))


@pytest.mark.parametrize("verb", IN_A_ROUND)
def test_a_signature_serves_no_other_decision(verb: Verb) -> None:
    # The same round of the same case, decided otherwise: as somebody who rewrites the log would have it.
    made, other = decided(), decided()
    event = HONEST[verb](made)
    at = next(each.index for each in other.entries if each.kind == "decided" and each.case == CASE)
    turned = replace(other.entries[at], content={**(other.entries[at].content or {}), "decision_sha256": "5a" * 32})
    docket = fold([*other.entries[:at], turned, *other.entries[at + 1 :]])
    content = deepcopy(event.content)
    if "decision_sha256" in content:
        content["decision_sha256"] = "5a" * 32
    assert docket.size == made.docket.size
    entry = made.entry(event._replace(content=content))
    with pytest.raises(EvidenceError, match="does not match the message"):
        fold([entry], docket)
