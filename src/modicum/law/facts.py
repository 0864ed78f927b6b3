"""Which attested facts count on a day: some take effect only a number of days after somebody attested them.

Days are those of UTC, as the log dates its entries; whoever calls says on which day each fact was attested.
"""

from collections.abc import Mapping
from datetime import date, timedelta


def counts_from(fact: str, attested: date, waits_days: Mapping[str, int]) -> date:
    """The first day on which a fact counts: that of its attestation, or as many days later as the pack says."""
    try:
        return attested + timedelta(days=waits_days.get(fact, 0))
    except OverflowError:
        return date.max  # a wait beyond the calendar never ends


def holding(attested: Mapping[str, date], waits_days: Mapping[str, int], *, on: date) -> frozenset[str]:
    """The facts that count on a day; what is attested on a later day does not."""
    return frozenset(fact for fact, day in attested.items() if counts_from(fact, day, waits_days) <= on)


def waiting(attested: Mapping[str, date], waits_days: Mapping[str, int], *, on: date) -> dict[str, date]:
    """The facts that were attested and do not count yet, with the first day on which each will."""
    starts = {fact: counts_from(fact, day, waits_days) for fact, day in sorted(attested.items())}
    return {fact: day for fact, day in starts.items() if day > on}
