"""Noise and its price: the sampler against its law, the price against the papers' formulas, the page's table, the source."""

import math
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from modicum.answer.grammar import LEAST_DELTA, LEAST_EPSILON
from modicum.answer.noise import (
    Noise,
    OpenDP,
    accuracy,
    epsilon_of,
    loss,
    pure_loss,
    rho_of,
    scale_for,
    threshold_for,
    threshold_loss,
)
from modicum.answer.sensitivity import Sensitivity, persons, total

ROOT = Path(__file__).parents[2]
ONE = Sensitivity(cells=1, most=1)


def mass(noise: Noise, scale: float, value: int) -> float:
    """The exact mass of a discrete law at a whole number, by its formula."""
    if noise is Noise.LAPLACE:
        return (math.exp(1 / scale) - 1) / (math.exp(1 / scale) + 1) * math.exp(-abs(value) / scale)
    reach = range(-int(12 * scale) - 2, int(12 * scale) + 3)
    return math.exp(-(value**2) / (2 * scale**2)) / sum(math.exp(-(each**2) / (2 * scale**2)) for each in reach)


def chi_square(noise: Noise, scale: float, drawn: list[int], *, claimed: float) -> tuple[float, int]:
    """How far draws are from the law of a claimed scale, and the degrees of freedom."""
    edge = int(2.5 * scale)
    counted = Counter(max(-edge, min(edge, each)) for each in drawn)
    expected = {value: mass(noise, claimed, value) for value in range(-edge + 1, edge)}
    expected[-edge] = expected[edge] = (1 - sum(expected.values())) / 2
    size = len(drawn)
    return sum((counted[each] - size * share) ** 2 / (size * share) for each, share in expected.items()), 2 * edge


@pytest.mark.parametrize("noise", Noise)
def test_the_sampler_draws_by_its_law(noise: Noise) -> None:
    drawn = OpenDP().add([0] * 20_000, noise=noise, scale=4.0)
    found, freedom = chi_square(noise, 4.0, drawn, claimed=4.0)
    # Six standard deviations of a chi-square: a right sampler fails once in a hundred million runs.
    assert found < freedom + 6 * math.sqrt(2 * freedom) + 12


@pytest.mark.parametrize("noise", Noise)
def test_a_third_of_the_noise_is_noticed(noise: Noise) -> None:
    drawn = OpenDP().add([0] * 20_000, noise=noise, scale=4.0 / 3)
    found, freedom = chi_square(noise, 4.0, drawn, claimed=4.0)
    assert found > freedom + 6 * math.sqrt(2 * freedom) + 12


@pytest.mark.parametrize("noise", Noise)
def test_an_interval_holds_in_95_of_100_draws(noise: Noise) -> None:
    within = accuracy(7.0, noise)
    drawn = OpenDP().add([0] * 20_000, noise=noise, scale=7.0)
    inside = sum(abs(each) <= within for each in drawn) / len(drawn)
    assert 0.945 < inside < 0.985


@pytest.mark.parametrize("scale", [1001.0, 52_000.0, 1e9])
def test_the_accuracy_of_large_noise_is_that_of_the_continuous_law(scale: float) -> None:
    assert accuracy(scale) == pytest.approx(1.959964 * scale, rel=0.01, abs=2)


@pytest.mark.parametrize("sensitivity", [ONE, persons(3), total(2, lower=-5, upper=100, max_rows=4)])
@pytest.mark.parametrize("share", ["0.0001", "0.01", "1"])
def test_the_price_is_that_of_the_papers(sensitivity: Sensitivity, share: str) -> None:
    scale = scale_for(Noise.GAUSSIAN, sensitivity, share=Decimal(share))
    rho = sensitivity.cells * sensitivity.most**2 / (2 * scale**2)
    assert float(loss(Noise.GAUSSIAN, scale, sensitivity)) == pytest.approx(rho, rel=1e-6)
    assert loss(Noise.GAUSSIAN, scale, sensitivity) <= Decimal(share)
    scale = scale_for(Noise.LAPLACE, sensitivity, share=Decimal(share))
    assert float(pure_loss(scale, sensitivity)) == pytest.approx(sensitivity.l1 / scale, rel=1e-6)
    assert float(loss(Noise.LAPLACE, scale, sensitivity)) == pytest.approx((sensitivity.l1 / scale) ** 2 / 2, rel=1e-6)


@pytest.mark.parametrize("noise", Noise)
@pytest.mark.parametrize("sensitivity", [ONE, persons(50), total(3, lower=0, upper=2**40, max_rows=10)])
def test_the_smallest_shares_have_a_scale(noise: Noise, sensitivity: Sensitivity) -> None:
    least = rho_of(LEAST_EPSILON, LEAST_DELTA) if noise is Noise.GAUSSIAN else LEAST_EPSILON
    for shares in (1, 7, 41):
        scale = scale_for(noise, sensitivity, share=least / shares)
        spent = loss(noise, scale, sensitivity) if noise is Noise.GAUSSIAN else pure_loss(scale, sensitivity)
        assert Decimal("0.999") * least / shares <= spent <= least / shares


@pytest.mark.parametrize("epsilon", ["0.01", "0.1", "1", "4"])
def test_rho_and_epsilon_lead_to_one_another_and_the_simple_bound_holds(epsilon: str) -> None:
    delta = Decimal("1e-9")
    rho = rho_of(Decimal(epsilon), delta)
    assert epsilon_of(rho, delta) <= Decimal(epsilon)
    assert epsilon_of(rho * Decimal("1.001"), delta) > Decimal(epsilon)
    assert float(epsilon_of(rho, delta)) <= float(rho) + 2 * math.sqrt(float(rho) * math.log(1e9))


def test_a_key_of_one_person_is_selected_as_seldom_as_delta_says() -> None:
    delta, scale = Decimal("1e-9"), 12.0
    threshold = threshold_for(scale, persons(3), delta=delta)
    assert (
        threshold_loss(scale, threshold, persons(3))[1] <= delta < threshold_loss(scale, threshold - 1, persons(3))[1]
    )
    # One person alone in three groups: the noise of one of them must reach threshold - 1.
    tail = 3 * 0.5 * math.erfc((threshold - 1.5) / (scale * math.sqrt(2)))
    assert tail < 2 * float(delta)
    found = OpenDP().select({"a" * 64: 1, "b" * 64: 10_000}, scale=scale, threshold=threshold)
    assert set(found) == {"b" * 64}


def test_values_at_the_edge_of_64_bits_do_no_harm() -> None:
    found = OpenDP().add([2**70, -(2**70), 0], noise=Noise.GAUSSIAN, scale=10.0)
    assert found[0] > 2**61 > 0 > -(2**61) > found[1]


def test_the_table_on_the_page_is_what_the_mechanisms_give() -> None:
    page = (ROOT / "docs/reference/statistics.md").read_text("utf-8")
    rows = re.findall(r"\| epsilon ([0-9.]+)(?:, delta ([0-9e-]+))? \| ±(\d+) \| ([0-9.]+) \|", page)
    assert len(rows) == 4
    for epsilon, delta, within, rho in rows:
        noise = Noise.GAUSSIAN if delta else Noise.LAPLACE
        share = rho_of(Decimal(epsilon), Decimal(delta)) if delta else Decimal(epsilon)
        scale = scale_for(noise, ONE, share=share)
        assert accuracy(scale, noise) == int(within)
        assert f"{float(loss(noise, scale, ONE)):.3g}" == f"{float(rho):.3g}"


FLAGS = re.compile(r"floating-point|honest-but-curious|enable_features\(([^)]*)\)")


def test_no_flag_but_contrib_is_set_and_no_noise_is_floating() -> None:
    noise = (ROOT / "src/modicum/answer/noise.py").read_text("utf-8")
    assert re.findall(r"enable_features\(([^)]*)\)", noise) == ['"contrib"']
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text("utf-8")
        code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
        assert "honest-but-curious" not in code
        assert "floating-point" not in code
        if path.name != "noise.py":
            assert "enable_features" not in code, path
    domains = re.findall(r'atom_domain\(T="(\w+)"', noise)
    assert domains
    assert set(domains) <= {"i64", "String"}


def test_what_draws_in_release_code_is_opendp_alone() -> None:
    drawing = re.compile(
        r"^\s*(import random|from random|from numpy\.random|import numpy\.random)|np\.random", re.MULTILINE
    )
    for room in ("answer", "gateway", "custody"):
        for path in (ROOT / "src/modicum" / room).rglob("*.py"):
            if not {"population", "attacks"} & set(path.parts):  # invented people, and attackers, release nothing
                assert not drawing.search(path.read_text("utf-8")), path
