"""Case files to put on paper: folded from real signed events, short and long, with the decision of `paper_samples`."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import law_world
import paper_samples
import test_docket_witnessed as witnessed
from docket_world import CASE, QUORUM, World, by, genesis

from modicum.docket import gateway_events
from modicum.docket.commands import amend, answer, approve, direct, object_, reject, serve
from modicum.gateway.case_file import CaseFile, seen_by_witnesses
from modicum.gateway.request_file import parse_request
from modicum.model.forms import DISCLOSING, Form
from modicum_verify.reviews import Quorum, ReviewRule, Reviews, Waits

LONG = "Donaudampfschifffahrtsgesellschaftskapitaenspatentverlaengerungsantrag" * 2
RTL = "\u05d4\u05d1\u05e7\u05e9\u05d4 \u05e0\u05d5\u05d2\u05e2\u05ea \u05dc\u05db\u05dc \u05d4\u05d0\u05e0\u05e9\u05d9\u05dd \u0627\u0644\u0627\u0633\u0645"
MARKUP = "</p><script>alert(1)</script><img src=x onerror='alert(1)'> & <b>not bold</b> {{ 7*7 }} \x07\u202e"


def file_of(world: World, case: str = CASE, **changes: Any) -> CaseFile:
    """The case as a file, as `gateway.case_file` gathers it, with the decision of the samples."""
    found = world.case(case)
    given: dict[str, Any] = {
        "case": found,
        "request": None if found.change is not None else parse_request(dict(found.request)),
        "roster": world.docket.roster,
        "pack": law_world.PACK,
        "decision": None
        if found.decision is None or found.change is not None
        else paper_samples.decision(date(2026, 1, 7)),
        "form": Form.IDENTIFIED,
        "facts": {},
        "seen": seen_by_witnesses(world.entries, world.docket.roster),
        "origin": world.docket.roster.origin,
        "log_size": len(world.entries),
        "log_root": "5f" * 32,
    }
    return CaseFile(**given | changes)


@cache
def short() -> CaseFile:
    """Filed, decided, objected to, answered, agreed, released; an order in between."""
    world = World()
    world.file("How many dollars, by state")
    world.decide()
    world.minute += 9
    world.do(object_(world.docket, CASE, by=by("ca-dhcs/origin"), grounds="42 U.S.C. 1396a(a)(7)", text="Why us?"))
    world.do(direct(world.docket, CASE, by=by("cms/official"), text="Send it today.", deadline="in 54 minutes"))
    world.minute += 200
    at = world.case().objections[0].index
    world.do(answer(world.docket, CASE, by=by("cms/counsel"), objection=at, text="Totals alone leave."))
    world.approve("cms/privacy")
    world.minute += 1500
    world.approve("il-hfs/origin")
    world.release()
    return file_of(world)


@cache
def long() -> CaseFile:
    """Thirty entries and more, twelve objections, long words, text that runs from right to left, markup in all texts."""
    world = World()
    world.file(f"{LONG} {RTL} {MARKUP}".replace("\x07", "").replace("\u202e", "")[:290])
    world.decide()
    for place in range(12):
        world.minute += 7 * place
        who = ("ca-dhcs/origin", "il-hfs/origin", "hhs-oig/inspector", "cms/counsel")[place % 4]
        text = (LONG, RTL, MARKUP, "The notice names another use. " * 40)[place % 4]
        state = {"origin_state": "CA"} if place % 3 == 0 else None
        world.do(
            object_(world.docket, CASE, by=by(who), grounds=f"{LONG[:60]} <i>{place}</i>", text=text, strata=state)
        )
    for each in world.case().objections[:8]:
        if each.blocking:
            world.minute += 31
            world.do(
                answer(world.docket, CASE, by=by("cms/privacy"), objection=each.index, text=f"{MARKUP} {LONG} {RTL}")
            )
    for deadline in ("2026-12-24T18:00:00Z", f"{LONG}"[:200], "in 54 minutes", RTL):
        world.do(direct(world.docket, CASE, by=by("cms/official"), text=MARKUP, deadline=deadline))
    world.do(reject(world.docket, CASE, by=by("cms/privacy"), text=f"{MARKUP} {LONG}"))
    world.minute += 900
    world.do(approve(world.docket, CASE, by=by("cms/counsel"), text=RTL))
    world.decide()
    for person in ("cms/privacy", "cms/official", "il-hfs/origin"):
        world.do(approve(world.docket, CASE, by=by(person), text=MARKUP))
    world.do(reject(world.docket, CASE, by=by("ca-dhcs/counsel"), text=f"No. {LONG}"))
    return file_of(world)


@cache
def cosigned() -> CaseFile:
    """Released in a home with witnesses, of which two organisations cosigned and one machine did not; delivered."""
    world = World(founded=False)
    world.do(genesis(witnesses=witnessed.witness_set()))
    world.file()
    world.agreed()
    world.release()
    world.enter(witnessed.cosigned(world, witnessed.note(world)))
    world.enter(witnessed.entry(world, "delivered", witnessed.DELIVERED))
    return file_of(world)


RULES = Reviews(
    rules=tuple(
        ReviewRule(
            form=str(form),
            purpose="*",
            quorum=QUORUM,
            waits=Waits(statutory_s=12 * 3600, discretionary_s=48 * 3600),
            court=None,
            notice=True,
            expires_s=None,
        )
        for form in DISCLOSING
    ),
    origin="origin_state",
    changes=Quorum(roles=("counsel",), organisations=2, approvals=2),
    change_wait_s=7 * 86_400,
)
"""Twelve hours by law and two days of the custodian's choice before anything leaves; the states are told."""


def ruled(*, witnesses: bool) -> World:
    """A world whose genesis fixes these rules, with one case that is decided and of which the states were told."""
    world = World(founded=False)
    world.do(genesis(reviews=RULES, witnesses=witnessed.witness_set() if witnesses else None))
    world.file()
    world.decide()
    world.do(gateway_events.notified(world.docket, CASE, states=["CA", "IL"]))
    return world


@cache
def blind() -> CaseFile:
    """One of two has reviewed, and said no; nobody may know that yet."""
    world = ruled(witnesses=False)
    world.do(reject(world.docket, CASE, by=by("cms/privacy"), text="Not this way."))
    return file_of(world)


@cache
def waiting() -> CaseFile:
    """Agreed in an evaluation home: the lock is shown, and holds nothing."""
    world = ruled(witnesses=False)
    for person in ("cms/privacy", "il-hfs/origin"):
        world.approve(person)
    return file_of(world)


def locked(deadline: str | None = None) -> CaseFile:
    """Agreed, and locked by the witnesses' times; perhaps with an order that ends the custodian's own wait."""
    world = ruled(witnesses=True)
    for person in ("cms/privacy", "il-hfs/origin"):
        world.approve(person)
    world.enter(witnessed.entry(world, "locked", {"checkpoint": witnessed.note(world).decode()}))
    world.minute = 800
    if deadline is not None:
        world.do(direct(world.docket, CASE, by=by("cms/official"), text="Send it sooner.", deadline=deadline))
    world.do(serve(world.docket, CASE, by=by("cms/privacy"), state="CA", text="By registered letter."))
    return file_of(world)


@cache
def change() -> CaseFile:
    """Somebody proposes to lower the waits."""
    world = ruled(witnesses=False)
    none = Waits(statutory_s=0, discretionary_s=0)
    lower = replace(RULES, rules=tuple(replace(each, waits=none) for each in RULES.rules))
    event = amend(world.docket, {"reviews": lower.as_document()}, by=by("cms/counsel"), text="Too slow.", year=2026)
    world.do(event)
    return file_of(world, str(event.case))


@cache
def undecided() -> CaseFile:
    """Filed, and nothing more."""
    world = World()
    world.file()
    return file_of(world)


def renamed(file: CaseFile, name: str) -> CaseFile:
    """Every organisation and every official under this name."""
    roster = file.roster
    organisations = {key: replace(each, name=name) for key, each in roster.organisations.items()}
    people = {key: replace(each, name=name) for key, each in roster.people.items()}
    return replace(file, roster=replace(roster, organisations=organisations, people=people))
