"""The attacks on statistics at full count: 1,000 questions by two askers over 400 days, 200 people, and broken builds.

    python tests/prove/attacks.py [QUESTIONS]

Prints one JSON document; exits 1 where the sound build is broken into, a control recovers too little, or a broken build
goes unnoticed.
"""

import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "spec"))
from attack_builds import ThirdOfTheNoise, half_price

from modicum.gateway.attacking import ATTACKS, Setting, Theatre, attacked, averaging, theatre

TARGETS = 200
EPSILONS = (Decimal(4), Decimal(8))


def run(count: int = 1000) -> dict[str, Any]:
    """All attacks with so many questions, on two sizes of budget; then the builds that must be caught."""
    start = perf_counter()
    held = [sound(epsilon, name, count) for epsilon in EPSILONS for name in ATTACKS]
    caught = broken(count)
    return {
        "questions": count,
        "targets": TARGETS,
        "sound": held,
        "broken": caught,
        "passed": all(each["held"] for each in held) and all(each["caught"] for each in caught.values()),
        "seconds": round(perf_counter() - start, 1),
    }


def sound(epsilon: Decimal, name: str, count: int) -> dict[str, Any]:
    """One attack on the product as it is."""
    setting = Setting(targets=TARGETS, questions=count, epsilon=epsilon)
    return {"epsilon": str(epsilon), **attacked(name, setting).as_document()}


def broken(count: int) -> dict[str, dict[str, Any]]:
    """The averaging attack on builds that are broken on purpose, by name."""
    caught = {}
    with theatre(Setting(targets=TARGETS, questions=count, epsilon=EPSILONS[-1])) as given:
        for name, how in (
            ("a third of the noise", {"sampler": ThirdOfTheNoise()}),
            ("half the charge", {"priced": half_price}),
        ):
            scene = averaging(_build(given, how), reworded=True)
            caught[name] = {"caught": not scene.held, "p": scene.p, "recovered": scene.protected.as_document()}
    return caught


def _build(given: Theatre, how: dict[str, Any]) -> Theatre:
    return replace(given, setting=replace(given.setting, **how))


if __name__ == "__main__":
    found = run(int(sys.argv[1]) if sys.argv[1:] else 1000)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if found["passed"] else 1)
