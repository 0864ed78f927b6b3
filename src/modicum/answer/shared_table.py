"""A table that people bring from elsewhere, as a checker sees it: what each column is, which cells are hidden. Pure.

A column holds keys (what a row is about), counts of people or things, percentages, or other figures. What its header
does not tell is taken for what needs most care: whole numbers for counts of people. A hidden cell is empty, null or a
mark (`*`, `<11`, `suppressed`); rows labelled "total" or "all" are sums of the others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

_MARK: Final = re.compile(
    r"\s*(\*+|[-–—.]+|[<≤]\s*\d+|(fewer|less) than \d+|1\s?[-–]\s?10|s|x|c|ds|suppr(essed)?\.?|masked|hidden|redacted"
    r"|withheld|n/?a|null|none)?\s*",
    re.IGNORECASE,
)
_BOUNDED: Final = re.compile(r"\s*([<≤]\s*\d+|(fewer|less) than \d+|1\s?[-–]\s?10)\s*", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*[$€£]?\s*(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)\s*(%?)\s*")
_TOTAL: Final = re.compile(
    r"\s*((grand |sub[- ]?)?totals?\b.*|all\b.*|overall|sum|everybody|everyone)\s*", re.IGNORECASE
)
_KEY_WORDS: Final = re.compile(
    r"(^|[^a-z])(year|month|quarter|week|date|day|age|zip|fips|code|cd|id|key|band|group|category|region|district)"
    r"([^a-z]|$)"
)
_PERCENT_WORDS: Final = re.compile(r"%|(^|[^a-z])(percent(age)?|pct|share|proportion|rate|ratio|prevalence)([^a-z]|$)")
_COUNT_WORDS: Final = re.compile(
    r"(^|[^a-z])(n|count|counts|number|persons?|people|patients?|members?|enrollees?|enrolment|enrollment|recipients?"
    r"|beneficiar(y|ies)|adults|children|individuals|households?|families|claims?|cases|deaths|births|visits|admissions"
    r"|denominator|population|readers?)([^a-z]|$)"
)
_AMOUNT_WORDS: Final = re.compile(
    r"[$€£]|(^|[^a-z])(usd|dollars?|euros?|amounts?|costs?|paid|payments?|spending|charges?|mean|average|avg|median"
    r"|days|hours|months|years|minutes|kg|cm|mg|score|index|sd|se|variance|quantile|min|max)([^a-z]|$)"
)
MOSTLY: Final = 0.5


class Role(StrEnum):
    """What a column holds."""

    KEY = "key"
    COUNT = "count"
    PERCENT = "percent"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTable:
    """Rows of text under headers; None and marks are hidden cells.

    lines: where each row stands in its file. described: what the file says of its columns beside their headers.
    """

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    lines: tuple[int, ...]
    described: Mapping[str, str]

    def column(self, place: int) -> list[str | None]:
        """The cells of one column, from the top."""
        return [row[place] for row in self.rows]

    def words(self, place: int) -> str:
        """Header and description of a column, small letters; words that are joined or in camel case come apart."""
        header = self.headers[place]
        apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", f"{header} {self.described.get(header, '')}")
        return apart.replace("_", " ").lower()


def is_hidden(cell: str | None) -> bool:
    """Whether a cell of figures shows none: empty, null, or a mark."""
    return cell is None or (number(cell) is None and _MARK.fullmatch(cell) is not None)


def is_bounded(cell: str | None) -> bool:
    """Whether a mark tells that what it hides is small."""
    return cell is not None and _BOUNDED.fullmatch(cell) is not None


def is_total(cell: str | None) -> bool:
    """Whether a key says that its row, or a header that its column, is the sum of the others."""
    return cell is not None and _TOTAL.fullmatch(cell) is not None


def number(cell: str | None) -> Decimal | None:
    """The number that a cell shows, without currency, percent sign and thousands; None where it shows none."""
    found = None if cell is None else _NUMBER.fullmatch(cell)
    return None if found is None else Decimal(found[1].replace(",", ""))


def digits(cell: str) -> int:
    """Digits after the point, as written."""
    found = _NUMBER.fullmatch(cell)
    return 0 if found is None else len(found[1].partition(".")[2])


def role_of(table: SharedTable, place: int) -> tuple[Role, bool]:
    """What a column holds, and whether its header or description says so."""
    cells = [cell for cell in table.column(place) if cell is not None and not is_hidden(cell)]
    words = table.words(place)
    figures = sum(number(cell) is not None for cell in cells)
    if (cells and figures < MOSTLY * len(cells)) or (not cells and not _says_figure(words)):
        return Role.KEY, bool(words.strip())
    if _PERCENT_WORDS.search(words) or any(cell.rstrip().endswith("%") for cell in cells):
        return Role.PERCENT, True
    if _KEY_WORDS.search(words) and not _says_figure(words):
        return Role.KEY, True
    if _AMOUNT_WORDS.search(words):
        return Role.FIGURE, True
    if _COUNT_WORDS.search(words):
        return Role.COUNT, True
    whole = all(digits(cell) == 0 for cell in cells)
    return (Role.COUNT if whole else Role.FIGURE), False


def _says_figure(words: str) -> bool:
    return any(each.search(words) for each in (_PERCENT_WORDS, _COUNT_WORDS, _AMOUNT_WORDS))


def keys_of(roles: Sequence[Role]) -> list[int]:
    """The places of the key columns."""
    return [place for place, role in enumerate(roles) if role is Role.KEY]


def counts_of(roles: Sequence[Role]) -> list[int]:
    """The places of the columns of counts."""
    return [place for place, role in enumerate(roles) if role is Role.COUNT]
