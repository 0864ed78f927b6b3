"""The vectors of a case: what the orders of a pack must bar; the pack's own vectors are in `decisions`.

`run_vectors` asks the orders of a pack alone, so it says what an order bars and nothing else: "not barred" is never
"permitted". Ambiguity resolves to the bar (`fail_closed`).
"""

from collections.abc import Mapping
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
DEFAULT_VECTORS: Final = Path("vectors") / "california-v-hhs.yaml"

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


def default_vectors(pack: Pack) -> Path:
    """The vectors file that comes with a pack."""
    return pack.root / DEFAULT_VECTORS


def read_vectors(path: Path) -> dict[str, Any]:
    """Read a vectors file (YAML). Raises NotFoundError, InvalidInputError: no such file, not YAML, not a mapping."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(cause=f"there is no vectors file {path}", cure="check the path") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInputError(cause=f"{path} is not a YAML file", cure="see vectors/ of the pack") from error
    if not isinstance(document, dict):
        raise InvalidInputError(cause=f"{path} holds no `vectors`", cure="see vectors/ of the pack")
    return document


def run_vectors(pack: Pack, document: Mapping[str, Any]) -> VectorReport:
    """Ask the orders of a pack about each vector and compare with its `fail_closed`.

    A stratum or state that the pack does not know counts as unknown, a field that it does not know as none that an
    order excepts. Raises InvalidInputError: a vector that is not well formed, by its id.
    """
    vectors = document.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise InvalidInputError(cause="the file holds no list of `vectors`", cure="see vectors/ of the pack")
    return VectorReport(results=tuple(_run(pack, each, number) for number, each in enumerate(vectors, start=1)))


def _run(pack: Pack, vector: Any, number: int) -> VectorResult:  # noqa: ANN401 - raw YAML
    if not isinstance(vector, dict) or not isinstance(vector.get("id"), str):
        raise InvalidInputError(cause=f"vector number {number} has no id", cure="give each vector an id")
    name = vector["id"]
    words = {each: _word(vector, each, name) for each in _WORDS}
    expected = _word(vector, "fail_closed", name)
    if expected not in {BARRED, NOT_BARRED}:
        raise InvalidInputError(cause=f"vector {name}: fail_closed must be {BARRED} or {NOT_BARRED}", cure="correct it")
    hits = bars(pack, words, day=day_of(vector, name))
    return VectorResult(id=name, expected=expected, got=BARRED if hits else NOT_BARRED, rules=hits)


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
