"""A new table, held against itself and against every table released before about the same people. Pure.

What leaves is chosen so that nothing small follows from all of them together. A table without margins starts from the
rule of `suppression`, which also withstands whoever knows how cells are chosen; the joint audit may hide more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from modicum.answer.suppression import suppress
from modicum.answer.tables.joint import Cell, Status, joint
from modicum.answer.tables.model import Key
from modicum.answer.tables.protection import protect
from modicum.answer.tables.shape import FLAT, TableShape

NEW: Final = 0  # the number of the table that is being answered; those released before count from 1

Signatures: TypeAlias = Mapping[frozenset[tuple[int, tuple[str | None, ...]]], int]
"""How many people are in just these finest groups, each a table's number and the values of its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A table as the audit sees it: its shape, how many columns it has, and which cells are hidden already.

    few: of the whole it says "fewer than 11", and of nothing else anything; it has no columns then.
    """

    shape: TableShape
    columns: int
    hidden: frozenset[Key]
    few: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is hidden of the new table, and what is proved of it.

    least: no safe choice hides fewer cells of it. earlier: tables that it was held against. within_few: hidden cells of
    people who were said before to be fewer than 11, which stay as vague as that leaves them.
    """

    hidden: frozenset[Key]
    exact: bool
    least: int
    earlier: int
    within_few: int


def about_the_same(signatures: Signatures, tables: Collection[int]) -> bool:
    """Whether anybody is in the new table and in one of some earlier ones."""
    held = (frozenset(table for table, _ in signature) for signature in signatures)
    return any(NEW in numbers and not numbers.isdisjoint(tables) for numbers in held)


def hold_few(signatures: Signatures, earlier: Sequence[Known]) -> None:
    """Hold the words "fewer than 11" about all of the new table against the earlier ones.

    Raises DisclosureControlError: a mark given before would be seen to be small, or more than that would follow.
    """
    if about_the_same(signatures, range(1, len(earlier) + 1)):
        _Scene([Known(shape=FLAT, columns=0, hidden=frozenset(), few=True), *earlier], signatures).protected()


def hold(new: Known, counts: Mapping[Key, int], signatures: Signatures, earlier: Sequence[Known] = ()) -> Held:
    """Choose what the new table hides.

    counts: people in each cell of the new table that is not empty. signatures: over the new table (number 0) and the
    earlier ones (1, 2, ...). Raises DisclosureControlError: too large to audit, or nothing that can be hidden helps.
    """
    whole = new.shape.key((), ())
    first = _first(new, counts, whole)
    scene = _Scene([replace(new, hidden=first), *earlier], signatures)
    found = scene.protected()
    if new.shape.depths is None and whole not in first and found.hidden > first:
        # Without the whole much less follows; of the two that which hides fewer groups.
        other = _Scene([replace(new, hidden=first | {whole}), *earlier], signatures).protected()
        if len(other.hidden - {whole}) < len(found.hidden - {whole}):
            return other
    return found


def _first(new: Known, counts: Mapping[Key, int], whole: Key) -> frozenset[Key]:
    """What the rule for tables without margins hides; with margins the small cells alone are given."""
    keys = [key for key in counts if key != whole]
    if new.shape.depths is not None or not keys:
        return new.hidden
    chosen = suppress([counts[key] for key in keys], total=counts[whole])
    told = frozenset() if chosen.total_shown else frozenset({whole})
    return new.hidden | {keys[place] for place in chosen.hidden} | told


class _Scene:
    """All tables as one system."""

    def __init__(self, tables: Sequence[Known], signatures: Signatures) -> None:
        self._tables = tables
        self._numbers: dict[tuple[int, Key], int] = {}
        self._cells: list[Cell] = []
        atoms: dict[frozenset[int], int] = {}
        for signature, people in signatures.items():
            own = frozenset(
                self._number(table, key) for table, values in signature for key in tables[table].shape.cells(values)
            )
            atoms[own] = atoms.get(own, 0) + people
        self._made = joint(self._cells, atoms, sums=list(self._sums()))

    def protected(self) -> Held:
        """Protect the new table in the light of all."""
        found = protect(self._made.system)
        hidden = self._made.hidden(found.hidden)
        keys = frozenset(key for (table, key), number in self._numbers.items() if table == NEW and number in hidden)
        few = self._made.hidden(found.hidden & self._made.within_few)
        return Held(
            hidden=keys,
            exact=found.exact,
            least=found.least,
            earlier=len(self._tables) - 1,
            within_few=sum(table == NEW and number in few for (table, _), number in self._numbers.items()),
        )

    def _number(self, table: int, key: Key) -> int:
        if (table, key) not in self._numbers:
            self._numbers[table, key] = len(self._cells)
            self._cells.append(self._cell(table, key))
        return self._numbers[table, key]

    def _cell(self, table: int, key: Key) -> Cell:
        known = self._tables[table]
        if known.few:
            return Cell(Status.FEW_NOW if table == NEW else Status.FEW)
        if table == NEW:
            status = Status.WITHHELD if key in known.hidden else Status.OPEN
            return Cell(status, known.shape.step(key, known.columns))
        return Cell(Status.HIDDEN if key in known.hidden else Status.SHOWN)

    def _sums(self) -> Iterator[tuple[int, list[int]]]:
        for table, known in enumerate(self._tables):
            own = [key for (number, key) in self._numbers if number == table]
            for whole, parts in known.shape.sums(own):
                yield self._numbers[table, whole], [self._numbers[table, part] for part in parts]
