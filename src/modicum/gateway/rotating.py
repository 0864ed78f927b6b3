"""Make the successor of a home: a new log under a new key, which says where the old one ended.

1. who signs may do so, and no case is open; with witnesses: they answer
2. keys and origin of the new log are made and durable, beside the wanted folder
3. the old log's last entry names them; from here on it takes no other entry
4. the checkpoint over it, cosigned where there are witnesses, stands in the new genesis; then come what
   statistics disclosed (budgets, exact tables) and the data sets
5. the new home takes its name

A crash before 3 changes nothing; after it, the same command goes on with the keys of step 2. Where the old home is
frozen there is no step 3, nothing is asked of its log's key, and open cases are told, to be filed anew.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.docket.founding import check_succession, found, succeed
from modicum.docket.signing import PersonKey
from modicum.gateway.carrying import carry_data, carry_disclosed, carry_keys, carry_pack, prepared
from modicum.gateway.case import enter, signer
from modicum.gateway.ended import Ended, ended_frozen, ended_now, open_cases
from modicum.gateway.founding import enter_genesis
from modicum.gateway.freezing import frozen
from modicum.gateway.home import Home, read_settings
from modicum.gateway.journal import Clock
from modicum.gateway.keys import LOG_KEY, MANIFEST_KEY, public_hex, read_key
from modicum.gateway.leaving import WITNESSES, own_witnesses, too_few
from modicum.gateway.outside import check_new_home
from modicum.gateway.populations import BUDGET_FILE
from modicum.gateway.progress import Report, silent
from modicum.gateway.release import recover
from modicum.gateway.witnessing import ask_witnesses
from modicum.ledger import create_ledger
from modicum.model.errors import OutstandingError
from modicum.storage import Folder
from modicum_verify.fold import Docket
from modicum_verify.note import vkey as vkey_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A successor home, and what did not come with it.

    file_anew: cases of a frozen log that had not ended. register_anew: its data sets that could not be carried over.
    """

    home: Path
    origin: str
    log_vkey: str
    before: str
    size: int
    frozen: bool
    witnesses: bool
    file_anew: tuple[str, ...]
    register_anew: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/rotated.json)."""
        return {
            "schema": "modicum.rotated/1",
            "home": str(self.home),
            "origin": self.origin,
            "log_vkey": self.log_vkey,
            "predecessor": {
                "origin": self.before,
                "size": self.size,
                "reason": "frozen" if self.frozen else "rotated",
            },
            "file_anew": list(self.file_anew),
            "register_anew": list(self.register_anew),
        }


def rotate(
    root: Path,
    *,
    to: Path,
    keys: Sequence[PersonKey],
    clock: Clock,
    text: str = "",
    store: str | None = None,
    report: Report = silent,
) -> Rotated:
    """Make the successor of the home at `root` in a new folder `to`; the old folder stays as it is.

    keys: those of people of two founding organisations. text: words that stay with the old log's last entry. store: the
    address of an empty PostgreSQL database for the successor, which it needs where the old home has one.

    Raises OutstandingError: cases are open (not where the home is frozen). NotPermittedError: others than these sign.
    ConflictError: `to` is there, or the log has another successor. LogUnavailableError: too few witnesses cosign.
    EvidenceError: the log does not verify, and the home is not frozen.
    """
    check_new_home(to, option="--to")
    folder = Folder(root)
    with ExitStack() as held:
        if frozen(folder) is not None:
            held.enter_context(folder.lock("home"))
            report("looking what of the log still verifies", 0.1)
            ended = ended_frozen(root, clock=clock)
            check_succession(ended.docket, [signer(ended.docket, key) for key in keys])
            new, origin = prepared(_partial(to), old=folder, successor=ended.docket.successor, store=store)
        else:
            home = Home.open(root, clock=clock)
            if home.journal.docket().successor is None:
                recover(home)
            held.enter_context(folder.lock("release", timeout_s=5.0))
            held.enter_context(home.journal.locked())
            new, origin = _end(home, _partial(to), keys=keys, text=text, store=store)
            ended = ended_now(home)
        report("making the successor", 0.5)
        _make(new, origin, ended=ended, keys=keys, clock=clock)
        made = Home.open(new.root, clock=clock)
        carry_disclosed(folder, made, ended)
        left = carry_data(folder, made, ended.docket)
        _rename(new.root, to)
    return _told(to, ended, left)


def _end(home: Home, partial: Path, *, keys: Sequence[PersonKey], text: str, store: str | None) -> tuple[Folder, str]:
    """Steps 1 to 3: on return the old log has ended."""
    docket = home.journal.docket()
    signers = [signer(docket, key) for key in keys]
    check_succession(docket, signers)
    _require_ended(docket)
    witnesses = own_witnesses(home, docket)
    if witnesses is not None:
        asked = ask_witnesses(home, witnesses)
        if not asked.met:
            raise too_few(witnesses, asked.asked)
    new, origin = prepared(partial, old=home.folder, successor=docket.successor, store=store)
    if docket.successor is None:
        log_vkey = vkey_of(origin, read_key(new, LOG_KEY).public_key())
        enter(home, succeed(docket, origin=origin, log_vkey=log_vkey, signers=signers, text=text))
    return new, origin


def _make(new: Folder, origin: str, *, ended: Ended, keys: Sequence[PersonKey], clock: Clock) -> None:
    """Step 4, save the data sets: everything in the new folder but its keys is made anew each time."""
    roster = ended.docket.roster
    pack = carry_pack(ended.folder, new, read_settings(new)["pack"], roster.pack)
    carry_keys(ended.folder, new)
    if roster.witnesses is not None:
        new.write_new(WITNESSES, ended.folder.read(WITNESSES))
    if ended.folder.exists(BUDGET_FILE):
        new.write_new(BUDGET_FILE, ended.folder.read(BUDGET_FILE))
    create_ledger(new, origin=origin, key=read_key(new, LOG_KEY))
    genesis = found(
        origin=origin,
        custodian=roster.custodian,
        organisations=[
            {"id": each.id, "kind": each.kind, "name": each.name, "state": each.state}
            for each in roster.organisations.values()
        ],
        people=[
            {
                "organisation": each.organisation,
                "person": each.person,
                "name": each.name,
                "roles": sorted(each.roles),
                "public_key": each.public_key,
            }
            for each in roster.people.values()
            if each.active
        ],
        pack=pack,
        manifest_key=public_hex(read_key(new, MANIFEST_KEY)),
        founders={signer(ended.docket, key).person: key for key in keys},
        witnesses=roster.witnesses,
        reviews=roster.reviews,
        predecessor=ended.as_predecessor(),
    )
    enter_genesis(new, new.root, genesis, clock=clock)


def _require_ended(docket: Docket) -> None:
    waiting = open_cases(docket)
    if waiting:
        listed = "; ".join(f"{case.id} is {case.state}" for case in waiting)
        raise OutstandingError(
            cause=f"{len(waiting)} case(s) have not ended: {listed}",
            cure="release, refuse or withdraw them first; a damaged log can be frozen instead: modicum log freeze",
        )


def _partial(to: Path) -> Path:
    return to.absolute().with_name(f".{to.name}.successor")


def _rename(partial: Path, to: Path) -> None:
    if to.exists():
        to.rmdir()
    partial.rename(to.absolute())


def _told(to: Path, ended: Ended, left: Sequence[str]) -> Rotated:
    made = Home.open(to)
    return Rotated(
        home=to,
        origin=made.origin,
        log_vkey=made.ledger.vkey,
        before=ended.docket.roster.origin,
        size=ended.checkpoint.size,
        frozen=ended.frozen is not None,
        witnesses=ended.docket.roster.witnesses is not None,
        file_anew=ended.open_cases,
        register_anew=tuple(left),
    )
