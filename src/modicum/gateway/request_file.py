"""Read a request file: the edge where TOML or JSON becomes the frozen `Request`.

Fails closed: a field that the schema does not know is refused with its place, never skipped. Messages name fields, not
values, since a request may hold what the asker knows about a person.
"""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from modicum.answer.grammar import check_grammar
from modicum.gateway.statistics_table import StatisticsTable
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.forms import Form
from modicum.model.request import (
    REQUEST_SCHEMA,
    Asks,
    Authority,
    Condition,
    Handling,
    Operator,
    Person,
    Population,
    Question,
    Recipient,
    Request,
)
from modicum_verify.canonical import not_text

_SCHEMA_PAGE = "see docs/reference/request.md and examples/"
_HEX_DIGEST = r"^[0-9a-f]{64}$"
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


def _moment(value: Any) -> Any:  # noqa: ANN401 - raw input
    if isinstance(value, int | float):
        raise ValueError("should be a date and time in ISO 8601")  # noqa: TRY004 - pydantic reports a ValueError
    return value


class _Requester(_Strict):
    organisation: Annotated[str, Field(pattern=_NAME)]
    person: Annotated[str, Field(pattern=_NAME)]


class _Asks(_Strict):
    kind: Asks
    count_persons: StrictBool = True
    sums: list[str] = []
    by: list[str] = []


def _asks(value: Any) -> Any:  # noqa: ANN401 - raw input
    return {"kind": value} if isinstance(value, str) else value


class _Question(_Strict):
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    asks: Annotated[_Asks, BeforeValidator(_asks)]


class _Authority(_Strict):
    kind: Annotated[str, Field(min_length=1)]
    citation: Annotated[str, Field(min_length=1)]
    document_sha256: Annotated[str, Field(pattern=_HEX_DIGEST)] | None = None
    since: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None
    claims: Mapping[str, StrictStr | StrictBool | StrictInt] = {}


class _Condition(_Strict):
    column: Annotated[str, Field(min_length=1)]
    op: Operator = Operator.EQ
    value: StrictStr | StrictInt | None = None
    values: list[StrictStr | StrictInt] | None = None

    def as_condition(self) -> Condition:
        given = self.values if self.values is not None else [] if self.value is None else [self.value]
        if (self.value is not None and self.values is not None) or not given:
            raise InvalidInputError(cause="a condition needs `value` or `values`", cure="give one of them, not both")
        if self.op is not Operator.IN and len(given) != 1:
            raise InvalidInputError(
                cause=f"the operator {self.op} compares with one value", cure="use `in` for several values"
            )
        return Condition(column=self.column, operator=self.op, values=tuple(str(each) for each in given))


class _Population(_Strict):
    dataset: Annotated[str, Field(pattern=_NAME)]
    where: list[_Condition] = []
    named_persons_sha256: Annotated[str, Field(pattern=_HEX_DIGEST)] | None = None


class _Recipient(_Strict):
    organisation: Annotated[str, Field(pattern=_NAME)]
    person: Annotated[str, Field(pattern=_NAME)]
    age_key: Annotated[str, Field(pattern=r"^(age1[a-z0-9]+|ssh-ed25519 [A-Za-z0-9+/=]+( .*)?)$")]


class _Handling(_Strict):
    retention_days: Annotated[StrictInt, Field(gt=0, le=36525)]
    safeguards: list[str] = []


class _RequestFile(_Strict):
    """The published shape (docs/reference/schemas/request.json); `as_request` makes the domain value."""

    schema_: Annotated[str, Field(alias="schema", pattern=f"^{REQUEST_SCHEMA}$")]
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=_ONE_LINE)]
    custodian: Annotated[str, Field(pattern=_NAME)]
    action: Annotated[str, Field(pattern="^disclose$")] = "disclose"
    requester: _Requester
    question: _Question
    purpose: Annotated[str, Field(min_length=1)]
    authorities: Annotated[list[_Authority], Field(min_length=1)]
    population: _Population
    columns: list[Annotated[str, Field(min_length=1)]]
    form: Form | None = None
    recipients: Annotated[list[_Recipient], Field(min_length=1)]
    handling: _Handling
    deadline: Annotated[datetime | None, BeforeValidator(_moment)] = None
    statistics: StatisticsTable | None = None

    def as_request(self) -> Request:
        asks = self.question.asks
        return Request(
            title=self.title,
            custodian=self.custodian,
            action=self.action,
            requester=Person(organisation=self.requester.organisation, person=self.requester.person),
            question=Question(
                text=self.question.text,
                asks=asks.kind,
                count_persons=asks.count_persons,
                sums=tuple(asks.sums),
                by=tuple(asks.by),
            ),
            purpose=self.purpose,
            authorities=tuple(
                Authority(
                    kind=each.kind,
                    citation=each.citation,
                    document_sha256=each.document_sha256,
                    since=each.since,
                    until=each.until,
                    claims=dict(each.claims),
                )
                for each in self.authorities
            ),
            population=Population(
                dataset=self.population.dataset,
                where=tuple(each.as_condition() for each in self.population.where),
                named_persons_sha256=self.population.named_persons_sha256,
            ),
            columns=tuple(self.columns),
            form=self.form,
            recipients=tuple(
                Recipient(organisation=each.organisation, person=each.person, age_key=each.age_key.strip())
                for each in self.recipients
            ),
            handling=Handling(retention_days=self.handling.retention_days, safeguards=tuple(self.handling.safeguards)),
            deadline=None if self.deadline is None else _utc(self.deadline),
            statistics=None if self.statistics is None else self.statistics.as_statistics(),
        )


def read_request(path: Path) -> Request:
    """Read and check a request file, TOML or JSON by its suffix (JSON otherwise when it starts with `{`).

    Raises NotFoundError: no such file. InvalidInputError: each fault with its field, none with its value.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(cause=f"there is no request file {path}", cure="check the path") from error
    except OSError as error:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from error
    return parse_request(_document(data, path))


def parse_request(document: Any) -> Request:  # noqa: ANN401 - raw input
    """Check a request document and make the domain value; its columns must not repeat."""
    if (place := not_text(document)) is not None:
        raise InvalidInputError(
            cause=f"the request is not well formed: {place.removeprefix('.') or 'a field'} is not text in UTF-8",
            cure=_SCHEMA_PAGE,
        )
    try:
        request = _RequestFile.model_validate(document).as_request()
    except ValidationError as error:
        raise InvalidInputError(cause=f"the request is not well formed: {_faults(error)}", cure=_SCHEMA_PAGE) from None
    _check_statistics(request)
    if len(set(request.columns)) != len(request.columns):
        raise InvalidInputError(cause="a column is named twice in `columns`", cure="name each column once")
    if not request.columns and request.question.asks is not Asks.STATISTICS:
        raise InvalidInputError(cause="`columns` is empty", cure="name the columns that the answer needs")
    return request


def _check_statistics(request: Request) -> None:
    if request.statistics is None:
        return
    if request.question.asks is not Asks.STATISTICS:
        raise InvalidInputError(
            cause="a statistics table is given, and the question asks for something else",
            cure='set asks = "statistics", or leave the table out',
        )
    if request.question.by or request.question.sums:
        raise InvalidInputError(
            cause="both `asks` and the statistics table say what to group or to add up", cure="say it in the table"
        )
    check_grammar(request.statistics)


def _document(data: bytes, path: Path) -> Any:  # noqa: ANN401 - raw input
    try:
        text = data.decode("utf-8")
        if path.suffix == ".json" or text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=_each_once)
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError(
            cause=f"{path} is neither TOML nor JSON with each field once", cure=_SCHEMA_PAGE
        ) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Python keeps the last of two: a reader would see another purpose than the one that is decided.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


def _faults(error: ValidationError) -> str:
    found = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"]) or "request"
        found.append(f"{place} ({_words(fault['type'], fault['msg'])})")
    return "; ".join(found[:8]) + ("; and more" if len(found) > 8 else "")  # noqa: PLR2004 - a line's worth


def _words(kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    known = {"missing": "is missing", "extra_forbidden": "is not a field of the schema"}
    if kind in {"enum", "string_pattern_mismatch"}:
        return message.replace("Input should be", "should be").replace("String should", "should")
    return known.get(kind, message.split(",", maxsplit=1)[0])


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
