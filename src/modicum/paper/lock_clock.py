"""P3 for a filed case: every entry on one clock, lane by lane, with the lock as a bar and deadlines as flags.

Time runs on a logarithmic axis from one minute to years, as in `clock`, with the line at 54 minutes. Marks that would
meet share one label; the table names each alone. What the law prescribes of a lock is hatched, what the custodian may
choose is plain, so that the two are told apart without colour.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from modicum.paper.axis import TICKS, position, reach
from modicum.paper.clock import JUNE_2025_MINUTES
from modicum.paper.colours import ACCENT, ALARM, HAIR, INK, LINE, PAPER, QUIET, WASH
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.svg import advance, drawing, element, number, shorten, words, wrap
from modicum.paper.words import duration_words

_LANES: Final = (
    ("The case", frozenset({"filed", "lines", "decided", "refused", "withdrawn", "expired", "recalled", "enacted"})),
    ("Facts attested", frozenset({"fact"})),
    ("Reviews and votes", frozenset({"review", "approved", "rejected"})),
    ("Objections, answers", frozenset({"objected", "answered"})),
    ("Orders to release", frozenset({"directed"})),
    ("Notices", frozenset({"notified", "served"})),
    ("The lock", frozenset({"locked"})),
    ("The release", frozenset({"released", "cosigned", "delivered", "accounted", "aborted"})),
)
_ORDERS, _LOCK = 4, 6
_SHARP: Final = frozenset({"objected", "directed", "rejected", "refused", "aborted", "recalled"})
_LEFT: Final = frozenset({"released", "cosigned", "delivered", "accounted"})
_FLAGS_DRAWN: Final = 5
_WIDE: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One entry of a case. minutes: since the case was filed; at: when, as the reader is told; kind: of the event."""

    entry: int
    minutes: float
    at: str
    kind: str
    by: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A time by which somebody wants an answer; minutes: None where it is given in words that are no time."""

    entry: int | None  # of the directive; None where the request itself names it
    minutes: float | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockBar:
    """The waiting time before a release: minutes since filing, and the same in words.

    statutory_until: where the part that the law prescribes ends; `starts` where it prescribes none. holds: whether it
    holds anything back: an evaluation home has no witnesses, so no time that anybody could check.
    """

    starts: float
    ends: float
    statutory_until: float
    starts_at: str
    ends_at: str
    waits: tuple[str, ...]
    holds: bool


def lock_clock(
    moments: Sequence[Moment],
    *,
    lock: LockBar | None = None,
    deadlines: Sequence[Deadline] = (),
    mark_minutes: int = JUNE_2025_MINUTES,
) -> Picture:
    """Draw the entries of a case, its lock and the deadlines set to it.

    Raises ValueError: minutes that are negative or not a number.
    """
    if any(not 0 <= each < math.inf for each in _minutes(moments, lock, deadlines)):
        raise ValueError("minutes of a case are negative or not a number")
    table = Table(
        "The case, entry by entry",
        ("Entry", "When", "After filing", "Event", "By", "What"),
        (*(_row(each) for each in moments), *_lock_rows(lock), *(_deadline_row(each) for each in deadlines)),
    )
    finding = _finding(moments, lock, mark_minutes)
    lanes = len(_drawn(moments, lock, deadlines))
    alt = (
        f"A time line in {lanes} lanes from one minute to {_name(_last(moments, lock, deadlines, mark_minutes))}, with "
        f"{len(moments)} entries by number and a line at {mark_minutes} minutes. {finding}"
    )
    key = key_of("lock", table)
    return Picture(
        svg=_draw(moments, lock, deadlines, mark_minutes, _Sheet(960, finding, alt, key)),
        narrow=_draw(moments, lock, deadlines, mark_minutes, _Sheet(300, finding, alt, f"{key}n")),
        table=table,
        finding=finding,
        alt=alt,
    )


def _minutes(moments: Sequence[Moment], lock: LockBar | None, deadlines: Sequence[Deadline]) -> list[float]:
    bars = [] if lock is None else [lock.starts, lock.ends, lock.statutory_until]
    return [*(each.minutes for each in moments), *bars, *(d.minutes for d in deadlines if d.minutes is not None)]


def _row(each: Moment) -> tuple[str | int, ...]:
    return (f"{each.entry:,}", each.at, _after(each.minutes), each.kind, each.by, each.what)


def _lock_rows(lock: LockBar | None) -> list[tuple[str | int, ...]]:
    if lock is None:
        return []
    what = "; ".join(lock.waits) or "no wait is prescribed"
    held = "" if lock.holds else "holds nothing: evaluation home"
    return [
        ("lock", lock.starts_at, _after(lock.starts), "lock starts", held, what),
        ("lock", lock.ends_at, _after(lock.ends), "lock ends, at the earliest", held, what),
    ]


def _deadline_row(each: Deadline) -> tuple[str | int, ...]:
    named = "the request" if each.entry is None else f"the directive of entry {each.entry}"
    if each.minutes is None:
        return ("due", "-", "on no clock", "deadline", named, each.words)
    return ("due", each.words, _after(each.minutes), "deadline", named, "shortens no wait that the law prescribes")


def _after(minutes: float) -> str:
    return "at the start" if minutes == 0 else duration_words(minutes)


def _finding(moments: Sequence[Moment], lock: LockBar | None, mark: int) -> str:
    june = f"in June 2025 the order gave {mark} minutes."
    left = next((each for each in reversed(moments) if each.kind == "delivered"), None)
    if left is not None:
        return f"This case took {duration_words(left.minutes)} from request to answer; {june}"
    if lock is not None and lock.holds:
        return f"Nothing can leave before {lock.ends_at}; {june}"
    if lock is not None:
        return f"The lock would end on {lock.ends_at}; in this evaluation home it holds nothing; {june}"
    return f"Nothing has left in this case; {june}"


def _last(
    moments: Sequence[Moment], lock: LockBar | None, deadlines: Sequence[Deadline], mark: int = JUNE_2025_MINUTES
) -> float:
    return reach(max([float(mark) + 1, 1440.0, *_minutes(moments, lock, deadlines)]))


def _name(last: float) -> str:
    return next((name for minutes, name in TICKS if minutes == last), duration_words(last))


_At = Callable[[float], float]
"""Minutes to a place on the axis."""

_Lane = tuple[str, tuple[Moment, ...], int]
"""Its words, its moments, its place in `_LANES`."""


def _drawn(moments: Sequence[Moment], lock: LockBar | None, deadlines: Sequence[Deadline]) -> list[_Lane]:
    """The lanes that hold something; a kind that no lane names stands in the first."""
    known = frozenset[str]().union(*(kinds for _, kinds in _LANES))
    found = []
    for place, (name, kinds) in enumerate(_LANES):
        here = tuple(e for e in moments if e.kind in kinds or (place == 0 and e.kind not in known))
        if here or (place == _LOCK and lock is not None) or (place == _ORDERS and deadlines):
            found.append((name, here, place))
    return found


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One drawing: its width, its words, and where its time axis runs."""

    width: float
    finding: str
    alt: str
    key: str

    @property
    def wide(self) -> bool:
        return self.width > _WIDE

    @property
    def begin(self) -> float:
        return 178.0 if self.wide else 12.0

    @property
    def end(self) -> float:
        return 830.0 if self.wide else 218.0


def _draw(
    moments: Sequence[Moment], lock: LockBar | None, deadlines: Sequence[Deadline], mark: int, sheet: _Sheet
) -> str:
    last = _last(moments, lock, deadlines, mark)

    def at(minutes: float) -> float:
        return position(minutes, last=last, begin=sheet.begin, end=sheet.end)

    given = {each.entry: each.minutes for each in moments}
    poles = [(each, at(given.get(each.entry or -1, 0) if each.minutes is None else each.minutes)) for each in deadlines]
    parts: list[str] = []
    top = 44.0
    for name, here, place in _drawn(moments, lock, deadlines):
        parts.append(element("path", d=f"M2 {number(top)}H{number(sheet.width - 2)}", stroke=HAIR))
        parts.append(_over(name, x=2, y=top + (31 if sheet.wide else 18), size=13.5, bold=True))
        base = top + (26 if sheet.wide else 42)
        parts.append(_clusters(here, at, base, sheet))
        top = base + 28
        if place == _LOCK and lock is not None:
            drawn, top = _bar(lock, at, top, sheet)
            parts.append(drawn)
        if place == _ORDERS:
            drawn, top = _flags(poles, top, sheet)
            parts.append(drawn)
    x = at(mark)
    line = element("path", d=f"M{number(x)} 12V{number(top + 4)}", stroke=ALARM, stroke_width=2)
    return drawing(
        line,
        _pennant(f"{mark} minutes", x=x),
        *parts,
        _axis(last, at, top + 4, sheet),
        width=sheet.width,
        height=top + 36,
        title=sheet.finding,
        description=sheet.alt,
        key=sheet.key,
    )


def _pennant(name: str, *, x: float) -> str:
    room = advance(name, size=13, bold=True) + 16
    return element("path", d=f"M{number(x)} 8h{number(room)}v23h{number(-room)}z", fill=ALARM) + words(
        name, x=x + 8, y=24, size=13, bold=True, fill="#ffffff"
    )


def _axis(last: float, at: _At, y: float, sheet: _Sheet) -> str:
    parts = [element("path", d=f"M{number(sheet.begin)} {number(y)}H{number(sheet.end + 8)}", stroke=INK)]
    edge = 0.0
    for minutes, name in TICKS:
        x = at(minutes)
        half = advance(name, size=12) / 2
        if minutes > last or x - half < edge or (not sheet.wide and minutes not in _FEW):
            continue
        edge = x + half + 6
        parts += [
            element("path", d=f"M{number(x)} {number(y)}v6", stroke=INK),
            words(name, x=x, y=y + 22, size=12, fill=QUIET, text_anchor="middle"),
        ]
    return "".join(parts)


_FEW: Final = frozenset({1.0, 60.0, 1440.0, 43_200.0, 1_555_200.0})


def _clusters(moments: Sequence[Moment], at: _At, base: float, sheet: _Sheet) -> str:
    """The marks of a lane at their times, each with its entry's number; marks too close share one label."""
    groups: list[tuple[Moment, ...]] = []
    for each in sorted(moments, key=lambda moment: (moment.minutes, moment.entry)):
        groups.append((each,))
        while len(groups) > 1 and _meet(groups[-2], groups[-1], at, sheet):
            last = groups.pop()
            groups[-1] += last
    labels = (_over(_numbers(group), x=_span(group, at, sheet)[0], y=base + 21, bold=True) for group in groups)
    return "".join([*(_dot(each, x=at(each.minutes), y=base) for each in moments), *labels])


_SIZE: Final = 12.5


def _over(text: str, *, x: float, y: float, size: float = _SIZE, bold: bool = False, anchor: str | None = None) -> str:
    """Words that stay readable where a line passes behind them."""
    return words(
        text, x=x, y=y, size=size, bold=bold, text_anchor=anchor, stroke=PAPER, stroke_width=4, paint_order="stroke"
    )


def _span(group: Sequence[Moment], at: _At, sheet: _Sheet) -> tuple[float, float]:
    """Where the label of a group begins and ends: at its first mark, or as far right as the paper goes."""
    room = advance(_numbers(group), size=_SIZE, bold=True)
    start = min(at(group[0].minutes) - 7, sheet.width - room - 2)
    return start, start + room + 4


def _meet(one: Sequence[Moment], other: Sequence[Moment], at: _At, sheet: _Sheet) -> bool:
    return min(_span(other, at, sheet)[0], at(other[0].minutes) - 8) < _span(one, at, sheet)[1]


def _numbers(group: Sequence[Moment]) -> str:
    if len(group) <= _LISTED:
        return ", ".join(f"{each.entry:,}" for each in group)
    return f"{group[0].entry:,} … {group[-1].entry:,} ({len(group):,})"


_LISTED: Final = 3


def _dot(moment: Moment, *, x: float, y: float) -> str:
    """A diamond for an objection, a rejection or an order, a circle else; filled once something is let out."""
    if moment.kind in _SHARP:
        shape = f"M{number(x)} {number(y - 8)}l8 8l-8 8l-8 -8z"
        return element("path", d=shape, fill=PAPER, stroke=ALARM, stroke_width=2.5)
    fill = ACCENT if moment.kind in _LEFT else PAPER
    return element("circle", cx=x, cy=y, r=6.5, fill=fill, stroke=ACCENT, stroke_width=2.5)


def _bar(lock: LockBar, at: _At, top: float, sheet: _Sheet) -> tuple[str, float]:
    """The lock as a bar from its start to its earliest end, its legend and its days below."""
    x, law, end = at(lock.starts), at(lock.statutory_until), max(at(lock.ends), at(lock.starts) + 4)
    dash = None if lock.holds else "5 4"
    parts = [
        element("rect", x=x, y=top, width=end - x, height=_BAR, fill=WASH),
        _hatched(x, top, max(0.0, law - x)),
        element(
            "rect",
            x=x,
            y=top,
            width=end - x,
            height=_BAR,
            fill="none",
            stroke=INK,
            stroke_width=2,
            stroke_dasharray=dash,
        ),
    ]
    top += _BAR + 8
    for hatched, text in ((True, "wait that the law prescribes"), (False, "wait of the custodian’s choice")):
        if (hatched and lock.statutory_until > lock.starts) or (not hatched and lock.ends > lock.statutory_until):
            parts += [
                element("rect", x=sheet.begin, y=top, width=22, height=_BAR, fill=WASH),
                _hatched(sheet.begin, top, 22) if hatched else "",
                element("rect", x=sheet.begin, y=top, width=22, height=_BAR, fill="none", stroke=LINE),
                _over(text, x=sheet.begin + 30, y=top + 13),
            ]
            top += _BAR + 6
    note = f"{lock.starts_at} to {lock.ends_at}" + ("" if lock.holds else "; holds nothing in an evaluation home")
    for line in wrap(note, size=12.5, limit=sheet.width - sheet.begin - 8, lines=4):
        parts.append(_over(line, x=sheet.begin, y=top + 13))
        top += 18
    return "".join(parts), top + 10


_BAR: Final = 16


def _hatched(x: float, y: float, width: float) -> str:
    """Slanted lines within a bar. Drawn out, since printers turn patterns into large images."""
    path = ""
    for offset in range(5, int(width) + _BAR, 6):  # the line from the lower left to the upper right
        low, high = max(0.0, offset - _BAR), min(width, float(offset))
        path += f"M{number(x + low)} {number(y + offset - low)}L{number(x + high)} {number(y + offset - high)}"
    return element("path", d=path, stroke=INK, stroke_width=1.3) if path else ""


def _flags(poles: Sequence[tuple[Deadline, float]], top: float, sheet: _Sheet) -> tuple[str, float]:
    """Deadlines below the orders: a flag at its time each, or at its order where it is no time."""
    parts: list[str] = []
    for deadline, x in poles[:_FLAGS_DRAWN]:
        named = "request" if deadline.entry is None else f"entry {deadline.entry:,}"
        text = f"deadline ({named}): {deadline.words}"
        room = max(sheet.width - x - 22, x - 12)
        text = shorten(text, size=12.5, limit=room)
        right = advance(text, size=12.5) <= sheet.width - x - 22
        parts += [
            element("path", d=f"M{number(x)} {number(top + 15)}v-14l11 4l-11 4", fill=ALARM, stroke=ALARM),
            _over(text, x=x + 16 if right else x - 8, y=top + 13, anchor=None if right else "end"),
        ]
        top += 20
    if len(poles) > _FLAGS_DRAWN:
        more = f"and {len(poles) - _FLAGS_DRAWN:,} more in the table"
        parts.append(words(more, x=sheet.begin, y=top + 13, size=12.5, fill=QUIET))
        top += 20
    return "".join(parts), top + (8 if poles else 0)
