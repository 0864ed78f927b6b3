"""Rows and columns of a decision, put together where the law says the same of them, and only there.

A block of strata is a box: one set of values per row attribute, and all strata that occur within it. Every stratum is
in one block. In a picture the strata of a block have the same verdict, missing facts and kinds of rule in every column;
`exact` asks for the same citations too. So a collapsed matrix says neither more nor less than the whole one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final, TypeAlias

from modicum.model.dataset import Column
from modicum.model.decision import Basis, Because, Cell, Decision, Verdict
from modicum.model.forms import Form

_ORDER: Final = ("origin_state", "immigration", "enrolment_role", "part2")
_JOIN_UP_TO: Final = 300
"""Products beyond which no pairs are tried: trying all would take longer than a reader waits."""

Values: TypeAlias = tuple[str, ...]
Signature: TypeAlias = tuple[int, ...]
Box: TypeAlias = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Strata with like cells: per attribute the values it spans (None: every value that occurs), in index order.

    but: per attribute the values that occur beside the spanned ones and are left out. box: whether all strata within
    these values are in the block; where not, they are so many that only their number is told.
    """

    values: Mapping[str, Values | None]
    but: Mapping[str, Values]
    strata: tuple[int, ...]
    box: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Columns of one data class with like cells in every stratum."""

    data_class: str | None
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the cells of a block and a pile have in common, and all rules that any of them cites, orders first."""

    verdict: Verdict
    missing: tuple[tuple[str, ...], ...]
    because: tuple[Because, ...]

    @property
    def ordered(self) -> bool:
        """Whether a court order is among the reasons, of every one of the cells."""
        return any(each.basis is Basis.ORDER for each in self.because)


def attributes_of(decision: Decision, first: str | None = None) -> tuple[str, ...]:
    """The row attributes that occur, the one to keep apart first, then as people read them."""
    found = {name for stratum in decision.strata for name, _ in stratum}
    ranked = sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    return tuple(sorted(ranked, key=lambda name: name != first))


def blocks(
    decision: Decision,
    form: Form,
    *,
    keep_apart: str | None = None,
    within: Sequence[int] | None = None,
    exact: bool = False,
) -> list[Block]:
    """The fewest boxes we find that cover all strata (or those `within`), in order of their first stratum.

    keep_apart: an attribute whose values never share a block; blocks of one value follow one another. exact: a block's
    cells have the same citations.
    """
    attributes = attributes_of(decision, keep_apart)
    strata = [tuple(dict(stratum).get(name, "") for name in attributes) for stratum in decision.strata]
    members = range(len(strata)) if within is None else within
    alike: dict[Signature, set[Values]] = {}
    for index, signature in zip(members, signatures(decision, form, within=within, exact=exact), strict=True):
        alike.setdefault(signature, set()).add(strata[index])
    masks = _masks(strata)
    found = [
        _block(box, strata, attributes)
        for given in alike.values()
        for box in _cover(given, masks, apart=keep_apart in attributes)
    ]
    if keep_apart not in attributes:
        return sorted(found, key=lambda block: block.strata[0])
    heads = list(dict.fromkeys(values[0] for values in strata))
    return sorted(found, key=lambda block: (heads.index(strata[block.strata[0]][0]), block.strata[0]))


def alike(decision: Decision, form: Form, *, within: Sequence[int] | None = None, exact: bool = False) -> list[Block]:
    """One block for all strata with like cells, whatever their values: few rows where boxes would be hundreds."""
    members = range(len(decision.strata)) if within is None else within
    found: dict[Signature, list[int]] = {}
    for index, signature in zip(members, signatures(decision, form, within=within, exact=exact), strict=True):
        found.setdefault(signature, []).append(index)
    return [_spanning(decision, strata) for strata in found.values()]


def _spanning(decision: Decision, strata: Sequence[int]) -> Block:
    values: dict[str, Values | None] = {}
    but: dict[str, Values] = {}
    for name in attributes_of(decision):
        occurring = {dict(stratum).get(name, "") for stratum in decision.strata}
        spanned = {dict(decision.strata[index]).get(name, "") for index in strata}
        values[name] = None if occurring == spanned and len(occurring) > 1 else tuple(sorted(spanned))
        but[name] = tuple(sorted(occurring - spanned))
    return Block(values=values, but=but, strata=tuple(strata), box=len(strata) == len(decision.strata))


def signatures(
    decision: Decision, form: Form, *, within: Sequence[int] | None = None, exact: bool = False
) -> list[Signature]:
    """Per stratum what the form's cells come to, column by column; equal numbers mean like cells."""
    wide, deep = len(decision.columns), len(decision.forms)
    offset = decision.forms.index(form)
    kind: dict[tuple[object, ...], int] = {}
    meaning = [
        kind.setdefault((c.verdict, c.because if exact else _bases(c), c.missing), len(kind)) for c in decision.classes
    ]
    return [
        tuple(meaning[int(each)] for each in decision.cells[s * wide * deep + offset : (s + 1) * wide * deep : deep])
        for s in (range(len(decision.strata)) if within is None else within)
    ]


def _bases(cell: Cell) -> frozenset[Basis]:
    return frozenset(each.basis for each in cell.because)


def piles(decision: Decision, form: Form, *, together: bool) -> list[Pile]:
    """The columns in order; `together` puts those of one data class that never differ into one pile."""
    if not together:
        return [Pile(data_class=column.data_class, columns=(i,)) for i, column in enumerate(decision.columns)]
    rows = signatures(decision, form)
    alike: dict[tuple[str | None, Signature], list[int]] = {}
    for index, column in enumerate(decision.columns):
        alike.setdefault((column.data_class, tuple(row[index] for row in rows)), []).append(index)
    return [Pile(data_class=data_class, columns=tuple(members)) for (data_class, _), members in alike.items()]


def at(decision: Decision, block: Block, pile: Pile, form: Form) -> Common:
    """What the cells of a block and a pile have in common."""
    wide, deep, offset = len(decision.columns), len(decision.forms), decision.forms.index(form)
    indexes = {int(decision.cells[(s * wide + c) * deep + offset]) for s in block.strata for c in pile.columns}
    cells = [decision.classes[index] for index in sorted(indexes)]
    rules = {each for cell in cells for each in cell.because}
    return Common(
        verdict=cells[0].verdict,
        missing=cells[0].missing,
        because=tuple(sorted(rules, key=lambda each: (each.basis is not Basis.ORDER, each))),
    )


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


def _masks(strata: Sequence[Values]) -> list[dict[str, int]]:
    """Per attribute and value the strata that have it, as bits."""
    found: list[dict[str, int]] = [{} for _ in range(len(strata[0]) if strata else 0)]
    for index, values in enumerate(strata):
        for held, value in zip(found, values, strict=True):
            held[value] = held.get(value, 0) | 1 << index
    return found


def _cover(given: set[Values], masks: Sequence[Mapping[str, int]], *, apart: bool) -> list[Box]:
    """Cover tuples with boxes that hold no other tuple that occurs; a combination that does not occur is free."""
    products = [tuple(frozenset(values) for values in each) for each in _products(given, apart=apart)]
    waiting = [(box, _inside(box, masks)) for box in products]
    if len(waiting) > _JOIN_UP_TO:
        return [box for box, _ in waiting]
    found: list[tuple[Box, int]] = []
    for whole in _heads_alike(waiting, apart=apart):
        joint = tuple(frozenset().union(*sets) for sets in zip(*(box for box, _ in whole), strict=True))
        together = reduce(or_, (mask for _, mask in whole))
        found += [(joint, together)] if _inside(joint, masks) == together else _joined(whole, masks)
    return [box for box, _ in found]


def _heads_alike(given: Sequence[tuple[Box, int]], *, apart: bool) -> list[list[tuple[Box, int]]]:
    """The boxes that may share a block: all of them, or those with the same value of the first attribute."""
    found: dict[object, list[tuple[Box, int]]] = {}
    for each in given:
        found.setdefault(each[0][0] if apart else None, []).append(each)
    return list(found.values())


def _joined(given: Sequence[tuple[Box, int]], masks: Sequence[Mapping[str, int]]) -> list[tuple[Box, int]]:
    """Pairs joined as long as a joint box holds nothing else."""
    found: list[tuple[Box, int]] = []
    waiting = list(reversed(given))
    while waiting:
        box, mask = waiting.pop()
        for other in found:
            joint = tuple(one | two for one, two in zip(box, other[0], strict=True))
            if _inside(joint, masks) == mask | other[1]:
                found.remove(other)
                waiting.append((joint, mask | other[1]))
                break
        else:
            found.append((box, mask))
    return found


def _inside(box: Box, masks: Sequence[Mapping[str, int]]) -> int:
    """The strata within a box, as bits; without attributes there is one stratum at most."""
    found = [reduce(or_, (held[value] for value in values)) for values, held in zip(box, masks, strict=True)]
    return reduce(lambda one, two: one & two, found, found[0]) if found else 1


def _block(box: Box, strata: Sequence[Values], attributes: Sequence[str]) -> Block:
    inside = [i for i, each in enumerate(strata) if all(v in held for v, held in zip(each, box, strict=True))]
    values: dict[str, Values | None] = {}
    but: dict[str, Values] = {}
    within = list(strata)
    for place, name in enumerate(attributes):
        occurring = {stratum[place] for stratum in within}
        within = [stratum for stratum in within if stratum[place] in box[place]]
        spanned = {strata[index][place] for index in inside}
        values[name] = None if occurring == spanned and len(occurring) > 1 else tuple(sorted(spanned))
        but[name] = tuple(sorted(occurring - spanned))
    return Block(values=values, but=but, strata=tuple(inside))
