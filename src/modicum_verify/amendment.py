"""A change of pack, rules of review or witnesses: a case of its own, locked for as long as the old rules wait at most.

It is opened by a person of a founding organisation, decided by the event that opens it, voted on like any decision and
in force from the entry `amended` on. Its lock is statutory: no directive shortens it. So lowering a quorum or a lock
takes at least as long as the lock that it would lower.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from modicum_verify.canonical import digest
from modicum_verify.case_fold import check_signed, opened
from modicum_verify.case_parts import Decided
from modicum_verify.case_state import CaseState
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.moves import State
from modicum_verify.reviews import Waits
from modicum_verify.roster import FormerPack, Pack, Roster, reviews_of, witnesses_of
from modicum_verify.witness_set import FormerWitnesses


def open_amendment(entry: Entry, content: Mapping[str, Any], roster: Roster) -> CaseState:
    """Open a case about the rules.

    Raises EvidenceError: a log without rules of review, an empty or malformed change, witnesses for an evaluation home,
    or a signer who is no founder's.
    """
    reviews, change = roster.reviews, content["change"]
    if reviews is None or roster.pack is None:
        raise EvidenceError(place=entry.place, cause="changes rules in a log whose genesis fixes none")
    if not change:
        raise EvidenceError(place=entry.place, cause="changes nothing")
    amended_roster(entry, change, roster)
    proposer = content["signature"]["person"]
    sha256 = digest(change)
    case = CaseState(
        id=str(entry.case),
        state=State.FILED,
        filed_at=entry.at,
        request={"title": f"Change of {' and '.join(sorted(change))}", "purpose": "change_of_rules"},
        request_sha256=sha256,
        requester=proposer,
        custodian=roster.custodian,
        pack=asdict(roster.pack),
        opened=0,
        change=change,
        witnessed=roster.witnesses is not None,
    )
    said = check_signed(entry, content, roster, case, asker=None)
    if not roster.organisations[said.organisation].founder:
        raise EvidenceError(place=entry.place, cause="is proposed by somebody of no founding organisation")
    decision = Decided(
        index=entry.index,
        at=entry.at,
        round=1,
        decision_sha256=sha256,
        as_of=entry.at[:10],
        hypothetical=False,
        pack=asdict(roster.pack),
        lowest_form="refusal",
        form=None,
        verdict="permitted",
        missing=(),
        because=(),
        strata=(),
        columns=(),
        quorum=reviews.changes,
        waits=Waits(statutory_s=reviews.longest_s, discretionary_s=0),
    )
    return replace(opened(case, entry, said), decision=decision, state=State.DECIDED)


def amended_roster(entry: Entry, change: Mapping[str, Any], roster: Roster) -> Roster:
    """The roster with a change in force. Raises EvidenceError: it is malformed, or changes nothing."""
    changed = roster
    if "pack" in change:
        changed = replace(changed, pack=Pack(**change["pack"]))
    if "reviews" in change:
        changed = replace(changed, reviews=reviews_of(entry, change["reviews"]))
    if "witnesses" in change:
        if roster.witnesses is None:
            raise EvidenceError(place=entry.place, cause="names witnesses for an evaluation home, which stays one")
        found = witnesses_of(entry, change["witnesses"], custodian=roster.custodian, origin=roster.origin)
        changed = replace(changed, witnesses=found)
    if changed == roster:
        raise EvidenceError(place=entry.place, cause="changes nothing")
    return _with_former(entry, changed, roster)


def _with_former(entry: Entry, changed: Roster, roster: Roster) -> Roster:
    """Keep what a change replaces: old decisions and cosignatures are held against it for ever."""
    if roster.pack is not None and changed.pack != roster.pack:
        replaced = FormerPack(pack=roster.pack, until=entry.index)
        changed = replace(changed, former_packs=(*roster.former_packs, replaced))
    if roster.witnesses is not None and changed.witnesses != roster.witnesses:
        former = FormerWitnesses(witnesses=roster.witnesses, until_size=entry.index)
        changed = replace(changed, former_witnesses=(*roster.former_witnesses, former))
    return changed
