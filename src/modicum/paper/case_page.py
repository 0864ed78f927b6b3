"""The printable page of one case: what was asked, what the law says, who agreed, who objected, what left and when.

For reviewers, states, auditors and courts. The page is made from the case file alone and reads no clock: the same log
gives the same bytes. Officials are named by the names under which they are enrolled; of the persons in the records
nothing stands here.
"""

from dataclasses import dataclass

from modicum.gateway.case_file import CaseFile
from modicum.paper.case_facts import asked_of, commands_of, digests_of, recipients_of, release_facts
from modicum.paper.case_strips import clock_of, quorum_of, waits_of, witnesses_of
from modicum.paper.matrix import matrix
from modicum.paper.page import render
from modicum.paper.picture import Picture, Table
from modicum.paper.words import time_words, value_words
from modicum_verify.case_parts import Objection, Said
from modicum_verify.case_state import CaseState, waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Signed words: who, in which role, when, at which entry; `lead` says what they are."""

    lead: str
    text: str
    by: str
    at: str
    entry: int


def case_page(file: CaseFile, *, version: str = "") -> str:
    """The page as one HTML document, the same bytes for the same case file. version: of Modicum."""
    case = file.case
    evaluation = file.roster.witnesses is None
    return render(
        "case.html.j2",
        "story.css.j2",
        "decision.css.j2",
        "case.css.j2",
        file=file,
        case=case,
        title=str(case.request["title"]),
        version=version,
        evaluation=evaluation,
        finding=_finding(case),
        asked=asked_of(file),
        matrix=_matrix(file),
        because=_because(file),
        missing=[" and ".join(facts) for facts in (case.decision.missing if case.decision else ())],
        facts_attested=_facts(file),
        clock=clock_of(file),
        waits=waits_of(case),
        quorum=quorum_of(file),
        votes=_votes(file),
        objections=[_objection(file, each) for each in case.objections],
        directives=_directives(file),
        notices=_notices(file),
        witnesses=witnesses_of(file),
        ends=_ends(file),
        releases=[release_facts(each) for each in case.releases],
        recipients=recipients_of(file),
        digests=digests_of(file),
        commands=commands_of(file),
    )


def _finding(case: CaseState) -> str:
    said = case.why_not_agreed
    state = str(case.state).replace("_", " ")
    if case.release is not None and case.release.delivered is not None:
        return f"State: {state}. Released in entry {case.release.index} of the log."
    if case.agreed and waiting(case):
        return f"State: {state}. {waiting(case)}"
    if not said:
        return f"State: {state}. Next: {case.whose_turn or 'nobody'}."
    return f"State: {state}. " + " ".join(said[:3]) + (f" And {len(said) - 3} more." if len(said) > 3 else "")  # noqa: PLR2004


def _matrix(file: CaseFile) -> Picture | None:
    return None if file.decision is None else matrix(file.decision, file.form)


def _because(file: CaseFile) -> Table | None:
    decided = file.case.decision
    if decided is None:
        return None
    rows = tuple(
        (each["id"], each["cite"], each.get("title", ""), each["basis"].replace("_", " "), each["verified"])
        for each in decided.because
    )
    return Table("What the decision rests on", ("Rule", "Provision", "What it says", "Basis", "Text"), rows)


def _facts(file: CaseFile) -> Table | None:
    rows = tuple(
        (
            fact,
            file.pack.vocabulary.fact_titles.get(fact, ""),
            said["by"],
            f"{said['entry']:,}",
            f"{said['counts_from']}" + (" (still waits)" if said["waits"] else ""),
            said["text"],
        )
        for fact, said in file.facts.items()
    )
    heads = ("Fact", "What is attested", "By", "Entry", "Counts from", "In their words")
    return Table("Facts attested in this case", heads, rows) if rows else None


def _spoken(file: CaseFile, said: Said, lead: str) -> Spoken:
    roles = ", ".join(sorted(said.roles)).replace("_", " ")
    member = file.roster.people.get(said.person)
    name = f"{member.name}, {said.person}" if member is not None else said.person
    return Spoken(lead=lead, text=said.text, by=f"{name} ({roles})", at=time_words(said.at), entry=said.index)


def _votes(file: CaseFile) -> list[Spoken]:
    """What reviewers wrote with the votes of the present round; nothing while first reviews are blind."""
    case = file.case
    counting = set() if case.blind else {vote.index for vote in case.standing_votes}
    return [
        _spoken(file, vote, "Approves" if vote.approves else "Rejects")
        for vote in case.votes
        if vote.index in counting and vote.text.strip()
    ]


def _objection(file: CaseFile, each: Objection) -> tuple[Spoken, str, Spoken | None]:
    about = (
        "" if not each.strata else "; ".join(value_words(name, value) for name, value in sorted(each.strata.items()))
    )
    effect = "It blocks the case until it is answered." if each.blocking else "It is recorded, and blocks nothing."
    if each.blocking and each.answered:
        effect = "It blocked the case until its answer; every earlier vote fell."
    told = f"Grounds: {each.grounds}. " + (f"For: {about}. " if about else "") + effect
    answer = None if each.answer is None else _spoken(file, each.answer, "Answer")
    return _spoken(file, each, "Objection"), told, answer


def _directives(file: CaseFile) -> list[tuple[Spoken, str]]:
    return [
        (_spoken(file, each, "Directive"), f"Deadline: {each.deadline}." if each.deadline else "It names no deadline.")
        for each in file.case.directives
    ]


def _notices(file: CaseFile) -> Table | None:
    """Notices to states of origin, and how each was told."""
    case = file.case
    rows: list[tuple[str, ...]] = []
    for notice in case.notices:
        who = ", ".join(value_words("origin_state", state) for state in notice.states)
        rows.append((f"{notice.index:,}", time_words(notice.at), who, "gateway", f"notice of round {notice.round}"))
    for served in case.served:
        who = value_words("origin_state", served.state)
        rows.append((f"{served.index:,}", time_words(served.at), who, served.person, served.text or "served"))
    heads = ("Entry", "When", "State of origin", "By", "What")
    return Table("Notices to the states of origin", heads, tuple(rows)) if rows else None


def _ends(file: CaseFile) -> list[Spoken]:
    """Signed words that ended the case: a withdrawal, a recall."""
    given = ((file.case.withdrawal, "Withdrawn by the asker"), (file.case.recall, "Recalled"))
    return [_spoken(file, said, lead) for said, lead in given if said is not None]
