"""Rows and columns of a decision, put together where the law says the same of them, and only there.

A block of strata is a product: one set of values per row attribute. Every stratum is in one block, and all strata of a
block have the same verdicts, citations and missing facts in every column. So a collapsed matrix says neither more nor
less than the whole one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from modicum.model.dataset import Column
from modicum.model.decision import Cell, Decision
from modicum.model.forms import Form

_ORDER: Final = ("origin_state", "immigration", "enrolment_role", "part2")

Values: TypeAlias = tuple[str, ...]
Signature: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Strata with the same cells: per attribute the values it spans (None: every value that occurs), in index order."""

    values: Mapping[str, Values | None]
    strata: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Columns of one data class with the same cells in every stratum."""

    data_class: str | None
    columns: tuple[int, ...]


def attributes_of(decision: Decision, first: str | None = None) -> tuple[str, ...]:
    """The row attributes that occur, the one to keep apart first, then as people read them."""
    found = {name for stratum in decision.strata for name, _ in stratum}
    ranked = sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    return tuple(sorted(ranked, key=lambda name: name != first))


def blocks(decision: Decision, form: Form, *, keep_apart: str | None = None) -> list[Block]:
    """The fewest products we find that cover all strata, in order of their first stratum.

    keep_apart: an attribute whose values never share a block.
    """
    attributes = attributes_of(decision, keep_apart)
    strata = [tuple(dict(stratum).get(name, "") for name in attributes) for stratum in decision.strata]
    alike: dict[Signature, list[int]] = {}
    for index, signature in enumerate(signatures(decision, form)):
        alike.setdefault(signature, []).append(index)
    found = [
        _block(product, members, strata, attributes)
        for members in alike.values()
        for product in _products({strata[index] for index in members}, apart=keep_apart in attributes)
    ]
    return sorted(found, key=lambda block: block.strata[0])


def signatures(decision: Decision, form: Form) -> list[Signature]:
    """Per stratum what the form's cells come to, column by column; equal numbers mean equal cells."""
    wide, deep = len(decision.columns), len(decision.forms)
    offset = decision.forms.index(form)
    kind: dict[tuple[object, ...], int] = {}
    meaning = [kind.setdefault((c.verdict, c.because, c.missing), len(kind)) for c in decision.classes]
    return [
        tuple(meaning[int(each)] for each in decision.cells[s * wide * deep + offset : (s + 1) * wide * deep : deep])
        for s in range(len(decision.strata))
    ]


def piles(decision: Decision, form: Form, *, together: bool) -> list[Pile]:
    """The columns in order; `together` puts those of one data class that never differ into one pile."""
    if not together:
        return [Pile(data_class=column.data_class, columns=(i,)) for i, column in enumerate(decision.columns)]
    rows = signatures(decision, form)
    alike: dict[tuple[str | None, Signature], list[int]] = {}
    for index, column in enumerate(decision.columns):
        alike.setdefault((column.data_class, tuple(row[index] for row in rows)), []).append(index)
    return [Pile(data_class=data_class, columns=tuple(members)) for (data_class, _), members in alike.items()]


def at(decision: Decision, block: Block, pile: Pile, form: Form) -> Cell:
    """The cell that a block and a pile have in common."""
    return decision.cell(block.strata[0], pile.columns[0], form)


def short_names(columns: Sequence[Column]) -> list[str]:
    """Column names without their table where that is enough to tell them apart."""
    bare = [column.name for column in columns]
    return [column.name if bare.count(column.name) == 1 else column.qualified for column in columns]


def _products(given: Iterable[Values], *, apart: bool) -> list[tuple[Values, ...]]:
    """Cover a set of tuples exactly with products of value sets."""
    rests: dict[str, set[Values]] = {}
    for values in given:
        if not values:
            return [()]
        rests.setdefault(values[0], set()).add(values[1:])
    heads: dict[tuple[frozenset[Values], str], list[str]] = {}
    for value, rest in sorted(rests.items()):
        heads.setdefault((frozenset(rest), value if apart else ""), []).append(value)
    return [(tuple(head), *tail) for (rest, _), head in heads.items() for tail in _products(sorted(rest), apart=False)]


def _block(
    product: tuple[Values, ...], members: Sequence[int], strata: Sequence[Values], attributes: Sequence[str]
) -> Block:
    sets = [frozenset(values) for values in product]
    inside = [index for index in members if all(value in held for value, held in zip(strata[index], sets, strict=True))]
    values: dict[str, Values | None] = {}
    within = list(strata)
    for place, name in enumerate(attributes):
        occurring = {stratum[place] for stratum in within}
        values[name] = None if occurring == sets[place] and len(occurring) > 1 else product[place]
        within = [stratum for stratum in within if stratum[place] in sets[place]]
    return Block(values=values, strata=tuple(inside))
