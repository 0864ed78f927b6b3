"""The facts of a case as the law counts them: attested by an entry of the log, and in effect on a day."""

from datetime import date

from modicum.law.facts import holding
from modicum.law.packs import Pack
from modicum_verify.case_state import CaseState


def attested_on(case: CaseState) -> dict[str, date]:
    """The day (UTC, by the entry's time) on which each fact of a case was attested."""
    return {fact: date.fromisoformat(said.at[:10]) for fact, said in case.facts.items()}


def facts_on(case: CaseState, pack: Pack, day: date) -> frozenset[str]:
    """The facts of a case that count on a day: attested by then, for as long as the pack asks, by a role of its own.

    A fact from before a change of pack that the pack does not know, or trusts to others, counts no more.
    """
    return holding(attested_under(case, pack), pack.vocabulary.waits_days, on=day)


def attested_under(case: CaseState, pack: Pack) -> dict[str, date]:
    """What `attested_on` gives, without the facts that this pack does not take from who attested them."""
    known = pack.vocabulary.facts
    return {
        fact: day for fact, day in attested_on(case).items() if case.facts[fact].roles & known.get(fact, frozenset())
    }
