"""The roster: which organisations and people take part, with which roles and keys, as of a place in the log.

Genesis fixes it and is signed by founders of at least two organisations; whoever joins later is let in by people of two
founding organisations and signs with their own key. One key stands for one person, so that nobody can be two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from modicum_verify import sshsig
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError, ModicumError
from modicum_verify.events import FOUNDERS, VERB_OF, text_sha256
from modicum_verify.moves import PERMISSIONS, why_not_permitted
from modicum_verify.statement import Statement, Verb

_TWO: Final = 2  # organisations, wherever a quorum is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An enrolled organisation; `state` is the state whose people it answers for, where it does."""

    id: str
    kind: str
    name: str
    state: str | None
    founder: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An enrolled person: their handle, roles and the one key they sign with."""

    organisation: str
    person: str
    name: str
    roles: frozenset[str]
    public_key: str
    active: bool
    enrolled: int  # index of the entry that let them in

    @property
    def handle(self) -> str:
        """`organisation/person`."""
        return f"{self.organisation}/{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The policy pack that genesis fixes."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who takes part. Before genesis it is empty and `custodian` is the empty text."""

    origin: str = ""
    custodian: str = ""
    evaluation: bool = True
    manifest_key: str = ""
    pack: Pack | None = None
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    people: Mapping[str, Member] = field(default_factory=dict)

    def with_role(self, *roles: str, organisation: str | None = None) -> tuple[Member, ...]:
        """Active people who hold one of these roles, perhaps of one organisation, by handle."""
        return tuple(
            member
            for _, member in sorted(self.people.items())
            if member.active and member.roles & set(roles) and organisation in {None, member.organisation}
        )


def found_roster(entry: Entry, content: Mapping[str, Any]) -> Roster:
    """Read genesis and check its founders.

    Raises EvidenceError: not entry 0, a person of no listed organisation, a handle or key listed twice, or signatures
    that do not come from listed people of at least two organisations.
    """
    if entry.index != 0 or entry.case is not None or entry.actor != FOUNDERS:
        raise EvidenceError(place=entry.place, cause="genesis stands elsewhere than in entry 0")
    signers = {signature["person"].split("/")[0] for signature in content["signatures"]}
    organisations = {
        each["id"]: _organisation(each, founder=each["id"] in signers) for each in content["organisations"]
    }
    if len(organisations) != len(content["organisations"]):
        raise EvidenceError(place=entry.place, cause="genesis lists an organisation twice")
    if content["custodian"] not in organisations:
        raise EvidenceError(place=entry.place, cause="genesis does not list the custodian among the organisations")
    roster = Roster(
        origin=content["origin"],
        custodian=content["custodian"],
        evaluation=content["evaluation"],
        manifest_key=content["manifest_key"],
        pack=Pack(**content["pack"]),
        organisations=MappingProxyType(organisations),
    )
    for each in content["people"]:
        roster = _with_person(entry, roster, each)
    members = _check_signatures(entry, roster, content)
    if len({member.organisation for member in members}) < _TWO:
        raise EvidenceError(place=entry.place, cause="genesis is not signed by founders of two organisations")
    return roster


def enrol_member(entry: Entry, content: Mapping[str, Any], roster: Roster) -> Roster:
    """Let a person in, and their organisation where the event names it.

    Raises EvidenceError: known already, or without people of two founding organisations and the new person's own key.
    """
    if entry.actor != FOUNDERS or entry.case is not None:
        raise EvidenceError(place=entry.place, cause="an enrolment is not in the founders' name, outside every case")
    joined = roster
    if (named := content.get("organisation")) is not None:
        if named["id"] in roster.organisations:
            raise EvidenceError(place=entry.place, cause="enrols an organisation that is enrolled")
        if named["id"] != content["person"]["organisation"]:
            raise EvidenceError(place=entry.place, cause="enrols an organisation with a person of another one")
        organisations = {**roster.organisations, named["id"]: _organisation(named, founder=False)}
        joined = replace(roster, organisations=MappingProxyType(organisations))
    joined = _with_person(entry, joined, content["person"])
    new = f"{content['person']['organisation']}/{content['person']['person']}"
    members = _check_signatures(entry, joined, content)
    if new not in {member.handle for member in members}:
        raise EvidenceError(place=entry.place, cause="an enrolment lacks the new person's own signature")
    sponsors = {
        member.organisation
        for member in members
        if member.handle != new
        and roster.organisations[member.organisation].founder
        and member.roles & PERMISSIONS[Verb.ENROL].roles
    }
    if len(sponsors) < _TWO:
        raise EvidenceError(
            place=entry.place, cause="an enrolment is not signed by people of two founding organisations"
        )
    return joined


def check_signature(
    entry: Entry, roster: Roster, signature: Mapping[str, Any], statement: Statement, *, asker: str | None
) -> Member:
    """Check one signature against the roster as it stands at this entry; gives the signer.

    Raises EvidenceError: an unknown person or key, a role that may not sign this verb, a statement about a later log
    than this, or a signature that the key did not make over exactly this statement.
    """
    member = roster.people.get(signature["person"])
    if member is None or not member.active:
        raise EvidenceError(place=entry.place, cause="is signed by somebody who is not enrolled")
    if member.public_key != signature["public_key"]:
        raise EvidenceError(place=entry.place, cause="is signed with a key that is not the signer's")
    verb = Verb(statement.verb)
    reason = why_not_permitted(
        verb, roles=member.roles, organisation=member.organisation, custodian=roster.custodian, asker=asker
    )
    if reason is not None and verb is not Verb.ENROL:  # of an enrolment's signers only the sponsors need a role
        raise EvidenceError(place=entry.place, cause=reason)
    if signature["log_size"] > entry.index:
        raise EvidenceError(place=entry.place, cause="is signed over a log that is longer than this place in it")
    try:
        sshsig.verify(signature["sshsig"], member.public_key, statement.namespace, statement.message())
    except ModicumError as error:
        raise EvidenceError(place=entry.place, cause=f"signature of {member.handle}: {error.cause}") from None
    return member


def _check_signatures(entry: Entry, roster: Roster, content: Mapping[str, Any]) -> list[Member]:
    members = []
    for signature in content["signatures"]:
        if signature["round"] != 0:
            raise EvidenceError(place=entry.place, cause="is signed for a round, outside every case")
        statement = Statement(
            verb=VERB_OF[entry.kind],
            case=None,
            round=0,
            decision_sha256=None,
            organisation=signature["person"].split("/")[0],
            text_sha256=text_sha256(entry.kind, content),
            log_size=signature["log_size"],
        )
        members.append(check_signature(entry, roster, signature, statement, asker=None))
    if len({member.handle for member in members}) != len(members):
        raise EvidenceError(place=entry.place, cause="is signed twice by one person")
    return members


def _with_person(entry: Entry, roster: Roster, each: Mapping[str, Any]) -> Roster:
    member = Member(
        organisation=each["organisation"],
        person=each["person"],
        name=each["name"],
        roles=frozenset(each["roles"]),
        public_key=each["public_key"],
        active=True,
        enrolled=entry.index,
    )
    if member.organisation not in roster.organisations:
        raise EvidenceError(place=entry.place, cause="enrols a person of an organisation that is not enrolled")
    if member.handle in roster.people:
        raise EvidenceError(place=entry.place, cause="enrols a person who is enrolled")
    # One person under two names would be a quorum of one.
    if any(other.public_key == member.public_key for other in roster.people.values()):
        raise EvidenceError(place=entry.place, cause="enrols a key that stands for somebody else")
    try:
        line = sshsig.public_key_line(sshsig.read_public_key_line(member.public_key))
    except ModicumError:
        line = ""
    if line != member.public_key:
        raise EvidenceError(place=entry.place, cause="enrols a key that is not a bare ssh-ed25519 line")
    return replace(roster, people=MappingProxyType({**roster.people, member.handle: member}))


def _organisation(each: Mapping[str, Any], *, founder: bool) -> Organisation:
    return Organisation(id=each["id"], kind=each["kind"], name=each["name"], state=each.get("state"), founder=founder)
