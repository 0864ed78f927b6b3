"""Read the `statistics` table of a request: the edge where TOML or JSON becomes the closed grammar.

Numbers become decimal text at once, as written: what is signed and hashed holds no binary fractions.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from modicum.answer.grammar import MOST_PLACES
from modicum.model.request import Operator
from modicum.model.statistics import Grouping, Measure, MeasureKind, Mechanism, Of, Shape, Statistics

_MOST: int = 10_000


def _number(value: Any) -> Any:  # noqa: ANN401 - raw input
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("should be a number")  # noqa: TRY004 - pydantic reports a ValueError
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        raise ValueError("should be a number") from None
    if not found.is_finite():
        raise ValueError("should be a finite number")
    # What is beyond any amount stays as short as it is, until the grammar says what it must lie between.
    return format(found, "f") if abs(found.adjusted()) <= MOST_PLACES else str(found)


def _texts(value: Any) -> Any:  # noqa: ANN401 - raw input
    if isinstance(value, list):
        return [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in value]
    return value


_Number = Annotated[str, BeforeValidator(_number)]
_Texts = Annotated[list[Annotated[str, Field(max_length=200)]], BeforeValidator(_texts), Field(max_length=_MOST)]
_Column = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class _Grouping(_Strict):
    column: _Column
    shape: Annotated[Shape, Field(alias="as")] = Shape.VALUE
    values: _Texts | None = None
    edges: list[_Number] | None = None
    width: StrictInt | None = None
    length: StrictInt | None = None
    first: Annotated[StrictInt | None, Field(alias="from")] = None
    last: Annotated[StrictInt | None, Field(alias="to")] = None
    within: _Column | None = None

    def as_grouping(self) -> Grouping:
        return Grouping(
            column=self.column,
            shape=self.shape,
            values=None if self.values is None else tuple(self.values),
            edges=None if self.edges is None else tuple(self.edges),
            width=self.width,
            length=self.length,
            first=self.first,
            last=self.last,
            within=self.within,
        )


def _grouping(value: Any) -> Any:  # noqa: ANN401 - raw input
    return {"column": value} if isinstance(value, str) else value


class _Measure(_Strict):
    kind: MeasureKind
    of: Of = Of.PERSONS
    column: _Column | None = None
    lower: _Number | None = None
    upper: _Number | None = None
    bounds: Annotated[str | None, Field(pattern="^private$")] = None
    digits: StrictInt | None = None
    edges: list[_Number] | None = None
    bins: StrictInt | None = None
    at: list[_Number] | None = None
    op: Operator | None = None
    value: Annotated[str | int | None, Field(union_mode="left_to_right")] = None
    values: _Texts | None = None

    def as_measure(self) -> Measure:
        given = self.values if self.values is not None else None if self.value is None else [str(self.value)]
        tested = self.kind is MeasureKind.PROPORTION
        operator = str(self.op or Operator.EQ) if tested else None if self.op is None else str(self.op)
        return Measure(
            kind=self.kind,
            of=self.of,
            column=self.column,
            lower=self.lower,
            upper=self.upper,
            private_bounds=self.bounds is not None,
            digits=self.digits,
            edges=None if self.edges is None else tuple(self.edges),
            bins=self.bins,
            at=None if self.at is None else tuple(self.at),
            operator=operator,
            values=None if given is None else tuple(given),
        )


class StatisticsTable(_Strict):
    """The published shape of the table; `as_statistics` makes the domain value."""

    mechanism: Mechanism
    epsilon: _Number | None = None
    delta: _Number | None = None
    by: list[Annotated[_Grouping, BeforeValidator(_grouping)]] = []
    measures: Annotated[list[_Measure], Field(max_length=100)]
    max_groups_per_person: StrictInt = 1
    max_rows_per_person: StrictInt = 1
    top: StrictInt | None = None
    margins: StrictBool = False

    def as_statistics(self) -> Statistics:
        """The domain value, not yet held against the grammar."""
        return Statistics(
            mechanism=self.mechanism,
            epsilon=self.epsilon,
            delta=self.delta,
            by=tuple(each.as_grouping() for each in self.by),
            measures=tuple(each.as_measure() for each in self.measures),
            max_groups_per_person=self.max_groups_per_person,
            max_rows_per_person=self.max_rows_per_person,
            top=self.top,
            margins=self.margins,
        )
