"""What bounds a person's contribution, as expressions that run where the rows are. The proofs are in `sensitivity`.

No engine can fail on them: what cannot be read, or is too large to be counted, is null, and null has
one rule, said at each function. Nothing here is of one engine alone.
"""

from typing import Final

from modicum.answer.axes import Axis
from modicum.answer.treatments import AGE_CAP, amount, text, treated, year
from modicum.custody.engine import PERSON, Expression, between, clamped, row_number, window
from modicum.model.statistics import Shape

_PLACE: Final = "_modicum_place"
_OVER: Final = "_modicum_over"
_FIPS: Final = 5


def contributed(value: Expression, lower: int, upper: int) -> Expression:
    """What one person adds, held between two; nothing where there is nothing to add."""
    return between(value.fill_null(0), lower, upper)


def in_units(value: Expression, digits: int) -> Expression:
    """A number in whole smallest units, rounded half up; null where it cannot be read, or has more than 18 digits."""
    readable = value if value.type().is_numeric() else amount(value)  # twice the casts would take twice the time
    return (readable.try_cast(f"decimal(18, {digits})") * 10**digits).cast("int64")


def key(rows: Expression, axis: Axis) -> Expression:
    """What groups each row: the engine's key (`Axis.group` says what we call it), or a value to be found on the list.

    Null where a row holds nothing; ages of years to come are no groups.
    """
    column = axis.planned.column
    value = rows[column.name]
    match axis.shape:
        case Shape.AGE_BAND:
            age = axis.as_of.year - year_of(value, axis)
            width, top = axis.grouping.width or 1, axis.grouping.last or AGE_CAP
            band = (between(age, 0, top).cast("float64") / width).floor().cast("int64")
            return (age >= 0).ifelse(band, None)
        case Shape.YEAR:
            return year_of(value, axis)
        case Shape.STATE:
            code = text(value)
            return (code.length() == _FIPS).ifelse(code.left(2), None)
        case Shape.RANGE:
            return bin_of(in_units(value, axis.digits), axis.edges)
        case Shape.VALUE | Shape.PREFIX:
            return plain_key(value, axis)


def year_of(value: Expression, axis: Axis) -> Expression:
    """The year of a date, those of 90 years back and more as one; null where it is no date."""
    return year(value, as_of=axis.as_of).left(4).try_cast("int64")


def plain_key(value: Expression, axis: Axis) -> Expression:
    """The text by which rows are grouped where it is not made of years, states or ranges; an empty one is null."""
    column = axis.planned.column
    shown = text(treated(value, axis.planned.treatment, data_class=column.data_class, as_of=axis.as_of, keyed=None))
    if axis.shape is Shape.PREFIX:
        shown = shown.left(axis.grouping.length)
    return shown.nullif("")


def bin_of(units: Expression, edges: tuple[int, ...]) -> Expression:
    """The place of the bin that a whole number lies in: null below the first edge and from the last one on."""
    inside = (units >= edges[0]) & (units < edges[-1])
    width = edges[1] - edges[0]
    if all(edge == edges[0] + place * width for place, edge in enumerate(edges)):
        place = ((units - edges[0]).cast("float64") / width).floor().cast("int64")
    else:
        place = sum((units >= edge).cast("int64") for edge in edges[1:-1]) + (units >= edges[-1]).cast("int64")
    return inside.ifelse(between(place, 0, len(edges) - 2), None)


def held_in(units: Expression, edges: tuple[int, ...]) -> Expression:
    """A whole number moved into the range of a histogram: what lies outside counts in the outermost bin."""
    return clamped(units, edges[0], edges[-1] - 1)


def first_of_each(members: Expression, *, within: list[str], order: list[str], most: int) -> Expression:
    """At most so many rows of each person (and of each of `within`): the first by `order`, nulls before all else.

    No two of a person's rows may agree in all of `within` and `order`. Which are kept hangs on that person's rows
    alone. Whoever has no more rows than that keeps all of them; only the others' rows are put in order, which costs
    more than all the rest.
    """
    counted = members.group_by(PERSON).aggregate(**{_PLACE: members.count()})
    over = counted.filter(counted[_PLACE] > most).select(**{_OVER: PERSON})
    whole = members.anti_join(over, members[PERSON] == over[_OVER])
    many = members.semi_join(over, members[PERSON] == over[_OVER])
    by = [part for name in order for part in (many[name].notnull().cast("int8"), many[name])]
    each = window(group_by=[many[name] for name in (PERSON, *within)], order_by=by)
    placed = many.mutate(**{_PLACE: row_number().over(each)})
    return whole.union(placed.filter(placed[_PLACE] < most).drop(_PLACE))


def scaled_down(total: Expression, rows: Expression, *, most_rows: int, reach: int) -> Expression:
    """A person's total of distances, as of `most_rows` rows of their average where they have more; whole, clamped."""
    share = (total.cast("float64") * most_rows / rows.cast("float64")).round().cast("int64")
    return between((rows > most_rows).ifelse(share, total), -most_rows * reach, most_rows * reach)
