"""The pictures of a case file: its clock and lock (P3), its quorum (P7), its witnesses (P8), from the case's state."""

from datetime import UTC, datetime

from modicum.gateway.case_file import CaseFile
from modicum.paper.lock_clock import Deadline, LockBar, Moment, lock_clock
from modicum.paper.picture import Picture
from modicum.paper.quorum_strip import Needed, Party, Said, Voter, quorum_strip
from modicum.paper.witness_strip import Checkpoint, Witness, Witnessing, witness_strip
from modicum.paper.words import STATES, time_words
from modicum_verify.case_state import CaseState, Vote
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
    if file.request.deadline is not None:
        text = file.request.deadline.isoformat()
        deadlines.insert(0, Deadline(entry=None, minutes=_parsed(case, text), words=time_words(text)))
    return lock_clock(moments, lock=lock_of(case), deadlines=deadlines)


def lock_of(case: CaseState) -> LockBar | None:
    """The lock of a case, where it has begun."""
    del case
    return None


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
    approvals = case.approvals
    needed = Needed(
        approvals=len(approvals),
        of_approvals=decision.quorum.approvals,
        organisations=len({vote.organisation for vote in approvals}),
        of_organisations=max(2, decision.quorum.organisations),
        roles=tuple(role.replace("_", " ") for role in decision.quorum.roles),
        missing=tuple(role.replace("_", " ") for role in case.missing_roles),
        rejections=len(case.rejections),
        unanswered=len(case.unanswered),
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
    counting = {each.index for each in case.standing_votes}
    return Voter(
        person=member.handle,
        name=member.name,
        roles=", ".join(sorted(member.roles)).replace("_", " "),
        said=_said(vote, counting),
        entry=None if vote is None else vote.index,
        counts=vote is not None and vote.index in counting,
    )


def _said(vote: Vote | None, counting: set[int]) -> Said:
    if vote is None:
        return Said.NOTHING
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
        for by in seen.found.by:
            size = seen.found.checkpoint.size
            if by.name not in latest or latest[by.name][0] <= size:
                latest[by.name] = (size, time_words(by.at))
    names = fixed.policy.witnesses
    return witness_strip(
        Witnessing(
            organisations=fixed.organisations,
            witnesses=tuple(Witness(organisation=organisation, name=name) for name, organisation in names.items()),
            checkpoints=tuple(
                Checkpoint(
                    size=seen.found.checkpoint.size,
                    purpose=f"{seen.purpose}, entry {seen.entry}",
                    at={by.name: time_words(by.at) for by in seen.found.by},
                )
                for seen in file.seen
                if seen.case == file.case.id
            ),
            latest=latest,
            log_size=file.log_size,
        )
    )
