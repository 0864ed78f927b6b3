"""P7, the quorum strip: a box per organisation with its people, who has signed, and who is still missing.

The asker's box is greyed and says that it never counts. While first reviews are blind the strip says who reviewed, and
of nobody how. Every mark has a shape and words of its own, so that grey paper loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modicum.paper.colours import ACCENT, ALARM, HAIR, INK, LINE, PAPER, QUIET, WASH
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.svg import drawing, element, number, words, wrap

_WIDE: Final = 600
_GAP: Final = 14.0
_BOXES_DRAWN: Final = 24
_PEOPLE_DRAWN: Final = 8


class Said(StrEnum):
    """What a person has signed in the present round."""

    APPROVES = "approves"
    REJECTS = "rejects"
    REVIEWED = "has reviewed; blind until the others have"
    NOTHING = "nothing yet"
    FALLEN = "voted before; that no longer counts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """One person who may vote: handle, name, roles in words; what they signed, at which entry; whether it counts."""

    person: str
    name: str
    roles: str
    said: Said
    entry: int | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One organisation: its handle and name, what it is here in words, whether it asks, its people."""

    id: str
    name: str
    role: str
    asks: bool
    people: tuple[Voter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What the quorum takes: approvals and organisations, given and needed; the roles that must be among them."""

    approvals: int
    of_approvals: int
    organisations: int
    of_organisations: int
    roles: tuple[str, ...]
    missing: tuple[str, ...]
    rejections: int = 0
    unanswered: int = 0  # objections that block
    blind: bool = False

    @property
    def met(self) -> bool:
        """Whether enough people, of enough organisations, in every role, have approved."""
        enough = self.approvals >= self.of_approvals and self.organisations >= self.of_organisations
        return enough and not self.missing and not self.blind


def quorum_strip(parties: Sequence[Party], needed: Needed | None) -> Picture:
    """Draw who has signed, by organisation; needed: None while nothing was decided, so that nobody can sign."""
    table = Table(
        "Who may vote, and what they have signed in this round",
        ("Organisation", "Person", "Roles", "Signed", "Entry", "Counts"),
        tuple(row for party in parties for row in _rows(party)),
    )
    finding = _finding(needed)
    people = sum(len(party.people) for party in parties)
    alt = f"{len(parties)} boxes, one for each organisation, with {people} people in them. {finding}"
    key = key_of("quorum", table)
    return Picture(
        svg=_draw(parties, needed, width=960, finding=finding, alt=alt, key=key),
        narrow=_draw(parties, needed, width=300, finding=finding, alt=alt, key=f"{key}n"),
        table=table,
        finding=finding,
        alt=alt,
    )


def _rows(party: Party) -> list[tuple[str | int, ...]]:
    name, counts = f"{party.id}: {party.name}", "never: it asks" if party.asks else "no"
    if not party.people:
        return [(name, "nobody who may vote", "-", str(Said.NOTHING), "-", counts)]
    return [
        (
            name,
            f"{each.person} ({each.name})",
            each.roles,
            str(each.said),
            "-" if each.entry is None else f"{each.entry:,}",
            "yes" if each.counts and not party.asks else counts,
        )
        for each in party.people
    ]


def _finding(needed: Needed | None) -> str:
    if needed is None:
        return "Nothing has been decided yet, so nobody can sign."
    if needed.blind:
        return "First reviews are blind: it is shown who has given one, and of nobody what it says."
    given = (
        f"{needed.approvals} of {needed.of_approvals} approvals, from {needed.organisations} of "
        f"{needed.of_organisations} organisations"
    )
    lacking = f"; still missing: {', '.join(needed.missing)}" if needed.missing else ""
    blocks = [
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in ((needed.rejections, "rejection"), (needed.unanswered, "unanswered objection"))
        if count
    ]
    held = f" The case is held by {' and '.join(blocks)}." if blocks else ""
    return f"The quorum is {'met' if needed.met else 'not met'}: {given}{lacking}.{held}"


def _draw(parties: Sequence[Party], needed: Needed | None, *, width: float, finding: str, alt: str, key: str) -> str:
    wide = width > _WIDE
    columns = 3 if wide else 1
    room = (width - 4 - _GAP * (columns - 1)) / columns
    drawn, top = _progress(needed, width=width)
    parts = [drawn]
    shown = parties[:_BOXES_DRAWN]
    for start in range(0, len(shown), columns):
        row = shown[start : start + columns]
        height = max(_box_height(party, room) for party in row)
        parts += [
            _box(party, x=2 + place * (room + _GAP), y=top, width=room, height=height)
            for place, party in enumerate(row)
        ]
        top += height + _GAP
    rest = len(parties) - len(shown)
    if rest or not parties:
        text = f"and {rest:,} more organisations in the table" if rest else "Nobody here may vote."
        parts.append(words(text, x=2, y=top + 14, size=13.5, fill=QUIET))
        top += 26
    return drawing(*parts, width=width, height=top, title=finding, description=alt, key=key)


def _progress(needed: Needed | None, *, width: float) -> tuple[str, float]:
    """Squares to be filled: approvals, organisations; then the roles that must be among them."""
    if needed is None:
        return "", 8.0
    parts, y = [], 6.0
    counts = (
        ("approvals", needed.approvals, needed.of_approvals),
        ("organisations", needed.organisations, needed.of_organisations),
    )
    for name, given, wanted in counts:
        parts += [words(name, x=2, y=y + 14, size=13.5, bold=True)]
        for place in range(min(wanted, _SQUARES)):
            fill = ACCENT if place < given and not needed.blind else PAPER
            parts.append(
                element("rect", x=116 + 24 * place, y=y, width=18, height=18, fill=fill, stroke=ACCENT, stroke_width=2)
            )
        said = "blind" if needed.blind else f"{given} of {wanted}"
        parts.append(words(said, x=124 + 24 * min(wanted, _SQUARES), y=y + 14, size=13.5))
        y += 26
    roles = "; ".join(f"{role}: {'still missing' if role in needed.missing else 'given'}" for role in needed.roles)
    if needed.roles and not needed.blind:
        for line in wrap(f"roles that must be among them: {roles}", size=13.5, limit=width - 8, lines=6):
            parts.append(words(line, x=2, y=y + 12, size=13.5))
            y += 20
    return "".join(parts), y + 12


_SQUARES: Final = 6


def _lines(party: Party, room: float) -> tuple[list[str], list[str]]:
    name = wrap(party.name, size=14, limit=room - 28, lines=3, bold=True)
    return name, wrap(party.role, size=12.5, limit=room - 28, lines=3)


def _voter_lines(voter: Voter, room: float) -> tuple[list[str], list[str]]:
    who = wrap(f"{voter.name}, {voter.roles}", size=13, limit=room - 52, lines=3)
    entry = "" if voter.entry is None else f", entry {voter.entry:,}"
    return who, wrap(f"{voter.said}{entry}", size=12.5, limit=room - 52, lines=3, bold=True)


def _box_height(party: Party, room: float) -> float:
    people = party.people[:_PEOPLE_DRAWN]
    lines = sum(len(who) + len(said) for who, said in (_voter_lines(voter, room) for voter in people))
    name, role = _lines(party, room)
    rest = 22 if len(party.people) > _PEOPLE_DRAWN or not people else 0
    return 26 + 19 * len(name) + 17 * len(role) + 18 * lines + 12 * len(people) + rest


def _box(party: Party, *, x: float, y: float, width: float, height: float) -> str:
    ink = QUIET if party.asks else INK
    parts = [
        element(
            "rect",
            x=x,
            y=y,
            width=width,
            height=height,
            rx=6,
            fill=HAIR if party.asks else PAPER,
            stroke=LINE,
            stroke_width=1.5,
            stroke_dasharray="5 4" if party.asks else None,
        )
    ]
    name, role = _lines(party, width)
    base = y + 22
    for line in name:
        parts.append(words(line, x=x + 14, y=base, size=14, bold=True, fill=ink))
        base += 19
    for line in role:
        parts.append(words(line, x=x + 14, y=base, size=12.5, fill=ink))
        base += 17
    for voter in party.people[:_PEOPLE_DRAWN]:
        drawn, base = _person(voter, x=x, y=base + 12, width=width, ink=ink)
        parts.append(drawn)
    rest = len(party.people) - _PEOPLE_DRAWN
    if rest > 0 or not party.people:
        text = f"and {rest:,} more in the table" if rest > 0 else "nobody of it may vote"
        parts.append(words(text, x=x + 14, y=base + 14, size=12.5, fill=QUIET))
    return "".join(parts)


def _person(voter: Voter, *, x: float, y: float, width: float, ink: str) -> tuple[str, float]:
    who, said = _voter_lines(voter, width)
    parts = [_mark(voter.said, x=x + 26, y=y + 6)]
    for place, line in enumerate([*who, *said]):
        bold = place >= len(who)
        parts.append(words(line, x=x + 44, y=y + 6, size=12.5 if bold else 13, bold=bold, fill=ink))
        y += 18
    return "".join(parts), y


def _mark(said: Said, *, x: float, y: float) -> str:
    """A tick in a full circle, a cross in a diamond, an eye's ring for a blind review, a dashed ring for nothing."""
    match said:
        case Said.APPROVES:
            tick = f"M{number(x - 5)} {number(y)}l4 4l7 -8"
            return element("circle", cx=x, cy=y, r=10, fill=ACCENT) + element(
                "path", d=tick, fill="none", stroke="#ffffff", stroke_width=2.5
            )
        case Said.REJECTS:
            shape = f"M{number(x)} {number(y - 11)}l11 11l-11 11l-11 -11z"
            cross = f"M{number(x - 4)} {number(y - 4)}l8 8M{number(x + 4)} {number(y - 4)}l-8 8"
            return element("path", d=shape, fill=WASH, stroke=ALARM, stroke_width=2) + element(
                "path", d=cross, stroke=ALARM, stroke_width=2.5
            )
        case Said.REVIEWED:
            return element("circle", cx=x, cy=y, r=9, fill=PAPER, stroke=ACCENT, stroke_width=2.5) + element(
                "circle", cx=x, cy=y, r=4, fill=ACCENT
            )
        case Said.FALLEN:
            line = f"M{number(x - 6)} {number(y + 6)}l12 -12"
            return element("circle", cx=x, cy=y, r=9, fill=PAPER, stroke=LINE, stroke_width=2) + element(
                "path", d=line, stroke=LINE, stroke_width=2
            )
        case Said.NOTHING:
            return element("circle", cx=x, cy=y, r=9, fill=PAPER, stroke=LINE, stroke_width=2, stroke_dasharray="3 3")
