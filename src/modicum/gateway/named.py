"""Named persons: their lines, sealed in custody, and what becomes of them. The log holds digests and counts alone.

`lines/CASE.age` is the salted list, sealed to `keys/lines.key`. Whoever holds the home can open it, as they can open
`data/`; what they cannot do is exchange it: its digest stands in the request that the asker signed. Every use opens it
anew, checks both digests, and judges it anew; what the log says of it is never taken on trust.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from modicum.docket import gateway_events
from modicum.docket.signing import Event
from modicum.gateway.home import Home
from modicum.gateway.lines_file import parse_lines
from modicum.gateway.outside import check_out, write_out
from modicum.law.line_rules import LineRules
from modicum.law.lines import Filed, Hold, LinesReport, judge_lines
from modicum.law.packs import Pack
from modicum.model.decision import Because
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, NotFoundError
from modicum.model.lines import Line, Lines
from modicum.model.request import Request
from modicum.seal.age import decrypt_stream, encrypt_stream, new_recipient, own_identity
from modicum_verify.canonical import canonical
from modicum_verify.case_state import CaseState
from modicum_verify.case_state import Lines as Logged
from modicum_verify.fold import Docket

LINES_KEY: Final = "keys/lines.key"
SEALED: Final = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What stands behind the digest of a request: the report on its list, and the lines that may go on."""

    report: LinesReport
    lines: tuple[Line, ...] = field(repr=False)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The holds that the list raises."""
        return self.report.holds


def line_rules(pack: Pack) -> LineRules:
    """The pack's rules for lines. Raises InvalidInputError: it has none, so nobody can be named under it."""
    if pack.lines is None:
        raise InvalidInputError(
            cause=f"the policy pack {pack.ref.name} knows no lines, so no request under it can name persons",
            cure="ask about a population, or use a pack with lines.toml",
        )
    return pack.lines


def judged(
    request: Request,
    lines: Lines,
    *,
    pack: Pack,
    as_of: date,
    agreed_on: date | None = None,
    earlier: Sequence[Filed] = (),
) -> Named:
    """Judge the list behind a request as of a day.

    agreed_on: the day whose decision was agreed on; a line goes on only if it was sufficient on that day too, so that
    nobody is in an answer whom the reviewers did not see. Raises InvalidInputError: another list than the request's.
    """
    if request.population.named_persons_sha256 != lines.sha256:
        raise InvalidInputError(
            cause="the list of persons is not the one whose digest the request holds",
            cure="put the digest that `modicum request lines` printed into population.named_persons_sha256",
        )
    rules = line_rules(pack)
    report = judge_lines(lines.lines, rules=rules, authorities=request.authorities, as_of=as_of, earlier=earlier)
    going = set(report.sufficient)
    if agreed_on is not None:
        before = judge_lines(lines.lines, rules=rules, authorities=request.authorities, as_of=agreed_on)
        going &= set(before.sufficient)
    return Named(report=report, lines=tuple(each for each in lines.lines if each.number in going))


def earlier_lists(
    home: Home, docket: Docket, *, requester: str, pack: Pack, as_of: date, before: int | None = None
) -> list[Filed]:
    """The lists that a hold rule may look back to, opened. before: only those logged before that entry.

    Raises EvidenceError: one of them is gone or altered, and then nobody can count.
    """
    since = as_of - timedelta(days=line_rules(pack).reach_days)
    found = []
    for case in docket.cases.values():
        logged = case.lines
        if logged is None or (before is not None and logged.index >= before):
            continue
        on = date.fromisoformat(logged.at[:10])
        if since <= on <= as_of:
            same = case.requester == requester
            found.append(Filed(on=on, same_requester=same, lines=open_lines(home, case, pack=pack).lines))
    return found


def check_fresh(docket: Docket, lines: Lines) -> None:
    """Check that no case stands on this salted list yet. Raises ConflictError.

    One salt in two requests would show, to whoever reads the log, that both are about the same persons; and a list
    that was looked at for one case must not be played again for another.
    """
    for case in docket.cases.values():
        if case.named_persons_sha256 == lines.sha256:
            raise ConflictError(
                cause=f"this very list was filed with case {case.id}",
                cure="salt the list anew: modicum request lines",
            )


def seal_lines(home: Home, case_id: str, lines: Lines) -> None:
    """Seal the list of a case into custody; the list itself touches no disk."""
    if not home.folder.exists(LINES_KEY):
        new_recipient(home.folder, LINES_KEY.removesuffix(".key"))
    recipient = own_identity(home.folder.read(LINES_KEY)).recipient
    sealed = io.BytesIO()
    encrypt_stream(io.BytesIO(canonical(lines.as_document())), sealed, recipient=recipient)
    # In place of one that a crash before the filing may have left: no case of this number is in the log yet.
    home.folder.replace(_place(case_id), sealed.getvalue())


def open_lines(home: Home, case: CaseState, *, pack: Pack) -> Lines:
    """Open the list of a filed case and hold it against both digests.

    Raises EvidenceError: gone, altered, sealed to another key, or another case's.
    """
    place = _place(case.id)
    try:
        sealed = home.folder.read(place)
        identity = own_identity(home.folder.read(LINES_KEY))
    except NotFoundError:
        raise EvidenceError(place=place, cause="or the key that opens it is missing", cure="restore it") from None
    if case.lines is not None and hashlib.sha256(sealed).hexdigest() != case.lines.sealed_sha256:
        raise EvidenceError(place=place, cause="is not the sealed list that the log names", cure="restore it")
    plain = io.BytesIO()
    decrypt_stream(io.BytesIO(sealed), plain, identity, place=place)
    named = None if case.lines is None else home.journal.docket().roster.pack_at(case.lines.index)
    if named is not None and named.sha256 != pack.ref.sha256:
        pack = home.pack_of(named)  # it was salted by the columns of another pack
    try:
        lines = parse_lines(plain.getvalue(), columns=line_rules(pack).columns, place=place)
    except InvalidInputError:
        raise EvidenceError(place=place, cause="holds no list of persons that this pack reads") from None
    if lines.sha256 != case.named_persons_sha256:
        raise EvidenceError(place=place, cause="is another list than the one whose digest the request holds")
    return lines


def lines_event(home: Home, case: CaseState, *, request: Request, pack: Pack) -> Event:
    """What the log is to say of the sealed list of a case: judged as of today, with the holds that it raises."""
    docket, today = home.journal.docket(), home.journal.now().date()
    lines = open_lines(home, case, pack=pack)
    earlier = earlier_lists(home, docket, requester=case.requester, pack=pack, as_of=today)
    report = judged(request, lines, pack=pack, as_of=today, earlier=earlier).report
    return gateway_events.lines(
        docket,
        case.id,
        lines_sha256=lines.sha256,
        sealed_sha256=hashlib.sha256(home.folder.read(_place(case.id))).hexdigest(),
        as_of=today,
        total=len(report.lines),
        sufficient=len(report.sufficient),
        holds=_told(report.holds),
    )


def check_logged(home: Home, docket: Docket, case: CaseState, *, request: Request) -> None:
    """Check that the log says of a case's list what the list says: counts and holds, judged again as of that day.

    By the pack that was in force there. The gateway wrote that entry, unsigned; whoever writes a log anew could leave
    the hold out. Raises EvidenceError.
    """
    logged = case.lines
    if logged is None:
        raise EvidenceError(place=f"case {case.id}", cause="names persons, and the log holds no list of them")
    on, pack = date.fromisoformat(logged.as_of), home.pack_at(logged.index)
    earlier = earlier_lists(home, docket, requester=case.requester, pack=pack, as_of=on, before=logged.index)
    report = judged(request, open_lines(home, case, pack=pack), pack=pack, as_of=on, earlier=earlier).report
    if not _agrees(logged, report):
        raise EvidenceError(
            place=f"log entry {logged.index}", cause="says something else of the list of persons than the list does"
        )


def write_salted(out: Path, lines: Lines) -> None:
    """Write a salted list for its asker, readable by them alone. Raises what `check_out` raises."""
    check_out(out)
    write_out(out, canonical(lines.as_document()))


def check_lists(home: Home, docket: Docket) -> int:
    """Open every sealed list; gives their number. Raises EvidenceError: one is gone or altered."""
    pack = home.pack()
    named = [case for case in docket.cases.values() if case.lines is not None]
    for case in named:
        open_lines(home, case, pack=pack)
    return len(named)


def _agrees(logged: Logged, report: LinesReport) -> bool:
    holds = [{"because": because.as_document(), "reason": reason} for because, reason in _told(report.holds)]
    said = (logged.total, logged.sufficient, [dict(each) for each in logged.holds])
    return said == (len(report.lines), len(report.sufficient), holds)


def _told(holds: Sequence[Hold]) -> list[tuple[Because, str]]:
    return [(each.because, each.reason) for each in holds]


def _place(case_id: str) -> str:
    return f"{SEALED}/{case_id}.age"
