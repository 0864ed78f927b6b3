"""Whatever people try, in whatever order: what the commands give, the fold takes, and the promises of a case hold."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

from docket_world import FACT_ROLES, PEOPLE, World, by, genesis, person_row, released

from modicum.docket import gateway_events
from modicum.docket.commands import Event, answer, approve, attest, direct, enrol, object_, reject, withdraw
from modicum.model.decision import Verdict
from modicum.model.errors import EvidenceError, RequesterError
from modicum_verify.case_state import CaseState, obstacles
from modicum_verify.events import KINDS, check_content
from modicum_verify.fold import fold
from modicum_verify.moves import State

PERSONS = st.sampled_from(sorted(PEOPLE))
REVIEWERS = st.sampled_from(["cms/privacy", "cms/counsel", "ca-dhcs/origin", "ca-dhcs/counsel", "il-hfs/origin"])
PAST = date(2025, 6, 10)
BEFORE_RELEASE = {State.FILED, State.DECIDED, State.IN_REVIEW, State.AGREED}


class Docketing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.objected: dict[str, set[int]] = {}

    @initialize(requester=st.sampled_from(["hhs-oig/analyst", "ca-dhcs/origin"]))
    def first_case(self, requester: str) -> None:
        self.world.file("first", requester)

    def attempt(self, make: Callable[[], Event]) -> Event | None:
        """A command either gives an event that the fold takes, or says why not; it never breaks the evidence."""
        try:
            event = make()
        except RequesterError:
            return None
        self.world.do(event)
        return event

    def pick(self, number: int) -> CaseState:
        cases = sorted(self.world.docket.cases)
        return self.world.docket.cases[cases[number % len(cases)]]

    @rule(number=st.integers(0, 2), person=PERSONS)
    def withdraw(self, number: int, person: str) -> None:
        case = self.pick(number)
        made = self.attempt(lambda: withdraw(self.world.docket, case.id, by=by(person), text="a smaller one follows"))
        if made is not None:
            assert case.state in BEFORE_RELEASE
            assert person.split("/", maxsplit=1)[0] == case.asker
            assert self.world.case(case.id).state is State.WITHDRAWN

    @rule(title=st.sampled_from(["first", "second", "third"]), person=PERSONS)
    def file(self, title: str, person: str) -> None:
        try:
            self.world.file(title, person)
        except RequesterError:
            return

    @rule(
        number=st.integers(0, 2),
        verdict=st.sampled_from([Verdict.PERMITTED] * 3 + list(Verdict)),
        past=st.integers(0, 5),
    )
    def decide(self, number: int, verdict: Verdict, past: int) -> None:
        case = self.pick(number)
        try:
            self.world.decide(case.id, verdict, day=PAST if past == 0 else None)
        except RequesterError:
            assert case.state not in BEFORE_RELEASE
            return
        after = self.world.case(case.id)
        assert after.round == case.round + 1
        assert not after.standing_votes
        assert after.state is State.DECIDED

    @rule(number=st.integers(0, 2), person=PERSONS | REVIEWERS | REVIEWERS)
    def approve(self, number: int, person: str) -> None:
        case = self.pick(number)
        self.attempt(lambda: approve(self.world.docket, case.id, by=by(person)))

    @rule(number=st.integers(0, 2), person=PERSONS)
    def reject(self, number: int, person: str) -> None:
        case = self.pick(number)
        self.attempt(lambda: reject(self.world.docket, case.id, by=by(person), text="too wide"))

    @rule(number=st.integers(0, 2))
    def everybody_approves(self, number: int) -> None:
        for person in sorted(PEOPLE):
            self.approve(number, person)

    @rule(number=st.integers(0, 2), person=PERSONS, strata=st.sampled_from([None, {"origin_state": "CA"}]))
    def object(self, number: int, person: str, strata: dict[str, str] | None) -> None:
        case = self.pick(number)
        event = self.attempt(
            lambda: object_(self.world.docket, case.id, by=by(person), grounds="scope", text="No.", strata=strata)
        )
        assert event is not None, "an objection is always heard"
        self.objected.setdefault(case.id, set()).add(len(self.world.entries) - 1)

    @rule(number=st.integers(0, 2), person=PERSONS | REVIEWERS, which=st.integers(0, 3))
    def answer(self, number: int, person: str, which: int) -> None:
        case = self.pick(number)
        index = case.objections[which % len(case.objections)].index if case.objections else which
        self.attempt(lambda: answer(self.world.docket, case.id, by=by(person), objection=index, text="Counts only."))

    @rule(number=st.integers(0, 2), person=PERSONS)
    def direct(self, number: int, person: str) -> None:
        case = self.pick(number)
        if self.attempt(lambda: direct(self.world.docket, case.id, by=by(person), text="Release.")):
            after = self.world.case(case.id)
            assert (after.state, after.why_not_agreed) == (case.state, case.why_not_agreed)

    @rule(number=st.integers(0, 2), person=PERSONS, fact=st.sampled_from([*FACT_ROLES, "unheard-of"]))
    def attest(self, number: int, person: str, fact: str) -> None:
        case = self.pick(number)
        if self.attempt(lambda: attest(self.world.docket, case.id, by=by(person), fact=fact, roles=FACT_ROLES)):
            assert not self.world.case(case.id).standing_votes

    @rule(number=st.integers(0, 2))
    def refuse(self, number: int) -> None:
        case = self.pick(number)
        self.attempt(lambda: gateway_events.refused(self.world.docket, case.id))

    @rule(number=st.integers(0, 2))
    def release(self, number: int) -> None:
        case = self.pick(number)
        event = self.attempt(lambda: released(self.world.docket, case.id))
        assert (event is not None) == case.agreed
        if event is not None:
            organisations = {vote.organisation for vote in case.approvals}
            assert len(organisations) >= 2
            assert case.asker not in organisations
            assert not case.unanswered
            assert set(event.content["objections"]) == self.objected.get(case.id, set())

    @rule(number=st.integers(0, 2), step=st.sampled_from(["delivered", "aborted", "accounted"]))
    def carry_on(self, number: int, step: str) -> None:
        case = self.pick(number)
        makes: dict[str, Callable[[], Event]] = {
            "delivered": lambda: gateway_events.delivered(
                self.world.docket, case.id, package_sha256="55" * 32, size_bytes=1
            ),
            "aborted": lambda: gateway_events.aborted(self.world.docket, case.id, reason="interrupted"),
            "accounted": lambda: gateway_events.accounted(self.world.docket, case.id),
        }
        self.attempt(makes[step])

    @rule(
        person=st.sampled_from(["il-hfs/second", "ca-dhcs/second"]), sponsors=st.lists(PERSONS, max_size=3, unique=True)
    )
    def enrol(self, person: str, sponsors: list[str]) -> None:
        signers = [by(each) for each in [*sponsors, person]]
        self.attempt(lambda: enrol(self.world.docket, person=person_row(person, ["counsel"]), signers=signers))

    @invariant()
    def agreement_is_what_it_says(self) -> None:
        for case in self.world.docket.cases.values():
            if case.state in BEFORE_RELEASE:
                assert case.agreed == (not obstacles(case))
            assert case.agreed == (not case.why_not_agreed)
            counted = case.standing_votes
            assert all(vote.organisation != case.asker for vote in counted)
            assert len({vote.person for vote in counted}) == len(counted)
            assert bool(case.whose_turn) != case.ended

    @invariant()
    def objections_never_vanish(self) -> None:
        for case_id, indexes in self.objected.items():
            assert {each.index for each in self.world.case(case_id).objections} == indexes

    def teardown(self) -> None:
        assert fold(self.world.entries) == self.world.docket


Docketing.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDocketing = Docketing.TestCase


# A whole case, every event of it signed or tied to what is; then one value of one content is changed.


def whole_case() -> World:
    world = World()
    world.file()
    world.decide()
    at = world.do(
        object_(
            world.docket,
            "2026-0001",
            by=by("ca-dhcs/origin"),
            grounds="scope",
            text="No.",
            strata={"origin_state": "CA"},
        )
    )
    world.do(answer(world.docket, "2026-0001", by=by("cms/counsel"), objection=at, text="Counts only."))
    world.do(direct(world.docket, "2026-0001", by=by("cms/official"), text="Release.", deadline="today"))
    world.do(attest(world.docket, "2026-0001", by=by("cms/privacy"), fact="notice-published", roles=FACT_ROLES))
    world.agreed()
    world.do(reject(world.docket, "2026-0001", by=by("cms/counsel"), text="too wide"))
    return world


WHOLE = whole_case()
SIGNED = [entry.index for entry in WHOLE.entries if entry.content and {"signature", "signatures"} & set(entry.content)]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for name in value for leaf in leaves(value[name], (*path, name))]
    if isinstance(value, list) and value:
        return [leaf for index, each in enumerate(value) for leaf in leaves(each, (*path, index))]
    return [path]


def edited(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {name: edited(each, path[1:], new) if name == path[0] else each for name, each in value.items()}
    return [edited(each, path[1:], new) if index == path[0] else each for index, each in enumerate(value)]


def at_path(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


SPOTS = [(index, path) for index in SIGNED for path in leaves(WHOLE.entries[index].content)]


def test_control_the_untouched_case_folds() -> None:
    assert fold(WHOLE.entries) == WHOLE.docket


@settings(max_examples=400, deadline=None)
@given(spot=st.sampled_from(SPOTS), data=st.data())
def test_no_value_of_a_signed_event_can_be_changed(
    spot: tuple[int, tuple[str | int, ...]], data: st.DataObject
) -> None:
    index, path = spot
    entry = WHOLE.entries[index]
    old = at_path(entry.content, path)
    new = data.draw(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(0, 20),
            st.text(max_size=8),
            st.just([]),
            st.just({}),
            st.just(f"{old}x"),
        ).filter(lambda value: (type(value), value) != (type(old), old))
    )
    forged = replace(entry, content=edited(entry.content, path, new))
    with pytest.raises(EvidenceError) as caught:
        fold([*WHOLE.entries[:index], forged, *WHOLE.entries[index + 1 :]])
    assert caught.value.place.startswith("log entry ")


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    content=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["round", "signature", "text", "fact"]), inner)
        ),
        max_leaves=8,
    ),
)
def test_no_content_breaks_the_reader(kind: str, content: Any) -> None:
    with pytest.raises(EvidenceError):
        check_content(kind, content)


def test_every_entry_but_the_last_is_missed() -> None:
    for gone in range(1, len(WHOLE.entries) - 1):
        kept = [entry for entry in WHOLE.entries if entry.index != gone]
        with pytest.raises(EvidenceError):
            fold(kept)
        with pytest.raises(EvidenceError):
            fold([replace(entry, index=index) for index, entry in enumerate(kept)])


def test_genesis_cannot_be_exchanged() -> None:
    other = genesis(origin="another.example/x")
    swapped = replace(WHOLE.entries[0], content={**other.content, "origin": WHOLE.docket.roster.origin})
    with pytest.raises(EvidenceError, match="signature of"):
        fold([swapped])
