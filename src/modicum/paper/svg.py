"""Drawing primitives: elements, numbers, and text that is measured before it is placed.

Every string passes through `clean` and is escaped here, and only here. Only presentation attributes are written, never
a `style`, a script or a reference outside the picture: a strict content security policy lets it stand. The same input
gives the same bytes. Widths are upper estimates, because the reader's fonts are not known.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from modicum.paper.colours import INK, PAPER

SANS: Final = "'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
ELLIPSIS: Final = "…"

# What XML 1.0 cannot hold, and the controls that could turn the order of neighbouring text around.
_UNFIT: Final = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u007f-\u009f\u202a-\u202e\u2066-\u2069]"
)
_SLIM: Final = frozenset("iljtfrI.,:;'|!()[]{}/\\ -·")
_BROAD: Final = frozenset("mwMW@%…—")


def clean(text: str) -> str:
    """The text with everything that could break or reorder a document replaced by U+FFFD."""
    return _UNFIT.sub("\ufffd", text)


def number(value: float) -> str:
    """A coordinate with at most two decimals, written in one way only."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def element(name: str, *children: str, **attributes: float | str | None) -> str:
    """An element; children are finished markup, attribute names write `_` for `-`, None leaves one out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(clean(value) if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def words(
    text: str, *, x: float, y: float, size: float = 14, bold: bool = False, **attributes: float | str | None
) -> str:
    """A line of text with its baseline's start at (x, y)."""
    weight = "600" if bold else None
    return element("text", escape(clean(text)), x=x, y=y, font_size=size, font_weight=weight, **attributes)


def advance(text: str, *, size: float, bold: bool = False) -> float:
    """An upper estimate of a line's width, in the units of `size`."""
    return sum(_em(char) for char in text) * size * (1.07 if bold else 1.0)


def _em(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if char in _SLIM:
        return 0.4
    if char in _BROAD or unicodedata.east_asian_width(char) in "WF":
        return 1.05
    if char.isupper():
        return 0.76
    return 0.6 if char.isascii() else 0.72


def shorten(text: str, *, size: float, limit: float, bold: bool = False) -> str:
    """The text, cut at the end with an ellipsis where it is wider than `limit`."""
    text = clean(text)
    if advance(text, size=size, bold=bold) <= limit:
        return text
    kept = text
    while kept and advance(kept + ELLIPSIS, size=size, bold=bold) > limit:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def wrap(text: str, *, size: float, limit: float, lines: int, bold: bool = False) -> list[str]:
    """The text in at most `lines` lines, each within `limit`; what does not fit ends in an ellipsis."""
    found: list[str] = []
    line = ""
    for word in _pieces(clean(text).split(), size=size, limit=limit, bold=bold):
        longer = f"{line} {word}" if line else word
        if line and advance(longer, size=size, bold=bold) > limit:
            found.append(line)
            line = word
        else:
            line = longer
    found.append(line)
    if len(found) > lines:
        last = shorten(f"{found[lines - 1]} {found[lines]}", size=size, limit=limit, bold=bold)
        cut = last if last.endswith(ELLIPSIS) else shorten(last + ELLIPSIS, size=size, limit=limit, bold=bold)
        found = [*found[: lines - 1], cut]
    return [line for line in found if line]


def _pieces(given: Sequence[str], *, size: float, limit: float, bold: bool) -> list[str]:
    pieces: list[str] = []
    for word in given:
        rest = word
        while advance(rest, size=size, bold=bold) > limit and len(rest) > 1:
            end = len(rest) - 1
            while end > 1 and advance(rest[:end], size=size, bold=bold) > limit:
                end -= 1
            pieces.append(rest[:end])
            rest = rest[end:]
        pieces.append(rest)
    return pieces


def drawing(*parts: str, width: float, height: float, title: str, description: str, key: str) -> str:
    """A whole picture: named, described, with its own paper and no size but its proportions.

    key: makes the ids of this picture its own on a page that holds several.
    """
    return element(
        "svg",
        element("title", escape(clean(title)), id=f"{key}-t"),
        element("desc", escape(clean(description)), id=f"{key}-d"),
        element("rect", width=width, height=height, fill=PAPER),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
        viewBox=f"0 0 {number(width)} {number(height)}",
        font_family=SANS,
        fill=INK,
    )
