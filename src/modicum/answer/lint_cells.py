"""What one cell of a table that people bring shows: a number, a range, a mark, or what cannot be read. Pure.

A number may bear a currency, a percent sign, brackets and footnotes (`$5`, `(5)`, `5*`, `5 people`). What could be read
in two ways is read in none: `5 (12 %)`, `=2+3`, `five`, and, as a count, `1.200`.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Final

from modicum.answer.lint_numerals import NUMBER_WORDS, SCALES, is_note, numeral, plain, scale_of
from modicum.answer.tables.primary import FEWEST

MOST: Final = 10**12  # no count is larger
NARROWEST: Final = 10  # a hidden count spans so many at least

_PLAIN: Final = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII)  # most cells: no need to look further
_CELL: Final = re.compile(
    r"[*†‡§¶^]*\s*(?P<sign>[+-]?)\s*(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF|CAD|AUD)\b)?\s*(?P<second>[+-]?)"
    r"(?P<numeral>[.,]?\d[\d.,' _]*)(?:[eE](?P<power>[+-]?\d{1,2})(?![\w.,]))?\s*(?P<percent>%?)"
    r"\s*(?:-(?![^\W\d_]))?(?P<note>.*)",
    re.DOTALL,
)
_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]*)[)\]](.*)", re.DOTALL)
_GROUP: Final = 3
_IN_DOUBT: Final = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")  # the point may part thousands
_LETTERS: Final = 2  # a scale so short may be a footnote instead
_AROUND: Final = r"[-\s*.,:~^†‡§¶#_?!/\\()\[\]{}$€£¥₹]*"
_MARK: Final = re.compile(
    rf"{_AROUND}(?:s|x|c|d|z|ds|suppr(?:essed)?|(?:data|count|value) suppressed|masked|hidden|redacted|withheld"
    r"|confidential|low|missing|unknown|unreliable|no data|insufficient data"
    r"|not (?:shown|available|applicable|reported|published|released|disclosed|calculated)"
    rf"|n[./]?\s?a|n\.?\s?d|nan|null|nil|none|<na>|\\n)?{_AROUND}",
    re.IGNORECASE,
)
_N: Final = r"(\d{1,3}(?:[,.' _]\d{3})+|\d+(?:[.,]\d+)?)\s*%?\s*"
_RANGES: Final = {
    name: re.compile(rf"{pattern}(?P<note>.*)", re.IGNORECASE | re.DOTALL)
    for name, pattern in {
        "below": rf"(?:<(?!=)|(?:less|fewer|lower|smaller) than|under|below)\s*{_N}",
        "at most": rf"(?:≤|<=|=<|up to|at most|(?:no|not) more than|max(?:imum)?\.?)\s*{_N}",
        "so or fewer": rf"{_N}(?:or|and) (?:fewer|less|under|below)\b",
        "above": rf"(?:>(?!=)|(?:more|greater|higher) than|over|above)\s*{_N}",
        "at least": rf"(?:≥|>=|=>|at least|(?:no|not) (?:fewer|less) than|min(?:imum)?\.?)\s*{_N}",
        "so or more": rf"{_N}(?:\+|(?:or|and) (?:more|over|above|older)\b)",
        "between": rf"between\s*{_N}and\s*{_N}",
        "from to": rf"(?:from\s*)?{_N}(?:-|to|through|\.\.+)\s*{_N}",
    }.items()
}
_MAY_BE_RANGE: Final = re.compile(r"[^\W\d_]|[<>≤≥+-]|\.\.")
_DIGIT: Final = re.compile(r"\d")
_TRY: Final = re.compile(
    rf"[\W_]*(?:(?:(?:n|about|around|approx\w*|ca?|circa|est\w*|roughly)\b[\W_]*)?\d|{NUMBER_WORDS})", re.IGNORECASE
)
_DATE: Final = re.compile(r"\d{4}[-/]\d{1,4}([-/].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_PAIR: Final = re.compile(r"\W*\d[\d.,' ]*\s*[(\[]\s*\d[\d.,]*\s*%?\s*[)\]]\W*")
_ONE_GROUP: Final = re.compile(r"[1-9]\d{0,2},\d{3}(?!\d).*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The number that a cell shows.

    places: digits after the point, as written. percent: it bears the sign. in_doubt: as a count it could be another.
    note: what stands behind it.
    """

    value: Decimal
    places: int
    percent: bool
    in_doubt: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The counts that a cell leaves open, both ends included. is_figure: it bounds a percentage or amount, no count."""

    low: int
    high: int
    is_figure: bool = False


class Mark(Enum):
    """That a cell shows nothing."""

    NOTHING = "nothing"


def read(cell: str | None) -> Reading | None:
    """The one number that a cell shows; None where it shows none, several, or one that cannot be told."""
    if cell is None:
        return None
    if _PLAIN.fullmatch(cell):
        places = len(cell.partition(".")[2])
        in_doubt = places == _GROUP and _IN_DOUBT.fullmatch(cell) is not None
        return Reading(value=Decimal(cell), places=places, percent=False, in_doubt=in_doubt, note="")
    found = _shown(cell)
    return found if isinstance(found, Reading) else None


def number(cell: str | None) -> Decimal | None:
    """The number that a cell shows, without currency, percent sign, thousands and notes; None where it shows none."""
    found = read(cell)
    return None if found is None else found.value


def count(cell: str | None) -> Decimal | None:
    """The number that a cell of counts shows; none where it is a percentage, or could be one of two numbers."""
    found = read(cell)
    return None if found is None or found.percent or found.in_doubt else found.value


def digits(cell: str) -> int:
    """Digits after the point, as written."""
    found = read(cell)
    return 0 if found is None else found.places


def is_percent(cell: str | None) -> bool:
    """Whether a cell shows a number with a percent sign."""
    found = read(cell)
    return found is not None and found.percent


def bound(cell: str | None) -> Bound | None:
    """What a range or a limit leaves open, such as `<11`, `1-10`, `5 to 9`, `20+`; None for any other cell."""
    found = None if cell is None or _PLAIN.fullmatch(cell) else _shown(cell)
    return found if isinstance(found, Bound) else None


def is_mark(cell: str | None) -> bool:
    """Whether a cell shows nothing: empty, null, or a mark without a number."""
    return cell is None or (not _PLAIN.fullmatch(cell) and _shown(cell) is Mark.NOTHING)


def is_hidden(cell: str | None) -> bool:
    """Whether a cell of figures shows none: empty, null, a mark, or a range."""
    return is_mark(cell) or bound(cell) is not None


def is_bounded(cell: str | None) -> bool:
    """Whether a mark tells that what it hides is small."""
    found = bound(cell)
    if found is None or found.is_figure:
        return False
    return found.high < FEWEST or (found.low <= 1 and found.high < MOST)


def tells_nearly(cell: str | None) -> bool:
    """Whether a range that reaches below eleven leaves fewer than nine counts; one from 0 or 1 up, 8 or less."""
    found = bound(cell)
    if found is None or found.is_figure or found.low >= FEWEST or found.high == 0:
        return False
    return found.high - (found.low if found.low > 1 else 0) < NARROWEST - 1


def has_decimal_comma(cell: str | None) -> bool:
    """Whether the comma of a cell can part decimals only, as in `5,0`."""
    return cell is not None and "," in cell and "." not in cell and digits(cell) > 0


def is_one_group(cell: str | None) -> bool:
    """Whether a cell is one like `5,000`: five, if commas part decimals."""
    return cell is not None and _ONE_GROUP.fullmatch(plain(cell)) is not None


def is_try(cell: str | None) -> bool:
    """Whether a cell may be meant for a number, even if it cannot be read: first a digit, number word or formula."""
    if cell is None or _DATE.fullmatch(cell.strip()):
        return False
    return cell.lstrip().startswith("=") or _TRY.match(plain(cell)) is not None


def is_figure_by_itself(cell: str | None) -> bool:
    """Whether a cell is of figures whatever its header says: a number without words, or a number with its share."""
    found = read(cell)
    if found is not None:
        return not any(each.isalpha() for each in found.note)
    return cell is not None and _PAIR.fullmatch(plain(cell)) is not None


@lru_cache(maxsize=2**16)  # each rule looks at each cell
def _shown(cell: str) -> Reading | Bound | Mark | None:
    text = plain(cell)
    if not _DIGIT.search(text):
        return Mark.NOTHING if _MARK.fullmatch(text) else None
    left = _bound(text)
    if left is not None:
        return left
    inside = _BRACKETS.fullmatch(text)
    if inside is None:
        return _read(text, negative=False)
    found = _read(inside[1], negative=True) if is_note(inside[2]) else None
    return found if found is not None and not found.note else None


def _read(text: str, *, negative: bool) -> Reading | None:
    found = _CELL.fullmatch(text)
    parsed = None if found is None else numeral(found["numeral"])
    if found is None or parsed is None or not is_note(found["note"]):
        return None
    scale, power = scale_of(found["note"]), int(found["power"] or 0)
    value = parsed.value.scaleb(power + SCALES.get(scale, 0))
    return Reading(
        value=-value if negative or "-" in (found["sign"], found["second"]) else value,
        places=max(0, parsed.places - power),
        percent=bool(found["percent"]),
        in_doubt=parsed.in_doubt or 0 < len(scale) <= _LETTERS,
        note=found["note"],
    )


def _bound(text: str) -> Bound | None:
    if not _MAY_BE_RANGE.search(text):
        return None
    for name, pattern in _RANGES.items():
        found = pattern.fullmatch(text)
        if found is None or not is_note(found["note"]):
            continue
        ends = [each for each in (numeral(part) for part in found.groups()[:-1]) if each is not None]
        if "%" in text or any(each.places or each.in_doubt for each in ends):
            return Bound(low=0, high=MOST, is_figure=True)
        return _open(name, int(ends[0].value), int(ends[-1].value))
    return None


def _open(name: str, first: int, last: int) -> Bound | None:
    """The counts that a range of one of the kinds leaves open; from 1 where it says no lower end, as zero is shown."""
    match name:
        case "below" | "at most" | "so or fewer":
            high = max(first - 1, 0) if name == "below" else first
            return Bound(low=min(1, high), high=high)
        case "above" | "at least" | "so or more":
            return Bound(low=min(first + (name == "above"), MOST), high=MOST)
    return Bound(low=first, high=last) if first <= last else None
