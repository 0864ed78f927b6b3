"""P3, the request clock: how long a case took, what happened when, and how that compares with 54 minutes.

Time runs on a logarithmic axis from one minute to months. Labels stand on poles above it, the earliest highest: a label
is set above every pole that it would cross, so that none overlaps another, however close the events are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modicum.paper.axis import TICKS, position, reach
from modicum.paper.colours import ACCENT, ALARM, HAIR, INK, LINE, PAPER, QUIET
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.svg import advance, drawing, element, number, words, wrap
from modicum.paper.words import duration_words

JUNE_2025_MINUTES: Final = 54
_LEFT, _RIGHT, _START = 10.0, 700.0, 24.0
_LABEL_WIDTH: Final = 228.0
_SLIM_LABEL: Final = 200.0


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One event of a case.

    minutes: since the request was filed; None where only the day is known, or it belongs to another case: such an
    event stands in the table alone. at: when, as the reader is told. kind: an event kind of the log (`filed`,
    `decided`, `objected`, `directed`, `approved`, `released`, `delivered`, ...); it picks the mark.
    """

    label: str
    minutes: float | None
    at: str
    kind: str


def clock(events: Sequence[ClockEvent], mark_minutes: int = JUNE_2025_MINUTES) -> Picture:
    """Draw the events in order of time, with a line at `mark_minutes` and a band that compares both spans.

    Raises ValueError: minutes that are negative or not a number.
    """
    if any(e.minutes is not None and not (0 <= e.minutes < math.inf) for e in events):
        raise ValueError("an event's minutes are negative or not a number")
    ordered = sorted(events, key=lambda event: math.inf if event.minutes is None else event.minutes)
    table = Table(
        "What happened when",
        ("Event", "When", "After filing"),
        tuple((e.label, e.at, "not on the clock" if e.minutes is None else _after(e.minutes)) for e in ordered),
    )
    finding = _finding(ordered, mark_minutes)
    timed = [event for event in ordered if event.minutes is not None]
    alt = (
        f"A time line from one minute to months, each step several times the one before, with {len(timed)} events and "
        f"a line at {mark_minutes} minutes. {finding}"
    )
    key = key_of("clock", table)
    return Picture(
        svg=_wide(timed, mark_minutes, finding=finding, alt=alt, key=key),
        narrow=_slim(timed, mark_minutes, finding=finding, alt=alt, key=f"{key}n"),
        table=table,
        finding=finding,
        alt=alt,
    )


def _after(minutes: float) -> str:
    return "at the start" if minutes == 0 else duration_words(minutes)


def _span(events: Sequence[ClockEvent]) -> float | None:
    """Minutes from filing to delivery, None while there is no delivery."""
    return next((event.minutes for event in reversed(events) if event.kind == "delivered"), None)


def _finding(events: Sequence[ClockEvent], mark: int) -> str:
    span = _span(events)
    if not events:
        return f"Nothing has happened yet; in June 2025 the order gave {mark} minutes."
    if span is None:
        return f"Nothing has left in this case; in June 2025 the order gave {mark} minutes."
    return f"This case took {duration_words(span)} from request to answer; in June 2025 the order gave {mark} minutes."


def _last(events: Sequence[ClockEvent], mark: int) -> float:
    return reach(max([float(mark), 43_200.0, *(event.minutes or 0 for event in events)]))


def lanes(poles: Sequence[float], widths: Sequence[float]) -> list[int]:
    """Heights for labels that start at their poles and run right, such that none meets a label or a pole.

    poles: in ascending order. Lane 0 is the lowest. From the right: a label goes above all poles that it spans.
    """
    found = [0] * len(poles)
    for index in range(len(poles) - 1, -1, -1):
        spanned = [found[j] for j in range(index + 1, len(poles)) if poles[j] <= poles[index] + widths[index]]
        found[index] = 1 + max(spanned) if spanned else 0
    return found


def _label(event: ClockEvent, limit: float = _LABEL_WIDTH) -> list[str]:
    return wrap(event.label, size=13.5, limit=limit, lines=3, bold=True)


def _label_width(event: ClockEvent) -> float:
    lines = [advance(line, size=13.5, bold=True) for line in _label(event)]
    return max([*lines, advance(_when(event), size=12)]) + 18


def _label_height(event: ClockEvent) -> float:
    return 17 * len(_label(event)) + 28


def _wide(events: Sequence[ClockEvent], mark: int, *, finding: str, alt: str, key: str) -> str:
    last = _last(events, mark)
    xs = [position(event.minutes or 0, last=last, begin=_LEFT, end=_RIGHT) for event in events]
    heights = lanes(xs, [_label_width(event) for event in events])
    tall = [
        max(_label_height(event) for event, height in zip(events, heights, strict=True) if height == lane)
        for lane in range(max(heights, default=-1) + 1)
    ]
    axis = _START + 40 + sum(tall) + 20
    at = position(mark, last=last, begin=_LEFT, end=_RIGHT)
    parts = [
        element("path", d=f"M{number(at)} {number(_START)}V{number(axis + 8)}", stroke=ALARM, stroke_width=2.5),
        _pennant(f"{mark} minutes", x=at, y=_START),
        _axis(last, axis),
        *(
            _flag(event, x=x, top=axis - 20 - sum(tall[: height + 1]), axis=axis)
            for event, x, height in zip(events, xs, heights, strict=True)
        ),
        _band(events, mark, last=last, top=axis + 44),
    ]
    return drawing(*parts, width=960, height=axis + 128, title=finding, description=alt, key=key)


def _pennant(name: str, *, x: float, y: float) -> str:
    room = advance(name, size=13.5, bold=True) + 18
    plate = element("path", d=f"M{number(x)} {number(y - 10)}h{number(room)}v24h{number(-room)}z", fill=ALARM)
    return plate + words(name, x=x + 9, y=y + 7, size=13.5, bold=True, fill="#ffffff")


def _axis(last: float, y: float) -> str:
    parts = [element("path", d=f"M{number(_LEFT)} {number(y)}H{number(_RIGHT + 8)}", stroke=INK, stroke_width=1.5)]
    edge = 0.0
    for minutes, name in TICKS:
        x = position(minutes, last=last, begin=_LEFT, end=_RIGHT)
        half = advance(name, size=12) / 2
        if minutes > last or x - half < edge:
            continue
        edge = x + half + 6
        parts += [
            element("path", d=f"M{number(x)} {number(y)}v6", stroke=INK),
            words(name, x=x, y=y + 22, size=12, fill=QUIET, text_anchor="middle"),
        ]
    return "".join(parts)


def _flag(event: ClockEvent, *, x: float, top: float, axis: float) -> str:
    """A pole from the axis to the label that hangs from `top`."""
    lines = _label(event)
    parts = [
        element("rect", x=x, y=top, width=_label_width(event) - 4, height=_label_height(event) - 6, fill=PAPER),
        element("path", d=f"M{number(x)} {number(axis)}V{number(top)}", stroke=LINE),
        *(words(line, x=x + 8, y=top + 13 + 17 * place, size=13.5, bold=True) for place, line in enumerate(lines)),
        words(_when(event), x=x + 8, y=top + 13 + 17 * len(lines), size=12, fill=QUIET),
        _dot(event, x=x, y=axis),
    ]
    return "".join(parts)


def _when(event: ClockEvent) -> str:
    return wrap(event.at, size=12, limit=_LABEL_WIDTH, lines=1)[0] if event.at.strip() else ""


def _dot(event: ClockEvent, *, x: float, y: float) -> str:
    """The mark of an event: a diamond for an objection or an order, a circle else; filled once something left."""
    if event.kind in {"objected", "directed", "rejected", "refused"}:
        shape = f"M{number(x)} {number(y - 8)}l8 8l-8 8l-8 -8z"
        return element("path", d=shape, fill=PAPER, stroke=ALARM, stroke_width=2.5)
    fill = ACCENT if event.kind in {"released", "delivered", "accounted"} else PAPER
    return element("circle", cx=x, cy=y, r=6.5, fill=fill, stroke=ACCENT, stroke_width=2.5)


def _band(events: Sequence[ClockEvent], mark: int, *, last: float, top: float) -> str:
    span = _span(events)
    june = position(mark, last=last, begin=_LEFT, end=_RIGHT)
    until = _LEFT if span is None else position(span, last=last, begin=_LEFT, end=_RIGHT)
    this = "this case: nothing has left" if span is None else f"this case: {duration_words(span)}"
    parts: list[str] = []
    for place, (end, name, colour) in enumerate(
        [(june, f"June 2025: {mark} minutes, as reported", ALARM), (until, this, ACCENT)]
    ):
        y = top + 36 * place
        wide = max(3.0, end - _LEFT)
        parts += [
            element("rect", x=_LEFT, y=y, width=wide, height=22, fill=colour),
            words(name, x=_LEFT + wide + 10, y=y + 16, size=14, bold=True),
        ]
    return "".join(parts) + element("path", d=f"M{number(_LEFT)} {number(top - 8)}V{number(top + 66)}", stroke=HAIR)


def _slim(events: Sequence[ClockEvent], mark: int, *, finding: str, alt: str, key: str) -> str:
    """The same line, standing: time runs down, labels keep their order and make room for one another."""
    last = _last(events, mark)
    end = 96.0 + 44 * max(8, len(events))
    line = words(f"{mark} minutes: June 2025", x=98, y=0, size=13.5, bold=True, fill=ALARM)
    rows = [(position(mark, last=last, begin=20, end=end), ALARM, line, 30.0)]
    for event in events:
        where = position(event.minutes or 0, last=last, begin=20, end=end)
        rows.append((where, LINE, _slim_label(event), 17.0 * len(_label(event, _SLIM_LABEL)) + 30))
    parts = [element("path", d=f"M62 20V{number(end)}", stroke=INK, stroke_width=1.5), _slim_ticks(last, end)]
    free = 16.0
    for where, colour, label, height in sorted(rows, key=lambda row: row[0]):
        y = max(where, free)
        free = y + height
        parts += [
            element("path", d=f"M62 {number(where)}L92 {number(y)}", stroke=colour),
            element("g", label, transform=f"translate(0 {number(y + 5)})"),
        ]
    parts += [_dot(event, x=62, y=position(event.minutes or 0, last=last, begin=20, end=end)) for event in events]
    return drawing(*parts, width=300, height=max(end + 20, free), title=finding, description=alt, key=key)


def _slim_label(event: ClockEvent) -> str:
    lines = _label(event, _SLIM_LABEL)
    name = "".join(words(line, x=98, y=17 * place, size=13.5, bold=True) for place, line in enumerate(lines))
    return name + words(_when(event), x=98, y=17 * len(lines), size=12, fill=QUIET)


def _slim_ticks(last: float, end: float) -> str:
    parts: list[str] = []
    for minutes, name in TICKS:
        y = position(minutes, last=last, begin=20, end=end)
        if minutes <= last:
            short = name.replace(" minutes", " min").replace(" minute", " min").replace(" months", " mo")
            parts += [
                element("path", d=f"M56 {number(y)}h6", stroke=INK),
                words(short, x=52, y=y + 4, size=11, fill=QUIET, text_anchor="end"),
            ]
    return "".join(parts)
