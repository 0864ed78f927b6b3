"""Exact figures of questions with noise against a naive reading of the same rows: one person after the other, in Python."""

import math
import random
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from oracle import iso, meets, number

sys.path.insert(0, str(Path(__file__).parents[1] / "prove"))

import neighbours

from modicum.answer import aggregates
from modicum.answer.axes import Axis
from modicum.answer.figures import Counted, Figure
from modicum.answer.questions import PrivateQuestion
from modicum.model.statistics import Shape

QUESTIONS = 3


def key(row: dict[str, Any], axis: Axis) -> Any:
    """The group of a row as it is ordered: a whole number, or a text; None for no known group."""
    found = value_of(row, axis)
    if axis.listed is None or found is None:
        return found
    return list(axis.listed).index(found)


def value_of(row: dict[str, Any], axis: Axis) -> Any:
    value, made = row[axis.planned.column.name], axis.grouping
    if axis.shape in {Shape.AGE_BAND, Shape.YEAR}:
        day = None if value is None else iso(value)
        if day is None:
            return None
        edge = axis.as_of.year - 90
        year = edge if day <= f"{edge:04d}-{axis.as_of:%m-%d}" else int(day[:4])
        if axis.shape is Shape.YEAR:
            first, last = made.first or 0, made.last or 0
            return year if first <= year <= last or (year == edge and first <= edge) else None
        age = axis.as_of.year - year
        return None if age < 0 else min(age, made.last or 90) // (made.width or 10)
    if axis.shape is Shape.RANGE:
        found = units(value, axis.digits)
        edges = [int(Decimal(each).scaleb(axis.digits)) for each in made.edges or ()]
        return bin_in(found, edges)
    words = "" if value is None else str(value)
    if axis.planned.column.data_class in {"dob", "service_dates"}:
        raise AssertionError("dates are grouped by year")
    words = words[: made.length] if axis.shape is Shape.PREFIX else words
    return None if words == "" or (axis.domain is not None and words not in axis.domain) else words


def bin_in(found: int | None, edges: list[int]) -> int | None:
    places = pairwise(edges)
    return next((place for place, (low, high) in enumerate(places) if found is not None and low <= found < high), None)


def units(value: Any, digits: int) -> int | None:
    read = number(value)
    if read is None or abs(read) >= Decimal(10) ** (32):
        return None
    with localcontext(prec=80):
        whole = read.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP).scaleb(digits)
    return int(whole) if abs(whole) < Decimal(10) ** 18 else None


def people(question: PrivateQuestion, rows: neighbours.Rows) -> list[int]:
    """Those who meet each condition with a row of its table."""
    found = set(range(neighbours.PERSONS))
    for each in question.plan.conditions:
        found &= {row["_modicum_person"] for row in rows[each.column.table] if _meets(row, each)}
    return sorted(found)


def _meets(row: dict[str, Any], bound: Any) -> bool:
    return meets(row[bound.column.name], bound.column.kind, bound.operator, bound.values)


def theirs(question: PrivateQuestion, rows: neighbours.Rows, table: str, person: int) -> list[dict[str, Any]]:
    here = [each for each in question.plan.conditions if each.column.table == table]
    return [row for row in rows[table] if row["_modicum_person"] == person and all(_meets(row, each) for each in here)]


def expected(question: PrivateQuestion, rows: neighbours.Rows) -> list[dict[Any, list[int]]]:
    found: list[dict[Any, list[int]]] = [defaultdict(list) for _ in question.figures]
    for person in people(question, rows):
        own: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in theirs(question, rows, question.plan.base or "", person):
            own[tuple(key(row, axis) for axis in question.axes)].append(row)
        ordered = sorted(own, key=lambda group: [(part is not None, part if part is not None else 0) for part in group])
        for group in ordered[: question.groups]:
            name = tuple(axis.group(part) for axis, part in zip(question.axes, group, strict=True))
            for place, figure in enumerate(question.figures):
                given = contribution(question, figure, own[group], rows, person)
                held = found[place].setdefault(name, [0] * figure.bins)
                found[place][name] = [one + two for one, two in zip(held, given, strict=True)]
    return found


def contribution(  # noqa: PLR0911 - one for each kind of figure
    question: PrivateQuestion, figure: Figure, own: list[dict[str, Any]], rows: neighbours.Rows, person: int
) -> list[int]:
    most, table = question.max_rows, aggregates.table_of(figure)
    looked = own if table in {None, question.plan.base} else theirs(question, rows, table or "", person)
    values = [] if figure.column is None else [units(row[figure.column.name], figure.digits) for row in looked]
    held = [each for each in values if each is not None]
    match figure.counted:
        case Counted.PERSONS:
            return [1]
        case Counted.ROWS:
            return [min(len(own), most)]
        case Counted.TESTED:
            return [int(any(_meets(row, figure.test) for row in looked))]
        case Counted.VALUES:
            return [min(len(held), most)]
        case Counted.TOTAL:
            total = sum(min(max(each, figure.lower), figure.upper) for each in held)
            return [min(max(total, most * min(figure.lower, 0)), most * max(figure.upper, 0))]
        case Counted.CENTRED:
            middle = (figure.lower + figure.upper) // 2
            total = sum(min(max(each, figure.lower), figure.upper) - middle for each in held)
            if len(held) <= most:
                return [total]
            share = total * most / len(held)
            return [math.floor(abs(share) + 0.5) * (1 if share >= 0 else -1)]
        case _:
            edges = list(figure.edges)
            places = {bin_in(min(max(each, edges[0]), edges[-1] - 1), edges) for each in held}
            kept = sorted(place for place in places if place is not None)[: min(most, figure.bins)]
            return [int(place in kept) for place in range(figure.bins)]


def nonzero(figures: list[dict[Any, list[int]]]) -> list[dict[Any, list[int]]]:
    return [{group: each for group, each in figure.items() if any(each)} for figure in figures]


@pytest.mark.parametrize("kind", neighbours.KINDS)
def test_the_engine_computes_what_the_rows_say(kind: str) -> None:
    chance = random.Random(f"oracle {kind}")
    with neighbours.held() as engine:
        for _ in range(QUESTIONS):
            question, rows = neighbours.apart(neighbours.asked(chance, kind)), neighbours.population(chance)
            engine.hold(rows)
            answers = [engine.engine.arrow(each).to_pylist() for each in aggregates.queries(engine, question)]
            assert nonzero(aggregates.collected(question, answers)) == nonzero(expected(question, rows))


@pytest.mark.parametrize("kind", neighbours.KINDS)
def test_nothing_in_a_question_is_of_one_engine_alone(kind: str) -> None:
    import ibis

    chance = random.Random(f"spark {kind}")
    with neighbours.held() as engine:
        question = neighbours.asked(chance, kind)
        engine.hold(neighbours.population(chance))
        for each in aggregates.queries(engine, question):
            assert "_modicum_person" in ibis.to_sql(each, dialect="pyspark")
