"""A hold on the lines of a case, and who lifts it: counsel of the custodian, then somebody of another organisation.

An implausible number of matters under one name is a question that people must answer in their own names. Two facts
answer it, each signed and in the log; neither who asks nor who would receive can give one.
"""

from collections.abc import Collection
from typing import Final

REVIEWED: Final = "bulk-hold-reviewed"
AGREED: Final = "bulk-hold-agreed"
LIFTING: Final = (REVIEWED, AGREED)
"""The facts that lift a hold together."""


def why_not_lifting(
    fact: str, *, roles: Collection[str], organisation: str, custodian: str, parties: Collection[str]
) -> str | None:
    """Why somebody may not attest one of the facts that lift a hold; None where they may, or for any other fact.

    parties: the organisations that ask or would receive.
    """
    if fact not in LIFTING:
        return None
    if organisation in parties:
        return "an organisation that asks or would receive lifts no hold"
    if fact == REVIEWED:
        return None if organisation == custodian and "counsel" in roles else "only counsel of the custodian may"
    return None if organisation != custodian else "only somebody of another organisation than the custodian may"
