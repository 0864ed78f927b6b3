"""The parts of a case: decisions, votes, facts, objections, releases, as the log gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from modicum_verify.lock import seconds_of
from modicum_verify.reviews import Quorum, ReviewRule, Waits

Content: TypeAlias = Mapping[str, Any]
"""The content of an event, checked against its kind."""

NO_WAITS: Final = Waits(statutory_s=0, discretionary_s=0)


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
    rule: ReviewRule | None = None  # the rule of review in force; None in logs whose genesis fixes none
    waits: Waits = NO_WAITS


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
    """An order to release, under a name. It lifts nothing.

    The custodian's own accountable official ends a discretionary wait with it, at `deadline`, where that is a time.
    """

    deadline: str | None

    @property
    def deadline_s(self) -> int | None:
        """The deadline in seconds since 1970; None where it is no time that a lock could count by."""
        return None if self.deadline is None else seconds_of(self.deadline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice to the states that supplied the records: entered by the gateway, for all who follow the log to see."""

    index: int
    at: str
    round: int
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Said):
    """How a state was told, beside the notice in the log."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Said):
    """A release that its recipients were told to give back or destroy. `notice_sha256`: of the notice they got."""

    release: int
    notice_sha256: str | None


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
