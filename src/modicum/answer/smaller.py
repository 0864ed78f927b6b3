"""The next smaller request that would pass: what to leave out of one that is refused, found in its own decision. Pure.

Smaller in the same form first: fewer columns, fewer conditions, fewer groups of people. If nothing of it may leave in
that form, the nearest lower form. It is offered, never taken: whoever asks decides whether it still answers them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from modicum.answer.sight import indexes_of, used
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import RECORD_FORMS, Form
from modicum.model.request import Request

_NAMED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """A smaller request that passes today.

    columns: those it keeps, by `table.column`; without: columns, groups and sums that it leaves out; unchosen: the
    columns of conditions that it leaves out, so that it is about more people. strata: the groups of people, by index
    in the decision, about whom something would leave.
    """

    form: Form
    columns: tuple[str, ...]
    without: tuple[str, ...]
    unchosen: tuple[str, ...]
    strata: tuple[int, ...]
    of_strata: int

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "form": str(self.form),
            "columns": list(self.columns),
            "without": list(self.without),
            "without_conditions_on": list(self.unchosen),
            "strata": list(self.strata),
        }

    @property
    def words(self) -> str:
        """What to ask instead, as the end of a sentence."""
        parts = [str(self.form)]
        if self.without:
            parts.append(f"without {_list(self.without)}")
        if self.unchosen:
            parts.append(f"without the condition on {_list(self.unchosen)}")
        if len(self.strata) < self.of_strata:
            parts.append(f"for {len(self.strata)} of {self.of_strata} groups of people")
        return ", ".join(parts)


def next_smaller(request: Request, decision: Decision, form: Form) -> Smaller | None:
    """The largest part of a request that passes in a form, else in the nearest lower one; None where nothing does."""
    for lower in sorted(decision.forms, key=lambda each: -each.rung):
        if lower.rung <= form.rung and (found := part_that_passes(request, decision, lower)) is not None:
            return found
    return None


def part_that_passes(request: Request, decision: Decision, form: Form) -> Smaller | None:
    """The largest part that passes in this form: most columns first, then most groups of people."""
    choosing = indexes_of(decision, tuple(each.column for each in request.population.where))
    if form in RECORD_FORMS:
        wanted = indexes_of(decision, request.columns)
    else:
        wanted = tuple(each for each in indexes_of(decision, used(request) or request.columns) if each not in choosing)
    everything = tuple(dict.fromkeys((*wanted, *choosing)))
    passing = _passing(decision, everything, form)
    kept = _largest(passing, frozenset(wanted or everything))
    if not kept:
        return None

    def names(columns: Iterable[int]) -> tuple[str, ...]:
        return tuple(decision.columns[column].qualified for column in columns)

    return Smaller(
        form=form,
        columns=names(column for column in wanted if column in kept),
        without=names(column for column in wanted if column not in kept),
        unchosen=names(column for column in choosing if column not in kept),
        strata=tuple(index for index, each in enumerate(passing) if kept <= each),
        of_strata=len(passing),
    )


def _passing(decision: Decision, columns: tuple[int, ...], form: Form) -> list[frozenset[int]]:
    """For each stratum the columns that are permitted; strata with the same cells are looked at once."""
    wide, deep, offset = len(decision.columns), len(decision.forms), decision.forms.index(form)
    permitted = [each.verdict is Verdict.PERMITTED for each in decision.classes]
    seen: dict[tuple[int, ...], frozenset[int]] = {}
    found = []
    for stratum in range(len(decision.strata)):
        key = tuple(int(decision.cells[(stratum * wide + column) * deep + offset]) for column in columns)
        if key not in seen:
            seen[key] = frozenset(column for column, number in zip(columns, key, strict=True) if permitted[number])
        found.append(seen[key])
    return found


def _largest(passing: list[frozenset[int]], wanted: frozenset[int]) -> frozenset[int]:
    """The set of columns to keep: with the most of those wanted, then the most conditions, then the most strata."""
    able = Counter(each for each in passing if each & wanted)

    def rank(each: frozenset[int]) -> tuple[int, int, int, list[int]]:
        strata = sum(count for other, count in able.items() if each <= other)
        return -len(each & wanted), -len(each), -strata, sorted(each)

    return min(able, key=rank, default=frozenset())


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
