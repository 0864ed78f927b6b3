"""What a value looks like: the published shapes of identifiers, dates and codes. Nothing here keeps a value."""

import re
from collections.abc import Sequence
from typing import Final

_LETTERS: Final = "[AC-HJKMNP-RT-Y]"  # an MBI uses no B, I, L, O, S, Z ...
_MIXED: Final = "[0-9AC-HJKMNP-RT-Y]"
# ... save that CMS's synthetic MBIs have an S in the second place, where none is ever issued.
_MBI: Final = f"[0-9][A-Z]{_MIXED}[0-9]{_LETTERS}{_MIXED}[0-9]{_LETTERS}{{2}}[0-9]{{2}}"

SHAPES: Final[dict[str, re.Pattern[str]]] = {
    "ssn": re.compile(r"\d{3}-\d{2}-\d{4}"),  # SSA, RM 10201
    "mbi": re.compile(_MBI),  # CMS, Understanding the MBI format
    "a_number": re.compile(r"A-?\d{8,9}"),  # USCIS, Form I-9 instructions
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    "phone": re.compile(r"(\+?1[-. ]?)?(\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}"),
    "date": re.compile(
        r"\d{4}-\d{2}-\d{2}([T ][0-9:.]+(Z|[+-]\d{2}:?\d{2})?)?|\d{1,2}/\d{1,2}/\d{4}|\d{2}-[A-Z][a-z]{2}-\d{4}"
    ),
    "zip4": re.compile(r"\d{5}-\d{4}"),
    "ndc": re.compile(r"\d{4,5}-\d{3,4}-\d{1,2}"),
    "icd-10": re.compile(r"[A-TV-Z][0-9][0-9AB](\.?[0-9A-Z]{1,4})?|U[0-9][0-9AB](\.?[0-9A-Z]{1,4})?"),  # ICD-10-CM
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "integer": re.compile(r"-?\d{1,18}"),
    "decimal": re.compile(r"-?\d+\.\d+"),
}
TELLING: Final = {"ssn": "ssn", "mbi": "medicare_id", "a_number": "a_number", "email": "email"}
"""Shapes that say by themselves what a column holds, whatever its name, with the data class."""

ICD_10_RE2: Final = r"^[A-Z][0-9][0-9AB](\.?[0-9A-Z]{1,4})?$"  # the engine's spelling of `icd-10`
ENOUGH: Final = 0.8


def looks_like_value(text: str) -> bool:
    """Whether a header field is a value, not a name: a number, a date, an identifier."""
    return any(pattern.fullmatch(text) for name, pattern in SHAPES.items() if name != "icd-10")


def shape_of(values: Sequence[str]) -> str | None:
    """The first shape that at least four in five of the values have; None for no value or no shape."""
    if not values:
        return None
    for name, pattern in SHAPES.items():
        hits = sum(1 for value in values if pattern.fullmatch(value))
        if hits >= ENOUGH * len(values):
            return name
    return None
