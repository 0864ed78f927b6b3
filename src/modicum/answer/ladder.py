"""The ladder: what each form of answer would disclose, what the law says of it, and why a lower one would not do. Pure.

Counts of people are for the custodian's reviewers. Whoever asks sees a bound of the whole data set instead, which is
the same whoever meets their conditions: an empty population and a small one answer alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from modicum.answer.sight import Sight
from modicum.answer.smaller import Smaller, next_smaller
from modicum.answer.tables.primary import FEWEST
from modicum.model.decision import Basis, Because, Decision, Verdict
from modicum.model.forms import Form
from modicum.model.request import Request

LADDER_SCHEMA: Final = "modicum.ladder/1"
FEW: Final = "fewer than 11"
_LEAST_BOUND: Final = 100

_ABOUT_A_PERSON: Final[Mapping[Form, int]] = {Form.REFUSAL: 0, Form.STATISTICS: 0, Form.MATCH: 1, Form.VERIFICATION: 1}
"""Facts that leave about one person in the forms that are not records."""

_GIVES: Final[Mapping[Form, str]] = {
    Form.REFUSAL: "no answer",
    Form.STATISTICS: "counts and sums of groups of at least 11 people",
    Form.MATCH: "which people on the asker's own list are in the data",
    Form.VERIFICATION: "yes or no about a person whom the asker names",
    Form.PSEUDONYMISED: "rows without names, under pseudonyms made for the recipients",
    Form.IDENTIFIED: "rows that name people",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One form of answer.

    verdict: permitted where at least one cell may leave, else conditional where one could; None for a refusal.
    people, columns: what this form would disclose as asked: how many people, how many columns (or facts) about each.
    permitted_people, permitted_columns: the same, of the cells that may leave today. People are None if not given.
    missing: every minimal set of facts that would turn a conditional cell. because: the rules of its verdict. smaller:
    where it is not permitted, the next smaller request that would pass. why: sentences for a reader.
    """

    form: Form
    verdict: Verdict | None
    people: int | str | None
    columns: int
    permitted_people: int | str | None
    permitted_columns: int
    missing: tuple[tuple[str, ...], ...]
    cites: tuple[str, ...]
    why: str
    because: tuple[Because, ...] = ()
    smaller: Smaller | None = None

    def as_document(self) -> dict[str, Any]:
        """As published JSON; a count of 1 to 10 reads "fewer than 11"."""
        return {
            "form": str(self.form),
            "verdict": None if self.verdict is None else str(self.verdict),
            "people": guarded(self.people),
            "columns": self.columns,
            "permitted_people": guarded(self.permitted_people),
            "permitted_columns": self.permitted_columns,
            "missing": [list(facts) for facts in self.missing],
            "cites": list(self.cites),
            "because": [each.as_document() for each in self.because],
            "smaller": None if self.smaller is None else self.smaller.as_document(),
            "why": self.why,
        }


class Ladder(NamedTuple):
    """All rungs, lowest first, and the lowest form that answers the question and is permitted (else a refusal)."""

    rungs: tuple[Rung, ...]
    lowest: Form

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/ladder.json)."""
        return {
            "schema": LADDER_SCHEMA,
            "lowest": str(self.lowest),
            "rungs": [rung.as_document() for rung in self.rungs],
        }


def guarded(people: int | str | None) -> int | str | None:
    """A count fit to be shown: none of 1 to 10."""
    return FEW if isinstance(people, int) and 0 < people < FEWEST else people


def bound(persons: int) -> str:
    """What an asker may know of how many people a data set holds: the next power of ten, at least a hundred."""
    most = _LEAST_BOUND
    while most < persons:
        most *= 10
    return f"at most {most}"


def ladder(
    request: Request,
    decision: Decision,
    *,
    people: Mapping[int, int] | Sequence[int] | None = None,
    at_most: str | None = None,
    own_policy: frozenset[str] = frozenset(),
) -> Ladder:
    """Say of every form what it would disclose and why it is, or is not, the answer.

    people: the persons asked about in each stratum, by its index in the decision; None where the reader may not know.
    at_most: what they may know instead (see `bound`). own_policy: ids of the rules that are the custodian's own policy
    and no law.
    """
    counts = None if people is None else _by_stratum(people, len(decision.strata))
    told = _Told(request=request, decision=decision, counts=counts, at_most=at_most, own_policy=own_policy)
    seen = {form: Sight.of(request, decision, form) for form in decision.forms}
    answering = [form for form in decision.forms if form.rung >= request.question.asks.needs.rung]
    permitted = [form for form in answering if seen[form].verdict is Verdict.PERMITTED]
    lowest = min(permitted, key=lambda form: form.rung, default=Form.REFUSAL)
    rungs = [_refusal(lowest)]
    rungs += [_rung(told, seen[form], lowest) for form in sorted_forms(decision)]
    return Ladder(rungs=tuple(rungs), lowest=lowest)


def sorted_forms(decision: Decision) -> list[Form]:
    """The forms of a decision, the least disclosing first."""
    return sorted(decision.forms, key=lambda form: form.rung)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a ladder is made from, and what its reader may know of people."""

    request: Request
    decision: Decision
    counts: Mapping[int, int] | None
    at_most: str | None
    own_policy: frozenset[str]

    def people(self) -> int | str | None:
        """Everybody asked about."""
        return self.at_most if self.counts is None else sum(self.counts.values())

    def permitted(self, sight: Sight) -> int | str | None:
        """Those of whom something may leave. Without counts it hangs on the law alone, not on who meets a condition."""
        if self.counts is None:
            return self.at_most if sight.open_strata or self.at_most is None else 0
        return sum(self.counts.get(index, 0) for index in sight.open_strata)


def _rung(told: _Told, sight: Sight, lowest: Form) -> Rung:
    fixed = _ABOUT_A_PERSON.get(sight.form)
    verdict = sight.verdict
    none = verdict is not Verdict.PERMITTED
    because = _because(sight, verdict)
    smaller = next_smaller(told.request, told.decision, sight.form) if none else None
    return Rung(
        form=sight.form,
        verdict=verdict,
        people=told.people(),
        columns=sight.columns if fixed is None else fixed,
        permitted_people=told.permitted(sight),
        permitted_columns=0 if none else sight.permitted_columns if fixed is None else fixed,
        missing=_missing(sight) if verdict is Verdict.CONDITIONAL else (),
        cites=tuple(sorted({each.cite for each in because})),
        why=_why(told, sight, lowest, smaller),
        because=because,
        smaller=smaller,
    )


def _refusal(lowest: Form) -> Rung:
    why = "Nothing leaves, and the question stays open."
    if lowest is Form.REFUSAL:
        why = "Nothing leaves: no form that answers the question may be given today."
    return Rung(
        form=Form.REFUSAL,
        verdict=None,
        people=0,
        columns=0,
        permitted_people=0,
        permitted_columns=0,
        missing=(),
        cites=(),
        why=why,
    )


def _why(told: _Told, sight: Sight, lowest: Form, smaller: Smaller | None) -> str:
    needs = told.request.question.asks.needs
    gives = f"Gives {_GIVES[sight.form]}"
    says = {
        Verdict.PERMITTED: "",
        Verdict.CONDITIONAL: f"; it may once {_alternatives(_missing(sight))}",
        Verdict.FORBIDDEN: f"; {_forbidden(told, sight)}",
    }[sight.verdict]
    if sight.form.rung < needs.rung:
        return f"{gives}; the question asks for {needs}, which this does not hold{says}."
    if sight.form is lowest:
        return f"{gives}; it answers the question, and no lower form that may be given does."
    if sight.verdict is Verdict.PERMITTED:
        return f"{gives}; it would answer too, but tells more than {lowest}, which is enough."
    instead = (
        f" The next smaller request that would pass: {smaller.words}." if smaller else " No part of it would pass."
    )
    return f"{gives}; it would answer the question{says}.{instead}"


def _forbidden(told: _Told, sight: Sight) -> str:
    rules = _because(sight, Verdict.FORBIDDEN)
    own = bool(rules) and all(each.id in told.own_policy for each in rules)
    who = "the custodian's own policy, not the law, forbids it" if own else "the law forbids it"
    return f"{who} ({_few(rules)})"


def _missing(sight: Sight) -> tuple[tuple[str, ...], ...]:
    found = {tuple(sorted(facts)) for cell in sight.distinct(Verdict.CONDITIONAL) for facts in cell.missing}
    return tuple(sorted(found, key=lambda facts: (len(facts), facts)))


_ORDER: Final = {Basis.ORDER: 0, Basis.LAW: 1, Basis.DEFAULT: 2, Basis.CUSTODIAN_POLICY: 3}


def _because(sight: Sight, verdict: Verdict) -> tuple[Because, ...]:
    """The rules of all cells of one verdict, orders and law first, each once."""
    found = {because for cell in sight.distinct(verdict) for because in cell.because}
    return tuple(sorted(found, key=lambda each: (_ORDER[each.basis], each)))


def _alternatives(missing: tuple[tuple[str, ...], ...], shown: int = 3) -> str:
    if not missing:
        return "what is missing is supplied"
    named = [" and ".join(facts) for facts in missing[:shown]]
    rest = len(missing) - shown
    more = (
        ""
        if rest <= 0
        else ", or one further set of facts"
        if rest == 1
        else f", or one of {rest} further sets of facts"
    )
    return f"attested: {' or '.join(named)}{more}"


def _few(rules: Sequence[Because], shown: int = 2) -> str:
    more = f" and {len(rules) - shown} more" if len(rules) > shown else ""
    return "; ".join(f"{each.id}, {each.cite}" for each in rules[:shown]) + more


def _by_stratum(people: Mapping[int, int] | Iterable[int], strata: int) -> dict[int, int]:
    pairs = people.items() if isinstance(people, Mapping) else enumerate(people)
    return {index: count for index, count in pairs if index < strata}
