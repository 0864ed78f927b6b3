"""The printable page of one case: what was asked, what the law says, who agreed, who objected, what left and when.

For reviewers, states, auditors and courts. The page is made from the case file alone and reads no clock: the same log
gives the same bytes. Officials are named by the names under which they are enrolled; of the persons in the records
nothing stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modicum.gateway.case_file import CaseFile
from modicum.model.request import Authority
from modicum.paper.case_strips import clock_of, quorum_of, witnesses_of
from modicum.paper.matrix import matrix
from modicum.paper.page import Facts, render
from modicum.paper.picture import Picture, Table
from modicum.paper.words import FORMS, person_words, purpose_words, time_words, value_words
from modicum_verify.case_state import CaseState, Objection, Release, Said


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
        asked=_asked(file),
        matrix=_matrix(file),
        because=_because(file),
        missing=[" and ".join(facts) for facts in (case.decision.missing if case.decision else ())],
        facts_attested=_facts(file),
        clock=clock_of(file),
        quorum=quorum_of(file),
        votes=_votes(file),
        objections=[_objection(file, each) for each in case.objections],
        directives=_directives(file),
        notices=_notices(file),
        witnesses=witnesses_of(file),
        releases=[_release(each) for each in case.releases],
        recipients=_recipients(file),
        digests=_digests(file),
        commands=_commands(file),
    )


def _finding(case: CaseState) -> str:
    said = case.why_not_agreed
    state = str(case.state).replace("_", " ")
    if case.release is not None and case.release.delivered is not None:
        return f"State: {state}. Released in entry {case.release.index} of the log."
    if not said:
        return f"State: {state}. Next: {case.whose_turn or 'nobody'}."
    return f"State: {state}. " + " ".join(said[:3]) + (f" And {len(said) - 3} more." if len(said) > 3 else "")  # noqa: PLR2004


def _asked(file: CaseFile) -> Facts:
    request = file.request
    form = "the lowest that will do" if request.form is None else FORMS[request.form].lower()
    return (
        ("The question", request.question.text),
        ("Asks for", _question(file)),
        ("Asked by", _enrolled(file, request.requester.handle)),
        ("Asked of", _organisation(file, request.custodian)),
        ("For", purpose_words(request.purpose)),
        ("Legal basis claimed", "; ".join(_authority(each) for each in request.authorities) or "none"),
        ("About", _about(file)),
        ("Columns", f"{len(request.columns)}: {', '.join(request.columns)}" if request.columns else "none"),
        ("Form asked for", form),
        ("To be given to", "; ".join(_enrolled(file, f"{r.organisation}/{r.person}") for r in request.recipients)),
        ("Kept for", f"{request.handling.retention_days:,} days"),
        ("Safeguards promised", "; ".join(request.handling.safeguards) or "none"),
        *(() if request.deadline is None else (("Deadline asked for", f"{request.deadline:%d %B %Y, %H:%M %Z}"),)),
    )


def _question(file: CaseFile) -> str:
    asks = file.request.question
    parts = [
        str(asks.asks),
        *(["number of people"] if asks.count_persons else []),
        *([f"sums of {', '.join(asks.sums)}"] if asks.sums else []),
        *([f"by {', '.join(asks.by)}"] if asks.by else []),
    ]
    return "; ".join(parts)


def _enrolled(file: CaseFile, handle: str) -> str:
    """A person by name and organisation, as they are enrolled; by handle alone where they are not."""
    member = file.roster.people.get(handle)
    organisation = _organisation(file, handle.partition("/")[0])
    if member is None:
        return f"{person_words(handle)} (not enrolled here; {organisation})"
    return f"{member.name} ({handle}), {organisation}"


def _organisation(file: CaseFile, handle: str) -> str:
    found = file.roster.organisations.get(handle)
    if found is None:
        return f"{handle}, an organisation that is not enrolled here"
    return f"{found.name} ({handle}, {found.kind})"


def _authority(each: Authority) -> str:
    days = [f"from {each.since}"] if each.since else []
    days += [f"until {each.until}"] if each.until else []
    claims = [f"{name} = {value}" for name, value in sorted(each.claims.items())]
    document = [f"document {each.document_sha256}"] if each.document_sha256 else []
    rest = [*days, *claims, *document]
    return f"{each.citation} ({each.kind.replace('_', ' ')}" + "".join(f"; {part}" for part in rest) + ")"


def _about(file: CaseFile) -> str:
    population, lines = file.request.population, file.case.lines
    if population.named_persons_sha256 is not None:
        count = "" if lines is None else f" of {lines.total:,} lines, {lines.sufficient:,} of them sufficient"
        who = (
            f"persons of {population.dataset} whom a sealed list{count} names (sha256 "
            f"{population.named_persons_sha256}); it is not shown here"
        )
    else:
        who = f"everybody in {population.dataset}"
    where = "; ".join(f"{each.column} {each.operator} {', '.join(each.values)}" for each in population.where)
    return who + (f" with {where}" if where else "")


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
    """What reviewers wrote with the votes of the present round; nothing while reviews are blind."""
    case = file.case
    counting = {vote.index for vote in case.standing_votes}
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
    del file
    return None


def _release(each: Release) -> Facts:
    content = each.content
    if each.aborted is not None:
        end = f"aborted: {each.aborted}; nothing left"
    elif each.delivered is None:
        end = "logged; not delivered yet"
    else:
        end = "delivered" + (" and accounted" if each.accounted else "")
    package = [] if each.delivered is None else [
        ("Package, sha256", str(each.delivered["package_sha256"])),
        ("Size", f"{each.delivered['size_bytes']:,} bytes"),
    ]  # fmt: skip
    return (
        ("Entry of the log", f"{each.index:,}, {time_words(each.at)}"),
        ("How it ended", end),
        ("Form", str(content["form"])),
        ("Rows", f"{content['rows']:,}"),
        ("Witnesses", str(content["witnesses"])),
        *package,
        ("Manifest, sha256", str(content["manifest_sha256"])),
        ("Sealed one-time key, sha256", str(content["key_age_sha256"])),
        ("Accounting, sha256", str(content["accounting_sha256"])),
        ("Objections carried", ", ".join(f"entry {index}" for index in content["objections"]) or "none"),
    )


def _recipients(file: CaseFile) -> Table:
    rows = tuple(
        (_enrolled(file, f"{each.organisation}/{each.person}"), each.age_key) for each in file.request.recipients
    )
    return Table("Recipients", ("Who", "The key that it is sealed to"), rows)


def _digests(file: CaseFile) -> Facts:
    case = file.case
    return (
        ("Log", file.origin),
        ("Entries in the log", f"{file.log_size:,}"),
        ("Root of the log", file.log_root),
        ("Request, sha256", case.request_sha256),
        *(() if case.decision is None else (("Decision, sha256", case.decision.decision_sha256),)),
        ("Policy pack", f"{case.pack['name']} {case.pack['version']}, sha256 {case.pack['sha256']}"),
    )


def _commands(file: CaseFile) -> Sequence[tuple[str, str]]:
    found = [
        ("modicum-verify LOG-FOLDER --trust trust.json", "Check a copied log with its bodies, offline."),
        (f"modicum docket show {file.case.id} --json", "Read this case as a document, at the custodian’s."),
    ]
    delivered = [each for each in file.case.releases if each.delivered is not None]
    if delivered:
        found.insert(
            0,
            (
                f"modicum-verify {file.case.id}.modicum --trust trust.json",
                "Check the package, offline. Its sha256 must be the one above.",
            ),
        )
    return found
