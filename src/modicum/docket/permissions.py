"""Permission, asked before a command runs: who is this, may they, and can the case be moved that way now.

The tables are the foundation's; here their answers become errors that say what to do.
"""

from typing import Final

from modicum.docket.signing import Signer
from modicum.model.errors import ConflictError, NotFoundError, NotPermittedError
from modicum_verify.case_state import CaseState
from modicum_verify.fold import Docket
from modicum_verify.moves import MOVES, why_not_permitted
from modicum_verify.roster import Member
from modicum_verify.statement import Verb

_KIND_OF: Final = {
    Verb.ATTEST: "fact",
    Verb.APPROVE: "approved",
    Verb.REJECT: "rejected",
    Verb.OBJECT: "objected",
    Verb.ANSWER: "answered",
    Verb.DIRECT: "directed",
    Verb.WITHDRAW: "withdrawn",
    Verb.NOTIFY: "served",
    Verb.RECALL: "recalled",
}


def find_case(docket: Docket, case_id: str) -> CaseState:
    """The case of that number. Raises NotFoundError."""
    if case_id not in docket.cases:
        raise NotFoundError(cause=f"there is no case {case_id}", cure="list the cases with: modicum docket list")
    return docket.cases[case_id]


def find_request(docket: Docket, case_id: str) -> CaseState:
    """The case of that number, which is about records. Raises NotFoundError. ConflictError: it is about the rules."""
    case = find_case(docket, case_id)
    if case.change is not None:
        raise ConflictError(
            cause=f"case {case_id} is about the rules, not about records",
            cure=f"look at it: modicum docket show {case_id}; put it in force: modicum docket enact {case_id}",
        )
    return case


def ask(docket: Docket, verb: Verb, *, by: Signer, case: CaseState | None = None) -> Member:
    """Ask whether this person may do this, in this case, now; gives their place in the roster.

    Raises NotPermittedError: unknown, another key, not their role, or the asker's own organisation.
    Raises ConflictError: the state of the case has no such move.
    """
    member = identify(docket, by)
    reason = why_not_permitted(
        verb,
        roles=member.roles,
        organisation=member.organisation,
        custodian=docket.roster.custodian,
        asker=_asker(case, verb),
    )
    if reason is not None:
        raise NotPermittedError(
            cause=f"{member.handle} may not {verb}: {reason}",
            cure="the roles are listed in docs/reference/docket.md; ask somebody who holds one",
        )
    if case is not None:
        possible(case, _KIND_OF[verb])
        if case.change is not None and verb in {Verb.ATTEST, Verb.NOTIFY}:
            raise ConflictError(
                cause=f"case {case.id} is about the rules, not about records", cure="vote on it, or object to it"
            )
    return member


def _asker(case: CaseState | None, verb: Verb) -> str | None:
    if case is None:
        return None
    # A change of the rules has no asker, but only those who proposed it may withdraw it.
    return case.requester.split("/", 1)[0] if verb is Verb.WITHDRAW else case.asker


def identify(docket: Docket, by: Signer) -> Member:
    """Find the enrolled person behind a signer. Raises NotPermittedError: nobody, or with another key."""
    member = docket.roster.people.get(by.person)
    if member is None or not member.active:
        raise NotPermittedError(
            cause=f"{by.person} is not enrolled", cure="enrol them with: modicum member enrol, or act as somebody else"
        )
    if member.public_key != by.public_key:
        raise NotPermittedError(
            cause=f"the key given is not the one enrolled for {by.person}", cure="give that person's own key"
        )
    return member


def possible(case: CaseState, kind: str) -> None:
    """Check that the table has such a move. Raises ConflictError: it has none."""
    if (case.state, kind) not in MOVES:
        turn = case.whose_turn
        raise ConflictError(
            cause=f"case {case.id} is {case.state}, and then it cannot be {_PASSIVE.get(kind, kind)}",
            cure=f"next: {turn}" if turn else "the case has ended; objections and directives are still recorded",
        )


_PASSIVE: Final = {"fact": "given a fact", "objected": "objected to"}
