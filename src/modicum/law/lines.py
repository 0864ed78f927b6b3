"""Lines judged one by one against the authority that each stands under, and the holds that a list raises. Pure.

Nothing here decides a cell: a line that has all that its authority demands lets its person be *named*; what may then
be told about them is the matrix's to say. No value of a line stands in what this gives: numbers, fields, clauses.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from modicum.law.line_rules import AUTHORITY, Check, Element, HoldRule, LineRules
from modicum.model.decision import Because, Cell, Decision, Verdict
from modicum.model.forms import Form
from modicum.model.lines import Line
from modicum.model.names import counting_key, name_key
from modicum.model.request import Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that a line lacks: the field, and the clause that demands it."""

    field: str
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLine:
    """A line by its number; refused where there is a fault, else sufficient."""

    number: int
    faults: tuple[Fault, ...]

    @property
    def sufficient(self) -> bool:
        """Whether it has all that its authority demands."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """More under one name than is plausible: the rule, and the largest count found. It does not say under whose."""

    because: Because
    counts: str
    under: str
    counted: int
    more_than: int
    within_days: int

    @property
    def reason(self) -> str:
        """A sentence for people."""
        where = f"within {self.within_days} days" if self.within_days else "in this request"
        name = "one official's name" if self.under == "official" else "one requester's name"
        return f"{self.counted} {self.counts} under {name} {where}; more than {self.more_than} raise a hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A list that was filed before: on which day, whether by this requester, and its lines."""

    on: date
    same_requester: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesReport:
    """Every line's verdict, in the order of the list, and the holds."""

    lines: tuple[JudgedLine, ...]
    holds: tuple[Hold, ...]

    @property
    def sufficient(self) -> tuple[int, ...]:
        """The numbers of the lines that may go on."""
        return tuple(each.number for each in self.lines if each.sufficient)

    @property
    def clauses(self) -> tuple[Because, ...]:
        """Every clause that refuses a line, each once."""
        return tuple(sorted({fault.because for line in self.lines for fault in line.faults}))

    def as_document(self) -> dict[str, Any]:
        """As published JSON (`lines` in docs/reference/schemas/request-check.json)."""
        return {
            "total": len(self.lines),
            "sufficient": len(self.sufficient),
            "refused": len(self.lines) - len(self.sufficient),
            "lines": [
                {
                    "line": line.number,
                    "sufficient": line.sufficient,
                    "faults": [{"field": each.field, "because": each.because.as_document()} for each in line.faults],
                }
                for line in self.lines
            ],
            "holds": [{"because": each.because.as_document(), "reason": each.reason} for each in self.holds],
        }


def judge_lines(
    lines: Sequence[Line],
    *,
    rules: LineRules,
    authorities: Sequence[Authority],
    as_of: date,
    earlier: Iterable[Filed] = (),
) -> LinesReport:
    """Judge each line as of a day, and count what stands under each name.

    authorities: those that the request claims; one that is not in force on the day supports no line. earlier: lists
    filed before, for the rules that look back; every line counts there, a refused one too.
    """
    kinds = tuple(dict.fromkeys(each.kind for each in authorities if each.in_force(as_of)))
    judged = tuple(
        JudgedLine(number=line.number, faults=tuple(_faults(line, rules=rules, kinds=kinds, as_of=as_of)))
        for line in lines
    )
    counted = [_counted(line, rules, on=as_of, own=True) for line in lines]
    past = [_counted(line, rules, on=each.on, own=each.same_requester) for each in earlier for line in each.lines]
    found = (_hold(rule, counted, past, as_of=as_of) for rule in rules.holds)
    return LinesReport(lines=judged, holds=tuple(each for each in found if each is not None))


def barred(decision: Decision, because: tuple[Because, ...]) -> Decision:
    """The decision on a request of whose lines none is sufficient: every cell forbidden, by the clauses that say so.

    Without a line that names somebody the request is about nobody; it must not be decided as one about everybody.
    """
    cell = Cell(verdict=Verdict.FORBIDDEN, because=because)
    cells = array("I", bytes(4 * len(decision.cells)))
    return replace(decision, classes=(cell,), cells=cells, lowest_form=Form.REFUSAL)


def _faults(line: Line, *, rules: LineRules, kinds: tuple[str, ...], as_of: date) -> Iterable[Fault]:
    if not any(all(line.text(name) for name in together) for together in rules.identifiers):
        yield Fault(field=rules.identifiers[0][0], because=rules.unidentified)
    named = line.text(AUTHORITY)
    kind = named or (kinds[0] if len(kinds) == 1 else "")
    if kind not in kinds or kind not in rules.authorities:
        yield Fault(field=AUTHORITY, because=rules.otherwise)
        return
    for element in rules.authorities[kind]:
        if not _holds(element, line, rules=rules, as_of=as_of):
            yield Fault(field=element.field, because=element.because)


def _holds(element: Element, line: Line, *, rules: LineRules, as_of: date) -> bool:
    text = line.text(element.field)
    match element.test:
        case Check.PRESENT:
            return bool(text)
        case Check.DATE:
            return _day(text) is not None
        case Check.NOT_AFTER:
            return (day := _day(text)) is not None and day <= as_of
        case Check.NOT_BEFORE:
            return (day := _day(text)) is not None and day >= as_of
        case Check.ONE_OF:
            return text in element.words
        case Check.NAMES_PERSON:
            return _names(text, line, rules)


def _names(text: str, line: Line, rules: LineRules) -> bool:
    parts = [line.text(name) for name in rules.name]
    return all(name_key(part) for part in parts) and name_key(text) == name_key(" ".join(parts))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None  # one way of writing a day, as in the log


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a line counts for, in the coarse form of names: its official, its matter, its person; since when; whose."""

    official: str
    matters: tuple[str, ...]
    persons: tuple[str, ...]
    on: date
    own: bool


def _counted(line: Line, rules: LineRules, *, on: date, own: bool) -> _Counted:
    persons = sorted({name for some in (rules.name, *rules.identifiers) for name in some})
    return _Counted(
        official=counting_key(line.text(rules.official)),
        matters=(counting_key(line.text(rules.matter)),),
        persons=tuple(counting_key(line.text(name)) for name in persons),
        on=on,
        own=own,
    )


def _hold(rule: HoldRule, asked: Sequence[_Counted], past: Sequence[_Counted], *, as_of: date) -> Hold | None:
    since = as_of - timedelta(days=rule.within_days)
    looked = list(asked)
    if rule.within_days:
        looked += [each for each in past if since <= each.on <= as_of and (rule.under == "official" or each.own)]
    groups: dict[str, set[tuple[str, ...]]] = {}
    for each in looked:
        under = each.official if rule.under == "official" else "all"
        what = each.matters if rule.counts == "matters" else each.persons
        if under and any(what):  # A line without a name, or without what is counted, adds nothing.
            groups.setdefault(under, set()).add(what)
    counted = max(map(len, groups.values()), default=0)
    if counted <= rule.more_than:
        return None
    return Hold(
        because=rule.because, counts=rule.counts, under=rule.under,
        counted=counted, more_than=rule.more_than, within_days=rule.within_days,
    )  # fmt: skip
