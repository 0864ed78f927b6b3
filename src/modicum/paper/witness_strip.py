"""P8, the witness strip: which organisation cosigned the log when, at which length, and how far it is behind.

Dots stand for cosignatures, one row per witness, one column per checkpoint. An evaluation home has no witnesses: its
strip says so plainly, in place of an empty picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from modicum.paper.colours import ACCENT, ALARM, HAIR, LINE, PAPER, QUIET, WASH
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.svg import drawing, element, number, shorten, words, wrap

_WIDE: Final = 600
_COLUMNS_DRAWN: Final = 6
_ROWS_DRAWN: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint that was cosigned: entries in it, what it is for; when each witness (by name) cosigned it."""

    size: int
    purpose: str
    at: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One witness of the log: the organisation that runs it, its name."""

    organisation: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessing:
    """The witnesses of a log, of how many organisations cosignatures are needed, and what they cosigned.

    checkpoints: those that matter to the case. latest: for each witness that ever cosigned, the largest size and when.
    log_size: entries in the log now.
    """

    organisations: int
    witnesses: tuple[Witness, ...]
    checkpoints: tuple[Checkpoint, ...]
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    log_size: int = 0


def witness_strip(given: Witnessing | None) -> Picture:
    """Draw who cosigned what; None in an evaluation home."""
    table = _table(given)
    finding = _finding(given)
    key = key_of("witnesses", table)
    alt = finding
    if given is not None:
        counts = f"{len(given.witnesses)} rows of witnesses, {len(given.checkpoints)} columns of checkpoints"
        alt = f"{counts}; a full dot is a cosignature. {finding}"
    return Picture(
        svg=_draw(given, width=960, finding=finding, alt=alt, key=key),
        narrow=_draw(given, width=300, finding=finding, alt=alt, key=f"{key}n"),
        table=table,
        finding=finding,
        alt=alt,
    )


def _table(given: Witnessing | None) -> Table:
    heads = ("Witness", "Organisation", "Last cosigned", "Behind the log")
    if given is None:
        return Table("The witnesses of the log", heads, (("unwitnessed", "none", "never", "evaluation home"),))
    columns = tuple(f"At {each.size:,} entries ({each.purpose})" for each in given.checkpoints)
    rows = tuple(
        (each.name, each.organisation, *_latest(each, given), *(c.at.get(each.name, "no") for c in given.checkpoints))
        for each in given.witnesses
    )
    return Table("The witnesses of the log", (*heads, *columns), rows)


def _latest(each: Witness, given: Witnessing) -> tuple[str, str]:
    if each.name not in given.latest:
        return "never", f"all {given.log_size:,} entries"
    size, at = given.latest[each.name]
    return f"{size:,} entries, {at}", _entries(given.log_size - size)


def _entries(count: int) -> str:
    return "up to date" if count <= 0 else f"{count:,} entr{'y' if count == 1 else 'ies'}"


def _finding(given: Witnessing | None) -> str:
    if given is None:
        return "Unwitnessed: this is an evaluation home, and no other organisation sees its log."
    policy = f"{given.organisations} of {len({each.organisation for each in given.witnesses})} organisations"
    if not given.checkpoints:
        return f"No checkpoint of this case was cosigned yet; {policy} must cosign before anything leaves."
    last = given.checkpoints[-1]
    by = {each.organisation for each in given.witnesses if each.name in last.at}
    return (
        f"Cosigned by {len(by)} organisation{'' if len(by) == 1 else 's'} at {last.size:,} entries ({last.purpose}); "
        f"{policy} must cosign before anything leaves."
    )


def _draw(given: Witnessing | None, *, width: float, finding: str, alt: str, key: str) -> str:
    if given is None:
        drawn, height = _unwitnessed(width)
    elif width > _WIDE:
        drawn, height = _rows(given, width)
    else:
        drawn, height = _stack(given, width)
    return drawing(drawn, width=width, height=height, title=finding, description=alt, key=key)


def _unwitnessed(width: float) -> tuple[str, float]:
    text = "No other organisation sees this log. Whoever holds its keys and its disk could write another one."
    lines = wrap(text, size=14, limit=width - 60, lines=8)
    height = 58.0 + 20 * len(lines)
    parts = [
        element("rect", x=2, y=4, width=width - 4, height=height, fill=WASH, stroke=ALARM, stroke_width=2.5),
        words("unwitnessed", x=24, y=38, size=19, bold=True, fill=ALARM),
        *(words(line, x=24, y=64 + 20 * place) for place, line in enumerate(lines)),
    ]
    return "".join(parts), height + 8


def _rows(given: Witnessing, width: float) -> tuple[str, float]:
    shown = given.checkpoints[-_COLUMNS_DRAWN:]
    left, pitch = 262.0, 84.0
    behind = left + pitch * max(1, len(shown)) + 6
    heads = [wrap(each.purpose, size=12, limit=pitch - 4, lines=3) for each in shown]
    top = 30.0 + 15 * max([len(lines) for lines in heads], default=0)
    parts = [
        word
        for place, (each, lines) in enumerate(zip(shown, heads, strict=True))
        for word in _head(each, lines, x=left + pitch * (place + 0.5), base=top)
    ]
    for witness in given.witnesses[:_ROWS_DRAWN]:
        parts.append(element("path", d=f"M2 {number(top + 10)}H{number(width - 2)}", stroke=HAIR))
        parts += _named(witness, x=2, y=top + 32, room=left - 12)
        parts += [
            _dot(given=witness.name in each.at, x=left + pitch * (place + 0.5), y=top + 34)
            for place, each in enumerate(shown)
        ]
        last, late = _latest(witness, given)
        parts += _two(last, f"behind: {late}", x=behind, y=top + 32, room=width - behind - 4)
        top += 56
    return _ended("".join(parts), given, top, width)


def _head(each: Checkpoint, lines: Sequence[str], *, x: float, base: float) -> list[str]:
    size = words(f"at {each.size:,}", x=x, y=base - 15 * len(lines), size=12.5, bold=True, text_anchor="middle")
    return [
        size,
        *(
            words(line, x=x, y=base - 15 * (len(lines) - 1 - place), size=12, fill=QUIET, text_anchor="middle")
            for place, line in enumerate(lines)
        ),
    ]


def _stack(given: Witnessing, width: float) -> tuple[str, float]:
    """For narrow paper: each witness with its checkpoints below it, a line each."""
    parts: list[str] = []
    top = 4.0
    for witness in given.witnesses[:_ROWS_DRAWN]:
        parts.append(element("path", d=f"M2 {number(top)}H{number(width - 2)}", stroke=HAIR))
        parts += _named(witness, x=2, y=top + 22, room=width - 8)
        last, late = _latest(witness, given)
        parts += _two(last, f"behind: {late}", x=2, y=top + 62, room=width - 8)
        top += 92
        for each in given.checkpoints[-_COLUMNS_DRAWN:]:
            text = shorten(f"at {each.size:,}: {each.purpose}", size=12.5, limit=width - 40)
            parts += [_dot(given=witness.name in each.at, x=14, y=top + 4), words(text, x=32, y=top + 9, size=12.5)]
            top += 26
        top += 8
    return _ended("".join(parts), given, top, width)


def _ended(drawn: str, given: Witnessing, top: float, width: float) -> tuple[str, float]:
    told = []
    if len(given.witnesses) > _ROWS_DRAWN:
        told.append(f"{len(given.witnesses) - _ROWS_DRAWN:,} more witnesses stand in the table.")
    if len(given.checkpoints) > _COLUMNS_DRAWN:
        told.append(f"The last {_COLUMNS_DRAWN} checkpoints are drawn; the table has all.")
    for text in told:
        for line in wrap(text, size=12.5, limit=width - 8, lines=3):
            drawn += words(line, x=2, y=top + 26, size=12.5, fill=QUIET)
            top += 18
    return drawn, top + 18


def _named(witness: Witness, *, x: float, y: float, room: float) -> list[str]:
    return _two(witness.organisation, witness.name, x=x, y=y, room=room, bold=True)


def _two(first: str, second: str, *, x: float, y: float, room: float, bold: bool = False) -> list[str]:
    return [
        words(shorten(first, size=13.5, limit=room, bold=bold), x=x, y=y, size=13.5, bold=bold),
        words(shorten(second, size=12.5, limit=room), x=x, y=y + 18, size=12.5, fill=QUIET),
    ]


def _dot(*, given: bool, x: float, y: float) -> str:
    """A full circle with a tick, or a dashed ring."""
    if not given:
        return element("circle", cx=x, cy=y, r=9, fill=PAPER, stroke=LINE, stroke_width=2, stroke_dasharray="3 3")
    tick = f"M{number(x - 5)} {number(y)}l4 4l7 -8"
    return element("circle", cx=x, cy=y, r=10, fill=ACCENT) + element(
        "path", d=tick, fill="none", stroke="#ffffff", stroke_width=2.5
    )
