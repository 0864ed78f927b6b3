"""The pictures of a case file: its clock and lock (P3), its quorum (P7), its witnesses (P8), from the case's state."""

from datetime import UTC, datetime

from modicum.gateway.case_file import CaseFile
from modicum.paper.lock_clock import Deadline, LockBar, Moment, lock_clock
from modicum.paper.picture import Picture
from modicum.paper.quorum_strip import Needed, Party, Said, Voter, quorum_strip
from modicum.paper.witness_strip import Checkpoint, Witness, Witnessing, witness_strip
from modicum.paper.words import STATES, duration_words, time_words
from modicum_verify.case_parts import Vote
from modicum_verify.case_state import CaseState
from modicum_verify.lock import text_of
from modicum_verify.reviews import Waits
from modicum_verify.roster import Member, Organisation


def clock_of(file: CaseFile) -> Picture:
    """P3: every entry of the case, its lock, the deadlines that were set."""
    case = file.case
    moments = [
        Moment(
            entry=each.index,
            minutes=_since(case, each.at),
            at=time_words(each.at),
            kind=each.kind,
            by=each.actor,
            what=each.summary,
        )
        for each in case.timeline
    ]
    deadlines = [
        Deadline(entry=each.index, minutes=_parsed(case, each.deadline), words=time_words(each.deadline))
        for each in case.directives
        if each.deadline
    ]
    if file.request is not None and file.request.deadline is not None:
        text = file.request.deadline.isoformat()
        deadlines.insert(0, Deadline(entry=None, minutes=_parsed(case, text), words=time_words(text)))
    return lock_clock(moments, lock=lock_of(case), deadlines=deadlines)


def lock_of(case: CaseState) -> LockBar | None:
    """The lock of a case: where it runs, or, in an evaluation home, where it would since the case was agreed."""
    waits, lock = case.waits, case.lock
    if lock is not None and case.unlocks_s is not None:
        return _bar(case, lock.started_s, case.unlocks_s, holds=True)
    agreed = next((each.at for each in case.timeline if each.index == case.agreed_index), None)
    if case.witnessed or agreed is None or not waits.longest_s:
        return None
    started = int(datetime.fromisoformat(agreed).timestamp())
    until = min([started + waits.discretionary_s, *case.deadlines_s])
    return _bar(case, started, max(started + waits.statutory_s, until), holds=False)


def _bar(case: CaseState, started_s: int, ends_s: int, *, holds: bool) -> LockBar:
    waits = case.waits
    words = _wait_words(waits)
    if ends_s < started_s + waits.longest_s:
        by = next(each for each in case.directives if each.deadline_s is not None and each.deadline_s <= ends_s)
        words.append(f"ended sooner by the directive of entry {by.index}")
    return LockBar(
        starts=_since(case, text_of(started_s)),
        ends=_since(case, text_of(ends_s)),
        statutory_until=_since(case, text_of(started_s + waits.statutory_s)),
        starts_at=time_words(text_of(started_s)),
        ends_at=time_words(text_of(ends_s)),
        waits=tuple(words),
        holds=holds,
    )


def _wait_words(waits: Waits) -> list[str]:
    given = ((waits.statutory_s, "prescribed by law"), (waits.discretionary_s, "of the custodian’s choice"))
    return [f"{duration_words(seconds / 60)} {what}" for seconds, what in given if seconds]


def waits_of(case: CaseState) -> str:
    """What the rules ask a case to wait for, in a sentence; empty before it is decided."""
    if case.decision is None:
        return ""
    words = " and ".join(_wait_words(case.waits))
    if not words:
        return "The rules of review ask for no wait before this form leaves for this purpose."
    if not case.witnessed:
        return f"Once agreed it would wait: {words}. This home is an evaluation home, so it waits for nothing."
    return f"Once agreed it waits: {words}; both run from the time at which the witnesses have seen the agreement."


def _since(case: CaseState, at: str) -> float:
    """Minutes from the filing of a case to a time."""
    return max(0.0, (datetime.fromisoformat(at) - datetime.fromisoformat(case.filed_at)).total_seconds() / 60)


def _parsed(case: CaseState, text: str | None) -> float | None:
    """Minutes from filing to a deadline that is a time; None where it is other words, or lies before the filing."""
    try:
        when = datetime.fromisoformat(text or "")
        after = when.replace(tzinfo=when.tzinfo or UTC) - datetime.fromisoformat(case.filed_at)
    except (ValueError, OverflowError):
        return None
    minutes = after.total_seconds() / 60
    return minutes if minutes >= 0 else None


def quorum_of(file: CaseFile) -> Picture:
    """P7: the organisations whose people may vote, the custodian's first, the asker's last."""
    case = file.case
    decision = case.decision
    if decision is None:
        return quorum_strip([], None)
    approvals = () if case.blind else case.approvals
    needed = Needed(
        approvals=len(approvals),
        of_approvals=decision.quorum.approvals,
        organisations=len({vote.organisation for vote in approvals}),
        of_organisations=max(2, decision.quorum.organisations),
        roles=tuple(role.replace("_", " ") for role in decision.quorum.roles),
        missing=tuple(role.replace("_", " ") for role in case.missing_roles),
        rejections=0 if case.blind else len(case.rejections),
        unanswered=len(case.unanswered),
        blind=case.blind,
    )
    return quorum_strip([_party(file, each) for each in _voting(file)], needed)


def _voting(file: CaseFile) -> list[Organisation]:
    """Organisations with somebody who may vote, and the asker's: the custodian, those who spoke, others, the asker."""
    case = file.case
    spoke = {each.organisation for each in (*case.votes, *case.objections)}
    may = {member.organisation for member in file.roster.people.values() if _may_vote(case, member)} | {case.asker}

    def rank(each: Organisation) -> tuple[int, str]:
        order = (each.id == case.asker, each.id != case.custodian, each.id not in spoke)
        return int("".join(str(int(part)) for part in order), 2), each.id

    return sorted((each for each in file.roster.organisations.values() if each.id in may), key=rank)


def _may_vote(case: CaseState, member: Member) -> bool:
    voted = any(vote.person == member.handle for vote in case.votes)
    return voted or (member.active and bool(member.roles & case.reviewers))


def _party(file: CaseFile, organisation: Organisation) -> Party:
    case = file.case
    asks = organisation.id == case.asker
    parts = ["custodian"] if organisation.id == case.custodian else []
    parts += ["asks: never counts"] if asks else []
    parts += [f"origin of {STATES.get(organisation.state, organisation.state)}"] if organisation.state else []
    people = [member for member in file.roster.people.values() if member.organisation == organisation.id]
    return Party(
        id=organisation.id,
        name=organisation.name,
        role="; ".join(parts) or organisation.kind.replace("_", " "),
        asks=asks,
        people=tuple(_voter(case, member) for member in people if _may_vote(case, member)),
    )


def _voter(case: CaseState, member: Member) -> Voter:
    vote = next((vote for vote in reversed(case.votes) if vote.person == member.handle), None)
    counting = set() if case.blind else {each.index for each in case.standing_votes}
    return Voter(
        person=member.handle,
        name=member.name,
        roles=", ".join(sorted(member.roles)).replace("_", " "),
        said=_said(case, vote, counting),
        entry=None if vote is None else vote.index,
        counts=vote is not None and vote.index in counting,
    )


def _said(case: CaseState, vote: Vote | None, counting: set[int]) -> Said:
    if vote is None:
        return Said.NOTHING
    if case.blind and vote in case.first_reviews:
        return Said.REVIEWED
    if vote.index not in counting:
        return Said.FALLEN
    return Said.APPROVES if vote.approves else Said.REJECTS


def witnesses_of(file: CaseFile) -> Picture:
    """P8: who cosigned the checkpoints of this case, and how far each witness is behind the log."""
    fixed = file.roster.witnesses
    if fixed is None:
        return witness_strip(None)
    latest: dict[str, tuple[int, str]] = {}
    for seen in file.seen:
        for name, at in seen.at.items():
            if name not in latest or latest[name][0] <= seen.size:
                latest[name] = (seen.size, time_words(at))
    names = fixed.policy.witnesses
    return witness_strip(
        Witnessing(
            organisations=fixed.organisations,
            witnesses=tuple(Witness(organisation=organisation, name=name) for name, organisation in names.items()),
            checkpoints=tuple(
                Checkpoint(
                    size=seen.size,
                    purpose=f"{seen.purpose}, entry {seen.entry}",
                    at={name: time_words(at) for name, at in seen.at.items()},
                )
                for seen in file.seen
                if seen.case == file.case.id
            ),
            latest=latest,
            log_size=file.log_size,
        )
    )
