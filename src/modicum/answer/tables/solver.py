"""The doorway to HiGHS: linear and integer programmes that are built once and asked many times.

One thread, one seed and limits in iterations and nodes, never in seconds: the same table gives the same answer on every
machine. What the solver finds is a proposal; whoever relies on it checks it in whole numbers, or by duality.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import highspy
import numpy as np
from highspy._core import _Highs  # its public child announces itself on stdout, which is for data
from numpy.typing import NDArray

from modicum.answer.tables.system import Integers, Sparse
from modicum.model.errors import InternalError

Reals: TypeAlias = NDArray[np.float64]

ITERATIONS: Final = 40  # of simplex, for each row and column; a programme that needs more goes round in circles
MOST_WHOLE_ITERATIONS: Final = 2_000_000
MOST_NODES: Final = 2_000
_SOLVED: Final = highspy.HighsModelStatus.kOptimal
_LIMITS: Final = frozenset(
    {
        highspy.HighsModelStatus.kIterationLimit,
        highspy.HighsModelStatus.kSolutionLimit,
        highspy.HighsModelStatus.kTimeLimit,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """What a run gave. `proven`: the value is the best there is. `bound`: no better one exists (up to rounding).

    `prices`: the reduced cost of each column; empty for integer programmes. Where nothing was found, `found` is False.
    """

    found: bool
    proven: bool
    value: float
    bound: float
    point: Reals
    prices: Reals


class Programme:
    """Columns within bounds, rows within bounds, and a sum of costs to make small. Changed in place, solved again warm.

    Not safe for threads.
    """

    def __init__(self, rows: Sparse, *, low: Reals, high: Reals, row_low: Reals, row_high: Reals) -> None:
        self._columns = rows.columns
        self._whole = False
        self._solver = _Highs()
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 0),
            ("simplex_iteration_limit", ITERATIONS * (len(rows) + rows.columns) + 1_000),
            ("mip_max_nodes", MOST_NODES),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.5),
        ):
            self._solver.setOptionValue(name, value)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = rows.columns, len(rows)
        model.col_cost_ = np.zeros(rows.columns)
        model.col_lower_, model.col_upper_ = low, high
        model.row_lower_, model.row_upper_ = row_low, row_high
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = rows.start.astype(np.int32)
        model.a_matrix_.index_ = rows.column.astype(np.int32)
        model.a_matrix_.value_ = rows.value.astype(np.float64)
        self._must(self._solver.passModel(model))

    def bound(self, columns: Integers, low: Reals, high: Reals) -> None:
        """Set the bounds of some columns."""
        self._must(self._solver.changeColsBounds(len(columns), columns.astype(np.int32), low, high))

    def cost(self, columns: Integers, costs: Reals) -> None:
        """Set the costs of some columns."""
        self._must(self._solver.changeColsCost(len(columns), columns.astype(np.int32), costs))

    def require(self, columns: Integers, values: Reals, *, least: float) -> None:
        """Add a row: this sum of columns is at least so much."""
        indexes = columns.astype(np.int32)
        self._must(self._solver.addRow(least, highspy.kHighsInf, len(columns), indexes, values.astype(np.float64)))

    def whole(self, *, yes: bool) -> None:
        """Ask for whole numbers in every column, or no longer."""
        kind = highspy.HighsVarType.kInteger if yes else highspy.HighsVarType.kContinuous
        every = np.arange(self._columns, dtype=np.int32)
        kinds = np.full(self._columns, int(kind), dtype=np.uint8)
        self._must(self._solver.changeColsIntegrality(self._columns, every, kinds))
        self._solver.setOptionValue("simplex_iteration_limit", MOST_WHOLE_ITERATIONS)
        self._whole = yes

    def solve(self) -> Solved:
        """Make the costs as small as they get, within the limits. Raises InternalError: no programme at all."""
        self._must(self._solver.run())
        status, info = self._solver.getModelStatus(), self._solver.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Solved(found=False, proven=True, value=np.inf, bound=np.inf, point=np.zeros(0), prices=np.zeros(0))
        if status != _SOLVED and status not in _LIMITS:
            raise InternalError(cause=f"the solver ended with {status}", cure="report this with the case number")
        solution = self._solver.getSolution()
        value = float(info.objective_function_value)
        bound = float(info.mip_dual_bound) if self._whole else value if status == _SOLVED else -np.inf
        found = bool(solution.value_valid) and np.isfinite(value)
        return Solved(
            found=found,
            proven=status == _SOLVED,
            value=value,
            bound=bound,
            point=np.array(solution.col_value, dtype=np.float64),
            prices=np.array(solution.col_dual, dtype=np.float64) if solution.dual_valid else np.zeros(0),
        )

    @staticmethod
    def _must(status: highspy.HighsStatus) -> None:
        if status == highspy.HighsStatus.kError:
            raise InternalError(cause="the solver refused a programme", cure="report this with the case number")
