"""A small made-up world for the law tests: a data set with one column for each class, and requests about it."""

from collections.abc import Sequence
from datetime import date
from itertools import product

from modicum.law.decide import Kinds, decide
from modicum.law.packs import Pack, load_pack
from modicum.model.dataset import Column, Dataset, Stratum
from modicum.model.decision import Cell, Decision
from modicum.model.forms import DISCLOSING
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Request

PACK = load_pack("us_medicaid")
STATES = ("CA", "IL", "WA", "DC")
SIX = frozenset({"citizenship", "immigration_status", "address", "phone", "dob", "medicaid_id"})
OVERSIGHT = frozenset(
    {"disclosure-prescribed-by-regulation", "minimum-necessary-reviewed", "oversight-authorised-by-law",
     "routine-use-published"}
)  # fmt: skip


def stratum(**given: str) -> Stratum:
    whole = {"origin_state": "CA", "immigration": "us_citizen", "part2": "no", "enrolment_role": "beneficiary"}
    return tuple(sorted({**whole, **given}.items()))


def all_strata(states: Sequence[str] = STATES, pack: Pack = PACK) -> tuple[Stratum, ...]:
    others = [sorted(pack.attributes[name]) for name in ("immigration", "part2", "enrolment_role")]
    return tuple(
        stratum(origin_state=s, immigration=i, part2=p, enrolment_role=r) for s, i, p, r in product(states, *others)
    )


def dataset(strata: Sequence[Stratum], pack: Pack = PACK) -> Dataset:
    columns = [Column(table="people", name=each, element=None, data_class=each) for each in pack.vocabulary.classes]
    columns.append(Column(table="people", name="MYSTERY", element=None, data_class=None))
    return Dataset(
        name="made-up",
        version="0" * 64,
        confirmed=True,
        tables=(),
        columns=tuple(columns),
        strata_sources=(),
        strata=tuple(strata),
        persons=100,
    )


def request(purpose: str, columns: Sequence[str], **given: object) -> Request:
    question = Question(
        text="?",
        asks=given.pop("asks", Asks.IDENTITIES),
        by=given.pop("by", ()),
        sums=given.pop("sums", ()),
    )
    named = "0" * 64 if given.pop("named", False) else None
    whole = {
        "title": "made up",
        "custodian": "cms",
        "action": "disclose",
        "requester": Person(organisation="asker", person="a"),
        "authorities": (Authority(kind="statute", citation="made up"),),
        "population": Population(dataset="made-up", named_persons_sha256=named),
        "form": None,
        "recipients": (),
        "handling": Handling(retention_days=30),
        **given,
    }
    return Request(question=question, purpose=purpose, columns=tuple(columns), **whole)


def decided(asked: Request, data: Dataset, kind: str, *, day: date, facts: frozenset[str] = frozenset()) -> Decision:
    kinds = Kinds(custodian="cms", requester=kind, recipients=(kind,))
    return decide(asked, pack=PACK, dataset=data, kinds=kinds, facts=facts, as_of=day, hypothetical=False)


def ids(cell: Cell) -> set[str]:
    return {each.id for each in cell.because}


def every_cell(decision: Decision) -> list[tuple[dict[str, str], str | None, str, Cell]]:
    return [
        (dict(strat), column.data_class, str(form), decision.cell(s, c, form))
        for s, strat in enumerate(decision.strata)
        for c, column in enumerate(decision.columns)
        for form in DISCLOSING
    ]
