"""The vectors of a case: what the orders of a pack must bar; the pack's own vectors are in `decisions`.

`run_vectors` asks the orders of a pack alone, so it says what an order bars and nothing else: "not barred" is never
"permitted". Ambiguity resolves to the bar (`fail_closed`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from modicum.law.cedar import DISCLOSE, Truth
from modicum.law.packs import Pack
from modicum.law.tables import tables
from modicum.model.dataset import UNKNOWN
from modicum.model.decision import Basis
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.forms import Form

BARRED: Final = "barred"
NOT_BARRED: Final = "not_barred"

_WORDS: Final = ("origin_state", "action", "discloser", "recipient", "purpose", "person_stratum", "field")


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorResult:
    """One vector: what it demands, what the orders say, and which of their rules say so."""

    id: str
    expected: str
    got: str
    rules: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the pack reproduces it."""
        return self.expected == self.got


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorReport:
    """All vectors of a file, and those in which the pack differs."""

    results: tuple[VectorResult, ...]

    @property
    def differing(self) -> tuple[VectorResult, ...]:
        """Vectors that the pack does not reproduce."""
        return tuple(each for each in self.results if not each.agrees)


class _TwiceError(yaml.YAMLError):
    """A key stands twice; the message says which and where."""


class _Strict(yaml.SafeLoader):
    """YAML as data alone, in which no key stands twice: the second would hide the first without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Refuse a key that stands twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise _TwiceError(f"the key {key} stands twice in what begins at line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def read_vectors(path: Path) -> dict[str, Any]:
    """Read a vectors file (YAML). Raises NotFoundError, InvalidInputError: no such file, not YAML, not a mapping."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506 - it is a SafeLoader
    except FileNotFoundError as error:
        raise NotFoundError(cause=f"there is no vectors file {path}", cure="check the path") from error
    except _TwiceError as error:
        raise InvalidInputError(cause=f"{path}: {error}", cure="keep one of them") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInputError(cause=f"{path} is not a YAML file", cure="see vectors/ of the pack") from error
    if not isinstance(document, dict):
        raise InvalidInputError(cause=f"{path} holds no `vectors`", cure="see vectors/ of the pack")
    return document


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVector:
    """One vector of a case: a cell in the case's own words, a day, and whether the orders must bar it."""

    id: str
    words: Mapping[str, str]
    day: date
    barred: bool


def read_case(document: Mapping[str, Any]) -> tuple[CaseVector, ...]:
    """Read a document of `vectors`. Raises InvalidInputError: one that is not well formed, by its id."""
    vectors = document.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise InvalidInputError(cause="the file holds no list of `vectors`", cure="see vectors/ of the pack")
    return tuple(_read(each, number) for number, each in enumerate(vectors, start=1))


def run_vectors(pack: Pack, document: Mapping[str, Any]) -> VectorReport:
    """Ask the orders of a pack about each vector and compare with its `fail_closed`.

    A stratum or state that the pack does not know counts as unknown, a field that it does not know as none that an
    order excepts. Raises InvalidInputError: a vector that is not well formed, by its id.
    """
    return VectorReport(results=run_case(pack, read_case(document)))


def run_case(pack: Pack, vectors: Sequence[CaseVector]) -> tuple[VectorResult, ...]:
    """What the orders of a pack say of each vector."""
    return tuple(_run(pack, each) for each in vectors)


def _run(pack: Pack, vector: CaseVector) -> VectorResult:
    hits = bars(pack, vector.words, day=vector.day)
    expected, got = (BARRED if barred else NOT_BARRED for barred in (vector.barred, bool(hits)))
    return VectorResult(id=vector.id, expected=expected, got=got, rules=hits)


def _read(vector: Any, number: int) -> CaseVector:  # noqa: ANN401 - raw YAML
    if not isinstance(vector, dict) or not isinstance(vector.get("id"), str):
        raise InvalidInputError(cause=f"vector number {number} has no id", cure="give each vector an id")
    name = vector["id"]
    words = {each: _word(vector, each, name) for each in _WORDS}
    expected = _word(vector, "fail_closed", name)
    if expected not in {BARRED, NOT_BARRED}:
        raise InvalidInputError(cause=f"vector {name}: fail_closed must be {BARRED} or {NOT_BARRED}", cure="correct it")
    return CaseVector(id=name, words=words, day=day_of(vector, name), barred=expected == BARRED)


def bars(pack: Pack, words: Mapping[str, str], *, day: date) -> tuple[str, ...]:
    """Ids of the orders' rules that bar a cell on a day; an error in one of them bars too."""
    constants: dict[str, str | bool] = {
        "named_persons": False,
        **{name: words[name] for name in ("action", "discloser", "recipient", "purpose")},
    }
    cell = {"origin_state": words["origin_state"], "immigration": words["person_stratum"]}
    cell = {name: value if value in pack.attributes.get(name, ()) else UNKNOWN for name, value in cell.items()}
    known = words["field"] if words["field"] in pack.vocabulary.classes else None
    found = []
    for body in (body for body in pack.bodies if body.basis is Basis.ORDER):
        for table in tables(body.of(DISCLOSE, effect="forbid", day=day), constants):
            given = {**cell, "data_class": known, "form": str(Form.IDENTIFIED)}
            parts = tuple(table.part(name, given.get(name)) for name in table.attributes)
            if table.truth(table.row(parts), frozenset()) is not Truth.FAILS:
                found.append(table.policy.id)
    return tuple(found)


def _word(vector: Mapping[str, Any], field: str, name: str) -> str:
    value = vector.get(field)
    if not isinstance(value, str) or not value:
        raise InvalidInputError(cause=f"vector {name}: {field} is missing or no text", cure="see vectors/ of the pack")
    return value


def day_of(vector: Mapping[str, Any], name: str) -> date:
    """The day of a vector, which YAML gives as a date, a moment or text. Raises InvalidInputError: none of these."""
    value = vector.get("date")
    try:
        if isinstance(value, datetime):  # YAML reads `2026-01-06 00:00:00` as a moment: its day counts
            return value.date()
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidInputError(cause=f"vector {name}: date is no date (YYYY-MM-DD)", cure="correct it") from error
