"""`modicum demo`: play the event of June 2025, tell it, and write one printable page."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from modicum.cli.demo_story import story_of
from modicum.cli.output import Report, show
from modicum.gateway.home import system_clock
from modicum.gateway.replay import Replay, replay
from modicum.model.decision import Basis, Because, Decision
from modicum.model.forms import Form
from modicum.paper import Story, clock, ladder, matrix, story_page
from modicum.storage import Folder

PAGE: Final = "june-2025.html"
_GROUNDS: Final = 6


def play(folder: Path, *, people: int, report: Report, quiet: bool) -> dict[str, Any]:
    """Play, write the page and the pictures, tell the story unless `quiet`; gives what `--json` prints."""
    played = replay(folder, people=people, now=system_clock(), report=report)
    story = story_of(played)
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
        f"  Sealed, entered in the log ({played.log.entries} entries), cosigned by {_cosigners(played)}.",
        "  Only then was the key written, to the inspector, who opened the answer and verified it.",
        "",
        "What one person can read about it",
        *(f"  {line}" for line in played.account.text.strip().splitlines()),
        "",
        "Where things are",
        f"  {played.folder / PAGE}  the whole story as one page to read or print",
        f"  {played.released.out}  the sealed answer",
        f"  {played.folder / 'opened'}  the answer as its recipient opened it",
        f"  {played.folder / 'home'}  the gateway's home; its log is in log/",
        f"  {played.folder / 'witnesses'}  the two witnesses, which ran as processes of their own and have ended",
        "Try",
        *(f"  {each.line}" for each in story.commands),
    ]
    return lines


def _cosigners(played: Replay) -> str:
    named = sorted({each["organisation"] for each in played.cosigned_by})
    return f"{len(named)} organisations ({', '.join(named)})"


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
        "cosigned_by": played.cosigned_by,
        "answer": dict(played.answer),
        "log": played.log.as_document(),
        "account": played.account.document,
    }
