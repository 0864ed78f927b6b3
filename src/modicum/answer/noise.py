"""Noise, and what it costs: the one doorway of OpenDP. Exact integer mechanisms alone.

The discrete Gaussian is paid for in zero-concentrated differential privacy (rho), the discrete Laplace in pure epsilon,
which OpenDP turns into rho. Of OpenDP's flags only `contrib` is set, without which none of its constructors can be
called; `floating-point` and `honest-but-curious` never are. What OpenDP says a mechanism costs is what is charged.

Source: Canonne, Kamath, Steinke, "The discrete Gaussian for differential privacy" (2020); Bun, Steinke, "Concentrated
differential privacy" (2016); thresholds: Rogers, "A unifying privacy analysis framework for unknown domain algorithms".
"""

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final, Protocol

from modicum.answer.sensitivity import Sensitivity
from modicum.model.errors import InternalError

ALPHA: Final = 0.05  # intervals hold in 95 of 100 cases
_DIGITS: Final = Decimal(1).scaleb(-15)
_STEPS: Final = 200
_LARGEST: Final = 2**62
_EXACT_SUM: Final = 1000.0


class Noise(StrEnum):
    """A family of noise on whole numbers."""

    GAUSSIAN = "discrete gaussian"
    LAPLACE = "discrete laplace"


class Sampler(Protocol):
    """What draws noise. The tests put in one that adds none; nothing else ever does."""

    def add(self, values: Sequence[int], *, noise: Noise, scale: float) -> list[int]:
        """The values, each with noise of its own."""

    def select(self, counts: Mapping[str, int], *, scale: float, threshold: int) -> dict[str, int]:
        """Counts with Gaussian noise, of those keys alone whose noisy count reaches the threshold."""


class OpenDP:
    """The sampler of every release: OpenDP's exact samplers on the operating system's randomness."""

    def add(self, values: Sequence[int], *, noise: Noise, scale: float) -> list[int]:
        """The values, each with noise of its own; held within 62 bits, which moves no two values further apart."""
        held = [max(-_LARGEST, min(_LARGEST, value)) for value in values]
        return [int(value) for value in _vector(noise, scale)(held)]

    def select(self, counts: Mapping[str, int], *, scale: float, threshold: int) -> dict[str, int]:
        """Counts with noise above a threshold; keys are hex digests, since a text may hold what a C string cannot."""
        found = _threshold(scale, threshold)(dict(counts))
        return {str(key): int(value) for key, value in found.items()}


@lru_cache(maxsize=4096)
def accuracy(scale: float, noise: Noise = Noise.GAUSSIAN, *, alpha: float = ALPHA) -> int:
    """How far a noisy whole number is from the true one at most, in a share of 1 - alpha of all draws.

    Beyond a scale of a thousand, where the exact sum takes long, by the continuous Gaussian: a discrete one is at most
    m away at least as often as a continuous one is at most m - 1 away (Canonne, Kamath, Steinke, proposition 25).
    """
    dp = _opendp()
    if noise is Noise.LAPLACE:
        within: float = dp.discrete_laplacian_scale_to_accuracy(scale=scale, alpha=alpha)
    elif scale > _EXACT_SUM:
        within = 1 + dp.gaussian_scale_to_accuracy(scale=scale, alpha=alpha)
    else:
        within = dp.discrete_gaussian_scale_to_accuracy(scale=scale, alpha=alpha)
    return math.ceil(within)


@lru_cache(maxsize=4096)
def loss(noise: Noise, scale: float, sensitivity: Sensitivity) -> Decimal:
    """What one table of figures with this noise costs, in rho, rounded up: OpenDP's own map of the mechanism."""
    dp, mechanism = _opendp(), _vector(noise, scale)
    if noise is Noise.GAUSSIAN:
        return _up(mechanism.map(sensitivity.l2))
    return _up(dp.c.make_pureDP_to_zCDP(mechanism).map(sensitivity.l1))


def pure_loss(scale: float, sensitivity: Sensitivity) -> Decimal:
    """What discrete Laplace noise costs in pure epsilon, rounded up."""
    return _up(_vector(Noise.LAPLACE, scale).map(sensitivity.l1))


@lru_cache(maxsize=4096)
def scale_for(noise: Noise, sensitivity: Sensitivity, *, share: Decimal) -> float:
    """The least noise whose cost is within a share: of rho for Gaussian noise, of pure epsilon for Laplace."""
    cost = {
        Noise.GAUSSIAN: lambda scale: loss(noise, scale, sensitivity),
        Noise.LAPLACE: lambda scale: pure_loss(scale, sensitivity),
    }
    # Costs are told in whole 10^-15, rounded up: a share is used up to the last whole one.
    most = float(share.quantize(_DIGITS, rounding=ROUND_FLOOR))
    scale = sensitivity.l2 / math.sqrt(2 * most) if noise is Noise.GAUSSIAN else sensitivity.l1 / most
    for _ in range(_STEPS):
        if cost[noise](scale) <= share:
            return scale
        scale *= 1 + 1e-9
    raise InternalError(cause="no scale of noise was found for a share of the budget", cure="report the question")


@lru_cache(maxsize=4096)
def threshold_for(scale: float, sensitivity: Sensitivity, *, delta: Decimal) -> int:
    """The least count that a key must reach, so that keys of one person's alone show with `delta` at most."""
    low, high = 1, 2
    while threshold_loss(scale, high, sensitivity)[1] > delta:
        low, high = high, high * 2
    while low + 1 < high:
        between = (low + high) // 2
        enough = threshold_loss(scale, between, sensitivity)[1] <= delta
        low, high = (low, between) if enough else (between, high)
    return high


def threshold_loss(scale: float, threshold: int, sensitivity: Sensitivity) -> tuple[Decimal, Decimal]:
    """What selecting keys costs, with Gaussian noise: (rho, delta), rounded up."""
    rho, delta = _threshold(scale, threshold).map((sensitivity.l0, sensitivity.l2, float(sensitivity.linf)))
    return _up(rho), _up_small(delta)


@lru_cache(maxsize=4096)
def epsilon_of(rho: Decimal, delta: Decimal) -> Decimal:
    """The epsilon that a sum of rho comes to at a delta, rounded up: OpenDP's conversion."""
    if rho <= 0:
        return Decimal(0)
    dp = _opendp()
    one = dp.atom_domain(T="i64"), dp.absolute_distance(T="i64")
    # Sensitivity 1 under this scale costs at least rho: the scale is rounded down.
    scale = math.nextafter(1 / math.sqrt(2 * float(rho)), 0.0)
    profile = dp.c.make_zCDP_to_approxDP(dp.m.make_gaussian(*one, scale=scale)).map(1)
    return _up(profile.epsilon(float(delta)))


@lru_cache(maxsize=4096)
def rho_of(epsilon: Decimal, delta: Decimal) -> Decimal:
    """The largest rho whose epsilon at a delta is no more than this one, rounded down."""
    low, high = Decimal(0), epsilon + 1
    while epsilon_of(high, delta) <= epsilon:
        low, high = high, high * 2
    for _ in range(60):
        between = (low + high) / 2
        low, high = (between, high) if epsilon_of(between, delta) <= epsilon else (low, between)
    return low.quantize(_DIGITS, rounding=ROUND_FLOOR)


def _up(value: float) -> Decimal:
    return Decimal(value).quantize(_DIGITS, rounding=ROUND_CEILING)


def _up_small(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-18), rounding=ROUND_CEILING)


@cache
def _opendp() -> Any:  # noqa: ANN401 - the names of a foreign library
    # Imported where noise is drawn or weighed: it would take as long as a whole short command does.
    import opendp.prelude as dp  # noqa: PLC0415

    dp.enable_features("contrib")
    return dp


def _vector(noise: Noise, scale: float) -> Any:  # noqa: ANN401 - a measurement
    dp = _opendp()
    whole = dp.vector_domain(dp.atom_domain(T="i64"))
    if noise is Noise.GAUSSIAN:
        return dp.m.make_gaussian(whole, dp.l2_distance(T="f64"), scale=scale)
    return dp.m.make_laplace(whole, dp.l1_distance(T="i64"), scale=scale)


def _threshold(scale: float, threshold: int) -> Any:  # noqa: ANN401 - a measurement
    dp = _opendp()
    counts = dp.map_domain(dp.atom_domain(T="String"), dp.atom_domain(T="i64"))
    metric = dp.l02inf_distance(dp.absolute_distance(T="f64"))
    return dp.m.make_gaussian_threshold(counts, metric, scale=scale, threshold=threshold)
