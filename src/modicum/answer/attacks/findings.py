"""What an attack found: with the protection, without it, and whether that is more than the budget allows. Pure.

Without the protection an attack must succeed: one that recovers nothing there proves nothing (the positive control).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modicum.answer.attacks.evidence import SURE, best_guess, chance_of_evidence, chance_of_guesses

SCHEMA: Final = "modicum.attack/1"
CONTROL: Final = 0.95
"""The share that the attack must recover without the protection."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many targets an attack got right, and of how many."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """Their share, 0 to 1."""
        return self.right / self.of if self.of else 0.0

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {"right": self.right, "of": self.of, "share": round(self.share, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One way of attacking. `baseline`: the share that guessing gives.

    rho, delta: what the gateway charged for the answers that were used. in_favour: of each target what the answers say
    in favour of the truth (natural logarithms); empty where the attack has no likelihood. told: counts for the reader.
    """

    name: str
    what: str
    protected: Recovered
    unprotected: Recovered
    rho: float
    delta: float
    baseline: float = 0.5
    in_favour: Sequence[float] = ()
    told: Mapping[str, int] = field(default_factory=dict)

    @property
    def allowed(self) -> float:
        """The share that the budget allows to be right.

        Who guesses with a prior b of one half or more is right with b + (1 - b) * t at most, t as in `evidence`.
        """
        gain = 2 * best_guess(self.rho, self.delta) - 1
        return min(1.0, self.baseline + (1 - self.baseline) * gain)

    @property
    def p(self) -> float:
        """How probable it is at most that a build which keeps its promise lets so much be recovered.

        The smaller of two chances counts twice, since either would have told.
        """
        guesses = chance_of_guesses(self.protected.right, self.protected.of, allowed=self.allowed)
        if not self.in_favour:
            return guesses
        return min(1.0, 2 * min(guesses, chance_of_evidence(self.in_favour, rho=self.rho, delta=self.delta)))

    @property
    def held(self) -> bool:
        """Whether the protection kept its promise."""
        return self.p >= SURE

    @property
    def control_works(self) -> bool:
        """Whether the attack succeeds where nothing protects."""
        return self.unprotected.share >= CONTROL

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        mean = sum(self.in_favour) / len(self.in_favour) if self.in_favour else None
        return {
            "name": self.name,
            "what": self.what,
            "unprotected": self.unprotected.as_document(),
            "protected": self.protected.as_document(),
            "allowed": round(self.allowed, 4),
            "charged": {"rho": f"{self.rho:.6g}", "delta": f"{self.delta:.3g}"},
            "evidence": None if mean is None else round(mean, 4),
            "p": float(f"{self.p:.3g}"),
            "told": dict(self.told),
            "control_works": self.control_works,
            "held": self.held,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """All scenes of one attack."""

    name: str
    seed: int
    scenes: tuple[Scene, ...]

    @property
    def held(self) -> bool:
        """Whether the protection held in every scene, and every control worked."""
        return all(each.held and each.control_works for each in self.scenes)

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/attack.json)."""
        return {
            "schema": SCHEMA,
            "attack": self.name,
            "seed": self.seed,
            "scenes": [each.as_document() for each in self.scenes],
            "held": self.held,
        }
