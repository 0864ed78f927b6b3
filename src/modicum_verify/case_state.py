"""One case as its events have made it, and whether it is agreed: all that reviewers, releases and pages ask about it.

Nothing here is stored: every field comes from the log by way of the fold, and what can be derived is derived here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modicum_verify.case_parts import (
    NO_WAITS,
    Decided,
    Directive,
    Fact,
    Lines,
    Notice,
    Objection,
    Recall,
    Refusal,
    Release,
    Said,
    Served,
    TimelineItem,
    Vote,
)
from modicum_verify.holds import LIFTING
from modicum_verify.lock import Lock, text_of
from modicum_verify.moves import ENDS, OFFICIAL, REVIEWERS, State
from modicum_verify.reviews import Quorum, Waits

__all__ = [
    "CaseState",
    "Decided",
    "Directive",
    "Fact",
    "Lines",
    "Lock",
    "Notice",
    "Objection",
    "Quorum",
    "Recall",
    "Refusal",
    "Release",
    "Said",
    "Served",
    "TimelineItem",
    "Vote",
    "Waits",
    "obstacles",
]

GATEWAY_TURN = "gateway"

_ENDED: Final = {
    State.REFUSED: "The case was refused.",
    State.WITHDRAWN: "The asker has withdrawn it.",
    State.EXPIRED: "It expired: nothing was entered for as long as the rules allow.",
    State.RECALLED: "It was released, and recalled.",
    State.ENACTED: "The change is in force.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """A case. Tuples are in log order; `signed` gives the last entry in this case that each person signed.

    `change`: the change of the rules that it is about; None where it is about a request.
    """

    id: str
    state: State
    filed_at: str
    request: Mapping[str, Any]
    request_sha256: str
    requester: str
    custodian: str
    pack: Mapping[str, str]  # the one in force when it was opened
    opened: int  # index of the entry that opened the present round
    change: Mapping[str, Any] | None = None
    witnessed: bool = False  # whether the home has witnesses; without their times no lock can be counted
    lines: Lines | None = None
    decision: Decided | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    votes: tuple[Vote, ...] = ()
    objections: tuple[Objection, ...] = ()
    directives: tuple[Directive, ...] = ()
    refusal: Refusal | None = None
    withdrawal: Said | None = None
    notices: tuple[Notice, ...] = ()
    served: tuple[Served, ...] = ()
    agreed_index: int | None = None  # the entry that made it agreed
    lock: Lock | None = None
    checkpoints: tuple[str, ...] = ()  # every cosigned checkpoint that its entries rest on
    recall: Recall | None = None
    expired_at: str | None = None
    releases: tuple[Release, ...] = ()
    timeline: tuple[TimelineItem, ...] = ()
    signed: Mapping[str, int] = field(default_factory=dict)

    @property
    def round(self) -> int:
        """The present round: 0 before the first decision."""
        return 0 if self.decision is None else self.decision.round

    @property
    def decision_sha256(self) -> str | None:
        """What a signature of the present round is about."""
        return None if self.decision is None else self.decision.decision_sha256

    @property
    def asker(self) -> str:
        """The organisation that asks; neither it nor its people ever count. Nobody where it is about the rules."""
        return "" if self.change is not None else self.requester.split("/", 1)[0]

    @property
    def parties(self) -> frozenset[str]:
        """The organisations that ask or would receive."""
        recipients = self.request.get("recipients")
        named = recipients if isinstance(recipients, list) else []
        return frozenset({self.asker, *(str(each.get("organisation")) for each in named if isinstance(each, Mapping))})

    @property
    def ended(self) -> bool:
        """Whether only words can be added."""
        return self.state in ENDS

    @property
    def standing_votes(self) -> tuple[Vote, ...]:
        """The latest vote of each person in the present round, if it counts.

        That takes a reviewing role, another organisation than the asker's, and a signature made in sight of every
        answer to a blocking objection.
        """
        if self.decision is None or self.state is State.FILED:
            return ()
        answers = [each.answer.index for each in self.objections if each.blocking and each.answer is not None]
        seen = max(answers, default=-1)
        latest = {vote.person: vote for vote in self.votes if vote.round == self.round}
        return tuple(vote for vote in latest.values() if self._may_count(vote) and vote.log_size > seen)

    def _may_count(self, vote: Vote) -> bool:
        """Whether its maker reviews this case, and is not who asks; a change of the rules is not its proposer's."""
        mine = vote.person == self.requester if self.change is not None else vote.organisation == self.asker
        return bool(vote.roles & self.reviewers) and not mine

    @property
    def first_reviews(self) -> tuple[Vote, ...]:
        """The first vote in the present round of each person whose vote may count, in log order."""
        first: dict[str, Vote] = {}
        for vote in self.votes:
            if vote.round == self.round and self._may_count(vote):
                first.setdefault(vote.person, vote)
        return tuple(first.values())

    @property
    def blind(self) -> bool:
        """Whether first reviews are still sealed: until as many people of as many organisations as the quorum asks.

        While it is so nobody is told how anybody voted. Only where genesis fixes the rules of review.
        """
        if self.decision is None or self.decision.rule is None:
            return False
        first, quorum = self.first_reviews, self.decision.quorum
        return len(first) < quorum.approvals or len({each.organisation for each in first}) < quorum.organisations

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """The approvals that count."""
        return tuple(vote for vote in self.standing_votes if vote.approves)

    @property
    def rejections(self) -> tuple[Vote, ...]:
        """The rejections that stand; while one does, nothing is agreed."""
        return tuple(vote for vote in self.standing_votes if not vote.approves)

    @property
    def named_persons_sha256(self) -> str | None:
        """The digest of the list of persons whom the request names; None where it names nobody."""
        population = self.request.get("population")
        found = population.get("named_persons_sha256") if isinstance(population, Mapping) else None
        return found if isinstance(found, str) else None

    @property
    def held(self) -> bool:
        """Whether its list raised a hold that nobody has lifted."""
        return self.lines is not None and bool(self.lines.holds) and not all(fact in self.facts for fact in LIFTING)

    @property
    def unanswered(self) -> tuple[Objection, ...]:
        """The objections that block."""
        return tuple(each for each in self.objections if each.blocking and not each.answered)

    @property
    def agreed(self) -> bool:
        """Whether the quorum stands and nothing blocks; it may still have to wait (`must_wait`)."""
        return self.state in {State.AGREED, State.LOCKED}

    @property
    def waits(self) -> Waits:
        """How long it waits once it is agreed. An evaluation home shows it and waits for nothing."""
        return NO_WAITS if self.decision is None else self.decision.waits

    @property
    def must_wait(self) -> bool:
        """Whether it can be released only after a lock that witnesses have timed."""
        return self.witnessed and self.waits.longest_s > 0

    @property
    def deadlines_s(self) -> tuple[int, ...]:
        """The deadlines that end a discretionary wait: those of the custodian's own accountable official."""
        return tuple(
            each.deadline_s
            for each in self.directives
            if each.deadline_s is not None and each.organisation == self.custodian and OFFICIAL in each.roles
        )

    @property
    def unlocks_s(self) -> int | None:
        """When its lock is over at the earliest, in seconds since 1970; None where no lock runs."""
        return None if self.lock is None else self.lock.ends_s(self.deadlines_s)

    @property
    def why_not_agreed(self) -> tuple[str, ...]:
        """What stands between the case and its release, in plain sentences; empty if nothing does."""
        if self.state in _ENDED:
            return (_ENDED[self.state],)
        if self.state in {State.LOGGED, State.COSIGNED, State.DELIVERED, State.ACCOUNTED}:
            return (f"The case was released in entry {self.releases[-1].index}.",)
        return obstacles(self)

    @property
    def whose_turn(self) -> str:
        """Who must act next, and how; empty where nobody must."""
        match self.state:
            case state if state in ENDS:
                return ""
            case State.FILED:
                return f"{GATEWAY_TURN}: decide"
            case State.LOGGED | State.COSIGNED:
                return f"{GATEWAY_TURN}: deliver or abort"
            case State.DELIVERED:
                return f"{GATEWAY_TURN}: account"
            case State.AGREED | State.LOCKED:
                return _after_agreement(self)
            case _:
                return _reviewers_turn(self)

    @property
    def release(self) -> Release | None:
        """The release that is under way or done; None if there is none, or the last attempt was aborted."""
        return self.releases[-1] if self.releases and self.releases[-1].aborted is None else None

    @property
    def reviewers(self) -> frozenset[str]:
        """The roles whose vote counts in this case and whose objection blocks it."""
        return REVIEWERS | (frozenset(self.decision.quorum.roles) if self.decision else frozenset())

    @property
    def missing_roles(self) -> tuple[str, ...]:
        """The roles that the quorum names and that have not approved."""
        given = {role for vote in self.approvals for role in vote.roles}
        return tuple(role for role in (self.decision.quorum.roles if self.decision else ()) if role not in given)


def waiting(case: CaseState) -> str:
    """Why an agreed case waits, in a sentence; empty where it need not."""
    if not case.must_wait:
        return ""
    if case.unlocks_s is None:
        return "It is agreed; its time-lock starts when the witnesses have cosigned that."
    return f"It is agreed, and locked until {text_of(case.unlocks_s)} at the earliest, by the witnesses' clocks."


def obstacles(case: CaseState) -> tuple[str, ...]:
    """What keeps an open case from being agreed. The one place where agreement is judged.

    Agreed: a decision of this day's law that permits; no unanswered blocking objection; no standing rejection; enough
    approvals of the present round, every role of the quorum among them, from at least two organisations, the asker's
    never counted.
    """
    decision = case.decision
    if decision is None:
        return ("No decision has been made yet.",)
    if case.state is State.FILED:
        return ("A fact was attested since the last decision; a new one is due.",)
    found = []
    if decision.hypothetical:
        found.append(f"The decision is as of {decision.as_of}, another day than it was made on: hypothetical.")
    if decision.verdict == "forbidden":
        found.append("The law forbids what is asked.")
    elif decision.verdict != "permitted":
        ways = "; or ".join(" and ".join(facts) for facts in decision.missing) or "not stated"
        found.append(f"Conditions are outstanding: {ways}.")
    if case.held and case.lines is not None:
        reasons = "; ".join(each["reason"] for each in case.lines.holds)
        absent = " and ".join(fact for fact in LIFTING if fact not in case.facts)
        found.append(f"A hold is not lifted ({reasons}): it takes {absent}.")
    found += [f"The objection of {each.person} (entry {each.index}) is not answered." for each in case.unanswered]
    return (*found, *(_sealed(case) if case.blind else _uncounted(case)))


def _sealed(case: CaseState) -> list[str]:
    """What is told of first reviews while they are sealed: how many are in, and nothing of what they say."""
    quorum = Quorum(roles=(), organisations=0, approvals=0) if case.decision is None else case.decision.quorum
    first = case.first_reviews
    organisations = len({each.organisation for each in first})
    come = f"{len(first)} of {quorum.approvals} first reviews are in"
    return [f"{come}, from {organisations} of {quorum.organisations} organisations; they are sealed until all are."]


def _uncounted(case: CaseState) -> list[str]:
    """What the votes that count leave open."""
    decision = case.decision
    if decision is None:
        return []
    found = [f"{vote.person} rejects it (entry {vote.index})." for vote in case.rejections]
    quorum = decision.quorum
    approvals = case.approvals
    organisations = {vote.organisation for vote in approvals}
    needed = max(2, quorum.organisations)
    if len(approvals) < quorum.approvals or len(organisations) < needed:
        found.append(
            f"{len(approvals)} of {quorum.approvals} approvals, from {len(organisations)} of {needed} organisations."
        )
    if case.missing_roles:
        found.append(f"Approval is missing by: {', '.join(case.missing_roles)}.")
    return found


def _reviewers_turn(case: CaseState) -> str:
    decision = case.decision
    if decision is None or decision.hypothetical:
        return f"{GATEWAY_TURN}: decide as of today"
    if decision.verdict == "forbidden":
        return f"{GATEWAY_TURN}: refuse"
    if decision.verdict != "permitted":
        return "those who can attest what is missing: attest"
    if case.held or case.unanswered or (case.rejections and not case.blind):
        return _blockers_turn(case)
    if case.blind:
        given = {role for vote in case.first_reviews for role in vote.roles}
        absent = [role for role in decision.quorum.roles if role not in given]
        return f"{', '.join(absent) or 'reviewers who have not reviewed it'}: approve, reject or object"
    who = ", ".join(case.missing_roles) or "reviewers of another organisation"
    return f"{who}: approve, reject or object"


def _after_agreement(case: CaseState) -> str:
    if case.must_wait and case.unlocks_s is None:
        return f"{GATEWAY_TURN}: have the agreement cosigned, which starts its time-lock"
    after = f", from {text_of(case.unlocks_s)}" if case.must_wait and case.unlocks_s is not None else ""
    return f"{GATEWAY_TURN}: enact the change{after}" if case.change is not None else f"steward: release{after}"


def _blockers_turn(case: CaseState) -> str:
    if case.held:
        return f"counsel of the custodian, and another organisation: attest {' and '.join(LIFTING)}"
    if case.unanswered:
        return "counsel or privacy_officer of the custodian: answer the objection"
    return "those who reject, or the gateway: think again, or refuse"
