"""From measures to figures: the tables of numbers that get noise, each with what one person can change in it. Pure.

A measure is made of one or two figures; equal figures are made, and paid for, once. A figure whose upper bound is still
to be chosen names the figure that is searched for it, which is paid for too: so two figures that hang on one search
get one bound, and no figure that is equal to another beforehand can come to differ from it afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from modicum.answer import sensitivity
from modicum.answer.axes import MOST_DIGITS, MOST_EDGES, ascending, smallest_units
from modicum.answer.grammar import PAGE, number
from modicum.answer.plan import Bound
from modicum.answer.sensitivity import Sensitivity
from modicum.model.dataset import Column
from modicum.model.errors import InvalidInputError
from modicum.model.statistics import Measure, MeasureKind, Of

MOST_BINS: Final = 500
MAGNITUDES: Final = 41
"""Bins of sizes: below 1 smallest unit, below 2, below 4 ... and one for all that is larger."""
_WIDEST: Final = 2 ** (MAGNITUDES - 1)
_BINS: Final = 50
_DECIMAL_DIGITS: Final = 2
_NOTHING: Final = Sensitivity(cells=1, most=1)


class Counted(StrEnum):
    """What one table of figures holds of each group."""

    PERSONS = "persons"
    ROWS = "rows"
    TOTAL = "total"
    VALUES = "values"  # rows with a value, for a mean
    CENTRED = "centred"  # distances of values from the middle, for a mean
    TESTED = "tested"  # people with a row that meets a condition
    BINNED = "binned"  # people in each bin
    MAGNITUDE = "magnitude"  # people by the size of their largest value, whatever the group


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One table of figures that gets noise once: a number in each group (in each bin of each group).

    lower, upper: bounds of one row, in smallest units; `digits` after the point. edges: where bins end, in units.
    search: the figure by which the upper bound is chosen; until then that is the widest one there may be.
    """

    counted: Counted
    sensitivity: Sensitivity
    column: Column | None = None
    lower: int = 0
    upper: int = 0
    digits: int = 0
    edges: tuple[int, ...] = ()
    test: Bound | None = None
    search: "Figure | None" = None

    @property
    def bins(self) -> int:
        """How many numbers each group has."""
        return len(self.edges) - 1 if self.counted is Counted.BINNED else 1

    def as_document(self) -> dict[str, Any]:
        """What it counts, as the digest of a question holds it; the searches stand there by themselves."""
        test = self.test
        return {
            "counted": str(self.counted),
            "cells": self.sensitivity.cells,
            "most": self.sensitivity.most,
            "column": None if self.column is None else self.column.qualified,
            "lower": self.lower,
            "upper": self.upper,
            "digits": self.digits,
            "edges": list(self.edges),
            "test": None if test is None else [test.column.qualified, str(test.operator), sorted(test.values)],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One measure, which figures it is made of (by their place), and which quantiles are asked for."""

    measure: Measure
    figures: tuple[int, ...]
    at: tuple[Decimal, ...] = ()


@dataclass(slots=True, kw_only=True)
class Figures:
    """Figures as they are gathered from measures.

    groups, max_rows: what one person may contribute. columns: of numbers, by the name by which a measure calls them.
    tests: the conditions of proportions, by the place of the measure.
    """

    groups: int
    max_rows: int
    columns: Mapping[str, Column]
    tests: Mapping[int, Bound]
    made: list[Figure] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def add(self, place: int, measure: Measure) -> None:
        """Take in one measure. Raises InvalidInputError: unbounded, bounds reversed, bins or quantiles missing."""
        match measure.kind:
            case MeasureKind.COUNT:
                self._tell(measure, self._persons() if measure.of is Of.PERSONS else self._rows())
            case MeasureKind.SUM:
                known = self._known(measure)
                self._tell(known, self._limited(Counted.TOTAL, known))
            case MeasureKind.MEAN:
                known = self._known(measure)
                self._tell(known, self._values(known), self._limited(Counted.CENTRED, known))
            case MeasureKind.PROPORTION:
                self._tell(measure, self._persons(), self._tested(place, measure))
            case MeasureKind.HISTOGRAM:
                self._tell(measure, self._binned(measure))
            case MeasureKind.MEDIAN:
                self._tell(measure, self._binned(measure), at=(Decimal("0.5"),))
            case MeasureKind.QUANTILES:
                self._tell(measure, self._binned(measure), at=_quantiles(measure))

    def first_persons(self) -> None:
        """Have people counted first: groups that are selected are selected by them."""
        if self._persons() not in self.made:
            self.made.append(self._persons())

    def _tell(self, measure: Measure, *figures: Figure, at: tuple[Decimal, ...] = ()) -> None:
        for figure in figures:
            if figure not in self.made:
                self.made.append(figure)
        self.told.append(Told(measure=measure, figures=tuple(self.made.index(each) for each in figures), at=at))

    def _persons(self) -> Figure:
        return Figure(counted=Counted.PERSONS, sensitivity=sensitivity.persons(self.groups))

    def _rows(self) -> Figure:
        return Figure(counted=Counted.ROWS, sensitivity=sensitivity.rows(self.groups, max_rows=self.max_rows))

    def _tested(self, place: int, measure: Measure) -> Figure:
        del measure
        found = sensitivity.persons(self.groups)
        return Figure(counted=Counted.TESTED, sensitivity=found, test=self.tests[place])

    def _known(self, measure: Measure) -> Measure:
        """The measure, with the dictionary's bounds where it has none of its own."""
        column = self.columns[measure.column or ""]
        if measure.private_bounds or measure.lower is not None or measure.upper is not None:
            return measure
        return replace(measure, lower=column.lower, upper=column.upper)

    def _limited(self, counted: Counted, measure: Measure) -> Figure:
        """The total of a sum or of a mean's distances, within the bounds of one row."""
        column, digits = self._column(measure)
        search = None
        if measure.private_bounds:
            if measure.lower is not None or measure.upper is not None:
                raise _wrong(measure, "gives bounds and has them chosen", "leave out one of them")
            search = _search(column, digits)
            lower, upper = 0, search.upper
        elif measure.lower is None or measure.upper is None:
            raise _wrong(
                measure,
                "has no bounds, so one person could move it by any amount",
                "give `lower` and `upper` of one row's value, here or in the dictionary, or have them chosen:"
                ' bounds = "private"',
            )
        else:
            lower, upper = _bounds(measure, digits)
        made = Figure(counted=counted, sensitivity=_NOTHING, column=column, lower=lower, digits=digits, search=search)
        return with_upper(made, upper, groups=self.groups, max_rows=self.max_rows)

    def _values(self, measure: Measure) -> Figure:
        column, digits = self._column(measure)
        found = sensitivity.rows(self.groups, max_rows=self.max_rows)
        return Figure(counted=Counted.VALUES, sensitivity=found, column=column, digits=digits)

    def _binned(self, measure: Measure) -> Figure:
        column, digits = self._column(measure)
        edges = _edges(measure, digits)
        found = sensitivity.binned(self.groups, max_rows=self.max_rows, bins=len(edges) - 1)
        return Figure(counted=Counted.BINNED, sensitivity=found, column=column, digits=digits, edges=edges)

    def _column(self, measure: Measure) -> tuple[Column, int]:
        column = self.columns[measure.column or ""]
        digits = (0 if column.kind == "integer" else _DECIMAL_DIGITS) if measure.digits is None else measure.digits
        if not 0 <= digits <= MOST_DIGITS:
            raise _wrong(measure, f"needs `digits` between 0 and {MOST_DIGITS}", "2 are cents")
        return column, digits


def with_upper(figure: Figure, upper: int, *, groups: int, max_rows: int) -> Figure:
    """A sum, or a mean's distances, once its upper bound is known: what one person can change follows from it.

    groups, max_rows: what one person may contribute.
    """
    change = sensitivity.centred if figure.counted is Counted.CENTRED else sensitivity.total
    found = change(groups, lower=figure.lower, upper=upper, max_rows=max_rows)
    return replace(figure, upper=upper, sensitivity=found)


def edge_words(figure: Figure) -> tuple[str, ...]:
    """The edges of a histogram as numbers."""
    return tuple(format(Decimal(each).scaleb(-figure.digits), "f") for each in figure.edges)


def _search(column: Column, digits: int) -> Figure:
    """People by the size of their largest value, by which an upper bound is chosen: one for each column and unit."""
    found = sensitivity.magnitudes()
    return Figure(counted=Counted.MAGNITUDE, sensitivity=found, column=column, digits=digits, upper=_WIDEST)


def _bounds(measure: Measure, digits: int) -> tuple[int, int]:
    lower = smallest_units(measure.lower or "", digits, "lower")
    upper = smallest_units(measure.upper or "", digits, "upper")
    if lower >= upper:
        raise _wrong(measure, "has bounds that are reversed or equal", "`lower` must be below `upper`")
    return lower, upper


def _edges(measure: Measure, digits: int) -> tuple[int, ...]:
    if measure.edges is not None:
        if measure.lower is not None or measure.upper is not None or measure.bins is not None:
            raise _wrong(measure, "gives edges and bounds", "give `edges`, or `lower`, `upper` and perhaps `bins`")
        return ascending(measure.edges, digits, "edges")
    if measure.lower is None or measure.upper is None:
        raise _wrong(measure, "has no bins", "give `edges`, or `lower`, `upper` and perhaps `bins`")
    lower, upper = _bounds(measure, digits)
    bins = _BINS if measure.bins is None else measure.bins
    if not 1 <= bins <= MOST_BINS or bins > upper - lower:
        raise _wrong(measure, f"needs 1 to {MOST_BINS} bins, each a smallest unit wide at least", "see `bins`")
    width = -(-(upper - lower) // bins)  # all of one width, so the last edge may lie beyond the upper bound
    return tuple(lower + width * place for place in range(bins + 1))


def _quantiles(measure: Measure) -> tuple[Decimal, ...]:
    found = tuple(number(each, "at") for each in measure.at or ())
    if not found or not all(0 < each < 1 for each in found) or len(found) > MOST_EDGES:
        raise _wrong(measure, "needs `at`, numbers between 0 and 1", 'for instance at = ["0.25", "0.5", "0.75"]')
    return found


def _wrong(measure: Measure, why: str, cure: str) -> InvalidInputError:
    return InvalidInputError(cause=f"the {measure.kind} of {measure.column} {why}", cure=f"{cure}; {PAGE}")
