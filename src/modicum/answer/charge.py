"""What a question costs the population that it is about. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A loss of privacy, never under-stated: rho of concentrated differential privacy, and a delta beside it."""

    rho: Decimal
    delta: Decimal

    def plus(self, other: "Charge") -> "Charge":
        """Both together: rho and delta add up, whatever is asked after which answer."""
        return Charge(rho=self.rho + other.rho, delta=self.delta + other.delta)


NOTHING = Charge(rho=Decimal(0), delta=Decimal(0))
