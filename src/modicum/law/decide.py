"""The matrix of a request: for each stratum, column and form a verdict with its reasons. Pure, and never a row.

Cells that no policy can tell apart are judged once and then spread, so the work depends on the law, not on the size of
the data set; the same inputs give the same bytes for ever.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from modicum.law.grid import somewhere, spread
from modicum.law.judge import Circumstances, judge
from modicum.law.packs import Pack
from modicum.model.dataset import Column, Dataset
from modicum.model.decision import Cell, Decision, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Request
from modicum_verify.canonical import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """Kinds of organisation, from enrolment and never from the request."""

    custodian: str
    requester: str
    recipients: tuple[str, ...]


def decide(
    request: Request,
    *,
    pack: Pack,
    dataset: Dataset,
    kinds: Kinds,
    facts: frozenset[str],
    as_of: date,
    hypothetical: bool,
) -> Decision:
    """Decide every cell of a request as of a day.

    facts: ids of the pack's vocabulary that are attested. The decision's columns are those of the request, then those
    that its question and conditions use. Raises InvalidInputError: a column, purpose, action or fact that is not
    known, or a question that names no column at all.
    """
    _check_words(request, pack, facts)
    columns = columns_of(request, dataset)
    if any(authority.in_force(as_of) for authority in request.authorities):
        circumstances = Circumstances(
            action=request.action,
            discloser=kinds.custodian,
            audience=(kinds.requester, *kinds.recipients),
            purpose=request.purpose,
            named_persons=request.population.named_persons_sha256 is not None,
            as_of=as_of,
            facts=facts,
        )
        classes, cells = spread(judge(pack, circumstances), [column.data_class for column in columns], dataset.strata)
    else:
        expired = Cell(verdict=Verdict.FORBIDDEN, because=(pack.defaults.expired,))
        classes, cells = (expired,), array("I", bytes(4 * len(dataset.strata) * len(columns) * len(DISCLOSING)))
    return Decision(
        request_sha256=request.sha256,
        pack=pack.ref,
        catalogue_sha256=dataset.catalogue_sha256,
        facts_sha256=digest(sorted(facts)),
        dataset_version=dataset.version,
        as_of=as_of,
        hypothetical=hypothetical,
        columns=columns,
        strata=dataset.strata,
        forms=DISCLOSING,
        classes=classes,
        cells=cells,
        lowest_form=_lowest_form(request, dataset, columns, classes, cells),
    )


def columns_of(request: Request, dataset: Dataset) -> tuple[Column, ...]:
    """The columns that a decision covers, each once: those asked for, then those that question and conditions use."""
    names = (*request.columns, *_used(request))
    found: dict[str, Column] = {}
    for name in names:
        column = dataset.find(name)
        if column is None:
            raise InvalidInputError(
                cause=f"the data set {dataset.name} has no column {name}, or more than one table has it",
                cure=f"see `modicum data describe {dataset.name}`; write `table.column`",
            )
        found.setdefault(column.qualified, column)
    if not found:
        raise InvalidInputError(
            cause="the request names no column, so there is nothing that the law could decide",
            cure="name a column, or group the count `by` one (for example the state)",
        )
    return tuple(found.values())


def _check_words(request: Request, pack: Pack, facts: frozenset[str]) -> None:
    words = pack.vocabulary
    if request.purpose not in words.purposes:
        raise InvalidInputError(
            cause=f"the pack {pack.ref.name} knows no purpose {request.purpose}",
            cure=f"state one of: {', '.join(sorted(words.purposes))}",
        )
    if request.action not in words.actions:
        raise InvalidInputError(
            cause=f"the pack {pack.ref.name} knows no action {request.action}",
            cure=f"state one of: {', '.join(sorted(words.actions))}",
        )
    strange = sorted(facts - set(words.facts))
    if strange:
        raise InvalidInputError(
            cause=f"the pack {pack.ref.name} knows no fact {', '.join(strange)}",
            cure="attest facts of the pack's vocabulary; `modicum law list` shows them",
        )


def _used(request: Request) -> tuple[str, ...]:
    conditions = tuple(condition.column for condition in request.population.where)
    return (*request.counted, *conditions)


def _lowest_form(
    request: Request, dataset: Dataset, columns: tuple[Column, ...], classes: tuple[Cell, ...], cells: Sequence[int]
) -> Form:
    """The lowest form that can hold the answer and in which every column it needs is permitted for some stratum.

    A refusal where there is none. Statistics need the columns that they are made of, no others.
    """
    used = {column.qualified for name in _used(request) if (column := dataset.find(name)) is not None}
    statistical = request.question.asks is Asks.STATISTICS and bool(used)
    needed = [c for c, column in enumerate(columns) if not statistical or column.qualified in used]
    leaving = somewhere(cells, [each.verdict is Verdict.PERMITTED for each in classes], columns=len(columns))
    for form, may_leave in zip(DISCLOSING, leaving, strict=True):
        if form.rung >= request.question.asks.needs.rung and all(may_leave[c] for c in needed):
            return form
    return Form.REFUSAL
