"""What the tables hold, as plain rows: a pure function of the docket, the same for every database.

Of a case: one row in `cases`, and its votes, objections, facts, directives and releases. Of the whole: people,
organisations, data sets. What people wrote stays in the bodies; no value of a person in the records stands in any row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry, leaf_bytes
from modicum_verify.fold import Docket
from modicum_verify.lock import text_of

Value: TypeAlias = str | int | bool | None
Row: TypeAlias = Mapping[str, Value]

CASE_TABLES: Final = ("cases", "votes", "objections", "facts", "directives", "releases")
"""Tables whose rows belong to one case, in the order in which rows may be inserted."""
ROSTER_TABLES: Final = ("organisations", "people")
PROJECTIONS: Final = (*ROSTER_TABLES, "datasets", *CASE_TABLES)
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "entries": ("index",),
    "organisations": ("organisation",),
    "people": ("person",),
    "datasets": ("dataset",),
    "cases": ("case",),
    "votes": ("case", "entry"),
    "objections": ("case", "entry"),
    "facts": ("case", "fact"),
    "directives": ("case", "entry"),
    "releases": ("case", "entry"),
}
"""The primary key of each table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry as the store keeps it: its leaf as the log has it, its body file as `bodies/` has it."""

    entry: Entry
    leaf: bytes
    body: bytes

    @classmethod
    def of(cls, entry: Entry, body: bytes) -> "EntryRow":
        """Put an entry and its body file together."""
        return cls(entry=entry, leaf=leaf_of(entry), body=body)


def leaf_of(entry: Entry) -> bytes:
    """The leaf of an entry; a leaf has one form, so this is the one in the log."""
    return leaf_bytes(kind=entry.kind, at=entry.at, case=entry.case, actor=entry.actor, body=entry.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New rows for a table: for those of one case, or for all where `case` is None."""

    table: str
    case: str | None
    rows: Sequence[Row]


def changes(before: Docket, after: Docket) -> list[Change]:
    """What the tables must be told when the docket goes from `before` to `after`; forwards or back."""
    found = []
    if after.roster is not before.roster:
        rows = rows_of_roster(after)
        found += [Change(table=table, case=None, rows=rows[table]) for table in ROSTER_TABLES]
    if after.datasets != before.datasets:
        found.append(Change(table="datasets", case=None, rows=rows_of_datasets(after)))
    for case_id in sorted(before.cases.keys() | after.cases.keys()):
        then, now = before.cases.get(case_id), after.cases.get(case_id)
        if now is not then:
            of_case = {} if now is None else rows_of_case(now)
            found += [Change(table=table, case=case_id, rows=of_case.get(table, ())) for table in CASE_TABLES]
    return found


def rows_of_docket(docket: Docket) -> dict[str, list[Row]]:
    """The rows of all projections."""
    found: dict[str, list[Row]] = {table: [] for table in PROJECTIONS}
    found |= rows_of_roster(docket)
    found["datasets"] = rows_of_datasets(docket)
    for case in docket.cases.values():
        for table, rows in rows_of_case(case).items():
            found[table] += rows
    return found


def rows_of_roster(docket: Docket) -> dict[str, list[Row]]:
    """Organisations and people."""
    roster = docket.roster
    return {
        "organisations": [
            _row(organisation=each.id, kind=each.kind, name=each.name, state=each.state, founder=each.founder)
            for each in roster.organisations.values()
        ],
        "people": [
            _row(
                person=each.handle,
                organisation=each.organisation,
                roles=",".join(sorted(each.roles)),
                public_key=each.public_key,
                active=each.active,
                enrolled=each.enrolled,
            )
            for each in roster.people.values()
        ],
    }


def rows_of_datasets(docket: Docket) -> list[Row]:
    """Data sets as the log last named them."""
    return [
        _row(
            dataset=each.name,
            entry=each.index,
            at=each.at,
            version=each.version,
            catalogue_sha256=each.catalogue_sha256,
            persons_at_least=each.persons_at_least,
            confirmed=each.confirmed,
        )
        for each in docket.datasets.values()
    ]


def rows_of_case(case: CaseState) -> dict[str, list[Row]]:
    """The rows of one case, table by table."""
    return {
        "cases": [_case(case)],
        "votes": _votes(case),
        "objections": [
            _row(
                case=case.id,
                entry=each.index,
                at=each.at,
                person=each.person,
                grounds=each.grounds,
                blocking=each.blocking,
                answer=None if each.answer is None else each.answer.index,
            )
            for each in case.objections
        ],
        "facts": [
            _row(case=case.id, fact=fact, entry=each.index, at=each.at, person=each.person)
            for fact, each in case.facts.items()
        ],
        "directives": [
            _row(case=case.id, entry=each.index, at=each.at, person=each.person, deadline=each.deadline)
            for each in case.directives
        ],
        "releases": _releases(case),
    }


def _case(case: CaseState) -> Row:
    decision = case.decision
    return _row(
        case=case.id,
        state=str(case.state),
        verdict="undecided" if decision is None else decision.verdict,
        form=None if decision is None else decision.form,
        round=case.round,
        requester=case.requester,
        purpose=str(case.request.get("purpose", "")),
        filed_at=case.filed_at,
        next=case.whose_turn or "nobody",
        unlocks_at=None if case.unlocks_s is None else text_of(case.unlocks_s),
    )


def _votes(case: CaseState) -> list[Row]:
    standing = {vote.index for vote in case.standing_votes}
    return [
        _row(
            case=case.id,
            entry=vote.index,
            at=vote.at,
            person=vote.person,
            organisation=vote.organisation,
            round=vote.round,
            approves=None if case.blind and vote.round == case.round else vote.approves,  # a sealed review
            standing=vote.index in standing,
        )
        for vote in case.votes
    ]


def _releases(case: CaseState) -> list[Row]:
    return [
        _row(
            case=case.id,
            entry=each.index,
            at=each.at,
            attempt=attempt,
            form=str(each.content["form"]),
            rows=int(each.content["rows"]),
            cosigned=each.cosigned is not None,
            delivered=each.delivered is not None,
            accounted=each.accounted,
            aborted=each.aborted,
        )
        for attempt, each in enumerate(case.releases, start=1)
    ]


def _row(**values: Value) -> Row:
    # PostgreSQL's text holds no NUL; what people typed may. The body keeps it as it was.
    return {
        name: value.replace("\x00", "\ufffd") if isinstance(value, str) else value for name, value in values.items()
    }
