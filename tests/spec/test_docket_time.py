"""Locks, notices, sealed reviews, expiry and recalls, by the fold alone: what a case waits for, and who can change it."""

from collections.abc import Callable

import pytest
from docket_world import CASE, Event, Verdict, by, key
from test_docket_witnessed import LOG, ORIGIN, root_of
from timed_world import COURT_S, DISCRETIONARY_S, EXPIRES_S, STATUTORY_S, Timed, reviews

from modicum.docket import commands, gateway_events
from modicum.docket.commands import approve, attest, direct, object_, recall, reject, serve
from modicum.gateway.case_document import shown
from modicum.model.errors import ConflictError, InvalidInputError, NotFoundError, NotPermittedError
from modicum_verify import case_time
from modicum_verify.case_state import obstacles, waiting
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.cosigned import check_checkpoints
from modicum_verify.errors import EvidenceError
from modicum_verify.lock import text_of
from modicum_verify.logdir import VerifiedLog
from modicum_verify.moves import State
from modicum_verify.note import vkey as vkey_of
from modicum_verify.reviews import Waits


@pytest.fixture
def world() -> Timed:
    """A case that is agreed."""
    made = Timed()
    made.file()
    made.to_agreement()
    return made


@pytest.fixture
def running(world: Timed) -> Timed:
    """A case whose lock runs."""
    world.lock()
    return world


def test_agreed_locked_released(world: Timed) -> None:
    assert (world.case().state, world.case().agreed, world.case().must_wait) == (State.AGREED, True, True)
    assert "starts when the witnesses" in waiting(world.case())
    world.lock()
    case = world.case()
    assert case.state is State.LOCKED
    assert case.lock is not None
    assert case.unlocks_s == case.lock.started_s + DISCRETIONARY_S
    assert text_of(case.unlocks_s) in waiting(case)
    world.hours(24.1)
    world.do(world.leaving(world.note()))
    assert world.case().state is State.LOGGED


def test_nothing_leaves_before_its_lock_is_seen_to_end(world: Timed) -> None:
    with pytest.raises(EvidenceError, match="without its time-lock"):
        world.do(world.leaving(None))
    with pytest.raises(EvidenceError, match="without its time-lock"):
        world.do(world.leaving(world.note()))
    world.lock()
    with pytest.raises(EvidenceError, match="without its time-lock"):
        world.do(world.leaving(None))
    world.hours(23.9)
    with pytest.raises(EvidenceError, match="before its time-lock is over"):
        world.do(world.leaving(world.note()))
    assert world.case().state is State.LOCKED


@pytest.mark.parametrize("fast", ["inspector", "court"])
def test_one_bad_witness_shortens_nothing(world: Timed, fast: str) -> None:
    """A lock starts at the latest time of the quorum, and ends when the earliest has passed."""
    world.hours(5)
    begun = world.seconds
    world.lock(world.note(behind={fast: 4 * 3600}))  # one of them says that it was hours ago
    assert world.case().lock is not None
    assert world.case().lock.started_s == begun
    world.hours(24)
    with pytest.raises(EvidenceError, match="before its time-lock is over"):
        world.do(world.leaving(world.note(behind={fast: 3600})))
    with pytest.raises(EvidenceError, match="cosigned by 1 of the 2"):
        world.do(world.leaving(world.note(names=(fast,))))


def test_a_witness_from_the_future_counts_for_nothing(running: Timed) -> None:
    with pytest.raises(EvidenceError):
        running.do(running.leaving(running.note(behind={"inspector": -30 * 3600, "court": -30 * 3600})))


def test_a_checkpoint_over_less_than_the_agreement_starts_nothing(world: Timed) -> None:
    agreed = world.case().agreed_index
    assert agreed is not None
    with pytest.raises(EvidenceError, match="does not cover the agreement"):
        world.lock(world.note(size=agreed))
    with pytest.raises(EvidenceError, match="does not cover the agreement"):
        world.lock(world.note(size=len(world.entries) + 1))


def test_a_checkpoint_from_before_the_lock_ends_nothing(world: Timed) -> None:
    early = world.note(behind={"inspector": -50, "court": -50})
    world.lock()
    world.hours(25)
    with pytest.raises(EvidenceError, match="from before its start"):
        world.do(world.leaving(early))


def test_a_directive_ends_the_discretionary_wait_and_no_statutory_one(running: Timed) -> None:
    case = running.case()
    assert case.lock is not None
    soon = text_of(case.lock.started_s + 54 * 60)
    running.do(direct(running.docket, CASE, by=by("cms/official"), text="send it", deadline=soon))
    assert running.case().unlocks_s == case.lock.started_s + STATUTORY_S
    running.hours(1)
    with pytest.raises(EvidenceError, match="before its time-lock is over"):
        running.do(running.leaving(running.note()))
    running.hours(1.1)
    running.do(running.leaving(running.note()))


@pytest.mark.parametrize("deadline", [None, "in 54 minutes", "2026-11-23", "2026-11-23T00:00:00+00:00"])
def test_a_deadline_that_is_no_time_shortens_nothing(running: Timed, deadline: str | None) -> None:
    before = running.case().unlocks_s
    running.do(direct(running.docket, CASE, by=by("cms/official"), text="send it", deadline=deadline))
    assert running.case().unlocks_s == before


def test_only_the_custodians_own_official_shortens() -> None:
    made = Timed()
    made.file(requester="ca-dhcs/origin")
    assert made.case().deadlines_s == ()
    with pytest.raises(NotPermittedError):
        direct(made.docket, CASE, by=by("ca-dhcs/origin"), text="send it", deadline="2026-11-23T00:00:00Z")
    made.do(direct(made.docket, CASE, by=by("cms/official"), text="send it", deadline="2026-11-23T00:00:00Z"))
    assert len(made.case().deadlines_s) == 1


def test_under_a_courts_instrument_the_wait_is_shorter_and_not_zero(world: Timed) -> None:
    world.do(
        attest(
            world.docket,
            CASE,
            by=by("cms/privacy"),
            fact="agreement-in-force",
            roles={"agreement-in-force": ("privacy_officer",)},
        )
    )
    world.to_agreement()
    assert world.case().waits == Waits(statutory_s=STATUTORY_S, discretionary_s=COURT_S)
    with pytest.raises(InvalidInputError, match="known"):
        Timed(rules=reviews(court=type(reviews().rules[0].court)(facts=("agreement-in-force",), wait_s=0)))  # type: ignore[misc]


def test_what_takes_the_agreement_away_ends_the_lock(running: Timed) -> None:
    entry = running.do(object_(running.docket, CASE, by=by("il-hfs/origin"), grounds="scope", text="too wide"))
    assert (running.case().state, running.case().lock) == (State.IN_REVIEW, None)
    running.do(commands.answer(running.docket, CASE, by=by("cms/counsel"), objection=entry, text="it is narrow"))
    for person in ("cms/privacy", "il-hfs/origin"):
        running.do(approve(running.docket, CASE, by=by(person), text="still"))
    running.hours(30)
    with pytest.raises(EvidenceError, match="without its time-lock"):
        running.do(running.leaving(running.note()))
    running.lock()
    assert running.case().unlocks_s == running.seconds - 60 + DISCRETIONARY_S  # `lock` enters a minute later


@pytest.mark.parametrize("away", ["rejected", "decided", "fact"])
def test_a_lock_falls_with_a_rejection_a_decision_or_a_fact(running: Timed, away: str) -> None:
    roles = {"agreement-in-force": ("privacy_officer",)}
    act: dict[str, Callable[[], object]] = {
        "rejected": lambda: running.do(reject(running.docket, CASE, by=by("cms/privacy"), text="no")),
        "decided": running.decide,
        "fact": lambda: running.do(
            attest(running.docket, CASE, by=by("cms/privacy"), fact="agreement-in-force", roles=roles)
        ),
    }
    act[away]()
    assert (running.case().agreed, running.case().lock) == (False, None)


def test_an_objection_that_does_not_block_leaves_the_lock(running: Timed) -> None:
    running.do(object_(running.docket, CASE, by=by("hhs-oig/inspector"), grounds="note", text="recorded"))
    assert running.case().state is State.LOCKED


def test_an_abort_keeps_the_lock(running: Timed) -> None:
    running.hours(25)
    running.do(running.leaving(running.note()))
    running.do(gateway_events.aborted(running.docket, CASE, reason="interrupted"))
    assert running.case().state is State.LOCKED
    running.do(running.leaving(running.note()))
    assert running.case().state is State.LOGGED


def test_an_evaluation_home_shows_its_waits_and_holds_nothing() -> None:
    made = Timed(witnessed=False)
    made.file()
    made.to_agreement()
    assert made.case().waits.longest_s == DISCRETIONARY_S
    assert not made.case().must_wait
    with pytest.raises(EvidenceError, match="nothing to wait for"):
        made.lock()
    with pytest.raises(EvidenceError, match="a lock that it does not have"):
        made.do(made.leaving(made.note()))
    made.do(made.leaving(None))
    assert made.case().state is State.LOGGED


@pytest.mark.parametrize("witnessed", [True, False])
def test_origins_are_told_before_anything_unlocks(*, witnessed: bool) -> None:
    made = Timed(witnessed=witnessed)
    made.file()
    made.decide()
    for person in ("cms/privacy", "il-hfs/origin"):
        made.do(approve(made.docket, CASE, by=by(person), text="as asked"))
    assert case_time.untold(made.case(), made.docket.roster) == {"CA"}
    with pytest.raises(EvidenceError, match="every origin had its notice"):
        made.lock() if witnessed else made.do(made.leaving(None))
    made.notify("CA", "IL")
    assert not case_time.untold(made.case(), made.docket.roster)
    assert made.case().state is State.AGREED


def test_a_notice_is_of_this_round_and_to_an_enrolled_state(world: Timed) -> None:
    with pytest.raises(EvidenceError, match="no enrolled organisation"):
        world.notify("TX")
    old = gateway_events.notified(world.docket, CASE, states=["CA"])
    world.decide()
    with pytest.raises(EvidenceError, match="another decision"):
        world.do(old)
    assert case_time.untold(world.case(), world.docket.roster) == {"CA"}


def test_how_an_origin_was_told_is_the_custodians_to_record(world: Timed) -> None:
    world.do(serve(world.docket, CASE, by=by("cms/steward"), state="CA", text="by courier"))
    assert [each.state for each in world.case().served] == ["CA"]
    with pytest.raises(NotPermittedError):
        serve(world.docket, CASE, by=by("hhs-oig/counsel"), state="CA", text="we told them")
    with pytest.raises(NotFoundError):
        serve(world.docket, CASE, by=by("cms/steward"), state="TX", text="by courier")


def test_first_reviews_are_sealed_until_all_are_in() -> None:
    made = Timed()
    made.file()
    made.decide()
    made.notify()
    event = approve(made.docket, CASE, by=by("cms/privacy"), text="fine")
    assert event.kind == "review"
    made.do(event)
    case = made.case()
    assert case.blind
    assert obstacles(case) == (
        "1 of 2 first reviews are in, from 1 of 2 organisations; they are sealed until all are.",
    )
    assert shown(case, case.approvals) == ()
    assert "how, is told when" in case.timeline[-1].summary
    assert "cms/privacy" not in case.whose_turn
    made.do(approve(made.docket, CASE, by=by("il-hfs/origin"), text="fine"))
    assert not made.case().blind
    assert len(shown(made.case(), made.case().approvals)) == 2
    assert made.case().state is State.AGREED


def test_a_sealed_rejection_looks_like_a_sealed_approval() -> None:
    told = []
    for act in (approve, reject):
        made = Timed()
        made.file()
        made.decide()
        made.do(act(made.docket, CASE, by=by("cms/privacy"), text="my reasons"))
        case = made.case()
        told.append((case.state, obstacles(case), case.whose_turn, case.timeline[-1].kind, case.timeline[-1].summary))
    assert told[0] == told[1]


def test_nobody_votes_in_the_open_while_reviews_are_sealed_nor_sealed_afterwards() -> None:
    made = Timed()
    made.file()
    made.decide()
    made.notify()
    sealed = approve(made.docket, CASE, by=by("cms/privacy"), text="fine")
    content = {name: value for name, value in sealed.content.items() if name != "verdict"}
    with pytest.raises(EvidenceError, match="in the open"):
        made.do(resigned(made, "approved", content))
    made.do(sealed)
    with pytest.raises(ConflictError, match="sealed until all"):
        reject(made.docket, CASE, by=by("cms/privacy"), text="no, after all")
    with pytest.raises(EvidenceError, match="second first review"):
        made.do(resigned(made, "review", {**content, "verdict": "reject"}))
    made.do(approve(made.docket, CASE, by=by("il-hfs/origin"), text="fine"))
    with pytest.raises(EvidenceError, match="cannot follow when a case is agreed"):
        made.do(resigned(made, "review", {**content, "verdict": "approve"}, person="ca-dhcs/counsel"))
    assert reject(made.docket, CASE, by=by("cms/privacy"), text="no").kind == "rejected"


def resigned(made: Timed, kind: str, content: dict[str, object], *, person: str = "cms/privacy") -> Event:
    from modicum.docket.signing import in_case

    bare = {name: value for name, value in content.items() if name != "signature"}
    return in_case(kind, bare, case=made.case(), log_size=made.docket.size, by=by(person))


def test_a_review_turned_round_is_forged() -> None:
    made = Timed()
    made.file()
    made.decide()
    sealed = reject(made.docket, CASE, by=by("cms/privacy"), text="no")
    with pytest.raises(EvidenceError, match="signature"):
        made.do(Event("review", {**sealed.content, "verdict": "approve"}, CASE))
    content = {name: value for name, value in sealed.content.items() if name != "verdict"}
    with pytest.raises(EvidenceError):
        made.do(Event("rejected", content, CASE))


def test_a_decision_under_another_quorum_is_no_decision() -> None:
    made = Timed()
    made.file()
    with pytest.raises(EvidenceError, match="another quorum"):
        made.decide(
            quorum=type(made.docket.roster.reviews.rules[0].quorum)(roles=("counsel",), organisations=2, approvals=2)
        )  # type: ignore[union-attr]


def test_a_case_expires_when_nothing_was_entered_for_as_long_as_its_rule_allows(world: Timed) -> None:
    assert case_time.expires_s(world.case()) == world.seconds + EXPIRES_S
    with pytest.raises(EvidenceError, match="has not expired"):
        world.do(gateway_events.expired(world.docket, CASE))
    world.hours(47.9)
    world.do(object_(world.docket, CASE, by=by("hhs-oig/inspector"), grounds="note", text="still here"))
    world.hours(1)
    with pytest.raises(EvidenceError, match="has not expired"):
        world.do(gateway_events.expired(world.docket, CASE))
    world.hours(47.1)
    world.do(gateway_events.expired(world.docket, CASE))
    assert (world.case().state, world.case().ended, world.case().whose_turn) == (State.EXPIRED, True, "")
    with pytest.raises(ConflictError):
        approve(world.docket, CASE, by=by("ca-dhcs/counsel"))


def test_a_running_lock_puts_expiry_off(running: Timed) -> None:
    assert case_time.expires_s(running.case()) == (running.case().unlocks_s or 0) + EXPIRES_S


def test_what_was_delivered_can_be_recalled_by_the_custodian(running: Timed) -> None:
    with pytest.raises(ConflictError):
        recall(running.docket, CASE, by=by("cms/counsel"), text="an order came")
    running.hours(25)
    running.do(running.leaving(running.note()))
    running.do(gateway_events.cosigned(running.docket, CASE, checkpoint=running.note()))
    running.do(gateway_events.delivered(running.docket, CASE, package_sha256="55" * 32, size_bytes=9))
    running.do(gateway_events.accounted(running.docket, CASE))
    with pytest.raises(NotPermittedError):
        recall(running.docket, CASE, by=by("hhs-oig/counsel"), text="an order came")
    running.do(recall(running.docket, CASE, by=by("cms/counsel"), text="an order came", notice_sha256="66" * 32))
    case = running.case()
    assert (case.state, case.recall.text if case.recall else "") == (State.RECALLED, "an order came")
    assert case.release is not None  # what was released stays released


def test_the_checkpoints_of_locks_are_held_against_the_log_too(running: Timed) -> None:
    running.hours(25)
    running.do(running.leaving(running.note()))

    def log(leaves: list[bytes]) -> VerifiedLog:
        checkpoint = Checkpoint(origin=ORIGIN, size=len(leaves), root=root_of(running, len(leaves)))
        return VerifiedLog(checkpoint=checkpoint, leaves=tuple(leaves), note=b"")

    leaves = [str(each.index).encode() for each in running.entries]
    vkey = vkey_of(ORIGIN, LOG.private_key.public_key())
    cases = running.docket.cases.values()
    assert check_checkpoints(log(leaves), cases, log_vkey=vkey) == 2
    with pytest.raises(EvidenceError, match="another history"):
        check_checkpoints(log([leaves[0], b"other", *leaves[2:]]), cases, log_vkey=vkey)
    stranger = vkey_of(ORIGIN, key("stranger").private.public_key())
    with pytest.raises(EvidenceError):
        check_checkpoints(log(leaves), cases, log_vkey=stranger)


@pytest.mark.parametrize(
    ("broken", "attack"),
    [
        ("earliest_s", lambda made: made.do(made.leaving(made.note(behind={"court": 24 * 3600})))),
        ("untold", lambda made: made.do(made.leaving(made.note()))),
        ("check_rules", lambda made: made.do(made.leaving(made.note()))),
    ],
)
def test_control_a_build_without_one_of_these_checks_lets_it_through(
    running: Timed, monkeypatch: pytest.MonkeyPatch, broken: str, attack: Callable[[Timed], object]
) -> None:
    """Each check is what refuses: taken away, the same release goes through."""
    running.hours(24.5)
    if broken == "untold":
        monkeypatch.setattr(case_time, "untold", lambda case, roster: frozenset({"CA"}))  # noqa: ARG005
    if broken == "check_rules":
        changed = reviews(expires_s=None)
        object.__setattr__(running.docket, "roster", type(running.docket.roster)(**{
            name: getattr(running.docket.roster, name) for name in running.docket.roster.__slots__
        } | {"reviews": changed}))  # fmt: skip
    with pytest.raises(EvidenceError):
        attack(running)
    without = {
        "earliest_s": case_time.latest_s,
        "untold": lambda case, roster: frozenset(),  # noqa: ARG005
        "check_rules": lambda case, entry, roster: None,  # noqa: ARG005
    }
    monkeypatch.setattr(case_time, broken, without[broken])
    attack(running)
    assert running.case().state is State.LOGGED


def test_a_forbidden_case_waits_for_nobody() -> None:
    made = Timed()
    made.file()
    made.decide(verdict=Verdict.FORBIDDEN)
    assert made.case().waits.longest_s == 0
    assert not made.case().blind
