"""`modicum demo`: play the event of June 2025, tell it, and write one printable page."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from modicum import __version__
from modicum.cli.output import Report, show
from modicum.gateway.home import system_clock
from modicum.gateway.replay import AGREED, APPROVED, ASKED, DIRECTED, FILED, OBJECTED, RELEASED, TRIED, Replay, replay
from modicum.gateway.replay_requests import STATES
from modicum.model.decision import Basis, Because, Decision
from modicum.model.forms import Form
from modicum.paper import (
    AccountLine,
    Approval,
    ClockEvent,
    Command,
    Day,
    LadderStep,
    PackageFile,
    Statement,
    Story,
    Table,
    clock,
    ladder,
    matrix,
    story_page,
)
from modicum.storage import Folder

PAGE: Final = "june-2025.html"
_HIDDEN: Final = "hidden"
_GROUNDS: Final = 6


def play(folder: Path, *, people: int, report: Report, quiet: bool) -> dict[str, Any]:
    """Play, write the page and the pictures, tell the story unless `quiet`; gives what `--json` prints."""
    played = replay(folder, people=people, now=system_clock(), report=report)
    story = _story(played)
    out = Folder(folder)
    out.write_new(PAGE, story_page(story).encode())
    for name, picture in (
        ("ladder", ladder(story.rungs)),
        ("matrix", matrix(played.days[-1].decision, Form.IDENTIFIED, group_strata_by="origin_state")),
        ("clock", clock(story.events)),
    ):
        out.write_new(f"pictures/{name}.svg", picture.svg.encode())
    if not quiet:
        for line in _told(played, story):
            show(line)
    return _document(played)


def _told(played: Replay, story: Story) -> list[str]:
    case, narrow = played.june_case, played.narrow_case
    lines = [
        "What happened",
        "  In June 2025 the records of millions of people with Medicaid (names, addresses, Social Security numbers,",
        "  claims, immigration status; California, Illinois, Washington, Washington, D.C.) were sent from one federal",
        "  department to another. The custodian's own staff had objected in writing. They had 54 minutes.",
        f"  Here it happens again, to {played.people:,} invented people, through a gateway.",
        "",
        "What was asked",
        f"  {len(played.june.columns)} columns about everybody, with names, for {played.june.purpose}.",
        f"  The question behind it: {played.june.question.text}",
        "",
        "What the law says of it (rows that name people; each cell is a group of people and a column)",
    ]
    lines += [f"  {line}" for day in played.days for line in _day(day.decision)]
    lines += [
        "",
        "What people did",
        f"  Case {case['case']} was filed and decided at once: {case['verdict']}.",
        *(f"  {each['by']} objected, entry {each['entry']}: {each['text']}" for each in case["objections"]),
        *(f"  {each['by']} directed, entry {each['entry']}: {each['text']}" for each in case["directives"]),
        f"  The order changed nothing. `modicum release` refused (exit 3), on {len(played.refused.because)} rules:",
        *(f"    {line}" for line in _grounds(played.refused.because)),
        "",
        "What would have been enough (the same question, asked by the programme's inspector)",
    ]
    for rung in story.rungs:
        mark = "->" if rung.chosen else "  "
        verdict = "-" if rung.verdict is None else str(rung.verdict)
        lines.append(f"  {mark} {rung.form:<13} {verdict:<12} {rung.people} people x {rung.columns} columns")
    lines += [
        "",
        "What was answered instead",
        f"  Case {narrow['case']}: {narrow['title']}.",
        *(f"  agreed by {each.by} ({each.role}), entry {each.entry}" for each in story.approvals),
        "",
        *(f"  {row}" for row in _columns([list(story.answer.headers), *map(list, story.answer.rows)])),
        "",
        f"  Sealed, entered in the log ({played.log.entries} entries), opened by the inspector, verified.",
        "",
        "What one person can read about it",
        *(f"  {line}" for line in played.account.text.strip().splitlines()),
        "",
        "Where things are",
        f"  {played.folder / PAGE}  the whole story as one page to read or print",
        f"  {played.released.out}  the sealed answer",
        f"  {played.folder / 'opened'}  the answer as its recipient opened it",
        f"  {played.folder / 'home'}  the gateway's home; its log is in log/",
        "Try",
        *(f"  {each.line}" for each in story.commands),
    ]
    return lines


def _story(played: Replay) -> Story:
    june, narrow = played.june_case, played.narrow_case
    objection, directive = june["objections"][0], june["directives"][0]
    at = {each["entry"]: each["at"] for each in [*june["timeline"], *narrow["timeline"]]}
    return Story(
        made_at=f"{system_clock():%d %B %Y, %H:%M} UTC",
        version=__version__,
        dataset=played.june.population.dataset,
        people=played.people,
        asked=played.june,
        days=tuple(
            Day(decision=each.decision, words=words)
            for each, words in zip(
                played.days,
                (
                    "The day of the transfer. No court has spoken yet: the statutes and rules decide alone.",
                    "The day after the first order. It covers the states that sued.",
                    "The second order is in force. It leaves six kinds of data out; other law still decides.",
                ),
                strict=True,
            )
        ),
        form=Form.IDENTIFIED,
        objection=Statement(
            by=objection["by"],
            at=_when(at[objection["entry"]]),
            text=objection["text"],
            entry=objection["entry"],
            outcome="It stays with the case for ever. Nobody can remove it.",
        ),
        directive=Statement(
            by=directive["by"],
            at=_when(at[directive["entry"]]),
            text=f"{directive['text']} ({directive['deadline']})",
            entry=directive["entry"],
            outcome="It is on the log, with the name of who gave it. It lifts nothing: the release was refused.",
        ),
        rungs=_rungs(played),
        narrow=played.narrow,
        answer=_answer(played.answer),
        answer_notes=_notes(played.answer),
        columns_released=0,
        approvals=_approvals(played),
        events=_events(june, narrow, at),
        package=_package(played),
        digests=(("The package", played.released.package_sha256), ("The log's root", played.log.root)),
        log_size=played.log.entries,
        commands=_commands(played),
        account=tuple(
            AccountLine(
                at=_when(each["at"]),
                recipient=each["recipient"],
                purpose=each["purpose"],
                form=Form(each["form"]),
                columns=tuple(each["columns"]),
                authority=each["authority"],
                entry=each["entry"],
            )
            for each in played.account.document["releases"]
        ),
        account_words="This is what one of the invented people reads who asks what was told about them.",
        group_strata_by="origin_state",
        clock_words="The clock is the replay's: its steps are spread over the hours in which people would take them.",
    )


def _rungs(played: Replay) -> tuple[LadderStep, ...]:
    found = []
    for rung in played.ladder.ladder.rungs:
        people = rung.as_document()["people"]
        found.append(
            LadderStep(
                form=rung.form,
                verdict=rung.verdict,
                people=f"{people:,}" if isinstance(people, int) else str(people or "-"),
                columns=rung.columns,
                why=rung.why,
                chosen=rung.form is played.ladder.ladder.lowest,
            )
        )
    return tuple(found)


def _answer(document: dict[str, Any] | Any) -> Table:  # noqa: ANN401 - a statistics document
    rows = [(_state(line["group"]), *_figures(line)) for line in document["rows"]]
    if isinstance(document["total"], dict):
        rows.append(("All four", *_figures(document["total"])))
    return Table(
        "People enrolled and federal dollars paid, by state", ("State", "People", "Federal dollars"), tuple(rows)
    )


def _state(group: dict[str, str | None]) -> str:
    code = next(iter(group.values()))
    return STATES.get(code or "", "not stated" if code is None else f"code {code}")


def _figures(line: dict[str, Any]) -> tuple[int | str, str]:
    (dollars,) = line["sums"].values()
    persons = line["persons"]
    return (_HIDDEN if persons is None else persons), (_HIDDEN if dollars is None else f"${float(dollars):,.2f}")


def _notes(document: dict[str, Any] | Any) -> tuple[str, ...]:  # noqa: ANN401 - a statistics document
    if document["suppressed"]:
        return (f"“{_HIDDEN}”: a group of fewer than 11, or one kept back so that such a group cannot be worked out.",)
    return ("No group has fewer than 11 people, so none is hidden.",)


def _approvals(played: Replay) -> tuple[Approval, ...]:
    at = {each["entry"]: each["at"] for each in played.narrow_case["timeline"]}
    roles = played.home.journal.docket().roster.people
    return tuple(
        Approval(
            by=each["by"],
            role=", ".join(sorted(roles[each["by"]].roles)).replace("_", " "),
            at=_when(at[each["entry"]]),
            entry=each["entry"],
        )
        for each in played.narrow_case["approvals"]
    )


def _events(june: dict[str, Any] | Any, narrow: dict[str, Any] | Any, at: dict[int, str]) -> tuple[ClockEvent, ...]:  # noqa: ANN401
    entry = {each["kind"]: each["entry"] for each in june["timeline"]}
    second = {each["kind"]: each["entry"] for each in narrow["timeline"]}
    votes = [each["entry"] for each in narrow["approvals"]]
    return (
        ClockEvent("Filed by DHS", FILED, _when(at[entry["filed"]]), "filed"),
        ClockEvent("Decided: forbidden", FILED, _when(at[entry["decided"]]), "decided"),
        ClockEvent("Objection by the privacy officer", OBJECTED, _when(at[entry["objected"]]), "objected"),
        ClockEvent("Directive: send it within 54 minutes", DIRECTED, _when(at[entry["directed"]]), "directed"),
        ClockEvent("Release refused", TRIED, _when(at[entry["refused"]]), "refused"),
        ClockEvent("Narrow question filed by the inspector", ASKED, _when(at[second["filed"]]), "filed"),
        ClockEvent("Approved by CMS", APPROVED, _when(at[votes[0]]), "approved"),
        ClockEvent("Approved by California", AGREED, _when(at[votes[-1]]), "approved"),
        ClockEvent("Totals logged and delivered", RELEASED, _when(at[second["delivered"]]), "delivered"),
    )


def _package(played: Replay) -> tuple[PackageFile, ...]:
    words = {
        "manifest.dsse.json": "What it holds, why, and until when; signed.",
        "datapackage.json": "The data files and their columns.",
        "key.age": "The one-time key, sealed to the recipient.",
        "terms.odrl.json": "The terms, for machines.",
        "proof.tlog-proof": "The proof that it is in the log.",
        "READ-ME-FIRST.txt": "How to open and check it.",
    }
    return tuple(
        PackageFile(
            name=each["name"],
            size_bytes=each["size_bytes"],
            sha256=each["sha256"],
            words=words.get(each["name"], "The answer, sealed."),
        )
        for each in played.verified.as_document()["files"]
    )


def _commands(played: Replay) -> tuple[Command, ...]:
    home, package = played.folder / "home", played.released.out
    return (
        Command(line=f"modicum verify {package} --trust {home / 'trust.json'}", words="Check the package, offline."),
        Command(line=f"modicum log fsck --home {home}", words="Work out the log again from its entries."),
        Command(line=f"modicum docket show {played.june_case['case']} --home {home}", words="Read the refused case."),
        Command(line=f"modicum account {played.person} --home {home}", words="Ask as one of the people."),
    )


def _day(decision: Decision) -> list[str]:
    cells = [
        decision.cell(stratum, column, Form.IDENTIFIED)
        for stratum in range(len(decision.strata))
        for column in range(len(decision.columns))
    ]
    verdicts = Counter(cell.verdict for cell in cells)
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.items())
    ordered = [cell for cell in cells if any(each.basis is Basis.ORDER for each in cell.because)]
    other = sum(any(each.basis is not Basis.ORDER for each in cell.because) for cell in cells)
    cited: dict[str, set[str]] = {}
    for each in {each for cell in ordered for each in cell.because if each.basis is Basis.ORDER}:
        cited.setdefault(each.cite, set()).add(each.id)
    if not ordered:
        return [f"{decision.as_of}: {said}. No court order yet: statutes and rules forbid it by themselves."]
    return [
        f"{decision.as_of}: {said}. Court orders are among the reasons in {len(ordered):,}, other rules in {other:,}:",
        *(f"            {cite} ({', '.join(sorted(ids))})" for cite, ids in sorted(cited.items())),
    ]


def _grounds(because: Sequence[Because]) -> list[str]:
    """The provisions of a refusal, each once, laws before orders before defaults, as far as a reader will go."""
    order = {Basis.LAW: 0, Basis.ORDER: 1, Basis.CUSTODIAN_POLICY: 2, Basis.DEFAULT: 3}
    told = dict.fromkeys(
        f"{each.cite}: {each.title}" for each in sorted(because, key=lambda each: order[each.basis]) if each.title
    )
    return [*list(told)[:_GROUNDS], f"and {len(told) - _GROUNDS} more" if len(told) > _GROUNDS else ""][: _GROUNDS + 1]


def _columns(rows: list[list[Any]]) -> list[str]:
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at):%d %B %Y, %H:%M}"


def _document(played: Replay) -> dict[str, Any]:
    return {
        "schema": "modicum.demo/1",
        "folder": str(played.folder),
        "page": str(played.folder / PAGE),
        "people": played.people,
        "decisions": [
            {"as_of": each.decision.as_of.isoformat(), "verdict": str(each.verdict), "sha256": each.decision.sha256}
            for each in played.days
        ],
        "june_case": played.june_case["case"],
        "refused": played.refused.as_document(),
        "narrow_case": played.narrow_case["case"],
        "released": played.released.as_document(),
        "answer": dict(played.answer),
        "log": played.log.as_document(),
        "account": played.account.document,
    }
