"""What is told of noisy figures: values, and the intervals that hold the true ones in 95 of 100 cases. Pure.

Everything here is made of noisy numbers and of the words of the question: no exact number comes in. An interval is
about the noise; what clamping and the bounds on contributions cut off is no part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import accumulate
from typing import Any, Final

from modicum.answer.aggregates import Key
from modicum.answer.figures import Figure, Told, edge_words
from modicum.answer.noise import ALPHA, accuracy
from modicum.answer.questions import PrivateQuestion
from modicum.answer.sensitivity import middle
from modicum.model.statistics import MeasureKind
from modicum_verify.canonical import MAX_SAFE_INTEGER

_EXTRA: Final = 4  # digits of a mean beyond those of its smallest unit
_SHARE_DIGITS: Final = 6
_Interval = tuple[Decimal, Decimal] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """The noisy numbers of one figure by group, and the scale of the noise in them."""

    values: Mapping[Key, Sequence[int]]
    scale: float


def rows_of(question: PrivateQuestion, figures: Sequence[Noisy], keys: Sequence[Key]) -> list[dict[str, Any]]:
    """One row a group: its key by column, and each measure with value and interval; with `top`, the largest alone."""
    shown = list(keys)
    if question.statistics.top is not None:
        first = figures[question.told[0].figures[0]].values
        place = {key: index for index, key in enumerate(shown)}
        shown = sorted(shown, key=lambda key: (-first[key][0], place[key]))[: question.statistics.top]
    return [
        {
            "group": [
                {"column": axis.planned.column.qualified, "as": str(axis.shape), "value": part}
                for axis, part in zip(question.axes, key, strict=True)
            ],
            "measures": [_told(question, each, figures, key) for each in question.told],
        }
        for key in shown
    ]


def _told(question: PrivateQuestion, told: Told, figures: Sequence[Noisy], key: Key) -> dict[str, Any]:
    measure, places = told.measure, told.figures
    head: dict[str, Any] = {"kind": str(measure.kind), "column": measure.column}
    made = [question.figures[place] for place in places]
    noisy = [figures[place].values[key] for place in places]
    scales = [figures[place].scale for place in places]
    match measure.kind:
        case MeasureKind.COUNT:
            return {**head, "of": str(measure.of), **_count(question, noisy[0][0], scales[0])}
        case MeasureKind.SUM:
            return {**head, **_sum(question, made[0], noisy[0][0], scales[0])}
        case MeasureKind.MEAN:
            return {**head, **_mean(question, made[1], noisy, scales)}
        case MeasureKind.PROPORTION:
            return {**head, **_proportion(question, noisy, scales)}
        case MeasureKind.HISTOGRAM:
            return {**head, "bins": _histogram(question, made[0], noisy[0], scales[0])}
        case MeasureKind.MEDIAN | MeasureKind.QUANTILES:
            return {**head, "at": [_quantile(question, made[0], noisy[0], scales[0], each) for each in told.at]}


def _within(question: PrivateQuestion, scale: float, *, alpha: float = ALPHA) -> int:
    return accuracy(scale, question.noise, alpha=alpha)


def _count(question: PrivateQuestion, value: int, scale: float) -> dict[str, Any]:
    within = _within(question, scale)
    return {"value": _held(value), "interval": [max(_held(value - within), 0), max(_held(value + within), 0)]}


def _sum(question: PrivateQuestion, figure: Figure, value: int, scale: float) -> dict[str, Any]:
    within = _within(question, scale)
    least = 0 if figure.lower >= 0 else None
    ends = [value - within if least is None else max(value - within, least)]
    ends.append(value + within if least is None else max(value + within, least))
    return {
        "value": _amount(value, figure.digits),
        "interval": [_amount(end, figure.digits) for end in ends],
        "lower": _amount(figure.lower, figure.digits),
        "upper": _amount(figure.upper, figure.digits),
    }


def _mean(
    question: PrivateQuestion, figure: Figure, noisy: Sequence[Sequence[int]], scales: Sequence[float]
) -> dict[str, Any]:
    """The middle of the bounds plus what the noisy total of distances comes to by row; held within the bounds."""
    rows, total = noisy[0][0], noisy[1][0]
    centre, digits = middle(lower=figure.lower, upper=figure.upper), figure.digits
    ends = _ratio(
        (total, _within(question, scales[1], alpha=ALPHA / 2)), (rows, _within(question, scales[0], alpha=ALPHA / 2))
    )
    low, high = (Decimal(figure.lower), Decimal(figure.upper))
    value = min(max(centre + Decimal(total) / max(rows, 1), low), high)
    interval = (low, high) if ends is None else (max(centre + ends[0], low), min(centre + ends[1], high))
    return {
        "value": _rounded(value, digits),
        "interval": [_rounded(min(interval[0], high), digits), _rounded(max(interval[1], low), digits)],
        "lower": _amount(figure.lower, digits),
        "upper": _amount(figure.upper, digits),
    }


def _proportion(question: PrivateQuestion, noisy: Sequence[Sequence[int]], scales: Sequence[float]) -> dict[str, Any]:
    people, tested = noisy[0][0], noisy[1][0]
    ends = _ratio(
        (tested, _within(question, scales[1], alpha=ALPHA / 2)), (people, _within(question, scales[0], alpha=ALPHA / 2))
    )
    value = min(max(Decimal(tested) / max(people, 1), Decimal(0)), Decimal(1))
    low, high = (Decimal(0), Decimal(1)) if ends is None else ends
    return {
        "value": _share(value, ROUND_FLOOR),
        "interval": [_share(_part(low), ROUND_FLOOR), _share(_part(high), ROUND_CEILING)],
    }


def _histogram(question: PrivateQuestion, figure: Figure, noisy: Sequence[int], scale: float) -> list[dict[str, Any]]:
    edges = edge_words(figure)
    return [
        {"from": edges[place], "to": edges[place + 1], **_count(question, value, scale)}
        for place, value in enumerate(noisy)
    ]


def _quantile(
    question: PrivateQuestion, figure: Figure, noisy: Sequence[int], scale: float, at: Decimal
) -> dict[str, Any]:
    """The bin in which a quantile lies by the noisy counts, and all in which it may lie.

    A sum of k counts has noise of at most sqrt(k) times the accuracy of one for Gaussian noise (its scale grows so), of
    k times for Laplace. With the whole and a part of 1 - alpha / 2 each, both hold together in 95 of 100 cases.
    """
    below = list(accumulate(noisy))
    total = max(below[-1], 1)
    within = _within_sum(question, scale, len(noisy))
    target = at * total
    slack = within * (1 + at)
    edges = edge_words(figure)
    held = next((place for place, count in enumerate(below) if count >= target), len(noisy) - 1)
    low = next((place for place, count in enumerate(below) if count >= target - slack), len(noisy) - 1)
    high = next((place for place, count in enumerate(below) if count >= target + slack), len(noisy) - 1)
    return {
        "quantile": format(at.normalize(), "f"),
        "value": _between(figure, held),
        "interval": [edges[low], edges[high + 1]],
    }


def _within_sum(question: PrivateQuestion, scale: float, parts: int) -> int:
    """How far a sum of noisy counts is from the true one at most, wherever it is cut, in 95 of 100 cases."""
    gaussian = question.noise.value.endswith("gaussian")
    # One bound for all places at which the sum may be cut, by the union bound.
    if gaussian:
        return accuracy(scale * float(parts) ** 0.5, question.noise, alpha=ALPHA / (parts + 1))
    return parts * accuracy(scale, question.noise, alpha=ALPHA / parts)


def _between(figure: Figure, place: int) -> str:
    return format((Decimal(figure.edges[place]) + figure.edges[place + 1]).scaleb(-figure.digits) / 2, "f")


def _ratio(top: tuple[int, int], bottom: tuple[int, int]) -> _Interval:
    """Between what a ratio lies whose parts lie within so much of these; None where the lower part may be none."""
    least, most = bottom[0] - bottom[1], bottom[0] + bottom[1]
    if least < 1:
        return None
    corners = [Decimal(part) / each for part in (top[0] - top[1], top[0] + top[1]) for each in (least, most)]
    return min(corners), max(corners)


def _part(value: Decimal) -> Decimal:
    return min(max(value, Decimal(0)), Decimal(1))


def _share(value: Decimal, rounding: str) -> str:
    return format(value.quantize(Decimal(1).scaleb(-_SHARE_DIGITS), rounding=rounding), "f")


def _held(value: int) -> int:
    return max(-MAX_SAFE_INTEGER, min(MAX_SAFE_INTEGER, value))


def _amount(units: int, digits: int) -> str:
    return format(Decimal(units).scaleb(-digits), "f")


def _rounded(units: Decimal, digits: int) -> str:
    return format(units.scaleb(-digits).quantize(Decimal(1).scaleb(-digits - _EXTRA)), "f")
