"""How long work says how far it is; doors draw it, tests ignore it."""

from collections.abc import Callable
from typing import TypeAlias

Report: TypeAlias = Callable[[str, float | None], None]
"""What is being done, and the share done (0 to 1), or None where it cannot be known."""


def silent(_what: str, _share: float | None) -> None:
    """Say nothing."""
