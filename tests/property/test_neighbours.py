"""A sample of the neighbour tests (`tests/prove/neighbours.py`), and what they say of builds that are broken on purpose."""

import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "prove"))

import neighbours

from modicum.answer import aggregates, private_answer, sensitivity
from modicum.answer.figures import with_upper
from modicum.answer.questions import PrivateQuestion

PAIRS = 100


@pytest.mark.parametrize("kind", neighbours.KINDS)
def test_no_person_changes_more_than_is_declared(kind: str) -> None:
    found = neighbours.run(PAIRS, kinds=[kind])
    assert found["wrong"] == []
    assert found["pairs"][kind] >= PAIRS
    assert found["used"][kind]["Linf"] > 0.5, "nobody came near the bound, so the test shows nothing"


def _unclamped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "contributed", lambda value, *_: value.fill_null(0))
    monkeypatch.setattr(aggregates, "scaled_down", lambda total, *_, **__: total)


def _all_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "first_of_each", lambda members, **_: members)


def _one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = sensitivity.binned
    monkeypatch.setattr(sensitivity, "binned", lambda groups, **more: replace(declared(groups, **more), cells=1))
    monkeypatch.setattr(sensitivity, "persons", lambda groups: sensitivity.Sensitivity(cells=min(groups, 1), most=1))


def _one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rows", "total", "centred"):
        _with_one_row(monkeypatch, name, getattr(sensitivity, name))


def _with_one_row(monkeypatch: pytest.MonkeyPatch, name: str, declared: Callable[..., Any]) -> None:
    monkeypatch.setattr(sensitivity, name, lambda groups, **more: declared(groups, **{**more, "max_rows": 1}))


def _far_side(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = sensitivity.total
    monkeypatch.setattr(sensitivity, "total", lambda groups, **more: declared(groups, **{**more, "lower": 0}))


def _present_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = private_answer.drawn

    def of_those_present(question: Any, exact: Any, draws: Any) -> Any:
        present = {key for each in exact for key in each}
        rows = answered(question, exact, draws)
        return [row for row in rows if tuple(part["value"] for part in row["group"]) in present]

    monkeypatch.setattr(private_answer, "drawn", of_those_present)


def _a_third_of_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = private_answer.checked_scale
    monkeypatch.setattr(private_answer, "checked_scale", lambda *given: declared(*given) / 3)


def _half_the_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = private_answer.price

    def halved(question: Any) -> Any:
        found = declared(question)
        return replace(found, charge=replace(found.charge, rho=found.charge.rho / Decimal(2)))

    monkeypatch.setattr(private_answer, "price", halved)


def _unmetered(monkeypatch: pytest.MonkeyPatch) -> None:
    def scale(draws: Any, figure: Any) -> float:
        return private_answer.checked_scale(draws.question, figure.sensitivity, draws.cost)

    monkeypatch.setattr(private_answer.Draws, "_share_of", scale)


def _searches_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PrivateQuestion, "shares", property(lambda question: len(question.figures)))


def _searches_unmetered(monkeypatch: pytest.MonkeyPatch) -> None:
    _searches_for_nothing(monkeypatch)
    _unmetered(monkeypatch)


def _a_bound_for_each_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it once was: equal figures were paid for once, and bounded, made and drawn for each measure."""

    def each_its_own(question: PrivateQuestion, uppers: Any) -> PrivateQuestion:
        figures: list[Any] = []
        told = []
        for place, each in enumerate(question.told):
            first = len(figures)
            for figure in (question.figures[at] for at in each.figures):
                upper = uppers[figure.search] * 2**place if figure.search else figure.upper
                limited = {"groups": question.groups, "max_rows": question.max_rows}
                figures.append(with_upper(figure, upper, **limited) if figure.search else figure)
            told.append(replace(each, figures=tuple(range(first, len(figures)))))
        return replace(question, figures=tuple(figures), told=tuple(told))

    monkeypatch.setattr(PrivateQuestion, "with_bounds", each_its_own)


def _a_bound_for_each_unmetered(monkeypatch: pytest.MonkeyPatch) -> None:
    _a_bound_for_each_measure(monkeypatch)
    _unmetered(monkeypatch)


BROKEN = {
    "no clamp": (_unclamped, ["sum", "rows"]),
    "no bound on groups": (_all_groups, ["persons"]),
    "too few cells": (_one_cell, ["persons", "quantiles"]),
    "rows forgotten": (_one_row, ["rows", "mean"]),
    "the lower bound forgotten": (_far_side, ["sum"]),
    "groups by presence": (_present_groups, ["persons"]),
    "a third of the noise": (_a_third_of_the_noise, ["persons"]),
    "half the charge": (_half_the_charge, ["persons"]),
    "searches that cost nothing": (_searches_for_nothing, ["chosen bounds"]),
    "searches that cost nothing, unmetered": (_searches_unmetered, ["chosen bounds", "all at once"]),
    "a bound for each measure": (_a_bound_for_each_measure, ["sum twice, private", "mean twice, private"]),
    "a bound for each measure, unmetered": (_a_bound_for_each_unmetered, ["sum twice, private", "mean twice, private"]),
}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (_, kinds) in BROKEN.items() for kind in kinds])
def test_a_build_without_one_of_its_bounds_is_caught(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[name][0](monkeypatch)
    assert neighbours.run(1000, kinds=[kind], until_wrong=True)["wrong"]
