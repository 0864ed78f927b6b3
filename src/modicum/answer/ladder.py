"""The ladder: what each form of answer would disclose, what the law says of it, and why a lower one would not do. Pure.

Counts of people are for the custodian's reviewers; shown to anybody else, pass no counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from modicum.answer.suppression import FEWEST
from modicum.model.decision import Cell, Decision, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import RECORD_FORMS, Form
from modicum.model.request import Request

LADDER_SCHEMA: Final = "modicum.ladder/1"
FEW: Final = "fewer than 11"

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
    missing: every minimal set of facts that would turn a conditional cell. why: a sentence for a reader.
    """

    form: Form
    verdict: Verdict | None
    people: int | None
    columns: int
    permitted_people: int | None
    permitted_columns: int
    missing: tuple[tuple[str, ...], ...]
    cites: tuple[str, ...]
    why: str

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


def guarded(people: int | None) -> int | str | None:
    """A count fit to be shown: none of 1 to 10."""
    return FEW if people is not None and 0 < people < FEWEST else people


def ladder(request: Request, decision: Decision, *, people: Mapping[int, int] | Sequence[int] | None = None) -> Ladder:
    """Say of every form what it would disclose and why it is, or is not, the answer.

    people: persons in each stratum, by its index in the decision; None where the reader may not know.
    """
    counts = None if people is None else _by_stratum(people, len(decision.strata))
    seen = {form: Sight.of(request, decision, form) for form in decision.forms}
    answering = [form for form in decision.forms if form.rung >= request.question.asks.needs.rung]
    permitted = [form for form in answering if seen[form].verdict is Verdict.PERMITTED]
    lowest = min(permitted, key=lambda form: form.rung, default=Form.REFUSAL)
    rungs = [_refusal(lowest)]
    rungs += [_rung(seen[form], counts, why=_why(request, seen[form], lowest)) for form in sorted_forms(decision)]
    return Ladder(rungs=tuple(rungs), lowest=lowest)


def sorted_forms(decision: Decision) -> list[Form]:
    """The forms of a decision, the least disclosing first."""
    return sorted(decision.forms, key=lambda form: form.rung)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One form, looked at: the cells that count for it, stratum by stratum."""

    form: Form
    cells: tuple[tuple[Cell, ...], ...]  # a row per stratum; for records the columns asked for, else those used
    open_strata: tuple[int, ...]

    @classmethod
    def of(cls, request: Request, decision: Decision, form: Form) -> "Sight":
        """Look at a decision in one form."""
        names = request.columns if form in RECORD_FORMS else (_used(request) or request.columns)
        columns = list(dict.fromkeys(_index(decision, name) for name in names))
        cells = tuple(
            tuple(decision.cell(stratum, column, form) for column in columns) for stratum in range(len(decision.strata))
        )
        # A record lacks a column that may not leave; a count by that column cannot be made at all.
        enough = any if form in RECORD_FORMS else all
        opened = [
            index for index, row in enumerate(cells) if row and enough(c.verdict is Verdict.PERMITTED for c in row)
        ]
        return cls(form=form, cells=cells, open_strata=tuple(opened))

    @property
    def verdict(self) -> Verdict:
        """Permitted where something may leave, else conditional where it could, else forbidden."""
        if self.open_strata:
            return Verdict.PERMITTED
        enough = any if self.form in RECORD_FORMS else all
        could = any(row and enough(c.verdict is not Verdict.FORBIDDEN for c in row) for row in self.cells)
        return Verdict.CONDITIONAL if could else Verdict.FORBIDDEN

    @property
    def columns(self) -> int:
        """How many columns count."""
        return len(self.cells[0]) if self.cells else 0

    @property
    def permitted_columns(self) -> int:
        """How many of them may leave in some stratum."""
        return sum(any(c.verdict is Verdict.PERMITTED for c in column) for column in zip(*self.cells, strict=True))

    def distinct(self, verdict: Verdict) -> set[Cell]:
        """The different cells of one verdict."""
        return {cell for row in self.cells for cell in row if cell.verdict is verdict}


def _rung(sight: Sight, counts: Mapping[int, int] | None, *, why: str) -> Rung:
    fixed = _ABOUT_A_PERSON.get(sight.form)
    verdict = sight.verdict
    none = verdict is not Verdict.PERMITTED
    return Rung(
        form=sight.form,
        verdict=verdict,
        people=None if counts is None else sum(counts.values()),
        columns=sight.columns if fixed is None else fixed,
        permitted_people=None if counts is None else sum(counts.get(index, 0) for index in sight.open_strata),
        permitted_columns=0 if none else sight.permitted_columns if fixed is None else fixed,
        missing=_missing(sight) if verdict is Verdict.CONDITIONAL else (),
        cites=_cites(sight, verdict),
        why=why,
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


def _why(request: Request, sight: Sight, lowest: Form) -> str:
    needs = request.question.asks.needs
    gives = f"Gives {_GIVES[sight.form]}"
    says = {
        Verdict.PERMITTED: "",
        Verdict.CONDITIONAL: f"; it may once {_alternatives(_missing(sight))}",
        Verdict.FORBIDDEN: f"; the law forbids it ({_few(_cites(sight, Verdict.FORBIDDEN))})",
    }[sight.verdict]
    if sight.form.rung < needs.rung:
        return f"{gives}; the question asks for {needs}, which this does not hold{says}."
    if sight.form is lowest:
        return f"{gives}; it answers the question, and no lower form that may be given does."
    if sight.verdict is Verdict.PERMITTED:
        return f"{gives}; it would answer too, but tells more than {lowest}, which is enough."
    return f"{gives}; it would answer the question{says}."


def _missing(sight: Sight) -> tuple[tuple[str, ...], ...]:
    found = {tuple(sorted(facts)) for cell in sight.distinct(Verdict.CONDITIONAL) for facts in cell.missing}
    return tuple(sorted(found, key=lambda facts: (len(facts), facts)))


def _cites(sight: Sight, verdict: Verdict) -> tuple[str, ...]:
    return tuple(sorted({because.cite for cell in sight.distinct(verdict) for because in cell.because}))


def _alternatives(missing: tuple[tuple[str, ...], ...], shown: int = 3) -> str:
    if not missing:
        return "what is missing is supplied"
    named = [" and ".join(facts) for facts in missing[:shown]]
    more = f", or another of {len(missing) - shown} sets of facts" if len(missing) > shown else ""
    return f"attested: {' or '.join(named)}{more}"


def _few(cites: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(cites) - shown} more" if len(cites) > shown else ""
    return "; ".join(cites[:shown]) + more


def _used(request: Request) -> tuple[str, ...]:
    conditions = [condition.column for condition in request.population.where]
    return tuple(dict.fromkeys([*request.question.by, *request.question.sums, *conditions]))


def _index(decision: Decision, name: str) -> int:
    exact = [index for index, column in enumerate(decision.columns) if column.qualified == name]
    bare = [index for index, column in enumerate(decision.columns) if column.name == name]
    if not exact and not bare:
        raise InvalidInputError(cause=f"the decision knows no column {name}", cure="see `modicum data describe`")
    return (exact or bare)[0]


def _by_stratum(people: Mapping[int, int] | Iterable[int], strata: int) -> dict[int, int]:
    pairs = people.items() if isinstance(people, Mapping) else enumerate(people)
    return {index: count for index, count in pairs if index < strata}
