"""Explain one cell of a decided request: find the cell that somebody names, and ask the law wing about it.

A cell is named `STRATUM/COLUMN/FORM`. The stratum is its number in the decision, or attributes with their values, as
many as tell it from the others: `3/eligibility.SSN_NUM/identified`,
`origin_state=CA,immigration=us_citizen/SSN_NUM/identified`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from modicum.gateway.deciding import Decided
from modicum.law.decide import Kinds
from modicum.law.explain import explain
from modicum.law.explanation import Explanation
from modicum.law.judge import Circumstances
from modicum.law.moments import Ask
from modicum.model.dataset import Stratum
from modicum.model.decision import Decision
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form

_SHOWN: Final = 8
_CURE: Final = "name a cell as STRATUM/COLUMN/FORM, for example 0/eligibility.SSN_NUM/identified"


class Place(NamedTuple):
    """Where a cell stands in a decision."""

    stratum: int
    column: int
    form: Form


def explain_cell(decided: Decided, cell: str, *, kinds: Kinds, attested: Mapping[str, date]) -> Explanation:
    """Explain the cell that a text names.

    attested: the facts of the case with the days of their attestation; none where the request is not filed.
    Raises InvalidInputError: the text names no cell, or more than one.
    """
    request, decision = decided.request, decided.decision
    place = find_cell(decision, cell)
    column = decision.columns[place.column]
    ask = Ask(
        pack=decided.pack,
        circumstances=Circumstances(
            action=request.action,
            discloser=kinds.custodian,
            audience=(kinds.requester, *kinds.recipients),
            purpose=request.purpose,
            named_persons=request.population.named_persons_sha256 is not None,
            as_of=decision.as_of,
            facts=frozenset(),
        ),
        authorities=request.authorities,
        attested=attested,
        form=place.form,
        data_class=column.data_class,
        stratum=decision.strata[place.stratum],
    )
    return explain(ask, as_of=decision.as_of, column=column.qualified, hypothetical=decision.hypothetical)


def find_cell(decision: Decision, text: str) -> Place:
    """The place of the cell that a text names. Raises InvalidInputError: none, or more than one; says which."""
    first, _, rest = text.partition("/")
    middle, _, last = rest.rpartition("/")
    if not middle or not last:
        raise InvalidInputError(cause=f"`{text}` names no cell", cure=_CURE)
    if last not in {str(form) for form in decision.forms}:
        raise InvalidInputError(
            cause=f"a decision has no form {last}", cure=f"name one of: {', '.join(map(str, decision.forms))}"
        )
    return Place(_stratum(decision.strata, first.strip()), _column(decision, middle.strip()), Form(last))


def _stratum(strata: Sequence[Stratum], text: str) -> int:
    if text.isdecimal():
        if int(text) < len(strata):
            return int(text)
        raise InvalidInputError(
            cause=f"there is no stratum {text}", cure=f"the decision has {len(strata)}, counted from 0"
        )
    wanted = _pairs(text, strata)
    found = [index for index, stratum in enumerate(strata) if wanted.items() <= dict(stratum).items()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidInputError(
            cause=f"no stratum of the data set has {text}", cure=f"values that occur: {_values(strata, wanted)}"
        )
    listed = "; ".join(f"{index}: {_words(strata[index])}" for index in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise InvalidInputError(
        cause=f"{len(found)} strata match", cure=f"name more attributes, or the number of one: {listed}{more}"
    )


def _pairs(text: str, strata: Sequence[Stratum]) -> dict[str, str]:
    known = {name for stratum in strata for name, _ in stratum}
    pairs: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, mark, value = (each.strip() for each in part.partition("="))
        if not mark or name not in known or name in pairs:
            raise InvalidInputError(
                cause=f"`{part}` is no attribute with its value",
                cure=f"write attribute=value, parted by commas; the attributes are: {', '.join(sorted(known))}",
            )
        pairs[name] = value
    return pairs


def _values(strata: Sequence[Stratum], wanted: Mapping[str, str]) -> str:
    occur = {name: sorted({dict(stratum).get(name, "") for stratum in strata}) for name in wanted}
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in occur.items())


def _words(stratum: Stratum) -> str:
    return ",".join(f"{name}={value}" for name, value in stratum)


def _column(decision: Decision, name: str) -> int:
    exact = [index for index, column in enumerate(decision.columns) if column.qualified == name]
    bare = [index for index, column in enumerate(decision.columns) if column.name == name]
    found = exact or bare
    if len(found) == 1:
        return found[0]
    known = [column.qualified for column in decision.columns]
    shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
    raise InvalidInputError(
        cause=f"the decision has {'no' if not found else 'more than one'} column {name}", cure=f"name one of: {shown}"
    )
