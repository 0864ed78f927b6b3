"""From exact figures to an answer with noise: the only place where noise is drawn. What it costs is known beforehand.

The price of a question is a property of its words: `charge` says it before anything is computed. Each figure gets an
equal share of it, and so has each search for a bound; noise is drawn by `Draws` alone, which has as many shares to give
as were charged. What is shown afterwards (means, quantiles, the largest groups, intervals) is made of noisy numbers
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

    shares: how often noise may be drawn, each time for one share. delta_keys: what selecting groups may cost. charge:
    what the whole question takes from the budget: all its shares.
    """

    share: Decimal
    shares: int
    delta_keys: Decimal
    charge: Charge


def price(question: PrivateQuestion) -> Price:
    """What a question costs, by its words alone.

    Gaussian: rho is the largest whose epsilon at delta (at half of it, where groups are selected with the other half)
    is the one asked for. Laplace: epsilon is shared out, and each share is charged as the rho that it implies.
    """
    shares, keys = question.shares, Decimal(0) if question.public else question.delta / 2
    if question.noise is Noise.GAUSSIAN:
        rho = rho_of(question.epsilon, question.delta - keys)
        return Price(share=rho / shares, shares=shares, delta_keys=keys, charge=Charge(rho=rho, delta=keys))
    share = question.epsilon / shares
    rho = loss(Noise.LAPLACE, float(1 / share), Sensitivity(cells=1, most=1)) * shares
    return Price(share=share, shares=shares, delta_keys=keys, charge=Charge(rho=rho, delta=keys))


@dataclass(slots=True, kw_only=True)
class Draws:
    """All that draws noise for one question: one share of its price each time, and nothing once they are drawn.

    Raises InternalError: a figure would cost more than its share, or more is to be drawn than was charged. Neither
    hangs on the data.
    """

    question: PrivateQuestion
    cost: Price
    sampler: Sampler
    taken: int = 0

    def add(self, figure: Figure, values: Sequence[int]) -> tuple[list[int], float]:
        """The numbers of a figure, each with noise of its own; and the scale of that noise."""
        scale = self._share_of(figure)
        return self.sampler.add(values, noise=self.question.noise, scale=scale), scale

    def select(self, figure: Figure, counts: Mapping[str, int]) -> tuple[dict[str, int], float]:
        """Noisy counts of the keys that reach a threshold, and the scale: the one use of delta beside the noise."""
        scale = self._share_of(figure)
        threshold = threshold_for(scale, figure.sensitivity, delta=self.cost.delta_keys)
        rho, delta = threshold_loss(scale, threshold, figure.sensitivity)
        if rho > self.cost.share or delta > self.cost.delta_keys:
            raise InternalError(
                cause="selecting groups would cost more than was charged for it", cure="report the question"
            )
        return self.sampler.select(counts, scale=scale, threshold=threshold), scale

    def _share_of(self, figure: Figure) -> float:
        if self.taken >= self.cost.shares:
            raise InternalError(cause="more noise would be drawn than was charged for", cure="report the question")
        self.taken += 1
        return checked_scale(self.question, figure.sensitivity, self.cost)


def noisy_answer(
    engine: Engine, question: PrivateQuestion, cost: Price, *, sampler: Sampler | None = None
) -> list[dict[str, Any]]:
    """Compute the figures of a question that was paid for, add noise, and tell them: one row a group.

    sampler: what draws; the tests put in one that does not.
    """
    draws = Draws(question=question, cost=cost, sampler=sampler or OpenDP())
    bounded = question.with_bounds({each: _upper(engine, question, each, draws) for each in question.searches})
    return drawn(bounded, exact_figures(engine, bounded), draws)


def drawn(bounded: PrivateQuestion, exact: Sequence[Exact], draws: Draws) -> list[dict[str, Any]]:
    """Add noise to exact figures, and tell what came of it: one row a group."""
    first = [] if bounded.public else [_selected(bounded.figures[0], exact[0], draws)]
    keys = list(first[0].values) if first else public_keys(bounded)
    rest = list(zip(bounded.figures, exact, strict=True))[len(first) :]
    return rows_of(bounded, [*first, *(_added(figure, keys, numbers, draws) for figure, numbers in rest)], keys)


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


def _added(figure: Figure, keys: Sequence[Key], exact: Exact, draws: Draws) -> Noisy:
    nothing = [0] * figure.bins
    noisy, scale = draws.add(figure, [value for key in keys for value in exact.get(key, nothing)])
    bins = figure.bins
    return Noisy(values={key: noisy[index * bins : (index + 1) * bins] for index, key in enumerate(keys)}, scale=scale)


def _selected(figure: Figure, exact: Exact, draws: Draws) -> Noisy:
    """People in the groups that are selected, in the order of their keys."""
    names = {hashlib.sha256(canonical(list(key))).hexdigest(): key for key in exact}
    found, scale = draws.select(figure, {name: exact[key][0] for name, key in names.items()})
    selected = {names[name]: [count] for name, count in found.items()}
    ordered = sorted(selected.items(), key=lambda pair: [(part is None, part or "") for part in pair[0]])
    return Noisy(values=dict(ordered), scale=scale)


def _upper(engine: Engine, question: PrivateQuestion, figure: Figure, draws: Draws) -> int:
    """An upper bound that cuts few people's largest value: a power of two, from a noisy count of people by size."""
    exact = collected_magnitudes(engine.arrow(magnitudes_query(engine, question, figure)).to_pylist())
    counts, _ = draws.add(figure, exact)
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
