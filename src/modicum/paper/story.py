"""The story of one replayed case, as values: what the printable page says beyond its standing text.

A door or the demo fills a `Story`; `page.story_page` prints it. All texts are shown as they stand (escaped), times are
given in words or as RFC 3339, digests as lower-case hex. No field may hold a person's values.
"""

from dataclasses import dataclass

from modicum.model.decision import Decision
from modicum.model.forms import Form
from modicum.model.request import Request
from modicum.paper.clock import ClockEvent
from modicum.paper.june import LIMITS, NO_WITNESS, REPORTED, Reported
from modicum.paper.ladder import LadderStep
from modicum.paper.picture import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The request decided as of one day, with a sentence or two on why that day matters."""

    decision: Decision
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Signed words in the log: an objection or a directive. `outcome` is what it did, in a sentence."""

    by: str  # organisation/person
    at: str
    text: str
    entry: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One signed vote: who, in which role, when, at which entry of the log."""

    by: str
    role: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One file of the release package and what it is for."""

    name: str
    size_bytes: int
    sha256: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that the reader can run, and what it shows. `line` is one shell line without a prompt."""

    line: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One release that the person's record was in."""

    at: str
    recipient: str
    purpose: str
    form: Form
    columns: tuple[str, ...]
    authority: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that the page needs; sections follow in this order.

    made_at, version: when and by which Modicum the page was made. people: how many invented people the data set holds;
    dataset: its name. asked: the request of June 2025. days: it, decided as of each day, earliest first, drawn in
    `form`. objection, directive: what was said against and for it. rungs: the ladder for the stated question. narrow:
    the request that was answered; answer: its table, suppressed cells already replaced by the mark that `answer_notes`
    explains; columns_released: how many columns about any one person left with it. approvals: who agreed. events: the
    clock, in minutes after `asked` was filed. package: the files handed over; digests: further (what, hex) pairs such
    as the checkpoint's root; log_size: entries in the log. commands: how to check. account: the releases that one
    invented person was in (may be empty); account_words: a sentence on whose account it is. group_strata_by: as for
    `matrix`. clock_words: a sentence on whose clock it is, a replay's or a real one. unwitnessed: the home is an
    evaluation home. reported, limits: standing text. cosigned: the organisations whose witnesses cosigned the release,
    and when.
    """

    made_at: str
    version: str
    dataset: str
    people: int
    asked: Request
    days: tuple[Day, ...]
    form: Form
    objection: Statement
    directive: Statement
    rungs: tuple[LadderStep, ...]
    narrow: Request
    answer: Table
    answer_notes: tuple[str, ...]
    columns_released: int
    approvals: tuple[Approval, ...]
    events: tuple[ClockEvent, ...]
    package: tuple[PackageFile, ...]
    digests: tuple[tuple[str, str], ...]
    log_size: int
    commands: tuple[Command, ...]
    account: tuple[AccountLine, ...]
    account_words: str
    group_strata_by: str | None = None
    clock_words: str = ""
    unwitnessed: bool = True
    reported: tuple[Reported, ...] = REPORTED
    limits: tuple[str, ...] = (*LIMITS, NO_WITNESS)
    cosigned: tuple[tuple[str, str], ...] = ()
