"""Genesis, enrolment, new keys and revocation: who takes part, signed by those who let them in."""

from collections.abc import Mapping, Sequence
from typing import Any

from modicum.docket.permissions import identify
from modicum.docket.signing import Event, KeySigner, PersonKey, Signer, shaped, signed
from modicum.model.decision import PackRef
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, NotFoundError, NotPermittedError
from modicum_verify.entry import Entry
from modicum_verify.errors import ModicumError
from modicum_verify.events import FOUNDERS, GENESIS_SCHEMA
from modicum_verify.fold import Docket, fold
from modicum_verify.moves import PERMISSIONS
from modicum_verify.reviews import Reviews
from modicum_verify.roster import Member
from modicum_verify.sshsig import public_key_line, read_public_key_line
from modicum_verify.statement import Verb
from modicum_verify.witness_set import WitnessSet

_EPOCH = "1970-01-01T00:00:00Z"


def found(  # noqa: PLR0913 - all that genesis fixes, each by its name
    *,
    origin: str,
    custodian: str,
    organisations: Sequence[Mapping[str, Any]],
    people: Sequence[Mapping[str, Any]],
    pack: PackRef,
    manifest_key: str,
    founders: Mapping[str, PersonKey],
    witnesses: WitnessSet | None = None,
    reviews: Reviews | None = None,
    predecessor: Mapping[str, Any] | None = None,
) -> Event:
    """Make the genesis of a home, signed by its founders; of an evaluation home where no witnesses are named.

    reviews: the rules of review that it fixes; where it fixes none, quorums are the pack's word and nothing waits.

    organisations: `{id, kind, name, state?}`. people: `{organisation, person, roles, public_key, name}`; a key line may
    carry a comment, which is dropped; a name left empty is made from the handle. founders: keys by
    `organisation/person`, of at least two organisations. predecessor: the log that this one
    continues, as `modicum_verify.succession` reads it.

    Raises InvalidInputError: a malformed field, a person or key listed twice, founders of one organisation alone.
    """
    content = {
        "schema": GENESIS_SCHEMA,
        "origin": origin,
        "custodian": custodian,
        "evaluation": witnesses is None,
        **({} if witnesses is None else {"witnesses": witnesses.as_document()}),
        **({} if predecessor is None else {"predecessor": dict(predecessor)}),
        "organisations": [_organisation(each) for each in organisations],
        "people": [_person(each) for each in people],
        "pack": {"name": pack.name, "version": pack.version, "sha256": pack.sha256},
        "manifest_key": manifest_key,
        **({} if reviews is None else {"reviews": reviews.as_document()}),
    }
    signatures = [
        signed("genesis", content, case=None, log_size=0, by=KeySigner(person, key))
        for person, key in sorted(founders.items())
    ]
    event = shaped("genesis", {**content, "signatures": signatures}, case=None)
    _try(event, Docket())
    return event


def enrol(
    docket: Docket,
    *,
    person: Mapping[str, Any],
    signers: Sequence[Signer],
    organisation: Mapping[str, Any] | None = None,
) -> Event:
    """Let a person in, and with them their organisation if it is new.

    person and organisation: as for `found`. signers: people of two founding organisations with a role that may enrol,
    and the new person with the new key.

    Raises ConflictError: enrolled already. NotPermittedError: the signers are not those who can let somebody in.
    """
    handle = f"{person.get('organisation')}/{person.get('person')}"
    if handle in docket.roster.people:
        raise ConflictError(cause=f"{handle} is enrolled already", cure="see who is: modicum member list")
    if organisation is not None and organisation.get("id") in docket.roster.organisations:
        raise ConflictError(
            cause=f"{organisation['id']} is enrolled already", cure="enrol the person alone, without the organisation"
        )
    content: dict[str, Any] = {"person": _person(person)}
    if organisation is not None:
        content["organisation"] = _organisation(organisation)
    _check_sponsors(docket, handle, signers)
    signatures = [signed("member", content, case=None, log_size=docket.size, by=by) for by in signers]
    event = shaped("member", {**content, "signatures": signatures}, case=None)
    _try(event, docket)
    return event


def rotate(docket: Docket, handle: str, *, new: Signer, others: Sequence[Signer], text: str = "") -> Event:
    """Put a new key in the place of a person's old one.

    new: the person with the new key. others: the person with the old key, or, where that is lost, people of two
    founding organisations with a role that may enrol.

    Raises NotFoundError: nobody of that handle. NotPermittedError: others than these. ConflictError: the key stands, or
    stood, for somebody.
    """
    _find_member(docket, handle)
    if new.public_key in {each.public_key for each in docket.roster.people.values()} | docket.roster.retired:
        raise ConflictError(
            cause="the new key stands, or stood, for somebody", cure="make a new key: ssh-keygen -t ed25519"
        )
    members = [identify(docket, by) for by in others]
    if [each.handle for each in members] != [handle] and len(_founding(docket, members, handle)) < 2:  # noqa: PLR2004
        raise _too_few(docket, "a new key needs the old one, or")
    content = {"person": handle, "public_key": new.public_key, "text": text}
    return _by_several("rotated", content, docket, [*others, new])


def revoke(docket: Docket, handle: str, *, signers: Sequence[Signer], text: str) -> Event:
    """Take a person off the roster, saying why; what they signed before stands.

    Raises NotFoundError: nobody of that handle. NotPermittedError: not people of two founding organisations who may
    enrol, the revoked person not counted. InvalidInputError: no reason, or too few would be left to enrol anybody.
    """
    _find_member(docket, handle)
    members = [identify(docket, by) for by in signers]
    if len(_founding(docket, members, handle)) < 2:  # noqa: PLR2004 - two organisations, as everywhere
        raise _too_few(docket, "a revocation needs")
    return _by_several("revoked", {"person": handle, "text": text}, docket, signers)


def succeed(docket: Docket, *, origin: str, log_vkey: str, signers: Sequence[Signer], text: str = "") -> Event:
    """End the log, naming the one that continues it; nothing can be entered after it.

    Raises NotPermittedError: not people of two founding organisations who may enrol.
    """
    check_succession(docket, signers)
    return _by_several("succeeded", {"origin": origin, "log_vkey": log_vkey, "text": text}, docket, signers)


def check_succession(docket: Docket, signers: Sequence[Signer]) -> None:
    """Check who may name the successor of a log. Raises NotPermittedError: not people of two founding organisations."""
    if len(_founding(docket, [identify(docket, by) for by in signers], "")) < 2:  # noqa: PLR2004 - as everywhere
        raise _too_few(docket, "a successor needs")


def _by_several(kind: str, content: dict[str, Any], docket: Docket, signers: Sequence[Signer]) -> Event:
    signatures = [signed(kind, content, case=None, log_size=docket.size, by=by) for by in signers]
    event = shaped(kind, {**content, "signatures": signatures}, case=None)
    _try(event, docket)
    return event


def _find_member(docket: Docket, handle: str) -> None:
    member = docket.roster.people.get(handle)
    if member is None or not member.active:
        raise NotFoundError(cause=f"{handle} is not enrolled", cure="see who is: modicum member list")


def _check_sponsors(docket: Docket, handle: str, signers: Sequence[Signer]) -> None:
    members = [identify(docket, by) for by in signers if by.person != handle]
    if len(_founding(docket, members, handle)) < 2 or len(members) == len(signers):  # noqa: PLR2004 - as everywhere
        raise _too_few(docket, "an enrolment needs the new person, and")


def _founding(docket: Docket, members: Sequence[Member], without: str) -> set[str]:
    """The founding organisations whose people, with a role that may enrol, are among these; one person not counted."""
    roster, roles = docket.roster, PERMISSIONS[Verb.ENROL].roles
    return {
        member.organisation
        for member in members
        if member.handle != without and roster.organisations[member.organisation].founder and member.roles & roles
    }


def _too_few(docket: Docket, what: str) -> NotPermittedError:
    founding = ", ".join(sorted(each.id for each in docket.roster.organisations.values() if each.founder))
    roles = " or ".join(sorted(PERMISSIONS[Verb.ENROL].roles))
    return NotPermittedError(
        cause=f"{what} {roles} of two founding organisations",
        cure=f"add the missing signers; the founding organisations are {founding}",
    )


def _try(event: Event, docket: Docket) -> None:
    # Genesis and enrolment are rare and final, so the fold itself is asked before anything is written.
    entry = Entry(
        index=docket.size,
        kind=event.kind,
        at=docket.last_at or _EPOCH,
        case=None,
        actor=FOUNDERS,
        body="",
        content=event.content,
    )
    try:
        fold([entry], docket)
    except EvidenceError as error:
        cause = error.cause.removeprefix(f"{error.place}: ")
        raise InvalidInputError(cause=f"{event.kind} {cause}", cure="mend the roster and try again") from None


def _organisation(each: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in each.items() if not (name == "state" and value is None)}


def _person(each: Mapping[str, Any]) -> dict[str, Any]:
    try:
        line = public_key_line(read_public_key_line(str(each.get("public_key", ""))))
    except ModicumError as error:
        raise InvalidInputError(cause=error.cause, cure=error.cure) from None
    name = each.get("name") or f"{each.get('person')} of {each.get('organisation')}"
    return {**each, "name": name, "roles": list(each.get("roles", ())), "public_key": line}
