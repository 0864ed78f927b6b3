"""Recall what has left: a signed entry for each release, and a notice for whoever has it.

The notices are written first, then the entries that name their digests; a crash between the two leaves notices that no
entry names, and the next call recalls what is left. A recall asks; that a recipient has destroyed anything, nobody here
can know.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modicum.docket import commands
from modicum.docket.permissions import find_case, find_request
from modicum.docket.signing import PersonKey
from modicum.gateway.case import recall, signer
from modicum.gateway.home import Home
from modicum.gateway.impact import Affected, Impact, impact_of
from modicum.gateway.lookback import release_name
from modicum.gateway.outside import check_folder
from modicum.gateway.progress import Report, silent
from modicum.gateway.recall import Notice, notices, write_notices
from modicum.law.packs import Pack
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum_verify.canonical import canonical
from modicum_verify.moves import State

_LEFT = {State.DELIVERED, State.ACCOUNTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A recall that stands in the log. `notice_sha256`: see `digest_of`."""

    case: str
    release: str
    entry: int
    notice_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was recalled, what had been before, what is still under way, and the files that were written."""

    recalled: tuple[Entered, ...]
    before: tuple[str, ...] = ()
    under_way: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.recalls/1",
            "recalled": [
                {"case": each.case, "release": each.release, "entry": each.entry, "notice_sha256": each.notice_sha256}
                for each in self.recalled
            ],
            "recalled_before": list(self.before),
            "under_way": list(self.under_way),
            "written": list(self.written),
        }


def recall_case(home: Home, case_id: str, *, key: PersonKey, text: str, notice: Path | None = None) -> Outcome:
    """Recall the release of one case. notice: the file that its recipients get; the entry names its SHA-256.

    Raises NotFoundError: no such case or file. ConflictError: nothing was delivered, or it is recalled already.
    NotPermittedError: neither counsel nor privacy officer of the custodian. InvalidInputError: no reason given.
    """
    _check_reason(text)
    case = find_request(home.journal.docket(), case_id)
    try:
        sha256 = None if notice is None else hashlib.sha256(notice.read_bytes()).hexdigest()
    except OSError:
        raise NotFoundError(cause=f"the notice {notice} cannot be read", cure="check the path") from None
    entry = recall(home, case_id, key=key, text=text, notice_sha256=sha256)
    done = Entered(
        case=case_id, release=release_name(case_id, len(case.releases)), entry=entry.index, notice_sha256=sha256
    )
    return Outcome(recalled=(done,))


def recall_order(
    home: Home, *, pack: Pack, key: PersonKey, text: str, out: Path | None = None, report: Report = silent
) -> Outcome:
    """Recall every release that `law impact` finds affected by a pack, as of today, under one person's key.

    out: a folder for a notice to each recipient, as `law impact` writes them. Raises what `recall_case` raises.
    """
    _check_reason(text)
    home.require_writable()
    if out is not None:
        check_folder(out)
    found = impact_of(home, pack=pack, report=report)
    docket = home.journal.docket()
    states = {each.case: find_case(docket, each.case).state for each in found.affected}
    due = [each for each in found.affected if states[each.case] in _LEFT]
    letters = tuple(replace(each, recorded=True) for each in notices(_only(found, due)))
    for each in due:  # ask for all before anything is written
        commands.recall(docket, each.case, by=signer(docket, key), text=text)
    written = [] if out is None else write_notices(out, letters)
    entered = [_enter(home, each, key=key, text=text, letters=() if out is None else letters) for each in due]
    return Outcome(
        recalled=tuple(entered),
        before=tuple(each.name for each in found.affected if states[each.case] is State.RECALLED),
        under_way=tuple(each.name for each in found.affected if states[each.case] not in {*_LEFT, State.RECALLED}),
        written=tuple(written),
    )


def digest_of(letters: Sequence[Notice]) -> str | None:
    """What an entry names of the notices to its recipients; None where there are none.

    SHA-256 (hex) of the JSON of the notice; where there are several, of their digests in order, a line each.
    """
    digests = sorted(hashlib.sha256(canonical(each.as_document())).hexdigest() for each in letters)
    if len(digests) < 2:  # noqa: PLR2004 - one notice stands for itself
        return digests[0] if digests else None
    return hashlib.sha256("".join(f"{each}\n" for each in digests).encode()).hexdigest()


def _enter(home: Home, release: Affected, *, key: PersonKey, text: str, letters: Sequence[Notice]) -> Entered:
    mine = [each for each in letters if release.name in {one.release for one in each.releases}]
    sha256 = digest_of(mine)
    entry = recall(home, release.case, key=key, text=text, notice_sha256=sha256)
    return Entered(case=release.case, release=release.name, entry=entry.index, notice_sha256=sha256)


def _only(impact: Impact, due: Sequence[Affected]) -> Impact:
    return replace(impact, releases=tuple(due))


def _check_reason(text: str) -> None:
    if not text.strip():
        raise InvalidInputError(cause="a recall needs a reason", cure="give it with --text; recipients are told")
