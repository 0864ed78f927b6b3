"""The roster: which organisations and people take part, with which roles and keys, as of a place in the log.

Genesis fixes it and is signed by founders of at least two organisations; whoever joins later is let in by people of two
founding organisations and signs with their own key. One key stands for one person, for ever, so that nobody can be two.
Keys are replaced and people revoked by events: a signature is judged by the roster at its place in the log, not by the
time it claims, so what was signed before a revocation stands, and a key that was replaced signs nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from modicum_verify import sshsig
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError, ModicumError
from modicum_verify.events import FORMS, FOUNDERS, VERB_OF, text_sha256
from modicum_verify.moves import PERMISSIONS, why_not_permitted
from modicum_verify.reviews import Reviews, parse_reviews
from modicum_verify.statement import Statement, Verb
from modicum_verify.succession import Predecessor, Successor, read_predecessor
from modicum_verify.witness_set import FormerWitnesses, WitnessSet, parse_witness_set

_TWO: Final = 2  # organisations, wherever a quorum is meant
_VOTING: Final = PERMISSIONS[Verb.APPROVE].roles


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
class FormerPack:
    """A pack that a change of the rules replaced, by the entry `until`."""

    pack: Pack
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who takes part. Before genesis it is empty and `custodian` is the empty text."""

    origin: str = ""
    custodian: str = ""
    witnesses: WitnessSet | None = None  # None in an evaluation home
    manifest_key: str = ""
    pack: Pack | None = None
    predecessor: Predecessor | None = None  # the log that this one continues
    reviews: Reviews | None = None  # None in logs from before genesis fixed them
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    people: Mapping[str, Member] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()  # keys that stood for somebody and were replaced, here or in the predecessor
    former_packs: tuple[FormerPack, ...] = ()  # oldest first
    former_witnesses: tuple[FormerWitnesses, ...] = ()  # oldest first

    def pack_at(self, index: int) -> Pack | None:
        """The pack that was in force at an entry."""
        return next((each.pack for each in self.former_packs if index < each.until), self.pack)

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
    predecessor = read_predecessor(entry, content)
    roster = Roster(
        origin=content["origin"],
        custodian=content["custodian"],
        witnesses=_witnesses(entry, content),
        manifest_key=content["manifest_key"],
        pack=Pack(**content["pack"]),
        predecessor=predecessor,
        retired=frozenset() if predecessor is None else predecessor.retired,
        reviews=None if "reviews" not in content else reviews_of(entry, content["reviews"]),
        organisations=MappingProxyType(organisations),
    )
    for each in content["people"]:
        roster = _with_person(entry, roster, each)
    members = _check_signatures(entry, roster, content)
    if len({member.organisation for member in members}) < _TWO:
        raise EvidenceError(place=entry.place, cause="genesis is not signed by founders of two organisations")
    return roster


def reviews_of(entry: Entry, document: Any) -> Reviews:  # noqa: ANN401 - any JSON value
    """Read rules of review; only roles that may approve can be in a quorum. Raises EvidenceError."""
    return parse_reviews(document, place=entry.place, forms=set(FORMS) - {"refusal"}, roles=_VOTING)


def _witnesses(entry: Entry, content: Mapping[str, Any]) -> WitnessSet | None:
    """The witnesses that genesis names: none in an evaluation home."""
    if content["evaluation"] == ("witnesses" in content):
        raise EvidenceError(place=entry.place, cause="genesis must either name witnesses or be an evaluation's")
    if content["evaluation"]:
        return None
    return witnesses_of(entry, content["witnesses"], custodian=content["custodian"], origin=content["origin"])


def witnesses_of(entry: Entry, document: Any, *, custodian: str, origin: str) -> WitnessSet:  # noqa: ANN401
    """Read the witnesses of a log: never one that the custodian runs itself. Raises EvidenceError."""
    found = parse_witness_set(document, place=entry.place)
    if custodian in {each.organisation for each in found.witnesses}:
        raise EvidenceError(place=entry.place, cause="names a witness that the custodian runs itself")
    if origin in {key.name for key in found.keys}:
        raise EvidenceError(place=entry.place, cause="names a witness by the name of the log")
    return found


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
    if len(_sponsoring(members, joined, new)) < _TWO:
        raise EvidenceError(
            place=entry.place, cause="an enrolment is not signed by people of two founding organisations"
        )
    return joined


def rotate_key(entry: Entry, content: Mapping[str, Any], roster: Roster) -> Roster:
    """Put a new key in the place of a person's old one.

    The new key signs, which proves that it is theirs; beside it the old one, or, where that is lost, people of two
    founding organisations who may enrol. Raises EvidenceError: somebody who is not enrolled, a key that stands or stood
    for anybody, or other signatures.
    """
    member = _member_of(entry, content["person"], roster)
    if entry.actor != FOUNDERS or entry.case is not None:
        raise EvidenceError(
            place=entry.place, cause="a new key is not entered in the founders' name, outside every case"
        )
    _check_key(entry, roster, content["public_key"])
    people = {**roster.people, member.handle: replace(member, public_key=content["public_key"])}
    renewed = replace(roster, people=MappingProxyType(people), retired=roster.retired | {member.public_key})
    new = [each for each in content["signatures"] if each["public_key"] == content["public_key"]]
    others = [each for each in content["signatures"] if each["public_key"] != content["public_key"]]
    if [each.handle for each in _check_signatures(entry, renewed, {**content, "signatures": new})] != [member.handle]:
        raise EvidenceError(place=entry.place, cause="is not signed once with the new key, by the person whose it is")
    signers = _check_signatures(entry, roster, {**content, "signatures": others})
    if [each.handle for each in signers] != [member.handle] and len(_sponsoring(signers, roster, member.handle)) < _TWO:
        raise EvidenceError(
            place=entry.place,
            cause="is signed neither with the old key nor by people of two founding organisations",
        )
    return renewed


def revoke_member(entry: Entry, content: Mapping[str, Any], roster: Roster) -> Roster:
    """Take a person off the roster: from here on they sign nothing; what they signed before stands.

    Raises EvidenceError: somebody who is not enrolled; without people of two founding organisations, the revoked person
    not counted; or where too few would be left to let anybody in again.
    """
    member = _member_of(entry, content["person"], roster)
    if entry.actor != FOUNDERS or entry.case is not None:
        raise EvidenceError(place=entry.place, cause="a revocation is not in the founders' name, outside every case")
    signers = _check_signatures(entry, roster, content)
    if len(_sponsoring(signers, roster, member.handle)) < _TWO:
        raise EvidenceError(
            place=entry.place, cause="a revocation is not signed by people of two founding organisations"
        )
    people = {**roster.people, member.handle: replace(member, active=False)}
    left = replace(roster, people=MappingProxyType(people))
    if len(_sponsoring(left.with_role(*PERMISSIONS[Verb.ENROL].roles), left, "")) < _TWO:
        raise EvidenceError(
            place=entry.place, cause="would leave people of fewer than two founding organisations to enrol anybody"
        )
    return left


def close_log(entry: Entry, content: Mapping[str, Any], roster: Roster) -> Successor:
    """End the log, naming the one that continues it.

    Raises EvidenceError: the log itself, or without people of two founding organisations.
    """
    if entry.actor != FOUNDERS or entry.case is not None:
        raise EvidenceError(place=entry.place, cause="a successor is not named by the founders, outside every case")
    if content["origin"] == roster.origin or not content["log_vkey"].startswith(f"{content['origin']}+"):
        raise EvidenceError(place=entry.place, cause="names itself as its successor, or a key of another log")
    if len(_sponsoring(_check_signatures(entry, roster, content), roster, "")) < _TWO:
        raise EvidenceError(
            place=entry.place, cause="a successor is not signed by people of two founding organisations"
        )
    return Successor(index=entry.index, origin=content["origin"], log_vkey=content["log_vkey"])


def _member_of(entry: Entry, handle: str, roster: Roster) -> Member:
    member = roster.people.get(handle)
    if member is None or not member.active:
        raise EvidenceError(place=entry.place, cause="is about somebody who is not enrolled")
    return member


def sponsors(members: Sequence[Member], roster: Roster) -> set[str]:
    """The founding organisations whose people, with a role that may enrol, are among these."""
    return _sponsoring(members, roster, "")


def _sponsoring(members: Sequence[Member], roster: Roster, without: str) -> set[str]:
    """The founding organisations whose people, with a role that may enrol, are among these; one person not counted."""
    return {
        member.organisation
        for member in members
        if member.handle != without
        and roster.organisations[member.organisation].founder
        and member.roles & PERMISSIONS[Verb.ENROL].roles
    }


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
    _check_key(entry, roster, member.public_key)
    return replace(roster, people=MappingProxyType({**roster.people, member.handle: member}))


def _check_key(entry: Entry, roster: Roster, public_key: str) -> None:
    # One person under two names would be a quorum of one; and a key that was given up may be in anybody's hands.
    known = {other.public_key for other in roster.people.values()} | roster.retired
    if public_key in known:
        raise EvidenceError(place=entry.place, cause="enrols a key that stands, or stood, for somebody")
    try:
        line = sshsig.public_key_line(sshsig.read_public_key_line(public_key))
    except ModicumError:
        line = ""
    if line != public_key:
        raise EvidenceError(place=entry.place, cause="enrols a key that is not a bare ssh-ed25519 line")


def _organisation(each: Mapping[str, Any], *, founder: bool) -> Organisation:
    return Organisation(id=each["id"], kind=each["kind"], name=each["name"], state=each.get("state"), founder=founder)
