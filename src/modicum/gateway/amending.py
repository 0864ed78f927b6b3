"""A change of the rules, from the proposal to the day on which it counts: pack and rules of review, or witnesses.

It is a case: people propose it, vote on it, and it waits as long as the rules in force wait at most. What it brings (a
pack, a file of witnesses) is kept in the home from the proposal on, and used from the entry `amended` on. The log is
the truth: a crash behind that entry leaves files that follow it at the next release, export or look of the doctor.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from modicum.docket import commands, gateway_events
from modicum.docket.permissions import find_case
from modicum.docket.signing import PersonKey
from modicum.gateway.case import enter, signer
from modicum.gateway.grounds import check_kinds
from modicum.gateway.home import Home
from modicum.gateway.kept_packs import keep_pack
from modicum.gateway.leaving import follow, named, own_witnesses, proposed_witnesses
from modicum.gateway.release import releasing, settle_all
from modicum.gateway.waiting import waited
from modicum.gateway.witnessing import read_witnesses
from modicum.law.packs import Pack, load_pack
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, ModicumError
from modicum_verify.case_state import CaseState
from modicum_verify.case_time import outdated
from modicum_verify.fold import Docket
from modicum_verify.lock import text_of
from modicum_verify.moves import State
from modicum_verify.roster import Pack as NamedPack
from modicum_verify.witness_set import WitnessSet, parse_witness_set


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A change that was proposed: its case, and how long it waits once it is agreed.

    earliest: the time (UTC) before which it cannot be in force, were it agreed this moment; None in an evaluation home,
    where nothing waits.
    """

    case: str
    change: Mapping[str, Any]
    waits_s: int
    earliest: str | None

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.proposed-change/1",
            "case": self.case,
            "changes": sorted(self.change),
            "pack": self.change.get("pack"),
            "witnesses": self.change.get("witnesses"),
            "waits_s": self.waits_s,
            "earliest": self.earliest,
        }


def propose(
    home: Home, *, key: PersonKey, text: str, pack: Path | str | None = None, witnesses: Path | None = None
) -> str:
    """Propose a change of pack (with the rules of review that it brings) or of witnesses; gives the number of its case.

    pack: a shipped pack or a folder, which is copied into the home. witnesses: a `witnesses.toml`, of which a copy
    waits in the home.

    Raises InvalidInputError: neither, a malformed one, or a pack that does not know an enrolled kind of organisation.
    ConflictError: in force already. NotPermittedError: see `commands.amend`.
    """
    if pack is None and witnesses is None:
        raise InvalidInputError(cause="no change is named", cure="name a pack or a file of witnesses")
    home.require_writable()
    with home.journal.locked():
        docket = home.journal.docket()
        change: dict[str, Any] = {}
        if pack is not None:
            new = load_pack(pack)
            _check_pack(new, docket)
            change |= {"pack": asdict(new.ref), "reviews": new.review_rules.as_document()}
        if witnesses is not None:
            change["witnesses"] = named(read_witnesses(witnesses)).as_document()
            if (now := docket.roster.witnesses) is not None and now.as_document() == change["witnesses"]:
                raise ConflictError(cause="these are the witnesses in force", cure="nothing to do")
        event = commands.amend(docket, change, by=signer(docket, key), text=text, year=home.journal.now().year)
        if pack is not None:
            keep_pack(home.folder, new)
            keep_pack(home.folder, home.pack())  # old decisions are made anew by it, whatever Modicum ships by then
        if witnesses is not None:
            home.folder.replace(proposed_witnesses(_witnesses(change)), witnesses.read_bytes())
        return enter(home, event).case or ""


def proposed(home: Home, case_id: str) -> Proposed:
    """What is to be said of a change that was just proposed."""
    case = find_case(home.journal.docket(), case_id)
    wait = case.waits.longest_s
    earliest = int((home.journal.now() + timedelta(seconds=wait)).timestamp())
    return Proposed(
        case=case_id,
        change=case.change or {},
        waits_s=wait,
        earliest=text_of(earliest) if case.must_wait else None,
    )


def enact(home: Home, case_id: str) -> str:
    """Put an agreed change in force, once its time-lock is over; gives what changed, in words.

    Raises OutstandingError (exit 4): not agreed, or locked still. ConflictError (9): in force already, ended, about
    records, or proposed under rules that are no longer in force. LogUnavailableError (6): too few witnesses cosign.
    """
    home.require_writable()
    with releasing(home):
        _check_change(find_case(home.journal.docket(), case_id), home.journal.docket())
        unlocked = waited(home, case_id)
        with home.journal.locked():
            home.journal.check_rows(find_case(home.journal.docket(), case_id))
            settle_all(home)
            docket = home.journal.docket()
            own_witnesses(home, docket)
            case = find_case(docket, case_id)
            _check_change(case, docket)
            _check_kept(home, case)
            enter(home, gateway_events.amended(docket, case_id, unlocked=unlocked))
            follow(home, home.journal.docket())
    return str(case.request["title"])


def _check_pack(new: Pack, docket: Docket) -> None:
    roster = docket.roster
    if roster.pack is not None and roster.pack.sha256 == new.ref.sha256:
        raise ConflictError(cause=f"the pack {new.ref.name} {new.ref.version} is in force", cure="nothing to do")
    kinds = [each.kind for each in roster.organisations.values()]
    check_kinds(new, kinds, cure="name a pack that knows every kind of organisation that is enrolled here")


def _check_change(case: CaseState, docket: Docket) -> None:
    """Check that a case is a change that can still come into force. Raises ConflictError."""
    if case.change is None:
        raise ConflictError(cause=f"case {case.id} changes no rules", cure="release it")
    if case.state is State.ENACTED:
        raise ConflictError(cause=f"the change of case {case.id} is in force already", cure="nothing to do")
    if case.ended:
        raise ConflictError(cause=f"case {case.id} is {case.state}", cure="propose the change anew")
    if outdated(case, docket.roster):
        raise ConflictError(
            cause=f"the rules were changed since case {case.id} was proposed, and it waited by the old ones",
            cure="propose it anew; it can be withdrawn by who proposed it",
        )


def _check_kept(home: Home, case: CaseState) -> None:
    """Check that what a change brings lies in the home, whole. Raises EvidenceError."""
    change = case.change or {}
    if "pack" in change:
        home.pack_of(NamedPack(**change["pack"]))
    if "witnesses" in change:
        wanted = _witnesses(change)
        place = proposed_witnesses(wanted)
        try:
            same = named(read_witnesses(home.root / place)) == wanted
        except ModicumError:
            same = False
        if not same:
            raise EvidenceError(place=place, cause="is not the file of witnesses that was proposed", cure="restore it")


def _witnesses(change: Mapping[str, Any]) -> WitnessSet:
    return parse_witness_set(change["witnesses"], place="change")
