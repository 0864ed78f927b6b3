"""A table that people bring from elsewhere, as a checker sees it: what each column is, which rows are totals. Pure.

A column holds keys (what a row is about), counts of people or things, percentages, or other figures. What its header
does not tell is taken for what needs most care: whole numbers for counts of people. A hidden cell is empty, null or a
mark (`*`, `<11`, `suppressed`); `lint_cells` tells. Rows labelled "total" or "all" are sums of the others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modicum.answer.lint_cells import digits, is_bounded, is_figure_by_itself, is_mark, is_percent, is_try, number

_TOTAL: Final = re.compile(
    r"\s*((grand |sub[- ]?)?totals?\b.*|all\b.*|overall|sum|everybody|everyone)\s*", re.IGNORECASE
)
_KEY_WORDS: Final = re.compile(
    r"(^|[^a-z])(year|month|quarter|week|date|day|age|zip|fips|code|cd|id|key|band|group|category|region|district)"
    r"([^a-z]|$)"
)
_ONE_GROUP: Final = re.compile(r"(?<![A-Za-z0-9])[0-9]+(?![A-Za-z0-9])")  # "age 0-18" heads the figures of one group
_LABEL_WORDS: Final = re.compile(
    r"(^|[^a-z])(types?|kinds?|status|class|methods?|names?|labels?|settings?|sources?|descriptions?|notes?|comments?"
    r"|remarks?)([^a-z]|$)"
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


def is_total(cell: str | None) -> bool:
    """Whether a key says that its row, or a header that its column, is the sum of the others."""
    return cell is not None and _TOTAL.fullmatch(cell) is not None


def role_of(table: SharedTable, place: int) -> tuple[Role, bool]:
    """What a column holds, and whether its header or description says so.

    A header that says figures is believed, whether or not they can be read: what cannot be is to be found, not skipped.
    """
    cells = [cell for cell in table.column(place) if cell is not None and not is_mark(cell) and not is_bounded(cell)]
    words = table.words(place)
    says, labels = _says_figure(words), bool(_KEY_WORDS.search(words) or _LABEL_WORDS.search(words))
    if (not cells and not says) or (cells and not _are_figures(cells, says=says, labels=labels)):
        return Role.KEY, bool(words.strip())
    if _PERCENT_WORDS.search(words) or _are_percentages(cells, counts=bool(_COUNT_WORDS.search(words))):
        return Role.PERCENT, True
    if _KEY_WORDS.search(words) and not says and not _ONE_GROUP.search(table.headers[place]):
        return Role.KEY, True
    whole = all(digits(cell) == 0 for cell in cells)
    counts = bool(_COUNT_WORDS.search(words))
    if _AMOUNT_WORDS.search(words) and not (counts and whole):  # "paid claims" may be claims, "claims paid" dollars
        return Role.FIGURE, True
    return (Role.COUNT if counts or whole else Role.FIGURE), says


def _are_figures(cells: Sequence[str], *, says: bool, labels: bool) -> bool:
    """Whether cells are of figures; if the header says labels too, as in "claim type", by what can be read."""
    if says and not labels:
        return any(is_try(cell) for cell in cells)
    figures = sum(number(cell) is not None if says else is_figure_by_itself(cell) for cell in cells)
    return figures >= MOSTLY * len(cells)


def _are_percentages(cells: Sequence[str], *, counts: bool) -> bool:
    """Whether percent signs make a column of percentages: most of them; all, against a header that says counts."""
    shown = [cell for cell in cells if number(cell) is not None]
    signed = sum(is_percent(cell) for cell in shown)
    return signed > 0 and (signed == len(shown) if counts else signed >= MOSTLY * len(shown))


def _says_figure(words: str) -> bool:
    return any(each.search(words) for each in (_PERCENT_WORDS, _COUNT_WORDS, _AMOUNT_WORDS))


def keys_of(roles: Sequence[Role]) -> list[int]:
    """The places of the key columns."""
    return [place for place, role in enumerate(roles) if role is Role.KEY]


def counts_of(roles: Sequence[Role]) -> list[int]:
    """The places of the columns of counts."""
    return [place for place, role in enumerate(roles) if role is Role.COUNT]
