"""The doctor: look at a home and say what is wrong, with a cure; changes nothing save finishing what a crash left."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modicum.gateway.catalogued import check_tables, interrupted, logged_datasets
from modicum.gateway.grounds import check_keys
from modicum.gateway.home import SETTINGS, Home
from modicum.gateway.leaving import own_witnesses, too_few
from modicum.gateway.logbook import fsck
from modicum.gateway.named import check_lists
from modicum.gateway.rebuilding import check_store
from modicum.gateway.release import recover
from modicum.gateway.released_tables import check_kept
from modicum.gateway.stored import replay_decisions
from modicum.gateway.witnessing import ask_witnesses
from modicum.model.errors import EvidenceError, ModicumError
from modicum.store import CURE

_ROOM_BYTES: Final = 256 * 1024 * 1024
_PRIVATE: Final = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check. `exit` names the exit status that stands for it where it is bad."""

    check: str
    good: bool
    detail: str
    cure: str = ""
    exit: str = "OUR_FAULT"


def examine(root: Path) -> list[Finding]:
    """Check a home; a check that fails does not keep the later ones from running."""
    try:
        home = Home.open(root)
    except ModicumError as error:
        return [_bad("home", error)]
    checks: list[tuple[str, Callable[[], str]]] = [
        ("settings and keys", lambda: _settings(home)),
        ("witnesses", lambda: _witnesses(home)),
        ("key files", lambda: _keys(home)),
        ("writable", lambda: _writable(home)),
        ("disk", lambda: _disk(home)),
        ("clock", lambda: _clock(home)),
        ("unfinished releases", lambda: _unfinished(home)),
        ("log, bodies, signatures", lambda: _log(root)),
        ("store", lambda: _store(home)),
        ("policy pack", lambda: _pack(home)),
        ("stored decisions", lambda: _decisions(home)),
        ("data sets", lambda: _data(home)),
        ("exact tables that left", lambda: f"{check_kept(home)} kept, to hold the next one against"),
        ("lists of named persons", lambda: f"{check_lists(home, home.journal.docket())} sealed"),
    ]
    return [_run(name, check) for name, check in checks]


def _run(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(check=name, good=True, detail=check())
    except ModicumError as error:
        return _bad(name, error)


def _bad(name: str, error: ModicumError) -> Finding:
    families = {
        "evidence-broken": "VERIFICATION_FAILED",
        "ledger-rolled-back": "VERIFICATION_FAILED",
        "not-found": "NOT_FOUND",
        "invalid-input": "USAGE",
        "conflict": "CONFLICT",
        "log-unavailable": "LOG_UNAVAILABLE",
        "operator": "LOG_UNAVAILABLE",
    }
    return Finding(
        check=name, good=False, detail=error.cause, cure=error.cure, exit=families.get(error.code, "OUR_FAULT")
    )


def _settings(home: Home) -> str:
    docket = home.journal.docket()
    if home.custodian != docket.roster.custodian:
        raise EvidenceError(
            place=SETTINGS,
            cause=f"says custodian {home.custodian}, and the log says {docket.roster.custodian}",
            cure=f"restore it: nothing is released under another custodian than {docket.roster.custodian}",
        )
    check_keys(home, docket)
    return f"custodian {home.custodian}, log {home.origin}"


def _witnesses(home: Home) -> str:
    home.ledger.refresh()
    witnesses = own_witnesses(home, home.journal.docket())
    if witnesses is None:
        return "none: an evaluation home (unwitnessed)"
    asked = ask_witnesses(home, witnesses)
    if not asked.met:
        raise too_few(witnesses, asked.asked)
    return f"at least {asked.organisations} organisation(s) cosign; " + "; ".join(
        f"{each.name} {each.why}" for each in asked.asked
    )


def _keys(home: Home) -> str:
    open_to_others = [
        each
        for each in home.folder.list("keys")
        if not each.endswith(".pub") and home.folder.path(each).stat().st_mode & _PRIVATE
    ]
    if open_to_others:
        raise _UnhealthyError(
            cause=f"{len(open_to_others)} private key file(s) can be read by others",
            cure="chmod 600 the files under keys/",
        )
    return "private"


def _writable(home: Home) -> str:
    home.require_writable()
    return "yes"


def _disk(home: Home) -> str:
    free = shutil.disk_usage(home.root).free
    if free < _ROOM_BYTES:
        raise _UnhealthyError(
            cause=f"only {free // 1024 // 1024} MiB are free under the home", cure="make room before a release"
        )
    return f"{free // 1024 // 1024:,} MiB free"


def _clock(home: Home) -> str:
    home.journal.docket()
    return f"{home.journal.timestamp()}, not before the last entry"


def _unfinished(home: Home) -> str:
    if not os.access(home.root, os.W_OK):
        return "not looked at: the home is read-only"
    settled = recover(home)
    home.folder.sweep()
    return "; ".join(settled) if settled else "none"


def _log(root: Path) -> str:
    checked = fsck(root)
    return f"{checked.entries} entries, {checked.cases} cases, {checked.releases} releases"


def _store(home: Home) -> str:
    if not os.access(home.root, os.W_OK):
        return "not looked at: the home is read-only"
    found = check_store(home)
    if not found.equal:
        more = f", and {len(found.differences) - 1} rows more" if len(found.differences) > 1 else ""
        raise EvidenceError(
            place=found.store, cause=f"is not what log and bodies give: {found.differences[0]}{more}", cure=CURE
        )
    return f"{found.store}: {found.entries} entries, {sum(found.rows.values())} rows, equal to what the log gives"


def _pack(home: Home) -> str:
    ref = home.pack().ref
    named = home.journal.docket().roster.pack
    if named is not None and named.sha256 != ref.sha256:
        raise _UnhealthyError(
            cause=f"the pack {ref.name} is not the one that the log names",
            cure="restore that pack; a change of pack is a case",
        )
    return f"{ref.name} {ref.version} ({ref.sha256[:12]})"


def _decisions(home: Home) -> str:
    replayed = replay_decisions(home)
    if replayed.differing:
        raise EvidenceError(
            place=replayed.differing[0],
            cause=f"comes out otherwise when it is made anew, as do {len(replayed.differing) - 1} more",
            cure="keep the home as it is; the law's text, the facts or the program are not those that it was made with",
        )
    return f"{replayed.decisions} replayed, {replayed.decisions} equal to the byte"


def _data(home: Home) -> str:
    docket = home.journal.docket()
    found = logged_datasets(home, docket)
    cut_off = interrupted(home, docket)
    if cut_off:
        raise _UnhealthyError(
            cause=f"the registration of {', '.join(cut_off)} was interrupted before it was entered in the log",
            cure="register it again: modicum data add",
        )
    for each in found:
        check_tables(home, each)
    open_ones = [each for each in found if not each.confirmed]
    return f"{len(found)} registered, {len(open_ones)} with an unconfirmed dictionary"


class _UnhealthyError(ModicumError):
    """A check that failed without anything having been tried."""

    code = "operator"
