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
    LOGGED = "logged"  # released: the entry is durable, the key not yet written
    COSIGNED = "cosigned"  # homes with witnesses: enough organisations cosigned, the key not yet written
    DELIVERED = "delivered"
    ACCOUNTED = "accounted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


ENDS: Final = frozenset({State.ACCOUNTED, State.REFUSED, State.WITHDRAWN})


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


START: Final = "filed"
"""The kind of event that opens a case."""

_OPEN: Final = (State.FILED, State.DECIDED, State.IN_REVIEW, State.AGREED)

MOVES: Final[Mapping[tuple[State, str], Move]] = {
    **{(state, "decided"): _always(State.DECIDED) for state in _OPEN},
    # The list of persons that a request names follows its filing, before anything is decided on it.
    (State.FILED, "lines"): _always(State.FILED),
    # A fact changes what the law says, so the case waits for a new decision, and every vote falls.
    **{(state, "fact"): _always(State.FILED) for state in _OPEN},
    # The first vote never suffices, since a quorum spans two organisations.
    **{(State.DECIDED, vote): _always(State.IN_REVIEW) for vote in ("approved", "rejected")},
    (State.IN_REVIEW, "approved"): _review(),
    (State.IN_REVIEW, "rejected"): _always(State.IN_REVIEW),
    (State.AGREED, "approved"): _always(State.AGREED),
    (State.AGREED, "rejected"): _review(),
    # Once its entry is in the log a release can no longer be withdrawn: it may have left.
    **{(state, "withdrawn"): _always(State.WITHDRAWN) for state in _OPEN},
    (State.DECIDED, "refused"): _always(State.REFUSED),
    (State.IN_REVIEW, "refused"): _always(State.REFUSED),
    (State.AGREED, "released"): _always(State.LOGGED),
    # Of an evaluation home; where genesis names witnesses, the fold lets nothing be delivered that is not cosigned.
    (State.LOGGED, "delivered"): _always(State.DELIVERED),
    (State.LOGGED, "cosigned"): _always(State.COSIGNED),
    (State.COSIGNED, "delivered"): _always(State.DELIVERED),
    **{(state, "aborted"): _review() for state in (State.LOGGED, State.COSIGNED)},
    (State.DELIVERED, "accounted"): _always(State.ACCOUNTED),
    # What people say about a case is recorded in every state; before a release an objection takes agreement away.
    **{(state, kind): _always(state) for state in State for kind in ("objected", "answered", "directed")},
    (State.AGREED, "objected"): _review(),
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
    Verb.DIRECT: Permission(roles=frozenset({OFFICIAL}), note="recorded; shortens nothing and lifts nothing"),
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
