"""The dictionary of a data set: what people read, edit and confirm before anything is decided about a column.

Format (TOML): `[dataset] name, confirmed`; `[tables.NAME] person_column`; `[[columns]] table, name, element,
data_class, kind, proposed_because`, and of numbers perhaps `lower, upper`;
`[strata.ATTRIBUTE]` (or `[[strata.ATTRIBUTE]]`, one per table) `table, column,
values, prefixes, otherwise, also, shape`. Rules it keeps: a file with a field, class, column or value that is not known
is refused, naming the line; a column that is not listed has no class, a table that is not listed has no persons.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn

from modicum.model.dataset import UNKNOWN, StratumSource
from modicum.model.errors import InvalidInputError

KINDS: Final = frozenset({"text", "integer", "decimal", "date"})
_NUMBERS: Final = frozenset({"integer", "decimal"})
SHAPES_KNOWN: Final = frozenset({"", "icd-10"})
FILE: Final = "dictionary.toml"
_TOP: Final = frozenset({"dataset", "tables", "columns", "strata"})
_COLUMN_FIELDS: Final = frozenset(
    {"table", "name", "element", "data_class", "kind", "proposed_because", "lower", "upper"}
)
_STRATUM_FIELDS: Final = frozenset({"table", "column", "values", "prefixes", "otherwise", "also", "shape"})
_CURE: Final = "correct the dictionary and run the command again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of the pack that a dictionary may use: data classes, row attributes with their domains."""

    classes: frozenset[str]
    attributes: Mapping[str, frozenset[str]]

    def domain(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute, `unknown` always among them, sorted."""
        return tuple(sorted(self.attributes[attribute] | {UNKNOWN}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one column holds. lower, upper: between what its numbers lie, known without the data."""

    table: str
    name: str
    element: str | None
    data_class: str | None
    kind: str = "text"
    because: str = ""
    lower: str | None = None
    upper: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """A whole dictionary. `person_columns` holds every table that is listed; None: no persons in it."""

    confirmed: bool
    person_columns: Mapping[str, str | None]
    columns: tuple[Meaning, ...]
    strata: tuple[StratumSource, ...]

    def meanings(self, tables: Mapping[str, Sequence[str]]) -> list[Meaning]:
        """What every column of the tables holds, in their order; no class where the dictionary does not list it."""
        listed = {(each.table, each.name): each for each in self.columns}
        return [
            listed.get((table, column), Meaning(table=table, name=column, element=None, data_class=None))
            for table, columns in tables.items()
            for column in columns
        ]


def write_dictionary(dictionary: Dictionary, name: str) -> str:
    """Write a dictionary as TOML, in an order that is pleasant to edit."""
    lines = [
        "# What the columns of this data set hold. Edit it, then confirm it. An empty data_class is always refused.",
        "",
        "[dataset]",
        f"name = {_toml(name)}",
        f"confirmed = {_toml(dictionary.confirmed)}",
    ]
    for table, column in dictionary.person_columns.items():
        lines += ["", f"[tables.{_key(table)}]", f"person_column = {_toml(column or '')}"]
    repeated = {each.attribute for each in dictionary.strata if _count(dictionary, each.attribute) > 1}
    for source in dictionary.strata:
        header = f"strata.{_key(source.attribute)}"
        lines += ["", f"[[{header}]]" if source.attribute in repeated else f"[{header}]"]
        lines += [f"table = {_toml(source.table)}", f"column = {_toml(source.column)}"]
        lines += [f"also = {_toml(list(source.also))}"] if source.also else []
        lines += [f"values = {_toml(dict(source.values))}", f"prefixes = {_toml(dict(source.prefixes))}"]
        lines += [f"otherwise = {_toml(source.otherwise)}"]
        lines += [f"shape = {_toml(source.shape)}"] if source.shape else []
    for each in dictionary.columns:
        lines += ["", "[[columns]]", f"table = {_toml(each.table)}", f"name = {_toml(each.name)}"]
        lines += [f"element = {_toml(each.element or '')}", f"data_class = {_toml(each.data_class or '')}"]
        lines += [f"kind = {_toml(each.kind)}", f"proposed_because = {_toml(each.because)}"]
        if each.lower is not None and each.upper is not None:
            lines += [f"lower = {_toml(each.lower)}", f"upper = {_toml(each.upper)}"]
    return "\n".join(lines) + "\n"


def read_dictionary(
    data: bytes, *, vocabulary: Vocabulary, tables: Mapping[str, Sequence[str]], label: str = FILE
) -> Dictionary:
    """Read a dictionary and check it against the pack's vocabulary and the tables of the data set.

    tables: the columns of each table. Raises InvalidInputError: anything unknown, with the line where it stands.
    """
    return _Reading(label, data, vocabulary, tables).dictionary()


class _Reading:
    """One dictionary file while it is read."""

    def __init__(self, label: str, data: bytes, vocabulary: Vocabulary, tables: Mapping[str, Sequence[str]]) -> None:
        self._label, self._vocabulary, self._tables = label, vocabulary, tables
        self._text = ""
        try:
            self._text = data.decode("utf-8")
            self._document = tomllib.loads(self._text)
        except UnicodeDecodeError:
            self._refuse("it is not UTF-8")
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"at line (\d+), column (\d+)", str(error))
            self._refuse("it is not TOML", int(place[1]) if place else len(self._text.splitlines()))

    def dictionary(self) -> Dictionary:
        for field in self._document.keys() - _TOP:
            self._refuse(f"there is no field {field}", self._line_of(field))
        dataset = self._table(self._document.get("dataset", {}), "dataset")
        return Dictionary(
            confirmed=dataset.get("confirmed") is True,
            person_columns=self._person_columns(),
            columns=self._columns(),
            strata=self._strata(),
        )

    def _person_columns(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name, given in self._table(self._document.get("tables", {}), "tables").items():
            line = self._line_of(f"tables.{name}")
            self._check_table(name, line)
            fields = self._table(given, f"tables.{name}")
            column = self._text_field(fields, "person_column", line)
            if column:
                self._check_column(name, column, line)
            found[name] = column or None
        return found

    def _columns(self) -> tuple[Meaning, ...]:
        given = self._document.get("columns", [])
        if not isinstance(given, list):
            self._refuse("columns is no list of [[columns]]", self._line_of("columns"))
        lines = self._lines_of("[[columns]]") + [0] * len(given)
        found: dict[tuple[str, str], Meaning] = {}
        for line, each in zip(lines, given, strict=False):
            meaning = self._meaning(self._table(each, "columns"), line)
            if (meaning.table, meaning.name) in found:
                self._refuse(f"{meaning.table}.{meaning.name} is listed twice", line)
            found[meaning.table, meaning.name] = meaning
        return tuple(found.values())

    def _meaning(self, fields: Mapping[str, Any], line: int) -> Meaning:
        self._only(fields, _COLUMN_FIELDS, line)
        table, name = self._text_field(fields, "table", line), self._text_field(fields, "name", line)
        self._check_table(table, line)
        self._check_column(table, name, line)
        data_class = self._text_field(fields, "data_class", line)
        if data_class and data_class not in self._vocabulary.classes:
            self._refuse(f"{table}.{name} has the data_class {data_class}, which the pack does not know", line)
        kind = self._text_field(fields, "kind", line) or "text"
        if kind not in KINDS:
            self._refuse(f"{table}.{name} has an unknown kind; known are {', '.join(sorted(KINDS))}", line)
        lower, upper = self._bounds(fields, f"{table}.{name}", kind, line)
        return Meaning(
            table=table,
            name=name,
            lower=lower,
            upper=upper,
            element=self._text_field(fields, "element", line) or None,
            data_class=data_class or None,
            kind=kind,
            because=self._text_field(fields, "proposed_because", line),
        )

    def _bounds(
        self, fields: Mapping[str, Any], name: str, kind: str, line: int
    ) -> tuple[str, str] | tuple[None, None]:
        if "lower" not in fields and "upper" not in fields:
            return None, None
        found = []
        fraction = r"(\.[0-9]{1,4})?" if kind == "decimal" else ""
        for field in ("lower", "upper"):
            given = str(fields.get(field, "")) if isinstance(fields.get(field), int | str) else ""
            if kind not in _NUMBERS or not re.fullmatch(rf"-?[0-9]{{1,15}}{fraction}", given):
                self._refuse(
                    f'{name} needs a kind of number, and both `lower` and `upper`: "100"; "100.50" where decimal',
                    line,
                )
            found.append(given)
        if Decimal(found[0]) >= Decimal(found[1]):
            self._refuse(f"{name} has bounds that are reversed or equal", line)
        return found[0], found[1]

    def _strata(self) -> tuple[StratumSource, ...]:
        found: list[StratumSource] = []
        for attribute, given in self._table(self._document.get("strata", {}), "strata").items():
            line = self._line_of(f"strata.{attribute}")
            if attribute not in self._vocabulary.attributes:
                self._refuse(f"the pack knows no row attribute {attribute}", line)
            sources = given if isinstance(given, list) else [given]
            lines = self._lines_of(f"[[strata.{attribute}]]") or [line]
            for place, each in enumerate(sources):
                at = lines[min(place, len(lines) - 1)]
                source = self._source(attribute, self._table(each, f"strata.{attribute}"), at)
                if any((attribute, source.table) == (other.attribute, other.table) for other in found):
                    self._refuse(f"strata.{attribute} names the table {source.table} twice", at)
                found.append(source)
        return tuple(found)

    def _source(self, attribute: str, fields: Mapping[str, Any], line: int) -> StratumSource:
        self._only(fields, _STRATUM_FIELDS, line)
        table, column = self._text_field(fields, "table", line), self._text_field(fields, "column", line)
        also = fields.get("also", [])
        if not isinstance(also, list) or not all(isinstance(each, str) for each in also):
            self._refuse(f"`also` of strata.{attribute} is no list of columns", line)
        self._check_table(table, line)
        for each in (column, *also):
            self._check_column(table, each, line)
        otherwise = self._text_field(fields, "otherwise", line) or UNKNOWN
        shape = self._text_field(fields, "shape", line)
        if shape not in SHAPES_KNOWN:
            self._refuse(f"strata.{attribute} has an unknown shape; known is icd-10", line)
        values, prefixes = self._mapping(fields, "values", line), self._mapping(fields, "prefixes", line)
        for value in {*values.values(), *prefixes.values(), otherwise}:
            if value not in self._vocabulary.domain(attribute):
                self._refuse(f"strata.{attribute} maps to {value}, which is no value of {attribute}", line)
        return StratumSource(
            attribute=attribute,
            table=table,
            column=column,
            values=values,
            prefixes=prefixes,
            otherwise=otherwise,
            also=tuple(also),
            shape=shape,
        )

    def _mapping(self, fields: Mapping[str, Any], name: str, line: int) -> dict[str, str]:
        given = fields.get(name, {})
        if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
            self._refuse(f"{name} is no table of texts", line)
        return dict(given)

    def _table(self, given: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - any TOML value
        if not isinstance(given, dict):
            self._refuse(f"{name} is no table", self._line_of(name))
        return given

    def _text_field(self, fields: Mapping[str, Any], name: str, line: int) -> str:
        given = fields.get(name, "")
        if not isinstance(given, str):
            self._refuse(f"{name} is no text", line)
        return given

    def _only(self, fields: Mapping[str, Any], known: frozenset[str], line: int) -> None:
        for field in sorted(fields.keys() - known):
            self._refuse(f"there is no field {field}; known are {', '.join(sorted(known))}", line)

    def _check_table(self, table: str, line: int) -> None:
        if table not in self._tables:
            self._refuse(f"the data set has no table {table}", line)

    def _check_column(self, table: str, column: str, line: int) -> None:
        if column not in self._tables[table]:
            self._refuse(f"the table {table} has no column {column}", line)

    def _lines_of(self, header: str) -> list[int]:
        lines = self._text.splitlines()
        return [number for number, line in enumerate(lines, start=1) if line.strip().startswith(header)]

    def _line_of(self, field: str) -> int:
        for header in (f"[{field}]", f"[[{field}]]", field):
            if found := self._lines_of(header):
                return found[0]
        return 1

    def _refuse(self, cause: str, line: int = 1) -> NoReturn:
        raise InvalidInputError(cause=f"{self._label} line {line}: {cause}", cure=_CURE) from None


def _count(dictionary: Dictionary, attribute: str) -> int:
    return sum(1 for each in dictionary.strata if each.attribute == attribute)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: str | bool | list[str] | dict[str, str]) -> str:  # noqa: FBT001 - a TOML value
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dict():
            return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }" if value else "{}"
