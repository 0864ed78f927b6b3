"""A hold on the lines of a case, and who lifts it: counsel of the custodian, then somebody of another organisation.

An implausible number of matters under one name is a question that people must answer in their own names. Two facts
answer it, each signed and in the log; the organisation that asks can give neither.
"""

from collections.abc import Collection
from typing import Final

REVIEWED: Final = "bulk-hold-reviewed"
AGREED: Final = "bulk-hold-agreed"
LIFTING: Final = (REVIEWED, AGREED)
"""The facts that lift a hold together."""


def why_not_lifting(fact: str, *, roles: Collection[str], organisation: str, custodian: str, asker: str) -> str | None:
    """Why somebody may not attest one of the facts that lift a hold; None where they may, or for any other fact."""
    if fact not in LIFTING:
        return None
    if organisation == asker:
        return "the asker's own organisation lifts no hold"
    if fact == REVIEWED:
        return None if organisation == custodian and "counsel" in roles else "only counsel of the custodian may"
    return None if organisation != custodian else "only somebody of another organisation than the custodian may"
