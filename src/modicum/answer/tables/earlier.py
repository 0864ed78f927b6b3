"""Tables that were released before: what of them is known, and what is kept to reckon with them again. Pure.

What is kept holds no row and no hidden figure: how the table was computed, and which of its cells bore the mark. Its
figures are computed anew from the version of the data that it was made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from modicum.answer.plan import Bound, Plan, PlannedColumn
from modicum.answer.tables.model import Key, order
from modicum.answer.tables.shape import FLAT, TableShape
from modicum.answer.treatments import Treatment
from modicum.model.dataset import Column
from modicum.model.errors import EvidenceError
from modicum.model.forms import Form
from modicum.model.request import Operator

KEPT_SCHEMA: Final = "modicum.kept-table/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTable:
    """One released table. few: it said "fewer than 11" and no more. hidden: the cells that bore the mark.

    sums: the columns that were added up, as `table.column`. files: the digest of each file of the data set that the
    table was made of, by the table's name. salt: keeps the digest of it all from being guessed.
    """

    dataset: str
    plan: Plan
    few: bool
    hidden: frozenset[Key] = field(repr=False)
    sums: frozenset[str]
    files: Mapping[str, str]
    salt: str

    @property
    def told(self) -> Plan:
        """The plan of what it told: where that was "fewer than 11", it told of the whole alone."""
        return replace(self.plan, by=(), shape=FLAT) if self.few else self.plan

    def asks_the_same(self, plan: Plan) -> bool:
        """Whether another plan makes the same cells of the same rows, whoever asks and in whatever words."""
        own = self.plan
        dated = any(each.treatment is Treatment.YEAR for each in plan.by)
        return (
            own.dataset_version == plan.dataset_version
            and (own.as_of == plan.as_of or not dated)
            and own.base == plan.base
            and own.eligible == plan.eligible
            and set(own.conditions) == set(plan.conditions)
            and [(each.column.qualified, each.treatment) for each in own.by]
            == [(each.column.qualified, each.treatment) for each in plan.by]
            and own.shape == plan.shape
        )

    def as_document(self) -> dict[str, Any]:
        """As kept (docs/reference/schemas/kept-table.json)."""
        planned = self.plan
        return {
            "schema": KEPT_SCHEMA,
            "dataset": self.dataset,
            "dataset_version": planned.dataset_version,
            "as_of": planned.as_of.isoformat(),
            "base": planned.base,
            "strata": sorted(planned.eligible),
            "where": [
                {"column": _column(each.column), "op": str(each.operator), "values": list(each.values)}
                for each in planned.conditions
            ],
            "by": [{"column": _column(each.column), "treatment": str(each.treatment)} for each in planned.by],
            "depths": None if planned.shape.depths is None else list(planned.shape.depths),
            "fewer_than_11": self.few,
            "hidden": [[list(path) for path in key] for key in sorted(self.hidden, key=order)],
            "sums": sorted(self.sums),
            "files": dict(self.files),
            "salt": self.salt,
        }


def kept_of(document: Mapping[str, Any], *, place: str) -> KeptTable:
    """A kept table as a value. Raises EvidenceError: a shape that this version does not write."""
    try:
        found = _kept(document)
        same = found.as_document() == dict(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        same = False
    if not same:
        raise EvidenceError(place=place, cause="is no kept table that this version reads", cure="restore it")
    return found


def _kept(document: Mapping[str, Any]) -> KeptTable:
    depths = document["depths"]
    strata = frozenset(document["strata"])
    return KeptTable(
        dataset=document["dataset"],
        plan=Plan(
            form=Form.STATISTICS,
            as_of=date.fromisoformat(document["as_of"]),
            question="",
            dataset_version=document["dataset_version"],
            all_strata=(),
            eligible=strata,
            conditions=tuple(
                Bound(column=_as_column(each["column"]), operator=Operator(each["op"]), values=tuple(each["values"]))
                for each in document["where"]
            ),
            base=document["base"],
            by=tuple(
                PlannedColumn(column=_as_column(each["column"]), treatment=Treatment(each["treatment"]), strata=strata)
                for each in document["by"]
            ),
            shape=TableShape(None if depths is None else tuple(depths)),
        ),
        few=document["fewer_than_11"],
        hidden=frozenset(tuple(tuple(path) for path in key) for key in document["hidden"]),
        sums=frozenset(document["sums"]),
        files=dict(document["files"]),
        salt=document["salt"],
    )


def _column(column: Column) -> dict[str, Any]:
    return {"table": column.table, "name": column.name, "class": column.data_class, "kind": column.kind}


def _as_column(document: Mapping[str, Any]) -> Column:
    return Column(
        table=document["table"],
        name=document["name"],
        element=None,
        data_class=document["class"],
        kind=document["kind"],
    )
