"""Advice before anything is spent: how near the answer will be, by the mechanism's own accuracy, and its price. Pure.

Nothing here looks at a row: the noise is a property of the question.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modicum.answer.figures import Counted, Figure
from modicum.answer.noise import accuracy
from modicum.answer.private_answer import Price, scales_of
from modicum.answer.questions import PrivateQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How near one noisy number will be: within so much in 95 of 100 cases, in the unit of its column."""

    what: str
    within: Decimal

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {"what": self.what, "within": format(self.within, "f")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a question will give, and what it will cost."""

    epsilon: Decimal
    delta: Decimal
    rho: Decimal
    nearness: tuple[Nearness, ...]
    chosen: int  # measures whose bounds are chosen at a charge, so that their nearness is not known beforehand

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "epsilon": format(self.epsilon, "f"),
            "delta": format(self.delta, "f"),
            "rho": format(self.rho, "f"),
            "nearness": [each.as_document() for each in self.nearness],
            "chosen_bounds": self.chosen,
        }

    @property
    def words(self) -> list[str]:
        """A sentence for each number."""
        told = [
            f"with epsilon {self.epsilon:f} {each.what} will be within +-{each.within:,f} in 95 %"
            for each in self.nearness
        ]
        if self.chosen:
            told.append(f"the bounds of {self.chosen} measure(s) are chosen first; their noise follows from them")
        return told


def advice(question: PrivateQuestion, cost: Price) -> Advice:
    """What to expect of a question with noise."""
    known = [place for place, each in enumerate(question.figures) if each.search is None]
    scales = scales_of(question, cost)
    nearness = tuple(
        Nearness(
            what=_what(question.figures[place]),
            within=Decimal(accuracy(scales[place], question.noise)).scaleb(-_digits(question.figures[place])),
        )
        for place in known
    )
    return Advice(
        epsilon=question.epsilon,
        delta=question.delta,
        rho=cost.charge.rho,
        nearness=nearness,
        chosen=sum(each.measure.private_bounds for each in question.told),
    )


def _digits(figure: Figure) -> int:
    return figure.digits if figure.counted in {Counted.TOTAL, Counted.CENTRED} else 0


def _what(figure: Figure) -> str:
    column = "" if figure.column is None else f" of {figure.column.qualified}"
    return {
        Counted.PERSONS: "the count of people",
        Counted.ROWS: "the count of rows",
        Counted.TOTAL: f"the sum{column}",
        Counted.VALUES: f"the number of values{column}, under its mean,",
        Counted.CENTRED: f"the total of distances{column}, above it,",
        Counted.TESTED: "the count of those who meet the condition",
        Counted.BINNED: f"the count of people in each bin{column}",
        Counted.MAGNITUDE: f"the count of people by size{column}",
    }[figure.counted]
