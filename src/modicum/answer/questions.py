"""A question with noise, made ready: what is grouped, what is counted, how much one person can move. Pure.

What each person contributes is bounded before anything is added up (`aggregates`), and by how much (`sensitivity`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import prod
from typing import Any, Final

from modicum.answer import sensitivity
from modicum.answer.axes import Axis, axis
from modicum.answer.figures import Figure, Figures, Told, with_upper
from modicum.answer.grammar import PAGE, check_grammar, check_privacy
from modicum.answer.noise import Noise
from modicum.answer.plan import Bound, Plan, check_conditions, plan
from modicum.model.dataset import Column, Dataset
from modicum.model.decision import Decision
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form
from modicum.model.request import Condition, Operator, Request
from modicum.model.statistics import Measure, Statistics
from modicum.model.traits import ClassTraits
from modicum_verify.canonical import digest

MOST_CELLS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateQuestion:
    """A question with noise, made ready: its figures, and what is told of them, measure by measure.

    sha256: of all that its answer hangs on; who asks, and in which words, is no part of it.
    """

    plan: Plan
    statistics: Statistics
    noise: Noise
    epsilon: Decimal
    delta: Decimal
    axes: tuple[Axis, ...]
    columns: Mapping[str, Column]
    tests: Mapping[int, Bound]
    figures: tuple[Figure, ...] = ()
    told: tuple[Told, ...] = ()
    sha256: str = ""

    @property
    def public(self) -> bool:
        """Whether all groups are known without looking; else they are selected at a charge."""
        return all(each.domain is not None for each in self.axes)

    @property
    def public_groups(self) -> int | None:
        """How many groups there are; None where that is not known."""
        return prod(each.size for each in self.axes) if self.public else None

    @property
    def groups(self) -> int:
        """In how many groups one person is counted at most."""
        most = self.statistics.max_groups_per_person
        return sensitivity.groups_of(max_groups=most, public_groups=self.public_groups)

    @property
    def max_rows(self) -> int:
        """How many rows of one person count in one group at most."""
        return self.statistics.max_rows_per_person

    @property
    def searches(self) -> tuple[Figure, ...]:
        """The figures by which bounds are chosen, each once, whatever number of measures wait for it."""
        return tuple(dict.fromkeys(each.search for each in self.figures if each.search is not None))

    @property
    def shares(self) -> int:
        """How often noise is drawn, and paid for: once for each search, once for each figure."""
        return len(self.searches) + len(self.figures)

    def with_bounds(self, uppers: Mapping[Figure, int]) -> "PrivateQuestion":
        """The question once bounds were chosen: 0 to an upper one in smallest units, by the figure searched for it.

        Each figure stays in its place, even where two come to be equal: so as many are drawn as were paid for.
        """
        return replace(self, figures=tuple(self._bounded(each, uppers) for each in self.figures))

    def _bounded(self, figure: Figure, uppers: Mapping[Figure, int]) -> Figure:
        if figure.search is None:
            return figure
        return with_upper(figure, uppers[figure.search], groups=self.groups, max_rows=self.max_rows)


def private_question(
    request: Request,
    decision: Decision,
    transformations: Mapping[tuple[Form, str], str],
    traits: ClassTraits | None,
    *,
    dataset: Dataset,
) -> PrivateQuestion:
    """Make a question with noise ready, from the decision on its request.

    Raises InvalidInputError: whatever the grammar does not hold, each with its cure.
    """
    table = request.statistics
    if table is None:
        raise InvalidInputError(cause="the request has no statistics table", cure=PAGE)
    check_grammar(table)
    epsilon, delta = check_privacy(table)
    planned, tests = _planned(request, table, decision, transformations, traits)
    axes = tuple(
        axis(each, column, dataset=dataset, as_of=planned.as_of)
        for each, column in zip(table.by, planned.by, strict=True)
    )
    names = dict.fromkeys(each.column for each in table.measures if each.column and each.operator is None)
    bare = PrivateQuestion(
        plan=planned,
        statistics=table,
        noise=Noise.LAPLACE if delta == 0 else Noise.GAUSSIAN,
        epsilon=epsilon,
        delta=delta,
        axes=axes,
        columns={name: each.column for name, each in zip(names, planned.sums, strict=True)},
        tests=tests,
    )
    _check_groups(bare)
    made = _figures(bare)
    ready = replace(bare, figures=tuple(made.made), told=tuple(made.told))
    return replace(ready, sha256=digest(_document(ready, dataset)))


def _figures(question: PrivateQuestion) -> Figures:
    made = Figures(groups=question.groups, max_rows=question.max_rows, columns=question.columns, tests=question.tests)
    if not question.public:
        made.first_persons()
    for place, measure in enumerate(question.statistics.measures):
        made.add(place, measure)
    return made


def _planned(
    request: Request,
    table: Statistics,
    decision: Decision,
    transformations: Mapping[tuple[Form, str], str],
    traits: ClassTraits | None,
) -> tuple[Plan, dict[int, Bound]]:
    """The rows behind a question, by the rules of exact statistics; and the tests of its proportions, by place."""
    numbers = dict.fromkeys(each.column for each in table.measures if each.column and each.operator is None)
    tests = {place: _condition(each) for place, each in enumerate(table.measures) if each.operator is not None}
    kept = len(request.population.where)
    shadow = replace(
        request,
        question=replace(
            request.question,
            count_persons=True,
            by=tuple(each.column for each in table.by),
            sums=tuple(numbers),
        ),
        population=replace(request.population, where=(*request.population.where, *tests.values())),
    )
    check_conditions(shadow, decision, Form.STATISTICS, transformations, traits)
    planned = plan(shadow, decision, Form.STATISTICS, transformations, traits)
    bound = dict(zip(tests, planned.conditions[kept:], strict=True))
    return replace(planned, conditions=planned.conditions[:kept]), bound


def _condition(measure: Measure) -> Condition:
    return Condition(
        column=measure.column or "", operator=Operator(measure.operator or "="), values=measure.values or ()
    )


def _check_groups(question: PrivateQuestion) -> None:
    groups = question.public_groups
    if groups is None and question.delta == 0:
        unknown = next(each for each in question.axes if each.domain is None)
        raise InvalidInputError(
            cause=f"nothing published says which groups {unknown.planned.column.qualified} makes, and to select them"
            " needs a delta",
            cure="give its `values`, or a delta such as 1e-9",
        )
    if groups is not None and groups > MOST_CELLS:
        raise InvalidInputError(cause=f"there would be more than {MOST_CELLS:,} groups", cure="group coarser")


def _document(question: PrivateQuestion, dataset: Dataset) -> dict[str, Any]:
    """All that an answer hangs on. Conditions have no order; the day counts where a year or an age is shown."""
    planned = question.plan
    where = sorted([each.column.qualified, str(each.operator), *sorted(each.values)] for each in planned.conditions)
    return {
        "dataset": dataset.name,
        "version": dataset.version,
        "strata": sorted(([list(pair) for pair in planned.all_strata[index]] for index in planned.eligible), key=str),
        "base": planned.base,
        "where": where,
        "as_of": planned.as_of.isoformat() if any(each.is_dated for each in question.axes) else None,
        "by": [
            {
                **each.grouping.as_document(),
                "column": each.planned.column.qualified,
                "treatment": str(each.planned.treatment),
            }
            for each in question.axes
        ],
        "figures": [each.as_document() for each in question.figures],
        "searches": [
            [place, figure.search.as_document()]
            for place, told in enumerate(question.told)
            for figure in (question.figures[each] for each in told.figures)
            if figure.search is not None
        ],
        "measures": [
            {"kind": str(each.measure.kind), "figures": list(each.figures), "at": [str(part) for part in each.at]}
            for each in question.told
        ],
        "noise": str(question.noise),
        "epsilon": format(question.epsilon.normalize(), "f"),
        "delta": format(question.delta.normalize(), "f"),
        "groups": question.groups,
        "rows": question.max_rows,
        "top": question.statistics.top,
    }
