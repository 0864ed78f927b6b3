"""Moves are data: one table from (state, kind of event) to state, one from verb to the roles that may sign it.

The fold obeys these tables, the commands ask them beforehand, and the reference page draws them. Whether a case is
*agreed* is never moved by hand: where a row names two states, the quorum of the present round picks between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modicum_verify.statement import Verb


class State(StrEnum):
    """Where a case stands."""

    FILED = "filed"  # waits for a decision: new, or changed by a fact
    DECIDED = "decided"
    IN_REVIEW = "in_review"
    AGREED = "agreed"
    LOCKED = "locked"  # agreed, and the time-lock runs: witnesses cosigned when it started
    LOGGED = "logged"  # released: the entry is durable, the key not yet written
    COSIGNED = "cosigned"  # homes with witnesses: enough organisations cosigned, the key not yet written
    DELIVERED = "delivered"
    ACCOUNTED = "accounted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nothing was entered for as long as the rules allow
    RECALLED = "recalled"  # released, and the recipients were told to give back or destroy it
    ENACTED = "enacted"  # a change of the rules that is in force


ENDS: Final = frozenset({State.ACCOUNTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED, State.RECALLED, State.ENACTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where an event leads: `to`, or `when_agreed` if the quorum is met and nothing blocks once it is counted in."""

    to: State
    when_agreed: State

    @property
    def targets(self) -> tuple[State, ...]:
        """The states that it can lead to."""
        return (self.to,) if self.to is self.when_agreed else (self.to, self.when_agreed)


def _always(state: State) -> Move:
    return Move(to=state, when_agreed=state)


def _review() -> Move:
    return Move(to=State.IN_REVIEW, when_agreed=State.AGREED)


def _stays_locked() -> Move:
    return Move(to=State.IN_REVIEW, when_agreed=State.LOCKED)


START: Final = "filed"
"""The kind of event that opens a case about a request."""

AMENDMENT: Final = "amendment"
"""The kind of event that opens a case about the rules themselves: it is decided, and waits for votes."""

_OPEN: Final = (State.FILED, State.DECIDED, State.IN_REVIEW, State.AGREED, State.LOCKED)

MOVES: Final[Mapping[tuple[State, str], Move]] = {
    **{(state, "decided"): _always(State.DECIDED) for state in _OPEN},
    # The list of persons that a request names follows its filing, before anything is decided on it.
    (State.FILED, "lines"): _always(State.FILED),
    # A fact changes what the law says, so the case waits for a new decision, and every vote falls.
    **{(state, "fact"): _always(State.FILED) for state in _OPEN},
    # The first vote never suffices, since a quorum spans two organisations.
    **{(State.DECIDED, vote): _always(State.IN_REVIEW) for vote in ("review", "approved", "rejected")},
    (State.IN_REVIEW, "review"): _review(),
    (State.IN_REVIEW, "approved"): _review(),
    (State.IN_REVIEW, "rejected"): _always(State.IN_REVIEW),
    (State.AGREED, "approved"): _always(State.AGREED),
    (State.AGREED, "rejected"): _review(),
    (State.LOCKED, "approved"): _always(State.LOCKED),
    (State.LOCKED, "rejected"): _stays_locked(),
    # Origins are told of a decision; who told them how can be entered too.
    **{(state, kind): _always(state) for state in _OPEN for kind in ("notified", "served")},
    # The lock starts once witnesses cosigned the agreement; what takes the agreement away ends the lock.
    (State.AGREED, "locked"): _always(State.LOCKED),
    # Once its entry is in the log a release can no longer be withdrawn: it may have left.
    **{(state, "withdrawn"): _always(State.WITHDRAWN) for state in _OPEN},
    (State.DECIDED, "refused"): _always(State.REFUSED),
    (State.IN_REVIEW, "refused"): _always(State.REFUSED),
    **{(state, "expired"): _always(State.EXPIRED) for state in _OPEN},
    # Where the rules ask for a wait, the fold lets nothing be released from *agreed*, nor before the lock is over.
    **{(state, "released"): _always(State.LOGGED) for state in (State.AGREED, State.LOCKED)},
    **{(state, "amended"): _always(State.ENACTED) for state in (State.AGREED, State.LOCKED)},
    # Of an evaluation home; where genesis names witnesses, the fold lets nothing be delivered that is not cosigned.
    (State.LOGGED, "delivered"): _always(State.DELIVERED),
    (State.LOGGED, "cosigned"): _always(State.COSIGNED),
    (State.COSIGNED, "delivered"): _always(State.DELIVERED),
    **{(state, "aborted"): _review() for state in (State.LOGGED, State.COSIGNED)},
    (State.DELIVERED, "accounted"): _always(State.ACCOUNTED),
    **{(state, "recalled"): _always(State.RECALLED) for state in (State.DELIVERED, State.ACCOUNTED)},
    # What people say about a case is recorded in every state; before a release an objection takes agreement away.
    **{(state, kind): _always(state) for state in State for kind in ("objected", "answered", "directed")},
    (State.AGREED, "objected"): _review(),
    (State.LOCKED, "objected"): _stays_locked(),
}

REQUESTER, STEWARD, PRIVACY_OFFICER = "requester", "steward", "privacy_officer"
COUNSEL, OFFICIAL, ORIGIN, AUDITOR = "counsel", "accountable_official", "origin", "auditor"
EVERYBODY: Final = frozenset({REQUESTER, STEWARD, PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN, AUDITOR})

REVIEWERS: Final = frozenset({PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN})
"""Roles whose vote counts and whose objection blocks; where a quorum names another role, that role is added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Who may sign a verb: a role, perhaps only in the custodian's organisation, only or never in the asker's."""

    roles: frozenset[str]
    custodian_only: bool = False
    asker_only: bool = False
    never_the_asker: bool = False
    note: str = ""


PERMISSIONS: Final[Mapping[Verb, Permission]] = {
    Verb.FOUND: Permission(roles=EVERYBODY, note="people of at least two organisations, in entry 0"),
    Verb.ENROL: Permission(
        roles=frozenset({PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN}),
        note="people of two founding organisations; the new person signs too",
    ),
    Verb.FILE: Permission(roles=frozenset({REQUESTER}), note="in their own name"),
    Verb.ATTEST: Permission(roles=EVERYBODY, note="the roles that the policy pack names for the fact"),
    Verb.APPROVE: Permission(
        roles=frozenset({STEWARD, PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN, AUDITOR}),
        never_the_asker=True,
        note="steward and auditor only where the quorum of the case names them",
    ),
    Verb.REJECT: Permission(
        roles=frozenset({STEWARD, PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN, AUDITOR}),
        never_the_asker=True,
        note="steward and auditor only where the quorum of the case names them",
    ),
    Verb.OBJECT: Permission(
        roles=EVERYBODY, note="blocks by the roles that review, or by an origin; otherwise recorded"
    ),
    Verb.ANSWER: Permission(roles=frozenset({PRIVACY_OFFICER, COUNSEL}), custodian_only=True),
    Verb.DIRECT: Permission(
        roles=frozenset({OFFICIAL}),
        note="recorded; the custodian's own ends a discretionary wait at its deadline, and lifts nothing",
    ),
    Verb.WITHDRAW: Permission(
        roles=frozenset({REQUESTER}), asker_only=True, note="while nothing was released; the record of the case stays"
    ),
    Verb.ROTATE: Permission(
        roles=EVERYBODY,
        note="the person's new key, with their old one; or, where that is lost, with people of two founding"
        " organisations who may enrol",
    ),
    Verb.REVOKE: Permission(
        roles=frozenset({PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN}),
        note="people of two founding organisations, of whom none is the one revoked",
    ),
    Verb.SUCCEED: Permission(
        roles=frozenset({PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN}),
        note="people of two founding organisations; the log ends with it",
    ),
    Verb.NOTIFY: Permission(
        roles=frozenset({PRIVACY_OFFICER, COUNSEL, STEWARD}),
        custodian_only=True,
        note="how an origin was told, beside the notice that the gateway enters",
    ),
    Verb.AMEND: Permission(
        roles=frozenset({PRIVACY_OFFICER, COUNSEL, OFFICIAL, ORIGIN}),
        note="people of founding organisations; whoever proposes a change does not vote on it",
    ),
    Verb.RECALL: Permission(
        roles=frozenset({PRIVACY_OFFICER, COUNSEL}), custodian_only=True, note="of a release that was delivered"
    ),
}


def why_not_permitted(
    verb: Verb, *, roles: frozenset[str], organisation: str, custodian: str, asker: str | None
) -> str | None:
    """Why a person with these roles may not sign this verb, or None where they may.

    asker: the organisation that asked in the case, or None outside a case.
    """
    permission = PERMISSIONS[verb]
    if not roles & permission.roles:
        return f"only {' or '.join(sorted(permission.roles))} may {verb}"
    if permission.custodian_only and organisation != custodian:
        return f"only people of the custodian may {verb}"
    if permission.asker_only and asker != organisation:
        return f"only people of the asker's organisation may {verb}"
    if permission.never_the_asker and asker == organisation:
        return f"the asker's own organisation may never {verb}"
    return None
