"""The demo's story as the page wants it: values of the replay put into words, nothing computed anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from modicum import __version__
from modicum.cli.decision_paper import steps_of
from modicum.gateway.home import system_clock
from modicum.gateway.replay import AGREED, APPROVED, ASKED, DIRECTED, FILED, OBJECTED, RELEASED, TRIED, Replay
from modicum.gateway.replay_requests import STATES
from modicum.model.forms import Form
from modicum.paper import (
    AccountLine,
    Approval,
    ClockEvent,
    Command,
    Day,
    PackageFile,
    Statement,
    Story,
    Table,
)
from modicum.paper.june import LIMITS, PLAYED_WITNESSES

_HIDDEN: Final = "hidden"
_DAYS: Final = (
    "The day of the transfer. No court has spoken yet: the statutes and rules decide alone.",
    "The day after the first order. It covers the states that sued.",
    "The second order is in force. It leaves six kinds of data out; other law still decides.",
)


def story_of(played: Replay) -> Story:
    """Tell a replay as a story."""
    june, narrow = played.june_case, played.narrow_case
    at = {each["entry"]: each["at"] for each in [*june["timeline"], *narrow["timeline"]]}
    objection, directive = june["objections"][0], june["directives"][0]
    return Story(
        made_at=f"{system_clock():%d %B %Y, %H:%M} UTC",
        version=__version__,
        dataset=played.june.population.dataset,
        people=played.people,
        asked=played.june,
        days=tuple(Day(decision=each.decision, words=words) for each, words in zip(played.days, _DAYS, strict=True)),
        form=Form.IDENTIFIED,
        objection=_said(objection, at, outcome="It stays with the case for ever. Nobody can remove it."),
        directive=_said(
            {**directive, "text": f"{directive['text']} ({directive['deadline']})"},
            at,
            outcome="It is on the log, with the name of who gave it. It lifts nothing: the release was refused.",
        ),
        rungs=steps_of(played.ladder.ladder),
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
        account=_account(played),
        account_words="This is what one of the invented people reads who asks what was told about them.",
        group_strata_by="origin_state",
        clock_words="The clock is the replay's: its steps are spread over the hours in which people would take them.",
        unwitnessed=not played.cosigned_by,
        limits=(*LIMITS, PLAYED_WITNESSES),
        cosigned=tuple((each["organisation"], _when(each["at"])) for each in played.cosigned_by),
    )


def _said(event: Mapping[str, Any], at: Mapping[int, str], *, outcome: str) -> Statement:
    return Statement(
        by=event["by"], at=_when(at[event["entry"]]), text=event["text"], entry=event["entry"], outcome=outcome
    )


def _account(played: Replay) -> tuple[AccountLine, ...]:
    return tuple(
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
    )


def _answer(document: Mapping[str, Any]) -> Table:
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


def _notes(document: Mapping[str, Any]) -> tuple[str, ...]:
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


def _events(june: Mapping[str, Any], narrow: Mapping[str, Any], at: Mapping[int, str]) -> tuple[ClockEvent, ...]:
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


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at):%d %B %Y, %H:%M}"
