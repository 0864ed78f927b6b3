"""Texts that a terminal can show: errors and verdicts hold people's words and names of files."""

from typing import Final
from unicodedata import category

_TURNING: Final = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # UAX 9, explicit marks


def harmless(text: str) -> str:
    """A text without what moves a terminal's cursor or turns its lines around."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _moves(each) else each for each in text)


def _moves(each: str) -> bool:
    return each in _TURNING or (category(each) == "Cc" and each not in "\n\t")
