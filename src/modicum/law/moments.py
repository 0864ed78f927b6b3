"""The earliest lawful moment of a cell: the first later day on which it is permitted, if nothing changes but the date.

What the law says changes with time alone only on days that are known beforehand: a rule begins, or the day after its
last; an authority of the request begins or has ended; the wait of an attested fact is over. So it is enough to judge
the cell on those days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from modicum.law.facts import counts_from, holding
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import Pack
from modicum.model.dataset import Stratum
from modicum.model.decision import Cell, Verdict
from modicum.model.forms import Form
from modicum.model.request import Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One cell of one request with all that time can change: who asks, under which authorities, what is attested when.

    circumstances: those of any day; their day and their facts are set anew for each day that is looked at.
    """

    pack: Pack
    circumstances: Circumstances
    authorities: tuple[Authority, ...]
    attested: Mapping[str, date]
    form: Form
    data_class: str | None
    stratum: Stratum

    def on(self, day: date) -> Circumstances:
        """The circumstances of a day: the facts that count on it."""
        facts = holding(self.attested, self.pack.vocabulary.waits_days, on=day)
        return replace(self.circumstances, as_of=day, facts=facts)

    def in_force(self, day: date) -> bool:
        """Whether an authority that the request states is in force on a day."""
        return any(each.in_force(day) for each in self.authorities)

    def cell(self, day: date) -> Cell:
        """The verdict on a day, as a decision of that day would give it."""
        if not self.in_force(day):
            return Cell(verdict=Verdict.FORBIDDEN, because=(self.pack.defaults.expired,))
        return Judge(self.pack, self.on(day)).cell(self.form, self.data_class, self.stratum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a cell becomes lawful by time alone: `on` is None where no day does it. turns: what happens on that day."""

    on: date | None
    turns: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {"on": None if self.on is None else self.on.isoformat(), "turns": list(self.turns)}


def earliest_lawful(ask: Ask, *, after: date) -> Moment:
    """The first later day on which the cell is permitted with what is attested; `on` is None where there is none.

    For a cell that is not permitted on `after`: only the days on which something changes are looked at.
    """
    turns = turning_days(ask)
    for day in sorted(turns):
        if day > after and ask.cell(day).verdict is Verdict.PERMITTED:
            return Moment(on=day, turns=tuple(sorted(turns[day])))
    return Moment(on=None, turns=())


def turning_days(ask: Ask) -> dict[date, set[str]]:
    """Every day on which something that bears on the request changes by itself, with what does, in words."""
    found: dict[date, set[str]] = {}
    for day, what in (*_rules(ask.pack), *_authorities(ask.authorities), *_facts(ask)):
        if day is not None:
            found.setdefault(day, set()).add(what)
    return found


def _rules(pack: Pack) -> Iterator[tuple[date | None, str]]:
    for policy in (policy for body in pack.bodies for policy in body.policies):
        yield policy.since, f"{policy.id} begins"
        yield _after(policy.until), f"{policy.id} has ended"


def _authorities(authorities: Sequence[Authority]) -> Iterator[tuple[date | None, str]]:
    for each in authorities:
        yield each.since, f"the authority {each.citation} begins"
        yield _after(each.until), f"the authority {each.citation} has ended"


def _facts(ask: Ask) -> Iterator[tuple[date | None, str]]:
    for fact, day in ask.attested.items():
        yield counts_from(fact, day, ask.pack.vocabulary.waits_days), f"the fact {fact} counts"


def _after(day: date | None) -> date | None:
    """The day after a last day; none where there is no last day, or no day after it."""
    return None if day is None or day == date.max else day + timedelta(days=1)
