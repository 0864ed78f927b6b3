"""From exact figures to an answer with noise: the only place where noise is drawn. What it costs is known beforehand.

The price of a question is a property of its words: `charge` says it before anything is computed. Each figure gets an
equal share of it. What is shown afterwards (means, quantiles, the largest groups, intervals) is made of noisy numbers
alone, which costs nothing more.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modicum.answer.aggregates import Exact, Key, collected_magnitudes, exact_figures, magnitudes_query
from modicum.answer.charge import Charge
from modicum.answer.figures import Figure
from modicum.answer.noise import (
    Noise,
    OpenDP,
    Sampler,
    loss,
    pure_loss,
    rho_of,
    scale_for,
    threshold_for,
    threshold_loss,
)
from modicum.answer.questions import PrivateQuestion
from modicum.answer.sensitivity import Sensitivity
from modicum.answer.told import Noisy, rows_of
from modicum.custody.engine import Engine
from modicum.model.errors import InternalError
from modicum_verify.canonical import canonical

_ENOUGH = Decimal("0.995")  # of the people with a value whose largest one a bound that is chosen shall not cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What each figure may cost: a share of rho for Gaussian noise, of epsilon for Laplace.

    delta_keys: what selecting groups may cost. charge: what the whole question takes from the budget.
    """

    share: Decimal
    delta_keys: Decimal
    charge: Charge


def price(question: PrivateQuestion) -> Price:
    """What a question costs, by its words alone.

    Gaussian: rho is the largest whose epsilon at delta (at half of it, where groups are selected with the other half)
    is the one asked for. Laplace: epsilon is shared out, and each share is charged as the rho that it implies.
    """
    keys = Decimal(0) if question.public else question.delta / 2
    if question.noise is Noise.GAUSSIAN:
        rho = rho_of(question.epsilon, question.delta - keys)
        return Price(share=rho / question.shares, delta_keys=keys, charge=Charge(rho=rho, delta=keys))
    share = question.epsilon / question.shares
    rho = loss(Noise.LAPLACE, float(1 / share), Sensitivity(cells=1, most=1)) * question.shares
    return Price(share=share, delta_keys=keys, charge=Charge(rho=rho, delta=keys))


def noisy_answer(
    engine: Engine, question: PrivateQuestion, cost: Price, *, sampler: Sampler | None = None
) -> list[dict[str, Any]]:
    """Compute the figures of a question that was paid for, add noise, and tell them: one row a group.

    sampler: what draws; the tests put in one that does not.
    """
    sampling = sampler or OpenDP()
    bounded = question
    if question.searches:
        uppers = {place: _upper(engine, question, each, cost, sampling) for place, each in question.searches}
        bounded = question.with_bounds(uppers)
    return drawn(bounded, exact_figures(engine, bounded), cost, sampling)


def drawn(bounded: PrivateQuestion, exact: list[Exact], cost: Price, sampler: Sampler) -> list[dict[str, Any]]:
    """Add noise to exact figures, and tell what came of it: one row a group."""
    scales = [checked_scale(bounded, each.sensitivity, cost) for each in bounded.figures]
    if bounded.public:
        keys = public_keys(bounded)
        noisy = [_added(bounded, place, keys, exact[place], scales[place], sampler) for place in range(len(scales))]
    else:
        first = _selected(bounded, exact[0], scales[0], cost, sampler)
        keys = list(first)
        rest = [_added(bounded, place, keys, exact[place], scales[place], sampler) for place in range(1, len(scales))]
        noisy = [first, *rest]
    return rows_of(bounded, [Noisy(values=each, scale=scale) for each, scale in zip(noisy, scales, strict=True)], keys)


def checked_scale(question: PrivateQuestion, sensitivity: Sensitivity, cost: Price) -> float:
    """The scale of noise of one figure. Raises InternalError: it would cost more than its share."""
    scale = scale_for(question.noise, sensitivity, share=cost.share)
    gaussian = question.noise is Noise.GAUSSIAN
    if (loss(question.noise, scale, sensitivity) if gaussian else pure_loss(scale, sensitivity)) > cost.share:
        raise InternalError(cause="a figure would cost more than was charged for it", cure="report the question")
    return scale


def public_keys(question: PrivateQuestion) -> list[Key]:
    """All groups of a question whose groups are known, in the order shown; `null` last on each axis."""
    keys: list[Key] = [()]
    for axis in question.axes:
        keys = [(*key, value) for key in keys for value in (*(axis.domain or ()), None)]
    return keys


def _added(
    question: PrivateQuestion, place: int, keys: Sequence[Key], exact: Exact, scale: float, sampler: Sampler
) -> dict[Key, list[int]]:
    bins = question.figures[place].bins
    nothing = [0] * bins
    flat = [value for key in keys for value in exact.get(key, nothing)]
    noisy = sampler.add(flat, noise=question.noise, scale=scale)
    return {key: noisy[index * bins : (index + 1) * bins] for index, key in enumerate(keys)}


def _selected(
    question: PrivateQuestion, exact: Exact, scale: float, cost: Price, sampler: Sampler
) -> dict[Key, list[int]]:
    """People in the groups that are selected, in the order of their keys: the one use of delta beside the noise."""
    sensitivity = question.figures[0].sensitivity
    threshold = threshold_for(scale, sensitivity, delta=cost.delta_keys)
    if threshold_loss(scale, threshold, sensitivity)[1] > cost.delta_keys:
        raise InternalError(
            cause="selecting groups would cost more than was charged for it", cure="report the question"
        )
    names = {hashlib.sha256(canonical(list(key))).hexdigest(): key for key in exact}
    counts = {name: exact[key][0] for name, key in names.items()}
    found = sampler.select(counts, scale=scale, threshold=threshold)
    selected = {names[name]: [count] for name, count in found.items()}
    return dict(sorted(selected.items(), key=lambda pair: [(part is None, part or "") for part in pair[0]]))


def _upper(engine: Engine, question: PrivateQuestion, figure: Figure, cost: Price, sampler: Sampler) -> int:
    """An upper bound that cuts few people's largest value: a power of two, from a noisy count of people by size."""
    scale = checked_scale(question, figure.sensitivity, cost)
    exact = collected_magnitudes(engine.arrow(magnitudes_query(engine, question, figure)).to_pylist())
    counts = sampler.add(exact, noise=question.noise, scale=scale)
    held = [max(count, 0) for count in counts]
    enough, below = sum(held) * _ENOUGH, 0
    for power, count in enumerate(held):
        below += count
        if below >= enough:
            return int(2**power)
    return int(2 ** (len(held) - 1))


def scales_of(question: PrivateQuestion, cost: Price) -> Mapping[int, float]:
    """The scale of each figure, by its place."""
    return {place: checked_scale(question, each.sensitivity, cost) for place, each in enumerate(question.figures)}
