"""What an agreed case waits for: notices, a time-lock that witnesses time, and the end of both.

Nothing here holds a lock while it asks a witness, so people can object meanwhile.
"""

from contextlib import suppress

from modicum.docket import gateway_events
from modicum.docket.permissions import find_case
from modicum.docket.signing import Event
from modicum.gateway.home import Home
from modicum.gateway.leaving import as_it_stands, have_cosigned, own_witnesses
from modicum.model.decision import Decision
from modicum.model.errors import ConflictError, LogUnavailableError, OutstandingError
from modicum_verify.case_state import CaseState, waiting
from modicum_verify.case_time import expires_s, untold
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket
from modicum_verify.lock import earliest_s, text_of
from modicum_verify.moves import State
from modicum_verify.roster import Roster
from modicum_verify.witness_set import read_cosigned


def give_notice(home: Home, case_id: str, decision: Decision) -> None:
    """Enter the notice of a decision to every enrolled state whose people it is about; under the journal's lock."""
    docket = home.journal.docket()
    case = find_case(docket, case_id)
    rule = None if case.decision is None else case.decision.rule
    if rule is not None and rule.notice:
        states = states_of(decision, docket.roster) | untold(case, docket.roster)
        if states:
            _enter(home, gateway_events.notified(docket, case_id, states=sorted(states)))


def finish_notice(home: Home, case: CaseState) -> bool:
    """Give the notice that a crash kept from following its decision; gives whether one was due."""
    states = untold(case, home.journal.docket().roster) if not case.ended and case.release is None else frozenset()
    if states:
        _enter(home, gateway_events.notified(home.journal.docket(), case.id, states=sorted(states)))
    return bool(states)


def states_of(decision: Decision, roster: Roster) -> frozenset[str]:
    """The states that supplied records which a decision is about, as far as an organisation answers for them here."""
    origin = None if roster.reviews is None else roster.reviews.origin
    named = {dict(stratum).get(origin or "") for stratum in decision.strata}
    return frozenset(each.state for each in roster.organisations.values() if each.state is not None) & named


def start_lock(home: Home, case_id: str) -> bool:
    """Have the agreement of a case cosigned and start its time-lock; gives whether it was due and could be started.

    Never raises for want of witnesses: the agreement stands, and the next release tries again.
    """
    with suppress(LogUnavailableError, ConflictError):
        return _start(home, find_case(home.journal.docket(), case_id))
    return False


def waited(home: Home, case_id: str) -> bytes | None:
    """The cosigned checkpoint that shows the time-lock of an agreed case over; None where it need not wait.

    Starts the lock where that has not been done. Raises OutstandingError: it is not over yet, and until when it runs.
    LogUnavailableError: too few witnesses cosign.
    """
    case = find_case(home.journal.docket(), case_id)
    if not case.agreed or not case.must_wait:
        return None
    if case.state is State.AGREED:
        _start(home, case)
        case = find_case(home.journal.docket(), case_id)
    ends = case.unlocks_s
    if ends is None or not case.agreed:
        return None  # taken back meanwhile; the release says why
    if home.journal.now().timestamp() >= ends:
        note, docket = _cosigned(home, case), home.journal.docket()
        if docket.roster.witnesses is not None:
            found = read_cosigned(
                note,
                docket.roster.witnesses,
                origin=docket.roster.origin,
                not_after=int(home.journal.now().timestamp()),
            )
            if earliest_s(found) >= ends:
                return note
    raise OutstandingError(cause=f"case {case_id}: {waiting(case).rstrip('.')}", cure=_then(case))


def _then(case: CaseState) -> str:
    """What to do about a lock that still runs."""
    if case.change is not None or case.lock is None:
        return "enact it then; no directive shortens it" if case.change is not None else "release it then"
    return (
        "release it then; a directive of the custodian's accountable official can end a discretionary wait, "
        f"not a statutory one (not before {text_of(case.lock.started_s + case.waits.statutory_s)})"
    )


def expire_due(home: Home) -> list[str]:
    """End every case in which nothing was entered for as long as its rule allows; gives their numbers."""
    home.require_writable()
    ended = []
    with home.journal.locked():
        now = home.journal.now().timestamp()
        for case in list(home.journal.docket().cases.values()):
            due = expires_s(case)
            if due is not None and now >= due:
                _enter(home, gateway_events.expired(home.journal.docket(), case.id))
                ended.append(case.id)
    return ended


def _start(home: Home, case: CaseState) -> bool:
    if case.state is not State.AGREED or not case.must_wait:
        return False
    note = _cosigned(home, case)
    with home.journal.locked():
        now = find_case(home.journal.docket(), case.id)
        if now.state is not State.AGREED or now.agreed_index != case.agreed_index:
            return False
        _enter(home, gateway_events.locked(home.journal.docket(), case.id, checkpoint=note))
    return True


def _cosigned(home: Home, case: CaseState) -> bytes:
    """A cosigned checkpoint over the newest entry that the case's wait rests on."""
    docket: Docket = home.journal.docket()
    witnesses = own_witnesses(home, docket)
    if witnesses is None:
        raise LogUnavailableError(cause="this home has no witnesses", cure="see docs/how-to/run-a-witness.md")
    entry = case.agreed_index if case.lock is None else case.lock.index
    return have_cosigned(home, entry or 0, witnesses, log=as_it_stands(home)).note


def _enter(home: Home, event: Event) -> Entry:
    return home.journal.record(event.kind, event.content, case=event.case, actor=event.actor)
