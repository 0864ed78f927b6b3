"""Columns to group by, and the groups that they make: known beforehand where anything published says which. Pure.

A group that is known is always shown, were it empty; the rows of none of them are one more group, `null`. So which
groups an answer has tells nothing of anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final

from modicum.answer.grammar import PAGE, number
from modicum.answer.plan import PlannedColumn
from modicum.answer.treatments import AGE_CAP, Treatment
from modicum.custody.domains import public_values, states
from modicum.model.dataset import Dataset
from modicum.model.errors import InvalidInputError
from modicum.model.statistics import Grouping, Shape

MOST_DIGITS: Final = 4
MOST_EDGES: Final = 64
MOST_UNITS: Final = 10**15
_MOST_VALUES: Final = 10_000
_MOST_PREFIX: Final = 20
_DECIMAL_DIGITS: Final = 2
_NUMBERS: Final = frozenset({"integer", "decimal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One column to group by.

    domain: its groups, in the order shown; None where they are selected at a charge. listed: the values of the column
    that make the groups, where a list says them; the engine's key is then the place on it. words: what each of the
    engine's keys is called, where that is not the key itself. edges: of ranges, in smallest units.
    """

    planned: PlannedColumn
    grouping: Grouping
    domain: tuple[str, ...] | None
    listed: tuple[str, ...] | tuple[int, ...] | None = None
    words: Mapping[int, str] | None = None
    edges: tuple[int, ...] = ()
    digits: int = 0
    as_of: date = date.min

    @property
    def shape(self) -> Shape:
        """What becomes of the column."""
        return self.grouping.shape

    @property
    def size(self) -> int:
        """How many groups it makes, that of all other rows among them."""
        return len(self.domain or ()) + 1

    def group(self, found: str | int | None) -> str | None:
        """What the engine's key of a group is called; None for the rows of no known group."""
        if found is None:
            return None
        return str(found) if self.words is None else self.words.get(int(found))

    @property
    def is_dated(self) -> bool:
        """Whether its groups hang on the day of the decision."""
        return self.planned.treatment is Treatment.YEAR or self.shape in {Shape.YEAR, Shape.AGE_BAND}


def axis(grouping: Grouping, planned: PlannedColumn, *, dataset: Dataset, as_of: date) -> Axis:
    """Make a column to group by. Raises InvalidInputError: a shape that it cannot have, an empty list of groups."""
    _check_fields(grouping)
    return replace(_shaped(grouping, planned, dataset, as_of), as_of=as_of)


def _shaped(grouping: Grouping, planned: PlannedColumn, dataset: Dataset, as_of: date) -> Axis:
    match grouping.shape:
        case Shape.VALUE:
            return _values(grouping, planned, dataset)
        case Shape.AGE_BAND:
            return _age_bands(grouping, _dated(grouping, planned))
        case Shape.YEAR:
            return _years(grouping, _dated(grouping, planned), as_of)
        case Shape.STATE:
            known = states()
            return _listed(planned, grouping, tuple(known), tuple(known.values()))
        case Shape.PREFIX:
            return _prefixes(grouping, planned)
        case Shape.RANGE:
            return _ranges(grouping, planned)


def smallest_units(text: str, digits: int, name: str) -> int:
    """A number in whole smallest units. Raises InvalidInputError: more digits than that, or too large."""
    scaled = number(text, name).scaleb(digits)
    if scaled != scaled.to_integral_value() or abs(scaled) > MOST_UNITS:
        raise InvalidInputError(
            cause=f"{name} must be below 10^15 smallest units, with at most {digits} digits after the point",
            cure="round it, or set `digits` of the measure (0 to 4)",
        )
    return int(scaled)


def ascending(texts: tuple[str, ...], digits: int, name: str) -> tuple[int, ...]:
    """Edges in smallest units. Raises InvalidInputError: fewer than two, too many, or not ascending."""
    edges = tuple(smallest_units(each, digits, name) for each in texts)
    if not 2 <= len(edges) <= MOST_EDGES or list(edges) != sorted(set(edges)):  # noqa: PLR2004 - one range has two
        raise InvalidInputError(
            cause=f"{name} must be 2 to {MOST_EDGES} numbers, each larger than the one before", cure=PAGE
        )
    return edges


def range_words(edges: tuple[str, ...]) -> tuple[str, ...]:
    """What the ranges between edges are called: the lower edge belongs to a range, the upper one does not."""
    return tuple(f"{low} to below {high}" for low, high in pairwise(edges))


_TAKES: Final[Mapping[Shape, frozenset[str]]] = {
    Shape.VALUE: frozenset({"values"}),
    Shape.AGE_BAND: frozenset({"width", "last"}),
    Shape.YEAR: frozenset({"first", "last"}),
    Shape.STATE: frozenset(),
    Shape.PREFIX: frozenset({"length", "values"}),
    Shape.RANGE: frozenset({"edges"}),
}
_NAMES: Final = {"first": "from", "last": "to"}


def _check_fields(grouping: Grouping) -> None:
    for name in ("values", "edges", "width", "length", "first", "last"):
        if getattr(grouping, name) is not None and name not in _TAKES[grouping.shape]:
            raise _wrong(grouping, f"takes no `{_NAMES.get(name, name)}`")
    if grouping.values is not None and not grouping.values:
        raise _wrong(grouping, "has an empty list of values")
    if grouping.values is not None and (
        len(set(grouping.values)) != len(grouping.values)
        or len(grouping.values) > _MOST_VALUES
        or "" in grouping.values
    ):
        raise _wrong(grouping, f"names a value twice, an empty one, or more than {_MOST_VALUES:,}")


def _values(grouping: Grouping, planned: PlannedColumn, dataset: Dataset) -> Axis:
    known = public_values(planned.column, dataset) if planned.treatment is Treatment.KEEP else None
    values = grouping.values or known
    if values is None:
        return Axis(planned=planned, grouping=grouping, domain=None)
    return _listed(planned, grouping, values, values)


def _age_bands(grouping: Grouping, planned: PlannedColumn) -> Axis:
    width, top = grouping.width or 10, AGE_CAP if grouping.last is None else grouping.last
    if not 1 <= width <= top <= AGE_CAP or top % width:
        raise _wrong(grouping, f"needs a `width` that divides `to`, and `to` of {AGE_CAP} at most")
    bands = [f"{low}-{low + width - 1}" for low in range(0, top, width)] + [f"{top} or older"]
    return Axis(
        planned=planned,
        grouping=replace(grouping, width=width, last=top),
        domain=tuple(bands),
        words=dict(enumerate(bands)),
    )


def _years(grouping: Grouping, planned: PlannedColumn, as_of: date) -> Axis:
    first, last = grouping.first, grouping.last
    if first is None or last is None or not 1800 <= first <= last <= first + 200:  # noqa: PLR2004 - two centuries
        raise _wrong(grouping, "needs the years `from` and `to`, in this order")
    oldest = as_of.year - AGE_CAP
    words = {oldest: f"{oldest:04d} or earlier"} if first <= oldest else {}
    words |= {year: f"{year:04d}" for year in range(max(first, oldest + 1), last + 1)}
    return _listed(planned, grouping, tuple(words), tuple(words.values()))


def _prefixes(grouping: Grouping, planned: PlannedColumn) -> Axis:
    length = grouping.length
    if length is None or not 1 <= length <= _MOST_PREFIX:
        raise _wrong(grouping, f"needs a `length` of 1 to {_MOST_PREFIX} characters")
    if any(len(each) > length for each in grouping.values or ()):
        raise _wrong(grouping, "has a value that is longer than its `length`")
    if grouping.values is None:
        return Axis(planned=planned, grouping=grouping, domain=None)
    return _listed(planned, grouping, grouping.values, grouping.values)


def _ranges(grouping: Grouping, planned: PlannedColumn) -> Axis:
    if planned.column.kind not in _NUMBERS or planned.treatment is not Treatment.KEEP or not grouping.edges:
        raise _wrong(grouping, "needs `edges`, and a column of numbers")
    digits = 0 if planned.column.kind == "integer" else _DECIMAL_DIGITS
    edges, names = ascending(grouping.edges, digits, "edges"), range_words(grouping.edges)
    words = dict(enumerate(names))
    return Axis(planned=planned, grouping=grouping, domain=names, words=words, edges=edges, digits=digits)


def _listed(
    planned: PlannedColumn, grouping: Grouping, values: tuple[str, ...] | tuple[int, ...], names: tuple[str, ...]
) -> Axis:
    """Groups that a list of values makes, each with its name; names that are others are shown in their order."""
    domain = names if values == names else tuple(sorted(names))
    return Axis(planned=planned, grouping=grouping, domain=domain, listed=values, words=dict(enumerate(names)))


def _dated(grouping: Grouping, planned: PlannedColumn) -> PlannedColumn:
    if planned.treatment is not Treatment.YEAR and planned.column.kind != "date":
        raise _wrong(grouping, "needs a column of dates")
    return planned


def _wrong(grouping: Grouping, why: str) -> InvalidInputError:
    return InvalidInputError(cause=f"the group by {grouping.column} as {grouping.shape} {why}", cure=PAGE)
