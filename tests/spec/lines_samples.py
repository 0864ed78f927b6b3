"""Lines for tests of the law wing: made up, one good line for each kind of authority of the shipped pack."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from modicum.law.line_rules import AUTHORITY, Check, LineRules
from modicum.law.packs import load_pack
from modicum.model.lines import Line
from modicum.model.request import Authority

PACK: Final = load_pack("us_medicaid")
DAY: Final = date(2026, 11, 23)


def rules() -> LineRules:
    assert PACK.lines is not None
    return PACK.lines


PERSON: Final = {"first_name": "Ana", "last_name": "Torres", "medicaid_id": "M-1"}


def good(kind: str, **changes: str) -> dict[str, str]:
    """A line that has all that a kind of authority demands, and nothing else; an empty text takes a field out."""
    made = dict(PERSON)
    for element in rules().authorities[kind]:
        match element.test:
            case Check.ONE_OF:
                made[element.field] = element.words[0]
            case Check.NAMES_PERSON:
                made[element.field] = "Ana Torres"
            case Check.PRESENT:
                made[element.field] = f"some {element.field}"
            case _:
                made[element.field] = DAY.isoformat()
    return {**made, **changes}


def lines(*rows: Mapping[str, str]) -> tuple[Line, ...]:
    return tuple(Line(number=number, values=dict(row)) for number, row in enumerate(rows, start=1))


def claims(*kinds: str, until: date | None = None) -> tuple[Authority, ...]:
    return tuple(Authority(kind=kind, citation="the paper", until=until) for kind in kinds)


def under(kind: str, row: Mapping[str, str]) -> dict[str, str]:
    return {**row, AUTHORITY: kind}
