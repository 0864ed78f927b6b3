"""A plain greedy method, to compare with: where a relation has one hidden cell, hide its next smallest too. Pure.

This is what is often done by hand. It stops when no relation has a single hidden cell, which is not safety: what it
leaves too narrow is mended by hiding the smallest cell of a relation of such a cell, until the audit passes.
"""

import numpy as np

from modicum.answer.tables.audit import audit
from modicum.answer.tables.system import Flags, System


def choose_greedily(system: System) -> Flags:
    """Hide cells until the audit passes."""
    hidden = system.forced.copy()
    while True:
        while _pair_up(system, hidden):
            pass
        verdict = audit(system, hidden)
        if verdict.passed:
            return hidden
        for place in np.flatnonzero(verdict.narrow):
            _hide_next(system, hidden, int(place))


def _pair_up(system: System, hidden: Flags) -> bool:
    rows, changed = system.relations, False
    for row in range(len(rows)):
        columns = rows.column[rows.start[row] : rows.start[row + 1]]
        shown = columns[~hidden[columns]]
        if hidden[columns].sum() == 1 and len(shown):
            hidden[shown[np.argmin(system.values[shown])]] = True
            changed = True
    return changed


def _hide_next(system: System, hidden: Flags, place: int) -> None:
    rows = system.relations
    mine = [
        columns for row in range(len(rows)) if place in (columns := rows.column[rows.start[row] : rows.start[row + 1]])
    ]
    shown = np.concatenate([columns[~hidden[columns]] for columns in mine])
    if not len(shown):
        shown = np.flatnonzero(~hidden)
    hidden[shown[np.argmin(system.values[shown])]] = True
