"""A change of the rules is a case: voted on by the old quorum, in force after the old lock, and by nothing sooner.

The generated orders are 40 by default, 500 with MODICUM_PROVE=1. What they are held against is a reading of the log of
its own: times of the witnesses' notes, people who approved, and the rules as the enacted changes left them.
"""

import json
import os
import random
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import pytest
from docket_world import PACK, World, by, released
from test_docket_witnessed import document, witness_set
from timed_world import HOUR, Timed, reviews, rule

from modicum.docket import gateway_events
from modicum.docket.commands import amend, approve, attest, direct, object_, recall, serve
from modicum.docket.signing import in_case
from modicum.model.errors import ConflictError, InvalidInputError, ModicumError, NotPermittedError
from modicum_verify import fold as folding
from modicum_verify.checkpoint import read_text
from modicum_verify.cosignature import cosignatures
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import fold
from modicum_verify.moves import State
from modicum_verify.note import split_note
from modicum_verify.reviews import Quorum, Reviews, Waits
from modicum_verify.roster import Pack
from modicum_verify.trust import Trust, parse_trust
from modicum_verify.witness_set import parse_witness_set

ORDERS: Final = 500 if os.environ.get("MODICUM_PROVE") == "1" else 40
STEPS: Final = 45
PROPOSER, VOTERS = "cms/counsel", ("ca-dhcs/counsel", "hhs-oig/counsel")
LOWER = Quorum(roles=("privacy_officer",), organisations=2, approvals=2)
OTHER_PACK = {"name": "us_medicaid", "version": "2", "sha256": "ba" * 32}
ONE_WITNESS = document(1)


def lowered(seconds: int = 0, **changes: Any) -> Reviews:
    """Rules that wait for nothing."""
    made = reviews(waits=Waits(statutory_s=seconds, discretionary_s=0), court=None, notice=False)
    return replace(made, change_wait_s=seconds, **changes)


def proposed(world: World, change: dict[str, Any], person: str = PROPOSER) -> str:
    event = amend(world.docket, change, by=by(person), text="a change", year=2026)
    world.do(event)
    assert event.case is not None
    return event.case


def vote(world: World, case: str, *people: str) -> None:
    for person in people or VOTERS:
        world.do(approve(world.docket, case, by=by(person)))


def enact(world: Timed, case: str, shown: bytes | None = None) -> None:
    world.do(gateway_events.amended(world.docket, case, unlocked=shown or world.note()))


def agreed_change(world: Timed, change: dict[str, Any]) -> str:
    case = proposed(world, change)
    vote(world, case)
    world.lock(case_id=case)
    return case


def test_a_change_waits_as_long_as_the_longest_wait_that_it_would_lower() -> None:
    world = Timed()
    case = agreed_change(world, {"reviews": lowered(changes=LOWER).as_document()})
    assert world.case(case).state is State.LOCKED
    world.hours(23.9)
    with pytest.raises(EvidenceError, match="before its time-lock is over"):
        enact(world, case)
    world.hours(0.2)
    assert world.docket.roster.reviews == reviews()
    enact(world, case)
    assert world.docket.roster.reviews == lowered(changes=LOWER)
    assert world.case(case).state is State.ENACTED
    second = proposed(world, {"reviews": reviews().as_document()}, "cms/counsel")
    vote(world, second, "cms/privacy", "ca-dhcs/origin")  # the lower quorum, of other roles, and no wait
    world.do(gateway_events.amended(world.docket, second, unlocked=None))
    assert world.docket.roster.reviews == reviews()


def test_no_directive_shortens_it() -> None:
    world = Timed()
    case = agreed_change(world, {"reviews": lowered().as_document()})
    world.do(direct(world.docket, case, by=by("cms/official"), text="today", deadline=world.now))
    world.hours(12)
    with pytest.raises(EvidenceError, match="before its time-lock is over"):
        enact(world, case)


def test_who_proposes_does_not_vote_and_two_organisations_must() -> None:
    world = Timed()
    case = proposed(world, {"reviews": lowered().as_document()})
    with pytest.raises(NotPermittedError, match="proposes the change"):
        vote(world, case, PROPOSER)
    vote(world, case, "ca-dhcs/counsel", "ca-dhcs/origin")
    assert world.case(case).state is State.IN_REVIEW
    vote(world, case, "cms/privacy")  # of the proposer's organisation, and another person: counts
    assert world.case(case).state is State.AGREED


def test_the_fold_itself_counts_no_vote_of_who_proposes() -> None:
    world = Timed()
    case = proposed(world, {"reviews": lowered().as_document()}, "ca-dhcs/counsel")
    honest = approve(world.docket, case, by=by("cms/counsel"))
    content = {name: honest.content[name] for name in ("decision_sha256", "round", "text")}
    world.do(in_case("approved", content, case=world.case(case), log_size=world.docket.size, by=by("ca-dhcs/counsel")))
    vote(world, case, "hhs-oig/counsel")
    assert world.case(case).state is State.IN_REVIEW
    assert [each.person for each in world.case(case).approvals] == ["hhs-oig/counsel"]


def test_only_founders_propose_and_evaluation_homes_have_no_witnesses_to_change() -> None:
    world, evaluation = Timed(), Timed(witnessed=False)
    with pytest.raises(NotPermittedError, match="founding"):
        proposed(world, {"reviews": lowered().as_document()}, "hhs-oig/counsel")
    with pytest.raises(InvalidInputError, match="evaluation home, which stays one"):
        proposed(evaluation, {"witnesses": ONE_WITNESS})
    case = proposed(evaluation, {"reviews": lowered().as_document()})
    vote(evaluation, case)
    evaluation.do(gateway_events.amended(evaluation.docket, case, unlocked=None))  # shows its wait, and holds nothing
    assert evaluation.docket.roster.reviews == lowered()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"reviews": reviews().as_document()},
        {"witnesses": document(2)},
        {"witnesses": {"organisations": 3, "witnesses": document(2)["witnesses"]}},
        {"witnesses": {"organisations": 1, "witnesses": [{"organisation": "cms", "vkey": ""}]}},
        {"reviews": {**lowered().as_document(), "rules": lowered().as_document()["rules"][:1]}},
        {"reviews": {**lowered().as_document(), "changes": {**lowered().as_document()["changes"], "organisations": 1}}},
    ],
)
def test_a_change_that_changes_nothing_or_is_malformed_is_refused_before_it_is_signed(change: dict[str, Any]) -> None:
    with pytest.raises((InvalidInputError, EvidenceError)):
        proposed(Timed(), change)


def test_witnesses_change_by_the_word_of_those_that_are_replaced() -> None:
    world = Timed()
    mine = {
        "organisations": 1,
        "witnesses": [each for each in document(1)["witnesses"] if each["organisation"] == "court"],
    }
    case = agreed_change(world, {"witnesses": mine})
    world.hours(25)
    with pytest.raises(EvidenceError, match="1 of the 2 organisations"):
        enact(world, case, world.note(names=("court",)))
    enact(world, case)
    roster, at = world.docket.roster, len(world.entries) - 1
    assert roster.witnesses == parse_witness_set(mine, place="test")
    assert [(each.witnesses, each.until_size) for each in roster.former_witnesses] == [(witness_set(), at)]
    filed = world.file()
    world.to_agreement(filed)
    with pytest.raises(EvidenceError, match="signed by others"):
        world.lock(world.note(), case_id=filed)  # the inspector is no witness any more
    world.lock(world.note(names=("court",)), case_id=filed)
    assert fold(world.entries) == world.docket


def test_what_was_agreed_under_old_rules_does_not_leave_under_new_ones() -> None:
    world = Timed()
    world.file()
    world.to_agreement()
    world.lock()
    case = agreed_change(world, {"pack": OTHER_PACK, "reviews": lowered(5).as_document()})
    world.hours(25)
    assert world.case().agreed
    enact(world, case)
    assert world.docket.roster.pack == Pack(**OTHER_PACK)
    assert world.docket.roster.pack_at(3) == Pack(**asdict(PACK))
    with pytest.raises(EvidenceError, match="policy pack that is no longer in force"):
        world.do(world.leaving(world.note()))
    with pytest.raises(EvidenceError, match="another policy pack"):
        world.decide()


def test_a_rule_of_review_that_changed_voids_an_agreement_under_the_same_pack() -> None:
    world = Timed()
    world.file()
    world.to_agreement()
    world.lock()
    case = agreed_change(world, {"reviews": lowered(5).as_document()})
    world.hours(25)
    enact(world, case)
    with pytest.raises(EvidenceError, match="rule of review that is no longer in force"):
        world.do(world.leaving(world.note()))


def test_a_change_that_waited_by_shorter_locks_is_not_kept_in_a_drawer() -> None:
    world = Timed(rules=lowered(60))
    sleeper = proposed(world, {"pack": OTHER_PACK})
    vote(world, sleeper)
    raised = proposed(world, {"reviews": reviews().as_document()})
    vote(world, raised)
    world.lock(case_id=sleeper)
    world.lock(case_id=raised)
    world.hours(1)
    enact(world, raised)
    with pytest.raises(EvidenceError, match="no longer in force"):
        enact(world, sleeper)


def test_a_vote_for_one_change_counts_for_no_other() -> None:
    world = Timed()
    first = proposed(world, {"reviews": lowered().as_document()})
    second = proposed(world, {"pack": OTHER_PACK})
    given = approve(world.docket, first, by=by("ca-dhcs/counsel"))
    moved = given._replace(case=second)
    with pytest.raises(EvidenceError):
        world.do(moved)
    same = {**given.content, "decision_sha256": world.case(second).decision_sha256}
    with pytest.raises(EvidenceError, match="signature"):
        world.do(moved._replace(content=same))
    world.do(given)
    again = proposed(world, {"reviews": lowered().as_document()})  # the very same change, proposed once more
    assert world.case(again).decision_sha256 == world.case(first).decision_sha256
    with pytest.raises(EvidenceError):
        world.do(given._replace(case=again))


def test_what_is_for_requests_is_not_for_changes() -> None:
    world = Timed()
    case = proposed(world, {"reviews": lowered().as_document()})
    vote(world, case)
    roles = {"agreement-in-force": ["privacy_officer"]}
    mine = by("cms/privacy")
    with pytest.raises(ConflictError, match="about the rules"):
        attest(world.docket, case, by=mine, fact="agreement-in-force", roles=roles)
    with pytest.raises(ConflictError, match="about the rules"):
        serve(world.docket, case, by=mine, state="CA", text="letter")
    with pytest.raises(ConflictError, match="cannot be recalled"):
        recall(world.docket, case, by=mine, text="back")
    filed = world.file()
    world.to_agreement(filed)
    with pytest.raises(ConflictError, match="changes no rules"):
        gateway_events.amended(world.docket, filed, unlocked=None)
    honest = gateway_events.amended(world.docket, case, unlocked=None)
    with pytest.raises(EvidenceError, match="case of this sort"):
        world.do(honest._replace(case=filed))
    with pytest.raises(EvidenceError, match="case of this sort"):
        world.do(released(world.docket, filed)._replace(case=case))


@dataclass(frozen=True)
class Enacted:
    """What the log itself shows of one change in force, read without the fold."""

    case: str
    index: int
    waited_s: int
    approvers: frozenset[str]
    proposer: str
    before: dict[str, Any]


def read_log(entries: list[Entry]) -> list[Enacted]:
    """A reading of its own: who approved, how long the witnesses' notes lie apart, which rules stood then."""
    rules: dict[str, Any] = dict(entries[0].content or {})["reviews"]
    found, changes, approvers, started, proposers = [], {}, {}, {}, {}
    for entry in entries:
        case, content = str(entry.case), dict(entry.content or {})
        if entry.kind == "amendment":
            changes[case], approvers[case], proposers[case] = content["change"], {}, entry.actor
        elif entry.kind in {"approved", "rejected"} and case in approvers:
            approvers[case][entry.actor] = entry.kind == "approved"
        elif entry.kind == "locked":
            started[case] = max(times(content["checkpoint"]))
        elif entry.kind == "amended":
            shown = content.get("unlocked")
            waited = min(times(shown["checkpoint"])) - started[case] if shown else 0
            yes = frozenset(person for person, said in approvers[case].items() if said and person != proposers[case])
            found.append(Enacted(case, entry.index, waited, yes, proposers[case], rules))
            rules = changes[case].get("reviews", rules)
    return found


def times(note: str) -> list[int]:
    """The times that the witnesses signed, straight from the lines of a note."""
    keys = witness_set().keys
    assert read_text(split_note(note.encode())[0]).size
    return [each.time for each in cosignatures(note.encode(), keys, not_after=1 << 40)]


def judge(entries: list[Entry]) -> int:
    """What must hold of every change that came into force; gives how many there were."""
    found = read_log(entries)
    for each in found:
        old = each.before
        longest = max(old["changes"]["wait_s"], *(max(r["statutory_s"], r["discretionary_s"]) for r in old["rules"]))
        assert each.waited_s >= longest, f"entry {each.index}: waited {each.waited_s} of {longest} seconds"
        assert len(each.approvers) >= old["changes"]["approvals"], each
        assert len({person.split("/")[0] for person in each.approvers}) >= old["changes"]["organisations"], each
        assert each.proposer not in each.approvers
    return len(found)


ACTORS = ("cms/counsel", "cms/privacy", "ca-dhcs/counsel", "ca-dhcs/origin", "il-hfs/origin", "hhs-oig/counsel")


def random_rules(chance: random.Random) -> Reviews:
    wait = chance.choice((0, 60, HOUR // 2, HOUR, 2 * HOUR))
    approvals = chance.choice((2, 2, 3))
    quorum = Quorum(roles=("counsel",), organisations=chance.choice((2, min(3, approvals))), approvals=approvals)
    made = lowered(wait, changes=quorum)
    return replace(made, rules=tuple(replace(rule(each.form), waits=each.waits, court=None) for each in made.rules))


def random_order(seed: int) -> Timed:
    """People and a hasty operator at it, in any order; what is refused is refused."""
    chance = random.Random(seed)
    world = Timed(rules=lowered(HOUR))
    notes: list[bytes] = []
    for _ in range(STEPS):
        with suppress(ModicumError):
            random_step(chance, world, notes)
    return world


def random_step(chance: random.Random, world: Timed, notes: list[bytes]) -> None:
    cases = [each.id for each in world.docket.cases.values() if not each.ended]
    if len(cases) < chance.choice((1, 1, 1, 3)):
        proposed(world, {"reviews": random_rules(chance).as_document()}, chance.choice(ACTORS))
        return
    case = chance.choice(cases)
    waits = world.case(case).must_wait
    shown = chance.choice([world.note(), world.note(), *notes[-2:], world.note(behind={"court": -50})])
    match chance.choice(("vote", "vote", "vote", "lock", "lock", "enact", "enact", "time", "time", "note", "object")):
        case "vote":
            world.do(approve(world.docket, case, by=by(chance.choice(ACTORS))))
        case "lock":
            world.lock(chance.choice([world.note(), *notes[-1:]]), case_id=case)
        case "enact":
            world.do(gateway_events.amended(world.docket, case, unlocked=shown if waits else None))
        case "time":
            world.hours(chance.choice((0.25, 0.6, 1.1, 2.2)))
        case "note":
            notes.append(world.note())
        case _ if chance.random() < 0.1:  # seldom: nobody here answers
            world.do(object_(world.docket, case, by=by(chance.choice(ACTORS)), grounds="g", text="t"))


def test_in_no_order_does_a_change_come_into_force_before_the_old_lock_has_run() -> None:
    in_force = sum(judge(random_order(seed).entries) for seed in range(ORDERS))
    assert in_force >= ORDERS // 3, "hardly anything came into force, so nothing was shown"


def test_a_build_that_takes_the_lock_from_the_new_rules_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = folding.open_amendment

    def broken(entry: Entry, content: Any, roster: Any) -> Any:
        case = honest(entry, content, roster)
        new = content["change"].get("reviews")
        wait = max(new["changes"]["wait_s"], 0) if new else 0
        return replace(case, decision=replace(case.decision, waits=Waits(statutory_s=wait, discretionary_s=0)))

    monkeypatch.setattr(folding, "open_amendment", broken)
    monkeypatch.setattr("modicum_verify.case_time.outdated", lambda *_: "")
    with pytest.raises(AssertionError, match=r"waited \d+ of \d+ seconds"):
        sum(judge(random_order(seed).entries) for seed in range(ORDERS))


def trust(**changes: Any) -> Trust:
    given = {"origin": "o", "log_vkey": "o+k", "genesis_sha256": "0" * 64, "manifest_key": "1" * 64}
    return Trust(**{**given, **changes})


def test_a_trust_root_that_is_older_or_newer_than_a_log_fits_only_what_it_can() -> None:
    world = Timed()
    case = agreed_change(world, {"witnesses": ONE_WITNESS})
    world.hours(25)
    enact(world, case)
    roster, size = world.docket.roster, world.docket.size
    old, new = (
        trust(witnesses=witness_set()),
        trust(witnesses=roster.witnesses, former_witnesses=roster.former_witnesses),
    )
    log: dict[str, Any] = {"former": roster.former_witnesses, "witnesses": roster.witnesses, "size": size}
    assert parse_trust(json.dumps(new.as_document()).encode()) == new
    assert old.fits(**log)
    assert new.fits(**log)
    assert not trust(witnesses=roster.witnesses).fits(**log)
    shown_before = {"former": (), "witnesses": witness_set()}
    assert new.fits(**shown_before, size=size - 1)
    assert not new.fits(**shown_before, size=size + 1)
    assert not old.fits((), roster.witnesses, size=size)
    assert new.witnesses_at(size - 1) == witness_set()
    assert new.witnesses_at(size) == roster.witnesses


@pytest.mark.parametrize("broken", [[], {}, [{"until_size": 0}], [{"until_size": 4, "witnesses": {}}], [1], "none"])
def test_former_witnesses_in_another_form_are_refused(broken: Any) -> None:
    document_ = trust(witnesses=witness_set()).as_document() | {"former_witnesses": broken}
    with pytest.raises(EvidenceError, match="trust file"):
        parse_trust(json.dumps(document_).encode())
