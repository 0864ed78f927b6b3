"""The facts of a case as the law counts them: attested by an entry of the log, and in effect on a day."""

from datetime import date

from modicum.law.facts import holding
from modicum.law.packs import Pack
from modicum_verify.case_state import CaseState


def attested_on(case: CaseState) -> dict[str, date]:
    """The day (UTC, by the entry's time) on which each fact of a case was attested."""
    return {fact: date.fromisoformat(said.at[:10]) for fact, said in case.facts.items()}


def facts_on(case: CaseState, pack: Pack, day: date) -> frozenset[str]:
    """The facts of a case that count on a day: attested by then, and for as long as the pack asks."""
    return holding(attested_on(case), pack.vocabulary.waits_days, on=day)
