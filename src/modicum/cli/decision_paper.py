"""What the printable page of a decision wants, put together from what was asked and decided."""

from modicum import __version__
from modicum.answer.ladder import Ladder, Rung
from modicum.gateway.asking import Asked
from modicum.gateway.deciding import Decided
from modicum.gateway.home import Home
from modicum.gateway.proposing import Reader, proposed
from modicum.law.facts import holding, waiting
from modicum.paper import DecisionPaper, LadderStep, decision_page


def page_of(home: Home, asked: Asked, decided: Decided) -> str:
    """The page of a decision, for the custodian's reviewers."""
    day, waits = decided.decision.as_of, decided.pack.vocabulary.waits_days
    late = waiting(asked.attested, waits, on=day)
    return decision_page(
        DecisionPaper(
            request=decided.request,
            decision=decided.decision,
            pack=decided.pack,
            form=decided.form,
            verdict=decided.verdict,
            rungs=steps_of(proposed(home, decided, Reader.REVIEWER)),
            dataset=decided.dataset.name,
            case=asked.case,
            attested=tuple(sorted(holding(asked.attested, waits, on=day))),
            waiting=tuple((fact, first.isoformat()) for fact, first in late.items()),
            unwitnessed=home.trust.witnesses is None,
            version=__version__,
        )
    )


def steps_of(ladder: Ladder) -> tuple[LadderStep, ...]:
    """The rungs of a ladder as the picture wants them."""
    return tuple(
        LadderStep(
            form=rung.form,
            verdict=rung.verdict,
            people=people_words(rung),
            columns=rung.columns,
            why=rung.why,
            chosen=rung.form is ladder.lowest,
        )
        for rung in ladder.rungs
    )


def people_words(rung: Rung) -> str:
    """The people of a rung as its reader may see them."""
    told = rung.as_document()["people"]
    if isinstance(told, int):
        return f"{told:,}"
    most = str(told or "-").removeprefix("at most ")
    return f"at most {int(most):,}" if most.isdecimal() else most
