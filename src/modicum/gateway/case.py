"""The story of one case, top to bottom: asked, decided, agreed or not; one call a step.

`release.py` carries an agreed case on to its package; `lookback.py` tells the people in it. Every step reads the docket
(the fold of the log), asks permission, and records one signed event; nothing here keeps state of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from modicum.docket import commands, founding, gateway_events
from modicum.docket.permissions import find_case
from modicum.docket.signing import Event, KeySigner, PersonKey
from modicum.gateway.answering import check_computable
from modicum.gateway.attested import facts_on
from modicum.gateway.deciding import Decided, decide_request, kinds_of
from modicum.gateway.grounds import check_facts, check_kinds
from modicum.gateway.home import Home
from modicum.gateway.named import (
    Named,
    check_fresh,
    check_logged,
    earlier_lists,
    judged,
    lines_event,
    open_lines,
    seal_lines,
)
from modicum.gateway.noisy import remarks_on
from modicum.gateway.request_file import parse_request
from modicum.gateway.waiting import give_notice, start_lock
from modicum.model.dataset import UNKNOWN
from modicum.model.errors import InvalidInputError, NotPermittedError
from modicum.model.lines import Lines
from modicum.model.request import Request
from modicum.seal.age import check_recipient
from modicum_verify.canonical import canonical
from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket


def check_request(home: Home, request: Request, *, named: Named | None = None) -> list[str]:
    """Check a request against data set, pack and roster without filing it; gives remarks that stop nothing.

    named: the judged list of a request for named persons. Raises what filing it would raise for its contents.
    """
    docket = home.journal.docket()
    decided = decide_request(home, request, docket=docket, named=named)
    check_computable(decided)
    for recipient in request.recipients:
        check_recipient(recipient.age_key)
    kinds = kinds_of(request, docket)
    remarks = []
    if UNKNOWN in (kinds.requester, *kinds.recipients):
        remarks.append("an organisation in it is not enrolled here, so the law sees it as unknown")
    unclassed = [each.qualified for each in decided.decision.columns if each.data_class is None]
    if unclassed:
        remarks.append(f"columns without a data class, always refused: {', '.join(unclassed)}")
    if not decided.dataset.confirmed:
        remarks.append(f"the dictionary of {decided.dataset.name} is not confirmed, so nothing can be released from it")
    if request.form is not None and request.form.rung > request.question.asks.needs.rung:
        remarks.append(f"the question needs {request.question.asks.needs}, the form asked for is {request.form}")
    return [*remarks, *remarks_on(home, decided)]


def weigh(home: Home, request: Request, lines: Lines | None, *, as_of: date | None = None) -> Named | None:
    """Judge the list that comes with a request that is not filed yet, with the holds that it would raise."""
    if lines is None:
        return None
    if request.population.named_persons_sha256 is None:
        raise InvalidInputError(
            cause="a list of persons is given, and the request names nobody",
            cure="put the digest of the list into population.named_persons_sha256, or leave --lines out",
        )
    docket, pack, day = home.journal.docket(), home.pack(), as_of or home.journal.now().date()
    earlier = earlier_lists(home, docket, requester=request.requester.handle, pack=pack, as_of=day)
    return judged(request, lines, pack=pack, as_of=day, earlier=earlier)


def file_case(home: Home, request: Request, *, key: PersonKey, lines: Lines | None = None) -> str:
    """File a request under its requester's key and decide it as of today; gives the number of the case.

    lines: the list of a request for named persons; it is sealed in custody, and the log gets its digests and counts.
    Where none of its lines is sufficient the case is refused at once.
    """
    for recipient in request.recipients:
        check_recipient(recipient.age_key)
    home.require_writable()
    with home.journal.locked():
        docket = home.journal.docket()
        named = weigh(home, request, lines)
        check_computable(decide_request(home, request, docket=docket, named=named))  # What cannot be decided is not.
        event = commands.file_request(docket, request, by=signer(docket, key), year=home.journal.now().year)
        if lines is not None:
            check_fresh(docket, lines)
            seal_lines(home, event.case or "", lines)  # first: a filed case without its list could not go on
        case = enter(home, event).case or ""
        decide_case(home, case)
        if named is not None and not named.lines:
            clauses = named.report.clauses
            enter(home, gateway_events.refused(home.journal.docket(), case, because=clauses))
    return case


def decide_case(home: Home, case_id: str) -> Decided:
    """Decide a case as of today with the facts attested for it, and record the decision; every earlier vote falls.

    The list of a case that names persons is recorded first, where that has not been done.
    """
    case = find_case(home.journal.docket(), case_id)
    if case.named_persons_sha256 is not None and case.lines is None:
        enter(home, lines_event(home, case, request=parse_request(dict(case.request)), pack=home.pack()))
    docket = home.journal.docket()
    case = find_case(docket, case_id)
    decided = decided_now(home, case, docket)
    overall = decided.overall()
    home.folder.replace(f"decisions/{decided.decision.sha256}.json", canonical(decided.decision.as_document()))
    strata, columns = decided.releasable()
    enter(
        home,
        gateway_events.decided(
            docket,
            case_id,
            decision=decided.decision,
            form=decided.form,
            overall=overall,
            strata=strata,
            columns=columns,
            quorum=decided.pack.reviews(decided.form, decided.request.purpose),
        ),
    )
    give_notice(home, case_id, decided.decision)
    return decided


def decided_now(home: Home, case: CaseState, docket: Docket, *, agreed_on: date | None = None) -> Decided:
    """Decide a filed case as of today, without recording it; a fact that still waits does not count.

    agreed_on: the day of the decision that was agreed on; a line of a list must have been sufficient then too.
    """
    today, pack = home.journal.now().date(), home.pack()
    check_facts(home, case)
    request = parse_request(dict(case.request))
    named = named_of(home, docket, case, as_of=today, agreed_on=agreed_on)
    return decide_request(home, request, docket=docket, facts=facts_on(case, pack, today), named=named)


def named_of(
    home: Home, docket: Docket, case: CaseState, *, as_of: date, agreed_on: date | None = None
) -> Named | None:
    """The judged list of a filed case as of a day; None where the case names nobody."""
    if case.named_persons_sha256 is None:
        return None
    request, pack = parse_request(dict(case.request)), home.pack()
    check_logged(home, docket, case, request=request)
    return judged(request, open_lines(home, case, pack=pack), pack=pack, as_of=as_of, agreed_on=agreed_on)


def attest(home: Home, case_id: str, *, key: PersonKey, fact: str, text: str) -> Decided:
    """Attest a fact by the role that the pack names for it, then decide the case again."""
    roles = home.pack().vocabulary.facts
    with _writing(home) as docket:
        enter(home, commands.attest(docket, case_id, by=signer(docket, key), fact=fact, roles=roles, text=text))
        return decide_case(home, case_id)


def approve(home: Home, case_id: str, *, key: PersonKey, text: str = "") -> Entry:
    """Approve the decision of the present round; where that agrees the case, its time-lock starts, if it has one."""
    entry = _signed(home, key, lambda docket, by: commands.approve(docket, case_id, by=by, text=text))
    start_lock(home, case_id)
    return entry


def reject(home: Home, case_id: str, *, key: PersonKey, text: str) -> Entry:
    """Reject the decision of the present round, with reasons."""
    return _signed(home, key, lambda docket, by: commands.reject(docket, case_id, by=by, text=text))


def object_to(
    home: Home,
    case_id: str,
    *,
    key: PersonKey,
    grounds: str,
    text: str,
    strata: Mapping[str, str] | None = None,
) -> Entry:
    """Object; the objection stays with the case, its release and its manifest for ever.

    strata: row attributes and values of the people that it is about. Raises InvalidInputError: not of the pack.
    """
    _check_strata(home, strata or {})
    return _signed(
        home,
        key,
        lambda docket, by: commands.object_(docket, case_id, by=by, grounds=grounds, text=text, strata=strata),
    )


def _check_strata(home: Home, strata: Mapping[str, str]) -> None:
    attributes = home.pack().attributes if strata else {}
    for name, value in strata.items():
        if name not in attributes:
            known = ", ".join(sorted(attributes))
            raise InvalidInputError(cause=f"the pack knows no row attribute {name}", cure=f"name one of: {known}")
        if value not in attributes[name]:
            raise InvalidInputError(
                cause=f"{value} is no value of {name} in the pack", cure=f"see {name} in strata.toml of the pack"
            )


def answer(home: Home, case_id: str, *, key: PersonKey, objection: int, text: str) -> Entry:
    """Answer an objection; votes given before it no longer count."""
    return _signed(
        home, key, lambda docket, by: commands.answer(docket, case_id, by=by, objection=objection, text=text)
    )


def direct(home: Home, case_id: str, *, key: PersonKey, text: str, deadline: str | None = None) -> Entry:
    """Record a directive under the name of the person who gives it; it lifts nothing.

    deadline: any words; a time (2026-11-26T12:00:00Z) ends a discretionary wait, where the custodian's own official
    gives it.
    """
    return _signed(home, key, lambda docket, by: commands.direct(docket, case_id, by=by, text=text, deadline=deadline))


def withdraw(home: Home, case_id: str, *, key: PersonKey, text: str) -> Entry:
    """Withdraw a request, by the organisation that asked; the case ends, and its record stays."""
    return _signed(home, key, lambda docket, by: commands.withdraw(docket, case_id, by=by, text=text))


def serve(home: Home, case_id: str, *, key: PersonKey, state: str, text: str) -> Entry:
    """Record how a state of origin was told of a case, beside the notice in the log."""
    return _signed(home, key, lambda docket, by: commands.serve(docket, case_id, by=by, state=state, text=text))


def recall(home: Home, case_id: str, *, key: PersonKey, text: str, notice_sha256: str | None = None) -> Entry:
    """Recall the release of a case, by counsel or privacy officer of the custodian."""
    return _signed(
        home, key, lambda docket, by: commands.recall(docket, case_id, by=by, text=text, notice_sha256=notice_sha256)
    )


def rotate(home: Home, handle: str, *, new_key: PersonKey, others: Sequence[PersonKey], text: str) -> Entry:
    """Put a new key in the place of a person's: signed by it and the old one, or by people of two founders."""
    with _writing(home) as docket:
        signers = [signer(docket, key) for key in others]
        return enter(home, founding.rotate(docket, handle, new=KeySigner(handle, new_key), others=signers, text=text))


def revoke(home: Home, handle: str, *, signers: Sequence[PersonKey], text: str) -> Entry:
    """Take a person off the roster, by people of two founding organisations; what they signed before stands."""
    with _writing(home) as docket:
        found = [signer(docket, key) for key in signers]
        return enter(home, founding.revoke(docket, handle, signers=found, text=text))


def enrol(
    home: Home,
    document: Mapping[str, Any],
    *,
    signers: Sequence[PersonKey],
    member_key: PersonKey | None,
) -> list[str]:
    """Enrol the person (and organisation) that a member file names; gives what was enrolled.

    The new person signs too, with `member_key`, which proves that the key is theirs.
    """
    if member_key is None or set(document) - {"organisation", "person"} or "person" not in document:
        raise InvalidInputError(
            cause="an enrolment needs [person], perhaps [organisation], and the new person's own key",
            cure="see docs/reference/roster.md; give the key with --member-key",
        )
    newcomers = document.get("organisation")
    if isinstance(newcomers, Mapping) and isinstance(newcomers.get("kind"), str):
        check_kinds(home.pack(), [newcomers["kind"]], cure="enrol the organisation with one of its kinds")
    person = {"name": "", **document["person"], "public_key": member_key.public_key}
    with _writing(home) as docket:
        newcomer = KeySigner(f"{person.get('organisation')}/{person.get('person')}", member_key)
        sponsors = [signer(docket, key) for key in signers]
        event = founding.enrol(
            docket, person=person, organisation=document.get("organisation"), signers=[*sponsors, newcomer]
        )
        enter(home, event)
    organisation = document.get("organisation")
    return [*([str(organisation["id"])] if organisation else []), newcomer.person]


def enrolled_keys(home: Home) -> list[str]:
    """The key lines of the people who are enrolled."""
    return [member.public_key for member in home.journal.docket().roster.people.values() if member.active]


def signer(docket: Docket, key: PersonKey) -> KeySigner:
    """The enrolled person whose key this is. Raises NotPermittedError: nobody's."""
    line = key.public_key
    for member in docket.roster.people.values():
        if member.public_key == line:
            return KeySigner(member.handle, key)
    raise NotPermittedError(
        cause="the key given is not enrolled here",
        cure="see who is: modicum member list; enrol with: modicum member enrol",
    )


def enter(home: Home, event: Event) -> Entry:
    """Record one event of the docket."""
    return home.journal.record(event.kind, event.content, case=event.case, actor=event.actor)


def _signed(home: Home, key: PersonKey, command: Callable[[Docket, KeySigner], Event]) -> Entry:
    with _writing(home) as docket:
        return enter(home, command(docket, signer(docket, key)))


@contextmanager
def _writing(home: Home) -> Iterator[Docket]:
    """Hold the home for one writer and give its docket."""
    home.require_writable()
    with home.journal.locked():
        yield home.journal.docket()
