"""The naive answer: one row after the other, in plain Python, from the matrix itself. It shares no code with the engine.

Rows are dictionaries with `_modicum_person` and `_modicum_stratum`; a world is a mapping from table to rows.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modicum.model.dataset import Column
from modicum.model.decision import Decision, Verdict
from modicum.model.forms import Form
from modicum.model.request import Operator, Request

Row = dict[str, Any]
World = Mapping[str, Sequence[Row]]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


class Oracle:
    def __init__(
        self,
        world: World,
        person_keys: Sequence[str],
        request: Request,
        decision: Decision,
        form: Form,
        transformations: Mapping[tuple[Form, str], str],
        zip3_population: Mapping[str, int],
        key: bytes,
    ) -> None:
        self.world, self.person_keys, self.request = world, person_keys, request
        self.decision, self.form, self.transformations = decision, form, transformations
        self.zip3_population, self.key = zip3_population, key

    def column(self, name: str) -> Column:
        for column in self.decision.columns:
            if name == f"{column.table}.{column.name}":
                return column
        return next(column for column in self.decision.columns if column.name == name)

    def may(self, column: Column, stratum: int) -> bool:
        place = self.decision.columns.index(column)
        treatment = self.transformations.get((self.form, column.data_class or ""), "drop")
        return treatment != "drop" and self.decision.cell(stratum, place, self.form).verdict is Verdict.PERMITTED

    def looked_at(self, table: str, choosing: Sequence[Column]) -> list[Row]:
        return [
            row
            for row in self.world[table]
            if row["_modicum_person"] is not None and all(self.may(each, row["_modicum_stratum"]) for each in choosing)
        ]

    def population(self, table: str, choosing: Sequence[Column]) -> list[Row]:
        rows = self.looked_at(table, choosing)
        for condition in self.request.population.where:
            column = self.column(condition.column)
            if column.table == table:
                rows = [
                    row for row in rows if meets(row[column.name], column.kind, condition.operator, condition.values)
                ]
            else:
                people = set()
                for other in self.looked_at(column.table, choosing):
                    if meets(other[column.name], column.kind, condition.operator, condition.values):
                        people.add(other["_modicum_person"])
                rows = [row for row in rows if row["_modicum_person"] in people]
        return rows

    def records(self) -> dict[str, list[tuple[Any, ...]]]:
        choosing = [self.column(each.column) for each in self.request.population.where]
        strata = range(len(self.decision.strata))
        open_strata = [s for s in strata if all(self.may(each, s) for each in choosing)]
        columns = list(dict.fromkeys(self.column(name) for name in self.request.columns))
        columns = [column for column in columns if any(self.may(column, s) for s in open_strata)]
        files: dict[str, list[tuple[Any, ...]]] = {}
        for table in dict.fromkeys(column.table for column in columns):
            mine = [column for column in columns if column.table == table]
            files[table] = []
            for row in self.population(table, choosing):
                if not any(self.may(column, row["_modicum_stratum"]) for column in mine):
                    continue
                cells = [
                    self.treat(row[column.name], column) if self.may(column, row["_modicum_stratum"]) else None
                    for column in mine
                ]
                if self.form is Form.PSEUDONYMISED:
                    cells.insert(0, self.pseudonym("person", self.person_keys[row["_modicum_person"]]))
                files[table].append(tuple(cells))
        return files

    def persons(self) -> set[int]:
        choosing = [self.column(each.column) for each in self.request.population.where]
        columns = list(dict.fromkeys(self.column(name) for name in self.request.columns))
        return {
            row["_modicum_person"]
            for table in {column.table for column in columns}
            for row in self.population(table, choosing)
            if any(column.table == table and self.may(column, row["_modicum_stratum"]) for column in columns)
        }

    def statistics(self) -> tuple[dict[tuple[Any, ...], tuple[int, list[tuple[Decimal, int]]]], int]:
        """Exact: for each group the people and (sum, people with a part in it) of each sum; and all people."""
        question = self.request.question
        by = [self.column(name) for name in question.by]
        sums = [self.column(name) for name in question.sums]
        where = [self.column(each.column) for each in self.request.population.where]
        asked = [self.column(name) for name in self.request.columns]
        used = by + sums + where or asked
        base = (by + asked + where + sums)[0].table
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        rows = self.population(base, used)
        for row in rows:
            groups[tuple(self.treat(row[column.name], column) for column in by)].append(row)
        found = {}
        for key, members in groups.items():
            people = {row["_modicum_person"] for row in members}
            figures = []
            for column in sums:
                lines = members if column.table == base else self.population(column.table, used)
                held: dict[int, Decimal] = defaultdict(Decimal)
                for line in lines:
                    value = number(line[column.name])
                    if line["_modicum_person"] in people and value is not None:
                        held[line["_modicum_person"]] += value
                figures.append((sum(held.values(), Decimal(0)), sum(own != 0 for own in held.values())))
            found[key] = (len(people), figures)
        return found, len({row["_modicum_person"] for row in rows})

    def treat(self, value: Any, column: Column) -> Any:
        treatment = self.transformations[self.form, column.data_class or ""]
        if value is None or treatment == "keep":
            return value
        if treatment == "year":
            day = iso(value)
            if day is None:
                return None
            as_of = self.decision.as_of
            edge = as_of.year - 90
            parts = tuple(int(part) for part in day.split("-"))
            return f"{edge} or earlier" if parts <= (edge, as_of.month, as_of.day) else day[:4]
        if treatment == "zip3":
            text = str(value).rjust(5, "0") if isinstance(value, int) else str(value)
            if not re.fullmatch(r"[0-9]{5}|[0-9]{9}|[0-9]{5}-[0-9]{4}", text):
                return None
            return text[:3] if self.zip3_population.get(text[:3], 0) > 20_000 else "000"
        return self.pseudonym(str(column.data_class), str(value))

    def pseudonym(self, data_class: str, words: str) -> str:
        info = b"modicum pseudonym class v1|" + data_class.encode()
        mac = CMAC(AES256(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self.key)))
        mac.update(words.encode())
        return mac.finalize().hex()


def meets(value: Any, kind: str, operator: Operator, bounds: Sequence[str]) -> bool:
    if value is None:
        return False
    if kind == "date":
        mine, theirs = iso(value), [str(iso(bound)) for bound in bounds]
        return mine is not None and compare(mine, operator, theirs)
    if operator in {Operator.EQ, Operator.NE, Operator.IN}:
        return compare(str(value), operator, list(bounds))
    found = number(value)
    return found is not None and compare(found, operator, [number(bound) for bound in bounds])


def compare(mine: Any, operator: Operator, theirs: Sequence[Any]) -> bool:
    if operator is Operator.IN:
        return mine in theirs
    first = theirs[0]
    return {
        Operator.EQ: mine == first,
        Operator.NE: mine != first,
        Operator.LT: mine < first,
        Operator.LE: mine <= first,
        Operator.GT: mine > first,
        Operator.GE: mine >= first,
    }[operator]


def iso(value: Any) -> str | None:
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = str(value)
    if found := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})([T ][0-9:.Z+-]*)?", text):
        year, month, day = found.group(1, 2, 3)
    elif found := re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", text):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"([0-9]{2})-?([A-Za-z]{3})-?([0-9]{4})", text):
        day, name, year = found.groups()
        if name.upper() not in MONTHS:
            return None
        month = f"{MONTHS.index(name.upper()) + 1:02d}"
    else:
        return None
    return f"{year}-{month}-{day}" if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else None


def number(value: Any) -> Decimal | None:
    if value is None:
        return None
    text = str(value).strip(" \t\n\r\v\f")
    if not re.fullmatch(r"[+-]?[0-9]{1,30}(\.[0-9]{0,20})?", text):
        return None
    with localcontext(prec=80):
        return Decimal(text).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
