"""A made-up world under the second pack: a registry of a Dutch hospital, and who asks the access body about it."""

import json
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from modicum.law.decide import Kinds, decide
from modicum.law.packs import Pack, load_pack
from modicum.model.dataset import Column, Dataset, Stratum
from modicum.model.decision import Decision
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Request

PACK = load_pack("eu_ehds")
EXAMPLES = Path(__file__).parents[2] / "examples" / "ehds"
FIRST, LATER = date(2029, 3, 26), date(2031, 3, 26)
PERMIT = frozenset(
    {
        "anonymised-data-do-not-suffice", "columns-necessary", "data-permit-issued", "ethics-respected",
        "persons-named-in-permit", "safeguards-article-89", "secure-environment",
    }
)  # fmt: skip
ANSWER = frozenset({"ethics-respected", "health-data-request-approved"})


def stratum(member_state: str = "NL", opt_out: str = "no") -> Stratum:
    return (("member_state", member_state), ("opt_out", opt_out))


def every_stratum(pack: Pack = PACK) -> tuple[Stratum, ...]:
    return tuple(
        stratum(country, opted)
        for country in sorted(pack.attributes["member_state"])
        for opted in sorted(pack.attributes["opt_out"])
    )


def dataset(strata: Sequence[Stratum]) -> Dataset:
    """A data set with a column for each class of the pack, and one without."""
    columns = [Column(table="people", name=each, element=None, data_class=each) for each in PACK.vocabulary.classes]
    columns.append(Column(table="people", name="remark", element=None, data_class=None))
    return Dataset(
        name="registry", version="0" * 64, confirmed=True, tables=(), columns=tuple(columns), strata_sources=(),
        strata=tuple(strata), persons=100,
    )  # fmt: skip


def request(purpose: str, columns: Sequence[str]) -> Request:
    return Request(
        title="made up", custodian="access-body", action="disclose", purpose=purpose, columns=tuple(columns),
        requester=Person(organisation="university", person="scientist"),
        question=Question(text="?", asks=Asks.RECORDS), form=None, recipients=(),
        authorities=(Authority(kind="permit", citation="made up"),),
        population=Population(dataset="registry"), handling=Handling(retention_days=30),
    )  # fmt: skip


def decided(
    day: date,
    *,
    strata: Sequence[Stratum] = (stratum(),),
    purpose: str = "research.science",
    kind: str = "university",
    custodian: str = "health_data_access_body",
    facts: frozenset[str] = PERMIT | ANSWER,
) -> Decision:
    return decide(
        request(purpose, [*PACK.vocabulary.classes, "remark"]),
        pack=PACK,
        dataset=dataset(strata),
        kinds=Kinds(custodian=custodian, requester=kind, recipients=(kind,)),
        facts=facts,
        as_of=day,
        hypothetical=True,
    )


def asked(age_key: str, **changes: Any) -> dict[str, Any]:
    """The example's request for pseudonymised records, to a recipient whose key was made here, fields changed."""
    document = tomllib.loads((EXAMPLES / "records.toml").read_text("utf-8")) | changes
    return json.loads(json.dumps(document | {"recipients": [{**document["recipients"][0], "age_key": age_key}]}))
