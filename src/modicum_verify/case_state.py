"""One case as its events have made it, and whether it is agreed: all that reviewers, releases and pages ask about it.

Nothing here is stored: every field comes from the log by way of the fold, and what can be derived is derived here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modicum_verify.holds import LIFTING
from modicum_verify.moves import ENDS, REVIEWERS, State

GATEWAY_TURN = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """How many people, from how many organisations, must approve; every role named must be among them."""

    roles: tuple[str, ...]
    organisations: int
    approvals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as the log holds it: its digest, and the summary that reviewers see.

    `hypothetical`: it was made as of another day (UTC) than that of its entry, so nothing can be agreed on it.
    """

    index: int
    at: str
    round: int
    decision_sha256: str
    as_of: str
    hypothetical: bool
    pack: Mapping[str, str]
    lowest_form: str
    form: str | None
    verdict: str
    missing: tuple[tuple[str, ...], ...]
    because: tuple[Mapping[str, str], ...]
    strata: tuple[Mapping[str, str], ...]
    columns: tuple[str, ...]
    quorum: Quorum


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A signed act of a person: who, with which roles then, at which entry, having seen how much of the log."""

    index: int
    at: str
    person: str
    roles: frozenset[str]
    log_size: int
    text: str

    @property
    def organisation(self) -> str:
        """The handle of the person's organisation."""
        return self.person.split("/", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote(Said):
    """An approval or a rejection of the decision of one round."""

    round: int
    decision_sha256: str
    approves: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Said):
    """An attested fact."""

    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection(Said):
    """An objection; it stays for ever. A blocking one holds the case until it is answered and voted on afresh."""

    grounds: str
    strata: Mapping[str, str] | None
    blocking: bool
    answer: Said | None = None

    @property
    def answered(self) -> bool:
        """Whether it has its signed answer."""
        return self.answer is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive(Said):
    """An order to release, under a name. It lifts nothing."""

    deadline: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The list of persons behind a request, as the log holds it: digests and counts, and the holds that it raised.

    `sealed_sha256` is that of the sealed list in custody. Each hold is `{because, reason}`. No name stands here.
    """

    index: int
    at: str
    as_of: str
    lines_sha256: str
    sealed_sha256: str
    total: int
    sufficient: int
    holds: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The gateway's refusal."""

    index: int
    at: str
    decision_sha256: str
    because: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One attempt at a release: its entry, and how it ended."""

    index: int
    at: str
    content: Mapping[str, Any]
    cosigned: str | None = None  # the cosigned checkpoint, where the home has witnesses
    delivered: Mapping[str, Any] | None = None
    aborted: str | None = None
    accounted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One entry of a case in one line."""

    index: int
    at: str
    kind: str
    actor: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """A case. Tuples are in log order; `signed` gives the last entry in this case that each person signed."""

    id: str
    state: State
    filed_at: str
    request: Mapping[str, Any]
    request_sha256: str
    requester: str
    custodian: str
    pack: Mapping[str, str]  # the one that genesis fixes
    opened: int  # index of the entry that opened the present round
    lines: Lines | None = None
    decision: Decided | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    votes: tuple[Vote, ...] = ()
    objections: tuple[Objection, ...] = ()
    directives: tuple[Directive, ...] = ()
    refusal: Refusal | None = None
    withdrawal: Said | None = None
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
        """The organisation that asks; neither it nor its people ever count."""
        return self.requester.split("/", 1)[0]

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
        return tuple(
            vote
            for vote in latest.values()
            if vote.roles & self.reviewers and vote.organisation != self.asker and vote.log_size > seen
        )

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
        """Whether it can be released now."""
        return self.state is State.AGREED

    @property
    def why_not_agreed(self) -> tuple[str, ...]:
        """What stands between the case and its release, in plain sentences; empty if nothing does."""
        if self.state is State.REFUSED:
            return ("The case was refused.",)
        if self.state is State.WITHDRAWN:
            return ("The asker has withdrawn it.",)
        if self.state in {State.LOGGED, State.COSIGNED, State.DELIVERED, State.ACCOUNTED}:
            return (f"The case was released in entry {self.releases[-1].index}.",)
        return obstacles(self)

    @property
    def whose_turn(self) -> str:
        """Who must act next, and how; empty where nobody must."""
        match self.state:
            case State.REFUSED | State.ACCOUNTED | State.WITHDRAWN:
                return ""
            case State.FILED:
                return f"{GATEWAY_TURN}: decide"
            case State.LOGGED | State.COSIGNED:
                return f"{GATEWAY_TURN}: deliver or abort"
            case State.DELIVERED:
                return f"{GATEWAY_TURN}: account"
            case State.AGREED:
                return "steward: release"
            case State.DECIDED | State.IN_REVIEW:
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
    found += [f"{vote.person} rejects it (entry {vote.index})." for vote in case.rejections]
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
    return tuple(found)


def _reviewers_turn(case: CaseState) -> str:
    decision = case.decision
    if decision is None or decision.hypothetical:
        return f"{GATEWAY_TURN}: decide as of today"
    if decision.verdict == "forbidden":
        return f"{GATEWAY_TURN}: refuse"
    if decision.verdict != "permitted":
        return "those who can attest what is missing: attest"
    if case.held or case.unanswered or case.rejections:
        return _blockers_turn(case)
    who = ", ".join(case.missing_roles) or "reviewers of another organisation"
    return f"{who}: approve, reject or object"


def _blockers_turn(case: CaseState) -> str:
    if case.held:
        return f"counsel of the custodian, and another organisation: attest {' and '.join(LIFTING)}"
    if case.unanswered:
        return "counsel or privacy_officer of the custodian: answer the objection"
    return "those who reject, or the gateway: think again, or refuse"
