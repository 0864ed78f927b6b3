"""What the gateway records, unsigned: decisions, refusals, releases and what became of them, data sets.

The gateway's word is worth what others can check: the fold ties each of these to the decision agreed on, to the request
as signed and to every objection of the case.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from modicum.docket.permissions import find_case, find_request, possible
from modicum.docket.signing import Event, shaped
from modicum.model.dataset import Dataset, Stratum
from modicum.model.decision import Because, Cell, Decision
from modicum.model.errors import ConflictError, OutstandingError
from modicum.model.forms import Form
from modicum_verify.case_state import CaseState
from modicum_verify.cosigned import said_of
from modicum_verify.fold import Docket

_SMALLEST_TOLD = 100  # below it, an empty and a small population look alike


class QuorumLike(Protocol):
    """What the policy pack asks of reviewers for a form and a purpose."""

    @property
    def roles(self) -> Sequence[str]:
        """The roles that must all be among those who approve."""

    @property
    def organisations(self) -> int:
        """From how many organisations, at least two."""

    @property
    def approvals(self) -> int:
        """How many approvals, at least two."""


def dataset(registered: Dataset) -> Event:
    """Record a data set as registered. How many persons it holds is told only as a power of ten that it reaches."""
    persons = registered.persons
    at_least = 10 ** (len(str(persons)) - 1) if persons >= _SMALLEST_TOLD else 0
    content = {
        "name": registered.name,
        "version": registered.version,
        "catalogue_sha256": registered.catalogue_sha256,
        "persons_at_least": at_least,
        "confirmed": registered.confirmed,
    }
    return shaped("dataset", content, case=None)


def lines(
    docket: Docket,
    case_id: str,
    *,
    lines_sha256: str,
    sealed_sha256: str,
    as_of: date,
    total: int,
    sufficient: int,
    holds: Sequence[tuple[Because, str]],
) -> Event:
    """Record the list of persons of a request: its digests, how many of its lines are sufficient, what it holds.

    holds: the rule of each hold, and its reason in a line of counts. Nothing of a person stands in it.

    Raises ConflictError: the case was decided already.
    """
    possible(find_case(docket, case_id), "lines")
    content = {
        "lines_sha256": lines_sha256,
        "sealed_sha256": sealed_sha256,
        "as_of": as_of.isoformat(),
        "total": total,
        "sufficient": sufficient,
        "holds": [{"because": because.as_document(), "reason": reason} for because, reason in holds],
    }
    return shaped("lines", content, case=case_id)


def decided(
    docket: Docket,
    case_id: str,
    *,
    decision: Decision,
    form: Form | None,
    overall: Cell,
    strata: Sequence[Stratum],
    columns: Sequence[str],
    quorum: QuorumLike,
) -> Event:
    """Record a decision and open its round; every earlier vote falls.

    form: the form to be agreed on, None where none is. overall: what the decision comes to for that form, with all that
    it rests on and all that is missing. strata and columns: those that would leave in that form.

    Raises ConflictError: the case was released, or has ended.
    """
    case = find_case(docket, case_id)
    possible(case, "decided")
    summary = {
        "as_of": decision.as_of.isoformat(),
        "pack": {"name": decision.pack.name, "version": decision.pack.version, "sha256": decision.pack.sha256},
        "lowest_form": str(decision.lowest_form),
        "form": None if form is None else str(form),
        "verdict": str(overall.verdict),
        "missing": [list(facts) for facts in overall.missing],
        "because": [each.as_document() for each in overall.because],
        "releasable": {"strata": [dict(stratum) for stratum in strata], "columns": list(columns)},
    }
    content = {
        "round": case.round + 1,
        "decision_sha256": decision.sha256,
        "decision": summary,
        "quorum": {
            "roles": list(quorum.roles),
            "organisations": quorum.organisations,
            "approvals": quorum.approvals,
        },
    }
    return shaped("decided", content, case=case_id)


def refused(docket: Docket, case_id: str, *, because: Sequence[Because] | None = None) -> Event:
    """Refuse by the decision of the present round.

    because: what the refusal rests on, where that is not all that the decision's summary names.

    Raises ConflictError: no decision, a hypothetical one, or one that permits and that nobody rejects.
    """
    case = find_case(docket, case_id)
    possible(case, "refused")
    decision = case.decision
    if decision is None or decision.hypothetical or (decision.verdict == "permitted" and not case.rejections):
        raise ConflictError(
            cause=f"the decision of case {case_id} does not refuse it", cure="decide as of today; reviewers may reject"
        )
    basis: list[Any] = [each.as_document() for each in because] if because is not None else list(decision.because)
    content = {"decision_sha256": decision.decision_sha256, "because": basis}
    return shaped("refused", content, case=case_id)


def released(
    docket: Docket,
    case_id: str,
    *,
    manifest_sha256: str,
    data: Sequence[Mapping[str, Any]],
    key_age_sha256: str,
    accounting_sha256: str,
    rows: int,
    table: Mapping[str, str] | None = None,
    unlocked: bytes | None = None,
) -> Event:
    """Record a release before its key is written: what is in it, for whom, and every objection of the case.

    data: `{name, sha256, size_bytes}` per sealed file. table: `{population, sha256}` of what is kept of an exact table;
    None where the answer is none. unlocked: the cosigned checkpoint (a signed note) that shows the
    case's time-lock over, where it has one.

    Raises OutstandingError: the case is not agreed. ConflictError: it was released, has ended, or is about the rules.
    """
    case = find_request(docket, case_id)
    require_agreed(case)
    content = {
        "round": case.round,
        "decision_sha256": case.decision_sha256,
        "form": None if case.decision is None else case.decision.form,
        "manifest_sha256": manifest_sha256,
        "data": [dict(each) for each in data],
        "key_age_sha256": key_age_sha256,
        "accounting_sha256": accounting_sha256,
        "recipients": list(case.request["recipients"]),
        "rows": rows,
        "objections": [each.index for each in case.objections],
        "witnesses": said_of(docket.roster.witnesses),
        **({} if table is None else {"table": dict(table)}),
        **shown_over(unlocked),
    }
    return shaped("released", content, case=case_id)


def shown_over(unlocked: bytes | None) -> dict[str, Any]:
    """The field by which an event shows that a time-lock is over."""
    return {} if unlocked is None else {"unlocked": {"checkpoint": unlocked.decode("utf-8")}}


def notified(docket: Docket, case_id: str, *, states: Sequence[str]) -> Event:
    """Give notice of the present decision to states whose people it is about; whoever follows the log sees it."""
    case = find_case(docket, case_id)
    possible(case, "notified")
    content = {"round": case.round, "decision_sha256": case.decision_sha256, "states": sorted(states)}
    return shaped("notified", content, case=case_id)


def locked(docket: Docket, case_id: str, *, checkpoint: bytes) -> Event:
    """Start the time-lock of an agreed case. checkpoint: the note over the agreement that the witnesses cosigned."""
    possible(find_case(docket, case_id), "locked")
    return shaped("locked", {"checkpoint": checkpoint.decode("utf-8")}, case=case_id)


def amended(docket: Docket, case_id: str, *, unlocked: bytes | None) -> Event:
    """Put an agreed change of the rules in force. unlocked: as for `released`."""
    case = find_case(docket, case_id)
    if case.change is None:
        raise ConflictError(cause=f"case {case_id} changes no rules", cure="release it")
    require_agreed(case)
    return shaped("amended", {"decision_sha256": case.decision_sha256, **shown_over(unlocked)}, case=case_id)


def expired(docket: Docket, case_id: str) -> Event:
    """End a case in which nothing was entered for as long as its rule allows."""
    case = find_case(docket, case_id)
    possible(case, "expired")
    return shaped("expired", {"last": case.timeline[-1].index}, case=case_id)


def cosigned(docket: Docket, case_id: str, *, checkpoint: bytes) -> Event:
    """Record that the witnesses cosigned a checkpoint over the release. checkpoint: the signed note."""
    possible(find_case(docket, case_id), "cosigned")
    return shaped("cosigned", {"checkpoint": checkpoint.decode("utf-8")}, case=case_id)


def delivered(docket: Docket, case_id: str, *, package_sha256: str, size_bytes: int) -> Event:
    """Record that the package is published."""
    possible(find_case(docket, case_id), "delivered")
    return shaped("delivered", {"package_sha256": package_sha256, "size_bytes": size_bytes}, case=case_id)


def aborted(docket: Docket, case_id: str, *, reason: str) -> Event:
    """Record that a release ended before its key was written; the case can be released anew. reason: one line."""
    possible(find_case(docket, case_id), "aborted")
    return shaped("aborted", {"reason": reason}, case=case_id)


def accounted(docket: Docket, case_id: str) -> Event:
    """Record that the persons in the release can be told of it; names the accounting that the release named."""
    case = find_case(docket, case_id)
    possible(case, "accounted")
    sha256 = case.releases[-1].content["accounting_sha256"]
    return shaped("accounted", {"accounting_sha256": sha256}, case=case_id)


def require_agreed(case: CaseState) -> None:
    """Check that a case can be released now.

    Raises OutstandingError: something is missing that can be supplied, each in a sentence.
    ConflictError: it was released, or has ended.
    """
    if case.agreed:
        return
    reasons = " ".join(case.why_not_agreed).rstrip(".")
    if case.ended or case.release is not None:
        raise ConflictError(cause=f"case {case.id} cannot be released: {reasons}", cure="file a new request")
    raise OutstandingError(cause=f"case {case.id} is not agreed: {reasons}", cure=f"next: {case.whose_turn}")
