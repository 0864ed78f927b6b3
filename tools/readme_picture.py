"""Draw docs/pictures/june-2025.svg from what `modicum demo` wrote: the clock over the matrix, as one picture.

Usage: python tools/readme_picture.py DEMO_FOLDER [TARGET]     (the same folder gives the same bytes)
"""

import re
import sys
from collections.abc import Sequence
from html import unescape
from pathlib import Path

from modicum.paper.svg import drawing, words, wrap

TARGET = Path(__file__).parent.parent / "docs" / "pictures" / "june-2025.svg"
PARTS = ("clock", "matrix")
WIDTH, MARGIN, SIZE, LEADING = 960.0, 20.0, 19.0, 26.0
DRAWN = re.compile(
    r'<svg xmlns="http://www\.w3\.org/2000/svg" (?P<rest>.*viewBox="0 0 960 (?P<height>[\d.]+)".*?>'
    r'<title id="[^"]*">(?P<finding>.*?)</title><desc id="[^"]*">(?P<alt>.*?)</desc>.*</svg>)\s*',
    re.DOTALL,
)


def over(drawings: Sequence[str]) -> str:
    """Wide pictures of Modicum, each beneath its finding, in one drawing that is named and described by all of them.

    Raises ValueError: one is not a picture that Modicum drew.
    """
    parts, findings, alts = [], [], []
    top = MARGIN
    for given in drawings:
        found = DRAWN.fullmatch(given)
        if found is None:
            raise ValueError("not a picture that Modicum drew")
        findings.append(unescape(found["finding"]))
        alts.append(unescape(found["alt"]))
        for line in wrap(findings[-1], size=SIZE, limit=WIDTH, lines=4, bold=True):
            top += LEADING
            parts.append(words(line, x=MARGIN + 2, y=top, size=SIZE, bold=True))
        top += LEADING
        parts.append(f'<svg x="{MARGIN:g}" y="{top:g}" width="{WIDTH:g}" height="{found["height"]}" {found["rest"]}')
        top += float(found["height"]) + MARGIN
    return drawing(
        *parts,
        width=WIDTH + 2 * MARGIN,
        height=top,
        title=" ".join(findings),
        description=" ".join(alts),
        key="june-2025",
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    target = Path(sys.argv[2]) if sys.argv[2:] else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(over([(folder / "pictures" / f"{part}.svg").read_text() for part in PARTS]) + "\n")
    sys.stdout.write(f"{target}\n")
