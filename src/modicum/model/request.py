"""A request: who asks which question, for what, under which authority, about whom, in which form, kept how long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from modicum.model.forms import Form
from modicum.model.statistics import Statistics
from modicum_verify.canonical import digest

REQUEST_SCHEMA: Final = "modicum.request/1"


class Asks(StrEnum):
    """What kind of answer the question needs; `needs` gives the lowest form that can hold it."""

    STATISTICS = "statistics"
    MATCH = "match"
    VERIFICATION = "verification"
    RECORDS = "records"
    IDENTITIES = "identities"

    @property
    def needs(self) -> Form:
        """The lowest form that answers such a question."""
        return _NEEDS[self]


_NEEDS: Final[Mapping[Asks, Form]] = {
    Asks.STATISTICS: Form.STATISTICS,
    Asks.MATCH: Form.MATCH,
    Asks.VERIFICATION: Form.VERIFICATION,
    Asks.RECORDS: Form.PSEUDONYMISED,
    Asks.IDENTITIES: Form.IDENTIFIED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question in words, and what a table that answers it would hold.

    `count_persons`, `sums` and `by` matter for statistics alone; columns are `table.column` or a unique `column`.
    `margins` and `within` (a coarser column for each of `by`) are said by the statistics table, and not filed twice.
    """

    text: str
    asks: Asks
    count_persons: bool = True
    sums: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    margins: bool = False
    within: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A legal basis that the asker claims, with the days on which it holds (both inclusive) and its claims."""

    kind: str
    citation: str
    document_sha256: str | None = None
    since: date | None = None
    until: date | None = None
    claims: Mapping[str, str | bool | int] = field(default_factory=dict)

    def in_force(self, day: date) -> bool:
        """Whether the claimed basis holds on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who acts: `organisation` and `person` are the handles under which both are enrolled."""

    organisation: str
    person: str

    @property
    def handle(self) -> str:
        """`organisation/person`, as leaves name an actor."""
        return f"{self.organisation}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who will open the package; `age_key` is an age X25519 recipient or an ssh-ed25519 public key line."""

    organisation: str
    person: str
    age_key: str


class Operator(StrEnum):
    """How a condition compares."""

    EQ = "="
    NE = "!="
    IN = "in"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition on the people asked about; all conditions must hold. A null never satisfies one."""

    column: str
    operator: Operator
    values: tuple[str, ...]  # one value save for `in`


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The people asked about: persons of one data set who meet every condition."""

    dataset: str
    where: tuple[Condition, ...] = ()
    named_persons_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What the recipients promise."""

    retention_days: int
    safeguards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The whole request, as filed. `form` is the form asked for, or None for the lowest that will do.

    `statistics`: the question in the closed grammar; None where `question` says all that there is to count.
    """

    title: str
    custodian: str
    action: str
    requester: Person
    question: Question
    purpose: str
    authorities: tuple[Authority, ...]
    population: Population
    columns: tuple[str, ...]
    form: Form | None
    recipients: tuple[Recipient, ...]
    handling: Handling
    deadline: datetime | None = None
    statistics: Statistics | None = None

    @property
    def counted(self) -> tuple[str, ...]:
        """The columns of which the figures of its question are made: groups, sums, and those of its statistics."""
        return (*self.question.by, *self.question.sums, *(self.statistics.columns if self.statistics else ()))

    def as_document(self) -> dict[str, Any]:
        """The request as published JSON (docs/reference/schemas/request.json)."""
        # Left out where there is none: a request that was filed before there were any keeps its digest.
        table = {} if self.statistics is None else {"statistics": self.statistics.as_document()}
        return {
            "schema": REQUEST_SCHEMA,
            "title": self.title,
            "custodian": self.custodian,
            "action": self.action,
            "requester": {"organisation": self.requester.organisation, "person": self.requester.person},
            "question": {
                "text": self.question.text,
                "asks": {
                    "kind": str(self.question.asks),
                    "count_persons": self.question.count_persons,
                    "sums": list(self.question.sums),
                    "by": list(self.question.by),
                },
            },
            "purpose": self.purpose,
            "authorities": [_authority(authority) for authority in self.authorities],
            "population": {
                "dataset": self.population.dataset,
                "where": [
                    {"column": each.column, "op": str(each.operator), "values": list(each.values)}
                    for each in self.population.where
                ],
                "named_persons_sha256": self.population.named_persons_sha256,
            },
            "columns": list(self.columns),
            "form": None if self.form is None else str(self.form),
            "recipients": [
                {"organisation": each.organisation, "person": each.person, "age_key": each.age_key}
                for each in self.recipients
            ],
            "handling": {
                "retention_days": self.handling.retention_days,
                "safeguards": list(self.handling.safeguards),
            },
            "deadline": None if self.deadline is None else self.deadline.isoformat(),
            **table,
        }

    @property
    def sha256(self) -> str:
        """Digest of the canonical document: what signatures and decisions name."""
        return digest(self.as_document())


def _authority(authority: Authority) -> dict[str, Any]:
    return {
        "kind": authority.kind,
        "citation": authority.citation,
        "document_sha256": authority.document_sha256,
        "from": None if authority.since is None else authority.since.isoformat(),
        "until": None if authority.until is None else authority.until.isoformat(),
        "claims": dict(authority.claims),
    }
