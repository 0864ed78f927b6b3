"""Builds that are broken on purpose: an attack that does not tell them from the sound one shows nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from modicum.answer.charge import Charge
from modicum.answer.noise import Noise, OpenDP
from modicum.answer.private_answer import Price, price
from modicum.answer.questions import PrivateQuestion


class ThirdOfTheNoise:
    """Draws noise of a third of the scale that was paid for."""

    def add(self, values: Sequence[int], *, noise: Noise, scale: float) -> list[int]:
        return OpenDP().add(values, noise=noise, scale=scale / 3)

    def select(self, counts: Mapping[str, int], *, scale: float, threshold: int) -> dict[str, int]:
        return OpenDP().select(counts, scale=scale / 3, threshold=threshold)


def half_price(question: PrivateQuestion) -> Price:
    """Charges half of what the noise costs."""
    whole = price(question)
    return replace(whole, charge=Charge(rho=whole.charge.rho / 2, delta=whole.charge.delta / 2))
