"""A case in terms and what they say: the request, a change of the rules, the releases, what to check it with."""

from collections.abc import Sequence
from json import dumps

from modicum.gateway.case_file import CaseFile
from modicum.model.request import Authority, Request
from modicum.paper.page import Facts
from modicum.paper.picture import Table
from modicum.paper.words import FORMS, person_words, purpose_words, time_words
from modicum_verify.case_parts import Release


def asked_of(file: CaseFile) -> Facts:
    """The request in terms and what they say; of a case about the rules, what would change."""
    request = file.request
    if request is None:
        return _change(file)
    form = "the lowest that will do" if request.form is None else FORMS[request.form].lower()
    return (
        ("The question", request.question.text),
        ("Asks for", _question(request)),
        ("Asked by", enrolled(file, request.requester.handle)),
        ("Asked of", _organisation(file, request.custodian)),
        ("For", purpose_words(request.purpose)),
        ("Legal basis claimed", "; ".join(_authority(each) for each in request.authorities) or "none"),
        ("About", _about(file, request)),
        ("Columns", f"{len(request.columns)}: {', '.join(request.columns)}" if request.columns else "none"),
        ("Form asked for", form),
        ("To be given to", "; ".join(enrolled(file, f"{r.organisation}/{r.person}") for r in request.recipients)),
        ("Kept for", f"{request.handling.retention_days:,} days"),
        ("Safeguards promised", "; ".join(request.handling.safeguards) or "none"),
        *(() if request.deadline is None else (("Deadline asked for", f"{request.deadline:%d %B %Y, %H:%M %Z}"),)),
    )


def _change(file: CaseFile) -> Facts:
    change = file.case.change or {}
    return (
        ("Proposed by", enrolled(file, file.case.requester)),
        ("Asked of", _organisation(file, file.case.custodian)),
        *((f"New {name}", dumps(value, ensure_ascii=False, sort_keys=True)) for name, value in sorted(change.items())),
    )


def _question(request: Request) -> str:
    asks = request.question
    parts = [
        str(asks.asks),
        *(["number of people"] if asks.count_persons else []),
        *([f"sums of {', '.join(asks.sums)}"] if asks.sums else []),
        *([f"by {', '.join(asks.by)}"] if asks.by else []),
    ]
    return "; ".join(parts)


def enrolled(file: CaseFile, handle: str) -> str:
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


def _about(file: CaseFile, request: Request) -> str:
    population, lines = request.population, file.case.lines
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


def release_facts(each: Release) -> Facts:
    """One attempt at a release: its entry, how it ended, its digests."""
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


def recipients_of(file: CaseFile) -> Table | None:
    """Who receives it, and the key that it is sealed to; None of a case about the rules."""
    if file.request is None:
        return None
    rows = tuple(
        (enrolled(file, f"{each.organisation}/{each.person}"), each.age_key) for each in file.request.recipients
    )
    return Table("Recipients", ("Who", "The key that it is sealed to"), rows)


def digests_of(file: CaseFile) -> Facts:
    """What a verifier compares: log, request, decision, pack."""
    case = file.case
    return (
        ("Log", file.origin),
        ("Entries in the log", f"{file.log_size:,}"),
        ("Root of the log", file.log_root),
        ("Request, sha256", case.request_sha256),
        *(() if case.decision is None else (("Decision, sha256", case.decision.decision_sha256),)),
        ("Policy pack", f"{case.pack['name']} {case.pack['version']}, sha256 {case.pack['sha256']}"),
    )


def commands_of(file: CaseFile) -> Sequence[tuple[str, str]]:
    """What to run to check it, each with what it does."""
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
