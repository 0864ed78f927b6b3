"""The statement to a person: every release that their record was in, as JSON and in plain words.

Pure: what was recorded and logged goes in. The asker's key goes out to the asker alone; no log, event or error has it.

Source: 45 CFR 164.528 (b)(2); plain language at reading grade 8 or below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from modicum.accounting.record import Release

ACCOUNT_SCHEMA: Final = "modicum.account/1"
_FORMS: Final[Mapping[str, str]] = {
    "statistics": "Only totals left. Your record was counted in them. No line about you was sent.",
    "match": "Only a yes or no about a match left. Your record was compared.",
    "verification": "Only a yes or no about you left.",
    "pseudonymised": "A line about you left. A code stood in place of your name.",
    "identified": "A line about you left, with your name or number on it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One release in a statement: what was recorded, the index of its log entry, the proof of that, who saw it."""

    release: Release
    entry: int
    proof: str  # a tlog-proof, as text
    seen_by: tuple[tuple[str, str], ...] = ()  # the outside witnesses under it: organisation, and when (UTC)


def as_document(person: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Write the statement as published JSON, schema `modicum.account/1`.

    person: the key that the asker gave. A release to several recipients makes one line.
    """
    return {
        "schema": ACCOUNT_SCHEMA,
        "person": person,
        "releases": [
            {
                "release": line.release.release,
                "at": line.release.line["at"],
                "recipient": _recipients(line),
                "purpose": line.release.line["purpose"],
                "columns": list(line.release.line["columns"]),
                "authority": line.release.line["authority"],
                "form": line.release.line["form"],
                "entry": line.entry,
                "proof": line.proof,
            }
            for line in lines
        ],
    }


def as_text(lines: Sequence[Line]) -> str:
    """Write the statement for the person, in short words; it never names them."""
    if not lines:
        return (
            "Your record was in no release.\n"
            "This list holds all that left through this gateway. It can not show what left by another way.\n"
        )
    count = "1 release" if len(lines) == 1 else f"{len(lines)} releases"
    parts = [f"Your record was in {count}.\n"]
    parts += [_paragraph(number, line) for number, line in enumerate(lines, start=1)]
    parts.append(
        "Each release has a number in a public log. The log can not be changed without being seen.\n"
        "Think one of them is wrong? Write to the privacy officer and give its log number.\n"
    )
    return "\n".join(parts)


def _paragraph(number: int, line: Line) -> str:
    recorded = line.release.line
    columns = ", ".join(recorded["columns"]) or "none"
    return (
        f"{number}. On {_day(recorded['at'])}\n"
        f"   Who got it: {_recipients(line)}\n"
        f"   Why: {recorded['purpose']}\n"
        f"   Under which rule: {recorded['authority']}\n"
        f"   {_FORMS[recorded['form']]}\n"
        f"   What was used: {columns}\n"
        f"   Log number: {line.entry}\n"
        f"{_seen(line)}"
    )


def _seen(line: Line) -> str:
    if not line.seen_by:
        return "   No outsider has signed for it (unwitnessed).\n"
    seen = "; ".join(f"{organisation}, on {_day(at)}" for organisation, at in line.seen_by)
    return f"   Seen and signed by outsiders (cosigned): {seen}\n"


def _recipients(line: Line) -> str:
    return "; ".join(f"{each['person']}, {each['organisation']}" for each in line.release.line["recipients"])


def _day(at: str) -> str:
    day = date.fromisoformat(at[:10])
    return f"{day:%B} {day.day}, {day.year}"
