"""From the lines of a case to the persons in its answer: which columns a list looks into, whom it found, what is told.

The asker is told of each line whether it was answered. Why one was not (nobody fits, several do, the law withholds all
of their rows) stays in counts for the custodian's reviewers, `lines/RELEASE.json`: which of them is a fact about a
person.
"""

import csv
import io
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modicum.answer.named import Found, Identifier, find_persons
from modicum.custody.engine import Engine
from modicum.gateway.deciding import Decided
from modicum.gateway.named import SEALED, Named, line_rules
from modicum.law.line_rules import Field
from modicum.model.errors import InvalidInputError

OUTCOME_SCHEMA: Final = "modicum.lines-outcome/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of every line of a list: told to the asker by line, to reviewers in counts."""

    told: tuple[tuple[int, str], ...] = field(repr=False)
    counts: dict[str, int]

    def as_csv(self) -> bytes:
        """Line and outcome, for the package: `answered`, `not answered` or `refused`."""
        made = io.StringIO()
        writer = csv.writer(made, lineterminator="\n")
        writer.writerow(("line", "outcome"))
        writer.writerows(self.told)
        return made.getvalue().encode()

    def as_document(self) -> dict[str, Any]:
        """The reviewers' counts (docs/reference/schemas/lines-outcome.json)."""
        return {"schema": OUTCOME_SCHEMA, **self.counts}


def outcome_path(release: str) -> str:
    """Where the reviewers' counts of a release stand in the home."""
    return f"{SEALED}/{release}.json"


def identifiers_of(decided: Decided, named: Named) -> tuple[Identifier, ...]:
    """The identifying fields that the lines fill, each with the columns asked for that hold the same.

    A column that chooses people tells that they hold what it was compared with, so the law must have decided on it.
    Raises InvalidInputError: no such column is asked for.
    """
    rules = line_rules(decided.pack)
    used = [
        each
        for each in rules.fields.values()
        if each.data_class is not None and any(line.text(each.name) for line in named.lines)
    ]
    return tuple(_identifier(decided, each) for each in used)


def find(engine: Engine, decided: Decided, named: Named) -> Found:
    """Find the persons of the lines that go on."""
    anchors = line_rules(decided.pack).identifiers
    return find_persons(engine, named.lines, identifiers=identifiers_of(decided, named), anchors=anchors)


def outcome_of(named: Named, found: Found, persons: NDArray[np.bool_]) -> Outcome:
    """What became of each line, given whose rows are in the answer."""
    going = {line.number for line in named.lines}
    answered = {line for line, person in found.by_line.items() if persons[person]}
    told = tuple(
        (
            each.number,
            "refused" if each.number not in going else "answered" if each.number in answered else "not answered",
        )
        for each in named.report.lines
    )
    counts = {
        "lines": len(told),
        "refused": len(told) - len(going),
        "answered": len(answered),
        "not_found": found.not_found,
        "ambiguous": found.ambiguous,
        "withheld": len(found.by_line) - len(answered),
    }
    return Outcome(told=told, counts=counts)


def _identifier(decided: Decided, wanted: Field) -> Identifier:
    columns = tuple(
        each
        for each in decided.decision.columns
        if each.data_class == wanted.data_class and (not wanted.elements or each.element in wanted.elements)
    )
    if not columns:
        raise InvalidInputError(
            cause=f"the list identifies people by {wanted.name}, and no column that holds it is asked for",
            cure=f"ask for such a column (class {wanted.data_class}), so that the law decides on it, or leave it out",
        )
    held = wanted.data_class or ""
    return Identifier(field=wanted.name, data_class=held, columns=columns, dated=held in decided.pack.traits.dated)
