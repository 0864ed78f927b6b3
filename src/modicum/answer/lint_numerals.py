"""How people write a number: the text of a cell made plain, its numeral, and the note behind it. Pure.

Thousands are parted by comma, point, space, apostrophe or underscore, or in lakhs; decimals by a point or a comma;
digits are of any script. What stands behind a number is a note as long as it holds no further number, in digits or in
words, and does not make a date of it: spreadsheets turn `5-12` into `12-May`.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

NUMBER_WORDS: Final = (
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|half|couple|dozens?|hundreds?|thousands?)\b"
)
SCALES: Final = {
    "k": 3, "thousand": 3, "thousands": 3, "tsd": 3, "m": 6, "mn": 6, "mio": 6, "million": 6, "millions": 6, "b": 9,
    "bn": 9, "billion": 9, "billions": 9, "lakh": 5, "lakhs": 5, "crore": 7, "crores": 7, "hundred": 2, "hundreds": 2,
}  # fmt: skip
"""Words behind a number that make it larger, with their power of ten."""

LONGEST: Final = 200

_RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_RAISED_NUMBER: Final = re.compile(rf"\s*[{_RAISED}]+")
_NOTE_OF_MARK: Final = re.compile(rf"(?:(?<=[^\W{_RAISED}])|(?<=[*†‡§%)\]]))\s*[{_RAISED}]+")
_ALIKE: Final = {
    "'": "’‘ʼ′´`",
    "-": "−‐‑‒–—―",
    ",": "٬،",
    ".": "٫·",
    "%": "٪",
    "≤": "≦⩽",
    "≥": "≧⩾",
}
_SIGNS: Final = str.maketrans({each: sign for sign, many in _ALIKE.items() for each in many})
_FORMULA: Final = re.compile(r"^=\s*(?=[\"'\d+(-])")
_FORMS: Final = tuple(
    re.compile(each)
    for each in (
        r"(\d{1,3}(?:,\d{3})+)(?:\.(\d*))?",
        r"(\d{1,2}(?:,\d{2})+,\d{3})(?:\.(\d*))?",  # lakhs
        r"(\d{1,3}(?:\.\d{3}){2,})(?:,(\d*))?",
        r"(\d{1,3}(?:\.\d{3})+),(\d+)",
        r"(\d{1,3}(?:(?: \d{3})+|(?:'\d{3})+|(?:_\d{3})+))(?:[.,](\d*))?",
        r"(\d+)(?:[.,](\d*))?",
        r"()[.,](\d+)",
    )
)
_IN_DOUBT: Final = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_NUMBERED_NOTE: Final = re.compile(r"[(\[]\s*notes?\s*\d+\s*[)\]]", re.IGNORECASE)
_NOTE: Final = re.compile(r"(?:[^\W\d_]|[\s()\[\]{}*†‡§¶#^~!?\\.,;:'\"/&$€£¥₹-])*")
_NO_NOTE: Final = re.compile(
    rf"{NUMBER_WORDS}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)(?:[a-z]*ber|[a-z]*ary|ch|il|e|y|ust)?\b"
    r"|^[-/](?=[^\W\d_])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number without sign. places: digits after the point, as written. in_doubt: the point may part thousands."""

    value: Decimal
    places: int
    in_doubt: bool


def plain(cell: str) -> str:
    """A cell in the digits and signs of ASCII, without quotes, invisible characters and raised footnote numbers.

    A formula that is one constant (`="5"`) is that constant; any other stays and begins with its `=`. What is longer
    than any number with its note is cut, and ends in an `=` that nothing reads.
    """
    text = cell
    if not text.isascii():
        text = "".join(each for each in text if unicodedata.category(each) != "Cf")
        # Before compatible forms are joined: of 5 with a raised 1 they would make 51.
        notes = _RAISED_NUMBER if any(each.isdecimal() for each in text) else _NOTE_OF_MARK
        text = notes.sub("†", text).translate(_SIGNS)
        text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
        text = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    text = _FORMULA.sub("", text.strip()).strip("'\" \t\r\n")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}="


def numeral(text: str) -> Numeral | None:
    """Read plain digits with what parts them; None where they are no one number, as in `1 2`."""
    text = text.rstrip(" _'")
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            whole, after = re.sub(r"\D", "", found[1]), found[2] or ""
            return Numeral(Decimal(f"{whole or 0}.{after}"), len(after), _IN_DOUBT.fullmatch(text) is not None)
    return None


def scale_of(note: str) -> str:
    """The word behind a number that makes it larger, in small letters; empty where there is none."""
    first = re.match(r"[^\W\d_]*", note)
    word = "" if first is None else first[0].lower()
    return word if word in SCALES else ""


def is_note(text: str) -> bool:
    """Whether what stands behind a number is words or signs that hold no further number and no month."""
    if not text:
        return True
    text = _NUMBERED_NOTE.sub("", text)
    return (
        _NOTE.fullmatch(text) is not None
        and not any(each.isnumeric() for each in text)
        and _NO_NOTE.search(text[len(scale_of(text)) :]) is None
    )
