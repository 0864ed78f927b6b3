"""The printable page of one decision: what is asked, the matrix (P2), why class by class, what is missing, the ladder.

For people who review a request and for their counsel. The same decision gives the same bytes; no clock is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modicum.law.packs import Pack
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import Form
from modicum.model.request import Request
from modicum.paper.decided import ClassWords, Ground, class_words_of, fact_words, sources_table
from modicum.paper.ladder import LadderStep, ladder
from modicum.paper.matrix import matrix
from modicum.paper.page import render, request_facts
from modicum.paper.picture import Table
from modicum.paper.words import FORMS, VERDICTS, day_words

_MOST_CLASSES = 8
_SHARED_FROM = 3
_LONG_DETAIL = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPaper:
    """All that the page needs.

    form, verdict: the form that the request comes to, and what the law says of it there. case: the number under which
    it is filed, or None. waiting: facts that are attested and do not count yet, with their first day. unwitnessed: the
    home is an evaluation home. version: of Modicum.
    """

    request: Request
    decision: Decision
    pack: Pack
    form: Form
    verdict: Verdict
    rungs: tuple[LadderStep, ...]
    dataset: str
    case: str | None = None
    attested: tuple[str, ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()
    unwitnessed: bool = True
    version: str = ""


def decision_page(paper: DecisionPaper) -> str:
    """The page as one HTML document, the same bytes for the same decision."""
    decision, form, pack = paper.decision, paper.form, paper.pack
    picture = matrix(decision, form)
    classes = class_words_of(decision, form, pack)
    shared = _shared(classes)
    return render(
        "decision.html.j2",
        "story.css.j2",
        "decision.css.j2",
        paper=paper,
        finding=_finding(paper),
        asked=request_facts(paper.request),
        picture=picture,
        detail=_detail(picture.detail),
        counts=_counts(decision),
        classes=[_beside(each, shared) for each in classes[:_MOST_CLASSES]],
        shared_law=[ground for ground in classes[0].law if ground in shared] if classes else [],
        shared_own=[ground for ground in classes[0].own if ground in shared] if classes else [],
        rest=_rest(classes[_MOST_CLASSES:]),
        missing=_missing(paper, classes),
        duties=_duties(classes),
        conflicts=list(dict.fromkeys(conflict for each in classes for conflict in each.conflicts)),
        own=_own(classes),
        sources=sources_table(decision, form, pack),
        ladder=ladder(paper.rungs),
        attested=[fact_words(pack, fact) for fact in paper.attested],
        groups=len(decision.strata),
    )


def _shared(classes: Sequence[ClassWords]) -> frozenset[Ground]:
    """The rules on which every class rests; they are said once where there are several classes."""
    if len(classes) < _SHARED_FROM:
        return frozenset()
    return frozenset.intersection(*(frozenset((*each.law, *each.own)) for each in classes))


def _beside(each: ClassWords, shared: frozenset[Ground]) -> ClassWords:
    law, own = (tuple(ground for ground in given if ground not in shared) for given in (each.law, each.own))
    return replace(each, law=law, own=own)


def _finding(paper: DecisionPaper) -> str:
    said = {
        Verdict.PERMITTED: "something may leave",
        Verdict.CONDITIONAL: "nothing may leave yet: facts are missing",
        Verdict.FORBIDDEN: "nothing may leave",
    }[paper.verdict]
    return f"As {FORMS[paper.form].lower()}, on {day_words(paper.decision.as_of)}: {said}."


def _detail(detail: Table | None) -> Table | None:
    """The matrix group by group, where a reader could still look through it."""
    return detail if detail is not None and len(detail.rows) <= _LONG_DETAIL else None


def _counts(decision: Decision) -> Table:
    rows: list[tuple[str | int, ...]] = []
    for form in decision.forms:
        flat = [verdict for row in decision.verdicts(form) for verdict in row]
        counts = [flat.count(each) for each in (Verdict.PERMITTED, Verdict.CONDITIONAL, Verdict.FORBIDDEN)]
        rows.append((FORMS[form], *counts))
    return Table(
        "Cells by form",
        ("Form", "Permitted", "Conditional", "Forbidden"),
        tuple(rows),
    )


def _rest(classes: Sequence[ClassWords]) -> Table | None:
    """The verdicts of the fewest cells, a line each."""
    if not classes:
        return None
    rows = tuple(
        (
            each.number,
            VERDICTS[each.verdict],
            each.cells,
            each.columns,
            each.people[0],
            ", ".join(ground.id for ground in (*each.law, *each.own)),
            " or ".join(" and ".join(fact.id for fact in facts) for facts in each.missing),
        )
        for each in classes
    )
    headers = ("Class", "The law says", "Cells", "Columns", "People", "Rules", "Missing")
    return Table("The other classes, those of the fewest cells", headers, rows)


def _missing(paper: DecisionPaper, classes: Sequence[ClassWords]) -> Table | None:
    """Every fact that is missing somewhere, each once."""
    facts = sorted({fact for each in classes for facts in each.missing for fact in facts}, key=lambda fact: fact.id)
    if not facts:
        return None
    waiting = dict(paper.waiting)
    rows = tuple(
        (
            fact.id,
            fact.title,
            fact.who,
            f"attested, counts from {waiting[fact.id]}" if fact.id in waiting else fact.waits or "at once",
        )
        for fact in facts
    )
    return Table("Facts that are missing", ("Fact", "What is attested", "Who may attest it", "When it counts"), rows)


def _duties(classes: Sequence[ClassWords]) -> Table | None:
    """What recipients must do with what they are given, in any class."""
    duties = sorted({duty for each in classes for duty in each.obligations})
    return Table("What the recipient must do", ("Duty", "What it asks"), tuple(duties)) if duties else None


def _own(classes: Sequence[ClassWords]) -> Table | None:
    """What the custodian's own policy says anywhere in this form."""
    grounds = sorted({ground for each in classes for ground in each.own}, key=lambda ground: ground.id)
    if not grounds:
        return None
    rows = tuple((ground.id, ground.cite, ground.title, ground.days) for ground in grounds)
    return Table("The custodian's own policy", ("Rule", "Provision", "What it says", "In force"), rows)
