"""P2, the decision matrix: what is asked, permitted, conditional and forbidden, per group of people and column.

A row holds groups of people for whom verdicts and kinds of rule are the same; `detail` names the rules of each group.
`matrix_drawing` knows where things go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modicum.model.decision import Basis, Because, Cell, Decision, Verdict
from modicum.model.forms import Form
from modicum.paper.blocks import Block, Common, Pile, alike, at, attributes_of, blocks, piles, short_names
from modicum.paper.marks import Mark
from modicum.paper.matrix_drawing import Grid, Line, draw
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.words import FORMS, VERDICTS, attribute_words, class_words, day_words, is_code, value_words

_TOGETHER_BEYOND: Final = 16
_BOXES_UP_TO: Final = 240
"""Strata up to which a row says by values who is in it; beyond, boxes are hundreds, and rows tell numbers."""
_LIST_UP_TO: Final = 4
_ALL_BUT_BEYOND: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matrix:
    """Blocks, piles and their cells in one form."""

    rows: tuple[Block, ...]
    columns: tuple[Pile, ...]
    cells: tuple[tuple[Common, ...], ...]


def matrix(decision: Decision, form: Form, group_strata_by: str | None = None) -> Picture:
    """Draw one form of a decision; groups and columns that never differ share a row or a column.

    group_strata_by: a row attribute, such as origin_state, whose values each keep a row of their own, unless there are
    more than 240 groups of people: then all that are treated alike share one row, and it says how many they are.
    Raises ValueError: the decision has no cells for the form.
    """
    many = len(decision.strata) > _BOXES_UP_TO
    rows = tuple(alike(decision, form) if many else blocks(decision, form, keep_apart=group_strata_by))
    columns = tuple(piles(decision, form, together=len(decision.columns) > _TOGETHER_BEYOND))
    cells = tuple(tuple(at(decision, row, column, form) for column in columns) for row in rows)
    whole = _Matrix(rows=rows, columns=columns, cells=cells)
    table = _table(decision, form, whole, group_strata_by)
    finding = _finding(decision, form)
    alt = (
        f"A matrix with {len(rows)} rows of people and {len(columns)} columns of data; each cell has a letter, a shape "
        "and a colour: P permitted, C conditional, F forbidden; a solid octagon where a court order is among the "
        f"reasons. The rules are named beneath each row. {finding}"
    )
    key = key_of("matrix", table)
    grid = _grid(decision, whole, group_strata_by)
    return Picture(
        svg=draw(grid, width=960, key=key, finding=finding, alt=alt),
        narrow=draw(grid, width=300, key=f"{key}n", finding=finding, alt=alt),
        table=table,
        finding=finding,
        alt=alt,
        sources=_sources(whole),
        detail=_detail(decision, form, whole, group_strata_by),
    )


def _table(decision: Decision, form: Form, whole: _Matrix, first: str | None) -> Table:
    attributes = attributes_of(decision, first)
    caption = (
        f"{FORMS[form]} as of {decision.as_of.isoformat()}, by row and column of the picture; the rules are all that "
        "are named for anybody in the row"
    )
    names, many = short_names(decision.columns), len(decision.strata) > _BOXES_UP_TO
    headers = (
        "Row",
        *(["Groups of people"] if many else []),
        *(attribute_words(name).capitalize() for name in attributes),
        *(f"{class_words(pile.data_class)}: {', '.join(names[i] for i in pile.columns)}" for pile in whole.columns),
    )
    rows: tuple[tuple[str | int, ...], ...] = tuple(
        (
            number,
            *([len(row.strata)] if many else []),
            *(_span(row, name) for name in attributes),
            *(_cell_words(cell) for cell in cells),
        )
        for number, (row, cells) in enumerate(zip(whole.rows, whole.cells, strict=True), start=1)
    )
    return Table(caption, headers, rows)


def _span(row: Block, name: str) -> str:
    values = row.values[name]
    if not row.box:
        return "several" if values is None or len(values) > _LIST_UP_TO else "among " + _listed(name, values)
    return "every" if values is None else _listed(name, values)


def _listed(name: str, values: Sequence[str]) -> str:
    return ", ".join(value_words(name, value) for value in values)


def _cell_words(cell: Common) -> str:
    order = "; a court order is among the reasons" if cell.ordered else ""
    return f"{_verdict_words(cell)}{order} [{', '.join(each.id for each in cell.because)}]"


def _verdict_words(cell: Cell | Common) -> str:
    missing = " or ".join(" and ".join(facts) for facts in cell.missing)
    return f"{VERDICTS[cell.verdict]}{f'; missing {missing}' if missing else ''}"


def _detail(decision: Decision, form: Form, whole: _Matrix, first: str | None) -> Table:
    """Every cell of the decision with the rules that are cited for it, and only those."""
    attributes = [name for name in attributes_of(decision, first) if _varies(decision, name)]
    names, many = short_names(decision.columns), len(decision.strata) > _BOXES_UP_TO
    rows: list[tuple[str | int, ...]] = []
    for line, row in enumerate(whole.rows, start=1):
        for block in _parts(decision, form, row, first):
            who = tuple(_span(block, name) for name in attributes)
            like: dict[Cell, list[str]] = {}
            for column, name in enumerate(names):
                like.setdefault(decision.cell(block.strata[0], column, form), []).append(name)
            rows += [
                (
                    line,
                    *([len(block.strata)] if many else []),
                    *who,
                    _column_words(columns, names),
                    _verdict_words(cell),
                    ", ".join(each.id for each in cell.because),
                )
                for cell, columns in like.items()
            ]
    return Table(
        f"{FORMS[form]} as of {decision.as_of.isoformat()}: every group of people, every column, every rule",
        (
            "Row",
            *(["Groups of people"] if many else []),
            *(attribute_words(name).capitalize() for name in attributes),
            "Columns",
            "Verdict",
            "Rules",
        ),
        tuple(rows),
    )


def _parts(decision: Decision, form: Form, row: Block, first: str | None) -> list[Block]:
    """The groups of a row for which the very same rules are cited, column by column."""
    if len(decision.strata) <= _BOXES_UP_TO:
        return blocks(decision, form, keep_apart=first, within=row.strata, exact=True)
    return alike(decision, form, within=row.strata, exact=True)


def _varies(decision: Decision, name: str) -> bool:
    return len({dict(stratum).get(name) for stratum in decision.strata}) > 1


def _column_words(given: Sequence[str], names: Sequence[str]) -> str:
    """The columns of a line, or those that are not in it where they are fewer."""
    rest = [name for name in names if name not in given]
    if not rest:
        return "every column"
    return ", ".join(given) if len(given) <= len(rest) else f"all but: {', '.join(rest)}"


def _sources(whole: _Matrix) -> Table:
    found: dict[str, Because] = {}
    for each in (because for row in whole.cells for cell in row for because in cell.because):
        found.setdefault(each.id, each)
    return Table(
        "The rules that decided",
        ("Rule", "Provision", "What it says", "Kind", "How its text was checked"),
        tuple(
            (each.id, each.cite, each.title, str(each.basis).replace("_", " "), each.verified)
            for each in sorted(found.values(), key=lambda because: because.id)
        ),
    )


def _finding(decision: Decision, form: Form) -> str:
    verdicts = [cell for row in decision.verdicts(form) for cell in row]
    day, asked = day_words(decision.as_of), FORMS[form].lower()
    if not verdicts:
        return f"{day}: nothing was asked about anybody."
    groups = f"{len(decision.columns)} columns and {len(decision.strata)} groups of people"
    orders = _orders(decision, form)
    for verdict in Verdict:
        if verdicts.count(verdict) == len(verdicts):
            return f"{day}: {asked} are {VERDICTS[verdict]} for all {groups}{orders}."
    counts = ", ".join(f"{words} in {verdicts.count(verdict):,}" for verdict, words in _COUNTED.items())
    return f"{day}: of {len(verdicts):,} cells ({groups}), {asked} are {counts}{orders}."


def _orders(decision: Decision, form: Form) -> str:
    """In how many forbidden cells a court order is among the reasons; nothing where none is forbidden."""
    wide, named = len(decision.columns), [any(b.basis is Basis.ORDER for b in c.because) for c in decision.classes]
    offset, deep = decision.forms.index(form), len(decision.forms)
    found = [int(each) for each in decision.cells[offset : len(decision.strata) * wide * deep : deep]]
    forbidden = [named[each] for each in found if decision.classes[each].verdict is Verdict.FORBIDDEN]
    count, cells = sum(forbidden), len(forbidden)
    if not forbidden:
        return ""
    if not count:
        return "; no court order is among the reasons"
    if count == cells:
        return f"; a court order is among the reasons in every one of the {cells:,} forbidden cells"
    return f"; a court order is among the reasons in {count:,} of {cells:,} cells, other law alone forbids the rest"


_COUNTED: Final = {
    Verdict.FORBIDDEN: "forbidden",
    Verdict.CONDITIONAL: "conditional",
    Verdict.PERMITTED: "permitted",
}


def _grid(decision: Decision, whole: _Matrix, first: str | None) -> Grid:
    names = short_names(decision.columns)
    attributes = attributes_of(decision, first)
    return Grid(
        heads=tuple((class_words(pile.data_class), _pile_words(pile, names)) for pile in whole.columns),
        lines=tuple(
            Line(
                label=_who(row, attributes, len(decision.strata)),
                note="; ".join(filter(None, (_label(row, name, silent=True) for name in attributes[row.box :]))),
                marks=tuple(Mark(cell.verdict, cell.ordered) for cell in cells),
                orders=_cited(cells, orders=True),
                others=_cited(cells, orders=False),
            )
            for row, cells in zip(whole.rows, whole.cells, strict=True)
        ),
    )


def _who(row: Block, attributes: Sequence[str], strata: int) -> str:
    if not row.box:
        return f"{len(row.strata):,} of {strata:,} groups"
    return _label(row, attributes[0]) if any(row.values.values()) else "everybody"


def _pile_words(pile: Pile, names: list[str]) -> str:
    return names[pile.columns[0]] if len(pile.columns) == 1 else f"{len(pile.columns)} columns"


def _label(row: Block, name: str, *, silent: bool = False) -> str:
    values = row.values[name]
    if values is None or (silent and not row.but[name]):
        return "" if silent else f"every {attribute_words(name)}"
    if not row.box and len(values) > _LIST_UP_TO:
        return ""
    if len(values) > _LIST_UP_TO and any(is_code(value) for value in values):
        return ", ".join(values)
    left_out = row.but[name]
    if left_out and len(left_out) < len(values) > _ALL_BUT_BEYOND:
        return f"all but: {', '.join(value_words(name, value) for value in left_out)}"
    return ", ".join(value_words(name, value) for value in values)


def _cited(cells: tuple[Common, ...], *, orders: bool) -> tuple[str, ...]:
    rules = (because for cell in cells for because in cell.because if (because.basis is Basis.ORDER) is orders)
    return tuple(dict.fromkeys(because.id for because in rules))
