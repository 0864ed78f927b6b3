"""The closed grammar of statistical questions: what may be counted, by which groups, under which bounds. No code.

Amounts stand as decimal text, as they are signed and hashed; what they must be is said by `answer.questions`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Mechanism(StrEnum):
    """How figures are protected: exact under the rule of eleven, or with noise and a charge."""

    EXACT = "exact"
    NOISE = "noise"


class Shape(StrEnum):
    """What becomes of a column before rows are grouped by it."""

    VALUE = "value"
    AGE_BAND = "age_band"  # of a date of birth, by calendar years
    YEAR = "year"  # of a date
    STATE = "state"  # of a five-digit county code
    PREFIX = "prefix"  # the first characters of a text
    RANGE = "range"  # of a number, between edges


class MeasureKind(StrEnum):
    """What is told of each group."""

    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    PROPORTION = "proportion"
    HISTOGRAM = "histogram"
    MEDIAN = "median"
    QUANTILES = "quantiles"


class Of(StrEnum):
    """What a count counts."""

    PERSONS = "persons"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """One column to group by. `values`, `edges`, `first` and `last` name its groups, so that these are public.

    within: the column before it in `by`, of which it is the finer level (county within state); exact tables alone.
    """

    column: str
    shape: Shape = Shape.VALUE
    values: tuple[str, ...] | None = None
    edges: tuple[str, ...] | None = None
    width: int | None = None
    length: int | None = None
    first: int | None = None
    last: int | None = None
    within: str | None = None

    def as_document(self) -> dict[str, Any]:
        """As published JSON, the fields that are given."""
        fields = {
            "column": self.column,
            "as": str(self.shape),
            "values": None if self.values is None else list(self.values),
            "edges": None if self.edges is None else list(self.edges),
            "width": self.width,
            "length": self.length,
            "from": self.first,
            "to": self.last,
            "within": self.within,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of each group.

    lower, upper: bounds of one row's value, beyond which it counts as the bound; `private_bounds` has them chosen at a
    charge. digits: after the point of the smallest unit. edges or `bins`: of a histogram or quantile. at: quantiles.
    operator, values: the condition of a proportion.
    """

    kind: MeasureKind
    of: Of = Of.PERSONS
    column: str | None = None
    lower: str | None = None
    upper: str | None = None
    private_bounds: bool = False
    digits: int | None = None
    edges: tuple[str, ...] | None = None
    bins: int | None = None
    at: tuple[str, ...] | None = None
    operator: str | None = None
    values: tuple[str, ...] | None = None

    def as_document(self) -> dict[str, Any]:
        """As published JSON, the fields that are given."""
        fields = {
            "kind": str(self.kind),
            "of": str(self.of) if self.kind is MeasureKind.COUNT else None,
            "column": self.column,
            "lower": self.lower,
            "upper": self.upper,
            "bounds": "private" if self.private_bounds else None,
            "digits": self.digits,
            "edges": None if self.edges is None else list(self.edges),
            "bins": self.bins,
            "at": None if self.at is None else list(self.at),
            "op": self.operator,
            "values": None if self.values is None else list(self.values),
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A whole question: measures by groups, how they are protected, and what each person may contribute.

    margins: an exact table shows every margin too, not the whole alone.
    """

    mechanism: Mechanism
    measures: tuple[Measure, ...]
    by: tuple[Grouping, ...] = ()
    epsilon: str | None = None
    delta: str | None = None
    max_groups_per_person: int = 1
    max_rows_per_person: int = 1
    top: int | None = None
    margins: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of which it is made, each once."""
        named = [each.column for each in self.by] + [each.column for each in self.measures if each.column is not None]
        return tuple(dict.fromkeys(named))

    def as_document(self) -> dict[str, Any]:
        """As published JSON: the `statistics` table of a request."""
        fields = {
            "mechanism": str(self.mechanism),
            "epsilon": self.epsilon,
            "delta": self.delta,
            "by": [each.as_document() for each in self.by],
            "measures": [each.as_document() for each in self.measures],
            "max_groups_per_person": self.max_groups_per_person,
            "max_rows_per_person": self.max_rows_per_person,
            "top": self.top,
            "margins": True if self.margins else None,
        }
        return {name: value for name, value in fields.items() if value is not None}
