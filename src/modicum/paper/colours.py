"""The palette: one colour per rung and per verdict, the same on every picture.

Six hues, told apart by people with colour-vision deficiencies and, since each is darker than the one before, on a
grey print. Colour never stands alone: a mark has a letter or a word too, and a shape of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from modicum.model.decision import Verdict
from modicum.model.forms import Form

INK: Final = "#1c2530"
QUIET: Final = "#55606b"  # 6.1 to 1 on PAPER
LINE: Final = "#8b9199"  # 3.1 to 1 on PAPER
HAIR: Final = "#e4dfd3"
PAPER: Final = "#fdfcf8"
WASH: Final = "#f4f0e6"
ACCENT: Final = "#0b5563"
ALARM: Final = "#8f1d3f"

RUNG: Final[Mapping[Form, str]] = MappingProxyType(
    {
        Form.REFUSAL: "#f0e8d2",
        Form.STATISTICS: "#a0d5b9",
        Form.MATCH: "#6fb3b8",
        Form.VERIFICATION: "#4179a5",
        Form.PSEUDONYMISED: "#55438a",
        Form.IDENTIFIED: "#340d33",
    }
)
"""What a rung is filled with; a higher rung is darker."""

VERDICT: Final[Mapping[Verdict, str]] = MappingProxyType(
    {Verdict.PERMITTED: "#0b6270", Verdict.CONDITIONAL: "#f2c14e", Verdict.FORBIDDEN: ALARM}
)
"""What a verdict's mark is drawn with; forbidden is a hatch in its colour, the others are filled."""

LETTER: Final[Mapping[Verdict, str]] = MappingProxyType(
    {Verdict.PERMITTED: "P", Verdict.CONDITIONAL: "C", Verdict.FORBIDDEN: "F"}
)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1. Source: WCAG 2.2, definition of relative luminance."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """The ink that reads best on a colour: ours, or white."""
    return max((INK, "#ffffff"), key=lambda ink: contrast(ink, colour))
