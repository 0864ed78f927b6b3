"""The grammar of statistical questions: what a `statistics` table may say, as far as that needs no data set. Pure.

It is closed: whoever asks sends no code. Whatever is refused is refused by the words of the question alone.
"""

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final

from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form
from modicum.model.request import Request
from modicum.model.statistics import MeasureKind, Mechanism, Of, Shape, Statistics

LEAST_EPSILON: Final = Decimal("0.0001")
MOST_EPSILON: Final = Decimal(10)
LEAST_DELTA: Final = Decimal("1e-15")
MOST_DELTA: Final = Decimal("1e-5")
MOST_MEASURES: Final = 20
MOST_CONTRIBUTED: Final = 10_000
MOST_PLACES: Final = 30
"""Places before and after the point: more than any amount has."""
PAGE: Final = "see docs/reference/statistics.md"
_LONGEST: Final = 40
_EXACT_KINDS: Final = frozenset({MeasureKind.COUNT, MeasureKind.SUM})


def effective(request: Request) -> Request:
    """The request as exact statistics read it: a table with `mechanism = "exact"` becomes what `asks` would say."""
    table = request.statistics
    if table is None or table.mechanism is Mechanism.NOISE:
        return request
    question = replace(
        request.question,
        count_persons=any(each.kind is MeasureKind.COUNT for each in table.measures),
        by=tuple(each.column for each in table.by),
        sums=tuple(each.column for each in table.measures if each.kind is MeasureKind.SUM and each.column is not None),
        margins=table.margins,
        within=tuple(each.within for each in table.by),
    )
    return replace(request, question=question, statistics=None)


def is_noisy(request: Request, form: Form) -> bool:
    """Whether an answer in this form gets noise and is paid for."""
    table = request.statistics
    return form is Form.STATISTICS and table is not None and table.mechanism is Mechanism.NOISE


def check_grammar(table: Statistics) -> None:
    """Check a statistics table. Raises InvalidInputError: what the grammar does not hold, with its cure."""
    if not table.measures:
        raise InvalidInputError(cause="the statistics table has no measure", cure='add one: kind = "count"')
    if len(table.measures) > MOST_MEASURES:
        raise InvalidInputError(cause=f"there are more than {MOST_MEASURES} measures", cure="ask in several requests")
    _check_contributions(table)
    _check_top(table)
    for each in table.measures:
        if (each.kind is MeasureKind.COUNT) != (each.column is None):
            raise InvalidInputError(
                cause=f"a measure of the kind {each.kind} {'needs a' if each.column is None else 'takes no'} column",
                cure=PAGE,
            )
    if table.mechanism is Mechanism.EXACT:
        _check_exact(table)
    else:
        _check_no_margins(table)
        check_privacy(table)


def check_privacy(table: Statistics) -> tuple[Decimal, Decimal]:
    """Epsilon and delta of a question with noise; a delta of nought where none is given.

    Raises InvalidInputError: one that is missing, not positive, or beyond the bounds.
    """
    if table.epsilon is None:
        raise InvalidInputError(cause="noise needs an epsilon", cure="give one, 0.1 for instance; " + PAGE)
    epsilon = _finite(table.epsilon, "epsilon")
    if not LEAST_EPSILON <= epsilon <= MOST_EPSILON:
        raise InvalidInputError(
            cause=f"epsilon must lie between {LEAST_EPSILON} and {MOST_EPSILON}",
            cure="0.1 is cautious, 1 is usual; beyond 10 the noise protects nobody",
        )
    delta = Decimal(0) if table.delta is None else _finite(table.delta, "delta")
    if delta != 0 and not LEAST_DELTA <= delta <= MOST_DELTA:
        raise InvalidInputError(
            cause=f"delta must be 0, or lie between {LEAST_DELTA:.0e} and {MOST_DELTA:.0e}",
            cure="1e-9 suits any population; leave it out for pure epsilon",
        )
    return number(table.epsilon, "epsilon"), Decimal(0) if delta == 0 else number(table.delta or "", "delta")


def number(text: str, name: str) -> Decimal:
    """A finite decimal of no more digits than an amount has. Raises InvalidInputError."""
    found = _finite(text, name)
    if abs(found.adjusted()) > MOST_PLACES or len(text) > _LONGEST:
        raise InvalidInputError(
            cause=f"{name} is larger than any amount, or has more digits",
            cure=f"round it: {MOST_PLACES} places before or after the point are more than anything needs",
        )
    return found


def _finite(text: str, name: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise InvalidInputError(cause=f"{name} is no finite number", cure="write it in decimals, 0.1 for instance")
    return found


def _check_contributions(table: Statistics) -> None:
    for name, value in (("max_groups", table.max_groups_per_person), ("max_rows", table.max_rows_per_person)):
        if not 1 <= value <= MOST_CONTRIBUTED:
            raise InvalidInputError(
                cause=f"{name}_per_person must lie between 1 and {MOST_CONTRIBUTED:,}",
                cure="say in how many groups, or with how many rows, one person may count",
            )


def _check_top(table: Statistics) -> None:
    if table.top is not None and table.top < 1:
        raise InvalidInputError(cause="top must be 1 or more", cure="leave it out to see every group")
    if table.top is not None and not table.by:
        raise InvalidInputError(cause="top needs groups, and `by` is empty", cure="name a column in `by`")
    first = table.measures[0].kind
    if table.top is not None and first not in {MeasureKind.COUNT, MeasureKind.SUM}:
        raise InvalidInputError(
            cause=f"top orders the groups by the first measure, and a {first} gives no order",
            cure="put a count or a sum first",
        )


def _check_no_margins(table: Statistics) -> None:
    if table.margins or any(each.within is not None for each in table.by):
        raise InvalidInputError(
            cause="margins and `within` are of exact tables", cure='leave them out, or ask with mechanism = "exact"'
        )


def _check_levels(table: Statistics) -> None:
    before = (None, *(each.column for each in table.by))
    for each, coarser in zip(table.by, before, strict=False):
        if each.within is not None and (each.within != coarser or not table.margins):
            raise InvalidInputError(
                cause=f"{each.column} is `within` a column that does not stand just before it, or margins are off",
                cure="name the coarser column just before the finer one, and set margins = true",
            )


def _check_exact(table: Statistics) -> None:
    _check_levels(table)
    plain = all(each.shape is Shape.VALUE and each.values is None for each in table.by)
    known = all(each.kind in _EXACT_KINDS and each.of is Of.PERSONS for each in table.measures)
    unbounded = all(each.lower is None and each.upper is None and not each.private_bounds for each in table.measures)
    rest = table.top is not None or table.epsilon is not None or table.delta is not None
    if not plain or not known or not unbounded or rest:
        raise InvalidInputError(
            cause="exact tables hold counts of people and sums, by columns as they are; no bounds, epsilon, delta, top",
            cure='leave the rest out, or ask with mechanism = "noise"',
        )
